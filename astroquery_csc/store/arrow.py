# Licensed under a 3-clause BSD style license - see LICENSE
"""Tables to Arrow and back: masked cells and NaN are nulls, and columns keep what they say."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from astropy.table import Column, Table

from astroquery_csc import optional
from astroquery_csc.columns import ArrayColumn, Columns
from astroquery_csc.exceptions import InputTypeError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["check_installed", "from_arrow", "need", "to_arrow"]

#: Where a string of a column begins is a number of 32 bits.
_MAX_TEXT_BYTES = 2**31 - 1


def need(name: str) -> Any:
    """Import one of the packages that tables on this computer need."""
    return optional.need(name, "A local catalogue", extra="local")


def check_installed(*names: str) -> None:
    """Check that packages are installed, without the time that their import takes."""
    optional.check_installed(*names, what="A local catalogue", extra="local")


def to_arrow(name: str, table: Table) -> "pa.Table":
    """Hand a table over as Arrow, masked cells and NaN as nulls."""
    pa = need("pyarrow")
    arrays = []
    for column in table.itercols():
        try:
            arrays.append(_to_array(np.asarray(np.ma.getdata(column)), np.ma.getmaskarray(column)))
        except (TypeError, ValueError) as error:
            raise InputTypeError(f"Column {column.name!r} of {name}: {error}.") from error
    return pa.table(arrays, names=table.colnames)


def _to_array(data: npt.NDArray[Any], mask: npt.NDArray[np.bool_]) -> "pa.Array":
    """
    Hand one column over.

    ``pa.array`` would import pandas, where that is installed, which takes longer than a query.
    """
    import pyarrow as pa

    kind, parts = pa.string(), []
    if data.dtype.kind == "O":
        data, mask = _strings_of(data, mask)
    match data.dtype.kind:
        case "U" | "S":
            parts = _text_parts(data, mask)
        case "b":
            kind, parts = pa.bool_(), [np.packbits(data, bitorder="little")]
        case "f":
            mask = mask | np.isnan(data)
            kind, parts = pa.float64(), [data.astype(np.float64)]
        case _:
            wide = not np.can_cast(data.dtype, np.int32)
            kind = pa.int64() if wide else pa.int32()
            parts = [_exact(data, mask, np.int64 if wide else np.int32)]
    valid = pa.py_buffer(np.packbits(~mask, bitorder="little")) if mask.any() else None
    return pa.Array.from_buffers(kind, len(data), [valid, *map(pa.py_buffer, parts)])


def _exact(
    data: npt.NDArray[Any], mask: npt.NDArray[np.bool_], kind: type[np.integer[Any]]
) -> npt.NDArray[Any]:
    """Take integers as another type that holds them all."""
    if data.dtype.kind not in "iu":
        raise TypeError(f"{data.dtype} is neither a number, a flag nor a string")
    taken = data.astype(kind)
    too_large = (taken < 0) & ~mask
    if data.dtype.kind == "u" and too_large.any():
        raise ValueError(f"{data[too_large][0]} does not fit into {np.dtype(kind)}")
    return taken


def _is_null(item: object) -> bool:
    """Tell whether an object stands for nothing."""
    return item is None or (isinstance(item, float) and np.isnan(item).item())


def _strings_of(
    data: npt.NDArray[np.object_], mask: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.bool_]]:
    """Take objects as UTF-8; None and NaN are nulls."""
    null = mask | np.fromiter(map(_is_null, data), dtype=np.bool_, count=len(data))
    for item in data[~null]:
        if not isinstance(item, str):
            raise TypeError(f"{item!r} is a {type(item).__name__}, not a string")
    return _encoded(np.where(null, "", data).astype(np.str_)), null


def _encoded(text: npt.NDArray[np.str_]) -> npt.NDArray[np.bytes_]:
    """Take strings as UTF-8; NumPy 1 makes numbers of no strings at all."""
    return np.char.encode(text, "utf-8") if text.size else text.astype(np.bytes_)


def _text_parts(text: npt.NDArray[Any], mask: npt.NDArray[np.bool_]) -> list[npt.NDArray[Any]]:
    """Write strings one after the other as UTF-8: where each begins, and the bytes."""
    if text.dtype.kind == "U":
        try:
            text = text.astype(np.bytes_)
        except UnicodeEncodeError:
            text = _encoded(text)
    lengths = np.where(mask, 0, np.char.str_len(text))
    ends = np.cumsum(lengths, dtype=np.int64)
    if ends.size and ends[-1] > _MAX_TEXT_BYTES:
        raise ValueError(f"{ends[-1]:,} bytes of text are more than {_MAX_TEXT_BYTES:,}")
    width = text.dtype.itemsize
    cells = np.frombuffer(text.tobytes(), np.uint8).reshape(len(text), width)
    starts = np.concatenate([[0], ends]).astype(np.int32)
    return [starts, cells[np.arange(width) < lengths[:, np.newaxis]]]


def from_arrow(
    arrow: "pa.Table", origins: Sequence["Column | None"], names: Iterable[str]
) -> Columns:
    """Take columns from Arrow: nulls masked, with units and descriptions."""
    parts = []
    for array, origin, name in zip(arrow.columns, origins, names, strict=True):
        part = ArrayColumn(name, *_to_numpy(array))
        if origin is not None:
            part = replace(part, unit=origin.unit, description=origin.description, meta=origin.meta)
        parts.append(part)
    return Columns(parts)


def _to_numpy(
    chunks: "pa.ChunkedArray",
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.bool_]]:
    """
    Give values and mask as bool, int32, float64 or strings; int64 where int32 is too small.

    By way of Arrow's memory: its own ways to NumPy import pandas where that is installed, which
    takes longer than all the rest of a query.
    """
    pa = need("pyarrow")
    array = chunks.combine_chunks()
    kind, size = array.type, len(array)
    mask = _nulls(array)
    if pa.types.is_decimal(kind):
        return _from_decimals(array, mask)
    if pa.types.is_string(kind):
        return _strings(array, mask), mask
    if pa.types.is_boolean(kind):
        return _bits(array.buffers()[1], array.offset, size) & ~mask, mask
    if pa.types.is_null(kind):
        return np.full(size, np.nan), mask
    dtype = np.dtype({"double": "f8", "float": "f4", "halffloat": "f2"}.get(str(kind), str(kind)))
    held = array.buffers()[1]
    values = np.frombuffer(held if size else b"", dtype, size, array.offset * dtype.itemsize)
    if dtype.kind != "f":
        return _narrow(np.where(mask, dtype.type(0), values)), mask
    numbers = np.where(mask, np.nan, values).astype(np.float64, copy=False)
    return numbers, mask | np.isnan(numbers)


def _nulls(array: "pa.Array") -> npt.NDArray[np.bool_]:
    """Tell which values are null."""
    valid = array.buffers()[0]
    if not array.null_count:
        return np.zeros(len(array), dtype=bool)
    if valid is None:
        return np.ones(len(array), dtype=bool)
    return ~_bits(valid, array.offset, len(array))


def _bits(held: "pa.Buffer", start: int, size: int) -> npt.NDArray[np.bool_]:
    """Read bits, the lowest of each byte first."""
    codes = np.frombuffer(held if size else b"", np.uint8)
    found = np.unpackbits(codes, count=start + size, bitorder="little")
    return found[start:].astype(bool)


def _strings(array: "pa.Array", mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.str_]:
    """Read strings, an empty one for null."""
    size = len(array)
    _, ends, held = array.buffers()
    if not size or held is None:
        return np.zeros(size, "U1")
    offsets = np.frombuffer(ends, np.int32, size + 1, 4 * array.offset)
    lengths = np.where(mask, 0, np.diff(offsets))
    width = max(int(lengths.max()), 1)
    filled = np.arange(width) < lengths[:, None]
    codes = np.zeros((size, width), np.uint32)
    places = offsets[:-1, None] + np.arange(width)
    codes[filled] = np.frombuffer(held, np.uint8)[places[filled]]
    if (codes > 127).any():
        return np.array([text or "" for text in array.to_pylist()], dtype=np.str_)
    return codes.view(f"U{width}")[:, 0]


def _from_decimals(
    array: "pa.Array", mask: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.bool_]]:
    """Give decimals, which sums of integers are, as integers where they are whole and fit."""
    numbers = array.to_pylist()
    if array.type.scale == 0 and all(abs(number or 0) < 2**63 for number in numbers):
        return _narrow(np.array([int(number or 0) for number in numbers], np.int64)), mask
    return np.array([float(number or 0) for number in numbers], np.float64), mask


def _narrow(values: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.integer[Any]]:
    """Give int32 where every value fits."""
    info = np.iinfo(np.int32)
    fits = not values.size or (values.min() >= info.min and values.max() <= info.max)
    return values.astype(np.int32) if fits else values.astype(np.int64)
