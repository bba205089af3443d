"""Bulk transfer in PostgreSQL's binary COPY format, encoded and decoded by whole columns.

Going through rows in Python costs several times what the server needs; here a frame
becomes the bytes of a COPY in a few array operations.
Format: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_NULL = 0xFFFFFFFF
_ARRAY_HEAD = 20  # dimensions, whether NULLs, element type, length, lower bound
_ELEMENT = np.dtype([("size", ">i4"), ("value", ">f8")])


def encode(columns: Sequence[NDArray[Any]]) -> bytes:
    """The COPY bytes of 8-byte columns (int64, or float64 with NaN meaning NULL)."""
    rows = len(columns[0])
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for i, column in enumerate(columns):
        layout += [(f"size{i}", ">u4"), (f"value{i}", ">f8" if column.dtype.kind == "f" else ">i8")]
    table = np.empty(rows, np.dtype(layout))
    width = table.dtype.itemsize
    keep = np.ones((rows, width), bool)
    table["fields"] = len(columns)
    for i, column in enumerate(columns):
        table[f"value{i}"] = column
        table[f"size{i}"] = 8
        if column.dtype.kind == "f" and (missing := np.isnan(column)).any():
            table[f"size{i}"][missing] = _NULL
            end = 2 + 12 * (i + 1)
            keep[missing, end - 8 : end] = False
    raw = table.view(np.uint8).reshape(rows, width)
    body = raw.tobytes() if keep.all() else raw[keep].tobytes()
    return _HEADER + body + _TRAILER


def write(raw: psycopg.Connection[Any], table: str, columns: Mapping[str, NDArray[Any]]) -> None:
    """Appends equally long 8-byte columns to ``table``; int64 or float64 (NaN is NULL)."""
    names = ", ".join(f'"{name}"' for name in columns)
    with (
        raw.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT binary)") as copy,
    ):
        copy.write(encode(list(columns.values())))


def write_frame(raw: psycopg.Connection[Any], table: str, rows: pd.DataFrame) -> None:
    """Appends a frame of any column types to the columns of the same names; missing is NULL."""
    names = ", ".join(f'"{name}"' for name in rows)
    sink = pa.BufferOutputStream()
    # Texts are quoted and NULLs are not, as PostgreSQL tells an empty text from none.
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    csv.write_csv(pa.Table.from_pandas(rows, preserve_index=False), sink, options)
    with (
        raw.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT csv)") as copy,
    ):
        copy.write(sink.getvalue().to_pybytes())


def read_floats(
    raw: psycopg.Connection[Any], query: str, names: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """What a query yields whose columns ``names`` are all float8 and never NULL, one array each.

    The server gathers each column into one array, so that a single row comes over, and the
    numbers are never Python's. The query must be free of user input.
    """
    arrays = ", ".join(f"array_agg({name})" for name in names)
    gathered = f"COPY (SELECT {arrays} FROM ({query}) rows) TO STDOUT (FORMAT binary)"  # noqa: S608
    with raw.cursor() as cursor, cursor.copy(gathered) as copy:
        data = b"".join(copy)
    found, at = {}, len(_HEADER) + 2
    for name in names:
        size = max(int.from_bytes(data[at : at + 4], "big", signed=True), 0)
        body = memoryview(data)[at + 4 : at + 4 + size][_ARRAY_HEAD:]
        found[name] = np.frombuffer(body, _ELEMENT)["value"].astype(np.float64)
        at += 4 + size
    return found
