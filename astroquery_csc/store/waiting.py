# Licensed under a 3-clause BSD style license - see LICENSE
"""Waiting for work that does not listen: Ctrl-C and a time limit end the wait at once."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from astroquery_csc.progress import start

__all__ = ["waited_for"]

T = TypeVar("T")
#: Work that is interrupted is waited for so long, in seconds, and told again so often.
_LAST_SECONDS = 2.0
_AGAIN_SECONDS = 0.02


def waited_for(work: Callable[[], T], interrupt: Callable[[], object], seconds: float) -> T:
    """
    Do something on a thread, and interrupt it on Ctrl-C, or when it takes too long.

    DuckDB looks for signals between its steps, of which one may take for hours.
    """
    answer: Future[T] = Future()

    def run() -> None:
        """Work, and tell how it ended."""
        try:
            answer.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            answer.set_exception(error)

    thread = threading.Thread(target=run, name="local query", daemon=True)
    if not start(thread):
        return work()
    try:
        return answer.result(min(seconds, threading.TIMEOUT_MAX))
    except BaseException:
        if not answer.done():
            _end(thread, interrupt)
        raise


def _end(thread: threading.Thread, interrupt: Callable[[], object]) -> None:
    """Interrupt until it is heard: what has not begun to run does not hear it."""
    end = time.monotonic() + _LAST_SECONDS
    while thread.is_alive() and time.monotonic() < end:
        interrupt()
        thread.join(_AGAIN_SECONDS)
