"""The master secrets: those configured, or those kept in the home folder."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from runsous.settings.home import make_home

if TYPE_CHECKING:
    from runsous.settings import Settings

_KEPT = "secret_key"


def secret_keys(settings: Settings) -> tuple[str, ...]:
    """The master secrets, the newest first: those configured, or those kept in the home folder."""
    if settings.secrets:
        return settings.secrets
    kept = make_home(settings) / _KEPT
    if not kept.exists():
        # A link appears whole and only once, whichever process comes first.
        with _written(kept, [_fresh()]) as fresh, suppress(FileExistsError):
            os.link(fresh, kept)
    return tuple(kept.read_text("utf-8").split())


def add_secret_key(settings: Settings) -> None:
    """Makes a new master secret the newest of those in the home folder."""
    known = secret_keys(settings)
    kept = settings.home / _KEPT
    with _written(kept, [_fresh(), *known]) as fresh:
        fresh.replace(kept)


def drop_old_secret_keys(settings: Settings) -> None:
    """Forgets all master secrets in the home folder but the newest."""
    kept = settings.home / _KEPT
    with _written(kept, secret_keys(settings)[:1]) as fresh:
        fresh.replace(kept)


def _fresh() -> str:
    return secrets.token_urlsafe(48)


@contextmanager
def _written(kept: Path, keys: Sequence[str]) -> Iterator[Path]:
    """A file beside ``kept``, for its owner alone, that is gone afterwards."""
    descriptor, name = tempfile.mkstemp(prefix=f"{kept.name}.", dir=kept.parent)
    fresh = Path(name)
    with os.fdopen(descriptor, "w") as out:
        out.write("\n".join(keys))
        out.flush()
        os.fsync(out.fileno())
    try:
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)
