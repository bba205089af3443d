"""Where a request comes from."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers
from starlette.types import Scope

from runsous.accounts.address import named


def address(scope: Scope) -> str:
    """The client's network address, as :func:`runsous.accounts.address.named` tells it."""
    peer = scope.get("client")
    return named(str(peer[0]) if peer else None, Headers(scope=scope).getlist("x-forwarded-for"))


def neighbourhood(scope: Scope) -> str:
    """Whose requests are counted together: an address, or the network a household gets in IPv6.

    There one may call from 2**64 addresses of one's own.
    """
    name = address(scope)
    if ":" not in name:
        return name
    return str(ipaddress.IPv6Network((name.partition("%")[0], 64), strict=False))
