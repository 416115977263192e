# Licensed under a 3-clause BSD style license - see LICENSE
"""
What astropy's VOTable reader is shown of a document, and where it stands when something is wrong.

Pure. Each element passes by here before the reader gets it. What the reader would let pass in
silence, or believe without need, is refused or taken away: files elsewhere, claims of sizes,
versions whose empty integers read as 0, strings that are cut to the length of their FIELD.
"""

import contextlib
import math
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, NoReturn, TypeAlias

from astropy import units as u
from astropy.io.votable import exceptions as votable_exceptions
from astropy.utils.exceptions import AstropyUserWarning

from astroquery_csc.catalogue.units import read_unit
from astroquery_csc.exceptions import TableParseError, clean, warn
from astroquery_csc.log import log
from astroquery_csc.votable.binary import check_stream
from astroquery_csc.votable.header import MAX_ELEMENTS, MAX_FIELDS, NUMBERS, STRINGS, null_of

__all__ = ["Described", "Watch", "table_number"]

_BINARY = frozenset({"BINARY", "BINARY2"})
#: Coordinate systems: the reader compares each with all others.
_MAX_SYSTEMS = 100
_OLD_VERSIONS = frozenset({"1.0", "1.1", "1.2"})
#: Numbers that the cells of one row may hold; the catalogue has no arrays at all.
_MAX_ITEMS = 1 << 20
_ROWS_A_CALL = 1_000
_TEXT_CHARACTERS = 60
#: More different units than the catalogue has; astropy takes milliseconds for one it does not know.
_MAX_UNITS = 200
#: What the reader only warns of, where it happens in a row.
_BAD_CELLS = {
    votable_exceptions.W30: "is not a number",
    votable_exceptions.W46: "is longer than its column says",
    votable_exceptions.W51: "is out of the range of its datatype",
    votable_exceptions.E02: "has not as many numbers as its FIELD says",
}
#: What the reader puts before its words: file, line, column, and the name of the error.
_POSITION = re.compile(r"^\S*?:?[\d?]+:[\d?]+: (?:\w+: )?")
#: What it puts behind them where a cell is wrong.
_COUNTED_FROM_0 = re.compile(r" \(in row \d+, col '.*'\)$")
#: Words for "no value" in a numeric cell.
_NO_VALUE = frozenset({"null", "none", "n/a", "na", "--", "-"})
_LONGEST_WORD = 16
#: How they end, in any case, with blanks behind them or not; no number ends so.
_WORD_ENDS = frozenset("lLeEaA- \t\r\n")
#: In a column of so many rows, no larger part may be such words.
_FEW_ROWS = 20
_MOST_WORDS = 0.05
Event = tuple[bool, str, Any, tuple[int, int]]
Unit: TypeAlias = u.UnitBase | u.UnrecognizedUnit | None


class Described(NamedTuple):
    """What a FIELD says, and astropy's reader need not know."""

    name: str
    unit: Unit
    limit: int | None


class Watch(dict[type, int]):
    """
    Shows a document to astropy's reader, and is the book in which that counts its warnings.

    The reader falls silent about a kind of warning above a number of them; every count starts
    there. So nothing is printed, no global filter is touched, and threads do not meet.
    """

    _SILENT = 1 << 40

    def __init__(self, kind: str, rows: int, on_rows: Callable[[int], None]) -> None:
        super().__init__()
        #: Rows that have begun.
        self.row: int = rows
        #: Cells of the row that have ended.
        self.cell: int = 0
        #: What each FIELD says, by the ID under which the reader knows it.
        self.fields: dict[str, Described] = {}
        #: Number of rows that each TABLE claims to have.
        self.claims: dict[int, int] = {}
        #: Called where the rows of a table are about to begin, as BINARY.
        self.on_binary: Callable[[], None] = lambda: None
        #: Words such as "null" in numeric cells, by column.
        self._words_found: Counter[str] = Counter()
        self._scalars: list[bool] = []
        #: Whether the rows have begun, as text.
        self.in_tabledata: bool = False
        self._first_row = rows
        self._kind = kind
        self._on_rows = on_rows
        self._tables = self._elements = self._systems = 0
        self._units: set[str] = set()
        self._has_left_out_units = False
        self._names: list[str] = []
        self._declared: list[dict[str, str]] = []
        self._datatype = ""
        self._binary = ""
        self._items = 0
        self._text = ""
        self._unit_format = "cds"
        self._in_row = False
        self._malformed = False
        self._bad = ""
        self._looks: dict[str, Callable[[dict[str, str]], None]] = {
            "VOTABLE": self._root,
            "TABLE": self._table,
            "FIELD": self._field,
            "VALUES": self._null,
            "PARAM": self._check_size,
            "TABLEDATA": self._data,
            "STREAM": self._stream,
            "COOSYS": self._system,
            "TIMESYS": self._system,
        }

    def events(self, iterator: Iterator[Event]) -> Iterator[Event]:
        """Pass on what the reader may see."""
        try:
            for event in iterator:
                start, tag, data, position = event
                if tag != "TD":
                    self._outside_cells(tag, data, start=start)
                elif not start:
                    # Most events are these; a call for each would cost as much as the reader.
                    self.cell += 1
                    self._text = data
                    if data and data[-1] in _WORD_ENDS and self._is_no_value(data):
                        yield start, tag, "", position
                        continue
                yield event
        except ValueError:
            # Not from the one who takes the events: that is not thrown in here.
            self._malformed = True
            raise

    def _outside_cells(self, tag: str, data: Any, *, start: bool) -> None:
        """Look at what is not a cell."""
        if tag == "TR":
            self._row(start=start)
        elif start:
            self._begin(tag, data)
        elif tag == "STREAM" and self._binary:
            # The reader takes the end within a row for one before it.
            check_stream(self._declared, data or "", masks=self._binary == "BINARY2")

    def _is_no_value(self, text: str) -> bool:
        """Tell whether a cell holds a word such as "null" in a column of numbers; note it."""
        if len(text) > _LONGEST_WORD or self.cell > len(self._scalars):
            return False
        if not self._scalars[self.cell - 1] or text.strip().lower() not in _NO_VALUE:
            return False
        self._words_found[f"t{self._tables}c{self.cell - 1}"] += 1
        return True

    def tell_of_words(self, table: int, rows: int) -> None:
        """Warn of words that were masked in numeric columns; refuse a column with many."""
        found = {
            self.fields[label].name: count
            for label, count in self._words_found.items()
            if table_number(label) == table
        }
        for name, count in found.items():
            if rows >= _FEW_ROWS and count > _MOST_WORDS * rows:
                _refuse(
                    f"{count:,} of {rows:,} cells of the numeric column {name!r} hold words "
                    "such as 'null'"
                )
        if found:
            columns = ", ".join(f"{name} ({count:,})" for name, count in found.items())
            warn(
                "Numeric cells that hold a word such as 'null' are masked: "
                f"{textwrap.shorten(columns, 200, placeholder=' …')}.",
                AstropyUserWarning,
            )

    def _row(self, *, start: bool) -> None:
        """Begin or end a row."""
        if start and not self._names:
            _refuse("it has rows, but no FIELD says what is in them")
        if start and self._in_row:
            _refuse(f"row {self.row:,} does not end before the next begins")
        self._in_row = start
        if start:
            self.row += 1
            self.cell = 0
        elif not self.row % _ROWS_A_CALL:
            self._on_rows(self.row)

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        """Look at an element outside of rows, and change what the reader must not see."""
        if self._in_row:
            _refuse(f"row {self.row:,} holds a {_shortened(tag)} beside its cells")
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            _refuse(f"it has more than {MAX_ELEMENTS:,} elements beside its rows")
        for word in ("precision", "width"):
            if not attributes.get(word, "x").strip():
                del attributes[word]
        if tag in _BINARY:
            self._binary = tag
            self.on_binary()
        look = self._looks.get(tag)
        if look is not None:
            look(attributes)

    def _data(self, _: dict[str, str]) -> None:
        """Begin the rows."""
        self.in_tabledata = True

    def _system(self, attributes: dict[str, str]) -> None:
        """Give a system an ID: the reader asks for one, although nothing has to refer to it."""
        self._systems += 1
        if self._systems > _MAX_SYSTEMS:
            _refuse(f"it has more than {_MAX_SYSTEMS} coordinate systems")
        attributes.setdefault("ID", f"s{self._systems}")

    def _stream(self, attributes: dict[str, str]) -> None:
        """Refuse rows that are elsewhere; the reader would open any file or address."""
        if "href" in attributes:
            _refuse(f"its data are elsewhere, at {attributes['href']!r}, which is refused")

    def _root(self, attributes: dict[str, str]) -> None:
        """Begin the document; from 1.3 on an empty cell of integers is null to the reader."""
        version = attributes.get("version", "").strip().lstrip("vV")
        if version in _OLD_VERSIONS:
            attributes["version"] = "1.3"
        elif version != "1.3":
            self._unit_format = "vounit"

    def _table(self, attributes: dict[str, str]) -> None:
        """Begin a TABLE; the reader would reserve memory for the rows that it claims."""
        claim = attributes.pop("nrows", "").strip()
        if self._tables > 0:
            self.row = 0
        self._tables += 1
        if claim.isdecimal() and len(claim) < 20:
            self.claims[self._tables] = int(claim)
        self._names, self._declared, self._binary, self._scalars = [], [], "", []
        self.in_tabledata = False

    def _field(self, attributes: dict[str, str]) -> None:
        """
        Begin a FIELD.

        The reader takes seconds for thousands of equal names, and for units that it does not know,
        so it gets names of ours, and no units.
        """
        if len(self._names) >= MAX_FIELDS:
            _refuse(f"it has more than {MAX_FIELDS:,} columns")
        self._declared.append(dict(attributes))
        limit = self._free(attributes) if attributes.get("datatype") in STRINGS else None
        self._check_size(attributes)
        self._datatype = attributes.get("datatype", "")
        self._scalars.append(self._datatype in NUMBERS and "arraysize" not in attributes)
        number = len(self._names)
        name = clean(attributes.get("name") or attributes.get("ID") or "").strip()
        if not name:
            _refuse(f"FIELD {number + 1} has no name")
        label = f"t{self._tables}c{number}"
        self._names.append(name)
        unit = self._unit(attributes.pop("unit", None))
        self.fields[label] = Described(name, unit, limit)
        attributes.update(ID=label, name=label)

    def _unit(self, text: str | None) -> Unit:
        """Read a unit, unless there are too many."""
        self._units.add(text or "")
        if text is None:
            return None
        unit = read_unit(text, self._unit_format) if len(self._units) <= _MAX_UNITS else None
        if unit is None and not self._has_left_out_units:
            self._has_left_out_units = True
            log.warning(f"The unit {_shortened(clean(text))} is not read: too long or too large.")
        return unit

    def _null(self, attributes: dict[str, str]) -> None:
        """Forget a null that no cell can have; the reader would take the nearest value for it."""
        null = attributes.get("null")
        with contextlib.suppress(ValueError):
            known = null is None or self._datatype not in NUMBERS
            if not known and null_of(self._datatype, null) is None:
                del attributes["null"]

    def _free(self, attributes: dict[str, str]) -> int | None:
        """Let the reader take strings of any length; in BINARY, give the length that holds."""
        size = attributes.get("arraysize", "1").strip()
        if self._kind == "TABLEDATA" and re.fullmatch(r"(\d+x)*\d*\*?", size):
            attributes["arraysize"] = "*"
            return None
        if re.fullmatch(r"\d{0,9}\*", size):
            # In BINARY each string says how long it is.
            attributes["arraysize"] = "*"
            return None
        if not re.fullmatch(r"\d{1,9}(x\d{1,9})*", size):
            return None
        # The length of a fixed string says where it ends.
        length = math.prod(map(int, size.split("x")))
        attributes["arraysize"] = str(length)
        return length or None

    def _check_size(self, attributes: dict[str, str]) -> None:
        """Refuse arrays for which the reader would reserve too much memory."""
        size = attributes.get("arraysize", "1")
        sizes = [int(digits) for digits in re.findall(r"\d+", size[:_TEXT_CHARACTERS])]
        self._items += math.prod(sizes)
        is_empty = 0 in sizes and attributes.get("datatype") not in STRINGS
        if len(size) > _TEXT_CHARACTERS or self._items > _MAX_ITEMS or is_empty:
            _refuse(
                f"column {_shortened(attributes.get('name', ''))} claims an arraysize of "
                f"{_shortened(size)}"
            )

    def setdefault(self, key: type, default: int = 0, /) -> int:
        """Note a warning of the reader; start every count above its limit."""
        if self._in_row and key in _BAD_CELLS:
            self._bad = _BAD_CELLS[key]
            raise ValueError(self._bad)
        return super().setdefault(key, self._SILENT + default)

    @property
    def is_about_metadata(self) -> bool:
        """Whether the document had no rows here, and nothing had to be said about it."""
        return self.row == self._first_row and not self._has_left_out_units

    @property
    def place(self) -> tuple[int, int, bool]:
        """Where the reader is: rows begun, cells ended, and whether it is in a row."""
        return self.row, self.cell, self._in_row

    def report(self, error: BaseException, total: int, stopped: str) -> str:
        """Say what is wrong, and in which row and column."""
        if isinstance(error, (votable_exceptions.E20, votable_exceptions.E21)):
            what = self._miscounted(self._words(error))
        elif self._in_row and self.cell and not self._malformed:
            words = self._bad or _COUNTED_FROM_0.sub("", self._words(error))
            what = f"{self._place()}: {_shortened(self._text)} {words}"
        else:
            rows = f" after {self.row:,} rows" if self.row else ""
            words = self._words(error)
            why = f"; {stopped}" if stopped else ""
            what = f"The answer is not a complete VOTable{rows}: {words} ({total} bytes read{why})"
        return f"{what}. Ask again."

    def _miscounted(self, words: str) -> str:
        """Say where a row has too few or too many cells."""
        row = f"The answer is not a complete VOTable: row {self.row:,}"
        if self.cell < len(self._names):
            return f"{row} ends before column {self._names[self.cell]!r}: {words}"
        return f"{row} goes on with {_shortened(self._text)}: {words}"

    def _place(self) -> str:
        """Name the row and the column of the last cell."""
        name = self._names[self.cell - 1] if self.cell <= len(self._names) else ""
        return f"Row {self.row:,}, column {name!r}"

    def _words(self, error: BaseException) -> str:
        """Take the part of the reader's words that a person can use."""
        lines = str(error).strip().splitlines()
        text = _POSITION.sub("", lines[0]) if lines else type(error).__name__
        for label, field in self.fields.items():
            if f"'{label}'" in text:
                text = text.replace(f"'{label}'", repr(field.name))
        return text.rstrip(".")


def table_number(label: str) -> int:
    """Tell which TABLE a FIELD is of, by the ID under which the reader knows it."""
    return int(label[1:].partition("c")[0])


def _refuse(reason: str) -> NoReturn:
    """Raise the error for a document that is not read on."""
    raise TableParseError(f"The answer is not a complete VOTable: {reason}. Ask again.")


def _shortened(text: str) -> str:
    """Quote a cell, or the beginning of a long one."""
    return repr(text if len(text) <= _TEXT_CHARACTERS else text[:_TEXT_CHARACTERS] + "…")
