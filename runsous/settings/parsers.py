"""From what is written in a variable to what it means.

Each raises :class:`ValueError` whose words complete "it must be …".
"""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def home(value: str) -> Path:
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("the path of a folder") from error


def database_url(value: str) -> str:
    if not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("of the form postgresql://user:password@host:5432/database")
    return value


def web_url(value: str) -> str:
    if not is_web_url(value):
        raise ValueError("a web address such as http://127.0.0.1:8501")
    return value.rstrip("/")


def web_url_as_is(value: str) -> str:
    """One whose last slash counts, as where the calls go to the address itself."""
    web_url(value)
    return value


def style(value: str) -> str:
    if value != "none" and not is_web_url(value):
        raise ValueError("the web address of a map style, or none")
    return value


def is_web_url(value: str) -> bool:
    with suppress(ValueError):
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    return False


def secrets(value: str) -> tuple[str, ...]:
    keys = tuple(value.split())
    if not keys or min(map(len, keys)) < 32:
        raise ValueError("at least 32 characters long (several: the newest first, spaces between)")
    return keys


def networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in value.split(","))
    except ValueError as error:
        raise ValueError("addresses or networks with commas, such as 10.0.0.0/8") from error


def one_of(allowed: tuple[str, ...], value: str) -> str:
    if value.lower() not in allowed:
        raise ValueError(" or ".join(allowed))
    return value.lower()


def yes(value: str) -> bool:
    return one_of(("yes", "no"), value) == "yes"


def whole(highest: int, value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= highest:
        raise ValueError(f"a whole number from 1 to {highest}")
    return int(value)


def zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError("the name of a time zone, such as Europe/Berlin")
    return value


def is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True
