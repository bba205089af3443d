"""FIT messages as columns of numbers, by the names and in the units of the FIT profile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from fitdecode import profile

from runsous.files.fit.layouts import Field, Layout
from runsous.files.fit.structure import Part

Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
Chosen = np.ndarray[tuple[int], np.dtype[np.intp]]
Rows = np.ndarray[tuple[int, int], np.dtype[np.float64]]

EPOCH_S: Final = 631_065_600
"""1989-12-31T00:00:00Z, from which FIT counts seconds, in seconds since 1970."""

FIRST_DATE_S: Final = EPOCH_S + 0x1000_0000
"""Earlier times are no dates but seconds since the device was switched on."""

_WANTED: Final = {
    "file_id": "type manufacturer product time_created product_name",
    "session": (
        "timestamp start_time sport sub_sport total_elapsed_time total_timer_time total_distance "
        "avg_heart_rate max_heart_rate avg_cadence avg_fractional_cadence total_ascent pool_length"
    ),
    "sport": "sport sub_sport",
    "lap": "timestamp start_time total_elapsed_time total_timer_time total_distance",
    "record": (
        "timestamp position_lat position_long altitude enhanced_altitude distance speed "
        "enhanced_speed compressed_speed_distance heart_rate cadence cadence256 "
        "fractional_cadence power temperature"
    ),
    "event": "timestamp event event_type",
    "activity": "timestamp local_timestamp",
    "length": (
        "message_index timestamp start_time total_elapsed_time total_strokes avg_speed "
        "swim_stroke avg_swimming_cadence length_type"
    ),
    "hr": "timestamp fractional_timestamp filtered_bpm event_timestamp event_timestamp_12",
    "timestamp_correlation": "timestamp system_timestamp",
    "field_description": (
        "developer_data_index field_definition_number fit_base_type_id field_name units "
        "scale offset native_field_num"
    ),
}
_DATES: Final = ("date_time", "local_date_time")
_LAST_DATE: Final = 0xFFFF_FFFF
_STRING: Final = 7
_BYTE: Final = 13
_TYPES: Final = {
    0: ("u1", 0xFF),
    1: ("i1", 0x7F),
    2: ("u1", 0xFF),
    3: ("i2", 0x7FFF),
    4: ("u2", 0xFFFF),
    5: ("i4", 0x7FFF_FFFF),
    6: ("u4", 0xFFFF_FFFF),
    8: ("f4", None),
    9: ("f8", None),
    10: ("u1", 0),
    11: ("u2", 0),
    12: ("u4", 0),
    _BYTE: ("u1", None),
    14: ("i8", 0x7FFF_FFFF_FFFF_FFFF),
    15: ("u8", 0xFFFF_FFFF_FFFF_FFFF),
    16: ("u8", 0),
}
"""By the low five bits of a base type: how numpy reads it, and the value that means none."""


class _Meaning(NamedTuple):
    name: str
    scale: float = 1.0
    offset: float = 0.0


class Table:
    """The messages of one kind in file order; NaN (or "") where a message says nothing.

    Times are seconds since 1970. Developer fields are called ``developer <name>``: the name
    of the field of the profile they stand for, else their own in lower case.
    """

    def __init__(self, count: int = 0) -> None:
        self.count = count
        self.columns: dict[str, Rows] = {}
        self.texts: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, name: str) -> Numbers:
        """The (first) value of each message."""
        column = self.columns.get(name)
        return np.full(self.count, np.nan) if column is None else column[:, 0]

    def rows(self, name: str) -> Rows:
        """All values of each message, as wide as the widest."""
        return self.columns.get(name, np.full((self.count, 1), np.nan))

    def text(self, name: str) -> list[str]:
        return self.texts.get(name, [""] * self.count)

    def has(self, name: str) -> bool:
        return name in self.columns and bool(np.isfinite(self.columns[name]).any())

    def put(self, name: str, start: int, values: Rows) -> None:
        """Writes ``values`` into the messages from ``start`` on, widening the column."""
        column = self.columns.get(name)
        width = values.shape[1]
        if column is None or column.shape[1] < width:
            wider = np.full((self.count, width), np.nan)
            if column is not None:
                wider[:, : column.shape[1]] = column
            column = self.columns[name] = wider
        part = column[start : start + len(values), :width]
        part[:] = np.where(np.isnan(part), values, part)

    def chosen(self, rows: Chosen) -> Table:
        """The messages at ``rows``, in that order."""
        table = Table(len(rows))
        table.columns = {name: column[rows] for name, column in self.columns.items()}
        table.texts = {name: [text[row] for row in rows] for name, text in self.texts.items()}
        return table

    def followed_by(self, other: Table) -> Table:
        """The numbers of these messages, then of those."""
        table = Table(len(self) + len(other))
        for begin, part in ((0, self), (len(self), other)):
            for name, column in part.columns.items():
                table.put(name, begin, column)
        return table


def tables(part: Part) -> dict[str, Table]:
    """The messages of a FIT file by kind; kinds that the file lacks are empty tables."""
    stamps = _compressed_stamps(part)
    developer = _developer_meanings(_table(part, "field_description", stamps, {}))
    return {
        name: _table(part, name, stamps, developer if name == "record" else {}) for name in _WANTED
    }


def _kind(name: str) -> tuple[int, dict[int, _Meaning]]:
    number, kind = next((n, k) for n, k in profile.MESSAGE_TYPES.items() if k.name == name)
    wanted = _WANTED[name].split()
    meanings = {}
    for field in kind.fields.values():
        if field.name in wanted:
            offset = -EPOCH_S if field.type.name in _DATES else field.offset or 0
            meanings[field.def_num] = _Meaning(field.name, field.scale or 1, offset)
    # The profile gives these the scale of the values packed in them.
    for packed in ("event_timestamp_12", "compressed_speed_distance"):
        for key in [key for key, meaning in meanings.items() if meaning.name == packed]:
            meanings[key] = _Meaning(packed)
    return number, meanings


_KINDS: Final = {name: _kind(name) for name in _WANTED}


def _table(
    part: Part,
    name: str,
    stamps: dict[int, float],
    developer: dict[tuple[int, int], tuple[_Meaning, int]],
) -> Table:
    number, meanings = _KINDS[name]
    layouts = [layout for layout in part.layouts if layout.number == number]
    table = Table(sum(len(layout.starts) for layout in layouts))
    begin = 0
    for layout in layouts:
        content = _content(part, layout)
        for field in layout.fields:
            if field.number in meanings:
                _read(table, begin, content, (layout.order, field, meanings[field.number]))
        for field in layout.developer:
            meaning, kind = developer.get((field.kind, field.number), (None, 0))
            if meaning is not None:
                described = field._replace(kind=kind)
                _read(table, begin, content, (layout.order, described, meaning))
        if stamps:
            given = [stamps.get(start, np.nan) for start in layout.starts]
            table.put("timestamp", begin, np.array(given)[:, None])
        begin += len(layout.starts)
    if len(layouts) > 1:
        return table.chosen(np.argsort(np.concatenate([_starts(layout) for layout in layouts])))
    return table


def _starts(layout: Layout) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.frombuffer(layout.starts, np.uint64).astype(np.int64)


def _content(part: Part, layout: Layout) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """One row of bytes for each message, header included."""
    content = np.frombuffer(part.content, np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(content, layout.size)
    return windows[_starts(layout)]


def _read(
    table: Table,
    begin: int,
    content: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
    read_as: tuple[str, Field, _Meaning],
) -> None:
    order, field, meaning = read_as
    block = content[:, field.at : field.at + field.size]
    if field.kind & 0x1F == _STRING:
        texts = table.texts.setdefault(meaning.name, [""] * len(table))
        texts[begin : begin + len(block)] = [_string(row.tobytes()) for row in block]
        return
    code, none = _TYPES.get(field.kind & 0x1F, _TYPES[_BYTE])
    width = np.dtype(code).itemsize
    count = field.size // width
    if not count:
        return
    raw = np.ascontiguousarray(block[:, : count * width]).view(order + code)
    with np.errstate(invalid="ignore"):  # damaged floats
        values = raw.astype(np.float64)
    if none is not None:
        values[raw == none] = np.nan
    elif code[0] == "f":
        values[~np.isfinite(values)] = np.nan
    else:
        # Opaque bytes are missing when all of them are.
        values[(raw == 0xFF).all(axis=1)] = np.nan
    if meaning.offset == -EPOCH_S:
        values[(values < 0) | (values > _LAST_DATE)] = np.nan
    table.put(meaning.name, begin, values / meaning.scale - meaning.offset)


def _string(content: bytes) -> str:
    return content.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _developer_meanings(described: Table) -> dict[tuple[int, int], tuple[_Meaning, int]]:
    """What developer fields of records mean and their base type, by index and number."""
    natives = {field.def_num: field.name for field in profile.MESSAGE_TYPES[20].fields.values()}
    found = {}
    numbers = ("developer_data_index", "field_definition_number", "fit_base_type_id")
    keys = np.column_stack([described[name] for name in numbers])
    scales = np.column_stack(
        [described["scale"], described["offset"], described["native_field_num"]]
    )
    for key, scale, name, units in zip(
        np.nan_to_num(keys, nan=_BYTE).astype(int).tolist(),
        np.nan_to_num(scales).tolist(),
        described.text("field_name"),
        described.text("units"),
        strict=True,
    ):
        native = natives.get(int(scale[2])) if scale[2] else None
        if _is_metric(units):
            meaning = _Meaning(f"developer {native or name.casefold()}", scale[0] or 1, scale[1])
            found[key[0], key[1]] = meaning, key[2]
    return found


def _is_metric(units: str) -> bool:
    return not any(foreign in units.casefold() for foreign in ("km", "kph", "mi/", "mph", "mile"))


def _compressed_stamps(part: Part) -> dict[int, float]:
    """The time of each message whose header holds its last five bits, by its start."""
    if not part.compressed:
        return {}
    full = [
        (start, stamp) for layout in part.layouts for start, stamp in _full_stamps(part, layout)
    ]
    stamps, now = {}, None
    for start, stamp in sorted(full + [(start, -1) for start in part.compressed]):
        if stamp >= 0:
            now = stamp
        elif now is not None:
            # The time rolls over whenever its last five bits get smaller.
            now += (part.content[start] - now) & 0x1F
            stamps[start] = float(now + EPOCH_S)
    return stamps


def _full_stamps(part: Part, layout: Layout) -> Iterator[tuple[int, int]]:
    if layout.stamp is None:
        return
    content = _content(part, layout)[:, layout.stamp.at : layout.stamp.at + 4]
    raw = np.ascontiguousarray(content).view(layout.order + "u4")[:, 0]
    yield from (
        (s, v) for s, v in zip(layout.starts, raw.tolist(), strict=True) if v != 0xFFFF_FFFF
    )
