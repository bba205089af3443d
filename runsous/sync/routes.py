"""Finds the route of activities whose way was measured."""

from __future__ import annotations

from sqlalchemy import Engine

from runsous.analysis import routes, ways
from runsous.store import users
from runsous.store import ways as store


def follow(engine: Engine, user_id: int) -> int:
    """Gives every measured way the number of its route: one that is known for its sport, or a new
    one. Those that have one keep it. Returns how many were given one.
    """
    with engine.begin() as conn:
        users.lock(conn, user_id)
        unplaced = store.unplaced(conn, user_id)
        if not unplaced:
            return 0
        known = store.first_of_routes(conn, user_id)
        next_number = store.highest(conn, user_id) + 1
        for sport in sorted({sport for _, sport, _ in unplaced}):
            mine = [(number, ways.unpacked(way)) for number, of, way in unplaced if of == sport]
            there = [(number, ways.unpacked(way)) for number, of, way in known if of == sport]
            found = routes.follow([way for _, way in mine], [way for _, way in there])
            n_new = max(len(there), *(place + 1 for place in found)) - len(there)
            numbers = [number for number, _ in there]
            numbers += range(next_number, next_number + n_new)
            next_number += n_new
            store.place(
                conn,
                user_id,
                {of: numbers[at] for (of, _), at in zip(mine, found, strict=True)},
            )
    return len(unplaced)
