"""Processes on one database have to have the same keys."""

import pytest
from sqlalchemy import text

from runsous.errors import InputError
from runsous.keys import Keyring
from runsous.settings import Settings, secret_keys
from runsous.store import accounts, connections, key_mark

OLD, NEW = "o" * 48, "n" * 48


def process(tmp_path, *keys: str, home: str = "home", auth: str = "accounts") -> Settings:
    return Settings(home=tmp_path / home, auth=auth, secrets=keys)


def seal(engine, key: str) -> int:
    with engine.begin() as conn:
        number = accounts.create(conn, "ana@example.org", None)
        connections.connect(conn, number, "strava", connections.Account("1"), 3600)
        connections.save(conn, number, "strava", "a token", Keyring([key]))
    return number


def test_a_process_with_a_key_of_its_own_is_refused(engine, tmp_path):
    first, second = (process(tmp_path, home=home) for home in ("one", "two"))
    key_mark.check(engine, first)
    for _ in range(2):
        with pytest.raises(InputError, match="RUNSOUS_SECRET_KEY must be the same"):
            key_mark.check(engine, second)
    key_mark.check(engine, first)
    key_mark.check(engine, process(tmp_path, *secret_keys(first), home="two"))


def test_who_was_refused_has_not_made_the_database_its_own(engine, tmp_path):
    seal(engine, OLD)
    with pytest.raises(InputError):
        key_mark.check(engine, process(tmp_path, NEW))
    key_mark.check(engine, process(tmp_path, OLD))


def test_a_new_key_comes_beside_the_old_one_first(engine, tmp_path):
    key_mark.check(engine, process(tmp_path, OLD))
    key_mark.check(engine, process(tmp_path, NEW, OLD))
    # Until the key is rotated either will do.
    key_mark.check(engine, process(tmp_path, OLD))
    with pytest.raises(InputError):
        key_mark.check(engine, process(tmp_path, NEW))
    with engine.begin() as conn:
        key_mark.renew(conn, Keyring([NEW, OLD]))
    key_mark.check(engine, process(tmp_path, NEW))
    with pytest.raises(InputError):
        key_mark.check(engine, process(tmp_path, OLD))


def test_local_mode_needs_a_key_for_sealed_secrets_alone(engine, tmp_path):
    first, second = (process(tmp_path, home=home, auth="local") for home in ("one", "two"))
    for local in (first, second):
        key_mark.check(engine, local)
        assert not local.home.exists()
    seal(engine, secret_keys(first)[0])
    key_mark.check(engine, first)
    with pytest.raises(InputError, match="RUNSOUS_SECRET_KEY must be the same"):
        key_mark.check(engine, second)


def test_what_a_lost_key_sealed_can_be_given_up(engine, tmp_path):
    number = seal(engine, OLD)
    with engine.begin() as conn:
        connections.connect(conn, number, "spotify", connections.Account("1"), 3600)
        connections.save(conn, number, "spotify", "another", Keyring([NEW]))
        assert key_mark.give_up(conn, Keyring([NEW])) == 1
        assert connections.secret(conn, number, "strava", Keyring([NEW])) is None
        assert connections.secret(conn, number, "spotify", Keyring([NEW])) == "another"
    key_mark.check(engine, process(tmp_path, NEW))


def test_the_database_holds_nothing_of_the_key(engine, tmp_path):
    ours = process(tmp_path)
    key_mark.check(engine, ours)
    with engine.begin() as conn:
        (mark,) = conn.execute(text("SELECT mark FROM key_mark")).scalars()
    (key,) = secret_keys(ours)
    assert len(mark) == 5
    assert not any(bytes(mark)[n : n + 2] in key.encode() for n in range(1, 4))
