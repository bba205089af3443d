"""Everything the server answers beside the pages."""

from __future__ import annotations

import re
from importlib.metadata import version

from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route

from runsous.errors import RunsousError
from runsous.store import database
from runsous.web import forms, oauth, webhooks
from runsous.web.api import app as api
from runsous.web.door import Door
from runsous.web.guard import LocalGuard
from runsous.web.headers import SecurityHeaders
from runsous.web.metrics import metrics


def routes() -> list[BaseRoute]:
    """Health, metrics, the REST API, the forms to sign in with, and the services."""
    return [
        Route("/health", health),
        Route("/metrics", metrics),
        _api(),
        *forms.routes(),
        *oauth.routes(),
        *webhooks.routes(),
    ]


def _api() -> Mount:
    mount = Mount("/api/v1", app=api.create())
    # An address with a line break in it is the API's to refuse, too.
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def middleware() -> list[Middleware]:
    """What every request passes first."""
    return [Middleware(SecurityHeaders), Middleware(LocalGuard), Middleware(Door)]


def health(_: Request) -> JSONResponse:
    """Whether the app can do its work: 200 with what it runs on, 503 without its database."""
    facts = {"version": version("runsous")}
    try:
        engine = database.current()
        with engine.connect() as conn:
            timescale = database.timescale_version(conn)
    except (RunsousError, SQLAlchemyError):
        return JSONResponse({"status": "unavailable", **facts}, 503)
    kind = "embedded" if database.is_embedded(engine) else "server"
    return JSONResponse({"status": "ok", **facts, "database": kind, "timescaledb": timescale})
