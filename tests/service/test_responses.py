# Licensed under a 3-clause BSD style license - see LICENSE
"""
What a response says: its words, our error for it, and its body as a stream.

The responses are made by hand, without a connection; their contents are invented.
"""

import gzip
import io

import pytest
import requests
import urllib3

from astroquery_csc.exceptions import (
    CscError,
    InvalidQueryError,
    RemoteServiceError,
    ServiceTimeoutError,
    TableParseError,
)
from astroquery_csc.service import responses
from astroquery_csc.service.deadline import Deadline
from astroquery_csc.service.responses import (
    Body,
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


def response(body, *, content_type="", url=URL, **headers):
    """Make a response as requests does, which has not been read yet."""
    made = requests.Response()
    made.status_code = 200
    made.url = url
    made.headers["Content-Type"] = content_type
    stream = io.BytesIO(body.encode() if isinstance(body, str) else body)
    made.raw = urllib3.HTTPResponse(stream, headers=headers, preload_content=False)
    return made


def body_of(content, seconds=60.0, **about):
    """Make a body with a time limit."""
    return Body(response(content, **about), 30.0, Deadline(seconds))


def refused(content, kind, *, adql=ADQL, **about):
    """Decode a body that has to be refused, and give the error."""
    with pytest.raises(kind) as caught:
        body_of(content, **about).document(adql=adql, release="2.1")
    return caught.value


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
        (401, "Does the service, or a proxy, want credentials?"),
        (404, "are conf.server and release right?"),
        (414, "Ask for less at a time."),
        (503, "It is busy or down: try again later."),
        (500, "Try again later; if it stays, report it to the CXC."),
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
    """A prefix and comments do not matter."""
    check_xml(text.encode(), URL, "tableset")


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


# ---- the body as a stream --------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 2000])
def test_a_body_is_read_to_its_end(content):
    """In pieces, or at once."""
    with body_of(content) as body:
        pieces = list(iter(lambda: body.read(10), b""))

    assert b"".join(pieces) == content
    assert body_of(content).read() == content
    assert body_of(content).whole() == content


def test_looking_ahead_consumes_nothing():
    """What was looked at comes again."""
    body = body_of(b"abcdef" * 50_000)

    seen = [body.peek(3), body.peek(200_000), body.peek(10**9), body.peek(0)]

    assert [len(head) for head in seen] == [3, 200_000, 300_000, 0]
    assert body.read() == b"abcdef" * 50_000
    assert body.peek(5) == b""


def test_what_is_read_goes_to_the_sink_once():
    """Every byte, in order; what is only looked at does not."""
    kept: list[bytes] = []
    body = body_of(b"abc" * 100_000)
    body.sink = kept.append

    body.peek(100)
    assert kept == []
    body.read()

    assert b"".join(kept) == b"abc" * 100_000


def test_a_compressed_body_is_unpacked():
    """What is read is the document, not its gzip."""
    packed = gzip.compress(TABLE.encode())

    assert body_of(packed, **{"content-encoding": "gzip"}).read() == TABLE.encode()


def test_a_body_that_grows_beyond_measure_is_not_read_on():
    """64 MB of zeros in 64 kB are no table."""
    bomb = gzip.compress(bytes(1 << 27), 9)

    with pytest.raises(TableParseError, match="unpacks to more than 700 times what was sent"):
        body_of(bomb, **{"content-encoding": "gzip"}).read()


def test_a_document_without_end_is_not_read_on(monkeypatch):
    """A job or a list of tables that is larger than any is refused."""
    monkeypatch.setattr(responses, "_DOCUMENT_BYTES", 1 << 20)

    with pytest.raises(TableParseError, match="gave more than 1 MB; it is not read on"):
        body_of(bytes(1 << 21)).whole()


def test_a_response_of_another_kind_is_read():
    """A mocked response, and one that has been read already, have their body themselves."""
    mocked = requests.Response()
    mocked.raw = io.BytesIO(b"mocked")
    consumed = response(b"consumed")
    assert consumed.content == b"consumed"

    assert [Body(item, 5, Deadline(5)).read() for item in (mocked, consumed)] == [
        b"mocked",
        b"consumed",
    ]


def test_leaving_the_body_closes_the_connection():
    """Also where an error leaves it."""
    with pytest.raises(KeyError), body_of(b"x") as body:
        raise KeyError

    assert body.response.raw.closed


def test_a_body_that_takes_too_long_is_late():
    """The whole query has a time limit of its own."""
    with pytest.raises(ServiceTimeoutError, match=r"did not end within 0 s\. Raise conf\.max_wait"):
        body_of(TABLE, seconds=0.0).read()


class Broken(io.BytesIO):
    """A connection that breaks after its first bytes."""

    def __init__(self, error):
        super().__init__(b"<VOTABLE")
        self.error = error

    def read(self, *args):
        """Give what there is, then the error."""
        piece = super().read(*args)
        if not piece:
            raise self.error
        return piece

    read1 = read


def broken(error, seconds=60.0):
    """Make a body whose connection breaks."""
    found = response(b"")
    found.raw = urllib3.HTTPResponse(Broken(error), preload_content=False)
    return Body(found, 30.0, Deadline(seconds))


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError(104, "Connection reset by peer"),
        urllib3.exceptions.ProtocolError("Connection reset by peer"),
        urllib3.exceptions.IncompleteRead(5, 10),
        OSError("Connection reset by peer"),
    ],
)
def test_a_connection_that_breaks_in_the_middle_is_said_so(error):
    """It is no end of the body, and may be tried again."""
    with pytest.raises(RemoteServiceError, match="broke in the middle of the answer") as caught:
        broken(error).read()

    assert caught.value.retry_after == 0.0
    assert caught.value.url == URL


@pytest.mark.parametrize(
    "error", [urllib3.exceptions.ReadTimeoutError(POOL, "/", "Read timed out."), TimeoutError("x")]
)
def test_silence_in_the_middle_is_a_timeout_or_a_break(error):
    """The error is one of ours, whatever the layer below calls it."""
    with pytest.raises((ServiceTimeoutError, RemoteServiceError)) as caught:
        broken(error).read()

    assert "127.0.0.1:8421" in str(caught.value)


def test_a_break_after_the_time_is_over_is_late():
    """Who is hung up on because the time is over is told that it is over."""
    with pytest.raises(ServiceTimeoutError, match="did not end within 0 s"):
        broken(OSError("shut down"), seconds=0.0).read()


# ---- the body as a table ---------------------------------------------------------------------


def test_a_good_answer_is_a_table():
    """The table as decoded, and whether it was cut."""
    table, overflow = body_of(TABLE).document(adql=ADQL, release="2.1")

    assert table["n"].values.tolist() == [1, 2]
    assert overflow is False


def test_a_cut_answer_says_so():
    """OVERFLOW comes through beside the table."""
    text = document(field("n", "int"), ["1"], after=STATUS.format("OVERFLOW", ""))

    assert body_of(text).document(adql=ADQL, release="2.1")[1] is True


def test_the_words_of_an_error_document_are_those_of_the_query():
    """A VOTable that says ERROR speaks of the query."""
    error = refused(wrapped(STATUS.format("ERROR", "no such thing")), InvalidQueryError)

    assert "127.0.0.1:8421 said: no such thing. The ADQL was: " in str(error)
    assert (error.url, error.adql, error.release) == (URL, ADQL, "2.1")


@pytest.mark.parametrize(
    ("content", "content_type", "instead"),
    [
        ("<html><p>Sorry</p></html>", "text/html", "an HTML page (text/html)"),
        ("<!DOCTYPE html><p>VOTABLE is a format</p>", "", "an HTML page"),
        ('{"error": "Sorry"}', "application/json", "JSON (application/json)"),
        ("[]", "", "JSON"),
        ("", "", "an empty body"),
        (" \n", "", "an empty body"),
        ("# name\tra\nname\tra\n", "text/plain", "a text table (text/plain)"),
        ("Sorry", "", "a text"),
        (b"SIMPLE\0\0", "", "binary data"),
    ],
)
def test_what_came_instead_of_a_votable_is_said(content, content_type, instead):
    """The error names it, with its words and the status of a service that failed."""
    error = refused(content, RemoteServiceError, content_type=content_type)

    assert f"It sent {instead} instead of a VOTable." in str(error)
    assert error.release == "2.1"


def test_a_page_that_speaks_of_the_query_is_about_the_query():
    """Known words of a refusal count in a page, too."""
    error = refused("Error executing query: no column x", InvalidQueryError)

    assert "said: Error executing query: no column x." in str(error)


@pytest.mark.parametrize("content", [TABLE[:-30], TABLE.replace("<TD>1</TD>", "<TD>x</TD>")])
def test_a_damaged_answer_carries_what_was_asked(content):
    """The error of the reader gets the address, the query and the release."""
    error = refused(content, TableParseError)

    assert (error.url, error.adql, error.release) == (URL, ADQL, "2.1")


def test_a_votable_without_a_table_is_no_answer():
    """Neither table nor error is damage."""
    error = refused(wrapped("<RESOURCE/>"), TableParseError)

    assert str(error) == "The answer is a VOTable without a table."
    assert error.adql == ADQL


@pytest.mark.parametrize(("promised", "is_good"), [("2", True), ("3", False), ("0", True)])
def test_an_answer_holds_the_rows_that_it_promises(promised, is_good):
    """A document that says how many rows it has, and has others, is cut."""
    text = TABLE.replace("<TABLE ", f'<TABLE nrows="{promised}" ')

    found = attempt(text)

    assert isinstance(found, TableParseError) is not is_good
    assert is_good or f"says that it has {promised} rows, and 2 came." in str(found)


def attempt(text):
    """Decode a body; give the table, or our error."""
    try:
        return body_of(text).document(adql=ADQL, release="2.1")
    except CscError as error:
        return error


def test_every_error_of_a_reader_is_known():
    """What pyvo's and astropy's readers raise is one tuple, for all who call them."""
    assert {ValueError, LookupError, RecursionError} < set(responses.READER_ERRORS)
    assert not issubclass(OSError, responses.READER_ERRORS)
