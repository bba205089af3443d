"""Songs as statistics see them: only what was measured once a song had set in."""

import numpy as np
import pytest

from runsous import frames
from runsous.analysis.efforts import measure
from runsous.analysis.grade import cost
from runsous.analysis.segments import Totals
from tests.analysis.make import make_samples

NONE_LEFT_OUT = {"short": 0, "unsure": 0, "still": 0}


def songs(*tiles, **columns):
    """Segments one after the other from 0 on: (end, track), track ``None`` for silence."""
    ends, tracks = zip(*tiles, strict=True)
    told = {"certainty": ["exact"] * len(ends), "tempo_bpm": [170.0] * len(ends), **columns}
    return frames.of(
        frames.SEGMENTS,
        index=np.arange(len(ends)),
        track_id=list(tracks),
        start_s=[0.0, *ends[:-1]],
        end_s=list(ends),
        **told,
    )


def even(seconds=600, speed=3.0, **channels):
    """A run at even speed, one sample a second."""
    time = np.arange(seconds + 1)
    return make_samples(time, distance_m=speed * time, speed_mps=speed, **channels)


def test_the_first_twenty_seconds_of_a_song_are_not_measured():
    time = np.arange(601)
    # Fast and with a racing heart for twenty seconds of each song, and evenly after that.
    settling = ((time % 300) < 20) & (time < 600)
    way = np.append(0, np.cumsum(np.where(settling, 5.0, 3.0)))[:-1]
    samples = make_samples(
        time,
        distance_m=way,
        speed_mps=np.where(settling, 5.0, 3.0),
        heartrate=np.where(settling, 180.0, 150.0),
        cadence=np.where(settling, 190.0, 170.0),
    )
    found, left_out = measure(songs((300, 7), (600, 8)), samples, (), "run")
    assert found["index"].tolist() == [0, 1]
    assert found["track_id"].tolist() == [7, 8]
    assert found[["since_s", "until_s"]].to_numpy().tolist() == [[20, 300], [320, 600]]
    assert found["speed_mps"].tolist() == pytest.approx([3, 3])
    assert found["heartrate"].tolist() == pytest.approx([150, 150])
    assert found["cadence"].tolist() == pytest.approx([170, 170])
    assert left_out == NONE_LEFT_OUT


def test_a_song_of_a_minute_counts_and_one_of_a_second_less_does_not():
    found, left_out = measure(songs((60, 1), (119, 2), (600, 3)), even(), (), "run")
    assert found["track_id"].tolist() == [1, 3]
    assert left_out == {**NONE_LEFT_OUT, "short": 1}


def test_silence_is_neither_measured_nor_left_out():
    found, left_out = measure(songs((200, None), (400, 1), (600, None)), even(), (), "run")
    assert found[["index", "since_s", "until_s"]].to_numpy().tolist() == [[1, 220, 400]]
    assert left_out == NONE_LEFT_OUT


def test_songs_that_may_have_sounded_elsewhere_do_not_count():
    told = songs((200, 1), (400, 2), (600, 3), certainty=["exact", "uncertain", "estimated"])
    found, left_out = measure(told, even(), (), "run")
    assert found["track_id"].tolist() == [1, 3]
    assert left_out == {**NONE_LEFT_OUT, "unsure": 1}


@pytest.mark.parametrize(("paused_s", "counts"), [(36, True), (37, False)])
def test_who_was_paused_for_more_than_a_fifth_of_the_measured_time_mostly_stood(paused_s, counts):
    # Measured are 180 s of each song, of which 36 are a fifth.
    pauses = ((250.0, 250.0 + paused_s),)
    time = np.arange(601.0)
    moved = time - np.clip(time - 250, 0, paused_s)
    samples = make_samples(time, distance_m=3 * moved, speed_mps=3.0)
    found, left_out = measure(songs((200, 1), (400, 2), (600, 3)), samples, pauses, "run")
    assert (2 in found["track_id"].tolist()) is counts
    assert left_out == {**NONE_LEFT_OUT, "still": int(not counts)}
    assert found["speed_mps"].tolist() == pytest.approx([3] * len(found), abs=0.01)


@pytest.mark.parametrize(("stood_s", "counts"), [(30, True), (45, False)])
def test_who_stood_at_a_light_without_pausing_stood_all_the_same(stood_s, counts):
    time = np.arange(601.0)
    is_standing = (time >= 250) & (time < 250 + stood_s)
    speed = np.where(is_standing, 0.0, 3.0)
    way = np.append(0, np.cumsum(speed))[:-1]
    samples = make_samples(time, distance_m=way, speed_mps=speed)
    found, left_out = measure(songs((200, 1), (400, 2), (600, 3)), samples, (), "run")
    assert (2 in found["track_id"].tolist()) is counts
    assert left_out == {**NONE_LEFT_OUT, "still": int(not counts)}


def test_each_reason_is_counted_once_the_first_that_holds():
    told = songs((40, 1), (300, 2), (600, 3), certainty=["uncertain", "uncertain", "exact"])
    found, left_out = measure(told, even(), ((0.0, 590.0),), "run")
    assert len(found) == 0
    assert left_out == {"short": 1, "unsure": 1, "still": 1}


def test_where_a_song_lay_is_told_by_the_middle_of_what_was_measured():
    found, _ = measure(songs((500, 1), (800, 2), (1200, 3)), even(1200), (), "run")
    middle = [(20 + 500) / 2, (520 + 800) / 2, (820 + 1200) / 2]
    assert found["elapsed_share"].tolist() == pytest.approx([at / 1200 for at in middle])


def test_the_first_ten_minutes_are_the_warm_up_by_their_share_of_a_song():
    found, _ = measure(songs((500, 1), (780, 2), (1200, 3)), even(1200), (), "run")
    assert found["warm_up"].tolist() == pytest.approx([1, (600 - 520) / (780 - 520), 0])


def test_uphill_the_speed_on_the_flat_is_what_costs_as_much():
    time = np.arange(1201)
    height = 0.05 * 3 * np.maximum(time - 600, 0)
    found, _ = measure(songs((600, 1), (1200, 2)), even(1200, altitude_m=height), (), "run")
    assert found["grade"].tolist() == pytest.approx([0, 0.05], abs=0.002)
    assert found["speed_mps"].tolist() == pytest.approx([3, 3])
    uphill = float(cost(np.array(0.05)) / cost(np.array(0.0)))
    assert found["flat_mps"].tolist() == pytest.approx([3, 3 * uphill], rel=0.01)


def test_without_altitudes_no_grade_is_told_and_speed_is_that_on_the_flat():
    found, _ = measure(songs((300, 1), (600, 2)), even(), (), "run")
    assert found["grade"].isna().all()
    assert found["flat_mps"].tolist() == found["speed_mps"].tolist() == [3, 3]


def test_what_no_sensor_tells_is_missing_and_the_rest_is_there():
    time = np.arange(601.0)
    found, left_out = measure(
        songs((300, 1), (600, 2)), make_samples(time, heartrate=140.0), (), "strength"
    )
    assert found["heartrate"].tolist() == [140, 140]
    silent = ["speed_mps", "flat_mps", "cadence", "grade", "locked"]
    assert found[silent].isna().all(axis=None)
    assert left_out == NONE_LEFT_OUT


def test_a_way_known_by_its_total_alone_tells_no_speed():
    samples = make_samples(np.arange(601.0), heartrate=140.0)
    found, _ = measure(songs((600, 1)), samples, (), "run", Totals(distance_m=1800.0))
    assert found["speed_mps"].isna().all()


def test_time_in_step_is_that_of_what_was_measured_and_remembers_the_tempo():
    time = np.arange(601)
    # In step for a quarter of the measured time of the first song; then without a tempo.
    cadence = np.where((time < 20) | (time >= 90), 150.0, 170.0)
    told = songs((300, 1), (600, 2), tempo_bpm=[170.0, np.nan])
    found, _ = measure(told, even(cadence=cadence), (), "run")
    assert found["locked"].iloc[0] == pytest.approx(70 / 280)
    assert np.isnan(found["locked"].iloc[1])
    assert found["locked_bpm"].fillna(-1).tolist() == [170, -1]


def test_an_activity_without_songs_or_samples_has_none():
    nothing = make_samples(np.empty(0))
    for told in (songs((600, None)), songs((600, None)).iloc[:0]):
        for samples in (even(), nothing):
            found, left_out = measure(told, samples, (), "run")
            assert list(found.columns) == list(frames.EFFORTS)
            assert len(found) == 0
            assert left_out == NONE_LEFT_OUT


def test_songs_of_an_activity_without_samples_tell_nothing_but_when_they_were():
    found, _ = measure(songs((600, 1)), make_samples(np.empty(0)), (), "run")
    assert found[["since_s", "until_s"]].to_numpy().tolist() == [[20, 600]]
    measured = ["speed_mps", "flat_mps", "heartrate", "cadence", "grade", "locked"]
    assert found[measured].isna().all(axis=None)
