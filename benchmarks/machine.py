"""The machine and the programs that the figures were measured with."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version

from runsous.store import postgres_account


def facts() -> dict[str, str]:
    """What to say beside the figures, by name."""
    return {
        "cores": str(os.cpu_count()),
        "processor": platform.machine(),
        "system": platform.system(),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
        "PostgreSQL": _postgresql(),
        "Streamlit": version("streamlit"),
        "Run Sous BPM": version("runsous"),
    }


def _postgresql() -> str:
    program = postgres_account.binaries() / "postgres"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return said.stdout.split()[-1]
