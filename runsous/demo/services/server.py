"""All simulated services on one port of this machine."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Self

import requests
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from runsous.demo.services import lastfm, spotify, strava
from runsous.demo.services.acousticbrainz import Acousticbrainz
from runsous.demo.services.calls import Calls
from runsous.demo.services.catalogue import Catalogue, of_world
from runsous.demo.services.deezer import Deezer
from runsous.demo.services.desk import Office
from runsous.demo.services.lastfm import Lastfm
from runsous.demo.services.listenbrainz import Listenbrainz
from runsous.demo.services.musicbrainz import Musicbrainz
from runsous.demo.services.reccobeats import Reccobeats
from runsous.demo.services.sample_world import sample_world
from runsous.demo.services.spotify import Spotify
from runsous.demo.services.strava import Strava
from runsous.demo.services.world import World

_START_S: Final = 10.0
_STOP_S: Final = 10.0
_TICKED: Final = re.compile(r'name="scope" value="([^"]+)" checked')


class Simulators:
    """The services about one world; usable as a context manager.

    ``calls`` tells who called what, ``faults`` is for what shall go wrong. The tempo services
    know what is in ``catalogue``; if none is given, what the people of the world heard.
    """

    def __init__(self, world: World, port: int = 0, catalogue: Catalogue | None = None) -> None:
        office = Office(world, Calls(world.now))
        self.world = world
        self.calls = office.calls
        self.faults = office.faults
        self.strava = Strava(office)
        self.catalogue = catalogue or of_world(world)
        self.spotify = Spotify(office, self.catalogue)
        self.lastfm = Lastfm(office)
        self.listenbrainz = Listenbrainz(office)
        self.musicbrainz = Musicbrainz(office, self.catalogue)
        self.deezer = Deezer(office, self.catalogue)
        self.reccobeats = Reccobeats(office, self.catalogue)
        self.acousticbrainz = Acousticbrainz(office, self.catalogue)
        self._port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Where they are, once started."""
        return f"http://127.0.0.1:{self._port}"

    def environment(self) -> dict[str, str]:
        """The variables that lead an app to them (see ``runsous.settings``)."""
        return {
            "STRAVA_URL": f"{self.address}/strava",
            "STRAVA_API_URL": f"{self.address}/strava-api/api/v3",
            "STRAVA_CLIENT_ID": strava.CLIENT_ID,
            "STRAVA_CLIENT_SECRET": strava.CLIENT_SECRET,
            "SPOTIFY_ACCOUNTS_URL": f"{self.address}/spotify-accounts",
            "SPOTIFY_API_URL": f"{self.address}/spotify-api/v1",
            "SPOTIFY_CLIENT_ID": spotify.CLIENT_ID,
            "LASTFM_URL": f"{self.address}/lastfm",
            "LASTFM_API_URL": f"{self.address}/lastfm-api/2.0/",
            "LASTFM_API_KEY": lastfm.API_KEY,
            "LASTFM_SHARED_SECRET": lastfm.SHARED_SECRET,
            "LISTENBRAINZ_API_URL": f"{self.address}/listenbrainz",
            "MUSICBRAINZ_API_URL": f"{self.address}/musicbrainz/ws/2",
            "DEEZER_API_URL": f"{self.address}/deezer",
            "RECCOBEATS_API_URL": f"{self.address}/reccobeats",
            "ACOUSTICBRAINZ_API_URL": f"{self.address}/acousticbrainz/api/v1",
        }

    def start(self) -> Self:
        """Starts them in a thread and returns once they answer."""
        # With the protocol named, asyncio sends at once what it has (TCP_NODELAY).
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app(),
            http="h11",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()
        give_up = time.monotonic() + _START_S
        while not self._server.started:
            if time.monotonic() > give_up or not self._thread.is_alive():
                raise RuntimeError("The simulated services did not start.")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """Stops them; harmless when they are not up."""
        if self._server is not None and self._thread is not None:
            # Whoever still waits for an answer is let down.
            self._server.should_exit = self._server.force_exit = True
            self._thread.join(_STOP_S)
        self._server = self._thread = None

    def __enter__(self) -> Self:
        """Starts them."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stops them."""
        self.stop()

    def allow(self, url: str, person: str, scopes: Iterable[str] | None = None) -> str:
        """Says yes as ``person`` on the page at ``url``; the address the browser is sent to.

        ``scopes`` are those left ticked, all that are asked for if ``None``.
        """
        page = requests.get(url, timeout=_START_S)
        page.raise_for_status()
        ticked = _TICKED.findall(page.text) if scopes is None else list(scopes)
        return _sent_to(url, {"person": person, "scope": ticked})

    def deny(self, url: str) -> str:
        """Says no on the page at ``url``; the address the browser is sent to."""
        return _sent_to(url, {"deny": "1"})

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Mount("/strava", routes=self.strava.site()),
                Mount("/strava-api/api/v3", routes=self.strava.api()),
                Mount("/spotify-accounts", routes=self.spotify.site()),
                Mount("/spotify-api/v1", routes=self.spotify.api()),
                Mount("/lastfm", routes=self.lastfm.site()),
                Mount("/lastfm-api/2.0", routes=self.lastfm.api()),
                Mount("/listenbrainz", routes=self.listenbrainz.api()),
                Mount("/musicbrainz/ws/2", routes=self.musicbrainz.api()),
                Mount("/deezer", routes=self.deezer.api()),
                Mount("/reccobeats", routes=self.reccobeats.api()),
                Mount("/acousticbrainz/api/v1", routes=self.acousticbrainz.api()),
            ]
        )


def sample() -> Simulators:
    """The services about the sample people, whose seasons end yesterday; not yet started."""
    return Simulators(sample_world(datetime.now(UTC).date()))


def _sent_to(url: str, form: dict[str, str | list[str]]) -> str:
    answer = requests.post(url, form, timeout=_START_S, allow_redirects=False)
    return answer.headers.get("location", "")
