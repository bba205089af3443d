"""The log of a server several people use: a JSON object a line, with nothing of anybody in it.

An error is told by its type and the lines it passed through. Its words are left out, since they
may hold what somebody gave: an e-mail, a place, the name of a song.
"""

from __future__ import annotations

import json
import logging
import time
import traceback
from typing import Any

_plain_factory = logging.getLogRecordFactory()


def keep_private() -> None:
    """Lets every log of this process leave out the words of errors, and write JSON."""
    logging.setLogRecordFactory(_wordless)
    if not logging.root.handlers:
        logging.basicConfig(level=logging.INFO)
    known = (logging.getLogger(name) for name in list(logging.root.manager.loggerDict))
    for logger in (logging.root, *known):
        for handler in logger.handlers:
            handler.setFormatter(JsonLines())


def keep_plain() -> None:
    """Takes :func:`keep_private` back, for logs made from now on."""
    logging.setLogRecordFactory(_plain_factory)


class JsonLines(logging.Formatter):
    """``{"time", "level", "logger", "message"}`` and, of an error, ``"error"`` and ``"at"``."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:
            line["error"], *line["at"] = record.exc_text.splitlines()
        return json.dumps(line, ensure_ascii=False)


def _wordless(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _plain_factory(*args, **kwargs)
    if record.exc_info and record.exc_info[1] is not None:
        record.exc_text = "\n".join(_told(record.exc_info[1]))
        # A message that repeats the error would give its words away after all.
        if str(record.exc_info[1]) in record.getMessage():
            record.msg, record.args = "an error", ()
    record.exc_info = None
    return record


def _told(error: BaseException) -> list[str]:
    """The type of an error, and each line it passed through, the innermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    return [type(error).__name__, *lines]
