"""Writes small FIT files, so that tests need none from outside.

Values are given in physical units by the names of the FIT profile; ``None`` is written as
the type's invalid value.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

FIT_EPOCH = datetime(1989, 12, 31, tzinfo=UTC)

_STAMP = (253, "uint32", 1, 0)
_SUMMARY: dict[str, tuple[int, str, float, float]] = {
    "timestamp": _STAMP,
    "event": (0, "enum", 1, 0),
    "event_type": (1, "enum", 1, 0),
    "start_time": (2, "uint32", 1, 0),
    "total_elapsed_time": (7, "uint32", 1000, 0),
    "total_timer_time": (8, "uint32", 1000, 0),
    "total_distance": (9, "uint32", 100, 0),
}
_PROFILE: dict[str, tuple[int, dict[str, tuple[int, str, float, float]]]] = {
    "file_id": (
        0,
        {
            "type": (0, "enum", 1, 0),
            "manufacturer": (1, "uint16", 1, 0),
            "product": (2, "uint16", 1, 0),
            "time_created": (4, "uint32", 1, 0),
            "product_name": (8, "string", 1, 0),
        },
    ),
    "sport": (12, {"sport": (0, "enum", 1, 0), "sub_sport": (1, "enum", 1, 0)}),
    "session": (
        18,
        _SUMMARY
        | {
            "sport": (5, "enum", 1, 0),
            "sub_sport": (6, "enum", 1, 0),
            "avg_heart_rate": (16, "uint8", 1, 0),
            "max_heart_rate": (17, "uint8", 1, 0),
            "avg_cadence": (18, "uint8", 1, 0),
            "total_ascent": (22, "uint16", 1, 0),
            "pool_length": (44, "uint16", 100, 0),
        },
    ),
    "lap": (19, _SUMMARY),
    "record": (
        20,
        {
            "timestamp": _STAMP,
            "position_lat": (0, "sint32", 2**31 / 180, 0),
            "position_long": (1, "sint32", 2**31 / 180, 0),
            "altitude": (2, "uint16", 5, 500),
            "heart_rate": (3, "uint8", 1, 0),
            "cadence": (4, "uint8", 1, 0),
            "distance": (5, "uint32", 100, 0),
            "speed": (6, "uint16", 1000, 0),
            "power": (7, "uint16", 1, 0),
            "compressed_speed_distance": (8, "byte", 1, 0),
            "temperature": (13, "sint8", 1, 0),
            "fractional_cadence": (53, "uint8", 128, 0),
            "enhanced_speed": (73, "uint32", 1000, 0),
            "enhanced_altitude": (78, "uint32", 5, 500),
        },
    ),
    "event": (
        21,
        {"timestamp": _STAMP, "event": (0, "enum", 1, 0), "event_type": (1, "enum", 1, 0)},
    ),
    "workout": (26, {"sport": (4, "enum", 1, 0)}),
    "activity": (
        34,
        {
            "timestamp": _STAMP,
            "total_timer_time": (0, "uint32", 1000, 0),
            "num_sessions": (1, "uint16", 1, 0),
            "local_timestamp": (5, "uint32", 1, 0),
        },
    ),
    "length": (
        101,
        {
            "message_index": (254, "uint16", 1, 0),
            "timestamp": _STAMP,
            "start_time": (2, "uint32", 1, 0),
            "total_elapsed_time": (3, "uint32", 1000, 0),
            "total_strokes": (5, "uint16", 1, 0),
            "avg_speed": (6, "uint16", 1000, 0),
            "swim_stroke": (7, "enum", 1, 0),
            "avg_swimming_cadence": (9, "uint8", 1, 0),
            "length_type": (12, "enum", 1, 0),
        },
    ),
    "hr": (
        132,
        {
            "timestamp": _STAMP,
            "fractional_timestamp": (0, "uint16", 32768, 0),
            "filtered_bpm": (6, "uint8", 1, 0),
            "event_timestamp": (9, "uint32", 1024, 0),
            "event_timestamp_12": (10, "byte", 1, 0),
        },
    ),
    "timestamp_correlation": (
        162,
        {"timestamp": _STAMP, "system_timestamp": (1, "uint32", 1, 0)},
    ),
    "field_description": (
        206,
        {
            "developer_data_index": (0, "uint8", 1, 0),
            "field_definition_number": (1, "uint8", 1, 0),
            "fit_base_type_id": (2, "uint8", 1, 0),
            "field_name": (3, "string", 1, 0),
            "units": (8, "string", 1, 0),
            "native_field_num": (15, "uint8", 1, 0),
        },
    ),
    "developer_data_id": (207, {"developer_data_index": (3, "uint8", 1, 0)}),
}
_TYPES = {
    "enum": (0x00, "B", 0xFF),
    "sint8": (0x01, "b", 0x7F),
    "uint8": (0x02, "B", 0xFF),
    "string": (0x07, "s", 0),
    "byte": (0x0D, "B", 0xFF),
    "uint16": (0x84, "H", 0xFFFF),
    "sint32": (0x85, "i", 0x7FFFFFFF),
    "uint32": (0x86, "I", 0xFFFFFFFF),
    "float32": (0x88, "f", float("nan")),
}
_CRC = []
for _byte in range(256):
    for _ in range(8):
        _byte = (_byte >> 1) ^ (0xA001 if _byte & 1 else 0)
    _CRC.append(_byte)


def crc(content: bytes) -> int:
    """The checksum that ends a FIT file (CRC-16, polynomial 0x8005 reflected)."""
    value = 0
    for byte in content:
        value = (value >> 8) ^ _CRC[(value ^ byte) & 0xFF]
    return value


def with_frame(body: bytes, size: int | None = None) -> bytes:
    """The messages in ``body`` between a header (stating ``size``) and a checksum."""
    header = struct.pack("<BBHI4s", 14, 0x20, 2105, len(body) if size is None else size, b".FIT")
    header += struct.pack("<H", crc(header))
    return header + body + struct.pack("<H", crc(header + body))


def seconds(moment: datetime) -> int:
    """A moment as FIT counts it."""
    return int((moment - FIT_EPOCH).total_seconds())


def _bytes(value: Any, kind: str, scale: float, offset: float) -> bytes:
    _, code, invalid = _TYPES[kind]
    if kind == "string":
        return str(value).encode() + b"\0"
    values = value if isinstance(value, list | tuple | bytes) else [value]
    numbers = [_number(v, kind, scale, offset, invalid) for v in values]
    return struct.pack(f"<{len(numbers)}{code}", *numbers)


def _number(value: Any, kind: str, scale: float, offset: float, invalid: float) -> float:
    if value is None:
        return invalid
    if isinstance(value, datetime):
        return seconds(value)
    return value if kind == "float32" else round((value + offset) * scale)


class FitWriter:
    """Collects messages in order and writes them as one FIT file."""

    def __init__(self, **file_id: Any) -> None:
        self.body = b""
        self._known: list[bytes] = []
        self._developer: dict[str, tuple[int, str]] = {}
        self.add("file_id", **({"type": 4, "manufacturer": 1, "product": 3113} | file_id))

    def add(
        self,
        message: str,
        *,
        developer: Mapping[str, Any] | None = None,
        time_offset: int | None = None,
        **values: Any,
    ) -> None:
        """One message; with ``time_offset`` under a compressed-timestamp header."""
        number, fields = _PROFILE[message]
        data, natives = b"", b""
        for name, value in values.items():
            field, kind, scale, offset = fields[name]
            written = _bytes(value, kind, scale, offset)
            natives += bytes((field, len(written), _TYPES[kind][0]))
            data += written
        extra = b""
        for name, value in (developer or {}).items():
            field, kind = self._developer[name]
            written = _bytes(value, kind, 1, 0)
            extra += bytes((field, len(written), 0))
            data += written
        definition = struct.pack("<BBHB", 0, 0, number, len(values)) + natives
        if developer:
            definition += bytes((len(developer),)) + extra
        local = self._local(definition, bool(developer))
        header = local if time_offset is None else 0x80 | local << 5 | time_offset & 31
        self.body += bytes((header,)) + data

    def _local(self, definition: bytes, has_developer: bool) -> int:
        if definition not in self._known:
            # Only local numbers 0 to 3 fit into a compressed header: they are used in turn.
            slot = len(self._known) % 4
            self._known = [b"" if i % 4 == slot else d for i, d in enumerate(self._known)]
            self._known.append(definition)
            self.body += bytes((0x40 | has_developer << 5 | slot,)) + definition
        return self._known.index(definition) % 4

    def describe(self, name: str, kind: str, units: str = "", native: int | None = None) -> None:
        """Declares a developer field."""
        if not self._developer:
            self.add("developer_data_id", developer_data_index=0)
        number = len(self._developer)
        self._developer[name] = (number, kind)
        self.add(
            "field_description",
            developer_data_index=0,
            field_definition_number=number,
            fit_base_type_id=_TYPES[kind][0],
            field_name=name,
            units=units,
            native_field_num=native,
        )

    def timer(self, moment: datetime, event_type: int) -> None:
        """A timer event: 0 start, 1 stop, 4 stop all."""
        self.add("event", timestamp=moment, event=0, event_type=event_type)

    def content(self) -> bytes:
        return with_frame(self.body)


def fit_run(
    start: datetime,
    n: int = 600,
    *,
    pauses: Iterable[tuple[int, int]] = (),
    gps: bool = True,
    utc_offset_h: float = 2,
    **session: Any,
) -> bytes:
    """A run of ``n`` seconds at 3 m/s north from Prague, a record each second on the move.

    ``pauses`` are whole seconds from the start, half open; ``session`` overrides fields of
    the session message.
    """
    pauses = tuple(pauses)
    fit = FitWriter(time_created=start)
    fit.timer(start, 0)
    edges = {since: 4 for since, _ in pauses} | {until: 0 for _, until in pauses}
    distance = 0.0
    for second in range(n):
        moment = start + timedelta(seconds=second)
        if second in edges:
            fit.timer(moment, edges[second])
        if any(since <= second < until for since, until in pauses):
            continue
        place = {"position_lat": 50.08 + distance / 111_195, "position_long": 14.42} if gps else {}
        fit.add(
            "record",
            timestamp=moment,
            **place,
            heart_rate=120 + second % 40,
            cadence=85,
            fractional_cadence=0.5,
            distance=distance,
            enhanced_speed=3.0,
            enhanced_altitude=200.0,
        )
        distance += 3.0
    end = start + timedelta(seconds=n)
    fit.timer(end, 4)
    timer = n - sum(until - since for since, until in pauses)
    summary = {
        "timestamp": end,
        "start_time": start,
        "total_elapsed_time": n,
        "total_timer_time": timer,
        "total_distance": distance,
    }
    fit.add("lap", **summary)
    fit.add("session", **(summary | {"sport": 1, "sub_sport": 0} | session))
    local = end + timedelta(hours=utc_offset_h)
    fit.add("activity", timestamp=end, total_timer_time=timer, local_timestamp=local)
    return fit.content()
