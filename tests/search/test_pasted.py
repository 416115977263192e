# Licensed under a 3-clause BSD style license - see LICENSE
"""Queries and criteria as they are pasted: in capitals, unchecked, with the table named."""

import re
from typing import Any

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astroquery.exceptions import MaxResultsWarning, NoResultsWarning

from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InvalidQueryError
from tests.support.comparing import UPPER_LIMIT, RequestLog, assert_same_table


def test_capitals_keep_units_and_descriptions(csc):
    """ADQL is case-blind, and so is what is known of its columns."""
    found = csc.query_tap("SELECT TOP 3 NAME, RA, SIGNIFICANCE FROM MASTER_SOURCE")

    assert found.columns[1].unit == u.deg
    assert found.columns[2].description.startswith("highest flux significance")


def test_the_table_of_the_cone_search_can_be_read(csc):
    """csc21.cone is one of the 16 tables."""
    assert len(csc.query_tap("SELECT TOP 2 name, ra, dec FROM csc21.cone")) == 2


def test_an_unchecked_query_keeps_schema_and_units(csc):
    """Bare names get their schema, and columns what is known of them."""
    query = "SELECT TOP 3 name, ra FROM master_source m WHERE m.significance > 10"

    found = csc.query_tap(query, validate=False)

    assert found["ra"].unit == u.deg
    assert "FROM csc21.master_source m" in found.meta["QUERY"]
    assert_same_table(found, csc.query_tap(query))


def test_an_unchecked_query_that_cannot_be_read_is_sent_as_it_is(csc, server):
    """The service has the last word."""
    log = RequestLog(server)

    with pytest.raises(InvalidQueryError):
        csc.query_tap("SELECT FROM WHERE master_source", validate=False)

    assert log.queries == ["SELECT FROM WHERE master_source"]


@pytest.mark.parametrize("validate", [True, False])
def test_the_upload_of_csccli_is_joined(csc, validate):
    """The bare user_table of csccli is the upload of that name."""
    found = csc.query_tap(
        "SELECT u.k, m.name FROM user_table u, master_source m WHERE m.name = u.name",
        uploads={"user_table": Table({"name": [UPPER_LIMIT], "k": [7]})},
        validate=validate,
    )

    assert found["k"].tolist() == [7]
    assert "TAP_UPLOAD.user_table" in found.meta["QUERY"]


@pytest.mark.parametrize("table", ["master_source", "csc21.master_source", "MASTER_SOURCE"])
def test_criteria_may_name_the_table(csc, table):
    """A column with its table is the same column."""
    found = csc.query_criteria(criteria=f"{table}.significance > 20 AND {table}.dec > 0")

    assert_same_table(found, csc.query_criteria(criteria="significance > 20 AND dec > 0"))


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ("extent_flag = TRUE", "Write extent_flag = 1"),
        ("likelihood_class = MARGINAL", "likelihood_class = 'MARGINAL'"),
        ("ra > np.float64(52.2)", "the value alone"),
        ("name IN ()", "at least one value"),
        ("ra > {ra}", "an f-string"),
    ],
)
def test_slips_in_criteria_have_the_advice_of_a_query(csc, criteria, words):
    """The message says what to write."""
    with pytest.raises(InvalidQueryError) as caught:
        csc.query_criteria(criteria=criteria)

    assert words in str(caught.value)


CONE = "CONTAINS(POINT(ra, dec), CIRCLE(52.297, 31.31, 0.02)) = 1"


def test_a_mirror_takes_a_cone_in_criteria(made):
    """A mirror has the geometry that the service does not have."""
    mirror: Any = CscClass(mirror=made)
    (one,) = mirror.query_tap("SELECT TOP 1 ra, dec FROM master_source")
    cone = f"CONTAINS(POINT(ra, dec), CIRCLE({one['ra']}, {one['dec']}, 0.02)) = 1"

    found = mirror.query_criteria(criteria=cone, columns=["name"])

    position = SkyCoord(one["ra"], one["dec"], unit="deg")
    near = mirror.query_region(position, radius=0.02 * u.deg, columns=["name"])
    assert set(found["name"]) == set(near["name"])


DISTANCE = "dbo.cone_distance(m.ra, m.dec, 52.297, 31.31) <= 1.2"


@pytest.mark.parametrize("cone", [CONE, DISTANCE, f"({CONE} AND {DISTANCE})"])
def test_a_cone_in_criteria_is_cut_here(csc, server, cone):
    """The service is asked for a box, and the rows are those of the cone; the limit holds."""
    log = RequestLog(server)

    found = csc.query_criteria(criteria=f"{cone} AND significance > 3", columns="significance")

    near = csc.query_region(
        SkyCoord(52.297, 31.31, unit="deg"),
        1.2 * u.arcmin,
        columns="significance",
        criteria="significance > 3",
    )
    assert sorted(found["name"]) == sorted(near["name"])
    assert 2 < len(found) < 11
    assert "BETWEEN" in log.queries[0]
    assert not {"CONTAINS", "cone_distance"} & set(re.findall(r"\w+", log.queries[0]))
    with pytest.warns(MaxResultsWarning, match="more rows than the limit"):
        assert len(csc.query_criteria(criteria=cone, row_limit=2)) == 2


def test_a_cone_in_criteria_beside_other_verbs(csc):
    """It cuts the sources of a region, of names and of a match as well."""
    place = SkyCoord([52.297], [31.31], unit="deg")
    near = csc.query_region(place[0], 1.2 * u.arcmin, columns="name")

    cut = csc.query_region(place[0], 5 * u.arcmin, criteria=CONE, columns="name")
    matched = csc.crossmatch(place, radius=5 * u.arcmin, criteria=CONE)
    names = csc.query_region(place[0], 5 * u.arcmin, columns="name")["name"].tolist()
    with pytest.warns(NoResultsWarning):
        named = csc.query_objects(names, criteria=CONE)

    assert cut["name"].tolist() == near["name"].tolist()
    assert set(matched["name"]) == set(near["name"])
    assert set(named["name"].compressed()) == set(near["name"])


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        (f"{CONE} OR significance > 3", "query_region does cones"),
        (f"NOT ({CONE})", "query_region does cones"),
        ("dbo.cone_distance(ra, dec, 52, 31) > 1", "without an upper limit"),
        ("dbo.cone_distance(err_ellipse_r0, dec, 52, 31) < 1", "query_region does cones"),
    ],
)
def test_a_cone_in_criteria_that_cannot_be_cut_here_is_refused(csc, server, criteria, words):
    """The error names the verb that does it; nothing is sent."""
    log = RequestLog(server)

    with pytest.raises(InvalidQueryError, match=words):
        csc.query_criteria(criteria=criteria)

    assert log.queries == []


def test_a_cone_in_the_criteria_of_detections_is_refused(csc, server):
    """The error names the arguments for it; nothing is sent."""
    log = RequestLog(server)

    with pytest.raises(InvalidQueryError, match=r"query_detections\(coordinates=…, radius=…\)"):
        csc.query_detections(criteria=DISTANCE)

    assert log.queries == []
