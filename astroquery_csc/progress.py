# Licensed under a 3-clause BSD style license - see LICENSE
"""How far a long call has come, and how its requests share the service: two at a time."""

import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from typing import Self, TextIO, TypeVar

from astroquery_csc.exceptions import CscError, RemoteServiceError
from astroquery_csc.forks import ForkedLock
from astroquery_csc.log import log

__all__ = [
    "Meter",
    "Streak",
    "start",
    "track",
    "two_at_a_time",
]

T = TypeVar("T")

#: Seconds between two lines of the log; shorter work logs nothing.
EVERY_SECONDS = 5.0


def track(items: Collection[T], what: str) -> Iterator[T]:
    """Yield things one by one, and log at level INFO how many are done."""
    said = monotonic()
    for done, item in enumerate(items):
        if done and monotonic() - said >= EVERY_SECONDS:
            said = monotonic()
            log.info(f"{done} of {len(items)} {what} are done.")
        yield item


#: Shorter work shows no line.
QUIET_SECONDS = 2.0
#: How often a line changes in a terminal, and how often one is written elsewhere.
TERMINAL_SECONDS = 0.2
PLAIN_SECONDS = 5.0
#: Two changing lines cannot share a terminal, so only one thread shows its own.
_TERMINAL = ForkedLock()


class Meter:
    """Shows how much of an answer has arrived."""

    def __init__(self, expected: int | None, out: TextIO | None = None) -> None:
        self._expected = expected
        # There is no stderr where Python runs without a console.
        self._out: TextIO | None = sys.stderr if out is None else out
        self._is_terminal = self._out is not None and self._out.isatty()
        self._bytes = 0
        self._rows = 0
        self._start = monotonic()
        self._next = self._start + QUIET_SECONDS
        self._width = 0
        self._owns_terminal = False

    def __enter__(self) -> Self:
        """Use in a with statement."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the line away."""
        if self._owns_terminal:
            self._write("\r" + " " * self._width + "\r")
            self._owns_terminal = False
            _TERMINAL.release()

    def tell_bytes(self, count: int) -> None:
        """Note how many bytes have arrived, and show it when it is time."""
        self._bytes = count
        now = monotonic()
        if now >= self._next:
            self._next = now + (TERMINAL_SECONDS if self._is_terminal else PLAIN_SECONDS)
            self._show(now - self._start)

    def tell_rows(self, count: int) -> None:
        """Note how many rows have been read."""
        self._rows = count

    def line(self, seconds: float) -> str:
        """Write the line."""
        whole = f" of {self._expected / 1e6:.1f}" if self._expected else ""
        rate = self._bytes / 1e6 / max(seconds, 1e-3)
        return f"{self._bytes / 1e6:.1f}{whole} MB, {self._rows:,} rows, {rate:.1f} MB/s"

    def _show(self, seconds: float) -> None:
        """Show the line, unless the log is quiet or another line is there."""
        if not log.isEnabledFor(logging.INFO):
            return
        text = f"Chandra Source Catalog: {self.line(seconds)}"
        if not self._is_terminal:
            self._write(text + "\n")
        elif self._owns_terminal or _TERMINAL.acquire(blocking=False):
            self._owns_terminal = True
            self._write("\r" + text.ljust(self._width))
            self._width = len(text)

    def _write(self, text: str) -> None:
        """Write at once; a closed stream must not lose an answer."""
        if self._out is not None:
            with contextlib.suppress(OSError, ValueError):
                self._out.write(text)
                self._out.flush()


IN_FLIGHT = 2
#: After this many failures in a row no further request is sent.
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
    """Do something with every item, on two threads; on this one where no more can be started."""
    wanted = list(items)
    pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix=what)
    try:
        futures = [pool.submit(work, item) for item in wanted]
        return [future.result() for future in track(futures, what)]
    except RuntimeError as error:
        if not _is_thread_limit(error):
            raise
        pool.shutdown(cancel_futures=True)
        return [work(item) for item in track(wanted, what)]
    finally:
        stop()
        pool.shutdown(cancel_futures=True)


def _is_thread_limit(error: RuntimeError) -> bool:
    """Tell whether an error says that this process can start no more threads."""
    return "start new thread" in str(error)


def start(thread: threading.Thread) -> bool:
    """Start a thread; False where no more can be started."""
    try:
        thread.start()
    except RuntimeError as error:
        if not _is_thread_limit(error):
            raise
        return False
    return True


class Streak:
    """Counts failures in a row of a service that several threads use."""

    def __init__(self, way_on: str, counts: Callable[[CscError], bool] = lambda _: True) -> None:
        self._way_on = way_on
        self._counts = counts
        self._in_a_row = 0
        self._lock = threading.Lock()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count how one request ends."""
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
