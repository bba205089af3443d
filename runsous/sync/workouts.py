"""Keeps workouts: finds the activity a file belongs to, joins what several files say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from runsous import settings
from runsous.analysis import geo, merging, recording, sameness
from runsous.errors import InputError
from runsous.files import strava_export
from runsous.model import Activity, Workout
from runsous.store import activities, activity_files, originals, summaries, users
from runsous.sync import readers, songs

_THUMBNAIL_POINTS = 60
_PASSED = "The samples of this activity were removed as you chose, so nothing was added to it."


@dataclass(frozen=True)
class Source:
    """Where workouts came from: a file's bytes, or (``content`` None) an entry without one."""

    sha256: str
    kind: str
    path: str
    content: bytes | None = None
    facts: dict[str, Any] | None = None


@dataclass(frozen=True)
class Kept:
    """What became of one workout: a new activity, joined to one known from other files, or
    (``is_passed``) only noted with one whose samples were removed.
    """

    activity_id: int
    is_new: bool
    notes: tuple[str, ...] = ()
    is_passed: bool = False


def keep(
    conn: Connection,
    user_id: int,
    source: Source,
    workouts: Sequence[Workout],
) -> list[Kept]:
    """Stores the workouts of one file with their songs, all or nothing.

    An activity already known from another file becomes one with it: the richest channels
    stay, all files are remembered, and the order in which they came makes no difference.
    What of the file is known already is passed over, unless an archive's index has more to
    say of it; so the list is empty when nothing changed. Raises :class:`InputError` when
    nothing of the file makes an activity.
    """
    users.lock(conn, user_id)
    home_zone = _home_zone(conn, user_id)
    completed = [(part, a) for part, a in enumerate(_complete(source, workouts, home_zone)) if a]
    if not completed:
        raise InputError("It holds no activity with samples or a duration.")
    known = activity_files.of_content(conn, user_id, source.sha256)
    fresh = [(part, a) for part, a in completed if _is_news(known.get(part), source)]
    if fresh and source.content is not None:
        originals.save(conn, user_id, source.sha256, source.kind, source.content)
    kept = [
        _keep_one(conn, user_id, _file(source, part, activity), activity)
        for part, activity in fresh
    ]
    for each in kept:
        if each.is_passed:
            summaries.drop_originals(conn, user_id, each.activity_id)
    if kept:
        users.touch(conn, user_id)
    return kept


def keep_sample(conn: Connection, user_id: int, workouts: Sequence[Workout]) -> None:
    """Stores sample activities; real ones are never joined with them."""
    for workout in workouts:
        activity = recording.complete(workout, home_zone=None)
        activity_id = activities.save(
            conn, user_id, activity, route=_thumbnail(activity), is_sample=True
        )
        songs.place(conn, user_id, activity_id, activity.samples)


def delete(conn: Connection, user_id: int, activity_id: int) -> None:
    """Removes an activity, its samples and the files only it came from."""
    users.lock(conn, user_id)
    activities.remove(conn, user_id, activity_id)
    originals.delete_unused(conn, user_id)
    users.touch(conn, user_id)


def _is_news(known: tuple[int, bool] | None, source: Source) -> bool:
    """Whether a part of a file is not there yet, or now comes with an index's word on it."""
    return known is None or (source.facts is not None and not known[1])


def _file(source: Source, part: int, activity: Activity) -> activity_files.File:
    return activity_files.File(
        source.sha256,
        part,
        source.kind,
        source.path,
        activity.start_time,
        activity.elapsed_time_s,
        activity.sport,
        source.facts,
    )


def _home_zone(conn: Connection, user_id: int) -> str:
    """The zone of recordings that tell none: their owner's choice, else the installation's."""
    own = users.one(conn, user_id)["settings"].get("home_zone")
    return str(own or settings.current().home_zone)


def _complete(source: Source, workouts: Sequence[Workout], home_zone: str) -> list[Activity | None]:
    """Each workout completed, or ``None`` where there is nothing to it (an empty leg)."""
    found: list[Activity | None] = []
    for workout in workouts:
        try:
            told = _with_facts(workout, source.facts)
            activity = recording.complete(told, home_zone=home_zone)
        except InputError:
            if len(workouts) == 1:
                raise
            activity = None
        found.append(activity)
    return found


def _with_facts(workout: Workout, facts: dict[str, Any] | None) -> Workout:
    """The workout with what the archive's index says of it: the name its owner gave it."""
    if not facts or not workout.samples.size:
        return workout
    entry = strava_entry(facts)
    return replace(
        workout,
        name=entry.name or workout.name,
        description=entry.description or workout.description,
        external_id=entry.activity_id,
        sport=workout.sport if entry.sport == "other" else entry.sport,
        sub_sport=workout.sub_sport or entry.sub_sport,
    )


def strava_entry(facts: dict[str, Any]) -> strava_export.StravaEntry:
    """An index entry as it was before it was stored as JSON."""
    start = facts.get("start_time")
    return strava_export.StravaEntry(
        **{**facts, "start_time": datetime.fromisoformat(start) if start else None}
    )


def _keep_one(
    conn: Connection, user_id: int, file: activity_files.File, activity: Activity
) -> Kept:
    """Stores one activity, or joins it with those that tell of the same."""
    found = _same(conn, user_id, file)
    summaries_found = summaries.among(conn, user_id, found)
    matches = [match for match in found if match not in summaries_found]
    if found and not matches:
        activity_files.forget(conn, user_id, file.sha256, file.part)
        activity_files.save(conn, user_id, found[0], [file])
        return Kept(found[0], False, (_PASSED,), is_passed=True)
    if matches:
        activity_id = matches[0]
        stored = _join(conn, user_id, matches, file, activity)
    else:
        stored = activity
        activity_id = activities.save(conn, user_id, activity, route=_thumbnail(activity))
    activity_files.save(conn, user_id, activity_id, [file])
    songs.place(conn, user_id, activity_id, stored.samples)
    return Kept(activity_id, not matches, activity.notes)


def _join(
    conn: Connection,
    user_id: int,
    matches: Sequence[int],
    file: activity_files.File,
    activity: Activity,
) -> Activity:
    """Makes one of stored activities and another telling; the oldest of them stays."""
    first, *others = matches
    told = {match: _reread(conn, user_id, match) for match in matches}
    names = (_given_name(conn, user_id, match, list(told[match].values())) for match in matches)
    name = next(filter(None, names), None)
    activity_files.hand_over(conn, user_id, others, first)
    activity_files.forget(conn, user_id, file.sha256, file.part)
    for other in others:
        activities.remove(conn, user_id, other)
    tellings = {part: a for parts in told.values() for part, a in parts.items()}
    merged = merging.merge(list({**tellings, (file.sha256, file.part): activity}.values()))
    if name is not None:
        merged = replace(merged, name=name[0])
    activities.replace(conn, user_id, first, merged, route=_thumbnail(merged))
    return merged


def _same(conn: Connection, user_id: int, file: activity_files.File) -> list[int]:
    """The stored activities, oldest first, of which some file tells of the same as this one.

    File by file, not by what they said together: so it does not matter which came first.
    """
    margin = timedelta(minutes=2)
    until = file.start_time + timedelta(seconds=file.elapsed_time_s)
    mine = sameness.Span(file.start_time, file.elapsed_time_s, file.sport)
    longest = timedelta(seconds=recording.LONGEST_S)
    around = activity_files.between(
        conn, user_id, file.start_time - margin, until + margin, longest
    )
    found = {
        number
        for number, start, length, sport in around
        if sameness.is_same(mine, sameness.Span(start, length, sport))
    }
    known = activity_files.of_content(conn, user_id, file.sha256).get(file.part)
    return sorted(found | ({known[0]} if known else set()))


def _given_name(
    conn: Connection, user_id: int, activity_id: int, tellings: Sequence[Activity]
) -> tuple[str | None] | None:
    """The name its owner gave an activity, where it is not the one its files tell."""
    stored = activities.one(conn, user_id, activity_id)["name"]
    return None if stored == merging.merge(tellings).name else (stored,)


def _reread(conn: Connection, user_id: int, activity_id: int) -> dict[tuple[str, int], Activity]:
    """The activity as each of its files (hash and part) told it, from the originals."""
    home_zone = _home_zone(conn, user_id)
    found = {}
    for file in activity_files.of_activity(conn, user_id, activity_id):
        content = originals.content(conn, user_id, file.sha256)
        if content is None:
            workout = strava_export.to_workout(strava_entry(file.facts or {}))
        else:
            workout = _with_facts(readers.read(content).workouts[file.part], file.facts)
        found[file.sha256, file.part] = recording.complete(workout, home_zone=home_zone)
    return found


def _thumbnail(activity: Activity) -> list[list[float]] | None:
    samples = activity.samples
    if samples["latitude"].notna().sum() < 2:
        return None
    return geo.encode_route(
        samples["latitude"].to_numpy(), samples["longitude"].to_numpy(), _THUMBNAIL_POINTS
    )
