# Licensed under a 3-clause BSD style license - see LICENSE
"""Columns, filters and criteria as users of other services write them."""

import pytest

from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.search import arguments

RELEASE = get_release("2.1")


@pytest.mark.parametrize(
    "columns", ["m.flux_aper_b", "master_source.FLUX_aper_b", ["csc21.master_source.flux_aper_b"]]
)
def test_a_column_may_name_its_table(columns):
    """CIAO writes m.ra, and ADQL the table."""
    assert arguments.column_names(columns, RELEASE) == ("name", "ra", "dec", "flux_aper_b")


def test_a_filter_may_name_its_table():
    """The same spelling as for columns."""
    assert arguments.conditions({"m.Significance": "> 10"}, None, RELEASE) == [
        "m.significance > 10"
    ]


def test_the_case_of_a_set_does_not_matter():
    """MATCH is the set match."""
    assert arguments.column_names("MATCH", RELEASE) == arguments.column_names("match", RELEASE)


@pytest.mark.parametrize(("column", "level"), [("o.theta", "observation"), ("s.ra", "stack")])
def test_a_column_below_the_masters_leads_to_the_detections(column, level):
    """The message names the verb and the level."""
    with pytest.raises(InvalidQueryError, match=rf"query_detections\(..., level='{level}'\)"):
        arguments.column_names(column, RELEASE)


@pytest.mark.parametrize("pattern", ["2CXO J0329*", "2CXO J0329%", "2cxo_j0329*"])
def test_a_pattern_of_names_has_either_sign(pattern):
    """A star, as in VizieR, or the percent sign of ADQL."""
    (condition,) = arguments.conditions({"name": pattern}, None, RELEASE)

    assert condition == "m.name LIKE '2CXO J0329%'"


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"significance": "10"}, "Write 10, '> 10', (10, 20), or (10, None)."),
        ({"significance": "10..20"}, "(10, 20)"),
        ({"significance": "> 10 & < 20"}, "(10, 20)"),
        ({"extent_flag": "T"}, "Write True, False or None."),
    ],
)
def test_a_filter_in_another_form_is_refused_with_the_forms_there_are(filters, words):
    """VizieR's ranges and texts of numbers."""
    with pytest.raises(InvalidQueryError) as caught:
        arguments.conditions(filters, None, RELEASE)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ("significance > 10;", "Leave out the semicolon."),
        ("WHERE significance > 10", "Leave out WHERE at the beginning."),
        ("and significance > 10", "Leave out and at the beginning."),
        ("significance > 10 AND", "Leave out AND at the end."),
        ("significance > 10 ORDER BY name", "Leave out ORDER BY, or write the whole query"),
        ("significance > 10 LIMIT 5", "Leave out LIMIT 5, and give row_limit."),
        ("SELECT name FROM master_source", "A whole query goes to query_tap."),
        ("(significance > 10", "a parenthesis that is not closed"),
        ("name = 'x", "A single quote is not closed."),
    ],
)
def test_criteria_with_too_much_or_too_little_are_refused_with_what_to_change(criteria, words):
    """One condition, and nothing around it."""
    with pytest.raises(InvalidQueryError) as caught:
        arguments.conditions(None, criteria, RELEASE)

    assert words in str(caught.value)
