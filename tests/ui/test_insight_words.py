"""Effects in words: each number in the unit of who reads it."""

from __future__ import annotations

import numpy as np
import pytest

from runsous.analysis.effects import DOSES, OUTCOMES, Effect
from runsous.analysis.shifts import Null
from runsous.reports.insights import LeftOut
from runsous.ui import insight_words as words
from runsous.ui.insight_words import Look

TEMPO, ENERGY = DOSES
SPEED, HEARTRATE, CADENCE = OUTCOMES


def effect(outcome=SPEED, estimate=0.02, low=0.01, high=0.03, *, dose=TEMPO, p=0.001, q=0.004):
    """Of 240 songs in 12 activities at 3 m/s."""
    null = Null(np.linspace(-0.02, 0.02, 9), p)
    mean = 3.0 if outcome is SPEED else 150.0
    return Effect(
        outcome, dose, 240, 12, True, None, estimate, low, high, 0.01, mean, None, null, q
    )


@pytest.mark.parametrize(
    ("sport", "units", "said"),
    [
        # A kilometre at 3 m/s takes 333.3 s, at 3.02 m/s 331.1 s.
        ("run", "km", "2.2 s/km faster"),
        ("run", "miles", "3.6 s/mi faster"),
        ("walk", "km", "2.2 s/km faster"),
        ("ride", "km", "0.07 km/h faster"),
        ("ride", "miles", "0.04 mph faster"),
        ("swim", "km", "0.2 s/100 m faster"),
        ("swim", "miles", "0.2 s/100 yd faster"),
    ],
)
def test_more_speed_is_told_as_each_sport_does(sport, units, said):
    told = words.effect(effect(), Look(sport, units))
    assert told.sentence == f"+10 BPM goes with {said}"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.03, "1.1 to 3.3 s/km faster"),
        (-0.03, -0.01, "1.1 to 3.3 s/km slower"),
        (-0.01, 0.03, "1.1 slower to 3.3 faster"),
        (-0.0101, 0.01, "1.12 slower to 1.11 faster"),
        # What would read the same has a digit more.
        (0.0018, 0.0021, "0.20 to 0.23 s/km faster"),
        (-0.0002, -0.0001, "0.01 to 0.02 s/km slower"),
        # An end that is not zero does not read as zero, and none is said to be where all is tiny.
        (-0.001, 0.0003, "0.11 slower to 0.03 faster"),
        (-0.02, 0.00004, "2.222 slower to 0.004 faster"),
        (-0.02, 0.000001, "2.222 slower to under 0.001 faster"),
        (0.00004, 0.02, "0.004 to 2.222 s/km faster"),
        (-0.02, -0.00004, "0.004 to 2.222 s/km slower"),
        (-0.000001, 0.000002, "under 0.001 s/km either way"),
        (0.0, 0.0, "under 0.001 s/km either way"),
        (-0.018, 0.018, "2.000 slower to 2.000 faster"),
    ],
)
def test_an_interval_names_its_sides_when_none_is_in_it(low, high, said):
    told = words.effect(effect(low=low, high=high), Look("run", "km"))
    assert told.interval == f"95 % interval: {said}"


def test_other_outcomes_have_their_own_units():
    run, ride = Look("run", "km"), Look("ride", "km")
    heart = words.effect(effect(HEARTRATE, -1.25, -2.0, -0.5), run)
    assert heart.sentence == "+10 BPM goes with 1.2 bpm lower heart rate"
    assert heart.interval == "95 % interval: 0.5 to 2.0 bpm lower heart rate"
    assert words.effect(effect(CADENCE, 0.4), run).sentence.endswith("0.4 spm higher cadence")
    assert words.effect(effect(CADENCE, 0.4), ride).sentence.endswith("0.4 rpm higher cadence")
    energy = words.effect(effect(HEARTRATE, 2.0, 1.0, 3.0, dose=ENERGY), run)
    assert energy.sentence == "+0.1 energy goes with 2.0 bpm higher heart rate"


def test_what_is_next_to_nothing_is_hardly_a_difference():
    told = words.effect(effect(estimate=0.0001, low=-0.01), Look("run", "km"))
    assert told.sentence == "+10 BPM goes with hardly any difference (s/km)"


def test_clear_is_what_chance_hardly_does_among_all_outcomes():
    look = Look("run", "km")
    clear = words.effect(effect(p=0.001, q=0.004), look)
    assert clear.is_clear
    assert "in fewer than 0.2 % of trials: hard to explain by chance." in clear.chance
    for low, also in ((-0.01, ""), (0.01, " That the interval holds no zero is not enough then.")):
        for p, q in ((0.2, 0.04), (0.3, 0.3)):
            told = words.effect(effect(low=low, p=p, q=q), look)
            assert not told.is_clear
            assert told.chance.endswith(f" % of trials: this may well be chance.{also}")
        many = words.effect(effect(low=low, p=0.04, q=0.16), look)
        assert not many.is_clear
        assert many.chance.endswith(
            "in 4.0 % of trials, but of several outcomes tested one easily does: this could be"
            " chance."
        )
    unsure = words.effect(effect(low=-0.001, p=0.001, q=0.004), look)
    assert not unsure.is_clear
    assert "in fewer than 0.2 % of trials, but" in unsure.chance
    assert "includes no difference at all: this could be chance." in unsure.chance
    assert words.effect(effect(estimate=-0.02, low=-0.03, high=-0.01), look).is_clear
    assert "in 14.1 % of trials" in words.effect(effect(p=0.141, q=0.2), look).chance


def test_what_would_make_it_surer_is_said_without_false_precision():
    told = words.effect(effect(), Look("run", "km"))
    assert told.surer.startswith("About 720 more songs on activities like these would halve")
    assert told.basis == "240 songs in 12 activities"
    assert "more in energy within" in words.effect(effect(dose=ENERGY), Look("run", "km")).surer


def test_without_enough_data_there_are_no_words_of_an_effect():
    assert words.effect(Effect(SPEED, TEMPO, 3, 1, False, "why"), Look("run", "km")) is None


def test_what_is_drawn_is_in_the_same_units():
    mps = np.array([2.5, 5.0])
    assert words.shown(effect(), Look("run", "km"), mps) == pytest.approx([400, 200])
    assert words.shown(effect(), Look("run", "miles"), mps) == pytest.approx(
        [643.7, 321.9], rel=1e-3
    )
    assert words.shown(effect(), Look("ride", "km"), mps) == pytest.approx([9, 18])
    assert words.shown(effect(), Look("ride", "miles"), mps) == pytest.approx(
        [5.59, 11.18], rel=1e-3
    )
    assert words.shown(effect(), Look("swim", "km"), mps) == pytest.approx([40, 20])
    assert words.shown(effect(CADENCE), Look("run", "km"), mps) == pytest.approx(mps)
    assert words.axis(effect(), Look("swim", "miles")) == ("pace, min/100 yd", True)
    assert words.axis(effect(), Look("ride", "miles")) == ("mph", False)
    assert words.away(effect(), Look("run", "km")).endswith("course, s/km; up is faster")
    assert words.away(effect(HEARTRATE), Look("run", "km")).endswith("course, bpm")


def test_only_reasons_there_are_are_named():
    found = words.left_out(LeftOut(short=1, unsure=0, still=0, without_tempo=1200, unsure_tempo=2))
    assert found == [
        "1,200 songs without a known tempo",
        "2 songs whose tempo is a guess",
        "1 song shorter than a minute: they end before an effect shows",
    ]


def test_a_songs_effect_is_told_at_the_usual_speed():
    look = Look("run", "km")
    assert words.ranked(0.09, 3.0, look, is_speed=True) == "10.0 s/km faster"
    assert (
        words.ranked_between(-0.009, 0.09, 3.0, look, is_speed=True) == "1.0 slower to 10.0 faster"
    )
    assert words.ranked(-2.0, 3.0, look, is_speed=False) == "2.0 bpm lower"
    assert words.ranked_between(-3.0, -1.0, 3.0, look, is_speed=False) == "1.0 to 3.0 bpm lower"


def test_every_outcome_and_dose_has_a_name():
    assert set(words.OUTCOMES) == {outcome.name for outcome in OUTCOMES}
    assert set(words.DOSES) == {dose.name for dose in DOSES}
