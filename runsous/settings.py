"""Everything that can be configured, read from the environment once and checked.

Each variable can also be given as ``NAME_FILE``, the path of a file that holds the value.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import platformdirs

from runsous.errors import InputError

_T = TypeVar("_T")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_KEPT = "secret_key"

ZONE_LINK = Path("/etc/localtime")


@dataclass(frozen=True)
class Settings:
    """How this installation is set up. Sizes are in MB of 2**20 bytes."""

    home: Path
    database_url: str | None = field(default=None, repr=False)
    auth: Literal["local", "accounts"] = "local"
    registration: Literal["open", "invite", "closed"] = "open"
    # What people know the identity provider as; Streamlit's secrets.toml says how it is reached.
    oidc_name: str | None = None
    # The newest first; the others open what they sealed.
    secrets: tuple[str, ...] = field(default=(), repr=False)
    base_url: str = "http://127.0.0.1:8501"
    # A web address; ``none`` draws no map below the route, ``None`` the usual one.
    map_style: str | None = None
    allow_remote: bool = False
    # Proxies whose word on a client's address is taken.
    trusted_proxies: tuple[Network, ...] = ()
    max_upload_mb: int = 2048
    max_file_mb: int = 256
    max_archive_mb: int = 8192
    max_archive_files: int = 100_000
    home_zone: str = "UTC"
    units: Literal["km", "miles"] = "km"

    @property
    def is_embedded(self) -> bool:
        """Whether the bundled database in the home folder is used."""
        return self.database_url is None


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in ``environ``; :class:`InputError` names a value that cannot be used."""
    known = _with_files(environ)
    given: dict[str, Any] = {
        name: _parsed(variable, known[variable], parse)
        for variable, (name, parse) in _VARIABLES.items()
        if variable in known
    }
    given.setdefault("home", Path(platformdirs.user_data_dir("runsous", appauthor=False)))
    given.setdefault("home_zone", _machine_zone(environ))
    return Settings(**given)


_current: Settings | None = None


def current() -> Settings:
    """The settings of this process, read on first use."""
    global _current
    if _current is None:
        _current = load()
    return _current


def use(settings: Settings | None) -> None:
    """Lets this process use ``settings``; ``None`` reads the environment anew on next use."""
    global _current
    _current = settings


def make_home(settings: Settings) -> Path:
    """The home folder, made for its owner alone if it is missing."""
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(
            f"The folder {settings.home} cannot be made ({reason}); set RUNSOUS_HOME to another."
        ) from error
    return settings.home


def secret_keys(settings: Settings) -> tuple[str, ...]:
    """The master secrets, the newest first: those configured, or those kept in the home folder."""
    if settings.secrets:
        return settings.secrets
    kept = make_home(settings) / _KEPT
    if not kept.exists():
        # A link appears whole and only once, whichever process comes first.
        with _written(kept, [_fresh()]) as fresh, suppress(FileExistsError):
            os.link(fresh, kept)
    return tuple(kept.read_text("utf-8").split())


def add_secret_key(settings: Settings) -> None:
    """Makes a new master secret the newest of those in the home folder."""
    known = secret_keys(settings)
    kept = settings.home / _KEPT
    with _written(kept, [_fresh(), *known]) as fresh:
        fresh.replace(kept)


def drop_old_secret_keys(settings: Settings) -> None:
    """Forgets all master secrets in the home folder but the newest."""
    kept = settings.home / _KEPT
    with _written(kept, secret_keys(settings)[:1]) as fresh:
        fresh.replace(kept)


def _fresh() -> str:
    return secrets.token_urlsafe(48)


@contextmanager
def _written(kept: Path, keys: Sequence[str]) -> Iterator[Path]:
    """A file beside ``kept``, for its owner alone, that is gone afterwards."""
    descriptor, name = tempfile.mkstemp(prefix=f"{kept.name}.", dir=kept.parent)
    fresh = Path(name)
    with os.fdopen(descriptor, "w") as out:
        out.write("\n".join(keys))
        out.flush()
        os.fsync(out.fileno())
    try:
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)


def _with_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Known variables that have a value, from the environment or from their ``_FILE``."""
    found = {}
    for variable in _VARIABLES:
        value, path = environ.get(variable, "").strip(), environ.get(f"{variable}_FILE", "").strip()
        if value and path:
            raise InputError(f"Both {variable} and {variable}_FILE are set; keep one of them.")
        if path:
            value = _content(f"{variable}_FILE", Path(path))
        if value:
            found[variable] = value
    return found


def _content(variable: str, path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{variable} names {path}, which cannot be read as text.") from error


def _parsed(variable: str, value: str, parse: Callable[[str], _T]) -> _T:
    try:
        return parse(value)
    except ValueError as error:
        shown = "the given value" if variable in _SECRET else repr(value)
        raise InputError(f"{variable} is {shown}; it must be {error}.") from error


def _home(value: str) -> Path:
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("the path of a folder") from error


def _database_url(value: str) -> str:
    if not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("of the form postgresql://user:password@host:5432/database")
    return value


def _web_url(value: str) -> str:
    if not _is_web_url(value):
        raise ValueError("a web address such as http://127.0.0.1:8501")
    return value.rstrip("/")


def _style(value: str) -> str:
    if value != "none" and not _is_web_url(value):
        raise ValueError("the web address of a map style, or none")
    return value


def _is_web_url(value: str) -> bool:
    with suppress(ValueError):
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    return False


def _secrets(value: str) -> tuple[str, ...]:
    keys = tuple(value.split())
    if not keys or min(map(len, keys)) < 32:
        raise ValueError("at least 32 characters long (several: the newest first, spaces between)")
    return keys


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in value.split(","))
    except ValueError as error:
        raise ValueError("addresses or networks with commas, such as 10.0.0.0/8") from error


def _one_of(allowed: tuple[str, ...], value: str) -> str:
    if value.lower() not in allowed:
        raise ValueError(" or ".join(allowed))
    return value.lower()


def _yes(value: str) -> bool:
    return _one_of(("yes", "no"), value) == "yes"


def _whole(highest: int, value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= highest:
        raise ValueError(f"a whole number from 1 to {highest}")
    return int(value)


def _zone(value: str) -> str:
    if not _is_zone(value):
        raise ValueError("the name of a time zone, such as Europe/Berlin")
    return value


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def _machine_zone(environ: Mapping[str, str]) -> str:
    """The machine's own zone by name, as far as it can be told; otherwise UTC."""
    candidates = [environ.get("TZ", "").lstrip(":")]
    with suppress(OSError):
        # A link such as /usr/share/zoneinfo/Europe/Berlin; resolved one step only, since
        # the database itself links old names to new ones.
        candidates.append(os.readlink(ZONE_LINK).partition("zoneinfo/")[2])
    with suppress(OSError, UnicodeDecodeError):
        candidates.append(Path("/etc/timezone").read_text("utf-8").strip())
    return next((name for name in candidates if name and _is_zone(name)), "UTC")


_Parser = Callable[[str], Any]
_SECRET = {"DATABASE_URL", "RUNSOUS_SECRET_KEY"}
_VARIABLES: dict[str, tuple[str, _Parser]] = {
    "DATABASE_URL": ("database_url", _database_url),
    "RUNSOUS_HOME": ("home", _home),
    "RUNSOUS_AUTH": ("auth", partial(_one_of, ("local", "accounts"))),
    "RUNSOUS_REGISTRATION": ("registration", partial(_one_of, ("open", "invite", "closed"))),
    "RUNSOUS_OIDC_NAME": ("oidc_name", str),
    "RUNSOUS_SECRET_KEY": ("secrets", _secrets),
    "RUNSOUS_TRUSTED_PROXIES": ("trusted_proxies", _networks),
    "RUNSOUS_BASE_URL": ("base_url", _web_url),
    "RUNSOUS_MAP_STYLE": ("map_style", _style),
    "RUNSOUS_ALLOW_REMOTE": ("allow_remote", _yes),
    "RUNSOUS_MAX_UPLOAD_MB": ("max_upload_mb", partial(_whole, 1 << 20)),
    "RUNSOUS_MAX_FILE_MB": ("max_file_mb", partial(_whole, 1 << 20)),
    "RUNSOUS_MAX_ARCHIVE_MB": ("max_archive_mb", partial(_whole, 1 << 24)),
    "RUNSOUS_MAX_ARCHIVE_FILES": ("max_archive_files", partial(_whole, 10_000_000)),
    "RUNSOUS_HOME_ZONE": ("home_zone", _zone),
    "RUNSOUS_UNITS": ("units", partial(_one_of, ("km", "miles"))),
}
