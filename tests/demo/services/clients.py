"""What an app does at the simulated services, without any of ours."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from runsous.demo.services.server import Simulators

CALLBACK = "http://127.0.0.1:8501/oauth/strava/callback"


class StravaApp:
    """An app registered at the simulated Strava, as ``person`` allowed it."""

    def __init__(self, sims: Simulators) -> None:
        self.env = sims.environment()
        self.sims = sims
        self.tokens: dict[str, Any] = {}

    def page(self, scope: str = "read,activity:read_all", **changes: str) -> str:
        asked = {
            "client_id": self.env["STRAVA_CLIENT_ID"],
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": scope,
            "state": "mine",
        }
        return f"{self.env['STRAVA_URL']}/oauth/authorize?{urlencode(asked | changes)}"

    def token(self, **asked: str) -> requests.Response:
        client = {
            "client_id": self.env["STRAVA_CLIENT_ID"],
            "client_secret": self.env["STRAVA_CLIENT_SECRET"],
        }
        return requests.post(f"{self.env['STRAVA_URL']}/oauth/token", data=client | asked)

    def connect(self, person: str = "ann", scopes: list[str] | None = None) -> StravaApp:
        code = query(self.sims.allow(self.page(), person, scopes))["code"]
        self.tokens = self.token(grant_type="authorization_code", code=code).json()
        return self

    def refresh(self, refresh_token: str) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)

    def get(self, path: str, **asked: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        url = self.env["STRAVA_API_URL"] + path
        return requests.get(url, params=asked, headers=headers, timeout=5)


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))
