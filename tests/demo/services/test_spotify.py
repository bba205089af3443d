"""The simulated Spotify keeps the contract of the real one."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from runsous.demo.services.faults import Fault
from runsous.demo.services.noise import Noise
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock
from tests.demo.services.clients import query

BACK = "http://127.0.0.1:8501/oauth/spotify/callback"
VERIFIER = "v" * 43
SCOPE = "user-read-private user-read-recently-played user-read-currently-playing"
LAST_END_MS = (1_795_200_300 - 86_400 - 240 + 180) * 1000
"""The last of 60 plays began 240 s before then and went on for 180 s."""


class App:
    def __init__(self, sims: Simulators) -> None:
        self.env = sims.environment()
        self.sims = sims
        self.access = self.refresh = ""

    def page(self, **changes: str) -> str:
        digest = hashlib.sha256(VERIFIER.encode()).digest()
        asked = {
            "client_id": self.env["SPOTIFY_CLIENT_ID"],
            "response_type": "code",
            "redirect_uri": BACK,
            "scope": SCOPE,
            "state": "mine",
            "code_challenge_method": "S256",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        }
        return f"{self.env['SPOTIFY_ACCOUNTS_URL']}/authorize?{urlencode(asked | changes)}"

    def token(self, **asked: str) -> requests.Response:
        client = {"client_id": self.env["SPOTIFY_CLIENT_ID"]}
        return requests.post(self.env["SPOTIFY_ACCOUNTS_URL"] + "/api/token", data=client | asked)

    def redeem(self, code: str, **changes: str) -> requests.Response:
        asked = {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER} | changes
        return self.token(grant_type="authorization_code", **asked)

    def connect(self, person: str = "ann", scopes: list[str] | None = None) -> App:
        code = query(self.sims.allow(self.page(), person, scopes))["code"]
        self.keep(self.redeem(code).json())
        return self

    def keep(self, tokens: dict[str, str]) -> None:
        self.access, self.refresh = tokens["access_token"], tokens["refresh_token"]

    def renew(self) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=self.refresh)

    def get(self, path: str, **asked: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.access}"}
        return requests.get(self.env["SPOTIFY_API_URL"] + path, params=asked, headers=headers)

    def played(self, **asked: Any) -> dict[str, Any]:
        return self.get("/me/player/recently-played", **asked).json()


@pytest.fixture
def app(sims: Simulators) -> App:
    return App(sims).connect()


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "http://localhost:8501/oauth/spotify/callback"},
        {"redirect_uri": "http://192.168.0.2:8501/oauth/spotify/callback"},
        {"code_challenge_method": "plain"},
        {"client_id": "another"},
    ],
)
def test_a_way_in_that_is_not_safe_is_refused(sims: Simulators, changed: dict[str, str]):
    assert requests.get(App(sims).page(**changed)).status_code == 400


@pytest.mark.parametrize(
    "changed", [{"code_verifier": "w" * 43}, {"redirect_uri": BACK + "x"}, {"code": "guessed"}]
)
def test_a_code_needs_its_verifier_and_its_redirect(sims: Simulators, changed: dict[str, str]):
    app = App(sims)
    code = query(sims.allow(app.page(), "ann"))["code"]
    answer = app.redeem(changed.pop("code", code), **changed)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_verifier_of_42_letters_is_too_short(sims: Simulators):
    app, short = App(sims), "v" * 42
    digest = hashlib.sha256(short.encode()).digest()
    page = app.page(code_challenge=base64.urlsafe_b64encode(digest).decode().rstrip("="))
    code = query(sims.allow(page, "ann"))["code"]
    assert app.redeem(code, code_verifier=short).status_code == 400


def test_every_refresh_brings_a_new_refresh_token_and_ends_the_old(app: App, sims: Simulators):
    new = app.renew().json()
    assert new["refresh_token"] != app.refresh
    assert (new["expires_in"], new["scope"]) == (3600, SCOPE)
    again = app.renew()
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert len(sims.calls.violations) == 1


def test_refreshing_does_not_put_off_the_end_after_half_a_year(app: App, clock: Clock):
    clock.advance(181 * 86_400)
    app.keep(app.renew().json())
    clock.advance(86_400)
    answer = app.renew()
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "invalid_grant",
        "error_description": "Refresh token expired",
    }


def test_a_token_ends_after_an_hour_and_says_so(app: App, clock: Clock):
    assert app.get("/me").json()["account_id"] == "account-ann"
    clock.advance(3600)
    answer = app.get("/me")
    assert answer.status_code == 401
    assert answer.json() == {"error": {"status": 401, "message": "The access token expired"}}


def test_who_is_not_on_the_list_gets_plain_text(sims: Simulators):
    answer = App(sims).connect("ben").get("/me")
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_scope_left_out_closes_its_calls(sims: Simulators):
    app = App(sims).connect("ann", ["user-read-private"])
    assert app.get("/me").status_code == 200
    answer = app.get("/me/player/recently-played")
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        403,
        "Insufficient client scope",
    )


def test_the_last_fifty_plays_are_there_by_their_end(app: App):
    found = app.played(limit=50)
    assert len(found["items"]) == 50
    assert found["items"][0]["played_at"] == "2026-11-19T18:44:00.000Z"
    oldest = LAST_END_MS - 49 * 240_000
    assert found["cursors"] == {"after": str(LAST_END_MS), "before": str(oldest)}
    assert found["next"] is None
    nothing = app.played(limit=50, before=oldest)
    assert (nothing["items"], nothing["cursors"]) == ([], None)


def test_after_and_before_are_milliseconds_and_exclude_each_other(app: App):
    assert len(app.played(after=LAST_END_MS - 2 * 240_000)["items"]) == 2
    assert len(app.played(before=LAST_END_MS - 47 * 240_000)["items"]) == 2
    assert app.get("/me/player/recently-played", after=1, before=2).status_code == 400
    assert app.get("/me/player/recently-played", limit=51).status_code == 400


def test_nothing_playing_is_204_without_a_body(app: App, sims: Simulators):
    answer = app.get("/me/player/currently-playing")
    assert (answer.status_code, answer.content) == (204, b"")
    ann = sims.world.people["ann"]
    ann.playing = ann.listens["spotify"][0].song
    assert app.get("/me/player/currently-playing").json()["item"]["name"] == ann.playing.title


def test_a_wait_of_hours_is_asked_for_and_meant(app: App, sims: Simulators, clock: Clock):
    sims.faults.plan(Fault("spent", "spotify"))
    assert app.get("/me").headers["Retry-After"] == "61200"
    assert sims.calls.violations == []
    clock.advance(600)
    assert app.get("/me").headers["Retry-After"] == "60600"
    assert len(sims.calls.violations) == 1
    clock.advance(60_600)
    app.keep(app.renew().json())
    assert app.get("/me").status_code == 200


def test_audio_features_are_for_old_apps_alone(sims: Simulators):
    app = App(sims).connect()
    known = sims.catalogue.recordings[0].spotify_ids[0]
    assert app.get("/audio-features", ids=known).status_code == 403
    sims.spotify.audio_features.is_open = True
    sims.spotify.audio_features.noise = Noise()
    first, second = app.get("/audio-features", ids=f"nobody,{known}").json()["audio_features"]
    assert first is None
    assert (second["id"], second["tempo"]) == (known, sims.catalogue.recordings[0].bpm)
    assert app.get("/audio-features", ids=",".join(["x"] * 101)).status_code == 400
