"""A server without login answers its own pages alone, over real sockets."""

from __future__ import annotations

import socket
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from runsous import settings
from tests.web.test_api_reading import API, found, problem

pytestmark = pytest.mark.usefixtures("engine")


def port(address):
    return urlsplit(address).port


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8501",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.0.7",
        "0.0.0.0",
        "127.0.0.1@evil.example",
        "[::2]",
        "localhost:8501:8501",
        "evil",
    ],
)
def test_a_foreign_host_is_refused_whatever_is_asked(web, host):
    for path in (f"{API}/activities", "/health", "/metrics", "/nowhere"):
        body = problem(web.get(path, headers={"host": host}), 403)
        assert "own address" in body["detail"]
    problem(web.delete(f"{API}/activities/1", headers={"host": host}), 403)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:1",
        "LOCALHOST:8501",
        "127.0.0.1",
        "127.0.0.1:65535",
        "[::1]",
        "[::1]:80",
    ],
)
def test_this_machine_may_be_called_by_any_of_its_names_and_ports(web, host):
    found(web.get(f"{API}/activities", headers={"host": host}))
    assert web.get("/health", headers={"host": host}).status_code == 200


def test_a_request_without_a_host_is_refused(address):
    with socket.create_connection(("127.0.0.1", port(address))) as raw:
        raw.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        assert raw.recv(64).startswith(b"HTTP/1.1 403")


FOREIGN = [
    # Where this app would be by default, but is not: some other program may.
    "http://127.0.0.1:8501",
    "http://evil.example",
    "https://localhost.evil.example",
    "null",
    "http://127.0.0.1:1",
    "http://[::1",
    "",
    "file://",
]


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_page_can_change_nothing(web, origin):
    headers = {"origin": origin}
    problem(web.post(f"{API}/imports", files={"files": b"x"}, headers=headers), 403)
    problem(web.delete(f"{API}/activities/1", headers=headers), 403)
    problem(web.patch(f"{API}/activities/1", json={}, headers=headers), 403)
    problem(web.put("/anything", headers=headers), 403)


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_page_gets_no_permission_to_read(web, origin):
    answer = web.get(f"{API}/activities", headers={"origin": origin})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    preflight = web.options(
        f"{API}/activities/1",
        headers={"origin": origin, "access-control-request-method": "DELETE"},
    )
    assert preflight.status_code >= 400
    assert not [name for name in preflight.headers if name.startswith("access-control")]


def test_ones_own_page_and_programs_can_change_things(web, address):
    for headers in ({}, {"origin": address}):
        problem(web.delete(f"{API}/activities/1", headers=headers), 404)
    named = {"host": "localhost:99", "origin": "http://localhost:99"}
    problem(web.delete(f"{API}/activities/1", headers=named), 404)


def shake_hands(address, **headers) -> bytes:
    """The first line of the answer to a WebSocket's opening."""
    lines = {
        "Host": f"127.0.0.1:{port(address)}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    request = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection(("127.0.0.1", port(address))) as raw:
        raw.sendall(f"GET /_stcore/stream HTTP/1.1\r\n{request}\r\n".encode())
        return raw.recv(256).split(b"\r\n")[0]


def test_ones_own_page_and_programs_can_open_a_socket(address):
    assert b" 101 " in shake_hands(address, Origin=address)
    assert b" 101 " in shake_hands(address)


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_page_can_open_no_socket(address, origin):
    assert b" 403 " in shake_hands(address, Origin=origin)


def test_a_socket_for_a_foreign_host_is_not_opened(address):
    assert b" 403 " in shake_hands(address, Host="evil.example")


def test_behind_a_proxy_its_name_is_ours(web):
    settings.use(replace(settings.current(), base_url="https://runs.example"))
    named = {"host": "runs.example", "origin": "https://runs.example"}
    found(web.get(f"{API}/activities", headers=named))
    problem(web.delete(f"{API}/activities/1", headers=named), 404)
    problem(
        web.delete(f"{API}/activities/1", headers={**named, "origin": "https://x.example"}), 403
    )
    problem(web.get("/health", headers={"host": "runs.example.evil"}), 403)


def test_another_port_of_ones_own_address_is_another_program(web):
    settings.use(replace(settings.current(), base_url="https://runs.example:8443"))
    # A proxy may call us by another name than browsers call it.
    for host in ("runs.example:8443", "127.0.0.1:8501"):
        own = {"host": host, "origin": "https://runs.example:8443"}
        problem(web.delete(f"{API}/activities/1", headers=own), 404)
        for other in ("https://runs.example", "https://runs.example:8444", "https://runs.example:"):
            problem(web.delete(f"{API}/activities/1", headers={**own, "origin": other}), 403)


@pytest.mark.parametrize(
    "host",
    ["192.168.0.7", "192.168.0.7:8501", "[fd00::7]", "[FD00::7]:8501", "127.0.0.1", "localhost:1"],
)
def test_opened_to_a_network_it_answers_to_its_addresses_but_no_foreign_page(web, host):
    settings.use(replace(settings.current(), allow_remote=True))
    found(web.get(f"{API}/activities", headers={"host": host}))
    own = {"host": host, "origin": f"http://{host}"}
    problem(web.delete(f"{API}/activities/1", headers=own), 404)
    for origin in FOREIGN:
        problem(web.delete(f"{API}/activities/1", headers={**own, "origin": origin}), 403)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "nas.local:8501",
        "192.168.0.7.evil.example",
        "192.168.0.7@evil.example",
        "1.2.3",
        "fd00::7",
        "[evil.example]",
        "[192.168.0.7]",
        "",
    ],
)
def test_opened_to_a_network_a_name_that_nobody_set_is_refused(web, address, host):
    settings.use(replace(settings.current(), allow_remote=True))
    own = {"host": host, "origin": f"http://{host}"}
    for path in (f"{API}/activities", "/health", "/nowhere"):
        problem(web.get(path, headers={"host": host}), 403)
    problem(web.delete(f"{API}/activities/1", headers=own), 403)
    assert b" 403 " in shake_hands(address, Host=host, Origin=f"http://{host}")


def test_opened_to_a_network_the_name_that_was_set_will_do(web):
    opened = replace(settings.current(), allow_remote=True, base_url="http://nas.local:8501")
    settings.use(opened)
    named = {"host": "nas.local:8501", "origin": "http://nas.local:8501"}
    found(web.get(f"{API}/activities", headers=named))
    problem(web.delete(f"{API}/activities/1", headers=named), 404)
    problem(web.get("/health", headers={"host": "other.local:8501"}), 403)


def test_with_accounts_any_name_will_do_as_cookies_are_kept_to_it(web):
    settings.use(replace(settings.current(), auth="accounts"))
    assert web.get("/health", headers={"host": "runs.example"}).status_code == 200
