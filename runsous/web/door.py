"""Who may come in, in accounts mode: nothing behind this door is seen by strangers.

Pages want the session cookie and send strangers to sign in. The REST API takes the cookie or a
personal token, of which ``write`` is needed to change anything, and counts requests. In local
mode everybody is the one user, and the door stands open.
"""

from __future__ import annotations

from urllib.parse import quote

from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from runsous import settings
from runsous.accounts import entry, limits
from runsous.accounts.address import HEADER
from runsous.accounts.entry import Visitor
from runsous.accounts.limits import Verdict
from runsous.errors import RunsousError
from runsous.store import database
from runsous.web import client, way
from runsous.web.problems import AWAY, problem

API = "/api/v1/"
METRICS = "/metrics"
USER_HEADER = "x-runsous-user"
"""Tells Streamlit whose pages are: by the id of one, nobody else gets hold of it."""
# What strangers need to see in order to come in, and what tells nothing of anybody.
_OPEN = frozenset(
    {
        "/health",
        "/_stcore/health",
        "/_stcore/host-config",
        "/favicon.ico",
        "/favicon.png",
        "/oauth2callback",
        "/webhooks/strava",
        f"{API}docs",
        f"{API}openapi.json",
    }
)
_OPEN_BELOW = ("/auth/", "/static/", f"{API}docs/")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY_VIOLATION = 1008


class Door:
    """ASGI middleware: finds the visitor, or turns them away."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            # Whatever the visitor said of that is gone.
            MutableHeaders(scope=scope)[HEADER] = client.address(scope)
        if _is_open(scope):
            await self.app(scope, receive, send)
            return
        try:
            visitor = await run_sync(_visitor, scope)
            verdict = await run_sync(_verdict, visitor, scope)
        except (RunsousError, SQLAlchemyError):
            await _out_of_order(scope)(scope, receive, send)
            return
        scope.setdefault("state", {})["visitor"] = visitor
        _name(scope, visitor)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(verdict.headers)
            await send(message)

        answer = _refusal(visitor, verdict, scope) or self.app
        await answer(scope, receive, send_with_headers)


def _name(scope: Scope, visitor: Visitor | None) -> None:
    headers = MutableHeaders(scope=scope)
    # Whatever the visitor said of that.
    del headers[USER_HEADER]
    if visitor is not None:
        headers[USER_HEADER] = str(visitor.user_id)


def _is_open(scope: Scope) -> bool:
    if scope["type"] not in ("http", "websocket") or settings.current().auth == "local":
        return True
    path: str = scope["path"]
    return path in _OPEN or path.startswith(_OPEN_BELOW)


def _visitor(scope: Scope) -> Visitor | None:
    scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    takes_tokens = scope["path"] == METRICS or scope["path"].startswith(API)
    with database.current().begin() as conn:
        if scheme.lower() == "bearer" and takes_tokens:
            return entry.by_token(conn, token.strip())
        secret = HTTPConnection(scope).cookies.get(entry.COOKIE)
        return entry.by_session(conn, secret) if secret else None


def _verdict(visitor: Visitor | None, scope: Scope) -> Verdict:
    if not scope["path"].startswith(API):
        return limits.FREE
    who = f"user {visitor.user_id}" if visitor else f"address {client.neighbourhood(scope)}"
    return limits.check(database.current(), limits.API, who)


def _refusal(visitor: Visitor | None, verdict: Verdict, scope: Scope) -> ASGIApp | None:
    """What is answered in place of the app; ``None`` to whom may come in."""
    if not verdict.is_allowed:
        return problem(429, "Wait as long as Retry-After says.")
    if visitor is None:
        return None if _may_ask_a_provider(scope) else _to_strangers(scope)
    needed = "read" if scope.get("method", "GET") in _SAFE else "write"
    if needed not in visitor.scopes:
        return problem(403, f"This token lacks the scope {needed}.")
    return None


def _may_ask_a_provider(scope: Scope) -> bool:
    """Whether a stranger is on the way to or from an identity provider, by the home page.

    It shows nothing to whom ``require_user`` does not know.
    """
    cookie = HTTPConnection(scope).cookies.get(way.COOKIE, "")
    if settings.current().oidc_name is None or way.end(cookie) is None:
        return False
    if scope["type"] == "websocket":
        return bool(scope["path"] == "/_stcore/stream")
    return bool(scope["path"] == "/" and scope["method"] == "GET")


def _to_strangers(scope: Scope) -> ASGIApp:
    if scope["type"] == "websocket":
        return WebSocketClose(_POLICY_VIOLATION)
    path: str = scope["path"]
    wants_a_page = "text/html" in Headers(scope=scope).get("accept", "")
    if scope["method"] == "GET" and wants_a_page and not path.startswith(API):
        onward = path + (f"?{query.decode()}" if (query := scope["query_string"]) else "")
        return RedirectResponse(f"/auth/login?next={quote(onward, safe='/')}", 303)
    words = "Sign in, or send a personal token as 'Authorization: Bearer …'."
    return problem(401, words, {"WWW-Authenticate": "Bearer"})


def _out_of_order(scope: Scope) -> ASGIApp:
    if scope["type"] == "websocket":
        return WebSocketClose(1013, "try again later")
    return problem(503, AWAY)
