"""Listening histories people published, against the facts measured with other parsers."""

from __future__ import annotations

import json
import zipfile
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from runsous.analysis import plays as merging
from runsous.files import lastfm_export, listenbrainz_export, maloja_export, spotify_export

pytestmark = pytest.mark.real

HEAD = 1 << 16


def read(is_mine, reader, content):
    assert is_mine(content[:HEAD])
    return reader(content)


def extended(path):
    is_mine, reader = spotify_export.is_spotify_extended, spotify_export.read_spotify_extended
    return read(is_mine, reader, path.read_bytes())


def short(content):
    return read(spotify_export.is_spotify_short, spotify_export.read_spotify_short, content)


def lastfm(path):
    return read(lastfm_export.is_lastfm, lastfm_export.read_lastfm, path.read_bytes())


def listenbrainz(archive):
    """Readings of the members that are listens; the others belong to no room."""
    readings = []
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            content = opened.read(name)
            if name.endswith(".jsonl"):
                is_mine = listenbrainz_export.is_listenbrainz
                readings.append(read(is_mine, listenbrainz_export.read_listenbrainz, content))
            else:
                assert not listenbrainz_export.is_listenbrainz(content)
    return pd.concat([reading.listens for reading in readings])


def first_and_last(listens):
    return str(listens["stamp"].min())[:19], str(listens["stamp"].max())[:19]


def test_a_whole_short_export_has_its_54429_plays(shared_data):
    with zipfile.ZipFile(shared_data / "spotify/my_spotify_data_short_jonas.zip") as archive:
        contents = [archive.read(name) for name in archive.namelist()]
    readings = [short(content) for content in contents]
    listens = pd.concat([reading.listens for reading in readings]).dropna(subset="title")
    assert len(listens) + sum(reading.left_out for reading in readings) == 54_429
    assert first_and_last(listens) == ("2021-04-22 05:41:00", "2022-04-22 21:45:00")
    assert round(listens["played_s"].sum() / 3600) == 1605
    entries = [entry for content in contents for entry in json.loads(content)]
    heard = [entry for entry in entries if entry["msPlayed"] > 0]
    assert len(listens) == len({tuple(entry.values()) for entry in heard})
    assert len(listens[["artist", "title"]].drop_duplicates()) == len(
        {(entry["artistName"], entry["trackName"]) for entry in heard}
    )


def test_one_file_of_a_short_export_has_its_4429_plays(shared_data):
    reading = short((shared_data / "spotify/jonas_StreamingHistory5.json").read_bytes())
    assert len(reading.listens) + reading.left_out == 4429
    assert first_and_last(reading.listens) == ("2022-03-25 23:30:00", "2022-04-22 21:45:00")
    assert round(reading.listens["played_s"].sum() / 3600) == 135


def test_the_current_field_set_of_the_extended_history(shared_data):
    path = shared_data / "spotify/extended_2025_koito_fixture.json"
    reading = extended(path)
    assert len(reading.listens) == 39
    assert reading.left_out == 0
    entries = json.loads(path.read_bytes())
    _assert_placed(reading.listens, pd.DataFrame(entries))
    assert reading.listens["stamp"].min() == pd.Timestamp("2025-04-28T21:04:35Z")


def test_the_older_field_set_of_the_extended_history(shared_data):
    reading = extended(shared_data / "overlap_spotifygpx/spotify_20230709.json")
    assert len(reading.listens) == 8
    assert first_and_last(reading.listens) == ("2023-07-09 15:41:04", "2023-07-09 16:02:42")
    assert set(reading.listens["stamp_kind"]) == {"end"}
    assert set(reading.listens["precision_s"]) == {2.0}


def test_an_extended_history_as_csv_has_its_4000_rows(shared_data):
    path = shared_data / "spotify/extended_as_csv_with_genre_basarzaim_2024.csv"
    reading = extended(path)
    table = pd.read_csv(path)
    heard = table[(table["ms_played"] > 0) & table["master_metadata_track_name"].notna()]
    assert reading.n_listens + reading.left_out == len(table) == 4000
    songs = reading.listens[reading.listens["title"].notna()].reset_index(drop=True)
    assert len(songs) == len(heard)
    assert first_and_last(songs) == ("2024-02-16 19:29:03", "2024-06-06 18:37:44")
    assert songs["is_skipped"].sum() >= heard["skipped"].sum()
    _assert_placed(songs, heard.reset_index())


def _assert_placed(listens, entries):
    """Plays end at ``ts``; those that were paused for over a minute begin at their start.

    What is missing of less than a minute is the ±.
    """
    end = pd.to_datetime(entries["ts"], utc=True)
    played = pd.to_timedelta(entries["ms_played"], unit="ms")
    start = pd.to_datetime(entries["offline_timestamp"], unit="s", utc=True)
    paused = (end - played - start) > pd.Timedelta(minutes=1)
    expected = (end - played - start).dt.total_seconds().where(paused)
    assert (listens["stamp"] == end).all()
    assert (listens["idle_s"] - expected).abs().max() < 0.001
    assert listens["idle_s"].notna().tolist() == paused.tolist()
    missing = (end - played - start).dt.total_seconds().clip(lower=2.0).mask(paused, 30.0)
    assert listens["precision_s"].tolist() == pytest.approx(missing.tolist(), abs=1e-3)


def test_where_starts_were_not_noted_the_plus_minus_tells_how_far_off_they_are(shared_data):
    path = shared_data / "spotify/extended_as_csv_with_genre_basarzaim_2024.csv"
    table = pd.read_csv(path)
    heard = table[(table["ms_played"] > 0) & table["master_metadata_track_name"].notna()]
    noted = pd.to_datetime(heard["offline_timestamp"].to_numpy(), unit="s", utc=True)
    content = table.drop(columns="offline_timestamp").to_csv(index=False).encode()
    songs = spotify_export.read_spotify_extended(content).listens.dropna(subset="title")
    placed = merging.place(songs.assign(track_duration_s=np.nan), {})
    apart_s = (placed["started_at"] - noted).dt.total_seconds().abs()
    within = apart_s <= placed["plus_minus_s"] + 2
    assert within.mean() > 0.98
    exact = placed["plus_minus_s"] <= merging.EXACT_S
    assert within[exact].mean() > 0.98
    assert exact.mean() > 0.75


def test_a_lastfm_history_without_header_has_its_12667_scrobbles(shared_data):
    reading = lastfm(shared_data / "overlap_life/lastfm_benjaminbenben.csv")
    assert len(reading.listens) == 12_667
    assert reading.left_out == 0
    assert first_and_last(reading.listens) == ("2019-12-02 17:38:00", "2021-12-30 06:29:00")
    assert set(reading.listens["precision_s"]) == {60.0}


def test_lastfm_track_objects_are_the_newest_500_to_the_second(shared_data):
    path = shared_data / "overlap_life/lastfm_api_tracks.json"
    listens = lastfm(path).listens
    stamps = [int(track["date"]["uts"]) for track in json.loads(path.read_bytes())]
    assert len(listens) == 500
    assert [stamp.timestamp() for stamp in listens["stamp"]] == stamps
    assert set(listens["precision_s"]) == {5.0}


def test_the_pages_of_ghan_hold_ten_tracks(shared_data):
    assert len(lastfm(shared_data / "lastfm/recenttracks_ghan_koito.json").listens) == 10


def test_listenbrainz_archives_have_their_listens(shared_data):
    first = listenbrainz(shared_data / "listenbrainz/listenbrainz_export_koito.zip")
    assert len(first) == 5
    assert first_and_last(first) == ("2025-06-13 02:10:12", "2025-06-13 02:26:35")
    second = listenbrainz(shared_data / "listenbrainz/listenbrainz_export_koito_2.zip")
    assert len(second) == 19
    assert first_and_last(second) == ("2013-10-12 08:14:16", "2013-10-12 09:32:48")


def test_the_same_history_from_two_services_is_the_same_to_the_minute(shared_data):
    from_listenbrainz = listenbrainz(shared_data / "overlap_life/listenbrainz_export.zip")
    assert len(from_listenbrainz) == 12_667
    assert first_and_last(from_listenbrainz) == ("2019-12-02 17:38:33", "2021-12-30 06:29:12")
    from_lastfm = lastfm(shared_data / "overlap_life/lastfm_benjaminbenben.csv").listens
    assert Counter(from_listenbrainz["stamp"].dt.floor("min")) == Counter(from_lastfm["stamp"])
    assert set(from_listenbrainz["title"]) == set(from_lastfm["title"])


def test_listens_without_artist_or_title_are_left_out(shared_data):
    path = shared_data / "overlap_fitlist/derived_listens.jsonl"
    entries = [json.loads(line)["track_metadata"] for line in path.read_text().splitlines()]
    nameless = sum(not (e["artist_name"].strip() and e["track_name"].strip()) for e in entries)
    reading = listenbrainz_export.read_listenbrainz(path.read_bytes())
    assert reading.n_listens + reading.left_out == len(reading.listens) == 132
    assert reading.left_out == nameless == 4


def test_a_maloja_export_has_its_scrobbles(shared_data):
    content = (shared_data / "listenbrainz/maloja_export_koito.json").read_bytes()
    listens = read(maloja_export.is_maloja, maloja_export.read_maloja, content).listens
    scrobbles = json.loads(content)["scrobbles"]
    assert [stamp.timestamp() for stamp in listens["stamp"]] == [s["time"] for s in scrobbles]
    assert listens["title"].tolist() == [s["track"]["title"] for s in scrobbles]
