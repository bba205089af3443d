"""Dates, numbers and sports as people's accounts write them, in the common languages."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Final

_MONTHS: Final = (
    "jan ene gen sty янв",
    "feb fev lut фев",
    "mar mrt maa мар",
    "apr avr abr kwi апр",
    "may mai mei maj mag маи мая",
    "jun juin giu cze июн",
    "jul juil lug lip июл",
    "aug aou ago sie авг",
    "sep set wrz сен",
    "oct okt ott out paz окт",
    "nov lis ноя",
    "dec dez dic des gru дек",
)
"""What the names of the months begin with, without accents; three letters, rarely four."""
_MONTH: Final = {
    name: month for month, names in enumerate(_MONTHS, start=1) for name in names.split()
}
_CLOCKS: Final = (
    re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?(?!\d)"),
    re.compile(r"(?<!\d)(\d{1,2})\.(\d{2})\.(\d{2})(?!\d)"),
    re.compile(r"(?<!\d)(\d{1,2})\s?[h時时点點시]\s?(\d{2})(?:\s?[m分분]\s?(\d{2}))?(?!\d)"),
)
_AFTERNOON: Final = re.compile(r"(?<![a-z])p\.?\s?m(?![a-z])|下午|午後|晚上|오후")
_FORENOON: Final = re.compile(r"(?<![a-z])a\.?\s?m(?![a-z])|上午|午前|凌晨|早上|오전")
_WORD: Final = re.compile(r"[^\W\d_]+")
_LONGEST: Final = 60

_SPORTS: Final = (
    ("ski", r"ski|sci (di|alpin|nord)|snowboard|langlauf|esqui"),
    ("skate", r"skat|schlittschuh|eislauf|patin|pattin|schaats|rolschaats"),
    ("row", r"\brow|ruder|aviron|\bremo|canottaggio|roei|ボート|划船"),
    ("swim", r"swim|schwimm|natation|\bnage|natacion|natacao|nuoto|nuotata|zwem|水泳|スイム|游泳"),
    ("elliptical", r"ellip|elitt|crosstrainer"),
    (
        "ride",
        r"\bride|bike|cycl|mobile$|radf|radtour|\brad\b|fahrt|velo|vtt|cicl|bici|pedal|fiets"
        r"|ライド|サイクリング|骑行",
    ),
    (
        "run",
        r"\brun|jogg|lauf|course|\btrail\b|carrera|correr|corsa|corrida|hardlo|trailrun"
        r"|ランニング|ラン$|跑步|越野跑",
    ),
    (
        "hike",
        r"hik|wander|randonnee|senderismo|excursion|escursion|trilha|raquette"
        r"|snowshoe|schneeschuh|ハイキング|徒步|远足",
    ),
    (
        "walk",
        r"walk|spazier|gehen|marche|caminata|caminhada|camminata|passeggiata|wandel|andar"
        r"|ウォーキング|步行|散步",
    ),
    ("yoga", r"yoga|ヨガ|瑜伽"),
    ("strength", r"weight|strength|kraft|kracht|muscul|poids|pesas|fuerza|\bpes[oi]\b|força"),
    (
        "workout",
        r"workout|training|entrain|entren|allenamento|treino|crossfit|hiit|interval"
        r"|pilates|stair|esercizi|ワークアウト",
    ),
)
_SPORT: Final = tuple((sport, re.compile(pattern)) for sport, pattern in _SPORTS)
_VARIETIES: Final = (
    ("virtual", r"virtu|バーチャル|虚拟"),
    ("trail", r"trail|trilha|sentier|sendero|sentiero|越野"),
    ("e_bike", r"\be-?(bike|mountain|mtb|fiets|bici)|electri|elettric|elektr"),
    ("mountain", r"mountain|vtt|mtb|montana|montanha"),
    ("gravel", r"gravel|schotter|grava|ghiaia|grind"),
    ("treadmill", r"treadmill|laufband|tapis|cinta|loopband|esteira"),
)
_VARIETY: Final = tuple((name, re.compile(pattern)) for name, pattern in _VARIETIES)


def plain(text: str) -> str:
    """A text in lower case without accents, with ordinary blanks and digits."""
    spread = unicodedata.normalize("NFKD", text[:_LONGEST].casefold())
    # Marks of other scripts (ガ, 후) are no accents.
    bare = unicodedata.normalize("NFC", re.sub(r"[\u0300-\u036f]", "", spread))
    return " ".join(bare.split())


def moment(text: str) -> datetime | None:
    """A written date with time of day, taken as UTC; ``None`` for what is not understood.

    Understands "May 29, 2022, 3:53:35 PM", "29.05.2022, 15:53:35", "29 mai 2022 à 15:53:35",
    "2022年5月29日 15:53:35", ISO 8601 and their like. In "5/6/2022" the day comes first, as
    the languages that name months put it otherwise.
    """
    words = plain(text)
    clock = next((found for c in _CLOCKS if (found := c.search(words))), None)
    if clock is None:
        return None
    date = words[: clock.start()] + " " + words[clock.end() :]
    day = _day(date)
    hour = int(clock[1])
    if hour <= 12 and _AFTERNOON.search(date):
        hour = hour % 12 + 12
    elif hour == 12 and _FORENOON.search(date):
        hour = 0
    try:
        return datetime(*day, hour, int(clock[2]), int(clock[3] or 0), tzinfo=UTC) if day else None
    except ValueError:
        return None


def _day(date: str) -> tuple[int, int, int] | None:
    """Year, month and day from what is left of a date without its time of day."""
    numbers = [int(digits) for digits in re.findall(r"\d{1,4}", date)]
    named = [
        m for word in _WORD.findall(date) if (m := _MONTH.get(word[:4]) or _MONTH.get(word[:3]))
    ]
    if named and len(numbers) >= 2:
        day, year = sorted(numbers[:2])
        return year, named[-1], day
    if len(numbers) < 3:
        return None
    if numbers[0] > 31:
        year, month, day = numbers[:3]
    else:
        day, month, year = numbers[:3]
        if month > 12:
            day, month = month, day
    return (year, month, day) if year > 99 else (2000 + year, month, day)


def quantity(text: str) -> float | None:
    """A number of zero or more with point or comma ("1.234,5", "9,44", "3189.0")."""
    digits = re.sub(r"[\s'’]", "", text[:_LONGEST])
    if "," in digits and "." in digits:
        thousands = "," if digits.rindex(",") < digits.rindex(".") else "."
        digits = digits.replace(thousands, "")
    digits = digits.replace(",", ".")
    is_number = re.fullmatch(r"\d{1,15}(\.\d{1,20})?", digits)
    return float(digits) if is_number else None


def sport(words: str) -> tuple[str, str | None]:
    """One of ``model.SPORTS`` and its variety for a display name ("Trail Run", "Radfahrt").

    What no language's words cover is "other", with the words themselves as the variety.
    """
    name = plain(words)
    found = next((sport for sport, pattern in _SPORT if pattern.search(name)), None)
    if found is None:
        return "other", words.strip()[:_LONGEST] or None
    return found, next((kind for kind, pattern in _VARIETY if pattern.search(name)), None)
