"""Downloads that carry the music: GPX with songs, CSV of songs and of samples."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from lxml import etree
from sqlalchemy import Connection

from runsous import frames
from runsous.analysis import segments as measuring
from runsous.reports import activity as activities

_GPX = "http://www.topografix.com/GPX/1/1"
_TPX = "http://www.garmin.com/xmlschemas/TrackPointExtension/v2"
_SONG = "urn:runsous:song:1"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def gpx(conn: Connection, user_id: int, activity_id: int) -> str:
    """GPX 1.1: a waypoint where each song starts, one track segment per song (its name and
    artist as an extension), breaks at pauses, heart rate and cadence as Garmin writes them.

    An activity without GPS gives a file with metadata and no track.
    """
    shown = activities.view(conn, user_id, activity_id)
    start = shown.facts["start_time"]
    root = etree.Element(
        f"{{{_GPX}}}gpx",
        {"version": "1.1", "creator": "Run Sous BPM"},
        nsmap={None: _GPX, "gpxtpx": _TPX, "song": _SONG},
    )
    _add(_child(root, "metadata"), "time", _iso(start))
    placed = shown.samples.dropna(subset=["latitude", "longitude"])
    songs = shown.segments[shown.segments["track_id"].notna()]
    for song in frames.records(songs) if len(placed) else []:
        _waypoint(root, song, placed, start)
    track = _child(root, "trk")
    # One made up would be taken for the runner's own word by whoever reads the file.
    if shown.facts["name"]:
        _add(track, "name", shown.facts["name"])
    _add(track, "type", shown.facts["sport"])
    # Programs that read this expect running cadence per leg.
    share = 0.5 if shown.facts["cadence_unit"] == "spm" else 1.0
    placed = placed.assign(cadence=placed["cadence"] * share)
    resumed = [end for _, end in shown.pauses]
    nth = np.searchsorted(shown.segments["start_s"].to_numpy()[1:], placed["time_s"], "right")
    for place, segment in enumerate(frames.records(shown.segments)):
        inside = placed[nth == place]
        for _, part in inside.groupby(np.searchsorted(resumed, inside["time_s"], side="right")):
            _track_segment(track, segment, part, start)
    return str(etree.tostring(root, pretty_print=True, encoding="unicode"))


def songs_csv(conn: Connection, user_id: int, activity_id: int) -> str:
    """One row per segment: times, song, certainty and metrics; silence has no song."""
    shown = activities.view(conn, user_id, activity_id)
    start = pd.Timestamp(shown.facts["start_time"])
    rows = shown.segments.drop(columns=["play_id", "track_id", "started_at"])
    rows.insert(1, "start_time", _stamps(start, rows["start_s"]))
    return csv(rows)


def samples_csv(conn: Connection, user_id: int, activity_id: int) -> str:
    """One row per sample: time, the recorded channels, and the song that played."""
    shown = activities.view(conn, user_id, activity_id)
    start = pd.Timestamp(shown.facts["start_time"])
    rows = shown.samples[["time_s", *frames.channels(shown.samples)]].copy()
    rows.insert(0, "time", _stamps(start, rows["time_s"]))
    at = np.searchsorted(shown.segments["start_s"], rows["time_s"], side="right") - 1
    for name in ("title", "artist"):
        rows[name] = shown.segments[name].to_numpy()[at] if len(rows) else ""
    return csv(rows)


def csv(rows: pd.DataFrame) -> str:
    """CSV that a spreadsheet cannot take for formulas, whatever songs are called."""
    # As fine as anything is measured; beyond that there is only noise of binary numbers.
    safe = rows.round(7)
    for name in safe.columns:
        if isinstance(safe[name].dtype, pd.StringDtype):
            risky = safe[name].str.startswith(_FORMULA, na=False)
            safe[name] = safe[name].mask(risky, "'" + safe[name])
    return safe.to_csv(index=False)


def _stamps(start: pd.Timestamp, seconds: pd.Series) -> pd.Series:
    moments = start + pd.to_timedelta(seconds, unit="s")
    return moments.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _waypoint(
    root: etree._Element, song: dict[str, Any], placed: pd.DataFrame, start: datetime
) -> None:
    t_s = song["start_s"]
    at = measuring.locate(placed, [t_s]).iloc[0]
    place = {"lat": f"{at['latitude']:.7f}", "lon": f"{at['longitude']:.7f}"}
    point = etree.SubElement(root, f"{{{_GPX}}}wpt", place)
    _add(point, "time", _iso(start + pd.Timedelta(seconds=t_s)))
    _add(point, "name", f"{song['title']} – {song['artist']}")
    _add(point, "type", "song")


def _track_segment(
    track: etree._Element, segment: dict[str, Any], samples: pd.DataFrame, start: datetime
) -> None:
    line = _child(track, "trkseg")
    for sample in frames.records(samples):
        _track_point(line, sample, start)
    if segment["title"] is not None:
        extension = _child(line, "extensions")
        for name in ("title", "artist"):
            _add(extension, name, str(segment[name]), _SONG)


def _track_point(line: etree._Element, sample: dict[str, Any], start: datetime) -> None:
    place = {"lat": f"{sample['latitude']:.7f}", "lon": f"{sample['longitude']:.7f}"}
    point = etree.SubElement(line, f"{{{_GPX}}}trkpt", place)
    if sample["altitude_m"] is not None:
        _add(point, "ele", f"{sample['altitude_m']:.2f}")
    _add(point, "time", _iso(start + pd.Timedelta(seconds=sample["time_s"])))
    values = (("atemp", "temperature_c"), ("hr", "heartrate"), ("cad", "cadence"))
    known = [(name, sample[key]) for name, key in values if sample[key] is not None]
    if known:
        extension = etree.SubElement(_child(point, "extensions"), f"{{{_TPX}}}TrackPointExtension")
        for name, value in known:
            _add(extension, name, f"{value:.0f}", _TPX)


def _child(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_GPX}}}{name}")


def _add(parent: etree._Element, name: str, words: str, namespace: str = _GPX) -> None:
    etree.SubElement(parent, f"{{{namespace}}}{name}").text = _NOT_XML.sub("", words)


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
