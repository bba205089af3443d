"""The songs of a hill, from runs and plays as they are imported."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runsous.errors import InputError, NotFound
from runsous.reports import hills
from runsous.store import ways
from runsous.sync import efforts
from tests.sync import make

DAY = timedelta(days=1)
# Metres a second, beats a minute, and songs with metres from where to where.
RUNS = {
    "a": (3.0, 140, [("Ana – Fast", 0, 2000)]),
    "b": (4.0, 160, [("Ana – Fast", 0, 2000)]),
    "c": (2.5, 150, [("Bo – Slow", 0, 2000)]),
    "d": (2.0, 130, [("Bo – Intro", 0, 300)]),
    "e": (3.0, 145, [("Ana – Fast", 0, 750), ("Bo – Slow", 750, 2000)]),
}


def track(start, speed_mps, beats, *, sport="running", north=1) -> bytes:
    """2 km due north (or south) from Prague, as GPX."""
    far = [50.08 + north * 20 * i / 111_195 for i in range(101)]
    points = "".join(
        f'<trkpt lat="{lat:.7f}" lon="14.42"><ele>200</ele>'
        f"<time>{make.iso(start + timedelta(seconds=20 * i / speed_mps))}</time><extensions>"
        '<t:TrackPointExtension xmlns:t="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">'
        f"<t:hr>{beats}</t:hr></t:TrackPointExtension></extensions></trkpt>"
        for i, lat in enumerate(far)
    )
    return (
        '<?xml version="1.0"?><gpx version="1.1" creator="watch"'
        ' xmlns="http://www.topografix.com/GPX/1/1"><trk>'
        f"<type>{sport}</type><trkseg>{points}</trkseg></trk></gpx>"
    ).encode()


def fill(engine, folder):
    """The five runs on five days, one the other way, a ride, and one elsewhere."""
    others = {
        "back": {"north": -1},
        "ride": {"sport": "cycling"},
    }
    plays, paths = [], []
    for day, (name, (speed, beats, songs)) in enumerate(RUNS.items()):
        content = track(make.START + day * DAY, speed, beats)
        paths.append(make.written(folder, f"{name}.gpx", content))
        begin_s = day * DAY.total_seconds()
        plays += [(begin_s + a / speed, song, (b - a) / speed) for song, a, b in songs]
    for day, (name, how) in enumerate(others.items(), start=len(RUNS)):
        paths.append(
            make.written(folder, f"{name}.gpx", track(make.START + day * DAY, 3.0, 150, **how))
        )
        plays.append((day * DAY.total_seconds(), "Ana – Fast", 600))
    report = make.take(engine, *paths, make.written(folder, "s.json", make.spotify(*plays)))
    assert report.failed == 0
    efforts.refresh(engine, make.user(engine))


@pytest.fixture
def ids(engine, filled) -> dict[str, int]:
    """The activities by name."""
    found = make.rows(engine, "SELECT path, activity_id FROM activity_files")
    return {row["path"].rpartition("/")[2][: -len(".gpx")]: row["activity_id"] for row in found}


@pytest.fixture
def hill(engine, ids):
    def of(name="a", from_m=600.0, to_m=1200.0):
        with engine.begin() as conn:
            return hills.hill(conn, make.user(engine), ids[name], from_m, to_m)

    return of


def named(found, *columns):
    return {row["title"]: tuple(row[c] for c in columns) for _, row in found.iterrows()}


def test_every_pass_in_that_direction_and_sport_is_compared_with_the_middle_one(hill, ids):
    found = hill()
    rows = found.passes
    assert rows["activity_id"].tolist() == [ids[name] for name in "abcde"]
    # 600 m at each speed; the middle of 150, 200, 200, 240, 300.
    assert rows["moving_s"].tolist() == pytest.approx([200, 150, 240, 300, 200], abs=0.5)
    assert rows["difference_s"].tolist() == pytest.approx([0, -50, 40, 100, 0], abs=0.5)
    assert rows["heartrate"].tolist() == pytest.approx([140, 160, 150, 130, 145])
    assert rows["difference_bpm"].tolist() == pytest.approx([-5, 15, 5, -15, 0])
    assert rows["at"].tolist()[1] == pytest.approx(
        make.START + DAY + timedelta(seconds=150), abs=(timedelta(seconds=1))
    )
    assert found.middle.moving_s == pytest.approx(200, abs=0.5)
    assert found.middle.pace_s_per_km == pytest.approx(1000 / 3, abs=1)


def test_songs_are_told_by_their_passes_those_heard_most_first(hill):
    songs = hill().songs
    assert songs["title"].tolist() == ["Fast", "Slow"]
    told = named(songs, "n_passes", "share", "moving_s", "heartrate", "difference_s")
    # Runs a, b and a quarter of e; run c and the rest of e.
    assert told["Fast"] == pytest.approx((3, 0.75, 200, 145, 0), abs=0.5)
    assert told["Fast"][1] == pytest.approx(0.75, abs=0.01)
    assert told["Slow"] == pytest.approx((2, 0.875, 220, 147.5, 20), abs=0.5)
    assert told["Slow"][1] == pytest.approx(0.875, abs=0.01)


def test_passes_without_music_stand_beside_them(hill):
    found = hill()
    assert found.passes["music"].tolist() == ["song", "song", "song", "none", "song"]
    assert found.silent.n_passes == 1
    assert found.silent.moving_s == pytest.approx(300, abs=0.5)
    assert found.missing is None


def test_what_sounded_for_less_than_a_fifth_is_no_song_of_the_hill(hill):
    # From 700 to 1300 m run e heard Fast for 50 m.
    found = hill(from_m=700, to_m=1300)
    assert named(found.songs, "n_passes") == {"Fast": (2,), "Slow": (2,)}
    # From 200 to 800 m run d heard Intro for 100 m: neither with nor without music.
    found = hill(from_m=200, to_m=800)
    assert found.passes["music"].tolist()[3] == "brief"
    assert found.silent.n_passes == 0


def test_a_stretch_none_of_whose_songs_fills_a_fifth_is_not_one_without_music(
    hill, engine, ids, tmp_path
):
    # Way back: songs of 250 m each along 2000 m, on two days.
    for days in (7, 8):
        start = make.START + days * DAY
        songs = [(i * 250 / 3, f"Many – Song {i}", 250 / 3) for i in range(8)]
        make.take(
            engine,
            make.written(tmp_path, f"{days}.gpx", track(start, 3.0, 150, sport="hiking")),
            make.written(tmp_path, f"{days}.json", make.spotify(*songs, start=start)),
        )
    efforts.refresh(engine, make.user(engine))
    with engine.begin() as conn:
        (hike, _) = make.rows(engine, "SELECT id FROM activities WHERE sport = 'hike' ORDER BY 1")
        whole, part = (
            hills.hill(conn, make.user(engine), hike["id"], 0, far) for far in (2000, 1000)
        )
    assert whole.missing == (
        "On no pass did a song fill a fifth of this stretch: choose a shorter one."
    )
    assert whole.passes["music"].tolist() == ["brief", "brief"]
    assert whole.silent.n_passes == 0
    assert part.missing is None
    assert len(part.songs) == 4


def test_songs_that_are_not_sure_to_have_sounded_there_do_not_count(hill, engine, ids):
    with engine.begin() as conn:
        conn.exec_driver_sql(
            "UPDATE plays SET certainty = 'uncertain' WHERE id IN"
            f" (SELECT play_id FROM segments WHERE activity_id = {ids['c']})"
        )
    found = hill()
    assert found.passes["music"].tolist() == ["song", "song", "unsure", "none", "song"]
    assert named(found.songs, "n_passes")["Slow"] == (1,)
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE plays SET certainty = 'uncertain'")
    assert hill().missing == "On no pass is it sure which songs played here."


def test_one_pass_is_nothing_to_compare(hill):
    found = hill("back")
    assert len(found.passes) == 1
    assert found.missing == "You passed here once: there is nothing to compare with yet."


def test_a_stretch_is_of_the_activitys_way(hill, engine, ids):
    assert hill(from_m=-50, to_m=9999).to_m == pytest.approx(2000, abs=26)
    for since, until in [(500, 550), (900, 300), (2500, 3000)]:
        with pytest.raises(InputError):
            hill(from_m=since, to_m=until)
    with engine.begin() as conn, pytest.raises(NotFound):
        hills.hill(conn, make.user(engine) + 1, ids["a"], 600, 1200)


def test_activities_on_one_route_share_its_number_and_keep_it(engine, ids, tmp_path):
    user = make.user(engine)
    with engine.begin() as conn:
        route_of, routes = ways.route_of(conn, user), ways.routes(conn, user)
    assert len({route_of[ids[name]] for name in "abcde"}) == 1
    assert len({route_of[ids[name]] for name in ("a", "back", "ride")}) == 3
    assert routes["n_activities"].tolist() == [5, 1, 1]
    assert routes["activity_id"].tolist() == [ids["e"], ids["ride"], ids["back"]]
    # Another run there, and one that is measured again.
    late = make.START + 9 * DAY
    make.take(
        engine,
        make.written(tmp_path, "late.gpx", track(late, 3.3, 150)),
        make.written(tmp_path, "l.json", make.spotify((0, "Ana – Fast", 600), start=late)),
    )
    with engine.begin() as conn:
        conn.exec_driver_sql(f"UPDATE activities SET revision = revision + 1 WHERE id = {ids['a']}")
    assert efforts.refresh(engine, user) == 2
    with engine.begin() as conn:
        after = ways.route_of(conn, user)
    (new,) = set(after) - set(route_of)
    assert after.pop(new) == route_of[ids["a"]]
    assert after == route_of
