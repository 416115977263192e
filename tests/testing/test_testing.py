# Licensed under a 3-clause BSD style license - see LICENSE
"""The test service as a server: its life, what it logs, HTTP, and TAP's /sync."""

import gzip
import io
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest
import pyvo
import requests
from astropy.coordinates.name_resolve import sesame_url
from astropy.io.votable import from_table
from astropy.table import Table

from astroquery_csc import Csc, conf
from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.catalogue.schema import VERBOSITY
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.testing import CscServer, Dialect, csc_server, use_test_service
from astroquery_csc.testing import server as server_module
from astroquery_csc.testing.holdings import Holdings
from tests.support.loopback import BAD, CONE, NAMES, NGC1333, TAP, read, sync, table_of, words_of


@pytest.fixture(scope="module")
def http():
    """Give a session that is closed at the end."""
    with requests.Session() as session:
        yield session


# ---- life ----------------------------------------------------------------------------------


def test_only_this_computer_can_reach_it(server):
    """The service listens on 127.0.0.1, on a port that was free."""
    host, _, port = server.url.removeprefix("http://").partition(":")

    assert host == "127.0.0.1"
    assert int(port) > 0


def test_nothing_is_left_after_the_block(http):
    """After the block no thread runs and nobody listens, though a client kept its connection."""
    before = set(threading.enumerate())

    with csc_server() as server, requests.Session() as session:
        sync(session, server, NAMES, MAXREC="1")

    assert set(threading.enumerate()) <= before
    with pytest.raises(requests.ConnectionError):
        http.get(server.url)


def test_one_line_sends_everything_to_the_test_service():
    """After `use_test_service`, positions and names are answered on this computer."""
    with conf.set_temp("server", conf.server), sesame_url.set(sesame_url.get()):
        service = use_test_service()
        found = Csc.query_object("NGC 1333", "2 arcmin", cache=False)
        service.stop()

    assert len(found) == 11
    assert {request.path for request in service.requests} == {"/sesame/SNV", "/csc21scs/coneSearch"}


def test_stopping_twice_does_nothing():
    """A service that was stopped by hand is stopped once more at the end of the block."""
    with csc_server() as server:
        server.stop()

    assert repr(server) == f"<CscServer {server.url} stopped>"


def test_stop_does_not_wait_for_a_slow_answer():
    """A service that thinks for a minute stops at once."""
    slow = Dialect(delay_seconds=60.0)
    with ThreadPoolExecutor(1) as pool, csc_server(dialect=slow) as server:
        pool.submit(requests.get, server.url + CONE, timeout=30)
        wait_for_request(server)
        started = time.monotonic()
        server.stop()

    assert time.monotonic() - started < 10


def wait_for_request(server):
    """Wait until a request has come."""
    deadline = time.monotonic() + 10
    while not server.requests and time.monotonic() < deadline:
        time.sleep(0.01)


def test_the_service_thinks_as_long_as_it_is_told(http):
    """delay_seconds holds back the answer to a query and to a cone search."""
    with csc_server(dialect=Dialect(delay_seconds=0.2)) as server:
        started = time.monotonic()
        http.get(server.url + CONE, params=NGC1333)
        sync(http, server, NAMES, MAXREC="1")

    assert time.monotonic() - started > 0.4


def test_nothing_is_printed(http, capfd):
    """Neither good nor bad requests print anything."""
    with csc_server() as server:
        sync(http, server, NAMES, MAXREC="1")
        sync(http, server, BAD)
        http.get(f"{server.url}/nothing")

    assert capfd.readouterr() == ("", "")
    assert server.faults == []


def test_a_fault_of_the_service_is_logged_and_kept(http, monkeypatch, caplog):
    """An error in the service's own code hangs up, is logged, and stands in ``faults``."""

    def fail(root, note):
        """Fail as a bug would."""
        raise RuntimeError("a bug")

    monkeypatch.setattr(server_module, "_banner", fail)
    with csc_server() as server, pytest.raises(requests.ConnectionError):
        http.get(server.url)

    assert [str(fault) for fault in server.faults] == ["a bug"]
    assert "failed at a request" in caplog.text


def test_a_port_that_is_taken_is_an_error(server):
    """Two services cannot share a port."""
    port = int(server.url.rpartition(":")[2])

    with pytest.raises(OSError, match="in use"), csc_server(port=port):
        pass


def test_servers_share_one_sky():
    """A second server, in another dialect, uses the engine that the first one made."""
    release = RELEASES["2.1"]

    one, two = Holdings(Dialect()), Holdings(Dialect(error_form="400"))

    assert one.backend(release) is two.backend(release)


def test_many_clients_at_once_get_the_same_answer(server):
    """Sixteen threads that ask at once all get the whole answer."""
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: ask_once(server), range(32)))

    assert len(answers[0]) > 2000
    assert all(answer == answers[0] for answer in answers)


def ask_once(server):
    """Ask on a connection of its own."""
    with requests.Session() as session:
        return table_of(sync(session, server, NAMES))["name"].tolist()


def test_every_request_is_logged(http):
    """The log has method, path and parameters, the redirect's second request too."""
    with csc_server() as server:
        sync(http, server, NAMES, maxrec="1")

    first, second = server.requests
    assert (first.method, first.path) == ("POST", "/csc21tap/sync")
    assert first.params["MAXREC"] == "1"
    assert (second.method, second.path) == ("GET", "/csc21tap/sync/r1/run")


def test_nothing_is_logged_before_a_request():
    """A service that nobody asked has an empty log."""
    with csc_server() as server:
        assert server.requests == []


def test_serving_until_interrupted_ends_with_a_stop(monkeypatch):
    """Ctrl-C ends the waiting and stops the service."""
    server = CscServer(Dialect())

    def interrupt(timeout=None):
        """Press Ctrl-C."""
        raise KeyboardInterrupt

    monkeypatch.setattr(server._halt, "wait", interrupt)
    server.serve_until_interrupted()

    assert "stopped" in repr(server)


def test_the_banner_says_what_is_synthetic(server, http):
    """The page at the root says what the service is, and that its sky is synthetic."""
    text = http.get(server.url).text

    assert "not the Chandra X-ray Center's" in text
    assert "every other row is synthetic" in text
    assert server.url + CONE in text


@pytest.mark.parametrize("path", ["/nothing", "/csc21tap/nothing", "/csc21tapestry/sync"])
def test_what_is_not_there_is_404(server, http, path):
    """A path of no service is 404."""
    assert http.get(server.url + path).status_code == 404


def test_the_client_of_a_server_asks_that_server():
    """``server.csc`` is a client of this service, and always the same one."""
    with csc_server() as server:
        table = server.csc.query_tap(f"{NAMES} WHERE name = '2CXO J032908.3+312020'")

        assert server.csc is server.csc
        assert table["name"].tolist() == ["2CXO J032908.3+312020"]


# ---- a catalogue of one's own ----------------------------------------------------------------


def test_own_tables_are_served_and_say_so(http):
    """A catalogue of one's own takes the place of the sky; its description is not the sky's."""
    master = Table({"name": ["a <b> & 'c'"], "ra": [1.0], "dec": [2.0]})
    with csc_server(catalogue={"master_source": master}) as server:
        answer = sync(http, server, "SELECT name, ra FROM csc21.master_source")

    assert table_of(answer)["name"].tolist() == ["a <b> & 'c'"]
    assert "synthetic" not in answer.text
    assert "brought along" in answer.text


def test_own_tables_have_to_be_tables():
    """A catalogue of something else is refused at the door, with what to write."""
    with pytest.raises(InputTypeError, match=r"Write csc_server"):
        CscServer(Dialect(), catalogue={"master_source": [1, 2]})


def test_unknown_columns_can_be_added_and_known_ones_taken_away(http):
    """A dialect can differ from the dictionary in the columns of the master table."""
    dialect = Dialect(extra_columns=("flux_new_b",), missing_columns=("significance",))
    with csc_server(dialect=dialect) as server:
        known = table_of(sync(http, server, "SELECT TOP 2 * FROM csc21.master_source"))
        cone = table_of(http.get(server.url + CONE, params=NGC1333))

    assert known["flux_new_b"].tolist() == [None, 1.0]
    assert "significance" not in known.colnames
    assert set(cone.colnames) == set(VERBOSITY[2]) - {"significance"}


# ---- dialect ---------------------------------------------------------------------------------


def test_a_setting_that_does_not_exist_is_refused():
    """A misspelt setting of a switch is an error that lists what there is."""
    with pytest.raises(InvalidQueryError, match="Known: 'absolute', 'path'"):
        Dialect(redirect="sideways")  # type: ignore[arg-type]


def test_a_construct_that_cannot_be_refused_is_an_error():
    """The constructs that a dialect refuses come from a list."""
    with pytest.raises(InvalidQueryError, match="Known: 'BETWEEN'"):
        Dialect(refused=frozenset({"WHERE"}))


# ---- /sync -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("redirect", "location"),
    [
        ("absolute", "{url}/csc21tap/sync/r1/run"),
        ("path", "/csc21tap/sync/r1/run"),
        ("relative", "sync/r1/run"),
    ],
)
def test_sync_answers_303_in_each_form(http, redirect, location):
    """A query gets a 303 to its answer, whose address is whole, a path, or relative."""
    params = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": NAMES}
    with csc_server(dialect=Dialect(redirect=redirect)) as server:
        hop = http.get(f"{server.url}{TAP}/sync", params=params, allow_redirects=False)
        answer = sync(http, server, NAMES, MAXREC="3")

    assert hop.status_code == 303
    assert hop.headers["Location"] == location.format(url=server.url)
    assert len(table_of(answer)) == 3


def test_sync_can_answer_without_a_redirect(http):
    """A service without redirects answers the POST itself."""
    with csc_server(dialect=Dialect(redirect="none")) as server:
        answer = sync(http, server, NAMES, MAXREC="3")

    assert answer.history == []
    assert len(table_of(answer)) == 3


def test_an_answer_can_be_fetched_again(server, http):
    """The address of an answer serves more than once; an unknown one is 404."""
    answer = sync(http, server, NAMES, MAXREC="2")

    assert http.get(answer.url).content == answer.content
    assert http.get(f"{server.url}{TAP}/sync/r0/run").status_code == 404


def test_old_answers_are_forgotten(http):
    """The service keeps a bounded number of answers."""
    params = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": NAMES}
    with csc_server() as server:
        hops = [
            http.get(f"{server.url}{TAP}/sync", params=params, allow_redirects=False)
            for _ in range(65)
        ]
        places = [hop.headers["Location"] for hop in hops]
        status = [http.get(places[0]).status_code, http.get(places[-1]).status_code]

    assert status == [404, 200]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"REQUEST": ""}, "REQUEST"),
        ({"LANG": "SQL"}, "LANG has to be ADQL, not [SQL]"),
        ({"QUERY": " "}, "Missing required parameter: QUERY"),
        ({"MAXREC": "many"}, "Invalid MAXREC: many"),
        ({"MAXREC": "-1"}, "Invalid MAXREC: -1"),
        ({"FORMAT": "fits"}, "Unsupported format: fits"),
        ({"UPLOAD": "t,http://127.0.0.1/t.xml"}, "a part that is sent along"),
        ({"UPLOAD": "t,param:lost"}, "a part that is sent along"),
    ],
)
def test_bad_parameters_are_refused(server, http, change, words):
    """A parameter that is missing or wrong gets an error document that says which."""
    answer = http.post(
        f"{server.url}{TAP}/sync",
        data={"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": NAMES, **change},
    )

    assert words in words_of(answer)


def test_unknown_parameters_are_tolerated(server, http):
    """VERSION, PHASE and what nobody knows do no harm."""
    answer = sync(http, server, NAMES, MAXREC="1", VERSION="1.0", PHASE="RUN", COLOUR="blue")

    assert len(table_of(answer)) == 1


@pytest.mark.parametrize(
    ("form", "status", "content_type"),
    [
        ("200", 200, "application/x-votable+xml"),
        ("400", 400, "application/x-votable+xml"),
        ("500-html", 500, "text/html; charset=utf-8"),
        ("500-text", 500, "text/plain; charset=utf-8"),
    ],
)
def test_errors_come_in_each_form(http, form, status, content_type):
    """A refused query comes with each status and body, always with the service's words."""
    with csc_server(dialect=Dialect(error_form=form)) as server:
        answer = sync(http, server, BAD)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == content_type
    assert "Column: [nonsense] not found" in answer.text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (f"{NAMES} WHERE CONTAINS(POINT(ra, dec), CIRCLE(1, 2, 3)) = 1", "is not found in Tap"),
        ("SELECT a FROM csc21.nowhere", "Table [ csc21.nowhere ] is not found"),
        ("SELECT name FROM csc2.master_source", "Table [ csc2.master_source ] is not found"),
        ("DROP TABLE csc21.master_source", "SELECT"),
        ("SELECT name FROM (csc21", "cannot be read"),
    ],
)
def test_queries_are_refused_in_the_archives_words(server, http, query, words):
    """Geometry, unknown tables, other releases' tables and other statements are refused."""
    assert words in words_of(sync(http, server, query))


# ---- limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switches", "maxrec", "rows", "overflow"),
    [
        ({}, {"MAXREC": "5"}, 5, True),
        ({}, {"MAXREC": "0"}, 0, True),
        ({}, {}, 12, False),
        ({"overflow": "unmarked"}, {"MAXREC": "5"}, 5, False),
        ({"maxrec_honoured": False}, {"MAXREC": "5"}, 12, False),
        ({"default_maxrec": 4}, {}, 4, True),
        ({"default_maxrec": 4}, {"MAXREC": "6"}, 6, True),
        ({"hard_limit": 7}, {"MAXREC": "9"}, 7, True),
        ({"hard_limit": 7}, {}, 7, True),
    ],
)
def test_answers_are_cut_as_the_dialect_says(http, switches, maxrec, rows, overflow):
    """MAXREC, a default and a hard limit cut; the cut is marked, or not."""
    with csc_server(dialect=Dialect(**switches)) as server:
        answer = sync(http, server, NAMES.replace("SELECT", "SELECT TOP 12"), **maxrec)

    assert len(table_of(answer)) == rows
    assert ('value="OVERFLOW"' in answer.text) is overflow


# ---- ADQL ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("construct", "query"),
    [
        ("BETWEEN", f"{NAMES} WHERE ra BETWEEN 1 AND 2"),
        ("COMMA JOIN", f"{NAMES} m, csc21.master_stack_assoc a WHERE (m.name = a.name)"),
        ("COUNT", "SELECT COUNT(*) AS n FROM csc21.master_source"),
        ("DISTINCT", "SELECT DISTINCT name FROM csc21.master_source"),
        ("GROUP BY", "SELECT likelihood_class FROM csc21.master_source GROUP BY likelihood_class"),
        ("IN", f"{NAMES} WHERE name IN ('a', 'b')"),
        ("IS NULL", f"{NAMES} WHERE significance IS NOT NULL"),
        (
            "JOIN ON",
            f"{NAMES} m JOIN csc21.master_stack_assoc a ON (m.name = a.name)",
        ),
        ("LIKE", f"{NAMES} WHERE name LIKE '%X'"),
        ("OR", f"{NAMES} WHERE ra < 1 OR ra > 2"),
        ("ORDER BY", f"{NAMES} ORDER BY name ASC"),
        ("SELECT *", "SELECT m.* FROM csc21.master_source m"),
        ("SUBQUERY", "SELECT t.name FROM (SELECT name FROM csc21.master_source) t"),
        ("TOP", "SELECT TOP 3 name FROM csc21.master_source"),
    ],
)
def test_each_construct_can_be_refused(http, construct, query):
    """A construct that is not certain to work can be switched off, and nothing else is."""
    refusing = Dialect(refused=frozenset({construct}))
    with csc_server(dialect=refusing) as server:
        plain = sync(http, server, f"{NAMES} WHERE ra < 1", MAXREC="1")
        refused = sync(http, server, query)

    assert len(table_of(plain)) == 1
    assert words_of(refused) == f"Construct [{construct}] is not supported"


@pytest.mark.parametrize(("accepted", "words"), [(True, None), (False, "JOIN")])
def test_join_on_is_a_switch(http, accepted, words):
    """JOIN … ON works only where the dialect takes it."""
    query = (
        "SELECT TOP 1 m.name FROM csc21.master_source m "
        "JOIN csc21.master_stack_assoc a ON m.name = a.name"
    )
    with csc_server(dialect=Dialect(join_on=accepted)) as server:
        said = words_of(sync(http, server, query))

    assert said is None if words is None else words in said


@pytest.mark.parametrize(("known", "words"), [(True, None), (False, "dbo.cone_distance")])
def test_cone_distance_is_a_switch(http, known, words):
    """dbo.cone_distance is known or not found."""
    query = f"{NAMES} WHERE dbo.cone_distance(ra, dec, 52.297, 31.31) <= 2"
    with csc_server(dialect=Dialect(cone_distance=known)) as server:
        said = words_of(sync(http, server, query))

    assert said is None if words is None else words in said


@pytest.mark.parametrize(
    ("literals", "taken"),
    [
        ("numbers", [True, False, False, False, False]),
        ("strings", [False, True, True, True, False]),
        ("letters", [False, True, False, False, False]),
        ("words", [False, False, True, False, False]),
        ("keywords", [False, False, False, False, True]),
        ("any", [True, True, True, True, True]),
    ],
)
def test_flags_compare_with_what_the_dialect_takes(http, literals, taken):
    """A flag compares with 1, 'T', 'True' or TRUE, as the dialect has it, also in a list."""
    with csc_server(dialect=Dialect(boolean_literals=literals)) as server:
        said = [
            words_of(sync(http, server, f"{NAMES} WHERE extent_flag {value}"))
            for value in ("= 1", "= 'T'", "IN ('True')", "= 'true'", "<> TRUE")
        ]

    assert [words is None for words in said] == taken


def test_a_long_list_drops_the_connection(http):
    """An IN list over the limit gets no answer at all; one at the limit does."""
    with csc_server(dialect=Dialect(max_in_list=2)) as server:
        fits = sync(http, server, f"{NAMES} WHERE name IN ('a', 'b')")
        with pytest.raises(requests.ConnectionError):
            sync(http, server, f"{NAMES} WHERE name IN ('a', 'b', 'c')")

    assert len(table_of(fits)) == 0
    assert server.faults == []


# ---- HTTP ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("on", "encoding"), [(True, "gzip"), (False, None)])
def test_bodies_are_compressed_for_who_accepts_it(http, on, encoding):
    """Both a table and a document are compressed, if the dialect does so."""
    with csc_server(dialect=Dialect(gzip=on)) as server:
        table = sync(http, server, NAMES)
        document = http.get(f"{server.url}{TAP}/capabilities")

    assert table.headers.get("Content-Encoding") == encoding
    assert document.headers.get("Content-Encoding") == encoding
    assert len(table_of(table)) > 2000


def test_an_old_client_gets_its_answer_and_then_the_end(server):
    """A client of HTTP/1.0 gets a body without chunks, and then the connection is closed."""
    port = int(server.url.rpartition(":")[2])
    request = f"GET {CONE}?RA=52.297&DEC=31.31&SR=0.0333333 HTTP/1.0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request.encode())
        with client.makefile("rb") as stream:
            head, _, body = stream.read().partition(b"\r\n\r\n")

    assert b"chunked" not in head
    assert len(read(body).table) == 11


def test_a_request_may_come_in_chunks(server, http):
    """A body of unknown length is read whole."""
    body = (f"REQUEST=doQuery&LANG=ADQL&MAXREC=2&QUERY={NAMES}".encode(),)
    answer = http.post(
        f"{server.url}{TAP}/sync",
        data=iter(body),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert len(table_of(answer)) == 2


def test_a_connection_serves_many_requests(server):
    """The connection is kept for the next request."""
    connection = HTTPConnection(server.url.removeprefix("http://"))
    try:
        first = fetch(connection, "/csc21tap/availability")
        port = connection.sock.getsockname()
        second = fetch(connection, "/csc21tap/availability")
        assert connection.sock.getsockname() == port
    finally:
        connection.close()

    assert first == second


def fetch(connection, path):
    """Send a request on a connection, and read the body."""
    connection.request("GET", path)
    return connection.getresponse().read()


def test_gzip_is_only_an_encoding(server):
    """What a client unpacks by hand is the same document."""
    accepted = {"Accept-Encoding": "gzip"}
    with requests.Session() as session:
        packed = session.get(server.url + CONE, params=NGC1333, headers=accepted, stream=True)
        raw = packed.raw.read(decode_content=False)

    assert len(read(gzip.decompress(raw)).table) == 11


# ---- uploads ---------------------------------------------------------------------------------


def test_an_uploaded_table_is_joined(server, http):
    """A table that pyvo sends along can be used in the query, byte for byte."""
    mine = Table({"name": ["2CXO J032903.3+311839", "not a source"], "number": [7, 8]})
    service = pyvo.dal.TAPService(server.url + TAP, session=http)

    result = service.search(
        "SELECT t.number, m.ra FROM csc21.master_source m, TAP_UPLOAD.mine t "
        "WHERE (m.name = t.name)",
        uploads={"mine": mine},
    )

    assert result["number"].tolist() == [7]
    assert result["ra"].tolist() == [52.26413967622511]


@pytest.mark.parametrize("form", ["tabledata", "binary", "binary2"])
def test_an_upload_may_have_any_form_of_votable(server, http, form):
    """Text of any length comes as text, in the three forms that there are."""
    sent = io.BytesIO()
    names = Table({"name": ["2CXO J032903.3+311839", "?"]})
    from_table(names).to_xml(sent, tabledata_format=form)
    query = "SELECT t.name FROM TAP_UPLOAD.t t WHERE t.name <> '?'"
    data = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": query, "UPLOAD": "t,param:t"}

    answer = http.post(
        f"{server.url}{TAP}/sync", data=data, files={"t": ("t.xml", sent.getvalue())}
    )

    assert table_of(answer)["name"].tolist() == ["2CXO J032903.3+311839"]


def test_an_upload_has_to_hold_a_table(server, http):
    """An uploaded VOTable without a table is refused."""
    empty = b'<VOTABLE version="1.3"><RESOURCE/></VOTABLE>'
    data = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": NAMES, "UPLOAD": "t,param:t"}

    answer = http.post(f"{server.url}{TAP}/sync", data=data, files={"t": ("t.xml", empty)})

    assert words_of(answer) == "UPLOAD param:t holds no table"


def test_uploads_can_be_refused(http):
    """A service without uploads says so."""
    files_sent = {"t": ("t.xml", b"<VOTABLE/>")}
    data = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": NAMES, "UPLOAD": "t,param:t"}
    with csc_server(dialect=Dialect(upload=False)) as server:
        answer = http.post(f"{server.url}{TAP}/sync", data=data, files=files_sent)

    assert words_of(answer) == "UPLOAD is not supported"
