# Licensed under a 3-clause BSD style license - see LICENSE
"""The time that one whole query has, whatever it is made of: requests, redirects, waits."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Deadline"]


class Deadline:
    """The end of the time that a query has; it begins to run when it is made."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

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

        A socket has a time limit for the next byte, none for the last one: a service that sends a
        byte now and then would hold its caller for ever.
        """
        timer = threading.Timer(min(self.left, threading.TIMEOUT_MAX), hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
