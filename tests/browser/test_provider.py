"""Signing in by an identity provider, from the first click to the way out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from runsous.accounts import entry
from runsous.store import accounts
from tests import running
from tests.browser import screen
from tests.browser.club import engine, start, visit
from tests.fakes import oidc

__all__ = ["engine", "visit"]

SECRETS = """
[auth]
redirect_uri = "{club.address}/oauth2callback"
cookie_secret = "a long text that nobody guesses"
client_id = "{oidc.CLIENT}"
client_secret = "{oidc.SECRET}"
server_metadata_url = "{club.provider.address}/.well-known/openid-configuration"
"""
SIGNED_OUT = "Your session is over, or was ended from another browser."


@dataclass
class Club:
    """A server of accounts, the provider it trusts, and its database."""

    address: str
    provider: oidc.Provider
    engine: Engine

    def comes(self, name: str, **claims: Any) -> None:
        """Lets somebody be the one before the provider from now on."""
        email = f"{name}@example.org"
        usual = {"sub": f"number of {name}", "email": email, "email_verified": True}
        self.provider.person = {**usual, **claims}


@pytest.fixture(scope="module")
def club(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Club]:
    folder, port = tmp_path_factory.mktemp("club"), running.free_port()
    with oidc.provider() as provider:
        club = Club(f"http://127.0.0.1:{port}", provider, engine)
        provider.client_comes_from = f"{club.address}/oauth2callback"
        (folder / ".streamlit").mkdir()
        (folder / ".streamlit" / "secrets.toml").write_text(SECRETS.format(club=club, oidc=oidc))
        app = start(folder, engine, port, RUNSOUS_OIDC_NAME="Club")
        yield club
        assert app.stop() == 0
        printed = app.printed()
    assert "Traceback" not in printed
    assert "@example.org" not in printed


def ask(page: Page) -> None:
    page.get_by_role("link", name="Sign in with Club").click()


def cookies(page: Page) -> dict[str, Any]:
    return {cookie["name"]: cookie for cookie in page.context.cookies()}


def me(page: Page) -> dict[str, Any] | None:
    """Who the server says this browser is signed in as."""
    server = "/".join(page.url.split("/")[:3])
    answer = page.request.get(f"{server}/api/v1/me")
    assert answer.status in (200, 401)
    return answer.json() if answer.ok else None


def test_a_stranger_comes_in_by_the_provider_and_back_only_by_asking_it_again(club, visit):
    club.comes("cleo")
    page = visit()
    expect(page).to_have_url(f"{club.address}/auth/login?next=/")
    ask(page)
    page.wait_for_selector("text=Which song played where?")
    assert page.url == f"{club.address}/"
    session = cookies(page)[entry.COOKIE]
    assert (session["httpOnly"], session["sameSite"]) == (True, "Lax")
    assert not [name for name in cookies(page) if name.startswith(entry.PROVIDER_COOKIE)]
    first = me(page)
    assert first["email"] == "cleo@example.org"

    page.get_by_role("link", name="Account").click()
    expect(page.get_by_text("Signed in as cleo@example.org")).to_be_visible()
    page.get_by_role("link", name="Sign out").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_url(f"{club.address}/auth/login")
    assert entry.COOKIE not in cookies(page)
    page.goto(f"{club.address}/preferences")
    expect(page).to_have_url(f"{club.address}/auth/login?next=/preferences")
    assert me(page) is None
    assert club.provider.visits == 1

    ask(page)
    # To where one was going.
    expect(page).to_have_url(f"{club.address}/preferences")
    page.wait_for_selector("h1:has-text('Preferences')")
    assert me(page) == first
    assert club.provider.visits == 2
    with club.engine.begin() as conn:
        how = conn.execute(text("SELECT detail FROM audit_log WHERE action = 'signed in'"))
        assert list(how.scalars()) == ["by a provider"] * 2
        conn.execute(text("DELETE FROM sessions"))
    page.goto(club.address)
    expect(page).to_have_url(f"{club.address}/auth/login?next=/")
    assert club.provider.visits == 2


def test_an_email_that_has_a_password_is_not_taken_over(club, visit):
    with club.engine.begin() as conn:
        accounts.create(conn, "ana@example.org", "a hash")
    club.comes("ana")
    page = visit()
    ask(page)
    expect(page.get_by_text("Your e-mail has an account here")).to_be_visible()
    assert entry.COOKIE not in cookies(page)
    assert me(page) is None
    # The way back is the form, where one can also ask the provider for somebody else.
    page.get_by_role("link", name="Sign in").click()
    club.comes("bo")
    ask(page)
    page.wait_for_selector("text=Which song played where?")
    assert me(page)["email"] == "bo@example.org"


def test_a_made_up_cookie_of_streamlit_lets_nobody_in(club, visit):
    page = visit(cookies={"_streamlit_user": '{"is_logged_in":true,"sub":"1"}'})
    expect(page).to_have_url(f"{club.address}/auth/login?next=/")
    # Nor does it further on the way, where strangers see the page.
    page.request.get(f"{club.address}/auth/leave", max_redirects=0)
    page.goto(club.address)
    screen.settle(page)
    expect(page.get_by_text(SIGNED_OUT)).to_be_visible()
    assert me(page) is None


@pytest.mark.parametrize(
    "path",
    [
        "/auth/login?provider=x&next=https://elsewhere.example",
        "/oauth2callback?code=x&state=y&redirect_uri=https://elsewhere.example",
        "/oauth2callback?error=access_denied&state=y",
        "/auth/provider?next=https://elsewhere.example",
    ],
)
def test_nothing_on_the_way_leads_elsewhere(club, path):
    answer = httpx.get(club.address + path)
    assert answer.is_redirect
    assert answer.headers["location"] in ("/", "/auth/login")
