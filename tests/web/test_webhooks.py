"""Events of Strava, true and made up, over HTTP; and the commands of the subscription."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from runsous import cli, jobs, working
from runsous.accounts.limits import Limit
from runsous.errors import Rejected
from runsous.settings import Services
from runsous.store import connections, database, remote_activities, workers
from runsous.store.remote_activities import Feed, Listed
from runsous.sync import connecting, events
from runsous.web import webhooks
from tests.sync import connected, make
from tests.web.people import configure
from tests.web.services import queued, sims, user
from tests.web.test_api_reading import problem

__all__ = ["sims", "user"]

HERE = "/webhooks/strava"
RUN = 16_000_000_002
VOLATILE = ("rate_limits",)


@pytest.fixture
def allowed(engine, sims, user):
    """Ann let us in at Strava."""
    connected.connect(engine, user, sims, "strava")


@pytest.fixture
def synced(engine, allowed, user):
    """Her activities are here, and nothing is under way."""
    assert connected.finish(engine, user, "strava")["status"] == "done"


@pytest.fixture
def known(engine, user):
    """One of her activities is here, as far as these tables tell, and nobody is to be asked."""
    with engine.begin() as conn:
        connect(conn, user)
    yield
    jobs.close(engine)


def connect(conn, user_id) -> None:
    connections.connect(conn, user_id, "strava", connections.Account("101"), 3600)
    feed, listed = Feed(user_id, "strava", "101"), Listed(RUN, make.START, {})
    remote_activities.note(conn, feed, [listed])
    remote_activities.settle(conn, user_id, "strava", RUN, remote_activities.KEPT)


@pytest.fixture
def command(engine, sims, address, capsys):
    """Runs a command on the test's database; what it says."""

    def run(*arguments: str) -> str:
        chosen = cli._parser().parse_args(["strava-webhook", *arguments])
        chosen.administer(engine, chosen)
        return capsys.readouterr().out

    return run


@pytest.fixture
def subscribed(command, address) -> str:
    return command("create", "--callback", f"{address}{HERE}")


def event(number: int = RUN, owner: int = 101, **more: Any) -> dict[str, Any]:
    return {
        "object_type": "activity",
        "object_id": number,
        "aspect_type": "update",
        "updates": {"title": "New"},
        "owner_id": owner,
        "subscription_id": 1,
        "event_time": 1_795_200_000,
    } | more


GOODBYE = event(101, object_type="athlete", updates={"authorized": "false"})


def post(web, told: Any) -> None:
    began = time.monotonic()
    answer = web.post(HERE, json=told)
    assert answer.status_code == 200, answer.text
    assert time.monotonic() - began < 2


def states(engine) -> dict[int, str]:
    rows = make.rows(engine, "SELECT remote_id, state FROM remote_activities")
    return {row["remote_id"]: row["state"] for row in rows}


def runs(engine) -> list[tuple[str, str]]:
    rows = make.rows(engine, "SELECT reason, status FROM sync_runs ORDER BY id")
    return [(row["reason"], row["status"]) for row in rows]


def names(engine, user) -> list[str]:
    return sorted(each[2] for each in connected.activities(engine, user))


def test_what_happens_at_strava_happens_here(engine, web, sims, user, synced, subscribed):
    def told() -> None:
        sims.strava.pushes.wait()
        assert sims.strava.pushes.sent[-1][1] == [200]
        assert queued(engine)[-1] == ("run_sync", {"user_id": user, "service": "strava"})
        assert runs(engine)[-1][0] == "event"
        assert connected.finish(engine, user, "strava")["status"] == "done"

    sims.world.edit("ann", RUN, name="Told at once")
    told()
    assert names(engine, user) == ["Run 0", "Run 1", "Told at once"]
    sims.world.delete("ann", RUN)
    told()
    assert names(engine, user) == ["Run 0", "Run 1"]
    sims.world.arrive("strava", "ann")
    told()
    assert names(engine, user) == ["Run 0", "Run 1", "Run 1"]
    assert sims.calls.violations == []


def test_an_event_costs_one_look_however_often_it_is_sent(engine, web, sims, user, synced):
    for _ in range(5):
        post(web, event())
    assert states(engine)[RUN] == "look"
    assert runs(engine) == [("user", "done"), ("event", "queued")]
    assert len(queued(engine)) == 1
    before = len(sims.calls.of("strava", f"/activities/{RUN}"))
    connected.finish(engine, user, "strava")
    assert len(sims.calls.of("strava", f"/activities/{RUN}")) == before + 1
    # It was not true, and nothing came of it.
    assert names(engine, user) == ["Run 0", "Run 1", "Run 2"]


def test_events_of_another_subscription_than_ours_are_ignored(
    engine, web, sims, synced, subscribed, command
):
    def counted() -> list[Any]:
        return make.rows(engine, "SELECT digest FROM rate_limits ORDER BY digest")

    before, counters = make.tables(engine, *VOLATILE), counted()
    for told in (event(subscription_id=2), GOODBYE | {"subscription_id": 2}):
        post(web, told)
        assert make.tables(engine, *VOLATILE) == before
    # Nothing is held against the athlete either.
    assert counted() == counters
    post(web, event())
    assert len(counted()) == len(counters) + 1
    assert states(engine)[RUN] == "look"
    # Changed elsewhere, which is told only when we ask.
    sims.strava.pushes.subscription["id"] = 3
    post(web, event(777, subscription_id=3))
    assert 777 not in states(engine)
    command("view")
    post(web, event(777, subscription_id=3))
    assert states(engine)[777] == "look"
    post(web, event(778))
    assert 778 not in states(engine)
    # Without one of ours, it may be known elsewhere.
    command("delete")
    post(web, event(778))
    assert states(engine)[778] == "look"


def test_what_never_was_is_asked_for_and_forgotten(engine, web, sims, user, synced):
    post(web, event(777))
    connected.finish(engine, user, "strava")
    assert states(engine)[777] == "gone"
    assert names(engine, user) == ["Run 0", "Run 1", "Run 2"]


NOTHING = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"[" * 30_000,
    b"\xff\xfe",
    b'{"object_type": NaN}',
    json.dumps(event(owner=999)).encode(),
    json.dumps(event(owner="101")).encode(),
    json.dumps(event(-1)).encode(),
    json.dumps(event(2**70)).encode(),
    json.dumps(event(object_type="bicycle")).encode(),
    json.dumps(event(aspect_type="explode")).encode(),
    json.dumps(event(101, object_type="athlete", updates={"authorized": "true"})).encode(),
    json.dumps(event(101, object_type="athlete", updates=[])).encode(),
    json.dumps(GOODBYE | {"owner_id": 102}).encode(),
]


def test_what_means_nothing_changes_nothing(engine, web, known):
    before = make.tables(engine, *VOLATILE)
    for body in NOTHING:
        answer = web.post(HERE, content=body)
        assert (answer.status_code, answer.json()) == (200, {}), body
        assert make.tables(engine, *VOLATILE) == before, body
    assert queued(engine) == []


def test_nobody_can_send_more_than_an_event_has(engine, web):
    problem(web.post(HERE, content=b" " * 65_537), 413)
    problem(web.post(HERE, content=(b" " * 10_000 for _ in range(10))), 413)
    assert web.post(HERE, content=b" " * 65_536).status_code == 200


def test_what_its_owner_removed_here_is_not_asked_for(engine, web, user, known):
    with engine.begin() as conn:
        remote_activities.dismiss(conn, user, [f"strava:{RUN}"])
    post(web, event())
    assert states(engine)[RUN] == "dismissed"
    assert runs(engine) == []


def test_so_many_that_wait_are_enough(engine, web, known, monkeypatch):
    monkeypatch.setattr(events, "MOST_OPEN", 2)
    for number in (1, 2, 3):
        post(web, event(number))
    assert {n for n, state in states(engine).items() if state == "look"} == {1, 2}


def test_of_one_athlete_only_so_many_events_are_believed_a_day(engine, web, monkeypatch, known):
    monkeypatch.setattr(webhooks, "_BY_ATHLETE", Limit("few", 2, timedelta(days=1)))
    for number in (1, 2, 3):
        post(web, event(number))
    assert set(states(engine)) & {1, 2, 3} == {1, 2}
    assert [task for task, _ in queued(engine)] == ["run_sync"]
    # That they do not let us in any more is heard however much was said before.
    post(web, GOODBYE)
    assert [task for task, _ in queued(engine)] == ["run_sync", "check_permission"]


def test_who_sends_too_many_is_told_to_wait(engine, web, monkeypatch, known):
    monkeypatch.setattr(webhooks, "_CALLS", Limit("few", 2, timedelta(minutes=1)))
    for _ in range(2):
        post(web, event(owner=999))
    for answer in (web.post(HERE, json=event()), web.get(HERE)):
        problem(answer, 429)
        assert 0 < int(answer.headers["retry-after"]) <= 60
    assert runs(engine) == []


def test_a_connection_in_trouble_waits_for_its_user(engine, web, user, known):
    with engine.begin() as conn:
        connections.set_trouble(conn, user, "strava", "Connect again.")
    post(web, event())
    assert states(engine)[RUN] == "look"
    assert runs(engine) == []


def test_everybody_connected_to_an_athlete_hears_of_it(engine, web, user, known):
    with engine.begin() as conn:
        other = conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()
        connect(conn, other)
    post(web, event())
    heard = {args["user_id"] for _, args in queued(engine)}
    assert heard == {user, other}


def test_strava_is_answered_in_time_while_the_database_is_busy(engine, web, known):
    with engine.begin() as conn:
        conn.execute(text("SELECT FROM remote_activities FOR UPDATE"))
        post(web, event())
        assert states(engine)[RUN] != "look"
    give_up = time.monotonic() + 10
    while states(engine)[RUN] != "look" or not queued(engine):
        assert time.monotonic() < give_up
        time.sleep(0.02)


def wait_for(done) -> None:
    give_up = time.monotonic() + 20
    while not done():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def there(engine) -> list[str]:
    return [row["service"] for row in make.rows(engine, "SELECT service FROM connections")]


def test_who_lets_us_in_no_more_is_forgotten(
    engine, web, sims, user, synced, subscribed, worker, tmp_path
):
    make.take(engine, make.written(tmp_path, "own.gpx", make.gpx()))
    sims.strava.revoke("ann")
    sims.strava.pushes.wait()
    assert sims.strava.pushes.sent[-1][1] == [200]
    wait_for(lambda: there(engine) == [])
    # What a file told is no business of Strava's.
    assert names(engine, user) == ["From the phone"]
    assert states(engine) == {}
    (line,) = make.rows(engine, "SELECT detail FROM audit_log WHERE action = 'disconnected'")
    assert line["detail"].startswith("Strava")


def test_a_made_up_goodbye_changes_nothing(engine, web, sims, user, allowed):
    post(web, GOODBYE)
    post(web, GOODBYE)
    assert queued(engine) == [("check_permission", {"user_id": user})]
    before = make.tables(engine, *VOLATILE, "service_windows")
    calls = len(sims.calls.log)
    events.check_permission(engine, user)
    assert make.tables(engine, *VOLATILE, "service_windows") == before
    assert len(sims.calls.log) == calls + 1


def test_an_access_that_ended_by_itself_is_no_goodbye(engine, sims, user, synced):
    sims.strava.expire("ann")
    events.check_permission(engine, user)
    assert there(engine) == ["strava"]
    # The permission reaches that far still, with the tokens that came.
    assert connected.again(engine, user, "strava")["status"] == "done"
    assert sims.calls.violations == []


def test_fewer_scopes_are_no_goodbye(engine, sims, user):
    with engine.begin() as conn:
        leaving = connecting.leave(conn, user, "strava")
    url = sims.allow(leaving.url, "ann", ["activity:read"])
    brought = dict(pair.split("=") for pair in url.partition("?")[2].split("&"))
    connecting.arrive(engine, user, "strava", leaving.cookie, brought)
    events.check_permission(engine, user)
    assert there(engine) == ["strava"]


def test_what_cannot_be_known_yet_is_asked_again(engine, web, sims, user, allowed, worker):
    sims.strava.is_active = False
    with pytest.raises(Rejected):
        events.check_permission(engine, user)
    post(web, GOODBYE)

    def is_put_off() -> bool:
        rows = make.rows(
            engine,
            "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'check_permission'"
            " AND status = 'todo' AND scheduled_at > now() + interval '50 minutes'",
        )
        return len(rows) == 1

    wait_for(is_put_off)
    assert there(engine) == ["strava"]


def test_a_question_whose_worker_died_is_asked_again(engine, web, known):
    post(web, GOODBYE)
    with engine.begin() as conn:
        conn.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))

    asyncio.run(working._relieve(workers.Watch(jobs.conninfo(engine))))
    (job,) = make.rows(engine, "SELECT task_name, status::text FROM procrastinate_jobs")
    assert (job["task_name"], job["status"]) == ("check_permission", "todo")


def test_strava_verifies_an_address_of_ours(web, sims, command, address, subscribed):
    assert subscribed == f"Strava sends events to {address}{HERE} (subscription 1).\n"
    assert command("view") == subscribed
    # Once more changes nothing.
    assert command("create", "--callback", f"{address}{HERE}") == subscribed
    with pytest.raises(Rejected, match="another address"):
        command("create", "--callback", f"{address}/elsewhere")
    assert command("delete") == "Strava sends no more events.\n"
    assert sims.strava.pushes.subscription is None
    assert command("delete") == "There was no subscription.\n"
    assert "no events" in command("view")
    with pytest.raises(Rejected, match="could not verify"):
        command("create", "--callback", f"{address}/elsewhere")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"hub.challenge": "x"},
        {"hub.mode": "subscribe", "hub.challenge": "x", "hub.verify_token": ""},
        {"hub.mode": "subscribe", "hub.challenge": "x", "hub.verify_token": "guessed"},
        {"hub.mode": "subscribe", "hub.challenge": "x", "hub.verify_token": "é"},
    ],
)
def test_nobody_else_is_told_that_it_is_ours(web, sims, asked):
    answer = web.get(HERE, params=asked)
    problem(answer, 403)


@pytest.mark.parametrize(
    "base",
    ["http://127.0.0.1:8501", "https://localhost", "http://runs.example", "https://127.0.0.1"],
)
def test_a_server_that_strava_cannot_reach_is_not_subscribed(command, sims, base):
    configure(base_url=base)
    with pytest.raises(events.InputError, match="RUNSOUS_BASE_URL") as caught:
        command("create")
    assert base in str(caught.value)
    assert sims.calls.log == []


def test_a_public_address_is_subscribed(command, sims):
    configure(base_url="https://runs.example")
    # Nothing answers there.
    with pytest.raises(Rejected, match="could not verify"):
        command("create")
    (call,) = sims.calls.log
    assert (call.method, call.path) == ("POST", "/strava-api/api/v3/push_subscriptions")


def test_without_an_app_at_strava_the_commands_say_so(command, sims):
    configure(services=Services())
    for action in ("create", "view", "delete"):
        with pytest.raises(events.InputError, match="STRAVA_CLIENT_ID"):
            command(action)


def test_without_its_database_strava_is_told_to_come_again(engine, web, monkeypatch):
    monkeypatch.setattr(database, "_current", None)
    asked = {"hub.mode": "subscribe", "hub.challenge": "c", "hub.verify_token": "t"}
    for answer in (web.get(HERE, params=asked), web.post(HERE, json=event())):
        problem(answer, 503)
