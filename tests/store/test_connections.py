import pytest
from sqlalchemy import text

from runsous.keys import CannotOpen, Keyring
from runsous.store import accounts, connections

OLD, NEW = "o" * 48, "n" * 48
TOKEN = "a token of a service"


@pytest.fixture
def two(connection):
    """Two users, each with a connection."""
    ids = [accounts.create(connection, f"{name}@example.org", None) for name in ("ana", "bo")]
    for number in ids:
        connections.connect(connection, number, "strava", connections.Account("1"), 3600)
        connections.save(connection, number, "strava", f"{TOKEN} {number}", Keyring([OLD]))
    return ids


def test_a_secret_is_kept_and_renewed(connection, two):
    keys = Keyring([OLD])
    assert connections.secret(connection, two[0], "strava", keys) == f"{TOKEN} {two[0]}"
    connections.save(connection, two[0], "strava", "newer", keys)
    assert connections.secret(connection, two[0], "strava", keys) == "newer"
    assert connections.secret(connection, two[1], "strava", keys) == f"{TOKEN} {two[1]}"
    assert connections.secret(connection, two[0], "spotify", keys) is None


def test_the_database_holds_nothing_readable(connection, two):
    rows = connection.execute(text("SELECT connections::text, secret FROM connections")).all()
    assert len(rows) == 2
    for shown, sealed in rows:
        assert TOKEN not in shown
        assert TOKEN.encode() not in bytes(sealed)


def test_a_ciphertext_moved_to_another_row_does_not_open(connection, two):
    connection.execute(
        text(
            "UPDATE connections SET secret = (SELECT secret FROM connections WHERE user_id = :a)"
            " WHERE user_id = :b"
        ),
        {"a": two[0], "b": two[1]},
    )
    with pytest.raises(CannotOpen):
        connections.secret(connection, two[1], "strava", Keyring([OLD]))


def test_after_rotation_the_old_key_is_needed_no_more(connection, two):
    both = Keyring([NEW, OLD])
    assert connections.secret(connection, two[0], "strava", both) == f"{TOKEN} {two[0]}"
    assert connections.reseal(connection, both) == 2
    assert connections.reseal(connection, both) == 0
    for number in two:
        found = connections.secret(connection, number, "strava", Keyring([NEW]))
        assert found == f"{TOKEN} {number}"
