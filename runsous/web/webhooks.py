"""``/webhooks/strava``: where Strava says that something happened. Anybody can say so.

It is answered at once; what an event means is found out by asking Strava, in jobs.
"""

from __future__ import annotations

from datetime import timedelta

from anyio import move_on_after
from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runsous import jobs
from runsous.accounts import limits
from runsous.accounts.limits import Limit
from runsous.errors import RunsousError
from runsous.store import database
from runsous.sync import events, services
from runsous.web import client
from runsous.web.problems import AWAY, problem

_ANSWER_S = 1.5
"""Strava waits for two seconds; what takes longer goes on after the answer."""

_MOST_BYTES = 64 * 1024
_CALLS = Limit("events", 600, timedelta(minutes=1))
_BY_ATHLETE = Limit("events of an athlete", 100, timedelta(days=1))
_DEAUTHORIZATIONS = Limit("deauthorizations of an athlete", 20, timedelta(days=1))
"""Beyond it the list is what tells of changes: whoever sends them, calls of Strava are few."""


def routes() -> list[Route]:
    """Verification and events."""
    return [
        Route(events.PATH, verify, methods=["GET"]),
        Route(events.PATH, receive, methods=["POST"]),
    ]


async def verify(request: Request) -> Response:
    """Proves to Strava that this address is ours."""
    try:
        if (refusal := await run_sync(_refusal, request)) is not None:
            return refusal
        answer = events.challenge(dict(request.query_params))
    except (RunsousError, SQLAlchemyError):
        return problem(503, AWAY)
    return JSONResponse(answer) if answer else problem(403, "Only Strava is answered here.")


async def receive(request: Request) -> Response:
    """Takes an event."""
    try:
        with move_on_after(_ANSWER_S):
            refusal = await run_sync(_refusal, request, abandon_on_cancel=True)
            if refusal is not None:
                return refusal
            body = await _body(request)
            if body is None:
                return problem(413, f"An event has no more than {_MOST_BYTES} bytes.")
            await run_sync(_take, body, abandon_on_cancel=True)
    except (RunsousError, SQLAlchemyError):
        # Strava tries again.
        return problem(503, "This cannot be taken now; try again later.")
    return JSONResponse({})


def _refusal(request: Request) -> Response | None:
    who = f"address {client.neighbourhood(request.scope)}"
    verdict = limits.check(database.current(), _CALLS, who)
    if verdict.is_allowed:
        return None
    return problem(429, "Wait as long as Retry-After says.", verdict.headers)


async def _body(request: Request) -> bytes | None:
    """What was sent; ``None`` if that is too much."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return None
    return bytes(body)


def _take(body: bytes) -> None:
    engine = database.current()
    event = events.read(engine, body)
    users = [] if event is None else events.concerned(engine, event)
    if event is None or not users:
        return
    limit = _DEAUTHORIZATIONS if event.is_deauthorization else _BY_ATHLETE
    if not limits.check(engine, limit, str(event.owner_id)).is_allowed:
        return
    for user_id in users:
        if event.is_deauthorization:
            jobs.defer_permission_check(engine, user_id)
        elif events.look(engine, user_id, event):
            jobs.defer_sync(engine, user_id, services.STRAVA)
