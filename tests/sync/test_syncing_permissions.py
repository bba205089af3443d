"""What users allowed, and took back; and that nobody can read the tokens for it."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from runsous import settings
from runsous.demo.services.faults import Chance, Fault
from runsous.errors import Rejected, ServiceError, TooFewScopes
from runsous.store import connections, database
from runsous.sync import connecting, syncing
from tests.sync import connected, make

SIX_MONTHS_S = 183 * 86_400


@pytest.fixture(autouse=True)
def hurried(monkeypatch, sims):
    connected.hurry(monkeypatch)
    connected.widen(sims)
    ann = sims.world.people["ann"]
    ann.activities = dict(list(ann.activities.items())[-6:])


def due(engine):
    with engine.begin() as conn:
        conn.execute(text("UPDATE connections SET next_run_at = now() - interval '1 hour'"))
    return syncing.due(engine)


def begun(engine, user, sims, service):
    connected.connect(engine, user, sims, service)
    assert connected.finish(engine, user, service)["status"] == "done"


@pytest.mark.parametrize("service", ["strava", "spotify"])
def test_a_permission_taken_back_is_said_and_not_tried_again_until_renewed(
    engine, user, sims, service
):
    begun(engine, user, sims, service)
    getattr(sims, service).grants.revoke("ann")
    run = connected.again(engine, user, service)
    assert (run["status"], run["calls"] > 0) == ("failed", True)
    assert "connect again" in run["message"]
    assert connected.connection(engine, user, service)["trouble"] == run["message"]
    assert due(engine) == []
    begun(engine, user, sims, service)
    assert connected.connection(engine, user, service)["trouble"] is None
    assert due(engine) == [(user, service)]
    assert sims.calls.violations == []


@pytest.mark.parametrize("service", ["strava", "spotify"])
def test_tokens_that_expire_all_the_time_are_no_obstacle(engine, user, sims, service):
    connected.connect(engine, user, sims, service)
    sims.faults.plan(Fault("expired", service, person="ann", times=3))
    sims.faults.plan(Fault("expired", service, person="ann", skip=2, times=2))
    assert connected.finish(engine, user, service)["status"] == "done"
    sims.world.now.advance(7 * 3600)
    assert connected.again(engine, user, service)["status"] == "done"
    assert sims.calls.violations == []


def test_after_six_months_spotify_wants_the_user_back(engine, user, sims):
    begun(engine, user, sims, "spotify")
    sims.world.now.advance(SIX_MONTHS_S)
    run = connected.again(engine, user, "spotify")
    assert run["status"] == "failed"
    assert "six months" in run["message"]
    begun(engine, user, sims, "spotify")


def test_without_the_scope_for_activities_nothing_is_connected(engine, user, sims):
    with pytest.raises(TooFewScopes, match="activity:read"):
        connected.connect(engine, user, sims, "strava", scopes=["read"])
    assert connected.all_connections(engine, user) == []


def test_where_strava_tells_no_scopes_the_first_call_does(engine, user, sims):
    connected.connect(engine, user, sims, "strava", scopes=[])
    run = connected.finish(engine, user, "strava")
    assert (run["status"], "activity:read" in run["message"]) == ("failed", True)
    assert connected.connection(engine, user, "strava")["trouble"] == run["message"]


def test_an_app_that_strava_switched_off_is_no_fault_of_the_user(engine, user, sims):
    begun(engine, user, sims, "strava")
    sims.strava.is_active = False
    run = connected.again(engine, user, "strava")
    assert run["status"] == "failed"
    assert "subscri" in run["message"]
    known = connected.connection(engine, user, "strava")
    assert known["trouble"] is None
    # It is tried again, but not soon.
    assert 5 < (known["next_run_at"] - datetime.now(UTC)).total_seconds() / 3600 < 7
    sims.strava.is_active = True
    assert connected.again(engine, user, "strava")["status"] == "done"


def test_who_is_not_on_spotify_s_list_is_told(engine, user, sims):
    sims.world.people["ann"].is_allowed = False
    with pytest.raises(Rejected, match="User Management"):
        connected.connect(engine, user, sims, "spotify")


def test_private_listening_is_read_when_its_owner_signs_in(engine, user, sims):
    ann = sims.world.people["ann"]
    connecting.name_user(engine, user, "lastfm", "ann", None)
    ann.is_private = True
    run = connected.finish(engine, user, "lastfm")
    assert (run["status"], "private" in run["message"]) == ("failed", True)
    assert connected.connection(engine, user, "lastfm")["trouble"] == run["message"]
    begun(engine, user, sims, "lastfm")
    assert connected.differences(engine, user, sims) == []
    # Removed on the site.
    sims.lastfm.sessions.clear()
    assert connected.again(engine, user, "lastfm")["status"] == "failed"


def test_two_processes_renew_once(engine, user, sims):
    begun(engine, user, sims, "strava")
    begun(engine, user, sims, "spotify")
    for grants in (sims.strava.grants, sims.spotify.grants):
        grants.expire("ann")
    before = len(sims.calls.log)
    with engine.begin() as conn:
        for service in ("strava", "spotify"):
            syncing.ask(conn, user, service)
    engines = [engine, database.open(settings.current())]
    # Strava's run asks Spotify too.
    threads = [
        threading.Thread(target=connected.finish, args=(each, user, service))
        for each in engines
        for service in ("strava", "spotify")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close(engines[1])
    renewals = [call.service for call in sims.calls.log[before:] if call.is_for_tokens]
    assert sorted(renewals) == ["spotify", "strava"]
    assert sims.calls.violations == []


def secrets_of(sims):
    """Every token, code and key that the services ever gave, and our own."""
    found = {settings.current().services.strava_client_secret}
    found |= {settings.current().services.lastfm_shared_secret, *sims.lastfm.sessions}
    found.add(sims.world.people["ann"].listenbrainz_token)
    for grants in (sims.strava.grants, sims.spotify.grants):
        found |= grants._retired
        for grant in grants._all:
            found |= {grant.refresh, *grant.accesses}
    assert len(found) > 8
    return found


def test_no_token_is_readable_in_the_database_nor_in_any_log(engine, user, sims, caplog):
    caplog.set_level(logging.DEBUG)
    sims.faults.chance = Chance(3, 0.3)
    for service in ("strava", "lastfm", "listenbrainz", "spotify"):
        for attempt in range(5):
            try:
                connected.connect(engine, user, sims, service)
                break
            except ServiceError:
                assert attempt < 4
        connected.finish(engine, user, service)
    for grants in (sims.strava.grants, sims.spotify.grants):
        grants.expire("ann")
    connected.again(engine, user, "strava")
    sims.faults.plan(Fault("revoked", "spotify", person="ann"))
    connected.again(engine, user, "spotify")
    secrets = secrets_of(sims)
    stored = b"\n".join(everything(engine))
    told = "\n".join(record.getMessage() + str(record.__dict__) for record in caplog.records)
    assert len(stored) > 100_000
    assert len(told) > 1000
    assert [secret for secret in secrets if secret.encode() in stored] == []
    assert [secret for secret in secrets if secret in told + caplog.text] == []


def everything(engine):
    """Every value of every table, of the queue too, as text and as it is."""
    with engine.begin() as conn:
        names = conn.execute(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        )
        for name in list(names.scalars()):
            for row in conn.execute(text(f'SELECT t::text AS as_text, t.* FROM "{name}" t')):
                for value in row:
                    yield (
                        bytes(value)
                        if isinstance(value, bytes | memoryview)
                        else str(value).encode()
                    )


def test_a_connection_whose_key_is_gone_needs_the_user_and_disturbs_no_other(engine, user, sims):
    for service in ("lastfm", "strava"):
        begun(engine, user, sims, service)
    with engine.begin() as conn:
        conn.execute(
            text(
                "UPDATE connections SET secret = '\\x01000000000000000000000000'"
                " WHERE service = 'lastfm'"
            )
        )
    assert connected.again(engine, user, "strava", all_of_it=True)["status"] == "done"
    run = connected.again(engine, user, "lastfm")
    assert (run["status"], "connect again" in run["message"]) == ("failed", True)
    begun(engine, user, sims, "lastfm")


def test_another_account_is_read_from_its_beginning_and_leaves_the_first_s_data(engine, user, sims):
    ben = make_ben(sims)
    connected.connect(engine, user, sims, "strava")
    syncing.go_on(engine, user, "strava", threading.Event())
    for service in ("lastfm", "strava"):
        begun(engine, user, sims, service)
    anns = connected.activities(engine, user)
    with engine.begin() as conn:
        # One of hers was just to be looked at.
        conn.execute(text("UPDATE remote_activities SET state = 'look' WHERE remote_id % 2 = 0"))
    for service in ("lastfm", "strava"):
        connected.connect(engine, user, sims, service, "ben")
        assert connected.finish(engine, user, service)["status"] == "done"
    both = [*anns, *connected.true_activities(sims, "ben")]
    assert sorted(connected.activities(engine, user)) == sorted(both)
    heard = [connected.true_listens(sims, "lastfm", person) for person in ("ann", "ben")]
    assert connected.listens(engine, user, "lastfm") == sorted({*heard[0], *heard[1]})
    with engine.begin() as conn:
        assert connections.of_account(conn, "strava", str(ben.athlete_id)) != []


def make_ben(sims):
    """Another person, with activities and plays of other days."""
    ann = sims.world.people["ann"]
    later_s = -400 * 86_400
    ben = replace(
        ann,
        key="ben",
        name="Ben Sample",
        athlete_id=102,
        activities={
            a.id + 500: replace(a, id=a.id + 500, start_s=a.start_s + later_s)
            for a in ann.activities.values()
        },
        listens={
            service: [replace(each, start_s=each.start_s + later_s) for each in told[-30:]]
            for service, told in ann.listens.items()
        },
    )
    sims.world.people["ben"] = ben
    return ben


def test_another_account_is_not_read_with_the_key_of_the_first(engine, user, sims):
    make_ben(sims).is_private = True
    begun(engine, user, sims, "lastfm")
    connecting.name_user(engine, user, "lastfm", "ben", None)
    run = connected.finish(engine, user, "lastfm")
    assert (run["status"], "private" in run["message"]) == ("failed", True)
    assert make.rows(engine, "SELECT secret FROM connections") == [{"secret": None}]


def test_rows_of_a_user_are_their_own(engine, sims):
    """Two users with the same account at a service do not share anything."""
    with engine.begin() as conn:
        other = conn.execute(text("INSERT INTO users (name) VALUES ('other') RETURNING id"))
        users = [make.user(engine), other.scalar_one()]
    for user in users:
        begun(engine, user, sims, "strava")
    assert connected.activities(engine, users[0]) == connected.activities(engine, users[1])
    connecting.disconnect(engine, users[0], "strava", is_kept=False)
    assert connected.activities(engine, users[0]) == []
    assert connected.activities(engine, users[1]) == connected.true_activities(sims)
