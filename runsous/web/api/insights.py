"""``/insights``: what music does to one's activities, with the numbers the page shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel

from runsous.analysis import effects as measuring
from runsous.analysis.effects import Effect, Measure
from runsous.analysis.power_songs import Ranking
from runsous.reports import insights as report
from runsous.reports.insights import Chosen, Songs
from runsous.store import efforts, users
from runsous.web.api import answers
from runsous.web.api.context import Conn, User
from runsous.web.api.insights_which import Which, of_one_sport, of_these

router = APIRouter(tags=["insights"])

_TEMPO, _ENERGY = measuring.DOSES
Outcome = Literal["speed", "heartrate", "cadence"]
Format = Literal["csv", "parquet"]


class Interval(BaseModel):
    """An estimate with its 95 % interval."""

    estimate: float
    low: float
    high: float


class BandOfDose(Interval):
    """Songs from ``since`` to below ``until``: how far the outcome was from the course of each
    activity.
    """

    since: float
    until: float
    n_segments: int


class WhatGoesWithIt(BaseModel):
    """What goes with more of something, within each activity.

    ``p_shift`` is the share of shifted playlists that do as well, ``q`` the false discovery rate
    among all outcomes; null where ``enough_data`` is false, and then ``message`` says what is
    missing. ``correlation`` is the repeated-measures correlation: it takes out levels, not courses,
    so playlists that speed up as one does make it large. Association is not cause. ``sport`` is the
    one it is about, null where there are no songs. All is without the ``n_waiting`` activities, of
    whatever sport, that are still to be measured.
    """

    sport: str | None
    outcome: str
    n_waiting: int
    enough_data: bool
    message: str
    n_segments: int
    n_activities: int
    p_shift: float | None
    q: float | None
    correlation: Interval | None
    unit: str
    bands: list[BandOfDose]


class EffectOfTempo(WhatGoesWithIt):
    """See there; the slope is for 10 BPM more."""

    slope_per_10bpm: Interval | None


class EffectOfEnergy(WhatGoesWithIt):
    """See there; the slope is for 0.1 more energy (0 to 1)."""

    slope_per_tenth: Interval | None


class SongEffect(Interval):
    """A song's effect, shrunken towards none by how little it was heard; ``plain`` is not."""

    track_id: int
    title: str
    artist: str
    n: int
    plain: float


class Ranked(BaseModel):
    """Songs by their effect: ``at_equal`` says what was held equal, if anything could be; where
    ``enough_data`` is false, ``message`` says what is missing.
    """

    enough_data: bool
    message: str | None
    unit: str
    at_equal: str | None
    n_segments: int
    songs: list[SongEffect]


class SongEffects(BaseModel):
    """Power songs (speed at equal heart rate) and calming songs (heart rate at equal speed) of one
    sport, null where there are no songs; without the ``n_waiting`` activities, of whatever sport,
    that are still to be measured.
    """

    sport: str | None
    n_waiting: int
    power: Ranked
    calming: Ranked


@router.get("/insights/tempo")
def get_effect_of_tempo(
    conn: Conn, user: User, which: Which, outcome: Outcome = "speed"
) -> EffectOfTempo:
    """What goes with 10 BPM more: for each outcome the slope within activities of one sport,
    without ``sport`` of that with most measured songs.
    """
    facts, slope = _told(conn, user, which, _TEMPO, outcome)
    return EffectOfTempo.model_validate({**facts, "slope_per_10bpm": slope})


@router.get("/insights/energy")
def get_effect_of_energy(
    conn: Conn, user: User, which: Which, outcome: Outcome = "speed"
) -> EffectOfEnergy:
    """What goes with more energetic songs, as far as sources tell their energy; of one sport,
    without ``sport`` of that with most measured songs.
    """
    facts, slope = _told(conn, user, which, _ENERGY, outcome)
    return EffectOfEnergy.model_validate({**facts, "slope_per_tenth": slope})


@router.get("/insights/songs")
def get_song_effects(
    conn: Conn, user: User, which: Which, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> SongEffects:
    """Songs by what went with them, the strongest first; of one sport, without ``sport`` of that
    with most measured songs.
    """

    def make() -> Any:
        found, sport = of_one_sport(conn, user, which)
        power, calming = (rank(conn, user, found) for rank in (report.power, report.calming))
        ranked = {
            "power": _ranked(power, "m/s", "heart rate", limit),
            "calming": _ranked(calming, "bpm", "speed", limit),
        }
        return {"sport": sport, **{name: each.model_dump() for name, each in ranked.items()}}

    told = _kept(conn, user, (which, "songs", limit), make)
    return SongEffects.model_validate({**told, "n_waiting": efforts.n_stale(conn, user)})


@router.get(
    "/insights/segments",
    response_class=Response,
    responses={
        200: {
            "content": {
                "text/csv": {},
                "application/vnd.apache.parquet": {
                    "schema": {"type": "string", "format": "binary"}
                },
            }
        }
    },
)
def get_segments(
    conn: Conn, user: User, which: Which, form: Annotated[Format, Query(alias="format")] = "csv"
) -> Response:
    """The table all these numbers come from: one row per song and activity."""
    rows = report.table(conn, user, of_these(conn, user, which))
    headers = {"Content-Disposition": f'attachment; filename="songs-on-activities.{form}"'}
    if form == "csv":
        return Response(report.as_csv(rows), media_type="text/csv", headers=headers)
    return Response(
        report.as_parquet(rows), media_type="application/vnd.apache.parquet", headers=headers
    )


def _kept(conn: Conn, user: int, asked: tuple[object, ...], make: Callable[[], Any]) -> Any:
    """What ``make`` tells, from before while nothing of this user's data changed."""
    version = users.one(conn, user)["data_version"]
    key = (conn.engine.url, user, "insights", version, *asked)
    return json.loads(answers.kept(key, lambda: json.dumps(make()).encode()))


def _told(
    conn: Conn, user: int, which: Chosen, dose: Measure, outcome: str
) -> tuple[dict[str, Any], dict[str, float] | None]:
    def make() -> Any:
        found, sport = of_one_sport(conn, user, which)
        # All outcomes have to be known for any one's q.
        return {
            each.outcome.name: (_facts(found, sport, dose, each), _slope(each))
            for each in report.effects(found, dose)
        }

    facts, slope = _kept(conn, user, (which, dose.name), make)[outcome]
    # How many wait changes without the data: it is not kept.
    return {**facts, "n_waiting": efforts.n_stale(conn, user)}, slope


def _facts(found: Songs, sport: str | None, dose: Measure, each: Effect) -> dict[str, object]:
    return {
        "sport": sport,
        "outcome": each.outcome.name,
        "enough_data": each.has_enough,
        "message": report.sentence(each, found),
        "n_segments": each.n_songs,
        "n_activities": each.n_activities,
        "p_shift": each.null.p if each.null else None,
        "q": each.q,
        "correlation": _interval(*each.correlation) if each.correlation else None,
        "unit": each.outcome.unit,
        "bands": [
            {
                "since": band.since,
                "until": band.until,
                "n_segments": band.n_songs,
                **_interval(band.estimate, band.low, band.high),
            }
            for band in report.bands(found, dose, each.outcome)
        ],
    }


def _slope(each: Effect) -> dict[str, float] | None:
    if each.estimate is None or each.low is None or each.high is None:
        return None
    return _interval(each.estimate, each.low, each.high)


def _interval(estimate: float, low: float, high: float) -> dict[str, float]:
    return {"estimate": estimate, "low": low, "high": high}


def _ranked(ranking: Ranking, unit: str, given: str, limit: int) -> Ranked:
    rows = ranking.songs.head(limit).to_dict("records")
    return Ranked(
        enough_data=ranking.missing is None,
        message=ranking.missing,
        unit=unit,
        at_equal=given if ranking.at_equal else None,
        n_segments=ranking.n_plays,
        songs=[SongEffect.model_validate(row) for row in rows],
    )
