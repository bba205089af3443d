"""ListenBrainz listens: members of the export archive (JSON Lines), the older export (one
array), answers of its API and bodies submitted to it.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

from runsous.files import text
from runsous.files.listening import SOME, harvest, reading
from runsous.histories import listenbrainz
from runsous.model import Reading

_LISTS: Final = r'listens|payload(?="\s*:\s*\[)'
"""In answers "payload" is the object around "listens", in submitted bodies the array itself."""


def is_listenbrainz(head: bytes) -> bool:
    """Whether a file begins as a file of listens does (not of feedback, pins or the user)."""
    content = text.decode(head)
    entries = text.Records(content, _LISTS)
    return text.is_json(content) and any(map(listenbrainz.is_listen, islice(entries, SOME)))


def read_listenbrainz(content: bytes) -> Reading:
    """The listens of a file, ``source`` "listenbrainz": to ± 2 s, without a length to
    ± 5 s, from Spotify to ± 30 s.

    Raises :class:`InputError` when it holds something else than listens.
    """
    entries = text.Records(text.decode(content), _LISTS)
    found = harvest(entries, listenbrainz.play)
    found.is_damaged = entries.is_damaged
    return reading("listenbrainz", found)
