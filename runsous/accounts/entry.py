"""Coming in: registration, sign-in with a password or by a provider, sessions, personal tokens.

Nothing here tells whether an e-mail is known: answers are the same, and take as long.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine

from runsous import settings
from runsous.accounts import passwords
from runsous.errors import InputError, NotFound
from runsous.store import accounts, audit, sessions, tokens
from runsous.store.tokens import NewToken

Scope = Literal["read", "write"]
SCOPES: tuple[Scope, ...] = ("read", "write")
TOKEN_MARK = "rsb_"  # noqa: S105
"""How every personal token begins, so that a leaked one can be found."""
INVITED_FOR = timedelta(days=14)
_LAST_YEAR = 9000
COOKIE = "runsous_session"
"""The cookie that holds a session's secret."""
GO_ON = 'window.location.replace("/auth/provider")'
"""The script that leads someone a provider vouched for to a session."""
PROVIDER_COOKIE = "_streamlit_user"
"""How the names of Streamlit's own cookies begin (long ones are cut up)."""

_CLOSED = "No new accounts are made here; ask whoever runs this server."

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Visitor:
    """Who asks: the user, what they may do, and whether they signed in or only hold a token."""

    user_id: int
    scopes: frozenset[str]
    is_signed_in: bool


def folded(email: str) -> str:
    """The e-mail as all ways to write it have in common, whether or not it can be one."""
    kept = unicodedata.normalize("NFKC", email).casefold()
    return unicodedata.normalize("NFKC", kept).strip()


@dataclass(frozen=True)
class SignedIn:
    """A browser someone is signed in with: whose, its session's secret, where it is."""

    user_id: int
    secret: str
    address: str


def normal(email: str) -> str:
    """The e-mail as it is kept; :class:`InputError` where it can be none."""
    kept = folded(email)
    name, at, host = kept.rpartition("@")
    if not (at and name and "." in host.strip(".")) or len(kept) > 254 or not kept.isprintable():
        raise InputError("That is no e-mail address.")
    if any(c.isspace() for c in kept):
        raise InputError("That is no e-mail address.")
    return kept


def register(engine: Engine, email: str, password: str, invitation: str, address: str) -> None:
    """Makes an account, if the e-mail has none and this installation lets one in.

    :class:`InputError` tells what is wrong with what was given, never whom there is already.
    """
    how = settings.current().registration
    if how == "closed":
        raise InputError(_CLOSED)
    email, kept = normal(email), passwords.hashed(password)
    with engine.begin() as conn:
        if how == "invite" and not accounts.take_invitation(conn, digest(invitation.strip())):
            raise InputError("This invitation is not valid, or not any more; ask for a new one.")
        user_id = accounts.create(conn, email, kept)
        if user_id is not None:
            audit.note(conn, user_id, "account made", address=address)
            _log.info("user %s registered", user_id)


def sign_in(engine: Engine, email: str, password: str, address: str) -> str | None:
    """The secret of a new session; ``None`` where e-mail and password are not someone's."""
    with engine.begin() as conn:
        try:
            account = accounts.by_email(conn, normal(email))
        except InputError:
            account = None
    # Outside a transaction, as it takes its time; and done for nobody's sake as well.
    is_right = passwords.is_right(password, account.password_hash if account else None)
    if account is None:
        return None
    with engine.begin() as conn:
        if not is_right or account.disabled_at:
            audit.note(conn, account.id, "sign-in failed", address=address)
            return None
        if passwords.is_outdated(account.password_hash or ""):
            accounts.set_password(conn, account.id, passwords.hashed(password))
        return _session(conn, account.id, "with a password", address)


def change_password(engine: Engine, visitor: SignedIn, old: str, new: str) -> None:
    """Replaces the password; see :func:`set_password`.

    :class:`InputError` where ``old`` is not the present one, or ``new`` is not accepted.
    """
    with engine.begin() as conn:
        account = accounts.one(conn, visitor.user_id)
    if account is None or not passwords.is_right(old, account.password_hash):
        raise InputError("That is not your present password.")
    kept = passwords.hashed(new)
    with engine.begin() as conn:
        set_password(conn, account.id, kept, visitor)


def set_password(conn: Connection, user_id: int, kept: str, by: SignedIn | None = None) -> None:
    """Replaces the password by one whose hash is ``kept``, and ends what came by the old one.

    That is all sessions, but for the browser it is done ``by``, and all tokens: whoever knew
    the old password may have made some. ``None`` is whoever runs the server.
    """
    accounts.set_password(conn, user_id, kept)
    sessions.end_all(conn, user_id, but=digest(by.secret) if by else b"")
    how, address = (None, by.address) if by else ("by the administrator", None)
    audit.note(conn, user_id, "password changed", how, address)
    for name in tokens.delete_all(conn, user_id):
        audit.note(conn, user_id, "token revoked", name, address)


def vouched_for(engine: Engine, issuer: str, subject: str, email: str | None) -> int:
    """The user an identity provider names, made on the first visit where that is allowed.

    :class:`InputError` tells who stays out why. An e-mail that has an account already is not
    taken over; saying so tells nobody but whom the provider knows by it.
    """
    identity = f"{issuer} {subject}"
    with engine.begin() as conn:
        account = accounts.by_identity(conn, identity)
        if account is None:
            _make_vouched(conn, identity, email or f"{subject}@{issuer}")
            # Another tab may have made it just now: asked for anew, not concluded.
            account = accounts.by_identity(conn, identity)
    if account is None:
        raise InputError("Your e-mail has an account here; sign in with its password.")
    if account.disabled_at:
        raise InputError("Your account is disabled; ask whoever runs this server.")
    return account.id


def _make_vouched(conn: Connection, identity: str, email: str) -> None:
    how = settings.current().registration
    if how == "closed":
        raise InputError(_CLOSED)
    if how == "invite":
        raise InputError("New accounts need an invitation here; make one with yours first.")
    try:
        email = normal(email)
    except InputError:
        raise InputError("The provider tells no e-mail address of yours; add one there.") from None
    user_id = accounts.create(conn, email, None, identity)
    if user_id is not None:
        audit.note(conn, user_id, "account made", "by a provider")
        _log.info("user %s registered", user_id)


def take_over(engine: Engine, secret: str, address: str) -> str | None:
    """The secret of a new session for the browser that was vouched for (``hand_over``)."""
    if not secret:
        return None
    with engine.begin() as conn:
        user_id = sessions.take_over(conn, digest(secret))
        return None if user_id is None else _session(conn, user_id, "by a provider", address)


def provider_cookies(cookies: Mapping[str, str]) -> str:
    """What Streamlit keeps in a browser of whom a provider vouched for, as one text."""
    return "".join(cookies[name] for name in sorted(cookies) if name.startswith(PROVIDER_COOKIE))


def by_session(conn: Connection, secret: str) -> Visitor | None:
    """Who is signed in with this secret."""
    user_id = sessions.user(conn, digest(secret))
    return None if user_id is None else Visitor(user_id, frozenset(SCOPES), True)


def by_token(conn: Connection, token: str) -> Visitor | None:
    """Whose personal token it is, and what it may do: who may write may read.

    What was changed is answered by what is there now, so that it could be read that way.
    """
    found = tokens.use(conn, digest(token))
    if found is None:
        return None
    user_id, scopes = found
    return Visitor(user_id, scopes | {"read"} if "write" in scopes else scopes, is_signed_in=False)


@dataclass(frozen=True)
class WantedToken:
    """A personal token somebody asks for; ``expires_at`` ``None`` is never."""

    name: str
    scopes: Sequence[str]
    expires_at: datetime | None


def make_token(conn: Connection, user_id: int, wanted: WantedToken, address: str) -> dict[str, Any]:
    """A new personal token: its row and, this once, ``token``."""
    name, expires_at = wanted.name.strip(), wanted.expires_at
    if not name or "\x00" in name:
        raise InputError("A token needs a name, to know it by later.")
    if not wanted.scopes or not set(wanted.scopes) <= set(SCOPES):
        raise InputError("A token needs a scope: read, or write, which includes read.")
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise InputError("The token would have expired already; choose a later day.")
    if expires_at is not None and expires_at.year > _LAST_YEAR:
        raise InputError("That day is too far away; leave it out for a token without an end.")
    token = TOKEN_MARK + secrets.token_urlsafe(32)
    ordered = [scope for scope in SCOPES if scope in wanted.scopes]
    row = tokens.create(conn, user_id, NewToken(name, digest(token), ordered, expires_at))
    audit.note(conn, user_id, "token made", name, address)
    return {**row, "token": token}


def revoke_token(conn: Connection, user_id: int, token_id: int, address: str) -> None:
    """Ends a personal token at once; :class:`NotFound` where the user has no such."""
    name = tokens.delete(conn, user_id, token_id)
    if name is None:
        raise NotFound("There is no such token.")
    audit.note(conn, user_id, "token revoked", name, address)


def invite(conn: Connection) -> str:
    """The code of a new invitation, good for one registration."""
    code = secrets.token_urlsafe(12)
    accounts.invite(conn, digest(code), INVITED_FOR)
    return code


def digest(secret: str) -> bytes:
    """What is stored of a secret of ours: long and random, so that a plain hash tells nothing."""
    return hashlib.sha256(secret.encode()).digest()


def _session(conn: Connection, user_id: int, how: str, address: str) -> str:
    secret = secrets.token_urlsafe(32)
    sessions.create(conn, user_id, digest(secret))
    audit.note(conn, user_id, "signed in", how, address)
    return secret
