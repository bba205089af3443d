from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from runsous.analysis.merging import merge
from runsous.analysis.recording import complete
from runsous.model import Activity, Lap, Workout
from tests.analysis.make import (
    METRE_NORTH,
    START,
    assert_alike,
    make_activity,
    make_pool_swim,
    make_run,
    make_samples,
)


def both_ways(a: Activity, b: Activity) -> Activity:
    """The two merged, having seen that their order makes no difference."""
    merged = merge([a, b])
    assert_alike(merged, merge([b, a]))
    return merged


def without(activity: Activity, *channels: str) -> Activity:
    empty = dict.fromkeys(channels, np.nan)
    return replace(activity, samples=activity.samples.assign(**empty))


def from_watch(seconds=600, **facts) -> Activity:
    """A FIT file: distance, heart and cadence, but no position."""
    time = np.arange(seconds + 1.0)
    samples = make_samples(time, distance_m=time * 3, heartrate=150.0, cadence=85.0, power_w=250.0)
    watch = Workout(kind="fit", start_time=START, sport="run", samples=samples, pauses=())
    return complete(replace(watch, **facts), home_zone=None)


def from_phone(seconds=600, every_s=5, late_s=0.0, **facts) -> Activity:
    """A GPX file of the same run: positions every few seconds."""
    run = make_run(seconds)
    rows = run.samples[run.samples["time_s"] % every_s == 0].reset_index(drop=True)
    rows = rows.assign(heartrate=np.nan, cadence=np.nan)
    phone = replace(
        run, samples=rows, sport="other", start_time=START + timedelta(seconds=late_s), **facts
    )
    return complete(phone, home_zone=None)


def list_entry(**facts) -> Activity:
    """A line of Strava's list: a name and totals, no samples."""
    entry = Workout(
        kind="strava_export",
        start_time=START,
        sport="run",
        elapsed_time_s=600.0,
        timer_time_s=580.0,
        name="Dawn patrol",
        external_id="4711",
    )
    return complete(replace(entry, **facts), home_zone=None)


def test_one_activity_alone_stays_as_it_is():
    run = make_activity()
    assert merge([run]) is run


def test_the_same_twice_is_the_same():
    run = make_activity(pauses=((10.0, 20.0),), laps=(Lap(0, 300),), notes=("a", "a"))
    assert_alike(merge([run, run]), run)


def test_the_richest_gives_the_samples_and_the_others_fill_them():
    merged = both_ways(from_watch(), from_phone())
    assert merged.kind == "fit"
    assert len(merged.samples) == 601
    assert merged.samples["power_w"].notna().all()
    expected = make_run().samples["latitude"]
    assert merged.samples["latitude"].to_numpy() == pytest.approx(
        expected.to_numpy(), abs=0.01 * METRE_NORTH
    )


def test_borrowed_values_stand_at_their_own_instant():
    late = 7.5
    merged = both_ways(from_watch(), from_phone(590, every_s=1, late_s=late))
    at = merged.samples.set_index("time_s")["latitude"]
    first = make_run().samples["latitude"].iloc[0]
    assert (at[107.0] - first) / METRE_NORTH == pytest.approx(3.0 * (107 - late), abs=0.01)
    assert np.isnan(at[2.0])


def test_nothing_is_borrowed_from_more_than_five_seconds_away():
    holed = from_phone(every_s=1)
    keep = ~holed.samples["time_s"].between(200, 300, inclusive="neither")
    holed = replace(holed, samples=holed.samples[keep].reset_index(drop=True))
    at = both_ways(from_watch(), holed).samples.set_index("time_s")["latitude"]
    assert at[[200.0, 205.0, 295.0]].notna().all()
    assert at[206.0:294.0].isna().all()


def test_a_channel_present_half_as_often_is_replaced_with_its_means():
    sparse = from_watch()
    beats = sparse.samples["heartrate"].where(sparse.samples["time_s"] < 200)
    sparse = replace(sparse, samples=sparse.samples.assign(heartrate=beats))
    strap = without(make_activity(kind="tcx"), "cadence", "latitude", "longitude", "speed_mps")
    strap = replace(strap, samples=strap.samples.assign(heartrate=163.0))
    merged = both_ways(sparse, strap)
    assert merged.kind == "fit"
    assert (merged.samples["heartrate"] == 163).all()
    assert (merged.average_heartrate, merged.max_heartrate) == (163, 163)


def with_specks(activity: Activity, name: str, rows: int, value: float) -> Activity:
    """A damaged copy: some samples of a channel that nothing measured."""
    values = np.where(np.arange(len(activity.samples)) < rows, value, np.nan)
    return replace(
        activity,
        samples=activity.samples.assign(**{name: values}),
        notes=("Its checksum is wrong.",),
    )


def test_a_damaged_copy_lends_no_channel_of_a_few_samples():
    run = make_activity()
    merged = both_ways(run, with_specks(run, "power_w", 11, 1277.0))
    assert merged.samples["power_w"].isna().all()
    beatless = replace(without(run, "heartrate"), average_heartrate=None, max_heartrate=None)
    damaged = with_specks(beatless, "heartrate", 11, 200.0)
    damaged = replace(damaged, average_heartrate=200.0, max_heartrate=200.0)
    merged = both_ways(beatless, damaged)
    assert merged.samples["heartrate"].isna().all()
    assert (merged.average_heartrate, merged.max_heartrate) == (None, None)


def test_a_channel_in_a_tenth_of_the_samples_is_lent():
    run = make_activity()
    merged = both_ways(run, with_specks(run, "power_w", 61, 250.0))
    assert merged.samples["power_w"].count() >= 61


def test_a_channel_present_more_than_half_as_often_stays():
    own = from_watch()
    beats = own.samples["heartrate"].where(own.samples["time_s"] < 400)
    own = replace(own, samples=own.samples.assign(heartrate=beats))
    strap = without(make_activity(kind="tcx"), "latitude", "longitude", "speed_mps", "cadence")
    strap = replace(strap, samples=strap.samples.assign(heartrate=163.0))
    merged = both_ways(own, strap)
    assert merged.samples["heartrate"].count() == 400
    assert merged.average_heartrate == 150


def test_positions_across_the_antimeridian_are_borrowed_as_they_run():
    time = np.arange(0, 601, 5.0)
    east = 179.99 + time * 4e-5
    samples = make_samples(time, latitude=-16.8, longitude=np.where(east > 180, east - 360, east))
    phone = complete(Workout(kind="gpx", start_time=START, samples=samples), home_zone=None)
    borrowed = both_ways(from_watch(), phone).samples["longitude"]
    assert (borrowed.abs() > 179.9).all()
    assert (borrowed.abs() <= 180).all()


def test_equally_rich_files_rank_by_their_format():
    kinds = ("gpx", "fit", "strava_export", "tcx")
    runs = [make_activity(kind=kind) for kind in kinds]
    for order in permutations(runs):
        assert merge(order).kind == "fit"
    assert merge([runs[0], runs[3]]).kind == "tcx"
    assert merge([runs[2], runs[0]]).kind == "gpx"
    api = make_activity(kind="strava")
    assert both_ways(api, runs[0]).kind == "gpx"
    assert both_ways(api, runs[2]).kind == "strava"


def test_equally_rich_files_that_differ_in_a_word_rank_by_it():
    a, b = list_entry(name="a", external_id=None), list_entry(name="b", external_id=None)
    assert both_ways(a, b).name == "a"


def test_equally_rich_files_that_differ_in_a_sample_rank_by_it():
    run = make_activity()
    watts = run.samples["time_s"] % 7
    a = replace(run, samples=run.samples.assign(power_w=watts))
    b = replace(run, samples=run.samples.assign(power_w=watts.to_numpy()[::-1]))
    both_ways(a, b)


def test_a_copy_cut_short_does_not_shorten_the_run():
    salvaged = from_watch(400)
    samples = salvaged.samples.assign(altitude_m=1.0, temperature_c=1.0)
    samples = samples.assign(latitude=50.0, longitude=14.0)
    salvaged = replace(salvaged, samples=samples, pauses=((10.0, 20.0),))
    whole = from_phone(every_s=1)
    merged = both_ways(salvaged, whole)
    assert merged.elapsed_time_s == 600
    assert len(merged.samples) == 601
    assert merged.samples["heartrate"].count() == 406
    assert merged.pauses == whole.pauses
    assert merged.distance_m == whole.distance_m


def test_an_entry_of_a_list_adds_its_name_and_nothing_else():
    watch = from_watch(name="Morning Run", external_id="file")
    merged = both_ways(watch, list_entry())
    assert merged.name == "Dawn patrol"
    assert merged.external_id == "4711"
    assert merged.moving_time_s == watch.moving_time_s
    pd.testing.assert_frame_equal(merged.samples, watch.samples)


def test_strava_s_own_word_on_the_name_is_newer_than_that_of_its_export():
    api = list_entry(kind="strava", name="Dawn patrol, renamed", timer_time_s=None)
    watch = from_watch(name="Morning Run")
    for order in permutations([list_entry(), watch, api]):
        assert merge(order).name == "Dawn patrol, renamed"
    assert both_ways(list_entry(), replace(api, name=None)).name == "Dawn patrol"


def test_facts_one_lacks_come_from_the_other():
    watch = from_watch(device="a watch", description=None)
    phone = from_phone(description="along the river", elevation_gain_m=12.0, device="a phone")
    merged = both_ways(watch, phone)
    assert merged.device == "a watch"
    assert merged.description == "along the river"
    assert merged.elevation_gain_m == 12


def test_recorded_pauses_win_over_inferred_ones():
    watch = from_watch(pauses=((100.0, 160.0),), timer_time_s=540.0)
    watch = without(watch, "power_w", "cadence", "heartrate", "speed_mps")
    phone = make_activity(start_time=START - timedelta(seconds=10), seconds=610)
    assert phone.pauses == ()
    merged = both_ways(watch, phone)
    assert merged.kind == "gpx"
    assert merged.pauses == ((110, 170),)
    assert merged.moving_time_s == 540
    assert merged.average_speed_mps == pytest.approx(phone.distance_m / 540)


def test_laps_come_from_whoever_has_most_at_their_own_instant():
    watch = from_watch(laps=(Lap(0, 600),))
    other = from_phone(590, late_s=10, laps=(Lap(0, 200, distance_m=600), Lap(200, 390)))
    merged = both_ways(watch, other)
    assert merged.laps == (Lap(10, 200, distance_m=600), Lap(210, 390))


def test_lengths_come_with_their_pool():
    swim = complete(make_pool_swim(active=4, rest_s=20), home_zone=None)
    strap = make_samples(np.arange(201.0), heartrate=150.0, temperature_c=28.0, altitude_m=2.0)
    heart = complete(
        Workout(kind="tcx", start_time=START, sport="other", samples=strap), home_zone=None
    )
    merged = both_ways(swim, heart)
    assert merged.sport == "swim"
    assert sum(length.is_active for length in merged.lengths) == 4
    assert merged.pool_length_m == 25
    assert merged.distance_m == 100


def test_the_sport_of_one_that_knows_it_brings_cadence_into_its_unit():
    run = make_activity()
    unknown = make_activity(sport="other")
    unknown = replace(unknown, samples=unknown.samples.assign(power_w=200.0))
    assert unknown.cadence_unit is None
    merged = both_ways(unknown, without(run, "cadence"))
    assert (merged.sport, merged.cadence_unit, merged.average_cadence) == ("run", "spm", 170)
    assert (merged.samples["cadence"] == 170).all()


def test_cadence_is_borrowed_with_its_unit():
    watch = without(from_watch(), "cadence")
    watch = replace(watch, average_cadence=None, cadence_unit=None)
    merged = both_ways(watch, make_activity())
    assert (merged.cadence_unit, merged.average_cadence) == ("spm", 170)


def test_the_zone_is_that_of_the_place():
    watch = from_watch(utc_offset_s=-18_000)
    merged = both_ways(watch, from_phone())
    assert (merged.time_zone, merged.utc_offset_s) == ("Europe/Prague", 7200)


def test_a_home_zone_does_not_win_over_an_offset_from_the_file():
    watch = from_watch(utc_offset_s=-18_000)
    at_home = make_activity(gps=False, home_zone="Europe/Berlin")
    merged = both_ways(watch, at_home)
    assert (merged.time_zone, merged.utc_offset_s) == (None, -18_000)


def test_notes_are_joined_each_once():
    merged = both_ways(from_watch(notes=("a", "b")), from_phone(notes=("b", "c")))
    assert merged.notes == ("a", "b", "c")


def test_one_whose_time_of_day_is_hidden_does_not_tell_when_it_was():
    hidden = replace(from_watch(), start_time=START - timedelta(hours=5), is_start_hidden=True)
    merged = both_ways(hidden, from_phone())
    assert merged.start_time == START
    assert not merged.is_start_hidden
    assert merged.samples["latitude"].notna().all()
