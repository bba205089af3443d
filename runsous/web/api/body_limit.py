"""Refuses bodies that are too large before they fill the disk or the memory.

Uploads are spooled to disk whole before a route sees them, other bodies are kept in memory.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runsous import settings

_UPLOADS = "/imports"
_MIB = 1 << 20
_UPLOAD = "The upload is larger than {} MB; RUNSOUS_MAX_UPLOAD_MB sets the limit."
_OTHER = "The body of this request is larger than 1 MB."


class BodyLimit:
    """ASGI middleware: 413 as soon as a body is announced, or turns out, to be too large."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_upload = scope["path"].rstrip("/").endswith(_UPLOADS)
        most_mb = settings.current().max_upload_mb if is_upload else 0
        # What stands between the files of an upload needs little, and so does any JSON.
        most = (most_mb + 1) * _MIB
        announced = Headers(scope=scope).get("content-length", "")
        is_too_large = announced.isdecimal() and int(announced) > most
        size = 0

        async def counted() -> Message:
            nonlocal is_too_large, size
            if not is_too_large:
                message = await receive()
                size += len(message.get("body", b""))
                is_too_large = size > most
            if is_too_large:
                raise HTTPException(413, _UPLOAD.format(most_mb) if is_upload else _OTHER)
            return message

        await self.app(scope, counted, send)
