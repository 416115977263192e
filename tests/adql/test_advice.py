# Licensed under a 3-clause BSD style license - see LICENSE
"""Advice on common slips: it is given, and the query that it leads to runs."""

import pytest

from astroquery_csc.adql import read as adql
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.exceptions import InvalidQueryError
from tests.adql.queries_advice import ADVISED, FINE

RELEASE = get_release("2.1")


@pytest.mark.parametrize("case", ADVISED, ids=lambda case: case.query)
def test_a_slip_is_refused_with_words_that_mend_it(case):
    """The message says what to write."""
    with pytest.raises(InvalidQueryError) as caught:
        adql.prepare(case.query, RELEASE)

    assert case.words in str(caught.value)


@pytest.mark.filterwarnings("ignore:No row matches")
@pytest.mark.parametrize("query", sorted({case.mended for case in ADVISED}))
def test_the_mended_query_runs(query, csc):
    """Every advice leads to a query that the service answers."""
    assert csc.query_tap(query).colnames


@pytest.mark.parametrize("query", FINE)
def test_what_is_no_slip_passes(query):
    """Text in quotes, comments and columns on both sides."""
    assert adql.prepare(query, RELEASE).replace("csc21.", "") == query


def test_a_column_of_another_table_is_named_with_the_join():
    """The message holds a FROM and a WHERE that run."""
    with pytest.raises(InvalidQueryError) as caught:
        adql.prepare("SELECT match_type FROM master_source", RELEASE)

    assert (
        "join that table: FROM master_source, master_stack_assoc "
        "WHERE master_source.name = master_stack_assoc.name." in str(caught.value)
    )


def test_a_join_over_several_tables_is_written_out():
    """Every table on the way has its condition."""
    with pytest.raises(InvalidQueryError) as caught:
        adql.prepare("SELECT name, gti_elapse FROM master_source", RELEASE)

    assert "AND stack_observation_assoc.obsid = observation_source.obsid" in str(caught.value)


def test_a_column_of_another_table_is_named_with_its_table():
    """The message says which tables have it."""
    with pytest.raises(InvalidQueryError, match=r"It is a column of .*observation_source.*: join"):
        adql.prepare("SELECT name, obsid FROM master_source", RELEASE)
