"""What every answer tells the browser to refuse."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runsous import settings
from runsous.accounts import entry
from runsous.settings import Settings
from runsous.web.pages import trouble
from runsous.web.problems import UNFORESEEN

_API = "/api/v1/"
_DOCS = f"{_API}docs"
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SecurityHeaders:
    """ASGI middleware: adds them where the answer has none of its own.

    It stands outside of everything, and answers whatever error was foreseen nowhere.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        added = headers(settings.current(), is_docs=scope["path"] == _DOCS)
        if scope["path"].startswith(_API):
            # Whoever uses this browser next has no business with it.
            added = {**added, "Cache-Control": "private, no-store"}
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                known = MutableHeaders(scope=message)
                for name, value in added.items():
                    known.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception:
            # What lies outside would answer it without them, and logs it.
            if not has_begun:
                await trouble(scope, 500, UNFORESEEN)(scope, receive, send_with_headers)
            raise


@cache
def headers(current: Settings, *, is_docs: bool = False) -> dict[str, str]:
    """The headers by name."""
    found = {**_FIXED, "Content-Security-Policy": _policy(current, is_docs)}
    if current.base_url.startswith("https://"):
        found["Strict-Transport-Security"] = "max-age=31536000"
    return found


def _policy(current: Settings, is_docs: bool) -> str:
    maps = {None: " https://*.cartocdn.com", "none": ""}.get(current.map_style, " https:")
    # Vega compiles the expressions of charts; the map works in a thread made from memory.
    inline = "'unsafe-inline'" if is_docs else f"'unsafe-eval' blob: {_inline_scripts()}"
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {inline}",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob:{maps}",
            "font-src 'self' data:",
            f"connect-src 'self' data: blob:{maps}",
            "worker-src 'self' blob:",
            "media-src 'self' data: blob:",
            "frame-src 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        )
    )


@cache
def _inline_scripts() -> str:
    """The scripts that stand in a page, by their hashes: Streamlit's, and the one of ours."""
    page = (files("streamlit") / "static" / "index.html").read_text("utf-8")
    scripts = [*re.findall(r"<script>(.*?)</script>", page, re.DOTALL), entry.GO_ON]
    return " ".join(
        f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
