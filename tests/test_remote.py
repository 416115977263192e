# Licensed under a 3-clause BSD style license - see LICENSE
"""
One look at the real services: ``pytest --remote-data=any tests/test_remote.py``.

Each verb is called, and its answer checked for what must be true. What is not certain of the
services is looked at and written down, as rows for the tables of ``docs/develop/service.rst``: into
``remote-answers.rst``, or where the variable ``CSC_REMOTE_ANSWERS`` says; raw answers go into a
folder of that name. ``--csc-server=URL`` asks another server; one on this computer is taken for the
test service. The page says how many requests a run has sent, and what came.
"""

import os
from pathlib import Path

import pytest

from astroquery_csc.config import conf
from tests.remote import QUESTIONS
from tests.remote.needs import broken
from tests.remote.site import Page, visit
from tests.remote.verbs import VERBS, Sky, call

pytestmark = [pytest.mark.remote_data, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def site(request):
    """Visit the archive."""
    with visit(request.config.getoption("--csc-server") or conf.server) as site:
        yield site


@pytest.fixture(scope="module")
def page(site):
    """Open the page of answers; at the end it says what the run has cost."""
    page = Page(Path(os.environ.get("CSC_REMOTE_ANSWERS", "remote-answers.rst")), site.root)
    yield page
    page.close(site.meter.words)


@pytest.fixture(scope="module")
def live(site, page, tmp_path_factory):
    """Make a client of the archive, with an empty cache of its own."""
    sky = Sky.invented() if site.is_here else Sky.published()
    with call(site.root, sky, tmp_path_factory.mktemp("live"), site.meter) as live:
        yield live


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_an_open_question_is_looked_at_and_written_down(site, page, question):
    """An answer is recorded; then it has to be one that the code can live with."""
    finding = question.look(site)
    page.add(question, finding)

    assert finding.words
    assert broken(finding) == []


@pytest.mark.parametrize("check", VERBS.values(), ids=VERBS)
def test_a_verb_works(live, check):
    """What must be true of its answer is true, and the answer came from the service."""
    before = live.meter.answers

    check(live)

    assert live.meter.answers > before
