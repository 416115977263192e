# Licensed under a 3-clause BSD style license - see LICENSE
"""Cones in a user's ADQL: where the service has no geometry, the answer is what it would give."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.testing import Dialect, csc_server
from tests.support.examples import examples

DISTANCE = "dbo.cone_distance(m.ra, m.dec, {}, {})"
NEAR = DISTANCE.format(52.297, 31.31)
CONE = f"SELECT m.name, {NEAR} AS sep FROM master_source m WHERE {NEAR} <= 2 ORDER BY sep"


def rows(table):
    """Give a table as plain values, numbers to nine digits."""
    return [
        [f"{cell:.9g}" if isinstance(cell, float) else cell for cell in row]
        for row in zip(*(np.ma.asarray(table[n]).tolist() for n in table.colnames), strict=True)
    ]


def test_a_cone_is_cut_here(lacking):
    """What was sent is a box, and the helper columns are gone."""
    table = lacking.query_tap(CONE, cache=False)

    assert table.colnames == ["name", "sep"]
    assert len(table) == 11
    assert str(table["sep"].unit) == "arcmin"
    assert table["sep"].max() <= 2
    assert "cone_distance" not in table.meta["QUERY"]
    assert "BETWEEN" in table.meta["QUERY"]


def test_a_service_that_knows_the_function_is_asked_with_it(knowing):
    """The query goes out as it was written."""
    assert "dbo.cone_distance" in knowing.query_tap(CONE, cache=False).meta["QUERY"]


def test_a_refusal_is_remembered(lacking):
    """The second query is planned as a box at once."""
    lacking.query_tap(CONE, cache=False)

    assert "cone_distance" not in lacking.query_tap(CONE, get_query_payload=True)["QUERY"]


@pytest.mark.parametrize("form", ["200", "400", "500-html", "500-text"])
def test_a_refusal_is_understood_in_every_form(form, tmp_path):
    """Status and words of a refusal are not known, so each is tried."""
    with csc_server(dialect=Dialect(error_form=form)) as running:
        csc: Any = CscClass(server=running.url)
        table = csc.query_tap(CONE, cache=False)

    assert "BETWEEN" in table.meta["QUERY"]


def test_another_mistake_keeps_the_words_of_the_service(lacking):
    """A query that is refused as a box, too, is refused for what the service said first."""
    wrong = f"SELECT m.name FROM stack_source m WHERE {NEAR} < 2 AND LEN(m.nothing) > 1"

    with pytest.raises(InvalidQueryError):
        lacking.query_tap(wrong, cache=False)


def test_a_box_that_was_cut_short_is_never_a_short_cone_without_a_warning(tmp_path):
    """The limit of the service counts rows of the box."""
    with csc_server(dialect=Dialect(hard_limit=5, error_form="400")) as running:
        csc: Any = CscClass(server=running.url)
        with pytest.warns(match="rows are missing"):
            table = csc.query_tap(CONE, cache=False)

    assert table.meta["TRUNC"]


def test_maxrec_counts_rows_of_the_cone(lacking):
    """The box is asked for whole."""
    with pytest.warns(match="more rows than the limit"):
        table = lacking.query_tap(CONE, maxrec=3, cache=False)

    assert len(table) == 3


def cones():
    """Write random queries with a cone: poles, RA 0, NGC 1333 and the invented fields."""
    places = st.sampled_from([(52.297, 31.31), (0.0, 0.0), (359.99, 0.1), (10.0, 89.9), (40, -90)])
    return st.builds(
        lambda place, radius, sign, top, order, columns, more: (
            f"SELECT {top}{columns} FROM master_source m WHERE "
            f"{DISTANCE.format(*place)} {sign} {radius}{more}{order}"
        ),
        places,
        st.one_of(st.integers(0, 300), st.floats(0, 9000).map(lambda r: round(r, 3))),
        st.sampled_from(["<", "<="]),
        st.sampled_from(["", "TOP 3 ", "DISTINCT ", "DISTINCT TOP 7 "]),
        st.sampled_from([" ORDER BY m.name", " ORDER BY m.name DESC"]),
        st.sampled_from(["m.name", "m.name, m.ra, m.dec, m.extent_flag", "m.name, m.ra"]),
        st.sampled_from(["", " AND m.significance > 5", " AND (m.extent_flag = 1 OR m.ra < 180)"]),
    )


@examples(40, suppress_health_check=list(HealthCheck))
@given(query=cones())
@pytest.mark.filterwarnings("ignore::astroquery.exceptions.NoResultsWarning")
def test_the_answer_is_what_the_function_would_have_given(knowing, lacking, query):
    """Same rows, same order, same columns."""
    theirs, ours = (csc.query_tap(query, cache=False) for csc in (knowing, lacking))

    assert ours.colnames == theirs.colnames
    assert rows(ours) == rows(theirs)


@pytest.mark.parametrize(
    "query",
    [
        CONE,
        CONE + " DESC",
        CONE.replace("SELECT", "SELECT TOP 3"),
        (
            f"SELECT m.extent_flag, m.name FROM master_source m WHERE {NEAR} < 600 "
            f"ORDER BY m.extent_flag DESC, {NEAR}"
        ),
        (
            f"SELECT DISTINCT m.extent_flag, m.conf_flag FROM master_source m WHERE {NEAR} < 600 "
            "ORDER BY m.extent_flag, m.conf_flag"
        ),
        (
            f"SELECT m.name, a.region_id, {NEAR} AS s FROM master_stack_assoc a, master_source m "
            f"WHERE {NEAR} < 3000 AND m.name = a.name ORDER BY s, a.detect_stack_id, a.region_id"
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::astroquery.exceptions.NoResultsWarning")
def test_order_top_and_distinct_are_those_of_the_function(knowing, lacking, query):
    """Sorting by the separation happens here, too."""
    theirs, ours = (csc.query_tap(query, cache=False) for csc in (knowing, lacking))

    assert rows(ours) == rows(theirs)
    assert [str(ours[n].unit) for n in ours.colnames] == [
        str(theirs[n].unit) for n in theirs.colnames
    ]
