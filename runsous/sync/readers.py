"""All file readers. Which one reads a file is decided by its content, never by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runsous.errors import InputError
from runsous.files import (
    container,
    fit,
    gpx,
    lastfm_export,
    listenbrainz_export,
    maloja_export,
    spotify_export,
    tcx,
    tempo_csv,
)
from runsous.model import Kind, Reading
from runsous.settings import Settings

HEAD_BYTES = 65_536
"""How much of a file's beginning decides which reader it is given to."""


@dataclass(frozen=True)
class Reader:
    """A format: whether the first bytes of a file are of it, and how to read the whole."""

    kind: Kind
    is_mine: Callable[[bytes], bool]
    read: Callable[[bytes], Reading]


READERS = (
    Reader("fit", fit.is_fit, fit.read_fit),
    Reader("gpx", gpx.is_gpx, gpx.read_gpx),
    Reader("tcx", tcx.is_tcx, tcx.read_tcx),
    Reader(
        "spotify_extended",
        spotify_export.is_spotify_extended,
        spotify_export.read_spotify_extended,
    ),
    Reader("spotify_short", spotify_export.is_spotify_short, spotify_export.read_spotify_short),
    Reader(
        "listenbrainz", listenbrainz_export.is_listenbrainz, listenbrainz_export.read_listenbrainz
    ),
    Reader("maloja", maloja_export.is_maloja, maloja_export.read_maloja),
    Reader("lastfm", lastfm_export.is_lastfm, lastfm_export.read_lastfm),
    # A listening history may tell tempos too; a list of songs tells no times.
    Reader("tempo_csv", tempo_csv.is_tempo_csv, tempo_csv.read_tempo_csv),
)


def reader_for(head: bytes) -> Reader | None:
    """The reader of a file by its first bytes, or ``None`` when no format fits."""
    return next((reader for reader in READERS if reader.is_mine(head)), None)


def read(content: bytes) -> Reading:
    """What a file says. Raises :class:`InputError` in a sentence when it cannot be read."""
    if not content:
        raise InputError("It is empty; export or copy it once more.")
    reader = reader_for(content[:HEAD_BYTES])
    if reader is None:
        raise InputError(
            "It is neither a workout (FIT, GPX, TCX, Strava export) nor a listening history"
            " (Spotify, Last.fm, ListenBrainz, Maloja) nor a list of songs with their tempo (CSV)."
        )
    return reader.read(content)


def limits(settings: Settings) -> container.Limits:
    """How much an upload may hold, from the settings."""
    return container.Limits(
        member_bytes=settings.max_file_mb << 20,
        archive_bytes=settings.max_archive_mb << 20,
        archive_members=settings.max_archive_files,
    )
