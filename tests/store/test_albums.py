"""Albums: one of several spellings and editions, whatever came first, and only while needed."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from runsous import frames
from runsous.store import plays
from runsous.sync import listening

START = datetime(2024, 5, 1, 10, tzinfo=UTC)
NOW = START + timedelta(days=30)


@pytest.fixture
def person(connection):
    """Makes users, as many as a test needs."""

    def one() -> int:
        made = "INSERT INTO users (name) VALUES (gen_random_uuid()::text) RETURNING id"
        return int(connection.execute(text(made)).scalar())

    return one


def tell(conn, user, *songs, source="lastfm"):
    """Reports (artist, title, album), an hour apart from each other."""
    artists, titles, albums = zip(*songs, strict=True)
    size = len(songs)
    heard = frames.listens(
        source=[source] * size,
        stamp=[START + timedelta(hours=n) for n in range(size)],
        stamp_kind=["start"] * size,
        precision_s=[1.0] * size,
        artist=artists,
        title=titles,
        album=albums,
    )
    listening.keep(conn, user, heard, NOW)


def stored(conn, user):
    """All albums, as (artist, key, name)."""
    query = (
        "SELECT a.name, b.key, b.name AS album FROM albums b JOIN artists a"
        " ON (a.id, a.user_id) = (b.artist_id, b.user_id) WHERE b.user_id = :user"
    )
    return sorted(tuple(row) for row in conn.execute(text(query), {"user": user}))


def shown(conn, user):
    """The album of each song."""
    return {p["title"]: p["album"] for p in plays.newest(conn, user, plays.Filter())}


def test_editions_are_one_album_and_artists_have_their_own(connection, person):
    user, other = person(), person()
    tell(
        connection,
        user,
        ("Ana", "One", "Rumours (Deluxe Edition)"),
        ("Ana", "Two", "RUMOURS"),
        ("Ana", "Two", "Rumours"),
        ("Bo", "Three", "Rumours [Remastered]"),
        ("Bo", "Four", None),
    )
    tell(connection, other, ("Ana", "One", "Rumours (Deluxe Edition)"))
    assert stored(connection, user) == [
        ("Ana", "rumours", "RUMOURS"),
        ("Bo", "rumours", "Rumours [Remastered]"),
    ]
    assert shown(connection, user) == {
        "One": "RUMOURS",
        "Two": "RUMOURS",
        "Three": "Rumours [Remastered]",
        "Four": None,
    }
    assert shown(connection, other) == {"One": "Rumours (Deluxe Edition)"}


ONE_BY_ONE = [
    ("Ana", "One", "Zoo"),
    ("Ana", "One", "apes (Deluxe)"),
    ("Ana", "Two", "Zoo (Expanded Edition)"),
]


def test_what_is_shown_does_not_depend_on_what_came_first(connection, person):
    for order in itertools.permutations(ONE_BY_ONE):
        savepoint = connection.begin_nested()
        user = person()
        for song in order:
            tell(connection, user, song, source=f"source {ONE_BY_ONE.index(song)}")
        # The least key ("apes") although "Z" is before "a"; the shortest spelling.
        assert shown(connection, user) == {"One": "apes (Deluxe)", "Two": "Zoo"}, order
        assert stored(connection, user) == [("Ana", "apes", "apes (Deluxe)"), ("Ana", "zoo", "Zoo")]
        savepoint.rollback()


def test_albums_nobody_hears_any_more_go(connection, person):
    user = person()
    tell(connection, user, ("Ana", "One", "Kept"), ("Bo", "Two", "Gone"), source="lastfm")
    tell(connection, user, ("Ana", "One", "Zoo"), source="maloja")
    assert [album for _, _, album in stored(connection, user)] == ["Kept", "Zoo", "Gone"]
    tell(connection, user, ("Ana", "One", "Kept"), source="listenbrainz")
    listening.forget_source(connection, user, "lastfm")
    assert stored(connection, user) == [("Ana", "kept", "Kept")]
    listening.forget_source(connection, user, "listenbrainz")
    listening.forget_source(connection, user, "maloja")
    assert stored(connection, user) == []


def test_a_track_outlives_its_album_but_cannot_be_on_another_users(connection, person):
    user, other = person(), person()
    tell(connection, user, ("Ana", "One", "LP"))
    tell(connection, other, ("Ana", "One", "LP"))
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(
            text(
                "UPDATE tracks SET album_id = (SELECT id FROM albums WHERE user_id = :other)"
                " WHERE user_id = :user"
            ),
            {"user": user, "other": other},
        )
    connection.execute(text("DELETE FROM albums WHERE user_id = :user"), {"user": user})
    assert shown(connection, user) == {"One": None}
    assert shown(connection, other) == {"One": "LP"}


def test_albums_that_were_texts_are_taken_over(connection, person):
    user, other = person(), person()
    tell(connection, user, *[("Ana", f"Song {n}", None) for n in range(5)], ("Bo", "Song", None))
    tell(connection, other, ("Ana", "Song 0", None))
    for change in (
        "ALTER TABLE tracks DROP COLUMN album_id, ADD COLUMN album text",
        "DROP TABLE albums",
        "UPDATE alembic_version SET version_num = '0006'",
    ):
        connection.execute(text(change))
    texts = {
        "Song 0": "Thés & Cafés (Deluxe Edition)",
        "Song 1": "Thes and Cafes",
        "Song 2": "Thés & Cafés - Remastered 2009",
        "Song 3": "???",
        "Song": "Thes and Cafes [2009 Remaster]",
    }
    for title, album in texts.items():
        connection.execute(
            text("UPDATE tracks SET album = :album WHERE title = :title"),
            {"album": album, "title": title},
        )
    alembic = Config()
    alembic.set_main_option("script_location", "runsous.store:migrations")
    alembic.attributes["connection"] = connection
    command.upgrade(alembic, "0007")
    assert stored(connection, user) == [
        ("Ana", "???", "???"),
        ("Ana", "thesandcafes", "Thes and Cafes"),
        ("Bo", "thesandcafes", "Thes and Cafes [2009 Remaster]"),
    ]
    before = shown(connection, user)
    assert before == {
        **{f"Song {n}": "Thes and Cafes" for n in range(3)},
        "Song 3": "???",
        "Song 4": None,
        "Song": "Thes and Cafes [2009 Remaster]",
    }
    assert shown(connection, other) == {"Song 0": "Thés & Cafés (Deluxe Edition)"}
    # The albums are known when they are told again.
    again = [("Ana", title, album) for title, album in texts.items() if title != "Song"]
    tell(connection, user, *again)
    assert len(stored(connection, user)) == 3
    assert shown(connection, user) == before
