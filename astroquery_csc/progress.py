# Licensed under a 3-clause BSD style license - see LICENSE
"""How far a long row of requests has come: lines of the log, so its level decides who sees them."""

import time
from collections.abc import Collection, Iterator
from typing import TypeVar

from astroquery import log

__all__ = ["track"]

T = TypeVar("T")

#: A line every so many seconds; what is done sooner says nothing.
EVERY_SECONDS = 5.0


def track(items: Collection[T], what: str) -> Iterator[T]:
    """Yield things one by one, and log at level INFO how many are done."""
    said = time.monotonic()
    for done, item in enumerate(items):
        if done and time.monotonic() - said >= EVERY_SECONDS:
            said = time.monotonic()
            log.info(f"{done} of {len(items)} {what} are done.")
        yield item
