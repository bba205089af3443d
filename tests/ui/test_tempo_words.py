"""What is said of tempos and their look-up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runsous.reports.disputes import Choice, choices
from runsous.reports.lookups import Progress, Source
from runsous.ui import tempo_words as words


def far(
    done=3100, total=9800, left=timedelta(minutes=50), is_on=True, sources=(), failed=0
) -> Progress:
    return Progress(is_on, total, done, done, left, list(sources), failed)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (far(), "3,100 of 9,800 songs looked up, about 50 minutes to go"),
        (far(is_on=False), "Paused: nobody is asked of your songs; 6,700 songs left"),
        (far(done=9799, is_on=False), "Paused: nobody is asked of your songs; 1 song left"),
        (far(done=9800, is_on=False), "Paused: nobody is asked of your songs"),
        (
            far(done=9788, failed=12),
            "9,788 of 9,800 songs looked up; 12 songs failed somewhere, which is tried again later",
        ),
        (
            far(failed=1),
            "3,100 of 9,800 songs looked up, about 50 minutes to go; 1 song failed"
            " somewhere, which is tried again later",
        ),
        (far(done=9800, left=timedelta()), "All 9,800 songs are looked up"),
        (far(left=None), "3,100 of 9,800 songs looked up, about to go on"),
        (
            far(left=None, sources=[Source("deezer", 6700, 1.0, "It is away.")]),
            "3,100 of 9,800 songs looked up, waiting for sources",
        ),
    ],
)
def test_how_far_it_is(found, said):
    assert words.progress(found) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0.2, "about a minute"),
        (7, "about 7 minutes"),
        (52, "about 50 minutes"),
        (190, "about 3 hours"),
        (60 * 24 * 4, "about 4 days"),
    ],
)
def test_a_forecast_is_no_more_exact_than_it_is_sure(minutes, said):
    assert words.about(timedelta(minutes=minutes)) == said


def test_a_source_that_rests_says_until_when_and_why():
    until = datetime(2026, 5, 1, 14, 5, tzinfo=UTC)
    found = Source("deezer", 1, 1.0, "Deezer could not be reached.", until)
    assert words.source(found, UTC) == (
        "1 song to ask for, waits until 14:05: Deezer could not be reached."
    )


@pytest.mark.parametrize(
    ("said", "shown", "relation"),
    [
        (87, 174.1, "the same beat, × 2"),
        (174, 174.1, "the same"),
        (174, 87, "the same beat, × ½"),
        (200, 50, "the same beat, × ¼"),
        (43.5, 174, "the same beat, × 4"),
        (116, 174, "another beat"),
        (None, 174, ""),
    ],
)
def test_what_a_source_says_is_compared_with_what_is_shown(said, shown, relation):
    assert words.relation(said, shown) == relation


@pytest.mark.parametrize(
    ("key", "mode", "said"), [(9, 0, "A minor"), (0, 1, "C major"), (3, None, "E♭"), (None, 1, "–")]
)
def test_a_key_is_named(key, mode, said):
    assert words.key(key, mode) == said


def told(source, bpm, match=1.0):
    return {"source": source, "bpm": bpm, "match": match}


def test_one_chooses_between_beats_not_between_octaves_of_one():
    evidence = [
        told("acousticbrainz", 130.2),
        told("deezer", 87),
        told("reccobeats", 174.1),
        told("reccobeats", 0),
        told("musicbrainz", None),
    ]
    found = choices(174.1, evidence)
    assert found == [
        Choice(174.1, (("reccobeats", 174.1), ("deezer", 87))),
        Choice(130.2, (("acousticbrainz", 130.2),)),
    ]
    assert words.said(found[0]) == "ReccoBeats 174.1, Deezer 87"
