# Licensed under a 3-clause BSD style license - see LICENSE
"""What goes out: tries, waits, credentials, proxies, certificates; and many threads at once."""

import io
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import requests
from astropy import units as u
from astropy.table import Table
from astroquery.exceptions import MaxResultsWarning

from astroquery_csc.catalogue.releases import RELEASES, get_release, register
from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import (
    InvalidQueryError,
    RemoteServiceError,
    ServiceTimeoutError,
    TableParseError,
)
from astroquery_csc.service import remote, transport
from astroquery_csc.service.connections import PatientAdapter, make_patient, patience
from astroquery_csc.service.deadline import Deadline, persist
from astroquery_csc.service.refusals import check_xml, host_of, refusal, words_of
from astroquery_csc.service.uploads import pack
from tests.faults.bodies import ROWS, SOURCES, votable
from tests.faults.model import LIMITS, client, limits
from tests.faults.server import Request, Wire, fault_server, http
from tests.faults.verbs import ADQL
from tests.support.comparing import NGC1333

URL = "https://cda.example/csc21tap/sync"


@pytest.fixture
def csc(server, tmp_path):
    """Make a client of the server of a test."""
    with limits(LIMITS), client(server.url, tmp_path / "cache") as made:
        yield made


@pytest.fixture
def script() -> list[Callable[[Wire, Request], None]]:
    """Hold what the server does, request by request; the last one stays."""
    return [good]


@pytest.fixture
def server(script):
    """Run a server that follows the script."""

    def answer(wire: Wire, request: Request) -> None:
        """Follow the script."""
        (script.pop(0) if len(script) > 1 else script[0])(wire, request)

    with fault_server(answer) as running:
        yield running


def good(wire: Wire, request: Request) -> None:
    """Answer with three sources."""
    wire.send(http(SOURCES))


def busy(*headers: str, status: int = 503) -> Callable[[Wire, Request], None]:
    """Answer that one should come back."""
    return lambda wire, request: wire.send(http(b"busy", *headers, status=status))


def to(make: Callable[[Wire], str]) -> Callable[[Wire, Request], None]:
    """Redirect."""
    return lambda wire, request: wire.send(
        http(b"", f"Location: {make(wire)}", "Set-Cookie: id=1; Path=/", status=303)
    )


def other_name(wire: Wire) -> str:
    """Give another name of the server's machine."""
    return wire.root.replace("127.0.0.1", "localhost") + "/elsewhere"


def ask(csc: CscClass) -> Table:
    """Ask, past the cache."""
    return csc.query_tap(ADQL, validate=False, cache=False)


# ---- tries -------------------------------------------------------------------------------------


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """Write down the waits between tries instead of waiting."""
    seen: list[float] = []
    monkeypatch.setattr("astroquery_csc.service.deadline.time.sleep", seen.append)
    return seen


def test_waits_grow(csc, script, server, waits):
    """Each wait is three times the one before; then the error says how often it was asked."""
    script[:] = [busy()]

    with (
        conf.set_temp("retries", 3),
        conf.set_temp("retry_wait", 0.5),
        pytest.raises(RemoteServiceError, match=r"503.*busy.*try again later.*asked 4 times"),
    ):
        ask(csc)

    assert waits == [0.5, 1.5, 4.5]
    assert len(server.requests) == 4


def test_retry_after_is_heeded(csc, script, waits):
    """The service's own wait counts where it is longer."""
    script[:] = [busy("Retry-After: 7"), good]

    assert len(ask(csc)) == 3
    assert waits == [7.0]


def test_a_wait_beyond_the_time_of_the_query_is_not_begun(csc, script, waits, server):
    """With 20 seconds in all, nobody waits 30."""
    script[:] = [busy("Retry-After: 30"), good]

    with pytest.raises(RemoteServiceError, match="503"):
        ask(csc)

    assert (waits, len(server.requests)) == ([], 1)


def test_tries_are_logged(csc, script, waits, caplog):
    """Each try is a line at level INFO that says why."""
    script[:] = [busy(), good]

    with caplog.at_level(logging.INFO):
        ask(csc)

    assert "Trying again in 0.001 s (try 1 of 2): The service failed with HTTP status 503" in (
        caplog.text
    )


@pytest.mark.parametrize("problem", [TableParseError("no"), InvalidQueryError("no")])
def test_what_waiting_does_not_mend_is_not_tried_again(waits, problem):
    """A broken table and a refused query are told at once."""
    calls = []

    def action() -> None:
        """Fail, and count it."""
        calls.append(1)
        raise problem

    with pytest.raises(type(problem)):
        persist(action, Deadline(10.0, retries=3))

    assert len(calls) == 1


def test_nobody_there_is_told_at_once(tmp_path, waits):
    """A refused connection is no reason to wait: the address is wrong, or the machine is down."""
    with (
        client("http://127.0.0.1:9", tmp_path) as csc,
        pytest.raises(RemoteServiceError, match=r"127\.0\.0\.1:9: .*refused.* Check the network"),
    ):
        ask(csc)

    assert waits == []


def test_a_job_is_created_once(csc, script, server, waits):
    """A second try could be a second job."""
    script[:] = [busy()]

    with pytest.raises(RemoteServiceError):
        csc.query_tap(ADQL, async_job=True)

    assert [request.method for request in server.requests] == ["POST"]


def test_an_upload_goes_out_whole_at_every_try(csc, script, server):
    """An open file that was read in the first try is not empty in the second."""
    script[:] = [busy(), good]

    csc.query_tap(ADQL, uploads={"mine": io.BytesIO(SOURCES)})

    first, second = (request.body.count(SOURCES) for request in server.requests)
    assert (first, second) == (1, 1)


# ---- results that are not ready ----------------------------------------------------------------


def result_at(wire: Wire) -> str:
    """Give where the result of a query will be."""
    return f"{wire.root}/csc21tap/sync/7"


def test_a_result_that_is_not_ready_is_asked_for_again_where_it_is(csc, script, server, waits):
    """The query goes out once; 503 with Retry-After behind the 303 repeats the GET alone."""
    script[:] = [to(result_at), busy("Retry-After: 2"), busy("Retry-After: 2"), good]

    with conf.set_temp("retries", 2):
        assert len(ask(csc)) == 3

    asked = [(request.method, request.path) for request in server.requests]
    assert asked == [("POST", "/csc21tap/sync")] + 3 * [("GET", "/csc21tap/sync/7")]
    assert waits == [2.0, 2.0]


def test_a_result_that_breaks_is_made_again(csc, script, server):
    """A result may be gone once it was read, so after a break the query goes out again."""

    def half(wire: Wire, request: Request) -> None:
        """Break in the middle."""
        wire.send(http(SOURCES)[:-50])
        wire.hang_up()

    script[:] = [to(result_at), half, to(result_at), good]

    assert len(ask(csc)) == 3
    assert [request.method for request in server.requests] == ["POST", "GET", "POST", "GET"]


# ---- row limits ------------------------------------------------------------------------------


def hundred(limits: Callable[[Wire, Request], None]) -> Callable[[Wire, Request], None]:
    """Answer with 100 rows, and in some other way when asked for the capabilities."""
    rows = [(f"2CXO J{n:06}.0+311743", *ROWS[0][1:]) for n in range(100)]

    def answer(wire: Wire, request: Request) -> None:
        """Answer."""
        if request.path.endswith("/capabilities"):
            limits(wire, request)
        else:
            wire.send(http(votable(rows)))

    return answer


def test_capabilities_that_are_down_are_asked_for_once(csc, script, server, waits):
    """An answer of a round number of rows costs one more request, without a wait."""
    script[:] = [hundred(busy())]

    assert (len(ask(csc)), len(ask(csc))) == (100, 100)
    assert waits == []
    assert [request.method for request in server.requests] == ["POST", "GET", "POST"]


def test_capabilities_that_hang_hold_nobody_long(csc, script, monkeypatch):
    """The look at the limits has a short time of its own."""
    monkeypatch.setattr(remote, "_CAPABILITIES_SECONDS", 0.2)
    script[:] = [hundred(lambda wire, request: wire.hang())]
    started = time.monotonic()

    assert len(ask(csc)) == 100
    assert time.monotonic() - started < 3.0


# ---- uploads -----------------------------------------------------------------------------------


def test_uploads_come_from_everywhere(tmp_path):
    """A table, a path, text, bytes and an open file become the bytes that are sent."""
    path = tmp_path / "mine.vot"
    path.write_bytes(SOURCES)
    with path.open("rb") as stream:
        packed = pack(
            {
                "a": Table({"x": [1]}),
                "b": str(path),
                "c": io.StringIO(SOURCES.decode()),
                "d": io.BytesIO(SOURCES),
                "e": stream,
            }
        )
        again = stream.read()

    assert b"<TD>1</TD>" in packed.files["a"]
    assert [packed.files[name] for name in "bcde"] == [SOURCES] * 4
    assert again == SOURCES
    assert packed.parameter == "a,param:a;b,param:b;c,param:c;d,param:d;e,param:e"


def test_an_upload_that_the_service_fetches_is_not_kept(csc, server):
    """What is behind an address can change: nothing of it enters the cache."""
    for _ in range(2):
        csc.query_tap(ADQL, uploads={"mine": "https://example.org/mine.vot"})

    assert len(server.requests) == 2
    assert b"UPLOAD=mine%2Chttps%3A%2F%2Fexample.org%2Fmine.vot" in server.requests[0].body
    assert len(csc.cache_info()) == 0


@pytest.mark.parametrize(
    "upload", [object(), "no such file", "ftp://example.org/x", "http://a/b,c;d", "x" * 5000]
)
def test_what_cannot_be_sent_is_refused(csc, server, upload):
    """Neither a table, nor a file, nor one web address: nothing is sent."""
    with pytest.raises(InvalidQueryError, match="upload 'mine' cannot be sent"):
        csc.query_tap(ADQL, uploads={"mine": upload})

    assert server.requests == []


# ---- credentials -------------------------------------------------------------------------------


@pytest.fixture
def known(csc, monkeypatch, tmp_path):
    """Give the session every kind of credentials."""
    (tmp_path / "netrc").write_text("default login me password of-netrc\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    csc._session.headers["Authorization"] = "Bearer of-headers"
    csc._session.headers["Cookie"] = "of=headers"
    csc._session.auth = ("me", "of-session")
    return csc


def secrets(request: Request) -> list[str]:
    """List what a request says of who asks."""
    return [name for name in ("Authorization", "Cookie") if name in request.headers]


def test_credentials_stay_with_their_host(known, script, server):
    """The host that was asked gets them, the one to which it redirects does not."""
    script[:] = [to(other_name), good]

    ask(known)

    assert [secrets(request) for request in server.requests] == [["Authorization", "Cookie"], []]


def test_credentials_follow_on_their_host(known, script, server):
    """A redirect on the same host keeps them."""
    script[:] = [to(lambda wire: "/elsewhere"), good]

    ask(known)

    assert [secrets(request)[:1] for request in server.requests] == [["Authorization"]] * 2


def test_cookies_stay_with_their_host(csc, script, server):
    """A cookie that a host sets goes back to it, not to the one to which it redirects."""
    script[:] = [to(other_name), good]

    ask(csc)
    ask(csc)

    found = [request.headers.get("Cookie") for request in server.requests]
    assert found == [None, None, "id=1"]


def test_passwords_in_addresses_are_not_shown():
    """An address in a message is without what may be a password."""
    address = "https://me:secret@cda.example/csc21tap/sync"
    error = refusal("closed", url=address, status=503)

    assert host_of(address) == "cda.example"
    assert "secret" not in str(error)
    assert "https://cda.example/csc21tap/sync" in str(error)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("result", "https://cda.example/csc21tap/result"),
        ("http://cda.example/x", "https://cda.example/x"),
        ("https://mirror.example/x", "https://mirror.example/x"),
        ("//mirror.example/x", "https://mirror.example/x"),
    ],
)
def test_where_a_redirect_leads(location, target):
    """Relative, back to https, to another host: as it should be."""
    assert transport.safe_target(URL, location, "redirects") == target


# ---- proxies and certificates ------------------------------------------------------------------


def test_proxies_are_those_of_requests(server, monkeypatch, tmp_path):
    """A proxy of the environment is asked for the whole address."""
    monkeypatch.setenv("HTTP_PROXY", server.url)
    with client("http://cda.example", tmp_path) as csc:
        found = ask(csc)

    assert len(found) == 3
    assert server.requests[0].target == "http://cda.example/csc21tap/sync"


class Looking(PatientAdapter):
    """Writes down how it was told to check certificates."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Write it down, and do no more."""
        self.seen.append(kwargs["verify"])
        raise requests.exceptions.SSLError("certificate verify failed")


@pytest.mark.parametrize(
    ("verify", "environment", "seen"),
    [
        (True, "", True),
        ("/ca/mine.pem", "", "/ca/mine.pem"),
        (True, "/ca/env.pem", "/ca/env.pem"),
        (False, "", False),
    ],
)
@pytest.mark.usefixtures("waits")
def test_certificates_are_checked_as_the_session_says(
    tmp_path, monkeypatch, verify, environment, seen
):
    """Both session.verify and REQUESTS_CA_BUNDLE count; a bad certificate is not tried again."""
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", environment)
    with client("https://cda.example", tmp_path) as csc:
        csc._session.verify = verify
        adapter = Looking()
        csc._session.mount("https://", adapter)
        with pytest.raises(RemoteServiceError, match="certificate verify failed"):
            ask(csc)

    assert adapter.seen == [seen]


def test_a_missing_ca_bundle_is_our_error(csc, monkeypatch):
    """A CA bundle that is not there, for which requests raises OSError, is told as ours."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")

    with pytest.raises(RemoteServiceError, match="CA certificate bundle"):
        ask(csc(server="https://127.0.0.1:9"))


# ---- time --------------------------------------------------------------------------------------


def test_the_timeout_of_an_instance_counts(csc, script):
    """Csc(timeout=…) limits the wait for the next bytes, and the message says how to raise it."""
    script[:] = [lambda wire, request: wire.hang()]
    impatient = csc(timeout=100 * u.ms)

    with pytest.raises(ServiceTimeoutError, match=r"sent nothing for 0.1 s.*Csc\(timeout"):
        ask(impatient)

    impatient._session.close()


def test_no_time_is_no_request(csc, server):
    """When the time is over, nothing is sent any more."""
    with conf.set_temp("max_wait", 0.0), pytest.raises(ServiceTimeoutError):
        ask(csc)

    assert server.requests == []


def test_a_wait_that_is_over_begins_no_other():
    """A connection that is noted after the time is over is not waited for."""
    session = requests.Session()
    make_patient(session)
    over = threading.Event()

    def late(request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Take longer than there is time."""
        over.wait(0.1)
        return request

    with (
        fault_server(lambda wire, request: wire.hang()) as server,
        session,
        patience(Deadline(0.01)),
        pytest.raises(requests.RequestException),
    ):
        session.get(server.url, auth=late, timeout=10)


# ---- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (b"", ""),
        (b"<html><title>T</title><script>x < y</script>Sorry &amp; &lt;bye&gt;", "Sorry & <bye>"),
        (b"\x1b[31mred\x07 alert", "[31mred alert"),
        ("Störung".encode("utf-16"), "Störung"),
        (b"<INFO name='QUERY_STATUS' value='OK'>fine</INFO>", "fine"),
        (b"<v:INFO value='ERROR' name=\"QUERY_STATUS\">ra < 5 is\n bad</v:INFO>", "ra"),
    ],
)
def test_words_of_pages(page, words):
    """Markup, scripts and what could play tricks with a terminal are gone."""
    assert words_of(page) == words


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", [b"<INFO ", b"<title>", b"<a:INFO name=", b"&lt;", b"<", b"\0"])
def test_words_are_found_in_no_time(piece):
    """No page makes the search for its words long."""
    assert len(words_of(piece * 100_000)) <= 600


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"<html/>", "'html'"),
        (b"<job>", "no element found"),
        (b"<!DOCTYPE job><job/>", "DTD"),
        (b"", "no element found"),
        (b'<?xml version="1.0" encoding="x-none"?><job/>', "unknown encoding"),
    ],
)
def test_documents_are_looked_at_before_pyvo_reads_them(document, words):
    """Another root, no XML, a DTD: refused."""
    with pytest.raises(TableParseError, match=words):
        check_xml(document, URL, "job")


# ---- overflow ----------------------------------------------------------------------------------


def test_as_many_rows_as_the_limit_are_taken_for_cut(csc):
    """A service that does not mark what it cuts is not believed."""
    register(replace(get_release("2.1"), name="small", hard_limit=len(ROWS)))
    try:
        with pytest.warns(MaxResultsWarning, match="The service cut the answer"):
            table = ask(csc(release="small"))
    finally:
        del RELEASES["small"]

    assert table.meta["TRUNC"] is True


@pytest.mark.parametrize(("maxrec", "rows", "cut"), [(2, 2, True), (3, 3, False), (4, 3, False)])
@pytest.mark.filterwarnings("ignore:There are more rows")
def test_maxrec_tells_full_from_cut(csc, maxrec, rows, cut):
    """One row more is asked for, so that an answer of just maxrec rows is known to be whole."""
    table = csc.query_tap(ADQL, maxrec=maxrec)

    assert (len(table), table.meta["TRUNC"]) == (rows, cut)


# ---- threads -----------------------------------------------------------------------------------


def by_number(wire: Wire, request: Request) -> None:
    """Answer each question with rows of its own."""
    number = request.query.split()[1]
    wire.send(http(votable([(f"{number}/{row[0]}", *row[1:]) for row in ROWS])))


@pytest.mark.parametrize("cache", [pytest.param(True, marks=pytest.mark.slow), False])
def test_sixteen_threads_share_one_csc(csc, script, cache):
    """Each thread gets the answer to its own question, from the service or the cache."""
    script[:] = [by_number]

    def work(number: int) -> bool:
        """Ask one question, and look at the answer."""
        table = csc.query_tap(f"SELECT {number % 40} FROM csc21.t", validate=False, cache=cache)
        return bool(all(name.startswith(f"{number % 40}/") for name in table["name"]))

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(work, range(160)))

    assert found == [True] * 160
    assert len(csc.cache_info()) == (40 if cache else 0)


def test_a_question_leaves_no_trace(csc):
    """An instance remembers nothing of what was asked: there is no last query."""
    before = {name: repr(value) for name, value in vars(csc).items()}

    csc.query_region(NGC1333, 2 * u.arcmin, columns="significance")

    assert {name: repr(value) for name, value in vars(csc).items()} == before
