"""Files on their way in: the drop zone, progress, results, past imports."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from runsous.errors import RunsousError
from runsous.store.imports import FileResult
from runsous.ui import data
from runsous.ui import format as fmt
from runsous.ui.components import cards
from runsous.ui.components.picker import source_name
from runsous.ui.session import User, fragment, once

_MARKS = {"failed": "✗", "imported": "✓", "duplicate": "=", "skipped": "–"}
_WORDS = {"duplicate": "already known", "skipped": "left out", "failed": "not imported"}
_KINDS = {
    "fit": "FIT",
    "gpx": "GPX",
    "tcx": "TCX",
    "strava_export": "Strava export",
    "tempo_csv": "list of tempos",
    "unknown": "",
}
_STATES = {"done": "done", "queued": "waiting", "stopped": "stopped"}
_MOST = 200
_SOURCES = """
- **A single workout**: Garmin Connect, COROS, Polar, Suunto and Strava all offer “Export original”
  (FIT) or GPX/TCX on the activity’s page.
- **All of Strava**: [your account](https://www.strava.com/athlete/delete_your_account) →
  Request your archive. Drop the ZIP here as it is; nothing is deleted by asking for it.
- **Spotify**: [account privacy](https://www.spotify.com/account/privacy/) → Download your data. Ask
  for the *extended* streaming history: it has exact times (takes up to 30 days; the short one comes
  sooner and is exact to the minute).
- **Last.fm**: any CSV or JSON export of your scrobbles, such as
  [lastfm-to-csv](https://benjaminbenben.com/lastfm-to-csv/).
- **ListenBrainz**: [settings → Export data](https://listenbrainz.org/settings/export/). Drop the
  ZIP here as it is.
- **Maloja**: its export as JSON.
- **Lists of tempos**: a CSV with columns for track, artist and BPM, such as a Spotify playlist from
  [Exportify](https://exportify.net), a DJ program’s list or a table of your own.
"""


def drop_zone(user: User) -> None:
    """Takes files; their import starts at once and goes on while the page is used."""
    # Another key empties the zone after files were taken over. Any name is welcome: what a
    # file is, is told by its content, and phones offer no files of endings they do not know.
    files = st.file_uploader(
        "Workouts and listening histories",
        accept_multiple_files=True,
        key=f"drop {st.session_state.setdefault('drops', 0)}",
        label_visibility="collapsed",
    )
    cards.quiet(
        "FIT, GPX, TCX, also zipped · Strava’s export · Spotify, Last.fm, ListenBrainz and Maloja"
        " exports · lists of tempos (CSV: track, artist, BPM; Exportify’s too) · as many as you"
        " like, ZIPs as they are"
    )
    if not files:
        return
    try:
        st.session_state["dropped"] = data.start_import(user, [(f.name, f) for f in files])
    except RunsousError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.session_state["drops"] += 1
    st.rerun()


def running(user: User) -> None:
    """Follows unfinished imports; when the last ends, the page is drawn with what is new."""
    if any(row["status"] != "done" for row in data.newest_imports(user, 5)):
        _follow(user)


@partial(fragment, run_every=1.0)
def _follow(user: User) -> None:
    newest = data.newest_imports(user, 5)
    unfinished = [row for row in newest if row["status"] != "done"]
    if not unfinished:
        if newest:
            how = "was stopped" if newest[0]["is_cancelled"] else "is finished"
            once(f"The import {how}: {_brought(newest[0])}.")
        st.rerun()
    for row in unfinished:
        _progress(user, row)


def _progress(user: User, row: dict[str, Any]) -> None:
    total = max(row["total"], 1)
    said = "waiting to start" if row["status"] == "queued" else f"{row['done']:,} of {total:,}"
    if row["is_cancelled"]:
        said = "stopping after this file"
    parts = [_title(row), said, _found(row)]
    with st.container(border=True):
        bar, button = st.columns([5, 1], vertical_alignment="center")
        text = cards.plain(" · ".join(part for part in parts if part))
        bar.progress(min(row["done"] / total, 1.0), text=text)
        if button.button(
            "Stop", key=f"stop {row['id']}", disabled=row["is_cancelled"], width="stretch"
        ):
            data.cancel_import(user, row["id"])
        uploads = data.import_uploads(user, row["id"])
        if len(uploads) > 1:
            _upload_list(uploads)


def _upload_list(uploads: Sequence[dict[str, Any]]) -> None:
    """Each file handed in with its own bar: what is being read, what failed, what waits."""
    shown = sorted(uploads, key=_place)
    _file_list([_upload(upload) for upload in shown[:_MOST]], len(uploads))


def _place(upload: dict[str, Any]) -> int:
    if upload["status"] == "running":
        return 0
    if upload["failed"]:
        return 1
    return 3 if upload["status"] == "done" else 2


def _upload(upload: dict[str, Any]) -> str:
    """One file handed in: how far it got, and why not further."""
    is_done, failed, total = upload["status"] == "done", upload["failed"], upload["total"]
    said = _STATES.get(upload["status"], "reading")
    if total > 1 and upload["status"] in ("done", "running"):
        said = f"{total:,} files" if is_done else f"{upload['done']:,} of {total:,}"
    share = 1.0 if is_done else min(upload["done"] / max(total, 1), 1.0)
    more = f'<i><b style="width:{share:.0%}"></b></i>'
    mark = _MARKS["failed" if failed else "imported"] if is_done else ""
    name = _name(upload["path"])
    if failed:
        # An archive goes on past a file that fails.
        said, more = (_WORDS["failed"], "") if total == 1 else (f"{said} · {_lost(failed)}", more)
        more += f"<div>{escape(_without_name(upload['why'] or '', name))}</div>"
    return (
        f'<div class="rs-file{" failed" if failed else ""}"><span>{mark}</span>'
        f"<span>{escape(name)}</span><small>{said}</small>{more}</div>"
    )


def outcome(user: User) -> None:
    """What became of the files dropped last, until the user has seen it."""
    if "dropped" not in st.session_state:
        return
    done = (row for row in data.newest_imports(user, 5) if row["status"] == "done")
    row = next((row for row in done if row["id"] == st.session_state["dropped"]), None)
    if row is None:
        return
    with st.container(border=True):
        words, button = st.columns([5, 1], vertical_alignment="center")
        how = "stopped" if row["is_cancelled"] else "finished"
        words.markdown(f"**Import {how}: {_brought(row)}.**")
        if button.button("OK", key="seen", width="stretch"):
            del st.session_state["dropped"]
            st.rerun()
        told = [file for file in data.import_files(user, row["id"]) if file.message]
        _result_list([file for file in told if file.status == "failed"] or told)


def past(user: User) -> None:
    """Earlier imports, each with what became of its files, and retry where some failed."""
    rows = [row for row in data.newest_imports(user) if row["status"] == "done"]
    if not rows:
        return
    st.subheader("Past imports")
    for place, row in enumerate(rows):
        icon = ":material/error:" if row["failed"] else ":material/check_circle:"
        when = fmt.day(row["created_at"], user.zone, pd.Timestamp.now("UTC").to_pydatetime())
        clock = fmt.clock(row["created_at"], user.zone)
        stopped = "stopped" if row["is_cancelled"] else ""
        parts = (f"{when}, {clock}", _title(row), _brought(row), stopped)
        label = cards.plain(" · ".join(part for part in parts if part))
        shown = st.expander(
            label, icon=icon, expanded=place == 0, key=f"past {row['id']}", on_change="rerun"
        )
        # Only what is open is read and sent.
        if shown.open:
            with shown:
                _results(user, row)


def _results(user: User, row: dict[str, Any]) -> None:
    _result_list(data.import_files(user, row["id"]))
    with st.container(horizontal=True):
        if row["can_retry"] and st.button(
            "Retry", key=f"retry {row['id']}", icon=":material/refresh:"
        ):
            data.retry_import(user, row["id"])
            st.session_state["dropped"] = row["id"]
            st.rerun()
        if st.button(
            "Remove",
            key=f"remove {row['id']}",
            icon=":material/delete:",
            help="Takes this import off the list, with the files kept for Retry."
            " What it brought in stays.",
        ):
            data.remove_import(user, row["id"])
            st.rerun()


def _result_list(files: Sequence[FileResult]) -> None:
    """What went wrong first, then what there is to say, then the rest."""
    order = list(_MARKS)
    ranked = sorted(files, key=lambda f: (order.index(f.status), f.message is None))
    # Of a lone archive the title tells.
    is_mixed = len({_archive(file.path) for file in files}) > 1
    _file_list([_result(file, is_mixed) for file in ranked[:_MOST]], len(ranked))


def _result(file: FileResult, is_mixed: bool) -> str:
    name = _name(file.path)
    archive = _archive(file.path) if is_mixed else ""
    where = f" <small>in {escape(archive)}</small>" if archive else ""
    facts = [_WORDS.get(file.status, ""), _KINDS.get(file.kind, source_name(file.kind))]
    facts += _counts(activities=file.activities, listens=file.listens)
    said = escape(_without_name(file.message or "", name))
    return (
        f'<div class="rs-file {file.status}"><span>{_MARKS[file.status]}</span>'
        f"<span>{escape(name)}{where}</span>"
        f"<small>{escape(' · '.join(fact for fact in facts if fact))}</small>"
        f"{f'<div>{said}</div>' if said else ''}</div>"
    )


def _without_name(message: str, name: str) -> str:
    """The sentence alone, where it is only headed by the file's name that stands above it."""
    return message.removeprefix(f"{name}: ")


def _file_list(rows: Sequence[str], total: int) -> None:
    if not rows:
        return
    more = f'<div class="rs-quiet">and {total - len(rows):,} more</div>'
    st.html(f'<div class="rs-files">{"".join(rows)}{more if total > len(rows) else ""}</div>')


def where_to_get_files() -> None:
    """How to get each export, in a line each."""
    with st.expander("Where do I get these files?", icon=":material/help:"):
        st.markdown(_SOURCES)


def _title(row: dict[str, Any]) -> str:
    names = row["names"] or ["no file"]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{_name(names[0])}{more}"


def _found(row: dict[str, Any]) -> str:
    """What the import brought, in words: only what there is."""
    said = _counts(activities=row["activities"], listens=row["listens"], lists=row["lists"])
    said += [f"{row['duplicates']:,} already known"] if row["duplicates"] else []
    said += [_lost(row["failed"])] if row["failed"] else []
    return ", ".join(said)


def _brought(row: dict[str, Any]) -> str:
    """What an import that has ended brought, also if that is nothing."""
    return _found(row) or "nothing new"


def _lost(failed: int) -> str:
    return f"{failed:,} {_WORDS['failed']}"


def _counts(*, activities: int, listens: int, lists: int = 0) -> list[str]:
    counts = (
        (activities, "activity", "activities"),
        (listens, "play", "plays"),
        (lists, "list of tempos", "lists of tempos"),
    )
    return [f"{n:,} {one if n == 1 else many}" for n, one, many in counts if n]


def _name(path: str) -> str:
    """A file's own name, without those of folders and archives."""
    return path.rpartition("!")[2].rsplit("/", 1)[-1]


def _archive(path: str) -> str:
    """The name of the archive a file came in; empty for one that came alone."""
    return path.partition("!")[0].rsplit("/", 1)[-1] if "!" in path else ""
