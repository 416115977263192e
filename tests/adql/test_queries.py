# Licensed under a 3-clause BSD style license - see LICENSE
"""What happens to queries as people paste them, family by family."""

import pytest

from astroquery_csc.adql import cut
from astroquery_csc.adql import read as adql
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.exceptions import InvalidQueryError
from tests.adql.queries import PASTED, Pasted

RELEASE = get_release("2.1")
SENT = [one for one in PASTED if one.outcome == "sent"]
REPAIRED = [one for one in PASTED if one.outcome == "repaired"]
HERE = [one for one in PASTED if one.outcome == "here"]
REFUSED = [one for one in PASTED if one.outcome == "refused"]


def planned(query):
    """Read a query for a service that has no function on the sphere."""
    text = adql.prepare(query, RELEASE, geometry=True, ask=lambda table: None)
    return text, cut.plan(text, adql.parse(text))


def test_there_are_at_least_200_queries():
    """The table covers what people were seen to paste."""
    assert len({one.query for one in PASTED}) >= 200
    assert {one.family for one in PASTED} == {
        *("CSCview", "csccli", "FAQ", "web", "Python", "T-SQL", "ADQL 2.0")
    }


@pytest.mark.parametrize("one", REPAIRED, ids=lambda one: f"{one.family}: {one.query}")
def test_a_query_with_marks_around_it_is_repaired(one: Pasted):
    """What was copied along is taken off, and nothing else is changed."""
    text, plan = planned(one.query)

    assert plan is None
    assert text.replace("csc21.", "").strip() == one.words


@pytest.mark.parametrize("one", SENT, ids=lambda one: f"{one.family}: {one.query}")
def test_a_good_query_goes_out_as_it_was_written(one: Pasted):
    """Nothing but the schema is added."""
    text, plan = planned(one.query)

    assert plan is None
    assert text.replace("csc21.", "") == one.query.replace("csc21.", "")


@pytest.mark.parametrize("one", HERE, ids=lambda one: f"{one.family}: {one.query}")
def test_a_query_with_a_cone_is_sent_as_a_box(one: Pasted):
    """What goes out has no function on the sphere, and covers the cone."""
    _, plan = planned(one.query)

    assert "BETWEEN 52.2" in plan.adql
    assert planned(plan.adql)[1] is None


@pytest.mark.parametrize("one", REFUSED, ids=lambda one: f"{one.family}: {one.query}")
def test_a_bad_query_is_refused_in_words_that_mend_it(one: Pasted):
    """The message says what to write."""
    with pytest.raises(InvalidQueryError) as caught:
        planned(one.query)

    assert one.words in str(caught.value)
