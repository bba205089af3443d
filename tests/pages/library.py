"""A small library: one activity of each kind, and music on one of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from runsous.model import SongFacts
from runsous.store import song_facts, songs, tracks, users
from runsous.sync import tempo
from tests.files.make_fit import FitWriter, fit_run
from tests.sync import make

START = datetime(2024, 6, 1, 6, 30, tzinfo=UTC)
"""When the run with music began; in Prague, where it was, it was half past eight."""

TOLD_AT = datetime(2024, 7, 1, 12, tzinfo=UTC)
"""When services were asked of songs."""

SONGS = (
    (-30, "Early Birds – Already On", 90),
    (90, "The Middles – Second", 180),
    (300, "Closing <Time> – Third & *Last*", 330),
)
"""(Seconds after :data:`START` at which it began, song, seconds heard)."""

NAMES = (
    "<script>alert(1)</script>",
    "**bold** _it_ `code` [a](b)",
    "1. Lauf 😀 :smile: $x^2$ &lt;",
    "ריצת בוקר run",
)
"""What people, or those who want to do harm, call an activity."""


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def run_with_music() -> bytes:
    return fit_run(START, 600, pauses=[(200, 230)])


def history() -> bytes:
    return make.spotify(*SONGS, start=START)


def fill(engine: Engine, folder: Path) -> None:
    """Imports everything there is; see the functions that find each."""
    rows = [
        make.strava_row(1, day(20), Activity__Name="Totals only"),
        make.strava_row(2, datetime(2024, 6, 25, 0, 0, 1, tzinfo=UTC), Activity__Name="Hidden"),
    ]
    files = {
        "run.fit": run_with_music(),
        "Streaming_History_Audio_2024.json": history(),
        "indoors.fit": fit_run(day(1), 300, gps=False),
        "phone.gpx": make.gpx(day(2), 300, name="From the phone"),
        "pool.fit": pool_swim(day(3)),
        **{
            f"named{n}.gpx": make.gpx(day(4 + n), 120, name=_xml(name))
            for n, name in enumerate(NAMES)
        },
    }
    paths = [make.written(folder, name, content) for name, content in files.items()]
    export = {"activities.csv": make.strava_index(rows)}
    report = make.take(engine, *paths, make.packed(export, folder / "export_123.zip"))
    assert report.failed == 0, report


def pool_swim(start: datetime, lengths: int = 8) -> bytes:
    """A swim of 25 m lengths, half a minute each, without heart rate or places."""
    fit = FitWriter(time_created=start)
    fit.timer(start, 0)
    for index in range(lengths):
        begin = start + timedelta(seconds=30 * index)
        fit.add(
            "length",
            message_index=index,
            timestamp=begin + timedelta(seconds=30),
            start_time=begin,
            total_elapsed_time=30,
            total_strokes=12,
            length_type=1,
        )
    end = start + timedelta(seconds=30 * lengths)
    fit.timer(end, 4)
    fit.add(
        "session",
        timestamp=end,
        start_time=start,
        total_elapsed_time=30 * lengths,
        total_timer_time=30 * lengths,
        total_distance=25 * lengths,
        sport=5,
        sub_sport=17,
        pool_length=25,
    )
    fit.add("activity", timestamp=end, total_timer_time=30 * lengths, num_sessions=1)
    return fit.content()


def number(engine: Engine, start: datetime) -> int:
    """The id of the activity that began then."""
    found = make.rows(engine, "SELECT id FROM activities WHERE start_time = :at", at=start)
    return int(found[0]["id"])


def named(engine: Engine, name: str) -> int:
    found = make.rows(engine, "SELECT id FROM activities WHERE name = :name", name=name)
    return int(found[0]["id"])


def track(engine: Engine, title: str) -> int:
    """The id of a song."""
    found = make.rows(engine, "SELECT id FROM tracks WHERE title = :title", title=title)
    return int(found[0]["id"])


def tell(engine: Engine, title: str, *known: SongFacts, match: float = 0.95) -> None:
    """Lets services know a song, and its tempo be decided by what they say."""
    with engine.begin() as conn:
        songs.enrol(conn, make.user(engine))
        number = tracks.one(conn, make.user(engine), track(engine, title))["song_id"]
        for facts in known:
            song_facts.keep(conn, number, facts.source, [song_facts.Known(facts, match)], TOLD_AT)
            song_facts.note_ids(
                conn, number, facts.source, [(facts.source, facts.identifier, match)]
            )
        for user in tempo.decide_songs(conn, [number]):
            users.touch(conn, user)


def _xml(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
