# Licensed under a 3-clause BSD style license - see LICENSE
"""
The log says why an answer is not read fast: who wonders at a slow answer can find out.

The documents are invented; all of them are read with pyarrow.
"""

import logging

import pytest

from tests.votable.votable_parts import column, document, row
from tests.votable.votables import outcome

#: A document, and why it is left to astropy whole.
LEFT = {
    "no table": (b'<VOTABLE version="1.3"/>', "no TABLEDATA"),
    "a table without data": (
        document("").replace(b"<DATA><TABLEDATA></TABLEDATA></DATA>", b""),
        "no TABLEDATA",
    ),
    "an attribute": (
        document(row()).replace(b"<TABLEDATA>", b'<TABLEDATA ID="x">'),
        "an odd TABLEDATA tag",
    ),
    "an encoding": (document(row(), encoding="ISO-8859-1"), "encoding ISO-8859-1"),
    "a version": (document(row(), version="2.0"), "not one table of a known version"),
    "no columns": (document("", fields=""), "not one table of a known version"),
    "a second table": (
        document(row()).replace(b"<TABLE ", b"<TABLE/><TABLE "),
        "not one table of a known version",
    ),
    "a reference of a table": (
        document(row()).replace(b"<TABLE ", b'<TABLE ref="x" '),
        "a TABLE that refers to another",
    ),
    "a reference of a null": (
        column("int", ["1"], '<VALUES ref="x"/>'),
        "a VALUES that refers to another",
    ),
    "an array": (column("int", ["1 2"], arraysize="2"), "it is int[2]"),
    "an array of strings": (
        column("char", ["abcd"], arraysize="2x2"),
        "it is an array of strings",
    ),
    "a datatype": (column("bit", ["1"]), "it is bit[None]"),
    "a boolean array": (column("boolean", ["1 1"], arraysize="2"), "it is boolean[2]"),
    "a column without a name": (
        document(row(["1 2"]), fields='<FIELD ID="x" datatype="bit"/>'),
        "x is bit[None]",
    ),
    "a null of floats": (
        column("float", ["1"], '<VALUES null="9"/>'),
        "it is float with VALUES null='9'",
    ),
    "a null of booleans": (
        column("boolean", ["T"], '<VALUES null="F"/>'),
        "it is boolean with VALUES null='F'",
    ),
    "an odd null": (column("int", ["1"], '<VALUES null="x"/>'), "it has VALUES null='x'"),
}
#: Rows that come after a good one, and why astropy reads on from there.
STOPPED = {
    "a comment": ("<!-- -->" + row(), "something else than rows of cells"),
    "a word": ("word" + row(), "something else than rows of cells"),
    "a word as a number": (row(ra="1_0"), "ra holds something else than numbers"),
    "a word as an integer": (row(index="0x1F"), "index holds something else than numbers"),
    "a payload": (row(ra="nan(7)"), "a NaN with a payload"),
    "a word as a boolean": (row(flag="tRuE x"), "flag holds something else than booleans"),
    "a letter as a boolean": (row(flag="x"), "flag holds something else than booleans"),
    "an entity": (
        row(name="&nbsp;"),
        "name holds characters or entities that XML does not know",
    ),
    "a reference": (row(name="&#233;"), "name holds the character reference #233"),
    "the end of CDATA": (row(name="a]]>b"), "]]> in a cell"),
    "NUL": (row(name="a\0b"), "NUL in a cell"),
    "a long cell": (row(name="x" * (1 << 20) + "x"), "a cell that is too long"),
    "strings of very different lengths": (
        row() * 2_000 + row(name="x" * 9_000),
        "name holds strings of very different lengths",
    ),
}


def said(text, caplog):
    """Read a document, or have it refused, and give what is logged of it."""
    with caplog.at_level(logging.DEBUG, logger="astroquery"):
        outcome(text)
    return [message for message in caplog.messages if "left to astropy" in message]


@pytest.mark.parametrize("name", LEFT)
def test_a_document_that_is_not_plain_is_left_to_astropy_for_a_reason(name, caplog):
    """The first thing about the header that is odd is named."""
    text, reason = LEFT[name]

    assert said(text, caplog) == [f"The VOTable is left to astropy: {reason}"]


@pytest.mark.parametrize("name", STOPPED)
def test_rows_that_are_not_plain_are_left_to_astropy_for_a_reason(name, caplog, monkeypatch):
    """The first row of the piece that is left is named, and what is odd about it."""
    rows, reason = STOPPED[name]
    monkeypatch.setattr("astroquery_csc.votable.cells._MAX_STRING_BYTES", 1 << 20)

    found = said(document(row() + rows), caplog)

    assert found == [f"From row 1 on the VOTable is left to astropy: {reason}"]


@pytest.mark.parametrize("text", [document(row() * 3), document("")])
def test_nothing_is_said_of_a_document_that_is_read_fast(text, caplog):
    """Plain rows, or none, need no astropy."""
    assert said(text, caplog) == []
