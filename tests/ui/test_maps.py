from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ET
from datetime import datetime
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from runsous import frames
from runsous.ui import maps
from runsous.ui.colours import rgb, song_colours
from tests.ui.make_runs import METRES_PER_DEGREE_EAST, segments, straight, winding

START = datetime(2026, 6, 14, 18, 4, tzinfo=ZoneInfo("Europe/Berlin"))
LOOK = maps.Look(START)


def look(**given) -> maps.Look:
    return maps.Look(START, **given)


def drawn(samples, tiles, pauses=(), seen=LOOK) -> dict:
    drawing = maps.draw(samples, tiles, pauses, seen)
    assert drawing is not None
    return json.loads(drawing.to_json())


def layer(spec: dict, name: str | None) -> list[dict]:
    return next(layer["data"] for layer in spec["layers"] if layer.get("id") == name)


def pieces(spec: dict) -> list[dict]:
    return layer(spec, None)


def east_m(path: list[float]) -> tuple[float, float]:
    """Where a path along 50° north begins and ends, in metres east of 10°."""
    return (path[0] - 10) * METRES_PER_DEGREE_EAST, (path[-2] - 10) * METRES_PER_DEGREE_EAST


def test_a_song_changes_colour_exactly_where_it_changed_between_two_samples():
    tiles = segments([0, 100.5, 600], [1, 2])
    first, second = layer(drawn(straight(), tiles), "songs")
    assert east_m(first["p"]) == pytest.approx((0, 301.5), abs=0.5)
    assert east_m(second["p"]) == pytest.approx((301.5, 1800), abs=0.5)
    assert [tuple(first["c"]), tuple(second["c"])] == [rgb(c) for c in song_colours(tiles)]


def test_hovering_tells_the_songs_tempo():
    tiles = segments([0, 300, 600], [1, 2], tempo_bpm=[171.2, np.nan], tempo_confidence=[0.99, 0])
    told = pieces(drawn(straight(), tiles))
    assert told[0]["d"].startswith("Band 1 · 171 BPM\n")
    assert told[-1]["d"].startswith("Band 2\n")


def test_the_line_is_broken_at_a_pause_and_the_song_goes_on_after_it():
    spec = drawn(straight(), segments([0, 600], [1]), [(200.0, 300.0)])
    assert [east_m(row["p"]) for row in layer(spec, "casing")] == [
        pytest.approx((0, 600), abs=0.5),
        pytest.approx((900, 1800), abs=0.5),
    ]
    assert len(layer(spec, "songs")) == 2


def test_the_line_is_broken_where_samples_are_missing():
    gap = straight().query("time_s <= 200 or time_s >= 260")
    assert len(layer(drawn(gap, segments([0, 600], [1])), "casing")) == 2


def test_a_recorder_that_saves_its_battery_still_gets_a_line():
    sparse = straight(3600).query("time_s % 60 == 0").reset_index(drop=True)
    assert len(layer(drawn(sparse, segments([0, 3600], [1])), "casing")) == 1


def test_no_recorded_position_lies_more_than_three_metres_off_the_line():
    run = winding()
    (line,) = layer(drawn(run, segments([0, 3600], [1])), "casing")
    scale = np.array([METRES_PER_DEGREE_EAST, 111_195])
    drawn_m = np.array(line["p"]).reshape(-1, 2) * scale
    start, step = drawn_m[:-1], np.diff(drawn_m, axis=0)
    for position in run[["longitude", "latitude"]].to_numpy()[::7] * scale:
        along = np.clip(((position - start) * step).sum(1) / (step**2).sum(1), 0, 1)
        assert np.hypot(*(start + along[:, None] * step - position).T).min() < 3 + 1


def test_an_hour_with_fifteen_songs_takes_less_than_sixty_kilobytes():
    tiles = segments(np.linspace(0, 3600, 16), list(range(15)))
    drawing = maps.draw(winding(), tiles, (), look(selected=7))
    assert len(drawing.to_json().encode()) < 60_000


def test_hovering_tells_song_moment_pace_and_heart_rate_of_that_place():
    run = straight(heartrate=np.arange(100.0, 701.0))
    told = pieces(drawn(run, segments([0, 300, 600], [1, None])))
    assert told[0]["n"] == "Song 1"
    # 20 s from the start at 1 bpm per second: 109.5 on average.
    assert told[0]["d"] == "Band 1\nafter 0:00 · at 18:04\n5:33 /km · 110 bpm"
    assert told[15]["n"] == "No music"
    assert told[15]["d"] == "after 5:00 · at 18:09\n5:33 /km · 410 bpm"


def test_what_was_not_recorded_is_not_told():
    told = pieces(drawn(straight(speed_mps=np.full(601, np.nan)), segments([0, 600], [1])))
    assert told[0]["d"] == "Band 1\nafter 0:00 · at 18:04"


def test_a_click_names_the_segment_by_its_index():
    tiles = segments([0, 300, 600], [1, 2]).assign(index=[40, 41])
    told = pieces(drawn(straight(), tiles))
    assert [piece["s"] for piece in told] == [40] * 15 + [41] * 15


def test_a_second_click_on_the_same_place_differs_from_the_first():
    before = pieces(drawn(straight(), segments([0, 600], [1])))
    after = pieces(drawn(straight(), segments([0, 600], [1]), seen=look(selected=0)))
    assert before[3] != after[3]


@pytest.mark.parametrize("title", ["@@=this.x", "@@#A.b", "{d}", '<img src=x onerror="a()">'])
def test_song_names_are_words_never_instructions(title):
    tiles = segments([0, 600], [1], title=[title], artist=["@@=this.y"])
    piece = pieces(drawn(straight(), tiles))[0]
    assert not piece["n"].startswith("@@")
    assert not piece["d"].startswith("@@")
    assert "{d}" not in piece["n"]
    assert piece["n"].replace("\u200b", "") == title  # HTML is escaped where it is filled in


def test_the_chosen_song_stands_out_and_the_view_stays():
    tiles = segments([0, 300, 600], [1, 2])
    plain, spec = drawn(straight(), tiles), drawn(straight(), tiles, seen=look(selected=1))
    (chosen,) = layer(spec, "chosen")
    assert east_m(chosen["p"]) == pytest.approx((900, 1800), abs=0.5)
    assert layer(spec, "songs")[0]["c"] != layer(plain, "songs")[0]["c"]
    assert spec["initialViewState"] == plain["initialViewState"]


def test_a_choice_that_is_not_there_changes_nothing():
    tiles = segments([0, 600], [1])
    spec = drawn(straight(), tiles, seen=look(selected=99))
    assert layer(spec, "songs") == layer(drawn(straight(), tiles), "songs")


def test_without_a_position_there_is_no_map():
    nowhere = straight(latitude=np.full(601, np.nan))
    assert maps.draw(nowhere, segments([0, 600], [1]), (), LOOK) is None
    assert maps.draw(frames.samples(), segments([0, 600], [1]), (), LOOK) is None


def test_a_single_position_is_a_start_and_a_finish():
    spec = drawn(straight().head(1), segments([0, 600], [1]))
    assert [row["t"] for row in layer(spec, "names")] == ["Start", "Finish"]
    assert spec["initialViewState"]["longitude"] == 10


def test_an_activity_without_any_tile_is_drawn_too():
    assert layer(drawn(straight(0), segments([0], [])), "names")


@pytest.mark.parametrize("size", [(350, 380), (1200, 460)])
@pytest.mark.parametrize("turned", [False, True])
def test_the_whole_route_fits_the_picture_and_fills_it(size, turned):
    run = winding()
    if turned:
        run = run.assign(latitude=run["longitude"], longitude=run["latitude"])
    view = drawn(run, segments([0, 3600], [1]), seen=look(size_px=size))["initialViewState"]
    world_px = 512 * 2 ** view["zoom"]
    x = (run["longitude"] - view["longitude"]) / 360 * world_px
    north = np.log(np.tan(np.pi / 4 + np.radians([*run["latitude"], view["latitude"]]) / 2))
    y = (north[:-1] - north[-1]) / (2 * math.pi) * world_px
    used = max(2 * np.abs(x).max() / size[0], 2 * np.abs(y).max() / size[1])
    assert 0.6 < used < 0.95


def test_a_route_across_the_antimeridian_stays_in_one_piece():
    degrees = (straight()["longitude"].to_numpy() - 10) + 179.99
    spec = drawn(straight(longitude=(degrees + 180) % 360 - 180), segments([0, 600], [1]))
    (line,) = layer(spec, "casing")
    assert np.ptp(line["p"][::2]) < 0.1
    assert np.mean(line["p"][::2]) == pytest.approx(spec["initialViewState"]["longitude"], abs=0.1)
    assert -180 <= spec["initialViewState"]["longitude"] <= 180


def test_the_basemap_is_the_browsers_choice_one_of_ones_own_or_none():
    tiles = segments([0, 600], [1])
    own = "https://tiles.example/style.json"
    assert "mapStyle" not in drawn(straight(), tiles)
    assert drawn(straight(), tiles, seen=look(style=own))["mapStyle"] == own
    bare = drawn(straight(), tiles, seen=look(style="none"))
    assert bare["mapStyle"] == "__MAP_STYLE__"  # what Streamlit takes for "no basemap"
    assert layer(bare, "paper")


def test_the_tooltip_follows_day_and_night():
    by_day, by_night = (
        maps.draw(straight(), segments([0, 600], [1]), (), look(theme=theme))._tooltip["style"]
        for theme in ("light", "dark")
    )
    assert by_day["background"] != by_night["background"]


def svg(picture: str) -> ET.Element:
    return ET.fromstring(unquote(picture.removeprefix("data:image/svg+xml,")))


def test_a_route_picture_is_a_small_drawing_with_north_up():
    picture = maps.route_picture([[50.0, 10.0], [50.01, 10.0]], "#0072B2")
    (path,) = svg(picture)
    assert path.get("d") == "M50 92 50 8"
    assert path.get("stroke") == "#0072B2"


def test_a_route_picture_of_sixty_points_takes_less_than_a_kilobyte():
    angles = np.linspace(0, 6, 60)
    circle = np.column_stack((50 + np.sin(angles), 10 + np.cos(angles)))
    assert len(maps.route_picture(circle.tolist())) <= 1024


def test_a_metre_east_is_as_long_in_the_picture_as_a_metre_north():
    (path,) = svg(maps.route_picture([[60.0, 10.0], [60.01, 10.0], [60.01, 10.02]]))
    x0, y0, _, y1, x2, _ = (int(number) for number in path.get("d")[1:].split())
    assert x2 - x0 == pytest.approx(y0 - y1, abs=1)


def test_no_route_is_no_picture():
    assert maps.route_picture([]) == ""
