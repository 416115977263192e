# Licensed under a 3-clause BSD style license - see LICENSE
"""Faults of what stands in an answer: pages, errors in every form, and tables that are none."""

from collections.abc import Callable
from typing import Any

from astroquery.exceptions import MaxResultsWarning, NoResultsWarning

from astroquery_csc.exceptions import InvalidQueryError, RemoteServiceError, TableParseError
from tests.faults.bodies import FIELDS, ROWS, votable
from tests.faults.model import TABLE, WITH_BODY, WITH_MORE, Act, Fault, Gets
from tests.faults.server import http

__all__ = ["OF_DOCUMENTS"]

#: Words of a service that refuses a query.
WORDS = "Column: [significance] not found in TapSchema"
_BOX = frozenset({"table"})
#: Faults that stand in a table of sources.
_NOT_OF_LIMITS: dict[str, Gets | None] = {"sensitivity": None}
_MASTERS = ("cone", "cone and TAP", "region", "list", "crossmatch", "objects", "criteria")
_HTML = b"<html><head><title>Oops</title></head><body>Our VOTABLE writer is away.</body></html>"
_TEXT = (
    b"# name\t\tsource name\n# ra\tdeg\tright ascension\nname\tra\n2CXO J032912.9+311814\t52.3\n"
)


def _body(make: Callable[[bytes], bytes], mime: str = "text/xml", status: int = 200) -> Act:
    """Answer with something made from the good body."""
    return lambda wire, good: wire.send(http(make(good.body), mime=mime, status=status))


def _table(status: int = 200, **changes: Any) -> Act:
    """Answer with a VOTable that differs from the good one in something."""
    return _body(lambda _: votable(**changes), status=status)


def _error_table(status: int) -> Act:
    """Answer with an error VOTable."""
    said = f'<INFO name="QUERY_STATUS" value="ERROR">{WORDS}</INFO>'
    text = f'<VOTABLE version="1.2"><RESOURCE type="results">{said}</RESOURCE></VOTABLE>'
    return _body(lambda _: text.encode(), status=status)


def _page(name: str, does: str, body: bytes, mime: str, says: str) -> Fault:
    """Make the fault of something else than XML."""
    return Fault(
        name,
        does,
        _body(lambda _: body, mime),
        RemoteServiceError,
        {"columns": TableParseError},
        speaks=WITH_BODY,
        says=says,
    )


_PAGES = (
    _page("a page", "answers 200 with an HTML page", _HTML, "text/html", "Our VOTABLE writer"),
    _page("a page as XML", "says XML and sends HTML", _HTML, "text/xml", "writer is away"),
    _page("empty", "answers 200 with nothing", b"", "text/xml", "(nothing)"),
    _page("blank", "answers 200 with blanks", b" \n \n", "text/xml", "(nothing)"),
    _page("text", "answers 200 with a line of text", b"Out of order", "text/plain", "Out of order"),
    _page(
        "JSON", "answers 200 with JSON", b'{"error": "no table"}', "application/json", "no table"
    ),
    _page("a picture", "answers 200 with a JPEG", b"\xff\xd8\xff\xe0\0JFIF\0", "image/jpeg", ""),
    Fault(
        "a text table",
        "answers with the text format that it has beside VOTable",
        _body(lambda _: _TEXT, "text/plain"),
        RemoteServiceError,
        speaks=_BOX,
        says="a text table",
    ),
    Fault(
        "wrong content type",
        "says image/png and sends the good document",
        _body(lambda body: body, "image/png"),
        TABLE,
        speaks=WITH_BODY,
    ),
    Fault(
        "no content type",
        "does not say what it sends",
        _body(lambda body: body, ""),
        TABLE,
        speaks=WITH_BODY,
    ),
    Fault(
        "wrong charset",
        "says charset=utf-16 and sends UTF-8",
        _body(lambda body: body, "text/xml; charset=utf-16"),
        TABLE,
        speaks=WITH_BODY,
    ),
)

_REFUSALS = (
    *(
        Fault(
            f"error table, {status}",
            f"says what is wrong in a VOTable with status {status}",
            _error_table(status),
            InvalidQueryError,
            speaks=_BOX,
            says=WORDS,
        )
        for status in (200, 400, 500)
    ),
    Fault(
        "Error executing query",
        "answers 200 with the words that csccli has for it",
        _body(lambda _: b"Error executing query: " + WORDS.encode(), "text/plain"),
        InvalidQueryError,
        speaks=_BOX,
        says=WORDS,
    ),
    Fault(
        "error parameter",
        "says what is wrong in a PARAM, as a cone search may",
        _body(
            lambda _: (
                b'<VOTABLE version="1.2"><RESOURCE><PARAM name="Error" datatype="char" '
                b'arraysize="*" value="SR is too large"/></RESOURCE></VOTABLE>'
            )
        ),
        TABLE,
        only=("cone",),
    ),
    Fault(
        "error after the rows",
        "sends rows, and then that it could not go on",
        _table(after='<INFO name="QUERY_STATUS" value="ERROR">Out of table space</INFO>'),
        InvalidQueryError,
        speaks=_BOX,
        says="Out of table space",
    ),
)


def _spoilt(name: str, does: str, make: Callable[[bytes], bytes], says: str = "") -> Fault:
    """Make the fault of a table that must not be one."""
    return Fault(name, does, _body(make), TableParseError, speaks=_BOX, says=says)


def _wrong(
    name: str,
    does: str,
    make: Callable[[bytes], bytes],
    says: str,
    only: tuple[str, ...] = _MASTERS,
) -> Fault:
    """Make the fault of a whole table that cannot be what was asked for."""
    return Fault(name, does, _body(make), TableParseError, only=only, says=says)


def _swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Change the first occurrence of something in the good body."""

    def make(body: bytes) -> bytes:
        """Change it."""
        assert old in body, old
        return body.replace(old, new, 1)

    return make


_DEEP = b"<RESOURCE>" * 20_000
_ENTITY = b'<!DOCTYPE VOTABLE [<!ENTITY a "aaaaaaaaaa">'
_LAUGHS = _ENTITY + b"".join(
    b'<!ENTITY %c "%b">' % (ord("b") + n, b"&%c;" % (ord("a") + n) * 10) for n in range(9)
)
_OUTSIDE = b'<!DOCTYPE VOTABLE [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
_CELL = b"<TD>23.176909884218283</TD>"

_BROKEN = (
    _spoilt("ends early", "ends in a cell, with the right length", lambda body: body[:-200]),
    _spoilt("ends after a row", "ends after a row", lambda body: body[: body.rfind(b"</TR>") + 5]),
    _spoilt("ends before the end", "lacks </VOTABLE>", lambda body: body[: body.rfind(b"</VO")]),
    _spoilt("goes on after the end", "has something after </VOTABLE>", lambda body: body + b"<x>"),
    _spoilt("two documents", "sends the document twice", lambda body: body + body),
    _spoilt("without a table", "has no TABLE", lambda _: b"<VOTABLE><RESOURCE/></VOTABLE>"),
    _spoilt("a cell too few", "lacks a cell in a row", _swap(_CELL, b"")),
    _spoilt("a cell too many", "has one cell too many in a row", _swap(_CELL, _CELL * 2)),
    _spoilt("an open row", "does not close a row", _swap(b"</TR>", b"")),
    _spoilt("crossed tags", "closes tags in the wrong order", _swap(b"</TD></TR>", b"</TR></TD>")),
    _spoilt("a word for a number", "has a word among numbers", _swap(_CELL, b"<TD>many</TD>")),
    _spoilt("two numbers", "has two numbers in a cell", _swap(_CELL, b"<TD>1 2</TD>")),
    _spoilt(
        "none of its rows",
        "promises 7 rows and has none",
        lambda _: votable(table=' nrows="7"', rows=()),
    ),
    _spoilt("a NUL", "has a NUL among the rows", _swap(b"<TD>5.2", b"<TD>\0005.2")),
    _spoilt("a bare &", "has a & that is not an entity", _swap(b"<TD>2CXO", b"<TD>2&CXO")),
    _spoilt("unknown entity", "has an entity that is none", _swap(b"<TD>2CXO", b"<TD>&x;CXO")),
    _spoilt("Latin-1 as UTF-8", "has bytes that are no UTF-8", _swap(b"<TD>2C", b"<TD>\xe92C")),
    _spoilt("an unknown charset", "declares one", _swap(b'"UTF-8"', b'"x-none"')),
)

_SHAPES = (
    Fault(
        "UTF-16",
        "sends the document in UTF-16",
        _body(lambda body: body.replace(b"UTF-8", b"UTF-16").decode().encode("utf-16")),
        TABLE,
        speaks=_BOX,
    ),
    Fault(
        "a byte order mark",
        "begins with one",
        _body(lambda body: b"\xef\xbb\xbf" + body),
        TABLE,
        speaks=_BOX,
    ),
    Fault(
        "Latin-1, declared",
        "declares ISO-8859-1, and is it",
        _body(_swap(b'"UTF-8"', b'"ISO-8859-1"')),
        TABLE,
        speaks=_BOX,
    ),
    Fault(
        "lines of Windows",
        "ends its lines with CR LF",
        _body(lambda body: body.replace(b"\n", b"\r\n")),
        TABLE,
        speaks=_BOX,
    ),
    Fault(
        "CDATA",
        "has cells in CDATA, and a comment with a row",
        _body(
            lambda body: body.replace(b"<TR>", b"<!--<TR><TD>x</TD></TR>--><TR>", 1).replace(
                b"<TD>2CXO J032915.6+311851<", b"<TD><![CDATA[2CXO J032915.6+311851]]><"
            )
        ),
        TABLE,
        speaks=_BOX,
    ),
    _wrong(
        "no such column",
        "lacks a column that was asked for",
        _swap(b'"ra"', b'"alpha"'),
        "no column 'ra'",
    ),
    _wrong(
        "a position in words",
        "has right ascensions as text",
        _swap(b'name="ra" datatype="double"', b'name="ra" datatype="char" arraysize="*"'),
        "not numbers",
    ),
    _wrong(
        "off the sky",
        "has a declination of 95 degrees",
        _swap(b"<TD>31.30412</TD>", b"<TD>95</TD>"),
        "95 degrees",
    ),
    _wrong(
        "no number",
        "has an infinite right ascension",
        _swap(b"<TD>52.303847</TD>", b"<TD>Inf</TD>"),
        "inf degrees",
    ),
    Fault(
        "a name twice",
        "has two columns of one name",
        _table(fields=(*FIELDS, FIELDS[3]), rows=[(*row, row[3]) for row in ROWS]),
        WITH_MORE,
        _NOT_OF_LIMITS,
        speaks=_BOX,
    ),
    _spoilt(
        "a column without a name",
        "has a FIELD without a name",
        lambda _: votable(fields=(*FIELDS, ("", "int", "")), rows=[(*row, "1") for row in ROWS]),
    ),
    Fault(
        "more rows",
        "promises 2 rows and has 3",
        _table(table=' nrows="2"'),
        TABLE,
        _NOT_OF_LIMITS,
        speaks=_BOX,
    ),
    Fault(
        "no rows",
        "finds nothing",
        _table(rows=()),
        TABLE,
        _NOT_OF_LIMITS,
        speaks=_BOX,
        warns=NoResultsWarning,
    ),
    Fault(
        "overflow",
        "says that it cut the answer",
        _table(after='<INFO name="QUERY_STATUS" value="OVERFLOW"/>'),
        TABLE,
        _NOT_OF_LIMITS | {"cone": None},
        speaks=_BOX,
        warns=MaxResultsWarning,
    ),
    Fault(
        "fewer rows",
        "promises 7 rows and has 3",
        _table(table=' nrows="7"'),
        TABLE,
        _NOT_OF_LIMITS | {"cone": None},
        speaks=_BOX,
        warns=MaxResultsWarning,
    ),
    Fault(
        "overflow of a cone",
        "says that the cone search cut the answer; TAP has the whole",
        _table(after='<INFO name="QUERY_STATUS" value="OVERFLOW"/>'),
        TABLE,
        only=("cone",),
    ),
    Fault(
        "3.4E38",
        "writes 3.4E38 for null",
        _body(_swap(b"<TD></TD>", b"<TD>3.4E38</TD>")),
        TABLE,
        only=("sensitivity",),
    ),
    _wrong(
        "no limits",
        "has no column of a limit",
        lambda _: votable(),
        "no column '*flux_sens_*'",
        ("sensitivity",),
    ),
    Fault(
        "MAXREC ignored",
        "sends more rows than MAXREC",
        _table(rows=ROWS + ROWS),
        TABLE,
        only=("maxrec",),
        warns=MaxResultsWarning,
    ),
)

_BOMBS = (
    _spoilt("entity bomb", "has entities of entities", _swap(b"<VOTABLE", _LAUGHS + b"]><VOTABLE")),
    _spoilt(
        "outer entity", "has an entity that is a file", _swap(b"<VOTABLE", _OUTSIDE + b"<VOTABLE")
    ),
    _spoilt(
        "hidden DTD",
        "has a DTD behind something that looks like the root",
        _swap(b"<VOTABLE", b"<?x <VOTABLE> ?>" + _ENTITY + b"]><VOTABLE"),
    ),
    _spoilt(
        "rows elsewhere",
        "keeps its rows in a file of the user",
        lambda body: (
            body[: body.index(b"<TABLEDATA")]
            + b'<BINARY><STREAM href="file:///etc/hostname"/></BINARY></DATA></TABLE></RESOURCE></VOTABLE>'
        ),
        "elsewhere",
    ),
    _spoilt(
        "FITS elsewhere",
        "keeps its rows in FITS on another server",
        lambda body: (
            body[: body.index(b"<TABLEDATA")]
            + b'<FITS><STREAM href="http://127.0.0.1:9/x"/></FITS></DATA></TABLE></RESOURCE></VOTABLE>'
        ),
        "elsewhere",
    ),
    _spoilt(
        "binary, cut",
        "sends binary rows that end early",
        lambda body: (
            body[: body.index(b"<TABLEDATA")]
            + b'<BINARY><STREAM encoding="base64">AAAAFTJDWE8=</STREAM></BINARY></DATA></TABLE>'
            b"</RESOURCE></VOTABLE>"
        ),
    ),
    _spoilt(
        "20,000 levels", "nests elements 20,000 deep", _swap(b"<RESOURCE", _DEEP + b"<RESOURCE")
    ),
    Fault(
        "4 billion rows",
        "promises 4 billion rows and has 3",
        _table(table=' nrows="4294967296"'),
        TABLE,
        _NOT_OF_LIMITS | {"cone": None},
        speaks=_BOX,
        warns=MaxResultsWarning,
    ),
    _spoilt(
        "2 billion numbers a cell",
        "promises 2 billion numbers in each cell",
        _swap(
            b'name="significance" datatype="double"',
            b'name="s" arraysize="2147483647" datatype="double"',
        ),
    ),
)

OF_DOCUMENTS = _PAGES + _REFUSALS + _BROKEN + _SHAPES + _BOMBS
