"""The server's own routes behind a real socket, and a library to ask for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import cache

import httpx
import numpy as np
import pytest
import uvicorn
from sqlalchemy import Engine, text
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from runsous import jobs, settings, working
from runsous.settings import Settings
from runsous.store import database
from runsous.sync import import_files
from tests.conftest import _in, _tell
from tests.running import free_port
from tests.sync import make

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SONGS = [
    (-100, "Ana – Before", 200.0),
    (150.5, "Bo – Middle", 149.5),
    (300, "=cmd – =1+1", 100.0),
    (400, "Ana – After", 240.0),
]


async def _accept(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


@pytest.fixture(scope="session", autouse=True)
def _api() -> Iterator[None]:
    """The API is put together and described once: it keeps nothing from one test to another."""
    from runsous.web.api import app

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "create", cache(app.create))
        yield


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the routes of the app answer, on whatever database is open then."""
    from runsous.web import routes

    # The pages talk to their server through such a socket.
    socket = WebSocketRoute("/_stcore/stream", _accept)
    app = Starlette(routes=[*routes.routes(), socket], middleware=routes.middleware())
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def web(address) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client


@pytest.fixture
def worker(engine) -> Iterator[None]:
    """The in-process worker of the app."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    ready = threading.Event()

    async def work() -> None:
        async with working.worker(engine):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(work(),))
    thread.start()
    assert ready.wait(30)
    yield
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)
    loop.close()
    jobs.close(engine)


def winding(start=make.START, n=900, west=14.42) -> bytes:
    """A run that winds like a river, with heart rate, as GPX; one sample has no time of its own
    because the watch slept for a minute.
    """
    seconds = np.arange(n)
    lat = 50.08 + 3 * seconds / 111_195
    lon = west + 0.002 * np.sin(seconds / 60) + 0.0002 * np.sin(seconds / 7)
    lon = (lon + 180) % 360 - 180
    points = "".join(
        f'<trkpt lat="{lat[s]:.7f}" lon="{lon[s]:.7f}"><ele>{200 + 20 * np.sin(s / 100):.1f}</ele>'
        f"<time>{make.iso(start + timedelta(seconds=int(s)))}</time><extensions>"
        '<tpx:TrackPointExtension xmlns:tpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">'
        f"<tpx:hr>{130 + s % 30}</tpx:hr><tpx:cad>{84 + s % 3}</tpx:cad>"
        "</tpx:TrackPointExtension></extensions></trkpt>"
        for s in seconds
        if not 700 < s < 760
    )
    return (
        '<?xml version="1.0"?><gpx version="1.1" creator="watch"'
        ' xmlns="http://www.topografix.com/GPX/1/1"><trk><name>=Winding &amp; long</name>'
        f"<type>running</type><trkseg>{points}</trkseg></trk></gpx>"
    ).encode()


def _fill(engine: Engine, folder) -> dict[str, int]:
    """A library with every kind of activity there is; ids by what each is."""
    plays = [*SONGS, *((DAY.total_seconds() + at, song, s) for at, song, s in SONGS)]
    far = [(3 * DAY.total_seconds() + at, song, s) for at, song, s in SONGS]
    index = make.strava_index(
        make.strava_row(n, make.START - 9 * DAY, Activity__Type=sport, Activity__Name="")
        for n, sport in enumerate(["Run", "Swim", "Ride", "Yoga", "Rowing"])
    )
    files = {
        "winding.gpx": winding(),
        "indoors.tcx": make.tcx(make.START + DAY),
        "watch.fit": make.fit(make.START + 2 * DAY, pauses=[(200, 260)]),
        "dateline.gpx": winding(make.START + 3 * DAY, west=-180.0),
        "activities.csv": index,
        "songs.json": make.spotify(*plays, *far),
        "scrobbles.csv": make.lastfm(
            (155, "Bo – Middle"), (5000, "Bo – Twin"), (5000, "Ana – Twin")
        ),
    }
    paths = [make.written(folder, name, content) for name, content in files.items()]
    report = make.take(engine, *paths)
    assert report.failed == 0, report
    with engine.begin() as conn:
        other = conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()
    theirs = make.written(folder, "theirs.fit", make.fit(make.START + 4 * DAY))
    import_files.import_paths(engine, other, [theirs])
    ids = {
        row["path"].rpartition("/")[2]: row["activity_id"]
        for row in make.rows(engine, "SELECT path, activity_id FROM activity_files")
        if not row["path"].endswith(".csv")
    }
    (by_hand,) = make.rows(engine, "SELECT id FROM activities WHERE sport = 'yoga'")
    return {
        **{name.partition(".")[0]: number for name, number in ids.items()},
        "yoga": by_hand["id"],
    }


@pytest.fixture(scope="module")
def shelf(_server, _template, tmp_path_factory) -> Iterator[dict[str, int]]:
    """A filled library for tests that only read: ids of its activities by name."""
    name = f"{_template}_shelf"
    _tell(_server, f'CREATE DATABASE "{name}" TEMPLATE "{_template}" STRATEGY FILE_COPY')
    ours = Settings(home=tmp_path_factory.mktemp("shelf"), database_url=_in(_server, name))
    settings.use(ours)
    engine = database.open(ours)
    yield {**_fill(engine, ours.home), "engine": engine}
    database.close(engine)
    _tell(_server, f'DROP DATABASE "{name}" WITH (FORCE)')
