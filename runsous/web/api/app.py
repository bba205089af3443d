"""The REST API as one application, mounted at ``/api/v1`` of the server."""

from __future__ import annotations

import copy
import math
import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_swagger import patch_fastapi
from starlette.exceptions import HTTPException

from runsous import settings
from runsous.accounts import entry
from runsous.errors import (
    InputError,
    NotFound,
    RateLimited,
    RunsousError,
    ServiceError,
    TooLarge,
)
from runsous.web.api import (
    activities,
    connections,
    exports,
    imports,
    insights,
    insights_hill,
    insights_lock,
    insights_workouts,
    listens,
    me,
    tokens,
    tracks,
)
from runsous.web.api.body_limit import BodyLimit
from runsous.web.api.models import Problem
from runsous.web.problems import MEDIA_TYPE, TITLES, UNFORESEEN, problem

_STATUS: tuple[tuple[type[RunsousError], int], ...] = (
    (NotFound, 404),
    (TooLarge, 413),
    (InputError, 400),
    (RateLimited, 503),
    (ServiceError, 502),
    (RunsousError, 500),
)
_ROOMS = (
    activities,
    exports,
    listens,
    tracks,
    insights,
    insights_hill,
    insights_lock,
    insights_workouts,
    imports,
    connections,
    me,
    tokens,
)
_DESCRIBED: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": title} for code, title in TITLES.items()
}
_SECURITY = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": entry.COOKIE,
        "description": "The cookie of who signed in; it opens all that a token does.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A personal token with the scope read, or to change anything with the scope"
        " write, which includes read.",
    },
}


class Api(FastAPI):
    """An application whose description gives errors the media type they have, and says who may
    ask: in local mode whoever can reach it.
    """

    def openapi(self) -> dict[str, Any]:
        described = super().openapi()
        for path in described["paths"].values():
            for operation in path.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400 and "application/json" in response.get("content", {}):
                        response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
        if settings.current().auth == "accounts":
            return _guarded(described)
        return described


def _guarded(described: dict[str, Any]) -> dict[str, Any]:
    """The description with who may ask what: a token is what programs come with."""
    guarded = copy.deepcopy(described)
    guarded["components"]["securitySchemes"] = _SECURITY
    guarded["security"] = [{"token": []}]
    for path in guarded["paths"].values():
        for operation in path.values():
            if operation.get("x-only-signed-in"):
                operation["security"] = [{"session": []}]
    return guarded


def create() -> FastAPI:
    """The API; the engine is found in the server's state when a request comes."""
    api = Api(
        title="Run Sous BPM",
        version="1",
        docs_url=None,
        swagger_ui_oauth2_redirect_url=None,
        openapi_url="/openapi.json",
        redoc_url=None,
        responses=_DESCRIBED,
    )
    for room in _ROOMS:
        api.include_router(room.router)
    # Its pages come from here, not from somebody's server elsewhere.
    patch_fastapi(
        api,
        "/docs",
        redirect_from_root_to_docs=False,
        swagger_js_url="/docs/swagger-ui-bundle.js",
        swagger_css_url="/docs/swagger-ui.css",
        swagger_favicon_url="/docs/favicon.png",
        swagger_ui_parameters={"persistAuthorization": False},
    )
    api.add_middleware(BodyLimit)
    api.add_exception_handler(RunsousError, _ours)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(Exception, _unforeseen)
    return api


async def _ours(_: Request, error: Exception) -> JSONResponse:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    headers = {}
    if isinstance(error, RateLimited):
        wait_s = (error.retry_at - datetime.now(UTC)).total_seconds()
        headers["Retry-After"] = str(max(1, math.ceil(wait_s)))
    return problem(status, str(error), headers)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    first = error.errors()[0]
    where = " → ".join(str(part) for part in first["loc"])
    return problem(422, f"{where}: {first['msg'].removeprefix('Value error, ')}")


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed(request)
    return problem(error.status_code, str(error.detail), headers)


def _allowed(request: Request) -> str:
    """The methods of all routes at this address; the router names those of the first."""
    asked = request.scope["path"].removeprefix(request.scope["root_path"])
    found = {
        method.upper()
        for path, ways in request.app.openapi()["paths"].items()
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), asked)
        for method in ways
    }
    return ", ".join(sorted(found) or ["GET"])


async def _unforeseen(_: Request, error: Exception) -> JSONResponse:
    return problem(500, UNFORESEEN)
