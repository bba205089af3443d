import asyncio
import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from runsous import settings
from runsous.settings import Settings
from runsous.web.headers import SecurityHeaders

INDEX = (Path(streamlit.__file__).parent / "static" / "index.html").read_text()


async def own(_: object) -> PlainTextResponse:
    return PlainTextResponse("", headers={"Referrer-Policy": "no-referrer"})


async def kept(_: object) -> PlainTextResponse:
    return PlainTextResponse("", headers={"Cache-Control": "max-age=60"})


async def fail(_: object) -> PlainTextResponse:
    raise ValueError("ana@example.org <b>")


async def fail_late(_: object) -> StreamingResponse:
    async def parts():
        yield b"half"
        raise ValueError("ana@example.org <b>")

    return StreamingResponse(parts())


def answer(path: str = "/", accept: str = "*/*", **more: object) -> httpx.Response:
    settings.use(Settings(**{**vars(settings.current()), **more}))
    routes = [Route("/", own), Route("/api/v1/docs", own)]
    routes += [Route("/fail", fail), Route("/fail-late", fail_late)]
    routes += [Route("/api/v1/x", own), Route("/api/v1/kept", kept), Route("/api/v1/fail", fail)]
    app = Starlette(routes=routes, middleware=[Middleware(SecurityHeaders)])

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path, headers={"accept": accept})

    return asyncio.run(get())


def policy(found: httpx.Response) -> dict[str, list[str]]:
    parts = [part.split() for part in found.headers["content-security-policy"].split(";")]
    return {name: values for name, *values in parts}


def test_nobody_frames_us_sniffs_types_or_posts_elsewhere():
    found = answer()
    rules = policy(found)
    assert rules["frame-ancestors"] == rules["object-src"] == ["'none'"]
    assert rules["default-src"] == rules["form-action"] == rules["base-uri"] == ["'self'"]
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["x-frame-options"] == "DENY"


def test_of_scripts_in_a_page_only_those_known_run():
    allowed = policy(answer())["script-src"]
    assert "'unsafe-inline'" not in allowed
    scripts = re.findall(r"<script>(.*?)</script>", INDEX, re.DOTALL)
    assert scripts
    for script in scripts:
        assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in allowed


@pytest.mark.parametrize(
    ("style", "reached"),
    [(None, "https://*.cartocdn.com"), ("https://maps.example.org/style.json", "https:")],
)
def test_maps_come_from_where_they_are_set_to(style, reached):
    rules = policy(answer(map_style=style))
    assert reached in rules["connect-src"]
    assert reached in rules["img-src"]


def test_without_a_basemap_nothing_else_is_reached():
    rules = policy(answer(map_style="none"))
    assert rules["connect-src"] == ["'self'", "data:", "blob:"]


def test_https_is_kept_to_where_it_is_used():
    assert "strict-transport-security" not in answer().headers
    assert "strict-transport-security" in answer(base_url="https://run.example.org").headers


def test_what_an_answer_says_itself_stands():
    assert answer().headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("*/*", "application/problem+json"),
        ("application/json", "application/problem+json"),
    ],
)
def test_an_error_nobody_foresaw_tells_nothing_and_has_the_headers_too(accept, kind):
    usual, found = answer(), answer("/fail", accept)
    assert found.status_code == 500
    assert found.headers["content-type"].startswith(kind)
    assert "Something went wrong here" in found.text.replace("&#39;", "'")
    assert ("Run Sous BPM" in found.text) is (kind == "text/html")
    for words in ("ana@", "ValueError", "Traceback", ".py", "fail"):
        assert words not in found.text
    for name in set(usual.headers) - {"content-length", "content-type", "referrer-policy"}:
        assert found.headers[name] == usual.headers[name]
    assert found.headers["referrer-policy"] == "same-origin"


def test_an_answer_that_breaks_off_is_not_answered_twice():
    found = answer("/fail-late")
    assert (found.status_code, found.content) == (200, b"half")


def test_no_browser_keeps_what_the_api_tells_for_who_comes_after():
    for path in ("/api/v1/x", "/api/v1/nowhere"):
        assert answer(path).headers["cache-control"] == "private, no-store"
    assert "no-store" in answer("/api/v1/fail").headers["cache-control"]
    assert answer("/api/v1/kept").headers["cache-control"] == "max-age=60"
    assert "cache-control" not in answer("/").headers
