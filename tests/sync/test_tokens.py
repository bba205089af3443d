"""Permissions: renewed once by however many processes, ended only where there are no new ones."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from runsous import settings
from runsous.errors import NotConnected, Unavailable
from runsous.keys import Keyring
from runsous.net.oauth import Token, TokenRefused
from runsous.store import connections, database
from runsous.sync import tokens
from runsous.sync.tokens import Permission
from tests.sync import make

KEYS = Keyring(["k" * 48])


class Office:
    """Gives tokens as Spotify does: each refresh token once, the old one dead at once."""

    def __init__(self, slow_s=0.0, is_open=True):
        self.slow_s = slow_s
        self.is_open = is_open
        self.asked = []
        self.good = "a0"

    def renew(self, refresh):
        self.asked.append(refresh)
        time.sleep(self.slow_s)
        number = len(self.asked)
        if not self.is_open or refresh != f"r{number - 1}":
            raise NotConnected("The permission has ended: connect again.")
        self.good = f"a{number}"
        return token(number)

    def call(self, access):
        if access != self.good:
            raise TokenRefused("The token was not taken.")
        return access


def token(number, lasts_s=3600.0):
    expires_at = datetime.now(UTC) + timedelta(seconds=lasts_s)
    return Token(f"a{number}", f"r{number}", expires_at, ("read",))


@pytest.fixture
def user(engine):
    found = make.user(engine)
    with engine.begin() as conn:
        connections.connect(conn, found, "strava", connections.Account("1"), 3600)
    keep(engine, found, token(0))
    return found


def keep(engine, user, given):
    with engine.begin() as conn:
        connections.save(conn, user, "strava", tokens.as_text(given), KEYS)


def kept(engine, user):
    with engine.begin() as conn:
        return tokens.from_text(connections.secret(conn, user, "strava", KEYS))


def permission(engine, user, office, keys=KEYS):
    return Permission(engine, user, "strava", keys, office.renew)


def test_a_token_that_lasts_is_used_as_it_is(engine, user):
    office = Office()
    assert permission(engine, user, office).use(office.call) == "a0"
    assert office.asked == []


def test_one_that_ends_soon_is_renewed_first_and_the_new_one_kept(engine, user):
    office = Office()
    keep(engine, user, token(0, lasts_s=60))
    assert permission(engine, user, office).use(office.call) == "a1"
    assert permission(engine, user, office).use(office.call) == "a1"
    assert office.asked == ["r0"]
    assert kept(engine, user).refresh == "r1"


def test_one_that_is_refused_is_renewed(engine, user):
    office = Office()
    office.good = "another"
    assert permission(engine, user, office).use(office.call) == "a1"


@pytest.mark.parametrize("is_refused", [True, False], ids=["refused", "expired"])
def test_many_at_once_renew_once(engine, user, is_refused):
    office = Office(slow_s=0.1)
    if is_refused:
        office.good = "another"
    else:
        keep(engine, user, token(0, lasts_s=1))
    engines = [database.open(settings.current()) for _ in range(2)]
    found = []
    start = threading.Barrier(6)

    def use(each):
        start.wait()
        found.append(permission(each, user, office).use(office.call))

    threads = [threading.Thread(target=use, args=(engines[n % 2],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in engines:
        database.close(each)
    assert found == ["a1"] * 6
    assert office.asked == ["r0"]


def test_a_permission_that_cannot_be_renewed_has_ended(engine, user):
    office = Office(is_open=False)
    office.good = "another"
    with pytest.raises(NotConnected, match="connect again"):
        permission(engine, user, office).use(office.call)
    assert kept(engine, user).refresh == "r0"


def test_a_service_that_refuses_what_it_has_just_given_is_out_of_order(engine, user):
    office = Office()

    def refuse(access):
        raise TokenRefused("The token was not taken.")

    with pytest.raises(Unavailable):
        permission(engine, user, office).use(refuse)
    # What came is not lost for that.
    assert permission(engine, user, office).use(office.call) == "a3"


def test_what_another_key_sealed_needs_the_user(engine, user):
    with pytest.raises(NotConnected, match="connect again"):
        permission(engine, user, Office(), Keyring(["n" * 48])).use(str)


def test_a_token_without_another_to_renew_it_ends(engine, user):
    keep(engine, user, Token("a0", None, datetime.now(UTC), ()))
    with pytest.raises(NotConnected):
        permission(engine, user, Office()).use(str)


def test_a_lost_answer_changes_nothing(engine, user):
    office = Office()
    keep(engine, user, token(0, lasts_s=1))

    def lose(refresh):
        raise Unavailable("Strava could not be reached.")

    with pytest.raises(Unavailable):
        Permission(engine, user, "strava", KEYS, lose).use(str)
    assert permission(engine, user, office).use(office.call) == "a1"
