"""``/tokens``: personal tokens for programs that use this API.

Only who signed in makes or revokes tokens: a token that leaked could otherwise make others, and
outlive its own revocation.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StringConstraints

from runsous.accounts import entry
from runsous.accounts.entry import WantedToken
from runsous.store import tokens
from runsous.web import client
from runsous.web.api.activities import Id
from runsous.web.api.context import ONLY_SIGNED_IN, Conn, User, When, utc
from runsous.web.api.models import Moment

router = APIRouter(tags=["tokens"])
Scope = Literal["read", "write"]
# One line with something to be seen in it.
_NAME = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"


class TokenWanted(BaseModel):
    """What a token is to be called, to be allowed (``write`` includes ``read``), and until when;
    without an end if left out.
    """

    name: Annotated[str, StringConstraints(max_length=200, pattern=_NAME)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=2)]
    expires_at: When | None = None


class Token(BaseModel):
    """A personal token, without its secret."""

    id: int
    name: str
    scopes: list[Scope]
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None


class TokenMade(Token):
    """A new token: ``token`` is told this once."""

    token: str


class TokenList(BaseModel):
    """All tokens of a user, the newest first."""

    items: list[Token]


@router.get("/tokens")
def list_tokens(conn: Conn, user: User) -> TokenList:
    """The user's tokens."""
    return TokenList(items=[Token.model_validate(row) for row in tokens.of_user(conn, user)])


@router.post("/tokens", status_code=201, **ONLY_SIGNED_IN)
def make_token(request: Request, conn: Conn, user: User, wanted: TokenWanted) -> TokenMade:
    """Makes a token; its secret is told in this answer alone."""
    asked_for = WantedToken(wanted.name, wanted.scopes, utc(wanted.expires_at))
    row = entry.make_token(conn, user, asked_for, client.address(request.scope))
    return TokenMade.model_validate(row)


@router.delete("/tokens/{token_id}", status_code=204, **ONLY_SIGNED_IN)
def revoke_token(request: Request, conn: Conn, user: User, token_id: Id) -> None:
    """Revokes a token at once."""
    entry.revoke_token(conn, user, token_id, client.address(request.scope))
