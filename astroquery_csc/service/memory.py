# Licensed under a 3-clause BSD style license - see LICENSE
"""What a service said once is kept; that it did not answer, only for some minutes."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from astroquery_csc.adql.speech import Speech
from astroquery_csc.forks import ForkedLock

__all__ = ["LEARNT", "Learnt", "Memory"]

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


@dataclass
class _Server:
    """What is known of one server."""

    speech: Speech = field(default_factory=Speech)
    settled: set[str] = field(default_factory=set)


class Learnt:
    """What servers take, as it was found out: by address, for the last few of them."""

    def __init__(self, most: int = 100) -> None:
        self._most = most
        self._servers: dict[str, _Server] = {}
        self._lock = ForkedLock()

    def speech(self, server: str) -> Speech:
        """Give what is known of a server."""
        with self._lock:
            return self._servers.get(server, _Server()).speech

    def is_settled(self, server: str, topic: str) -> bool:
        """Whether nothing more can be found out about a field of `Speech`."""
        with self._lock:
            return topic in self._servers.get(server, _Server()).settled

    def learn(self, server: str, **found: Any) -> None:
        """Keep some fields of `Speech`; their topics are settled."""
        with self._lock:
            known = self._servers.pop(server, _Server())
            known.speech = replace(known.speech, **found)
            known.settled |= set(found)
            self._servers[server] = known
            while len(self._servers) > self._most:
                del self._servers[next(iter(self._servers))]

    def forget(self, root: str = "") -> None:
        """Know nothing of the servers whose addresses begin so, as at the beginning."""
        with self._lock:
            for server in [server for server in self._servers if server.startswith(root)]:
                del self._servers[server]


#: Each server is found out about once per process.
LEARNT = Learnt()
