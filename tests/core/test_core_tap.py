# Licensed under a 3-clause BSD style license - see LICENSE
"""query_tap: ADQL as users have it, limits, jobs, uploads, and what the service refuses."""

import logging
from typing import Any

import numpy as np
import pytest
import requests
from astropy import units as u
from astropy.table import Table
from astroquery.exceptions import MaxResultsWarning, NoResultsWarning

from astroquery_csc.config import conf
from astroquery_csc.exceptions import (
    InputTypeError,
    InvalidQueryError,
    RemoteServiceError,
    ServiceTimeoutError,
)
from astroquery_csc.service import memory
from astroquery_csc.testing import Dialect, csc_server
from tests.support.canned import FIXTURES, CannedAdapter
from tests.support.comparing import UNMEASURED, UPPER_LIMIT, RequestLog, assert_same_table, masters

NEAR = f"m.name IN ('{UNMEASURED}', '{UPPER_LIMIT}')"

#: A synthetic source with detections.
OBSERVED = "2CXO J174529.3-285749"


def break_down(csc, path=""):
    """Let a path of the service, and what is below it, be out of reach."""
    adapter = CannedAdapter({"": requests.ConnectionError("refused")})
    csc._session.mount(csc.server + path, adapter)


def recover(csc, path=""):
    """End what `break_down` began."""
    del csc._session.adapters[csc.server + path]


# ---- the text ----------------------------------------------------------------------------------


def test_bare_table_names_get_the_schema_of_the_release(csc, server):
    """Tables may stand as CSCview shows them; the rest of the text is untouched."""
    log = RequestLog(server)

    csc.query_tap("SELECT  name,RA\nFROM master_source  WHERE ra<1")
    csc(release="2.0").query_tap("SELECT name FROM master_source WHERE ra < 1")

    assert log.queries == [
        "SELECT  name,RA\nFROM csc21.master_source  WHERE ra<1",
        "SELECT name FROM csc2.master_source WHERE ra < 1",
    ]


def test_a_query_of_cscview_runs_as_it_stands(csc):
    """Five tables with commas between (reconstructed), from a file with comments."""
    text = (FIXTURES / "cscview_query.adql").read_text(encoding="utf-8")

    table = csc.query_tap(text.partition("SELECT")[1] + text.partition("SELECT")[2])

    assert table.colnames == [
        *["name", "ra", "dec", "err_ellipse_r0", "significance"],
        *["obsid", "obi", "flux_aper_b"],
    ]
    assert len(table) > 10
    assert table["name"].tolist() == sorted(table["name"])
    assert table["significance"].min() >= 3
    assert table["flux_aper_b"].unit == u.erg / u.s / u.cm**2
    assert "\n" not in table.meta["QUERY"]


def test_a_comment_is_no_part_of_the_question(csc):
    """ADQL with comments before it, as people keep it in files, is read."""
    table = csc.query_tap(f"-- two sources\nSELECT m.name FROM master_source m WHERE {NEAR}")

    assert len(table) == 2


def test_columns_stand_in_the_order_of_the_query(csc):
    """The order is the caller's, not the dictionary's; rows are in the service's order."""
    table = csc.query_tap(
        f"SELECT m.dec, m.significance, m.name FROM master_source m WHERE {NEAR} "
        "ORDER BY m.significance ASC"
    )

    assert table.colnames == ["dec", "significance", "name"]
    assert table["name"].tolist() == [UNMEASURED, UPPER_LIMIT]


@pytest.mark.parametrize("star", [pytest.param("*", marks=pytest.mark.slow), "m.*, m.ra AS x"])
def test_a_star_is_every_column(csc, star):
    """Columns of a star have their units and words."""
    table = csc.query_tap(f"SELECT {star} FROM master_source m WHERE {NEAR}")

    assert set(masters().colnames) <= set(table.colnames)
    assert table["flux_aper_b"].description == masters()["flux_aper_b"].description
    assert table["flux_aper_b"].unit == masters()["flux_aper_b"].unit


def test_an_alias_keeps_unit_and_description(csc):
    """A column under another name is still that column."""
    table = csc.query_tap(f"SELECT m.ra AS x, flux_aper_b bright FROM master_source m WHERE {NEAR}")

    assert [table["x"].unit, table["bright"].unit] == [u.deg, u.erg / u.s / u.cm**2]
    assert table["x"].description == "ICRS right ascension"


def test_a_computed_column_is_given_no_unit(csc):
    """Neither unit nor words are invented for what is computed, nor for an alias that misleads."""
    table = csc.query_tap(
        f"SELECT 2 * m.ra AS ra2, m.significance AS dec, m.flux_aper_b / 2 AS flux_aper_b "
        f"FROM master_source m WHERE {NEAR}"
    )

    assert [table["ra2"].unit, table["dec"].unit] == [None, None]
    assert table["dec"].description == masters()["significance"].description


def test_columns_of_other_tables_have_their_own_words(csc):
    """The same name at another level is another column."""
    table = csc.query_tap(
        "SELECT TOP 3 s.flux_aper_b, m.flux_aper_b AS of_master, a.match_type "
        "FROM master_source m, master_stack_assoc a, stack_source s "
        "WHERE (m.name = a.name) AND (s.detect_stack_id = a.detect_stack_id "
        "AND s.region_id = a.region_id) AND a.match_type = 'u'"
    )

    assert table["flux_aper_b"].description != table["of_master"].description
    assert set(table["match_type"]) == {"u"}


def test_counts_and_groups_work(csc):
    """COUNT comes as a number."""
    table = csc.query_tap("SELECT COUNT(*) AS n FROM master_source")

    assert table["n"].tolist() == [len(masters())]


def test_tap_schema_can_be_asked(csc):
    """What is not the catalogue's own schema goes out as it is."""
    table = csc.query_tap("SELECT table_name FROM TAP_SCHEMA.tables ORDER BY table_name ASC")

    assert "csc21.master_source" in table["table_name"].tolist()
    assert len(table) == 16


def test_an_empty_answer_has_its_columns(csc):
    """Columns, units, NoResultsWarning."""
    with pytest.warns(NoResultsWarning):
        table = csc.query_tap("SELECT name, ra FROM master_source WHERE ra < -1")

    assert (len(table), table["ra"].unit, table.meta["NROWS"]) == (0, u.deg, 0)


def test_the_payload_is_what_is_sent(csc, server):
    """The dict holds what the request holds, and nothing is sent for it."""
    query = "SELECT name FROM master_source WHERE ra < 1"
    before = RequestLog(server)
    payload = csc.query_tap(query, maxrec=500, get_query_payload=True)
    sent_before = before.all
    log = RequestLog(server)

    csc.query_tap(query, maxrec=500)

    assert sent_before == []
    assert payload.pop("url") == f"{server.url}/csc21tap/sync"
    assert payload.pop("method") == "POST"
    assert {key: str(value) for key, value in payload.items()} == dict(log.all[0].params)


def test_the_payload_of_a_partial_table_sends_nothing(csc, server):
    """A column that only the service knows is not asked for while nothing may be sent."""
    log = RequestLog(server)

    payload = csc.query_tap("SELECT anything FROM valid_stack", get_query_payload=True)

    assert log.all == []
    assert payload["QUERY"] == "SELECT anything FROM csc21.valid_stack"


# ---- what is not known offline -----------------------------------------------------------------


def test_tap_schema_is_asked_once_where_the_dictionary_is_partial(csc, server):
    """Unknown columns of a partial table are looked up; the answer serves the next queries."""
    log = RequestLog(server)

    for _ in range(2):
        csc.query_tap("SELECT detect_stack_id FROM valid_stack", cache=False)
        with pytest.raises(InvalidQueryError, match=r"Did you mean 'detect_stack_id'"):
            csc.query_tap("SELECT detect_stackid FROM valid_stack", cache=False)

    assert sum("TAP_SCHEMA" in query for query in log.queries) == 1


def test_known_tables_need_no_look_at_tap_schema(csc, server):
    """What the dictionary knows whole costs no request."""
    log = RequestLog(server)

    csc.query_tap("SELECT name FROM master_source WHERE ra < 1")

    assert len(log.queries) == 1


def test_a_service_that_does_not_tell_decides_itself(csc, server):
    """Without TAP_SCHEMA and /tables an unknown column goes out, and the service refuses it."""
    break_down(csc)
    with conf.set_temp("retries", 0), pytest.raises(RemoteServiceError):
        csc.query_tap("SELECT nonsense FROM valid_stack", cache=False)
    recover(csc)
    log = RequestLog(server)

    with pytest.raises(InvalidQueryError, match="not found"):
        csc.query_tap("SELECT nonsense FROM valid_stack", cache=False)

    assert log.queries == ["SELECT nonsense FROM csc21.valid_stack"]


def test_a_service_that_was_down_is_asked_for_its_columns_again_later(csc, monkeypatch):
    """An outage of a minute does not decide for the life of an instance what is refused here."""
    break_down(csc)
    with conf.set_temp("retries", 0), pytest.raises(RemoteServiceError):
        csc.query_tap("SELECT detect_stackid FROM valid_stack", cache=False)
    recover(csc)
    monkeypatch.setattr(memory, "FAILURE_SECONDS", 0.0)

    with pytest.raises(InvalidQueryError, match=r"Did you mean 'detect_stack_id'"):
        csc.query_tap("SELECT detect_stackid FROM valid_stack", cache=False)


def test_validate_false_sends_the_text_untouched(csc, server):
    """The service has the only word; what is known of the columns is kept."""
    log = RequestLog(server)
    query = "SELECT name,\n ra FROM csc21.master_source WHERE ra < 1 -- mine"

    table = csc.query_tap(query, validate=False)

    assert log.queries == [query]
    assert table["ra"].unit == u.deg
    with pytest.raises(InvalidQueryError, match=r"is not found"):
        csc.query_tap("SELECT name FROM nowhere", validate=False)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (
            "SELECT ra FROM csc21.master_source WHERE CONTAINS(POINT(1, 2), CIRCLE(1, 2, 3)) = 1",
            "is not found in TapSchema",
        ),
        ("SELECT nonsense FROM csc21.master_source", r"Column: \[nonsense\] not found"),
        ("SELEC name", "SELEC"),
        ("SELECT m.name FROM csc21.master_source m JOIN csc21.image i ON m.ra = i.obsid", "JOIN"),
    ],
)
@pytest.mark.parametrize("job", [False, True], ids=["sync", "async"])
def test_what_the_service_refuses_carries_its_words_and_the_adql(csc, query, words, job):
    """InvalidQueryError has both in its message and the context as attributes."""
    with pytest.raises(InvalidQueryError, match=words) as caught:
        csc.query_tap(query, validate=False, async_job=job)

    assert f"The ADQL was: {query}" in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
    assert caught.value.adql == query
    assert str(caught.value.url).startswith(csc.server)


BY_JOIN = (
    "SELECT a.detect_stack_id FROM master_source m JOIN master_stack_assoc a ON m.name = a.name "
    f"WHERE m.name = '{OBSERVED}'"
)


def test_a_join_of_the_user_is_left_to_a_service_that_takes_it():
    """What is only reported to be refused is not refused here."""
    with csc_server(dialect=Dialect(join_on=True)) as server:
        table: Any = server.csc.query_tap(BY_JOIN, cache=False)
        stacks: Any = server.csc.query_tap(
            f"SELECT detect_stack_id FROM master_stack_assoc WHERE name = '{OBSERVED}'", cache=False
        )

    assert sorted(table["detect_stack_id"]) == sorted(stacks["detect_stack_id"])


@pytest.mark.parametrize("form", ["200", "400", "500-text", "500-html"])
def test_a_join_that_the_service_refuses_is_told_with_the_way_round(form):
    """Whatever the form of its refusal, the error says what to write instead."""
    with (
        csc_server(dialect=Dialect(error_form=form)) as server,
        pytest.raises((InvalidQueryError, RemoteServiceError)) as caught,
    ):
        server.csc.query_tap(BY_JOIN, cache=False)

    assert "JOIN … ON may be why: write FROM a, b WHERE (a.x = b.x)." in str(caught.value)


@pytest.mark.parametrize(
    ("join", "words"),
    [
        ("CROSS JOIN csc21.image b", "CROSS JOIN may be why: write FROM a, b."),
        ("NATURAL JOIN csc21.image b", "NATURAL JOIN may be why: write FROM a, b WHERE (a.x ="),
        ("natural left join csc21.image b", "NATURAL JOIN may be why: write FROM a, b WHERE"),
        ("JOIN csc21.image b USING (obsid)", "JOIN … USING may be why: write FROM a, b WHERE"),
    ],
)
def test_every_kind_of_join_is_told_with_the_way_round(csc, join, words):
    """Whatever the join, the error says how to write it with a comma."""
    with pytest.raises(InvalidQueryError) as caught:
        csc.query_tap(f"SELECT a.obsid FROM csc21.image a {join}", validate=False)

    assert words in str(caught.value)


@pytest.mark.parametrize("literal", ["a join on b", "it''s a JOIN ON"])
def test_words_of_a_string_are_no_join(csc, literal):
    """The way round a join is not told where there is none."""
    with pytest.raises(InvalidQueryError) as caught:
        csc.query_tap(f"SELECT x FROM csc21.image WHERE x = '{literal}'", validate=False)

    assert "JOIN … ON may be why" not in str(caught.value)


# ---- limits ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("maxrec", "rows", "cut"), [(5, 5, True), (11, 11, True), (12, 12, False), (13, 12, False)]
)
def test_maxrec_cuts_and_says_so_only_where_it_cuts(csc, maxrec, rows, cut):
    """An answer that is exactly full is whole: TRUNC is False, nothing is warned about."""
    query = "SELECT TOP 12 name FROM master_source ORDER BY name ASC"

    with warns_if(cut, MaxResultsWarning):
        table = csc.query_tap(query, maxrec=maxrec)

    assert (len(table), table.meta["TRUNC"], table.meta["NROWS"]) == (rows, cut, rows)


def warns_if(expected, category):
    """Expect a warning, or none."""
    import warnings

    return pytest.warns(category) if expected else warnings.catch_warnings()


@pytest.mark.parametrize("job", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    "switches", [{"overflow": "marked"}, {"overflow": "unmarked"}, {"maxrec_honoured": False}]
)
def test_maxrec_holds_whatever_the_service_makes_of_it(switches, job):
    """Marked, unmarked, or MAXREC not honoured at all: the table has maxrec rows and says so."""
    with (
        csc_server(dialect=Dialect(**switches)) as server,
        pytest.warns(MaxResultsWarning) as caught,
    ):
        table: Any = server.csc.query_tap(
            "SELECT name FROM master_source", maxrec=7, async_job=job, cache=False
        )

    assert len(caught) == 1
    assert (len(table), table.meta["TRUNC"]) == (7, True)


@pytest.mark.parametrize("job", [False, True], ids=["sync", "async"])
def test_a_cut_of_the_service_is_told(job):
    """A default limit of the service's own that is marked gives MaxResultsWarning."""
    with (
        csc_server(dialect=Dialect(default_maxrec=9)) as server,
        pytest.warns(MaxResultsWarning, match="The service cut the answer at its row limit"),
    ):
        table: Any = server.csc.query_tap(
            "SELECT name FROM master_source", async_job=job, cache=False
        )

    assert (len(table), table.meta["TRUNC"]) == (9, True)


def test_a_table_just_as_long_as_the_stated_limit_may_be_cut(monkeypatch):
    """Without a mark, exactly the limit that the release states is taken for a cut."""
    from dataclasses import replace

    from astroquery_csc.catalogue.releases import RELEASES

    monkeypatch.setitem(RELEASES, "2.1", replace(RELEASES["2.1"], hard_limit=20))
    with (
        csc_server(dialect=Dialect(overflow="unmarked", hard_limit=20)) as server,
        pytest.warns(MaxResultsWarning, match="The service cut"),
    ):
        table: Any = server.csc.query_tap("SELECT name FROM master_source", cache=False)

    assert (len(table), table.meta["TRUNC"]) == (20, True)


def test_a_service_that_was_down_is_asked_for_its_limits_again_later(monkeypatch):
    """What cannot be told from whole while the limits are not known is called cut once they are."""
    text = "SELECT TOP 200 name FROM master_source"
    with csc_server(dialect=Dialect(overflow="unmarked", hard_limit=100)) as server:
        asking: Any = server.csc
        break_down(asking, "/csc21tap/capabilities")
        with conf.set_temp("retries", 0):
            assert asking.query_tap(text, cache=False).meta["TRUNC"] is False
        recover(asking, "/csc21tap/capabilities")

        assert asking.query_tap(text, cache=False).meta["TRUNC"] is False
        monkeypatch.setattr(memory, "FAILURE_SECONDS", 0.0)
        with pytest.warns(MaxResultsWarning, match="The service cut"):
            table = asking.query_tap(text, cache=False)

    assert table.meta["TRUNC"] is True
    assert sum("capabilities" in request.path for request in server.requests) == 1


# ---- asynchronous jobs -------------------------------------------------------------------------


def test_a_job_gives_the_table_of_a_synchronous_query(csc):
    """Same rows, units and words; meta names the route."""
    query = f"SELECT m.name, m.flux_aper_b FROM master_source m WHERE {NEAR}"

    sync, job = csc.query_tap(query), csc.query_tap(query, async_job=True)

    assert_same_table(job, sync)
    assert job.meta["SERVICE"] == f"TAP async {csc.server}/csc21tap/async"


def test_a_job_logs_its_phases_and_is_deleted(caplog):
    """Phases are logged at level INFO by astroquery's logger; no job is left."""
    slow = Dialect(async_polls=2)
    with csc_server(dialect=slow) as server, caplog.at_level(logging.INFO, logger="astroquery"):
        server.csc.query_tap("SELECT TOP 1 name FROM master_source", async_job=True, cache=False)
        left = server.csc._session.get(f"{server.url}/csc21tap/async").text

    told = [
        (record.levelname, record.message.rpartition(": ")[2])
        for record in caplog.records
        if "/async/" in record.message
    ]
    assert told == [("INFO", "EXECUTING"), ("INFO", "COMPLETED")]
    assert server.requests[-2].method == "DELETE"
    assert "jobref" not in left


@pytest.mark.parametrize(
    ("end", "error", "words"),
    [
        ("ERROR", InvalidQueryError, "The job failed"),
        ("ABORTED", RemoteServiceError, "was aborted by the service"),
    ],
)
def test_a_job_that_ends_badly_is_an_error_and_deleted(end, error, words):
    """ERROR has the service's words, ABORTED is the service's doing."""
    with (
        csc_server(dialect=Dialect(async_end=end)) as server,
        pytest.raises(error, match=words),
    ):
        server.csc.query_tap("SELECT name FROM master_source", async_job=True, cache=False)

    assert server.requests[-1].method == "DELETE"


def test_a_job_that_takes_too_long_is_not_deleted():
    """conf.max_wait is the longest time for a job; the error names the setting and the job."""
    with (
        csc_server(dialect=Dialect(async_seconds=60)) as server,
        conf.set_temp("max_wait", 2.0),
        pytest.raises(
            ServiceTimeoutError, match=r"EXECUTING after 2 s.*conf.max_wait.*j1 was not del"
        ),
    ):
        server.csc.query_tap("SELECT name FROM master_source", async_job=True, cache=False)

    assert [request for request in server.requests if request.method == "DELETE"] == []


def test_an_answer_that_does_not_begin_in_time_is_given_up():
    """Csc(timeout=) is the time without a word; the error says what to do."""
    with csc_server(dialect=Dialect(delay_seconds=20)) as server:
        asking = server.csc(timeout=1.0 * u.s)
        with pytest.raises(ServiceTimeoutError, match=r"for 1 s.*Csc\(timeout=…\).*async_job=True"):
            asking.query_tap("SELECT name FROM master_source", cache=False)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_jobs_of_both_uws_versions_work(version):
    """UWS 1.1 documents have more in them."""
    with csc_server(dialect=Dialect(uws_version=version, async_polls=1)) as server:
        table: Any = server.csc.query_tap(
            "SELECT TOP 2 name FROM master_source", async_job=True, cache=False
        )

    assert len(table) == 2


# ---- uploads -----------------------------------------------------------------------------------

MINE = Table({"name": [UPPER_LIMIT, "not a source", UNMEASURED], "number": [7, 8, 9]})
JOINED = (
    "SELECT t.number, m.name, m.ra FROM master_source m, TAP_UPLOAD.mine t "
    "WHERE (m.name = t.name) ORDER BY number ASC"
)


@pytest.mark.parametrize("job", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("kind", ["table", "path", "file"])
def test_a_table_can_be_sent_along(csc, tmp_path, kind, job):
    """Uploads go as pyvo takes them: a Table, a VOTable file, its path."""
    path = tmp_path / "mine.vot"
    MINE.write(path, format="votable")
    with path.open("rb") as stream:
        mine = {"table": MINE, "path": str(path), "file": stream}[kind]
        table = csc.query_tap(JOINED, uploads={"mine": mine}, async_job=job)

    assert table["number"].tolist() == [7, 9]
    assert table["name"].tolist() == [UPPER_LIMIT, UNMEASURED]
    assert table["ra"].unit == u.deg


def test_the_payload_names_the_uploads(csc, server):
    """UPLOAD is in the payload; nothing is sent."""
    log = RequestLog(server)

    payload = csc.query_tap(JOINED, uploads={"mine": MINE}, get_query_payload=True)

    assert log.all == []
    assert payload["UPLOAD"] == "mine,param:mine"


@pytest.mark.parametrize("job", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("mine", ["/no/such/file.vot", b"no VOTable", object()], ids=type)
def test_an_upload_that_cannot_be_sent_is_bad_input(csc, mine, job):
    """The error says what to give."""
    with pytest.raises(InvalidQueryError, match=r"The upload 'mine' cannot be sent.*Give an astr"):
        csc.query_tap(JOINED, uploads={"mine": mine}, async_job=job)


def test_an_upload_that_is_a_number_is_no_file_descriptor(csc, server, tmp_path):
    """open(5) would read, and close, a file that somebody else has opened."""
    log = RequestLog(server)
    with (
        (tmp_path / "mine").open("w") as mine,
        pytest.raises(InputTypeError, match="expected an astropy Table"),
    ):
        csc.query_tap(JOINED, uploads={"mine": mine.fileno()})

    assert mine.closed
    assert log.all == []


def test_a_service_without_uploads_says_so():
    """Its words come through."""
    with (
        csc_server(dialect=Dialect(upload=False)) as server,
        pytest.raises(InvalidQueryError, match="UPLOAD is not supported"),
    ):
        server.csc.query_tap(JOINED, uploads={"mine": MINE})


# ---- values ------------------------------------------------------------------------------------


def test_every_value_of_the_sky_comes_through_exactly(csc):
    """All masters, a column of each kind: values and masks as the service holds them."""
    columns = ["name", "ra", "flux_aper_b", "var_inter_index_b", "extent_flag", "likelihood_class"]

    table = csc.query_tap(f"SELECT {', '.join(columns)} FROM master_source ORDER BY name ASC")

    sky = masters()[np.argsort(masters()["name"])]
    assert [table[name].tolist() for name in columns] == [sky[name].tolist() for name in columns]
    assert table["likelihood_class"].dtype.kind == "U"
