from __future__ import annotations

import json

import pandas as pd
import pytest

from runsous.files.spotify_export import (
    is_spotify_extended,
    is_spotify_short,
    read_spotify_extended,
    read_spotify_short,
)

END = pd.Timestamp("2024-05-01T10:00:00Z")
TRACK = "3aJ2aJz5xL03hpaqdPS7Ah"


def extended(**fields):
    return {
        "ts": "2024-05-01T10:00:00Z",
        "ms_played": 200_000,
        "master_metadata_track_name": "Song",
        "master_metadata_album_artist_name": "Band",
        "master_metadata_album_album_name": "LP",
        "spotify_track_uri": f"spotify:track:{TRACK}",
        "episode_name": None,
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "skipped": False,
        "offline": False,
        "offline_timestamp": None,
        **fields,
    }


def short(**fields):
    whole = {"endTime": "2024-05-01 10:00", "artistName": "Band", "trackName": "Song"}
    return {**whole, "msPlayed": 200_000, **fields}


def read(*entries):
    return read_spotify_extended(json.dumps(entries).encode())


def test_ts_is_the_end_of_a_play_and_a_song_played_through_tells_its_length():
    listen = read(extended()).listens.iloc[0]
    assert listen["stamp"] == END
    assert listen["stamp_kind"] == "end"
    assert listen["precision_s"] == 2
    assert listen["played_s"] == listen["duration_s"] == 200
    assert (listen["artist"], listen["title"], listen["album"]) == ("Band", "Song", "LP")
    assert listen["spotify_id"] == TRACK


def test_a_song_not_played_to_its_end_does_not_tell_its_length():
    assert read(extended(reason_end="logout")).listens["duration_s"].isna().all()


@pytest.mark.parametrize(
    ("skipped", "reason", "expected"),
    [
        (True, "endplay", True),
        (None, "fwdbtn", True),
        (False, "backbtn", True),
        (False, "trackdone", False),
        (None, "trackdone", False),
    ],
)
def test_skips_are_told_by_the_field_or_by_the_reason(skipped, reason, expected):
    listens = read(extended(skipped=skipped, reason_end=reason)).listens
    assert listens["is_skipped"].tolist() == [expected]


def test_nothing_said_about_skips_stays_unknown():
    assert read(extended(skipped=None, reason_end=None)).listens["is_skipped"].isna().all()


def test_podcasts_audiobooks_videos_and_plays_of_no_length_are_left_out_and_named():
    podcast = extended(master_metadata_track_name=None, spotify_track_uri=None, episode_name="Talk")
    audiobook = extended(master_metadata_track_name=None, audiobook_title="Novel")
    video = extended(master_metadata_track_name=None, spotify_track_uri=None)
    reading = read(extended(), podcast, audiobook, video, extended(ms_played=0))
    assert reading.n_listens == 1
    assert reading.left_out == 4
    assert reading.notes == (
        "Left out: plays of no length (1), podcasts, audiobooks or videos (3).",
    )


def test_a_podcast_says_when_it_ended_and_how_long_it_went_on_but_not_what_it_was():
    podcast = extended(master_metadata_track_name="Talk", episode_name="Talk", ms_played=90_000)
    listen = read(podcast, extended()).listens.iloc[0]
    assert listen[["artist", "title", "album"]].isna().all()
    assert (listen["stamp"], listen["stamp_kind"], listen["played_s"]) == (END, "end", 90)


def test_a_file_of_podcasts_alone_has_no_listens_but_is_known():
    podcast = extended(master_metadata_track_name=None, episode_name="Talk")
    assert is_spotify_extended(json.dumps([podcast]).encode())
    reading = read(podcast, extended(ts="2024-05-01T11:00:00Z", episode_name="Talk"))
    assert (reading.n_listens, reading.left_out) == (0, 2)
    assert reading.notes[0] == "It holds no songs."


def test_entries_that_stand_twice_count_once():
    reading = read(extended(), extended(), extended(ms_played=100_000))
    assert reading.n_listens == len(reading.listens) == 2
    assert reading.left_out == 1


@pytest.mark.parametrize("unit", [1, 1000])
def test_a_play_paused_at_its_end_keeps_its_stamp_and_says_how_long_it_was_idle(unit):
    start_s = int(END.timestamp()) - 7200
    plain = extended(ts="2024-05-01T07:00:00Z", offline_timestamp=1714546600 * unit)
    reading = read(plain, extended(offline_timestamp=start_s * unit))
    paused = reading.listens.iloc[1]
    assert paused["stamp"] == END
    assert paused["idle_s"] == 7200 - 200
    assert (paused["stamp_kind"], paused["precision_s"]) == ("end", 30)
    assert reading.listens["precision_s"].iloc[0] == 2


def test_the_noted_start_of_a_player_with_a_wrong_clock_is_not_believed():
    hour_off = [
        extended(
            ts=f"2024-05-01T{hour:02}:00:00Z",
            reason_start="clickrow",
            offline_timestamp=1714521400 + 3600 * (hour - 1),
        )
        for hour in range(1, 6)
    ]
    listens = read(*hour_off).listens
    assert listens["stamp"].dt.minute.eq(0).all()
    assert listens["precision_s"].tolist() == [2, *[3600 - 200] * 4]
    assert listens["idle_s"].isna().all()


def test_a_start_that_the_player_noted_up_to_a_minute_earlier_is_in_doubt_by_that():
    plain = extended(ts="2024-05-01T07:00:00Z", offline_timestamp=1714546600)
    # Noted 20 s before what the end and the time played say.
    earlier = extended(offline_timestamp=int(END.timestamp()) - 220)
    listens = read(plain, earlier).listens
    assert listens["precision_s"].tolist() == [2, 20]
    assert listens["idle_s"].isna().all()


def in_a_row(gap_s, **second):
    """Two songs of 200 s, the second ``gap_s`` later than it could have come."""
    end = END + pd.Timedelta(seconds=200 + gap_s)
    return read(extended(), extended(ts=end.strftime("%Y-%m-%dT%H:%M:%SZ"), **second)).listens


@pytest.mark.parametrize("reason", ["trackdone", "clickrow", "appload"])
@pytest.mark.parametrize(("gap", "expected"), [(0, 2), (2, 2), (25, 25), (7200, 7200)])
def test_without_a_noted_start_a_play_may_have_begun_any_time_since_the_one_before(
    gap, expected, reason
):
    second = in_a_row(gap, reason_start=reason).iloc[1]
    assert second["precision_s"] == expected
    assert pd.isna(second["idle_s"])


def test_a_history_that_does_not_say_why_plays_began_is_taken_at_its_word():
    assert in_a_row(7200, reason_start=None)["precision_s"].eq(2).all()


def test_after_a_fortnight_of_silence_a_play_was_not_paused():
    assert in_a_row(15 * 86_400)["precision_s"].eq(2).all()


def test_the_order_of_the_entries_in_the_file_makes_no_difference():
    entries = [extended(ts=f"2024-05-01T{hour}:00:00Z", reason_start="clickrow") for hour in (7, 9)]
    backwards = read(*reversed(entries)).listens
    assert backwards["precision_s"].tolist() == [7200 - 200, 2]


def test_a_podcast_before_a_song_bounds_its_start():
    podcast = extended(ts="2024-05-01T10:30:00Z", episode_name="Talk")
    song = extended(ts="2024-05-01T10:34:00Z", reason_start="clickrow")
    assert read(extended(), podcast, song).listens["precision_s"].tolist()[2] == 40


def test_an_offline_play_that_contradicts_its_noted_start_is_only_known_to_two_minutes():
    later = extended(offline=True, offline_timestamp=int(END.timestamp()) + 900)
    listen = read(later).listens.iloc[0]
    assert listen["stamp"] == END
    assert listen["precision_s"] == 120
    assert listen["is_offline"]


def test_a_noted_start_of_zero_is_no_start():
    assert read(extended(offline=True, offline_timestamp=0)).listens["precision_s"].eq(2).all()


def test_the_old_field_set_is_read():
    old = extended(username="ann", ip_addr_decrypted="1.2.3.4", user_agent_decrypted="x")
    del old["skipped"], old["offline"], old["offline_timestamp"], old["episode_name"]
    listen = read(old).listens.iloc[0]
    assert listen["stamp"] == END
    assert pd.isna(listen["is_offline"])


def test_an_extended_history_saved_as_csv_is_read_by_the_names_of_its_columns():
    content = (
        b"platform,skipped,ts,ms_played,master_metadata_track_name,"
        b"master_metadata_album_artist_name,reason_end,genre\n"
        b'ios,True,2024-05-01T10:00:00Z,5000,"Song, too",Band,endplay,"pop, rock"\n'
        b"ios,False,2024-05-01T10:05:00Z,90000,,,trackdone,\n"
    )
    assert is_spotify_extended(content)
    reading = read_spotify_extended(content)
    assert reading.listens["title"].dropna().tolist() == ["Song, too"]
    assert reading.listens["is_skipped"].iloc[0]
    assert reading.left_out == 1


def test_the_short_history_stamps_ends_in_whole_minutes():
    content = json.dumps([short(), short(msPlayed=0)]).encode()
    assert is_spotify_short(content)
    assert not is_spotify_extended(content)
    reading = read_spotify_short(content)
    listen = reading.listens.iloc[0]
    assert (listen["stamp"], listen["stamp_kind"]) == (END, "end")
    assert (listen["precision_s"], listen["played_s"]) == (60, 200)
    assert reading.left_out == 1


def test_the_short_history_of_podcasts_is_known_and_left_out():
    podcast = {"endTime": "2024-05-01 10:00", "podcastName": "P", "episodeName": "E", "msPlayed": 9}
    content = json.dumps([podcast]).encode()
    assert is_spotify_short(content)
    assert read_spotify_short(content).left_out == 1


def test_a_hundred_thousand_plays_keep_their_order():
    ends = pd.date_range("2015-01-01", periods=100_000, freq="200s", tz="UTC")
    entries = [
        {"endTime": end, "artistName": "Band", "trackName": f"Song {n % 999}", "msPlayed": 9000}
        for n, end in enumerate(ends.strftime("%Y-%m-%d %H:%M"))
    ]
    listens = read_spotify_short(json.dumps(entries).encode()).listens
    assert listens["stamp"].tolist() == ends.floor("min").tolist()
