# Licensed under a 3-clause BSD style license - see LICENSE
"""A sign of life while nothing else is said: after 2 seconds, and then now and then."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from astroquery_csc.cli.messages import say, seconds_silent
from astroquery_csc.progress import start

__all__ = ["sign_of_life"]

#: What is done sooner says nothing.
FIRST_SECONDS = 2.0
#: After each line the next one waits so many times longer, up to a minute.
_GROWTH, _MOST_SECONDS = 2.0, 60.0


@contextmanager
def sign_of_life(*, quiet: bool = False) -> Iterator[None]:
    """Say every now and then that the command is at work."""
    if quiet:
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_tell, args=(done,), daemon=True)
    is_running = start(thread)
    try:
        yield
    finally:
        done.set()
        if is_running:
            thread.join()


def _tell(done: threading.Event) -> None:
    """Say how long it has taken, unless something else was said meanwhile."""
    start, wait = monotonic(), FIRST_SECONDS
    while not done.wait(wait):
        if seconds_silent() >= wait:
            say(f"at work for {monotonic() - start:.0f} s; Ctrl-C stops it.")
        wait = min(wait * _GROWTH, _MOST_SECONDS)
