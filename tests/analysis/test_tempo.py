from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsous.analysis import octaves
from runsous.analysis.tempo import Evidence, Tempo, decide
from runsous.demo.services.noise import Noise

NOW = datetime(2024, 6, 1, tzinfo=UTC)
SERVICES = ("deezer", "reccobeats", "acousticbrainz", "spotify", "somebody else")
COPYISTS = ("csv",)


def decided(*said: tuple[str, float]) -> Tempo:
    return decide([Evidence(source, bpm) for source, bpm in said])


@pytest.mark.parametrize("bpm", [None, 0.0, -120.0, 39.9, 250.1, math.nan, math.inf])
@pytest.mark.parametrize("source", ["deezer", "manual"])
def test_what_is_no_tempo_decides_nothing(source, bpm):
    found = decide([Evidence(source, bpm)])
    assert (found.bpm, found.source, found.confidence, found.is_disputed) == (None, None, 0, False)
    assert found.note == "No source knows the tempo"


@pytest.mark.parametrize(
    ("said", "shown"), [(40, 160), (87, 174), (99.9, 199.8), (100, 100), (199, 199), (200, 100)]
)
def test_a_tempo_is_shown_from_100_to_below_200(said, shown):
    assert decided(("deezer", said)).bpm == pytest.approx(shown)


def test_rounding_never_leaves_the_shown_octave():
    assert decided(("deezer", 199.97)).bpm == 100.0
    assert decided(("deezer", 49.995)).bpm == 100.0


def test_halves_and_doubles_are_one_beat_and_the_note_says_so():
    found = decided(("deezer", 87), ("acousticbrainz", 174.1))
    assert (found.bpm, found.source, found.said) == (174.1, "acousticbrainz", 174.1)
    assert found.note == "Deezer 87, AcousticBrainz 174.1: same beat, shown as 174"
    assert not found.is_disputed


def test_four_times_as_fast_is_still_the_same_beat():
    assert octaves.is_same_beat(45, 180)
    assert octaves.is_same_beat(99.8, 200)


@pytest.mark.parametrize(("one", "other"), [(119, 121), (87, 174.1), (61, 120), (42.5, 83)])
def test_off_by_one_and_rounded_is_the_same_beat(one, other):
    assert octaves.is_same_beat(one, other)


@pytest.mark.parametrize(("one", "other"), [(116, 120), (120, 180), (120, 160), (44, 46)])
def test_other_ratios_and_neighbours_are_other_beats(one, other):
    assert not octaves.is_same_beat(one, other)


@pytest.mark.parametrize("source", ["manual", "tap"])
@pytest.mark.parametrize("bpm", [87.0, 174.0, 210.5])
def test_ones_own_word_wins_and_is_shown_as_it_was_said(source, bpm):
    others = [Evidence(s, 128.0) for s in ("deezer", "spotify", "acousticbrainz")]
    found = decide([*others, Evidence(source, bpm)])
    assert (found.bpm, found.source, found.confidence) == (bpm, source, 1.0)
    assert not found.is_disputed


def test_of_ones_own_words_the_last_counts():
    words = [
        Evidence("tap", 90.0, at=NOW),
        Evidence("manual", 91.0, at=NOW - timedelta(days=1)),
        Evidence("manual", 92.0),
    ]
    assert decide(words).bpm == 90.0
    assert decide(words[1:]).bpm == 91.0


def test_two_that_agree_win_against_the_best_single_source():
    found = decided(("csv", 100), ("deezer", 128), ("acousticbrainz", 64.2))
    assert found.bpm == pytest.approx(128, abs=0.5)
    assert found.confidence > 0.9
    assert not found.is_disputed
    assert "against your list 100" in found.note


def test_without_agreement_the_best_single_source_counts_and_that_is_a_dispute():
    found = decided(("acousticbrainz", 116), ("spotify", 174))
    assert (found.bpm, found.source, found.is_disputed) == (174, "spotify", True)
    assert 0.4 < found.confidence < 0.6
    assert found.note == "Spotify 174, shown as 174; against AcousticBrainz 116 (3:2)"


def test_sources_that_share_their_numbers_are_one_witness():
    alone = decided(("spotify", 120.02))
    copied = decided(("spotify", 120.02), ("reccobeats", 120.02))
    agreed = decided(("spotify", 120.02), ("deezer", 120.02))
    assert copied.confidence == alone.confidence < agreed.confidence
    assert decided(("spotify", 120), ("reccobeats", 120), ("deezer", 90)).is_disputed


def test_a_table_that_repeats_a_service_is_no_second_witness():
    repeated = decided(("csv", 128), ("spotify", 128.03))
    heard = decided(("csv", 127), ("spotify", 128.03))
    assert repeated.confidence < heard.confidence


def test_several_records_of_one_source_are_one_witness():
    once = decided(("deezer", 128))
    thrice = decided(("deezer", 128), ("deezer", 64), ("deezer", 128))
    assert thrice.confidence == once.confidence
    against = decided(
        ("deezer", 128), ("deezer", 128), ("deezer", 128), ("spotify", 95), ("acousticbrainz", 95)
    )
    assert against.bpm == 190


def test_a_source_at_odds_with_itself_is_less_sure():
    alone = decided(("deezer", 128))
    torn = decided(("deezer", 128), ("deezer", 128), ("deezer", 95))
    assert torn.bpm == 128
    assert torn.confidence < alone.confidence


def test_a_source_that_may_speak_of_another_song_counts_less():
    sure = decide([Evidence("deezer", 128)])
    unsure = decide([Evidence("deezer", 128, match=0.5)])
    assert unsure.confidence < 0.6 < sure.confidence
    torn = [Evidence("deezer", 128, match=0.4), Evidence("acousticbrainz", 95)]
    assert decide(torn).source == "acousticbrainz"


def test_the_number_shown_is_the_more_precise_ones():
    assert decided(("spotify", 87), ("acousticbrainz", 175)).bpm == 175
    assert decided(("spotify", 174), ("acousticbrainz", 174.3)).bpm == 174.3


def test_strangers_are_never_quite_sure():
    assert decided(("deezer", 128), ("spotify", 128), ("acousticbrainz", 128)).confidence == 0.99


def test_ten_thousand_songs_are_decided_in_no_time():
    songs = [
        [Evidence(source, 60 + (17 * n + 31 * k) % 140) for k, source in enumerate(SERVICES[:4])]
        for n in range(10_000)
    ]
    began = time.process_time()
    for song in songs:
        decide(song)
    assert time.process_time() - began < 2.0


def play(songs: int, **noise: float) -> list[tuple[float, bool, int]]:
    """Confidence, whether right, and how many told it rightly, of songs from 60 to 199 BPM."""
    sources = [Noise(seed=n, off_by_one=0.3, **noise) for n in range(3)]
    played = []
    for n in range(songs):
        bpm = 60.0 + (37 * n) % 140
        told = [noisy.tempo(str(n), bpm) for noisy in sources]
        found = decide([Evidence(s, one) for s, one in zip(SERVICES[::2], told, strict=True)])
        right = [octaves.is_tempo(one) and apart(one, bpm) < 0.037 for one in told]
        if found.bpm is not None:
            played.append((found.confidence, apart(found.bpm, bpm) < 0.037, sum(right)))
    return played


def test_what_two_sources_tell_rightly_is_right_through_all_noise():
    played = play(1500, wrong=0.2, halved=0.2, doubled=0.2, silent=0.1)
    known = [is_right for _, is_right, told in played if told > 1]
    assert len(known) > 900
    assert sum(known) / len(known) >= 0.98


def test_the_confidence_tells_right_from_wrong():
    played = play(3000, wrong=0.12, halved=0.2, doubled=0.2, silent=0.4)
    for low, high in ((0.0, 0.7), (0.7, 0.95), (0.95, 1.0)):
        inside = [(said, right) for said, right, _ in played if low <= said < high]
        said, right = (sum(column) / len(inside) for column in zip(*inside, strict=True))
        assert right == pytest.approx(said, abs=0.12)


def evidence_of(*sources: str) -> st.SearchStrategy[list[Evidence]]:
    tempos = st.floats(40, 250).map(lambda bpm: round(bpm, 1)) | st.integers(40, 250).map(float)
    matches = st.sampled_from([1.0, 0.9, 0.6])
    one = st.builds(Evidence, st.sampled_from(sources), tempos, match=matches)
    return st.lists(one, min_size=1, max_size=6)


def apart(one: float, other: float) -> float:
    """How far apart, as a share of an octave and whatever the octave."""
    away = abs(math.log2(one / other)) % 1
    return min(away, 1 - away)


@given(evidence_of(*SERVICES, *COPYISTS), st.randoms(use_true_random=False))
def test_the_order_of_the_evidence_is_irrelevant(said, random):
    shuffled = random.sample(said, len(said))
    assert decide(shuffled) == decide(said)


@given(evidence_of(*SERVICES, *COPYISTS))
def test_the_tempo_is_always_what_somebody_said_in_some_octave(said):
    found = decide(said)
    assert 100 <= found.bpm < 200
    assert min(apart(found.bpm, one.bpm) for one in said) < 0.05 / 100 / math.log(2)
    assert 0 < found.confidence <= 0.99


@given(evidence_of(*SERVICES), st.sampled_from([*SERVICES, "somebody new"]))
def test_one_more_that_agrees_never_lowers_the_confidence(said, source):
    before = decide(said)
    after = decide([*said, Evidence(source, before.said)])
    is_kept = octaves.is_same_beat(after.bpm, before.bpm)
    assert after.confidence >= before.confidence or not is_kept


@given(st.data())
def test_the_octave_a_source_names_changes_neither_beat_nor_confidence(data):
    far_apart = [61.0, 70.0, 80.0, 92.0, 105.0]
    beats = data.draw(st.lists(st.sampled_from(far_apart), min_size=1, max_size=6))
    doubled = [bpm * data.draw(st.sampled_from([1, 2])) for bpm in beats]
    one = decided(*zip(SERVICES, beats, strict=False))
    other = decided(*zip(SERVICES, doubled, strict=False))
    assert (other.bpm, other.confidence) == (one.bpm, one.confidence)
