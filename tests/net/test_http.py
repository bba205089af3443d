"""Calls over real connections to a server that misbehaves."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
from datetime import UTC, datetime

import pytest

from runsous.errors import RateLimited, Rejected, ServiceError, Unavailable
from runsous.net.http import Answer, Http, OpenGate, Stopped
from tests.net.faulty import Faulty, answer, hang_up

SECRET = "hush-hush-4711"
GOOD = answer({"is": "well"})
HTML = answer(b"<html>We'll be back</html>", 503, Content_Type="text/html")


class Counting:
    """A gate that remembers how it was gone through."""

    def __init__(self, *, slow_s: float = 0.0, refuse_on: int | None = None) -> None:
        self.entered, self.objected, self.left = 0, 0, []
        self.slow_s, self.refuse_on = slow_s, refuse_on

    def object(self):
        self.objected += 1

    def enter(self):
        self.entered += 1
        time.sleep(self.slow_s)

    def leave(self, status, headers):
        self.left.append((status, headers.get("x-ratelimit-usage")))
        if status == self.refuse_on:
            raise RateLimited("The service wants us to wait.", datetime(2026, 11, 21, tzinfo=UTC))


def client(server: Faulty | str, gate=None, **options) -> Http:
    options.setdefault("sleep", lambda seconds: None)
    url = server if isinstance(server, str) else server.url
    return Http(url, gate or OpenGate(), name="Strava", **options)


def stay_silent(connection: socket.socket) -> None:
    time.sleep(1.0)


def test_path_follows_the_base_as_it_stands_and_parameters_are_escaped():
    with Faulty(GOOD) as server:
        client(server.url + "/2.0/").call("GET", "", params={"q": "a b&c"})
        client(server.url + "/api/v3").call("GET", "/athlete")
        client(server.url + "/api/v3/").call("POST", "/x", data={"a": "1"}, auth=("me", "pass"))
    assert [each.target for each in server.heard] == [
        "/2.0/?q=a+b%26c",
        "/api/v3/athlete",
        "/api/v3/x",
    ]
    assert server.heard[2].body == b"a=1"
    assert server.heard[2].headers["authorization"] == "Basic bWU6cGFzcw=="


def test_it_says_who_asks_and_where_its_operator_is():
    with Faulty(GOOD) as server:
        client(server, contact="https://run.example.org").call("GET", "/")
        client(server, headers={"User-Agent": "other", "X-Own": "1"}).call("GET", "/")
    first, second = (each.headers for each in server.heard)
    assert first["user-agent"].startswith("RunSousBPM/")
    assert first["user-agent"].endswith(" (+https://run.example.org)")
    assert (second["user-agent"], second["x-own"]) == ("other", "1")


def test_headers_of_an_answer_are_found_in_any_case():
    with Faulty(answer(X_Ratelimit_Usage="8,151")) as server:
        assert client(server).call("GET", "/").headers["X-RateLimit-Usage"] == "8,151"


@pytest.mark.parametrize(
    "fault",
    [
        hang_up,
        HTML,
        answer(b"", 429),
        answer(b"", 408),
        answer(b"", 302, Location="/maintenance"),
        answer(b'{"a": [1, 2'),
        answer(b"<html>"),
        answer(b'{"pace": NaN}'),
        answer(b"[" * 100_000),
        GOOD[:-4],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{}",
        answer(b"not gzip", Content_Encoding="gzip"),
        b"SSH-2.0-nonsense\r\n",
        stay_silent,
    ],
    ids=lambda fault: fault.__name__ if callable(fault) else fault[-12:].decode(),
)
def test_what_may_pass_is_tried_again(fault):
    gate = Counting()
    with Faulty(fault, fault, GOOD) as server:
        told = client(server, gate, timeout=(1, 0.1)).call("GET", "/", expect="json")
    assert told.json() == {"is": "well"}
    assert gate.entered == len(gate.left) == len(server.heard) == 3


def test_after_five_attempts_it_is_unavailable():
    with Faulty(HTML) as server, pytest.raises(Unavailable, match=r"Strava .*503"):
        client(server).call("GET", "/")
    assert len(server.heard) == 5


def test_where_nobody_listens_it_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unavailable, match="Strava could not be reached"):
        client(f"http://127.0.0.1:{port}").call("GET", "/")


def test_waits_between_attempts_grow_and_stay_under_twenty_seconds():
    waits: list[float] = []
    with Faulty(HTML) as server, pytest.raises(Unavailable):
        client(server, sleep=waits.append).call("GET", "/")
    assert len(waits) == 4
    assert waits == sorted(waits)
    assert 7.5 <= sum(waits) <= 20


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_a_refusal_is_handed_over_at_once(status):
    with Faulty(answer({"message": "No"}, status)) as server:
        told = client(server).call("GET", "/", expect="json")
    assert (told.status, told.json(), len(server.heard)) == (status, {"message": "No"}, 1)


def test_no_content_is_as_good_as_json():
    with Faulty(b"HTTP/1.1 204 No Content\r\n\r\n") as server:
        assert client(server).call("GET", "/", expect="json").status == 204


def test_a_judge_can_ask_for_another_attempt_or_end_it():
    def judge(answer: Answer) -> None:
        if answer.json().get("error") == 8:
            raise Unavailable("Try again.")
        if answer.json().get("error") == 6:
            raise Rejected("Nobody is called that.")

    scripts = [answer({"error": 8}), answer({"error": 8}, 500), answer({"error": 6})]
    with Faulty(*scripts) as server, pytest.raises(Rejected, match="called"):
        client(server).call("GET", "/", judge=judge)
    assert len(server.heard) == 3


def test_the_gate_is_asked_before_and_told_after_every_attempt():
    gate = Counting()
    with Faulty(hang_up, HTML, answer({}, X_RateLimit_Usage="3,4")) as server:
        client(server, gate).call("GET", "/")
    assert gate.left == [(0, None), (503, None), (200, "3,4")]


def test_the_gate_ends_the_attempts_when_it_knows_how_long_to_wait():
    gate = Counting(refuse_on=429)
    with Faulty(answer(b"", 429)) as server, pytest.raises(RateLimited):
        client(server, gate).call("GET", "/")
    assert len(server.heard) == 1


def test_time_spent_at_the_gate_is_not_held_against_the_service(monkeypatch):
    monkeypatch.setattr("runsous.net.http.PATIENCE_S", 0.3)
    gate = Counting(slow_s=0.15)
    with Faulty(HTML) as server, pytest.raises(Unavailable):
        client(server, gate).call("GET", "/")
    assert len(server.heard) == 5


def test_a_service_that_lets_us_wait_is_asked_twice_only(monkeypatch):
    monkeypatch.setattr("runsous.net.http.PATIENCE_S", 0.05)
    with Faulty(stay_silent) as server, pytest.raises(Unavailable, match="in time"):
        client(server, timeout=(1, 0.1)).call("GET", "/")
    assert len(server.heard) == 2


def test_an_answer_that_drips_is_given_up(monkeypatch):
    monkeypatch.setattr("runsous.net.http.LONGEST_ANSWER_S", 0.2)

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(100):
            connection.sendall(b" ")
            time.sleep(0.02)

    begun = time.monotonic()
    with Faulty(drip) as server, pytest.raises(Unavailable, match="in time"):
        client(server, attempts=1).call("GET", "/")
    assert time.monotonic() - begun < 1.0


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_too_large_is_not_read_to_its_end(packed):
    content = b"0" * (5 << 20)
    headers = {"Content_Encoding": "gzip"} if packed else {}
    whole = answer(gzip.compress(content) if packed else content, **headers)
    with Faulty(whole) as server, pytest.raises(Rejected, match="more than 1 MB"):
        client(server, max_bytes=1 << 20).call("GET", "/")
    assert len(server.heard) == 1


def test_a_packed_answer_is_unpacked():
    with Faulty(answer(gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")) as server:
        assert client(server).call("GET", "/").json() == {"a": 1}


@pytest.mark.parametrize("status", [301, 302, 308])
def test_what_a_redirect_brings_with_it_is_judged_and_never_without_end(status):
    seen = []
    with Faulty(answer({"id": "new"}, status, Location="/there")) as server:
        with pytest.raises(ServiceError):
            client(server, attempts=1).call("GET", "/", judge=lambda a: seen.append(a.json()))
        assert seen == [{"id": "new"}]
        assert len(server.heard) == 1
    endless = answer(b"x" * (1 << 21), status, Location="/there")
    with Faulty(endless) as server, pytest.raises(Rejected, match="more than 1 MB"):
        client(server, max_bytes=1 << 20).call("GET", "/")


def test_a_token_does_not_follow_to_where_a_redirect_points():
    with Faulty(GOOD) as other, Faulty(answer(b"", 301, Location=other.url)) as server:
        http = client(server)
        with pytest.raises(Rejected, match="has moved"):
            http.call("GET", "/", headers={"Authorization": f"Bearer {SECRET}"})
    assert other.heard == []


def test_cookies_and_what_a_netrc_has_for_the_host_are_not_sent(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login me password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with Faulty(answer(Set_Cookie="session=somebody; Path=/")) as server:
        http = client(server)
        http.call("GET", "/")
        http.call("GET", "/", headers={"Authorization": "Bearer mine"})
    first, second = (each.headers for each in server.heard)
    assert "authorization" not in first
    assert second["authorization"] == "Bearer mine"
    assert "cookie" not in second


def test_it_stops_between_attempts():
    stopping = threading.Event()

    def busy(connection: socket.socket) -> None:
        stopping.set()
        connection.sendall(HTML)

    with Faulty(busy) as server:
        http = client(server, stopping=stopping)
        with pytest.raises(Unavailable):
            http.call("GET", "/")
        with pytest.raises(Stopped):
            http.call("GET", "/")
    assert len(server.heard) == 1


def test_waiting_for_the_next_attempt_ends_when_it_is_to_stop():
    stopping = threading.Event()
    threading.Timer(0.1, stopping.set).start()
    with Faulty(HTML) as server, pytest.raises(Stopped):
        client(server, stopping=stopping).call("GET", "/")
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    "fault",
    [
        hang_up,
        stay_silent,
        answer(SECRET.encode()),
        answer(b"", 301, Location=f"/{SECRET}"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n: odd\r\n\r\n",
        HTML,
    ],
    ids=["no answer", "silence", "not JSON", "moved", "odd headers", "out of order"],
)
def test_nothing_that_was_asked_or_told_is_in_an_error_or_a_log(fault, caplog):
    caplog.set_level(logging.DEBUG)
    with Faulty(fault) as server:
        http = client(server, timeout=(1, 0.1), sleep=lambda _: None)
        with pytest.raises(ServiceError) as caught:
            http.call(
                "POST",
                f"/{SECRET}",
                params={"sk": SECRET},
                data={"refresh_token": SECRET},
                headers={"Authorization": f"Bearer {SECRET}"},
                expect="json",
            )
    logging.getLogger("sync").error("failed", exc_info=caught.value)
    assert "failed" in caplog.text
    assert SECRET not in caplog.text


def test_an_answer_shown_by_mistake_tells_its_status_only():
    with Faulty(answer({"token": SECRET}, X_Token=SECRET)) as server:
        http = client(server, headers={"X-Key": SECRET})
        assert SECRET not in repr(http.call("GET", "/")) + repr(http)
