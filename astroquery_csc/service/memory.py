# Licensed under a 3-clause BSD style license - see LICENSE
"""What a service said once is kept; that it did not answer, only for some minutes."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from astroquery_csc.forks import ForkedLock

__all__ = ["Memory"]

#: A service that was down for a minute is asked again after this; until then nobody waits for it.
FAILURE_SECONDS = 300.0

Told = TypeVar("Told")


class Memory(Generic[Told]):
    """Answers that do not change, each asked for once."""

    def __init__(self) -> None:
        self._told: dict[Hashable, Told] = {}
        self._failed: dict[Hashable, float] = {}
        self._lock = ForkedLock()

    def get(self, key: Hashable, ask: Callable[[], Told | None]) -> Told | None:
        """Give what is known, and ask if nothing is."""
        with self._lock:
            if key not in self._told and not self._has_just_failed(key):
                told = ask()
                if told is None:
                    self._failed[key] = time.monotonic()
                else:
                    self._told[key] = told
            return self._told.get(key)

    def _has_just_failed(self, key: Hashable) -> bool:
        """Whether it is too soon to ask again."""
        failed = self._failed.get(key)
        return failed is not None and time.monotonic() - failed < FAILURE_SECONDS
