"""Files that end the process, crashes where nobody expects one, and what imports leave on disk."""

from __future__ import annotations

import io
import os
import threading
import time
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from runsous import settings
from runsous.errors import InputError, NotFound
from runsous.store import imports
from runsous.store import uploads as handed_in
from runsous.sync import archives, import_files, readers, uploads
from tests.sync import make

DEADLY = b"\x0e\x10 this one kills"


class Death(BaseException):
    """The process is gone: nothing after it runs."""


@pytest.fixture
def deadly(monkeypatch):
    """Reading a certain file ends the process, which here is the run of the import."""
    read = readers.read

    def perhaps_die(content):
        if content == DEADLY:
            raise Death
        return read(content)

    monkeypatch.setattr(readers, "read", perhaps_die)


def received(engine, contents):
    files = [(name, io.BytesIO(content)) for name, content in contents.items()]
    return uploads.receive(engine, make.user(engine), settings.current(), "browser", files)


def outcome(engine, import_id):
    with engine.begin() as conn:
        row = imports.one(conn, make.user(engine), import_id)
        files = imports.files(conn, make.user(engine), import_id)
    return row["status"], {file.path: file.status for file in files}


def message(engine, path):
    (row,) = make.rows(engine, "SELECT message FROM import_files WHERE path = :path", path=path)
    return row["message"]


def stored():
    return [p for p in (settings.current().home / "uploads").rglob("*") if p.is_file()]


@pytest.mark.usefixtures("deadly")
@pytest.mark.parametrize("is_archive", [True, False])
def test_a_file_that_ends_the_process_twice_is_left_out_and_the_rest_comes_in(
    engine, tmp_path, is_archive
):
    user = make.user(engine)
    contents = {
        "a.gpx": make.gpx(),
        "b.fit": DEADLY,
        "c.gpx": make.gpx(make.START + timedelta(days=1)),
    }
    prefix = ""
    if is_archive:
        packed = make.packed(contents, tmp_path / "all.zip").read_bytes()
        contents, prefix = {"all.zip": packed}, "all.zip!"
    import_id = received(engine, contents)
    for _ in range(2):
        with pytest.raises(Death):
            import_files.run(engine, user, import_id)
        status, files = outcome(engine, import_id)
        assert status == "running"
        assert files == {f"{prefix}a.gpx": "imported"}
    import_files.run(engine, user, import_id)
    status, files = outcome(engine, import_id)
    assert status == "done"
    assert files == {
        f"{prefix}a.gpx": "imported",
        f"{prefix}b.fit": "failed",
        f"{prefix}c.gpx": "imported",
    }
    assert "ended this program twice" in message(engine, f"{prefix}b.fit")


@pytest.mark.usefixtures("deadly")
def test_retry_tries_a_deadly_file_twice_again(engine, monkeypatch):
    user = make.user(engine)
    import_id = received(engine, {"b.fit": DEADLY})
    for _ in range(2):
        with pytest.raises(Death):
            import_files.run(engine, user, import_id)
    import_files.run(engine, user, import_id)
    with engine.begin() as conn:
        imports.requeue(conn, user, import_id)
    with pytest.raises(Death):
        import_files.run(engine, user, import_id)
    # A later version reads it.
    monkeypatch.undo()
    (path,) = stored()
    path.write_bytes(make.fit())
    import_files.run(engine, user, import_id)
    assert outcome(engine, import_id) == ("done", {"b.fit": "imported"})


def test_an_import_belongs_to_one_at_a_time_until_let_go(engine):
    import_id = received(engine, {"a.fit": make.fit()})

    def is_held():
        with engine.begin() as conn:
            ((_, _, is_held),) = imports.unfinished(conn)
        return is_held

    with imports.held(engine, import_id) as first, imports.held(engine, import_id) as second:
        assert (first, second) == (True, False)
        assert is_held()
    assert not is_held()


def test_stopping_between_files_is_no_death(engine, tmp_path):
    user = make.user(engine)
    packed = make.packed({"a.gpx": make.gpx(), "b.gpx": make.gpx(name="b")}, tmp_path / "all.zip")
    import_id = received(engine, {"all.zip": packed.read_bytes()})
    for _ in range(3):
        stopping = threading.Event()
        import_files.run(engine, user, import_id, lambda *_, s=stopping: s.set(), stopping)
    with engine.begin() as conn:
        (upload,) = handed_in.of_import(conn, user, import_id)
    assert (upload["done"], upload["deaths"]) == (1, {})


def test_a_mistake_of_ours_at_opening_an_archive_is_a_sentence_and_ends_nothing(
    engine, monkeypatch, caplog
):
    def broken(*_):
        raise ZeroDivisionError("nobody thought of this")

    expand = archives.expand
    monkeypatch.setattr(
        archives,
        "expand",
        lambda p, label, n: (broken if label == "a.zip" else expand)(p, label, n),
    )
    import_id = received(engine, {"a.zip": b"PK", "b.fit": make.fit()})
    import_files.run(engine, make.user(engine), import_id)
    assert outcome(engine, import_id) == ("done", {"a.zip": "failed", "b.fit": "imported"})
    assert "made this program fail (ZeroDivisionError)" in message(engine, "a.zip")
    assert "nobody thought of this" in caplog.text


def test_what_is_too_large_to_read_is_not_kept(engine, tmp_path):
    settings.use(replace(settings.current(), max_file_mb=1))
    large = make.fit() + bytes(1 << 20)
    packed = make.packed({"a.gpx": make.gpx(), "b.fit": large}, tmp_path / "all.zip").read_bytes()
    import_id = received(engine, {"large.fit": large, "all.zip": packed, "bad.fit": b"nothing"})
    import_files.run(engine, make.user(engine), import_id)
    assert outcome(engine, import_id)[1] == {
        "large.fit": "failed",
        "all.zip!a.gpx": "imported",
        "all.zip!b.fit": "failed",
        "bad.fit": "failed",
    }
    assert [path.read_bytes() for path in stored()] == [b"nothing"]


def test_a_user_s_own_file_is_never_deleted(engine, tmp_path):
    path = make.written(tmp_path, "notes.txt", b"nothing")
    make.take(engine, path)
    (row,) = make.rows(engine, "SELECT id FROM imports")
    uploads.remove(engine, make.user(engine), settings.current(), row["id"])
    assert path.exists()


def test_a_removed_import_takes_what_was_kept_of_it_along_and_nothing_else(engine):
    user = make.user(engine)
    first = received(engine, {"a.fit": b"nothing", "b.fit": make.fit()})
    second = received(engine, {"c.fit": b"nothing either"})
    for import_id in (first, second):
        import_files.run(engine, user, import_id)
    uploads.remove(engine, user, settings.current(), first)
    assert [path.read_bytes() for path in stored()] == [b"nothing either"]
    assert len(make.rows(engine, "SELECT 1 FROM activities")) == 1
    with engine.begin() as conn, pytest.raises(NotFound):
        imports.one(conn, user, first)


def test_an_import_under_way_or_another_user_s_is_not_removed(engine):
    import_id = received(engine, {"a.fit": make.fit()})
    with pytest.raises(InputError, match="under way"):
        uploads.remove(engine, make.user(engine), settings.current(), import_id)
    for user, unknown in ((make.user(engine) + 1, import_id), (make.user(engine), uuid4())):
        with pytest.raises(NotFound):
            uploads.remove(engine, user, settings.current(), unknown)
    assert len(stored()) == 1


def aged(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_what_no_import_knows_is_swept_away_unless_it_may_still_be_arriving(engine):
    import_id = received(engine, {"a.fit": make.fit()})
    folder = settings.current().home / "uploads"
    for name in ("left", "arriving"):
        (folder / name).mkdir()
        (folder / name / "0").write_bytes(b"half a file")
        aged(folder / name, 7200)
    aged(folder / "left" / "0", 7200)
    for place in folder.iterdir():
        if place.name not in ("left", "arriving"):
            aged(place, 7200)
            aged(place / "0", 7200)
    uploads.sweep(engine, settings.current())
    assert not (folder / "left").exists()
    assert (folder / "arriving" / "0").exists()
    import_files.run(engine, make.user(engine), import_id)
    assert outcome(engine, import_id) == ("done", {"a.fit": "imported"})


def test_what_failed_waits_a_month_for_retry(engine, tmp_path):
    user = make.user(engine)
    old, new = (received(engine, {name: b"nothing"}) for name in ("old.fit", "new.fit"))
    for import_id in (old, new):
        import_files.run(engine, user, import_id)
    own = make.take(engine, make.written(tmp_path, "own.fit", b"nothing"))
    assert own.failed == 1
    with engine.begin() as conn:
        for number, days in ((old, 31), (new, 29)):
            conn.execute(
                text(
                    "UPDATE imports SET finished_at = now() - :d * interval '1 day' WHERE id = :i"
                ),
                {"d": days, "i": number},
            )
    uploads.sweep(engine, settings.current())
    with engine.begin() as conn:
        can_retry = {row["names"][0]: row["can_retry"] for row in imports.newest(conn, user, 9)}
        (upload,) = handed_in.of_import(conn, user, new)
    assert can_retry == {
        "old.fit": False,
        "new.fit": True,
        str(tmp_path / "own.fit"): True,
    }
    assert [str(path) for path in stored()] == [upload["stored_at"]]
