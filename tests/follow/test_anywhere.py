# Licensed under a 3-clause BSD style license - see LICENSE
"""Detections without names: around a position, and by their values alone."""

from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astroquery.exceptions import NoResultsWarning

from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.testing import Dialect, csc_server
from tests.support.comparing import RequestLog, masters
from tests.support.joined import OBSID

PLACE = SkyCoord(10.75, 41.3, unit="deg")
KEYS = ["name", "detect_stack_id", "region_id", "obsid", "obi", "match_type"]
FILTERS = {"theta": (None, 2), "src_cnts_aper_b": (40, None)}


def test_detections_around_a_position_are_those_of_the_sources_there(csc):
    """They are the rows that the names of the sources in the cone give."""
    names = csc.query_region(PLACE, 2 * u.arcmin, columns=["name"])["name"].tolist()

    around = csc.query_detections(coordinates=PLACE, radius=2 * u.arcmin, columns="theta")
    named = csc.query_detections(sorted(names), columns="theta")

    assert len(around) > 0
    assert around.colnames == [*KEYS, "theta"]
    assert around[KEYS].as_array().tolist() == named[KEYS].as_array().tolist()


def test_stack_detections_are_found_around_several_positions(csc):
    """A source near any of the positions is found, by the master's place."""
    rows = masters()[[0, 7]]
    places = SkyCoord(rows["ra"], rows["dec"])

    found = csc.query_detections(
        coordinates=places, radius=1 * u.arcsec, level="stack", match_type="all", columns="m.ra"
    )

    assert set(found["name"].tolist()) <= set(rows["name"].tolist())
    assert "master_ra" in found.colnames


def test_filters_alone_find_detections_anywhere(csc):
    """Counts and off-axis angle choose detections of the whole sky."""
    found = csc.query_detections(column_filters=FILTERS, columns=list(FILTERS))

    assert len(np.unique(found["obsid"])) > 1
    assert found["theta"].max() <= 2
    assert found["src_cnts_aper_b"].min() >= 40


def test_criteria_are_a_condition_with_letters(csc):
    """The same rows come for the same condition in words of ADQL."""
    found = csc.query_detections(
        criteria="o.theta <= 2 AND o.src_cnts_aper_b >= 40", columns=list(FILTERS)
    )

    assert len(found) == len(csc.query_detections(column_filters=FILTERS, columns="theta"))


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ("o.thetta < 2", "Did you mean 'theta'"),
        ("x.theta < 2", "x"),
        ("o.theta <", "not exactly one ADQL condition"),
    ],
)
def test_criteria_with_a_slip_are_refused_before_they_are_sent(csc, server, criteria, words):
    """The columns are those of the tables of the join."""
    log = RequestLog(server)

    with pytest.raises(InvalidQueryError, match=words):
        csc.query_detections(criteria=criteria, columns="theta")

    assert not [query for query in log.queries if "TAP_SCHEMA" not in query]


def test_a_source_elsewhere_is_not_said_to_have_no_detection(csc):
    """Names and a position that do not agree: the warning names both."""
    name = masters()["name"][7]
    with pytest.warns(NoResultsWarning, match="has no detection of it around the position"):
        csc.query_detections(name, coordinates=SkyCoord(200, -80, unit="deg"))


def test_a_table_without_rows_is_refused(csc):
    """The message says that there are no rows, not that names are wrong."""
    with pytest.raises(InvalidQueryError, match="The table has no rows"):
        csc.query_detections(csc.query_detections(obsid=OBSID)[:0])


def test_an_answer_that_is_cut_is_asked_for_in_parts(csc, caplog):
    """A service that gives 60 rows at most gives the same detections, and each step is logged."""
    whole = csc.query_detections(obsid=OBSID, match_type="all", columns="theta")
    parts: Any
    with csc_server(dialect=Dialect(hard_limit=60)) as small:
        parts = small.csc.query_detections(
            column_filters={"obsid": OBSID}, match_type="all", columns="theta", cache=False
        )

    assert len(whole) > 60
    assert parts[KEYS].as_array().tolist() == whole[KEYS].as_array().tolist()
    assert parts.meta["TRUNC"] is False
    assert "The answer is cut after 60 rows; asking for parts of the sky instead." in caplog.text
    assert f"{len(whole)} rows so far; 0 parts of the sky wait." in caplog.text


def test_nothing_around_a_position_points_to_the_sensitivity(csc):
    """An empty place is not a place that was never observed."""
    with pytest.warns(NoResultsWarning, match="query_sensitivity tells"):
        found = csc.query_detections(coordinates=SkyCoord(200, -80, unit="deg"))

    assert len(found) == 0
