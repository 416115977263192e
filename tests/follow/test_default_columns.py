# Licensed under a 3-clause BSD style license - see LICENSE
"""Columns that nobody typed: defaults and named sets, also where the service lacks some of them."""

import pytest
from astroquery.exceptions import InputWarning

from astroquery_csc.catalogue.schema import LEVEL_SETS, get_tables
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.follow.levels import LEVELS
from astroquery_csc.testing import csc_server
from tests.support.comparing import RequestLog
from tests.support.joined import OBSID
from tests.support.sky import sky

SETS = [(level, name) for level, sets in LEVEL_SETS.items() for name in sets]


@pytest.fixture(scope="module")
def lacking():
    """Run a service whose stack_source lacks dither_warning_flag."""
    tables = dict(sky())
    tables["stack_source"] = tables["stack_source"].copy()
    tables["stack_source"].remove_column("dither_warning_flag")
    with csc_server(catalogue=tables) as running:
        yield running


def test_a_default_column_that_the_service_lacks_is_left_out_with_a_warning(lacking):
    """The verb answers without it, and the warning names it."""
    with pytest.warns(InputWarning, match="does not have the column dither_warning_flag"):
        rows = lacking.csc.query_detections(obsid=OBSID, level="stack")

    assert len(rows)
    assert "dither_warning_flag" not in rows.colnames
    assert "sat_src_flag" in rows.colnames


def test_a_column_that_the_user_typed_stays_an_error(lacking):
    """What was asked for by name is not left out in silence."""
    with pytest.raises(InvalidQueryError, match="dither_warning_flag"):
        lacking.csc.query_detections(
            obsid=OBSID, level="stack", columns=["ra", "dither_warning_flag"]
        )


def test_the_service_is_asked_for_its_columns_once(csc, server):
    """The second call with default columns asks for nothing but other rows."""
    csc.query_detections(obsid=OBSID, cache=False)
    log = RequestLog(server)

    csc.query_detections(obsid=OBSID, match_type=None, cache=False)

    assert len(log.queries) == 1


@pytest.mark.parametrize(("level", "name"), SETS)
def test_sets_of_a_level_hold_columns_of_its_table(level, name):
    """Every column of a named set is in the dictionary."""
    known = get_tables("2.1")[LEVELS[level].table].columns

    assert [one for one in LEVEL_SETS[level][name] if one not in known] == []


@pytest.mark.parametrize(("level", "name"), SETS)
def test_a_named_set_chooses_the_columns_of_a_level(csc, level, name):
    """The same words choose columns of masters, stacks and observations."""
    rows = csc.query_detections(obsid=OBSID, level=level, columns=name)

    assert [one for one in LEVEL_SETS[level][name] if one not in rows.colnames] == []
