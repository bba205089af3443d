"""What is kept as a total is what one counts, whatever came and went."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from runsous.store import plays, totals
from runsous.sync import listening, sample
from tests.sync import make

FIRST = [(0, "Ana – One", 200.0), (250, "Bo – Two", 180.0)]
SECOND = [*FIRST, (900, "Ana – Three", 240.0), (1200, "Ana – One", 200.0)]
SCROBBLES = [(-60, "Cy – Zero"), (5, "Ana – One"), (904, "Ana – Three")]


@pytest.fixture
def told(engine, tmp_path):
    """Imports a history under a name of its own."""
    user = make.user(engine)

    def tell(name, content):
        make.take(engine, make.written(tmp_path, name, content))
        return user

    return tell


def counted(engine, user):
    values = {"user": user}
    with engine.begin() as conn:
        counts = conn.execute(
            text(
                "SELECT (SELECT count(*) FROM plays WHERE user_id = :user) AS n_plays,"
                " (SELECT count(*) FROM tracks WHERE user_id = :user) AS n_tracks"
            ),
            values,
        ).one()
        sources = conn.execute(
            text(
                "SELECT source, count(*) AS n, min(stamp) AS first, max(stamp) AS last"
                " FROM listens WHERE user_id = :user GROUP BY source ORDER BY source"
            ),
            values,
        )
        return counts._asdict(), {row.source: row._asdict() for row in sources}


def kept(engine, user):
    with engine.begin() as conn:
        assert plays.count(conn, user, plays.Filter()) == totals.music(conn, user)["n_plays"]
        return totals.music(conn, user), totals.sources(conn, user)


def test_totals_follow_imports_repeats_and_merges(engine, told):
    user = told("a.json", make.spotify(*FIRST))
    assert kept(engine, user) == counted(engine, user)
    assert kept(engine, user)[0] == {"n_plays": 2, "n_tracks": 2}
    told("b.json", make.spotify(*SECOND))
    assert kept(engine, user) == counted(engine, user)
    assert kept(engine, user)[0] == {"n_plays": 4, "n_tracks": 3}
    # Two of three scrobbles are plays that are known already.
    told("c.csv", make.lastfm(*SCROBBLES))
    assert kept(engine, user) == counted(engine, user)
    assert kept(engine, user)[0] == {"n_plays": 5, "n_tracks": 4}
    assert kept(engine, user)[1]["lastfm"]["n"] == 3


def test_totals_follow_what_is_shifted_and_forgotten(engine, told):
    told("b.json", make.spotify(*SECOND))
    user = told("c.csv", make.lastfm(*SCROBBLES))
    with engine.begin() as conn:
        listening.shift_source(conn, user, "lastfm", 500.0)
    assert kept(engine, user) == counted(engine, user)
    for source in ("spotify_extended", "lastfm"):
        with engine.begin() as conn:
            listening.forget_source(conn, user, source)
        assert kept(engine, user) == counted(engine, user)
    assert kept(engine, user) == ({"n_plays": 0, "n_tracks": 0}, {})


@pytest.mark.usefixtures("short_season")
def test_totals_follow_the_sample(engine, told):
    user = told("a.json", make.spotify(*FIRST))
    before = kept(engine, user)
    sample.add(engine, user)
    assert kept(engine, user) == counted(engine, user)
    assert kept(engine, user)[0]["n_plays"] > 100
    sample.remove(engine, user)
    assert kept(engine, user) == before
