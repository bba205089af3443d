"""Connections: how each service stands, its runs and its settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from runsous import settings
from runsous.store import connections, sync_runs
from tests import running
from tests.pages.reading import button, press, run, table, visit, words
from tests.pages.services import ALL, PRIVATE, close, has_run, join, links, sims, use, user
from tests.sync import connected, make

__all__ = ["has_run", "join", "sims", "user"]


def test_what_is_not_set_up_says_which_settings_and_where_to_get_them(app):
    said = words(visit(app, "connections")).replace("`", "")
    assert said.count("Not set up") == 3
    assert "Set STRAVA_CLIENT_ID and STRAVA_CLIENT_SECRET" in said
    assert "https://www.strava.com/settings/api" in said
    assert "callback domain is 127.0.0.1" in said
    assert "Set SPOTIFY_CLIENT_ID to" in said
    assert "https://developer.spotify.com/dashboard" in said
    assert app.code[0].value == "http://127.0.0.1:8501/oauth/spotify/callback"
    assert "Set LASTFM_API_KEY (and LASTFM_SHARED_SECRET for" in said
    assert "https://www.last.fm/api/account/create" in said
    assert "/oauth/" not in links(app)


def test_an_address_that_spotify_does_not_take_is_said(app):
    settings.use(replace(settings.current(), base_url="http://run.example:8501"))
    assert "Spotify takes only https" in words(visit(app, "connections"))
    settings.use(replace(settings.current(), base_url="https://run.example"))
    assert "Spotify takes only https" not in words(visit(app, "connections"))


def test_what_is_set_up_can_be_connected(app, user):
    said = words(visit(app, "connections"))
    assert said.count("Not connected") == 4
    for service in ("strava", "spotify", "lastfm"):
        assert f"/oauth/{service}/start" in links(app)
    use(replace(ALL, lastfm_shared_secret=None))
    assert "/oauth/lastfm/start" not in links(visit(app, "connections"))
    assert "has set LASTFM_SHARED_SECRET" in words(app)


def test_a_connection_tells_who_what_and_when(app, user, join, has_run, engine):
    join("strava", PRIVATE)
    has_run("strava", "done", activities_new=3, activities_changed=1, listens_new=12)
    close(engine, **{"15_minutes": (10, 200), "reads_in_15_minutes": (12, 100), "day": (10, 2000)})
    said = words(visit(app, "connections"))
    now = datetime.now(ZoneInfo("Europe/Prague"))
    assert "Strava Connected" in said
    assert "Connected as Ann It may read all your activities, private ones too." in said
    assert ": 3 new activities, 1 changed, 12 new plays" in said
    assert f"Last sync today {now:%H:}" in said
    assert "Every hour, next today" in said or "Every hour, next in a moment" in said
    assert "https://www.strava.com/athletes/77" in links(app)
    assert "shown to you alone" in said
    assert "file that you import yourself is not affected" in said


def test_boxes_left_unticked_are_told(app, join):
    join("strava", ("read", "activity:read"))
    said = words(visit(app, "connections"))
    assert "private ones are not included: connect again and tick the box" in said
    assert "/oauth/strava/start" in links(app)


def test_spotify_counts_down_and_home_says_when_it_is_soon(app, user, join, has_run, engine):
    join("spotify")
    has_run("spotify", "done")
    with engine.begin() as conn:
        at = datetime(2090, 11, 21, 12, tzinfo=UTC)
        conn.execute(text("UPDATE connections SET authorized_at = :at"), {"at": at})
    # 181 days: nine more in November, then whole months to April, and 21 of May.
    said = "Spotify asks you to connect again by 21 May 2091."
    assert said in words(visit(app, "connections"))
    assert said not in words(visit(app, "home"))
    with engine.begin() as conn:
        at = datetime.now(UTC) - timedelta(days=170)
        conn.execute(text("UPDATE connections SET authorized_at = :at"), {"at": at})
    assert "Spotify asks you to connect again by" in words(visit(app, "home"))
    assert "/oauth/spotify/start" in links(visit(app, "connections"))


def test_what_needs_the_user_is_said_here_and_on_home(app, user, join, engine):
    join("strava", PRIVATE)
    assert "/oauth/strava/start" not in links(visit(app, "connections"))
    with engine.begin() as conn:
        connections.set_trouble(conn, user, "strava", "Strava has <b>ended</b> it.")
    said = words(visit(app, "connections"))
    assert "Strava Needs you" in said
    assert "Strava has <b>ended</b> it." in said
    assert "/oauth/strava/start" in links(app)
    assert "once you have connected again" in said
    said = words(visit(app, "home")).replace("**", "")
    assert "Strava needs you. Strava has <b>ended</b> it." in said
    assert "connections" in [link.page for link in app.get("page_link")]


def test_a_sync_that_failed_is_said_until_one_does_not(app, user, join, has_run):
    join("lastfm", name="ann")
    has_run("lastfm", "failed", "Last.fm knows nobody by this name.")
    said = words(visit(app, "connections"))
    assert "Last.fm Last sync failed" in said
    assert "Last.fm knows nobody by this name." in said
    assert "Try again" in said
    said = words(visit(app, "home")).replace("**", "")
    assert "Syncing Last.fm failed. Last.fm knows nobody by this name." in said
    has_run("lastfm", "done")
    assert "nothing new" in words(visit(app, "connections"))
    assert "failed" not in words(visit(app, "home"))


def test_a_run_under_way_shows_how_far_it_is_and_can_be_cancelled(app, user, join, engine):
    join("strava", PRIVATE)
    visit(app, "connections")
    press(app, "Sync now")
    assert "Waiting to start" in words(app)
    with engine.begin() as conn:
        number = sync_runs.current(conn, user, "strava")["id"]
        sync_runs.start(conn, user, number)
        said = {"phase": "Bringing in activities", "done": 12, "total": 120}
        sync_runs.note(conn, user, number, activities_new=11, **said)
    close(engine, **{"15_minutes": (12, 200), "reads_in_15_minutes": (12, 100), "day": (12, 2000)})
    said = words(run(app))
    assert "Strava Syncing" in said
    assert "Bringing in activities · 12 of 120" in said
    assert "11 new activities" in said
    # Of 200 and 100 the fewer are left: 188 and 88.
    assert "Calls left: 88 in 15 min, 1,988 today" in said
    assert "Sync now" not in said
    press(app, "Cancel")
    assert button(app, "Cancel").disabled
    assert "Stopping" in words(app)
    with engine.begin() as conn:
        assert not sync_runs.start(conn, user, number)
        sync_runs.finish(conn, user, number, "cancelled")
    assert "cancelled after 11 new activities" in words(run(app))
    assert "Sync now" in words(app)


def test_a_run_that_waits_says_for_whom_and_until_when(app, user, join, engine):
    join("strava", PRIVATE)
    until = datetime.now(UTC) + timedelta(minutes=50)
    with engine.begin() as conn:
        number = sync_runs.begin(conn, user, "strava", "user")
        sync_runs.start(conn, user, number)
        sync_runs.wait(conn, user, number, until, "Strava could not be reached.")
    clock = f"{until.astimezone(ZoneInfo('Europe/Prague')):%H:%M}"
    said = words(visit(app, "connections"))
    assert f"Strava could not be reached. Trying again at {clock}" in said
    close(engine, day=(2000, 2000))
    said = words(run(app))
    assert f"Waiting for Strava until {clock}" in said
    assert "could not be reached" not in said


def test_past_syncs_stand_in_a_table(app, user, join, has_run):
    assert "Past syncs" not in words(visit(app, "connections"))
    join("lastfm", name="ann")
    has_run("lastfm", "done", listens_new=1200, budget={"day": [25, 1000]})
    has_run("lastfm", "failed", "Last.fm could not be reached.")
    visit(app, "connections")
    app.session_state["past syncs"] = True
    rows = table(run(app))
    assert rows["Service"].tolist() == ["Last.fm", "Last.fm"]
    assert rows["Why"].tolist() == ["By itself", "By itself"]
    assert rows["Status"].tolist() == ["Failed", "Done"]
    assert rows["Plays"].tolist() == [0, 1200]
    assert rows["Calls left"].tolist() == ["", "975 today"]
    assert rows["What happened"].tolist() == ["Last.fm could not be reached.", ""]
    assert "Activities" not in rows


def test_past_syncs_stand_in_a_list_on_a_phone(app, user, join, has_run, monkeypatch):
    monkeypatch.setattr("runsous.ui.components.sync_runs.is_phone", lambda: True)
    join("lastfm", name="ann")
    has_run("lastfm", "failed", "Last.fm could <b>not</b> be reached.", listens_new=1200)
    visit(app, "connections")
    app.session_state["past syncs"] = True
    said = words(run(app))
    assert "· failed 1,200 new plays · Last.fm could <b>not</b> be reached." in said
    assert not app.dataframe


def test_how_often_is_chosen_and_shown(app, user, join, engine):
    join("listenbrainz", name="ann")
    visit(app, "connections")
    next(s for s in app.selectbox if s.label == "How often").select(10_800)
    run(app)
    assert "Every 3 hours, next" in words(app)
    app.toggle[0].set_value(False)
    run(app)
    assert "Synced only when you say so" in words(app)
    row = connected.connection(engine, user, "listenbrainz")
    assert (row["is_scheduled"], row["interval_s"]) == (False, 10_800)


def test_strava_s_data_is_kept_shorter_only_when_that_is_confirmed(app, user, join, engine):
    join("strava", PRIVATE)
    visit(app, "connections")
    next(s for s in app.selectbox if s.label == "Keep what Strava tells").select(7)
    run(app)
    assert "is deleted" in words(app)
    assert not make.rows(engine, "SELECT FROM users WHERE settings ? 'strava_days'")
    press(app, "Delete what is older")
    (row,) = make.rows(engine, "SELECT settings ->> 'strava_days' AS days FROM users")
    assert row["days"] == "7"


def test_who_is_not_signed_in_sees_no_connection(engine, user, join, monkeypatch):
    join("strava", PRIVATE)
    settings.use(replace(settings.current(), auth="accounts"))
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: {}))
    page = str(Path(running.ROOT, "pages", "connections.py"))
    said = words(AppTest.from_file(page, default_timeout=60).run())
    assert "You are signed out" in said
    assert "Strava" not in said
