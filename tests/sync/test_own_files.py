"""The tempo of music files the user owns, and ``runsous analyse`` as it is typed."""

from __future__ import annotations

import json
import os
import threading

import pytest

from runsous import cli
from runsous.errors import InputError
from runsous.files import audio
from runsous.sync import apart, own_files
from tests import running
from tests.files import make_music as music
from tests.sync import make


def analysed(engine, user, *paths, **how):
    return own_files.Analysis(engine, user, **how).run(list(paths)).files


def words(engine):
    found = make.rows(engine, "SELECT artist, title, bpm FROM song_words WHERE source = 'audio'")
    return {(row["artist"], row["title"]): row["bpm"] for row in found}


@pytest.fixture
def asked(monkeypatch):
    """Files are asked of nobody but this list, and each has 174 beats per minute."""
    told = []

    class Quick:
        def tempo(self, path):
            told.append(path.name)
            return None if "Still" in path.name else 174.0

        def close(self):
            pass

    monkeypatch.setattr(own_files, "Ear", Quick)
    return told


def touched(folder, *names):
    folder.mkdir(exist_ok=True)
    return [music.written(folder / name, music.noise(0.1)) for name in names]


def test_the_tempo_of_a_file_is_that_of_the_song_as_it_was_heard(engine, user, tmp_path, asked):
    heard = make.written(tmp_path, "heard.json", make.spotify((0.0, "Ana – Gó", 200.0)))
    make.take(engine, heard)
    title = "Go (Remastered 2011)"
    path = music.written(tmp_path / "x.flac", music.noise(0.1), artist="ana", title=title)
    (file,) = analysed(engine, user, path)
    assert (file.status, file.artist, file.title) == ("analysed", "ana", title)
    (track,) = make.rows(engine, "SELECT title, tempo_bpm, tempo_source FROM tracks")
    assert track == {"title": "Gó", "tempo_bpm": 174.0, "tempo_source": "audio"}


def test_what_was_analysed_is_not_measured_again_unless_told_to(engine, user, tmp_path, asked):
    touched(tmp_path / "music", "Ana - Go.wav", "Bo - Still.wav")
    first = analysed(engine, user, tmp_path / "music")
    assert [(f.status, f.bpm) for f in first] == [("analysed", 174.0), ("analysed", None)]
    assert words(engine) == {("Ana", "Go"): 174.0, ("Bo", "Still"): None}
    touched(tmp_path / "music", "Cy - New.wav")
    again = analysed(engine, user, tmp_path / "music")
    assert [(f.status, f.bpm) for f in again] == [
        ("known", 174.0),
        ("known", None),
        ("analysed", 174.0),
    ]
    assert again[1].message == "No steady beat was found."
    assert asked == ["Ana - Go.wav", "Bo - Still.wav", "Cy - New.wav"]
    anew = analysed(engine, user, tmp_path / "music", again=True)
    assert {f.status for f in anew} == {"analysed"}
    assert len(asked) == 6


def test_another_users_files_say_nothing_about_ones_own(engine, user, tmp_path, asked):
    touched(tmp_path / "music", "Ana - Go.wav")
    analysed(engine, user, tmp_path / "music")
    make.rows(engine, "INSERT INTO users (name) VALUES ('other') RETURNING id")
    (other,) = make.rows(engine, "SELECT id FROM users WHERE name = 'other'")
    (file,) = analysed(engine, other["id"], tmp_path / "music")
    assert file.status == "analysed"


def test_a_song_in_two_files_is_measured_once(engine, user, tmp_path, asked):
    touched(tmp_path / "music", "Ana - Go (Remastered 2011).wav", "Ana - Go.wav")
    files = analysed(engine, user, tmp_path / "music")
    assert [f.status for f in files] == ["analysed", "known"]
    assert len(asked) == 1


def test_only_music_below_a_folder_is_looked_at_and_no_link_is_followed(
    engine, user, tmp_path, asked
):
    (outside,) = touched(tmp_path / "outside", "Out - Side.wav")
    touched(tmp_path / "music", "._Ana - Go.wav", "Ana - Go.wav")
    touched(tmp_path / "music" / "deep", "Bo - Low.ogg")
    touched(tmp_path / "music" / ".hidden", "Cy - Hid.wav")
    (tmp_path / "music" / "cover.jpg").write_bytes(b"x")
    (tmp_path / "music" / "Di - Link.wav").symlink_to(outside)
    (tmp_path / "music" / "way").symlink_to(outside.parent)
    files = analysed(engine, user, tmp_path / "music")
    assert sorted(asked) == ["Ana - Go.wav", "Bo - Low.ogg"]
    assert len(files) == 2


def test_each_file_that_says_nothing_gets_a_sentence_and_the_others_go_on(
    engine, user, tmp_path, monkeypatch
):
    folder = tmp_path / "music"
    touched(folder, "nameless.wav")
    (folder / "Ana - Sealed.m4a").write_bytes(b"x")
    (folder / "Ana - Empty.mp3").write_bytes(b"")
    (folder / "Ana - Text.mp3").write_bytes(b"no music" * 999)
    os.mkfifo(folder / "Ana - Pipe.wav")
    music.written(folder / "Bo - Whole.wav", music.drums(120, 36))
    (tmp_path / "cover.jpg").write_bytes(b"x")
    (tmp_path / "bare").mkdir()
    files = analysed(
        engine, user, folder, tmp_path / "gone.mp3", tmp_path / "cover.jpg", tmp_path / "bare"
    )
    said = {file.path.rpartition("/")[2]: (file.status, file.message) for file in files}
    assert said == {
        "Ana - Empty.mp3": ("failed", "It is empty."),
        "Ana - Pipe.wav": ("failed", "It is no ordinary file."),
        "Ana - Sealed.m4a": (
            "skipped",
            "Music in .m4a files cannot be decoded here; convert it to FLAC or MP3.",
        ),
        "Ana - Text.mp3": ("failed", "It is damaged, or no music at all."),
        "Bo - Whole.wav": ("analysed", None),
        "nameless.wav": (
            "skipped",
            "Neither its tags nor its name, such as “Artist - Title.mp3”, tell whose song it is.",
        ),
        "gone.mp3": ("failed", "It is not there."),
        "cover.jpg": (
            "failed",
            "It is no music file of a kind that can be analysed"
            " (aif, aiff, flac, mp3, oga, ogg, opus, wav).",
        ),
        "bare": ("failed", "It holds no music files."),
    }
    assert words(engine).keys() == {("Bo", "Whole")}


def test_stopped_it_keeps_what_is_done_and_goes_on_with_the_rest(engine, user, tmp_path, asked):
    touched(tmp_path / "music", *(f"Ana - Song {n}.wav" for n in range(5)))
    stopping = threading.Event()

    def show(done, total, path):
        assert total == 5
        if done == 2:
            stopping.set()

    own_files.Analysis(engine, user).run([tmp_path / "music"], show, stopping)
    assert len(words(engine)) == 2

    def break_off(done, total, path):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        own_files.Analysis(engine, user).run([tmp_path / "music"], break_off)
    assert len(words(engine)) == 4
    assert len(asked) == 4
    analysed(engine, user, tmp_path / "music")
    assert len(words(engine)) == len(asked) == 5


def test_whoever_kills_it_loses_seconds_of_work(engine, user, tmp_path, asked, monkeypatch):
    monkeypatch.setattr(own_files, "_KEEP_EVERY_S", 0.0)
    touched(tmp_path / "music", "Ana - One.wav", "Ana - Two.wav")
    seen = []

    def show(done, total, path):
        seen.append((done, len(words(engine))))

    own_files.Analysis(engine, user).run([tmp_path / "music"], show)
    assert seen == [(0, 0), (1, 0), (2, 1)]


def dies(pipe):
    pipe.recv()
    os._exit(9)


def sleeps(pipe):
    pipe.recv()
    threading.Event().wait()


@pytest.mark.parametrize(
    ("decoder", "patience_s", "sentence"),
    [(dies, 300.0, "It is so damaged"), (sleeps, 1.0, "Decoding it took too long")],
)
def test_a_file_that_ends_the_decoder_costs_nothing_but_itself(
    tmp_path, monkeypatch, decoder, patience_s, sentence
):
    path = make.written(tmp_path, "a.wav", b"")
    ear = apart.Ear()
    with monkeypatch.context() as broken:
        broken.setattr(apart, "_answer", decoder)
        broken.setattr(apart, "_PATIENCE_S", patience_s)
        with pytest.raises(InputError, match=sentence):
            ear.tempo(path)
    # Another process answers for the next file.
    with pytest.raises(InputError, match="It is empty"):
        ear.tempo(path)
    ear.close()


def test_the_command_as_it_is_typed_says_nothing_but_what_it_found(home, database_url, tmp_path):
    folder = tmp_path / "music"
    music.written(folder / "Ana - Go.mp3", music.drums(128, 36))
    torn = music.written(folder / "Bo - Torn.mp3", music.drums(128, 36))
    content = torn.read_bytes()
    torn.write_bytes(content[:50_000] + b"x" * 999 + content[51_000:])
    done = running.run(
        "analyse", str(folder), "gone.mp3", "--json", home=home, DATABASE_URL=database_url
    )
    assert done.returncode == 1
    # Decoders have words of their own about what is torn.
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert [file["status"] for file in told["files"]] == ["analysed", "analysed", "failed"]
    assert told["files"][0].keys() == {"path", "status", "artist", "title", "bpm", "message"}
    assert told["files"][0]["bpm"] in (pytest.approx(64, abs=1), pytest.approx(128, abs=1))
    assert told["totals"] == {"files": 3, "analysed": 2, "known": 0, "skipped": 0, "failed": 1}


def test_the_command_names_file_song_and_tempo(engine, tmp_path, asked, capsys):
    touched(tmp_path / "music", "Ana - Go.wav", "Bo - Still.wav", "nameless.wav")
    assert cli.main(["analyse", str(tmp_path / "music")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}/music/Ana - Go.wav: analysed (Ana - Go, 174.0 BPM)",
        f"{tmp_path}/music/Bo - Still.wav: analysed (Bo - Still, No steady beat was found.)",
        f"{tmp_path}/music/nameless.wav: skipped ({own_files._NAMELESS})",
    ]
    assert cli.main(["analyse", "--again", str(tmp_path / "music")]) == 0
    assert len(asked) == 4
    with pytest.raises(SystemExit) as wrong:
        cli.main(["analyse"])
    assert wrong.value.code == 2


def test_without_the_extra_the_command_says_in_a_sentence_how_to_get_it(
    engine, monkeypatch, capsys
):
    monkeypatch.setattr(audio, "_LIBRARIES", ("json", "no_such_library"))
    assert cli.main(["analyse", "x.mp3"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "make audio" in said.err
