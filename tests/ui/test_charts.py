from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from runsous import frames
from runsous.ui import charts, panels
from runsous.ui.colours import song_colours
from tests.ui.make_runs import segments, straight, winding

ONE_SONG = segments([0, 600], [1])


def drawn(samples, tiles=ONE_SONG, pauses=(), **given) -> dict:
    return charts.draw(samples, tiles, pauses, charts.Look(**given))


def table(spec: dict, name: str) -> pd.DataFrame:
    return pa.ipc.open_stream(spec["datasets"][name]).read_all().to_pandas()


def titles(spec: dict) -> list[str]:
    return table(spec, "heads")["t"].tolist()


def labels(spec: dict) -> str:
    return spec["layer"][0]["encoding"]["y"]["axis"]["labelExpr"]


def test_there_is_a_panel_for_each_channel_recorded_and_none_for_others():
    every = ["Pace · min/km", "Heart rate · bpm", "Cadence · spm", "Elevation · m"]
    assert titles(drawn(winding())) == every
    assert titles(drawn(straight())) == ["Pace · min/km"]


@pytest.mark.parametrize(
    ("sport", "title"),
    [("row", "Cadence · strokes/min"), ("ride", "Cadence · rpm"), ("ski", "Cadence")],
)
def test_cadence_is_named_as_its_sport_counts_it(sport, title):
    assert title in titles(drawn(winding(), sport=sport))


def test_without_any_sample_there_is_the_tape_of_songs():
    spec = drawn(frames.samples(), segments([0, 100, 600], [1, None]))
    assert titles(spec) == []
    assert table(spec, "samples").empty
    assert table(spec, "songs")["n"].tolist() == ["Song 1 – Band 1", "No music"]


def test_a_single_value_makes_no_panel():
    assert titles(drawn(winding().head(1), segments([0, 1], [1]))) == []


def test_without_any_tile_nothing_breaks():
    assert table(drawn(straight(0), segments([0], [])), "songs").empty


def test_every_song_has_the_colour_it_has_on_the_map():
    tiles = segments([0, 200, 400, 600], [1, None, 2])
    assert table(drawn(straight(), tiles), "songs")["c"].tolist() == song_colours(tiles)


def test_areas_of_two_songs_meet_where_the_song_changed():
    rows = table(drawn(winding(600), segments([0, 250.5, 600], [1, 2])), "samples")
    last, first = rows[rows["s"] == 0].iloc[-1], rows[rows["s"] == 1].iloc[0]
    assert last["x"] == first["x"] == 250.5
    assert last["y0"] == first["y0"]


def test_nothing_is_drawn_inside_a_pause():
    rows = table(drawn(straight(), pauses=[(200.0, 300.0)]), "samples")
    assert not ((rows["x"] > 200) & (rows["x"] < 300)).any()
    assert rows["k"].nunique() == 2


def test_a_value_is_the_mean_around_its_moment():
    run = straight(heartrate=100 + 0.1 * np.arange(601.0))
    rows = table(drawn(run), "samples").query("20 < x < 580")
    told = rows["t1"].str.removesuffix(" bpm").astype(float)
    assert np.abs(told - (100 + 0.1 * rows["x"])).max() <= 0.6


def test_a_channel_lost_for_a_while_is_missing_not_invented():
    heartrate = np.full(601, 150.0)
    heartrate[200:400] = np.nan
    rows = table(drawn(straight(heartrate=heartrate)), "samples").query("220 < x < 380")
    assert rows["y1"].isna().all()
    assert set(rows["t1"]) == {"–"}


def test_faster_is_higher():
    speed = np.where(np.arange(601) < 300, 2.5, 3.5)
    rows = table(drawn(straight(speed_mps=speed)), "samples")
    assert rows.query("x < 250")["y0"].min() > rows.query("x > 350")["y0"].max()


def test_standing_still_does_not_flatten_the_rest():
    speed = 3 + 0.5 * np.sin(np.arange(601) / 40)
    speed[200:300] = 0.02
    rows = table(drawn(straight(speed_mps=speed)), "samples")
    moving = rows.query("x < 180 or x > 320")["y0"]
    assert np.ptp(moving) > panels.HEIGHT_PX / 2
    floor = rows["y0"].max()
    assert (rows.query("215 < x < 285")["y0"] == floor).all()


def test_every_line_stays_inside_its_panel():
    rows = table(drawn(winding()), "samples")
    for panel in range(4):
        bottom = 10 + (panel + 1) * (panels.HEAD_PX + panels.HEIGHT_PX)
        assert rows[f"y{panel}"].between(bottom - panels.HEIGHT_PX, bottom).all()


def test_an_hour_of_fifteen_songs_is_thinned_to_less_than_forty_five_kilobytes():
    tiles = segments(np.linspace(0, 3600, 16), list(range(15)))
    spec = drawn(winding(), tiles, [(1000.0, 1060.0), (2000.0, 2100.0)])
    assert len(table(spec, "samples")) < 500
    assert sum(len(data) for data in spec["datasets"].values()) < 45_000


def test_a_thousand_gaps_cost_no_more_than_one():
    samples = straight(100_000).query("time_s % 100 < 20").reset_index(drop=True)
    assert len(table(drawn(samples, segments([0, 100_000], [1])), "samples")) < 4_000


def test_a_band_lies_where_cadence_would_be_in_time_with_the_song():
    # Steps go from 166 to 174: twice 85 is right in the middle, and nobody comes near 128 or 64.
    tiles = segments([0, 1200, 2400, 3600], [1, None, 2], tempo_bpm=[85, np.nan, 128])
    spec = drawn(winding(), tiles)
    rows, bands = table(spec, "samples"), table(spec, "beats")
    assert bands[["x1", "x2"]].to_numpy().tolist() == [[0, 1200]]
    assert bands["c"].tolist() == [song_colours(tiles)[0]]
    # From 165.75 to 174.25: as high as 8.5 steps are between any two that were drawn.
    steps = rows["t2"].str.removesuffix(" spm").astype(float)
    per_step = np.polyfit(steps, rows["y2"], 1)[0]
    top, bottom = bands[["y1", "y2"]].to_numpy()[0]
    assert bottom - top == pytest.approx(-8.5 * per_step, rel=0.03)
    assert rows.query("x < 1200")["y2"].between(top, bottom).all()
    alt.LayerChart.from_dict({key: spec[key] for key in spec if key != "datasets"}, validate=True)


def test_a_band_beside_the_steps_is_still_inside_the_panel():
    spec = drawn(winding(), segments([0, 3600], [1], tempo_bpm=[182]))
    floor = 10 + 3 * (panels.HEAD_PX + panels.HEIGHT_PX)
    top, bottom = table(spec, "beats")[["y1", "y2"]].to_numpy()[0]
    assert floor - panels.HEIGHT_PX < top < bottom < floor
    assert bottom < table(spec, "samples")["y2"].min()


def test_standing_still_does_not_flatten_bands():
    steps = np.where(np.arange(601) < 100, 0.0, 170.0)
    tiles = segments([0, 600], [1], tempo_bpm=[170])
    top, bottom = table(drawn(straight(cadence=steps), tiles), "beats")[["y1", "y2"]].to_numpy()[0]
    assert bottom - top > panels.HEIGHT_PX / 4


def test_bands_fade_with_the_songs_that_are_not_chosen():
    tiles = segments([0, 1800, 3600], [1, 2], tempo_bpm=[170, 172])
    strength = table(drawn(winding(), tiles, selected=1), "beats")["o"].tolist()
    assert strength[0] < strength[1]


def test_without_cadence_or_tempo_there_are_no_bands():
    for samples, bpm in ((straight(), 170), (winding(), np.nan), (winding(), 120)):
        end = samples["time_s"].iloc[-1]
        spec = drawn(samples, segments([0, end], [1], tempo_bpm=[bpm]))
        assert "beats" not in spec["datasets"]
        assert "bands" not in " ".join(titles(spec))


def test_the_tempo_is_told_with_how_sure_it_is():
    tiles = segments(
        [0, 100, 200, 300, 400, 600],
        [1, 2, 3, 4, None],
        tempo_bpm=[174.1, 128, 99.6, 150, np.nan],
        tempo_confidence=[0.99, 0.87, 0.4, 0.5, np.nan],
        is_tempo_disputed=[False, False, False, True, None],
    )
    told = table(drawn(straight(), tiles), "songs")["m"].tolist()
    assert told == ["174", "≈ 128", "100 ?", "150 ≠", "–"]


def test_along_the_distance_songs_are_as_long_as_the_way():
    speed = np.where(np.arange(601) < 300, 2.0, 4.0)
    run = straight(speed_mps=speed, distance_m=np.concatenate(([0], np.cumsum(speed[:-1]))))
    songs = table(drawn(run, segments([0, 300, 600], [1, 2]), x="distance"), "songs")
    assert songs["x1"].tolist() == pytest.approx([0, 600])
    assert songs["x2"].tolist() == pytest.approx([600, 1800])


def test_without_distances_the_way_falls_back_to_time():
    run = straight(distance_m=np.full(601, np.nan))
    assert drawn(run, x="distance")["datasets"] == drawn(run)["datasets"]


def test_distances_are_told_in_the_runners_units():
    spec = drawn(straight(3600), segments([0, 3600], [1]), x="distance", units="miles")
    assert '"3218.688": "2 mi"' in spec["layer"][0]["encoding"]["x"]["axis"]["labelExpr"]
    assert titles(spec) == ["Pace · min/mi"]


@pytest.mark.parametrize(
    ("sport", "units", "title", "told"),
    [
        ("run", "km", "Pace · min/km", "5:33 /km"),
        ("ride", "km", "Speed · km/h", "10.8 km/h"),
        ("ride", "miles", "Speed · mph", "6.7 mph"),
        ("swim", "km", "Pace · min/100 m", "0:33 /100 m"),
        ("swim", "miles", "Pace · min/100 yd", "0:30 /100 yd"),
    ],
)
def test_speed_is_told_as_is_the_custom_of_the_sport(sport, units, title, told):
    spec = drawn(straight(), sport=sport, units=units)
    assert titles(spec) == [title]
    assert set(table(spec, "samples")["t0"]) == {told}


def test_ticks_lie_where_their_value_would_be_drawn():
    spec = drawn(straight(speed_mps=1000 / np.linspace(290, 370, 601)))
    rows = table(spec, "samples")
    drawn_at = rows.loc[rows["t0"] == "5:30 /km", "y0"].mean()
    ticks = spec["layer"][0]["encoding"]["y"]["axis"]["values"]
    assert '"5:30"' in labels(spec)
    assert min(abs(tick - drawn_at) for tick in ticks) < 1


def test_choosing_a_song_changes_its_data_and_nothing_else():
    tiles = segments([0, 200, 400, 600], [1, 2, 3])
    plain, chosen = drawn(straight(), tiles), drawn(straight(), tiles, selected=1)
    strength = table(chosen, "songs")["o"].tolist()
    assert strength[1] == 1 > strength[0] == strength[2]
    assert table(plain, "songs")["o"].tolist() == [1, 1, 1]
    for spec in (plain, chosen):
        del spec["datasets"]["songs"]
    assert plain == chosen


def test_a_click_selects_by_segment_index():
    spec = drawn(straight(), ONE_SONG.assign(index=[17]))
    click = next(param for param in spec["params"] if param["name"] == charts.SELECTION)
    assert click["select"]["fields"] == ["s"]
    assert set(table(spec, "samples")["s"]) == set(table(spec, "songs")["s"]) == {17}


def test_the_specification_is_valid_vega_lite():
    spec = drawn(winding(), segments([0, 1000, 3600], [1, 2]), x="distance", selected=0)
    alt.LayerChart.from_dict({key: spec[key] for key in spec if key != "datasets"}, validate=True)


def test_one_drawing_never_leaks_into_the_next():
    first = drawn(straight(600), ONE_SONG)
    drawn(straight(1200), segments([0, 1200], [1]), theme="dark")
    assert first["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, 600]
