"""What TimescaleDB adds: time-partitioned, compressed tables of samples and listens.

Everything works without it. The one switch is whether the database has the extension.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_HYPERTABLES = (
    ("activity_streams", "time", "30 days", "user_id, activity_id", "time"),
    ("listens", "stamp", "365 days", "user_id", "stamp, id"),
)


def enable(conn: Connection) -> None:
    """Turns the two big tables into compressed hypertables, once; rows in them move along.

    Chunks are compressed after 90 days: an old run is read often and changed seldom.
    """
    for table, time, interval, segment, order in _HYPERTABLES:
        known = conn.execute(
            text(
                "SELECT 1 FROM timescaledb_information.hypertables"
                " WHERE hypertable_name = :table AND hypertable_schema = current_schema()"
            ),
            {"table": table},
        ).scalar()
        if known:
            continue
        conn.execute(
            text(
                "SELECT create_hypertable(:table, by_range(:time, CAST(:interval AS interval)),"
                " create_default_indexes => false, migrate_data => true)"
            ),
            {"table": table, "time": time, "interval": interval},
        )
        conn.execute(
            text(
                f"ALTER TABLE {table} SET (timescaledb.compress,"
                f" timescaledb.compress_segmentby = '{segment}',"
                f" timescaledb.compress_orderby = '{order}')"
            )
        )
        conn.execute(
            text("SELECT add_compression_policy(:table, INTERVAL '90 days')"), {"table": table}
        )
