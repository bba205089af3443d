"""Listening histories that hold something other than songs, or nothing that can be used."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sync import make

TALK = [{"ts": "2024-06-01T06:40:00Z", "ms_played": 400_000, "episode_name": "Talk"}]
SHOW = [{"endTime": "2024-06-01 06:40", "podcastName": "P", "episodeName": "E", "msPlayed": 9000}]


def taken(engine, folder, name: str, entries: list[dict[str, Any]]):
    content = json.dumps(entries).encode()
    (file,) = make.take(engine, make.written(folder, name, content)).files
    return file


@pytest.mark.parametrize("entries", [TALK, SHOW])
def test_a_history_of_podcasts_alone_is_skipped_with_the_reason(engine, tmp_path, entries):
    for _ in range(2):
        file = taken(engine, tmp_path, "video.json", entries)
        assert (file.status, file.listens, file.duplicates) == ("skipped", 0, 0)
        reason = "Left out: podcasts, audiobooks or videos (1)."
        assert file.message == f"It holds no songs. {reason}"


def test_a_history_of_which_nothing_can_be_used_fails_with_the_reason(engine, tmp_path):
    played = {"track_metadata": {"artist_name": "Ana", "track_name": "Song"}}
    file = taken(engine, tmp_path, "nan.json", [{"listened_at": float("nan"), **played}])
    assert (file.kind, file.status, file.listens) == ("listenbrainz", "failed", 0)
    reason = "It holds no songs. Left out: entries without a date since 2002 (1)."
    assert file.message == f"nan.json: {reason}"


def test_a_song_on_the_run_ends_with_the_podcast_whichever_is_imported_first(engine, tmp_path):
    make.take(engine, make.written(tmp_path, "run.fit", make.fit()))
    songs = make.written(tmp_path, "songs.csv", make.lastfm((0, "Ana – Song")))
    # The podcast began 200 s into the run and ended with it.
    make.take(engine, songs)
    assert tiles(engine) == [("Song", 0, 600)]
    taken(engine, tmp_path, "video.json", TALK)
    assert tiles(engine) == [("Song", 0, 200), (None, 200, 600)]
    make.take(engine, songs)
    assert tiles(engine) == [("Song", 0, 200), (None, 200, 600)]


def tiles(engine):
    return [
        (row["title"], row["start_s"], row["end_s"])
        for row in make.rows(
            engine,
            "SELECT t.title, s.start_s, s.end_s FROM segments s"
            " LEFT JOIN tracks t ON t.id = s.track_id ORDER BY s.index",
        )
    ]
