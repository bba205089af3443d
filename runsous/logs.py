"""The log of a server several people use: a JSON object a line, with nothing of anybody in it.

An error is told by its type and the lines it passed through. Its words are left out, since they
may hold what somebody gave: an e-mail, a place, the name of a song.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from typing import Any

_plain_factory = logging.getLogRecordFactory()
_plain_format = logging.Handler.format
_plain_hook = threading.excepthook
_log = logging.getLogger(__name__)


def keep_private() -> None:
    """Lets every log of this process leave out the words of errors, and write JSON."""
    logging.setLogRecordFactory(_wordless)
    # Libraries make handlers of their own at any time, and what has none goes to a last one.
    logging.Handler.format = _as_json  # type: ignore[assignment, method-assign]
    # A line that cannot be written would be told with its words.
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    threading.excepthook = _tell
    if not logging.root.handlers:
        logging.basicConfig(level=logging.INFO)


def keep_plain() -> None:
    """Takes :func:`keep_private` back."""
    logging.setLogRecordFactory(_plain_factory)
    logging.Handler.format = _plain_format  # type: ignore[method-assign]
    logging.raiseExceptions = True
    logging.captureWarnings(False)
    threading.excepthook = _plain_hook


def announce(words: str) -> None:
    """Says to whoever started this process how it stands: a line of the log where that is JSON."""
    if logging.getLogRecordFactory() is _wordless:
        _log.info(words.strip())
    else:
        print(words, flush=True)


def _as_json(_: logging.Handler, record: logging.LogRecord) -> str:
    """``{"time", "level", "logger", "message"}`` and, of an error, ``"error"`` and ``"at"``."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    line: dict[str, Any] = {
        "time": f"{moment}.{int(record.msecs):03}Z",
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage().strip(),
    }
    if record.exc_text:
        line["error"], *line["at"] = record.exc_text.splitlines()
    # In ASCII: whatever the log is written to can take it, and nothing else ends a line.
    return json.dumps(line)


def _wordless(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _plain_factory(*args, **kwargs)
    if record.exc_info and record.exc_info[1] is not None:
        record.exc_text = "\n".join(_told(record.exc_info[1]))
        words = str(record.exc_info[1])
        # A message that repeats the error would give its words away after all.
        if words and words in record.getMessage():
            record.msg, record.args = "an error", ()
    record.exc_info = None
    return record


def _tell(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_type is not SystemExit:
        _log.error("a thread ended with an error", exc_info=ended.exc_value)


def _told(error: BaseException) -> list[str]:
    """The type of an error, and each line it passed through, the innermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    return [type(error).__name__, *lines]
