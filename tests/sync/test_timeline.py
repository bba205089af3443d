"""The timeline of plays: the same whatever came first, and however it was cut into files."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from runsous import frames
from runsous.store import listens as store
from runsous.store import plays, totals
from runsous.sync import listening, timeline
from tests.sync import make

NOW = datetime(2024, 7, 1, tzinfo=UTC)
SONGS = [("Ana", f"Song {n}") for n in range(4)] + [("Bo", "Song 0"), (None, None)]
ALBUMS = [None, "LP", "LP (Deluxe Edition)", "lp!", "Early Days", "Singles"]
FEEDS = {
    "lastfm": ("start", 1.0),
    "listenbrainz": ("start", 2.0),
    "maloja": ("unknown", 5.0),
    "spotify_extended": ("end", 2.0),
    "spotify_short": ("end", 60.0),
}


@st.composite
def report(draw) -> dict[str, Any]:
    """What one source says of one play, in a few days in which much overlaps."""
    source = draw(st.sampled_from(sorted(FEEDS)))
    kind, precision = FEEDS[source]
    artist, title = draw(st.sampled_from(SONGS))
    coarse = 60 if precision == 60 else 1
    hour = draw(st.sampled_from([0, 1, 5, 30, 31, 80]))
    at = hour * 3600 + draw(st.integers(0, 90)) * 20 // coarse * coarse
    is_heard = kind == "end"
    heard = st.sampled_from([4.0, 95.0, 200.0, 900.0])
    return {
        "source": source,
        "stamp": make.START + timedelta(seconds=at),
        "stamp_kind": kind,
        "precision_s": precision,
        "idle_s": draw(st.sampled_from([None, None, None, 300.0])) if kind == "end" else None,
        "artist": artist,
        "title": title,
        "album": draw(st.sampled_from(ALBUMS)),
        "played_s": draw(heard if is_heard else st.none() | heard),
        "duration_s": draw(st.sampled_from([None, None, 180.0, 200.0, 3000.0])),
    }


def listens_of(reports: list[dict[str, Any]]) -> pd.DataFrame:
    names = ("source", "stamp", "stamp_kind", "precision_s", "artist", "title")
    numbers = ("played_s", "duration_s", "idle_s")
    return frames.listens(
        **{name: [r[name] for r in reports] for name in names},
        album=[r.get("album") for r in reports],
        **{n: [np.nan if r[n] is None else r[n] for r in reports] for n in numbers},
    )


def keep(conn, user_id: int, batch: list[dict[str, Any]]) -> listening.Kept:
    return listening.keep(conn, user_id, listens_of(batch), NOW)


def timeline_of(conn, user_id: int) -> list[tuple[Any, ...]]:
    """The user's plays and reports without ids."""
    plays = conn.execute(
        text(
            "SELECT a.name, t.title, p.started_at, p.ended_at, p.played_s, p.duration_s,"
            " p.plus_minus_s, p.certainty, p.source, p.sources, p.is_skip FROM plays p"
            " JOIN tracks t ON t.id = p.track_id JOIN artists a ON a.id = t.artist_id"
            " WHERE p.user_id = :user"
        ),
        {"user": user_id},
    )
    reports = conn.execute(
        text(
            "SELECT l.source, t.title, a.name, l.stamp, l.stamp_kind, l.precision_s, l.idle_s,"
            " l.played_s, l.duration_s FROM listens l LEFT JOIN tracks t ON t.id = l.track_id"
            " LEFT JOIN artists a ON a.id = t.artist_id WHERE l.user_id = :user"
        ),
        {"user": user_id},
    )
    return [sorted(map(repr, plays)), sorted(map(repr, reports))]


def albums_of(conn, user_id: int) -> list[Any]:
    """All albums a user was told of, and which of them each track is shown on, without ids."""
    told = conn.execute(
        text(
            "SELECT a.name, b.key, b.name AS album FROM albums b"
            " JOIN artists a ON a.id = b.artist_id WHERE b.user_id = :user"
        ),
        {"user": user_id},
    )
    shown = conn.execute(
        text(
            "SELECT a.name, t.title, b.name AS album FROM tracks t"
            " JOIN artists a ON a.id = t.artist_id LEFT JOIN albums b ON b.id = t.album_id"
            " WHERE t.user_id = :user"
        ),
        {"user": user_id},
    )
    return [sorted(map(tuple, told)), sorted(map(repr, shown))]


def rebuilt(conn, user_id: int) -> list[tuple[Any, ...]]:
    """The same after everything is thrown away and merged once more."""
    conn.execute(text("DELETE FROM plays WHERE user_id = :user"), {"user": user_id})
    timeline.rebuild(conn, user_id, [(make.START - timedelta(days=9), NOW)])
    return timeline_of(conn, user_id)


@contextlib.contextmanager
def undone(conn):
    """What one example stores is gone after it."""
    savepoint = conn.begin_nested()
    yield
    savepoint.rollback()


@pytest.fixture
def person(connection):
    """Makes users, as many as a test needs."""

    def one() -> int:
        return int(
            connection.execute(
                text("INSERT INTO users (name) VALUES (gen_random_uuid()::text) RETURNING id")
            ).scalar()
        )

    return one


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_batches_in_any_order_give_the_timeline_of_all_at_once(connection, person, data):
    with undone(connection):
        reports = data.draw(st.lists(report(), min_size=2, max_size=24))
        whole, parts = person(), person()
        keep(connection, whole, reports)
        shuffled = data.draw(st.permutations(reports))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(reports)), max_size=4)))
        for start, end in zip([0, *cuts], [*cuts, len(reports)], strict=True):
            if start < end:
                keep(connection, parts, shuffled[start:end])
        found = timeline_of(connection, parts)
        assert found == timeline_of(connection, whole)
        assert found == rebuilt(connection, parts)
        assert found == rebuilt(connection, whole)
        assert albums_of(connection, parts) == albums_of(connection, whole)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_source_that_goes_leaves_the_timeline_of_the_others(connection, person, data):
    with undone(connection):
        reports = data.draw(st.lists(report(), min_size=2, max_size=20))
        gone = data.draw(st.sampled_from(sorted({r["source"] for r in reports})))
        all_of_them, others = person(), person()
        keep(connection, all_of_them, reports)
        listening.forget_source(connection, all_of_them, gone)
        left = [r for r in reports if r["source"] != gone]
        if left:
            keep(connection, others, left)
        assert timeline_of(connection, all_of_them) == timeline_of(connection, others)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_source_that_is_shifted_and_shifted_back_was_never_shifted(connection, person, data):
    with undone(connection):
        reports = data.draw(st.lists(report(), min_size=2, max_size=20))
        source = data.draw(st.sampled_from(sorted({r["source"] for r in reports})))
        offset = data.draw(st.sampled_from([-3600.0, 45.0, 7000.0, 86_400.0]))
        moved, later = person(), person()
        keep(connection, moved, reports)
        before = timeline_of(connection, moved)
        listening.shift_source(connection, moved, source, offset)
        shifted = timeline_of(connection, moved)
        assert shifted == rebuilt(connection, moved)
        # Whether the offset was known before the reports came makes no difference.
        store.shift_source(connection, later, source, offset)
        keep(connection, later, reports)
        assert timeline_of(connection, later) == shifted
        listening.shift_source(connection, moved, source, 0.0)
        assert timeline_of(connection, moved) == before


def test_reports_that_come_again_are_known(connection, person):
    user = person()
    reports = [
        {
            "source": "lastfm",
            "stamp": make.START + timedelta(minutes=n),
            "stamp_kind": "start",
            "precision_s": 1.0,
            "artist": "Ana",
            "title": f"Song {n % 3}",
            "played_s": None,
            "duration_s": None,
            "idle_s": None,
        }
        for n in range(10)
    ]
    assert keep(connection, user, reports[:6]) == listening.Kept(6, 0, 0)
    assert keep(connection, user, reports) == listening.Kept(4, 6, 0)
    assert keep(connection, user, reports) == listening.Kept(0, 10, 0)


def test_plays_that_lie_in_the_future_are_left_out(connection, person):
    user = person()
    ahead = listens_of(
        [
            {
                "source": "lastfm",
                "stamp": NOW + timedelta(hours=hours),
                "stamp_kind": "start",
                "precision_s": 1.0,
                "artist": "Ana",
                "title": "Song",
                "played_s": None,
                "duration_s": None,
                "idle_s": None,
            }
            for hours in (23, 25)
        ]
    )
    assert listening.keep(connection, user, ahead, NOW) == listening.Kept(1, 0, 1)


def told(source: str, at: float, title: str | None, **facts: Any) -> dict[str, Any]:
    """One report, without any length unless ``facts`` give one."""
    kind, precision = FEEDS[source]
    return {
        "source": source,
        "stamp": make.START + timedelta(seconds=at),
        "stamp_kind": kind,
        "precision_s": precision,
        "artist": "Ana",
        "title": title,
        "played_s": None,
        "duration_s": None,
        "idle_s": None,
        **facts,
    }


def test_what_is_no_song_ends_the_song_before_and_shows_nowhere(connection, person):
    user = person()
    nameless = told("listenbrainz", 100, None, artist=None)
    batch = [told("listenbrainz", 0, "Song"), nameless, told("listenbrainz", 400, "Next")]
    assert keep(connection, user, [nameless]) == listening.Kept(0, 0, 0)
    assert totals.sources(connection, user) == {}
    assert keep(connection, user, batch) == listening.Kept(2, 0, 0)
    assert keep(connection, user, batch) == listening.Kept(0, 2, 0)
    assert totals.sources(connection, user)["listenbrainz"]["n"] == 2
    found = plays.newest(connection, user, plays.Filter())
    assert [(p["title"], (p["ended_at"] - make.START).total_seconds()) for p in found] == [
        ("Next", 1000),
        ("Song", 100),
    ]
    assert plays.count(connection, user, plays.Filter()) == 2
    titles = connection.execute(text("SELECT title FROM tracks WHERE user_id = :u"), {"u": user})
    assert sorted(titles.scalars()) == ["Next", "Song"]
    listening.forget_source(connection, user, "listenbrainz")
    assert timeline_of(connection, user) == [[], []]


DAY_S = 86_400.0
CASES = {
    # That a song lasts 50 minutes is known from another day; 40 minutes in comes the next one.
    "a length known from elsewhere": [
        told("lastfm", 0, "Long"),
        told("listenbrainz", 20 * DAY_S, "Long", duration_s=3000.0),
        told("lastfm", 2400, "Next"),
    ],
    "the same, counted back from an end": [
        told("spotify_extended", 3000, "Long"),
        told("lastfm", 20 * DAY_S, "Long", duration_s=2900.0),
        told("lastfm", 300, "Before"),
    ],
    "the same, of a song heard in part": [
        told("spotify_extended", 100, "Long", played_s=40.0),
        told("listenbrainz", 20 * DAY_S, "Long", duration_s=3000.0),
        told("maloja", 2000, "Long"),
    ],
    "the same, where it is unknown whether a stamp is the start": [
        told("maloja", 3000, "Long"),
        told("listenbrainz", 20 * DAY_S, "Long", duration_s=3000.0),
        told("lastfm", 5000, "Long"),
    ],
    "one report, with and without its length": [
        told("listenbrainz", 0, "Song"),
        told("listenbrainz", 0, "Song", duration_s=100.0),
        told("lastfm", 400, "Next"),
    ],
    "one report, with and without its silence": [
        told("spotify_extended", 5000, "Song", played_s=100.0),
        told("spotify_extended", 5000, "Song", played_s=100.0, idle_s=4000.0, precision_s=30.0),
        told("lastfm", 950, "Next"),
    ],
    "one report, of which files say different things": [
        told("listenbrainz", 600, "Song", duration_s=180.0),
        told("listenbrainz", 600, "Song", duration_s=200.0, stamp_kind="end"),
        told("lastfm", 700, "Next"),
    ],
    "a length that another file corrects": [
        told("lastfm", 0, "Song"),
        told("listenbrainz", 20 * DAY_S, "Song", duration_s=100.0),
        told("listenbrainz", 21 * DAY_S, "Song", duration_s=300.0),
        told("listenbrainz", 22 * DAY_S, "Song", duration_s=300.0),
    ],
    "a song that stops for something unknown": [
        told("lastfm", 0, "Song"),
        told("spotify_extended", 400, None, artist=None, played_s=300.0),
        told("lastfm", 500, "Next"),
    ],
    "two songs in the same minute": [
        told("spotify_short", 600, "One", played_s=200.0),
        told("spotify_short", 600, "Two", played_s=5.0),
        told("spotify_short", 600, "Three", played_s=30.0),
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_reports_in_any_order_one_by_one_give_one_timeline(connection, person, case):
    whole = person()
    keep(connection, whole, CASES[case])
    expected = timeline_of(connection, whole)
    assert rebuilt(connection, whole) == expected
    user = person()

    def go_on(order: list[dict[str, Any]]) -> None:
        """From what was kept in this order, with whatever comes next."""
        rest = [one for one in CASES[case] if one not in order]
        for one in rest:
            with undone(connection):
                keep(connection, user, [one])
                go_on([*order, one])
        if not rest:
            assert timeline_of(connection, user) == expected, [r["title"] for r in order]

    go_on([])


def test_a_song_ends_where_the_next_begins_though_its_length_came_later(connection, person):
    user = person()
    for one in CASES["a length known from elsewhere"]:
        keep(connection, user, [one])
    found = connection.execute(
        text("SELECT started_at, ended_at FROM plays WHERE user_id = :user ORDER BY 1"),
        {"user": user},
    )
    assert [tuple((t - make.START).total_seconds() for t in row) for row in found] == [
        (0, 2400),
        (2400, 3000),
        (20 * DAY_S, 20 * DAY_S + 3000),
    ]
