"""Which key this database goes with: what one process sealed or counted, all others must know.

Only the mark of the key is kept, which tells nothing of it.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from runsous.errors import InputError
from runsous.keys import Keyring
from runsous.settings import Settings, secret_keys

_ANOTHER = (
    "This database goes with another secret key: RUNSOUS_SECRET_KEY must be the same for all"
    " processes on one database (unset, it is the file secret_key of the first one's home folder);"
    " if that key is lost, runsous rotate-key --lost gives up what it sealed."
)


def check(engine: Engine, settings: Settings) -> None:
    """Returns where this process has the database's key; :class:`InputError` where it does not.

    The first process of a server of accounts says which key that is. In local mode nothing but
    sealed secrets needs one.
    """
    with engine.begin() as conn:
        needed = list(_seals(conn).values())
        if settings.auth == "local" and not needed:
            return
        keys = Keyring(secret_keys(settings))
        if settings.auth == "accounts":
            conn.execute(
                text("INSERT INTO key_mark (id, mark) VALUES (1, :mark) ON CONFLICT DO NOTHING"),
                {"mark": keys.mark},
            )
            needed.append(conn.execute(text("SELECT mark FROM key_mark")).scalar_one())
        if not all(keys.know(mark) for mark in needed):
            raise InputError(_ANOTHER)


def renew(conn: Connection, keys: Keyring) -> None:
    """Lets the database go with the newest of these keys."""
    conn.execute(
        text(
            "INSERT INTO key_mark (id, mark) VALUES (1, :mark)"
            " ON CONFLICT (id) DO UPDATE SET mark = excluded.mark"
        ),
        {"mark": keys.mark},
    )


def give_up(conn: Connection, keys: Keyring) -> int:
    """Forgets the secrets that none of these keys opens; how many that were."""
    lost = [row for row, seal in _seals(conn).items() if not keys.know(seal)]
    conn.execute(text("UPDATE connections SET secret = NULL WHERE id = ANY(:lost)"), {"lost": lost})
    return len(lost)


def _seals(conn: Connection) -> dict[int, bytes]:
    """The sealed secrets by their row."""
    rows = conn.execute(text("SELECT id, secret FROM connections WHERE secret IS NOT NULL"))
    return {row.id: bytes(row.secret) for row in rows}
