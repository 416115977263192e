# Licensed under a 3-clause BSD style license - see LICENSE
"""
Bytes of a VOTable to columns, exactly, or an error.

Pure: nothing here knows of HTTP. Plain rows are decoded by rows.py while they arrive, where
pyarrow is there; all else, the metadata too, is the work of astropy's reader. Both give the same
Table, and it is what astropy alone gives but for this: a cell that is empty or NaN is null in
every datatype; strings are stripped and of fixed width; and what is not a number, out of range, or
longer than its column says raises, where astropy puts another value.
"""

import io
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from astropy.io.votable import exceptions as votable_exceptions
from astropy.io.votable import tree
from astropy.table import Table
from astropy.utils.xml import iterparser
from numpy.typing import NDArray

from astroquery_csc import optional
from astroquery_csc.columns import ArrayColumn, Columns, unique_names
from astroquery_csc.exceptions import TableParseError
from astroquery_csc.log import log
from astroquery_csc.votable.binary import read_utf8
from astroquery_csc.votable.cells import MAX_CELL_BYTES, Values, as_nulls, as_strings
from astroquery_csc.votable.events import Watch, table_number
from astroquery_csc.votable.frames import MAX_FRAME_BYTES, Frame, Frames
from astroquery_csc.votable.header import MAX_ELEMENTS, STRINGS, Header, NotPlain
from astroquery_csc.votable.rows import MAX_ROW_BYTES, RowDecoder

__all__ = ["Document", "Readable", "read"]

_PIECE_BYTES = 1 << 20
_ERRORS = frozenset({"ERROR", "FAILED"})
_FRAMES = Frames()
_META = ("ucd", "width", "precision", "utype", "xtype")
#: What astropy's reader raises on a document that is not well-formed or breaks the standard.
_READER_ERRORS = (
    ValueError,
    TypeError,
    LookupError,
    SyntaxError,
    ArithmeticError,
    AttributeError,
    EOFError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    struct.error,
    votable_exceptions.VOWarning,
)


class Readable(Protocol):
    """Something that gives its bytes piece by piece."""

    def read(self, size: int = -1, /) -> bytes:
        """Read some bytes; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Document:
    """What one VOTable says."""

    columns: Columns | None
    overflow: bool = False
    error: str | None = None
    note: str = ""

    @property
    def table(self) -> Table | None:
        """The columns as a Table; all of them are masked columns."""
        return None if self.columns is None else self.columns.to_table(masked=True)


def read(source: Readable, *, on_rows: Callable[[int], None] | None = None) -> Document:
    """Read one VOTable from a binary stream, to its end."""
    tell = on_rows or _ignore
    stream = _Stream(source)
    header = Header(stream.take)
    stream.give_back(header.text)
    rows = _fast_rows(stream, header, tell)
    stopped = "" if rows is None else rows.stopped
    text = b"" if rows is None or stopped else stream.rest(MAX_FRAME_BYTES)
    frame = _FRAMES.find(text)
    if frame is not None:
        return _document(frame, rows)
    watch = Watch(header.kind, rows.rows if rows is not None else 0, tell)
    frame = _frame(_parse(stream, watch, stopped), watch)
    if text and watch.is_about_metadata:
        _FRAMES.keep(text, frame)
    document = _document(frame, rows)
    if document.columns is not None:
        watch.tell_of_words(frame.number, len(document.columns))
    return document


def _ignore(_: int) -> None:
    """Tell nobody."""


def _fast_rows(
    stream: "_Stream", header: Header, on_rows: Callable[[int], None]
) -> RowDecoder | None:
    """Decode what is plain rows; the stream goes on as the same document without them."""
    if not optional.has_arrow():
        return None
    try:
        start, fields = header.plan()
    except NotPlain as reason:
        log.debug(f"The VOTable is left to astropy: {reason}")
        return None
    rows = RowDecoder(fields, header.prefix, on_rows)
    head = stream.take()
    rest = rows.run(head[start:], stream.take)
    stream.give_back(head[:start] + rest)
    if rows.stopped:
        log.debug(f"From row {rows.rows + 1} on the VOTable is left to astropy: {rows.stopped}")
    return rows


def _parse(stream: "_Stream", watch: Watch, stopped: str) -> tree.VOTableFile:
    """Read the document, or what is left of it, with astropy."""
    bounded = _Bounded(stream, watch)
    try:
        # An infinite float is what a number too large for it becomes; nobody has to be warned.
        with np.errstate(over="ignore"), iterparser.get_xml_iterator(bounded.read) as events:
            # By default the reader warns; each warning comes to the watch, which decides.
            document = tree.VOTableFile()
            watch.on_binary = lambda: read_utf8(document)
            return document.parse(watch.events(events), {"_warning_counts": watch})
    except _READER_ERRORS as error:
        raise TableParseError(watch.report(error, stream.total, stopped)) from error


def _frame(document: tree.VOTableFile, watch: Watch) -> Frame:
    """Take the first table and what the INFOs say."""
    error, overflow = None, False
    for name, value, words in _infos(document):
        if name == "QUERY_STATUS":
            overflow = overflow or value.upper() == "OVERFLOW"
            if value.upper() in _ERRORS:
                error = words or "(no message)"
        elif name == "ERROR":
            error = words or value or "(no message)"
    element = _table_of_results(document)
    if error is not None or element is None:
        return Frame(None, overflow, error)
    number = _number(element)
    return Frame(
        tuple(_columns(element, watch)),
        overflow,
        limits=tuple(watch.fields[field.ID].limit for field in element.fields),
        number=number,
        claimed=watch.claims.get(number, 0),
        note=" ".join(str(element.description or "").split()),
    )


def _document(frame: Frame, rows: RowDecoder | None) -> Document:
    """Put plain rows into their frame."""
    if frame.columns is None:
        return Document(None, frame.overflow, frame.error)
    overflow, columns = frame.overflow, Columns(_joined(frame.columns, frame.limits, rows))
    if len(columns) < frame.claimed and not overflow and columns.colnames:
        if not len(columns):
            raise TableParseError(
                f"The answer is not a complete VOTable: it says that it has {frame.claimed:,} "
                "rows, and none came. Ask again."
            )
        log.info(f"The VOTable states {frame.claimed:,} rows, and {len(columns):,} came.")
        overflow = True
    return Document(columns, overflow, note=frame.note)


def _table_of_results(document: tree.VOTableFile) -> tree.TableElement | None:
    """Find the first TABLE in a RESOURCE of results; else the first of all."""
    tables: list[tuple[bool, int, tree.TableElement]] = []
    resources = list(document.resources)
    for resource in resources:
        is_other = resource.type != "results"
        tables += [(is_other, _number(table), table) for table in resource.tables]
        resources.extend(resource.resources)
    return min(tables, key=lambda found: found[:2])[2] if tables else None


def _number(element: tree.TableElement) -> int:
    """Tell which TABLE of the document this is; one without FIELDs comes after all others."""
    return table_number(element.fields[0].ID) if element.fields else MAX_ELEMENTS


def _columns(element: tree.TableElement, watch: Watch) -> Iterator[ArrayColumn]:
    """Give the columns, with the rows that astropy read."""
    names = unique_names(watch.fields[field.ID].name for field in element.fields)
    for place, field in enumerate(element.fields):
        name, unit, _ = watch.fields[field.ID]
        values, mask = _values(element.array[field.ID], field.datatype, name)
        yield ArrayColumn(
            names[place],
            values,
            mask,
            unit=unit,
            description=field.description,
            meta={key: getattr(field, key) for key in _META if getattr(field, key) is not None},
        )


def _joined(
    columns: Iterable[ArrayColumn], limits: Iterable[int | None], rows: RowDecoder | None
) -> Iterator[ArrayColumn]:
    """Put the rows that were decoded before those that astropy read."""
    for place, (column, limit) in enumerate(zip(columns, limits, strict=True)):
        whole = column
        if rows is not None and rows.rows:
            values, mask = rows.column(place, (column.values, column.mask))
            whole = replace(column, values=values, mask=mask)
        if limit is not None and whole.dtype.kind == "U":
            _check_length(whole.values, limit, whole.name)
        yield whole


def _check_length(values: NDArray[np.str_], limit: int, name: str) -> None:
    """Refuse a string that is longer than its column says; the reader would cut it."""
    if values.dtype.itemsize <= 4 * limit:
        return
    lengths = np.char.str_len(values)
    row = int(lengths.argmax())
    if lengths[row] > limit:
        text = repr(str(values[row]))[:60]
        raise TableParseError(
            f"Row {row + 1:,}, column {name!r}: {text} is longer than its column says ({limit}). "
            "Ask again."
        )


def _values(column: Any, datatype: str, name: str) -> Values:
    """Make values as the fast decoder does of what astropy read."""
    values, mask = np.asarray(np.ma.getdata(column)), np.ma.getmaskarray(column)
    if datatype in STRINGS and values.ndim == 1:
        return as_strings(values.tolist(), name)
    if values.dtype.kind == "f":
        mask = mask | np.isnan(values)
    return as_nulls(np.array(values), mask)


def _infos(document: tree.VOTableFile) -> Iterator[tuple[str, str, str]]:
    """Every INFO and PARAM that can hold a status: (upper-case name, value, text)."""
    holders: list[Any] = [document]
    for holder in holders:
        for item in [*holder.infos, *holder.params]:
            text = getattr(item, "content", None) or getattr(item, "description", None) or ""
            yield str(item.name).upper(), str(item.value), " ".join(str(text).split())
        holders.extend(getattr(holder, "resources", ()))
        holders.extend(getattr(holder, "tables", ()))


class _Stream:
    """Reads that are exact, where the source gives more or less, and bytes that were given back."""

    def __init__(self, source: Readable) -> None:
        #: Number of bytes that came.
        self.total = 0
        self._source = source
        self._buffer = io.BytesIO()

    def take(self) -> bytes:
        """Take what is there, or some bytes more; empty only at the end."""
        piece = self._buffer.read()
        if not piece:
            piece = self._source.read(_PIECE_BYTES)
            self.total += len(piece)
        return piece

    def give_back(self, data: bytes) -> None:
        """Put bytes before what comes next."""
        self._buffer = io.BytesIO(data + self._buffer.read())

    def rest(self, most: int) -> bytes:
        """Look at all that is left; empty if it is more than so many bytes."""
        data = self.read(most + 1)
        self.give_back(data)
        return data if len(data) <= most else b""

    def read(self, size: int) -> bytes:
        """Read exactly so many bytes, unless the document ends: the reader stops at less."""
        data = self._buffer.read(size)
        while len(data) < size and (piece := self.take()):
            self._buffer = io.BytesIO(piece)
            data += self._buffer.read(size - len(data))
        return data


class _Bounded:
    """Gives the reader its bytes, but not those of a cell that does not end: it would keep all."""

    def __init__(self, stream: _Stream, watch: Watch) -> None:
        self._stream = stream
        self._watch = watch
        #: Number of bytes that came while the reader was where it is.
        self._at: dict[tuple[int, int, bool], int] = {}

    def read(self, size: int) -> bytes:
        """Read on; refuse a cell, or something between rows, that does not end."""
        data = self._stream.read(size)
        if not self._watch.in_tabledata:
            return data
        place = self._watch.place
        self._at = {place: self._at.get(place, 0) + len(data)}
        row, cell, in_row = place
        most = MAX_CELL_BYTES if in_row else MAX_ROW_BYTES
        if self._at[place] > most:
            where = f"cell {cell + 1:,} of row {row:,}" if in_row else f"what follows row {row:,}"
            raise TableParseError(
                f"The answer is not a complete VOTable: {where} does not end within "
                f"{most:,} bytes. Ask again."
            )
        return data
