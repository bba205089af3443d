import io
import json
import logging
import threading
import warnings

import pytest

from runsous import logs

SECRET = "ana@example.org at 48.137 with Óðinn's song"


@pytest.fixture
def out():
    """A log of its own, and what it wrote."""
    written = io.StringIO()
    logger = logging.getLogger("tests.private")
    handler = logging.StreamHandler(written)
    logger.addHandler(handler)
    logger.propagate = False
    logs.keep_private()
    yield logger, written
    logs.keep_plain()
    logger.removeHandler(handler)


def fail() -> None:
    raise ValueError(SECRET)


def test_an_error_is_told_by_type_and_place_without_its_words(out):
    logger, written = out
    try:
        fail()
    except ValueError as error:
        logger.exception("activity %s failed", 7)
        logger.error("it said: %s", error, exc_info=error)
    assert SECRET not in written.getvalue()
    first, _ = map(json.loads, written.getvalue().splitlines())
    assert first["message"] == "activity 7 failed"
    assert first["level"] == "error"
    assert first["error"] == "ValueError"
    assert "test_logs.py" in first["at"][0]
    assert first["at"][0].endswith(" fail")


def test_each_line_is_an_object_of_its_own(out):
    logger, written = out
    logger.warning("two\nlines")
    logger.warning("and another")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["message"] for line in lines] == ["two\nlines", "and another"]
    assert all(line["time"].endswith("Z") for line in lines)


def test_what_writes_later_or_in_its_own_way_writes_json_too(out):
    logger, written = out
    later = logging.StreamHandler(written)
    later.setFormatter(logging.Formatter("plain: %(message)s"))
    logger.addHandler(later)
    logger.warning("here")
    logger.removeHandler(later)
    assert [json.loads(line)["message"] for line in written.getvalue().splitlines()] == ["here"] * 2


def test_a_logger_nobody_listens_to_writes_json_too(out, monkeypatch):
    _, written = out
    alone = logging.getLogger("tests.alone")
    monkeypatch.setattr(alone, "propagate", False)
    monkeypatch.setattr(logging, "lastResort", logging.StreamHandler(written))
    alone.warning("Invalid HTTP request received.")
    assert json.loads(written.getvalue())["message"] == "Invalid HTTP request received."


def test_every_line_can_be_written_and_read_whatever_it_says(out):
    logger, written = out
    words = "\u00d3\u00f0inn\udc80\u2028\x85 \x1b[31m"
    logger.warning(words)
    assert written.getvalue().isascii()
    assert len(written.getvalue().splitlines()) == 1
    assert json.loads(written.getvalue())["message"] == words


@pytest.mark.parametrize("arguments", [(SECRET,), ("%s", SECRET, SECRET), ("%d", SECRET)])
def test_a_line_that_cannot_be_written_is_not_told_either(out, capsys, arguments, monkeypatch):
    logger, written = out
    monkeypatch.setattr(written, "write", None)
    logger.warning(*arguments)
    assert capsys.readouterr().err == ""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ends_with_an_error_tells_no_more(out, capsys):
    seen = logging.getLogger("runsous.logs")
    seen.addHandler(out[0].handlers[0])
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    seen.removeHandler(out[0].handlers[0])
    line = json.loads(out[1].getvalue())
    assert (line["level"], line["error"]) == ("error", "ValueError")
    assert SECRET not in out[1].getvalue() + capsys.readouterr().err


def test_warnings_are_lines_too(out, capsys):
    seen = logging.getLogger("py.warnings")
    seen.addHandler(out[0].handlers[0])
    warnings.showwarning("old", DeprecationWarning, "here.py", 7)
    seen.removeHandler(out[0].handlers[0])
    assert "DeprecationWarning: old" in json.loads(out[1].getvalue())["message"]
    assert capsys.readouterr().err == ""
