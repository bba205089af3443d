"""Songs: a catalogue of recordings, what sources tell of them, what users say of them"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_DECIDED = ("energy", "danceability", "valence")


def upgrade() -> None:
    op.create_table(
        "songs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("artist_key", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("artist", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("album", sa.Text(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("band", sa.SmallInteger(), nullable=False),
        sa.Column("n_plays", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_songs"),
        sa.UniqueConstraint("artist_key", "title_key", name="uq_songs_artist_key_title_key"),
    )
    op.create_index("ix_songs_band_n_plays_id", "songs", ["band", "n_plays", "id"])
    op.create_table(
        "song_ids",
        *_of_song("song_ids"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("match", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("song_id", "kind", "value", name="pk_song_ids"),
    )
    op.create_index("ix_song_ids_kind_value", "song_ids", ["kind", "value"])
    op.create_table(
        "song_facts",
        *_of_song("song_facts"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("artist", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("match", sa.Double(), nullable=False),
        *_character(),
        _moment("fetched_at", nullable=False),
        sa.PrimaryKeyConstraint("song_id", "source", "identifier", name="pk_song_facts"),
    )
    op.create_table(
        "song_lookups",
        *_of_song("song_lookups"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "asked_with",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        _moment("asked_at", nullable=False),
        _moment("due_at", nullable=False),
        sa.Column("n_same", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("song_id", "source", name="pk_song_lookups"),
    )
    op.create_table(
        "song_sources",
        sa.Column("source", sa.Text(), nullable=False),
        _moment("next_at", nullable=False, server_default=sa.text("now()")),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_refused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        *(
            sa.Column(f"n_{what}", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
            for what in ("found", "unknown", "failed", "calls", "errors")
        ),
        sa.Column("busy_s", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_song_sources"),
    )
    op.create_table(
        "song_words",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("artist_key", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("artist", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("spotify_id", sa.Text(), nullable=True),
        *_character(),
        _moment("told_at", nullable=False, server_default=sa.text("now()")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_song_words_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "user_id", "artist_key", "title_key", "source", name="pk_song_words"
        ),
    )
    # The sample's songs bring their tempo along, and nothing else did so far.
    op.execute(
        "INSERT INTO song_words (user_id, artist_key, title_key, source, artist, title, bpm)"
        " SELECT t.user_id, a.key, t.title_key, 'sample', a.name, t.title, t.tempo_bpm"
        " FROM tracks t JOIN artists a ON a.id = t.artist_id WHERE t.tempo_bpm IS NOT NULL"
    )
    decided: tuple[sa.Column[Any], ...] = (
        sa.Column("song_id", sa.BigInteger(), nullable=True),
        sa.Column("tempo_source", sa.Text(), nullable=True),
        sa.Column("tempo_confidence", sa.Double(), nullable=True),
        sa.Column("tempo_note", sa.Text(), nullable=True),
        sa.Column(
            "is_tempo_disputed", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        *(sa.Column(name, sa.Double(), nullable=True) for name in _DECIDED),
        sa.Column("key", sa.SmallInteger(), nullable=True),
        sa.Column("mode", sa.SmallInteger(), nullable=True),
    )
    for column in decided:
        op.add_column("tracks", column)
    op.execute(
        "UPDATE tracks SET tempo_source = 'sample', tempo_confidence = 1"
        " WHERE tempo_bpm IS NOT NULL"
    )
    op.create_foreign_key(
        "fk_tracks_songs", "tracks", "songs", ["song_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index("ix_tracks_song_id", "tracks", ["song_id"])


def _of_song(table: str) -> tuple[Any, ...]:
    return (
        sa.Column("song_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["song_id"], ["songs.id"], name=f"fk_{table}_songs", ondelete="CASCADE"
        ),
    )


def _character() -> tuple[sa.Column[Any], ...]:
    return (
        *(sa.Column(name, sa.Double(), nullable=True) for name in ("bpm", *_DECIDED)),
        *(sa.Column(name, sa.SmallInteger(), nullable=True) for name in ("key", "mode")),
    )


def _moment(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)
