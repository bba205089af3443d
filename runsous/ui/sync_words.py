"""What the page Connections says of services and their runs, in plain words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal

from runsous.ui import format as fmt
from runsous.ui.connections_data import LASTFM, LISTENBRAINZ, SPOTIFY, STRAVA, State

_Row = Mapping[str, Any]
Standing = Literal["ok", "busy", "needs you", "absent"]

BRINGS = {
    STRAVA: "Your activities with route, pace, heart rate and cadence, soon after you upload them.",
    SPOTIFY: "The songs you played last. They are 50 at most, so it is asked often.",
    LASTFM: "All you ever scrobbled, and each new song soon after you heard it.",
    LISTENBRAINZ: "All you ever listened to, and each new song soon after you heard it.",
}

TERMS = {
    STRAVA: "Strava’s data is shown to you alone, and Strava wants it deleted when you disconnect."
    " An export file that you import yourself is not affected by its terms.",
    SPOTIFY: "Spotify tells nothing before the last 50 plays, and not quite when each began; the"
    " history you can export there does. It asks everyone to connect again every six months.",
    LASTFM: "Last.fm’s data is for programs that are not sold, and name it as where plays are"
    " from.",
    LISTENBRAINZ: "What you submit to ListenBrainz is public there, for anybody to read and use.",
}

INTERVALS = {
    900: "every 15 minutes",
    1800: "every 30 minutes",
    3600: "every hour",
    10_800: "every 3 hours",
    21_600: "every 6 hours",
    86_400: "once a day",
}

KEPT_DAYS = {
    0: "as long as I’m connected",
    365: "for a year",
    90: "for 90 days",
    30: "for 30 days",
    7: "for 7 days",
}

REASONS = {"user": "You asked", "schedule": "By itself", "event": "News from Strava"}
STATUSES = {
    "queued": "Waiting to start",
    "running": "Running",
    "waiting": "Waiting",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
}

_REFUSALS = {
    "denied": "You did not let Run Sous BPM in at {0}; nothing was connected.",
    "expired": "The way back from {0} was not begun here, or more than ten minutes ago:"
    " connect once more.",
    "scopes": "{0} was not allowed to show what is needed: connect again, and leave the boxes"
    " there ticked.",
    "limited": "{0} allows no more calls just now: connect again in a quarter of an hour.",
    "unavailable": "{0} could not be reached: connect again in a few minutes.",
    "rejected": "{0} refused: either this server is not registered there as it should be, or your"
    " account is not among those it lets in. Whoever runs the server can mend both.",
}
_UNKNOWN = "{0} was not connected: try once more."

_WINDOWS = {
    "in 15 min": ("15 minutes", "reads in 15 minutes"),
    "today": ("day", "reads in a day"),
}


def refusal(title: str, why: str) -> str:
    """Why somebody who is back from a service is not connected; ``why`` is one of a few words."""
    return _REFUSALS.get(why, _UNKNOWN).format(title)


def standing(state: State) -> tuple[Standing, str]:
    """How a service stands in a word or two, and what kind of news that is."""
    if state.missing:
        return "absent", "Not set up"
    if state.connection is None:
        return "absent", "Not connected"
    if state.connection["trouble"]:
        return "needs you", "Needs you"
    if state.run is not None:
        return "busy", "Waiting" if state.run["status"] == "waiting" else "Syncing"
    if state.last is not None and state.last["status"] == "failed":
        return "needs you", "Last sync failed"
    return "ok", "Connected"


def problem(state: State) -> str | None:
    """What keeps a connection from doing its work, in a sentence; ``None`` where all is well."""
    if state.connection is None or state.missing:
        return None
    if state.connection["trouble"]:
        return str(state.connection["trouble"])
    if state.run is None and state.last is not None and state.last["status"] == "failed":
        return str(state.last["message"] or "It is not known why; the server’s log may say more.")
    return None


def reads_all(scopes: Collection[str]) -> bool:
    """Whether Strava shows us private activities too."""
    return "activity:read_all" in scopes


def granted(service: str, scopes: Collection[str]) -> str:
    """What the user let us do."""
    if service == STRAVA:
        if reads_all(scopes):
            return "It may read all your activities, private ones too."
        return (
            "It may read your activities; private ones are not included: connect again and tick"
            " the box for private activities to have them too."
        )
    if service == SPOTIFY:
        return "It may read what you played last, and your name."
    if service == LASTFM and "private" in scopes:
        return "It may read your scrobbles, also while they are hidden from others."
    return "It reads what everybody can see there."


def ends(state: State, zone: tzinfo) -> str | None:
    """Until when the permission lasts, where the service sets an end to it."""
    if state.ends_at is None:
        return None
    return f"{state.title} asks you to connect again by {date(state.ends_at, zone)}."


def date(at: datetime, zone: tzinfo) -> str:
    """ "20 May 2027" """
    local = at.astimezone(zone)
    return f"{local.day} {local:%B %Y}"


def when(at: datetime, zone: tzinfo, now: datetime) -> str:
    """ "today 14:05", "tomorrow 00:10", "Mon 3 Nov 14:05" """
    return f"{_day(at, zone, now)} {fmt.clock(at, zone)}"


def _day(at: datetime, zone: tzinfo, now: datetime) -> str:
    day = fmt.day(at, zone, now)
    if day in ("Today", "Yesterday"):
        return day.lower()
    return "tomorrow" if fmt.day(at, zone, now + timedelta(days=1)) == "Today" else day


def brought(run: _Row) -> str:
    """What a run brought, only what there is: "3 new activities, 12 plays"."""
    parts = [
        _many(run["activities_new"], "new activity", "new activities"),
        _many(run["activities_changed"], "changed", "changed"),
        _many(run["activities_removed"], "removed", "removed"),
        _many(run["listens_new"], "new play", "new plays"),
        _many(run["listens_removed"], "play removed", "plays removed"),
    ]
    return ", ".join(part for part in parts if part)


def outcome(run: _Row) -> str:
    """What came of a run that has ended."""
    said = brought(run)
    if run["status"] == "failed":
        return f"failed{f' after {said}' if said else ''}"
    if run["status"] == "cancelled":
        return f"cancelled{f' after {said}' if said else ''}"
    return said or "nothing new"


def progress(state: State, zone: tzinfo) -> tuple[float | None, str]:
    """How far the run under way is (a share, where that is known), and what it is at."""
    run = state.run
    assert run is not None  # noqa: S101 - asked of runs only
    share = min(run["done"] / run["total"], 1.0) if run["total"] else None
    if run["is_cancelled"]:
        return share, "Stopping"
    if run["status"] == "waiting":
        what = _waiting(state, zone)
    elif run["status"] == "queued":
        what = "Waiting to start"
    else:
        what = run["phase"] or f"Asking {state.title}"
    if not run["total"]:
        return share, what
    so_far = f"{run['done']:,} of {run['total']:,}"
    if run["status"] == "waiting" and run["phase"]:
        so_far = f"{run['phase'][:1].lower()}{run['phase'][1:]}: {so_far}"
    return share, f"{what} · {so_far}"


def _waiting(state: State, zone: tzinfo) -> str:
    run = state.run
    assert run is not None  # noqa: S101
    if run["resume_at"] is None:
        return "Waiting to go on"
    # A pause of seconds is told to the second.
    is_short = (run["resume_at"] - datetime.now(UTC)).total_seconds() < 120
    at = fmt.clock(run["resume_at"], zone, with_seconds=is_short)
    if state.is_limited:
        return f"Waiting for {state.title} until {at}"
    return f"{run['message'] or 'Something went wrong.'} Trying again at {at}"


def left(used_and_allowed: Mapping[str, Sequence[int]] | None) -> str:
    """How many calls a service allows still, by window: "75 in 15 min, 975 today"; empty where
    that is not counted, or over seconds only.
    """
    said, windows = [], used_and_allowed or {}
    for span, names in _WINDOWS.items():
        known = [windows[name] for name in names if name in windows]
        if known:
            said.append(f"{min(max(0, allowed - used) for used, allowed in known):,} {span}")
    return ", ".join(said)


def newest(state: State, zone: tzinfo, now: datetime) -> str | None:
    """How far what is known from a service reaches."""
    if state.seen_at is None:
        return None
    if state.service == STRAVA:
        # Its own clock, by which it is shown elsewhere, may be another than the user's.
        return f"Newest activity: {_day(state.seen_at, zone, now)}"
    return f"Newest play: {when(state.seen_at, zone, now)}"


def next_run(state: State, zone: tzinfo, now: datetime) -> str:
    """When a service is asked by itself."""
    row = state.connection
    assert row is not None  # noqa: S101
    if not row["is_scheduled"]:
        return "synced only when you say so"
    often = INTERVALS.get(row["interval_s"]) or f"every {fmt.minutes(row['interval_s'])}"
    if row["trouble"]:
        return f"{often}, once you have connected again"
    if row["next_run_at"] <= now:
        return f"{often}, next in a moment"
    if problem(state) is not None:
        return f"next try {when(row['next_run_at'], zone, now)}"
    return f"{often}, next {when(row['next_run_at'], zone, now)}"


def _many(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}" if n else ""
