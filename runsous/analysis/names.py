"""Keys by which the same song is recognised, however a source spells it.

A key is for comparing only: lower case, without accents, punctuation and blanks. What makes
another recording (live, remix, acoustic, instrumental, radio edit) stays in the title's key;
what does not (guests, remaster, mono, stereo, explicit, album version) is dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pandas as pd

NAMELESS = "?"
"""The key of a name that is missing or blank."""

_YEAR = r"(?:19|20)\d\d"
_MARK = re.compile(
    rf"\b(?:{_YEAR} )?(?:\d+(?:st|nd|rd|th) anniversary )?(?:digital(?:ly)? )?re-?master(?:ed)?\b"
    rf"(?: (?:version|edition|mono|stereo))*(?: (?:in )?{_YEAR})?(?: (?:version|edition))?\b"
    rf"|\b(?:{_YEAR} )?(?:mono|stereo)\b(?! mix)(?: version)?\b"
    r"|\bexplicit\b(?: (?:version|lyrics|content))?\b"
    r"|\b(?:original )?(?:album|single|lp) version\b"
    r"|\bbonus track\b"
)
"""What is said of a release rather than of the recording."""

_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_NESTED = 3
"""Brackets inside brackets inside brackets: deeper ones are only punctuation."""

_DASH = re.compile(r"\s[-–—]\s")
_GUEST = re.compile(r"\s*(?:feat|ft|featuring|with)\b")
# "6 ft. under" is a depth. A guest is named up to the next bracket or dash.
_GUESTS = re.compile(r"(?<!\d)\s(?:feat|ft|featuring)\b\.?\s[^(\[]*?(?=\s[-–—]\s|[(\[]|$)")
_FIRST_CREDIT = re.compile(r"\s*;\s*|\s+/\s+")
_CREDITED = re.compile(
    r"\s*[,;&+()\[\]/]\s*|\s+(?:and|y|und|et|x|vs|with|feat|ft|featuring|presents|pres)\b\.?\s+"
)
_LISTED = re.compile(r",\s+(?!the\s)")
_LAST_THE = re.compile(r",\s*the$")
_FIRST_THE = re.compile(r"^the\s+(?=\S)")
_AND = re.compile(r"\s*&\s*|\s\+\s|\s['’‘]?n['’‘]?\s")
_PART = re.compile(r"\bpt\b")
_DISGUISED = {"$": "s", "!": "i"}
_DISGUISE = re.compile(r"(?<=[a-z])[$!](?=[a-z])")
_SILENT = re.compile(r"[.'’‘`´]")

_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def artist_key(names: pd.Series) -> pd.Series:
    """One key per artist credit, never empty: the first credited artist decides.

    Guests ("feat.", "(with …)") and everything after ";" or " / " are left out. So is what
    follows a comma in a plain list ("Calvin Harris, Dua Lipa"), because sources differ in how
    many they list. "Tyler, The Creator" and lists that end in "&" ("Earth, Wind & Fire") are
    as likely the name of one artist and stay whole, and so does "Nick Cave & The Bad Seeds".
    A leading "the" is dropped.
    """
    return _each(names, artist)


def title_key(titles: pd.Series) -> pd.Series:
    """One key per title, never empty: without guests and marks of the release."""
    return _each(titles, title)


def _each(names: pd.Series, key: Callable[[str], str]) -> pd.Series:
    keys = {name: key(name) for name in names.dropna().unique()}
    return names.map(keys).astype("str").fillna(NAMELESS)


def artist(name: str) -> str:
    """The key of one artist credit (:func:`artist_key`)."""
    lower = folded(name)
    first = _FIRST_CREDIT.split(_without_extras(lower).strip())[0]
    first = _LAST_THE.sub("", first)
    listed = _LISTED.split(first)
    if len(listed) > 1 and not re.search(r"&|\+|\b(?:and|y|und|et)\b", listed[-1]):
        first = listed[0]
    spaced = _worded(first).strip()
    return letters(_FIRST_THE.sub("", spaced)) or letters(_worded(lower)) or lower or NAMELESS


def title(name: str) -> str:
    """The key of one title (:func:`title_key`)."""
    lower = folded(name)
    return letters(_worded(_without_extras(lower))) or letters(_worded(lower)) or lower or NAMELESS


def parts(name: str) -> tuple[str, tuple[str, ...]]:
    """A title's own words, and what it adds in brackets or behind a dash, lower case.

    Guests and marks of the release are left out, as in its key.
    """
    plain, added = _GUESTS.sub("", folded(name)), []
    for _ in range(_NESTED):
        added += [inner for inner in _BRACKETS.findall(plain) if not _GUEST.match(inner)]
        plain = _BRACKETS.sub(" ", plain)
    head, *tails = _DASH.split(plain)
    if not head.strip() and added:
        head = added.pop(0)
    extras = (_worded(_unmarked(extra)).strip() for extra in [*added, *tails])
    return " ".join(_worded(head).split()), tuple(extra for extra in extras if letters(extra))


def credits(name: str) -> frozenset[str]:
    """The keys of everybody in an artist credit, guests and names in brackets too; never empty."""
    everybody = (_FIRST_THE.sub("", one.strip()) for one in _CREDITED.split(folded(name)))
    keys = frozenset(key for one in everybody if (key := letters(_worded(one))))
    return keys or frozenset([artist(name)])


def folded(name: str) -> str:
    """Lower case without accents, in one Unicode form, blanks collapsed."""
    apart = unicodedata.normalize("NFKD", name).casefold()
    # Only the accents of European scripts: the marks of others are letters of their own.
    bare = "".join(c for c in apart if not "\u0300" <= c <= "\u036f")
    return " ".join(unicodedata.normalize("NFKC", bare).translate(_LETTERS).split())


def _without_extras(lower: str) -> str:
    """A name without guests and marks, in brackets or behind a dash."""
    plain = _GUESTS.sub("", lower)
    for _ in range(_NESTED):
        plain = _BRACKETS.sub(_kept, plain)
    head, *tails = _DASH.split(plain)
    return " ".join([head, *(_unmarked(tail) for tail in tails)])


def _kept(bracket: re.Match[str]) -> str:
    inner = bracket.group(1)
    return " " if _GUEST.match(inner) else f" {_unmarked(inner)} "


def _unmarked(words: str) -> str:
    return _MARK.sub(" ", words)


def _worded(lower: str) -> str:
    """Signs that stand for a word or letter become that ("P!nk"), silent punctuation goes."""
    plain = _DISGUISE.sub(lambda sign: _DISGUISED[sign.group()], lower)
    return _PART.sub("part", _SILENT.sub("", _AND.sub(" and ", plain)))


def letters(words: str) -> str:
    """Letters, digits and marks of any script, nothing between them."""
    return "".join(c for c in words if c.isalnum() or unicodedata.category(c)[0] == "M")
