# Licensed under a 3-clause BSD style license - see LICENSE
"""No query is altered in its meaning: random queries, with our hands on them and without."""

from typing import Any

import numpy as np
import pytest
import requests
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from astroquery_csc.core import CscClass
from tests.support.examples import examples
from tests.support.loopback import sync, table_of

SLOW = list(HealthCheck)


def cells(table):
    """Give a table as plain values, numbers to nine digits, flags as 0 and 1."""
    return [
        [f"{cell:.9g}" if isinstance(cell, float) else _plain(cell) for cell in row]
        for row in zip(*(np.ma.asarray(table[n]).tolist() for n in table.colnames), strict=True)
    ]


def _plain(cell):
    """Write a flag as a number, and take the blanks off a text."""
    return int(cell) if isinstance(cell, bool) else cell.strip() if cell.__class__ is str else cell


#: Conditions on the masters, with the traps that a careless hand would step into.
SIMPLE = st.sampled_from(
    [
        "m.significance > 5",
        "m.significance BETWEEN 3 AND 9.5",
        "M.Extent_Flag = 1",
        '"m"."flux_aper_b" > 1e-14',
        "m.flux_aper_b IS NULL",
        "m.name LIKE '2CXO J03%'",
        "NOT (m.ra > 180)",
        "ABS(m.gal_b) > 20",
        "m.conf_flag IN (0, 1)",
        "m.likelihood_class <> 'FROM master_source'",
        "m.likelihood_class <> '/* m.ra > 5 */ -- ''TOP 3'''",
        "m.dec * 2 - 1 < m.ra / 3",
        "m.name NOT IN (SELECT a.name FROM {}master_stack_assoc a WHERE a.match_type = 'a')",
        "EXISTS (SELECT 1 FROM {}master_stack_assoc x WHERE x.name = m.name)",
        "m.significance >= (SELECT AVG(s.significance) FROM {}master_source s)",
        "m.ra > 1 -- AND FROM stack_source WHERE\n",
        "/* FROM valid_stack; */ m.dec > -90",
    ]
)
CONDITIONS = st.recursive(
    SIMPLE,
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "or"]), inner),
    max_leaves=4,
)
#: FROM, and what ties its tables together.
ONE_TABLE = (
    "{}master_source m",
    "{}MASTER_SOURCE AS m",
    '{}"master_source" "m"',
    "{}Master_Source M",
)
SEVERAL = (
    "{}master_source m, {}master_stack_assoc b WHERE (m.name = b.name) AND ",
    "{}master_stack_assoc b,\n{}master_source AS m WHERE b.name = m.name AND b.region_id > 1 AND ",
    "(SELECT y.name n FROM {}master_source y) t, {}master_source m WHERE t.n = m.name AND ",
)
PLACES = st.sampled_from([*(f"{one} WHERE " for one in ONE_TABLE), *SEVERAL])
COLUMNS = st.sampled_from(
    [
        "m.name",
        "M.NAME, m.ra, m.Dec",
        'm.name AS "my name", m.ra AS top, m.dec [limit]',
        "m.name, ABS(m.gal_b) AS b, m.significance * 2 + 1 AS twice, UPPER(m.name) u",
        "m.name, m.flux_aper_b AS flux, m.flux_aper_lolim_b, m.extent_flag",
        "m.name /* , m.ra */, m.conf_flag -- , m.dec\n",
        "DISTINCT m.name, m.extent_flag",
        "m.name, 'SELECT ra FROM master_source' AS note, 1 AS one",
    ]
)
PLAIN = st.builds(
    "{} {} FROM {}{}".format,
    st.sampled_from(["SELECT", "select", "Select"]),
    COLUMNS,
    PLACES,
    CONDITIONS,
)
GROUPED = st.builds(
    "SELECT {0}, COUNT(*) AS n{3} FROM {1}{2} GROUP BY {0}{4}".format,
    st.sampled_from(["m.extent_flag", "m.likelihood_class, m.conf_flag", "M.Var_Flag"]),
    PLACES,
    CONDITIONS,
    st.sampled_from(["", ", AVG(m.ra) AS mean", ", MAX(m.significance) AS best"]),
    st.sampled_from(["", " HAVING COUNT(*) > 1", " -- HAVING COUNT(*) > 1e9"]),
)


@examples(40, suppress_health_check=SLOW)
@given(query=st.one_of(PLAIN, GROUPED))
@pytest.mark.filterwarnings("ignore::astroquery.exceptions.NoResultsWarning")
def test_a_query_gives_what_the_service_gives_for_it(server, query):
    """The same rows and as many columns as a client gets that sends the text as it is."""
    with requests.Session() as http:
        theirs = table_of(sync(http, server, query.replace("{}", "csc21.")))

    ours: Any = CscClass(server=server.url).query_tap(query.replace("{}", ""), cache=False)

    assert sorted(map(str, cells(ours))) == sorted(map(str, cells(theirs)))
    assert len(ours.colnames) == len(theirs.colnames)


#: Cones as CSCview and ADQL write them: around NGC 1333, at the seam, near a pole.
CONES = st.sampled_from(
    [
        "dbo.cone_distance(m.ra, m.dec, {0}, {1}) <= {2}",
        "{2} > DBO.Separation(M.RA, M.Dec, {0}, {1})",
        "CONTAINS(POINT('ICRS', m.ra, m.dec), CIRCLE('ICRS', {0}, {1}, {2} / 60.0)) = 1",
        "DISTANCE(POINT(m.ra, m.dec), POINT({0}, {1})) < {2} / 60.0",
    ]
)
KNOWN = "dbo.cone_distance(m.ra, m.dec, {0}, {1}) <= {2}"
SIZES = st.tuples(
    st.sampled_from([52.297, 359.99, 10]),
    st.sampled_from([31.31, 0.1, 89.9]),
    st.sampled_from([2, 60, 600.5, 5000]),
)
#: Columns that may be mistaken for the helpers of a cut.
HELPED = st.one_of(
    COLUMNS,
    st.sampled_from(
        [
            "m.name, m.dec AS ra, m.ra AS dec",
            "m.ra * 2 AS ra, m.name",
            "DISTINCT m.extent_flag, m.conf_flag",
            "DISTINCT ROUND(m.ra, 0) AS ra",
            "m.*",
        ]
    ),
)
#: Queries with a place for the cone: before the other condition, or behind it.
AROUND = st.builds(
    "SELECT {} FROM {}{}".format,
    HELPED,
    st.sampled_from(["{}master_source m WHERE ", *SEVERAL]),
    st.one_of(
        CONDITIONS.map("CONE AND ({})".format),
        CONDITIONS.map("({}) AND CONE".format),
        st.just("CONE"),
    ),
)


@examples(40, suppress_health_check=SLOW)
@given(query=AROUND, cone=CONES, size=SIZES)
@pytest.mark.filterwarnings("ignore::astroquery.exceptions.NoResultsWarning")
def test_a_cone_in_any_query_is_what_the_function_gives(knowing, lacking, query, cone, size):
    """Joins, functions, aliases, quoted names, comments and subqueries beside it."""
    plain = query.replace("{}", "")

    theirs = knowing.query_tap(plain.replace("CONE", KNOWN.format(*size)), cache=False)
    ours = lacking.query_tap(plain.replace("CONE", cone.format(*size)), cache=False)

    assert ours.colnames == theirs.colnames
    assert sorted(map(str, cells(ours))) == sorted(map(str, cells(theirs)))
