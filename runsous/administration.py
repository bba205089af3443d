"""Commands for whoever runs a server: ``runsous user …``, ``rotate-key``, ``strava-webhook …``."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import TYPE_CHECKING, Any

from runsous import settings
from runsous.errors import InputError, NotFound

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from runsous.store.accounts import Account


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Adds them; each sets ``administer``, a function of the engine and what was chosen."""
    user = commands.add_parser("user", help="accounts: add, list, invite, reset, disable, enable")
    actions = user.add_subparsers(title="actions", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="make an account; asks for its password")
    add.add_argument(
        "--adopt-local", action="store_true", help="give it what was imported in local mode"
    )
    add.set_defaults(administer=_add)
    reset = actions.add_parser("reset-password", help="set a password; ends sessions and tokens")
    reset.set_defaults(administer=_reset_password)
    disable = actions.add_parser("disable", help="let someone in no more; nothing is deleted")
    disable.set_defaults(administer=_disable)
    enable = actions.add_parser("enable", help="let someone in again")
    enable.set_defaults(administer=_enable)
    for action in (add, reset, disable, enable):
        action.add_argument("email", metavar="EMAIL")
    listing = actions.add_parser("list", help="who has an account")
    listing.set_defaults(administer=_list)
    invite = actions.add_parser("invite", help="print an invitation code, good for one account")
    invite.set_defaults(administer=_invite)

    webhook = commands.add_parser("strava-webhook", help="let Strava tell at once what changed")
    actions = webhook.add_subparsers(title="actions", metavar="ACTION", required=True)
    create = actions.add_parser("create", help="subscribe this server; it has to be up")
    create.add_argument(
        "--callback", metavar="URL", help="its address if not RUNSOUS_BASE_URL/webhooks/strava"
    )
    create.set_defaults(administer=_create_webhook)
    view = actions.add_parser("view", help="print where Strava sends events to")
    view.set_defaults(administer=_view_webhook)
    delete = actions.add_parser("delete", help="end the subscription")
    delete.set_defaults(administer=_delete_webhook)

    rotate = commands.add_parser("rotate-key", help="seal all stored secrets with a new key")
    rotate.add_argument(
        "--forget-old", action="store_true", help="keep no former key (after a restart of the app)"
    )
    rotate.add_argument(
        "--lost", action="store_true", help="the database's key is lost: give up what it sealed"
    )
    rotate.set_defaults(administer=_rotate_key)


def user_id(engine: Engine, email: str | None) -> int:
    """Whose files a command imports: the one of that e-mail, or local mode's one user."""
    from runsous.store import users

    if settings.current().auth == "accounts":
        if email is None:
            raise InputError("Say whose the files are: --user EMAIL.")
        return _known(engine, email).id
    if email is not None:
        raise InputError("--user is for servers of accounts (RUNSOUS_AUTH=accounts).")
    with engine.begin() as conn:
        return users.local(conn)


def _add(engine: Engine, chosen: argparse.Namespace) -> None:
    from runsous.accounts import entry, passwords
    from runsous.store import accounts, audit

    email, kept = entry.normal(chosen.email), passwords.hashed(_password())
    with engine.begin() as conn:
        if chosen.adopt_local:
            user_id = accounts.adopt_local(conn, email, kept)
        else:
            user_id = accounts.create(conn, email, kept)
        if user_id is None:
            raise InputError(f"{email} has an account already.")
        audit.note(conn, user_id, "account made", "by the administrator")
    print(f"{email} can sign in.")


def _reset_password(engine: Engine, chosen: argparse.Namespace) -> None:
    from runsous.accounts import entry, passwords

    account = _known(engine, chosen.email)
    kept = passwords.hashed(_password())
    with engine.begin() as conn:
        entry.set_password(conn, account.id, kept)
    print(
        f"{account.email} has a new password and is signed out everywhere;"
        " their API tokens are revoked."
    )


def _disable(engine: Engine, chosen: argparse.Namespace) -> None:
    _set_disabled(engine, chosen.email, is_disabled=True)


def _enable(engine: Engine, chosen: argparse.Namespace) -> None:
    _set_disabled(engine, chosen.email, is_disabled=False)


def _set_disabled(engine: Engine, email: str, *, is_disabled: bool) -> None:
    from runsous.store import accounts, sessions

    account = _known(engine, email)
    with engine.begin() as conn:
        accounts.set_disabled(conn, account.id, is_disabled=is_disabled)
        if is_disabled:
            sessions.end_all(conn, account.id)
    if is_disabled:
        print(f"{account.email} can no longer sign in; their API tokens are refused until enabled.")
    else:
        print(f"{account.email} can sign in again; their API tokens work again.")


def _list(engine: Engine, _: argparse.Namespace) -> None:
    from runsous.store import accounts

    with engine.begin() as conn:
        everyone = accounts.everyone(conn)
    for account in everyone:
        note = "  disabled" if account.disabled_at else ""
        print(f"{account.created_at:%Y-%m-%d}  {account.email}{note}")


def _invite(engine: Engine, _: argparse.Namespace) -> None:
    from runsous.accounts import entry

    with engine.begin() as conn:
        code = entry.invite(conn)
    base = settings.current().base_url
    print(f"{code}\nGood for {entry.INVITED_FOR.days} days: {base}/auth/register?invitation={code}")


def _rotate_key(engine: Engine, chosen: argparse.Namespace) -> None:
    from runsous.keys import Keyring
    from runsous.store import connections, key_mark

    current = settings.current()
    if chosen.lost:
        keys = Keyring(settings.secret_keys(current))
        with engine.begin() as conn:
            count = key_mark.give_up(conn, keys)
            key_mark.renew(conn, keys)
        print(f"The database goes with this key now ({count} secrets were given up).")
        return
    # Before a key is added that would not open what there is.
    key_mark.check(engine, current)
    if not current.secrets:
        settings.add_secret_key(current)
    elif len(current.secrets) == 1:
        raise InputError(
            "RUNSOUS_SECRET_KEY holds one key; put the new one in front of it, a space between,"
            " restart the app, and run this again."
        )
    with engine.begin() as conn:
        keys = Keyring(settings.secret_keys(current))
        count = connections.reseal(conn, keys)
        key_mark.renew(conn, keys)
    print(f"The newest key seals all stored secrets now ({count} sealed anew).")
    if chosen.forget_old and not current.secrets:
        settings.drop_old_secret_keys(current)
        print("Former keys are forgotten.")


def _create_webhook(engine: Engine, chosen: argparse.Namespace) -> None:
    from runsous.sync import events

    made = events.subscribe(engine, chosen.callback)
    print(f"Strava sends events to {made.callback_url} (subscription {made.id}).")


def _view_webhook(engine: Engine, _: argparse.Namespace) -> None:
    from runsous.sync import events

    known = events.subscription(engine)
    if known is None:
        print("Strava sends no events; “create” subscribes this server.")
    else:
        print(f"Strava sends events to {known.callback_url} (subscription {known.id}).")


def _delete_webhook(engine: Engine, _: argparse.Namespace) -> None:
    from runsous.sync import events

    ended = events.unsubscribe(engine)
    print("There was no subscription." if ended is None else "Strava sends no more events.")


def _known(engine: Engine, email: str) -> Account:
    from runsous.accounts import entry
    from runsous.store import accounts

    with engine.begin() as conn:
        account = accounts.by_email(conn, entry.normal(email))
    if account is None:
        raise NotFound(f"{email} has no account here.")
    return account


def _password() -> str:
    """Typed twice at a terminal; one line of what is piped in otherwise."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("The same again: "):
        raise InputError("The two are not the same; nothing was changed.")
    return password
