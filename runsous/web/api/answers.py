"""Answers that take long to make, kept until what they tell of changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from runsous.accounts import farewell

_MOST_BYTES = 32 << 20

_kept: OrderedDict[Hashable, bytes] = OrderedDict()
_lock = threading.Lock()


def kept(key: Hashable, make: Callable[[], bytes]) -> bytes:
    """What ``make`` returned for this key before, or returns now.

    The key names the user, what is asked for, and the versions of all it is made of. The
    answers asked for longest ago go when there are more than 32 MiB of them.
    """
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    answer = make()
    with _lock:
        _kept[key] = answer
        while sum(map(len, _kept.values())) > _MOST_BYTES:
            _kept.popitem(last=False)
    return answer


def forget() -> None:
    """Forgets all: an account is deleted."""
    with _lock:
        _kept.clear()


farewell.forgetting.append(forget)
