"""What is told of an activity besides its recording: name, description, device and laps."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, update

from runsous.model import Activity
from runsous.store.schema import activities, laps


def save(conn: Connection, user_id: int, activity_id: int, activity: Activity) -> None:
    """Takes them over from ``activity``; samples, figures and songs stay."""
    conn.execute(
        update(activities)
        .where(activities.c.id == activity_id, activities.c.user_id == user_id)
        .values(
            name=activity.name,
            description=activity.description,
            device=activity.device,
            revision=activities.c.revision + 1,
        )
    )
    mine = laps.c.activity_id == activity_id, laps.c.user_id == user_id
    conn.execute(delete(laps).where(*mine))
    owner = {"user_id": user_id, "activity_id": activity_id}
    rows = [{**vars(lap), **owner, "index": nth} for nth, lap in enumerate(activity.laps)]
    if rows:
        conn.execute(insert(laps), rows)
