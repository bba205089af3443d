"""How fast a song is, over the API: what sources say, and the user's word on top."""

from __future__ import annotations

import pandas as pd
import pytest
from sqlalchemy import text

from runsous.sync import tempo
from tests.sync import make
from tests.web.conftest import SONGS
from tests.web.test_api_reading import API, Z, ask, check, described, found, keys, problem

__all__ = ["ask", "described"]

FACTS = (
    "id name artist album isrc mbid duration_s tempo_bpm tempo_confidence energy danceability"
    " valence key mode ids n_plays first_heard_at last_heard_at"
)


@pytest.fixture
def song(engine, tmp_path) -> int:
    """The id of a song on a run, of which a list says that it has 174 beats per minute."""
    make.take(
        engine,
        make.written(tmp_path, "run.fit", make.fit()),
        make.written(tmp_path, "songs.json", make.spotify(*SONGS)),
    )
    listed = pd.DataFrame({"artist": ["Bo"], "title": ["Middle"], "bpm": [174.0], "energy": [0.8]})
    with engine.begin() as conn:
        tempo.keep_words(conn, make.user(engine), "csv", listed)
    return make.rows(engine, "SELECT id FROM tracks WHERE title = 'Middle'")[0]["id"]


@pytest.fixture
def change(web, described):
    """Puts or takes back a tempo, held against the description."""

    def send(method: str, path: str, **content):
        answer = web.request(method, f"{API}{path}", **content)
        check(described, method.lower(), path, answer)
        return answer

    return send


def on_the_run(ask) -> tuple[float | None, float | None]:
    """Tempo and confidence of the song as the activity tells them."""
    number = found(ask("/activities"))["items"][0]["id"]
    segments = found(ask(f"/activities/{number}/music"))["segments"]
    (track,) = [s["track"] for s in segments if s["track"] and s["track"]["name"] == "Middle"]
    return track["tempo_bpm"], track["tempo_confidence"]


def test_a_song_tells_its_facts_and_when_it_was_heard(ask, song):
    facts = found(ask(f"/tracks/{song}"))
    assert set(facts) == keys(FACTS)
    assert (facts["name"], facts["artist"], facts["energy"], facts["key"]) == (
        "Middle",
        "Bo",
        0.8,
        None,
    )
    assert facts["n_plays"] == 1
    assert facts["first_heard_at"] == facts["last_heard_at"] == "2024-06-01T06:32:30.500000Z"
    assert [each["kind"] for each in facts["ids"]] == ["spotify"]


def test_a_tempo_comes_with_its_source_confidence_and_candidates(ask, song):
    told = found(ask(f"/tracks/{song}/tempo"))
    (candidate,) = told.pop("candidates")
    assert Z.fullmatch(candidate.pop("fetched_at"))
    assert candidate == {"source": "csv", "bpm": 174.0, "identifier": None, "match": 1.0}
    assert told == {
        "bpm": 174.0,
        "source": "csv",
        # Right in 92 of 100 cases, and otherwise any of 12 beats: 0.92 + 0.08 / 12.
        "confidence": pytest.approx(0.92 + 0.08 / 12, abs=0.001),
        "note": told["note"],
        "is_disputed": False,
    }
    assert "174" in told["note"]
    assert on_the_run(ask) == (told["bpm"], told["confidence"])


def test_a_song_of_which_nobody_says_anything_has_no_tempo(engine, ask, song):
    (other,) = make.rows(engine, "SELECT id FROM tracks WHERE title = 'After'")
    told = found(ask(f"/tracks/{other['id']}/tempo"))
    assert (told["bpm"], told["source"], told["confidence"], told["candidates"]) == (
        None,
        None,
        None,
        [],
    )


def test_the_users_word_wins_and_can_be_taken_back(ask, change, song):
    before = found(ask(f"/tracks/{song}/tempo"))
    said = found(change("PUT", f"/tracks/{song}/tempo", json={"bpm": 88.5}))
    assert (said["bpm"], said["source"], said["confidence"]) == (88.5, "manual", 1.0)
    assert [each["source"] for each in said["candidates"]] == ["manual", "csv"]
    assert found(ask(f"/tracks/{song}/tempo")) == said
    assert on_the_run(ask) == (88.5, 1.0)
    for _ in range(2):
        assert change("DELETE", f"/tracks/{song}/tempo").status_code == 204
        assert found(ask(f"/tracks/{song}/tempo")) == before
    assert on_the_run(ask) == (before["bpm"], before["confidence"])


@pytest.mark.parametrize("bpm", [40, 250])
def test_the_slowest_and_the_fastest_tempo_are_taken(change, song, bpm):
    assert found(change("PUT", f"/tracks/{song}/tempo", json={"bpm": bpm}))["bpm"] == bpm


@pytest.mark.parametrize(
    "body",
    [
        '{"bpm": 39.9}',
        '{"bpm": 250.1}',
        '{"bpm": 0}',
        '{"bpm": -174}',
        '{"bpm": NaN}',
        '{"bpm": 1e999}',
        '{"bpm": null}',
        '{"bpm": "fast"}',
        "{}",
        "",
    ],
)
def test_what_is_no_tempo_is_refused_with_a_sentence(engine, change, song, body):
    before = make.tables(engine)
    answer = change(
        "PUT",
        f"/tracks/{song}/tempo",
        content=body.encode(),
        headers={"content-type": "application/json"},
    )
    problem(answer, 422)
    assert make.tables(engine) == before


def test_another_users_song_is_as_little_there_as_one_that_nobody_has(engine, change, song):
    with engine.begin() as conn:
        other = conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()
        conn.exec_driver_sql(f"UPDATE users SET name = 'was' WHERE id <> {other}")
        conn.exec_driver_sql(f"UPDATE users SET name = 'local' WHERE id = {other}")
    before = make.tables(engine)
    for method, path, content in [
        ("GET", "/tracks/{}", {}),
        ("GET", "/tracks/{}/tempo", {}),
        ("PUT", "/tracks/{}/tempo", {"json": {"bpm": 99.0}}),
        ("DELETE", "/tracks/{}/tempo", {}),
    ]:
        theirs, nobodys = (
            change(method, path.format(number), **content) for number in (song, 2**60)
        )
        assert problem(theirs, 404) == problem(nobodys, 404)
    assert make.tables(engine) == before
