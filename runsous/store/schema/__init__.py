"""The tables. Every row of a user's carries ``user_id``; migrations bring them into being.

``activity_streams`` and ``listens`` have no foreign keys: they are written by bulk COPY,
where a check per row would cost more than the write, and become hypertables where
TimescaleDB is present. ``activities.remove`` and ``listens.delete_source`` clear them.
"""

from runsous.store.schema.accounts import (
    api_tokens,
    audit_log,
    data_exports,
    handovers,
    invitations,
    key_mark,
    rate_limits,
    sessions,
)
from runsous.store.schema.base import metadata
from runsous.store.schema.insights import measured_activities, song_efforts
from runsous.store.schema.intake import import_files, imports, uploads
from runsous.store.schema.music import (
    albums,
    artists,
    listens,
    music_totals,
    plays,
    source_offsets,
    source_totals,
    tracks,
)
from runsous.store.schema.people import users
from runsous.store.schema.services import (
    connections,
    event_subscriptions,
    oauth_states,
    remote_activities,
    service_windows,
    sync_runs,
)
from runsous.store.schema.songs import (
    song_facts,
    song_ids,
    song_lookups,
    song_sources,
    song_words,
    songs,
)
from runsous.store.schema.workouts import (
    activities,
    activity_files,
    activity_streams,
    laps,
    originals,
    pauses,
    pool_lengths,
    segments,
)

__all__ = [
    "activities",
    "activity_files",
    "activity_streams",
    "albums",
    "api_tokens",
    "artists",
    "audit_log",
    "connections",
    "data_exports",
    "event_subscriptions",
    "handovers",
    "import_files",
    "imports",
    "invitations",
    "key_mark",
    "laps",
    "listens",
    "measured_activities",
    "metadata",
    "music_totals",
    "oauth_states",
    "originals",
    "pauses",
    "plays",
    "pool_lengths",
    "rate_limits",
    "remote_activities",
    "segments",
    "service_windows",
    "sessions",
    "song_efforts",
    "song_facts",
    "song_ids",
    "song_lookups",
    "song_sources",
    "song_words",
    "songs",
    "source_offsets",
    "source_totals",
    "sync_runs",
    "tracks",
    "uploads",
    "users",
]
