# Licensed under a 3-clause BSD style license - see LICENSE
"""
What a decoder makes of a document, and what it should: astropy's own table, changed on purpose.

The differences on purpose are all here, in `expected`, and in docs/develop/decoder.
"""

import io
import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any
from xml.parsers import expat

import numpy as np
import pytest
from astropy.io.votable import parse
from astropy.table import MaskedColumn, Table

from astroquery_csc import optional, tables
from astroquery_csc.exceptions import TableParseError
from astroquery_csc.votable import reader as votable
from astroquery_csc.votable import rows as tabledata
from astroquery_csc.votable.header import Header
from astroquery_csc.votable.rows import RowDecoder

REFUSED = "refused"
NO_TABLE = "no table"

#: astropy warns, and puts another value in its place: a word among numbers, an integer out of
#: range, a string that is too long, an array of another length. We raise.
_WARNING = re.compile(r":(\d+):(\d+): (?:W30|W46|W51|E02): ")


#: Bytes that arrive at a time, and bytes that are decoded at a time.
PIECES = ((1 << 20, 1 << 21), (1, 300))
MORE_PIECES = (7, 60)


class Pieces:
    """A stream that gives what it has piece by piece, however much it is asked for."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)

    @classmethod
    def of(cls, text: bytes, size: int) -> "Pieces":
        """Give a text in pieces of one size."""
        return cls(text[start : start + size] for start in range(0, len(text), size))

    def read(self, _size: int = -1, /) -> bytes:
        """Read the next piece."""
        return next(self._pieces, b"")


def table_of(source: Pieces, on_rows: Callable[[int], None] | None = None) -> Table:
    """Decode what has to be a table."""
    table = votable.read(source, on_rows=on_rows).table
    assert table is not None
    return table


def good(text: bytes, *, fast: bool = True) -> Table:
    """Decode what has to be a table, with or without pyarrow."""
    found = decoded(text, fast=fast)
    assert isinstance(found, Table)
    return found


def decoded(
    text: bytes, *, size: int = 1 << 20, piece: int = 1 << 21, fast: bool = True
) -> Table | str:
    """Decode a document as the package does, with or without pyarrow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optional, "has_arrow", lambda: fast)
        patch.setattr(tabledata, "PIECE_BYTES", piece)
        patch.setattr(tabledata, "PIECE_BYTES_A_COLUMN", 1)
        try:
            document = votable.read(Pieces.of(text, size))
        except TableParseError:
            return REFUSED
    return NO_TABLE if document.table is None else document.table


def all_decoded(text: bytes) -> list[Table | str]:
    """Decode a document in every way: astropy alone, then fast in pieces of every size."""
    fast = [decoded(text, size=size, piece=piece) for size, piece in PIECES]
    return [decoded(text, fast=False), *fast]


def rows_decoded_fast(text: bytes) -> int:
    """Count the rows that the fast decoder reads without astropy's help."""
    pieces = iter([text])
    header = Header(lambda: next(pieces, b""))
    start, fields = header.plan()
    rows = RowDecoder(fields, header.prefix, lambda _: None)
    rows.run(text[start:], lambda: b"")
    return rows.rows


def assert_read_alike(text: bytes, outcomes: Iterable[Table | str] | None = None) -> None:
    """Check that every way to decode gives what astropy gives, changed on purpose."""
    wanted = expected(text)
    for found in all_decoded(text) if outcomes is None else outcomes:
        assert_same(found, wanted)


def polished(found: Table | str) -> Table | str:
    """Make of a decoded table what a user gets."""
    return found if isinstance(found, str) else tables.polish(found, "2.1")


def expected(text: bytes) -> Table | str:
    """Decode a document with astropy alone, and change what we change on purpose."""
    if b"<!DOCTYPE" in text:
        return REFUSED
    text = text.lstrip()
    if b"<FIELD" not in text and b"<TR>" in text:
        return REFUSED
    # An empty integer is null, not 0, before version 1.3 too.
    text = re.sub(rb'(<VOTABLE version="v?)1\.[012]"', rb'\g<1>1.3"', text)
    # A string may be longer than its FIELD says, and a char without a size is a string.
    text = re.sub(rb'datatype="char"(?![^>]*arraysize)', b'datatype="char" arraysize="*"', text)
    text = re.sub(rb'(datatype="(?:unicodeC|c)har"[^>]*arraysize=")[\dx]*\*?"', rb'\g<1>*"', text)
    # The number of rows is counted; a null that no cell can have is none.
    text = re.sub(rb' (?:nrows="[^"]*"|null="(?:none|9{20,})")', b"", text)
    text = text.replace(b'"unsignedByte"><VALUES null="-99"/>', b'"unsignedByte">')
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            element = next(parse(io.BytesIO(text), verify="warn").iter_tables(), None)
            table = None if element is None else element.to_table(use_names_over_ids=True)
            strangers = _strangers(text)
        except Exception:  # noqa: BLE001 - whatever it is, ours has to be a TableParseError
            return REFUSED
    if strangers or any(_is_of_rows(str(warning.message), text) for warning in caught):
        return REFUSED
    return NO_TABLE if table is None else _changed(table)


def _is_of_rows(words: str, text: bytes) -> bool:
    """Tell whether astropy warns of a cell, and not of something in the header."""
    found = _WARNING.search(words)
    start = text.find(b"<TABLEDATA")
    line, place = text.count(b"\n", 0, start) + 1, start - text.rfind(b"\n", 0, start)
    return found is not None and (int(found.group(1)), int(found.group(2))) > (line, place)


def _strangers(text: bytes) -> list[str]:
    """Find what is in a row and no cell: astropy reads something, we refuse."""
    found: list[str] = []
    parents: list[str] = []

    def start(name: str, _: object) -> None:
        """Look at an element and those that it is in."""
        local = name.rpartition(":")[2]
        if "TR" in parents and local != "TD":
            found.append(local)
        parents.append(local)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: parents.pop()
    parser.Parse(text, True)
    return found


def _changed(table: Table) -> Table:
    """Strip strings, at fixed width, and mask what is empty or NaN."""
    return Table([_changed_column(column) for column in table.columns.values()], copy=False)


def _changed_column(column: Any) -> MaskedColumn:
    """Change one column."""
    values, mask = np.ma.getdata(column), np.ma.getmaskarray(column)
    if "_votable_string_dtype" in column.meta:
        values = np.array([str(value).strip(" \t\r\n") for value in values], dtype=np.str_)
        mask = values == ""
    elif values.dtype.kind == "f":
        mask = mask | np.isnan(values)
    return MaskedColumn(
        values,
        name=column.name,
        mask=mask,
        unit=column.unit,
        description=column.description,
        meta={key: value for key, value in column.meta.items() if key == "ucd"},
    )


def assert_same(found: Table | str, wanted: Table | str) -> None:
    """Compare two outcomes: names, types, bits, masks, units, words."""
    if isinstance(found, str) or isinstance(wanted, str):
        assert found is wanted
        return
    assert found.colnames == wanted.colnames
    assert len(found) == len(wanted)
    for name in wanted.colnames:
        left, right = found[name], wanted[name]
        assert _words_of(left) == _words_of(right)
        mask = np.ma.getmaskarray(right)
        np.testing.assert_array_equal(np.ma.getmaskarray(left), mask, name)
        assert _bits(left, mask) == _bits(right, mask), name


def _words_of(column: Any) -> tuple[Any, ...]:
    """Describe a column in all but its values."""
    unit = None if column.unit is None else (type(column.unit), str(column.unit))
    width = "U" if column.dtype.kind == "U" else column.dtype.str
    return width, column.shape, unit, column.description, column.meta.get("ucd")


def _bits(column: Any, mask: Any) -> Any:
    """Give the values that are there: to the bit, where they are numbers."""
    values = np.ma.getdata(column)
    if values.dtype.kind == "O":
        return [str(value) for value in values]
    values = values[~mask]
    return values.tolist() if values.dtype.kind == "U" else values.tobytes()
