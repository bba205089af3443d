"""What the rooms that tell of recordings share: values that can be believed, and the unknown."""

from __future__ import annotations

from typing import Any, Final

from runsous.histories.plays import number, tidy

_SLOWEST, _FASTEST = 40.0, 250.0
_LONGEST_S: Final = 86_400.0
_NOTES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_RAISED: Final = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}


class Unknown(Exception):
    """A service says that it knows nothing by this id."""


def fields(value: Any) -> dict[str, Any]:
    """A JSON object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[dict[str, Any]]:
    """The objects of a JSON array; anything else is an empty one."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """A text that says something."""
    return tidy(value) if isinstance(value, str) else None


def identifier(value: Any) -> str | None:
    """An id, written or a whole number other than 0."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if 0 < value < 1 << 63 else None
    return text(value)


def tempo(value: Any) -> float | None:
    """Beats per minute from 40 to 250; anything else is no tempo."""
    bpm = number(value)
    return bpm if _SLOWEST <= bpm <= _FASTEST else None


def share(value: Any) -> float | None:
    """A number from 0 to 1."""
    found = number(value)
    return found if 0.0 <= found <= 1.0 else None


def seconds(value: Any, per_second: float = 1.0) -> float | None:
    """How long something lasts, told in parts of which a second has ``per_second``; 0 is
    unknown.
    """
    found = number(value) / per_second
    return found if 0.0 < found <= _LONGEST_S else None


def key(value: Any) -> int | None:
    """A key from 0 (C) to 11 (B), told so or by name ("Eb"); -1 is unknown."""
    if isinstance(value, str) and value[:1].upper() in _NOTES:
        raised = _RAISED.get(value[1:].strip())
        return None if raised is None else (_NOTES[value[:1].upper()] + raised) % 12
    return _one_of(value, range(12))


def mode(value: Any) -> int | None:
    """1 in major and 0 in minor, told so or by name."""
    if isinstance(value, str) and value.lower() in ("major", "minor"):
        return int(value.lower() == "major")
    return _one_of(value, range(2))


def _one_of(value: Any, possible: range) -> int | None:
    found = number(value)
    return int(found) if found in possible else None
