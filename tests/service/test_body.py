# Licensed under a 3-clause BSD style license - see LICENSE
"""
The body of a response, as a stream and as a table.

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
from astroquery_csc.service import body as body_module
from astroquery_csc.service.body import Body
from astroquery_csc.service.deadline import Deadline
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
    monkeypatch.setattr(body_module, "_DOCUMENT_BYTES", 1 << 20)

    with pytest.raises(TableParseError, match="gave more than 1 MB; reading stopped"):
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
    """It is not an end of the body, and may be tried again."""
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
    table, overflow, _ = body_of(TABLE).document(adql=ADQL, release="2.1")

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


@pytest.mark.parametrize(("promised", "is_cut"), [("2", False), ("3", True), ("0", False)])
def test_an_answer_of_fewer_rows_than_it_promises_is_cut(promised, is_cut):
    """It is marked like one that says that it was cut."""
    columns, overflow = attempt(TABLE.replace("<TABLE ", f'<TABLE nrows="{promised}" '))

    assert (len(columns), overflow) == (2, is_cut)


def attempt(text):
    """Decode a body; give the table, or our error."""
    try:
        return body_of(text).document(adql=ADQL, release="2.1")[:2]
    except CscError as error:
        return error
