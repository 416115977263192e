# Licensed under a 3-clause BSD style license - see LICENSE
"""
The beginning of a VOTable, up to its rows: what it is, and whether its rows can be read fast.

Pure. expat reads it, so a tag inside a comment or CDATA does not count. A document type (DTD), in
which entities could be declared, is refused before anything of it is read; one that only names
another file is blanked out, and the file is never fetched.
"""

import codecs
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.parsers import expat

import numpy as np

from astroquery_csc.exceptions import TableParseError

__all__ = [
    "MAX_ELEMENTS",
    "MAX_FIELDS",
    "NUMBERS",
    "STRINGS",
    "Field",
    "Header",
    "NotPlain",
    "null_of",
]

#: The widest table of the catalogue has 515 columns; all its tables joined have some 1,500.
MAX_FIELDS = 5_000
#: Elements beside rows and cells: three for each of so many columns, and room for the rest.
MAX_ELEMENTS = 20_000
#: The document has to begin within so many bytes, and its rows within so many.
_MAX_PROLOG_BYTES = 1 << 16
_MAX_BYTES = 1 << 25
#: Datatypes of numbers, and the dtypes of their columns.
NUMBERS = {
    "double": "f8",
    "float": "f4",
    "long": "i8",
    "int": "i4",
    "short": "i2",
    "unsignedByte": "u1",
}
STRINGS = frozenset({"char", "unicodeChar"})
_VERSIONS = frozenset({"1.0", "1.1", "1.2", "1.3", "1.4", "1.5"})
_ENCODINGS = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})
#: An element with one of these names ends the header.
_ROWS_BEGIN = frozenset({"TABLEDATA", "BINARY", "BINARY2", "FITS", "PARQUET"})


class NotPlain(Exception):  # noqa: N818 - not an error: another reader goes on
    """The text is not of the plain form; astropy's reader decides what it is."""


class _RowsBegin(Exception):  # noqa: N818 - the way out of expat, no error
    """The header has ended."""


class _NotVotable(Exception):  # noqa: N818 - becomes a TableParseError
    """The document is of another kind."""


@dataclass(frozen=True, slots=True)
class Field:
    """One scalar FIELD of a table."""

    name: str
    datatype: str
    null: float | None = None


class Header:
    """Reads a document up to the tag with which its rows begin, or to its end."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        #: What was read: the header, and some bytes beyond.
        self.text: bytes = b""
        #: What stands before the colon in the names of elements, with the colon.
        self.prefix: bytes = b""
        self._read = read
        self._version: str | None = None
        self._open: list[str] = []
        self._fields: list[tuple[dict[str, str], dict[str, str]]] = []
        self._tables = self._elements = 0
        self._doctypes: list[int] = []
        self._rows: tuple[str, int] | None = None
        self._reason = ""
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.EndDoctypeDeclHandler = self._end_doctype
        self._parser.XmlDeclHandler = self._declaration
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = lambda _: self._open.pop()
        self._follow()

    def _follow(self) -> None:
        """Read until the rows begin, or the document ends."""
        first, blanks = self._first_piece()
        pieces, size = [first], blanks + len(first)
        try:
            self._parser.Parse(pieces[0], not pieces[0])
            while pieces[-1] and size <= _MAX_BYTES:
                self._check_prolog(size)
                pieces.append(self._read())
                size += len(pieces[-1])
                self._parser.Parse(pieces[-1], not pieces[-1])
        except _RowsBegin:
            self.text = b"".join(pieces)
        except (_NotVotable, expat.ExpatError, LookupError, ValueError) as error:
            # The last two: an encoding that is not known, or not supported.
            raise self._refusal(b"".join(pieces), str(error)) from error
        else:
            self.text = b"".join(pieces)
            if pieces[-1]:
                raise self._refusal(self.text, "no rows so far")
        self.text = self._without_doctype(self.text)

    def _first_piece(self) -> tuple[bytes, int]:
        """Read the beginning, without blanks or a BOM before it; and their number."""
        piece, size = self._read(), 0
        while piece and size < _MAX_PROLOG_BYTES:
            start = piece.removeprefix(codecs.BOM_UTF8).lstrip()
            if start:
                return start, size
            size += len(piece)
            piece = self._read()
        return (b" " if size else piece), size

    def _without_doctype(self, text: bytes) -> bytes:
        """Blank a document type: with one, astropy's reader drops unknown entities in silence."""
        if not self._doctypes:
            return text
        end = text.find(b">", self._doctypes[0]) + 1
        start = text.rfind(b"<!DOCTYPE", 0, end)
        if not 0 <= start < end:
            raise TableParseError("The answer declares a document type (DTD), which is refused.")
        return text[:start] + b" " * (end - start) + text[end:]

    def _check_prolog(self, size: int) -> None:
        """Expect the root element soon."""
        if self._version is None and size >= _MAX_PROLOG_BYTES:
            raise _NotVotable

    def _refusal(self, text: bytes, reason: str) -> TableParseError:
        """Make the error for what is not well-formed, or no VOTable at all."""
        if not text:
            return TableParseError("The answer is empty; a VOTable was expected.")
        if self._version is None:
            start = " ".join(text[:200].decode("utf-8", "replace").split())[:120]
            return TableParseError(f"The answer is not a VOTable; it starts with {start!r}.")
        return TableParseError(
            f"The answer is not a complete VOTable: {reason} ({len(text)} bytes read). Ask again."
        )

    def _doctype(self, name: str, _system: str | None, _public: object, has_subset: int) -> None:
        """Refuse a DTD with declarations; that of another language is not a VOTable."""
        if name.rpartition(":")[2] != "VOTABLE":
            raise _NotVotable(name)
        if has_subset:
            raise TableParseError("The answer declares a document type (DTD), which is refused.")

    def _end_doctype(self) -> None:
        """Note where the document type ends."""
        self._doctypes.append(self._parser.CurrentByteIndex)

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        """Leave other encodings to astropy."""
        if (encoding or "").lower() not in _ENCODINGS:
            self._reason = f"encoding {encoding}"

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        """Note what matters of an element."""
        prefix, colon, name = full_name.rpartition(":")
        parent = self._open[-1] if self._open else ""
        self._open.append(name)
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise TableParseError(
                f"The answer is not a complete VOTable: it has more than {MAX_ELEMENTS:,} elements "
                "before its rows."
            )
        if self._version is None:
            self._root(name, attributes)
        elif name in _ROWS_BEGIN:
            self.prefix = (prefix + colon).encode()
            self._rows = (name, self._parser.CurrentByteIndex)
            raise _RowsBegin
        elif name == "TABLE":
            self._tables += 1
        elif name == "FIELD" and parent == "TABLE":
            self._field(attributes)
        elif name == "VALUES" and parent == "FIELD" and self._fields:
            self._fields[-1][1].update(attributes)
        self._note_reason(name, attributes)

    def _note_reason(self, name: str, attributes: dict[str, str]) -> None:
        """Leave what only astropy understands to astropy."""
        if name in ("TABLE", "VALUES") and "ref" in attributes:
            self._reason = f"a {name} that refers to another"
        elif name == "RESOURCE" and attributes.get("type", "results") != "results":
            self._reason = "a RESOURCE that does not hold results"

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        """Look at the root element."""
        if name != "VOTABLE":
            raise _NotVotable(name)
        self._version = attributes.get("version", "").strip()

    def _field(self, attributes: dict[str, str]) -> None:
        """Keep a FIELD, unless there are too many."""
        self._fields.append((attributes, {}))
        if len(self._fields) > MAX_FIELDS:
            raise TableParseError(
                f"The answer is not a complete VOTable: it has more than {MAX_FIELDS:,} columns; "
                "no table of the catalogue has so many. Ask again."
            )

    @property
    def kind(self) -> str:
        """Name of the element that holds the rows, such as TABLEDATA; empty without rows."""
        return self._rows[0] if self._rows is not None else ""

    def plan(self) -> tuple[int, list[Field]]:
        """Tell what the rows hold, if they can be read fast."""
        if self._rows is None or self._rows[0] != "TABLEDATA":
            raise NotPlain("no TABLEDATA" if self._rows is None else self._rows[0])
        if self._reason:
            raise NotPlain(self._reason)
        if self._tables != 1 or not self._fields or self._version not in _VERSIONS:
            raise NotPlain("not one table of a known version")
        tag = b"<" + self.prefix + b"TABLEDATA>"
        start = self._rows[1] + len(tag)
        if self.text[self._rows[1] : start] != tag:
            raise NotPlain("an odd TABLEDATA tag")
        return start, [_field(*pair) for pair in self._fields]


def _field(attributes: dict[str, str], values: dict[str, str]) -> Field:
    """Check one FIELD: a scalar, or a string."""
    datatype, size = attributes.get("datatype", ""), attributes.get("arraysize")
    name = attributes.get("name", attributes.get("ID", ""))
    null = values.get("null")
    if datatype in STRINGS:
        if not re.fullmatch(r"\d*\*|\d+", "1" if size is None else size):
            raise NotPlain(f"{name} is an array of strings")
        return Field(name, datatype)
    if size is not None or (datatype != "boolean" and datatype not in NUMBERS):
        raise NotPlain(f"{name} is {datatype}[{size}]")
    if null is not None and datatype in ("float", "boolean"):
        raise NotPlain(f"{name} is {datatype} with VALUES null={null!r}")
    try:
        return Field(name, datatype, null_of(datatype, null))
    except ValueError as error:
        raise NotPlain(f"{name} has VALUES null={null!r}") from error


def null_of(datatype: str, text: str | None) -> float | None:
    """Read the null that VALUES declares for a number."""
    if text is None or datatype not in NUMBERS:
        return None
    if NUMBERS[datatype].startswith("f"):
        try:
            value = float(text)
        except ValueError:
            return None
        return None if math.isnan(value) else value
    limits = np.iinfo(NUMBERS[datatype])
    number = int(text, 10)
    return number if limits.min <= number <= limits.max else None
