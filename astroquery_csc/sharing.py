# Licensed under a 3-clause BSD style license - see LICENSE
"""Many requests to a service that others use too: two at a time, and none once it only fails."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from astroquery_csc.exceptions import CscError, RemoteServiceError
from astroquery_csc.progress import track

__all__ = ["Streak", "two_at_a_time"]

IN_FLIGHT = 2
#: After so many failures one after the other the rest is not asked.
GIVE_UP = 6

Item = TypeVar("Item")
Result = TypeVar("Result")


def two_at_a_time(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    what: str,
    *,
    stop: Callable[[], object] = lambda: None,
) -> list[Result]:
    """Do something with every item, on two threads."""
    pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix=what)
    try:
        futures = [pool.submit(work, item) for item in items]
        return [future.result() for future in track(futures, what)]
    finally:
        stop()
        pool.shutdown(cancel_futures=True)


class Streak:
    """Failures in a row of a service that is asked on several threads."""

    def __init__(self, way_on: str, counts: Callable[[CscError], bool] = lambda _: True) -> None:
        self._way_on = way_on
        self._counts = counts
        self._in_a_row = 0
        self._lock = threading.Lock()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Ask once, and count how it ends."""
        if self._in_a_row >= GIVE_UP:
            raise RemoteServiceError(
                f"Not asked: the service failed {GIVE_UP} times in a row. {self._way_on}"
            )
        try:
            yield
        except CscError as error:
            with self._lock:
                self._in_a_row = self._in_a_row + 1 if self._counts(error) else 0
            raise
        with self._lock:
            self._in_a_row = 0
