"""Music on workouts and elsewhere over the API: the numbers of the page."""

from __future__ import annotations

from tests.reports import test_workout_music as heard
from tests.sync import make
from tests.web.test_api_reading import ask, described, found

__all__ = ["ask", "described"]

ASKED = "/insights/workouts"


def test_it_tells_the_numbers_of_the_page(ask, engine, tmp_path):
    heard.fill(engine, tmp_path)
    told = found(ask(ASKED))
    assert told["enough_data"]
    assert told["workouts"]["tempo"] == {"n": 60, "median": 170, "low": 170, "high": 170}
    assert told["rest"]["n_plays"] == 60
    assert told["by_sport"][0]["name"] == "run"
    assert told["by_sport"][0]["rest"] is None
    assert [part["name"] for part in told["by_season"]] == ["winter", "spring", "summer", "autumn"]
    assert {song["artist"] for song in told["songs"]["typical"]} == {"Fast"}
    assert told["artists"]["never"][0]["name"] == "Slow"


def test_without_music_it_says_what_is_missing(ask, engine):
    make.user(engine)
    told = found(ask(ASKED))
    assert not told["enough_data"]
    assert "so far there are 0 and 0" in told["message"]
    assert not told["is_sample"]
    assert told["bands"] == told["by_hour"] == told["songs"]["only"] == []


def test_the_answer_follows_what_is_imported(ask, engine, tmp_path):
    make.user(engine)
    assert not found(ask(ASKED))["enough_data"]
    heard.fill(engine, tmp_path)
    assert found(ask(ASKED))["enough_data"]
