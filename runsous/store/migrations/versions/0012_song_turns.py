"""Each song says which sources are still to be asked for it; refusals are an application's own"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# By which ids each can be asked, and how well these have to go with the song's name at least.
_IDS = {
    "deezer": ("'deezer', 'isrc'", "coalesce(i.match, 1) > 0"),
    "musicbrainz": ("'mbid', 'isrc'", "coalesce(i.match, 1) > 0"),
    "reccobeats": ("'spotify', 'isrc'", "coalesce(i.match, 1) > 0"),
    "acousticbrainz": ("'mbid'", "i.match > 0"),
    "spotify": ("'spotify'", "i.match > 0"),
}
_BY_NAME = ("deezer", "musicbrainz")


def upgrade() -> None:
    texts = postgresql.ARRAY(sa.Text())
    for table, name in (("songs", "waits_at"), ("song_sources", "refuses")):
        op.add_column(table, sa.Column(name, texts, server_default=sa.text("'{}'"), nullable=False))
    # Whom it refused was not noted: it is asked once more.
    op.drop_column("song_sources", "is_refused")
    turns = ", ".join(f"CASE WHEN {_waits(source)} THEN '{source}' END" for source in _IDS)
    op.execute(f"UPDATE songs s SET waits_at = array_remove(ARRAY[{turns}], NULL)")  # noqa: S608


def _waits(source: str) -> str:
    kinds, good = _IDS[source]
    asked = f"FROM song_lookups l WHERE l.song_id = s.id AND l.source = '{source}'"
    known = f"FROM song_ids i WHERE i.song_id = s.id AND i.kind IN ({kinds}) AND {good}"
    never = f"NOT EXISTS (SELECT {asked})"
    if source not in _BY_NAME:
        never = f"{never} AND EXISTS (SELECT {known})"
    return f"""{never} OR EXISTS (SELECT {asked} AND l.state = 'unknown' AND EXISTS (
        SELECT {known} AND i.kind || ':' || i.value <> ALL (l.asked_with)))"""
