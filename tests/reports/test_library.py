"""Lists and totals as the pages read them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from runsous.accounts import retention
from runsous.reports import library
from runsous.store import activities, imports, plays
from runsous.store.activities import SORTS, Filter
from runsous.sync import import_files, sample
from tests.sync import make

DAY, HEARD = timedelta(days=1), timedelta(seconds=100)


def fill(engine, folder):
    """Three runs, the middle one with songs; a ride whose name holds signs of search."""
    index = make.strava_index(
        [make.strava_row(1, make.START + 3 * DAY, Activity__Type="Ride", Activity__Name="100 %_\\")]
    )
    make.take(
        engine,
        make.written(folder, "a.fit", make.fit(make.START, 300)),
        make.written(folder, "b.gpx", make.gpx(make.START + DAY, 900, name="Föhn am See")),
        make.written(folder, "c.fit", make.fit(make.START + 2 * DAY, 600)),
        make.written(folder, "activities.csv", index),
        make.written(
            folder,
            "songs.json",
            make.spotify(
                *((n * 100.0, f"Künstler {n} – Lied {n}", 100.0) for n in range(7)),
                start=make.START + DAY,
            ),
        ),
    )


@pytest.fixture
def shelf(engine, filled):
    """The user whose all that is."""
    return make.user(engine)


def page(engine, user, sort="newest", limits=(0, 20), **wanted):
    with engine.begin() as conn:
        return library.activity_page(conn, user, Filter(**wanted), sort=sort, page=limits)


def names(found):
    return [row["name"] for row in found.items]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("föhn", ["Föhn am See"]),
        ("  SEE ", ["Föhn am See"]),
        ("künstler 3", ["Föhn am See"]),
        ("lied 6", ["Föhn am See"]),
        ("lied 7", []),
        ("100 %", ["100 %_\\"]),
        ("%", ["100 %_\\"]),
        ("_\\", ["100 %_\\"]),
        ("", ["100 %_\\", None, "Föhn am See", None]),
    ],
)
def test_activities_are_found_by_words_in_their_name_or_songs(engine, shelf, words, found):
    assert names(page(engine, shelf, search=words)) == found


def test_activities_with_songs_show_the_first_of_them_in_order(engine, shelf):
    found = page(engine, shelf, with_songs=True)
    assert found.total == 1
    (row,) = found.items
    assert row["n_songs"] == 7
    titles = [song["title"] for song in row["songs"]]
    assert titles == ["Lied 0", "Lied 1", "Lied 2", "Lied 3"]
    assert all(row["songs"] == [] for row in page(engine, shelf, sport="ride").items)


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_every_order_hold_every_activity_once(engine, shelf, sort):
    whole = [row["id"] for row in page(engine, shelf, sort).items]
    by_one = [page(engine, shelf, sort, (n, 1)).items[0]["id"] for n in range(4)]
    assert by_one == whole
    assert len(set(whole)) == 4
    assert page(engine, shelf, sort, (9, 5)).items == []
    assert page(engine, shelf, sort, (9, 5)).total == 4


def test_orders_are_what_their_names_say(engine, shelf):
    def by(sort, column):
        return [row[column] for row in page(engine, shelf, sort).items]

    starts = by("newest", "start_time")
    assert starts == sorted(starts, reverse=True)
    assert by("oldest", "start_time") == starts[::-1]
    assert by("duration", "elapsed_time_s") == [899, 600, 600, 300]
    assert by("longest", "distance_m") == pytest.approx([2697, 1800, 1800, 900], abs=1)
    assert by("songs", "n_songs") == [7, 0, 0, 0]


def overview(engine, user):
    with engine.begin() as conn:
        return library.overview(conn, user)


def test_totals_are_of_this_user_alone(engine, shelf, tmp_path):
    found = overview(engine, shelf)
    assert (found.own.activities, found.own.with_songs) == (4, 1)
    assert found.own.distance_m == pytest.approx(900 + 2697 + 1800 + 1800, abs=1)
    assert (found.own.plays, found.own.tracks) == (7, 7)
    assert list(found.sources) == ["spotify_extended"]
    assert found.sources["spotify_extended"]["n"] == 7
    assert found.sports == ["run", "ride"]
    with engine.begin() as conn:
        other = conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()
    run = make.written(tmp_path, "a.fit", make.fit(make.START, 300))
    import_files.import_paths(engine, other, [run])
    assert overview(engine, shelf) == found
    theirs = overview(engine, other)
    assert (theirs.own.activities, theirs.own.plays, theirs.sources) == (1, 0, {})


def gap(engine, user):
    return overview(engine, user).gap


def test_the_gap_between_runs_and_songs_is_named(engine, tmp_path):
    user = make.user(engine)
    assert gap(engine, user).kind == "activities"
    make.take(engine, make.written(tmp_path, "a.fit", make.fit()))
    assert gap(engine, user).kind == "listens"
    late = make.spotify((0, "Ana – Late", 100.0), start=make.START + DAY)
    make.take(engine, make.written(tmp_path, "late.json", late))
    found = gap(engine, user)
    assert (found.kind, found.before, found.during, found.after) == ("apart", 1, 0, 0)
    early = make.spotify((0, "Ana – Early", 100.0), start=make.START - DAY)
    make.take(engine, make.written(tmp_path, "early.json", early))
    found = gap(engine, user)
    assert (found.kind, found.before, found.during, found.after) == ("few", 0, 1, 0)
    # What a source says is the end of a play that lasted 100 s.
    assert found.heard == (make.START - DAY + HEARD, make.START + DAY + HEARD)


def test_it_is_a_gap_when_more_than_half_have_no_songs(engine, tmp_path):
    user = make.user(engine)
    runs = [make.written(tmp_path, f"{n}.fit", make.fit(make.START + n * DAY)) for n in range(2)]
    songs = make.spotify((0, "Ana – One", 100.0))
    make.take(engine, *runs, make.written(tmp_path, "songs.json", songs))
    assert gap(engine, user) is None
    make.take(engine, make.written(tmp_path, "third.fit", make.fit(make.START + 2 * DAY)))
    found = gap(engine, user)
    assert (found.kind, found.before, found.during, found.after) == ("few", 0, 0, 2)


def test_what_has_no_samples_any_more_waits_for_no_songs(engine, tmp_path):
    user = make.user(engine)
    runs = [make.written(tmp_path, f"{n}.fit", make.fit(make.START + n * DAY)) for n in range(2)]
    late = make.spotify((0, "Ana – Late", 100.0), start=make.START + 9 * DAY)
    make.take(engine, *runs, make.written(tmp_path, "late.json", late))
    assert gap(engine, user).before == 2
    retention.choose(engine, user, 1)
    assert retention.apply(engine, user) == 2
    assert gap(engine, user) is None
    assert overview(engine, user).own.activities == 2


@pytest.mark.usefixtures("short_season")
def test_the_sample_is_counted_apart(engine, shelf):
    before = overview(engine, shelf)
    assert not before.has_sample
    sample.add(engine, shelf)
    found = overview(engine, shelf)
    assert found.has_sample
    assert (found.own, found.gap) == (before.own, before.gap)
    counted = make.rows(engine, "SELECT count(*) AS n FROM activities WHERE is_sample")
    assert found.sample.activities == counted[0]["n"] > 5
    counted = make.rows(engine, "SELECT count(*) AS n FROM plays WHERE source = 'sample'")
    assert found.sample.plays == counted[0]["n"] > 100


@pytest.mark.usefixtures("short_season")
def test_songs_shared_with_the_sample_are_ones_own_too(engine, tmp_path):
    user = make.user(engine)
    sample.add(engine, user)
    heard = make.rows(
        engine,
        "SELECT DISTINCT a.name || ' – ' || t.title AS song FROM plays p"
        " JOIN tracks t ON t.id = p.track_id JOIN artists a ON a.id = t.artist_id ORDER BY 1",
    )
    songs = [heard[0]["song"], heard[1]["song"], "Nobody – Mine Alone"]
    again = [(n * 300.0, song) for n, song in enumerate([*songs, *songs])]
    # At the very time of a play of the sample: what two told of is not the sample's alone.
    (met,) = make.rows(
        engine,
        "SELECT a.name || ' – ' || t.title AS song, p.started_at AS at FROM plays p"
        " JOIN tracks t ON t.id = p.track_id JOIN artists a ON a.id = t.artist_id"
        " WHERE NOT p.is_skip AND a.name || ' – ' || t.title <> ALL (:songs) LIMIT 1",
        songs=songs,
    )
    at_once = make.lastfm((0, met["song"]), start=met["at"])
    make.take(engine, make.written(tmp_path, "own.csv", make.lastfm(*again)))
    make.take(engine, make.written(tmp_path, "at_once.csv", at_once))
    own, of_sample = overview(engine, user).own, overview(engine, user).sample
    assert (own.plays, own.tracks) == (7, 4)
    # The one played at once with it may have been played by the sample that once only.
    assert len(heard) - of_sample.tracks in (0, 1)


def test_past_imports_are_told_newest_first_with_what_became_of_them(engine, tmp_path):
    user = make.user(engine)
    make.take(engine, make.written(tmp_path, "a.fit", make.fit()), tmp_path / "gone.fit")
    make.take(engine, tmp_path / "a.fit")
    with engine.begin() as conn:
        newest, first = imports.newest(conn, user, 5)
        assert len(imports.newest(conn, user, 1)) == 1
        assert imports.newest(conn, user + 1, 5) == []
    counts = ("files", "activities", "listens", "failed", "duplicates", "done", "total", "status")
    assert [first[name] for name in counts] == [2, 1, 0, 1, 0, 2, 2, "done"]
    assert [newest[name] for name in counts] == [1, 0, 0, 0, 1, 1, 1, "done"]


def test_plays_are_found_by_words_in_song_artist_or_album(engine, shelf):
    def titles(words):
        with engine.begin() as conn:
            wanted = plays.Filter(search=words)
            rows = plays.newest(conn, shelf, wanted)
            assert plays.count(conn, shelf, wanted) == len(rows)
            return [row["title"] for row in rows]

    assert titles("LIED 2") == ["Lied 2"]
    assert titles("künstler") == [f"Lied {n}" for n in (6, 5, 4, 3, 2, 1, 0)]
    assert len(titles("lp")) == 7
    assert titles("%") == titles("_") == titles("\\") == []


def test_nothing_of_another_user_can_be_touched(engine, shelf):
    (row,) = make.rows(engine, "SELECT id FROM activities WHERE name = 'Föhn am See'")
    before = make.tables(engine)
    with engine.begin() as conn:
        activities.rename(conn, shelf + 1, row["id"], "Mine")
        assert activities.pauses_of(conn, shelf + 1, row["id"]) == ()
    assert page(engine, shelf + 1).total == 0
    assert make.tables(engine) == before
