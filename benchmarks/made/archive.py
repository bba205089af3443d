"""A Strava export: FIT files, each gzipped, and the index that tells of them."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from datetime import datetime
from pathlib import Path

from benchmarks.made import runs

# The columns of an English account in 2024, in order; some names come twice.
_COLUMNS = [
    "Activity ID",
    "Activity Date",
    "Activity Name",
    "Activity Type",
    "Activity Description",
    "Elapsed Time",
    "Distance",
    "Max Heart Rate",
    "Relative Effort",
    "Commute",
    "Activity Private Note",
    "Activity Gear",
    "Filename",
    "Athlete Weight",
    "Bike Weight",
    "Elapsed Time",
    "Moving Time",
    "Distance",
    "Max Speed",
    "Average Speed",
    "Elevation Gain",
    "Elevation Loss",
    "Elevation Low",
    "Elevation High",
    "Max Grade",
    "Average Grade",
    "Average Positive Grade",
    "Average Negative Grade",
    "Max Cadence",
    "Average Cadence",
    "Max Heart Rate",
    "Average Heart Rate",
    "Max Watts",
    "Average Watts",
    "Calories",
    "Max Temperature",
    "Average Temperature",
    "Relative Effort",
    "Total Work",
    "Number of Runs",
    "Uphill Time",
    "Downhill Time",
    "Other Time",
    "Perceived Exertion",
    "Type",
    "Start Time",
    "Weighted Average Power",
    "Power Count",
    "Prefer Perceived Exertion",
    "Perceived Relative Effort",
    "Commute",
    "Total Weight Lifted",
    "From Upload",
    "Grade Adjusted Distance",
    "Weather Observation Time",
    "Weather Condition",
    "Weather Temperature",
    "Apparent Temperature",
    "Dewpoint",
    "Humidity",
    "Weather Pressure",
    "Wind Speed",
    "Wind Gust",
    "Wind Bearing",
    "Precipitation Intensity",
    "Sunrise Time",
    "Sunset Time",
    "Moon Phase",
    "Bike",
    "Gear",
    "Precipitation Probability",
    "Precipitation Type",
    "Cloud Cover",
    "Weather Visibility",
    "UV Index",
    "Weather Ozone",
    "Jump Count",
    "Total Grit",
    "Average Flow",
    "Flagged",
    "Average Elapsed Speed",
    "Dirt Distance",
    "Newly Explored Distance",
    "Newly Explored Dirt Distance",
    "Activity Count",
    "Total Steps",
    "Carbon Saved",
    "Pool Length",
    "Training Load",
    "Intensity",
    "Average Grade Adjusted Pace",
    "Timer Time",
    "Total Cycles",
    "Media",
]


def write(path: Path, activities: int, seconds: int) -> None:
    """Writes an export with so many runs, one a day, each of so many seconds."""
    index = io.StringIO(newline="")
    table = csv.writer(index)
    table.writerow(_COLUMNS)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as out:
        for day in range(activities):
            start = runs.morning(day)
            name = f"activities/{7_000_000_000 + day}.fit.gz"
            content = runs.fit_file(start, seconds, seed=day)
            out.writestr(name, gzip.compress(content, compresslevel=6, mtime=0))
            table.writerow(_entry(day, start, seconds, name))
        out.writestr("activities.csv", index.getvalue(), zipfile.ZIP_DEFLATED)


def fit_members(path: Path) -> list[bytes]:
    """The FIT files of an export as they lie in it, gzipped."""
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist() if name.endswith(".fit.gz")]


def _entry(day: int, start: datetime, seconds: int, name: str) -> list[str]:
    """One line of the index, by position; what is not known is left empty."""
    hour = start.hour % 12 or 12
    half = "AM" if start.hour < 12 else "PM"
    date = f"{start:%b} {start.day}, {start.year}, {hour}:{start:%M:%S} {half}"
    metres = 2.9 * seconds
    row = [""] * len(_COLUMNS)
    row[:7] = [str(8_000_000_000 + day), date, f"Morning Run {day}", "Run", "", str(seconds), ""]
    row[6] = f"{metres / 1000:.2f}"
    row[12] = name
    row[15:18] = [f"{seconds:.1f}", f"{seconds:.1f}", f"{metres:.1f}"]
    return row
