# Licensed under a 3-clause BSD style license - see LICENSE
"""
Damaged, hostile and foreign documents are errors of ours, never a shorter table.

Every test runs with the fast decoder and with astropy alone. The documents are invented.
"""

import io
import re

import pytest
from astropy.io.votable import from_table
from astropy.table import Table
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from astroquery_csc.exceptions import CscError, TableParseError
from astroquery_csc.votable import reader as votable
from tests.support.examples import examples, one_in
from tests.votable.votables import (
    DECLARATION,
    STATUS,
    Trickle,
    as_bytes,
    document,
    field,
    outcome,
    read,
    refused,
    rows,
    text_field,
    wrapped,
)

pytestmark = pytest.mark.usefixtures("each_reader")

TWO = field("x", "double") + field("y", "int")
ROWS = [("1.5", "1"), ("", ""), ("3.5", "3")]
GOOD = document(TWO + text_field(), *((*row, "a &amp; b") for row in ROWS), after="\n")
PLAIN = document(TWO, *ROWS, before=STATUS.format("OK", ""))


def binary(form):
    """Write a small table in a binary form, with astropy."""
    out = io.BytesIO()
    table = Table({"name": ["a", "bc"], "x": [1.5, 2.5], "n": [1, 2]})
    from_table(table).to_xml(out, tabledata_format=form)
    return out.getvalue()


DOCUMENTS = {
    "plain rows": PLAIN.encode(),
    "rows with entities": GOOD.encode(),
    "BINARY": binary("binary"),
    "BINARY2": binary("binary2"),
}


# ---- cut short -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", one_in(3, zip(DOCUMENTS)))
def test_every_truncation_raises(kind):
    """Wherever a document ends early, there is no table; whole, it has one."""
    text = DOCUMENTS[kind].rstrip()

    found = {type(outcome(text[:length])) for length in range(len(text))}

    assert found == {TableParseError}
    assert isinstance(outcome(text), list)


def test_a_truncation_says_how_much_came_and_what_to_do():
    """The message has the number of bytes and the way on."""
    text = PLAIN[:-20]

    message = refused(text)

    assert f"({len(as_bytes(text))} bytes read). Ask again." in message


def test_a_source_that_ends_early_raises_whatever_its_pieces():
    """One byte at a time, the end is still an end."""
    with pytest.raises(TableParseError):
        votable.read(Trickle(PLAIN[:-1]))


def test_an_error_of_the_source_is_not_taken_for_an_end():
    """What the network raises passes through as it is."""

    class Broken(Trickle):
        """A source whose connection breaks."""

        def read(self, size=-1, /):
            """Give a byte, and break at the end."""
            piece = super().read(size)
            if not piece:
                raise ConnectionResetError("broken")
            return piece

    with pytest.raises(ConnectionResetError, match="broken"):
        votable.read(Broken(PLAIN[:-30]))


@pytest.mark.parametrize("tail", ["junk", "<VOTABLE/>", PLAIN, "</VOTABLE>", "&amp;"])
def test_something_after_the_end_raises(tail):
    """Two documents in one, or words after it, are no document."""
    assert "The answer is not a complete VOTable" in refused(PLAIN + tail)


# ---- damaged rows ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        [("1",)],
        [("1", "2", "3")],
        [("1", "2"), ("3",), ("4", "5")],
        [("1", "2"), ("3", "4", "5"), ("6", "7")],
        [("1", "2"), ("3", "4", ""), ("5", "6")],
        [("1", "2"), (), ("5", "6")],
        [("1", "2", "3"), ("4",)],
        [("1",), ("2", "3", "4")],
    ],
)
def test_too_few_or_too_many_cells_raise(rows):
    """Each row has a cell a column, also where a long one would make up for a short one."""
    message = refused(document(TWO, *rows))

    assert re.search(r"Data has (fewer|more) columns .*than are defined in the header", message)


@pytest.mark.parametrize(
    ("datatype", "cell"),
    [
        *(("double", word) for word in ("abc", "1,5", "1d5", "0x1p3", "1.5.2", "1 2")),
        *(("float", word) for word in ("abc", "---", "N/A/")),
        *(("int", word) for word in ("abc", "1.5", "1e3", "1 2", "0x", "T")),
        *(("short", word) for word in ("x", "1.0")),
        *(("boolean", word) for word in ("maybe", "yes", "2", "null", "TF", "-1")),
    ],
)
def test_a_word_where_a_value_should_be_raises(datatype, cell):
    """It is not read as null or as something near: the answer is damaged."""
    message = refused(document(field("x", datatype), ["1"], [cell], ["0"]))

    assert message.endswith("sk again.")


@pytest.mark.parametrize(
    ("datatype", "cell"),
    [
        ("int", "2147483648"),
        ("int", "-2147483649"),
        ("int", "99999999999999999999999"),
        ("short", "40000"),
        ("unsignedByte", "256"),
        ("unsignedByte", "-1"),
        ("long", "9223372036854775808"),
    ],
)
def test_an_integer_out_of_range_raises(datatype, cell):
    """It is not cut to the largest one there is."""
    message = refused(document(field("x", datatype), ["1"], [cell]))

    assert message.startswith(f"Row 2, column 'x': {cell!r} is out of the range of its datatype")


@pytest.mark.parametrize("size", ['arraysize="3"', 'arraysize="3*"', ""])
def test_a_text_that_is_longer_than_its_column_is_read_whole(size):
    """A name is not cut to the length that the header gives."""
    assert rows(document(field("x", "char", size), ["abcd"])) == [["abcd"]]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("<TD>1.5</TD>", "<TD>1.5"),
        PLAIN.replace("<TR>", "<TR", 1),
        PLAIN.replace("</TR>", "", 1),
        PLAIN.replace("</TD>", "</TB>", 1),
        PLAIN.replace("1.5", "1&.5"),
        PLAIN.replace("1.5", "&nosuch;"),
        PLAIN.replace("1.5", "1]]>5"),
        PLAIN.replace("1.5", "1\x015"),
        PLAIN.replace('name="x"', 'name="x" name="z"'),
        PLAIN.replace('name="x"', "name=x"),
        PLAIN.replace("</TABLE>", ""),
    ],
)
def test_what_is_not_well_formed_raises(text):
    """Broken tags, entities and characters are no VOTable."""
    assert "The answer is not a complete VOTable" in refused(text)


@pytest.mark.parametrize(
    "fields",
    [
        '<FIELD datatype="double"/>',
        '<FIELD name="" datatype="double"/>',
        field("x", "double", 'arraysize="-3"'),
        field("x", "int", 'arraysize="0"'),
        field("x", "double", 'arraysize="99999999999"'),
    ],
)
def test_a_header_that_makes_no_sense_raises(fields):
    """A column without a name, or of an impossible size, is an error of ours."""
    assert "The answer is not a complete VOTable" in refused(document(fields, ["1"], ["2"]))


def test_bytes_that_are_no_text_raise():
    """Latin 1 that claims to be UTF-8 is damaged."""
    text = document(text_field(), ["\u00e9t\u00e9"])

    assert "The answer is not a complete VOTable" in refused(text.encode("latin-1"))


# ---- no VOTable ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("<html><body>Sorry,\n down</body></html>", "<html><body>Sorry, down</body></html>"),
        ("{}", "{}"),
        ("# name\tra\nname\tra\n", "# name ra name ra"),
        ("Error executing query: no\n", "Error executing query: no"),
        ("  \n", ""),
        ("<?xml version='1.0'?><TABLE/>", "<?xml version='1.0'?><TABLE/>"),
        ("words before <VOTABLE/>", "words before <VOTABLE/>"),
        ("<!-- never closed <VOTABLE/>", "<!-- never closed <VOTABLE/>"),
        ("<VOTABLE", "<VOTABLE"),
        (b"\xff\xfe\x00\x01", "\ufffd\ufffd\x00\x01"),
    ],
)
def test_what_is_no_votable_is_shown(text, start):
    """The message has the beginning of what came instead."""
    assert refused(text) == f"The answer is not a VOTable; it starts with {start!r}."


def test_a_long_page_is_shown_in_part():
    """A megabyte of a page does not become a message of a megabyte."""
    assert len(refused("<html>" + "words " * 200_000)) < 250


def test_nothing_is_said_to_be_nothing():
    """An empty answer has a message of its own."""
    assert refused("") == "The answer is empty; a VOTable was expected."


def test_another_encoding_is_handed_over():
    """UTF-16 is read by astropy, and a document type is seen in it too."""
    text = PLAIN.replace("UTF-8", "UTF-16")
    bomb = text.replace("<VOTABLE", "<!DOCTYPE VOTABLE><VOTABLE", 1)

    assert outcome(text.encode("utf-16")) == outcome(PLAIN)
    assert "document type (DTD), which is refused" in refused(bomb.encode("utf-16"))


# ---- hostile ---------------------------------------------------------------------------------


BOMB = '<!DOCTYPE VOTABLE [<!ENTITY a "boom"><!ENTITY b "&a;&a;&a;">]>'
FILE = '<!DOCTYPE VOTABLE [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    "prolog",
    [
        BOMB,
        FILE,
        DECLARATION + BOMB,
        "<!-- a --><!-- b -->" + BOMB,
        "<!---->" + BOMB,
        "<!-- <VOTABLE> -->" + BOMB,
        "<?pi <VOTABLE> ?>" + BOMB,
        "<?pi <!-- ?>" + BOMB + "<!-- -->",
        '<!DOCTYPE VOTABLE [<!ENTITY c "<VOTABLE>"> <!ENTITY a "x">]>',
        "\n \t" + BOMB,
        "\ufeff" + BOMB,
    ],
)
def test_a_document_type_is_refused_wherever_it_hides(prolog):
    """No entity of the document's own is ever expanded: comments and instructions hide no DTD."""
    message = refused(document(text_field(), ["&a;"], prolog=prolog))

    assert message == "The answer declares a document type (DTD), which is refused."


@pytest.mark.parametrize("page", ["<html>", "<!-- ", " ", "<VOTABLE ", "<!-- --> "])
def test_what_never_begins_is_not_read_to_its_end(page):
    """The root has to come within the first bytes: of a page without end only those are read."""
    source = Trickle(page * 100_000, [10_000] * 100)

    with pytest.raises(TableParseError, match="is not a VOTable"):
        votable.read(source)

    assert source.taken < 100_000


@pytest.mark.parametrize("form", ["BINARY", "BINARY2", "FITS"])
@pytest.mark.parametrize("address", ["file://{}", "http://127.0.0.1:9/x", "ftp://127.0.0.1/x"])
def test_data_elsewhere_are_refused(form, address, tmp_path):
    """A document cannot make the reader open a file or an address."""
    path = tmp_path / "secret"
    path.write_bytes(b"\0" * 64)
    link = address.format(path)

    message = refused(
        wrapped(
            f'<RESOURCE><TABLE>{TWO}<DATA><{form}><STREAM href="{link}"/></{form}></DATA>'
            "</TABLE></RESOURCE>"
        )
    )

    assert f"its data are elsewhere, at {link!r}, which is refused" in message


def test_depth_without_end_is_refused():
    """Resources nested by the thousand are an error of ours, not a RecursionError."""
    assert "not a complete VOTable" in refused(wrapped("<RESOURCE>" * 3000 + "</RESOURCE>" * 3000))


@given(st.sampled_from(sorted(DOCUMENTS)), st.data())
@examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_damaged_raises_nothing_but_our_errors(kind, data):
    """Bytes that are changed, lost or repeated give a table or an error of this package."""
    text = bytearray(DOCUMENTS[kind])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text) - 1))
        width = data.draw(st.integers(0, 12))
        text[place : place + width] = data.draw(
            st.one_of(st.binary(max_size=3), st.sampled_from([b"<", b">", b"&", b"/TR>", b'"']))
        )

    assert attempt(bytes(text)) is not None


def attempt(text):
    """Read a document; give it, or our error."""
    try:
        return read(text)
    except CscError as error:
        return error
