"""A user whose services are the simulated ones, and what then is in the database."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text

from runsous import settings
from runsous.demo.services.server import Simulators
from runsous.demo.services.windows import Windows
from runsous.demo.services.world import LISTENING, ServiceName
from runsous.net.http import Http
from runsous.store import connections, sync_runs
from runsous.sync import connecting, running, syncing
from runsous.sync.patience import RULES


def use(sims: Simulators) -> None:
    """Lets this process call the simulated services."""
    known = settings.load({"RUNSOUS_HOME": str(settings.current().home), **sims.environment()})
    settings.use(replace(settings.current(), services=known.services))


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets nobody wait between attempts, nor for services to recover."""
    monkeypatch.setattr(Http, "_sleep", lambda self, seconds: time.sleep(min(seconds, 0.005)))
    monkeypatch.setattr(running, "_PATIENT_S", 0.02)
    for service in ("lastfm", "listenbrainz", "spotify"):
        monkeypatch.setitem(RULES, service, replace(RULES[service], apart_s=0.0))


def widen(sims: Simulators) -> None:
    """Lets the services bear more calls than any test makes."""
    sims.listenbrainz.limit = 10_000
    sims.strava.windows = Windows((10_000, 100_000), (10_000, 100_000))


def connect(
    engine: Engine,
    user_id: int,
    sims: Simulators,
    service: str,
    person: str = "ann",
    scopes: Iterable[str] | None = None,
) -> None:
    """Connects the user to a service as the person there, by its page where it has one."""
    if service == "listenbrainz":
        token = sims.world.people[person].listenbrainz_token
        connecting.name_user(engine, user_id, service, person, token)
        return
    with engine.begin() as conn:
        leaving = connecting.leave(conn, user_id, service)
    back = dict(parse_qsl(urlsplit(sims.allow(leaving.url, person, scopes)).query))
    connecting.arrive(engine, user_id, service, leaving.cookie, back)


def finish(engine: Engine, user_id: int, service: str, patience_s: float = 60) -> dict[str, Any]:
    """Lets the run under way go on to its end; what became of it."""
    give_up = time.monotonic() + patience_s
    while True:
        with engine.begin() as conn:
            run = sync_runs.current(conn, user_id, service)
            if run is None:
                return sync_runs.of_user(conn, user_id, service)[0]
        if time.monotonic() > give_up:
            raise AssertionError(f"the run did not end: {run}")
        if not syncing.go_on(engine, user_id, service, threading.Event()):
            time.sleep(0.02)


def again(engine: Engine, user_id: int, service: str, *, all_of_it: bool = False) -> dict[str, Any]:
    """One more run, asked for by the user; of everything where wanted."""
    if all_of_it:
        aged(engine, service, days=30)
    with engine.begin() as conn:
        syncing.ask(conn, user_id, service)
    return finish(engine, user_id, service)


def aged(engine: Engine, service: str, days: int) -> None:
    """Lets it be longer ago that all of a service was read."""
    with engine.begin() as conn:
        conn.execute(
            text(
                "UPDATE connections SET whole_at = whole_at - make_interval(days => :days)"
                " WHERE service = :service"
            ),
            {"service": service, "days": days},
        )


def activities(engine: Engine, user_id: int) -> list[tuple[str, int, str, int, int]]:
    """External id, start (seconds since 1970), name, number of samples and all heartbeats per
    minute added up, by id.
    """
    with engine.begin() as conn:
        rows = conn.execute(
            text(
                "SELECT external_id, extract(epoch FROM start_time)::bigint, name, count(s.time),"
                " coalesce(sum(s.heartrate), 0)::bigint FROM activities a"
                " LEFT JOIN activity_streams s ON s.activity_id = a.id AND s.user_id = a.user_id"
                " WHERE a.user_id = :user GROUP BY a.id ORDER BY 1, 2"
            ),
            {"user": user_id},
        )
        return [tuple(row) for row in rows]


def true_activities(
    sims: Simulators, person: str = "ann", *, is_private_told: bool = True
) -> list[tuple[str, int, str, int, int]]:
    """What :func:`activities` should say."""
    found = []
    for each in sims.world.people[person].activities.values():
        if each.visibility == "only_me" and not is_private_told:
            continue
        streams = each.streams() if each.streams else {"time": []}
        beats = sum(streams.get("heartrate", []))
        start_s = each.start_s
        if each.is_start_hidden:
            zone = ZoneInfo(each.time_zone)
            local = datetime.fromtimestamp(start_s, zone)
            shown = local.replace(hour=0, minute=0, second=1, tzinfo=None)
            start_s = int(shown.replace(tzinfo=UTC).timestamp() - local.utcoffset().total_seconds())
        found.append((str(each.id), start_s, each.name, len(streams["time"]), beats))
    return sorted(found)


def listens(engine: Engine, user_id: int, source: str) -> list[tuple[int, str, str]]:
    """Stamp (seconds since 1970), artist and title of what a source told, by time."""
    with engine.begin() as conn:
        rows = conn.execute(
            text(
                "SELECT extract(epoch FROM l.stamp)::bigint, a.name, t.title FROM listens l"
                " JOIN tracks t ON t.id = l.track_id JOIN artists a ON a.id = t.artist_id"
                " WHERE l.user_id = :user AND l.source = :source ORDER BY 1, 2, 3"
            ),
            {"user": user_id, "source": source},
        )
        return [tuple(row) for row in rows]


def plays(engine: Engine, user_id: int) -> list[tuple[int, str, str]]:
    """Begin (seconds since 1970), artist and title of what was played, by time."""
    with engine.begin() as conn:
        rows = conn.execute(
            text(
                "SELECT extract(epoch FROM p.started_at)::bigint, a.name, t.title FROM plays p"
                " JOIN tracks t ON t.id = p.track_id JOIN artists a ON a.id = t.artist_id"
                " WHERE p.user_id = :user ORDER BY 1, 2, 3"
            ),
            {"user": user_id},
        )
        return [tuple(row) for row in rows]


def differences(engine: Engine, user_id: int, sims: Simulators) -> list[Any]:
    """What is not as the services would tell it, and what nobody should have done."""
    known = {each["service"] for each in all_connections(engine, user_id)}
    pairs: list[tuple[set[Any], set[Any]]] = []
    if "strava" in known:
        pairs = [(set(activities(engine, user_id)), set(true_activities(sims)))]
    for service in LISTENING:
        if service in known and service != "spotify":
            told = listens(engine, user_id, service)
            pairs.append((set(told), set(true_listens(sims, service))))
    found: list[Any] = [sorted(here ^ there)[:5] for here, there in pairs if here != there]
    with engine.begin() as conn:
        for thing, home in LEFT_OVER.items():
            left = conn.execute(text(f"SELECT count(*) FROM {thing} x WHERE {home}")).scalar_one()
            found += [f"{left} {thing} too many"] if left else []
    return found + list(sims.calls.violations)


LEFT_OVER = {
    "tracks": "NOT EXISTS (SELECT FROM listens l WHERE l.track_id = x.id)",
    "artists": "NOT EXISTS (SELECT FROM tracks t WHERE t.artist_id = x.id)",
    "originals": "NOT EXISTS (SELECT FROM activity_files f WHERE f.sha256 = x.sha256)",
    "activity_files": "NOT EXISTS (SELECT FROM originals o WHERE o.sha256 = x.sha256)",
    "activity_streams": "NOT EXISTS (SELECT FROM activities a WHERE a.id = x.activity_id)",
}
"""What in each table nothing needs any more."""


def true_listens(
    sims: Simulators, service: ServiceName, person: str = "ann"
) -> list[tuple[int, str, str]]:
    """What :func:`listens` should say."""
    told = sims.world.people[person].listens[service]
    return sorted({(each.start_s, each.song.artist, each.song.title) for each in told})


def all_connections(engine: Engine, user_id: int) -> list[dict[str, Any]]:
    """What is known of each connection."""
    with engine.begin() as conn:
        return connections.of_user(conn, user_id)


def connection(engine: Engine, user_id: int, service: str) -> dict[str, Any]:
    """What is known of one."""
    with engine.begin() as conn:
        return connections.one(conn, user_id, service)
