"""Where the real files lie that people published; they are no part of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = (Path(__file__).resolve().parents[3] / "shared" / "data").resolve()
    if not folder.is_dir():
        pytest.skip(f"the real files are not at {folder}")
    return folder
