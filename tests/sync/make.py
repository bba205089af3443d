"""Files as people hand them in, made in code, and what the store then holds."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from runsous.store import users
from runsous.sync import import_files
from runsous.sync.import_files import Report
from tests.files.make_fit import FitWriter, fit_run

START = datetime(2024, 6, 1, 6, 30, tzinfo=UTC)

_VOLATILE = {"revision", "created_at", "updated_at", "finished_at", "data_version"}
_NAMES = (
    "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,"
    "Distance,Max Heart Rate,Relative Effort,Commute,Activity Private Note,Activity Gear,Filename,"
    "Athlete Weight,Bike Weight,Elapsed Time,Moving Time,Distance,Max Speed,Average Speed,"
    "Elevation Gain,Elevation Loss,Elevation Low,Elevation High,Max Grade,Average Grade,"
    "Average Positive Grade,Average Negative Grade,Max Cadence,Average Cadence,Max Heart Rate,"
    "Average Heart Rate"
)
_FRONT = _NAMES.split(",")
ENGLISH = [*_FRONT, *(f"Column {n}" for n in range(len(_FRONT), 94))]
_GERMAN = {
    "Activity ID": "Aktivitäts-ID",
    "Activity Date": "Aktivitätsdatum",
    "Activity Name": "Name der Aktivität",
    "Activity Type": "Aktivitätsart",
    "Elapsed Time": "Verstrichene Zeit",
    "Moving Time": "Bewegungszeit",
    "Distance": "Distanz",
    "Filename": "Dateiname",
}
GERMAN = [_GERMAN.get(name, name) for name in ENGLISH]


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def fit(start: datetime = START, n: int = 600, **options: Any) -> bytes:
    """A FIT run, with everything a watch records; see :func:`fit_run`."""
    return fit_run(start, n, **options)


def gpx(
    start: datetime = START,
    n: int = 600,
    *,
    name: str | None = "From the phone",
    every: int = 1,
    sport: str = "running",
) -> bytes:
    """The same run as :func:`fit` in a GPX without heart rate."""
    points = "".join(
        f'<trkpt lat="{50.08 + 3 * s / 111_195:.7f}" lon="14.42"><ele>200</ele>'
        f"<time>{iso(start + timedelta(seconds=s))}</time></trkpt>"
        for s in range(0, n, every)
    )
    title = f"<name>{name}</name>" if name else ""
    return (
        '<?xml version="1.0"?><gpx version="1.1" creator="phone"'
        ' xmlns="http://www.topografix.com/GPX/1/1"><trk>'
        f"{title}<type>{sport}</type><trkseg>{points}</trkseg></trk></gpx>"
    ).encode()


def tcx(start: datetime = START, n: int = 600) -> bytes:
    """The same run as :func:`fit` in a TCX: heart rate and distance, no cadence, no place."""
    points = "".join(
        f"<Trackpoint><Time>{iso(start + timedelta(seconds=s))}</Time>"
        f"<DistanceMeters>{3 * s}</DistanceMeters>"
        f"<HeartRateBpm><Value>{120 + s % 40}</Value></HeartRateBpm></Trackpoint>"
        for s in range(n)
    )
    return (
        '<?xml version="1.0"?><TrainingCenterDatabase'
        ' xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities>'
        f'<Activity Sport="Running"><Id>{iso(start)}</Id><Lap StartTime="{iso(start)}">'
        f"<TotalTimeSeconds>{n}</TotalTimeSeconds><DistanceMeters>{3 * n}</DistanceMeters>"
        f"<Track>{points}</Track></Lap></Activity></Activities></TrainingCenterDatabase>"
    ).encode()


def triathlon(start: datetime = START, leg_s: int = 300) -> bytes:
    """Three legs in one FIT file: swim, ride, run, one after the other."""
    out = FitWriter(time_created=start)
    out.timer(start, 0)
    legs = ((5, 1.0), (2, 8.0), (1, 3.0))
    for nth, (sport, speed) in enumerate(legs):
        begin = start + timedelta(seconds=nth * leg_s)
        for second in range(leg_s):
            out.add(
                "record",
                timestamp=begin + timedelta(seconds=second),
                position_lat=50.08 + nth / 10 + second * speed / 111_195,
                position_long=14.42,
                heart_rate=130 + nth,
                distance=second * speed,
            )
        out.add(
            "session",
            timestamp=begin + timedelta(seconds=leg_s),
            start_time=begin,
            total_elapsed_time=leg_s,
            total_timer_time=leg_s,
            total_distance=leg_s * speed,
            sport=sport,
            sub_sport=0,
        )
    end = start + timedelta(seconds=len(legs) * leg_s)
    out.timer(end, 4)
    out.add("activity", timestamp=end, total_timer_time=len(legs) * leg_s, num_sessions=len(legs))
    return out.content()


def strava_row(number: int, start: datetime, **cells: str) -> dict[str, str]:
    """One row of ``activities.csv``; a name that stands twice takes ``_2`` for its second."""
    date = f"{start:%b} {start.day}, {start.year}, {start:%I:%M:%S %p}"
    return {
        "Activity ID": str(number),
        "Activity Date": date,
        "Activity Name": f"Strava {number}",
        "Activity Type": "Run",
        "Elapsed Time": "600",
        "Distance": "1.80",
        "Elapsed Time_2": "600.0",
        "Moving Time": "600.0",
        "Distance_2": "1800.0",
        "Commute": "false",
        **{name.replace("__", " "): value for name, value in cells.items()},
    }


def strava_index(
    rows: Iterable[Mapping[str, str]], header: Sequence[str] = tuple(ENGLISH)
) -> bytes:
    """An ``activities.csv``; cells are found by their English names whatever the header says."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        seen: set[str] = set()
        cells = []
        for name in ENGLISH:
            cells.append(row.get(f"{name}_2" if name in seen else name, ""))
            seen.add(name)
        writer.writerow(cells)
    return out.getvalue().encode()


def listenbrainz(*plays: tuple[float, str, float | None], start: datetime = START) -> bytes:
    """Listens as JSON Lines: (seconds after ``start``, "Artist – Title", length or ``None``)."""
    lines = []
    for at, song, length in plays:
        artist, _, title = song.partition(" – ")
        info = {} if length is None else {"duration_ms": int(length * 1000)}
        track = {"artist_name": artist, "track_name": title, "additional_info": info}
        lines.append(
            json.dumps({"listened_at": int(start.timestamp() + at), "track_metadata": track})
        )
    return "\n".join(lines).encode()


def spotify(*plays: tuple[float, str, float], start: datetime = START) -> bytes:
    """An extended history: (seconds after ``start`` at which it *began*, song, seconds heard)."""
    entries = []
    for at, song, heard in plays:
        artist, _, title = song.partition(" – ")
        end = start + timedelta(seconds=at + heard)
        entries.append(
            {
                "ts": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                "ms_played": int(heard * 1000),
                "master_metadata_track_name": title,
                "master_metadata_album_artist_name": artist,
                "master_metadata_album_album_name": "LP",
                "spotify_track_uri": "spotify:track:3aJ2aJz5xL03hpaqdPS7Ah",
                "reason_end": "trackdone",
                "skipped": False,
            }
        )
    return json.dumps(entries).encode()


def lastfm(*plays: tuple[float, str], start: datetime = START) -> bytes:
    """Scrobbles as a CSV with ``uts``: (seconds after ``start``, song)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["uts", "utc_time", "artist", "album", "track"])
    for at, song in plays:
        artist, _, title = song.partition(" – ")
        moment = start + timedelta(seconds=at)
        stamp = f"{moment:%d %b %Y, %H:%M}"
        writer.writerow([int(moment.timestamp()), stamp, artist, "LP", title])
    return out.getvalue().encode()


def maloja(*plays: tuple[float, str, float], start: datetime = START) -> bytes:
    """A Maloja export: (seconds after ``start``, song, length)."""
    scrobbles = []
    for at, song, length in plays:
        artist, _, title = song.partition(" – ")
        track = {"artists": [artist], "title": title, "length": length}
        scrobbles.append({"time": int(start.timestamp() + at), "track": track, "duration": length})
    return json.dumps({"maloja": {"export_time": 1}, "scrobbles": scrobbles}).encode()


def packed(members: Mapping[str, bytes], path: Path) -> Path:
    """A ZIP archive of these members, at ``path``."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def gz(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def user(engine: Engine) -> int:
    with engine.begin() as conn:
        return users.local(conn)


def take(engine: Engine, *paths: Path) -> Report:
    """Imports the paths together, as ``runsous import`` does."""
    return import_files.import_paths(engine, user(engine), paths)


def outcome(report: Report) -> list[tuple[str, str]]:
    """Kind and status of each file, in order."""
    return [(file.kind, file.status) for file in report.files]


def rows(engine: Engine, query: str, **values: Any) -> list[dict[str, Any]]:
    with engine.begin() as conn:
        return [row._asdict() for row in conn.execute(text(query), values)]


def tables(engine: Engine, *without: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours, as it is, in a fixed order."""
    names = rows(
        engine,
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
        " AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'procrastinate%'"
        " AND table_name <> 'alembic_version'",
    )
    with engine.begin() as conn:
        return {
            row["name"]: sorted(
                (tuple(r) for r in conn.execute(text(f'SELECT * FROM "{row["name"]}"'))), key=repr
            )
            for row in names
            if row["name"] not in without
        }


def library(engine: Engine) -> dict[str, Any]:
    """All a user can see of what was imported, without ids and counters of changes."""
    songs = {
        row["id"]: (row["name"], row["title"])
        for row in rows(
            engine,
            "SELECT t.id, a.name, t.title FROM tracks t JOIN artists a ON a.id = t.artist_id",
        )
    }
    found = []
    for activity in rows(engine, "SELECT * FROM activities ORDER BY start_time, sport"):
        number = activity.pop("id")
        parts = {
            table: _plain(
                rows(
                    engine,
                    f'SELECT * FROM {table} WHERE activity_id = :id ORDER BY "{by}"',
                    id=number,
                ),
                songs,
            )
            for table, by in _PARTS.items()
        }
        parts["files"] = sorted(_plain(_files(engine, number), songs), key=repr)
        found.append((_plain([activity], songs)[0], parts))
    return {
        "activities": found,
        "plays": _plain(rows(engine, "SELECT * FROM plays ORDER BY started_at, ended_at"), songs),
        "listens": sorted(_plain(rows(engine, "SELECT * FROM listens"), songs), key=repr),
        "tracks": _plain(
            rows(
                engine,
                "SELECT t.*, a.name AS artist, b.name AS album FROM tracks t"
                " JOIN artists a ON a.id = t.artist_id LEFT JOIN albums b ON b.id = t.album_id"
                " ORDER BY a.key, t.title_key",
            ),
            songs,
        ),
    }


_PARTS = {
    "activity_streams": "time",
    "pauses": "start_s",
    "laps": "index",
    "pool_lengths": "index",
    "segments": "index",
}


def _files(engine: Engine, activity_id: int) -> list[dict[str, Any]]:
    return rows(
        engine,
        "SELECT sha256, part, kind, facts FROM activity_files WHERE activity_id = :id",
        id=activity_id,
    )


def _plain(found: list[dict[str, Any]], songs: Mapping[int, tuple[str, str]]) -> list[Any]:
    numbers = {"id", "activity_id", "play_id", "artist_id", "album_id", "user_id", *_VOLATILE}
    plain = []
    for row in found:
        kept = {name: value for name, value in row.items() if name not in numbers}
        if "track_id" in kept:
            kept["track_id"] = songs.get(kept["track_id"])
        plain.append(tuple(sorted(kept.items())))
    return plain
