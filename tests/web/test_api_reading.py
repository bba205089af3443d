"""What the REST API answers, held against what clients rely on and its own OpenAPI."""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import httpx
import jsonschema
import pytest
from sqlalchemy import text

from tests.sync import make
from tests.web.conftest import DAY

pytestmark = pytest.mark.usefixtures("shelf")

API = "/api/v1"
Z = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
ACTIVITY = (
    "id source external_id name sport sub_sport start_time time_zone utc_offset_s elapsed_time_s"
    " moving_time_s distance_m elevation_gain_m average_heartrate max_heartrate average_cadence"
    " cadence_unit average_speed_mps has_gps channels n_points n_pauses n_songs device names"
)
SEGMENT = "index track start_time end_time start_s end_s listen metrics points"
TRACK = "id name artist album isrc mbid tempo_bpm tempo_confidence"
METRICS = (
    "elapsed_s moving_s distance_m pace_s_per_km gap_s_per_km average_heartrate max_heartrate"
    " average_cadence elevation_gain_m"
)
STATS = (
    "total_segments segments_with_music segments_without_music music_time_s silence_time_s"
    " original_points simplified_points reduction_ratio"
)


def keys(words: str) -> set[str]:
    return set(words.split())


@pytest.fixture(scope="module")
def described(address):
    return httpx.get(f"{address}{API}/openapi.json").json()


@pytest.fixture
def ask(web, described):
    """Asks the API and holds the answer against its own description; status and content."""

    def get(path: str, **query):
        answer = web.get(f"{API}{path}", params=query)
        check(described, "get", path, answer)
        return answer

    return get


def check(described, method: str, path: str, answer: httpx.Response) -> None:
    """Whether an answer is one that OpenAPI describes."""
    operation = next(
        operations[method]
        for template, operations in described["paths"].items()
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    )
    response = operation["responses"].get(str(answer.status_code))
    assert response is not None, (answer.status_code, answer.text)
    if answer.status_code == 204:
        assert answer.content == b""
        return
    media_type = answer.headers["content-type"].partition(";")[0]
    content = response["content"]
    assert media_type in content, (media_type, content)
    if media_type.endswith("json"):
        schema = {**content[media_type]["schema"], "components": described["components"]}
        jsonschema.Draft202012Validator(schema).validate(answer.json())


def found(answer: httpx.Response):
    assert answer.status_code == 200, answer.text
    return answer.json()


def problem(answer: httpx.Response, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == status
    assert body["detail"]
    return body


def test_the_description_names_every_route_of_the_interface(described):
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) >= {
        "/activities",
        "/activities/{activity_id}",
        "/activities/{activity_id}/streams",
        "/activities/{activity_id}/music",
        "/listens",
        "/imports",
        "/imports/{import_id}",
    }
    assert [server["url"] for server in described["servers"]] == [API]
    meta = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
    for schema in described["components"]["schemas"].values():
        jsonschema.Draft202012Validator(meta).validate(schema)
        jsonschema.Draft202012Validator.check_schema(schema)
    for operations in described["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    (media_type,) = response["content"]
                    assert media_type == "application/problem+json"


def test_every_reference_in_the_description_leads_somewhere(described):
    def references(value):
        if isinstance(value, dict):
            if "$ref" in value:
                yield value["$ref"]
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    for reference in set(references(described)):
        place = described
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_there_are_pages_of_documentation(web):
    page = web.get(f"{API}/docs").text
    parts = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert any("swagger-ui-bundle" in part for part in parts)
    for part in parts:
        # All of it from here: nobody elsewhere learns who reads them.
        assert part.startswith(str(web.base_url))
        assert web.get(part).status_code == 200


def test_activities_come_newest_first_with_exactly_the_promised_facts(ask):
    page = found(ask("/activities"))
    assert set(page) == {"items", "next_cursor", "total"}
    assert page["next_cursor"] is None
    assert page["total"] == len(page["items"]) == 9
    starts = [item["start_time"] for item in page["items"]]
    assert starts == sorted(starts, reverse=True)
    for item in page["items"]:
        assert set(item) == keys(ACTIVITY)
        assert Z.fullmatch(item["start_time"])
        assert found(ask(f"/activities/{item['id']}")) == item


def test_one_activitys_facts_are_those_of_its_file(ask, shelf):
    watch = found(ask(f"/activities/{shelf['watch']}"))
    assert watch["start_time"] == "2024-06-03T06:30:00.000000Z"
    assert watch["time_zone"] == "Europe/Prague"
    assert (watch["utc_offset_s"], watch["elapsed_time_s"], watch["moving_time_s"]) == (
        7200,
        600,
        540,
    )
    assert (watch["distance_m"], watch["n_points"], watch["n_pauses"]) == (1620, 540, 1)
    assert (watch["cadence_unit"], watch["average_cadence"]) == ("spm", 171)
    assert watch["has_gps"] is True
    assert watch["source"] == "fit"
    yoga = found(ask(f"/activities/{shelf['yoga']}"))
    absent = ("name", "average_heartrate", "average_cadence", "cadence_unit", "device")
    assert [yoga[name] for name in absent] == [None] * 5
    assert (yoga["has_gps"], yoga["channels"], yoga["n_points"]) == (False, [], 0)


@pytest.fixture
def sampled(shelf):
    """The run indoors as one of the sample, for this test."""

    def mark(is_sample: bool) -> None:
        with shelf["engine"].begin() as conn:
            conn.execute(
                text("UPDATE activities SET is_sample = :is_sample WHERE id = :id"),
                {"is_sample": is_sample, "id": shelf["indoors"]},
            )

    mark(True)
    yield
    mark(False)


@pytest.mark.usefixtures("sampled")
def test_an_activity_of_the_sample_says_so(ask, shelf):
    listed = {item["id"]: item for item in found(ask("/activities"))["items"]}
    alone = found(ask(f"/activities/{shelf['indoors']}"))
    assert listed[shelf["indoors"]] == alone
    assert alone["source"] == "sample"
    assert listed[shelf["watch"]]["source"] == "fit"


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 8, 9])
def test_paging_meets_every_activity_once_even_with_equal_starts(ask, limit):
    whole = [item["id"] for item in found(ask("/activities"))["items"]]
    seen, cursor, pages = [], None, 0
    while True:
        page = found(ask("/activities", limit=limit, **({"cursor": cursor} if cursor else {})))
        seen += [item["id"] for item in page["items"]]
        assert page["total"] == 9
        pages += 1
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == whole
    assert pages == math.ceil(9 / limit)


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_paging_meets_every_play_once(ask, limit):
    whole = [item["id"] for item in found(ask("/listens", limit=1000))["items"]]
    assert len(whole) == len(set(whole)) == 14
    seen, cursor = [], None
    while True:
        page = found(ask("/listens", limit=limit, **({"cursor": cursor} if cursor else {})))
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == whole


def test_activities_are_filtered_by_sport_and_half_open_time(ask):
    def names(**query):
        return [item["sport"] for item in found(ask("/activities", **query))["items"]]

    assert names(sport="yoga") == ["yoga"]
    assert names(sport="nothing") == []
    begin = make.iso(make.START)
    assert len(names(since=begin)) == 4
    assert len(names(until=begin)) == 5
    assert len(names(since=begin, until=make.iso(make.START + DAY))) == 1
    # A time without a zone is UTC; another zone is understood.
    assert len(names(since="2024-06-01T06:30:00")) == 4
    assert len(names(since="2024-06-01T08:30:00+02:00", until="2024-06-02T08:30:00+02:00")) == 1
    page = found(ask("/activities", sport="run", limit=1))
    assert page["total"] == 5
    rest = found(ask("/activities", sport="run", limit=50, cursor=page["next_cursor"]))
    assert len(rest["items"]) == 4


def test_plays_tell_song_certainty_and_sources(ask):
    page = found(ask("/listens"))
    assert page["total"] == len(page["items"])
    for item in page["items"]:
        assert set(item) == keys(
            "id track started_at ended_at played_s certainty plus_minus_s sources"
        )
        assert set(item["track"]) == keys(TRACK)
        assert Z.fullmatch(item["started_at"])
        assert Z.fullmatch(item["ended_at"])
    (merged,) = [item for item in page["items"] if len(item["sources"]) == 2]
    assert merged["sources"] == ["lastfm", "spotify_extended"]
    assert merged["track"]["name"] == "Middle"
    of_lastfm = found(ask("/listens", source="lastfm"))
    assert of_lastfm["total"] == 3
    begin = make.iso(make.START)
    assert found(ask("/listens", until=begin))["total"] == 1
    day = {"since": begin, "until": make.iso(make.START + DAY / 2)}
    assert found(ask("/listens", **day))["total"] == 5


def test_streams_hold_every_sample_and_only_what_exists(ask, shelf):
    streams = found(ask(f"/activities/{shelf['watch']}/streams"))
    facts = found(ask(f"/activities/{shelf['watch']}"))
    assert set(streams) == {"time_s", *facts["channels"]}
    assert {len(values) for values in streams.values()} == {540}
    assert streams["time_s"][0] == 0
    assert streams["time_s"] == sorted(streams["time_s"])
    assert streams["heartrate"][:3] == [120, 121, 122]
    indoors = found(ask(f"/activities/{shelf['indoors']}/streams"))
    assert "latitude" not in indoors
    assert {"heartrate", "distance_m"} <= set(indoors)
    assert found(ask(f"/activities/{shelf['yoga']}/streams")) == {"time_s": []}


@pytest.mark.parametrize("most", [1, 2, 7, 539, 540, 541, 10**9])
def test_streams_can_be_thinned(ask, shelf, most):
    streams = found(ask(f"/activities/{shelf['watch']}/streams", max_points=most))
    times = streams["time_s"]
    assert len(times) == min(most, 540)
    assert times[0] == 0
    if most > 1:
        assert times[-1] == 599
    assert len(set(times)) == len(times)


def test_channels_can_be_chosen(ask, shelf):
    path = f"/activities/{shelf['watch']}/streams"
    assert set(found(ask(path, channels="heartrate"))) == {"time_s", "heartrate"}
    chosen = found(ask(path, channels="speed_mps, time_s,power_w"))
    assert set(chosen) == {"time_s", "speed_mps"}
    body = problem(ask(path, channels="heartrate,mood"), 400)
    assert "'mood'" in body["detail"]
    assert "heartrate" in body["detail"]


def music(ask, number, **query):
    answer = found(ask(f"/activities/{number}/music", **query))
    assert set(answer) == {"activity_id", "has_gps", "segments", "stats"}
    assert set(answer["stats"]) == keys(STATS)
    return answer


@pytest.mark.parametrize("name", ["winding", "indoors", "watch", "dateline", "yoga"])
def test_segments_tile_the_activity_and_totals_are_their_sums(ask, shelf, name):
    facts = found(ask(f"/activities/{shelf[name]}"))
    answer = music(ask, shelf[name])
    segments, stats = answer["segments"], answer["stats"]
    start = datetime.fromisoformat(facts["start_time"])
    assert segments[0]["start_s"] == 0
    assert segments[-1]["end_s"] == facts["elapsed_time_s"]
    assert [s["index"] for s in segments] == list(range(len(segments)))
    for before, after in itertools.pairwise(segments):
        assert before["end_s"] == after["start_s"]
        assert before["end_time"] == after["start_time"]
        assert before["track"] != after["track"]
    for segment in segments:
        assert set(segment) == keys(SEGMENT)
        assert set(segment["metrics"]) == keys(METRICS)
        assert (segment["track"] is None) == (segment["listen"] is None)
        for end in ("start", "end"):
            assert Z.fullmatch(segment[f"{end}_time"])
            moment = datetime.fromisoformat(segment[f"{end}_time"])
            assert (moment - start).total_seconds() == pytest.approx(segment[f"{end}_s"], abs=1e-5)
        if segment["track"]:
            assert set(segment["track"]) == keys(TRACK)
            assert set(segment["listen"]) == keys("source started_at certainty plus_minus_s")
            assert segment["listen"]["certainty"] in ("exact", "estimated", "uncertain")
    songs = [s["end_s"] - s["start_s"] for s in segments if s["track"]]
    assert stats["total_segments"] == len(segments)
    assert stats["segments_with_music"] == len(songs) == facts["n_songs"]
    assert stats["segments_without_music"] == len(segments) - len(songs)
    assert stats["music_time_s"] == pytest.approx(sum(songs))
    assert stats["music_time_s"] + stats["silence_time_s"] == pytest.approx(facts["elapsed_time_s"])
    assert answer["has_gps"] == facts["has_gps"]
    for name_of_total, fact in (("elapsed_s", "elapsed_time_s"), ("moving_s", "moving_time_s")):
        total = sum(s["metrics"][name_of_total] for s in segments)
        assert total == pytest.approx(facts[fact])
    if facts["n_points"]:
        covered = sum(s["metrics"]["distance_m"] for s in segments)
        assert covered == pytest.approx(facts["distance_m"], rel=0.01)


def test_the_song_already_playing_belongs_to_the_run_and_the_last_one_ends_with_it(ask, shelf):
    answer = music(ask, shelf["winding"])
    names = [s["track"] and s["track"]["name"] for s in answer["segments"]]
    assert names == ["Before", None, "Middle", "=1+1", "After", None]
    first = answer["segments"][0]
    assert first["listen"]["started_at"] == "2024-06-01T06:28:20.000000Z"
    assert first["listen"]["source"] == "spotify_extended"


def test_an_activity_without_songs_is_one_silence_and_without_gps_has_no_points(ask, shelf):
    (silence,) = music(ask, shelf["watch"])["segments"]
    assert (silence["track"], silence["start_s"], silence["end_s"]) == (None, 0, 600)
    indoors = music(ask, shelf["indoors"])
    assert len(indoors["segments"]) == 5
    assert all(s["points"] == [] for s in indoors["segments"])
    assert indoors["stats"]["original_points"] == 0
    assert indoors["stats"]["reduction_ratio"] == 0


EARTH_M = 6_371_008.8


def metres(point, origin) -> tuple[float, float]:
    """A point on a plane around another, in metres; across the date line too."""
    east = (point["longitude"] - origin["longitude"] + 180) % 360 - 180
    east *= math.cos(math.radians(origin["latitude"]))
    north = point["latitude"] - origin["latitude"]
    return math.radians(east) * EARTH_M, math.radians(north) * EARTH_M


def distance_to_line(point, a, b) -> float:
    (x, y), (dx, dy) = metres(point, a), metres(b, a)
    length = dx * dx + dy * dy
    share = 0.0 if length == 0 else max(0.0, min(1.0, (x * dx + y * dy) / length))
    return math.hypot(x - share * dx, y - share * dy)


@pytest.mark.parametrize("name", ["winding", "dateline", "watch"])
@pytest.mark.parametrize("tolerance", [0, 2, 10, 200])
def test_no_sample_is_further_from_the_line_than_the_tolerance(ask, shelf, name, tolerance):
    path = f"/activities/{shelf[name]}"
    samples = found(ask(f"{path}/streams", channels="latitude,longitude"))
    answer = music(ask, shelf[name], tolerance=tolerance)
    line = []
    for segment in answer["segments"]:
        fresh = segment["points"][1:] if line else segment["points"]
        line += fresh
    times = [point["t_s"] for point in line]
    assert times == sorted(set(times))
    assert times[0] == samples["time_s"][0]
    assert times[-1] == samples["time_s"][-1]
    worst = 0.0
    for t_s, lat, lon in zip(*samples.values(), strict=True):
        after = next(i for i, at in enumerate(times) if at >= t_s)
        here = {"latitude": lat, "longitude": lon}
        worst = max(worst, distance_to_line(here, line[max(after - 1, 0)], line[after]))
    # On a sphere and on a plane metres differ a little.
    assert worst <= tolerance * 1.01 + 0.02
    stats = answer["stats"]
    assert stats["original_points"] == len(samples["time_s"])
    assert stats["simplified_points"] == len(line)
    assert 0 <= stats["reduction_ratio"] <= 1
    assert stats["reduction_ratio"] == pytest.approx(max(0, 1 - len(line) / len(samples["time_s"])))
    if tolerance >= 10:
        assert len(line) < len(samples["time_s"]) / 5


@pytest.mark.parametrize("simplify", ["true", "false"])
@pytest.mark.parametrize("name", ["winding", "dateline"])
def test_neighbours_share_the_point_at_which_songs_change(ask, shelf, name, simplify):
    answer = music(ask, shelf[name], simplify=simplify)
    segments = answer["segments"]
    for before, after in itertools.pairwise(segments):
        assert before["points"][-1] == after["points"][0]
        assert before["points"][-1]["t_s"] == before["end_s"]
    for segment in segments:
        for point in segment["points"]:
            assert set(point) == keys(
                "t_s latitude longitude altitude_m heartrate cadence speed_mps"
            )
            assert segment["start_s"] <= point["t_s"] <= segment["end_s"]
            # West and east of the date line, never in the middle of the map.
            assert abs(point["longitude"]) > 179 or name == "winding"
    if simplify == "false":
        assert sum(len(s["points"]) for s in segments) >= answer["stats"]["original_points"]
        assert answer["stats"]["reduction_ratio"] == 0


NUMBERED = ["", "/streams", "/music", "/songs.gpx", "/songs.csv", "/samples.csv"]


@pytest.mark.parametrize("what", NUMBERED)
def test_another_users_activity_is_as_unknown_as_one_that_is_not(ask, shelf, what):
    theirs = problem(ask(f"/activities/{shelf['theirs']}{what}"), 404)
    nobodys = problem(ask(f"/activities/{2**62}{what}"), 404)
    assert theirs == nobodys


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/activities", {"limit": 0}),
        ("/activities", {"limit": 501}),
        ("/activities", {"limit": "many"}),
        ("/activities", {"since": "yesterday"}),
        ("/activities", {"sport": "\0"}),
        ("/activities/nine", {}),
        ("/activities/0", {}),
        ("/activities/99999999999999999999", {}),
        ("/activities/1/streams", {"max_points": 0}),
        ("/activities/1/music", {"tolerance": -1}),
        ("/activities/1/music", {"tolerance": "nan"}),
        ("/activities/1/music", {"tolerance": "inf"}),
        ("/activities/1/music", {"simplify": "perhaps"}),
        ("/listens", {"limit": 1001}),
        ("/listens", {"source": "a\0b"}),
        ("/listens", {"until": "2024-13-01"}),
        ("/imports/not-a-uuid", {}),
        ("/imports/123", {}),
    ],
)
def test_what_cannot_be_meant_is_invalid(ask, path, query):
    body = problem(ask(path, **query), 422)
    assert body["title"] == "Invalid"


@pytest.mark.parametrize(
    "cursor",
    ["x", "AAAA", "é", "W10=", "WyJhIiwxXQ==", "bnVsbA==", "W" * 3000, "WzEsMl0=", "🏃"],
)
@pytest.mark.parametrize("path", ["/activities", "/listens"])
def test_a_cursor_of_ones_own_making_is_refused(ask, path, cursor):
    assert "cursor" in problem(ask(path, cursor=cursor), 400)["detail"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_the_ends_of_time_are_times(ask, moment):
    before = found(ask("/activities", until=moment))["total"]
    after = found(ask("/activities", since=moment))["total"]
    assert before + after == 9
    assert found(ask("/listens", since=moment))["total"] in (0, 14)


def test_unknown_paths_and_methods_are_problems_too(web):
    problem(web.get(f"{API}/nowhere"), 404)
    answer = web.put(f"{API}/activities")
    problem(answer, 405)
    assert "GET" in answer.headers["allow"]


GPX = {
    "g": "http://www.topografix.com/GPX/1/1",
    "t": "http://www.garmin.com/xmlschemas/TrackPointExtension/v2",
}


@pytest.mark.parametrize("name", ["winding", "dateline", "watch"])
def test_a_gpx_download_holds_the_whole_route_in_order_and_every_song(ask, shelf, name):
    answer = ask(f"/activities/{shelf[name]}/songs.gpx")
    assert answer.headers["content-disposition"].startswith("attachment")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == f"{{{GPX['g']}}}gpx"
    order = [child.tag.rpartition("}")[2] for child in root]
    songs = [s for s in music(ask, shelf[name])["segments"] if s["track"]]
    assert order == ["metadata", *(["wpt"] * len(songs)), "trk"]
    points = root.findall(".//g:trkpt", GPX)
    streams = found(ask(f"/activities/{shelf[name]}/streams"))
    assert len(points) == len(streams["time_s"])
    assert [float(p.get("lat")) for p in points] == pytest.approx(streams["latitude"], abs=1e-7)
    assert [float(p.get("lon")) for p in points] == pytest.approx(streams["longitude"], abs=1e-7)
    times = [p.findtext("g:time", namespaces=GPX) for p in points]
    assert times == sorted(times)
    assert all(Z.fullmatch(time) for time in times)
    beats = [float(p.findtext(".//t:hr", namespaces=GPX)) for p in points]
    assert beats == pytest.approx(streams["heartrate"], abs=0.5)
    # Steps of one leg, as the programs that read this expect it.
    legs = [float(p.findtext(".//t:cad", namespaces=GPX)) for p in points]
    assert legs == pytest.approx([c / 2 for c in streams["cadence"]], abs=0.51)
    for waypoint, segment in zip(root.findall("g:wpt", GPX), songs, strict=True):
        title = waypoint.findtext("g:name", namespaces=GPX)
        assert title == f"{segment['track']['name']} – {segment['track']['artist']}"
        first = segment["points"][0]
        assert float(waypoint.get("lat")) == pytest.approx(first["latitude"], abs=1e-6)
        assert float(waypoint.get("lon")) == pytest.approx(first["longitude"], abs=1e-6)


def test_a_gpx_download_breaks_at_pauses_and_at_songs(ask, shelf):
    root = ElementTree.fromstring(ask(f"/activities/{shelf['watch']}/songs.gpx").content)
    lines = [len(line.findall("g:trkpt", GPX)) for line in root.findall(".//g:trkseg", GPX)]
    assert lines == [200, 340]
    root = ElementTree.fromstring(ask(f"/activities/{shelf['winding']}/songs.gpx").content)
    titles = [
        line.findtext("g:extensions/{*}title", namespaces=GPX)
        for line in root.findall(".//g:trkseg", GPX)
    ]
    assert [t for n, t in enumerate(titles) if n == 0 or t != titles[n - 1]] == [
        "Before",
        None,
        "Middle",
        "=1+1",
        "After",
        None,
    ]


def test_every_point_of_a_gpx_download_belongs_to_the_song_that_played(ask, shelf):
    root = ElementTree.fromstring(ask(f"/activities/{shelf['winding']}/songs.gpx").content)
    points = {}
    for line in root.findall(".//g:trkseg", GPX):
        title = line.findtext("g:extensions/{*}title", namespaces=GPX)
        points[title] = points.get(title, 0) + len(line.findall("g:trkpt", GPX))
    times = found(ask(f"/activities/{shelf['winding']}/streams", channels="latitude"))["time_s"]
    expected = {}
    for segment in music(ask, shelf["winding"])["segments"]:
        title = segment["track"] and segment["track"]["name"]
        inside = [t for t in times if segment["start_s"] <= t < segment["end_s"]]
        expected[title] = expected.get(title, 0) + len(inside)
    expected[None] += 1  # the very last sample
    assert points == expected


@pytest.mark.parametrize(("what", "name"), [("winding", "=Winding & long"), ("watch", None)])
def test_a_gpx_download_bears_the_runner_s_own_name_or_none(ask, shelf, what, name):
    root = ElementTree.fromstring(ask(f"/activities/{shelf[what]}/songs.gpx").content)
    assert root.findtext("g:trk/g:name", namespaces=GPX) == name
    assert found(ask(f"/activities/{shelf[what]}"))["name"] == name


def test_a_gpx_download_without_a_route_has_none(ask, shelf):
    root = ElementTree.fromstring(ask(f"/activities/{shelf['indoors']}/songs.gpx").content)
    assert root.findall(".//g:trkpt", GPX) == root.findall("g:wpt", GPX) == []


def rows_of(answer) -> list[dict[str, str]]:
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("name", ["winding", "indoors", "watch", "yoga"])
def test_csv_downloads_hold_a_row_per_song_and_per_sample(ask, shelf, name):
    songs = rows_of(ask(f"/activities/{shelf[name]}/songs.csv"))
    segments = music(ask, shelf[name])["segments"]
    assert [float(row["start_s"]) for row in songs] == [s["start_s"] for s in segments]
    assert [row["start_time"] for row in songs] == [s["start_time"] for s in segments]
    samples = rows_of(ask(f"/activities/{shelf[name]}/samples.csv"))
    streams = found(ask(f"/activities/{shelf[name]}/streams"))
    assert [float(row["time_s"]) for row in samples] == streams["time_s"]
    for row in samples:
        at = float(row["time_s"])
        here = [s for s in segments if s["start_s"] <= at < s["end_s"]] or segments[-1:]
        title = here[0]["track"]["name"] if here[0]["track"] else ""
        assert row["title"].removeprefix("'") == title


@pytest.mark.parametrize("what", ["songs", "samples"])
def test_no_cell_of_a_csv_is_taken_for_a_formula(ask, shelf, what):
    rows = rows_of(ask(f"/activities/{shelf['winding']}/{what}.csv"))
    cells = {row[name] for row in rows for name in ("title", "artist")}
    assert "'=1+1" in cells
    assert "'=cmd" in cells
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


def test_a_run_that_was_downloaded_and_handed_in_again_is_the_same_run(ask, shelf, tmp_path):
    from runsous.analysis.recording import complete
    from runsous.files.gpx import read_gpx

    content = ask(f"/activities/{shelf['winding']}/songs.gpx").content
    again = complete(read_gpx(content).workouts[0], home_zone=None)
    facts = found(ask(f"/activities/{shelf['winding']}"))
    assert again.start_time == datetime.fromisoformat(facts["start_time"]).astimezone(UTC)
    assert again.elapsed_time_s == facts["elapsed_time_s"]
    assert again.distance_m == pytest.approx(facts["distance_m"], rel=0.001)
    assert len(again.pauses) == facts["n_pauses"]
    assert again.average_cadence == pytest.approx(facts["average_cadence"], rel=0.01)
