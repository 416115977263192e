# Licensed under a 3-clause BSD style license - see LICENSE
"""How the test service writes tables: VOTable, text and CSV, with every switch."""

import io
import math
import re

import numpy as np
import pytest
import requests
from astropy import units as u
from astropy.io import votable as astropy_votable
from astropy.table import MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from astroquery_csc.testing import Dialect, csc_server
from astroquery_csc.testing.tap.ivoa import Field
from astroquery_csc.testing.write.cells import CHUNK_ROWS, java_double
from astroquery_csc.testing.write.describe import describe_table, spell_unit
from astroquery_csc.testing.write.text import write_csv, write_text
from astroquery_csc.testing.write.votable import write_error, write_votable
from tests.support.loopback import NAMES, read, sync, table_of, words_of


@pytest.fixture(scope="module")
def http():
    """Give a session that is closed at the end."""
    with requests.Session() as session:
        yield session


@pytest.fixture
def rows():
    """Make an invented table with a null in every datatype."""
    mask = [False, True]
    return Table(
        {
            "name": MaskedColumn(["2CXO J1", ""], mask=mask),
            "ra": MaskedColumn([0.0009007, 0.0], mask=mask),
            "var_inter_index_b": MaskedColumn(np.array([7, 0], dtype="i4"), mask=mask),
            "extent_flag": MaskedColumn([True, False], mask=mask),
            "match_type": MaskedColumn(["u", ""], mask=mask),
        }
    )


def write(table, **switches):
    """Write a table in a dialect."""
    dialect = Dialect(**switches)
    fields = describe_table(table, dialect, release="2.1")
    return b"".join(write_votable(table, fields, dialect)).decode()


def body(text):
    """Take the rows out of a document."""
    return re.findall(r"<TR>(.*)</TR>", text)


def cells(text):
    """Take the cells of each row out of a document."""
    return [re.findall(r"<TD>(.*?)</TD>", row) for row in body(text)]


# ---- doubles ---------------------------------------------------------------------------------


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_read_back_to_the_same_bits(value):
    """What is printed of a double reads back to the same double, the sign of zero too."""
    again = float(java_double(value))

    assert again == value
    assert math.copysign(1, again) == math.copysign(1, value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_have_javas_form(value):
    """A double has a digit on both sides of its point, and E only outside 0.001 to 10,000,000."""
    text = java_double(value)

    assert re.fullmatch(r"-?\d+\.\d+(E-?[1-9]\d*)?", text)
    assert ("E" in text) == (value != 0 and not 1e-3 <= abs(value) < 1e7)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9.007e-4, "9.007E-4"),
        (-2.779850359713e-16, "-2.779850359713E-16"),
        (1e-5, "1.0E-5"),
        (12345678.9, "1.23456789E7"),
        (1e22, "1.0E22"),
        (0.0, "0.0"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
    ],
)
def test_doubles_look_as_java_prints_them(value, text):
    """Small and large doubles have an exponent without a plus or zeros before it."""
    assert java_double(value) == text


def test_a_column_is_printed_as_single_values_are():
    """Whole columns take another way to the same texts."""
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.uniform(-1, 1, 500) * 10.0 ** rng.integers(-20, 20, 500), [0.0]])

    written = cells(write(Table({"x": values})))

    assert [cell for (cell,) in written] == [java_double(value) for value in values]


# ---- VOTable ---------------------------------------------------------------------------------


def test_the_default_document_has_the_archives_shape(rows):
    """Version, namespace, INFO, TABLE name, FIELD attributes and cells are the archive's."""
    text = write(rows)

    assert 'VOTABLE version="1.2"' in text
    assert 'xmlns="http://www.ivoa.net/xml/VOTable/v1.2"' in text
    assert '<INFO name="QUERY_STATUS" value="OK"/>\n<TABLE name="results">' in text
    assert '<FIELD ID="col1" datatype="double" name="ra" ucd="pos.eq.ra;meta.main">' in text
    assert '<VALUES null="-2147483648"/>' in text
    assert cells(text) == [["2CXO J1", "9.007E-4", "7", "T", "u   "], ["", "", "", "", ""]]


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"booleans": "true/false"},
        {"booleans": "1/0"},
        {"null_ints": "values"},
        {"string_padding": "all"},
        {"namespace_prefix": "vot"},
        {"field_ids": False},
        {"precision": False},
        {"resource_type": False},
        {"votable_version": "1.1"},
        {"votable_version": "1.3"},
        {"votable_version": "1.4"},
        {"unit_spelling": "vounit", "ra_dec_units": True},
    ],
    ids=str,
)
def test_each_form_of_votable_reads_back_the_same(rows, switches):
    """Whatever the switches, the values and the nulls are the same."""
    table = read(write(rows, **switches).encode()).table

    names = np.ma.asarray(table["name"]).filled("").astype(str)
    assert np.char.strip(names).tolist() == ["2CXO J1", ""]
    assert table["ra"].tolist() == [0.0009007, None]
    assert table["var_inter_index_b"].tolist() == [7, None]
    assert table["extent_flag"].tolist() == [True, None]


@pytest.mark.parametrize(
    ("switch", "mark"),
    [
        ({"votable_version": "1.4"}, 'version="1.4" xmlns:xsi='),
        ({"votable_version": "1.4"}, "VOTable/v1.3"),
        ({"namespace_prefix": "vot"}, 'xmlns:vot="http://www.ivoa.net/xml/VOTable/v1.2"'),
        ({"resource_type": False}, "<RESOURCE>"),
        ({"field_ids": False}, '<FIELD arraysize="*" datatype="char" name="name"'),
        ({"precision": True}, 'name="flux_aper_b" precision="E4"'),
        ({"precision": False}, 'name="flux_aper_b" unit='),
        ({"ra_dec_units": True}, 'ucd="pos.eq.ra;meta.main" unit="deg"'),
        ({"ra_dec_units": False}, 'ucd="pos.eq.ra;meta.main">'),
        ({"unit_spelling": "cda"}, 'unit="erg/s/cm**2"'),
        ({"unit_spelling": "vounit"}, 'unit="erg.s**-1.cm**-2"'),
        ({"unit_spelling": "none"}, 'name="flux_aper_b" precision="F4">'),
        ({"booleans": "true/false"}, "<TD>true</TD>"),
        ({"booleans": "1/0"}, "<TD>1</TD>"),
        ({"null_ints": "values"}, "<TD>-2147483648</TD>"),
        ({"string_padding": "all"}, "<TD>short </TD>"),
        ({"string_padding": "none"}, "<TD>u</TD>"),
        ({"string_padding": "codes"}, "<TD>u   </TD>"),
    ],
    ids=str,
)
def test_each_switch_shows_in_the_document(switch, mark):
    """A switch changes the document as it says."""
    table = Table(
        {
            "name": ["short", "longer"],
            "ra": [1.0, 2.0],
            "flux_aper_b": [1e-15, 2e-15] * (u.erg / u.s / u.cm**2),
            "extent_flag": [True, False],
            "match_type": ["u", "a"],
            "count": MaskedColumn([1, 2], mask=[False, True]),
        }
    )

    assert mark in write(table, **switch)


def test_an_undeclared_null_has_no_values(rows):
    """The third form of null integers is an empty cell without any VALUES."""
    text = write(rows, null_ints="undeclared")

    assert "<VALUES" not in text
    assert cells(text)[1][2] == ""


def test_strings_are_escaped():
    """Signs of XML in names, descriptions and cells do no harm."""
    table = Table({"a": MaskedColumn(['<b> & "c"'], description="d < e & f")})
    document = astropy_votable.parse(io.BytesIO(write(table).encode()))
    field = document.get_first_table().fields[0]

    assert field.description == "d < e & f"
    assert document.get_first_table().to_table()["col0"].tolist() == ['<b> & "c"']


def test_a_large_table_comes_in_pieces():
    """Rows are turned into text some at a time, and all of them arrive."""
    table = Table({"number": np.arange(3 * CHUNK_ROWS + 1)})

    pieces = list(write_votable(table, [Field("number", "int")], Dialect()))

    assert len(pieces) == 6
    assert len(body(b"".join(pieces).decode())) == len(table)


def test_numbers_too_large_for_an_int_are_long():
    """A count beyond 32 bits is declared as long."""
    fields = describe_table(Table({"n": [2**40]}), Dialect(), release="2.1")

    assert [field.datatype for field in fields] == ["long"]


def test_an_overflow_is_marked_after_the_table(rows):
    """OVERFLOW stands behind the table, where a reader that stops early misses it."""
    fields = describe_table(rows, Dialect(), release="2.1")
    text = b"".join(write_votable(rows, fields, Dialect(), overflow=True)).decode()

    assert text.index("</TABLE>") < text.index('value="OVERFLOW"')


def test_an_error_has_its_words_in_the_info():
    """An error document has the words as text of the INFO, with signs of XML escaped."""
    text = write_error("a < b", Dialect(namespace_prefix="vot")).decode()

    assert '<vot:INFO name="QUERY_STATUS" value="ERROR">a &lt; b</vot:INFO>' in text
    assert read(text.encode()).error == "a < b"


def test_units_that_the_archive_does_not_have_are_spelled_as_astropy_does():
    """A unit of an upload is passed on; no unit is an empty text."""
    assert spell_unit(u.Jy, "cda") == "Jy"
    assert spell_unit(None, "cda") == ""


def test_columns_are_described_by_themselves_first():
    """A description, a unit or an xtype of the column's own goes before the dictionary."""
    own = MaskedColumn([1.0], name="ra", description="mine", unit="rad", meta={"xtype": "mjd"})

    (field,) = describe_table(Table([own]), Dialect(ra_dec_units=True), release="2.1")

    assert (field.description, field.unit, field.ucd, field.xtype) == ("mine", "rad", "", "mjd")


# ---- text and CSV ----------------------------------------------------------------------------


def test_text_has_the_archives_shape(rows):
    """One line a column, a line of names, tab-separated rows, LF, and nothing at the end."""
    fields = describe_table(rows["ra", "extent_flag"], Dialect(), release="2.1")

    text = b"".join(write_text(rows["ra", "extent_flag"], fields, Dialect())).decode()

    lines = text.split("\n")
    assert lines[0] == "# ra\t\tICRS right ascension"
    assert lines[2:] == ["ra\textent_flag", "9.007E-4\tT", "\t", ""]


def test_text_writes_null_as_it_is_told(rows):
    """The text for null is a switch."""
    dialect = Dialect(text_null="null")
    fields = describe_table(rows, dialect, release="2.1")

    text = b"".join(write_text(rows, fields, dialect)).decode()

    assert text.splitlines()[-1] == "null\tnull\tnull\tnull\tnull"


def test_csv_quotes_what_needs_it():
    """Commas and quotes inside a value are quoted."""
    table = Table({"a": ['x,"y"', "z"], "b": [1, 2]})

    assert b"".join(write_csv(table, Dialect())) == b'a,b\n"x,""y""",1\nz,2\n'


@pytest.mark.parametrize(
    ("form", "content_type", "start"),
    [
        ("text", "text/plain", "# name\t\t"),
        ("TEXT", "text/plain", "# name\t\t"),
        ("votable", "application/x-votable+xml", "<?xml"),
        ("csv", "application/x-votable+xml", "<?xml"),
    ],
)
def test_format_chooses_the_form(server, http, form, content_type, start):
    """FORMAT=text gives text; csv is ignored, and a VOTable comes."""
    answer = sync(http, server, NAMES, MAXREC="1", FORMAT=form)

    assert answer.headers["Content-Type"] == content_type
    assert answer.text.startswith(start)


def test_csv_can_be_served_or_refused(http):
    """A dialect can write CSV, or call it an unknown format."""
    with csc_server(dialect=Dialect(csv="csv")) as server:
        served = sync(http, server, NAMES, MAXREC="1", FORMAT="csv")
    with csc_server(dialect=Dialect(csv="error")) as server:
        refused = sync(http, server, NAMES, MAXREC="1", FORMAT="csv")

    assert served.text.splitlines()[0] == "name"
    assert words_of(refused) == "Unsupported format: csv"


@pytest.mark.parametrize(("known", "start"), [(True, "# name"), (False, "<?xml")])
def test_responseformat_is_a_switch(http, known, start):
    """RESPONSEFORMAT counts only where it is known."""
    with csc_server(dialect=Dialect(responseformat=known)) as server:
        answer = sync(http, server, NAMES, MAXREC="1", RESPONSEFORMAT="text")

    assert answer.text.startswith(start)


def test_the_content_type_is_a_switch(http):
    """A VOTable can come as text/xml."""
    with csc_server(dialect=Dialect(votable_mime="text/xml")) as server:
        answer = sync(http, server, NAMES, MAXREC="1")

    assert answer.headers["Content-Type"] == "text/xml"
    assert len(table_of(answer)) == 1
