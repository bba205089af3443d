"""Registration, sign-in and sign-out: plain forms, since only a route can set a cookie.

Every form carries a token tied to a cookie of this browser, so that no other site can send it.
Answers to a wrong sign-in, and to any registration, say the same and take as long whoever exists.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl

from anyio.to_thread import run_sync
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Message, Receive, Scope, Send

from runsous import settings
from runsous.accounts import entry, limits, passwords
from runsous.errors import InputError, RunsousError
from runsous.keys import Keyring
from runsous.store import audit, database, sessions
from runsous.web import client, pages, way
from runsous.web.problems import AWAY

_log = logging.getLogger(__name__)

COOKIE = entry.COOKIE
FORM_COOKIE = "runsous_form"
# Longer than either way takes, on a slow machine too: the difference drowns.
_ANSWER_S = 0.6
_MOST, _MOST_BYTES = 10, 32 * 1024

_WRONG = "E-mail and password do not belong together."
_MADE = "If this e-mail had no account, it has one now: sign in with the password you chose."


class _Form(Route):
    """A route that is not there in local mode.

    Where people may come by a provider, Streamlit's way there, ``/auth/login?provider=…``, is
    left to Streamlit.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        current = settings.current()
        to_provider = self.path == "/auth/login" and b"provider=" in scope.get("query_string", b"")
        if current.auth == "local" or (current.oidc_name and to_provider):
            return Match.NONE, {}
        return super().matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(scope["state"].get("limits", {}))
            await send(message)

        scope.setdefault("state", {})
        try:
            await super().handle(scope, receive, send_with_limits)
        except (RunsousError, SQLAlchemyError) as error:
            # Its words may hold what was filled in.
            _log.error("%s could not be answered: %s", self.path, type(error).__name__)
            await pages.trouble(scope, 503, AWAY)(scope, receive, send)


class _NoWayBack(Route):
    """Where a provider would send people back to, while there is none: Streamlit would wonder."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        current = settings.current()
        has_provider = current.auth == "accounts" and current.oidc_name is not None
        return (Match.NONE, {}) if has_provider else super().matches(scope)


def routes() -> list[Route]:
    """The forms, below ``/auth``, and the way to an identity provider and back."""
    return [
        _Form("/auth/login", login, methods=["GET", "POST"]),
        _Form("/auth/register", register, methods=["GET", "POST"]),
        _Form("/auth/logout", logout, methods=["GET", "POST"]),
        _Form("/auth/leave", leave, methods=["GET"]),
        _Form("/auth/provider", by_provider, methods=["GET"]),
        _NoWayBack("/oauth2callback", nowhere, methods=["GET"]),
    ]


async def login(request: Request) -> Response:
    """The sign-in form; posted right, a session begins."""
    if request.method != "POST":
        made = _MADE if "made" in request.query_params else None
        return _page(request, "login", next=_local(request.query_params.get("next")), done=made)
    form = await _posted(request)
    onward, email = _local(form.get("next", "")), form.get("email", "")
    if (refused := await _refused(request, form, "login", email, next=onward)) is not None:
        return refused
    secret = await _at_length(
        lambda: entry.sign_in(
            database.current(), email, form.get("password", ""), client.address(request.scope)
        )
    )
    if secret is None:
        return _page(request, "login", 401, error=_WRONG, email=email, next=onward)
    return await _signed_in(request, secret, onward)


async def register(request: Request) -> Response:
    """The registration form; posted right, one can sign in."""
    if request.method != "POST":
        invitation = request.query_params.get("invitation", "")
        return _page(request, "register", invitation=invitation)
    form = await _posted(request)
    email, invitation = form.get("email", ""), form.get("invitation", "")
    again = {"email": email, "invitation": invitation}
    if (refused := await _refused(request, form, "register", **again)) is not None:
        return refused
    given = (email, form.get("password", ""), invitation, client.address(request.scope))
    try:
        await _at_length(lambda: entry.register(database.current(), *given))
    except InputError as error:
        return _page(request, "register", 400, error=str(error), **again)
    return RedirectResponse("/auth/login?made", 303)


async def logout(request: Request) -> Response:
    """Ends this browser's session, or all of the user's."""
    if request.method != "POST":
        return _page(request, "logout")
    form = await _posted(request)
    if not _is_ours(request, form):
        return _page(request, "logout", 403, error=_STALE)
    if secret := request.cookies.get(COOKIE):
        end = partial(_end, everywhere="everywhere" in form)
        await run_sync(end, database.current(), secret, client.address(request.scope))
    answer = RedirectResponse("/auth/login", 303)
    answer.delete_cookie(COOKIE, path="/")
    return _without_providers(request, answer)


async def leave(request: Request) -> Response:
    """Where a browser sets out to the identity provider."""
    if settings.current().oidc_name is None:
        return RedirectResponse("/auth/login", 303)
    answer = RedirectResponse("/?sign-in=provider", 303)
    onward = _local(request.query_params.get("next"))
    answer.set_cookie(way.COOKIE, way.begin(onward), way.LASTS_S, path="/", **_guarded())
    return answer


async def nowhere(request: Request) -> Response:
    """There is nothing here."""
    return pages.trouble(request.scope, 404, "There is nothing here.")


async def by_provider(request: Request) -> Response:
    """Where a browser whose user an identity provider vouched for becomes a session."""
    vouched = entry.provider_cookies(request.cookies)
    secret = await run_sync(
        entry.take_over, database.current(), vouched, client.address(request.scope)
    )
    if secret is None:
        answer: Response = RedirectResponse("/auth/login", 303)
    else:
        onward = way.end(request.cookies.get(way.COOKIE, ""))
        answer = await _signed_in(request, secret, onward or "/")
    return _without_providers(request, answer)


def _without_providers(request: Request, answer: Response) -> Response:
    """The answer, with which the browser forgets what Streamlit keeps of a provider's word.

    It has served then, and so has the way: who is signed out later has to ask the provider again.
    """
    for name in request.cookies:
        if name == way.COOKIE or name.startswith(entry.PROVIDER_COOKIE):
            answer.delete_cookie(name, path="/")
    return answer


_STALE = "This form was open too long or cookies are off; send it again."


async def _refused(
    request: Request, form: Mapping[str, str], page: str, email: str, **again: str
) -> Response | None:
    """Why a form is not looked at: not ours, or one too many of this address or e-mail."""
    again = {"email": email, **again}
    if not _is_ours(request, form):
        return _page(request, page, 403, error=_STALE, **again)
    known_as = (f"address {client.neighbourhood(request.scope)}", f"e-mail {entry.folded(email)}")
    told: list[limits.Verdict] = []
    for who in known_as:
        told.append(await run_sync(limits.check, database.current(), limits.SIGN_IN, who))
        least = min(told, key=lambda one: (one.is_allowed, one.left))
        request.state.limits = least.headers
        if not least.is_allowed:
            seconds = least.headers["Retry-After"]
            words = f"That was tried too often; try again in {seconds} seconds."
            return _page(request, page, 429, error=words, **again)
    return None


async def _signed_in(request: Request, secret: str, onward: str) -> Response:
    if former := request.cookies.get(COOKIE):
        await run_sync(_end, database.current(), former, client.address(request.scope))
    answer = RedirectResponse(onward, 303)
    longest = int(sessions.LONGEST.total_seconds())
    answer.set_cookie(COOKIE, secret, longest, path="/", **_guarded())
    return answer


def _end(engine: Engine, secret: str, address: str, *, everywhere: bool = False) -> None:
    with engine.begin() as conn:
        visitor = entry.by_session(conn, secret)
        sessions.end(conn, entry.digest(secret))
        if visitor is None:
            return
        if everywhere:
            sessions.end_all(conn, visitor.user_id)
        what: audit.Action = "signed out everywhere" if everywhere else "signed out"
        audit.note(conn, visitor.user_id, what, address=address)


async def _at_length(work: Callable[[], Any]) -> Any:
    """What ``work`` returns or raises, after a time that tells nothing of what it found."""
    began = time.monotonic()
    waiting: Awaitable[Any] = run_sync(work)
    try:
        return await waiting
    finally:
        await asyncio.sleep(max(0.0, began + _ANSWER_S - time.monotonic()))


def _page(request: Request, name: str, status: int = 200, **shown: Any) -> HTMLResponse:
    known = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    current = settings.current()
    values = {
        "title": _TITLES[name],
        "csrf_token": _csrf(known),
        "registration": current.registration,
        "shortest": passwords.SHORTEST,
        "provider": current.oidc_name,
        "email": "",
        "next": "/",
        "invitation": "",
    }
    answer = pages.page(name, status, **(values | shown))
    if request.cookies.get(FORM_COOKIE) != known:
        answer.set_cookie(FORM_COOKIE, known, path="/auth", **_guarded())
    return answer


_TITLES = {"login": "Sign in", "register": "Make an account", "logout": "Sign out"}


def _guarded() -> dict[str, Any]:
    is_https = settings.current().base_url.startswith("https://")
    return {"httponly": True, "samesite": "lax", "secure": is_https}


def _csrf(cookie: str) -> str:
    return Keyring(settings.secret_keys(settings.current())).digest("form", cookie).hex()


def _is_ours(request: Request, form: Mapping[str, str]) -> bool:
    cookie = request.cookies.get(FORM_COOKIE, "")
    return bool(cookie) and compare_digest(
        form.get("csrf_token", "").encode(), _csrf(cookie).encode()
    )


async def _posted(request: Request) -> dict[str, str]:
    """The fields of a form; 413 for more than a form of ours can have."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise HTTPException(413)
    try:
        pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST)
    except ValueError:
        raise HTTPException(413) from None
    return dict(pairs)


def _local(path: str | None) -> str:
    """A path on this server; the home page for anything that would lead elsewhere."""
    is_here = path is not None and path.startswith("/") and path[1:2] not in ("/", "\\")
    return path if path and is_here and path.isprintable() else "/"
