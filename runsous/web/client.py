"""Where a request comes from."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers
from starlette.types import Scope

from runsous import settings


def address(scope: Scope) -> str:
    """The client's network address.

    ``X-Forwarded-For`` is believed as far as the proxies that wrote it are trusted: the last
    address that is no trusted proxy's, if the connection itself came from one.
    """
    client = scope.get("client")
    nearest = str(client[0]) if client else ""
    named = Headers(scope=scope).get("x-forwarded-for", "")
    for name in reversed([*(part.strip() for part in named.split(",")), nearest]):
        if not _is_trusted(name):
            return name if _is_address(name) else nearest
        nearest = name
    return nearest


def _is_trusted(name: str) -> bool:
    if not _is_address(name):
        return False
    found = ipaddress.ip_address(name)
    return any(found in network for network in settings.current().trusted_proxies)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
