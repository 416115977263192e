# Licensed under a 3-clause BSD style license - see LICENSE
"""Python values as ADQL: nothing leaves its literal, no digit is lost, no edge moves inwards."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sqlglot
from astropy import units as u
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from astroquery_csc.adql.comparison import name_pattern, read_comparison
from astroquery_csc.adql.write import (
    box_condition,
    filter_condition,
    fold,
    guess_column,
    in_list,
    literal,
    select,
)
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.catalogue.schema import Column, find_column, get_tables
from astroquery_csc.catalogue.units import with_one_slash
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.sky.geometry import Box
from tests.support.examples import examples

RELEASE = get_release("2.1")
ANY_TEXT = st.one_of(
    st.text(max_size=20),
    st.text("'\"\\;-/*()[]%_ aX\n\0’", max_size=20),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40),
)


def read_back(text):
    """Parse a text as the only value of a SELECT, as T-SQL does."""
    (tree,) = sqlglot.parse(f"SELECT {text}", read="tsql")
    assert isinstance(tree, exp.Select)
    (value,) = tree.expressions
    return value


def attempt(function, *args):
    """Call a function and give its text, or None where it refuses."""
    try:
        return function(*args)
    except InvalidQueryError:
        return None


def column(name="significance"):
    """Find a master column."""
    return find_column("2.1", name, "master_source")


# ---- literals --------------------------------------------------------------------------------


@given(ANY_TEXT)
@examples(400)
def test_no_text_leaves_its_literal(text):
    """A text is refused, or is read back as exactly one string of the same characters."""
    found = attempt(literal, text)

    value = read_back(found) if found is not None else None
    assert value is None or (isinstance(value, exp.Literal) and value.is_string)
    assert value is None or value.this == text
    assert (value is None) == any(not " " <= character <= "~" for character in text)


@given(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**63), 2**63)))
@examples(300)
def test_numbers_keep_every_digit(number):
    """A finite number is read back as the same number, to the last bit."""
    value = read_back(literal(number))

    assert isinstance(value, exp.Literal | exp.Neg)
    assert type(number)(value.sql("tsql").replace(" ", "")) == number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", "''"),
        ("O'Brien", "'O''Brien'"),
        ("'; DROP TABLE x --", "'''; DROP TABLE x --'"),
        ("back\\slash", "'back\\slash'"),
        (np.str_("2CXO J032908.3+312020"), "'2CXO J032908.3+312020'"),
        (True, "1"),
        (False, "0"),
        (np.bool_(True), "1"),
        (5, "5"),
        (-5, "-5"),
        (np.int32(7), "7"),
        (np.uint8(7), "7"),
        (10**20, "100000000000000000000"),
        (0.1, "0.1"),
        (1e-14, "1e-14"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (np.float64(2.5), "2.5"),
        (np.float32(0.1), "0.10000000149011612"),
        (Fraction(1, 4), "0.25"),
    ],
)
def test_what_a_value_looks_like(value, text):
    """Strings are quoted, booleans are 1 and 0, NumPy's scalars are what they hold."""
    assert literal(value) == text


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        np.float32("nan"),
        10**400,
        Fraction(10**400),
        pytest.param(-(10**5000), id="huge"),
    ],
)
def test_what_is_not_finite_is_refused(value):
    """NaN, infinity and what is beyond any float are not numbers of a filter."""
    with pytest.raises(InvalidQueryError, match=r"is not a finite number\. Use None for an open"):
        literal(value)


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\0b", "é", "2CXO J0043−09", "\u2019", "\x7f"])
def test_characters_that_no_value_has_are_refused(text):
    """The error shows the text and says what is taken."""
    with pytest.raises(InvalidQueryError) as caught:
        literal(text)

    assert repr(text) in str(caught.value)
    assert "Write printable ASCII on one line." in str(caught.value)


@pytest.mark.parametrize(
    "value", [None, b"x", [1], (1,), {1}, 1j, Decimal(1), object, np.ma.masked, np.array(1)]
)
def test_other_types_are_refused(value):
    """The error names the type and what a filter takes."""
    with pytest.raises(InputTypeError) as caught:
        literal(value)

    assert f"is a {type(value).__name__}; a filter takes strings, numbers and" in str(caught.value)


# ---- SELECT ----------------------------------------------------------------------------------


def test_a_select_of_some_columns():
    """Columns stand under the alias of the one table, which has the release's schema."""
    text = select(RELEASE, ["name", "ra"])

    assert text == "SELECT m.name, m.ra FROM csc21.master_source m"


def test_a_select_with_everything():
    """TOP comes first, each condition in parentheses of its own, so that OR cannot spread."""
    text = select(
        get_release("current"),
        ["*"],
        where=["a = 1 OR b = 2", "c = 3"],
        top=5,
        table="stack_source",
    )

    assert text == (
        "SELECT TOP 5 m.* FROM csc_snapshot.stack_source m WHERE (a = 1 OR b = 2) AND (c = 3)"
    )


@pytest.mark.parametrize(
    "name", ["ra; DROP", "m.ra", "ra dec", "", "1ra", "ra,dec", "COUNT(*)", '"ra"', "ra\n", "rä"]
)
def test_a_column_that_is_no_word_is_refused(name):
    """Nothing but a plain word, or the star, gets into the list of columns."""
    with pytest.raises(InvalidQueryError) as caught:
        select(RELEASE, ["name", name])

    assert str(caught.value) == (
        f"{name!r} is not a column name: letters, digits and underscores only."
    )


# ---- boxes -----------------------------------------------------------------------------------


def edges(text):
    """Read the numbers of a single box condition."""
    words = text.split()
    return [float(words[place]) for place in (2, 4, 8, 10)]


@given(st.floats(0, 360), st.floats(0, 360), st.floats(-90, 90), st.floats(-90, 90))
@examples(300)
def test_the_edges_of_a_box_round_outwards(ra_min, ra_max, dec_min, dec_max):
    """Five decimals, never inwards, and no more than the last of them outwards."""
    low_ra, high_ra, low_dec, high_dec = edges(
        box_condition([Box(ra_min, ra_max, dec_min, dec_max)])
    )

    assert 0 <= ra_min - low_ra <= 1.1e-5
    assert 0 <= high_ra - ra_max <= 1.1e-5
    assert 0 <= dec_min - low_dec <= 1.1e-5
    assert 0 <= high_dec - dec_max <= 1.1e-5


@given(st.floats(-1e-4, 1e-4))
@examples(100)
def test_tiny_angles_have_no_exponent(angle_deg):
    """A number of the box is a plain decimal, whatever its size."""
    text = box_condition([Box(0.0, 1.0, angle_deg, 1.0)])

    assert "e" not in text.split()[8].lower()
    assert edges(text)[2] == pytest.approx(angle_deg, abs=1.1e-5)


@pytest.mark.parametrize(
    ("angle_deg", "low", "high"),
    [
        (0.0, "0.0", "0.0"),
        (-0.0, "0.0", "0.0"),
        (10.0, "10.0", "10.0"),
        (100.5, "100.5", "100.5"),
        (-90.0, "-90.0", "-90.0"),
        (1e-12, "0.0", "0.00001"),
        (-1e-12, "-0.00001", "0.0"),
        (-0.5, "-0.5", "-0.5"),
        (1.234567, "1.23456", "1.23457"),
        (-1.234567, "-1.23457", "-1.23456"),
    ],
)
def test_how_an_edge_is_written(angle_deg, low, high):
    """Down for the low edge, up for the high one, without zeros at the end."""
    text = box_condition([Box(angle_deg, angle_deg, angle_deg, angle_deg)])

    assert text == f"m.ra BETWEEN {low} AND {high} AND m.dec BETWEEN {low} AND {high}"


def test_several_boxes_are_alternatives():
    """Each box stands in parentheses, joined by OR."""
    text = box_condition([Box(0, 1, 2, 3), Box(359, 360, 2, 4)])

    assert text == (
        "(m.ra BETWEEN 0.0 AND 1.0 AND m.dec BETWEEN 2.0 AND 3.0) OR "
        "(m.ra BETWEEN 359.0 AND 360.0 AND m.dec BETWEEN 2.0 AND 4.0)"
    )


def test_boxes_with_the_same_declinations_share_them():
    """What many boxes in a row have in common is written once."""
    text = box_condition([Box(0, 1, 2, 3), Box(359, 360, 2, 3), Box(5, 6, 7, 8)])

    assert text == (
        "((m.ra BETWEEN 0.0 AND 1.0 OR m.ra BETWEEN 359.0 AND 360.0) "
        "AND m.dec BETWEEN 2.0 AND 3.0) OR (m.ra BETWEEN 5.0 AND 6.0 AND m.dec BETWEEN 7.0 AND 8.0)"
    )


# ---- filters ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wanted", "condition"),
    [
        ("significance", (10, None), "m.significance >= 10"),
        ("significance", (None, 10.5), "m.significance <= 10.5"),
        ("significance", (1, 2), "m.significance BETWEEN 1 AND 2"),
        ("significance", 3, "m.significance = 3"),
        ("significance", None, "m.significance IS NULL"),
        ("significance", [1, 2.5], "m.significance IN (1, 2.5)"),
        ("significance", {2}, "m.significance IN (2)"),
        ("significance", frozenset({2}), "m.significance IN (2)"),
        ("significance", np.array([1, 2]), "m.significance IN (1, 2)"),
        ("significance", (np.float64(1), np.int64(2)), "m.significance BETWEEN 1.0 AND 2"),
        ("var_inter_index_b", (6, None), "m.var_inter_index_b >= 6"),
        ("likelihood_class", "TRUE", "m.likelihood_class = 'TRUE'"),
        ("likelihood_class", ["TRUE", "MARGINAL"], "m.likelihood_class IN ('MARGINAL', 'TRUE')"),
        ("likelihood_class", np.array(["TRUE"]), "m.likelihood_class IN ('TRUE')"),
        ("likelihood_class", "true", "m.likelihood_class = 'TRUE'"),
        ("name", "2cxoj032912.9+311814", "m.name = '2CXO J032912.9+311814'"),
        ("name", ["2CXO_J032912.9+311814"], "m.name IN ('2CXO J032912.9+311814')"),
        ("name", ("2CXO J03", "2CXO J04"), "m.name BETWEEN '2CXO J03' AND '2CXO J04'"),
        ("extent_flag", True, "m.extent_flag = 1"),
        ("extent_flag", np.bool_(False), "m.extent_flag = 0"),
        ("extent_flag", [True, False], "m.extent_flag IN (0, 1)"),
        ("extent_flag", None, "m.extent_flag IS NULL"),
        ("ra", (60 * u.arcmin, 2 * u.deg), "m.ra BETWEEN 1.0 AND 2.0"),
        ("err_ellipse_r0", (None, 1 * u.arcmin), "m.err_ellipse_r0 <= 60.0"),
        ("significance", 5 * u.dimensionless_unscaled, "m.significance = 5.0"),
        ("dec", [60, 120] * u.arcmin, "m.dec IN (1.0, 2.0)"),
        ("significance", ">10", "m.significance > 10"),
        ("significance", " <= 5.5 ", "m.significance <= 5.5"),
        ("significance", "!= 0", "m.significance <> 0"),
        ("significance", "== 0", "m.significance = 0"),
        ("flux_aper_b", "> 1e-14", "m.flux_aper_b > 1e-14"),
        ("dec", "< \u22125", "m.dec < -5"),
        ("significance", (">", 10), "m.significance > 10"),
        ("significance", ("<>", 10), "m.significance <> 10"),
        ("significance", ("!=", None), "m.significance IS NOT NULL"),
        ("significance", ("=", None), "m.significance IS NULL"),
        ("err_ellipse_r0", ("<", 1 * u.arcmin), "m.err_ellipse_r0 < 60.0"),
        ("likelihood_class", "!= true", "m.likelihood_class <> 'TRUE'"),
        ("likelihood_class", "!= 'TRUE'", "m.likelihood_class <> 'TRUE'"),
        ("extent_flag", ("!=", True), "m.extent_flag <> 1"),
        ("name", "2CXO J0329*", "m.name LIKE '2CXO J0329%'"),
        ("name", "2cxoj0329*\u221231*", "m.name LIKE '2CXO J0329%-31%'"),
        ("likelihood_class", "TR*", "m.likelihood_class = 'TR*'"),
    ],
)
def test_a_filter_becomes_a_condition(name, wanted, condition):
    """Ranges include their ends, lists mean one of several, None null; words in any spelling."""
    assert str(filter_condition(column(name), wanted)) == condition


@given(st.floats(1e-18, 1e-9))
@examples(50)
def test_a_flux_in_another_unit_is_converted(flux):
    """A Quantity becomes a number in the column's unit."""
    wanted = (flux * u.Unit("erg / (s cm2)")).to(u.W / u.m**2)

    text = str(filter_condition(column("flux_aper_b"), (wanted, None)))

    assert text.startswith("m.flux_aper_b >= ")
    assert float(text.rsplit(maxsplit=1)[-1]) == pytest.approx(flux, rel=1e-14)


def test_every_column_takes_a_quantity_of_its_unit():
    """Each unit of master_source is one that astropy converts."""
    known = get_tables("2.1")["master_source"].columns.values()
    columns = list({item.unit: item for item in known if item.unit}.values())

    texts = [
        filter_condition(item, 2 * u.Unit(with_one_slash(item.unit), format="fits"))
        for item in columns
    ]

    assert len(columns) > 5
    assert texts == [f"m.{item.name} = 2.0" for item in columns]


@pytest.mark.parametrize("ends", [(), (1,), (1, 2, 3), (None, None)])
def test_a_range_has_two_ends(ends):
    """The error shows the column, the range, and how to write one or a list."""
    with pytest.raises(InvalidQueryError) as caught:
        filter_condition(column(), ends)

    assert f"The filter on 'significance' is {ends!r}; a range is (low, high)" in str(caught.value)
    assert str(caught.value).endswith(" open end. A list means one of several values.")


@pytest.mark.parametrize("wanted", [[], set(), np.array([])])
def test_an_empty_list_is_refused(wanted):
    """One of no values is nothing: the error asks for at least one."""
    with pytest.raises(InvalidQueryError, match=r"'significance' is an empty list\. Give at least"):
        filter_condition(column(), wanted)


@pytest.mark.parametrize(
    ("name", "wanted", "expected"),
    [
        ("ra", 5 * u.s, "expected one value in deg."),
        ("flux_aper_b", (1 * u.deg, None), "expected one value in erg/s/cm**2."),
        ("significance", 5 * u.deg, "expected one value in no unit."),
        ("ra", ([1, 2] * u.deg, None), "expected one value in deg."),
        ("likelihood_class", True, "expected a string."),
        ("likelihood_class", 1.5, "expected a string."),
        ("likelihood_class", 1 * u.dimensionless_unscaled, "expected a string."),
        ("significance", "high", "expected a value of type double."),
        ("significance", ("1", None), "expected a value of type double."),
        ("var_inter_index_b", "6", "expected a value of type int."),
        ("extent_flag", "TRUE", "expected a value of type boolean."),
        ("extent_flag", ["T"], "expected a value of type boolean."),
        ("significance", "> high", "expected a value of type double."),
        ("likelihood_class", "> 5", "expected a string."),
        ("ra", (">", 5 * u.s), "expected one value in deg."),
        ("ra", (">", None), "None can only be compared with '=' and '!='."),
    ],
)
def test_a_value_that_does_not_fit_is_refused(name, wanted, expected):
    """The error shows the column and what it holds."""
    with pytest.raises(InvalidQueryError) as caught:
        filter_condition(column(name), wanted)

    assert str(caught.value).startswith(f"The filter on {name!r} is ")
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    "wanted", [(math.nan, 1), [1, math.inf], math.nan * u.dimensionless_unscaled]
)
def test_a_filter_with_nan_is_refused(wanted):
    """A number that is not finite matches nothing, so it is an error."""
    with pytest.raises(InvalidQueryError, match="is not a finite number"):
        filter_condition(column(), wanted)


@pytest.mark.parametrize("wanted", [b"x", {"a": 1}, [(1, 2)], 1j, object()])
def test_a_filter_of_another_type_is_refused(wanted):
    """The error says what a filter takes."""
    with pytest.raises(InputTypeError, match="a filter takes strings, numbers and booleans"):
        filter_condition(column(), wanted)


@given(
    st.sampled_from(["name", "likelihood_class"]),
    ANY_TEXT.filter(lambda text: read_comparison(text) is None and name_pattern(text) is None),
)
@examples(200)
def test_no_filter_value_leaves_its_condition(name, text):
    """Whatever the value, the condition is a comparison of the column with one string."""
    found = attempt(filter_condition, column(name), text)

    tree = None if found is None else sqlglot.parse_one(f"SELECT 1 WHERE {found}", read="tsql")
    where = tree.args["where"].this if tree else exp.EQ(this=None, expression=None)
    assert isinstance(where, exp.EQ)
    assert tree is None or where.this.sql() == f"m.{name}"
    spelt = {"name": text, "likelihood_class": text.upper()}[name]
    assert tree is None or where.expression == exp.Literal.string(spelt)


# ---- folding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SELECT name\n  FROM t\r\n\tWHERE a = 1 ", "SELECT name FROM t WHERE a = 1"),
        ("a = 'x  y'", "a = 'x  y'"),
        ("a = 'it''s  so'   AND b", "a = 'it''s  so' AND b"),
        ('"odd  name" = 1', '"odd  name" = 1'),
        ("a -- it's a comment\n= 1", "a = 1"),
        ("a /* it's\n a comment */ = '--'", "a = '--'"),
        ("a = 'x\ny'", "a = 'x y'"),
        ("a = 'é'", "a = '?'"),
        ("a\u00a0=\u20031", "a = 1"),
        ("a\0b\x7fc", "a b c"),
        ("", ""),
        ("it's", "it's"),
    ],
)
def test_a_query_on_one_line(text, line):
    """White space is folded outside of quotes, comments go, what is not ASCII shows as ``?``."""
    assert fold(text) == line


@given(st.text(max_size=60))
@examples(200)
def test_a_folded_text_fits_a_header(text):
    """Whatever the text, the line is printable ASCII without blanks around it."""
    line = fold(text)

    assert all(" " <= character <= "~" for character in line)
    assert line == line.strip()


def test_a_range_upside_down_is_refused():
    """A range that no value satisfies is refused instead of matching nothing in silence."""
    with pytest.raises(InvalidQueryError, match=r"no value satisfies\. Write \(low, high\)\.$"):
        filter_condition(get_tables("2.1")["master_source"].columns["significance"], (10, 5))


def test_a_long_list_of_values_becomes_several_conditions():
    """So many values each, in their order, none twice."""
    whole = in_list("m.name", ["a'b", *(f"n{number}" for number in range(200)), "a'b"])

    conditions = [str(piece) for piece in whole.pieces(200)]

    assert [condition.count(",") + 1 for condition in conditions] == [200, 1]
    assert conditions[0].startswith("m.name IN ('a''b', 'n0', 'n1'")
    assert conditions[1] == "m.name IN ('n199')"


def test_a_range_may_be_one_value():
    """Both ends are included, so a range from 10 to 10 is 10."""
    assert filter_condition(column(), (10, 10)) == "m.significance BETWEEN 10 AND 10"


@pytest.mark.parametrize(
    ("wanted", "datatype"),
    [
        ("TRUE", "char"),
        (["a", "b"], "char"),
        ((None, "b"), "char"),
        (5, "double"),
        ((None, 5), "double"),
        ((5, None), "double"),
        ([], "double"),
        (None, "double"),
        (np.array(5.0), "double"),
        (True, "boolean"),
    ],
)
def test_a_column_that_only_the_service_knows_is_guessed_from_its_filter(wanted, datatype):
    """It is text where it is compared with text, whichever end of a range that is."""
    assert guess_column("novel", wanted, table="image") == Column("image", "novel", datatype)
