# Licensed under a 3-clause BSD style license - see LICENSE
"""A table without rows: the warning says what was asked, and what tells more."""

import pytest
import sqlglot
from astropy import units as u
from astropy.coordinates import SkyCoord
from astroquery.exceptions import NoResultsWarning

from astroquery_csc.adql.equality import as_ranges

NOWHERE = SkyCoord(10, 20, unit="deg")
GONE = "2CXO J000000.0+000000"
DEPTH = "query_sensitivity tells whether the place was observed, and how deep."


def only_message(caught):
    """Give the text of the single warning."""
    (one,) = caught
    assert one.category is NoResultsWarning
    return str(one.message)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"radius": 1 * u.arcsec}, "within 1 arcsec of 10.000000 +20.000000 (deg)."),
        ({"radius": "90 arcsec"}, "within 1.5 arcmin of 10.000000 +20.000000 (deg)."),
        ({"radius": "1 deg"}, "within 1 deg of 10.000000 +20.000000 (deg)."),
        (
            {"width": "2 arcmin", "height": "30 arcsec"},
            "in a box of 2 arcmin x 30 arcsec around 10.000000 +20.000000 (deg).",
        ),
        (
            {"radius": "1 arcsec", "column_filters": {"significance": (5, None)}},
            "of 10.000000 +20.000000 (deg); significance >= 5.",
        ),
        (
            {"radius": "1 arcsec", "criteria": "var_flag = 1 OR\n conf_flag = 1"},
            "(deg); var_flag = 1 OR conf_flag = 1.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_an_empty_region_is_described(csc, arguments, words):
    """Size, position and filters are in the warning, and the verb that tells the depth."""
    with pytest.warns(NoResultsWarning) as caught:
        csc.query_region(NOWHERE, **arguments)

    assert only_message(caught).startswith("No row matches the query: ")
    assert words in only_message(caught)
    assert only_message(caught).endswith(DEPTH)


def test_several_positions_are_counted(csc):
    """A list is not written out."""
    with pytest.warns(NoResultsWarning, match=r"within 1 arcsec of 2 positions\. query_sens"):
        csc.query_region(SkyCoord([10, 11], [20, 20], unit="deg"), 1 * u.arcsec)


def test_long_filters_are_cut(csc):
    """A message stays readable."""
    criteria = " OR ".join(["significance > 1e9"] * 50)

    with pytest.warns(NoResultsWarning) as caught:
        csc.query_criteria(criteria=criteria)

    assert only_message(caught).endswith("...")
    assert len(only_message(caught)) < 300


def test_a_source_that_is_gone_leads_to_the_depth(csc):
    """A name that is not in the release may be at a place without an observation."""
    with pytest.warns(NoResultsWarning, match=rf"look around .* {DEPTH}"):
        csc.query_object(GONE)


def test_filters_that_a_source_may_not_satisfy_are_quoted(csc):
    """With filters, a name may be there and left out."""
    with pytest.warns(NoResultsWarning, match="or does not satisfy significance >= 1"):
        csc.query_object(GONE, column_filters={"significance": (1, None)})


def test_names_that_match_nothing_lead_to_the_depth(csc):
    """The same for a list of names."""
    with pytest.warns(NoResultsWarning, match=rf"1 name matches nothing .* {DEPTH}"):
        csc.query_objects([GONE])


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (
            lambda csc: csc.query_criteria(column_filters={"significance": 23.2}),
            "Few values equal a decimal: write significance BETWEEN 23.15 AND 23.25.",
        ),
        (
            lambda csc: csc.query_criteria(criteria="flux_aper_b = 1.3e-14"),
            "write flux_aper_b BETWEEN 1.25e-14 AND 1.35e-14.",
        ),
        (
            lambda csc: csc.query_tap("SELECT name FROM master_source WHERE RA = 52.2"),
            "write RA BETWEEN 52.15 AND 52.25.",
        ),
    ],
    ids=["filter", "criteria", "adql"],
)
def test_an_equality_of_decimals_is_shown_as_a_range(csc, ask, words):
    """No row has a value that was rounded to three digits."""
    with pytest.warns(NoResultsWarning) as caught:
        ask(csc)

    assert words in only_message(caught)


@pytest.mark.parametrize(
    ("where", "ranges"),
    [
        ("-5.25 = ra", ["ra BETWEEN -5.255 AND -5.245"]),
        ("-5.25 = -ra", []),
        ("ra = -5", ["ra BETWEEN -5.5 AND -4.5"]),
        ("ra = 120", ["ra BETWEEN 119.5 AND 120.5"]),
        ("flux_aper_b = 1E+3", ["flux_aper_b BETWEEN 5e+2 AND 1.5e+3"]),
        ("flux_aper_b = 0", []),
        ("extent_flag = 1", []),
        ("name = '52.2'", []),
        ("ra = dec", []),
        ("ra > 5", []),
        ("mine = 5.5", []),
    ],
)
def test_which_comparisons_have_a_range(where, ranges):
    """Columns of decimals with a number that is not 0."""
    tree = sqlglot.parse_one(f"SELECT 1 FROM t WHERE {where}", read="tsql")

    assert as_ranges(tree, "2.1") == ranges


@pytest.mark.parametrize(
    ("where", "hint"),
    [
        ("likelihood_class = 'True'", "likelihood_class is 'TRUE' or 'MARGINAL'."),
        ("likelihood_class IN ('T', 'M')", "likelihood_class is 'TRUE' or 'MARGINAL'."),
        ("name LIKE '2cxo j03%'", "Names begin with '2CXO J', in capitals."),
        ("ra BETWEEN 52.4 AND 52.2", "ra BETWEEN 52.4 AND 52.2 is empty: the smaller number"),
        ("dec BETWEEN -1.5 AND -2", "dec BETWEEN -1.5 AND -2 is empty: the smaller number"),
    ],
)
def test_what_no_row_can_satisfy_is_named(csc, where, hint):
    """Values in another case, and ranges the wrong way round."""
    with pytest.warns(NoResultsWarning) as caught:
        csc.query_tap(f"SELECT name FROM master_source WHERE {where}")

    assert hint in only_message(caught)


def test_likely_values_have_no_hint(csc):
    """Values that the columns have."""
    where = "likelihood_class = 'TRUE' AND name LIKE '2CXO%' AND ra BETWEEN 5 AND 6 AND dec > 95"

    with pytest.warns(NoResultsWarning) as caught:
        csc.query_tap(f"SELECT name FROM master_source WHERE {where}")

    assert only_message(caught).endswith("dec > 95.")


def test_an_empty_query_with_a_cone_leads_to_the_depth(csc):
    """Pasted from CSCview, too; the query itself is shown."""
    with pytest.warns(NoResultsWarning) as caught:
        csc.query_tap("SELECT name FROM master_source WHERE dbo.separation(ra, dec, 10, 20) < 1")

    assert "the query: SELECT name FROM csc21.master_source WHERE" in only_message(caught)
    assert only_message(caught).endswith(DEPTH)


def test_an_empty_list_of_images_is_described(csc):
    """Size and position of the box."""
    with pytest.warns(NoResultsWarning, match=r"in a box of 30 arcmin x 30 arcmin around 10\.0"):
        csc.query_sia(NOWHERE, 0.5 * u.deg)
