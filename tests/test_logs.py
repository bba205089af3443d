import io
import json
import logging

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
    formatters = {
        h: h.formatter
        for name in logging.root.manager.loggerDict
        for h in logging.getLogger(name).handlers
    }
    logs.keep_private()
    yield logger, written
    logs.keep_plain()
    logger.removeHandler(handler)
    for known, formatter in formatters.items():
        known.setFormatter(formatter)


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
