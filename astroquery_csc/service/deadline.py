# Licensed under a 3-clause BSD style license - see LICENSE
"""How long one whole query may take, and how often what fails in it is tried again."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from astroquery_csc.exceptions import CscError, RemoteServiceError
from astroquery_csc.forks import renew_in_child
from astroquery_csc.log import log
from astroquery_csc.progress import start

__all__ = ["Deadline", "persist"]

T = TypeVar("T")
#: Each pause is longer than the one before by this factor.
_GROWTH = 3.0


class Deadline:
    """The end of the time that a query has, from here or an earlier moment, and its retries."""

    def __init__(
        self,
        seconds: float,
        *,
        retries: int = 0,
        retry_wait: float = 0.0,
        begun: float | None = None,
    ) -> None:
        self.seconds = seconds
        self.retries = retries
        self.retry_wait = retry_wait
        self._end = (time.monotonic() if begun is None else begun) + seconds

    @property
    def left(self) -> float:
        """Seconds that are left; 0 when the time is over."""
        return max(self._end - time.monotonic(), 0.0)

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return self.left <= 0.0

    def wait(self, seconds: float) -> None:
        """Wait before something is tried again."""
        time.sleep(seconds)

    @contextmanager
    def watch(self, hang_up: Callable[[], None]) -> Iterator[None]:
        """
        Do something if the time is over before the block is.

        A socket limits the wait for the next byte, not for the last one: a service that sends a
        byte now and then would never let its caller go.
        """
        with _watcher.until(self._end, hang_up):
            yield


class _Watcher:
    """One thread for the time limits of all queries; it ends when none is left to wait for."""

    def __init__(self) -> None:
        self._reset()
        renew_in_child(self, _Watcher._reset)

    def _reset(self) -> None:
        """Begin anew: a forked process has neither the thread nor whoever holds the lock."""
        self._changed = threading.Condition()
        self._limits: dict[object, tuple[float, Callable[[], None]]] = {}
        self._wakes = math.inf
        self._thread: threading.Thread | None = None

    @contextmanager
    def until(self, end: float, hang_up: Callable[[], None]) -> Iterator[None]:
        """Do something at a time of the monotonic clock, if the block is not over before."""
        key = object()
        with self._changed:
            self._limits[key] = (end, hang_up)
            if self._thread is None:
                self._wakes = end
                self._begin()
            elif end < self._wakes:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._limits.pop(key, None)

    def _begin(self) -> None:
        """Start the thread; without it nothing is sent, since a query could take any time."""
        self._thread = threading.Thread(target=self._run, name="time limits", daemon=True)
        if not start(self._thread):
            self._thread = None
            self._limits.clear()
            raise CscError(
                "This process can start no more threads, and a query needs one for its time "
                "limit. Raise the limit (ulimit -u), or end other threads."
            )

    def _run(self) -> None:
        """Wait for the next limit until all are over; each hangs up on its own thread."""
        with self._changed:
            while self._limits:
                now = time.monotonic()
                for key, (end, hang_up) in list(self._limits.items()):
                    if end <= now:
                        del self._limits[key]
                        if not start(threading.Thread(target=hang_up, daemon=True)):
                            hang_up()
                self._wakes = min((end for end, _ in self._limits.values()), default=now)
                self._changed.wait(min(max(self._wakes - now, 0.0), threading.TIMEOUT_MAX))
            self._thread = None


_watcher = _Watcher()


def persist(action: Callable[[], T], deadline: Deadline) -> T:
    """Do something that may be repeated, again if it fails in a way that may pass."""
    wait, tries, most = deadline.retry_wait, 1, 1 + deadline.retries
    while True:
        try:
            return action()
        except RemoteServiceError as error:
            pause = max(wait, error.retry_after or 0.0)
            if error.retry_after is None or tries >= most or pause >= deadline.left:
                if tries > 1:
                    error.args = (f"{str(error).rstrip('.')}. It was asked {tries} times.",)
                raise
            log.info(f"Trying again in {pause:g} s (try {tries} of {most}): {error}")
        deadline.wait(pause)
        wait, tries = wait * _GROWTH, tries + 1
