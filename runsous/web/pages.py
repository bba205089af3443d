"""Pages of the server itself, which have to work where Streamlit's do not."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from runsous.web.problems import TITLES, problem

_templates = Environment(
    loader=PackageLoader("runsous.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)
_NOT_KEPT = {"Cache-Control": "no-store"}


def page(name: str, status: int = 200, **shown: Any) -> HTMLResponse:
    """The page of that name with what it shows, at least ``title``; nobody keeps it."""
    shown = {"error": None, "done": None, **shown}
    body = _templates.get_template(f"{name}.html").render(shown)
    return HTMLResponse(body, status, _NOT_KEPT)


def trouble(scope: Scope, status: int, words: str) -> Response:
    """What went wrong in a sentence: as a page for who reads pages, as a problem for programs."""
    if "text/html" in Headers(scope=scope).get("accept", ""):
        return page("trouble", status, title=TITLES[status], words=words)
    return problem(status, words, _NOT_KEPT)
