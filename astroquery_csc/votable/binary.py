# Licensed under a 3-clause BSD style license - see LICENSE
"""
BINARY and BINARY2 streams: whether their rows are whole, and text beyond ASCII.

astropy's reader takes a stream that ends within a row for one that ends before it, and refuses text
that is not ASCII.
"""

import base64
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from astropy.io.votable import converters, tree

__all__ = ["check_stream", "read_utf8"]

#: Bytes of one element; a bit is an eighth.
_BYTES = {
    "boolean": 1,
    "unsignedByte": 1,
    "char": 1,
    "short": 2,
    "unicodeChar": 2,
    "int": 4,
    "float": 4,
    "long": 8,
    "double": 8,
    "floatComplex": 8,
    "doubleComplex": 16,
}
_COUNT = struct.Struct(">i")


def check_stream(fields: Sequence[Mapping[str, str]], text: str, *, masks: bool) -> None:
    """Refuse a stream that ends within a row."""
    # Without validation, what is not base64 would be passed over, and what follows it shifted.
    data = base64.b64decode("".join(text.split()).encode("ascii", "replace"), validate=True)
    columns = [_size(field) for field in fields]
    place, lead = 0, math.ceil(len(fields) / 8) if masks else 0
    while place < len(data):
        start, place = place, place + lead
        for size, is_counted in columns:
            place += _counted(data, place, size) if is_counted else math.ceil(size)
        if place > len(data) or place == start:
            raise ValueError("its binary rows end within a row")


def _size(field: Mapping[str, str]) -> tuple[float, bool]:
    """Bytes of a cell, or of one of its elements where the stream says how many there are."""
    kind = field.get("datatype", "")
    one = 1 / 8 if kind == "bit" else _BYTES.get(kind)
    if one is None:
        raise ValueError(f"its column {field.get('name', '')!r} is of an unknown type {kind!r}")
    dimensions = field.get("arraysize", "1").split("x")
    is_counted = dimensions[-1].endswith("*")
    numbers = dimensions[:-1] if is_counted else dimensions
    return one * math.prod(int(number) for number in numbers), is_counted


def _counted(data: bytes, place: int, size: float) -> int:
    """Bytes of a cell that says itself how many elements it has, its count included."""
    if place + _COUNT.size > len(data):
        return _COUNT.size
    count = int(_COUNT.unpack_from(data, place)[0])
    if count < 0:
        raise ValueError("its binary rows hold a negative length")
    return _COUNT.size + math.ceil(count * size)


def read_utf8(document: tree.VOTableFile) -> None:
    """Let the reader take UTF-8 in the strings of the table that it has come to."""
    holder: Any = document
    while holder.resources:
        holder = holder.resources[-1]
    for field in holder.tables[-1].fields if holder.tables else ():
        if isinstance(field.converter, converters.Char):
            is_counted = field.arraysize.endswith("*")
            size = None if is_counted else int(field.arraysize)
            field.converter.binparse = partial(_text, size)


def _text(size: int | None, read: Callable[[int], bytes]) -> tuple[str, bool]:
    """Read one string; a fixed one may end before its last byte."""
    if size is None:
        return read(int.from_bytes(read(_COUNT.size), "big")).decode("utf-8"), False
    return read(size).partition(b"\0")[0].decode("utf-8"), False
