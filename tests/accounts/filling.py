"""Accounts with a bit of everything that can be kept of somebody."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine, text

from runsous import settings
from runsous.accounts import entry, everything, passwords
from runsous.keys import Keyring
from runsous.store import accounts, connections, database, sync_runs, tokens, users
from runsous.store import sessions as store_sessions
from runsous.sync import efforts, import_files, listening, songs, tempo, uploads
from tests import conftest
from tests.sync import make

PASSWORD = "a long enough password"
PAUSES = [(100, 130)]


@dataclass(frozen=True)
class Somebody:
    """A user, and what nobody else may ever see of them."""

    id: int
    email: str
    song: str
    session: str
    token: str
    run: bytes


@dataclass(frozen=True)
class Town:
    """A database to copy with these people in it, and the folder that holds all their files."""

    template: str
    folder: Path
    people: dict[str, Somebody]

    def move(self, engine: Engine, folder: Path) -> dict[str, Somebody]:
        """Brings the files of the people in a copy to a test's own folder; these people."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        with engine.begin() as conn:
            conn.execute(
                text("UPDATE uploads SET stored_at = replace(stored_at, :there, :here)"),
                {"there": str(self.folder), "here": str(folder)},
            )
        return self.people


@contextmanager
def town(server: str, template: str, folder: Path, *names: str) -> Iterator[Town]:
    """Makes people once for all tests that need them; their passwords cost no time to check."""
    name = f"{template}_{'_'.join(names)}"
    (folder / "home").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
        people = conftest.make_template(
            *(server, name, template, folder / "home"),
            lambda engine: {name: somebody(engine, folder, name) for name in names},
        )
    passwords._nobodys.cache_clear()
    yield Town(name, folder, people)
    conftest._tell(server, f'DROP DATABASE "{name}"')


def use_accounts() -> None:
    settings.use(replace(settings.current(), auth="accounts", max_file_mb=16))


def somebody(engine: Engine, folder: Path, name: str) -> Somebody:
    """A new account: runs, songs, an offset, settings, a token, sessions, a connection, a failed
    upload that waits for a retry, and an export. It takes more than a second; :class:`Town` has
    some already.
    """
    email, song = f"{name}@example.org", f"=Secret tune of {name}"
    entry.register(engine, email, PASSWORD, "", "10.1.1.1")
    session = entry.sign_in(engine, email, PASSWORD, "10.1.1.1")
    assert session is not None
    with engine.begin() as conn:
        account = accounts.by_email(conn, email)
        assert account is not None
        token = f"{entry.TOKEN_MARK}{name}"
        kept = tokens.NewToken("watch", entry.digest(token), ["read", "write"], None)
        tokens.create(conn, account.id, kept)
        store_sessions.hand_over(conn, account.id, entry.digest(name))
    run = make.fit(pauses=PAUSES, n=600)
    library(engine, account.id, folder / name, run, song)
    with engine.begin() as conn:
        listening.shift_source(conn, account.id, "lastfm", 1.0)
        # A worker would ask for their songs.
        users.save_settings(conn, account.id, {"tempo_lookups": "off"})
        tempo.keep_words(
            conn,
            account.id,
            "csv",
            pd.DataFrame({"artist": ["Band"], "title": [song], "bpm": 171.0}, index=[0]),
        )
        conn.execute(
            text(
                'INSERT INTO pool_lengths (activity_id, user_id, "index", start_s, elapsed_s,'
                " is_active) SELECT max(id), :user, 0, 0, 30, true FROM activities"
                " WHERE user_id = :user"
            ),
            {"user": account.id},
        )
        connect(conn, account.id)
    songs.settle(engine, account.id)
    efforts.refresh(engine, account.id)
    fail(engine, account.id)
    export = everything.ask(engine, account.id)
    assert export is not None
    everything.make(engine, account.id, export)
    return Somebody(account.id, email, song, session, token, run)


def library(engine: Engine, user_id: int, folder: Path, run: bytes, song: str) -> None:
    """A watch's run with pauses, a swim without samples, and songs."""
    index = make.strava_index(
        [make.strava_row(7, make.START - timedelta(days=9), Activity__Type="Swim")]
    )
    triathlon = make.triathlon(make.START + timedelta(days=2))
    paths = [
        make.written(folder, name, content)
        for name, content in {
            "morning run.fit": run,
            "three.fit": triathlon,
            "activities.csv": index,
            "songs.json": make.spotify((10, f"Ana – {song}", 200.0), (250, "Bo – Two", 200.0)),
            "scrobbles.csv": make.lastfm((10, f"Ana – {song}"), (5000, "Bo – Late")),
        }.items()
    ]
    report = import_files.import_paths(engine, user_id, paths)
    assert report.failed == 0, report


def connect(conn: Connection, user_id: int) -> None:
    """A connection with a run, what its list says, and one they were sent to make.

    Nothing of it is to be done: a worker would ask the real service.
    """
    connections.connect(conn, user_id, "lastfm", connections.Account(f"account {user_id}"), 3600)
    ring = Keyring(settings.secret_keys(settings.current()))
    connections.save(conn, user_id, "lastfm", "their key", ring)
    connections.set_schedule(conn, user_id, "lastfm", is_scheduled=False, interval_s=3600)
    sync_runs.finish(conn, user_id, sync_runs.begin(conn, user_id, "lastfm", "user"), "done")
    for row in (
        "remote_activities (user_id, service, remote_id, account_id, start_time, state)"
        " VALUES (:user, 'strava', 1, 'them', now(), 'look')",
        "oauth_states (user_id, digest, service, verifier, expires_at)"
        " VALUES (:user, sha256(CAST(:user AS text)::bytea), 'strava', 'sealed',"
        " now() + interval '1 day')",
    ):
        conn.execute(text(f"INSERT INTO {row}"), {"user": user_id})


def fail(engine: Engine, user_id: int) -> None:
    """An upload that cannot be read and waits for a retry."""
    handed_in = [("broken.fit", io.BytesIO(make.fit()[:10]))]
    import_id = uploads.receive(engine, user_id, settings.current(), "browser", handed_in)
    import_files.run(engine, user_id, import_id)


def rows(engine: Engine, query: str, **values: Any) -> list[dict[str, Any]]:
    return make.rows(engine, query, **values)


def opened(url: str, home: Path) -> Engine:
    """The same database, as another process has it."""
    return database.open(replace(settings.current(), home=home, database_url=url))
