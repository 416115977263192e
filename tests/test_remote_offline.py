# Licensed under a 3-clause BSD style license - see LICENSE
"""The questions of test_remote.py, put to the test service: each can tell what it is to tell."""

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.testing import Dialect, csc_server
from tests.remote import QUESTIONS
from tests.remote import files as file_questions
from tests.remote.needs import broken
from tests.remote.polite import Meter
from tests.remote.site import Finding, Page, Question, UnansweredError, visit
from tests.remote.sweep import cases, failing, key, table
from tests.remote.tables import is_cut
from tests.remote.verbs import CALLED, VERBS, Sky, call
from tests.support.canned import CannedAdapter, from_file
from tests.support.examples import one_in
from tests.testing.test_dialect import spelled, tried

#: What nobody can see from outside, or only by waiting for it.
UNSEEN = {
    "delay_seconds",
    "async_polls",
    "async_seconds",
    "async_end",
    "limsen_fault",
    "file_faults",
}

#: What is seen only of a service that has so many rows.
UNREACHED = {"hard_limit"}


@pytest.fixture
def site(server):
    """Visit the test service as it usually is."""
    with visit(server.url) as site:
        yield site


@pytest.fixture(scope="module")
def live(server, tmp_path_factory):
    """Make a client of the test service as it usually is."""
    with call(server.url, Sky.invented(), tmp_path_factory.mktemp("live"), Meter()) as live:
        yield live


@pytest.fixture(scope="module")
def changed_site():
    """Visit a test service with other tables."""
    with csc_server(dialect=Dialect(**TABLES)) as server, visit(server.url) as site:
        yield site


def test_every_uncertain_behaviour_has_a_question():
    """Each switch of the dialect is asked about, or cannot be seen from outside."""
    asked = {switch for question in QUESTIONS.values() for switch in question.switches}

    assert asked == {switch.name for switch in fields(Dialect)} - UNSEEN


OPEN = {
    "location": "``Location``",
    "default-maxrec": "without ``MAXREC``",
    "maxrec": "says so",
    "adql-error": "ADQL error",
    "cone-distance": "``dbo.cone_distance``",
    "newest-endpoint": "``/csctap``",
    "fields": "FIELD IDs",
    "capabilities": "``/capabilities``",
    "upload": "``UPLOAD``",
    "largest-radius": "largest ``SR``",
    "cone-error": "error of the cone search",
    "partial-tables": "all columns of ``stack_source``",
    "null-text": "``FORMAT=text``",
    "browse-stacks": "``csccli/browse``",
    "image-columns": "columns of the image service",
}


def test_every_open_question_has_one():
    """Each line under "Still open" of the docs is a question here, and the tar of files is one."""
    page = Path(__file__).parents[1] / "docs" / "develop" / "service.rst"
    lines = re.findall(r"^- (.*)", page.read_text("utf-8").partition("Still open")[2], re.MULTILINE)

    assert {*OPEN, "tar-of-files"} <= set(QUESTIONS)
    assert [line for line in lines if not any(words in line for words in OPEN.values())] == []


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_finds_the_usual_dialect(site, question):
    """Asked of the test service, the answer is the dialect that it speaks."""
    finding = question.look(site)

    usual = Dialect()
    assert finding.settings == {name: getattr(usual, name) for name in finding.settings}
    assert set(question.switches) - UNREACHED <= set(finding.settings)
    assert finding.words


#: Switches that change the tables of the service: one service has all of them, for speed.
TABLES: dict[str, Any] = {
    "ra_dec_units": True,
    "unit_spelling": "vounit",
    "join_on": True,
    "cone_distance": True,
    "tap_schema_name": "tap_schema",
    "extra_columns": ("flux_new_b",),
    "missing_columns": ("hard_hs",),
}


@pytest.mark.parametrize("switch", TABLES)
def test_a_question_can_tell_what_the_tables_are(changed_site, switch):
    """Units, spelling, columns and what ADQL knows are told from what is usual."""
    (question,) = (item for item in QUESTIONS.values() if switch in item.switches)

    assert question.look(changed_site).settings[switch] == TABLES[switch]


@pytest.mark.parametrize(
    ("switch", "value"),
    one_in(3, [case for case in tried() if case[0] not in {*UNSEEN, *TABLES}]),
    ids=spelled,
)
def test_a_question_can_tell_every_setting(switch, value):
    """Whatever a service does, the question about it finds out."""
    (question,) = (item for item in QUESTIONS.values() if switch in item.switches)
    with csc_server(dialect=Dialect(**{switch: value})) as server, visit(server.url) as site:
        finding = question.look(site)

    assert finding.settings[switch] == value


@pytest.mark.parametrize("status", [200, 404, 500, 503])
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_a_page_of_maintenance_is_not_a_finding(question, status):
    """Where every answer is a page, whatever its status, no question has an answer."""
    with visit("http://127.0.0.1:9") as site:
        canned = CannedAdapter({"": from_file("maintenance_page.html", status)})
        site.http.mount("http://", canned)

        with pytest.raises(UnansweredError):
            question.look(site)


def test_a_cone_that_is_cut_without_a_word_sets_nothing(server):
    """A table without the source near the rim is told, not taken for a limit that is stated."""
    empty = from_file("cone_empty.vot")
    with visit(server.url) as site:
        site.http.mount(f"{server.url}/csc21scs", CannedAdapter({"": empty}))
        finding = QUESTIONS["largest-radius"].look(site)

    assert finding.settings == {}
    assert "missing, without a word" in finding.words


def test_a_run_says_what_it_cost(server, tmp_path):
    """Requests are counted, with the bytes of their answers, and stand on the page."""
    with visit(server.url) as site:
        site.control()
        Page(tmp_path / "answers.rst", site.root).close(site.meter.words)

    assert "\n2 requests, 0.0 MB received\n" in (tmp_path / "answers.rst").read_text("utf-8")


def test_requests_to_another_computer_have_a_pause():
    """On loopback there is none."""
    with visit("https://a.b") as far, visit("http://localhost:1") as near:
        assert (far.meter.pause_seconds, near.meter.pause_seconds) == (0.5, 0.0)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"refused": frozenset({"IN"})}, "verbs send"),
        ({"max_in_list": 10}, "12 names"),
        ({"default_maxrec": 5_000}, "whole table"),
    ],
)
def test_a_setting_that_the_code_cannot_live_with_is_named(setting, words):
    """The failure says the setting, and what needs another."""
    (found,) = broken(Finding("seen", setting))

    assert found.startswith(next(iter(setting)))
    assert words in found


def test_a_setting_that_no_test_service_has_is_refused():
    """A behaviour that nobody has thought of fails the live test."""
    with pytest.raises(InvalidQueryError, match="is not known"):
        broken(Finding("seen", {"booleans": "{'Y', 'N'}"}))


def test_rows_that_cannot_be_counted_set_no_limit():
    """Without COUNT, an answer is cut if it says so or has thousands of rows."""
    found = [
        is_cut(9, 10, marked=False),
        is_cut(10, 10, marked=False),
        is_cut(9, None, marked=True),
        is_cut(2_000, None, marked=False),
        is_cut(3_393, None, marked=False),
    ]

    assert found == [True, False, True, True, None]


#: What the archive does not answer, or answers for the client alone.
NOT_ASKED = {
    "MAXREC",
    "ROW_LIMIT",
    "TIMEOUT",
    "cache_info",
    "cache_location",
    "clear_cache",
    "list_releases",
    "release",
    "row_limit",
    "server",
    "timeout",
}


def test_every_verb_is_called_live():
    """Each public method of Csc, and each property that the service states, has a check."""
    public = {name for name in vars(CscClass) if not name.startswith("_")}

    assert {verb for verbs in CALLED.values() for verb in verbs} == public - NOT_ASKED


@pytest.mark.parametrize("check", VERBS.values(), ids=VERBS)
def test_a_check_of_a_verb_passes(live, check):
    """Against the test service as it usually is, every verb works, and asks it."""
    before = live.meter.answers

    check(live)

    assert live.meter.answers > before


#: Tried in every run; the others are slow.
SAMPLE = {"refused={'COMMA JOIN'}"}


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        pytest.param(*case, marks=[] if key(*case) in SAMPLE else pytest.mark.slow)
        for case in cases()
    ],
    ids=spelled,
)
def test_the_live_tests_find_out(switch, value, tmp_path):
    """Exactly those live tests fail that the table of the docs names; for others, none."""
    assert failing(switch, value, tmp_path) == table().get(key(switch, value), ([], []))


def test_the_table_of_the_docs_has_what_is_tried():
    """Each of its rows is tried here, and names some live test."""
    rows = table()

    assert set(rows) <= {key(*case) for case in cases()}
    assert [name for name, (verbs, questions) in rows.items() if not verbs + questions] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dialect", "code", "words"),
    [
        (Dialect(), 0, "passed"),
        (Dialect(refused=frozenset({"IN"})), 1, "test_a_verb_works[detections]"),
    ],
)
def test_a_server_is_named_on_the_command_line(tmp_path, dialect, code, words):
    """``--csc-server`` asks it, in a run of its own, which leaves a page with its cost."""
    page = tmp_path / "answers.rst"
    with csc_server(dialect=dialect) as server:
        run = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
                *("--remote-data=any", f"--csc-server={server.url}", "tests/test_remote.py"),
            ],
            cwd=Path(__file__).parents[1],
            env={**os.environ, "CSC_REMOTE_ANSWERS": str(page)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert run.returncode == code, run.stdout
    assert words in run.stdout
    assert "requests, " in page.read_text("utf-8")


def test_a_tar_is_listed(site):
    """The names in a tar are told; a page in its place is told by its first words."""
    words = file_questions.tar_of_files(site).words

    assert re.search(r"status 200 application/x-tar, members \['package/.*_reg3.fits.gz'\]", words)
    assert "status 404 text/plain; charset=utf-8, b'No files found" in words


def test_answers_are_written_down_as_rows_that_can_be_pasted(tmp_path):
    """A page in reStructuredText: behaviour, rating, what was seen, setting; and the raw answer."""
    question = Question("shape", "the shape of it", ("redirect",), lambda site: Finding(""))
    path = tmp_path / "new" / "answers.rst"

    Page(path, "https://a.b").add(
        question, Finding("a path\n  from the root", {"redirect": "path"}, b"\x00raw")
    )
    Page(path, "https://a.b").add(question, Finding(""))

    title, rows = path.read_text("utf-8").split("\n", 1)
    assert title == "Seen at https://a.b"
    assert rows.count("   * - ") == 3
    assert re.search(
        r"   \* - the shape of it\n     - A, \d{4}-\d\d-\d\d\n     - ``a path from the root``\n"
        r"     - ``redirect='path'``\n",
        rows,
    )
    assert rows.endswith("     - ``nothing``\n     - \n")
    assert (tmp_path / "new" / "answers" / "shape.raw").read_bytes() == b"\x00raw"


def test_a_whole_run_makes_one_page(site, tmp_path):
    """Every question has its row on the page."""
    page = Page(tmp_path / "answers.rst", site.root)
    for question in QUESTIONS.values():
        page.add(question, Finding("seen", {}, b""))

    text = page.path.read_text("utf-8")
    assert [question.text for question in QUESTIONS.values() if question.text not in text] == []
