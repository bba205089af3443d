"""What stands before each simulated service: it counts calls and lets faults happen to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from runsous.demo.services.calls import Call, Calls
from runsous.demo.services.faults import Fault, Faults
from runsous.demo.services.world import ServiceName, World

Handler = Callable[[Request], Awaitable[Response]]

_PAGE: Final = "<html><head><title>{0}</title></head><body><h1>{0} Server Error</h1></body></html>"
_BOUNDS: Final = ("before", "max_ts", "to")
"""Parameters that go down from page to page; ``page`` goes up."""


@dataclass
class Office:
    """What all services share."""

    world: World
    calls: Calls
    faults: Faults = field(default_factory=Faults)

    @property
    def now(self) -> float:
        """Seconds since 1970 by the simulation's clock."""
        return self.world.now()


class Service(Protocol):
    """What its desk has to know of a service."""

    @property
    def name(self) -> ServiceName:
        """Its name."""

    def who(self, request: Request) -> str | None:
        """The key of the person whose data is asked for, if that can be told."""

    def refuse(self, fault: Fault, call: Call) -> Response | None:
        """The answer to a fault in the service's own words; ``None`` where it has none."""

    def expire(self, person: str) -> None:
        """Lets the person's access tokens expire."""

    def revoke(self, person: str) -> None:
        """Ends what the person has allowed."""


class Desk:
    """Wraps the handlers of one service."""

    def __init__(self, service: Service, office: Office) -> None:
        self._service = service
        self._office = office
        self._pages: dict[str, tuple[dict[str, float], bytes]] = {}

    def at(
        self, handler: Handler, *, is_page: bool = False, is_for_tokens: bool = False
    ) -> Handler:
        """The handler with its calls counted and faults happening to them."""

        async def endpoint(request: Request) -> Response:
            call = self._call(request)
            call.is_page = is_page
            # Last.fm has one address for everything.
            call.is_for_tokens = is_for_tokens or "method=auth." in call.query
            self._office.calls.note(call)
            fault = self._office.faults.draw(call)
            answer = await self._answer(handler, request, call, fault)
            answer = self._paged(request, call, answer, fault)
            call.status = answer.status_code
            return _spoilt(answer, fault)

        return endpoint

    def _call(self, request: Request) -> Call:
        return Call(
            at=self._office.now,
            service=self._service.name,
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            person=self._service.who(request),
        )

    async def _answer(
        self, handler: Handler, request: Request, call: Call, fault: Fault | None
    ) -> Response:
        if fault is None:
            return await handler(request)
        if fault.kind == "hung_up":
            return HungUp()
        if fault.kind == "html":
            status = int(fault.value or 502)
            return HTMLResponse(_PAGE.format(status), status)
        if fault.kind == "slow":
            await asyncio.sleep(fault.value or 1.0)
        refusal = self._service.refuse(fault, call)
        if refusal is not None:
            return refusal
        if call.person is not None:
            self._befall(fault, call.person)
        return await handler(request)

    def _befall(self, fault: Fault, person: str) -> None:
        if fault.kind == "expired":
            self._service.expire(person)
        elif fault.kind == "revoked":
            self._service.revoke(person)
        elif fault.kind == "shifted":
            self._office.world.arrive(self._service.name, person)

    def _paged(
        self, request: Request, call: Call, answer: Response, fault: Fault | None
    ) -> Response:
        """The answer, or where pages repeat themselves the one to the page before.

        By chance only in the middle of a listing: an old first page could not be told from no news.
        """
        place = _place(request)
        if not place or answer.status_code != 200:
            return answer
        key = f"{call.path} {call.person}"
        before = self._pages.get(key)
        is_repeated = fault and before and fault.kind == "repeated" and _goes_on(before[0], place)
        if before and (is_repeated or (fault and fault.kind == "stale")):
            return Response(before[1], media_type="application/json")
        self._pages[key] = place, bytes(answer.body)
        return answer


class HungUp(Response):
    """Ends the connection after half of the body, without any answer if there is no body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends what is sent and hangs up."""
        if self.body:
            headers = self.raw_headers
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": headers}
            )
            half = bytes(self.body)[: len(self.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        # ASGI has no word for it; the server's own end of the connection does.
        cycle: Any = getattr(receive, "__self__")  # noqa: B009
        cycle.transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def _place(request: Request) -> dict[str, float]:
    """Where in a listing a request asks to go on."""
    found = {}
    for name in (*_BOUNDS, "page"):
        value = request.query_params.get(name, "")
        if value.isdigit():
            found[name] = float(value)
    return found


def _goes_on(before: dict[str, float], place: dict[str, float]) -> bool:
    if place.get("page", 1) > before.get("page", 1):
        return True
    return any(place[name] < before.get(name, 0) for name in _BOUNDS if name in place)


def _spoilt(answer: Response, fault: Fault | None) -> Response:
    """The answer as it arrives."""
    body = bytes(answer.body)
    if fault is None or not body:
        return answer
    if fault.kind == "cut_off":
        hung_up = HungUp(body, answer.status_code)
        hung_up.raw_headers = answer.raw_headers
        return hung_up
    if fault.kind == "truncated":
        return _with_body(answer, body[: len(body) // 2])
    if fault.kind == "malformed":
        return _with_body(answer, b'{"' + body.replace(b":", b"=", 1))
    return answer


def _with_body(answer: Response, body: bytes) -> Response:
    changed = Response(body, answer.status_code)
    kept = [pair for pair in answer.raw_headers if pair[0].lower() != b"content-length"]
    changed.raw_headers = [*kept, (b"content-length", str(len(body)).encode())]
    return changed
