"""Songs are measured for the statistics once, and again only where something changed."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from runsous.errors import NotFound
from runsous.store import efforts as store
from runsous.store import summaries
from runsous.sync import efforts, import_files, songs, tempo, workouts
from tests.sync import make

DAY = timedelta(days=1)
HEARD = [(0, "Ana – One", 200.0), (200, "Bo – Two", 40.0), (250, "Cy – Three", 250.0)]


def fill(engine, folder):
    """Three runs of ten minutes, each to the same songs, the second one to a fourth as well."""
    bring(engine, make.user(engine), folder)


def bring(engine, user, folder):
    runs = {f"{n}.fit": make.fit(make.START + n * DAY) for n in range(3)}
    heard = [(n * 86_400 + at, song, length) for n in range(3) for at, song, length in HEARD]
    heard.append((86_400 + 500, "Di – Four", 90.0))
    told = {**runs, "songs.jsonl": make.listenbrainz(*sorted(heard))}
    paths = [make.written(folder, name, content) for name, content in told.items()]
    assert import_files.import_paths(engine, user, paths).failed == 0


@pytest.fixture
def measured(engine, user, filled):
    assert efforts.refresh(engine, user) == 3
    return user


def kept(engine):
    """What was measured, whenever it was."""
    found = make.tables(engine)
    return {name: found[name] for name in ("measured_activities", "song_efforts")}


def frame(engine, user):
    with engine.begin() as conn:
        return store.frame(conn, user)


def ids(engine, user):
    rows = make.rows(
        engine, "SELECT id FROM activities WHERE user_id = :u ORDER BY start_time", u=user
    )
    return [row["id"] for row in rows]


def track(engine, title):
    return make.rows(engine, "SELECT id FROM tracks WHERE title = :t", t=title)[0]["id"]


def seen(engine, user):
    """Which activities a refresh measures, the oldest being 0."""
    with engine.begin() as conn:
        stale = store.stale(conn, user)
        assert store.n_stale(conn, user) == len(stale)
        assert store.stale_users(conn) == ([user] if stale else [])
    assert efforts.refresh(engine, user) == len(stale)
    order = ids(engine, user)
    return [order.index(each) for each in stale]


def test_what_is_kept_is_what_the_recording_says(engine, measured):
    found = frame(engine, measured)
    titles = {track(engine, name): name for name in ("One", "Three", "Four")}
    assert found["activity_id"].unique().tolist() == ids(engine, measured)
    first = found[found["activity_id"] == ids(engine, measured)[0]]
    assert first["track_id"].map(titles).tolist() == ["One", "Three"]
    assert first[["since_s", "until_s"]].to_numpy().tolist() == [[20, 200], [270, 500]]
    assert first["speed_mps"].tolist() == pytest.approx([3, 3], abs=0.01)
    assert first["flat_mps"].tolist() == pytest.approx([3, 3], abs=0.01)
    assert first["grade"].tolist() == pytest.approx([0, 0])
    # 120 to 159 beats, one after the other, as often as there is room.
    beats = [120 + second % 40 for second in range(20, 200)]
    assert first["heartrate"].iloc[0] == pytest.approx(sum(beats) / len(beats))
    assert first["cadence"].tolist() == pytest.approx([171, 171])
    assert first["warm_up"].tolist() == [1, 1]
    assert found["tempo_bpm"].isna().all()
    with engine.begin() as conn:
        told = store.activities(conn, measured)
    assert told[["n_short", "n_unsure", "n_still"]].to_numpy().tolist() == [[1, 0, 0]] * 3
    assert told["kind"].tolist() == ["short"] * 3


def test_a_second_time_there_is_nothing_to_do(engine, measured):
    before = make.tables(engine)
    assert seen(engine, measured) == []
    assert make.tables(engine) == before


def test_another_tempo_measures_those_activities_anew_that_have_the_song(engine, measured):
    before = frame(engine, measured)
    with engine.begin() as conn:
        tempo.say(conn, measured, track(engine, "Four"), 171.0)
    assert seen(engine, measured) == [1]
    found = frame(engine, measured)
    has_tempo = found["tempo_bpm"].notna()
    assert found.loc[has_tempo, ["tempo_bpm", "locked_bpm", "locked"]].to_numpy().tolist() == [
        [171, 171, 1]
    ]
    plain = ["activity_id", "index", "speed_mps", "heartrate"]
    assert found[plain].equals(before[plain])
    with engine.begin() as conn:
        tempo.say(conn, measured, track(engine, "One"), 120.0)
    assert seen(engine, measured) == [2, 1, 0]
    with engine.begin() as conn:
        tempo.unsay(conn, measured, track(engine, "Four"))
    assert seen(engine, measured) == [1]
    assert seen(engine, measured) == []


def shifts(engine):
    """By activity, the oldest first."""
    query = (
        "SELECT lock_shifts FROM measured_activities m JOIN activities a ON a.id = m.activity_id"
        " ORDER BY a.start_time"
    )
    return [row["lock_shifts"] for row in make.rows(engine, query)]


def test_three_songs_of_known_tempo_are_set_against_each_others_stretches(engine, measured):
    bpm = {"One": 171.0, "Three": 120.0, "Four": 171.0}
    with engine.begin() as conn:
        for title in ("One", "Three"):
            tempo.say(conn, measured, track(engine, title), bpm[title])
    efforts.refresh(engine, measured)
    assert shifts(engine) == [None] * 3
    with engine.begin() as conn:
        tempo.say(conn, measured, track(engine, "Four"), bpm["Four"])
    efforts.refresh(engine, measured)
    # 171 steps a minute all along: two of three songs, wherever they begin.
    assert shifts(engine) == [None, pytest.approx([2 / 3] * 3), None]
    middle = ids(engine, measured)[1]
    with engine.begin() as conn:
        assert list(store.lock_shifts(conn, measured)) == [middle]
        summaries.make(conn, measured, middle, "samples removed")
    efforts.refresh(engine, measured)
    assert shifts(engine)[1] == pytest.approx([2 / 3] * 3)
    # With another tempo nobody can tell any more.
    with engine.begin() as conn:
        tempo.say(conn, measured, track(engine, "Four"), 120.0)
    efforts.refresh(engine, measured)
    assert shifts(engine) == [None] * 3


def test_a_tempo_of_a_song_that_does_not_count_changes_nothing(engine, measured):
    with engine.begin() as conn:
        tempo.say(conn, measured, track(engine, "Two"), 120.0)
    assert seen(engine, measured) == []


def test_songs_moved_on_one_activity_are_measured_there_anew(engine, measured):
    middle = ids(engine, measured)[1]
    with engine.begin() as conn:
        songs.shift(conn, measured, middle, 60.0)
    assert seen(engine, measured) == [1]
    found = frame(engine, measured)
    since = found.loc[found["activity_id"] == middle, "since_s"].tolist()
    assert since[:2] == [80, 330]


def test_songs_that_turn_out_to_be_others_take_the_place_of_those_there_were(
    engine, measured, tmp_path
):
    told = make.listenbrainz((505, "Eve – New", 80.0))
    make.take(engine, make.written(tmp_path, "more.jsonl", told))
    assert seen(engine, measured) == [0]
    titles = {track(engine, name): name for name in ("One", "Three", "New")}
    found = frame(engine, measured)
    first = found[found["activity_id"] == ids(engine, measured)[0]]
    assert first["track_id"].map(titles).tolist() == ["One", "Three", "New"]


def test_what_a_deleted_activity_had_is_gone(engine, measured):
    first, *others = ids(engine, measured)
    with engine.begin() as conn:
        workouts.delete(conn, measured, first)
    assert frame(engine, measured)["activity_id"].unique().tolist() == others
    assert seen(engine, measured) == []


def test_stopped_between_two_activities_it_goes_on_with_the_next(engine, measured):
    whole = kept(engine)
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM measured_activities"))
        conn.execute(text("DELETE FROM song_efforts"))
    stopping = threading.Event()
    heard = []

    def stop(done, total):
        heard.append((done, total))
        stopping.set()

    assert efforts.refresh(engine, measured, stopping, stop) == 1
    assert heard == [(1, 3)]
    # The newest comes first.
    assert frame(engine, measured)["activity_id"].unique().tolist() == ids(engine, measured)[2:]
    assert efforts.refresh(engine, measured) == 2
    assert songs_and_facts(kept(engine)) == songs_and_facts(whole)


def songs_and_facts(tables):
    """Without the numbers of routes, which are given as they are found."""
    return tables["song_efforts"], [row[:7] for row in tables["measured_activities"]]


def test_killed_in_the_middle_of_an_activity_nothing_is_lost_and_nothing_half_done(
    engine, user, filled, monkeypatch
):
    save = store.save

    def killed(conn, user_id, activity_id, *rest):
        save(conn, user_id, activity_id, *rest)
        if activity_id == ids(engine, user)[1]:
            raise KeyboardInterrupt

    monkeypatch.setattr(store, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        efforts.refresh(engine, user)
    assert frame(engine, user)["activity_id"].unique().tolist() == ids(engine, user)[2:]
    monkeypatch.setattr(store, "save", save)
    assert seen(engine, user) == [1, 0]


def test_an_activity_that_cannot_be_measured_does_not_keep_the_others_from_it(
    engine, user, filled, monkeypatch, caplog
):
    measure = efforts.measuring.measure
    calls = []

    def fail_once(*told):
        calls.append(told)
        if len(calls) == 1:
            raise ValueError("a sensor nobody thought of")
        return measure(*told)

    monkeypatch.setattr(efforts.measuring, "measure", fail_once)
    efforts.refresh(engine, user)
    assert frame(engine, user)["activity_id"].unique().tolist() == ids(engine, user)[:2]
    assert "cannot be measured" in caplog.text
    # It is not tried over and over.
    assert seen(engine, user) == []


def test_one_that_was_removed_meanwhile_is_passed_over(engine, user, filled, monkeypatch):
    gone = ids(engine, user)[1]
    one = efforts.activities.one

    def find(conn, user_id, activity_id):
        if activity_id == gone:
            raise NotFound("gone")
        return one(conn, user_id, activity_id)

    monkeypatch.setattr(efforts.activities, "one", find)
    assert efforts.refresh(engine, user) == 2
    assert gone not in frame(engine, user)["activity_id"].tolist()


def test_without_samples_any_more_what_was_measured_stays_and_follows_its_songs(engine, measured):
    before = frame(engine, measured)
    first = ids(engine, measured)[0]
    with engine.begin() as conn:
        tempo.say(conn, measured, track(engine, "One"), 171.0)
    assert seen(engine, measured) == [2, 1, 0]
    with engine.begin() as conn:
        summaries.make(conn, measured, first, "samples removed")
    assert seen(engine, measured) == [0]
    found = frame(engine, measured)
    plain = ["activity_id", "track_id", "since_s", "speed_mps", "heartrate"]
    assert found[plain].equals(before[plain])
    its = found["activity_id"] == first
    assert found.loc[its, "locked"].tolist()[0] == 1
    assert make.rows(
        engine, "SELECT way FROM measured_activities WHERE activity_id = :id", id=first
    ) == [{"way": None}]
    # Whether one was in time with another tempo nobody can tell any more.
    with engine.begin() as conn:
        tempo.say(conn, measured, track(engine, "One"), 120.0)
    assert seen(engine, measured) == [2, 1, 0]
    found = frame(engine, measured)
    assert found.loc[its, "locked_bpm"].tolist()[0] == 120
    assert found.loc[its, "locked"].isna().all()
    assert found.loc[~its & (found["tempo_bpm"] == 120), "locked"].tolist() == [0, 0]
    assert seen(engine, measured) == []


def test_a_song_nobody_reports_any_more_goes_from_a_summary_too(engine, measured):
    first = ids(engine, measured)[0]
    with engine.begin() as conn:
        summaries.make(conn, measured, first, "samples removed")
        conn.execute(
            text("UPDATE segments SET track_id = NULL WHERE activity_id = :id AND index = 0"),
            {"id": first},
        )
    assert seen(engine, measured) == [0]
    found = frame(engine, measured)
    titles = {track(engine, name): name for name in ("One", "Three", "Four")}
    assert found.loc[found["activity_id"] == first, "track_id"].map(titles).tolist() == ["Three"]


def test_activities_without_samples_or_songs_do_no_harm(engine, user, tmp_path):
    index = make.strava_index([make.strava_row(7, make.START)])
    silent = make.fit(make.START + DAY)
    hidden = make.gpx(make.START.replace(hour=0, minute=0, second=1) + 2 * DAY)
    told = {"activities.csv": index, "silent.fit": silent, "hidden.gpx": hidden}
    told["songs.jsonl"] = make.listenbrainz(*HEARD)
    make.take(engine, *(make.written(tmp_path, name, content) for name, content in told.items()))
    assert len(ids(engine, user)) == 3
    # Of those without songs the way alone is measured.
    assert seen(engine, user) == [2, 1, 0]
    found = frame(engine, user)
    assert found["track_id"].tolist() == [track(engine, "One"), track(engine, "Three")]
    assert found[["heartrate", "cadence", "grade", "speed_mps"]].isna().all(axis=None)
    assert seen(engine, user) == []


def test_two_users_never_mix(engine, measured, tmp_path):
    before = frame(engine, measured)
    with engine.begin() as conn:
        other = conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()
    bring(engine, other, tmp_path / "theirs")
    with engine.begin() as conn:
        assert store.stale(conn, measured) == []
        assert len(store.stale(conn, other)) == 3
        assert len(store.activities(conn, other)) == 0
        # Nobody is measured in another's name.
        with pytest.raises(NotFound):
            efforts.measure(conn, measured, ids(engine, other)[0])
    assert efforts.refresh(engine, measured) == 0
    assert efforts.refresh(engine, other) == 3
    assert frame(engine, measured).equals(before)
    theirs = frame(engine, other)
    assert len(theirs) == len(before)
    assert set(theirs["activity_id"]).isdisjoint(before["activity_id"])
    assert set(theirs["track_id"]).isdisjoint(before["track_id"])
    with engine.begin() as conn:
        names = store.songs(conn, measured, sorted({*theirs["track_id"], *before["track_id"]}))
        conn.execute(text("DELETE FROM users WHERE id = :id"), {"id": other})
    assert set(names["track_id"]) == set(before["track_id"])
    assert len(frame(engine, other)) == 0
    assert frame(engine, measured).equals(before)
    left = make.rows(engine, "SELECT DISTINCT user_id FROM measured_activities")
    assert left == [{"user_id": measured}]


def test_who_looks_hears_of_news_only_where_there_are_any(engine, user, filled):
    def version():
        return make.rows(engine, "SELECT data_version AS n FROM users WHERE id = :u", u=user)[0][
            "n"
        ]

    first = version()
    efforts.refresh(engine, user)
    second = version()
    efforts.refresh(engine, user)
    assert first < second == version()
