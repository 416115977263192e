# Licensed under a 3-clause BSD style license - see LICENSE
"""
Good VOTables are read exactly; every test runs with the fast decoder and with astropy alone.

The documents are invented, after the forms that docs/develop/service lists.
"""

import io
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from astropy.io.votable import from_table, parse_single_table
from astropy.table import MaskedColumn, Table
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from astroquery_csc.votable import reader as votable
from tests.support.examples import examples
from tests.votable.votables import (
    DECLARATION,
    STATUS,
    Trickle,
    cells,
    document,
    field,
    outcome,
    read,
    rows,
    text_field,
    wrapped,
)

pytestmark = pytest.mark.usefixtures("each_reader")

ALL_TYPES = ("double", "float", "long", "int", "short", "unsignedByte", "boolean")
FIELDS = text_field("name") + field("ra", "double") + field("n", "int") + field("flag", "boolean")
GOOD = document(
    FIELDS,
    ("2CXO J032908.3+312020", "52.2846", "5", "T"),
    ("", "", "", ""),
    ("b   ", "9.007E-4", "-7", "false"),
    before=STATUS.format("OK", ""),
)
GOOD_ROWS = [
    ["2CXO J032908.3+312020", 52.2846, 5, True],
    [None, None, None, None],
    ["b", 9.007e-4, -7, False],
]


# ---- values ----------------------------------------------------------------------------------


def test_a_good_document_is_a_table():
    """Names, types and values are those of the document."""
    found = read(GOOD)

    assert found.table.colnames == ["name", "ra", "n", "flag"]
    assert [found.table[name].dtype for name in ("ra", "n", "flag")] == ["f8", "i4", "?"]
    assert cells(found.table) == GOOD_ROWS
    assert (found.overflow, found.error) == (False, None)


@pytest.mark.parametrize(
    "version",
    [
        *(f'version="1.{minor}"' for minor in range(6)),
        "version='1.1'",
        'version = "1.2"',
        'version="v1.1"',
        'version=" 1.2 "',
        'note="a > b" version="1.1"',
        "",
    ],
)
def test_an_empty_cell_is_null_in_every_version(version):
    """Before 1.3 astropy alone reads an empty integer as 0, unmasked; here it is null."""
    fields = "".join(field(name, name) for name in ALL_TYPES) + text_field()

    found = rows(document(fields, [""] * 8, ["1"] * 8, version=version))

    assert found == [[None] * 8, [1.0, 1.0, 1, 1, 1, 1, True, "1"]]


@pytest.mark.parametrize("cell", ["<TD/>", "<TD></TD>", "<TD> </TD>", "<TD>\n</TD>"])
@pytest.mark.parametrize("datatype", ["double", "int", "boolean"])
def test_every_form_of_an_empty_cell_is_null(cell, datatype):
    """A tag that closes itself, nothing, or white space: no value."""
    text = document(field("x", datatype), ["1"], ["@"]).replace("<TD>@</TD>", cell)

    assert rows(text) == [[1], [None]]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        *((word, True) for word in ("T", "t", "true", "TRUE", "True", "1")),
        *((word, False) for word in ("F", "f", "false", "FALSE", "False", "0")),
        ("?", None),
        (" T ", True),
    ],
)
def test_booleans_in_every_spelling(cell, value):
    """T and F, true and false, 1 and 0, and ? for null, in any case."""
    assert rows(document(field("x", "boolean"), [cell])) == [[value]]


@pytest.mark.parametrize(
    ("datatype", "cell", "value"),
    [
        ("double", "9.007E-4", 9.007e-4),
        ("double", "0.1", 0.1),
        ("double", "1.7976931348623157E308", 1.7976931348623157e308),
        ("double", "4.9E-324", 4.9e-324),
        ("double", "-0.0", 0.0),
        ("double", " 1.5 ", 1.5),
        ("double", "+2", 2.0),
        ("double", "NaN", None),
        ("int", "-2147483648", -2147483648),
        ("int", "2147483647", 2147483647),
        ("int", " 7 ", 7),
        ("int", "+5", 5),
        ("int", "0x1F", 31),
        ("long", "9223372036854775807", 9223372036854775807),
    ],
)
def test_numbers_are_read_to_the_last_bit(datatype, cell, value):
    """Java's and others' ways to write a number give that number; NaN is not a value."""
    (found,) = rows(document(field("x", datatype), [cell]))[0]

    assert found == value or (value is None and np.isnan(found))


def test_a_null_that_is_declared_is_null():
    """VALUES null marks a value as none, in integers and in doubles, beside empty cells."""
    fields = field("n", "int", "", '<VALUES null="-2147483648"/>')
    fields += field("x", "double", "", '<VALUES null="3.4E38"/>')

    found = rows(document(fields, ("-2147483648", "3.4E38"), ("", ""), ("5", "5")))

    assert found == [[None, None], [None, None], [5, 5.0]]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("a &amp; b &lt; c", "a & b < c"),
        ("&#65;&#x42;", "AB"),
        ("<![CDATA[<b> & ]]>", "<b> &"),
        ("&#233;t&#233;", "été"),
        ("ünïcode", "ünïcode"),
        ("a<!-- no -->b", "ab"),
        ("two  blanks", "two  blanks"),
    ],
)
def test_text_is_what_xml_says(cell, text):
    """Entities, CDATA, comments and characters beyond ASCII are those of XML."""
    assert rows(document(text_field(), [cell], ["plain"])) == [[text], ["plain"]]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("latin-1", "ISO-8859-1"), ("utf-8-sig", "UTF-8"), ("utf-8", "utf-8"), ("ascii", "US-ASCII")],
)
def test_encodings_that_are_declared_are_read(encoding, declared):
    """Latin 1, UTF-8 with and without a mark, and ASCII."""
    text = document(
        text_field(), ["\u00e9t\u00e9"], prolog=f'<?xml version="1.0" encoding="{declared}"?>'
    )

    assert rows(text.encode(encoding, "xmlcharrefreplace")) == [["\u00e9t\u00e9"]]


def test_the_name_of_a_field_counts_and_not_its_id():
    """Columns have the service's names; an ID stands in only where there is no name."""
    fields = '<FIELD ID="col1" name="ra" datatype="double"/><FIELD ID="col2" datatype="double"/>'

    assert read(document(fields, ("1", "2"))).table.colnames == ["ra", "col2"]


def test_names_that_repeat_are_numbered():
    """Columns of one name stay columns, each with its number."""
    found = read(document(field("flux", "double") * 4, ("1", "2", "3", "4"))).table

    assert found.colnames == ["flux", "flux2", "flux3", "flux4"]
    assert cells(found) == [[1.0, 2.0, 3.0, 4.0]]


def test_units_descriptions_and_ucds_are_kept():
    """What the document says of a column is on the column."""
    text = document(
        '<FIELD name="ra" datatype="double" unit="deg" ucd="pos.eq.ra">'
        "<DESCRIPTION>where it is</DESCRIPTION></FIELD>",
        ["1"],
    )

    column = read(text).table["ra"]

    assert str(column.unit) == "deg"
    assert column.description == "where it is"
    assert column.meta["ucd"] == "pos.eq.ra"


@pytest.mark.parametrize(
    ("attributes", "cell", "value"),
    [('arraysize="2"', "1 2", [1.0, 2.0]), ('arraysize="*"', "1 2 3", [1.0, 2.0, 3.0])],
)
def test_arrays_in_cells_are_read(attributes, cell, value):
    """A cell of several numbers is an array."""
    found = read(document(field("x", "double", attributes), [cell], [cell])).table

    assert np.asarray(found["x"][0]).tolist() == value


def test_a_prefix_is_no_obstacle():
    """A document whose elements have a namespace prefix is the same document."""
    text = GOOD.replace("</", "</v:").replace("xmlns=", "xmlns:v=")
    for letter in "VRTFDI":
        text = text.replace(f"<{letter}", f"<v:{letter}")

    assert "<v:VOTABLE" in text
    assert rows(text) == GOOD_ROWS


@pytest.mark.parametrize(
    "text",
    [
        document(FIELDS),
        document(FIELDS).replace("<TABLEDATA></TABLEDATA>", "<TABLEDATA/>"),
        document(FIELDS).replace("<DATA><TABLEDATA></TABLEDATA></DATA>", ""),
    ],
)
def test_no_rows_is_a_table_with_its_columns(text):
    """An empty result has its columns, of their types, and no error."""
    found = read(text)

    assert (len(found.table), found.error) == (0, None)
    assert found.table.colnames == ["name", "ra", "n", "flag"]
    assert found.table["n"].dtype == np.int32


def test_the_first_of_two_tables_counts():
    """A second table, of whatever columns, is not mixed in."""
    second = f"<TABLE>{field('y', 'int')}<DATA><TABLEDATA/></DATA></TABLE>"

    assert read(document(field("x", "int"), ["5"], after=second)).table.colnames == ["x"]


@pytest.mark.parametrize(
    "prolog",
    [
        "",
        DECLARATION + "<!-- made by hand -->\n<!-- <VOTABLE> is the root -->",
        '<?xml-stylesheet href="x" type="text/xsl"?>',
        "\n  ",
    ],
)
def test_what_may_stand_before_the_root_may(prolog):
    """Comments, instructions and white space, even with the word VOTABLE in them."""
    assert rows(document(field("x", "int"), [""], ["5"], prolog=prolog)) == [[None], [5]]


def test_what_may_stand_after_the_root_may():
    """White space and comments end a document as well."""
    assert rows(GOOD + "\n\n<!-- the end -->\n") == GOOD_ROWS


# ---- how it arrives --------------------------------------------------------------------------


def test_a_source_may_give_one_byte_at_a_time():
    """A short read is not an end."""
    assert cells(votable.read(Trickle(GOOD)).table) == GOOD_ROWS


@given(st.lists(st.integers(1, 400), max_size=12))
@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_size_of_pieces_does_not_matter(sizes):
    """Wherever the network cuts the document, its table is the same."""
    assert cells(votable.read(Trickle(GOOD, sizes)).table) == GOOD_ROWS


def test_a_document_of_many_pieces_is_read_whole():
    """Megabytes come through with every row in its place, nulls and odd rows too."""
    plain = [("a", repr(place / 7), str(place), "T") for place in range(15_000)]
    odd = [("x &amp; y", "", "", "?")]

    found = read(document(FIELDS, *plain, *odd, *plain)).table

    assert len(found) == 30_001
    assert np.asarray(found["n"])[:15_000].tolist() == list(range(15_000))
    assert np.asarray(found["ra"])[15_001:].tolist() == [place / 7 for place in range(15_000)]
    assert cells(found[15_000:15_001]) == [["x & y", None, None, None]]


def test_a_long_header_is_read():
    """As many columns as master_source has, with descriptions, are no obstacle."""
    fields = "".join(
        field(f"c{place}", "double", "", f"<DESCRIPTION>{'words ' * 30}</DESCRIPTION>")
        for place in range(515)
    )

    found = read(document(fields, ["1.5"] * 515, [""] * 515)).table

    assert len(found.colnames) == 515
    assert cells(found[1:]) == [[None] * 515]


def test_threads_do_not_meet():
    """Eight threads read at once, and each gets its own table."""
    texts = [document(field("x", "int"), [str(number)], [""]) for number in range(64)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(rows, texts))

    assert found == [[[number], [None]] for number in range(64)]


# ---- against astropy -------------------------------------------------------------------------


NAMES = st.text("abcdefgh_", min_size=1, max_size=5)
TEXTS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x17F, categories=("L", "N", "P", "S"))
)
VALUES = {
    "f8": st.floats(allow_infinity=False, allow_nan=False),
    "i4": st.integers(-(2**31) + 1, 2**31 - 1),
    "i8": st.integers(-(2**63) + 1, 2**63 - 1),
    "?": st.booleans(),
    "U": TEXTS.map(lambda text: text or "x"),
}


@st.composite
def tables(draw, *, with_nulls):
    """Draw a table of columns of every kind."""
    size = draw(st.integers(0, 5))
    table = Table()
    for name in draw(st.lists(NAMES, min_size=1, max_size=5, unique=True)):
        kind = draw(st.sampled_from(sorted(VALUES)))
        values = draw(st.lists(VALUES[kind], min_size=size, max_size=size))
        mask = draw(st.lists(st.booleans(), min_size=size, max_size=size)) if with_nulls else False
        dtype = "U40" if kind == "U" else kind
        table[name] = MaskedColumn(np.array(values, dtype=dtype), mask=mask)
    return table


def written(table, form):
    """Write a table with astropy."""
    out = io.BytesIO()
    from_table(table).to_xml(out, tabledata_format=form)
    return out.getvalue()


def with_astropy(text):
    """Read a table with astropy."""
    return cells(parse_single_table(io.BytesIO(text)).to_table(use_names_over_ids=True))


@given(tables(with_nulls=True))
@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_is_read_as_astropy_reads_it(table):
    """Names, values and nulls are those of astropy's own reader."""
    text = written(table.filled() if not len(table) else table, "tabledata")

    found = read(text).table

    assert found.colnames == table.colnames
    assert cells(found) == with_astropy(text)


@given(tables(with_nulls=False), st.sampled_from(["binary", "binary2"]))
@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_binary_forms_are_read_as_astropy_reads_them(table, form):
    """BINARY and BINARY2, which a service may send, hold the same table."""
    text = written(table, form)

    found = read(text).table

    assert found.colnames == table.colnames
    assert cells(found) == with_astropy(text)


# ---- what is said beside the table -----------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        document(FIELDS, before=STATUS.format("OVERFLOW", "")),
        document(FIELDS, after=STATUS.format("OVERFLOW", "cut at 10 rows")),
        document(FIELDS, before=STATUS.format("OK", ""), after=STATUS.format("overflow", "")),
        GOOD.replace("</TABLE>", f"{STATUS.format('OVERFLOW', '')}</TABLE>"),
    ],
)
def test_an_overflow_is_seen_wherever_it_stands(text):
    """Before or after the table, or in it, in any case: the result was cut."""
    found = read(text)

    assert (found.overflow, found.error) == (True, None)
    assert found.table is not None


@pytest.mark.parametrize("status", ["ERROR", "error", "Error", "FAILED"])
def test_an_error_of_tap_has_its_words(status):
    """The words of QUERY_STATUS come on one line, and there is no table."""
    found = read(wrapped(f"<RESOURCE>{STATUS.format(status, 'bad &lt;x&gt;  so')}</RESOURCE>"))

    assert (found.error, found.table) == ("bad <x> so", None)


PARAM = '<PARAM name="Error" datatype="char" arraysize="*" value="{}">{}</PARAM>'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (wrapped('<INFO name="Error" value="SR too big"/>'), "SR too big"),
        (wrapped('<INFO ID="Error" name="Error" value="no">SR too big</INFO>'), "SR too big"),
        (wrapped('<RESOURCE><INFO name="error" value="SR too big"/></RESOURCE>'), "SR too big"),
        (wrapped(PARAM.format("SR too big", "")), "SR too big"),
        (
            wrapped(f"<DEFINITIONS>{PARAM.format('SR too big', '')}</DEFINITIONS>", "1.1"),
            "SR too big",
        ),
        (wrapped(f"<RESOURCE>{PARAM.format('SR too big', '')}</RESOURCE>"), "SR too big"),
        (
            wrapped(PARAM.format("x", "<DESCRIPTION>SR is too big</DESCRIPTION>")),
            "SR is too big",
        ),
        (document(PARAM.format("SR too big", "") + FIELDS), "SR too big"),
        (
            wrapped(f"<RESOURCE><RESOURCE>{STATUS.format('ERROR', 'deep')}</RESOURCE></RESOURCE>"),
            "deep",
        ),
        (wrapped(STATUS.format("ERROR", "")), "(no message)"),
        (wrapped('<INFO name="Error" value=""/>'), "(no message)"),
        (document(FIELDS, before=STATUS.format("ERROR", "no"), after=""), "no"),
        (
            document(FIELDS, ("a", "1", "1", "T"), after=STATUS.format("ERROR", "timeout")),
            "timeout",
        ),
    ],
)
def test_an_error_is_seen_in_every_form(text, words):
    """INFO or PARAM, of TAP or of a cone search, anywhere, also after rows that look good."""
    found = read(text)

    assert (found.error, found.table) == (words, None)


@pytest.mark.parametrize(
    "text",
    [wrapped(""), wrapped("<RESOURCE/>"), wrapped("<DESCRIPTION>hello</DESCRIPTION>")],
)
def test_a_document_without_a_table_has_none(text):
    """No table and no error: neither is made up."""
    found = read(text)

    assert (found.table, found.error, found.overflow) == (None, None, False)


# ---- silence ---------------------------------------------------------------------------------


ODD = document(
    field("a", "double", 'unit="bananas" ucd="no such;ucd" precision="E4" width="-3"')
    + field("a", "double", 'unit="10**20/cm**2" ID="no good id" utype="x" unknown="1"')
    + field("b", "string")
    + field("c", "float")
    + field("d", "int", "", '<VALUES null="foo"><MIN value="x"/></VALUES>')
    + '<LINK href="x"/>',
    ("1", "2", "x", "1e50", "nan"),
    version='version="9.9"',
    before='<INFO name="x" value="y"/><PARAM name="p" datatype="int" value="abc"/>',
)


@pytest.mark.parametrize("text", [GOOD, ODD, "", "<html/>", wrapped("<NONSENSE/>")])
def test_no_warning_of_the_reader_escapes(text):
    """Whatever is odd in a document, no Python warning is raised and no filter is touched."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        before = list(warnings.filters)

        outcome(text)

        assert warnings.filters == before
    assert [str(warning.message) for warning in caught] == []
