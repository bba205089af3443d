"""``/insights/workouts``: what is heard on workouts and what in the rest of life."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from runsous import settings
from runsous.reports import workout_music as report
from runsous.store import users
from runsous.web.api import answers
from runsous.web.api.context import Conn, User

router = APIRouter(tags=["insights"])


class _Told(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Spread(_Told):
    """Median and quartiles of the ``n`` plays of which it is known."""

    n: int
    median: float
    low: float
    high: float


class Side(_Told):
    """What was heard on one side: ``tempo`` in BPM, folded to 100 to 200, ``energy`` from 0 to 1;
    null where too few plays tell it.
    """

    n_plays: int
    listened_s: float
    tempo: Spread | None
    energy: Spread | None


class Part(_Told):
    """Both sides in an hour ("0" to "23"), a season or month; or a sport, then ``rest`` is null."""

    name: str
    workouts: Side
    rest: Side | None


class TempoBand(_Told):
    """Shares (0 to 1) of each side's plays with a tempo from ``since`` to below ``until`` BPM."""

    since: int
    until: int
    workouts: float
    rest: float


class Heard(_Told):
    """A song, or an artist (then ``artist`` is null), and how often it was played where.

    ``ratio`` is by how much the odds that a play is of this one are higher on workouts, shrunken
    towards 1 by how little it was heard, with its 95 % interval.
    """

    id: int
    name: str
    artist: str | None
    n_workouts: int
    n_rest: int
    ratio: float
    low: float
    high: float


class Names(_Told):
    """Of what was played five times or more, the first 20: most typical of workouts, heard ``only``
    there, ``never`` there; and how many there are of the last two.
    """

    typical: list[Heard]
    only: list[Heard]
    never: list[Heard]
    n_only: int
    n_never: int


class WorkoutMusic(_Told):
    """Plays that sounded on an activity against all others, without skips.

    Where ``enough_data`` is false, ``message`` says what is missing, and the lists are empty;
    ``tempo_message`` likewise of tempos. ``share`` is that of the time listened (0 to 1) on
    workouts. ``by_season`` has months where ``hemisphere`` is not known or has no seasons.
    ``is_sample``: the sample runner's, as there is nothing else.
    """

    enough_data: bool
    message: str | None
    tempo_message: str | None
    is_sample: bool
    share: float | None
    workouts: Side
    rest: Side
    bands: list[TempoBand]
    by_sport: list[Part]
    by_hour: list[Part]
    hemisphere: Literal["north", "south"] | None
    by_season: list[Part]
    songs: Names
    artists: Names


@router.get("/insights/workouts", response_model=WorkoutMusic)
def compare_workouts(conn: Conn, user: User) -> Response:
    """Songs, tempo and energy on workouts against the rest of life."""
    row = users.one(conn, user)
    zone = row["settings"].get("home_zone") or settings.current().home_zone

    def make() -> bytes:
        found = report.workout_music(conn, user, ZoneInfo(zone))
        return WorkoutMusic.model_validate(found).model_dump_json().encode()

    key = (conn.engine.url, user, "workouts", row["data_version"], zone)
    return Response(answers.kept(key, make), media_type="application/json")
