"""Paths that are no files, or files that cannot be had: a sentence each, and never a wait."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import closing
from pathlib import Path

import pytest

from runsous.sync import import_files
from tests.sync import make


@pytest.fixture(autouse=True)
def _no_wait():
    """A read that would wait for ever fails instead."""

    def give_up(*_):
        raise TimeoutError("it waits for something that never comes")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def plug(path):
    # A relative name, since addresses of sockets are short.
    os.chdir(path.parent)
    with closing(socket.socket(socket.AF_UNIX)) as end:
        end.bind(path.name)


def circle(path):
    path.symlink_to(path.with_name("other"))
    path.with_name("other").symlink_to(path)


def loose_end(path):
    path.symlink_to("nowhere")


def broken_disk(path):
    # The kernel answers any read at its beginning with an error, also to root.
    path.symlink_to("/proc/self/mem")


ODD = [
    (pipe, "no ordinary file"),
    (device, "no ordinary file"),
    (plug, "no ordinary file"),
    (circle, "a link that leads nowhere"),
    (loose_end, "a link that leads nowhere"),
    (broken_disk, "Input/output error"),
]


@pytest.mark.parametrize(("made", "words"), ODD)
def test_what_cannot_be_read_gets_a_sentence(engine, tmp_path, monkeypatch, made, words):
    monkeypatch.chdir(tmp_path)
    odd = tmp_path / "odd.fit"
    made(odd)
    report = make.take(engine, make.written(tmp_path, "a.fit", make.fit()), odd)
    assert [file.status for file in report.files] == ["imported", "failed"]
    assert report.files[1].path == str(odd)
    assert words in report.files[1].message


@pytest.mark.parametrize(("made", "words"), ODD)
def test_in_a_folder_it_keeps_nothing_else_from_being_read(
    engine, tmp_path, monkeypatch, made, words
):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs"
    make.written(folder / "deep", "a.fit", make.fit())
    made(folder / "odd.fit")
    results = {Path(file.path).name: file for file in make.take(engine, folder).files}
    assert results["a.fit"].status == "imported"
    assert results["odd.fit"].status == "failed"
    assert words in results["odd.fit"].message


def test_a_folder_that_cannot_be_looked_into_is_named(engine, tmp_path, monkeypatch):
    make.written(tmp_path / "open", "a.fit", make.fit())
    make.written(tmp_path / "closed", "b.fit", make.fit())
    look = os.scandir

    def refuse(path):
        if str(path) == str(tmp_path / "closed"):
            raise PermissionError(13, "Permission denied", path)
        return look(path)

    monkeypatch.setattr(os, "scandir", refuse)
    read, closed = make.take(engine, tmp_path).files
    assert read.status == "imported"
    assert (closed.status, closed.path) == ("failed", str(tmp_path / "closed"))
    assert closed.message == "closed: Permission denied."


def test_hidden_files_and_folders_of_a_folder_are_left_alone(engine, tmp_path):
    make.written(tmp_path / "runs", "a.fit", make.fit())
    make.written(tmp_path / "runs" / ".git", "b.fit", b"nothing")
    make.written(tmp_path / "runs", ".c.fit", b"nothing")
    assert make.outcome(make.take(engine, tmp_path / "runs")) == [("fit", "imported")]


def test_a_file_that_vanishes_on_the_way_gets_a_sentence(engine, tmp_path):
    for name in ("a.fit", "b.fit"):
        make.written(tmp_path / "runs", name, make.fit())

    def vanish(*_):
        (tmp_path / "runs" / "b.fit").unlink(missing_ok=True)

    report = import_files.import_paths(engine, make.user(engine), [tmp_path / "runs"], vanish)
    assert [file.status for file in report.files] == ["imported", "failed"]
    assert report.files[1].message == "b.fit: No such file or directory."


def test_a_path_whose_size_cannot_be_told_gets_a_sentence(engine, tmp_path):
    (file,) = make.take(engine, tmp_path / ("x" * 300)).files
    assert file.status == "failed"
    assert file.message.endswith(": File name too long.")
