"""The files workouts came from, kept as they were: merging and export read them again."""

from __future__ import annotations

import zlib

from sqlalchemy import Connection, text


def save(conn: Connection, user_id: int, sha256: str, kind: str, content: bytes) -> None:
    """Keeps the file's bytes (deflated); a file already kept stays as it is."""
    conn.execute(
        text(
            "INSERT INTO originals (user_id, sha256, kind, size, deflated)"
            " VALUES (:user, :sha256, :kind, :size, :deflated) ON CONFLICT DO NOTHING"
        ),
        {
            "user": user_id,
            "sha256": sha256,
            "kind": kind,
            "size": len(content),
            "deflated": zlib.compress(content, 1),
        },
    )


def replace(conn: Connection, user_id: int, sha256: str, kind: str, content: bytes) -> None:
    """Keeps the bytes in place of those kept so far."""
    delete(conn, user_id, sha256)
    save(conn, user_id, sha256, kind, content)


def delete(conn: Connection, user_id: int, sha256: str) -> None:
    """Drops one file's bytes."""
    conn.execute(
        text("DELETE FROM originals WHERE user_id = :user AND sha256 = :sha256"),
        {"user": user_id, "sha256": sha256},
    )


def content(conn: Connection, user_id: int, sha256: str) -> bytes | None:
    """The file's bytes, or ``None`` where none are kept."""
    deflated = conn.execute(
        text("SELECT deflated FROM originals WHERE user_id = :user AND sha256 = :sha256"),
        {"user": user_id, "sha256": sha256},
    ).scalar()
    return None if deflated is None else zlib.decompress(deflated)


def delete_unused(conn: Connection, user_id: int) -> None:
    """Drops the files no activity refers to any more."""
    conn.execute(
        text(
            "DELETE FROM originals o WHERE user_id = :user AND NOT EXISTS (SELECT FROM"
            " activity_files f WHERE f.user_id = o.user_id AND f.sha256 = o.sha256)"
        ),
        {"user": user_id},
    )
