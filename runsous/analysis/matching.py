"""Whether what a source found is the recording that was wanted. A wrong one is worse than none.

Names alone are enough only where they are quite the same and nothing speaks against it. Wherever
they leave a doubt (one side says more, another script, a classical work, a live recording) the
durations must agree to the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from runsous.analysis import names, titles
from runsous.analysis.titles import Title

THRESHOLD: Final = 0.75
"""From this score on it is the same recording."""

_SAME: Final = 1.0
_CLOSE: Final = 0.9
"""Enough with a duration that agrees."""
_DOUBT: Final = 0.78
"""Enough with a duration that is the same to the second."""
_OTHER: Final = 0.0

EXACT_S: Final = 2.5
"""Durations so close are the same: sources round, and cut silence at the end."""
NEAR_S, NEAR_SHARE = 6.0, 0.03
"""So far apart (whichever is more) may be one recording on two releases."""

_BY_ID: Final = 0.97
_TOLD_APART: Final = 0.05
"""Candidates that differ less in score are as good as each other."""
_LIKE: Final = 0.9
"""So alike are words with a slip of the pen."""
_LONG_ENOUGH: Final = 6
"""Letters a name needs for a slip to be told from another name."""
_COMMON_WORDS: Final = 0.6
"""Share of the shorter title's words that two ways to write a classical work have in common."""

_ANYBODY: Final = frozenset({"variousartists", "various", "va", "unknownartist", "unknown"})


@dataclass(frozen=True)
class Recording:
    """What is known of a recording by name; ``duration_s`` in seconds, ``isrcs`` in any case."""

    artist: str
    title: str
    duration_s: float | None = None
    album: str | None = None
    isrcs: tuple[str, ...] = ()
    mbid: str | None = None


Wanted = Recording
Found = Recording


def score(wanted: Wanted, found: Found) -> float:
    """From 0 (another recording) to 1 (the same); trust it from :data:`THRESHOLD` on.

    It is the same either way round. A common ISRC or MBID tells, unless duration or version
    contradict it. A duration far off makes another recording whatever the names; a missing one
    lowers the score.
    """
    if names.NAMELESS in map(names.artist, (wanted.artist, found.artist)):
        return _OTHER
    one, other = titles.read(wanted.title), titles.read(found.title)
    timing = _timing(wanted.duration_s, found.duration_s)
    by_kind = _kinds(wanted, found, one, other)
    # Services forget to say "live" more often than two recordings share an ISRC and a length.
    if _share_id(wanted, found) and timing > (_UNLIKELY if by_kind else _NEAR):
        return round(_BY_ID * max(timing, _CLOSE), 3)
    by_title = min(by_kind, _titles(one, other))
    by_artist = _artists(wanted, found, one, other)
    level = min(by_title, by_artist)
    if max(by_title, by_artist) <= _DOUBT and not _is_same_album(wanted, found):
        level *= _DOUBT
    if wanted.isrcs and found.isrcs:
        # Both have one and it does not tell that they are the same: a release apart at least.
        level *= _BY_ID
    return round(level * timing, 3)


def best(wanted: Wanted, candidates: Sequence[Found]) -> int | None:
    """The place of the candidate that is the wanted recording; ``None`` without any.

    Also ``None`` where two that are as good are different recordings: a guess would be wrong
    half the time. Of equals the first is taken.
    """
    scores = [score(wanted, candidate) for candidate in candidates]
    highest = max(scores, default=0.0)
    if highest < THRESHOLD:
        return None
    first = scores.index(highest)
    for n, value in enumerate(scores):
        if value >= max(THRESHOLD, highest - _TOLD_APART) and n != first:
            is_one = score(candidates[first], candidates[n]) >= THRESHOLD
            if not is_one and not _is_closer(wanted, candidates[first], candidates[n]):
                return None
    return first


_EXACT, _NEAR, _UNTOLD, _UNLIKELY, _FAR = 1.0, 0.96, 0.82, 0.7, 0.2


def _timing(one: float | None, other: float | None) -> float:
    """How well two durations go together; 0, less and NaN are unknown."""
    if one is None or other is None or not (one > 0 and other > 0):
        return _UNTOLD
    apart = abs(one - other)
    near = max(NEAR_S, NEAR_SHARE * max(one, other))
    for limit, value in ((EXACT_S, _EXACT), (near, _NEAR), (1.7 * near, _UNLIKELY)):
        if apart <= limit:
            return value
    return _FAR


def _is_closer(wanted: Wanted, one: Found, other: Found) -> bool:
    """Whether the durations tell the two candidates apart."""
    timings = [_timing(wanted.duration_s, r.duration_s) for r in (one, other)]
    return timings[0] == _EXACT and timings[1] != _EXACT


def _share_id(one: Recording, other: Recording) -> bool:
    codes = [{code.upper().replace("-", "") for code in r.isrcs} for r in (one, other)]
    return bool(codes[0] & codes[1]) or (one.mbid is not None and one.mbid == other.mbid)


def _titles(one: Title, other: Title) -> float:
    if names.NAMELESS in (one.key, other.key):
        return _OTHER
    if one.is_classical or other.is_classical:
        return _classical(one, other)
    if one.key == other.key:
        # "Live" and no more is what every concert of theirs is called.
        return _DOUBT if "live" in one.kinds and not one.details else _SAME
    if titles.numbers(one.words) != titles.numbers(other.words) and not one.kinds:
        return _OTHER
    if not _includes(one.details, other.details) or not _includes(one.extras, other.extras):
        return _OTHER
    if one.head == other.head:
        is_same = one.details == other.details and one.extras == other.extras
        return _SAME if is_same and not one.kinds & {"live", "demo"} else _DOUBT
    is_doubtful = _is_slip(one.head, other.head) or _is_translated(one, other)
    return _DOUBT if is_doubtful else _OTHER


def _is_translated(one: Title, other: Title) -> bool:
    """Whether one gives in brackets what the other is called, in another script."""
    is_told = one.head in other.extras or other.head in one.extras
    return is_told and titles.is_latin(one.head) != titles.is_latin(other.head)


def _includes(one: frozenset[str], other: frozenset[str]) -> bool:
    return one <= other or other <= one


def _is_slip(one: str, other: str) -> bool:
    is_long = min(len(one), len(other)) >= _LONG_ENOUGH
    return is_long and SequenceMatcher(None, one, other, autojunk=False).ratio() >= _LIKE


def _classical(one: Title, other: Title) -> float:
    """At best a doubt: everybody records the same works, some of them more than once."""
    for name in one.works.keys() & other.works.keys():
        if one.works[name].isdisjoint(other.works[name]):
            return _OTHER
    for pick in (titles.numbers, titles.forms):
        if not _includes(pick(one.words), pick(other.words)):
            return _OTHER
    shorter = min(len(one.words), len(other.words))
    common = len(one.words & other.words)
    return _DOUBT if common >= _COMMON_WORDS * shorter else _OTHER


def _kinds(wanted: Wanted, found: Found, one: Title, other: Title) -> float:
    """Whether both are live, a remix and so on, by title, album and artist.

    An album says it of all its songs, and not everybody repeats it in their titles.
    """
    mine, yours = (
        titles.album_kinds(r.album) | titles.artist_kinds(r.artist) | t.kinds
        for r, t in ((wanted, one), (found, other))
    )
    if one.kinds == other.kinds:
        return _SAME if mine == yours else _OTHER
    return _DOUBT if mine == yours else _OTHER


def _is_same_album(one: Recording, other: Recording) -> bool:
    if not one.album or not other.album:
        return False
    return names.title(one.album) == names.title(other.album)


def _artists(wanted: Wanted, found: Found, one: Title, other: Title) -> float:
    keys = names.artist(wanted.artist), names.artist(found.artist)
    mine, yours = _everybody(wanted), _everybody(found)
    if one.is_classical or other.is_classical:
        return _players(mine, yours)
    if keys[0] == keys[1] or mine == yours:
        return _SAME
    if keys[0] in yours or keys[1] in mine or mine & yours:
        return _CLOSE
    if _sorted_words(wanted.artist) == _sorted_words(found.artist):
        return _SAME
    if (
        _ANYBODY & {*keys}
        or (len(mine) > 1 and _is_short(mine, yours))
        or titles.is_latin(keys[0]) != titles.is_latin(keys[1])
        or _is_slip(*keys)
    ):
        return _DOUBT
    return _OTHER


def _players(mine: frozenset[str], yours: frozenset[str]) -> float:
    """A composer and who plays: one credit must hold the other, in full or by surname."""
    if _includes(mine, yours):
        return _SAME
    if _is_short(mine, yours):
        return _CLOSE
    return _DOUBT if mine.isdisjoint(yours) else _OTHER


def _is_short(mine: frozenset[str], yours: frozenset[str]) -> bool:
    """Whether one gives surnames only: "Hall & Oates", "Mozart"."""
    fewer, more = sorted((mine, yours), key=lambda who: sum(map(len, who)))
    return all(any(name.endswith(known) for name in more) and len(known) >= 4 for known in fewer)


def _everybody(recording: Recording) -> frozenset[str]:
    return names.credits(recording.artist)


def _sorted_words(name: str) -> list[str]:
    return sorted(names.folded(name).replace(",", " ").split())
