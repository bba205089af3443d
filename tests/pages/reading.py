"""What a person sees on a page."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

PAGES = (
    "home",
    "activities",
    "insights",
    "listening",
    "tempo",
    "add_data",
    "connections",
    "preferences",
    "activity",
    "track",
)


def visit(app: AppTest, name: str, **query: Any) -> AppTest:
    """Opens a page; whatever it raises fails the test."""
    app.run()
    app.query_params.clear()
    for key, value in query.items():
        app.query_params[key] = str(value)
    return run(app.switch_page(f"{name}.py"))


def run(app: AppTest) -> AppTest:
    """Runs the page again, as after a click."""
    app.run()
    assert not app.exception, app.exception[0].message
    return app


def words(app: AppTest) -> str:
    """All that is written on the page, outside of tables, as it reads."""
    written = [
        *(e.value for e in [*app.title, *app.subheader, *app.markdown, *app.caption]),
        *(re.sub(r"<style>.*?</style>|<[^>]*>", " ", e.value, flags=re.S) for e in html(app)),
        *(e.label for e in [*app.button, *app.expander]),
        *(e.label for e in app.get("page_link")),
        *(e.value for e in [*app.info, *app.success, *app.warning, *app.error, *app.toast]),
        *(e.text for e in app.get("progress")),
    ]
    return re.sub(r"\s+", " ", unescape(" \n ".join(written)))


def html(app: AppTest) -> list[Any]:
    return list(app.get("html"))


def table(app: AppTest, place: int = 0) -> pd.DataFrame:
    frame: pd.DataFrame = app.dataframe[place].value
    return frame


def button(app: AppTest, label: str) -> Any:
    return next(b for b in app.button if b.label == label)


def press(app: AppTest, label: str) -> AppTest:
    button(app, label).click()
    return run(app)


def titles(app: AppTest) -> list[str]:
    """The names on the cards, in order."""
    links = [unescape(link.label) for link in app.get("page_link")]
    return [label[2:-2] for label in links if label.startswith("**")]
