"""Add data: dropping files, progress, what became of each, retry."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from runsous import jobs
from runsous.store import imports
from runsous.sync import import_files
from runsous.ui import data
from tests.pages import library
from tests.pages.reading import button, press, run, visit, words
from tests.sync import make


@pytest.fixture
def add(app, engine):
    yield visit(app, "add_data")
    jobs.close(engine)


def drop(app, *files: tuple[str, bytes]):
    app.get("file_uploader")[0].set_value([(n, c, "application/octet-stream") for n, c in files])
    return run(app)


def work(engine) -> UUID:
    """Does what the worker does with the import dropped last."""
    with engine.begin() as conn:
        user_id, import_id, _ = imports.unfinished(conn)[-1]
    import_files.run(engine, user_id, import_id)
    return import_id


def test_dropped_files_are_followed_until_they_are_in(add, engine):
    drop(add, ("run.fit", library.run_with_music()), ("songs.json", library.history()))
    said = words(add)
    assert "run.fit and 1 more · waiting to start" in said
    assert "run.fit waiting" in said
    assert "songs.json waiting" in said
    assert button(add, "Stop")
    work(engine)
    run(add)
    said = words(add)
    assert "run.fit and 1 more · 1 activity, 3 plays" in said
    assert "✓ run.fit FIT · 1 activity" in said
    assert "✓ songs.json Spotify (extended) · 3 plays" in said
    assert "waiting" not in said


def test_more_files_can_be_dropped_while_others_are_read(add, engine):
    drop(add, ("run.fit", library.run_with_music()))
    drop(add, ("songs.json", library.history()))
    said = words(add)
    assert "run.fit · waiting to start" in said
    assert "songs.json · waiting to start" in said
    for _ in range(2):
        work(engine)
    run(add)
    assert "waiting" not in words(add)
    one = library.number(engine, library.START)
    assert "3 songs" in words(visit(add, "activity", id=one))


def test_one_file_needs_no_list_of_its_own(add, engine):
    drop(add, ("run.fit", library.run_with_music()))
    assert words(add).count("run.fit") == 1


def test_a_list_of_tempos_is_called_one(add, engine):
    assert "lists of tempos" in words(add)
    drop(add, ("party.csv", b"title,artist,bpm\nSecond,The Middles,174\nNever,Nobody,120"))
    work(engine)
    run(add)
    said = words(add)
    assert "party.csv · 1 list of tempos" in said
    assert "✓ party.csv list of tempos Tempos of 2 songs were taken over." in said
    assert "nothing new" not in said


def test_what_cannot_be_read_says_why_and_can_be_tried_again(add, engine):
    drop(add, ("notes.txt", b"not a workout"), ("run.fit", library.run_with_music()))
    import_id = work(engine)
    run(add)
    said = words(add)
    assert "1 activity, 1 not imported" in said
    assert "✗ notes.txt not imported" in said
    assert "neither a workout" in said
    assert said.index("notes.txt not imported") < said.index("run.fit FIT")
    press(add, "Retry")
    assert "notes.txt" in words(add)
    assert work(engine) == import_id


@pytest.fixture
def watched(add, engine):
    """Reads the import dropped last; what the page says after each of its files."""
    seen = []

    def look(*_):
        seen.append(words(run(add)))

    def read():
        with engine.begin() as conn:
            user_id, import_id, _ = imports.unfinished(conn)[-1]
        import_files.run(engine, user_id, import_id, look)
        return seen

    return read


def test_while_others_are_read_a_file_that_failed_says_so(add, watched):
    drop(add, ("notes.txt", b"not a workout"), ("run.fit", library.run_with_music()))
    _, said = watched()
    assert "✗ notes.txt not imported It is neither a workout" in said
    assert "run.fit reading" in said
    assert "✓" not in said


def test_of_an_archive_being_read_the_failures_are_counted(add, watched, tmp_path):
    packed = make.packed({"a.fit": b"nothing", "b.gpx": make.gpx()}, tmp_path / "two.zip")
    drop(add, ("two.zip", packed.read_bytes()), ("run.fit", library.run_with_music()))
    _, during, after = watched()
    assert "two.zip 1 of 2 · 1 not imported a.fit: It is neither a workout" in during
    # It may still be read to its end.
    assert "✗" not in during
    assert "✗ two.zip 2 files · 1 not imported" in after


def test_files_from_archives_are_named_by_themselves(add, engine, tmp_path):
    packed = make.packed({"deep/a.gpx": make.gpx()}, tmp_path / "heap.zip").read_bytes()
    drop(add, ("heap.zip", packed))
    work(engine)
    run(add)
    assert "✓ a.gpx GPX · 1 activity" in words(add)
    later = make.gpx(make.START + timedelta(days=1))
    drop(add, ("heap.zip", packed), ("run.gpx", later))
    work(engine)
    run(add)
    assert "✓ run.gpx GPX · 1 activity" in words(add)
    assert "= a.gpx in heap.zip already known · GPX" in words(add)


def test_what_failed_can_be_removed_for_good(add, engine, home):
    drop(add, ("notes.txt", b"not a workout"), ("run.fit", library.run_with_music()))
    work(engine)
    run(add)
    assert [p.read_bytes() for p in (home / "uploads").rglob("*") if p.is_file()]
    press(add, "Remove")
    assert "notes.txt" not in words(add)
    assert list((home / "uploads").iterdir()) == []
    assert len(make.rows(engine, "SELECT 1 FROM activities")) == 1


def test_what_is_too_large_is_not_kept_and_not_tried_again(add, engine, home):
    from dataclasses import replace

    from runsous import settings

    settings.use(replace(settings.current(), max_file_mb=1))
    drop(add, ("big.fit", make.fit() + bytes(1 << 20)))
    work(engine)
    run(add)
    assert "RUNSOUS_MAX_FILE_MB" in words(add)
    assert [b.label for b in add.button if b.label in ("Retry", "Remove")] == ["Remove"]
    assert list((home / "uploads").iterdir()) == []


def test_a_name_with_an_odd_ending_is_welcome(add, engine):
    drop(add, ("Activity 2024.FIT.download", library.run_with_music()))
    work(engine)
    run(add)
    assert "✓ Activity 2024.FIT.download FIT · 1 activity" in words(add)


def test_the_same_file_again_is_said_to_be_known(add, engine):
    for _ in range(2):
        drop(add, ("run.fit", library.run_with_music()))
        work(engine)
        run(add)
    assert "= run.fit already known · FIT" in words(add)
    assert make.rows(engine, "SELECT count(*) AS n FROM activities")[0]["n"] == 1


def test_a_file_s_name_is_shown_as_it_is(add, engine):
    name = "<img src=x onerror=alert(1)> **a** `b`.fit"
    drop(add, (name, library.run_with_music()))
    assert name in words(add)
    work(engine)
    run(add)
    assert name in words(add)
    assert "<img" not in "".join(e.value for e in add.get("html"))


def test_a_running_import_can_be_stopped_and_taken_up(add, engine):
    drop(add, ("run.fit", library.run_with_music()), ("songs.json", library.history()))
    press(add, "Stop")
    run(add)
    assert "stopping after this file" in words(add)
    assert button(add, "Stop").disabled
    work(engine)
    run(add)
    assert "stopped" in words(add)
    press(add, "Retry")
    work(engine)
    run(add)
    assert "1 activity, 3 plays" in words(add)


@pytest.mark.parametrize(
    ("is_stopped", "told", "kept"),
    [
        (True, "The import was stopped: nothing new.", "Import stopped: nothing new."),
        (False, "The import is finished: 1 activity.", "Import finished: 1 activity."),
    ],
)
def test_how_an_import_ended_is_told(app, engine, monkeypatch, is_stopped, told, kept):
    visit(app, "home")
    drop(app, ("run.fit", library.run_with_music()))
    if is_stopped:
        press(app, "Stop")
    newest, waiting = data.newest_imports, [engine]

    def newest_then_work(*asked):
        found = newest(*asked)
        if waiting:
            work(waiting.pop())
        return found

    # It ends between two looks at it.
    monkeypatch.setattr(data, "newest_imports", newest_then_work)
    run(app)
    jobs.close(engine)
    assert [toast.value for toast in app.toast] == [told]
    assert kept in words(app)


def test_an_upload_beyond_the_limit_is_refused_in_a_sentence(add, engine, home):
    from dataclasses import replace

    from runsous import settings

    settings.use(replace(settings.current(), max_upload_mb=0))
    drop(add, ("run.fit", library.run_with_music()))
    assert "run.fit is larger than 0 MB" in words(add)


def test_the_outcome_of_files_dropped_at_home_is_told_there(app, engine):
    visit(app, "home")
    drop(app, ("notes.txt", b"not a workout"))
    work(engine)
    run(app)
    assert "Import finished: 1 not imported." in words(app)
    assert "neither a workout" in words(app)
    press(app, "OK")
    assert "neither a workout" not in words(app)
    jobs.close(engine)


def test_only_open_imports_are_listed_in_full(add, engine):
    for name in ("first.txt", "second.txt"):
        drop(add, (name, name.encode()))
        work(engine)
        run(add)
    said = words(add)
    assert "✗ second.txt" in said
    assert "✗ first.txt" not in said
