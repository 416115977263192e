# Licensed under a 3-clause BSD style license - see LICENSE
"""Jobs that are hard to follow: looks that fail, users who stop, and what is deleted when."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import RemoteServiceError, ServiceTimeoutError
from tests.faults.bodies import job
from tests.faults.model import LIMITS, client, limits
from tests.faults.server import FaultServer, Wire, fault_server, http
from tests.faults.verbs import ADQL, Reply, Service

Act = Callable[[Wire, Reply], None]
_FAR = b"<uws:phase>EXECUTING</uws:phase><uws:destruction>2099-01-01T00:00:00Z</uws:destruction>"


@pytest.fixture
def ask(request, tmp_path) -> Iterator[Callable[..., tuple[FaultServer, CscClass]]]:
    """Run a service with a fault in one stage of its jobs, and make a client of it."""
    opened: list[Any] = []

    def start(stage: str, act: Act, times: int = 1) -> tuple[FaultServer, CscClass]:
        """Start both."""
        server = fault_server(Service(frozenset({stage}), act, times))
        running = server.__enter__()
        made = client(running.url, tmp_path)
        opened.extend([server, made])
        return running, made.__enter__()

    with limits(LIMITS):
        yield start
    for one in reversed(opened):
        one.__exit__(None, None, None)


def deleted(server: FaultServer) -> bool:
    """Tell whether the job was deleted."""
    return any(request.method == "DELETE" for request in server.requests)


def page(status: int) -> Act:
    """Answer with an error page."""
    return lambda wire, good: wire.send(http(b"<html>no</html>", status=status, mime="text/html"))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_one_look_that_fails_does_not_end_a_job(ask, status):
    """The next one is answered."""
    server, csc = ask("poll", page(status))

    assert len(csc.query_tap(ADQL, async_job=True)) == 3
    assert deleted(server)


def test_a_late_look_does_not_end_a_job(ask):
    """A look that hangs is given up after the timeout, and then comes the next."""
    server, csc = ask("poll", lambda wire, good: wire.hang())

    assert len(csc(timeout=0.5).query_tap(ADQL, async_job=True)) == 3
    assert deleted(server)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_look_that_is_refused_ends_the_waiting(ask, status):
    """Waiting would not help; the job's address is in the error, and nothing is deleted."""
    server, csc = ask("poll", page(status), 99)

    with pytest.raises(RemoteServiceError, match=rf"{status}.*/csc21tap/async/1 was not deleted"):
        csc.query_tap(ADQL, async_job=True)

    assert not deleted(server)


def test_looks_that_fail_until_the_end_say_how_the_last_one_did(ask):
    """The error has the job's address and the service's words."""
    server, csc = ask("poll", page(500), 99)

    with (
        limits({"max_wait": 0.8}),
        pytest.raises(ServiceTimeoutError, match=r"async/1 has not shown.*500.*was not deleted"),
    ):
        csc.query_tap(ADQL, async_job=True)

    assert not deleted(server)


def test_a_job_that_cannot_be_started_is_deleted(ask):
    """Nothing is left behind of a job that never ran."""
    server, csc = ask("start", page(500))

    with pytest.raises(RemoteServiceError, match="500"):
        csc.query_tap(ADQL, async_job=True)

    assert deleted(server)


def test_a_result_that_cannot_be_fetched_stays(ask):
    """The work of the job is not lost: its address is in the error."""
    server, csc = ask("result", page(500), 99)

    with pytest.raises(RemoteServiceError, match=r"500.*/csc21tap/async/1 was not deleted"):
        csc.query_tap(ADQL, async_job=True)

    assert not deleted(server)


def test_a_user_who_stops_deletes_the_job(ask, monkeypatch):
    """KeyboardInterrupt goes on, after one DELETE."""
    server, csc = ask("poll", lambda wire, good: wire.send(http(job(wire.root, "EXECUTING"))), 99)

    def stop(*_: object) -> None:
        """Press Ctrl-C while the client waits."""
        raise KeyboardInterrupt

    monkeypatch.setattr("astroquery_csc.service.deadline.Deadline.wait", stop)
    with pytest.raises(KeyboardInterrupt):
        csc.query_tap(ADQL, async_job=True)

    assert deleted(server)


def test_a_job_that_is_kept_for_a_lifetime_is_no_error(ask):
    """A destruction in 2099 makes astropy warn of a dubious year; nobody needs it."""
    document = job("", "EXECUTING").replace(b"<uws:phase>EXECUTING</uws:phase>", _FAR)
    _, csc = ask("poll", lambda wire, good: wire.send(http(document)))

    assert len(csc.query_tap(ADQL, async_job=True)) == 3
