"""Keys by which the same album is recognised, in whatever edition and however it is spelt."""

from __future__ import annotations

import re

import pandas as pd

from runsous.analysis import names

_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_DASH = re.compile(r"\s[-–—]\s")
_EDITION = re.compile(
    # Other recordings than the album's own are another album, whatever the edition.
    r"(?!.*\b(?:live|unplugged|concert|acoustic|instrumentals?|remix(?:es|ed)?|karaoke|demos?)\b)"
    r"(?:.*\b(?:deluxe|expanded|edition|édition|edición|edição|edizione|re-?issued?)\b.*"
    r"|(?:\d+(?:st|nd|rd|th) )?anniversary(?: (?:version|release))?"
    r"|(?:with )?bonus (?:tracks?|dis[ck]|cd)(?: version)?|(?:dis[ck]|cd) \d+)",
    re.IGNORECASE,
)
"""What is said of an edition, in brackets or behind a dash."""


def album_key(albums: pd.Series) -> pd.Series:
    """One key per album, never empty: without editions, bonus tracks and numbers of discs, and
    without what a title's key leaves out too (:func:`names.title_key`).
    """
    known = albums.dropna().unique()
    keys = names.title_key(pd.Series([_without_editions(album) for album in known], dtype="str"))
    return albums.map(dict(zip(known, keys, strict=True))).astype("str").fillna(names.NAMELESS)


def _without_editions(album: str) -> str:
    bare = _BRACKETS.sub(lambda found: " " if _EDITION.fullmatch(found[1]) else found[0], album)
    head, *tails = _DASH.split(bare)
    kept = [head, *(tail for tail in tails if not _EDITION.fullmatch(tail.strip()))]
    return " - ".join(kept).strip() or album
