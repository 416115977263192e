# Licensed under a 3-clause BSD style license - see LICENSE
"""
One look at the real services: ``pytest --remote-data=any tests/test_remote.py``.

The notebook's numbers must come. What is not certain of the services is looked at and written
down, as rows for the tables of ``docs/develop/service.rst``: into ``remote-answers.rst``, or where
the variable ``CSC_REMOTE_ANSWERS`` says; raw answers go into a folder of that name. A run takes
some minutes and fetches some 100 MB.
"""

import os
from pathlib import Path

import pytest
from astropy import units as u

from astroquery_csc.catalogue.schema import VERBOSITY
from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from tests.remote import QUESTIONS
from tests.remote.notebook import compact_sources, extended_sources, notebook_cone
from tests.remote.site import Page, visit
from tests.support.comparing import (
    NGC1333,
    UNMEASURED,
    assert_same_table,
    real_sources,
    sources_of,
)

pytestmark = [pytest.mark.remote_data, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def site():
    """Visit the archive."""
    with visit(conf.server) as site:
        yield site


@pytest.fixture(scope="module")
def page():
    """Open the page of answers."""
    return Page(Path(os.environ.get("CSC_REMOTE_ANSWERS", "remote-answers.rst")), conf.server)


@pytest.fixture
def live(tmp_path):
    """Make a client of the archive, with an empty cache of its own."""
    client = CscClass()
    client.cache_location = tmp_path / "cache"
    yield client
    client._session.close()


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_an_open_question_is_looked_at_and_written_down(site, page, question):
    """Whatever the answer is, it is recorded; it fails where there is none."""
    finding = question.look(site)
    page.add(question, finding)

    assert finding.words


def test_the_notebooks_cone_has_its_eleven_sources(live):
    """The 11 sources come with the values that the notebook prints."""
    table = notebook_cone(live)

    assert sources_of(table, dict.fromkeys(VERBOSITY[2])) == real_sources()


def test_the_notebooks_extended_sources_are_1717(live):
    """LIKE '%X' gives 1,717 rows."""
    assert len(extended_sources(live)) == 1717


def test_the_notebooks_compact_sources_are_406089(live):
    """NOT LIKE '%X' gives 406,089 rows; the answer is not cut."""
    table = compact_sources(live)

    assert (len(table), table.meta["TRUNC"]) == (406_089, False)


def test_both_routes_give_the_same_table(live):
    """The cone search and TAP agree in every column."""
    cone = live.query_region(NGC1333, 2 * u.arcmin)
    tap = live.query_region(NGC1333, 2 * u.arcmin, columns=VERBOSITY[2])

    assert_same_table(tap, cone)


def test_a_source_is_found_by_name_in_every_release(live):
    """Each release of the table of releases answers."""
    found = {
        name: live(release=name).query_object(UNMEASURED, columns="ra")
        for name in ("2.1", "current")
    }

    assert {name: table["name"].tolist() for name, table in found.items()} == {
        "2.1": [UNMEASURED],
        "current": [UNMEASURED],
    }


def test_a_job_gives_what_a_synchronous_query_gives(live):
    """The same rows, asynchronously."""
    query = f"SELECT m.name, m.ra FROM master_source m WHERE m.name = '{UNMEASURED}'"

    assert_same_table(live.query_tap(query, async_job=True), live.query_tap(query))


def test_the_dictionary_knows_every_column_of_master_source(live):
    """What the service tells of master_source is what list_columns says offline."""
    told = live.list_columns("master_source", refresh=True)

    assert sorted(told["name"]) == sorted(live.list_columns("master_source")["name"])
