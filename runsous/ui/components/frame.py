"""The app's own sign, a route that is a waveform, and the picture that says what it is for."""

from __future__ import annotations

from base64 import b64encode

_WAVE = "M4 20 L10 20 L13 11 L18 29 L23 5 L28 27 L31 16 L34 20 L40 20"


def image(body: str, view: str) -> str:
    """An SVG drawing as an image's address."""
    source = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}">{body}</svg>'
    return "data:image/svg+xml;base64," + b64encode(source.encode()).decode()


def _logo(ink: str, line: str) -> str:
    mark = (
        f'<path d="{_WAVE}" fill="none" stroke="{line}" stroke-width="3.6"'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
    )
    words = (
        '<text x="50" y="27" font-family="Inter, system-ui, Segoe UI, Roboto, Arial, sans-serif"'
        f' font-size="20" font-weight="600" fill="{ink}" textLength="138"'
        ' lengthAdjust="spacingAndGlyphs">Run Sous BPM</text>'
    )
    return image(mark + words, "0 0 190 40")


LOGO = _logo("#1f2a37", "#0f766e")
LOGO_DARK = _logo("#e8edf2", "#5eead4")
ICON = "🎧"

_STRETCHES = (
    ("#0072B2", "M60 168 C60 120 78 96 112 84"),
    ("#E69F00", "M112 84 C150 70 176 92 206 76"),
    ("#AA3377", "M206 76 C246 54 300 60 318 98"),
    ("#56B4E9", "M318 98 C332 130 300 150 262 152"),
    ("#009E73", "M262 152 C220 154 214 186 176 196"),
    ("#D55E00", "M176 196 C130 208 62 206 60 172"),
)
_SONGS = ((46, 62, 0), (150, 44, 1), (300, 44, 2), (330, 150, 3), (226, 210, 4), (70, 232, 5))


def _picture() -> str:
    """A loop run to six songs, each with its colour."""
    route = "".join(
        f'<path d="{line}" stroke="{colour}" stroke-width="9" fill="none" stroke-linecap="round"/>'
        for colour, line in _STRETCHES
    )
    notes = "".join(
        f'<text x="{x}" y="{y}" font-size="20" fill="{_STRETCHES[i][0]}">♪</text>'
        f'<rect x="{x + 18}" y="{y - 10}" width="{52 - 7 * (i % 3)}" height="6" rx="3"'
        ' fill="#8A949A" opacity=".45"/>'
        for x, y, i in _SONGS
    )
    start = '<circle cx="60" cy="170" r="8" fill="#fff" stroke="#1B9E6B" stroke-width="5"/>'
    return image(route + start + notes, "30 20 390 230")


PICTURE = _picture()
