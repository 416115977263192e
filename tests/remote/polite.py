# Licensed under a 3-clause BSD style license - see LICENSE
"""Polite requests: a pause between two of them, and a count of what was asked and what came."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import BaseAdapter

__all__ = ["Meter", "be_polite"]


@dataclass
class Meter:
    """
    The pause between two requests, and what they came to.

    Parameters
    ----------
    pause_seconds : float
        Shortest time between the beginnings of two requests.
    """

    pause_seconds: float = 0.0
    _raws: list[Any] = field(default_factory=list)
    _last: float = -1e9
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """Wait until the next request may go."""
        with self._lock:
            time.sleep(max(0.0, self._last + self.pause_seconds - time.monotonic()))
            self._last = time.monotonic()

    def note(self, answer: requests.Response) -> None:
        """Remember an answer, whose body is still to come."""
        self._raws.append(answer.raw)

    @property
    def answers(self) -> int:
        """How many answers came."""
        return len(self._raws)

    @property
    def words(self) -> str:
        """Requests, and bytes of bodies as they came over the wire."""
        received = sum(raw.tell() for raw in self._raws)
        return f"{len(self._raws)} requests, {received / 1e6:.1f} MB received"


class _PoliteAdapter(BaseAdapter):
    """Sends with another adapter, when the meter lets it."""

    def __init__(self, inner: BaseAdapter, meter: Meter) -> None:
        super().__init__()
        self._inner, self._meter = inner, meter

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Wait, send, note."""
        self._meter.wait()
        answer = self._inner.send(request, **kwargs)
        self._meter.note(answer)
        return answer

    def close(self) -> None:
        """Close the other adapter."""
        self._inner.close()


def be_polite(session: requests.Session, meter: Meter) -> None:
    """Let a session send only when the meter lets it."""
    for prefix in ("https://", "http://"):
        session.mount(prefix, _PoliteAdapter(session.get_adapter(prefix), meter))
