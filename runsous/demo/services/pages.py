"""The page on which a person says whether an app may read their data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from runsous.demo.services.world import Person

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{service} (simulated)</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 28rem; margin: 3rem auto;
  padding: 0 1rem }}
label, button {{ display: block; margin: .5rem 0 }}
button {{ font: inherit; padding: .5rem 1rem; width: 100% }}
</style></head>
<body>
<h1>{service} (simulated)</h1>
<p>Run Sous BPM would like to read your data. This is not {service} but a stand-in on this
machine, with invented people: choose who you are.</p>
<form method="post">
{scopes}
{people}
<button name="deny" value="1">Deny</button>
</form>
</body></html>
"""
_SCOPE = '<label><input type="checkbox" name="scope" value="{0}" checked> {0}</label>'
_PERSON = '<button name="person" value="{0}">Allow as {1}</button>'


def ask(service: str, people: Iterable[Person], scopes: Iterable[str] = ()) -> HTMLResponse:
    """The page; it posts ``person`` and each ``scope`` left ticked, or ``deny``, to itself."""
    return HTMLResponse(
        _PAGE.format(
            service=escape(service),
            scopes="\n".join(_SCOPE.format(escape(scope)) for scope in scopes),
            people="\n".join(
                _PERSON.format(escape(person.key), escape(person.name)) for person in people
            ),
        )
    )


async def posted(request: Request) -> tuple[str | None, tuple[str, ...]]:
    """Who allowed and which scopes were left ticked; nobody if it was denied."""
    form = await request.form()
    person = form.get("person")
    scopes = tuple(str(scope) for scope in form.getlist("scope"))
    return (str(person) if person and "deny" not in form else None), scopes


def back(redirect_uri: str, answer: Mapping[str, str]) -> Response:
    """The way back to the app."""
    glue = "&" if "?" in redirect_uri else "?"
    return RedirectResponse(f"{redirect_uri}{glue}{urlencode(answer)}", 302)
