"""Who may come in, in accounts mode: nothing behind this door is seen by strangers.

Pages want the session cookie and send strangers to sign in. The REST API takes the cookie or a
personal token, of which ``write`` is needed to change anything, and counts requests. In local
mode everybody is the one user, and the door stands open.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runsous import settings
from runsous.accounts import entry, limits
from runsous.accounts.entry import Visitor
from runsous.errors import RunsousError
from runsous.store import database
from runsous.web import client

API = "/api/v1/"
# What strangers need to see in order to come in, and what tells nothing of anybody.
_OPEN = (
    "/auth/",
    "/health",
    "/static/",
    "/_stcore/health",
    "/_stcore/host-config",
    "/favicon",
    "/oauth2callback",
    "/api/v1/docs",
    "/api/v1/openapi.json",
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Door:
    """ASGI middleware: finds the visitor, or turns them away."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_open = settings.current().auth == "local" or scope["type"] not in ("http", "websocket")
        if is_open or scope["path"].startswith(_OPEN):
            await self.app(scope, receive, send)
            return
        try:
            visitor = await run_sync(_visitor, scope)
            if scope["path"].startswith(API):
                await self._api(visitor, scope, receive, send)
            elif visitor is None and not _may_ask_a_provider(scope):
                await _turn_away(scope, receive, send)
            else:
                await self._enter(visitor, scope, receive, send)
        except (RunsousError, SQLAlchemyError):
            if scope["type"] == "websocket":
                raise
            answer = _problem(503, "Unavailable", "The database cannot be reached; try later.")
            await answer(scope, receive, send)

    async def _enter(
        self, visitor: Visitor | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        scope.setdefault("state", {})["visitor"] = visitor
        await self.app(scope, receive, send)

    async def _api(
        self, visitor: Visitor | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        who = f"user {visitor.user_id}" if visitor else f"address {client.address(scope)}"
        verdict = await run_sync(limits.check, database.current(), limits.API, who)
        refusal = None if visitor and verdict.is_allowed else _refusal(verdict.is_allowed)
        if visitor and not refusal and scope["method"] not in _SAFE | {""}:
            refusal = _without_scope("write", visitor)
        elif visitor and not refusal:
            refusal = _without_scope("read", visitor)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(verdict.headers)
            await send(message)

        if refusal is not None or visitor is None:
            await (refusal or _refusal(True))(scope, receive, send_with_headers)
        else:
            await self._enter(visitor, scope, receive, send_with_headers)


def _visitor(scope: Scope) -> Visitor | None:
    scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    with database.current().begin() as conn:
        if scheme.lower() == "bearer" and scope["path"].startswith(API):
            return entry.by_token(conn, token.strip())
        secret = HTTPConnection(scope).cookies.get(entry.COOKIE)
        return entry.by_session(conn, secret) if secret else None


def _may_ask_a_provider(scope: Scope) -> bool:
    """Whether a stranger is on the way to or from an identity provider: pages lead them there.

    They show nothing to whom ``require_user`` does not know.
    """
    if settings.current().oidc_name is None:
        return False
    is_back = entry.provider_cookies(HTTPConnection(scope).cookies) != ""
    is_leaving = b"sign-in=provider" in scope["query_string"]
    return is_back or is_leaving or scope["path"] == "/_stcore/stream"


def _without_scope(scope: str, visitor: Visitor) -> Response | None:
    if scope in visitor.scopes:
        return None
    return _problem(403, "Forbidden", f"This token lacks the scope {scope}.")


def _refusal(is_allowed: bool) -> Response:
    if not is_allowed:
        return _problem(429, "Too many requests", "Wait as long as Retry-After says.")
    words = "Sign in, or send a personal token as 'Authorization: Bearer …'."
    return _problem(401, "Unauthorized", words, {"WWW-Authenticate": "Bearer"})


async def _turn_away(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    answer: Response = _problem(401, "Unauthorized", "Sign in first.")
    if scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", ""):
        path = scope["path"] + (f"?{q.decode()}" if (q := scope["query_string"]) else "")
        answer = RedirectResponse(f"/auth/login?next={quote(path, safe='/')}", 303)
    await answer(scope, receive, send)


def _problem(
    status: int, title: str, detail: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    return JSONResponse(
        {**body, "detail": detail}, status, headers, media_type="application/problem+json"
    )
