# Licensed under a 3-clause BSD style license - see LICENSE
"""Canned answers of the archive: how each one is read, and what a user is told of it."""

import logging
import re
from importlib.metadata import version
from typing import Any
from urllib.parse import unquote_plus

import astroquery.exceptions
import pytest
import requests
from astropy import units as u
from astroquery.exceptions import MaxResultsWarning, NoResultsWarning

from astroquery_csc.catalogue.schema import VERBOSITY
from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import (
    CscError,
    InvalidQueryError,
    RemoteServiceError,
    ServiceTimeoutError,
    TableParseError,
)
from astroquery_csc.service.transport import Transport
from tests.support.canned import FIXTURES, Canned, from_file, mount, to
from tests.support.comparing import NGC1333, real_sources, sources_of

ROOT = "https://cda.cfa.harvard.edu"
CONE = f"GET {ROOT}/csc21scs/coneSearch"
SYNC = f"POST {ROOT}/csc21tap/sync"
RESULT = f"GET {ROOT}/csc21tap/sync/7/result"
JOBS = f"POST {ROOT}/csc21tap/async"
JOB = f"{ROOT}/csc21tap/async/7"

#: Long enough that nothing is sent twice, short enough that nobody waits.
QUERY = "SELECT name FROM csc21.master_source"


@pytest.fixture
def csc(tmp_path):
    """Make a client of the archive itself, with an empty cache; a test mounts the answers."""
    client = CscClass()
    client.cache_location = tmp_path / "cache"
    with conf.set_temp("retry_wait", 0.0):
        yield client


@pytest.mark.parametrize("path", sorted(FIXTURES.iterdir()), ids=lambda path: path.name)
def test_every_canned_answer_says_where_it_is_from(path):
    """Raw, reconstructed or invented stands in the first lines."""
    head = path.read_text(encoding="utf-8")[:400]

    assert re.search(r"Provenance: (raw|reconstructed|invented)\b|^Canned answers", head)


# ---- good answers ------------------------------------------------------------------------------


def test_the_notebooks_cone_is_read_to_the_last_bit(csc):
    """The archive's own address is asked once, and the 11 sources come out as they are."""
    adapter = mount(csc, {CONE: from_file("cone_ngc1333.vot")})

    table = csc.query_region(NGC1333, 2 * u.arcmin)

    assert sources_of(table, dict.fromkeys(VERBOSITY[2])) == real_sources()
    assert adapter.lines == [CONE]
    assert [table[name].meta["ucd"] for name in ("name", "ra")] == [
        "meta.id;meta.main",
        "pos.eq.ra;meta.main",
    ]
    assert table.meta["SERVICE"] == f"cone search {ROOT}/csc21scs/coneSearch"


def test_a_cone_without_sources_is_an_empty_table(csc):
    """Columns, units and a warning, no error."""
    mount(csc, {CONE: from_file("cone_empty.vot")})

    with pytest.warns(NoResultsWarning):
        table = csc.query_region(NGC1333, 2 * u.arcmin)

    assert (len(table), table["flux_aper_b"].unit) == (0, u.erg / u.s / u.cm**2)


def test_the_303_of_sync_is_followed_with_get(csc):
    """POST the query, GET the result, wherever it is."""
    adapter = mount(
        csc, {SYNC: to(f"{ROOT}/csc21tap/sync/7/result"), RESULT: from_file("tap_nulls.vot")}
    )

    table = csc.query_tap(QUERY)

    assert len(table) == 3
    assert adapter.lines == [SYNC, RESULT]
    assert adapter.seen[1].body is None


def test_nulls_of_integers_are_masked_in_both_forms(csc):
    """An empty TD and the VALUES null are both null; padding of strings is gone."""
    mount(csc, {SYNC: from_file("tap_nulls.vot")})

    table = csc.query_tap(
        "SELECT name, var_inter_index_b, var_inter_index_w, conf_flag FROM master_source"
    )

    assert table["var_inter_index_b"].tolist() == [8, None, 5]
    assert table["var_inter_index_w"].mask.all()
    assert table["conf_flag"].tolist() == [False] * 3
    assert table["name"].dtype == "U21"


def test_overflow_is_told(csc):
    """An answer that says it was cut gives MaxResultsWarning and TRUNC."""
    mount(csc, {SYNC: from_file("tap_overflow.vot")})

    with pytest.warns(MaxResultsWarning, match="The service cut the answer"):
        table = csc.query_tap(QUERY)

    assert (len(table), table.meta["TRUNC"]) == (3, True)


def test_fewer_rows_than_the_document_states_are_told(csc):
    """A document whose nrows is above the rows that came gives MaxResultsWarning and TRUNC."""
    body = (FIXTURES / "tap_overflow.vot").read_bytes().replace(b"OVERFLOW", b"OK")
    mount(csc, {SYNC: Canned(body.replace(b"<TABLE", b'<TABLE nrows="407806"', 1))})

    with pytest.warns(MaxResultsWarning, match="rows are missing"):
        table = csc.query_tap(QUERY)

    assert (len(table), table.meta["TRUNC"]) == (3, True)


def test_parameters_are_those_of_the_documentation(csc):
    """REQUEST, LANG, QUERY, FORMAT and PHASE=RUN go as a form; MAXREC only where it is wanted."""
    adapter = mount(csc, {SYNC: from_file("tap_overflow.vot")})

    with pytest.warns(MaxResultsWarning):
        csc.query_tap("SELECT ra FROM master_source", maxrec=2)

    assert unquote_plus(str(adapter.seen[0].body)).split("&") == [
        "REQUEST=doQuery",
        "LANG=ADQL",
        "FORMAT=votable",
        "QUERY=SELECT ra FROM csc21.master_source",
        "PHASE=RUN",
        "MAXREC=3",
    ]


def test_the_user_agent_names_this_package_and_those_below(csc):
    """The archive can see who asks."""
    adapter = mount(csc, {CONE: from_file("cone_ngc1333.vot")})

    csc.query_region(NGC1333)

    agent = str(adapter.seen[0].headers["User-Agent"])
    assert agent.startswith(f"astroquery/{version('astroquery')} pyVO/{version('pyvo')} ")
    assert agent.endswith(f" astroquery_csc/{version('astroquery_csc')}")


# ---- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_refused_query_has_the_services_words_and_the_adql(csc, status):
    """Whatever the status: InvalidQueryError with words, ADQL and address."""
    mount(csc, {SYNC: from_file("tap_error.vot", status)})

    with pytest.raises(InvalidQueryError, match=r"Function \[CIRCLE\] is not found") as caught:
        csc.query_tap(QUERY)

    assert QUERY in str(caught.value)
    assert caught.value.adql == QUERY
    assert str(caught.value.url).startswith(f"{ROOT}/csc21tap/sync")
    assert isinstance(caught.value, astroquery.exceptions.InvalidQueryError)


def test_a_page_with_the_services_words_is_a_refused_query(csc):
    """An HTML page about a column is about the query; its markup is not shown."""
    mount(csc, {SYNC: from_file("error_page.html", 500)})

    with pytest.raises(InvalidQueryError) as caught:
        csc.query_tap(QUERY)

    assert "said: HTTP Status 500 Column: [nonsense] not found in TapSchema. The ADQL" in str(
        caught.value
    )


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    "fixture", ["cone_error_info.vot", "cone_error_param.vot"], ids=["INFO", "PARAM"]
)
def test_a_cone_that_is_refused_is_asked_of_tap(csc, fixture, status, caplog):
    """Not even the largest radius of the cone search is known: TAP answers in its place."""
    adapter = mount(csc, {CONE: from_file(fixture, status), SYNC: from_file("cone_ngc1333.vot")})

    with caplog.at_level(logging.INFO, logger="astroquery"):
        table = csc.query_region(NGC1333, 2 * u.arcmin)

    assert sources_of(table, dict.fromkeys(VERBOSITY[2])) == real_sources()
    assert adapter.lines == [CONE, SYNC]
    assert table.meta["SERVICE"].startswith("TAP https")
    assert "SR is larger than 1" in caplog.text


def test_a_cone_that_both_services_refuse_is_an_error(csc):
    """The words of both refusals come through."""
    mount(csc, {CONE: from_file("cone_error_info.vot"), SYNC: from_file("tap_error.vot")})

    with pytest.raises(
        InvalidQueryError,
        match=r"is not found in TapSchema.*The cone search had failed before: .*SR is larger",
    ):
        csc.query_region(NGC1333, 2 * u.arcmin)


UNUSABLE = {
    "a page": from_file("maintenance_page.html"),
    "500": Canned(b"java.lang.OutOfMemoryError", 500),
    "502": from_file("maintenance_page.html", 502),
    "504": from_file("maintenance_page.html", 504),
    "404": Canned(b"", 404),
    "nothing": Canned(b""),
    "a text": Canned(b"name\tra\tdec\n"),
    "another table": from_file("tap_nulls.vot"),
    "no table": Canned(b"<VOTABLE/>"),
    "a cut table": Canned(from_file("cone_ngc1333.vot").body[:5000]),
    "a file": to("file:///etc/passwd"),
}


@pytest.mark.parametrize("answer", UNUSABLE.values(), ids=UNUSABLE)
def test_a_cone_whose_answer_cannot_be_used_is_asked_of_tap(csc, answer, caplog):
    """Whatever the cone search sends instead of the table: TAP answers, and meta says so."""
    adapter = mount(csc, {CONE: answer, SYNC: from_file("cone_ngc1333.vot")})

    with caplog.at_level(logging.INFO, logger="astroquery"):
        table = csc.query_region(NGC1333, 2 * u.arcmin)

    assert sources_of(table, dict.fromkeys(VERBOSITY[2])) == real_sources()
    assert adapter.lines[-1] == SYNC
    assert table.meta["SERVICE"] == f"TAP {ROOT}/csc21tap/sync"
    assert "The cone search does not give this cone; asking TAP instead" in caplog.text


@pytest.mark.parametrize("problem", [requests.ConnectionError("refused"), requests.ReadTimeout()])
def test_a_cone_search_that_does_not_answer_is_an_error(csc, problem):
    """Nobody there, or nothing in time: TAP, on the same host, is not asked."""
    adapter = mount(csc, {CONE: problem, SYNC: from_file("cone_ngc1333.vot")})

    with pytest.raises((RemoteServiceError, ServiceTimeoutError), match=r"cda\.cfa"):
        csc.query_region(NGC1333, 2 * u.arcmin)

    assert adapter.lines == [CONE]


def test_a_cone_and_what_tap_is_asked_for_instead_share_their_time(csc, monkeypatch):
    """The second request has what is left of max_wait, not another max_wait."""
    seen: list[Any] = []
    deadline = Transport.deadline

    def noted(*args: Any) -> Any:
        """Remember when the time began."""
        seen.append(args[1])
        return deadline(*args)

    monkeypatch.setattr(Transport, "deadline", noted)
    mount(csc, {CONE: Canned(b"", 500), SYNC: from_file("cone_ngc1333.vot")})

    csc.query_region(NGC1333, 2 * u.arcmin)

    assert len(seen) == 2
    assert seen[0] == seen[1] is not None


@pytest.mark.parametrize("status", [200, 502])
def test_a_page_instead_of_a_table_is_the_services_fault(csc, status):
    """A maintenance page is RemoteServiceError, under whatever status."""
    mount(csc, {"": from_file("maintenance_page.html", status)})

    with pytest.raises(RemoteServiceError, match="Scheduled maintenance"):
        csc.query_region(NGC1333)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500])
def test_other_statuses_name_the_status_and_the_address(csc, status):
    """What the service does not explain is told by status and address."""
    mount(csc, {"": Canned(b"", status)})

    with pytest.raises(RemoteServiceError, match=f"HTTP status {status}") as caught:
        csc.query_region(NGC1333)

    assert f"{ROOT}/csc21scs/coneSearch" in str(caught.value)


# ---- broken answers ----------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.05, 0.3, 0.7, 0.98])
def test_a_cut_answer_is_never_a_short_table(csc, share):
    """A VOTable that ends early is TableParseError; nothing of it is kept."""
    whole = from_file("cone_ngc1333.vot").body
    mount(csc, {"": Canned(whole[: int(len(whole) * share)])})

    with pytest.raises(TableParseError) as caught:
        csc.query_region(NGC1333)

    assert str(caught.value.url).startswith(ROOT)
    assert list(csc.cache_location.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", CscError),
        (b"name\tra\tdec\n", CscError),
        (b"<VOTABLE/>", TableParseError),
        (
            b"<VOTABLE><RESOURCE><INFO name='QUERY_STATUS' value='OK'/></RESOURCE></VOTABLE>",
            TableParseError,
        ),
    ],
    ids=["nothing", "text", "no resource", "no table"],
)
def test_what_is_no_table_is_an_error(csc, body, error):
    """Nothing, text, or a VOTable without a TABLE is not an empty result."""
    mount(csc, {"": Canned(body)})

    with pytest.raises(error):
        csc.query_region(NGC1333)


def test_a_document_type_is_refused(csc):
    """A DTD, with which a few bytes can become gigabytes, is not read."""
    bomb = b'<!DOCTYPE VOTABLE [<!ENTITY a "aaaa">]>'
    body = from_file("cone_ngc1333.vot").body.replace(b"<VOTABLE", bomb + b"<VOTABLE", 1)
    mount(csc, {"": Canned(body)})

    with pytest.raises(TableParseError, match="DTD"):
        csc.query_region(NGC1333)


def test_a_word_in_a_column_of_numbers_is_an_error(csc):
    """A damaged number is never null, nor 0."""
    body = from_file("cone_ngc1333.vot").body.replace(b"<TD>8</TD>", b"<TD>eight</TD>", 1)
    mount(csc, {"": Canned(body)})

    with pytest.raises(TableParseError):
        csc.query_region(NGC1333)


# ---- the network -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "error", "words"),
    [
        (requests.ConnectionError("refused"), RemoteServiceError, "No connection to cda.cfa"),
        (requests.exceptions.SSLError("bad certificate"), RemoteServiceError, "bad certificate"),
        (requests.ConnectTimeout("slow"), ServiceTimeoutError, "sent nothing for 7 s"),
        (requests.ReadTimeout("slow"), ServiceTimeoutError, "sent nothing for 7 s"),
        (requests.exceptions.ChunkedEncodingError("cut"), RemoteServiceError, "failed: cut"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
@pytest.mark.parametrize(
    "ask",
    [
        lambda csc: csc.query_region(NGC1333),
        lambda csc: csc.query_tap(QUERY),
        lambda csc: csc.query_tap(QUERY, async_job=True),
    ],
    ids=["cone", "sync", "async"],
)
def test_trouble_of_the_network_is_told_in_our_errors(csc, ask, problem, error, words):
    """No error of requests or pyvo comes through; each is one of astroquery's classes too."""
    client = csc(timeout=7)
    mount(client, {"": problem})

    with pytest.raises(error, match=words) as caught:
        ask(client)

    assert caught.value.__cause__ is not None
    assert str(caught.value.url).startswith(ROOT)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("", "not a web address"),
        ("file:///etc/passwd", "not a web address"),
        ("http://example.org/result", "from https down to http"),
        (f"{ROOT}/csc21tap/sync", "redirects"),
    ],
)
def test_a_redirect_to_nowhere_is_not_followed(csc, location, words):
    """No Location, another scheme, down to http elsewhere, or round and round."""
    mount(csc, {SYNC: to(location), f"GET {ROOT}": to(location)})

    with pytest.raises(RemoteServiceError, match=words):
        csc.query_tap(QUERY)


def test_http_of_the_same_host_stays_encrypted(csc):
    """A 303 to http on the same host, as a proxy makes it, is followed with https."""
    location = f"{ROOT}/csc21tap/sync/7/result".replace("https", "http")
    adapter = mount(csc, {SYNC: to(location), RESULT: from_file("tap_nulls.vot")})

    csc.query_tap(QUERY)

    assert adapter.lines[1] == RESULT


# ---- asynchronous jobs -------------------------------------------------------------------------


def job_answers(*phases):
    """Answer as a job does that goes through these phases, one a look."""
    return {
        JOBS: to(JOB),
        f"POST {JOB}/phase": to(JOB),
        f"GET {JOB}": [from_file("uws_pending.xml")] * 3
        + [from_file(f"uws_{phase}.xml") for phase in phases],
        f"GET {JOB}/results/result": from_file("tap_nulls.vot"),
        f"DELETE {JOB}": to(f"{ROOT}/csc21tap/async"),
    }


def test_a_job_is_created_run_watched_read_and_deleted(csc):
    """The requests of a job, in their order; the DELETE's redirect is not followed."""
    adapter = mount(csc, job_answers("completed"))

    table = csc.query_tap(QUERY, async_job=True)

    assert len(table) == 3
    created, *_, fetched, deleted = adapter.lines
    assert created == JOBS
    assert f"POST {JOB}/phase" in adapter.lines
    assert (fetched, deleted) == (f"GET {JOB}/results/result", f"DELETE {JOB}")


@pytest.mark.parametrize(
    ("phase", "error", "words"),
    [
        ("error", InvalidQueryError, r"Column: \[nonsense\] not found in TapSchema"),
        ("aborted", RemoteServiceError, "was aborted by the service"),
    ],
)
def test_a_job_that_fails_says_why_and_is_deleted(csc, phase, error, words):
    """The service's words come through, and nothing stays behind."""
    adapter = mount(csc, job_answers(phase))

    with pytest.raises(error, match=words):
        csc.query_tap(QUERY, async_job=True)

    assert adapter.lines[-1] == f"DELETE {JOB}"


def test_a_job_that_does_not_end_is_not_deleted(csc):
    """After conf.max_wait the error says what to raise, and where the job is."""
    adapter = mount(csc, job_answers("executing"))

    with (
        conf.set_temp("max_wait", 2.0),
        pytest.raises(ServiceTimeoutError, match=r"still EXECUTING after 2 s.*conf.max_wait"),
    ):
        csc.query_tap(QUERY, async_job=True)

    assert f"DELETE {JOB}" not in adapter.lines


def test_pages_instead_of_a_job_end_it_when_the_time_is_over(csc):
    """The error says what came, and where the job is."""
    mount(csc, {**job_answers("completed"), f"GET {JOB}": from_file("maintenance_page.html")})

    with (
        conf.set_temp("max_wait", 1.0),
        pytest.raises(ServiceTimeoutError, match=r"async/7 has not shown its phase.*maintenance"),
    ):
        csc.query_tap(QUERY, async_job=True)


def test_a_job_that_cannot_be_deleted_loses_nothing(csc):
    """A failing DELETE is no reason to lose the table."""
    mount(csc, {**job_answers("completed"), f"DELETE {JOB}": requests.ConnectionError("gone")})

    assert len(csc.query_tap(QUERY, async_job=True)) == 3


def test_lines_are_of_this_archive_only(csc):
    """Nothing else is ever asked: every request of these verbs goes to the server's root."""
    adapter = mount(
        csc,
        {
            **job_answers("completed"),
            CONE: from_file("cone_ngc1333.vot"),
            SYNC: from_file("tap_nulls.vot"),
        },
    )

    csc.query_region(NGC1333)
    csc.query_tap(QUERY)
    csc.query_tap(QUERY, async_job=True)

    assert {line.split()[1][: len(ROOT)] for line in adapter.lines} == {ROOT}
