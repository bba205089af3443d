"""Which subscription to a service's events is this installation's: others' say nothing here."""

from __future__ import annotations

from sqlalchemy import Connection, text


def number(conn: Connection, service: str) -> int | None:
    """What the service numbers ours; ``None`` where that is not known."""
    found = conn.execute(
        text("SELECT number FROM event_subscriptions WHERE service = :service"),
        {"service": service},
    ).scalar()
    return None if found is None else int(found)


def keep(conn: Connection, service: str, number: int | None) -> None:
    """Keeps the number of ours, ``None`` where there is none any more."""
    if number is None:
        conn.execute(
            text("DELETE FROM event_subscriptions WHERE service = :service"), {"service": service}
        )
        return
    conn.execute(
        text(
            "INSERT INTO event_subscriptions (service, number) VALUES (:service, :number)"
            " ON CONFLICT (service) DO UPDATE SET number = excluded.number"
        ),
        {"service": service, "number": number},
    )
