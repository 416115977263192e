# Licensed under a 3-clause BSD style license - see LICENSE
"""A process that can start no more threads: the work is done in this one, or the error is ours."""

import threading

import pytest

from astroquery_csc.exceptions import CscError
from astroquery_csc.progress import two_at_a_time


@pytest.fixture
def limited(monkeypatch):
    """Let each start of a thread fail as the system does at its limit."""

    def refuse(_thread):
        """Fail."""
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)


@pytest.mark.usefixtures("limited")
def test_what_goes_two_at_a_time_goes_one_by_one():
    """Each result is there, in its order."""
    assert two_at_a_time(lambda number: number * 2, [1, 2, 3], "numbers") == [2, 4, 6]


def test_what_is_begun_on_one_thread_is_finished_here(monkeypatch):
    """The second thread fails to start: nothing is lost."""
    start = threading.Thread.start
    begun = []

    def once(thread):
        """Start the first thread alone."""
        begun.append(thread)
        if len(begun) > 1:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", once)

    assert two_at_a_time(lambda number: number * 2, [1, 2, 3], "numbers") == [2, 4, 6]


def test_other_errors_of_the_work_pass_on():
    """A RuntimeError of somebody else is not a limit."""

    def fail(_):
        """Fail."""
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        two_at_a_time(fail, [1], "numbers")


def test_a_query_without_its_thread_is_an_error_of_ours(csc, monkeypatch, request):
    """No query runs without its time limit; the message says what to raise."""
    csc._session.close()
    monkeypatch.setattr("astroquery_csc.service.deadline._watcher._thread", None)
    request.getfixturevalue("limited")

    with pytest.raises(CscError, match=r"can start no more threads.*ulimit -u"):
        csc.query_tap("SELECT TOP 1 name FROM master_source", cache=False)
