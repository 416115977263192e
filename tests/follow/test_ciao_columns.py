# Licensed under a 3-clause BSD style license - see LICENSE
"""Columns below the masters as CIAO and CSCview name them, in any case."""

import pytest

from astroquery_csc.catalogue.ciao import ciao_set
from astroquery_csc.exceptions import InvalidQueryError
from tests.support.comparing import NGC1333, RequestLog
from tests.support.joined import OBSID

KEYS = ("name", "detect_stack_id", "region_id", "obsid", "obi")


@pytest.mark.parametrize("name", ["MSBS", "MSS", "MSP", "MSV", "mss"])
def test_a_set_of_ciao_chooses_the_columns_of_masters(csc, name):
    """``search_csc columns=MSS``."""
    table = csc.query_region(NGC1333, columns=name)

    wanted = {one.removeprefix("m.") for one in ciao_set(name.upper(), "2.1")}
    assert set(table.colnames) == wanted | {"separation"}


@pytest.mark.parametrize(
    ("long", "letter", "name"),
    [
        ("observation", "o", "SOS"),
        ("observation", "o", "SOP"),
        ("observation", "o", "SOV"),
        ("stack", "s", "SSS"),
        ("stack", "s", "SSP"),
    ],
)
def test_a_set_of_ciao_chooses_the_columns_of_a_level(csc, long, letter, name):
    """Columns of masters are named as everywhere, and keys come once."""
    table = csc.query_detections(obsid=OBSID, level=long, columns=name)

    own = {one[2:] for one in ciao_set(name, "2.1") if one.startswith(letter)}
    masters = {f"master_{one[2:]}" for one in ciao_set(name, "2.1") if one.startswith("m")}
    assert own | masters - {"master_name"} <= set(table.colnames)
    assert set(table.colnames) <= own | masters | {*KEYS, "match_type"}


def test_a_set_of_ciao_stands_beside_other_columns(csc):
    """CIAO's own example: ``columns="SOS,a.match_type,o.livetime"``, but for the letter."""
    table = csc.query_detections(obsid=OBSID, columns="SOS, match_type, o.livetime, m.var_flag")

    assert table.colnames[-1] == "master_var_flag"


@pytest.mark.parametrize(
    ("columns", "level", "words"),
    [
        ("MSS", "observation", "query_criteria; for observations: 'SOS', 'SOP', 'SOV'."),
        ("MSS", "stack", "for stacks: 'SSS', 'SSP'."),
        ("SSS", "observation", "Write 'SOS', 'SOP', 'SOV', or level='stack'."),
        ("SOV", "stack", "Write 'SSS', 'SSP', or level='observation'."),
    ],
)
def test_a_set_of_another_level_is_refused_with_those_of_this_one(csc, columns, level, words):
    """Nothing is sent."""
    with pytest.raises(InvalidQueryError) as caught:
        csc.query_detections(obsid=OBSID, level=level, columns=columns)

    assert words in str(caught.value)


@pytest.mark.parametrize(("name", "level"), [("SOS", "observation"), ("SSP", "stack")])
def test_a_set_below_the_masters_is_refused_for_masters(csc, name, level):
    """The message names the verb, and the sets of masters."""
    with pytest.raises(InvalidQueryError) as caught:
        csc.query_criteria(columns=name)

    assert f"level='{level}', columns='{name}'" in str(caught.value)
    assert "'MSBS', 'MSS', 'MSP', 'MSV'." in str(caught.value)


@pytest.mark.parametrize(
    ("level", "columns"),
    [
        ("observation", "NAME, flux_aper_B, M.RA, Theta"),
        ("observation", ["Flux_Aper_b", "m.ra", "THETA"]),
        ("stack", {"flux_aper_B", "m.RA", "THETA_mean"}),
    ],
)
def test_the_case_of_columns_does_not_matter(csc, level, columns):
    """ADQL does not know case, and tables have the catalogue's names."""
    table = csc.query_detections(obsid=OBSID, level=level, columns=columns)

    assert {"flux_aper_b", "master_ra"} < set(table.colnames)
    assert table.colnames == [name.lower() for name in table.colnames]


def test_the_case_of_filters_does_not_matter(csc, server):
    """The column is written as the catalogue does."""
    log = RequestLog(server)

    csc.query_detections(obsid=OBSID, column_filters={"THETA": (None, 99), "O.Obi": 0})

    assert "o.theta <= 99" in log.queries[-1]
    assert "o.obi = 0" in log.queries[-1]


@pytest.mark.parametrize("name", ["Name", "MATCH_TYPE"])
def test_an_argument_is_no_filter_in_any_case(csc, name):
    """The message names the argument."""
    with pytest.raises(InvalidQueryError, match="which is an argument"):
        csc.query_detections(obsid=OBSID, column_filters={name: "u"})
