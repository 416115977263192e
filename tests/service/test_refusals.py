# Licensed under a 3-clause BSD style license - see LICENSE
"""What a service says that is not a table, and our error for it; the contents are invented."""

import pytest
import requests
import urllib3

from astroquery_csc.exceptions import (
    InvalidQueryError,
    RemoteServiceError,
    ServiceTimeoutError,
    TableParseError,
)
from astroquery_csc.service import refusals
from astroquery_csc.service.deadline import Deadline
from astroquery_csc.service.refusals import (
    check_xml,
    host_of,
    late,
    refusal,
    translate,
    words_of,
)
from tests.votable.votables import STATUS, document, field, wrapped

URL = "http://127.0.0.1:8421/csc21tap/sync"
ADQL = "SELECT nonsense FROM csc21.master_source"
POOL = urllib3.HTTPConnectionPool("127.0.0.1")
TABLE = document(field("n", "int"), ["1"], ["2"], before=STATUS.format("OK", ""))


# ---- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("plain   words\n\n on lines", "plain words on lines"),
        ("<html><body><h1>Error 500</h1> try <b>later</b></body></html>", "Error 500 try later"),
        ("<title>500</title><style>b {x}</style><p>Sorry", "Sorry"),
        ("<script>alert('<b>')</script >Sorry<script>x", "Sorry"),
        ("<!-- a --><p title='x'>Sorry</p>", "Sorry"),
        ("a &lt;b&gt; &amp;amp; &quot;c&quot;&nbsp;d", 'a <b> &amp; "c" d'),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("tricks \x1b[31m\x07 \u202e here", "tricks [31m here"),
        (wrapped(STATUS.format("ERROR", "Column: [x] not found")), "Column: [x] not found"),
        (wrapped('<INFO name="Error" value="SR too big"/>'), "SR too big"),
        (wrapped('<PARAM name="error" datatype="char" value="too big"/>'), "too big"),
        (wrapped('<INFO value="ERROR" name="QUERY_STATUS">no</INFO>'), "no"),
        (
            wrapped(STATUS.format("OK", "") + STATUS.format("ERROR", "late")),
            "late",
        ),
        (
            wrapped('<INFO name="PROVIDER" value="x">CDA</INFO>' + STATUS.format("ERROR", "no")),
            "no",
        ),
    ],
)
def test_the_words_of_a_page_or_document(text, words):
    """The words that somebody wrote for people, on one line, without marks and tricks."""
    assert words_of(text.encode()) == words


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_words_in_other_encodings(encoding):
    """What is not UTF-8 gives no error."""
    assert words_of("<p>Désolé</p>".encode(encoding)) == "Désolé"
    assert words_of("<p>Désolé</p>".encode("latin-1")) == "D\ufffdsol\ufffd"


def test_a_long_page_gives_a_short_message():
    """Of a megabyte only the beginning is shown, in no time."""
    assert len(words_of(b"<p>words </p>" * 100_000)) == 600
    assert len(words_of(b"<" * 1_000_000)) <= 600
    assert words_of(b"<script>" * 100_000) == ""


# ---- addresses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (URL, "127.0.0.1:8421"),
        ("https://me:secret@example.org:8080/tap", "example.org:8080"),
        ("not an address", "not an address"),
        ("http://[::1", "http://[::1"),
        ("", ""),
    ],
)
def test_the_host_of_an_address(url, host):
    """With its port, without a password."""
    assert host_of(url) == host


def test_no_message_shows_a_password():
    """Neither host nor address give away what stands before the @."""
    url = "https://me:secret@example.org/tap"

    errors = [
        refusal("no", url=url, status=500),
        translate(requests.ConnectionError("x"), url, 5),
        late(url, Deadline(5)),
    ]

    assert ["secret" in str(error) for error in errors] == [False, False, False]
    assert ["example.org" in str(error) for error in errors] == [True, True, True]


# ---- errors of the network -------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        requests.ReadTimeout("x"),
        requests.ConnectTimeout("x"),
        requests.ConnectionError("HTTPConnectionPool: Read timed out."),
    ],
)
def test_a_timeout_says_how_long_and_what_to_do(error):
    """Whatever requests calls it, silence is a timeout."""
    found = translate(error, URL, 12.5)

    assert isinstance(found, ServiceTimeoutError)
    assert str(found).startswith("127.0.0.1:8421 sent nothing for 12.5 s.")
    assert "Csc(timeout=…), or use async_job=True" in str(found)
    assert found.url == URL


def test_a_connection_error_has_its_innermost_reason():
    """Of three wrapped errors the one that says something is shown."""
    inner = ConnectionRefusedError(111, "Connection refused")
    outer = urllib3.exceptions.MaxRetryError(POOL, "/x", reason=inner)

    found = translate(requests.ConnectionError(outer), URL, 5)

    assert isinstance(found, RemoteServiceError)
    assert "No connection to 127.0.0.1:8421: [Errno 111] Connection refused." in str(found)
    assert found.retry_after is None


def test_a_connection_that_was_dropped_may_be_tried_again():
    """Who hung up may answer in a moment."""
    error = urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError("reset"))

    found = translate(requests.ConnectionError(error), URL, 5)

    assert isinstance(found, RemoteServiceError)
    assert found.retry_after == 0.0


def test_any_other_error_is_one_of_the_exchange():
    """The reason is shown on one line."""
    found = translate(requests.exceptions.InvalidSchema("no\nadapter"), URL, 5)

    assert str(found) == "The exchange with 127.0.0.1:8421 failed: no adapter."
    assert isinstance(found, RemoteServiceError)


def test_an_error_that_is_its_own_reason_ends():
    """A circle of causes is gone round once."""
    error = requests.ConnectionError("round")
    error.__cause__ = ValueError("and round")
    error.__cause__.__cause__ = error

    assert isinstance(translate(error, URL, 5), RemoteServiceError)


# ---- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "about"),
    [
        ("Function [CIRCLE] is not found in TapSchema", {}),
        ("Table [ X ] is not found in TapSchema", {"status": 500}),
        ("Column: [X] not found", {"status": 400}),
        ("Error executing query: x", {}),
        ("Incorrect syntax near 'x'", {"status": 500}),
        ("Invalid column name 'x'", {"status": 500}),
        ("ADQL parse error", {}),
        ("The ADQL is invalid", {}),
        ("anything", {"status": 400}),
        ("anything", {"is_table": True}),
        ("", {"is_table": True, "status": 500}),
    ],
)
def test_what_is_wrong_with_the_query_is_the_callers(words, about):
    """The service's words and the ADQL stand in the error, which is an InvalidQueryError."""
    error = refusal(words, url=URL, adql=ADQL, release="2.1", **about)

    assert isinstance(error, InvalidQueryError)
    assert str(error) == (
        f"The service refused the query. 127.0.0.1:8421 said: {words or '(nothing)'}. "
        f"The ADQL was: {ADQL}"
    )
    assert (error.url, error.adql, error.release) == (URL, ADQL, "2.1")


@pytest.mark.parametrize(
    ("words", "about"),
    [
        ("Internal error", {"status": 500}),
        ("Service Unavailable", {"status": 503}),
        ("anything", {}),
        ("This page has a form for ADQL queries", {}),
        ("syntax error", {"status": 404}),
        ("syntax error", {"status": 401}),
        ("Error executing query", {"status": 503, "is_table": True}),
    ],
)
def test_what_is_wrong_with_the_service_is_the_services(words, about):
    """Its words, the status, the address and the way on stand in a RemoteServiceError."""
    error = refusal(words, url=URL, adql=ADQL, release="2.1", retry_after=3.0, **about)

    assert isinstance(error, RemoteServiceError)
    assert f"127.0.0.1:8421 said: {words}." in str(error)
    assert f"The address was {URL}." in str(error)
    assert (error.adql, error.release, error.retry_after) == (ADQL, "2.1", 3.0)


def test_a_bad_request_without_a_query_is_the_services():
    """A cone search has no ADQL that could be wrong."""
    error = refusal("no", url=URL, status=400)

    assert isinstance(error, RemoteServiceError)
    assert "The ADQL was" not in str(error)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "The service or a proxy may need credentials."),
        (404, "Check conf.server and the release."),
        (414, "Ask for less at a time."),
        (503, "It is busy or down: try again later."),
        (500, "Try again later; if the error persists, report it to the CXC."),
    ],
)
def test_each_status_has_its_advice(status, advice):
    """The error says what the status means for the user."""
    error = refusal("no", url=URL, status=status)

    assert f"The service failed with HTTP status {status}." in str(error)
    assert advice in str(error)


def test_a_query_that_took_too_long_says_what_to_do():
    """The error has the limit and three ways on."""
    error = late(URL, Deadline(1.5))

    assert isinstance(error, ServiceTimeoutError)
    assert str(error) == (
        "The answer of 127.0.0.1:8421 did not end within 1.5 s. Raise conf.max_wait, ask for "
        "less, or use async_job=True."
    )


# ---- other documents -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["<tableset/>", '<v:tableset xmlns:v="x"/>', "<!-- --><tableset/>"]
)
def test_a_document_with_the_wanted_root_passes(text):
    """A prefix and comments do not matter: the root is read, and is not another one."""
    check_xml(text.encode(), URL, "tableset")

    with pytest.raises(TableParseError, match="tableset', not 'capabilities'"):
        check_xml(text.encode(), URL, "capabilities")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no element found"),
        ("<html><p>Sorry</p></html>", "it is 'html', not 'tableset'"),
        ("<tableset>", "no element found"),
        ("<tableset/>junk", "junk after document element"),
        ("<!DOCTYPE x><tableset/>", "it declares a document type (DTD)"),
        ('<?xml version="1.0" encoding="nonsense"?><tableset/>', "unknown encoding"),
    ],
)
def test_another_document_is_refused(text, reason):
    """The error has the address, the reason and the document's words."""
    with pytest.raises(TableParseError) as caught:
        check_xml(text.encode(), URL, "tableset")

    assert f"{URL} gave no readable document: " in str(caught.value)
    assert reason in str(caught.value)
    assert caught.value.url == URL


def test_every_error_of_a_reader_is_known():
    """What pyvo's and astropy's readers raise is one tuple, for all who call them."""
    assert {ValueError, LookupError, RecursionError} < set(refusals.READER_ERRORS)
    assert not issubclass(OSError, refusals.READER_ERRORS)
