"""A web server on loopback that answers what it was told to, byte by byte."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.parser import Parser
from typing import Any

Script = bytes | Callable[[socket.socket], None]


@dataclass(frozen=True)
class Heard:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Faulty:
    """Answers the first call with the first script, and the last one ever after."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.heard: list[Heard] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Faulty:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            first = lines.readline().decode()
            if not first:
                return
            head = "".join(iter(lambda: lines.readline().decode().replace("\r\n", "\n"), "\n"))
            headers = {k.lower(): v for k, v in Parser().parsestr(head).items()}
            body = lines.read(int(headers.get("content-length", 0)))
            method, target, _ = first.split(" ")
            self.heard.append(Heard(method, target, headers, body))
            script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
            with suppress(OSError):  # Whoever asked may have left.
                script(connection) if callable(script) else connection.sendall(script)


def answer(body: Any = b"{}", status: int = 200, **headers: str) -> bytes:
    """A whole answer, after which the connection is closed."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"Content-Length": str(len(content)), "Connection": "close"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} As told", *(f"{k}: {v}" for k, v in told.items()), "", ""]
    return "\r\n".join(lines).encode() + content


def hang_up(connection: socket.socket) -> None:
    """Closes without a word."""
