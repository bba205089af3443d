"""A server of accounts in real processes, whichever way it is started."""

from __future__ import annotations

import json
import signal
import socket

import httpx
import pytest

from tests import running


@pytest.fixture(params=["runsous", "streamlit"])
def server(request, home, database_url):
    """It runs; who asks it comes from this machine, where no proxy is trusted."""
    port = running.free_port()
    ways = {
        "runsous": (running.RUNSOUS, ["serve", f"--port={port}", "--no-browser"]),
        "streamlit": (running.STREAMLIT, [f"--server.port={port}"]),
    }
    command, arguments = ways[request.param]
    more = {"DATABASE_URL": database_url, "RUNSOUS_AUTH": "accounts"}
    app = running.App(*arguments, home=home, command=command, **more)
    app.wait_until_healthy(f"http://127.0.0.1:{port}")
    yield app
    app.stop()


def lines(app: running.App) -> list[dict[str, object]]:
    """What it logged; nothing else may be in between."""
    return [json.loads(line) for line in app.printed().splitlines()]


def send(app: running.App, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", int(app.address.rpartition(":")[2]))) as raw:
        raw.sendall(sent)
        return raw.recv(64)


def test_it_believes_no_stranger_and_its_log_is_one_object_a_line(server):
    left = [
        httpx.get(f"{server.address}/api/v1/me", headers={"x-forwarded-for": f"198.51.100.{n}"})
        for n in range(3)
    ]
    assert [answer.headers["ratelimit"].split(";")[1] for answer in left] == [
        "r=999",
        "r=998",
        "r=997",
    ]
    assert send(server, b"no HTTP at all\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert httpx.get(f"{server.address}/oauth2callback").status_code == 404
    # Not Ctrl-C, which is echoed to a terminal.
    server.stop(signal.SIGTERM)
    said = [line["message"] for line in lines(server)]
    assert "Invalid HTTP request received." in said
    assert f"Run Sous BPM is at {server.address} (Ctrl-C stops it)" in said
    assert not [line for line in lines(server) if line["level"] == "error"]


@pytest.mark.parametrize("server", ["runsous"], indirect=True)
def test_another_process_with_another_key_does_not_start(server, tmp_path, database_url):
    more = {"DATABASE_URL": database_url, "RUNSOUS_AUTH": "accounts"}
    elsewhere = tmp_path / "elsewhere"
    port = f"--port={running.free_port()}"
    for arguments in (["worker"], ["serve", port, "--no-browser"]):
        done = running.run(*arguments, home=elsewhere, **more)
        assert done.returncode == 1
        *log, sentence = done.stderr.splitlines()
        assert "RUNSOUS_SECRET_KEY must be the same" in sentence
        assert not [line for line in log if json.loads(line)["level"] != "info"]
    # The commands that need no key do.
    assert running.run("user", "list", home=elsewhere, **more).returncode == 0
