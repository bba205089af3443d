"""Every route and every page, as nobody, as somebody else and as the owner.

A route or page that is added without its case here fails the first tests.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import socket
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
import streamlit as st
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocketDisconnect
from streamlit.testing.v1 import AppTest

import runsous.store
from runsous.errors import NotFound
from runsous.settings import Services
from runsous.sync import import_files
from tests.accounts import filling
from tests.running import ROOT, free_port, serve
from tests.sync import make
from tests.web.people import add, browser, cheap, configure, server, session

__all__ = ["browser", "cheap", "server"]

COOKIE = "runsous_session"
A = "/api/v1"
VOLATILE = ("rate_limits",)
SERVICE = "lastfm"
"""To which all are connected; its name tells nothing of anybody."""


@dataclass(frozen=True)
class Open:
    """Strangers may see it: it tells nothing of anybody."""


@dataclass(frozen=True)
class Members:
    """Everybody who signed in sees the same."""


@dataclass(frozen=True)
class Own:
    """Each sees or changes what is theirs; the address names nothing.

    ``shows`` of the owner's things must be in the owner's answer, and in nobody else's.
    """

    status: int = 200
    shows: str | None = None
    send: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Named:
    """The address names something by its id, which for all others does not exist."""

    status: int = 200
    send: dict[str, Any] = field(default_factory=dict)


FILE = {"files": [("files", ("run.gpx", make.gpx(make.START.replace(year=2020))))]}

# In the order in which the owner does them: what destroys comes last.
CASES: dict[tuple[str, str], Open | Members | Own | Named] = {
    ("GET", "/health"): Open(),
    ("GET", "/metrics"): Members(),
    ("GET", f"{A}/openapi.json"): Open(),
    ("GET", f"{A}/docs"): Open(),
    ("GET", f"{A}/docs/swagger-ui-bundle.js"): Open(),
    ("GET", f"{A}/docs/swagger-ui.css"): Open(),
    ("GET", f"{A}/docs/favicon.png"): Open(),
    ("GET", "/auth/login"): Open(),
    ("POST", "/auth/login"): Open(),
    ("GET", "/auth/register"): Open(),
    ("POST", "/auth/register"): Open(),
    ("GET", "/auth/logout"): Open(),
    ("POST", "/auth/logout"): Open(),
    ("GET", "/auth/leave"): Open(),
    ("GET", "/auth/provider"): Open(),
    ("GET", f"{A}/activities"): Own(shows="activity"),
    ("GET", f"{A}/activities/{{activity_id}}"): Named(),
    ("GET", f"{A}/activities/{{activity_id}}/streams"): Named(),
    ("GET", f"{A}/activities/{{activity_id}}/music"): Named(),
    ("GET", f"{A}/activities/{{activity_id}}/songs.gpx"): Named(),
    ("GET", f"{A}/activities/{{activity_id}}/songs.csv"): Named(),
    ("GET", f"{A}/activities/{{activity_id}}/samples.csv"): Named(),
    ("GET", f"{A}/listens"): Own(shows="song"),
    ("GET", f"{A}/tracks/{{track_id}}"): Named(),
    ("GET", f"{A}/tracks/{{track_id}}/tempo"): Named(),
    ("PUT", f"{A}/tracks/{{track_id}}/tempo"): Named(send={"json": {"bpm": 174.0}}),
    ("DELETE", f"{A}/tracks/{{track_id}}/tempo"): Named(204),
    ("GET", f"{A}/insights/tempo"): Own(),
    ("GET", f"{A}/insights/energy"): Own(),
    ("GET", f"{A}/insights/songs"): Own(),
    ("GET", f"{A}/insights/lock"): Own(),
    ("GET", f"{A}/insights/segments"): Own(shows="song"),
    ("GET", f"{A}/insights/hill"): Own(
        404, send={"params": {"activity_id": 2**60, "from_m": 0, "to_m": 500}}
    ),
    ("GET", f"{A}/insights/workouts"): Own(),
    ("POST", f"{A}/imports"): Own(202, send=FILE),
    ("GET", f"{A}/imports/{{import_id}}"): Named(),
    ("GET", f"{A}/tokens"): Own(shows="token"),
    ("POST", f"{A}/tokens"): Own(201, send={"json": {"name": "n", "scopes": ["read"]}}),
    ("GET", f"{A}/connections"): Own(shows="connection"),
    ("PUT", f"{A}/connections/{{service}}"): Own(send={"json": {"interval_s": 1800}}),
    ("POST", f"{A}/connections/{{service}}/sync"): Own(202),
    ("GET", f"{A}/sync-runs"): Own(shows="run"),
    ("GET", f"{A}/sync-runs/{{run_id}}"): Named(),
    ("DELETE", f"{A}/connections/{{service}}/sync"): Own(202),
    # `test_oauth` goes this way as several people.
    ("GET", "/oauth/{service}/start"): Members(),
    ("GET", "/oauth/{service}/callback"): Members(),
    ("GET", "/webhooks/strava"): Open(),
    ("POST", "/webhooks/strava"): Open(),
    ("PATCH", f"{A}/activities/{{activity_id}}"): Named(send={"json": {"name": "Renamed"}}),
    ("GET", f"{A}/me"): Own(shows="e-mail"),
    ("PATCH", f"{A}/me"): Own(send={"json": {"settings": {"units": "miles"}}}),
    ("GET", f"{A}/me/audit"): Own(),
    ("GET", f"{A}/me/exports"): Own(shows="export"),
    ("GET", f"{A}/me/exports/{{export_id}}"): Named(),
    ("GET", f"{A}/me/exports/{{export_id}}/download"): Named(),
    ("POST", f"{A}/me/export"): Own(202),
    ("POST", f"{A}/imports/{{import_id}}/cancel"): Named(204),
    ("POST", f"{A}/imports/{{import_id}}/retry"): Named(202),
    # The retry is under way.
    ("DELETE", f"{A}/imports/{{import_id}}"): Named(400),
    ("DELETE", f"{A}/tokens/{{token_id}}"): Named(204),
    ("DELETE", f"{A}/activities/{{activity_id}}"): Named(204),
    ("DELETE", f"{A}/connections/{{service}}"): Own(204),
    ("DELETE", f"{A}/me"): Own(204, send={"json": {"password": filling.PASSWORD}}),
    # Streamlit's own. What it hands out or takes in is named by ids that cannot be guessed, of
    # sessions that only a socket opens; `test_streamlits_own_routes` asks a real one.
    ("GET", "/_stcore/health"): Open(),
    ("OPTIONS", "/_stcore/health"): Open(),
    ("GET", "/_stcore/host-config"): Open(),
    ("GET", "/oauth2callback"): Open(),
    ("WEBSOCKET", "/_stcore/stream"): Members(),
    **{
        case: Members()
        for case in (
            ("GET", "/_stcore/metrics"),
            ("OPTIONS", "/_stcore/metrics"),
            ("GET", "/media/{file_id:path}"),
            ("OPTIONS", "/media/{file_id:path}"),
            ("PUT", "/_stcore/upload_file/{session_id}/{file_id}"),
            ("DELETE", "/_stcore/upload_file/{session_id}/{file_id}"),
            ("OPTIONS", "/_stcore/upload_file/{session_id}/{file_id}"),
            ("GET", "/component/{path:path}"),
            ("OPTIONS", "/component/{path:path}"),
            ("GET", "/_stcore/bidi-components/{path:path}"),
            ("OPTIONS", "/_stcore/bidi-components/{path:path}"),
            *(
                (method, f"/_stcore/agent/{name}")
                for name in ("interact", "openapi.json", "mcp")
                for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
            ),
            ("GET", "/{path}"),
        )
    },
}

PAGES = {
    "home.py": "activity",
    "activities.py": "activity",
    "activity.py": "song",
    "listening.py": "song",
    "add_data.py": "upload",
    "connections.py": "connection",
    "preferences.py": None,
    "tempo.py": None,
    "insights.py": None,
    "track.py": "song",
    "account.py": "e-mail",
}
"""What of the owner's each page shows."""


@dataclass(frozen=True)
class Town:
    """Ana, who owns things, Bo, who owns other things, and a stranger, at one server."""

    ana: Any
    bo: Any
    stranger: Any
    theirs: dict[str, Any]
    marks: dict[str, str]
    people: dict[str, filling.Somebody]


@pytest.fixture(scope="module")
def _town(_server, _template, tmp_path_factory):
    with filling.town(_server, _template, tmp_path_factory.mktemp("town"), "ana", "bo") as town:
        yield town


@pytest.fixture
def _template_of_test(request, _template, _town) -> str:
    return str(_town.template if "town" in request.fixturenames else _template)


@pytest.fixture
def town(server, engine, browser, tmp_path, _town) -> Town:
    configure(services=Services(lastfm_api_key="ours"))
    people = _town.move(engine, tmp_path)
    ana, bo = (browser(cookies={COOKIE: one.session}) for one in people.values())
    mine = {"user": people["ana"].id}

    def one(query: str) -> Any:
        return make.rows(engine, f"{query} ORDER BY 1 LIMIT 1", **mine)[0]["id"]

    theirs = {
        "activity_id": one(
            "SELECT a.id FROM activities a JOIN segments s ON s.activity_id = a.id"
            " WHERE a.user_id = :user AND s.track_id IS NOT NULL"
        ),
        "import_id": one(
            "SELECT u.import_id AS id FROM uploads u JOIN import_files f ON f.upload_id = u.id"
            " WHERE f.status = 'failed' AND u.user_id = :user"
        ),
        "export_id": one("SELECT id FROM data_exports WHERE user_id = :user"),
        "token_id": one("SELECT id FROM api_tokens WHERE user_id = :user"),
        "run_id": one("SELECT id FROM sync_runs WHERE user_id = :user"),
        "track_id": one("SELECT id FROM tracks WHERE user_id = :user"),
    }
    with engine.begin() as conn:
        conn.exec_driver_sql(
            f"UPDATE activities SET name = 'Anas secret run' WHERE id = {theirs['activity_id']};"
            f"UPDATE api_tokens SET name = 'Anas watch' WHERE id = {theirs['token_id']};"
            f"UPDATE sync_runs SET phase = 'Reading Anas plays' WHERE id = {theirs['run_id']};"
            "UPDATE import_files SET path = 'anas broken.fit' WHERE status = 'failed'"
            f" AND user_id = {mine['user']}"
        )
    marks = {
        "activity": "Anas secret run",
        "song": "Secret tune of ana",
        "token": "Anas watch",
        "upload": "anas broken.fit",
        "e-mail": people["ana"].email,
        "export": str(theirs["export_id"]),
        "connection": f"account {mine['user']}",
        "run": "Reading Anas plays",
    }
    return Town(ana, bo, browser(), theirs, marks, people)


def registered(routes, base: str = ""):
    """Method and address of every route, however deep it is mounted."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from registered(inner.routes, base)
        elif isinstance(route, WebSocketRoute):
            yield "WEBSOCKET", base + route.path
        elif getattr(route, "methods", None) is None:
            # A folder of files, or an application with routes of its own.
            below = list(getattr(route, "routes", None) or [])
            yield from registered(below, base + route.path)
            if not below:
                yield "GET", f"{base}{route.path}/{{path}}"
        else:
            for method in route.methods - {"HEAD"}:
                yield method, base + route.path


def test_every_route_has_its_case(server):
    assert set(registered(server.routes)) == set(CASES)


def test_every_described_route_has_its_case(server, browser):
    described = browser().get(f"{A}/openapi.json").json()["paths"]
    found = {(method.upper(), A + path) for path, ways in described.items() for method in ways}
    assert found <= set(CASES)
    assert found


def test_every_page_has_its_case():
    assert {path.name for path in (ROOT / "pages").glob("*.py")} == {*PAGES, "menu.py"}


def filled_in(path: str, ids: dict[str, Any]) -> str:
    for name, value in {**ids, "service": SERVICE}.items():
        path = path.replace(f"{{{name}}}", str(value))
    return path.replace(":path}", "}").replace("{", "").replace("}", "")


def nobodys(ids: dict[str, Any]) -> dict[str, Any]:
    """Ids of the same kind that nothing has."""
    return {name: 2**60 if isinstance(value, int) else uuid4() for name, value in ids.items()}


def ask(client, method: str, path: str, case) -> Any:
    return client.request(method, path.replace("{service}", SERVICE), **getattr(case, "send", {}))


def said(answer) -> tuple[Any, ...]:
    """All of an answer but how much of the hour's requests is left."""
    heads = {k: v for k, v in answer.headers.items() if not k.startswith("ratelimit")}
    return answer.status_code, heads, answer.content


def test_nobody_gets_anything(town, engine):
    before = make.tables(engine, *VOLATILE)
    for (method, path), case in CASES.items():
        if isinstance(case, Open):
            continue
        asked = [filled_in(path, ids) for ids in (town.theirs, nobodys(town.theirs))]
        if method == "WEBSOCKET":
            with pytest.raises(WebSocketDisconnect), town.stranger.websocket_connect(asked[0]):
                pass
            continue
        answers = [ask(town.stranger, method, address, case) for address in asked]
        assert answers[0].status_code == 401, (method, path)
        assert said(answers[0]) == said(answers[1])
    assert make.tables(engine, *VOLATILE) == before


def test_what_is_open_tells_nothing_of_anybody(town, engine):
    for (method, path), case in CASES.items():
        if not isinstance(case, Open) or path.startswith(("/_stcore/", "/oauth2callback")):
            continue
        answer = town.stranger.request(method, path)
        assert answer.status_code in (200, 204, 303, 403), (method, path)
        assert not [mark for mark in town.marks.values() if mark in answer.text], path


def test_to_others_what_is_anas_does_not_exist(town, engine):
    before = make.tables(engine, *VOLATILE)
    asked = 0
    for (method, path), case in CASES.items():
        if not isinstance(case, Named):
            continue
        theirs, nothing = (
            ask(town.bo, method, filled_in(path, ids), case)
            for ids in (town.theirs, nobodys(town.theirs))
        )
        assert theirs.status_code == 404, (method, path)
        assert said(theirs) == said(nothing), (method, path)
        asked += 1
    assert asked > 10
    assert make.tables(engine, *VOLATILE) == before


def test_others_see_their_own_things_and_none_of_anas(town):
    for (method, path), case in CASES.items():
        if isinstance(case, Own) or (isinstance(case, Members) and path == "/metrics"):
            answer = ask(town.bo, method, path, case)
            assert answer.status_code == getattr(case, "status", 200), (method, path, answer.text)
            assert not [mark for mark in town.marks.values() if mark in answer.text], path


def test_what_others_do_to_theirs_leaves_anas_as_it_is(town, engine):
    """Bo does everything the owner can, to his own things."""
    ana = town.people["ana"].id
    before = of_user(engine, ana)
    for (method, path), case in CASES.items():
        if isinstance(case, Own) and method != "GET":
            ask(town.bo, method, path, case)
    assert of_user(engine, ana) == before


def of_user(engine, user_id: int) -> dict[str, list[str]]:
    """All rows of a user."""
    owned = make.rows(
        engine,
        "SELECT table_name AS t FROM information_schema.columns WHERE column_name = 'user_id'"
        " AND table_schema = 'public'",
    )
    return {
        row["t"]: sorted(
            line["x"]
            for line in make.rows(
                engine, f'SELECT x::text FROM "{row["t"]}" AS x WHERE user_id = :u', u=user_id
            )
        )
        for row in owned
    }


def test_the_owner_gets_everything(town):
    for (method, path), case in CASES.items():
        if isinstance(case, Own | Named):
            answer = ask(town.ana, method, filled_in(path, town.theirs), case)
            assert answer.status_code == case.status, (method, path, answer.text)
            shows = getattr(case, "shows", None)
            assert shows is None or town.marks[shows] in answer.text, (method, path)


def test_with_a_token_one_gets_ones_own_things_alone(town, browser):
    ana, bo = (
        browser(headers={"authorization": f"Bearer {town.people[name].token}"})
        for name in ("ana", "bo")
    )
    for (method, path), case in CASES.items():
        if method == "GET" and isinstance(case, Own | Named):
            address = filled_in(path, town.theirs)
            assert ask(ana, method, address, case).status_code == case.status, path
            answer = ask(bo, method, address, case)
            assert answer.status_code == (404 if isinstance(case, Named) else case.status), path
            assert not [mark for mark in town.marks.values() if mark in answer.text], path


class Visitors:
    """People who look at pages, in one process with one set of caches."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cookies: dict[str, str] = {}
        monkeypatch.setattr(
            "streamlit.runtime.context.ContextProxy.cookies", property(lambda _: self.cookies)
        )
        st.cache_data.clear()
        st.cache_resource.clear()

    def see(self, page: str, secret: str | None, **query: Any) -> str:
        """All that is sent to the browser when somebody opens a page."""
        self.cookies = {COOKIE: secret} if secret else {}
        app = AppTest.from_file(str(ROOT / "pages" / "menu.py"), default_timeout=60)
        app.run()
        app.query_params.update(query)
        app.switch_page(page).run()
        assert not app.exception, app.exception[0].message
        return "\n".join(protos(app._tree))


def protos(node):
    if getattr(node, "proto", None) is not None:
        yield str(node.proto)
    for child in getattr(node, "children", {}).values():
        yield from protos(child)


@pytest.fixture
def visitors(monkeypatch):
    yield Visitors(monkeypatch)
    st.cache_data.clear()
    st.cache_resource.clear()


def test_pages_show_each_their_own(town, engine, visitors):
    with engine.begin() as conn:
        # Caches are kept by whose data it is and how new: let that be equally new.
        conn.exec_driver_sql("UPDATE users SET data_version = 1000")
    ana, bo = town.people["ana"].session, town.people["bo"].session
    here = town.theirs["activity_id"]
    for page, shows in PAGES.items():
        wanted = str(town.theirs["track_id"] if page == "track.py" else here)
        # The owner comes first: what was made for her is in the caches then.
        seen = visitors.see(page, ana, id=wanted)
        assert shows is None or town.marks[shows] in seen, page
        others = visitors.see(page, bo, id=wanted)
        assert not [mark for mark in town.marks.values() if mark in others], page
        nobody = visitors.see(page, None, id=wanted)
        assert "You are signed out" in nobody, page
        assert not [mark for mark in town.marks.values() if mark in nobody], page
    theirs, nothing = (visitors.see("activity.py", bo, id=str(n)) for n in (here, 2**60))
    assert "There is no such activity." in theirs
    assert theirs == nothing


def test_a_page_ends_with_the_session(town, engine, visitors):
    secret = town.people["ana"].session
    assert "Anas secret run" in visitors.see("activities.py", secret)
    with engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM sessions")
    assert "You are signed out" in visitors.see("activities.py", secret)


def cached_functions():
    """The functions of the user interface whose results are kept, and their first parameter."""
    for path in (ROOT / "runsous" / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any(
                "cache" in ast.unparse(decorator) for decorator in node.decorator_list
            ):
                yield f"{path.stem}.{node.name}", node


FOR_EVERYBODY = {"marks._template", "preferences._zones"}
"""Cached without a user, as nothing of anybody is in it."""


def test_what_pages_keep_is_kept_by_user():
    found = dict(cached_functions())
    assert len(found) > 5
    for name, function in found.items():
        if name in FOR_EVERYBODY:
            continue
        first = function.args.args[0]
        is_users = first.arg == "user_id" or "AsOf" in ast.unparse(first.annotation)
        assert is_users, f"{name} is cached for everybody"


NOT_OF_ONE_USER = {
    "accounts.create": "the user is made",
    "accounts.adopt_local": "the user is made",
    "accounts.by_email": "finds who signs in",
    "accounts.by_identity": "finds who signs in",
    "accounts.everyone": "for whoever runs the server, by command",
    "accounts.invite": "invitations are nobody's yet",
    "accounts.take_invitation": "invitations are nobody's yet",
    "activities.stale_users": "gives ids of users, for work that goes on for each",
    "connections.due": "gives ids of users, for work that goes on for each",
    "connections.of_account": "gives ids of users, for work that goes on for each",
    "connections.reseal": "changes keys for all, by command",
    "data_exports.unfinished": "gives ids with their users, for work that goes on for each",
    "data_exports.expire": "clears by age",
    "data_exports.everyones": "clears files that belong to none",
    "efforts.stale_users": "gives ids of users, for work that goes on for each",
    "event_subscriptions.keep": "there is one for the installation, by command",
    "event_subscriptions.number": "there is one for the installation",
    "farewell.forget_jobs": "finished jobs of users who are gone",
    "figures.row_counts": "counts for monitoring",
    "figures.imports_unfinished": "counts for monitoring",
    "imports.unfinished": "gives ids with their users, for work that goes on for each",
    "imports.held": "whether a process works on it, nothing of what is in it",
    "job_queue.is_waiting": "whether a job waits, nothing of what it is about",
    "job_queue.take_turns": "takes turns, reads nothing",
    "key_mark.check": "the key is that of all",
    "key_mark.renew": "the key is that of all",
    "key_mark.give_up": "gives up keys for all, by command",
    "limits.hit": "counters by keyed hash",
    "limits.clear": "clears by age",
    "oauth_states.clear": "clears by age",
    "service_windows.close": "calls are counted for the installation",
    "service_windows.of_service": "calls are counted for the installation",
    "service_windows.pause": "calls are counted for the installation",
    "service_windows.take": "calls are counted for the installation",
    "service_windows.told": "calls are counted for the installation",
    "service_windows.turn": "calls are counted for the installation",
    "sessions.user": "finds who it is",
    "sessions.end": "by the secret its owner shows",
    "sessions.take_over": "finds who it is",
    "sessions.clear": "clears by age",
    "connections.anybody": "gives the id of a user, for work that goes on for them",
    "decisions.left": "gives ids of tracks with their users, for work that goes on for each",
    "decisions.of_songs": "gives ids of tracks with their users, for work that goes on for each",
    "song_facts.keep": "the catalogue is all's, and says of nobody what they hear",
    "song_facts.known_of": "the catalogue",
    "song_facts.lookup": "the catalogue",
    "song_facts.note_ids": "the catalogue",
    "song_facts.note_lookup": "the catalogue",
    "song_queue.bands": "counts for monitoring",
    "song_queue.settle": "the catalogue",
    "song_queue.sources": "which sources there are",
    "song_queue.wanted": "the catalogue",
    "song_sources.count": "calls are counted for the installation",
    "song_sources.due": "how a source is doing",
    "song_sources.every": "how a source is doing",
    "song_sources.failures": "how a source is doing",
    "song_sources.refuse": "how a source is doing",
    "song_sources.rest": "how a source is doing",
    "song_sources.wake": "how a source is doing",
    "songs.artists_to_follow": "the catalogue",
    "songs.discover": "the catalogue",
    "songs.learn_facts": "the catalogue",
    "songs.learn_ids": "the catalogue",
    "songs.rank": "the catalogue",
    "songs.sweep": "clears what nobody has",
    "songs.untied_users": "gives ids of users, for work that goes on for each",
    "spans.collapsed": "arithmetic on values it is given",
    "summaries.choosers": "gives ids of users, for work that goes on for each",
    "sync_runs.unfinished": "gives ids with their users, for work that goes on for each",
    "tokens.use": "finds who it is",
    "uploads.expire": "clears by age",
    "uploads.stored": "clears files that belong to none",
    "users.local": "finds who it is",
}
# Nothing in them knows of any table of ours.
_MACHINERY = {"copy", "database", "embedded", "filelock", "postgres_account", "timescale"}


def test_every_function_of_the_store_demands_the_user():
    without = set()
    for module in pkgutil.iter_modules(runsous.store.__path__):
        if module.ispkg or module.name in _MACHINERY:
            continue
        loaded = importlib.import_module(f"runsous.store.{module.name}")
        for name, function in vars(loaded).items():
            is_ours = inspect.isfunction(function) and function.__module__ == loaded.__name__
            parameters = list(inspect.signature(function).parameters) if is_ours else []
            if (
                is_ours
                and not name.startswith("_")
                and {"conn", "engine"} & set(parameters)
                # A feed is the list of a user's activities.
                and not {"user_id", "feed"} & set(parameters)
            ):
                without.add(f"{module.name}.{name}")
    assert without == set(NOT_OF_ONE_USER)


def test_the_user_comes_from_nowhere_but_the_door_and_the_session():
    """In pages and routes only ``require_user`` finds out who is there."""
    finders = ("users.local(", "entry.by_session(", "entry.by_token(")
    known = {"ui/session.py", "web/door.py", "web/forms.py", "web/api/context.py"}
    for path in [*(ROOT / "runsous/ui").rglob("*.py"), *(ROOT / "runsous/web").rglob("*.py")]:
        if any(finder in path.read_text() for finder in finders):
            assert str(path.relative_to(ROOT / "runsous")) in known


def test_a_job_for_one_user_reads_nothing_of_another(town, engine):
    before = of_user(engine, town.people["ana"].id)
    with pytest.raises(NotFound):
        import_files.run(engine, town.people["bo"].id, town.theirs["import_id"])
    assert of_user(engine, town.people["ana"].id) == before


def shake_hands(port: int, secret: str) -> bytes:
    """The first line of the answer to the opening of the socket a page talks through."""
    with socket.create_connection(("127.0.0.1", port), 60) as raw:
        raw.sendall(
            b"GET /_stcore/stream HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            + f"Host: 127.0.0.1:{port}\r\nCookie: {COOKIE}={secret}\r\n\r\n".encode()
        )
        return raw.recv(256).split(b"\r\n")[0]


def test_streamlits_own_routes_and_the_real_server_keep_strangers_out(
    engine, cheap, home, database_url
):
    secret = session(engine, add(engine))
    port = free_port()
    app = serve(home, port, DATABASE_URL=database_url, RUNSOUS_AUTH="accounts")
    try:
        stranger = httpx.Client(base_url=app.address, timeout=60)
        member = httpx.Client(base_url=app.address, timeout=60, cookies={COOKIE: secret})
        page = {"accept": "text/html"}
        upload = "/_stcore/upload_file/session/file"
        for path in ("/_stcore/health", "/_stcore/host-config", "/auth/login", f"{A}/docs"):
            assert stranger.get(path).status_code == 200, path
        for path in ("/", "/activities", "/media/x", "/component/x", "/_stcore/metrics"):
            assert stranger.get(path).status_code == 401, path
            assert stranger.get(path, headers=page).status_code == 303, path
        assert stranger.put(upload, files={"file": b"x"}).status_code == 401
        assert b" 403 " in shake_hands(port, "made-up")
        assert b" 101 " in shake_hands(port, secret)
        assert "<script" in member.get("/", headers=page).text
        # Of a session nobody has, or of somebody else's: there is nothing, and nothing is taken.
        assert member.put(upload, files={"file": b"x"}).status_code in (400, 403)
        assert member.get("/media/x").status_code == 404
        # No proxy is configured: nobody is believed about where they come from.
        left = [
            stranger.get(f"{A}/activities", headers={"x-forwarded-for": f"198.51.100.{n}"})
            for n in range(3)
        ]
        assert [answer.headers["ratelimit"].split(";")[1] for answer in left] == [
            "r=999",
            "r=998",
            "r=997",
        ]
    finally:
        app.stop()
