"""A user whose services are the simulated ones, and what then is in the database."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

from runsous import settings
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import ServiceName
from runsous.store import connections, sync_runs
from runsous.sync import connecting, syncing


def use(sims: Simulators) -> None:
    """Lets this process call the simulated services."""
    known = settings.load({"RUNSOUS_HOME": str(settings.current().home), **sims.environment()})
    settings.use(replace(settings.current(), services=known.services))


def connect(
    engine: Engine, user_id: int, sims: Simulators, service: str, person: str = "ann"
) -> None:
    """Connects the user to a service as the person there, by its page where it has one."""
    if service == "listenbrainz":
        token = sims.world.people[person].listenbrainz_token
        connecting.name_user(engine, user_id, service, person, token)
        return
    with engine.begin() as conn:
        leaving = connecting.leave(conn, user_id, service)
    back = dict(parse_qsl(urlsplit(sims.allow(leaving.url, person)).query))
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
    with engine.begin() as conn:
        if all_of_it:
            conn.execute(text("UPDATE connections SET whole_at = whole_at - interval '30 days'"))
        syncing.ask(conn, user_id, service)
    return finish(engine, user_id, service)


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


def true_listens(
    sims: Simulators, service: ServiceName, person: str = "ann"
) -> list[tuple[int, str, str]]:
    """What :func:`listens` should say."""
    told = sims.world.people[person].listens[service]
    return sorted({(each.start_s, each.song.artist, each.song.title) for each in told})


def connection(engine: Engine, user_id: int, service: str) -> dict[str, Any]:
    """What is known of a connection."""
    with engine.begin() as conn:
        return connections.one(conn, user_id, service)
