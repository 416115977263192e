# Licensed under a 3-clause BSD style license - see LICENSE
"""
What stands before the rows: how much of it may be there, and what of it counts.

Every test runs with the fast decoder and with astropy alone. The documents are invented.
"""

from xml.parsers import expat

import pytest

from astroquery_csc.exceptions import TableParseError
from astroquery_csc.votable import reader as votable
from astroquery_csc.votable.header import null_of
from tests.votable.decoding import rows_decoded_fast
from tests.votable.votable_parts import document, row
from tests.votable.votables import Trickle, cells, outcome, read

pytestmark = pytest.mark.usefixtures("each_reader")

INT = '<FIELD name="n" datatype="int"/>'


@pytest.fixture(autouse=True)
def _prompt_parser(monkeypatch):
    """Let expat look at each byte as it comes; 2.6 and later wait for more after half a tag."""
    make = expat.ParserCreate

    def prompt():
        """Make a parser that does not wait."""
        parser = make()
        if hasattr(parser, "SetReparseDeferralEnabled"):
            parser.SetReparseDeferralEnabled(False)
        return parser

    monkeypatch.setattr(expat, "ParserCreate", prompt)


def refused(source):
    """Read a source that has to be refused, and give the message."""
    with pytest.raises(TableParseError) as caught:
        votable.read(source)
    return str(caught.value)


# ---- how much --------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["<!-- " + "x" * 200, " " * 200, "<html>" * 40])
def test_the_root_has_to_come_soon(page, monkeypatch):
    """Where the limit is, reading stops."""
    monkeypatch.setattr("astroquery_csc.votable.header._MAX_PROLOG_BYTES", 5)
    source = Trickle(page)

    message = refused(source)

    assert message.startswith("The answer is not a VOTable; it starts with ")
    assert source.taken <= 6


def test_the_root_may_come_at_the_last_byte(monkeypatch):
    """Where the root ends one byte before the limit, the document is read."""
    text = document(row())
    monkeypatch.setattr("astroquery_csc.votable.header._MAX_PROLOG_BYTES", _root_ends(text) + 1)

    found = cells(votable.read(Trickle(text)).table)

    assert len(found) == 1


def test_a_root_that_comes_too_late_is_none(monkeypatch):
    """At the limit there has to be a root."""
    text = document(row())
    end = _root_ends(text)
    monkeypatch.setattr("astroquery_csc.votable.header._MAX_PROLOG_BYTES", end - 1)
    source = Trickle(text)

    message = refused(source)

    assert message.startswith("The answer is not a VOTable; it starts with ")
    assert source.taken == end - 1


def _root_ends(text):
    """Count the bytes up to the end of the first tag."""
    return text.index(b">", text.index(b"<VOTABLE")) + 1


def test_the_rows_have_to_begin_soon(monkeypatch):
    """The header is read to the limit, and not further than a piece beyond."""
    text = document(row())
    start = text.index(b"<TABLEDATA>") + len(b"<TABLEDATA>")
    monkeypatch.setattr("astroquery_csc.votable.header._MAX_BYTES", start - 2)

    assert refused(Trickle(text)) == (
        f"The answer is not a complete VOTable: no rows so far ({start - 1} bytes read). Ask again."
    )


def test_the_rows_may_begin_at_the_last_byte(monkeypatch):
    """A header that ends where the limit is, is read."""
    text = document(row())
    start = text.index(b"<TABLEDATA>") + len(b"<TABLEDATA>")
    monkeypatch.setattr("astroquery_csc.votable.header._MAX_BYTES", start - 1)

    found = cells(votable.read(Trickle(text)).table)

    assert len(found) == 1


def test_as_many_columns_as_are_let_pass_are_read(monkeypatch):
    """The last one counts, and one more is refused."""
    monkeypatch.setattr("astroquery_csc.votable.header.MAX_FIELDS", 3)

    found = read(document("", fields=INT * 3)).table
    message = str(outcome(document("", fields=INT * 4)))

    assert found.colnames == ["n", "n2", "n3"]
    assert message == (
        "The answer is not a complete VOTable: it has more than 3 columns; "
        "no table of the catalogue has so many. Ask again."
    )


# ---- what of it counts -----------------------------------------------------------------------


def test_a_page_is_shown_by_its_first_words():
    """The first 200 bytes are looked at, on one line, and 120 characters of them shown."""
    page = "<html>\n" + "é" * 300

    message = str(outcome(page))

    assert message == f"The answer is not a VOTable; it starts with {'<html> ' + 'é' * 96 + '�'!r}."


def test_a_page_of_letters_is_shown_to_its_120th():
    """A long page does not become a long message."""
    assert str(outcome("x" * 300)).endswith(f" it starts with {'x' * 120!r}.")


def test_the_document_type_of_another_language_is_no_votable():
    """A page of HTML is shown as what it is; a DTD of VOTables is refused, whatever its prefix."""
    page = str(outcome("<!DOCTYPE html><html/>"))
    table = str(outcome('<!DOCTYPE v:VOTABLE []><v:VOTABLE xmlns:v="x"/>'))

    assert page == "The answer is not a VOTable; it starts with '<!DOCTYPE html><html/>'."
    assert table == "The answer declares a document type (DTD), which is refused."


@pytest.mark.parametrize("encoding", ["UTF-8", "utf-8", "utf8", "US-ASCII", "ascii"])
def test_usual_encodings_need_no_astropy(encoding):
    """In whatever case they are written."""
    assert rows_decoded_fast(document(row() * 2, encoding=encoding)) == 2


def test_a_declaration_without_an_encoding_needs_no_astropy():
    """It is UTF-8 then."""
    text = document(row() * 2).replace(b' encoding="UTF-8"', b"")

    assert rows_decoded_fast(text) == 2


def test_blanks_around_a_version_do_not_count():
    """The version is the version."""
    assert rows_decoded_fast(document(row() * 2, version=" 1.2 ")) == 2


@pytest.mark.parametrize(
    "stranger",
    [
        '<PARAM name="p" datatype="int" value="1"><VALUES null="5"/></PARAM>',
        '<GROUP><PARAM name="p" datatype="int" value="1"><VALUES null="5"/></PARAM></GROUP>',
    ],
)
def test_the_null_of_a_param_is_none_of_a_column(stranger):
    """VALUES belong to what they stand in."""
    found = read(document("<TR><TD>5</TD></TR>", fields=INT + stranger)).table

    assert cells(found) == [[5]]


@pytest.mark.parametrize(
    ("datatype", "text", "null"),
    [
        ("short", "-32768", -32768),
        ("short", "32767", 32767),
        ("short", "-32769", None),
        ("short", "32768", None),
        ("unsignedByte", "0", 0),
        ("unsignedByte", "255", 255),
        ("unsignedByte", "-1", None),
        ("unsignedByte", "256", None),
        ("double", "-9.5", -9.5),
        ("double", "NaN", None),
        ("double", "none", None),
        ("float", "1e400", float("inf")),
        ("int", None, None),
        ("char", "-", None),
    ],
)
def test_a_null_is_one_that_a_cell_can_have(datatype, text, null):
    """Within the range of the datatype, and no word."""
    assert null_of(datatype, text) == null


@pytest.mark.parametrize("text", ["x", "0x10", "1.0", ""])
def test_the_null_of_an_integer_has_to_be_one(text):
    """Of decimal digits, as in the cells."""
    with pytest.raises(ValueError, match="invalid literal"):
        null_of("int", text)
