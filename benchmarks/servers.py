"""Servers to measure: the app, and Streamlit with next to nothing in it."""

from __future__ import annotations

import http.client
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import places

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE_S = 60.0
_EMPTY_PAGE = "import streamlit as st\n"
_EMPTY_APP = """import streamlit as st
from runsous import serve
from runsous.web import routes

app = st.App("page.py", routes=routes.routes(), lifespan=serve.lifespan)
"""


@dataclass(frozen=True)
class Server:
    """A server that answers. ``ready_s`` is how long it took to."""

    pid: int
    port: int
    began: float
    ready_s: float

    @property
    def address(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def app(home: Path, **more: str) -> Iterator[Server]:
    """``runsous serve`` on a home folder; ``more`` is set in its environment."""
    command = ["-m", "runsous.cli", "serve", "--no-browser", "--port", "{port}"]
    with _running(command, home, ROOT, "/health", **more) as server:
        yield server


@contextmanager
def empty_script() -> Iterator[Server]:
    """An empty Streamlit script, as ``streamlit run`` serves it."""
    with places.folder() as folder:
        (folder / "script.py").write_text(_EMPTY_PAGE)
        with _running(_streamlit("script.py"), folder, folder, "/_stcore/health") as server:
            yield server


@contextmanager
def empty_page() -> Iterator[Server]:
    """An empty page in the very server the app runs in: same routes, worker and database."""
    with places.folder() as folder:
        (folder / "page.py").write_text(_EMPTY_PAGE)
        (folder / "app.py").write_text(_EMPTY_APP)
        shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
        with _running(_streamlit("app.py"), folder / "home", folder, "/health") as server:
            yield server


def _streamlit(script: str) -> list[str]:
    place = ["--server.address=127.0.0.1", "--server.port={port}", "--server.headless=true"]
    quiet = ["--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
    return ["-m", "streamlit", "run", script, *place, *quiet]


@contextmanager
def _running(
    arguments: Sequence[str], home: Path, cwd: Path, health: str, **more: str
) -> Iterator[Server]:
    port = _free_port()
    command = [sys.executable, *(part.format(port=port) for part in arguments)]
    with places.folder() as logs, (logs / "log").open("w+b") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=places.environment(home) | more,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_for(process, port, health, logs / "log")
            yield Server(process.pid, port, began, time.perf_counter() - began)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    began = time.perf_counter()
    while not _answers(port, path):
        if process.poll() is not None or time.perf_counter() - began > _PATIENCE_S:
            said = log.read_text("utf-8", "replace").strip()[-800:]
            raise RuntimeError(f"The server did not come up. It said: {said or 'nothing'}")
        time.sleep(0.02)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
