"""A club's server in real browsers: who comes in, what each sees, and what ends with a session."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket, expect
from sqlalchemy import Engine, text
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from runsous.accounts import entry
from runsous.store import accounts
from tests import running
from tests.browser import club as clubs
from tests.browser import screen, story
from tests.browser.club import Visit, engine, visit
from tests.files.make_fit import fit_run
from tests.sync import make

__all__ = ["engine", "visit"]

ANA, BO = "ana@example.org", "bo@example.org"
PASSWORD = "a long enough password"
DESK = {"viewport": {"width": 1360, "height": 1000}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140 Mobile Safari",
}
WELCOME = "Which song played where?"
SIGNED_OUT = "You are signed out"
ANAS = (*story.TITLES, "The Middles", "Morning run", "run.fit")
"""Words of which each tells something of Ana's run."""


@dataclass
class Club:
    """The server, which lets in by invitation, and its database."""

    app: running.App
    engine: Engine

    @property
    def address(self) -> str:
        return self.app.address

    def command(self, *arguments: str) -> str:
        """What ``runsous`` prints, run beside the server."""
        given = clubs.configured(self.engine, RUNSOUS_BASE_URL=self.address)
        done = running.run(*arguments, home=self.app.home, **given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def session(self, email: str) -> dict[str, str]:
        """The cookie of somebody who signed in elsewhere."""
        with self.engine.begin() as conn:
            account = accounts.by_email(conn, email)
            assert account is not None
            return {entry.COOKIE: entry._session(conn, account.id, "with a password", "")}

    def kept(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is kept of anybody, but for who came and went."""
        work = ("rate_limits", "service_windows", "song_sources")
        # Measured by the server when it comes to it.
        work += ("song_efforts", "measured_activities")
        return make.tables(self.engine, *work, "sessions", "audit_log", "users")


class Traffic:
    """What a page asked for and was told: addresses of files, and its ids at the server."""

    def __init__(self, page: Page) -> None:
        self.files: set[str] = set()
        self.sessions: list[str] = []
        self.closed = 0
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", self._opened)

    def _asked(self, url: str) -> None:
        if re.search(r"(?<!/static)/media/|\.csv$", url):
            self.files.add(url)

    def _opened(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._told)
        socket.on("close", self._ended)

    def _told(self, frame: str | bytes) -> None:
        assert isinstance(frame, bytes)
        self.sessions += session_ids(frame)

    def _ended(self, _: object) -> None:
        self.closed += 1


def session_ids(frame: bytes) -> list[str]:
    """What the server calls the session of a page, where a message tells it."""
    told = ForwardMsg.FromString(frame).new_session.initialize.session_id
    return [told] if told else []


@dataclass
class Run:
    """Ana's run, whose it is, and what the page that shows it asked for."""

    number: int
    owner: int
    traffic: Traffic


@pytest.fixture(scope="module")
def club(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Club]:
    app = clubs.start(tmp_path_factory.mktemp("club"), engine, RUNSOUS_REGISTRATION="invite")
    yield Club(app, engine)
    assert app.stop() == 0
    printed = app.printed()
    for word in ("Traceback", "@example.org", PASSWORD, *ANAS):
        assert word not in printed, word


@pytest.fixture(scope="module")
def ana(club: Club, visit: Visit) -> Page:
    """Ana at her desk, who followed the link she was sent."""
    link = club.command("user", "invite").split()[-1]
    page = visit(link.removeprefix(f"{club.address}/"), **DESK)
    fill_in(page, email=ANA, password=PASSWORD)
    expect(page.get_by_role("status")).to_contain_text("it has one now")
    sign_in(page, ANA)
    return page


@pytest.fixture(scope="module")
def bo(club: Club, visit: Visit) -> Page:
    """Bo on his phone, who was told a code."""
    with club.engine.begin() as conn:
        code = entry.invite(conn)
    page = visit("auth/register", **PHONE)
    fill_in(page, email=BO, password=PASSWORD, invitation=code[::-1])
    expect(page.get_by_role("alert")).to_contain_text("This invitation is not valid")
    fill_in(page, email=BO, password=PASSWORD, invitation=code)
    expect(page.get_by_role("status")).to_contain_text("it has one now")
    assert fits(page)
    sign_in(page, BO)
    return page


@pytest.fixture(scope="module")
def run(club: Club, ana: Page, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """What Ana brings in, looks at and takes along."""
    traffic = Traffic(ana)
    # Indoors: a map would be drawn for seconds, and has tests of its own.
    indoors = fit_run(story.START, 600, gps=False)
    music = {"Streaming_History_Audio_2024.json": story.music_file()}
    screen.drop(ana, **{"run.fit": indoors, **music})
    expect(ana.get_by_text("Import finished: 1 activity, 3 plays.")).to_be_visible()
    (row,) = make.rows(club.engine, "SELECT id, user_id FROM activities")
    ana.goto(f"{club.address}/activity?id={row['id']}")
    with ana.expect_download() as waiting:
        ana.get_by_role("link", name="Songs (CSV)").click()
    assert waiting.value.suggested_filename == "2024-06-01 Morning run songs.csv"
    path = tmp_path_factory.mktemp("taken") / "songs.csv"
    waiting.value.save_as(path)
    assert "The Middles" in path.read_text("utf-8")
    traffic.files.add(waiting.value.url)
    return Run(row["id"], row["user_id"], traffic)


@pytest.fixture(autouse=True)
def _another_minute(club: Club) -> None:
    """All browsers are at one address, which may try to sign in five times a minute."""
    with club.engine.begin() as conn:
        conn.execute(text("DELETE FROM rate_limits"))


def fill_in(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"input[name={name}]").fill(value)
    page.locator("form button").first.click()


def sign_in(page: Page, email: str) -> None:
    fill_in(page, email=email, password=PASSWORD)
    expect(page.get_by_text(WELCOME)).to_be_visible()


def fits(page: Page) -> bool:
    """Whether nothing reaches beyond the sides of the screen."""
    return bool(page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth"))


def test_who_is_invited_makes_an_account_and_comes_in(club: Club, ana: Page, bo: Page) -> None:
    for page, email in ((ana, ANA), (bo, BO)):
        assert page.request.get(f"{club.address}/api/v1/me").json()["email"] == email
        assert fits(page)
    assert make.rows(club.engine, "SELECT * FROM invitations") == []


def test_what_one_brings_in_the_other_does_not_see(club: Club, bo: Page, run: Run) -> None:
    for path, said in (
        ("", WELCOME),
        ("activities", "There are no activities yet."),
        (f"activity?id={run.number}", "There is no such activity."),
    ):
        bo.goto(f"{club.address}/{path}")
        expect(bo.get_by_text(said)).to_be_visible()
        screen.settle(bo)
        assert not [word for word in ANAS if word in screen.words(bo)], path
        assert fits(bo), path
    api = f"{club.address}/api/v1/activities"
    assert bo.request.get(api).json()["total"] == 0
    assert bo.request.get(f"{api}/{run.number}").status == 404


def test_addresses_of_what_one_took_along_tell_the_other_nothing(
    club: Club, bo: Page, run: Run
) -> None:
    downloads = {url for url in run.traffic.files if "/api/" in url}
    assert downloads
    for url in run.traffic.files:
        answer = bo.request.get(url)
        assert not [word for word in ANAS if word.encode() in answer.body()], url
        if url in downloads:
            nothing = bo.request.get(url.replace(f"/{run.number}/", f"/{run.number + 1}/"))
            assert answer.status == nothing.status == 404
            assert answer.body() == nothing.body()


TALK = """async ([address, id, hello]) => {
  const frames = [];
  const socket = new WebSocket(address, ["streamlit", "none", id]);
  socket.binaryType = "arraybuffer";
  socket.onmessage = message => frames.push(Array.from(new Uint8Array(message.data)));
  await new Promise((open, fail) => { socket.onopen = open; socket.onerror = fail; });
  socket.send(Uint8Array.from(hello));
  for (let seen = -1; !frames.length || seen < frames.length;) {
    seen = frames.length;
    await new Promise(later => setTimeout(later, 600));
  }
  socket.close();
  return frames;
}"""


def test_who_knows_the_id_of_anothers_page_gets_a_page_of_ones_own(
    club: Club, bo: Page, run: Run
) -> None:
    hers, closed = run.traffic.sessions[-1], run.traffic.closed
    hello = BackMsg(rerun_script={"query_string": f"id={run.number}"}).SerializeToString()
    address = f"{club.address.replace('http', 'ws')}/_stcore/stream"
    frames = [bytes(frame) for frame in bo.evaluate(TALK, [address, hers, list(hello)])]
    told = [number for frame in frames for number in session_ids(frame)]
    assert told
    assert hers not in told
    assert not [word for word in ANAS for frame in frames if word.encode() in frame]
    assert run.traffic.closed == closed


@pytest.mark.parametrize("how", ["signed out everywhere", "disabled"])
def test_an_open_page_leads_to_sign_in_and_changes_nothing_once_the_session_is_over(
    club: Club, visit: Visit, run: Run, how: str
) -> None:
    page = visit(f"activity?id={run.number}", club.session(ANA), **DESK)
    screen.expect_column(page, "Song", story.TITLES)
    page.get_by_text("Name, files and removal").click()
    before = club.kept()
    if how == "disabled":
        assert "no longer sign in" in club.command("user", "disable", ANA)
    else:
        other = visit("auth/logout", club.session(ANA))
        other.get_by_role("button", name="Sign out everywhere").click()
        expect(other).to_have_url(f"{club.address}/auth/login")
        other.context.close()
    # A part of the page runs again by itself, and then what answers a change.
    screen.choose_row(page, 0)
    # While a page is drawn anew it may have both the old and the new heading.
    expect(page.get_by_role("heading", name=SIGNED_OUT).first).to_be_visible()
    expect(screen.the_charts(page)).to_have_count(0)
    name = page.get_by_role("textbox", name="Name")
    name.fill("Somebody else's")
    name.press("Enter")
    expect(page.get_by_role("heading", name="Morning run")).to_have_count(0)
    # While a page is drawn anew it may have both the old and the new heading.
    expect(page.get_by_role("heading", name=SIGNED_OUT).first).to_be_visible()
    screen.settle(page)
    assert club.kept() == before
    assert page.request.get(f"{club.address}/api/v1/activities").status == 401
    page.get_by_role("link", name="Sign in").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.context.close()
    with club.engine.begin() as conn:
        accounts.set_disabled(conn, run.owner, is_disabled=False)


def test_a_closed_server_says_so_and_has_no_form(club: Club, visit: Visit) -> None:
    home = club.app.home
    app = clubs.start(home.parent, club.engine, RUNSOUS_REGISTRATION="closed")
    try:
        page = visit("auth/login", **PHONE)
        expect(page.get_by_role("link", name="Make an account")).to_be_visible()
        page.goto(f"{app.address}/auth/login")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        expect(page.get_by_role("link", name="Make an account")).to_have_count(0)
        page.goto(f"{app.address}/auth/register?invitation=x")
        expect(page.get_by_text("No new accounts are made here")).to_be_visible()
        expect(page.locator("form")).to_have_count(0)
        assert fits(page)
    finally:
        assert app.stop() == 0
