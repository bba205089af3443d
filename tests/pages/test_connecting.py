"""Connecting a service and letting go of it, on the page Connections."""

from __future__ import annotations

from runsous.demo.services.faults import Fault
from runsous.demo.services.world import Person
from runsous.store import connections
from tests.pages.reading import press, run, visit, words
from tests.pages.services import PRIVATE, has_run, join, links, sims, user
from tests.sync import connected, make

__all__ = ["has_run", "join", "sims", "user"]


def test_a_user_name_connects_and_an_unknown_one_says_so(app, user, sims, engine):
    visit(app, "connections")
    name = next(t for t in app.text_input if t.label == "User name at Last.fm")
    name.input("nobody")
    press(app, "Connect Last.fm")
    assert "Last.fm knows nobody by this name" in words(app)
    name = next(t for t in app.text_input if t.label == "User name at Last.fm")
    name.input("ann")
    press(app, "Connect Last.fm")
    assert "Last.fm is connected." in words(app)
    assert "Connected as ann It reads what everybody can see there." in words(app)
    assert connected.finish(engine, user, "lastfm")["status"] == "done"
    assert "50 new plays" in words(run(app))


def test_a_token_of_somebody_else_is_refused(app, user, sims):
    visit(app, "connections")
    fields = {t.label: t for t in app.text_input}
    fields["User name at ListenBrainz"].input("ben")
    fields["Token (not needed)"].input(sims.world.people["ann"].listenbrainz_token)
    press(app, "Connect ListenBrainz")
    assert "This token belongs to ann, not to ben." in words(app)


def test_letting_go_of_strava_deletes_what_it_told_unless_that_is_to_stay(app, user, sims, engine):
    for is_kept in (True, False):
        connected.connect(engine, user, sims, "strava")
        connected.finish(engine, user, "strava")
        press(visit(app, "connections"), "Disconnect")
        assert app.radio[0].value == "Delete them"
        if is_kept:
            app.radio[0].set_value("Keep them as my own")
        # What lies over a page goes with the page's next run, unless it is called for again.
        app.button(key="disconnect strava").click()
        app.button(key="leave strava").click()
        assert "Strava is disconnected." in words(run(app))
        left = make.rows(engine, "SELECT count(*) AS n FROM activities")[0]["n"]
        assert left == (3 if is_kept else 0)
        assert make.rows(engine, "SELECT FROM connections") == []


def test_who_lets_go_of_strava_while_it_is_down_hears_what_is_left_to_do(
    app, user, sims, engine, monkeypatch
):
    connected.hurry(monkeypatch)
    connected.connect(engine, user, sims, "strava")
    press(visit(app, "connections"), "Disconnect")
    sims.faults.plan(Fault("html", "strava", times=100))
    app.button(key="disconnect strava").click()
    app.button(key="leave strava").click()
    said = words(run(app))
    assert "Strava is disconnected. Strava did not answer, and still lists Run Sous BPM" in said
    assert make.rows(engine, "SELECT FROM connections") == []


def test_plays_stay_unless_they_are_to_go(app, join):
    join("lastfm", name="ann")
    press(visit(app, "connections"), "Disconnect")
    assert app.radio[0].value == "Keep them as my own"


def test_who_is_back_from_a_service_is_told_what_came_of_it(app, user, join):
    refused = {"service": "strava", "outcome": "refused"}
    said = words(visit(app, "connections", **refused, why="denied"))
    assert "You did not let Run Sous BPM in at Strava" in said
    codes = ("expired", "scopes", "limited", "unavailable", "rejected", "<b>Send money</b>")
    told = [visit(app, "connections", **refused, why=why).warning[0].value for why in codes]
    assert len(set(told)) == len(codes)
    assert told[-1] == "Strava was not connected: try once more."
    came = {"service": "strava", "outcome": "connected"}
    assert not visit(app, "connections", **came).success
    join("strava", PRIVATE)
    assert "Strava is connected." in visit(app, "connections", **came).success[0].value
    assert not visit(app, "connections", service="<b>", outcome="connected").success


def test_what_came_of_it_is_told_once_and_not_with_every_reload(app, user, join):
    came = {"service": "lastfm", "outcome": "refused", "why": "denied"}
    assert visit(app, "connections", **came).warning
    assert not app.query_params
    # A run that ends meanwhile draws the page anew.
    assert "did not let Run Sous BPM in at Last.fm" in run(app).warning[0].value
    run(app.switch_page("home.py"))
    assert not run(app.switch_page("connections.py")).warning
    join("strava", PRIVATE)
    visit(app, "connections", service="strava", outcome="connected")
    press(app, "Sync now")
    assert not app.success
    assert "service" in visit(app, "connections", service="strava").query_params


def test_a_wrong_name_is_changed_in_place(app, user, sims, engine):
    sims.world.people["ben"] = Person("ben", "Ben", 102, "b-token", is_private=True)
    for wrong in ("ben", "ann"):
        visit(app, "connections")
        name = next(t for t in app.text_input if t.label == "User name at Last.fm")
        name.input(wrong)
        press(app, "Connect Last.fm")
        connected.finish(engine, user, "lastfm")
        if wrong == "ben":
            said = words(visit(app, "connections"))
            assert "This listening is private: sign in at Last.fm." in said
            assert "page Connections" not in said
    said = words(visit(app, "connections"))
    assert "Connected as ann" in said
    assert "Is this not your name there?" in said
    assert "50 new plays" in said
    # A name that was proven is its owner's.
    connected.connect(engine, user, sims, "lastfm")
    assert "Is this not your name there?" not in words(visit(app, "connections"))


def test_only_what_connecting_again_mends_offers_it(app, user, join, has_run, engine):
    join("strava", PRIVATE)
    has_run("strava", "failed", "Strava does not know this app.")
    assert "/oauth/strava/start" not in links(visit(app, "connections"))
    join("lastfm", name="ann")
    has_run("lastfm", "failed", "Last.fm knows nobody by this name.")
    visit(app, "connections")
    assert next(t for t in app.text_input if t.label == "User name at Last.fm").value == "ann"
    with engine.begin() as conn:
        connections.set_trouble(conn, user, "lastfm", "This listening is private.")
    visit(app, "connections")
    assert "/oauth/lastfm/start" in links(app)
    # It may have been another's name from the start.
    assert next(t for t in app.text_input if t.label == "User name at Last.fm").value == "ann"
