"""The way to a service's own page, which asks the user to let us in, and back from there.

Nobody else's page can send a browser out, and who comes back brings a cookie of this browser
beside what the service gave them: a connection is begun and ended by the same person.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from runsous import jobs, settings
from runsous.errors import (
    InputError,
    NotConnected,
    RateLimited,
    Rejected,
    RunsousError,
    ServiceError,
    TooFewScopes,
)
from runsous.store import database, oauth_states
from runsous.sync import connecting, services
from runsous.sync.connecting import Leaving
from runsous.web import pages, way
from runsous.web.api.context import require_user

_log = logging.getLogger(__name__)

_PLACE = "/oauth"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NOT_KEPT = {"Cache-Control": "no-store"}
# What the page Connections has a sentence for; the first that fits.
_WHY: tuple[tuple[type[RunsousError], str], ...] = (
    (RateLimited, "limited"),
    (TooFewScopes, "scopes"),
    (NotConnected, "expired"),
    (Rejected, "rejected"),
    (ServiceError, "unavailable"),
    (RunsousError, "expired"),
)


def routes() -> list[Route]:
    """Out and back, for each service."""
    return [
        Route(f"{_PLACE}/{{service}}/start", start, methods=["GET"]),
        Route(f"{_PLACE}/{{service}}/callback", callback, methods=["GET"]),
    ]


async def start(request: Request) -> Response:
    """Sends the user to the service."""
    service = request.path_params["service"]
    if service not in services.NAMES:
        return _nowhere(request)
    mark = f"connect {service}"
    is_sent_on = way.end(request.query_params.get("from", "")) == mark
    if not is_sent_on and not _is_asked_here(request.headers):
        words = "Connect a service by its button on the page Connections."
        return pages.trouble(request.scope, 403, words)
    if not is_sent_on and _is_by_another_name(request):
        # The service sends people back to one name of this machine, and the cookie is kept by
        # name. There the request seems to come from elsewhere.
        base = settings.current().base_url
        onward = urlencode({"from": way.begin(mark)})
        return RedirectResponse(f"{base}{_PLACE}/{service}/start?{onward}", 302, _NOT_KEPT)
    try:
        leaving = await run_sync(_leave, request, service)
    except InputError as error:
        return pages.trouble(request.scope, 409, str(error))
    answer = RedirectResponse(leaving.url, 302, _NOT_KEPT)
    answer.set_cookie(
        _cookie(service),
        leaving.cookie,
        int(oauth_states.LASTS.total_seconds()),
        path=_PLACE,
        secure=settings.current().base_url.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
    return answer


async def callback(request: Request) -> Response:
    """Takes what the service gave the user, and leads to the page that says what came of it."""
    service = request.path_params["service"]
    if service not in services.NAMES:
        return _nowhere(request)
    why = await run_sync(_arrive, request, service)
    told = {"service": service, "outcome": "refused" if why else "connected"}
    onward = urlencode(told | ({"why": why} if why else {}))
    answer = RedirectResponse(f"/connections?{onward}", 303, _NOT_KEPT)
    if why != "expired":
        # A way back that was not begun here ends none that was.
        answer.delete_cookie(_cookie(service), path=_PLACE)
    return answer


def _nowhere(request: Request) -> Response:
    return pages.trouble(request.scope, 404, "There is no such service.")


def _leave(request: Request, service: str) -> Leaving:
    engine = database.current()
    user_id = require_user(request, engine)
    with engine.begin() as conn:
        return connecting.leave(conn, user_id, service)


def _arrive(request: Request, service: str) -> str | None:
    """Connects the user; why not, in a word, where that cannot be."""
    engine = database.current()
    user_id = require_user(request, engine)
    brought = request.query_params
    cookie = request.cookies.get(_cookie(service), "")
    why = None
    try:
        connecting.arrive(engine, user_id, service, cookie, brought)
    except RunsousError as error:
        why = _why(error, brought, service)
    else:
        jobs.defer_sync(engine, user_id, service)
    _log.info("user %s is back from %s: %s", user_id, service, why or "connected")
    return why


def _why(error: RunsousError, brought: Mapping[str, str], service: str) -> str:
    if isinstance(error, InputError):
        if services.missing(service):
            return "rejected"
        return "denied" if "error" in brought else "expired"
    return next(word for kind, word in _WHY if isinstance(error, kind))


def _is_asked_here(headers: Headers) -> bool:
    """Whether a page of ours, or the user by hand, opens it; programs do not say."""
    is_ours = headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    return is_ours and headers.get("sec-fetch-dest", "document") == "document"


def _is_by_another_name(request: Request) -> bool:
    current = settings.current()
    names = {request.url.hostname, urlsplit(current.base_url).hostname}
    return current.auth == "local" and len(names) == 2 and names <= _LOOPBACK


def _cookie(service: str) -> str:
    return f"runsous_oauth_{service}"
