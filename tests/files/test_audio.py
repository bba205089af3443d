"""The tempo and the name of music files."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from runsous.errors import InputError
from runsous.files import audio
from tests.files import make_music as music


def tempo(tmp_path, sound, rate=music.RATE):
    return audio.tempo(music.written(tmp_path / "a.wav", sound, rate))


def octave(bpm):
    """The same beat from 100 to below 200."""
    assert bpm is not None
    return bpm * 2.0 ** -np.floor(np.log2(bpm / 100))


def is_near(found, bpm):
    """Within 1 BPM, modulo octaves."""
    return min(abs(octave(found) * k - octave(bpm)) for k in (0.5, 1, 2)) <= 1


@pytest.mark.parametrize("bpm", [80, 97, 111.5, 128, 147.3, 163, 174, 190])
def test_the_tempo_of_drums_is_heard_swung_noisy_and_a_little_late_too(tmp_path, bpm):
    swung = music.drums(bpm, 36, off=2 / 3, late_s=0.01, hiss=0.05)
    assert is_near(tempo(tmp_path, swung), bpm)


def test_the_tempo_of_a_click_is_exact(tmp_path):
    assert octave(tempo(tmp_path, music.clicks(111.3, 36))) == pytest.approx(111.3, abs=0.15)


def test_a_song_that_goes_on_half_as_fast_has_one_beat(tmp_path):
    assert is_near(tempo(tmp_path, music.drums(170, 60, half_from=30)), 170)


def test_the_middle_of_a_song_counts_not_its_quiet_beginning_and_end(tmp_path):
    quiet = music.noise(60, 0.01)
    sound = np.concatenate([quiet, music.drums(125, 72), quiet])
    assert is_near(tempo(tmp_path, sound), 125)


@pytest.mark.parametrize(
    "sound",
    [
        music.noise(60),
        music.noise(25, seed=10),
        np.zeros(60 * music.RATE),
        music.speech(),
        music.speeding_up(),
        music.drums(120, 3),
        np.concatenate([music.clicks(120, 24), music.clicks(133, 24)]),
    ],
    ids=["noise", "little noise", "silence", "speech", "speeding up", "three seconds", "two"],
)
def test_what_has_no_steady_beat_has_no_tempo(tmp_path, sound):
    assert tempo(tmp_path, sound) is None


def test_loud_broken_numbers_and_many_channels_do_no_harm(tmp_path):
    one = music.drums(140, 36)
    one[1000], one[2000] = np.nan, np.inf
    path = music.written(tmp_path / "a.aiff", np.stack([one] * 6, axis=1), 44_100)
    # Played at twice the rate it is twice as fast, and 18 seconds long.
    assert audio.tempo(path) is None
    path = music.written(tmp_path / "b.wav", np.stack([one] * 6, axis=1), 22_050)
    assert is_near(audio.tempo(path), 140)


@pytest.mark.parametrize("ending", [".flac", ".mp3", ".ogg", ".opus", ".wav", ".aiff"])
def test_every_kind_of_file_is_decoded_and_tells_its_name(tmp_path, ending):
    # Opus knows few rates.
    rate = 24_000 if ending == ".opus" else music.RATE
    # What writes the tags of MP3 here knows English only.
    artist, title = ("Zoe", "Summer") if ending == ".mp3" else ("Zoë & Żółw", "Été – 夏")
    path = tmp_path / f"x{ending}"
    music.written(path, music.drums(130, 36), rate, artist=artist, title=title)
    assert audio.name(path) == (artist, title)
    assert is_near(audio.tempo(path), 130 * rate / music.RATE)


@pytest.mark.parametrize(
    ("name", "song"),
    [
        ("Ana - Go.wav", ("Ana", "Go")),
        ("Ana – Go – Live.wav", ("Ana", "Go – Live")),
        ("01 - Ana - Go.wav", ("Ana", "Go")),
        ("01. Ana - Go.wav", ("Ana", "Go")),
        ("01 Ana - Go.wav", ("Ana", "Go")),
        ("1-04 Ana - Go.wav", ("Ana", "Go")),
        ("Ana_-_Go_On.wav", ("Ana", "Go On")),
        ("50 Cent - In Da Club.wav", ("50 Cent", "In Da Club")),
        ("Jay-Z - 99 Problems.wav", ("Jay-Z", "99 Problems")),
        ("01 - Go.wav", None),
        ("Go.wav", None),
        ("Unknown Artist - Track 3.wav", None),
        ("Ana - Track 03.wav", None),
        ("Ana - .wav", None),
        (f"Ana - {'o' * 240}.wav", ("Ana", "o" * 240)),
    ],
)
def test_without_tags_the_name_of_the_file_tells_or_nothing_does(tmp_path, name, song):
    assert audio.name(music.written(tmp_path / name, music.noise(1))) == song


def test_tags_that_tell_nothing_leave_it_to_the_name(tmp_path):
    path = tmp_path / "Ana - Go.flac"
    music.written(path, music.noise(1), artist="Unknown Artist", title="Track 01")
    assert audio.name(path) == ("Ana", "Go")
    music.written(path, music.noise(1), artist="Bo", title="x" * 5000)
    assert audio.name(path) == ("Ana", "Go")


@pytest.mark.parametrize(
    "content",
    [b"", b"no music" * 999, b"RIFF\xff\xff\xff\xffWAVEfmt ", b"fLaC" + bytes(999), b"ID3\4" * 99],
)
@pytest.mark.parametrize("ending", [".mp3", ".wav", ".raw"])
def test_what_is_no_music_is_refused_in_a_sentence(tmp_path, content, ending):
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    assert audio.name(path) is None
    with pytest.raises(InputError, match=r"^It is (empty|damaged, or no music at all)\.$"):
        audio.tempo(path)


@pytest.mark.parametrize("ending", [".flac", ".mp3", ".ogg", ".wav"])
def test_a_file_that_was_cut_off_tells_the_tempo_of_what_there_is(tmp_path, ending):
    path = music.written(tmp_path / f"a{ending}", music.drums(130, 120))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert is_near(audio.tempo(path), 130)


def test_absurd_rates_are_refused(tmp_path):
    with pytest.raises(InputError, match="No music has 2000000 samples a second"):
        tempo(tmp_path, music.noise(1), 2_000_000)


def test_an_hour_takes_no_more_memory_than_a_song(tmp_path, monkeypatch):
    path = tmp_path / "a.flac"
    music.written(path, np.tile(music.drums(120, 60), 30))
    read = []
    real = audio._decoded
    monkeypatch.setattr(audio, "_decoded", lambda file: read.append(real(file)) or read[-1])
    assert is_near(audio.tempo(path), 120)
    assert read[0].size <= 97 * music.RATE


def test_without_the_extra_it_says_how_to_get_it(monkeypatch):
    audio.check()
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(InputError, match=r'make audio.*pip install "runsous\[audio\]"'):
        audio.check()
