# Licensed under a 3-clause BSD style license - see LICENSE
"""
Cells of plain text to the values of columns, exactly as astropy reads them, but for nulls.

Pure. A column is null where its cell is empty, NaN, or the null that VALUES declares; there a
float is NaN, a signed integer the smallest of its kind, and a string empty. Strings have no white
space around them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astroquery_csc.exceptions import TableParseError
from astroquery_csc.votable.header import NUMBERS, Field, NotPlain

__all__ = ["MAX_CELL_BYTES", "Cells", "Values", "as_nulls", "as_strings", "check_strings", "decode"]

#: Values, and where they are null; None if nowhere.
Values = tuple[NDArray[Any], NDArray[np.bool_] | None]

#: A cell that is longer does not end, or makes its whole column as wide.
MAX_CELL_BYTES = 1 << 20
_XML_SPACE = " \t\r\n"
_TRUE, _FALSE, _NULL, _UNKNOWN = 1, 0, 2, -1
#: Cells of a boolean column.
_BOOLEANS = {
    "TRUE": _TRUE,
    "FALSE": _FALSE,
    "T": _TRUE,
    "F": _FALSE,
    "1": _TRUE,
    "0": _FALSE,
    "?": _NULL,
    "": _NULL,
}
#: Those of one letter, by its code.
_LETTERS = np.full(256, _UNKNOWN, dtype=np.int8)
_LETTERS[[ord(letter) for letter in "Tt1"]] = _TRUE
_LETTERS[[ord(letter) for letter in "Ff0"]] = _FALSE
_LETTERS[[ord(letter) for letter in "?< \t\r\n"]] = _NULL
_MAX_BOOLEANS = 64
#: "-nan" and "+inf" have four characters; Arrow reads nan(123) too, Python's float() does not.
_NAN_CHARACTERS = 4
#: More bytes for the strings of a piece than this, and than so many times its text, are too many.
_MAX_STRING_BYTES = 1 << 24
_MAX_STRING_BYTES_A_BYTE = 8
#: Up to this width, what lies within a cell is looked up.
_NARROW = 128
#: What the strings of one whole column may take.
_MAX_COLUMN_BYTES = 1 << 31
_REFERENCE = re.compile(r"&(amp|lt|gt|quot|apos|#[0-9]{1,9}|#x[0-9a-fA-F]{1,7});")
#: Control characters, surrogates and two noncharacters: not XML 1.0.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


@dataclass
class Cells:
    """The cells of some rows."""

    text: bytes
    offsets: NDArray[np.int32]

    @property
    def starts(self) -> NDArray[np.int32]:
        """Where each begins: (rows, columns)."""
        return self.offsets[:, 0::2]

    def __post_init__(self) -> None:
        """Count the bytes of each: (rows, columns)."""
        self.lengths: NDArray[np.int32] = self.offsets[:, 1::2] - self.offsets[:, 0::2]

    def array(self, valid: NDArray[np.bool_] | None = None) -> Any:
        """Give all cells, and what stands between them, as one Arrow array over the same text."""
        import pyarrow as pa

        bits = None
        if valid is not None:
            bits = pa.py_buffer(np.packbits(valid, bitorder="little"))
        return pa.Array.from_buffers(
            pa.string(),
            self.offsets.size - 1,
            [bits, pa.py_buffer(self.offsets), pa.py_buffer(self.text)],
        )

    def column(self, place: int) -> Any:
        """Give one column's cells without white space around them."""
        import pyarrow as pa
        from pyarrow import compute

        rows = np.arange(2 * place, self.offsets.size, self.offsets.shape[1], dtype=np.int32)
        # pa.array, to_numpy and scalars would import pandas, where that is installed.
        places = pa.Array.from_buffers(pa.int32(), len(rows), [None, pa.py_buffer(rows)])
        return compute.ascii_trim(self.array().take(places), characters=_XML_SPACE)


def decode(cells: Cells, fields: list[Field]) -> list[Values]:
    """Make columns of cells."""
    if len(cells.text) > MAX_CELL_BYTES and int(cells.lengths.max()) > MAX_CELL_BYTES:
        raise NotPlain("a cell that is too long")
    groups: dict[str, list[int]] = {}
    for place, field in enumerate(fields):
        groups.setdefault(_kind_of(field), []).append(place)
    others = groups.pop("", [])
    made: dict[int, Values] = {}
    for kind, places in groups.items():
        made.update(_numbers(cells, fields, places, kind))
    for place in others:
        make = _flags if fields[place].datatype == "boolean" else _strings
        made[place] = make(cells, place, fields[place])
    return [made[place] for place in range(len(fields))]


def _kind_of(field: Field) -> str:
    """Give the dtype in which a column is read; a float is rounded twice, as by astropy."""
    return "f8" if field.datatype == "float" else NUMBERS.get(field.datatype, "")


def _numbers(
    cells: Cells, fields: list[Field], places: list[int], kind: str
) -> Iterator[tuple[int, Values]]:
    """Make all columns of one kind of number by one cast; one by one if it does not go."""
    together = _cast_together(cells, places, kind)
    if together is None:
        for place in places:
            values, lengths = _cast_alone(cells, place, kind, fields[place].name)
            yield place, _finished(fields[place], values, _missing(values, lengths))
        return
    masks = _missing(together, cells.lengths.T[places])
    for place, values, mask in zip(places, together, masks, strict=True):
        yield place, _finished(fields[place], values, mask)


def _cast_together(cells: Cells, places: list[int], kind: str) -> NDArray[Any] | None:
    """Cast the cells of some columns where they are; all else is null to Arrow."""
    import pyarrow as pa

    rows, width = cells.offsets.shape
    columns = np.asarray(places)
    valid = np.zeros((rows, width), dtype=np.bool_)
    valid[:, 2 * columns] = cells.lengths[:, columns] > 0
    if kind != "f8" and _has_hexadecimal(cells, columns):
        return None
    dtype = np.dtype(kind)
    try:
        # Arrow's own pool would keep some megabytes that nobody else can use.
        made = cells.array(valid).cast(
            pa.from_numpy_dtype(dtype), memory_pool=pa.system_memory_pool()
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    # The last of its entries is that of the last cell: nothing stands behind it.
    strides = (width * dtype.itemsize, dtype.itemsize)
    found = np.ndarray((rows, width - 1), dtype, made.buffers()[1], 0, strides)
    return np.ascontiguousarray(found[:, 2 * columns].T)


def _has_hexadecimal(cells: Cells, columns: NDArray[np.intp]) -> bool:
    """Whether a cell has an x after 0 or -0: Arrow reads that, and astropy otherwise."""
    codes = np.frombuffer(cells.text, np.uint8)
    starts = cells.offsets[:, 2 * columns]
    return any((codes[starts + step] | 32 == ord("x")).any() for step in (1, 2))


def _cast_alone(
    cells: Cells, place: int, kind: str, name: str
) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Cast one column without the white space around its cells; values and lengths."""
    import pyarrow as pa
    from pyarrow import compute

    text = cells.column(place)
    lengths = _taken(text)[2]
    bits = pa.py_buffer(np.packbits(lengths > 0, bitorder="little"))
    filled = pa.Array.from_buffers(text.type, len(text), [bits, *text.buffers()[1:]])
    hexadecimal = kind != "f8" and compute.any(compute.match_substring_regex(text, "[xX]")).as_py()
    try:
        made = filled.cast(pa.from_numpy_dtype(np.dtype(kind))) if not hexadecimal else None
    except (pa.ArrowInvalid, UnicodeDecodeError):
        made = None
    if made is None:
        raise NotPlain(f"{name} holds something else than numbers")
    return np.frombuffer(made.buffers()[1], kind, len(made)).copy(), lengths


def _missing(values: NDArray[Any], lengths: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Find the empty cells, and write and find NaN among floats; in one column, or in many."""
    empty = np.asarray(lengths == 0)
    if values.dtype.kind != "f":
        return empty
    np.copyto(values, np.nan, where=empty)
    mask = np.asarray(np.isnan(values))
    if (lengths[mask] > _NAN_CHARACTERS).any():
        raise NotPlain("a NaN with a payload")
    return mask


def _finished(field: Field, values: NDArray[Any], mask: NDArray[np.bool_]) -> Values:
    """Finish a column of numbers."""
    if field.null is not None:
        mask = mask | (values == field.null)
    if field.datatype == "float":
        with np.errstate(over="ignore"):
            values = values.astype(np.float32)
    return as_nulls(values, mask)


def as_nulls(values: NDArray[Any], mask: NDArray[np.bool_]) -> Values:
    """Write what stands for a null under a mask."""
    if not mask.any():
        return values, None
    if values.dtype.kind in "fiu":
        null = np.nan if values.dtype.kind == "f" else min(0, np.iinfo(values.dtype).min)
        np.copyto(values, null, where=mask)
    return values, mask


def as_strings(cells: list[Any], name: str) -> Values:
    """Make fixed-width strings of what another reader gave."""
    words = [
        (cell.decode("ascii", "replace") if isinstance(cell, bytes) else str(cell)).strip(
            _XML_SPACE
        )
        for cell in cells
    ]
    width = max(1, max(map(len, words), default=1))
    check_strings(len(words), width, name)
    values = np.array(words, dtype=f"U{width}")
    empty = values == ""
    return values, empty if empty.any() else None


def check_strings(rows: int, characters: int, name: str) -> None:
    """Refuse strings that would not fit into memory at fixed width."""
    if 4 * rows * characters > _MAX_COLUMN_BYTES:
        raise TableParseError(
            f"Column {name!r} has a cell of {characters:,} characters: {rows:,} rows of that "
            f"width would take {4e-9 * rows * characters:,.1f} GB. Ask without the column."
        )


def _flags(cells: Cells, place: int, field: Field) -> Values:
    """Make booleans; those of one letter at most by looking each up."""
    if int(cells.lengths[:, place].max()) <= 1:
        # Behind an empty cell there is a "<".
        found = _LETTERS[np.frombuffer(cells.text, np.uint8)[cells.starts[:, place]]]
    else:
        found = _words(cells.column(place))
    if (found < 0).any():
        raise NotPlain(f"{field.name} holds something else than booleans")
    return as_nulls(found == _TRUE, found == _NULL)


def _words(cells: Any) -> NDArray[np.int8]:
    """Look up booleans of any length."""
    encoded = cells.dictionary_encode()
    if len(encoded.dictionary) > _MAX_BOOLEANS:
        return np.full(1, _UNKNOWN)
    try:
        words = encoded.dictionary.to_pylist()
    except UnicodeDecodeError:
        return np.full(1, _UNKNOWN)
    known = np.array([_BOOLEANS.get(word.upper(), _UNKNOWN) for word in words], dtype=np.int8)
    return np.asarray(known[np.frombuffer(encoded.indices.buffers()[1], np.int32, len(cells))])


def _strings(cells: Cells, place: int, field: Field) -> Values:
    """Make fixed-width strings: of bytes, a fourth of the memory, where all are ASCII."""
    text, starts, lengths = cells.text, cells.starts[:, place], cells.lengths[:, place].copy()
    codes = np.frombuffer(text, np.uint8)
    # Around an empty cell there are a ">" and a "<".
    if (codes[starts] <= 32).any() or (codes[starts + lengths - 1] <= 32).any():
        text, starts, lengths = _taken(cells.column(place))
    width, rows = int(lengths.max()), len(lengths)
    most = max(_MAX_STRING_BYTES, _MAX_STRING_BYTES_A_BYTE * len(text))
    if rows * width > most:
        raise NotPlain(f"{field.name} holds strings of very different lengths")
    if not width:
        return np.zeros(rows, dtype="S1"), np.ones(rows, dtype=np.bool_)
    codes = _gathered(text, starts, lengths, width)
    odd = (codes == ord("&")) | (codes > 126) | ((codes < 32) & (codes > 0))
    values = codes.view(f"S{width}")[:, 0]
    if odd.any():
        values = codes.astype(np.uint32).view(f"U{width}")[:, 0]
        for row in np.flatnonzero(odd.any(axis=1)).tolist():
            start, end = int(starts[row]), int(starts[row] + lengths[row])
            values[row] = word = _unescaped(text[start:end], field.name)
            lengths[row] = len(word)
        values = values.astype(f"U{max(1, int(lengths.max()))}")
    empty = lengths == 0
    return values, empty if empty.any() else None


def _taken(cells: Any) -> tuple[bytes, NDArray[np.int32], NDArray[np.int32]]:
    """Give the text of an Arrow array, and where its cells begin and how long they are."""
    _, ends, text = cells.buffers()
    offsets = np.frombuffer(ends, np.int32, len(cells) + 1)
    return text.to_pybytes() if text is not None else b"", offsets[:-1], np.diff(offsets)


def _gathered(
    text: bytes, starts: NDArray[np.int32], lengths: NDArray[np.int32], width: int
) -> NDArray[np.uint8]:
    """Copy cells into rows of one width, zeros behind each."""
    if int(starts[-1]) + width > len(text):
        text += bytes(width)
    windows = np.ndarray((len(text) - width + 1,), f"V{width}", text, 0, (1,))
    codes = windows[starts].view(np.uint8).reshape(-1, width)
    if int(lengths.min()) < width:
        codes *= _within(lengths, width)
    return codes


def _within(lengths: NDArray[np.int32], width: int) -> NDArray[Any]:
    """Give ones where a cell has characters, zeros behind them."""
    if width > _NARROW:
        return np.asarray(np.arange(width) < lengths[:, None])
    return _triangle(width).take(lengths, axis=0)


@lru_cache(maxsize=_NARROW)
def _triangle(width: int) -> NDArray[np.uint8]:
    """Give a row for each length: as many ones."""
    return np.tri(width + 1, width, -1, np.uint8)


def _unescaped(cell: bytes, name: str) -> str:
    """Read a string that is not plain ASCII: line ends, entities, character references, UTF-8."""
    try:
        text = cell.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise NotPlain(f"{name} is not UTF-8") from error
    if _FORBIDDEN.search(text) or text.count("&") != len(_REFERENCE.findall(text)):
        raise NotPlain(f"{name} holds characters or entities that XML does not know")
    return _REFERENCE.sub(lambda found: _referred(found.group(1), name), text).strip(_XML_SPACE)


def _referred(reference: str, name: str) -> str:
    """Give the character that an entity or a character reference stands for."""
    if not reference.startswith("#"):
        return _ENTITIES[reference]
    base = 16 if reference[1] == "x" else 10
    code = int(reference.lstrip("#x"), base)
    if not 32 <= code < 127:
        raise NotPlain(f"{name} holds the character reference {reference}")
    return chr(code)
