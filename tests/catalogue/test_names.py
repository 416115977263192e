# Licensed under a 3-clause BSD style license - see LICENSE
"""Names of sources: every spelling, the position in a name, and what is not a name."""

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astroquery_csc.catalogue.names import is_csc_name, normalise, position_deg
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from tests.support.examples import examples

NAME = "2CXO J032908.3+312020"
SOUTH = "2CXO J004307.5-092302"

PLAIN = set(string.ascii_uppercase + string.digits + " .+-")
#: Lone surrogates too.
ANY_CHARACTER = st.characters(categories=("L", "M", "N", "P", "S", "Z", "C", "Cs"))


def cut(value, digits):
    """Cut a number to so many decimals, as names do."""
    return math.floor(value * 10**digits) / 10**digits


@st.composite
def names(draw):
    """Draw a name from whole cells: 0.1 s of right ascension, 1″ of declination."""
    tenths = draw(st.integers(0, 24 * 36_000 - 1))
    seconds = draw(st.integers(0, 90 * 3600))
    hours = f"{tenths // 36_000:02d}{tenths // 600 % 60:02d}{tenths % 600 / 10:04.1f}"
    degrees = f"{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}"
    suffix = draw(st.sampled_from(["", "A", "B", "C", "Z", "X", "AX"]))
    return f"2CXO J{hours}{draw(st.sampled_from('+-'))}{degrees}{suffix}"


@st.composite
def damaged_names(draw):
    """Draw a name with one character replaced, left out or put in."""
    name, place = draw(names()), draw(st.integers(0, 24))
    return name[:place] + draw(st.text(ANY_CHARACTER, max_size=1)) + name[place + 1 :]


NASTY = st.one_of(
    st.text(ANY_CHARACTER, max_size=30),
    st.text("2CXOJ_ 0123456789.+-ABX−٣３²\n", max_size=30),
    st.text("0369.+-− ", max_size=16).map("CXO J".__add__),
    damaged_names(),
)


@pytest.mark.parametrize(
    "spelling",
    [
        NAME,
        "2CXOJ032908.3+312020",
        "2CXOJ0329083p312020",
        "2CXO_J032908.3+312020",
        "2cxo j032908.3+312020",
        "2cxoj032908.3+312020",
        "2Cxo_j_032908.3+312020",
        "2CXO J 032908.3+312020",
        "  2CXO   J032908.3+312020 ",
        "2CXO\tJ032908.3+312020\n",
        "2CXO\u00a0J032908.3+312020",
        "2CXO\u2009J032908.3+312020",
        NAME.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
    ],
)
def test_every_spelling_becomes_the_catalogues(spelling):
    """Case, underscores, any number of any blanks, and full-width letters do not matter."""
    assert is_csc_name(spelling)
    assert normalise(spelling) == NAME


@pytest.mark.parametrize("minus", ["-", "−", "–", "—", "‐", "‑", "﹣", "－"])
def test_every_kind_of_minus_is_a_minus(minus):
    """A minus from a paper, a web page or a word processor is the hyphen of the catalogue."""
    assert normalise(SOUTH.replace("-", minus)) == SOUTH


@pytest.mark.parametrize("suffix", ["A", "B", "Z", "X", "AX", "a", "x"])
def test_a_suffix_belongs_to_the_name(suffix):
    """Letters of close pairs and the X of extended sources are kept, in upper case."""
    assert normalise(NAME + suffix) == NAME + suffix.upper()


@pytest.mark.parametrize("text", ["NGC 1333", "M 31", "2MASS J03290895+3122562", "2CXO", "2CXO J"])
def test_other_names_are_not_taken_for_ours(text):
    """What does not start as a 2CXO name is left to the resolver."""
    assert not is_csc_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "2CXO J032908+312020",
        "2CXO J032908.31+312020",
        "2CXO J032908.3 312020",
        "2CXO J032908.3+3120",
        "2CXO J032908.3+312020AB",
        "2CXO J032908.3+312020XA",
        "2CXO J032908.3+312020'",
        "2CXO J032908.3+312020; DROP",
        "2CXO J1",
        "2CXO J322908.3+312020",
        "2CXO J036008.3+312020",
        "2CXO J032960.0+312020",
        "2CXO J032908.3+316020",
        "2CXO J032908.3+312060",
        "2CXO J032908.3+900001",
        "2CXO J032908.3-910000",
        "NGC 1333",
        "",
    ],
)
def test_what_is_no_name_is_refused_with_the_form_of_one(text):
    """The error shows the text and an example; digits that are not a position are not a name."""
    with pytest.raises(InvalidQueryError) as caught:
        normalise(text)

    assert str(caught.value).startswith(f"{text!r} is not a 2CXO name. Expected 2CXO Jhhmmss.s±")
    assert f"{NAME!r}" in str(caught.value)
    assert str(caught.value).endswith("with another name: query_object or query_region.")


def test_digits_of_another_script_are_no_name():
    """Python counts ٣ as a digit; the catalogue does not."""
    with pytest.raises(InvalidQueryError, match="is not a 2CXO name"):
        normalise("2CXO J" + NAME[6:].translate({ord(d): 0x660 + int(d) for d in string.digits}))


@pytest.mark.parametrize(
    "text", ["CXO J032908.3+312020", "CXOJ032908.3+312020", "cxo j032908.3−312020A"]
)
@pytest.mark.parametrize("function", [is_csc_name, normalise, position_deg])
def test_a_name_of_release_1_is_an_error_that_says_so(function, text):
    """The error names the release and the way on, a cone at the position in the name."""
    with pytest.raises(InvalidQueryError, match=r"release 1 .*query_region") as caught:
        function(text)

    assert caught.value.release == "1.1"


@pytest.mark.parametrize("text", ["CXOU J0329.1+3120", "CXO J0329+3120", "CXOANGC1333 12"])
def test_chandra_names_of_other_papers_are_left_to_the_resolver(text):
    """A Chandra name with other digits is not a name of release 1."""
    assert not is_csc_name(text)


@pytest.mark.parametrize("value", [None, 5, b"2CXO J032908.3+312020", ["2CXO"]])
@pytest.mark.parametrize("function", [is_csc_name, normalise, position_deg])
def test_a_name_is_a_string(function, value):
    """The error shows the type, the value, and what to write."""
    with pytest.raises(InputTypeError) as caught:
        function(value)

    assert f"not {type(value).__name__} ({value!r}). Write {NAME!r}." in str(caught.value)


@pytest.mark.parametrize(
    ("name", "ra_deg", "dec_deg"),
    [
        ("2CXO J000000.0+000000", 0.05 / 240, 0.5 / 3600),
        ("2CXO J000000.0-000000", 0.05 / 240, -0.5 / 3600),
        ("2CXO J235959.9+895959", 360 - 0.05 / 240, 90 - 0.5 / 3600),
        ("2CXO J120000.0+900000", 180 + 0.05 / 240, 90.0),
        ("2CXO J120000.0-900000", 180 + 0.05 / 240, -90.0),
        ("2CXO J010000.0-010000X", 15 + 0.05 / 240, -1 - 0.5 / 3600),
    ],
)
def test_the_position_is_the_middle_of_the_cell(name, ra_deg, dec_deg):
    """Digits are cut, not rounded: the middle is half a step further from zero."""
    assert position_deg(name) == pytest.approx((ra_deg, dec_deg), abs=1e-11)


@given(names())
@examples(200)
def test_a_normal_name_stays_as_it_is(name):
    """Normalising what the catalogue writes changes nothing."""
    assert normalise(name) == name


@given(names(), st.sampled_from(["2CXO J", "2CXOJ", "2cxo_j", " 2CXO  J "]), st.booleans())
@examples(200)
def test_any_name_in_any_spelling_is_read(name, start, is_lower):
    """The spelling of the prefix, and case, never change which source is meant."""
    spelled = name.replace("2CXO J", start)

    found = normalise(spelled.lower() if is_lower else spelled.replace("-", "−"))

    assert found == name


@given(names())
@examples(200)
def test_the_position_lies_within_the_cell_of_the_name(name):
    """Naming the position anew gives the same digits; at the pole the cell is a point."""
    ra_deg, dec_deg = position_deg(name)

    seconds = cut(ra_deg * 240 + 1e-9, 1)
    arcsec = cut(abs(dec_deg) * 3600 + 1e-7, 0)
    digits = f"{seconds // 3600:02.0f}{seconds // 60 % 60:02.0f}{seconds % 60:04.1f}"
    degrees = f"{arcsec // 3600:02.0f}{arcsec // 60 % 60:02.0f}{arcsec % 60:02.0f}"
    assert name.startswith(f"2CXO J{digits}{name[14]}{degrees}")
    assert 0 <= ra_deg < 360
    assert math.copysign(1, dec_deg) == {"+": 1, "-": -1}[name[14]]


def attempt(function, text):
    """Call a function and give its result, or the error that a user may see."""
    try:
        return function(text)
    except (InvalidQueryError, InputTypeError) as error:
        return error


@given(NASTY)
@examples(400)
@pytest.mark.parametrize("function", [is_csc_name, normalise, position_deg])
def test_garbage_raises_nothing_but_our_errors(function, text):
    """Whatever the text, there is a result or an error of this package with a message."""
    assert str(attempt(function, text))


@given(NASTY)
@examples(400)
def test_what_is_read_as_a_name_is_plain_ascii(text):
    """A normal name holds the characters of names alone, so it is safe in any query."""
    found = attempt(normalise, text)

    assert isinstance(found, InvalidQueryError) or set(found) <= PLAIN


def test_a_name_in_file_name_form_may_be_southern_and_have_a_suffix():
    """An m stands for the minus sign; A, B… and X stay."""
    assert normalise("2CXOJ0043075m092302AX") == "2CXO J004307.5-092302AX"
