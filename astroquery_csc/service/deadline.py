# Licensed under a 3-clause BSD style license - see LICENSE
"""How long one whole query may take, and how often what fails in it is tried again."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from astroquery import log

from astroquery_csc.exceptions import RemoteServiceError

__all__ = ["Deadline", "persist"]

T = TypeVar("T")
#: Each pause is longer than the one before by this factor.
_GROWTH = 3.0


class Deadline:
    """The end of the time that a query has, which starts to run here, and its number of retries."""

    def __init__(self, seconds: float, *, retries: int = 0, retry_wait: float = 0.0) -> None:
        self.seconds = seconds
        self.retries = retries
        self.retry_wait = retry_wait
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

        A socket limits the wait for the next byte, not for the last one: a service that sends a
        byte now and then would never let its caller go.
        """
        timer = threading.Timer(min(self.left, threading.TIMEOUT_MAX), hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


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
                    error.args = (f"{error} It was asked {tries} times.",)
                raise
            log.info(f"Trying again in {pause:g} s (try {tries} of {most}): {error}")
        deadline.wait(pause)
        wait, tries = wait * _GROWTH, tries + 1
