"""Keeps workouts: finds the activity a file belongs to, joins what several files say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from runsous.analysis import merging, recording, sameness
from runsous.errors import InputError
from runsous.model import Activity, Workout
from runsous.store import (
    activities,
    activity_files,
    originals,
    remote_activities,
    summaries,
    users,
    words,
)
from runsous.sync import songs, tellings
from runsous.sync.tellings import Source

_PASSED = "The samples of this activity were removed as you chose, so nothing was added to it."


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
    told = tellings.complete(conn, user_id, source, workouts)
    completed = [(part, a) for part, a in enumerate(told) if a]
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


def keep_told(
    conn: Connection,
    user_id: int,
    source: Source,
    workout: Workout,
    before: Workout | None = None,
) -> Kept:
    """Stores what a service tells of one activity now, in place of what it told before.

    ``source.sha256`` names the activity at the service; its content replaces the former one.
    ``before`` is what that said, where no more than words and laps are different now.
    """
    users.lock(conn, user_id)
    [activity] = tellings.complete(conn, user_id, source, [workout])
    assert activity is not None  # noqa: S101 - of a single one InputError would say why
    # The names its owner gave are told by the content before.
    only = None if before is None else _only_told_by(conn, user_id, source.sha256)
    if before is not None and only is not None:
        kept = _describe(conn, user_id, only, activity, before.name)
    else:
        kept = _keep_one(conn, user_id, _file(source, 0, activity), activity)
    if source.content is not None and not kept.is_passed:
        originals.replace(conn, user_id, source.sha256, source.kind, source.content)
    users.touch(conn, user_id)
    return kept


def _only_told_by(conn: Connection, user_id: int, sha256: str) -> int | None:
    """The activity of which nothing else tells, if it has its samples."""
    known = activity_files.of_content(conn, user_id, sha256).get(0)
    if known is None or summaries.among(conn, user_id, [known[0]]):
        return None
    is_alone = len(activity_files.of_activity(conn, user_id, known[0])) == 1
    return known[0] if is_alone else None


def _describe(
    conn: Connection, user_id: int, activity_id: int, activity: Activity, told_name: str | None
) -> Kept:
    """Takes over what is told besides the recording; a name its owner gave stays."""
    stored = activities.one(conn, user_id, activity_id)["name"]
    named = activity if stored == told_name else replace(activity, name=stored)
    words.save(conn, user_id, activity_id, named)
    return Kept(activity_id, False, activity.notes)


def forget_told(conn: Connection, user_id: int, sha256: str) -> bool:
    """Takes back what was told under this name: what only it told of goes, and what it added to
    an activity that is known from elsewhere too. Whether an activity went with it.
    """
    users.lock(conn, user_id)
    known = activity_files.of_content(conn, user_id, sha256).get(0)
    if known is None:
        return False
    activity_id = known[0]
    is_alone = len(activity_files.of_activity(conn, user_id, activity_id)) == 1
    is_read = not is_alone and not summaries.among(conn, user_id, [activity_id])
    told = tellings.reread(conn, user_id, activity_id) if is_read else {}
    name = tellings.given_name(conn, user_id, activity_id, list(told.values())) if told else None
    activity_files.forget(conn, user_id, sha256, 0)
    left = [activity for (key, _), activity in told.items() if key != sha256]
    originals.delete(conn, user_id, sha256)
    if is_alone:
        activities.remove(conn, user_id, activity_id)
    elif left:
        merged = merging.merge(left)
        merged = replace(merged, name=name[0]) if name is not None else merged
        activities.replace(conn, user_id, activity_id, merged, route=tellings.thumbnail(merged))
        songs.place(conn, user_id, activity_id, merged.samples)
    users.touch(conn, user_id)
    return is_alone


def keep_sample(conn: Connection, user_id: int, workouts: Sequence[Workout]) -> None:
    """Stores sample activities; real ones are never joined with them."""
    for workout in workouts:
        activity = recording.complete(workout, home_zone=None)
        activity_id = activities.save(
            conn, user_id, activity, route=tellings.thumbnail(activity), is_sample=True
        )
        songs.place(conn, user_id, activity_id, activity.samples)


def delete(conn: Connection, user_id: int, activity_id: int) -> None:
    """Removes an activity, its samples and the files only it came from; a service that lists it
    does not bring it back.
    """
    users.lock(conn, user_id)
    told = activity_files.of_activity(conn, user_id, activity_id)
    remote_activities.dismiss(conn, user_id, [file.sha256 for file in told])
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


def _keep_one(
    conn: Connection, user_id: int, file: activity_files.File, activity: Activity
) -> Kept:
    """Stores one activity, or joins it with those that tell of the same."""
    found = _same(conn, user_id, file, activity) or _namesake(conn, user_id, activity)
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
        activity_id = activities.save(conn, user_id, activity, route=tellings.thumbnail(activity))
    activity_files.save(conn, user_id, activity_id, [file])
    songs.place(conn, user_id, activity_id, stored.samples)
    return Kept(activity_id, not matches, activity.notes)


def _namesake(conn: Connection, user_id: int, activity: Activity) -> list[int]:
    """The stored activity of the same name at its service, where the time of day of one of the
    two is hidden, so that times cannot tell.
    """
    if activity.external_id is None:
        return []
    found = activity_files.namesakes(conn, user_id, activity.external_id)
    is_meant = len(found) == 1 and (activity.is_start_hidden or found[0][1])
    return [found[0][0]] if is_meant else []


def _join(
    conn: Connection,
    user_id: int,
    matches: Sequence[int],
    file: activity_files.File,
    activity: Activity,
) -> Activity:
    """Makes one of stored activities and another telling; the oldest of them stays."""
    first, *others = matches
    told = {match: tellings.reread(conn, user_id, match) for match in matches}
    names = (
        tellings.given_name(conn, user_id, match, list(told[match].values())) for match in matches
    )
    name = next(filter(None, names), None)
    activity_files.hand_over(conn, user_id, others, first)
    activity_files.forget(conn, user_id, file.sha256, file.part)
    for other in others:
        activities.remove(conn, user_id, other)
    before = {part: a for parts in told.values() for part, a in parts.items()}
    merged = merging.merge(list({**before, (file.sha256, file.part): activity}.values()))
    if name is not None:
        merged = replace(merged, name=name[0])
    activities.replace(conn, user_id, first, merged, route=tellings.thumbnail(merged))
    return merged


def _same(
    conn: Connection, user_id: int, file: activity_files.File, activity: Activity
) -> list[int]:
    """The stored activities, oldest first, of which some file tells of the same as this one.

    File by file, not by what they said together: so it does not matter which came first. Two of
    a day whose time is hidden only seem to begin together.
    """
    known = activity_files.of_content(conn, user_id, file.sha256).get(file.part)
    itself = {known[0]} if known else set()
    if activity.is_start_hidden:
        return list(itself)
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
    return sorted(found | itself)
