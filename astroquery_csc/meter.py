# Licensed under a 3-clause BSD style license - see LICENSE
"""
How far one long answer has come: one line on stderr, which the level of astroquery's log decides.

A terminal gets one line that changes, anything else (a notebook, a file) a new line now and then.
"""

import contextlib
import logging
import sys
import threading
from time import monotonic
from typing import Self, TextIO

from astroquery import log

__all__ = ["Meter"]

#: What is done sooner says nothing.
QUIET_SECONDS = 2.0
#: A line changes so often in a terminal, and is written so often elsewhere.
TERMINAL_SECONDS = 0.2
PLAIN_SECONDS = 5.0
#: Two lines that change cannot share a terminal: of many threads, one shows how far it is.
_TERMINAL = threading.Lock()


class Meter:
    """Shows how much of an answer has come."""

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
        """Say how many bytes have come, and show it if it is time to."""
        self._bytes = count
        now = monotonic()
        if now >= self._next:
            self._next = now + (TERMINAL_SECONDS if self._is_terminal else PLAIN_SECONDS)
            self._show(now - self._start)

    def tell_rows(self, count: int) -> None:
        """Say how many rows have been read."""
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
        """Write at once; a reader that went away is no reason to lose an answer."""
        if self._out is not None:
            with contextlib.suppress(OSError, ValueError):
                self._out.write(text)
                self._out.flush()
