"""Everything that can be configured, read from the environment once and checked.

Each variable can also be given as ``NAME_FILE``, the path of a file that holds the value.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

import platformdirs

from runsous.errors import InputError
from runsous.settings import parsers
from runsous.settings.home import make_home
from runsous.settings.master import add_secret_key, drop_old_secret_keys, secret_keys
from runsous.settings.parsers import Network
from runsous.settings.services import Services

__all__ = [
    "Services",
    "Settings",
    "add_secret_key",
    "current",
    "drop_old_secret_keys",
    "load",
    "make_home",
    "secret_keys",
    "use",
]

_T = TypeVar("_T")

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
    services: Services = field(default_factory=Services)

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
    of_services = {name: given.pop(name) for name in Services.names() & given.keys()}
    given["services"] = Services(**of_services)
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


def _machine_zone(environ: Mapping[str, str]) -> str:
    """The machine's own zone by name, as far as it can be told; otherwise UTC."""
    candidates = [environ.get("TZ", "").lstrip(":")]
    with suppress(OSError):
        # A link such as /usr/share/zoneinfo/Europe/Berlin; resolved one step only, since
        # the database itself links old names to new ones.
        candidates.append(os.readlink(ZONE_LINK).partition("zoneinfo/")[2])
    with suppress(OSError, UnicodeDecodeError):
        candidates.append(Path("/etc/timezone").read_text("utf-8").strip())
    return next((name for name in candidates if name and parsers.is_zone(name)), "UTC")


_Parser = Callable[[str], Any]
_SECRET = {
    "DATABASE_URL",
    "RUNSOUS_SECRET_KEY",
    "STRAVA_CLIENT_SECRET",
    "LASTFM_API_KEY",
    "LASTFM_SHARED_SECRET",
}
_VARIABLES: dict[str, tuple[str, _Parser]] = {
    "DATABASE_URL": ("database_url", parsers.database_url),
    "RUNSOUS_HOME": ("home", parsers.home),
    "RUNSOUS_AUTH": ("auth", partial(parsers.one_of, ("local", "accounts"))),
    "RUNSOUS_REGISTRATION": ("registration", partial(parsers.one_of, ("open", "invite", "closed"))),
    "RUNSOUS_OIDC_NAME": ("oidc_name", str),
    "RUNSOUS_SECRET_KEY": ("secrets", parsers.secrets),
    "RUNSOUS_TRUSTED_PROXIES": ("trusted_proxies", parsers.networks),
    "RUNSOUS_BASE_URL": ("base_url", parsers.web_url),
    "RUNSOUS_MAP_STYLE": ("map_style", parsers.style),
    "RUNSOUS_ALLOW_REMOTE": ("allow_remote", parsers.yes),
    "RUNSOUS_MAX_UPLOAD_MB": ("max_upload_mb", partial(parsers.whole, 1 << 20)),
    "RUNSOUS_MAX_FILE_MB": ("max_file_mb", partial(parsers.whole, 1 << 20)),
    "RUNSOUS_MAX_ARCHIVE_MB": ("max_archive_mb", partial(parsers.whole, 1 << 24)),
    "RUNSOUS_MAX_ARCHIVE_FILES": ("max_archive_files", partial(parsers.whole, 10_000_000)),
    "RUNSOUS_HOME_ZONE": ("home_zone", parsers.zone),
    "RUNSOUS_UNITS": ("units", partial(parsers.one_of, ("km", "miles"))),
    "STRAVA_CLIENT_ID": ("strava_client_id", str),
    "STRAVA_CLIENT_SECRET": ("strava_client_secret", str),
    "STRAVA_URL": ("strava_url", parsers.web_url),
    "STRAVA_API_URL": ("strava_api_url", parsers.web_url),
    "SPOTIFY_CLIENT_ID": ("spotify_client_id", str),
    "SPOTIFY_ACCOUNTS_URL": ("spotify_accounts_url", parsers.web_url),
    "SPOTIFY_API_URL": ("spotify_api_url", parsers.web_url),
    "LASTFM_API_KEY": ("lastfm_api_key", str),
    "LASTFM_SHARED_SECRET": ("lastfm_shared_secret", str),
    "LASTFM_URL": ("lastfm_url", parsers.web_url),
    "LASTFM_API_URL": ("lastfm_api_url", parsers.web_url_as_is),
    "LISTENBRAINZ_API_URL": ("listenbrainz_api_url", parsers.web_url),
    "MUSICBRAINZ_API_URL": ("musicbrainz_api_url", parsers.web_url),
    "DEEZER_API_URL": ("deezer_api_url", parsers.web_url),
    "RECCOBEATS_API_URL": ("reccobeats_api_url", parsers.web_url),
    "ACOUSTICBRAINZ_API_URL": ("acousticbrainz_api_url", parsers.web_url),
}
