"""A real index of a Strava export, against the facts measured with another parser."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from runsous.files import lastfm_export, spotify_export
from runsous.files.strava_export import is_strava_index, read_strava_index, to_workout

pytestmark = pytest.mark.real


@pytest.fixture
def path(shared_data):
    return shared_data / "strava_export/activities_thinktank.csv"


def test_all_112_activities_are_read_with_their_sports(path):
    content = path.read_bytes()
    assert is_strava_index(content[: 1 << 16])
    entries = read_strava_index(content)
    assert entries.notes == ()
    assert Counter(entry.sport for entry in entries) == {
        "run": 89,
        "walk": 9,
        "ride": 7,
        "yoga": 5,
        "workout": 2,
    }
    starts = [entry.start_time for entry in entries]
    assert min(starts) == datetime(1991, 4, 3, 11, tzinfo=UTC)
    assert max(starts) == datetime(2023, 8, 14, 11, 59, 20, tzinfo=UTC)
    assert sum(entry.average_heartrate is not None for entry in entries) == 20


def test_every_total_stands_where_the_file_says(path):
    with path.open(newline="", encoding="utf-8") as opened:
        header, *rows = csv.reader(opened)
    second = {name: len(header) - 1 - header[::-1].index(name) for name in header}
    columns = {
        "elapsed_time_s": second["Elapsed Time"],
        "moving_time_s": header.index("Moving Time"),
        "distance_m": second["Distance"],
        "elevation_gain_m": header.index("Elevation Gain"),
        "average_heartrate": header.index("Average Heart Rate"),
        "max_heartrate": second["Max Heart Rate"],
        "average_cadence": header.index("Average Cadence"),
    }
    for entry, row in zip(read_strava_index(path.read_bytes()), rows, strict=True):
        assert entry.activity_id == row[0]
        assert (entry.filename or "") == row[header.index("Filename")]
        for field, column in columns.items():
            if row[column]:
                assert getattr(entry, field) == float(row[column])


def test_entries_by_hand_are_workouts_without_samples(path):
    by_hand = [entry for entry in read_strava_index(path.read_bytes()) if entry.filename is None]
    assert len(by_hand) == 19
    assert all(to_workout(entry).samples.empty for entry in by_hand)


def test_no_other_real_file_is_taken_for_an_index_nor_the_index_for_another(shared_data, path):
    for other in shared_data.rglob("*"):
        if other.is_file() and other != path:
            with other.open("rb") as opened:
                assert not is_strava_index(opened.read(1 << 16)), other
    head = path.read_bytes()[: 1 << 16]
    assert not lastfm_export.is_lastfm(head)
    assert not spotify_export.is_spotify_extended(head)


@pytest.mark.parametrize("language", ["english", "german"])
def test_the_header_of_a_real_account_is_known_in_its_language(shared_data, language):
    specs = shared_data.parent / "specs"
    header = (specs / "strava-export-activities-header-94.csv").read_text(encoding="utf-8").strip()
    names = next(csv.reader([header]))
    if language == "german":
        german = json.loads(
            (specs / "strava-export-header-german-to-english.json").read_text(encoding="utf-8")
        )
        of_english = {english: name for name, english in german.items()}
        names = [of_english[name] for name in names]
    row = ["8228026758", "09.12.2022, 15:24:49", "Rad", "Radfahrt", "", "3189", "9,44"]
    row += ["", "", "true", "", "Patria", "", "", "20.0", "3189.0", "2070.0", "9440.0"]
    content = "\n".join(",".join(f'"{cell}"' for cell in line) for line in (names, row)).encode()
    assert is_strava_index(content)
    (entry,) = read_strava_index(content)
    assert entry.start_time == datetime(2022, 12, 9, 15, 24, 49, tzinfo=UTC)
    assert (entry.sport, entry.distance_m, entry.moving_time_s) == ("ride", 9440, 2070)
