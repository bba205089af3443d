"""Lists of tempos on their way in: what is taken over, what it does to songs, what stays."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from runsous.store import song_words, users
from runsous.sync import import_files, tempo
from tests.sync import make

HISTORY = make.spotify((0, "Bo – Middle", 180.0), (200, "Ana – After", 200.0))


@pytest.fixture
def take(engine, tmp_path):
    """Imports one file; what is reported of it."""

    def one(content: bytes, name: str = "list.csv"):
        (file,) = make.take(engine, make.written(tmp_path, name, content)).files
        return file

    return one


def listed(*rows: str) -> bytes:
    return "\n".join(["title,artist,bpm,energy", *rows]).encode()


def tempos(engine) -> dict[str, float | None]:
    found = make.rows(engine, "SELECT title, tempo_bpm FROM tracks")
    return {row["title"]: row["tempo_bpm"] for row in found}


def version(engine) -> int:
    with engine.begin() as conn:
        return users.one(conn, make.user(engine))["data_version"]


def test_a_list_says_how_many_tempos_were_taken_over_and_what_was_not(take, engine):
    file = take(listed("Middle,Bo,174.1,0.8", "After,Ana,120,", "X,Y,", "Z,Y,9999"))
    assert (file.kind, file.status, file.listens, file.activities) == (
        "tempo_csv",
        "imported",
        0,
        0,
    )
    assert file.duplicates == 0
    assert file.message == (
        "Tempos of 2 songs were taken over. Left out: rows without a tempo (1),"
        " rows whose tempo is not from 40 to 250 (1)."
    )


@pytest.mark.parametrize("comes_first", ["the list", "the history"])
def test_songs_have_the_tempo_of_a_list_whichever_comes_first(take, engine, comes_first):
    files = [listed("MIDDLE (Remastered),bo; somebody else,174.1,0.8"), HISTORY]
    for content in files if comes_first == "the list" else files[::-1]:
        before = version(engine)
        assert take(content, "one").status == "imported"
    assert tempos(engine) == {"Middle": 174.1, "After": None}
    assert version(engine) > before
    (row,) = make.rows(engine, "SELECT tempo_source, energy FROM tracks WHERE title = 'Middle'")
    assert row == {"tempo_source": "csv", "energy": 0.8}


def test_a_list_imported_twice_changes_nothing(take, engine):
    take(HISTORY, "songs.json")
    content = listed("Middle,Bo,174.1,0.8", "After,Ana,120,", "After,Ana,121,")
    take(content)
    volatile = ("imports", "uploads", "import_files")
    before = make.tables(engine, *volatile)
    again = take(content, "copy.csv")
    assert (again.status, again.duplicates, again.message) == ("duplicate", 2, None)
    assert make.tables(engine, *volatile) == before


def test_the_newest_list_wins_and_what_it_does_not_tell_stays(take, engine):
    take(HISTORY, "songs.json")
    take(listed("Middle,Bo,174,", "After,Ana,120,"))
    file = take(listed("Middle,Bo,133,", "After,Ana,120,", "New,Ana,150,"), "newer.csv")
    assert (file.status, file.duplicates) == ("imported", 1)
    assert file.message == (
        "Tempos of 2 songs were taken over, 1 of them in the place of what a list had told before."
    )
    assert tempos(engine) == {"Middle": 133.0, "After": 120.0}
    assert take(listed("Middle,Bo,134,"), "newest.csv").message == (
        "The tempo of 1 song was taken over, in the place of what a list had told before."
    )
    assert tempos(engine) == {"Middle": 134.0, "After": 120.0}


def test_a_list_without_any_tempo_is_passed_over(take):
    file = take(listed("Middle,Bo,,", "After,Ana,0,"))
    assert (file.status, file.duplicates) == ("skipped", 0)
    assert file.message.startswith("It holds no tempos. Left out: ")


def test_the_users_own_ear_counts_more_than_a_list(take, engine):
    take(HISTORY, "songs.json")
    (row,) = make.rows(engine, "SELECT id FROM tracks WHERE title = 'Middle'")
    with engine.begin() as conn:
        tempo.say(conn, make.user(engine), row["id"], 88.0)
    take(listed("Middle,Bo,120,"))
    assert tempos(engine)["Middle"] == 88.0


def test_what_a_list_told_is_forgotten_at_once(take, engine):
    take(HISTORY, "songs.json")
    take(listed("Middle,Bo,174,0.8"))
    with engine.begin() as conn:
        tempo.forget_words(conn, make.user(engine), tempo.CSV)
    assert tempos(engine)["Middle"] is None
    assert take(listed("Middle,Bo,174,0.8"), "again.csv").status == "imported"
    assert tempos(engine)["Middle"] == 174.0


def lists(engine):
    with engine.begin() as conn:
        found = song_words.lists(conn, make.user(engine), tempo.CSV)
    return {row["list_name"]: (row["n_songs"], row["n_heard"]) for row in found}


def test_a_list_is_taken_back_by_its_name_and_others_stay(take, engine):
    take(HISTORY, "songs.json")
    take(listed("Middle,Bo,174,", "Never heard,Bo,111,"), "one.csv")
    take(listed("After,Ana,120,"), "two.csv")
    assert lists(engine) == {"one.csv": (2, 1), "two.csv": (1, 1)}
    before = version(engine)
    with engine.begin() as conn:
        tempo.forget_list(conn, make.user(engine), "one.csv")
    assert lists(engine) == {"two.csv": (1, 1)}
    assert tempos(engine) == {"Middle": None, "After": 120.0}
    assert version(engine) > before


def test_a_song_belongs_to_the_list_that_told_its_tempo_last(take, engine):
    take(listed("Middle,Bo,174,", "After,Ana,120,"), "one.csv")
    take(listed("Middle,Bo,133,", "After,Ana,120,"), "two.csv")
    assert lists(engine) == {"one.csv": (1, 0), "two.csv": (1, 0)}


def test_playlists_in_an_archive_are_taken_over_together(engine, tmp_path):
    members = {
        "a.csv": listed("Middle,Bo,174,"),
        "b.csv": listed("Middle,Bo,174,", "After,Ana,120,"),
    }
    report = make.take(engine, make.packed(members, tmp_path / "playlists.zip"))
    assert make.outcome(report) == [("tempo_csv", "imported"), ("tempo_csv", "imported")]
    assert report.as_json()["totals"]["duplicates"] == 1


def test_one_users_list_is_nobody_elses(engine, tmp_path, take):
    take(HISTORY, "songs.json")
    with engine.begin() as conn:
        other = conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()
    path = make.written(tmp_path, "theirs.csv", listed("Middle,Bo,174,"))
    import_files.import_paths(engine, other, [path])
    assert tempos(engine) == {"Middle": None, "After": None}
