"""``/listens``: the merged timeline of plays."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from runsous.reports.music import track
from runsous.store import plays
from runsous.store.plays import Filter
from runsous.web.api.context import Conn, User, When, Words, decode_cursor, encode_cursor, utc
from runsous.web.api.models import Listen, ListenPage

router = APIRouter(tags=["listens"])


@router.get("/listens")
def list_listens(
    conn: Conn,
    user: User,
    since: When | None = None,
    until: When | None = None,
    source: Words | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    cursor: str | None = None,
) -> ListenPage:
    """Plays, newest first."""
    wanted = Filter(source=source, since=utc(since), until=utc(until))
    rows = plays.newest(conn, user, wanted, cursor=decode_cursor(cursor), page=(0, limit + 1))
    last = rows[limit - 1] if len(rows) > limit else None
    return ListenPage(
        items=[Listen.model_validate({**row, "track": track(row)}) for row in rows[:limit]],
        next_cursor=encode_cursor(last["started_at"], last["id"]) if last else None,
        total=plays.count(conn, user, wanted),
    )
