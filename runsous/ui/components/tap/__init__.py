"""Tapping along with a song, measured in the browser."""

from __future__ import annotations

from importlib.resources import files

import streamlit as st

_HERE = files(__package__)
_HTML = """<div class="rs-tap">
<button type="button" class="pad" aria-label="Tap the beat">
<span class="big"></span><span class="small" role="status"></span></button>
<div class="ways"><button type="button" class="take" disabled></button>
<button type="button" class="again" disabled>Start over</button></div>
</div>"""

_pad = st.components.v2.component(
    "tap_the_beat",
    html=_HTML,
    css=_HERE.joinpath("tap.css").read_text("utf-8"),
    js=_HERE.joinpath("tap.js").read_text("utf-8"),
    # Behind a shadow root a dialog would lead the Tab key past it.
    isolate_styles=False,
)


def pad(key: str) -> float | None:
    """A pad to tap the beat on; the tempo in the run in which it was accepted, else ``None``."""
    accepted = _pad(key=key, on_accepted_change=lambda: None).get("accepted")
    return None if accepted is None else float(accepted)
