"""The REST API as one application, mounted at ``/api/v1`` of the server."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from runsous.errors import InputError, NotFound, RunsousError, TooLarge
from runsous.web.api import activities, exports, imports, listens
from runsous.web.api.body_limit import BodyLimit
from runsous.web.api.models import Problem

_STATUS: tuple[tuple[type[RunsousError], int], ...] = (
    (NotFound, 404),
    (TooLarge, 413),
    (InputError, 400),
    (RunsousError, 500),
)
_TITLES = {
    400: "Bad request",
    404: "Not found",
    413: "Too large",
    422: "Invalid",
    500: "Server error",
}

_PROBLEM = "application/problem+json"
_DESCRIBED: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": title} for code, title in _TITLES.items()
}


class Api(FastAPI):
    """An application whose description gives errors the media type they have."""

    def openapi(self) -> dict[str, Any]:
        described = super().openapi()
        for path in described["paths"].values():
            for operation in path.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400 and "application/json" in response.get("content", {}):
                        response["content"] = {_PROBLEM: response["content"]["application/json"]}
        return described


def create() -> FastAPI:
    """The API; the engine is found in the server's state when a request comes."""
    api = Api(
        title="Run Sous BPM",
        version="1",
        docs_url="/docs",
        openapi_url="/openapi.json",
        redoc_url=None,
        responses=_DESCRIBED,
    )
    for room in (activities, exports, listens, imports):
        api.include_router(room.router)
    api.add_middleware(BodyLimit)
    api.add_exception_handler(RunsousError, _ours)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(Exception, _unforeseen)
    return api


def problem(
    status: int, title: str, detail: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An RFC 9457 answer."""
    body = Problem(title=title, status=status, detail=detail).model_dump()
    return JSONResponse(body, status, headers, media_type=_PROBLEM)


async def _ours(_: Request, error: Exception) -> JSONResponse:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    return problem(status, _TITLES[status], str(error))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    first = error.errors()[0]
    where = " → ".join(str(part) for part in first["loc"])
    return problem(422, "Invalid", f"{where}: {first['msg']}")


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    title = _TITLES.get(error.status_code) or HTTPStatus(error.status_code).phrase
    return problem(error.status_code, title, str(error.detail), error.headers)


async def _unforeseen(_: Request, error: Exception) -> JSONResponse:
    # The server logs it; what it was is nobody's business outside.
    return problem(500, "Server error", "Something went wrong here; the server's log says what.")
