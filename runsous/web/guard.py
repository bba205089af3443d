"""Keeps other sites' pages away from a server that has no login.

A page anywhere can make a browser send requests to 127.0.0.1, and by DNS rebinding even read
the answers. In local mode a request must therefore name this server as its ``Host``, and one
that changes something or opens a socket must not come from another ``Origin``. A server open to
a network answers to its addresses, too: only names can be rebound.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from runsous import settings
from runsous.settings import Settings
from runsous.web.problems import problem

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class LocalGuard:
    """ASGI middleware: 403 for foreign hosts and origins."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or _is_own(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            refusal = problem(403, "This server answers pages of its own address only.")
            await refusal(scope, receive, send)


def _is_own(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    current = settings.current()
    host = headers.get("host", "")
    # With accounts, the browser keeps a session's cookie to the name it was given under.
    if current.auth == "local" and not _is_named(_name(host), current):
        return False
    origin = headers.get("origin")
    if origin is None or (scope["type"] == "http" and scope["method"] in _SAFE):
        return True
    # The address of the settings counts if it was set: its default may be another program's.
    is_set = current.base_url != Settings.base_url
    return _place(origin) in {host, urlsplit(current.base_url).netloc if is_set else host}


def _is_named(name: str, current: Settings) -> bool:
    if name in _LOOPBACK or name == urlsplit(current.base_url).hostname:
        return True
    return current.allow_remote and _is_address(name)


def _is_address(name: str) -> bool:
    """Whether it is an IP address as a ``Host`` has it: IPv6 in brackets."""
    is_v6 = name.startswith("[") and name.endswith("]")
    try:
        return ipaddress.ip_address(name[1:-1] if is_v6 else name).version == (6 if is_v6 else 4)
    except ValueError:
        return False


def _place(origin: str) -> str | None:
    """Host and port of an origin; ``None`` for one that is no address ("null")."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


def _name(host: str) -> str:
    """The host without its port."""
    name, colon, port = host.rpartition(":")
    return name.lower() if colon and port.isdecimal() else host.lower()
