"""One answer of a service about what somebody listened to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from runsous.histories import plays
from runsous.histories.plays import LeftOut, NotMine, Play


@dataclass(frozen=True)
class Page:
    """Listens (:data:`frames.LISTENS`) in the order they came, and what tells where to go on.

    ``n_items`` is how many the page held, understood or not, without what is playing now;
    ``oldest`` and ``newest`` are the stamps between which all of them lie, cut to whole seconds
    since 1970. Where the service tells, ``n_in_range`` is how many lie in the times asked for,
    and ``began`` the stamp of the very first in the whole history.
    """

    listens: pd.DataFrame
    n_items: int
    oldest: int | None
    newest: int | None
    n_in_range: int | None = None
    began: int | None = None


def page(
    source: str,
    items: Iterable[Any],
    play: Callable[[Any], Play],
    stamp: Callable[[dict[str, Any]], Any],
) -> Page:
    """The page of ``items``: ``play`` says what one means, ``stamp`` when it was, even when
    nothing else of it can be read.
    """
    found: list[Play] = []
    raw: list[Any] = []
    for item in items:
        try:
            found.append(play(item))
        except LeftOut:
            continue
        except NotMine:
            pass
        raw.append(stamp(item) if isinstance(item, dict) else None)
    listens, _ = plays.listens(source, found)
    stamp_s = plays.seconds(raw)
    known = stamp_s[plays.is_possible(stamp_s)]
    ends = (math.floor(known.min()), math.floor(known.max())) if known.size else (None, None)
    return Page(listens.reset_index(drop=True), len(raw), *ends)


def within(page: Page, since: int | None, until: int | None) -> Page:
    """The page, unless it reaches beyond what was asked for: then it is another one's answer,
    repeated by a cache or a server out of step. Raises :class:`ValueError`.

    A stamp equal to a bound passes, since services differ in whether theirs is part of it.
    """
    if until is not None and page.newest is not None and page.newest > until:
        raise ValueError("plays later than asked for in the answer")
    if since is not None and page.oldest is not None and page.oldest < since:
        raise ValueError("plays earlier than asked for in the answer")
    return page


def whole(value: Any) -> int | None:
    """A count or stamp that a service tells, as a number or as text; ``None`` when it does not."""
    found = plays.number(value)
    return None if math.isnan(found) else int(found)
