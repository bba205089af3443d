"""What a title says beside its name: that it is live, a remix, the second movement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from runsous.analysis import names

_KINDS: Final[Mapping[str, str]] = {
    "live": r"live|unplugged|in concert|concert|sessions?|colors show|tiny desk|bbc|en vivo"
    r"|en directo|ao vivo|en public|ライブ",
    "remix": r"remix(?:ed)?|rmx|rework|bootleg|mash ?up|vip|dub|flip|chopnotslop|chopped"
    r"|screwed|mix",
    "edit": r"edit|extended|club|12 inch|7 inch|dance",
    "acoustic": r"acoustic|acustica?|acustico|akustik|acoustique|stripped|piano|orchestral"
    r"|orchestra|string quartet|symphonic|a ?cappella",
    "instrumental": r"instrumental|inst|backing track|karaoke|minus one|off vocal|カラオケ",
    "cover": r"cover(?:ed)?|tribute|originally performed by|in the style of"
    r"|made (?:famous|popular) by|8 ?bit|lullaby|music box",
    "speed": r"sped up|speed(?:ed)? up|nightcore|slowed|reverb|daycore|8d(?: audio)?"
    r"|bass boosted|hypertechno",
    "demo": r"demo|rehearsal|outtake|take \d+|alternat(?:e|ive)|early|rough|unfinished",
    "reprise": r"reprise|continued",
    "again": r"re ?recorded|taylors version|re ?imagined|revisited|(?:19|20)\d\d version"
    r"|from the vault|re ?interpreted|remake|redux|refix",
    "piece": r"interlude|skit|intro|outro|medley|commentary|freestyle|snippet|teaser|trailer",
    "language": r"english|spanish|french|german|italian|portuguese|japanese|korean|chinese"
    r"|mandarin|deutsch|espanol|francais|italiano|portugues",
}
_PATTERNS: Final = {kind: re.compile(rf"(?:\b|(?<=\d))(?:{p})\b") for kind, p in _KINDS.items()}
_ALBUM_KINDS: Final = {
    "live": re.compile(r"\b(?:unplugged|live (?:at|in|from|on)|in concert)\b|[(\[]live\b|\blive$"),
    **{kind: _PATTERNS[kind] for kind in ("instrumental", "cover", "speed")},
}
_YEAR_MIX: Final = re.compile(r"\b(?:19|20)\d\d (?:stereo |mono )?mix\b")
_VERSION: Final = re.compile(r"\b(?:version|ver|vers)\b")
_AT_THE_END: Final = re.compile(
    r"(?<=\w) (live|remix|karaoke|instrumental|nightcore|sped up|slowed|acoustic|8d(?: audio)?)"
    r"(?: version)?$"
)
_OF_THE_RELEASE: Final = re.compile(
    r"from (?!the vault).*|(?:official |music |lyrics? |audio |video |hd |hq |4k )*"
    r"(?:official|video|audio|lyrics?|visuali[sz]er|hd|hq|4k)|in (?:hd|hq|4k)"
    r"|clean(?: version)?|single|deluxe.*"
    r"|original (?:mix|version|recording)|main (?:version|theme)|.*\bsoundtrack\b.*"
    r"|prod(?:uced)? .*|.*\b(?:edition|reissue)"
)
_FILLERS: Final = re.compile(
    r"an?|the|at|in|on|from|of|by|with|for|to|version|vers?|mix|performance|recorded|and|de|en"
)

_WORKS: Final = re.compile(
    r"\b(op|opus|no|nr|bwv|kv?|rv|hwv|d|hob|woo|s|l|cd|sz|wwv)\b\.? ?(\d+[a-z]?)\b"
)
_SURE_WORKS: Final = frozenset({"op", "bwv", "k", "rv", "hwv", "hob", "woo", "wwv"})
_TONES: Final = re.compile(
    r"\bin ([a-h])[ -]?(flat|sharp)?[ -]?(major|minor)\b|\b([a-h])(is|es|s)?[ -](dur|moll)\b"
)
_MOVEMENT: Final = re.compile(
    r"(?:^|[:,]\s|\s-\s)(?:mvt\.? |movement )?([ivx]+|\d{1,2})\. ?(?=[a-z])"
)
_FORMS: Final = frozenset(
    (
        *("prelude", "fugue", "aria", "variatio", "toccata", "allemande", "courante", "sarabande"),
        *("gigue", "menuet", "minuet", "gavotte", "bourree", "scherzo", "rondo", "finale"),
        *("adagio", "allegro", "andante", "presto", "largo", "lento", "vivace", "moderato"),
        *("kyrie", "gloria", "credo", "sanctus", "agnus", "lacrimosa", "introitus"),
    )
)
_ROMAN: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9}
_SPELT: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNTED: Final = {word: str(n) for n, word in enumerate(_SPELT, 1)} | {
    word: str(n) for word, n in _ROMAN.items() if n > 1 and word != "v"
}
_SAME_LISTS: Final = {"opus": "op", "nr": "no", "kv": "k"}


@dataclass(frozen=True)
class Title:
    """A title taken apart; all of it in comparable form.

    ``kinds`` are what makes it another recording ("live", "remix", …), ``details`` the words
    said about that ("wembley"). ``extras`` are keys of additions nobody can classify. ``works``
    are a classical work's numbers, key and movement by what they count; empty for others.
    """

    key: str
    head: str
    words: frozenset[str]
    kinds: frozenset[str]
    details: frozenset[str]
    extras: frozenset[str]
    works: Mapping[str, frozenset[str]]

    @property
    def is_classical(self) -> bool:
        """Whether it names a work of a composer: by catalogue, key or movement."""
        return bool(self.works)


@lru_cache(maxsize=4096)
def read(title: str) -> Title:
    """The title taken apart."""
    head, added = names.parts(title)
    kinds: set[str] = set()
    details: set[str] = set()
    extras: set[str] = set()
    if found := _AT_THE_END.search(head):
        kinds |= _kinds(found.group())
        head = head[: found.start()]
    words = _words(head)
    for extra in added:
        if _OF_THE_RELEASE.fullmatch(extra):
            continue
        plain = re.sub(r"[-'’.]", " ", extra)
        here = _kinds(plain)
        if _YEAR_MIX.search(plain):
            extras.add(names.letters(extra))
            continue
        if not (here or _VERSION.search(plain)):
            extras.add(names.letters(extra))
            words += _words(extra)
            continue
        kinds |= here or {"version"}
        details |= _details(plain)
    return Title(
        key=names.title(title),
        head=names.letters(head),
        words=frozenset(words),
        kinds=frozenset(kinds),
        details=frozenset(details),
        extras=frozenset(extras),
        works=_works(names.folded(title)),
    )


def album_kinds(album: str | None) -> frozenset[str]:
    """What an album's name says of all its songs: that they are live, karaoke, covers."""
    plain = names.folded(album or "")
    return frozenset(kind for kind, pattern in _ALBUM_KINDS.items() if pattern.search(plain))


def artist_kinds(artist: str) -> frozenset[str]:
    """What an artist's name says: that they play karaoke or covers."""
    plain = names.folded(artist)
    return frozenset(k for k in ("instrumental", "cover", "speed") if _PATTERNS[k].search(plain))


def forms(words: frozenset[str]) -> frozenset[str]:
    """The words that say which piece of a work it is: prelude or fugue, adagio or presto."""
    return words & _FORMS


def numbers(words: frozenset[str]) -> frozenset[str]:
    """The numbers among words as digits, spelt ones and Roman ones too (but "I" and "V")."""
    return frozenset(
        _COUNTED.get(word, word) for word in words if word in _COUNTED or word.isdigit()
    )


def is_latin(key: str) -> bool:
    """Whether all letters of a key are Latin: other scripts cannot be compared with it."""
    return key.isascii()


def _kinds(plain: str) -> set[str]:
    return {kind for kind, pattern in _PATTERNS.items() if pattern.search(plain)}


def _details(plain: str) -> set[str]:
    rest = plain
    for pattern in _PATTERNS.values():
        rest = pattern.sub(" ", rest)
    words = [*_words(rest), *re.findall(r"\d+", plain)]
    return {word for word in words if not _FILLERS.fullmatch(word)}


def _words(plain: str) -> list[str]:
    return re.findall(r"\d+|[^\W\d_]+", plain)


def _works(lower: str) -> dict[str, frozenset[str]]:
    """Empty unless something says that this is a work: a catalogue or a musical key."""
    found: dict[str, set[str]] = {}
    for name, number in _WORKS.findall(lower):
        found.setdefault(_SAME_LISTS.get(name, name), set()).add(number)
    tones = {"".join(filter(None, tone)) for tone in _TONES.findall(lower)}
    if not (tones or found.keys() & _SURE_WORKS):
        return {}
    if tones:
        found["key"] = tones
    if movements := {str(_ROMAN.get(m, m)) for m in _MOVEMENT.findall(lower)}:
        found["movement"] = movements
    return {name: frozenset(values) for name, values in found.items()}
