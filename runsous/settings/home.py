"""The folder where this installation keeps what is its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runsous.errors import InputError

if TYPE_CHECKING:
    from runsous.settings import Settings


def make_home(settings: Settings) -> Path:
    """The home folder, made for its owner alone if it is missing."""
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(
            f"The folder {settings.home} cannot be made ({reason}); set RUNSOUS_HOME to another."
        ) from error
    return settings.home
