# Licensed under a 3-clause BSD style license - see LICENSE
"""Headers that are sloppy but lose nothing are read; floods and traps are refused. Invented."""

import pytest
from astropy.table import Table
from astropy.utils.exceptions import AstropyUserWarning

from astroquery_csc.catalogue.units import read_unit
from astroquery_csc.cli.terminal import render
from astroquery_csc.exceptions import TableParseError, clean
from tests.votable.votables import document, field, read, refused, rows, wrapped

pytestmark = pytest.mark.usefixtures("each_reader")

TABLE = document(field("x", "double", 'unit="deg"'), ["1.5"])
OUTSIDE = '<!DOCTYPE VOTABLE SYSTEM "http://127.0.0.1:9/VOTable.dtd">'
PUBLIC = '<!DOCTYPE VOTABLE PUBLIC "-//x//y" "http://127.0.0.1:9/VOTable.dtd">'


@pytest.mark.parametrize("doctype", [OUTSIDE, PUBLIC, "<!DOCTYPE VOTABLE>"])
def test_a_document_type_without_declarations_is_passed_over(doctype):
    """The table is read, and the file that the document type names is not fetched."""
    assert rows(TABLE.replace("<VOTABLE", doctype + "<VOTABLE", 1)) == [[1.5]]


@pytest.mark.parametrize("cell", ["a&b;c", "&b;"])
def test_a_document_type_lets_no_unknown_entity_pass(cell):
    """An entity that nobody declared is an error, and not an empty text."""
    text = document(field("x", "char", 'arraysize="*"'), [cell])

    assert "not a complete VOTable" in refused(text.replace("<VOTABLE", OUTSIDE + "<VOTABLE", 1))


@pytest.mark.parametrize("subset", ["[]", '[<!ENTITY a "x">]'])
def test_a_document_type_with_an_internal_subset_is_refused(subset):
    """Whatever is declared in it."""
    text = TABLE.replace("<VOTABLE", OUTSIDE.replace(">", f" {subset}>") + "<VOTABLE", 1)

    assert "document type (DTD), which is refused" in refused(text)


@pytest.mark.parametrize("before", ["\n", " \r\n\t", "\ufeff", "\ufeff\n"])
def test_blanks_may_stand_before_the_declaration(before):
    """They are dropped."""
    assert rows(before + TABLE) == [[1.5]]


@pytest.mark.parametrize("attributes", ['precision=""', 'width=""', 'precision=" " width=""'])
def test_an_empty_precision_or_width_says_nothing(attributes):
    """The column is read as if it were not there."""
    assert rows(document(field("x", "double", attributes), ["1.5"])) == [[1.5]]


def test_rows_without_fields_are_refused():
    """They are not an empty table."""
    assert "no FIELD says what is in them" in refused(document("", ["1.5"]))


@pytest.mark.parametrize("element", ["<RESOURCE/>", '<INFO name="a" value="b"/>', "<GROUP/>"])
def test_a_flood_of_elements_is_refused(element):
    """Before the memory is full."""
    assert "more than 20,000 elements" in refused(wrapped(element * 20_001))


@pytest.mark.parametrize(
    ("element", "number", "words"),
    [
        ('<PARAM name="a" datatype="int" value="1"/>', 20_001, "more than 20,000 elements"),
        ("<RESOURCE/>", 20_001, "more than 20,000 elements"),
        ("<LINK/>", 20_001, "more than 20,000 elements"),
        ("<COOSYS/>", 101, "more than 100 coordinate systems"),
        ("<GROUP>", 5_000, "recursion depth"),
    ],
)
@pytest.mark.parametrize("place", ["<TABLE ", pytest.param("</RESOURCE>", marks=pytest.mark.slow)])
def test_a_flood_is_refused_wherever_it_is(element, number, words, place):
    """Before the rows, or behind them."""
    assert words in refused(TABLE.replace(place, element * number + place, 1))


@pytest.mark.parametrize("name", ["", " ", "\t"])
def test_a_column_without_a_name_is_refused(name):
    """Nobody could ask for it."""
    assert "FIELD 1 has no name" in refused(document(field(name, "double"), ["1"]))


@pytest.mark.parametrize("name", ["a\0b", "a&#0;b"])
def test_a_zero_byte_in_a_name_is_refused(name):
    """XML has none."""
    assert "not a complete VOTable" in refused(document(field(name, "double"), ["1"]))


def test_equal_names_are_told_apart():
    """Also where the name that is made is there already."""
    text = document("".join(field(name, "int") for name in ("a", "a", "a2", "a")), [*"1234"])

    assert read(text).table.colnames == ["a", "a3", "a2", "a4"]
    assert rows(text) == [[1, 2, 3, 4]]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("declaration", ['<?xml version="1.0" encoding="UTF-16"?>', ""])
def test_utf_16_is_read(encoding, declaration):
    """With a mark at its beginning or without, declared or not."""
    text = document(field("x", "char", 'arraysize="*"'), ["é…"], prolog=declaration)

    assert rows(text.encode(encoding)) == [["é…"]]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-32"])
def test_other_encodings_are_refused(encoding):
    """No VOTable of an archive has one."""
    text = document(field("x", "char", 'arraysize="*"'), ["é"], prolog="")

    assert "VOTable" in refused(text.encode(encoding))


@pytest.mark.parametrize(
    "unit", ["10**999999999", "10+9999999m", "((10**999)**999)**999", "m" * 1_000_000]
)
def test_a_unit_that_would_hang_is_left_out(unit):
    """The column is read without a unit."""
    assert read(TABLE.replace("deg", unit)).table["x"].unit is None


def test_a_unit_of_the_catalogue_is_kept():
    """Powers of ten as the catalogue writes them are below the limit."""
    assert read_unit("10**-17 erg/s/cm**2") is not None


def test_the_name_of_a_column_holds_no_bidi_mark():
    """It could turn the text around it."""
    text = document(field("a\u202eb", "double"), ["1.5"])

    assert read(text).table.colnames == ["a\ufffdb"]


def test_an_error_holds_no_control_character_and_no_password():
    """Neither its message nor its address does."""
    error = TableParseError(
        "a\x1b[31m\u202e", url="https://me:secret@127.0.0.1/tap", adql="SELECT \x1b[2J\n1"
    )

    assert str(error) == "a\ufffd[31m\ufffd"
    assert error.url == "https://me:***@127.0.0.1/tap"
    assert error.adql == "SELECT \ufffd[2J\n1"


def test_lines_and_plain_addresses_are_left_as_they_are():
    """There is nothing to hide in them."""
    assert clean("a\nb https://127.0.0.1:80/x?a=b:c@d") == "a\nb https://127.0.0.1:80/x?a=b:c@d"


@pytest.mark.parametrize("datatype", ["double", "float", "int", "long", "short", "unsignedByte"])
@pytest.mark.parametrize("word", ["null", "NULL", "--", "-", "N/A", " none "])
def test_a_word_for_no_value_in_a_numeric_cell_is_masked(datatype, word):
    """One warning counts them; other rows keep their values."""
    text = document(field("x", datatype), ["1"], [word], ["3"])

    with pytest.warns(AstropyUserWarning, match=r"word such as 'null' are masked: x \(1\)\.$"):
        found = rows(text)

    assert found == [[1], [None], [3]]


def test_words_in_several_columns_are_one_warning():
    """It names each column."""
    text = document(field("x", "double") + field("y", "int"), ["null", "1"], ["null", "--"])

    with pytest.warns(AstropyUserWarning, match=r"x \(2\), y \(1\)") as caught:
        found = rows(text)

    assert (found, len(caught)) == ([[None, 1], [None, None]], 1)


def test_one_word_in_twenty_rows_is_masked():
    """A twentieth of a column may be such words."""
    text = document(field("x", "double"), *[["1"]] * 19, ["null"])

    with pytest.warns(AstropyUserWarning, match="masked"):
        assert rows(text)[-1] == [None]


def test_a_column_with_more_words_than_that_is_refused():
    """Such a column may not be numeric at all."""
    text = document(field("x", "double"), *[["1"]] * 18, ["null"], ["null"])

    assert "2 of 20 cells of the numeric column 'x'" in refused(text)


def test_the_table_of_the_results_is_read_and_not_the_first():
    """A TABLE in a RESOURCE of another type is passed over."""
    other = f'<RESOURCE type="meta"><TABLE>{field("a", "int")}<DATA><TABLEDATA><TR><TD>1</TD></TR>'
    other += "</TABLEDATA></DATA></TABLE></RESOURCE>"
    text = TABLE.replace("<RESOURCE", other + "<RESOURCE", 1)

    assert read(text).table.colnames == ["x"]
    assert rows(text) == [[1.5]]


def test_of_several_tables_of_results_the_first_of_the_document_is_read():
    """Also where it stands in a RESOURCE inside."""
    inner = f"<RESOURCE><TABLE>{field('a', 'int')}<DATA><TABLEDATA><TR><TD>1</TD></TR>"
    inner += "</TABLEDATA></DATA></TABLE></RESOURCE>"
    text = TABLE.replace("<TABLE ", inner + "<TABLE ", 1)

    assert read(text).table.colnames == ["a"]
    assert rows(text) == [[1]]


def test_a_total_above_the_rows_that_came_marks_a_cut_answer():
    """``nrows`` may be the number of rows in the database."""
    found = read(TABLE.replace("<TABLE ", '<TABLE nrows="407806" ', 1))

    assert (found.overflow, len(found.table)) == (True, 1)


def test_a_coosys_may_have_no_id():
    """Nothing refers to it."""
    text = TABLE.replace("<TABLE ", '<COOSYS system="ICRS" equinox="J2000"/><TABLE ', 1)

    assert rows(text) == [[1.5]]


@pytest.mark.parametrize("size", ["3x2", "3x*", "2x3*"])
def test_strings_of_two_dimensions_are_read(size):
    """Each cell is one string, as it came."""
    text = document(field("x", "char", f'arraysize="{size}"'), ["abcdef"])

    assert rows(text) == [["abcdef"]]


@pytest.mark.parametrize("size", ["4000000000", "4000000000*", "2147483647x2"])
def test_no_memory_is_reserved_for_the_length_that_a_string_claims(size):
    """It is read as it came."""
    assert rows(document(field("x", "char", f'arraysize="{size}"'), ["abc"])) == [["abc"]]


def test_binary_rows_without_fields_are_refused():
    """They are not an empty table."""
    stream = '<BINARY><STREAM encoding="base64">AAAAAQ==</STREAM></BINARY>'

    assert "within a row" in refused(
        wrapped(f"<RESOURCE><TABLE><DATA>{stream}</DATA></TABLE></RESOURCE>", "1.3")
    )


def test_the_terminal_shows_no_control_characters_of_a_cell():
    """They are replaced, so that it does not obey them."""
    lines, _ = render(Table({"x": ["a\x1b[2Jb\u202e"]}))

    assert lines[-1] == "a\ufffd[2Jb\ufffd"
