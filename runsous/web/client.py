"""Where a request comes from."""

from __future__ import annotations

import ipaddress
import re

from starlette.datastructures import Headers
from starlette.types import Scope

from runsous import settings

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# As some proxies write it: 192.0.2.1:4711, [2001:db8::1]:4711, [2001:db8::1].
_WITH_PORT = re.compile(r"\[(?P<v6>[^]]*)\](:\d+)?|(?P<v4>[^:]*):\d+")


def address(scope: Scope) -> str:
    """The client's network address; empty where the connection has none (a socket's file).

    ``X-Forwarded-For`` is believed as far as the proxies that wrote it are trusted: the last
    address that is no trusted proxy's, if the connection itself came from one.
    """
    client = scope.get("client")
    nearest = _parsed(str(client[0])) if client else None
    # A proxy may add a line of its own to those it was sent.
    forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
    for name in reversed(forwarded.split(",")):
        if not _is_trusted(nearest):
            break
        further = _parsed(name.strip())
        if further is None:
            break
        nearest = further
    return "" if nearest is None else str(nearest)


def neighbourhood(scope: Scope) -> str:
    """Whose requests are counted together: an address, or the network a household gets in IPv6.

    There one may call from 2**64 addresses of one's own.
    """
    name = address(scope)
    if ":" not in name:
        return name
    return str(ipaddress.IPv6Network((name.partition("%")[0], 64), strict=False))


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
