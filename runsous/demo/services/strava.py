"""Strava, simulated: authorisation, activities, streams, limits and events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from operator import attrgetter
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runsous.demo.services import pages, strava_json
from runsous.demo.services.asking import basic, credentials, fields
from runsous.demo.services.calls import Call
from runsous.demo.services.desk import Desk, Office
from runsous.demo.services.faults import Fault
from runsous.demo.services.grants import Grant, Grants
from runsous.demo.services.strava_push import Pushes, failure
from runsous.demo.services.windows import Windows
from runsous.demo.services.world import Activity, Person, ServiceName

CLIENT_ID: Final = "1001"
CLIENT_SECRET: Final = "simulated-strava-secret"  # noqa: S105

_LIFE_S: Final = 6 * 3600
_KEPT_S: Final = 3600
"""An access token that lives longer than this is not replaced."""
_MOST_PER_PAGE: Final = 200
_SCOPES: Final = frozenset(
    {"read", "read_all", "profile:read_all", "activity:read", "activity:read_all", "activity:write"}
)
_LOCAL: Final = ("localhost", "127.0.0.1")

_Answer = Callable[[Request, Grant], Awaitable[Response]]


class Strava:
    """The service; what it is like can be changed while it runs.

    ``is_active`` is false when the app's owner has not paid. ``limit_headers`` says which
    answers tell the limits. ``sorts_by_shown`` places activities with a hidden start where
    their shown start is. ``has_revoke`` is false at mirrors that know the old path alone.
    """

    name: ServiceName = "strava"

    def __init__(self, office: Office, callback_domain: str = "runsous.example") -> None:
        self._office = office
        self._desk = Desk(self, office)
        self._callback_domain = callback_domain
        self.grants = Grants(office.world.now, _LIFE_S)
        self.windows = Windows((200, 2000), (100, 1000))
        self.pushes = Pushes(office, self.grants, (CLIENT_ID, CLIENT_SECRET))
        self.is_active = True
        self.limit_headers: Literal["always", "not_on_streams", "never"] = "always"
        self.sorts_by_shown = False
        self.has_revoke = True

    def site(self) -> list[Route]:
        """What is under ``STRAVA_URL``."""
        at = self._desk.at
        return [
            *(
                Route(path, at(self._authorize, is_page=True), methods=["GET", "POST"])
                for path in ("/oauth/authorize", "/oauth/mobile/authorize")
            ),
            Route("/oauth/token", at(self._token, is_for_tokens=True), methods=["POST"]),
            Route("/oauth/revoke", at(self._revoke, is_for_tokens=True), methods=["POST"]),
            Route(
                "/oauth/deauthorize", at(self._deauthorize, is_for_tokens=True), methods=["POST"]
            ),
        ]

    def api(self) -> list[Route]:
        """What is under ``STRAVA_API_URL``."""
        return [
            Route("/oauth/token", self._desk.at(self._token, is_for_tokens=True), methods=["POST"]),
            Route("/athlete", self._data(self._athlete)),
            Route("/athlete/activities", self._data(self._activities)),
            Route("/activities/{id:int}", self._data(self._activity)),
            Route("/activities/{id:int}/streams", self._data(self._streams)),
            Route("/activities/{id:int}/laps", self._data(self._laps)),
            *self.pushes.routes(self._desk),
        ]

    def who(self, request: Request) -> str | None:
        """Whose access token came."""
        grant = self.grants.of_access(credentials(request, "Bearer"))
        return grant.person if grant else None

    def refuse(self, fault: Fault, call: Call) -> Response | None:
        """Limits used up, for the rest of the quarter too; an inactive app."""
        if fault.kind == "spent":
            self.windows.fill(self._office.now)
            return self._with_limits(_over(), call.path)
        if fault.kind == "busy":
            return _over()
        return _inactive() if fault.kind == "inactive" and not call.is_for_tokens else None

    def expire(self, person: str) -> None:
        """Ends the access tokens of a person."""
        self.grants.expire(person)

    def revoke(self, person: str) -> None:
        """Ends what a person allowed, as on Strava's site, which is told as an event."""
        self.pushes.tell_revoked(self._office.world.people[person])
        self.grants.revoke(person)

    async def _authorize(self, request: Request) -> Response:
        asked = request.query_params
        host = urlsplit(asked.get("redirect_uri", "")).hostname or ""
        domain = self._callback_domain
        if asked.get("client_id") != CLIENT_ID:
            return failure(400, "Bad Request", "Application", "client_id")
        if not (host in (*_LOCAL, domain) or host.endswith(f".{domain}")):
            return failure(400, "Bad Request", "Application", "redirect_uri")
        if asked.get("response_type") != "code":
            return failure(400, "Bad Request", "Application", "response_type")
        scopes = [scope for scope in asked.get("scope", "").split(",") if scope]
        if not scopes or not _SCOPES.issuperset(scopes):
            return failure(400, "Bad Request", "Application", "scope")
        if request.method == "GET":
            return pages.ask("Strava", self._office.world.people.values(), scopes)
        person, ticked = await pages.posted(request)
        state = {"state": asked["state"]} if "state" in asked else {}
        if person is None:
            return pages.back(asked["redirect_uri"], state | {"error": "access_denied"})
        allowed = tuple(scope for scope in scopes if scope in ticked)
        code = self.grants.code(person, allowed, asked["redirect_uri"])
        answer = state | {"code": code, "scope": ",".join(allowed)}
        return pages.back(asked["redirect_uri"], answer)

    async def _token(self, request: Request) -> Response:
        asked = await fields(request)
        if str(asked.get("client_id")) != CLIENT_ID:
            return failure(400, "Bad Request", "Application", "client_id")
        if asked.get("client_secret") != CLIENT_SECRET:
            return failure(401, "Authorization Error", "Application", "")
        if asked.get("grant_type") == "authorization_code":
            return self._first_token(asked)
        if asked.get("grant_type") == "refresh_token":
            return self._next_token(str(asked.get("refresh_token")))
        return failure(400, "Bad Request", "Application", "grant_type")

    def _first_token(self, asked: dict[str, Any]) -> Response:
        code = self.grants.redeem(str(asked.get("code")))
        if code is None:
            return failure(400, "Bad Request", "AuthorizationCode", "code")
        grant = self.grants.begin(code)
        person = self._office.world.people[grant.person]
        athlete = strava_json.athlete(person, is_detailed=False)
        return JSONResponse(self._tokens(grant) | {"athlete": athlete})

    def _next_token(self, refresh: str) -> Response:
        grant = self.grants.of_refresh(refresh)
        if grant is None:
            if self.grants.was_retired(refresh):
                self._office.calls.blame(self.name, "a refresh token was used a second time")
            return failure(400, "Bad Request", "RefreshToken", "refresh_token")
        if grant.until - self._office.now <= _KEPT_S:
            self.grants.renew(grant)
        return JSONResponse(self._tokens(grant))

    def _tokens(self, grant: Grant) -> dict[str, Any]:
        return {
            "token_type": "Bearer",
            "access_token": grant.access,
            "expires_at": int(grant.until),
            "expires_in": int(grant.until - self._office.now),
            "refresh_token": grant.refresh,
            "scope": ",".join(grant.scopes),
        }

    async def _revoke(self, request: Request) -> Response:
        if not self.has_revoke:
            return failure(404, "Record Not Found")
        if basic(request) != f"{CLIENT_ID}:{CLIENT_SECRET}":
            return failure(401, "Authorization Error", "Application", "")
        token = str((await request.form()).get("token") or "")
        if not token:
            return failure(400, "Bad Request", "Token", "token", "missing")
        grant = self.grants.of_refresh(token) or self.grants.of_access(token)
        if grant is not None and grant.is_alive:
            self.revoke(grant.person)
        return Response(status_code=200)

    async def _deauthorize(self, request: Request) -> Response:
        token = credentials(request, "Bearer")
        grant = self.grants.of_access(token)
        if grant is None or not self.grants.is_good(token):
            return failure(401, "Authorization Error", "Athlete", "access_token")
        self.revoke(grant.person)
        return JSONResponse({"access_token": token})

    def _data(self, answer: _Answer) -> Any:
        """What every reading call goes through: token, app, limits, scope."""

        async def endpoint(request: Request) -> Response:
            token = credentials(request, "Bearer")
            grant = self.grants.of_access(token)
            if grant is None or not self.grants.is_good(token):
                # Recorded answers of this kind tell no limits.
                return failure(401, "Authorization Error", "Athlete", "access_token")
            if not self.is_active:
                return _inactive()
            if not self.windows.enter(self._office.now):
                self._office.calls.blame(self.name, f"over the limit: {request.url.path}")
                return self._with_limits(_over(), request.url.path)
            return self._with_limits(await answer(request, grant), request.url.path)

        return self._desk.at(endpoint)

    def _with_limits(self, answer: Response, path: str) -> Response:
        is_told = self.limit_headers == "always" or (
            self.limit_headers == "not_on_streams" and not path.endswith("/streams")
        )
        if is_told:
            answer.raw_headers.extend(self.windows.headers())
        return answer

    async def _athlete(self, _: Request, grant: Grant) -> Response:
        if not {"read", "profile:read_all"} & {*grant.scopes}:
            return failure(401, "Authorization Error", "Athlete", "read_permission", "missing")
        person = self._office.world.people[grant.person]
        is_detailed = "profile:read_all" in grant.scopes
        return JSONResponse(strava_json.athlete(person, is_detailed=is_detailed))

    async def _activities(self, request: Request, grant: Grant) -> Response:
        if not _may_read(grant):
            return _not_allowed()
        asked = request.query_params
        try:
            after, before = float(asked.get("after", "-inf")), float(asked.get("before", "inf"))
            page = max(int(asked.get("page", 1)), 1)
            size = min(max(int(asked.get("per_page", 30)), 1), _MOST_PER_PAGE)
        except ValueError:
            return failure(400, "Bad Request", "Activity", "parameters")
        person = self._office.world.people[grant.person]
        start = strava_json.shown_start_s if self.sorts_by_shown else attrgetter("start_s")
        found = [a for a in list(person.activities.values()) if _is_seen(a, grant)]
        found = [a for a in found if after < start(a) < before]
        found.sort(key=lambda a: (start(a), a.id), reverse="after" not in asked)
        shown = found[(page - 1) * size : page * size]
        return JSONResponse([strava_json.summary(person, each) for each in shown])

    async def _activity(self, request: Request, grant: Grant) -> Response:
        return self._one(request, grant, lambda p, a: JSONResponse(strava_json.detailed(p, a)))

    async def _laps(self, request: Request, grant: Grant) -> Response:
        return self._one(request, grant, lambda p, a: JSONResponse(strava_json.laps(p, a)))

    async def _streams(self, request: Request, grant: Grant) -> Response:
        keys = request.query_params.get("keys", "").split(",")
        is_keyed = request.query_params.get("key_by_type") == "true"

        def answer(_: Person, activity: Activity) -> Response:
            if activity.streams is None:
                return failure(404, "Resource Not Found")
            found = strava_json.streams(activity.streams(), keys)
            if is_keyed:
                return JSONResponse(found)
            return JSONResponse([{"type": name, **stream} for name, stream in found.items()])

        return self._one(request, grant, answer)

    def _one(
        self, request: Request, grant: Grant, answer: Callable[[Person, Activity], Response]
    ) -> Response:
        if not _may_read(grant):
            return _not_allowed()
        person = self._office.world.people[grant.person]
        activity = person.activities.get(request.path_params["id"])
        if activity is None or not _is_seen(activity, grant):
            return failure(404, "Record Not Found", "Activity", "", "not found")
        return answer(person, activity)


def _may_read(grant: Grant) -> bool:
    return bool({"activity:read", "activity:read_all"} & {*grant.scopes})


def _is_seen(activity: Activity, grant: Grant) -> bool:
    return activity.visibility != "only_me" or "activity:read_all" in grant.scopes


def _not_allowed() -> Response:
    return failure(401, "Authorization Error", "AccessToken", "activity:read_permission", "missing")


def _over() -> Response:
    return failure(429, "Rate Limit Exceeded", "Application", "rate limit", "exceeded")


def _inactive() -> Response:
    return failure(403, "Forbidden", "Application", "Status", "Inactive")
