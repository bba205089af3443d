"""Ten thousand songs looked up at sources that enforce their limits, killed again and again."""

from __future__ import annotations

import random
import subprocess
import time

from sqlalchemy import text

from benchmarks import places
from benchmarks.figures import Row
from benchmarks.made import songs
from runsous.demo.services.catalogue import Recording, made_up
from runsous.sync.patience import RULES

_SONGS = 10_000
_FASTER = 60.0
"""Limits and pace are this many times what they are: MusicBrainz alone would take five hours."""
_KILLS = 5
_KILLED_AFTER_S = (5.0, 25.0)
_SAME_BEAT = 0.03


def run() -> list[Row]:
    """Seconds for all songs, beside what the limits alone demand; ends with an error where a limit
    was not kept or a song was not asked for.
    """
    recordings = made_up(_SONGS).recordings
    with songs.serving(_SONGS, _FASTER) as served, places.folder() as home:
        with places.library(home) as opened:
            songs.hear(opened, recordings)
        began = time.perf_counter()
        for _ in range(_KILLS):
            process = songs.asking(home, served.found, _FASTER)
            _kill(process)
        songs.asking(home, served.found, _FASTER).wait()
        all_s = time.perf_counter() - began
        with places.library(home) as opened, opened.engine.begin() as conn:
            left = conn.execute(text("SELECT count(*) FROM tracks WHERE song_id IS NULL")).scalar()
            tempos = dict(conn.execute(text("SELECT title, tempo_bpm FROM tracks")).tuples().all())
        asked = served.ended()
    if left or asked["violations"]:
        raise RuntimeError(f"{left} songs were left out; {asked['violations'][:3]}")
    known = [each for each in recordings if tempos[each.title] is not None]
    right = sum(_is_right(tempos[each.title], each) for each in known)
    demanded_s = max(n * RULES[source].apart_s / _FASTER for source, n in asked["calls"].items())
    note = (
        f"limits {_FASTER:.0f}-fold and none exceeded, {_KILLS} times killed on the way;"
        f" {sum(asked['calls'].values()):,} calls, {asked['twice']} of them made twice; a tempo for"
        f" {len(known):,} songs, the right beat for {right / len(known):.1%} of these"
    )
    return [
        Row(
            f"{_SONGS:,} songs looked up",
            "s",
            [all_s],
            "what limits demand",
            [demanded_s],
            note=note,
        )
    ]


def _kill(process: subprocess.Popen[bytes]) -> None:
    time.sleep(random.uniform(*_KILLED_AFTER_S))
    process.kill()
    process.wait()


def _is_right(bpm: float, recording: Recording) -> bool:
    ratios = (bpm / (recording.bpm * octave) for octave in (0.25, 0.5, 1, 2, 4))
    return any(abs(ratio - 1) <= _SAME_BEAT for ratio in ratios)
