# Licensed under a 3-clause BSD style license - see LICENSE
"""
Rows of plain TABLEDATA to columns, fast and exact, while the bytes arrive.

Pure. NumPy finds every ``<`` of a piece of text, and the whole grammar of the piece is checked:
each ``<`` must belong to a row of the form that the service writes. What stands between the tags
are the cells, which tablecells.py turns into columns.

Whatever is not plain rows (a comment, CDATA, an attribute, an odd tag) is not guessed at: decoding
stops before the first row of that piece, and the caller hands the rest to astropy's reader.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astroquery_csc.exceptions import TableParseError
from astroquery_csc.votable.cells import Cells, Values, check_strings, decode
from astroquery_csc.votable.header import Field, NotPlain

__all__ = ["MAX_ROW_BYTES", "RowDecoder"]

#: Text is decoded in pieces of so many bytes, or so many a column, but not of more than the last.
PIECE_BYTES = 1 << 20
PIECE_BYTES_A_COLUMN = 1 << 13
MAX_PIECE_BYTES = 1 << 25
#: No row of the catalogue is longer than some 20,000 bytes.
MAX_ROW_BYTES = 1 << 25
#: A table of several pieces gets room for so many rows at once, but not for more bytes than that.
_ROOM_ROWS = (1 << 19) - 1
_ROOM_BYTES = 1 << 28
#: Strings become what Python has so many at a time.
_WIDENED_ROWS = 1 << 16
_SPACE = b" \t\r\n"
_BETWEEN_TAGS = re.compile(rb">[ \t\r\n]+<")


@dataclass(frozen=True, slots=True)
class _Form:
    """The tags of a row, and the white space that the service writes between them."""

    start: bytes
    between: bytes
    end: bytes
    next_row: bytes

    @classmethod
    def learn(cls, text: bytes, begin: int, columns: int, prefix: bytes) -> "_Form | None":
        """Read the form off the first row, with no tag before it; None without rows."""
        row, cell = prefix + b"TR>", prefix + b"TD>"
        space = rb"[ \t\r\n]*"
        first = re.compile(b"<" + row + space + b"<" + cell).match(text, begin)
        last = re.compile(b"(</" + cell + space + b"</" + row + b")(" + space + b")").search(text)
        if first is None or last is None:
            return None
        middle = re.compile(b"</" + cell + space + b"<" + cell).search(text[: last.start(2)])
        if columns > 1 and middle is None:
            return None
        end = last.group(1)
        return cls(
            start=first.group(),
            between=middle.group() if middle is not None else b"",
            end=end,
            next_row=end + last.group(2) + first.group(),
        )

    def fits(self, text: bytes, stop: int, tags: NDArray[np.intp], columns: int) -> bool:
        """
        Check that a text is nothing but rows of this form, from its first tag to ``stop``.

        ``tags`` are the places of every ``<``, so many a row. Each of the literals is looked for
        where it must begin, and its other tags then are the next ones of the list, since there is
        no ``<`` that is not in the list.
        """
        width = 2 * columns + 2
        if not tags.size or tags.size % width:
            return False
        rows = tags.reshape(tags.size // width, width)
        return (
            text.startswith(self.start, int(rows[0, 0]))
            and text[int(rows[-1, -2]) : stop] == self.end
            and _all_at(text, rows[:-1, -2], self.next_row)
            and _all_at(text, rows[:, 2:-2:2], self.between)
        )


def _all_at(text: bytes, places: NDArray[np.intp], literal: bytes) -> bool:
    """Whether a literal stands at each of these places, which are in order."""
    if not places.size:
        return True
    last = int(places.flat[-1])
    if last + len(literal) > len(text):
        return False
    windows = np.ndarray((last + 1,), f"V{len(literal)}", text, 0, (1,))
    return windows[places.ravel()].tobytes() == literal * places.size


class RowDecoder:
    """Decodes rows piece by piece and keeps the columns."""

    def __init__(self, fields: list[Field], prefix: bytes, on_rows: Callable[[int], None]) -> None:
        #: Number of rows decoded so far.
        self.rows: int = 0
        #: Why decoding stopped before the rows did.
        self.stopped: str = ""
        self._fields = fields
        self._prefix = prefix
        self._on_rows = on_rows
        self._form: _Form | None = None
        self._tidiness = 0
        self._columns = [_Column(field.name, len(fields)) for field in fields]

    def run(self, text: bytes, read: Callable[[], bytes]) -> bytes:
        """Decode rows until they end, or are not plain."""
        size = min(max(PIECE_BYTES, PIECE_BYTES_A_COLUMN * len(self._fields)), MAX_PIECE_BYTES)
        while True:
            text, ended = _fill(text, size, read)
            stop, closed = self._whole_rows(text)
            try:
                if stop:
                    self._take(text, stop)
            except NotPlain as reason:
                self.stopped = str(reason)
                return text
            text = text[stop:]
            if closed or ended:
                return text
            if len(text) > MAX_ROW_BYTES:
                raise TableParseError(
                    f"The answer is not a complete VOTable: row {self.rows + 1:,} does not end "
                    f"within {len(text):,} bytes. Ask again."
                )
            size = max(size, min(2 * len(text), MAX_ROW_BYTES + 1))

    def _whole_rows(self, text: bytes) -> tuple[int, bool]:
        """Find where the last whole row ends (0: none), and whether the table does after it."""
        row_end = b"</" + self._prefix + b"TR>"
        last = text.rfind(row_end)
        close = text.find(b"</" + self._prefix + b"TABLEDATA>", max(0, last))
        return (last + len(row_end) if last >= 0 else 0), close >= 0

    def _take(self, text: bytes, stop: int) -> None:
        """Decode whole rows; all columns, or none."""
        text, tags = self._tags(text, stop)
        width = 2 * len(self._fields) + 2
        offsets = tags.reshape(tags.size // width, width)[:, 1:-1].astype(np.int32)
        offsets[:, 0::2] += len(b"<TD>") + len(self._prefix)
        decoded = decode(Cells(text, offsets), self._fields)
        for column, values in zip(self._columns, decoded, strict=True):
            column.extend(*values)
        self.rows += len(offsets)
        self._on_rows(self.rows)

    def _tags(self, text: bytes, stop: int) -> tuple[bytes, NDArray[np.intp]]:
        """Find every ``<`` and check the grammar; tidy the text if it does not go without."""
        columns = len(self._fields)
        for tidiness in range(self._tidiness, 3):
            tidy, end = _tidied(text, stop, self._prefix, tidiness)
            tags = np.flatnonzero(np.frombuffer(tidy, np.uint8, end) == ord("<"))
            if tidy[: tags[0]].strip(_SPACE):
                break
            for known in (self._form, None):
                form = known or _Form.learn(tidy, int(tags[0]), columns, self._prefix)
                if form is not None and form.fits(tidy, end, tags, columns):
                    _check_cells(tidy[:end])
                    self._form, self._tidiness = form, tidiness
                    return tidy, tags
        raise NotPlain("something else than rows of cells")

    def column(self, place: int, tail: Values) -> Values:
        """Give one column whole."""
        column = self._columns[place]
        column.extend(*tail)
        return column.finish()


class _Column:
    """One column, in memory that grows with it, so that it is not held twice at the end."""

    def __init__(self, name: str, columns: int) -> None:
        self._name = name
        self._columns = columns
        self._rows = 0
        self._values: NDArray[Any] = np.zeros(0, np.bool_)
        self._mask: NDArray[np.bool_] | None = None

    def extend(self, values: NDArray[Any], mask: NDArray[np.bool_] | None) -> None:
        """Append some rows."""
        start, stop = self._rows, self._rows + len(values)
        if start == stop:
            return
        if not start:
            self._values, self._mask, self._rows = values, mask, stop
            return
        dtype = np.promote_types(self._values.dtype, values.dtype)
        if stop > len(self._values) or dtype != self._values.dtype:
            self._values = self._moved(self._values, stop, dtype)
        self._values[start:stop] = values
        if mask is not None and self._mask is None:
            self._mask = np.zeros(len(self._values), np.bool_)
        if self._mask is not None:
            if stop > len(self._mask):
                self._mask = self._moved(self._mask, stop, self._mask.dtype)
            self._mask[start:stop] = False if mask is None else mask
        self._rows = stop

    def _moved(self, old: NDArray[Any], rows: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """
        Copy into memory for so many rows, and for more to come.

        What is not written to is not taken from the system yet. What a column leaves behind when it
        moves may never be given back, so the first move is a long one.
        """
        if dtype.kind in {"S", "U"}:
            check_strings(rows, dtype.itemsize // np.dtype(f"{dtype.kind}1").itemsize, self._name)
        room = min(_ROOM_ROWS, _ROOM_BYTES // (self._columns * dtype.itemsize))
        size = len(old) if rows <= len(old) else max(2 * rows, room)
        new = np.empty(size, dtype)
        new[: self._rows] = old[: self._rows]
        return new

    def finish(self) -> Values:
        """Give back what was not needed; strings become what Python has."""
        for array in (self._values, self._mask):
            if array is not None and len(array) > self._rows:
                array.resize(self._rows, refcheck=False)
        if self._values.dtype.kind == "S":
            check_strings(self._rows, self._values.dtype.itemsize, self._name)
            self._widen()
        return self._values, self._mask

    def _widen(self) -> None:
        """
        Write bytes as characters, and give back what is done.

        From the end, so that old and new are not there whole at once. NumPy's own cast takes five
        times as long.
        """
        old, width = self._values, self._values.dtype.itemsize
        codes, letters = np.empty((self._rows, width), np.uint32), np.dtype((np.uint8, (width,)))
        for start in reversed(range(0, self._rows, _WIDENED_ROWS)):
            codes[start : start + _WIDENED_ROWS] = old[start : start + _WIDENED_ROWS].view(letters)
            if old.flags.owndata:
                old.resize(start, refcheck=False)
        self._values = codes.view(f"U{width}")[:, 0]


def _check_cells(rows: bytes) -> None:
    """Refuse what XML forbids in a text, and what the cells are not searched for."""
    if b"\0" in rows:
        raise NotPlain("NUL in a cell")
    # One byte is found much faster than three.
    if b"]" in rows and b"]]>" in rows:
        raise NotPlain("]]> in a cell")


def _fill(text: bytes, size: int, read: Callable[[], bytes]) -> tuple[bytes, bool]:
    """Read until there are so many bytes; True if the document ended before."""
    pieces, have = [text], len(text)
    while have < size:
        piece = read()
        if not piece:
            return b"".join(pieces), True
        pieces.append(piece)
        have += len(piece)
    return b"".join(pieces), False


def _tidied(text: bytes, stop: int, prefix: bytes, tidiness: int) -> tuple[bytes, int]:
    """Write empty cells in full (from 1 on) and no white space between tags (2)."""
    if tidiness == 0:
        return text, stop
    cell = prefix + b"TD"
    tidy = text[:stop].replace(b"<" + cell + b"/>", b"<" + cell + b"></" + cell + b">")
    if tidiness > 1:
        tidy = _BETWEEN_TAGS.sub(b"><", tidy)
    return tidy, len(tidy)
