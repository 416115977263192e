# Licensed under a 3-clause BSD style license - see LICENSE
"""
Cells as the archive prints them: a column of values becomes a list of texts.

Doubles are printed as Java prints them, and read back to the same 64 bits.
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from astropy.table import Table

from astroquery_csc.testing.dialect import Dialect

__all__ = ["CHUNK_ROWS", "CellWriter", "java_double", "make_cell_writers", "row_chunks"]

#: Rows that are turned into text at a time.
CHUNK_ROWS = 4_096

_BOOLEANS = {"T/F": ("F", "T"), "true/false": ("false", "true"), "1/0": ("0", "1")}

_SMALL, _LARGE = 1e-3, 1e7

_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}

#: The columns that hold codes of one letter.
_CODES = frozenset({"match_type"})
_CODE_WIDTH = 4

#: Turns rows from one index to another into texts.
CellWriter = Callable[[int, int], list[str]]


def java_double(value: float) -> str:
    """Print a double as Java does: plain from 0.001 to 10,000,000, else with an exponent."""
    size = abs(value)
    text = repr(float(value))
    return text if size == 0 or _SMALL <= size < _LARGE else _to_java(text)


def _to_java(text: str) -> str:
    """Change what Python prints of a very small, large or infinite number into what Java does."""
    if "." in text and "e" in text:
        return text.replace("e-0", "E-").replace("e+", "E").replace("e", "E")
    if text in _NOT_FINITE:
        return _NOT_FINITE[text]
    mantissa, _, exponent = text.partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    return sign + _scientific(whole, fraction, int(exponent or "0"))


def _scientific(whole: str, fraction: str, exponent: int) -> str:
    """Move the point behind the first digit that is not zero."""
    digits = whole + fraction
    significant = digits.lstrip("0")
    exponent += len(whole) - 1 - (len(digits) - len(significant))
    significant = significant.rstrip("0")
    return f"{significant[0]}.{significant[1:] or '0'}E{exponent}"


def make_cell_writers(
    table: Table, dialect: Dialect, *, escape: Callable[[str], str], null: str, null_int: str
) -> list[CellWriter]:
    """Prepare the columns of a table for writing."""
    writers = []
    for name in table.colnames:
        column = table[name]
        kind = column.dtype.kind
        to_texts = _texts_of_kind(kind, dialect, escape, _pad_width(name, column.dtype, dialect))
        writers.append(_make_writer(column, to_texts, null_int if kind in "iu" else null))
    return writers


def row_chunks(writers: list[CellWriter], rows: int) -> Iterator[Iterator[tuple[str, ...]]]:
    """Go through the rows of a table, so many at a time."""
    for start in range(0, rows, CHUNK_ROWS):
        stop = min(start + CHUNK_ROWS, rows)
        yield zip(*(write(start, stop) for write in writers), strict=True)


def _make_writer(
    column: npt.NDArray[np.generic],
    to_texts: Callable[[npt.NDArray[np.generic]], list[str]],
    null: str,
) -> CellWriter:
    """Bind the values and the mask of a column to the way in which they are printed."""
    data, mask = np.asarray(np.ma.getdata(column)), np.ma.getmaskarray(column)

    def write(start: int, stop: int) -> list[str]:
        """Print some rows."""
        texts = to_texts(data[start:stop])
        for index in np.flatnonzero(mask[start:stop]):
            texts[index] = null
        return texts

    return write


def _pad_width(name: str, dtype: np.dtype[np.generic], dialect: Dialect) -> int:
    """Width to which the strings of a column are padded; 0 for no padding."""
    if dtype.kind not in "US":
        return 0
    if dialect.string_padding == "all":
        return dtype.itemsize // np.dtype(f"{dtype.kind}1").itemsize
    return _CODE_WIDTH if dialect.string_padding == "codes" and name in _CODES else 0


def _texts_of_kind(
    kind: str, dialect: Dialect, escape: Callable[[str], str], width: int
) -> Callable[[npt.NDArray[np.generic]], list[str]]:
    """Choose how values of one kind are printed."""
    no, yes = _BOOLEANS[dialect.booleans]
    if kind == "b":
        return lambda values: np.where(values, yes, no).tolist()
    if kind in "iu":
        return lambda values: list(map(str, values.tolist()))
    if kind == "f":
        return _double_texts
    return lambda values: [escape(str(value)).ljust(width) for value in values.tolist()]


def _double_texts(values: npt.NDArray[np.generic]) -> list[str]:
    """Print doubles; only those that Python prints otherwise than Java go the slow way."""
    doubles = np.asarray(values, dtype=np.float64)
    texts = list(map(repr, doubles.tolist()))
    size = np.abs(doubles)
    plain = ((size >= _SMALL) & (size < _LARGE)) | (size == 0)
    for index in np.flatnonzero(~plain).tolist():
        texts[index] = _to_java(texts[index])
    return texts
