# Licensed under a 3-clause BSD style license - see LICENSE
"""Proxies of the environment: never for this computer, named in errors, within the deadline."""

import pytest

from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import RemoteServiceError, ServiceTimeoutError
from tests.faults.server import fault_server, http
from tests.support.comparing import RequestLog

QUERY = "SELECT name FROM csc21.master_source"
NOBODY = "http://me:secret@127.0.0.1:9"


@pytest.fixture
def through(monkeypatch):
    """Give what sets the proxy of the environment for every host and scheme."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    def use(address: str) -> None:
        """Set it in every spelling."""
        monkeypatch.setenv("HTTP_PROXY", address)
        monkeypatch.setenv("http_proxy", address)
        monkeypatch.setenv("HTTPS_PROXY", address)
        monkeypatch.setenv("https_proxy", address)
        monkeypatch.setenv("ALL_PROXY", address)

    return use


@pytest.fixture
def csc(tmp_path):
    """Make a client of a server behind the proxy, with an empty cache."""
    made = CscClass(server="https://cda.example")
    made.cache_location = tmp_path / "cache"
    yield made
    made._session.close()


@pytest.mark.parametrize("no_proxy", ["", "cda.example"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_test_service_is_asked_without_the_proxy(server, through, monkeypatch, host, no_proxy):
    """Whatever HTTP_PROXY and NO_PROXY say, loopback is reached directly."""
    through(NOBODY)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    log = RequestLog(server)

    csc = server.csc(server=server.url.replace("127.0.0.1", host))
    table = csc.query_tap(QUERY, maxrec=-1, cache=False)

    assert len(table) > 0
    assert len(log.queries) == 1


@pytest.mark.parametrize("address", ["https://cda.example", "http://cda.example"])
def test_a_proxy_that_is_not_there_is_named_without_its_password(csc, through, address):
    """The error of a refused connection leads to the setting that is wrong."""
    through(NOBODY)

    with pytest.raises(
        RemoteServiceError,
        match=r"No connection to cda\.example through the proxy 127\.0\.0\.1:9: .*HTTPS_PROXY",
    ) as caught:
        csc(server=address).query_tap(QUERY)

    assert "secret" not in f"{caught.value} {caught.value.url}"


def refuses(wire, request):
    """Want a password."""
    wire.send(http(b"password?", status=407, mime="text/plain"))


def silent(wire, request):
    """Say nothing."""
    wire.hang()


def drops(wire, request):
    """Answer CONNECT byte by byte."""
    wire.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    wire.trickle(b"x" * 60_000, 0.02)


def connected(wire, request):
    """Open the tunnel, and send a byte of TLS now and then."""
    wire.send(b"HTTP/1.1 200 OK\r\n\r\n")
    wire.trickle(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + b"\x00" * 60_000, 0.02)


def test_a_proxy_that_wants_a_password_is_named(csc, through):
    """The error shows the status of CONNECT."""
    with fault_server(refuses) as proxy:
        through(proxy.url.replace("//", "//me:secret@"))
        with pytest.raises(
            RemoteServiceError, match=r"through the proxy 127\.0\.0\.1:\d+: .*407"
        ) as caught:
            csc.query_tap(QUERY)

    assert [request.method for request in proxy.requests] == ["CONNECT"]
    assert "secret" not in str(caught.value)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    # Certificates are loaded before the handshake, which takes a while on a busy machine.
    ("does", "max_wait"),
    [(silent, 0.5), (drops, 0.5), pytest.param(connected, 4.0, marks=pytest.mark.slow)],
)
def test_a_proxy_that_answers_slowly_obeys_the_deadline(csc, through, does, max_wait):
    """Neither CONNECT nor the handshake behind it takes longer than max_wait."""
    with fault_server(does) as proxy, conf.set_temp("max_wait", max_wait):
        through(proxy.url)
        with pytest.raises(ServiceTimeoutError, match=r"did not end within|sent nothing"):
            csc.query_tap(QUERY)
