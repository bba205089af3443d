"""``/insights/lock``: whether one moves in time with one's songs more than by chance."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from runsous.analysis.in_step import InStep
from runsous.reports import insights as report
from runsous.reports.insights import Songs
from runsous.store import efforts
from runsous.web.api.context import Conn, User
from runsous.web.api.insights import Interval
from runsous.web.api.insights_which import Which, of_one_sport

router = APIRouter(tags=["insights"])


class InTime(BaseModel):
    """``share`` of the time in time with one's songs, ``by_chance`` with the same songs begun
    elsewhere in the same activities, and the ``difference``; all 0 to 1.

    ``p_shift`` is the share of shifted playlists that do as well; null where ``enough_data`` is
    false, and then ``message`` says what is missing. ``sport`` is the one it is about, null where
    there are no songs. All is without the ``n_waiting`` activities, of whatever sport, that are
    still to be measured.
    """

    sport: str | None
    n_waiting: int
    enough_data: bool
    message: str
    n_segments: int
    n_activities: int
    share: float | None
    by_chance: float | None
    difference: Interval | None
    p_shift: float | None


@router.get("/insights/lock")
def get_share_in_time(conn: Conn, user: User, which: Which) -> InTime:
    """How much of the time cadence is locked to the beat, beside what chance makes of it; in one
    sport, without ``sport`` that with most measured songs.
    """
    chosen, sport = of_one_sport(conn, user, which)
    found = report.in_step(conn, user, chosen)
    return InTime(
        sport=sport,
        n_waiting=efforts.n_stale(conn, user),
        enough_data=found.missing is None,
        message=_sentence(found, chosen),
        n_segments=found.n_songs,
        n_activities=found.n_activities,
        share=found.share,
        by_chance=found.by_chance,
        difference=_difference(found),
        p_shift=found.null.p if found.null else None,
    )


def _difference(found: InStep) -> Interval | None:
    if found.difference is None or found.low is None or found.high is None:
        return None
    return Interval(estimate=found.difference, low=found.low, high=found.high)


def _sentence(found: InStep, chosen: Songs) -> str:
    if found.missing is not None or found.null is None:
        return (found.missing or "") + report.without_tempo(chosen)
    return (
        f"In time {found.share:.3g} of the time, {found.difference:+.3g} beside the same songs"
        f" begun elsewhere, 95 % interval {found.low:+.3g} to {found.high:+.3g},"
        f" {found.n_songs} songs in {found.n_activities} activities. Of playlists shifted in time,"
        f" {100 * found.null.p:.1f} % do as much. What goes together need not cause each other."
    )
