"""What services told, where it shows on other pages."""

from __future__ import annotations

from runsous import settings
from tests.pages import library
from tests.pages.reading import press, run, table, visit, words
from tests.pages.services import has_run, join, links, sims, user
from tests.sync import connected, make

__all__ = ["has_run", "join", "sims", "user"]


def test_another_name_at_strava_is_shown_beside_the_one_given_here(app, user, sims, engine):
    connected.connect(engine, user, sims, "strava")
    connected.finish(engine, user, "strava")
    remote = max(sims.world.people["ann"].activities)
    (own,) = make.rows(engine, "SELECT id FROM activities WHERE external_id = :n", n=str(remote))
    assert "Strava calls it" not in words(visit(app, "activity", id=own["id"]))
    rename = next(t for t in app.text_input if t.label == "Name")
    rename.input("My *race*")
    run(app)
    assert "Strava calls it “Run 2”." in words(app)
    sims.world.edit("ann", remote, name="  Race <b>day</b>  ")
    connected.again(engine, user, "strava")
    said = words(visit(app, "activity", id=own["id"]))
    assert "My *race*" in said
    assert "Strava calls it “Race <b>day</b>”." in said
    press(app, "Use that name")
    assert "Race <b>day</b>" in words(app)
    assert "Strava calls it" not in words(app)
    # From then on it is Strava's to change.
    sims.world.edit("ann", remote, name="Marathon")
    connected.again(engine, user, "strava")
    assert "Marathon" in words(visit(app, "activity", id=own["id"]))


def test_what_strava_told_leads_there_and_bears_its_name(app, user, sims, engine, tmp_path):
    make.take(engine, make.written(tmp_path, "run.fit", library.run_with_music()))
    connected.connect(engine, user, sims, "strava")
    connected.finish(engine, user, "strava")
    number = min(sims.world.people["ann"].activities)
    there = f"{settings.current().services.strava_url}/activities/{number}"
    for name in ("home", "activities"):
        assert there in links(visit(app, name))
        assert links(app).count("View on Strava") == 3
        assert "Powered by Strava" in words(app)
    (own,) = make.rows(engine, "SELECT id FROM activities WHERE external_id = :n", n=str(number))
    assert there in links(visit(app, "activity", id=own["id"]))
    assert "Powered by Strava" in words(app)
    visit(app, "activity", id=library.number(engine, library.START))
    assert "Strava" not in words(app)


def test_songs_that_spotify_knows_lead_there(filled, engine):
    there = "https://open.spotify.com/track/3aJ2aJz5xL03hpaqdPS7Ah"
    visit(filled, "listening")
    assert set(table(filled)["Spotify"]) == {there}
    assert "Song details from Spotify" in words(filled)
    number = library.number(engine, library.START)
    visit(filled, "activity", id=number)
    assert table(filled)["Spotify"].tolist() == [there, "", there, "", there]
    assert "Open in Spotify" not in words(filled)
    filled.session_state[f"chosen of activity {number}"] = 2
    assert there in links(run(filled))
    assert "Open in Spotify" in words(filled)


def test_songs_that_spotify_does_not_know_do_not_name_it(app, engine, tmp_path):
    scrobbled = make.lastfm((0, "Ana – One"), start=library.START)
    make.take(engine, make.written(tmp_path, "scrobbles.csv", scrobbled))
    assert "Spotify" not in table(visit(app, "listening"))
    assert "Song details from" not in words(app)
