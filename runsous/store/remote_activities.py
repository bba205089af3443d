"""What a service's list of activities says, and how far each has been brought in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

LOOK, FETCH, DETAIL, KEPT = "look", "fetch", "detail", "kept"
GONE, DISMISSED, EXPIRED = "gone", "dismissed", "expired"

_MOST_FAILURES = 5

# What was listed for another account cannot be asked for as this one.
_OF_THIS_ACCOUNT = (
    "account_id = (SELECT c.account_id FROM connections c"
    " WHERE c.user_id = :user AND c.service = :service)"
)


@dataclass(frozen=True)
class Feed:
    """Whose list of which service."""

    user_id: int
    service: str
    account_id: str


@dataclass(frozen=True)
class Listed:
    """One activity as a list tells it."""

    id: int
    start_time: datetime
    summary: dict[str, Any]


@dataclass(frozen=True)
class Open:
    """One that is to be asked for; ``state`` says what."""

    id: int
    start_time: datetime
    summary: dict[str, Any] | None
    state: str


def note(conn: Connection, feed: Feed, listed: Iterable[Listed]) -> None:
    """Takes over what a list says.

    Samples of new ones, and of those that are back, are to be fetched; those of which it tells
    something else than before are to be looked at. What was dismissed or has expired stays so.
    """
    rows = [
        {"id": each.id, "start_time": each.start_time.isoformat(), "summary": each.summary}
        for each in {each.id: each for each in listed}.values()
    ]
    conn.execute(
        text(
            "INSERT INTO remote_activities AS r"
            " (user_id, service, remote_id, account_id, start_time, summary, state)"
            " SELECT :user, :service, id, :account, start_time, summary, 'fetch'"
            " FROM jsonb_to_recordset(CAST(:rows AS jsonb))"
            " AS l (id bigint, start_time timestamptz, summary jsonb)"
            " ON CONFLICT (user_id, service, remote_id) DO UPDATE SET"
            " account_id = excluded.account_id, start_time = excluded.start_time,"
            " summary = excluded.summary, failures = 0, state = CASE"
            " WHEN r.state = 'gone' THEN 'fetch'"
            " WHEN r.state IN ('kept', 'detail') AND r.summary IS DISTINCT FROM excluded.summary"
            " THEN 'look' ELSE r.state END"
            " WHERE r.state <> 'expired' AND (r.state = 'gone'"
            " OR r.summary IS DISTINCT FROM excluded.summary"
            " OR r.account_id <> excluded.account_id)"
        ),
        {
            "user": feed.user_id,
            "service": feed.service,
            "account": feed.account_id,
            "rows": json.dumps(rows),
        },
    )


def doubt(
    conn: Connection, feed: Feed, window: tuple[datetime, datetime], listed: Sequence[int]
) -> None:
    """Lets those that should have been listed between the two times, and were not, be looked at.

    A page of a list can be wrong; only the service's word on the activity itself counts.
    """
    conn.execute(
        text(
            "UPDATE remote_activities SET state = 'look' WHERE user_id = :user_id"
            " AND service = :service AND account_id = :account_id"
            " AND state IN ('kept', 'detail', 'fetch')"
            " AND start_time >= :since AND start_time < :until"
            " AND NOT remote_id = ANY (CAST(:listed AS bigint[]))"
        ),
        {**vars(feed), "since": window[0], "until": window[1], "listed": list(listed)},
    )


def describe(conn: Connection, feed: Feed, told: Listed) -> None:
    """Takes over what is told of an activity that no list named yet."""
    conn.execute(
        text(
            "UPDATE remote_activities SET summary = CAST(:summary AS jsonb), start_time = :start"
            " WHERE user_id = :user_id AND service = :service AND remote_id = :id"
        ),
        {
            "user_id": feed.user_id,
            "service": feed.service,
            "id": told.id,
            "start": told.start_time,
            "summary": json.dumps(told.summary),
        },
    )


def look_at(conn: Connection, feed: Feed, remote_id: int, now: datetime) -> None:
    """Lets one activity be asked for, whatever is known of it, unless it is not wanted here."""
    conn.execute(
        text(
            "INSERT INTO remote_activities AS r"
            " (user_id, service, remote_id, account_id, start_time, state)"
            " VALUES (:user, :service, :id, :account, :now, 'look')"
            " ON CONFLICT (user_id, service, remote_id) DO UPDATE SET state = 'look', failures = 0"
            " WHERE r.state NOT IN ('dismissed', 'expired')"
        ),
        {
            "user": feed.user_id,
            "service": feed.service,
            "id": remote_id,
            "account": feed.account_id,
            "now": now,
        },
    )


def next_open(conn: Connection, user_id: int, service: str) -> Open | None:
    """What to ask for next: first what is in doubt, then samples, then details, newest first."""
    row = conn.execute(
        text(
            "SELECT remote_id, start_time, summary, state FROM remote_activities"  # noqa: S608
            f" WHERE user_id = :user AND service = :service AND {_OF_THIS_ACCOUNT}"
            " AND state IN ('look', 'fetch', 'detail') AND failures < :most"
            " ORDER BY state = 'detail', state = 'fetch', failures, start_time DESC, remote_id DESC"
            " LIMIT 1"
        ),
        {"user": user_id, "service": service, "most": _MOST_FAILURES},
    ).one_or_none()
    return None if row is None else Open(*row)


def one(conn: Connection, user_id: int, service: str, remote_id: int) -> Open | None:
    """What is known of one activity."""
    row = conn.execute(
        text(
            "SELECT remote_id, start_time, summary, state FROM remote_activities"
            " WHERE user_id = :user AND service = :service AND remote_id = :id"
        ),
        {"user": user_id, "service": service, "id": remote_id},
    ).one_or_none()
    return None if row is None else Open(*row)


def settle(conn: Connection, user_id: int, service: str, remote_id: int, state: str) -> None:
    """Notes how far one has been brought in; what was kept was fetched now."""
    conn.execute(
        text(
            "UPDATE remote_activities SET state = :state, failures = 0, fetched_at ="
            " CASE WHEN :state IN ('kept', 'detail') THEN now() ELSE fetched_at END"
            " WHERE user_id = :user AND service = :service AND remote_id = :id"
        ),
        {"user": user_id, "service": service, "id": remote_id, "state": state},
    )


def key(service: str, remote_id: int) -> str:
    """Under what name the content of an activity of a service is kept."""
    return f"{service}:{remote_id}"


def told_of(
    conn: Connection, user_id: int, service: str, activity_ids: Sequence[int]
) -> dict[int, str]:
    """Under which of a service's numbers it told of activities of ours, of those that it did."""
    rows = conn.execute(
        text(
            "SELECT activity_id, split_part(sha256, ':', 2) AS number FROM activity_files"
            " WHERE user_id = :user AND kind = :service AND activity_id = ANY (:ids)"
        ),
        {"user": user_id, "service": service, "ids": list(activity_ids)},
    )
    return {row.activity_id: row.number for row in rows}


def names(
    conn: Connection, user_id: int, service: str, activity_ids: Sequence[int]
) -> dict[int, str]:
    """What a service calls activities of ours by now, of those that it told of."""
    numbers = told_of(conn, user_id, service, activity_ids)
    if not numbers:
        return {}
    rows = conn.execute(
        text(
            "SELECT remote_id, summary ->> 'name' AS name FROM remote_activities"
            " WHERE user_id = :user AND service = :service AND remote_id = ANY (:ids)"
        ),
        {"user": user_id, "service": service, "ids": [int(n) for n in numbers.values()]},
    )
    known = {str(row.remote_id): row.name for row in rows if row.name}
    return {number: known[told] for number, told in numbers.items() if told in known}


def dismiss(conn: Connection, user_id: int, keys: Sequence[str]) -> None:
    """Notes that their owner does not want the activities of these names (see :func:`key`)."""
    conn.execute(
        text(
            "UPDATE remote_activities SET state = 'dismissed' WHERE user_id = :user"
            " AND service || ':' || remote_id = ANY (CAST(:keys AS text[]))"
        ),
        {"user": user_id, "keys": list(keys)},
    )


def fail(conn: Connection, user_id: int, service: str, remote_id: int) -> None:
    """Notes that one could not be brought in: it comes after the others, and not for ever."""
    conn.execute(
        text(
            "UPDATE remote_activities SET failures = failures + 1"
            " WHERE user_id = :user AND service = :service AND remote_id = :id"
        ),
        {"user": user_id, "service": service, "id": remote_id},
    )


def forgive(conn: Connection, user_id: int, service: str) -> None:
    """Lets those that failed be tried again."""
    conn.execute(
        text(
            "UPDATE remote_activities SET failures = 0"
            " WHERE user_id = :user AND service = :service AND failures > 0"
        ),
        {"user": user_id, "service": service},
    )


def count(conn: Connection, user_id: int, service: str) -> dict[str, int]:
    """How many there are by state; ``failed`` are those given up for this run."""
    rows = conn.execute(
        text(
            "SELECT CASE WHEN failures >= :most AND state IN ('look', 'fetch', 'detail')"  # noqa: S608
            " THEN 'failed' ELSE state END AS state, count(*) AS n"
            " FROM remote_activities WHERE user_id = :user AND service = :service"
            f" AND {_OF_THIS_ACCOUNT} GROUP BY 1"
        ),
        {"user": user_id, "service": service, "most": _MOST_FAILURES},
    )
    return {row.state: row.n for row in rows}


def forget(conn: Connection, user_id: int, service: str) -> list[int]:
    """Drops all that is known of a service's list; the ids of those that were kept."""
    gone = conn.execute(
        text(
            "DELETE FROM remote_activities WHERE user_id = :user AND service = :service"
            " RETURNING remote_id"
        ),
        {"user": user_id, "service": service},
    )
    return list(gone.scalars())
