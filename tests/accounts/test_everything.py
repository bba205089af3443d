"""Everything that is kept of a user, as one archive: whole, theirs alone, without secrets."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import threading
import time
import zipfile
from contextlib import suppress
from uuid import uuid4

import pytest
from pyarrow import parquet
from sqlalchemy import text

from runsous import jobs, working
from runsous.accounts import entry, everything
from runsous.errors import NotFound
from runsous.store import audit, data_exports, dumps, imports, schema, streams
from tests.accounts import filling
from tests.sync import make
from tests.web.people import cheap

__all__ = ["cheap"]

pytestmark = pytest.mark.usefixtures("cheap")


class Death(BaseException):
    """The process is gone: nothing after it runs."""


@pytest.fixture
def _template_of_test(request, _template, _anas_town):
    return _anas_town.template if "somebody" in request.fixturenames else _template


@pytest.fixture
def somebody(engine, tmp_path, _anas_town):
    filling.use_accounts()
    return _anas_town.move(engine, tmp_path)["ana"]


def asked(engine, user_id):
    export_id = everything.ask(engine, user_id)
    assert export_id is not None
    return export_id


def made(engine, user_id):
    """The members of a fresh archive, by name."""
    export_id = asked(engine, user_id)
    everything.make(engine, user_id, export_id)
    with zipfile.ZipFile(everything.archive(export_id)) as archive:
        assert archive.testzip() is None
        assert len(set(archive.namelist())) == len(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


def table(members, name):
    return list(csv.DictReader(io.StringIO(members[name].decode(), newline="")))


def row(engine, user_id, export_id):
    with engine.begin() as conn:
        return data_exports.one(conn, user_id, export_id)


def on_disk():
    return sorted(path.name for path in everything.archive(uuid4()).parent.glob("*"))


def test_the_archive_holds_files_figures_samples_and_listening(engine, somebody):
    members = made(engine, somebody.id)
    originals = {name: m for name, m in members.items() if name.startswith("originals/")}
    assert somebody.run in originals.values()
    named = next(name for name, m in originals.items() if m == somebody.run)
    assert named.startswith("originals/morning_run-")
    sports = sorted(activity["sport"] for activity in table(members, "activities.csv"))
    assert sports == ["ride", "run", "run", "swim", "swim"]
    told = json.loads(members["activities.json"])
    assert sorted(activity["sport"] for activity in told) == sports
    (run,) = (a for a in told if a["n_songs"])
    samples = parquet.read_table(
        io.BytesIO(members[f"streams/activity-{run['id']}.parquet"])
    ).to_pandas()
    (stored,) = make.rows(
        engine, "SELECT count(*) AS n FROM activity_streams WHERE activity_id = :id", id=run["id"]
    )
    assert len(samples) == stored["n"] > 500
    assert set(samples) >= {"time", "time_s", "latitude", "longitude", "heartrate", "cadence"}
    assert samples["time"].iloc[0].isoformat() == make.START.isoformat()
    assert len([name for name in members if name.startswith("streams/")]) == 4
    songs = [song for song in table(members, "songs.csv") if song["title"]]
    # The song's name begins like a formula, and so does the history's.
    assert [song["title"] for song in songs] == [f"'{somebody.song}", "Two"]
    assert [float(song["start_s"]) for song in songs] == [10, 250]
    assert all(float(song["average_heartrate"]) > 100 for song in songs)
    listens = table(members, "listens.csv")
    assert sorted((x["source"], x["artist"], x["title"]) for x in listens) == [
        ("lastfm", "Ana", f"'{somebody.song}"),
        ("lastfm", "Bo", "Late"),
        ("spotify_extended", "Ana", f"'{somebody.song}"),
        ("spotify_extended", "Bo", "Two"),
    ]
    assert json.loads(members["settings.json"]) == {"tempo_lookups": "off"}
    account = json.loads(members["account.json"])
    assert account["email"] == somebody.email
    assert [token["name"] for token in account["tokens"]] == ["watch"]
    assert "signed in" in [line["action"] for line in table(members, "audit-log.csv")]
    for name in members:
        head = name.partition("/")[0]
        assert head == "README.txt" or head in members["README.txt"].decode(), name


def test_no_table_is_forgotten(engine, somebody):
    members = made(engine, somebody.id)
    elsewhere = {
        "activities": "activities.csv",
        "activity_streams": "streams/",
        "audit_log": "audit-log.csv",
        "listens": "listens.csv",
        "originals": "originals/",
        "segments": "songs.csv",
    }
    for each in schema.metadata.sorted_tables:
        if "user_id" not in each.c:
            continue
        place = elsewhere.get(each.name, f"tables/{each.name}.csv")
        assert any(name.startswith(place) for name in members), each.name


def test_the_exports_it_tells_of_are_those_before_it(engine, somebody):
    (before,) = make.rows(engine, "SELECT id FROM data_exports")
    told = table(made(engine, somebody.id), "tables/data_exports.csv")
    assert [(row["id"], row["status"]) for row in told] == [(str(before["id"]), "done")]


def test_no_secret_leaves_with_it(engine, somebody, home):
    members = made(engine, somebody.id)
    secrets = [somebody.session.encode(), somebody.token.encode(), str(home).encode()]
    for name, column in (
        ("users", "password_hash"),
        ("sessions", "digest"),
        ("api_tokens", "digest"),
        ("handovers", "digest"),
        ("connections", "secret"),
        ("oauth_states", "digest"),
    ):
        for found in make.rows(engine, f"SELECT {column} AS it FROM {name}"):
            value = found["it"]
            secrets += [value.encode()] if isinstance(value, str) else [value, value.hex().encode()]
    assert len(secrets) >= 11
    for name, content in members.items():
        for secret in secrets:
            assert secret not in content, (name, secret)
    assert table(members, "tables/connections.csv")[0]["service"] == "lastfm"


def test_it_holds_nothing_of_others(engine, somebody, tmp_path):
    other = filling.somebody(engine, tmp_path, "bo")
    for mine, theirs in ((somebody, other), (other, somebody)):
        told = b"".join(made(engine, mine.id).values())
        assert mine.song.encode() in told
        for word in (theirs.song, theirs.email):
            assert word.encode() not in told


def test_an_account_with_nothing_in_it_gives_an_archive_too(engine):
    members = made(engine, make.user(engine))
    assert json.loads(members["activities.json"]) == []
    assert table(members, "songs.csv") == []


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/ana/run.fit", "run-abc.fit"),
        ("C:\\runs\\run.FIT", "run-abc.FIT"),
        ("all.zip!activities/../../etc/12.gpx.gz", "12-abc.gpx"),
        ("..", "file-abc.fit"),
        ("", "file-abc.fit"),
        ("a/Früh am Morgen!?.fit", "file-abc.fit"),
        ("a/Früh am Morgen.fit", "Früh_am_Morgen-abc.fit"),
        ("x" * 300 + ".tcx", "x" * 60 + "-abc.tcx"),
        ("no ending", "no_ending-abc.fit"),
    ],
)
def test_names_of_originals_are_safe_on_any_system(path, name):
    assert everything._file_name(dumps.Original(path, "fit", "abc")) == name


def test_what_is_asked_for_is_in_the_log_and_one_is_made_at_a_time(engine, somebody):
    export_id = asked(engine, somebody.id)
    assert everything.ask(engine, somebody.id) is None
    with engine.begin() as conn:
        log = [line["action"] for line in audit.newest(conn, somebody.id)]
        other = entry.register(engine, "bo@example.org", filling.PASSWORD, "", "")
        assert other is None
    assert log.count("export asked for") == 2  # the one before and this one
    (bo,) = make.rows(engine, "SELECT id FROM users WHERE email = 'bo@example.org'")
    asked(engine, bo["id"])
    with pytest.raises(NotFound), engine.begin() as conn:
        data_exports.one(conn, bo["id"], export_id)
    everything.make(engine, somebody.id, export_id)
    asked(engine, somebody.id)


def test_killed_in_the_middle_it_is_made_whole_by_the_next(engine, somebody, monkeypatch):
    export_id = asked(engine, somebody.id)
    frame, met = streams.frame, []

    def die(*given):
        met.append(row(engine, somebody.id, export_id))
        if len(met) == 2:
            raise Death
        return frame(*given)

    monkeypatch.setattr(streams, "frame", die)
    with suppress(Death):
        everything.make(engine, somebody.id, export_id)
    # Progress was there to see, and nothing that looks like an archive.
    assert met[1]["done"] == met[0]["done"] + 1
    assert met[1]["done"] < met[1]["total"]
    assert row(engine, somebody.id, export_id)["status"] == "running"
    assert not everything.archive(export_id).exists()
    everything.archive(export_id).with_suffix(".part").write_bytes(b"what a kill leaves")
    with engine.begin() as conn:
        assert data_exports.unfinished(conn) == [(somebody.id, export_id)]
    everything.make(engine, somebody.id, export_id)
    after = row(engine, somebody.id, export_id)
    assert (after["status"], after["done"]) == ("done", after["total"])
    assert after["size"] == everything.archive(export_id).stat().st_size
    assert zipfile.ZipFile(everything.archive(export_id)).testzip() is None
    assert not any(name.endswith(".part") for name in on_disk())
    # Another run finds nothing to do.
    everything.make(engine, somebody.id, export_id)
    assert row(engine, somebody.id, export_id) == after


def test_a_worker_takes_up_what_a_dead_one_left(engine, somebody):
    export_id = asked(engine, somebody.id)
    with engine.begin() as conn:
        data_exports.begin(conn, somebody.id, export_id)

    async def work():
        async with working.worker(engine):
            give_up = time.monotonic() + 60
            while row(engine, somebody.id, export_id)["status"] != "done":
                assert time.monotonic() < give_up
                await asyncio.sleep(0.05)

    asyncio.run(work())
    jobs.close(engine)
    assert everything.archive(export_id).exists()


def test_two_processes_do_not_make_the_same_one(engine, somebody):
    export_id = asked(engine, somebody.id)
    before = row(engine, somebody.id, export_id)
    with imports.held(engine, export_id):
        everything.make(engine, somebody.id, export_id)
    assert row(engine, somebody.id, export_id) == before


def test_one_that_kills_whoever_makes_it_is_given_up(engine, somebody, monkeypatch):
    def die(*_):
        raise Death

    monkeypatch.setattr(streams, "frame", die)
    export_id = asked(engine, somebody.id)
    for _ in range(3):
        with pytest.raises(Death):
            everything.make(engine, somebody.id, export_id)
    everything.make(engine, somebody.id, export_id)
    assert row(engine, somebody.id, export_id)["status"] == "failed"
    asked(engine, somebody.id)


def test_told_to_stop_it_leaves_the_work_to_the_next_as_often_as_that_happens(engine, somebody):
    export_id, stopping = asked(engine, somebody.id), threading.Event()
    stopping.set()
    for _ in range(5):
        everything.make(engine, somebody.id, export_id, stopping)
        assert row(engine, somebody.id, export_id)["status"] == "queued"
    assert not any(export_id.hex in name.replace("-", "") for name in on_disk())
    everything.make(engine, somebody.id, export_id)
    assert row(engine, somebody.id, export_id)["status"] == "done"


def test_a_full_disk_makes_it_fail(engine, somebody, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(streams, "frame", full)
    before = on_disk()
    export_id = asked(engine, somebody.id)
    everything.make(engine, somebody.id, export_id)
    assert row(engine, somebody.id, export_id)["status"] == "failed"
    assert on_disk() == before


def test_an_export_that_is_forgotten_meanwhile_leaves_nothing(engine, somebody, monkeypatch):
    frame, before = streams.frame, on_disk()

    def forget(*given):
        with engine.begin() as conn:
            data_exports.forget(conn, somebody.id)
        return frame(*given)

    monkeypatch.setattr(streams, "frame", forget)
    everything.make(engine, somebody.id, asked(engine, somebody.id))
    assert on_disk() == before


def test_archives_are_cleared_after_a_week_and_strays_as_well(engine, somebody):
    old, new = (
        make.rows(engine, "SELECT id FROM data_exports")[0]["id"],
        asked(engine, somebody.id),
    )
    everything.make(engine, somebody.id, new)
    folder = everything.archive(new).parent
    stray, arriving = folder / f"{uuid4()}.zip", folder / f"{uuid4()}.part"
    for path in (stray, arriving):
        path.write_bytes(b"")
    ago = time.time() - 7200
    for path in (stray, everything.archive(old), everything.archive(new)):
        os.utime(path, (ago, ago))
    everything.sweep(engine)
    assert on_disk() == sorted([f"{old}.zip", f"{new}.zip", arriving.name])
    with engine.begin() as conn:
        conn.execute(
            text("UPDATE data_exports SET finished_at = now() - interval '169 h' WHERE id = :id"),
            {"id": old},
        )
    everything.sweep(engine)
    assert on_disk() == sorted([f"{new}.zip", arriving.name])
    with engine.begin() as conn:
        assert [each["id"] for each in data_exports.of_user(conn, somebody.id)] == [new]


def test_nobody_else_on_the_machine_can_read_it(engine, somebody):
    (made_one,) = make.rows(engine, "SELECT id FROM data_exports")
    assert everything.archive(made_one["id"]).parent.stat().st_mode & 0o077 == 0
