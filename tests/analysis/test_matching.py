from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsous.analysis import names
from runsous.analysis.matching import THRESHOLD, Found, Wanted, best, score

LABELLED = Path(__file__).with_name("labelled") / "matches.csv"
"""Pairs labelled by hand. Nothing was adapted to the half called ``held`` after it was seen."""


def is_match(wanted: Wanted, found: Found) -> bool:
    return score(wanted, found) >= THRESHOLD


def labelled(half: str) -> list[tuple[bool, Wanted, Found]]:
    with LABELLED.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["half"] == half]

    def recording(row: dict[str, str], which: str) -> Found:
        return Found(
            row[f"{which}artist"],
            row[f"{which}title"],
            float(row[f"{which}duration_s"] or 0),
            row[f"{which}album"] or None,
        )

    return [(r["label"] == "same", recording(r, ""), recording(r, "found_")) for r in rows]


@pytest.mark.parametrize(
    ("half", "least", "precision", "recall"), [("tuned", 500, 0.99, 0.95), ("held", 130, 0.98, 0.9)]
)
def test_labelled_pairs_are_told_with_precision_before_recall(half, least, precision, recall):
    pairs = labelled(half)
    assert len(pairs) >= least
    counts = Counter((is_same, is_match(one, other)) for is_same, one, other in pairs)
    right, wrong, missed = counts[True, True], counts[False, True], counts[True, False]
    assert right / (right + wrong) >= precision
    assert right / (right + missed) >= recall


def test_either_way_round_the_score_is_the_same():
    for _, one, other in labelled("tuned"):
        assert score(one, other) == score(other, one)


def test_what_is_said_of_the_release_makes_no_other_recording():
    wanted = Wanted("Queen", "Under Pressure (feat. David Bowie)", 248)
    assert is_match(wanted, Found("Queen & David Bowie", "Under Pressure - Remastered 2011", 248))
    assert is_match(wanted, Found("Queen", "Under Pressure [Explicit]", 247))


@pytest.mark.parametrize(
    "mark",
    [
        *("Live", "Remix", "Acoustic", "Karaoke Version", "Instrumental", "Sped Up", "Nightcore"),
        *("8D Audio", "Cover", "Pt. 2", "Live at Wembley", "Slowed + Reverb", "Demo", "Skit"),
        *("Taylor's Version", "Spanish Version", "Extended Mix", "Radio Edit", "Reprise"),
    ],
)
@pytest.mark.parametrize("form", ["{} ({})", "{} - {}", "{} [{}]"])
def test_another_version_is_another_recording_even_if_as_long(mark, form):
    one = Wanted("Muse", "Starlight", 240)
    assert not is_match(one, Found("Muse", form.format("Starlight", mark), 240))


def test_a_duration_far_off_is_another_recording_however_equal_the_names():
    assert is_match(Wanted("Fela Kuti", "Zombie", 745), Found("Fela Kuti", "Zombie", 743))
    assert not is_match(Wanted("Fela Kuti", "Zombie", 745), Found("Fela Kuti", "Zombie", 390))


def test_the_closer_the_durations_the_higher_the_score():
    wanted = Wanted("Muse", "Starlight", 240)
    scores = [score(wanted, Found("Muse", "Starlight", s)) for s in (240, 244, None, 250, 300)]
    assert scores == sorted(set(scores), reverse=True)
    assert scores[2] >= THRESHOLD > scores[3]


@pytest.mark.parametrize("nothing", [0.0, -1.0, float("nan")])
def test_what_is_no_duration_is_an_unknown_one(nothing):
    wanted = Wanted("Muse", "Starlight", 240)
    unknown = score(wanted, Found("Muse", "Starlight"))
    assert score(wanted, Found("Muse", "Starlight", nothing)) == unknown


def test_a_subtitle_on_one_side_needs_the_same_duration():
    wanted = Wanted("Green Day", "Good Riddance", 153)
    assert is_match(wanted, Found("Green Day", "Good Riddance (Time of Your Life)", 154))
    assert not is_match(wanted, Found("Green Day", "Good Riddance (Time of Your Life)", 158))
    assert not is_match(wanted, Found("Green Day", "Good Riddance (Time of Your Life)"))


def test_a_concert_named_on_one_side_needs_the_same_duration():
    wanted = Wanted("Queen", "One Vision (Live)", 310)
    assert is_match(wanted, Found("Queen", "One Vision - Live at Wembley", 311))
    assert not is_match(wanted, Found("Queen", "One Vision - Live at Wembley", 314))


def test_albums_tell_what_titles_leave_out():
    studio = Wanted("Nirvana", "Come as You Are", 253)
    assert not is_match(studio, Found("Nirvana", "Come as You Are", 253, "Unplugged (Live)"))
    assert not is_match(studio, Found("Nirvana", "Come as You Are", 253, "Karaoke Hits"))
    live = Wanted("Nirvana", "Come as You Are", 253, "MTV Unplugged")
    assert is_match(live, Found("Nirvana", "Come as You Are (Live)", 253, "MTV Unplugged"))


def test_the_same_work_by_somebody_else_is_another_recording():
    work = "Cello Suite No. 1 in G Major, BWV 1007: I. Prélude"
    wanted = Wanted("Johann Sebastian Bach, Yo-Yo Ma", work, 151)
    assert is_match(wanted, Found("Yo-Yo Ma", work.replace("I. ", "1. "), 151))
    assert not is_match(wanted, Found("Johann Sebastian Bach, Pablo Casals", work, 151))
    assert not is_match(wanted, Found("Yo-Yo Ma", work.replace("1007", "1008"), 151))
    assert not is_match(wanted, Found("Yo-Yo Ma", work))


def test_names_in_another_script_need_the_same_duration():
    wanted = Wanted("米津玄師", "Lemon", 255)
    assert is_match(wanted, Found("Kenshi Yonezu", "Lemon", 255.4))
    assert not is_match(wanted, Found("Kenshi Yonezu", "Lemon", 259))
    assert not is_match(wanted, Found("Kenshi Yonezu", "Lemon"))


def test_two_doubts_are_too_many_unless_the_album_is_the_same():
    wanted = Wanted("아이유", "밤편지", 253, "Palette")
    assert not is_match(wanted, Found("IU", "밤편지 (Through the Night)", 253))
    assert is_match(wanted, Found("IU", "밤편지 (Through the Night)", 253, "Palette"))


def test_live_and_no_more_is_the_name_of_every_concert():
    wanted = Wanted("Pearl Jam", "Alive (Live)", 330)
    assert is_match(wanted, Found("Pearl Jam", "Alive - Live", 331))
    assert not is_match(wanted, Found("Pearl Jam", "Alive - Live", 335))
    assert not is_match(wanted, Found("Pearl Jam", "Alive - Live"))


def test_a_common_id_tells_whatever_the_names():
    wanted = Wanted("Кино", "Группа крови", 285, isrcs=("RU-A12-87-00001",))
    found = Found("Kino", "Blood Type", 286, isrcs=("rua128700001",))
    assert is_match(wanted, found)
    assert is_match(Wanted("a", "b", mbid="r-1"), Found("c", "d", mbid="r-1"))


def test_a_common_id_is_not_believed_against_the_duration_or_the_version():
    wanted = Wanted("Muse", "Starlight", 240, isrcs=("GBAHT0500593",))
    assert not is_match(wanted, Found("Muse", "Starlight", 300, isrcs=wanted.isrcs))
    assert not is_match(wanted, Found("Muse", "Starlight (Live)", 245, isrcs=wanted.isrcs))


@pytest.mark.parametrize("name", ["", "  ", "?"])
def test_the_nameless_match_nobody(name):
    assert score(Wanted(name, "Intro", 60), Found(name, "Intro", 60)) == 0
    assert score(Wanted("Muse", name, 60), Found("Muse", name, 60)) == 0


def test_the_best_of_several_is_the_one_as_long():
    wanted = Wanted("Muse", "Starlight", 240)
    found = [
        Found("Muse", "Starlight (Live)", 240),
        Found("Muse", "Starlight", 244),
        Found("Muse", "Starlight", 240),
        Found("Muse", "Starlight", 240),
    ]
    assert best(wanted, found) == 2
    assert best(wanted, found[:1]) is None
    assert best(wanted, []) is None


def test_between_two_recordings_nobody_can_tell_apart_none_is_chosen():
    wanted = Wanted("Sugababes", "Push the Button")
    short, long = (
        Found("Sugababes", "Push the Button", 218),
        Found("Sugababes", "Push the Button", 340),
    )
    assert best(wanted, [short, long]) is None
    assert best(wanted, [short, Found("Sugababes", "Push the Button", 219)]) == 0


recordings = st.builds(
    Found,
    st.text(max_size=12) | st.sampled_from(["Muse", "Bach", "Кино", "A & B"]),
    st.text(max_size=12) | st.sampled_from(["Song (Live)", "Op. 9: I. Allegro", "Song - X Remix"]),
    st.none() | st.floats(-1, 1e6),
)


@given(recordings, recordings)
def test_any_two_names_get_a_score_that_is_the_same_both_ways(one, other):
    assert 0 <= score(one, other) <= 1
    assert score(one, other) == score(other, one)


@given(st.text(min_size=1))
def test_everybody_in_a_credit_has_a_key(name):
    assert all(names.credits(name))
    assert names.credits(name)
