"""What ListenBrainz's answers say.

Raises :class:`ValueError` for an answer that is not what was asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from runsous.histories import listenbrainz
from runsous.histories.pages import Page, page, whole
from runsous.histories.plays import tidy


def listens(document: Any) -> Page:
    """A page of listens, newest first, and when the first one ever was."""
    payload = document.get("payload") if isinstance(document, dict) else None
    items = payload.get("listens") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not isinstance(items, list):
        raise ValueError("no listens in the answer")
    found = page("listenbrainz", items, listenbrainz.play, lambda item: item.get("listened_at"))
    # An account without listens says 0.
    return replace(found, began=whole(payload.get("oldest_listen_ts")) or None)


def user_name(document: Any) -> str | None:
    """Whose a token is; ``None`` when it is nobody's (any more)."""
    if not isinstance(document, dict) or not isinstance(document.get("valid"), bool):
        raise ValueError("no word on the token in the answer")
    name = document.get("user_name")
    found = tidy(name) if isinstance(name, str) else None
    if document["valid"] and found is None:
        raise ValueError("no user name in the answer")
    return found if document["valid"] else None
