"""Deleting an account: nothing of it is left anywhere, nothing comes back, others lose nothing."""

from __future__ import annotations

import asyncio
import io
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from runsous import jobs, settings, working
from runsous.accounts import everything, farewell
from runsous.errors import NotFound
from runsous.store import imports, schema, streams, users
from runsous.sync import import_files, sample, songs, uploads
from tests import running
from tests.accounts import filling
from tests.sync import make
from tests.web.people import cheap

__all__ = ["cheap"]

pytestmark = pytest.mark.usefixtures("cheap")


@pytest.fixture
def _template_of_test(request, _template, _anas_town):
    return _anas_town.template if "ana" in request.fixturenames else _template


@pytest.fixture
def ana(engine, tmp_path, _anas_town):
    filling.use_accounts()
    return _anas_town.move(engine, tmp_path)["ana"]


def names_of_tables(engine):
    found = make.rows(
        engine,
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
        " AND table_type = 'BASE TABLE'",
    )
    return [row["name"] for row in found]


def contents(engine, where=""):
    """Every row of every table of the database, as text."""
    return {
        name: [
            row["told"]
            for row in make.rows(engine, f'SELECT CAST(t AS text) AS told FROM "{name}" t {where}')
        ]
        for name in names_of_tables(engine)
    }


def rows_of(engine, user_id):
    """How many rows each table has that name a user, in a column or in what a job is about."""
    columns = make.rows(
        engine,
        "SELECT table_name AS of, column_name AS name, data_type AS kind"
        " FROM information_schema.columns WHERE table_schema = 'public'"
        " AND (column_name = 'user_id' OR column_name = 'args')",
    )
    found = {}
    for column in columns:
        value = f'"{column["name"]}"' + (" ->> 'user_id'" if column["kind"] == "jsonb" else "")
        query = f'SELECT count(*) AS n FROM "{column["of"]}" WHERE CAST({value} AS text) = :id'
        found[column["of"]] = make.rows(engine, query, id=str(user_id))[0]["n"]
    return {name: n for name, n in found.items() if n}


def mentions(engine, *words):
    """The tables in whose rows any of these words stands."""
    return {
        name
        for name, rows in contents(engine).items()
        for row in rows
        if any(word in row for word in words)
    }


def files(home):
    return sorted(str(p.relative_to(home)) for p in Path(home).rglob("*") if p.is_file())


def test_nothing_of_a_deleted_account_is_left_and_nothing_of_another_is_missing(
    engine, ana, tmp_path, home
):
    before, others_files = contents(engine), files(home)
    bo = filling.somebody(engine, tmp_path, "bo")
    import_id = imports_of(engine, bo.id)
    jobs.defer_import(engine, bo.id, import_id)
    jobs.defer_export(engine, bo.id, import_id)
    jobs.defer_import(engine, ana.id, imports_of(engine, ana.id))
    jobs.close(engine)
    # As full as an account can be: the scan would be worth nothing otherwise.
    theirs = {t.name for t in schema.metadata.sorted_tables if "user_id" in t.c}
    assert set(rows_of(engine, bo.id)) == theirs | {"procrastinate_jobs"}
    assert mentions(engine, bo.email, "Secret tune of bo") >= {"users", "tracks"}
    assert any("uploads" in name for name in files(home))
    kept = rows_of(engine, ana.id)

    farewell.leave(engine, bo.id)

    assert rows_of(engine, bo.id) == {}
    assert mentions(engine, bo.email, "Secret tune of bo", str(tmp_path / "bo")) == set()
    assert not users_there(engine, bo.id)
    assert files(home) == others_files
    assert rows_of(engine, ana.id) == kept
    expect_same(before, contents(engine))
    # Whose files were imported where they lie keeps them.
    assert (tmp_path / "bo" / "morning run.fit").exists()
    with pytest.raises(NotFound):
        farewell.leave(engine, bo.id)


def expect_same(before, after):
    """That the tables hold what they held, but for those that tell of work and of the server."""
    for name in before:
        of_the_server = ("procrastinate", "rate_limits", "key_mark", "service_windows")
        if not name.startswith((*of_the_server, "song_sources")):
            assert sorted(after[name]) == sorted(before[name]), name


def imports_of(engine, user_id):
    return make.rows(engine, "SELECT id FROM imports WHERE user_id = :id LIMIT 1", id=user_id)[0][
        "id"
    ]


def users_there(engine, user_id):
    with engine.begin() as conn:
        return users.exists(conn, user_id)


def test_a_deletion_that_fails_changes_nothing(engine, ana, monkeypatch):
    before = contents(engine)

    def fail(_):
        raise RuntimeError

    monkeypatch.setattr("runsous.store.farewell.forget_jobs", fail)
    with pytest.raises(RuntimeError):
        farewell.leave(engine, ana.id)
    after = contents(engine)
    # Running exports are stopped first, and old archives go with them.
    assert {name for name in before if after[name] != before[name]} <= {"data_exports"}


def many(n):
    """Runs, a day apart, as an archive."""
    members = {
        f"{day:03}.fit": make.fit(make.START.replace(day=1 + day % 28, month=1 + day // 28), 60)
        for day in range(n)
    }
    plays = [(86_400.0 * day + 10, f"Ana – Tune {day % 7}", 30.0) for day in range(n)]
    return {"000-songs.json": make.spotify(*plays), **members}


def test_an_import_that_runs_meanwhile_brings_nothing_back(engine, ana, tmp_path, database_url):
    packed = make.packed(many(60), tmp_path / "many.zip").read_bytes()
    import_id = uploads.receive(
        engine, ana.id, settings.current(), "browser", [("many.zip", io.BytesIO(packed))]
    )
    other = filling.opened(database_url, settings.current().home)
    outcome = []
    work = threading.Thread(target=_tried, args=(other, ana.id, import_id, outcome))
    work.start()
    _wait_until_files_are_in(engine, import_id, 5)
    farewell.leave(engine, ana.id)
    work.join(60)
    other.dispose()
    assert rows_of(engine, ana.id) == {}
    assert mentions(engine, "Tune", ana.email) == set()
    assert files(settings.current().home) == ["secret_key"]


def test_one_that_does_not_stop_finds_its_user_gone(engine, ana, tmp_path, monkeypatch):
    """It is in the middle of a file when patience ends, and waits there for the lock."""
    monkeypatch.setattr(farewell, "_PATIENCE_S", 0.0)
    monkeypatch.setattr(imports, "is_cancelled", lambda *_: False)
    packed = make.packed(many(30), tmp_path / "many.zip").read_bytes()
    import_id = uploads.receive(
        engine, ana.id, settings.current(), "browser", [("many.zip", io.BytesIO(packed))]
    )
    outcome = []
    work = threading.Thread(target=_tried, args=(engine, ana.id, import_id, outcome))
    work.start()
    _wait_until_files_are_in(engine, import_id, 5)
    farewell.leave(engine, ana.id)
    assert rows_of(engine, ana.id) == {}
    work.join(60)
    assert rows_of(engine, ana.id) == {}
    assert mentions(engine, "Tune", ana.email) == set()
    assert outcome == ["failed"]


@pytest.mark.parametrize("patience_s", [20.0, 0.0], ids=["patient", "impatient"])
def test_an_import_in_another_process_brings_nothing_back(
    engine, ana, tmp_path, home, monkeypatch, database_url, patience_s
):
    monkeypatch.setattr(farewell, "_PATIENCE_S", patience_s)
    before, left = contents(engine), files(home)
    bo = filling.somebody(engine, tmp_path, "bo")
    packed = make.packed(many(60), tmp_path / "many.zip").read_bytes()
    import_id = uploads.receive(
        engine, bo.id, settings.current(), "browser", [("many.zip", io.BytesIO(packed))]
    )
    jobs.defer_import(engine, bo.id, import_id)
    jobs.close(engine)
    given = {"DATABASE_URL": database_url, "RUNSOUS_AUTH": "accounts"}
    worker = running.App("worker", home=home, command=running.RUNSOUS, **given)
    try:
        _wait_until_files_are_in(engine, import_id, 5)
        farewell.leave(engine, bo.id)
        # The job finds out that its user is gone, and ends too.
        give_up = time.monotonic() + 60
        while rows_of(engine, bo.id):
            assert time.monotonic() < give_up, rows_of(engine, bo.id)
            time.sleep(0.05)
    finally:
        assert worker.stop(signal.SIGTERM) == 0
    assert mentions(engine, "Tune", "many.zip", bo.email) == set()
    assert files(home) == left
    expect_same(before, contents(engine))
    printed = worker.printed()
    assert "Traceback" not in printed
    assert not [word for word in ("Tune", "many.zip", bo.email) if word in printed]


def _tried(engine, user_id, import_id, outcome):
    try:
        import_files.run(engine, user_id, import_id)
        outcome.append("ended")
    except Exception:
        outcome.append("failed")


def _wait_until_files_are_in(engine, import_id, n):
    give_up = time.monotonic() + 60
    query = (
        "SELECT count(*) AS n FROM import_files f JOIN uploads u ON u.id = f.upload_id"
        " WHERE u.import_id = :id"
    )
    while make.rows(engine, query, id=import_id)[0]["n"] < n:
        assert time.monotonic() < give_up, "the import did not get that far"
        time.sleep(0.01)


def test_whatever_writes_without_keys_cannot_do_so_for_who_is_gone(engine, ana, tmp_path):
    (run,) = make.rows(
        engine,
        "SELECT id FROM activities WHERE user_id = :id AND n_songs > 0",
        id=ana.id,
    )
    farewell.leave(engine, ana.id)
    path = make.written(tmp_path, "late.fit", make.fit())
    for late in (
        lambda: sample.add(engine, ana.id),
        lambda: sample.remove(engine, ana.id),
        lambda: import_files.import_paths(engine, ana.id, [path]),
        lambda: _shift(engine, ana.id, run["id"]),
        lambda: uploads.receive(
            engine, ana.id, settings.current(), "api", [("x.fit", io.BytesIO(b"x"))]
        ),
        lambda: everything.ask(engine, ana.id),
    ):
        with pytest.raises(Exception, match=r"gone|foreign key"):
            late()
    assert songs.settle(engine, ana.id) == 0
    assert rows_of(engine, ana.id) == {}
    assert files(settings.current().home) == ["secret_key"]


def _shift(engine, user_id, activity_id):
    with engine.begin() as conn:
        songs.shift(conn, user_id, activity_id, 5.0)


def test_an_export_under_way_is_stopped_and_leaves_no_file(engine, ana, monkeypatch):
    frame = streams.frame
    reached, left = threading.Event(), threading.Event()

    def slow(*given):
        reached.set()
        left.wait(30)
        return frame(*given)

    monkeypatch.setattr(streams, "frame", slow)
    export_id = everything.ask(engine, ana.id)
    work = threading.Thread(target=everything.make, args=(engine, ana.id, export_id))
    work.start()
    assert reached.wait(30)
    farewell.leave(engine, ana.id)
    left.set()
    work.join(30)
    assert files(settings.current().home) == ["secret_key"]
    assert rows_of(engine, ana.id) == {}


def test_the_worker_ends_jobs_of_who_is_gone_and_keeps_working(engine, ana):
    async def work():
        async with working.worker(engine):
            give_up = time.monotonic() + 60
            while make.rows(engine, "SELECT id FROM procrastinate_jobs"):
                assert time.monotonic() < give_up
                await asyncio.sleep(0.05)

    import_id, export_id = imports_of(engine, ana.id), everything.ask(engine, ana.id)
    farewell.leave(engine, ana.id)
    jobs.defer_import(engine, ana.id, import_id)
    jobs.defer_export(engine, ana.id, export_id)
    jobs.defer_retention(engine, ana.id)
    assert set(rows_of(engine, ana.id)) == {"procrastinate_jobs"}
    asyncio.run(work())
    jobs.close(engine)
    assert rows_of(engine, ana.id) == {}


def test_jobs_that_failed_are_forgotten_with_their_user(engine, ana, tmp_path):
    bo = filling.somebody(engine, tmp_path, "bo")
    for somebody in (ana, bo):
        jobs.defer_import(engine, somebody.id, imports_of(engine, somebody.id))
    jobs.close(engine)
    with engine.begin() as conn:
        conn.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))
    farewell.leave(engine, ana.id)
    (left,) = make.rows(engine, "SELECT args FROM procrastinate_jobs")
    assert left["args"]["user_id"] == bo.id
    assert {row["job_id"] for row in make.rows(engine, "SELECT job_id FROM procrastinate_events")}


def test_local_mode_begins_anew(engine, tmp_path):
    first = make.user(engine)
    filling.library(engine, first, tmp_path, make.fit(), "Tune")
    assert farewell.proof(engine, first) == "words"
    assert not farewell.is_confirmed(engine, first, "yes")
    assert not farewell.is_confirmed(engine, first, "")
    assert farewell.is_confirmed(engine, first, " Delete everything")
    farewell.leave(engine, first)
    second = make.user(engine)
    assert second != first
    assert rows_of(engine, first) == rows_of(engine, second) == {}
    make.take(engine, tmp_path / "morning run.fit")
    assert rows_of(engine, second)["activities"] == 1


def test_a_password_confirms_it_or_the_e_mail_of_who_has_none(engine, ana):
    from runsous.accounts import entry

    settings.use(replace(settings.current(), auth="accounts"))
    assert farewell.proof(engine, ana.id) == "password"
    for wrong in ("", ana.email, farewell.WORDS, filling.PASSWORD + " ", "\0"):
        assert not farewell.is_confirmed(engine, ana.id, wrong)
    assert farewell.is_confirmed(engine, ana.id, filling.PASSWORD)
    guest = entry.vouched_for(engine, "https://id.example", "77", "guest@example.org")
    assert farewell.proof(engine, guest) == "email"
    for wrong in ("", ana.email, filling.PASSWORD, farewell.WORDS):
        assert not farewell.is_confirmed(engine, guest, wrong)
    assert farewell.is_confirmed(engine, guest, " Guest@Example.org ")
    farewell.leave(engine, guest)
    assert not farewell.is_confirmed(engine, guest, "guest@example.org")


def test_whatever_remembers_users_is_told_to_forget(engine, ana, monkeypatch):
    told = []
    monkeypatch.setattr(farewell, "forgetting", [lambda: told.append(users_there(engine, ana.id))])
    farewell.leave(engine, ana.id)
    assert told == [False]
