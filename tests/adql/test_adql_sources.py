# Licensed under a 3-clause BSD style license - see LICENSE
"""adql.sources: which column of which table each output column of a query is."""

import pytest

from astroquery_csc.adql import read as adql
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.catalogue.schema import get_tables
from astroquery_csc.exceptions import InvalidQueryError

RELEASE = get_release("2.1")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT ra FROM master_source", {"ra": ("master_source", "ra")}),
        ("SELECT m.ra AS x FROM csc21.master_source m", {"x": ("master_source", "ra")}),
        ("SELECT m.ra x FROM csc21.master_source m", {"x": ("master_source", "ra")}),
        ("SELECT M.RA FROM master_source m", {"RA": ("master_source", "ra")}),
        ("SELECT RA FROM master_source", {"RA": ("master_source", "ra")}),
        (
            "SELECT s.flux_aper_b, m.flux_aper_b AS y FROM master_source m, stack_source s",
            {"flux_aper_b": ("stack_source", "flux_aper_b"), "y": ("master_source", "flux_aper_b")},
        ),
        (
            "SELECT s.ra, name FROM stack_source s JOIN master_stack_assoc a ON s.x = a.y",
            {"ra": ("stack_source", "ra"), "name": ("master_stack_assoc", "name")},
        ),
        ("SELECT 2 * ra AS x, COUNT(dec) AS n, -ra AS y FROM master_source", {}),
        ("SELECT q.ra FROM (SELECT ra FROM master_source) q", {"ra": ("master_source", "ra")}),
        ("SELECT * FROM (SELECT dec AS y FROM master_source) q", {"y": ("master_source", "dec")}),
        ("SELECT y FROM (SELECT dec * 2 AS y FROM master_source) q", {}),
        (
            "WITH w AS (SELECT name, ra AS r FROM master_source) SELECT w.r AS z FROM w",
            {"z": ("master_source", "ra")},
        ),
        (
            "WITH w (a, b) AS (SELECT name, ra FROM master_source) SELECT b FROM w",
            {"b": ("master_source", "ra")},
        ),
        (
            "WITH stack_source AS (SELECT ra FROM master_source) SELECT ra FROM stack_source",
            {"ra": ("master_source", "ra")},
        ),
        (
            "SELECT ra AS x, dec FROM master_source UNION SELECT ra, ra FROM master_source",
            {"x": ("master_source", "ra")},
        ),
        ("SELECT ra FROM master_source UNION SELECT name, ra FROM master_source", {}),
        ("SELECT 2 * ra AS ra, s.ra FROM master_source m, stack_source s", {}),
        ("SELECT q.x FROM (SELECT x FROM novel) q", {}),
        ("SELECT t.ra FROM tap_upload.mine t", {}),
        ("SELECT ra FROM master_source, stack_source", {}),
        ("SELECT nonsense FROM master_source", {}),
        ("SELECT 1 AS one", {}),
    ],
)
def test_plain_columns_are_traced_to_their_tables(text, found):
    """Output names lead to (table, column); what is computed or ambiguous does not."""
    assert adql.sources(text, RELEASE) == found


def test_a_star_is_every_known_column():
    """``*`` and ``m.*`` bring the columns of their tables; the first table wins a name."""
    both = adql.sources("SELECT * FROM master_source m, stack_source s", RELEASE)
    one = adql.sources("SELECT s.*, m.name FROM master_source m, stack_source s", RELEASE)

    assert both["ra"] == ("master_source", "ra")
    assert both["detect_stack_id"] == ("stack_source", "detect_stack_id")
    assert one["ra"] == ("stack_source", "ra")
    assert one["name"] == ("master_source", "name")
    assert set(one) == {"name", *get_tables("2.1")["stack_source"].columns}


@pytest.mark.parametrize("release", ["2.0", "2.1", "current"])
def test_a_star_brings_what_the_release_may_have(release):
    """Where its dictionary is partial, those of 2.1 count too: a column has one meaning in both."""
    found = adql.sources("SELECT * FROM master_source", get_release(release))

    here, newer = (get_tables(name)["master_source"].columns for name in (release, "2.1"))
    assert found == {name: ("master_source", name) for name in {**here, **newer}}


def test_a_star_of_an_unknown_table_brings_nothing_that_is_known():
    """Then its columns are what the service says."""
    assert adql.sources("SELECT * FROM novel", RELEASE) == {}


def test_a_bare_column_is_of_the_table_that_has_it_in_the_release():
    """In release 2.0 only stack detections are known to have this one; in 2.1 masters, too."""
    text = "SELECT major_axis_b FROM master_source, stack_source"

    assert adql.sources(text, get_release("2.0")) == {
        "major_axis_b": ("stack_source", "major_axis_b")
    }
    assert adql.sources(text, RELEASE) == {}


def test_a_bare_column_that_only_the_newer_release_is_known_to_have_is_found():
    """The dictionary of 2.0 has part of its tables; this one has the column in both."""
    text = "SELECT gal_l FROM master_source"

    assert "gal_l" not in get_tables("2.0")["master_source"].columns
    assert adql.sources(text, get_release("2.0")) == {"gal_l": ("master_source", "gal_l")}


def test_a_bare_column_of_another_table_is_not_taken_for_one_of_this():
    """No release knows theta_mean of a master; of detections, the newer one does."""
    text = "SELECT theta_mean FROM master_source"

    assert adql.sources(text, get_release("2.0")) == {}


def test_sources_of_what_is_no_select_are_refused():
    """Only a SELECT has output columns."""
    with pytest.raises(InvalidQueryError, match="is not one SELECT"):
        adql.sources("DELETE FROM master_source", RELEASE)


def test_limit_is_refused_with_the_way_on():
    """LIMIT is of other dialects; TOP and maxrec are the way on."""
    text = "SELECT name FROM master_source LIMIT 5"

    with pytest.raises(InvalidQueryError, match="ADQL has no LIMIT") as caught:
        adql.prepare(text, RELEASE)

    assert caught.value.adql == text
