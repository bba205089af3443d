"""What the rooms of listening histories share: one way to take a file in and finish a reading.

Rooms say what each entry of their format means; what cannot be a play is left out, counted
and named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from runsous.errors import InputError
from runsous.histories import plays
from runsous.histories.plays import LeftOut, NotMine, Play
from runsous.model import Kind, Reading

_MOST_PLAYS: Final = 2_000_000

NOT_UNDERSTOOD: Final = "entries that were not understood"

SOME: Final = 20
"""As many entries are looked at to tell a format, as the first may be an odd one."""


@dataclass
class Harvest:
    """The plays of a file, how many entries were left out for which reason, and notes."""

    plays: list[Play] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    is_damaged: bool = False


def harvest(entries: Iterable[Any], play: Callable[[Any], Play]) -> Harvest:
    """The plays in ``entries``; ``play`` makes one of each or says why it is none.

    Raises :class:`InputError` when there are entries and not one is of the format.
    """
    found = Harvest()
    for entry in entries:
        try:
            found.plays.append(play(entry))
            if len(found.plays) > _MOST_PLAYS:
                raise InputError(
                    f"It holds more than {_MOST_PLAYS:,} plays; split it and try again."
                )
        except LeftOut as reason:
            found.left_out[str(reason)] += 1
        except NotMine:
            found.left_out[NOT_UNDERSTOOD] += 1
    if not found.plays and set(found.left_out) == {NOT_UNDERSTOOD}:
        raise InputError("It holds no plays, but other data; choose the listening history itself.")
    return found


def reading(kind: Kind, found: Harvest, *, has_repeats: bool = False) -> Reading:
    """The reading of a harvest: its listens in the order of the file.

    Entries without a stamp between 2002 and 2100 are left out, and with ``has_repeats`` those
    that stand in the file a second time. What is no song counts as left out too; its stamp
    stays, without artist and title, as the song before ended there. Raises
    :class:`InputError` when nothing in the file can be used.
    """
    if found.is_damaged and not found.plays and not found.left_out:
        raise InputError("It is damaged from the beginning; export or copy it once more.")
    is_usable = bool(found.left_out.keys() - {NOT_UNDERSTOOD})
    listens, left_out = plays.listens(kind, found.plays)
    found.left_out.update(left_out)
    if has_repeats:
        is_repeat = listens.duplicated(["stamp", "artist", "title", "played_s"])
        n_songs = int((is_repeat & listens["title"].notna()).sum())
        found.left_out["entries that are in it twice"] += n_songs
        listens = listens[~is_repeat]
    is_empty = not listens["title"].notna().any()
    is_usable |= any(play.no_song for play in found.plays)
    notes = tuple(_notes(found, is_empty=is_empty))
    if is_empty and not is_usable:
        raise InputError(" ".join(notes))
    return Reading(
        kind=kind,
        listens=listens.reset_index(drop=True),
        left_out=found.left_out.total(),
        notes=notes,
    )


def _notes(found: Harvest, *, is_empty: bool) -> Iterable[str]:
    if found.is_damaged:
        yield "It is damaged or cut off; everything that could be read was kept."
    if is_empty:
        yield "It holds no songs."
    reasons = [f"{reason} ({count})" for reason, count in found.left_out.items() if count]
    if reasons:
        yield f"Left out: {', '.join(reasons)}."
    yield from found.notes
