"""What every route needs: a database transaction and the user it acts for."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Query, Request
from pydantic import BeforeValidator
from sqlalchemy import Connection, Engine

from runsous import settings
from runsous.errors import InputError
from runsous.store import database, users


def engine() -> Engine:
    """The server's database."""
    return database.current()


def connection(engine: Annotated[Engine, Depends(engine)]) -> Iterator[Connection]:
    """One transaction a request: kept when the route returns, undone when it raises."""
    with engine.begin() as conn:
        yield conn


def require_user(request: Request, engine: Annotated[Engine, Depends(engine)]) -> int:
    """The id of the user this request acts for."""
    if settings.current().auth != "local":
        return int(request.state.visitor.user_id)
    # A transaction of its own: what the route writes in others must find the user there.
    with engine.begin() as conn:
        return users.local(conn)


def require_sign_in(request: Request) -> None:
    """Refuses those who hold a token and did not sign in."""
    if settings.current().auth != "local" and not request.state.visitor.is_signed_in:
        raise HTTPException(403, "Only who signed in may do this; a token does not suffice.")


ONLY_SIGNED_IN: dict[str, Any] = {
    "dependencies": [Depends(require_sign_in)],
    "openapi_extra": {"x-only-signed-in": True},
}
"""For routes that a token does not open."""


def _in_words(value: object) -> object:
    # Seconds since 1970 would be taken as well, and mean something else to whoever wrote them.
    if isinstance(value, str) and "-" in value[1:]:
        return value
    raise ValueError("is no moment, such as 2024-06-01T06:30:00Z")


When = Annotated[datetime, BeforeValidator(_in_words)]
"""A moment as ISO 8601 writes it."""
Words = Annotated[str, Query(pattern=r"^[^\x00]*$", max_length=200)]
"""A text to look for; the database knows no NUL."""

Conn = Annotated[Connection, Depends(connection, scope="function")]
User = Annotated[int, Depends(require_user)]
TheEngine = Annotated[Engine, Depends(engine)]


def encode_cursor(start: datetime, row_id: int) -> str:
    """Where a page ended, opaque to the client."""
    return base64.urlsafe_b64encode(json.dumps([start.isoformat(), row_id]).encode()).decode()


def decode_cursor(cursor: str | None) -> tuple[datetime, int] | None:
    """What :func:`encode_cursor` packed; :class:`InputError` for anything else."""
    if not cursor:
        return None
    try:
        start, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        moment = datetime.fromisoformat(start)
        if moment.tzinfo is None or not 0 <= int(row_id) < 2**63:
            raise ValueError(cursor)
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InputError("The cursor is not one this server gave out.") from error
    return moment, int(row_id)


def utc(moment: datetime | None) -> datetime | None:
    """A time without a zone is UTC."""
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)
