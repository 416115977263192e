# Licensed under a 3-clause BSD style license - see LICENSE
"""What users ask for becomes plain values: limits, columns, conditions, names."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, Table

from astroquery_csc import Csc
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.catalogue.schema import NAMED_SETS, VERBOSITY, master_columns
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.search import arguments

RELEASE, OLDER = get_release("2.1"), get_release("2.0")


def refused(function, *args, kind=InvalidQueryError, **arguments):
    """Call a function that has to refuse, and give the message."""
    with pytest.raises(kind) as caught:
        function(*args, **arguments)
    return str(caught.value)


# ---- limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "limit"), [(-1, None), (1, 1), (np.int64(5), 5), (10**12, 10**12)]
)
def test_a_row_limit(value, limit):
    """-1 means all rows."""
    assert arguments.row_limit(value) == limit


@pytest.mark.parametrize("value", [0, -2, np.int32(-10)])
def test_a_row_limit_that_asks_for_nothing_is_refused(value):
    """The error says what to write for all rows."""
    assert refused(arguments.row_limit, value) == (
        f"A row limit of {value} asks for nothing. Write 1 or more, or -1 for all rows."
    )


@pytest.mark.parametrize("value", [None, 1.0, "5", True, np.bool_(True), np.nan, [5]])
def test_a_limit_is_an_integer(value):
    """The error shows what was given instead, and what to write."""
    message = refused(arguments.row_limit, value, kind=InputTypeError)

    assert message.startswith(f"A row limit is an integer, not {value!r}. Write row_limit=100")


def test_maxrec_is_a_limit_of_its_own():
    """None leaves it to the service; -1, which the service does not know, is refused."""
    assert [arguments.maxrec(None, -1), arguments.maxrec(7, -1)] == [None, 7]
    assert [arguments.maxrec(None, 5), arguments.maxrec(-1, 5)] == [5, None]
    assert "asks for nothing" in refused(arguments.maxrec, 0, -1)
    assert "is an integer, not '5'" in refused(arguments.maxrec, "5", -1, kind=InputTypeError)


# ---- columns ---------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [1, 2, np.int64(2)])
def test_verbosity_means_the_services_columns(value):
    """1 and 2 have fixed columns."""
    assert arguments.verbosity_columns(value, RELEASE) == VERBOSITY[int(value)]


def test_verbosity_three_is_everything():
    """By name where all are known, else as a star."""
    assert arguments.verbosity_columns(3, RELEASE) == master_columns("2.1")
    assert arguments.verbosity_columns(3, OLDER) == ("*",)


@pytest.mark.parametrize("value", [0, 4, -1])
def test_another_verbosity_is_refused(value):
    """The error lists the three."""
    assert refused(arguments.verbosity_columns, value, RELEASE) == (
        f"verbosity is {value}; expected 1, 2 or 3."
    )


@pytest.mark.parametrize("value", ["2", 2.0, True, None, [2]])
def test_a_verbosity_is_an_integer(value):
    """Any other type is an error that shows it."""
    message = refused(arguments.verbosity_columns, value, RELEASE, kind=InputTypeError)

    assert message == f"verbosity is {value!r}; expected 1, 2 or 3."


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ("flux_aper_b", ("name", "ra", "dec", "flux_aper_b")),
        (" flux_aper_b ", ("name", "ra", "dec", "flux_aper_b")),
        (["flux_aper_b", "ra"], ("name", "ra", "dec", "flux_aper_b")),
        (("dec", "dec"), ("name", "ra", "dec")),
        (np.array(["significance"]), ("name", "ra", "dec", "significance")),
        ("match", NAMED_SETS["match"]),
        (["var_flag", "match"], ("name", "ra", "dec", "var_flag", *NAMED_SETS["match"][3:])),
        ("*", master_columns("2.1")),
    ],
)
def test_columns_by_name_or_by_set(columns, names):
    """Name and position are always among them, and nothing comes twice."""
    assert arguments.column_names(columns, RELEASE) == names


@pytest.mark.parametrize(
    "columns",
    [
        "var_flag, flux_aper_b",
        "var_flag,flux_aper_B",
        {"flux_aper_b": 1, "VAR_FLAG": 2},
        {"var_flag": 1, "flux_aper_b": 2}.keys(),
        {"var_flag", "Flux_Aper_B"},
    ],
)
def test_columns_in_any_container_and_case(columns):
    """One string with commas, a set, a dict or its keys; ADQL does not know case."""
    found = arguments.column_names(columns, RELEASE)

    assert found[:3] == ("name", "ra", "dec")
    assert set(found[3:]) == {"var_flag", "flux_aper_b"}


def test_filters_do_not_know_case():
    """Two spellings of one column in one dict are refused."""
    assert arguments.conditions({"Significance": "> 5"}, None, RELEASE) == ["m.significance > 5"]
    assert "Did you mean 'ra'?" in refused(arguments.conditions, {"ra": 1, "RA": 2}, None, RELEASE)


def test_all_columns_are_a_star_where_not_all_are_known():
    """The service's own list of a release that the dictionary has in part."""
    assert arguments.column_names(["ra", "*"], OLDER) == ("*",)


def test_an_unknown_column_is_refused_with_a_suggestion():
    """Where the dictionary is whole, it decides, without asking."""
    message = refused(arguments.column_names, ["ra", "flux_aperb"], RELEASE, ask=pytest.fail)

    assert message == (
        "Column 'flux_aperb' is not in master_source of release 2.1. Did you mean 'flux_aper_b'? "
        "Csc.list_columns('master_source') shows what there is."
    )


def test_a_column_of_a_partial_release_is_asked_for():
    """The service's list decides; without one a word passes, and nothing but a word."""

    def ask(_):
        """Know one column."""
        return {"brand_new"}

    assert "brand_new" in arguments.column_names("brand_new", OLDER, ask)
    assert "brand_new" in arguments.column_names("brand_new", OLDER)
    assert "Did you mean 'brand_new'?" in refused(arguments.column_names, "brand_nw", OLDER, ask)
    assert "Column 'brand new' is not in" in refused(arguments.column_names, "brand new", OLDER)


@pytest.mark.parametrize(
    "value", [None, 5, b"ra", {1}, {1: "ra"}, [1], ["ra", None], np.array("ra"), iter(["ra"])]
)
def test_columns_are_names(value):
    """The error shows an example and the named sets."""
    message = refused(arguments.column_names, value, RELEASE, kind=InputTypeError)

    assert "expected column names: ['name', 'flux_aper_b'], '*', or a named set" in message
    assert "'match', 'photometry', 'variability', 'quality'" in message


@pytest.mark.parametrize("value", [[], (), np.array([], dtype=str)])
def test_no_columns_are_refused(value):
    """The error says to name one, or to leave it out."""
    assert refused(arguments.column_names, value, RELEASE) == (
        "columns is empty. Name at least one, or leave it out."
    )


# ---- conditions ------------------------------------------------------------------------------


def test_filters_and_criteria_all_hold():
    """Each filter is a condition, and so is the user's own."""
    filters = {"significance": (10, None), "likelihood_class": "TRUE"}

    found = arguments.conditions(filters, " ra > 1 OR dec > 2 ", RELEASE)

    assert found == ["m.significance >= 10", "m.likelihood_class = 'TRUE'", "ra > 1 OR dec > 2"]
    assert arguments.conditions(None, None, RELEASE) == []
    assert arguments.conditions({}, None, RELEASE) == []


@pytest.mark.parametrize(
    ("wanted", "condition"),
    [
        ("x", "m.brand_new = 'x'"),
        (["x", "y"], "m.brand_new IN ('x', 'y')"),
        (5, "m.brand_new = 5"),
        (np.float64(5), "m.brand_new = 5.0"),
        ((1, 2), "m.brand_new BETWEEN 1 AND 2"),
        (">10", "m.brand_new > 10"),
        ((">", 10), "m.brand_new > 10"),
        ("!= x", "m.brand_new <> 'x'"),
        (None, "m.brand_new IS NULL"),
        (True, "m.brand_new = 1"),
        (5 * u.dimensionless_unscaled, "m.brand_new = 5.0"),
    ],
)
def test_a_filter_on_a_column_that_only_the_service_knows(wanted, condition):
    """Its type is guessed from the values."""
    (found,) = arguments.conditions({"brand_new": wanted}, None, OLDER)

    assert str(found) == condition


@pytest.mark.parametrize("value", [[("a", 1)], "a = 1", 5, ("a", 1)])
def test_filters_are_a_dict(value):
    """The error shows the value and an example."""
    message = refused(arguments.conditions, value, None, RELEASE, kind=InputTypeError)

    assert "expected a dict: {'significance': (10, None)}." in message


def test_a_filter_on_an_unknown_column_is_refused():
    """With a suggestion; a key that is not a string is a type error."""
    assert "Did you mean 'significance'?" in refused(
        arguments.conditions, {"significanse": 1}, None, RELEASE
    )
    assert "A column name is a string, not 5." in refused(
        arguments.conditions, {5: 1}, None, RELEASE, kind=InputTypeError
    )


def test_criteria_that_is_no_condition_is_refused():
    """Nothing but one condition comes through."""
    assert "not exactly one ADQL condition" in refused(
        arguments.conditions, None, "ra > 1; DROP TABLE x", RELEASE
    )
    assert "in a string, not int" in refused(
        arguments.conditions, None, 5, RELEASE, kind=InputTypeError
    )


# ---- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("NGC 1333", "NGC 1333"),
        (" NGC 1333\n", "NGC 1333"),
        ("Barnard's star", "Barnard's star"),
        ("[KH2001] 5", "[KH2001] 5"),
        ("η Car", "η Car"),
        (np.str_("M 31"), "M 31"),
        ("2CXO\u00a0J032908.3+312020", "2CXO J032908.3+312020"),
        ("NGC\u20091333", "NGC 1333"),
    ],
)
def test_a_name_is_trimmed_and_kept(name, text):
    """Apostrophes, brackets and other scripts belong to names; blanks of every kind are blanks."""
    assert arguments.check_name(name) == text


@pytest.mark.parametrize("name", ["x;y", 'x"y', "'x", "x\ny", "x\0", "x\ty", "x\u2028y", "x\x7f"])
def test_what_no_name_has_is_refused(name):
    """Quotes around it, semicolons and control characters."""
    message = refused(arguments.check_name, name)

    assert message.startswith(f"{name!r} is not an object name: it holds a quote, a semicolon or")


@pytest.mark.parametrize("name", ["", " ", "\u00a0"])
def test_an_empty_name_is_refused(name):
    """The error shows what a name looks like."""
    assert refused(arguments.check_name, name) == "An object name is empty. Write 'NGC 1333'."


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (None, "None"),
        (5, "5"),
        (b"NGC 1333", "b'NGC 1333'"),
        (["NGC 1333"], "a list"),
        (np.ma.masked, "masked"),
        (np.array("NGC 1333"), "a ndarray of shape ()"),
    ],
)
def test_a_name_is_a_string(name, words):
    """The error shows the value, or says what it is."""
    message = refused(arguments.check_name, name, kind=InputTypeError)

    assert message == f"An object name is a string, not {words}. Write 'NGC 1333'."


@pytest.mark.parametrize(
    "names",
    [
        ["a", " b "],
        ("a", "b"),
        np.array(["a", "b"]),
        np.array(["a", "b"], dtype=object),
        Table({"n": ["a", "b"]})["n"],
        MaskedColumn(["a", "b"]),
        iter(["a", "b"]),
        {"a": 1, "b": 2}.keys(),
    ],
)
def test_several_names_in_any_container(names):
    """Lists, arrays, columns and what else can be gone through, in order."""
    assert arguments.object_names(names) == ["a", "b"]


@pytest.mark.parametrize("names", [5, None])
def test_a_value_is_not_several_names(names):
    """The error shows it."""
    message = refused(arguments.object_names, names, kind=InputTypeError)

    assert message == f"object_names is {names!r}; expected several names."


def test_one_name_is_not_several():
    """The error says which verb takes one."""
    assert refused(arguments.object_names, "NGC 1333", kind=InputTypeError) == (
        "object_names is 'NGC 1333'; expected several names. For one: query_object('NGC 1333')."
    )


def test_what_is_wrong_with_one_name_is_wrong_with_all():
    """A null, an empty name and an empty list are refused."""
    masked = MaskedColumn(["a", "b"], mask=[False, True])

    assert "is a string, not masked" in refused(arguments.object_names, masked, kind=InputTypeError)
    assert "An object name is empty" in refused(arguments.object_names, ["a", ""])
    assert refused(arguments.object_names, []) == "object_names is empty. Give at least one name."


# ---- the rest --------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [True, False, None, np.bool_(True)])
def test_flags_are_true_or_false(value):
    """None leaves it to the configuration; a verb takes all of them."""
    shown = Csc.query_tap(
        "SELECT m.name FROM csc21.master_source m", cache=value, get_query_payload=True
    )

    assert shown["QUERY"] == "SELECT m.name FROM csc21.master_source m"


@pytest.mark.parametrize("value", ["yes", 1, 0, [], "True"])
def test_what_is_no_flag_is_refused(value):
    """The error names the argument."""
    assert refused(arguments.check_flag, value, "cache", kind=InputTypeError) == (
        f"cache is {value!r}; expected True or False."
    )


def test_uploads_are_tables_by_name():
    """The mapping is copied, its tables are not."""
    table = Table({"x": [1]})
    tables = {"mine": table}

    found = arguments.uploads(tables)

    assert found == {"mine": table}
    assert found["mine"] is table
    assert found is not tables
    assert arguments.uploads(None) is None


@pytest.mark.parametrize("name", ["", "my table", "1st", "a;b", "a,param:b", 5, None, "té"])
def test_the_name_of_an_upload_is_a_word(name):
    """It stands in the query and in a header."""
    message = refused(arguments.uploads, {name: Table()})

    assert message.startswith(f"The name {name!r} of an upload is not a plain word.")
    assert "TAP_UPLOAD.mine" in message


@pytest.mark.parametrize("value", [Table(), [("mine", Table())], "mine"])
def test_uploads_are_a_dict(value):
    """The error shows an example."""
    assert "expected a dict: {'mine': table}." in refused(
        arguments.uploads, value, kind=InputTypeError
    )
