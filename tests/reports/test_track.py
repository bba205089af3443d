"""One track as its page reads it: what is said of it, by whom, and when it was heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import text

from runsous.errors import NotFound
from runsous.model import SongFacts
from runsous.reports import track as report
from runsous.store import song_facts, songs
from runsous.store.song_facts import Known
from runsous.sync import import_files, tempo
from tests.sync import make

ASKED = datetime(2026, 3, 1, 12, tzinfo=UTC)
SONG = "Ana – Before"
PLAYED = [(-100, SONG, 200.0), (150, "Bo – Middle", 180.0), (400, SONG, 240.0)]
SPOTIFY = "3aJ2aJz5xL03hpaqdPS7Ah"


def hear(engine, folder, user: int) -> int:
    """The id of a song that this user ran to twice."""
    paths = [
        make.written(folder / str(user), "a.fit", make.fit()),
        make.written(folder / str(user), "songs.json", make.spotify(*PLAYED)),
    ]
    assert import_files.import_paths(engine, user, paths).failed == 0
    (row,) = make.rows(
        engine, "SELECT id FROM tracks WHERE title = 'Before' AND user_id = :user", user=user
    )
    return row["id"]


def told(source: str, identifier: str, bpm: float | None, match: float = 1.0) -> Known:
    return Known(SongFacts(source, identifier, "search", bpm=bpm), match)


@pytest.fixture
def other(engine) -> int:
    with engine.begin() as conn:
        return conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()


@pytest.fixture
def both(engine, tmp_path, other) -> tuple[int, int]:
    """The same song of the local user and of another, which services know."""
    mine, theirs = (hear(engine, tmp_path, user) for user in (make.user(engine), other))
    with engine.begin() as conn:
        for user in (make.user(engine), other):
            tied = songs.enrol(conn, user)
        song = tied[theirs]
        for source, *found in [
            ("acousticbrainz", told("acousticbrainz", "ab", 174.1)),
            ("deezer", told("deezer", "9", 87.0), told("deezer", "8", 88.0, 0.6)),
            ("musicbrainz", told("musicbrainz", "mb", None)),
        ]:
            song_facts.keep(conn, song, source, found, ASKED)
        ids = [("deezer", "9", 1.0), ("isrc", "GBAYE0601498", 0.9), ("isrc", "USNONE000001", 0.0)]
        song_facts.note_ids(conn, song, "deezer", ids)
        tempo.decide_songs(conn, [song])
    return mine, theirs


def read(engine, user: int, number: int) -> report.Track:
    with engine.begin() as conn:
        return report.track(conn, user, number)


def test_a_track_tells_what_was_decided_and_why(engine, both):
    facts = read(engine, make.user(engine), both[0]).facts
    assert (facts["title"], facts["artist"], facts["tempo_bpm"]) == ("Before", "Ana", 174.1)
    assert "same beat, shown as 174" in facts["tempo_note"]


def test_evidence_comes_with_the_most_trusted_first(engine, both):
    user = make.user(engine)
    with engine.begin() as conn:
        listed = pd.DataFrame({"artist": ["Ana"], "title": ["Before"], "bpm": [120.0]})
        tempo.keep_words(conn, user, "csv", listed)
        tempo.say(conn, user, both[0], 86.0)
    found = read(engine, user, both[0]).evidence
    # A list counts a little more than Deezer, Deezer than AcousticBrainz, and a poor match less
    # than a good one.
    assert [(row["source"], row["bpm"], row["identifier"], row["match"]) for row in found] == [
        ("manual", 86.0, None, 1.0),
        ("csv", 120.0, None, 1.0),
        ("deezer", 87.0, "9", 1.0),
        ("acousticbrainz", 174.1, "ab", 1.0),
        ("musicbrainz", None, "mb", 1.0),
        ("deezer", 88.0, "8", 0.6),
    ]
    assert [row["at"] for row in found[2:]] == [ASKED] * 4


def test_ids_lead_to_the_pages_of_services_but_not_to_other_songs(engine, both):
    found = read(engine, make.user(engine), both[0]).ids
    assert {each.kind: (each.value, each.url) for each in found} == {
        "deezer": ("9", "https://www.deezer.com/track/9"),
        "isrc": ("GBAYE0601498", "https://musicbrainz.org/isrc/GBAYE0601498"),
        "spotify": (SPOTIFY, f"https://open.spotify.com/track/{SPOTIFY}"),
    }


def test_a_track_knows_when_it_was_heard_and_where_it_was_run_to(engine, both):
    found = read(engine, make.user(engine), both[0])
    assert found.n_plays == 2
    assert found.first_at == make.START - timedelta(seconds=100)
    assert found.last_at == make.START + timedelta(seconds=400)
    # The newest first; the first play began before the run did.
    spans = [(row["start_s"], row["end_s"]) for row in found.stretches]
    assert spans == [(400.0, 600.0), (0.0, 100.0)]
    assert all(row["pace_s_per_km"] == pytest.approx(1000 / 3, rel=0.02) for row in found.stretches)


def test_another_users_track_is_not_there(engine, both):
    with pytest.raises(NotFound):
        read(engine, make.user(engine), both[1])


def test_what_others_say_and_hear_reaches_nobody_else(engine, both, other):
    before = read(engine, make.user(engine), both[0])
    with engine.begin() as conn:
        tempo.say(conn, other, both[1], 99.0)
        conn.execute(
            text("UPDATE tracks SET isrc = 'THEIRS000001', mbid = 'm' WHERE id = :id"),
            {"id": both[1]},
        )
        songs.learn_ids(conn)
    assert read(engine, make.user(engine), both[0]) == before
    assert read(engine, other, both[1]).facts["tempo_bpm"] == 99.0
    assert "THEIRS000001" in {each.value for each in read(engine, other, both[1]).ids}
