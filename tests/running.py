"""The real app in a process of its own, as a user starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
RUNSOUS = (sys.executable, "-m", "runsous.cli")
STREAMLIT = (sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


NOWHERE = {
    f"{service}_API_URL": "http://127.0.0.1:9"
    for service in ("MUSICBRAINZ", "DEEZER", "RECCOBEATS", "ACOUSTICBRAINZ")
}
"""Services that are asked for songs without being told to: nobody real is asked by a test."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """That of a user who has configured nothing but a home, and has no screen."""
    ours = ("RUNSOUS_", "DATABASE_URL", "STREAMLIT_", "DISPLAY", "WAYLAND_DISPLAY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, **NOWHERE, "HOME": str(home.parent), "RUNSOUS_HOME": str(home), **more}


def run(
    *arguments: str, home: Path, command: tuple[str, ...] = RUNSOUS, **more: str
) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        [*command, *arguments],
        env=environment(home, **more),
        cwd=home.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class App:
    """A server: started, waited for until it is healthy, and talked to."""

    def __init__(self, *arguments: str, home: Path, command: tuple[str, ...], **more: str) -> None:
        self.home = home
        self.output = home.parent / f"output-{time.monotonic_ns()}"
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [*command, *arguments],
                env=environment(home, **more),
                cwd=home.parent,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def printed(self) -> str:
        return self.output.read_text()

    def wait_until_healthy(self, address: str) -> None:
        self.address = address
        give_up = time.monotonic() + 240
        while time.monotonic() < give_up:
            assert self.process.poll() is None, self.printed()
            try:
                if httpx.get(f"{address}/health", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"The app did not come up: {self.printed()}")

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Sends a signal to it and everything in its terminal; its exit code."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        return self.process.wait(60)


def serve(home: Path, port: int | None = None, **more: str) -> App:
    """``runsous serve``, up and healthy."""
    port = port or free_port()
    app = App("serve", f"--port={port}", "--no-browser", home=home, command=RUNSOUS, **more)
    app.wait_until_healthy(f"http://127.0.0.1:{port}")
    return app
