"""What users say of songs, or their files do: by name, whether or not they ever heard them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from runsous.store import copy
from runsous.store.database import raw

CHARACTER = ("bpm", "energy", "danceability", "valence", "key", "mode")
COLUMNS = ("artist_key", "title_key", "artist", "title", "spotify_id", *CHARACTER)
_SET = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])


def save(
    conn: Connection, user_id: int, source: str, words: pd.DataFrame, list_name: str | None = None
) -> tuple[int, int]:
    """Puts ``words`` (:data:`COLUMNS`) in the place of what the source said of these songs;
    how many songs it had said nothing of, and of how many it says something else now.

    What it had said already stays with the list that said it first.
    """
    names = ", ".join(COLUMNS)
    conn.execute(text("DROP TABLE IF EXISTS told"))
    conn.execute(
        text(
            f"CREATE TEMP TABLE told ON COMMIT DROP AS SELECT {names}"  # noqa: S608
            " FROM song_words WITH NO DATA"
        )
    )
    copy.write_frame(raw(conn), "told", words[list(COLUMNS)])
    rows = conn.execute(
        text(
            f"INSERT INTO song_words AS w (user_id, source, list_name, {names})"  # noqa: S608
            f" SELECT DISTINCT ON (artist_key, title_key) :user, :source, :list, {names} FROM told"
            " ORDER BY artist_key, title_key, bpm, spotify_id"
            f" ON CONFLICT (user_id, artist_key, title_key, source) DO UPDATE SET {_SET},"
            " list_name = excluded.list_name, told_at = now()"
            f" WHERE ({', '.join(f'w.{name}' for name in CHARACTER)}) IS DISTINCT FROM"
            f" ({', '.join(f'excluded.{name}' for name in CHARACTER)})"
            " RETURNING xmax = 0 AS is_new"
        ),
        {"user": user_id, "source": source, "list": list_name},
    ).scalars()
    is_new = list(rows)
    return sum(is_new), len(is_new) - sum(is_new)


def say(conn: Connection, user_id: int, track_id: int, source: str, bpm: float) -> None:
    """Keeps what a user says of a track of theirs."""
    conn.execute(
        text(
            "INSERT INTO song_words AS w"
            " (user_id, source, artist_key, title_key, artist, title, bpm)"
            " SELECT t.user_id, :source, a.key, t.title_key, a.name, t.title, :bpm"
            " FROM tracks t JOIN artists a ON a.id = t.artist_id"
            " WHERE t.user_id = :user AND t.id = :track"
            " ON CONFLICT (user_id, artist_key, title_key, source)"
            " DO UPDATE SET bpm = excluded.bpm, told_at = now()"
        ),
        {"user": user_id, "track": track_id, "source": source, "bpm": bpm},
    )


def forget(conn: Connection, user_id: int, track_id: int, sources: Sequence[str]) -> None:
    """Forgets what these sources said of a track."""
    conn.execute(
        text(
            "DELETE FROM song_words w USING tracks t, artists a"
            " WHERE w.user_id = :user AND t.user_id = :user AND t.id = :track"
            " AND a.id = t.artist_id AND w.source = ANY(:sources)"
            " AND (w.artist_key, w.title_key) = (a.key, t.title_key)"
        ),
        {"user": user_id, "track": track_id, "sources": list(sources)},
    )


def forget_source(conn: Connection, user_id: int, source: str) -> None:
    """Forgets all that one source said."""
    conn.execute(
        text("DELETE FROM song_words WHERE user_id = :user AND source = :source"),
        {"user": user_id, "source": source},
    )


def forget_list(conn: Connection, user_id: int, source: str, list_name: str | None) -> None:
    """Forgets what counts of one of the source's :func:`lists`."""
    conn.execute(
        text(
            "DELETE FROM song_words WHERE user_id = :user AND source = :source"
            " AND list_name IS NOT DISTINCT FROM :list"
        ),
        {"user": user_id, "source": source, "list": list_name},
    )


def lists(conn: Connection, user_id: int, source: str) -> list[dict[str, Any]]:
    """The lists of which something still counts, the newest first: ``list_name`` (``None``: those
    of before names were kept), ``n_songs``, ``n_heard`` (of these, songs the user has heard) and
    ``told_at``.
    """
    found = conn.execute(
        text(
            "SELECT w.list_name, count(*)::int AS n_songs, count(t.id)::int AS n_heard,"
            " max(w.told_at) AS told_at FROM song_words w"
            " LEFT JOIN artists a ON a.user_id = w.user_id AND a.key = w.artist_key"
            " LEFT JOIN tracks t ON t.user_id = w.user_id AND t.artist_id = a.id"
            " AND t.title_key = w.title_key WHERE w.user_id = :user AND w.source = :source"
            " GROUP BY w.list_name ORDER BY told_at DESC, w.list_name"
        ),
        {"user": user_id, "source": source},
    )
    return [row._asdict() for row in found]


def evidence(
    conn: Connection, user_id: int, track_ids: Sequence[int] | None = None
) -> list[dict[str, Any]]:
    """All that is known of these tracks (``None``: of all): ``track_id, source, identifier, match,
    at`` and :data:`CHARACTER`, in the order of the tracks.
    """
    facts, words = (", ".join(f"{table}.{name}" for name in CHARACTER) for table in "fw")
    mine = "t.user_id = :user AND (CAST(:tracks AS bigint[]) IS NULL OR t.id = ANY(:tracks))"
    rows = conn.execute(
        text(
            f"SELECT t.id AS track_id, f.source, f.identifier, f.match, f.fetched_at AS at, {facts}"  # noqa: S608
            f" FROM tracks t JOIN song_facts f ON f.song_id = t.song_id WHERE {mine}"
            f" UNION ALL SELECT t.id, w.source, NULL, 1, w.told_at, {words} FROM tracks t"
            " JOIN artists a ON a.id = t.artist_id JOIN song_words w ON w.user_id = t.user_id"
            f" AND (w.artist_key, w.title_key) = (a.key, t.title_key) WHERE {mine}"
            " ORDER BY track_id, source, identifier"
        ),
        {"user": user_id, "tracks": None if track_ids is None else list(track_ids)},
    )
    return [row._asdict() for row in rows]


def tempos(conn: Connection, user_id: int, source: str) -> dict[tuple[str, str], float | None]:
    """What a source says of songs, by the keys of artist and title; ``None`` where it knows the
    song and has no tempo for it.
    """
    rows = conn.execute(
        text(
            "SELECT artist_key, title_key, bpm FROM song_words"
            " WHERE user_id = :user AND source = :source"
        ),
        {"user": user_id, "source": source},
    )
    return {(row.artist_key, row.title_key): row.bpm for row in rows}


def undecided(conn: Connection, user_id: int) -> list[int]:
    """The tracks of which something was said before they were first heard."""
    found = conn.execute(
        text(
            "SELECT t.id FROM tracks t JOIN artists a ON a.id = t.artist_id"
            " WHERE t.user_id = :user AND t.tempo_note IS NULL AND EXISTS (SELECT FROM song_words w"
            "   WHERE w.user_id = t.user_id AND w.artist_key = a.key AND w.title_key = t.title_key)"
            " ORDER BY t.id"
        ),
        {"user": user_id},
    )
    return list(found.scalars())


def track_ids(conn: Connection, user_id: int, source: str) -> list[int]:
    """The tracks a source says something of."""
    found = conn.execute(
        text(
            "SELECT t.id FROM song_words w JOIN artists a ON a.user_id = w.user_id"
            " AND a.key = w.artist_key JOIN tracks t ON t.user_id = w.user_id"
            " AND t.artist_id = a.id AND t.title_key = w.title_key"
            " WHERE w.user_id = :user AND w.source = :source ORDER BY t.id"
        ),
        {"user": user_id, "source": source},
    )
    return list(found.scalars())
