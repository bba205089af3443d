"""What an upload holds: one file, or the members of an archive or folder, newest first."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from runsous.errors import InputError
from runsous.files import container, strava_export
from runsous.files.strava_export import StravaEntry, StravaIndex
from runsous.model import Kind
from runsous.sync.uploads import printable

Content = tuple[bytes, tuple[str, ...]]

_WORKOUT_ENDINGS = (".fit", ".gpx", ".tcx")
_TABLES = (".csv", ".csv.gz")

_MANY_COPIES = 5
"""So many copies of a file get one word together; a few get their own, like any other file."""


@dataclass(frozen=True)
class Leaf:
    """One file to import: its label for people, how to get its bytes, and whether it is
    worth a word when no reader knows it (``is_expected``). ``head`` reads its beginning alone;
    leaves of one ``likeness`` (size and checksum) are the same file again.
    """

    path: str
    read: Callable[[], Content]
    is_expected: bool = True
    facts: dict[str, Any] | None = None
    head: Callable[[], bytes] = bytes
    likeness: tuple[int, int] | None = None


@dataclass(frozen=True)
class Entry:
    """An activity of which only the index of an archive tells; ``missing`` names its file."""

    path: str
    sha256: str
    facts: dict[str, Any]
    missing: str | None = None


@dataclass(frozen=True)
class Remark:
    """What is to be said beside the files: rows of an index that could not be read, copies."""

    path: str
    words: str
    kind: Kind


Part = Leaf | Entry | Remark


def expand(path: Path, label: str, limits: container.Limits) -> list[Part]:
    """The files of an upload. Raises :class:`InputError` for an archive that cannot be opened
    and for what is no ordinary file, :class:`OSError` where reading is refused.
    """
    _refuse_special(path)
    if not container.is_zip(container.head(path)):
        return _lone(Leaf(label, _reader(path, limits)), path)
    leaves = {m.name: _leaf(f"{label}!{m.name}", m) for m in container.members(path, limits)}
    found = _arrange(leaves, f"{label}!")
    if not found:
        raise _NOTHING
    return found


def expand_folder(folder: Path, limits: container.Limits) -> list[Part]:
    """The files below a folder, a Strava export unpacked there included.

    Raises :class:`InputError` when there are none.
    """
    leaves: dict[str, Leaf] = {}
    paths, closed = _below(folder)
    inside: list[Part] = [_unread(problem.filename, problem) for problem in closed]
    for path in paths:
        name = path.relative_to(folder).as_posix()
        label = printable(str(path))
        try:
            _refuse_special(path)
            if container.is_zip(container.head(path)):
                inside += expand(path, label, limits)
                continue
            read, head = _reader(path, limits), partial(container.head, path)
            leaves[name] = Leaf(label, read, _is_workout_name(name), head=head)
        except (InputError, OSError) as problem:
            inside.append(_unread(path, problem))
    found = _arrange(leaves, f"{printable(str(folder))}/") + inside
    if not found:
        raise _NOTHING
    return found


def _below(folder: Path) -> tuple[list[Path], list[OSError]]:
    """What lies below a folder, hidden things apart, and folders that cannot be looked into."""
    found: list[Path] = []
    closed: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in files if not name.startswith(".")]
    return sorted(found), closed


def _refuse_special(path: Path) -> None:
    """Raises :class:`InputError` for what has no content of its own: opening a pipe would wait
    for ever, and some devices never end.
    """
    if path.is_file():
        return
    if path.exists():
        raise InputError("It is no ordinary file; copy what it holds into one.")
    if path.is_symlink():
        raise InputError("It is a link that leads nowhere.")
    raise InputError("It is not there, or not any more; hand it in again.")


_NOTHING = InputError("It holds no workout or listening files.")


def _leaf(label: str, member: container.Member) -> Leaf:
    likeness = (member.size, member.checksum)
    expected = _is_workout_name(member.name)
    return Leaf(label, member.read, expected, head=member.head, likeness=likeness)


def _reader(path: Path, limits: container.Limits) -> Callable[[], Content]:
    return lambda: container.read_whole(path, limits)


def _unread(path: Path | str, problem: Exception) -> Leaf:
    return Leaf(printable(str(path)), partial(_refuse, problem))


def _refuse(problem: Exception) -> Content:
    raise problem


def _lone(leaf: Leaf, path: Path) -> list[Part]:
    if not strava_export.is_strava_index(container.head(path)):
        return [leaf]
    index = strava_export.read_strava_index(leaf.read()[0])
    return _listed(index, leaf.path, {}, "")


def _arrange(leaves: dict[str, Leaf], prefix: str) -> list[Part]:
    """The leaves in a good order: what an index lists from the newest back, then the rest."""
    rest = dict(leaves)
    arranged: list[Part] = []
    for name in sorted(leaves):
        index = _index(leaves[name]) if name.lower().endswith(_TABLES) else None
        if index is not None:
            del rest[name]
            folder, slash, _ = name.rpartition("/")
            arranged += _listed(index, prefix + name, rest, folder + slash)
    return arranged + _without_copies([leaf for _, leaf in sorted(rest.items())])


def _without_copies(leaves: Sequence[Leaf]) -> list[Part]:
    """The leaves, but of many copies of one file the first, and a word on the others."""
    copies: dict[tuple[int, int], list[Leaf]] = {}
    for leaf in leaves:
        if leaf.likeness is not None and leaf.is_expected:
            copies.setdefault(leaf.likeness, []).append(leaf)
    left_out: set[str] = set()
    remarks: list[Part] = []
    for first, *others in copies.values():
        if len(others) >= _MANY_COPIES:
            left_out.update(leaf.path for leaf in others)
            words = f"{len(others)} files with the same content as {first.path} were passed over."
            remarks.append(Remark(others[0].path, words, "unknown"))
    return [leaf for leaf in leaves if leaf.path not in left_out] + remarks


def _listed(index: StravaIndex, path: str, files: dict[str, Leaf], base: str) -> list[Part]:
    """The activities of an index, each with its file, which is taken out of ``files``."""
    listed: list[Part] = []
    if index.notes:
        listed.append(Remark(path, " ".join(index.notes), "strava_export"))
    for entry in _newest_first(index):
        leaf = files.pop(base + entry.filename, None) if entry.filename else None
        if leaf is None:
            listed.append(_entry(path, entry, entry.filename))
        else:
            listed.append(replace(leaf, is_expected=True, facts=_facts(entry)))
    return listed


def _index(leaf: Leaf) -> StravaIndex | None:
    """The index if it is one that can be read: without it its files are still worth having."""
    try:
        if strava_export.is_strava_index(leaf.head()):
            return strava_export.read_strava_index(leaf.read()[0])
    except (InputError, OSError):
        # Read again as a file like any other, it says what is wrong with it.
        pass
    return None


def _newest_first(entries: Sequence[StravaEntry]) -> list[StravaEntry]:
    oldest = datetime(1, 1, 1, tzinfo=UTC)
    return sorted(entries, key=lambda e: e.start_time or oldest, reverse=True)


def _entry(path: str, entry: StravaEntry, missing: str | None) -> Entry:
    name = f"strava {entry.activity_id} {entry.start_time}".encode()
    return Entry(path, hashlib.sha256(name).hexdigest(), _facts(entry), missing)


def _facts(entry: StravaEntry) -> dict[str, Any]:
    start = entry.start_time.isoformat() if entry.start_time else None
    return {**asdict(entry), "start_time": start}


def _is_workout_name(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(_WORKOUT_ENDINGS)
