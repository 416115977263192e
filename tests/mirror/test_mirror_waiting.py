# Licensed under a 3-clause BSD style license - see LICENSE
"""Queries on a mirror that take too long: Ctrl-C and ``conf.max_wait`` end them at once."""

import signal
import threading

import pytest

from astroquery_csc import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import ServiceTimeoutError
from astroquery_csc.store.waiting import waited_for

_TABLES = ", ".join(f"master_source m{number}" for number in range(8))
#: Each has trillions of rows to look at; what they do with them differs inside DuckDB.
ENDLESS = {
    "count": f"SELECT COUNT(*) AS n FROM {_TABLES} WHERE m0.ra * m1.ra * m2.ra < m3.ra * m7.dec",
    "rows": f"SELECT m0.name FROM {_TABLES} WHERE m0.ra * m1.ra * m2.ra < m3.ra * m7.dec - 1000",
    "sort": f"SELECT TOP 1 m0.name FROM {_TABLES} ORDER BY m0.ra * m1.ra * m2.ra + m7.dec",
}

endless = pytest.mark.parametrize("query", ENDLESS.values(), ids=ENDLESS)


@endless
def test_max_wait_ends_a_query(made, query):
    """The error says how to wait longer, and the mirror goes on to answer."""
    csc = CscClass(mirror=made)

    with (
        conf.set_temp("max_wait", 0.3),
        pytest.raises(
            ServiceTimeoutError, match=r"has not answered after 0.3 s\. Raise conf"
        ) as caught,
    ):
        csc.query_tap(query)

    assert str(caught.value.adql).startswith("SELECT")
    assert len(csc.query_tap("SELECT name FROM master_source")) > 3
    assert "local query" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals of POSIX")
@endless
def test_an_interrupt_ends_a_query(made, query):
    """KeyboardInterrupt comes through, and the mirror goes on to answer."""
    csc = CscClass(mirror=made)
    here = threading.main_thread().ident
    threading.Timer(0.3, signal.pthread_kill, (here, signal.SIGINT)).start()

    # With a limit, so that a broken interrupt fails the test.
    with conf.set_temp("max_wait", 120.0), pytest.raises(KeyboardInterrupt):
        csc.query_tap(query)

    assert len(csc.query_tap("SELECT name FROM master_source")) > 3
    assert "local query" not in [thread.name for thread in threading.enumerate()]


def test_work_that_has_not_begun_is_interrupted_until_it_hears():
    """An interrupt that comes too early is repeated."""
    heard = threading.Semaphore(0)

    with pytest.raises(TimeoutError):
        waited_for(lambda: [heard.acquire() for _ in range(3)], heard.release, 0.01)

    assert "local query" not in [thread.name for thread in threading.enumerate()]


def test_an_error_of_the_work_comes_through():
    """It is the very error, and nothing is interrupted."""
    told = []

    with pytest.raises(ZeroDivisionError):
        waited_for(lambda: 1 / 0, lambda: told.append(1), 60.0)

    assert told == []
