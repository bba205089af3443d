"""Asking web services: every call waits its turn, is tried again where that helps, and tells
nothing: what is asked, and what comes back, stands in no log and no error.
"""

from __future__ import annotations

import json as _json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from typing import Any, Final, Literal, Protocol, TypedDict, Unpack

import requests
import tenacity
import urllib3
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict

from runsous.errors import RateLimited, Rejected, ServiceError, Unavailable

ATTEMPTS: Final = 5
PATIENCE_S: Final = 20.0
"""After that no third attempt is begun; waiting for one's turn does not count."""

LONGEST_ANSWER_S: Final = 60.0
"""A service that sends a byte now and then would otherwise keep us for ever."""

_CHUNK: Final = 1 << 16
_PASSING: Final = frozenset({302, 303, 307, 408, 425, 429})
"""Besides 5xx: a page elsewhere that says it is out of order, or "not now"."""

# At DEBUG, and at WARNING where headers are malformed, it writes whole addresses.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class Stopped(ServiceError):
    """We were told to stop before there was an answer."""


class Gate(Protocol):
    """Knows how often a service may be called."""

    def enter(self) -> None:
        """Returns when a call may be made; raises :class:`RateLimited` if that takes too long."""

    def leave(self, status: int, headers: Mapping[str, str]) -> None:
        """Hears how the call ended: status 0 and no headers where no answer came.

        May raise :class:`RateLimited`, which ends the attempts.
        """

    def object(self) -> None:
        """Hears that the answer was an error although its status said otherwise."""


class OpenGate:
    """Lets every call through at once."""

    def enter(self) -> None:
        """Nothing to wait for."""

    def leave(self, status: int, headers: Mapping[str, str]) -> None:
        """Nothing to remember."""

    def object(self) -> None:
        """Nothing to remember."""


@dataclass(frozen=True)
class Answer:
    """What a service answered; the names of headers may be asked for in any case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    service: str = "The service"

    @property
    def is_passing(self) -> bool:
        """Whether it says "not now" rather than yes or no."""
        return self.status >= 500 or self.status in _PASSING

    def json(self) -> Any:
        """The body as JSON; :class:`Unavailable` where it is cut off or something else."""
        return self._parsed

    @cached_property
    def _parsed(self) -> Any:
        try:
            return _json.loads(self.body, parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise Unavailable(f"{self.service} answered something that cannot be read.") from None


Judge = Callable[[Answer], None]
"""Raises what an answer means where that is an error: ``Unavailable`` is tried again."""


class Options(TypedDict, total=False):
    """What a call can have besides method and path."""

    params: Mapping[str, Any] | None
    data: Mapping[str, Any] | str | bytes | None
    json: Any
    headers: Mapping[str, str] | None
    auth: tuple[str, str] | None
    expect: Literal["json"] | None
    judge: Judge | None


@dataclass(eq=False, repr=False)
class Http:
    """One service at ``base_url``, called through ``gate``.

    ``name`` is what people know it as, ``contact`` an address that its operators find in the
    User-Agent, ``timeout`` the seconds to connect and until the next byte, ``attempts`` how often
    a call is made where that helps. Once ``stopping`` is
    set, no further attempt is made. Redirects are not followed, cookies not kept.
    """

    base_url: str
    gate: Gate
    _: KW_ONLY
    name: str = "The service"
    contact: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: tuple[float, float] = (5.0, 30.0)
    attempts: int = ATTEMPTS
    max_bytes: int = 64 << 20
    sleep: Callable[[float], None] = time.sleep
    stopping: threading.Event | None = None
    _session: requests.Session = field(init=False)

    def __post_init__(self) -> None:
        self._session = _Session()
        self._session.auth = _Nobody()
        # Connections are shared by everybody here: nobody's cookies go out with another's call.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update(
            {"User-Agent": user_agent(self.contact), "Accept": "application/json", **self.headers}
        )

    def call(self, method: str, path: str, **options: Unpack[Options]) -> Answer:
        """The answer to a call of ``path``, which is appended to the base as it stands.

        What may pass (no connection, no answer in time, 5xx, 429, an answer cut off) is tried
        up to ``attempts`` times. ``expect="json"`` does so too where a success is not JSON, and
        ``judge`` where it raises :class:`Unavailable`; it sees every whole answer first.
        4xx is the caller's to understand. Raises :class:`Unavailable`, what the gate raises,
        :class:`Rejected` for an answer too large or from a service that has moved, and
        :class:`Stopped`.
        """
        waited = _Waited(self.gate)

        def is_enough(state: tenacity.RetryCallState) -> bool:
            spent = (state.seconds_since_start or 0.0) - waited.seconds
            # Silence until the time is out may be of one connection: it is asked once more.
            most = self.attempts if spent < PATIENCE_S else min(self.attempts, 2)
            return state.attempt_number >= most or self._is_stopped

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Unavailable),
            wait=tenacity.wait_exponential_jitter(multiplier=0.5, max=4.0, jitter=0.5),
            stop=is_enough,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._attempt, waited, method, path, options)

    @property
    def _is_stopped(self) -> bool:
        return self.stopping is not None and self.stopping.is_set()

    def _sleep(self, seconds: float) -> None:
        if self.stopping is None:
            self.sleep(seconds)
        else:
            self.stopping.wait(seconds)

    def _attempt(self, gate: Gate, method: str, path: str, options: Options) -> Answer:
        if self._is_stopped:
            raise Stopped(f"Stopped before {self.name} was asked.")
        gate.enter()
        status, headers = 0, CaseInsensitiveDict[str]()
        try:
            with self._send(method, path, options) as response:
                status, headers = response.status_code, response.headers
                answer = Answer(status, headers, self._body(response), self.name)
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            raise Unavailable(f"{self.name} did not answer in time.") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
            # ValueError: an address or a header that no library could make sense of.
            raise Unavailable(f"{self.name} could not be reached.") from None
        finally:
            gate.leave(status, headers)
        try:
            self._judge(answer, options)
        except (RateLimited, Unavailable):
            if status < 400:
                gate.object()
            raise
        return answer

    def _send(self, method: str, path: str, options: Options) -> requests.Response:
        return self._session.request(
            method,
            self.base_url.rstrip("/") + path if path else self.base_url,
            params=options.get("params"),
            data=options.get("data"),
            json=options.get("json"),
            headers=options.get("headers"),
            auth=options.get("auth"),
            timeout=self.timeout,
            allow_redirects=False,
            stream=True,
        )

    def _body(self, response: requests.Response) -> bytes:
        parts, size = [], 0
        latest = time.monotonic() + LONGEST_ANSWER_S
        # What has arrived, however little: reads of a fixed size would wait for all of it.
        while part := response.raw.read1(_CHUNK, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > self.max_bytes:
                most = self.max_bytes / (1 << 20)
                raise Rejected(f"{self.name} answered more than {most:.0f} MB at once.")
            if time.monotonic() > latest:
                raise requests.Timeout
        return b"".join(parts)

    def _judge(self, answer: Answer, options: Options) -> None:
        judge = options.get("judge")
        if judge is not None:
            judge(answer)
        if answer.is_passing:
            raise Unavailable(f"{self.name} is not answering as it should ({answer.status}).")
        if 300 <= answer.status < 400:
            raise Rejected(
                f"{self.name} has moved: whoever runs this server must correct its address in "
                "the settings."
            )
        if options.get("expect") == "json" and answer.status < 300 and answer.status != 204:
            answer.json()


class _Session(requests.Session):
    """Leaves redirects alone: it would read them to the end, however long, to know what is next."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class _Waited:
    """The gate, and how long we stood before it."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.seconds = 0.0

    def enter(self) -> None:
        begun = time.monotonic()
        self._gate.enter()
        self.seconds += time.monotonic() - begun

    def leave(self, status: int, headers: Mapping[str, str]) -> None:
        self._gate.leave(status, headers)

    def object(self) -> None:
        self._gate.object()


class _Nobody(AuthBase):
    """Without it requests would send what a ``.netrc`` of whoever runs this has for the host."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def user_agent(contact: str | None = None) -> str:
    """How this program calls itself, and where its operator is found."""
    name = f"RunSousBPM/{version('runsous')}"
    return f"{name} (+{contact})" if contact else name


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")
