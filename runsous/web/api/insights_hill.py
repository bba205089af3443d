"""``/insights/hill``: every pass of a stretch of a route, and the songs that played there."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from runsous import frames
from runsous.reports import hills
from runsous.store import efforts
from runsous.web.api.context import Conn, User
from runsous.web.api.models import Moment

router = APIRouter(tags=["insights"])

_Metres = Annotated[float, Query(ge=0, le=1e7)]


class Middle(BaseModel):
    """Medians of some passes; ``pace_s_per_km`` is over the stretch's own length."""

    n_passes: int
    moving_s: float | None
    pace_s_per_km: float | None
    average_heartrate: float | None


class SongOfPass(BaseModel):
    """A song, and the share (0 to 1) of the pass that it sounded."""

    track_id: int
    name: str
    artist: str
    tempo_bpm: float | None
    share: float


class Pass(BaseModel):
    """One time along the stretch.

    ``since_s`` and ``until_s`` count from the activity's start. Differences are from the median of
    all passes: seconds longer, beats per minute more. ``music`` is ``song``, ``brief`` where songs
    sounded, but none for a fifth of the pass, ``unsure`` where it is not sure what did, or
    ``none``.
    """

    activity_id: int
    started_at: Moment
    since_s: float
    until_s: float
    moving_s: float
    pace_s_per_km: float
    average_heartrate: float | None
    difference_s: float
    difference_bpm: float | None
    music: str
    songs: list[SongOfPass]


class SongOfHill(SongOfPass):
    """A song and the medians of its passes; ``share`` is the mean."""

    n_passes: int
    moving_s: float
    pace_s_per_km: float
    average_heartrate: float | None
    difference_s: float
    difference_bpm: float | None


class Hill(BaseModel):
    """A stretch, metres from the activity's start; all passes of it, the oldest first; its songs,
    those heard most often first.

    Where ``enough_data`` is false, ``message`` says what is missing. Passes of the ``n_waiting``
    activities that are still to be measured are not known. Association is not cause.
    """

    activity_id: int
    from_m: float
    to_m: float
    enough_data: bool
    message: str | None
    n_waiting: int
    median: Middle
    without_music: Middle
    passes: list[Pass]
    songs: list[SongOfHill]


@router.get("/insights/hill")
def get_hill(
    conn: Conn,
    user: User,
    activity_id: Annotated[int, Query(ge=1, lt=2**63)],
    from_m: _Metres,
    to_m: _Metres,
) -> Hill:
    """All passes of a stretch of an activity's way by activities of its sport, in its direction."""
    found = hills.hill(conn, user, activity_id, from_m, to_m)
    heard: dict[int, list[dict[str, Any]]] = {}
    for row in frames.records(found.heard):
        heard.setdefault(row["part"], []).append(_named(row))
    return Hill.model_validate(
        {
            "activity_id": activity_id,
            "from_m": found.from_m,
            "to_m": found.to_m,
            "enough_data": found.missing is None,
            "message": found.missing,
            "n_waiting": efforts.n_stale(conn, user),
            "median": _named(vars(found.middle)),
            "without_music": _named(vars(found.silent)),
            "passes": [
                {**_named(row), "started_at": row["at"], "songs": heard.get(part, [])}
                for part, row in enumerate(frames.records(found.passes))
            ],
            "songs": [_named(row) for row in frames.records(found.songs)],
        }
    )


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """As the API calls it."""
    return {**row, "name": row.get("title"), "average_heartrate": row.get("heartrate")}
