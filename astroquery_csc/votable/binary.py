# Licensed under a 3-clause BSD style license - see LICENSE
"""
Whether the rows of a BINARY or BINARY2 stream are whole.

astropy's reader takes a stream that ends within a row for one that ends before it.
"""

import base64
import math
import struct
from collections.abc import Mapping, Sequence

__all__ = ["check_stream"]

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
