"""Where somebody is: network addresses, through the proxies that are trusted."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from runsous import settings

HEADER = "x-runsous-address"
"""Tells Streamlit where a request comes from; the server writes it, whatever a client sent."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# As some proxies write it: 192.0.2.1:4711, [2001:db8::1]:4711, [2001:db8::1].
_WITH_PORT = re.compile(r"\[(?P<v6>[^]]*)\](:\d+)?|(?P<v4>[^:]*):\d+")


def named(peer: str | None, forwarded: Sequence[str]) -> str:
    """The client's network address; empty where the connection has none (a socket's file).

    ``forwarded`` are the lines of ``X-Forwarded-For``, believed as far as the proxies that wrote
    them are trusted: the last address that is no trusted proxy's, if ``peer`` is one.
    """
    nearest = _parsed(peer) if peer else None
    # A proxy may add a line of its own to those it was sent.
    for name in reversed(",".join(forwarded).split(",")):
        if not _is_trusted(nearest):
            break
        further = _parsed(name.strip())
        if further is None:
            break
        nearest = further
    return "" if nearest is None else str(nearest)


def _parsed(name: str) -> _Address | None:
    if found := _WITH_PORT.fullmatch(name):
        name = found["v6"] or found["v4"] or ""
    try:
        parsed = ipaddress.ip_address(name)
    except ValueError:
        return None
    # A server that listens on IPv6 sees IPv4 as ::ffff:192.0.2.1.
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _is_trusted(found: _Address | None) -> bool:
    return found is not None and any(
        found in network for network in settings.current().trusted_proxies
    )
