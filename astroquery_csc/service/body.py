# Licensed under a 3-clause BSD style license - see LICENSE
"""The body of a response as a stream, with limits in time and size."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any, Self

import requests
import urllib3

from astroquery_csc.columns import Columns
from astroquery_csc.exceptions import RemoteServiceError, TableParseError
from astroquery_csc.progress import Meter
from astroquery_csc.service.deadline import Deadline
from astroquery_csc.service.refusals import (
    host_of,
    kind_of,
    late,
    reason_of,
    refusal,
    shown,
    translate,
    words_of,
)
from astroquery_csc.votable import reader as votable

__all__ = ["Body"]

#: Read at a time, where so much is there; and looked at before the rest is read.
_READ_BYTES = 1 << 18
_PIECE_BYTES = 1 << 16
#: Whole documents (jobs, capabilities, tables) have some hundred kilobytes at most.
_DOCUMENT_BYTES = 1 << 26
#: Packed tables grow 5 to 100 times, one of nothing but ones 410, of nothing but nulls 450, blanks
#: 1,030: a body that grows more than this is a bomb, once it is large enough to hurt.
_MAX_GROWTH = 700
_LARGE_BYTES = 1 << 24
#: A page may speak of VOTables; only a VOTable has the element.
_ELEMENT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?VOTABLE\b", re.IGNORECASE)


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """
    Yield decoded pieces of a body as soon as something has arrived.

    ``iter_content`` waits for a full piece: of a body that trickles, nothing would be seen for many
    hours. A mocked response has no connection to read from, or a cut of its own; one that a patched
    ``_request`` has read already holds its body itself.
    """
    raw: Any = response.raw
    if not isinstance(raw, urllib3.HTTPResponse) or getattr(response, "_content_consumed", False):
        yield from response.iter_content(_READ_BYTES)
        return
    while piece := raw.read1(_READ_BYTES, decode_content=True):
        yield piece


class Body:
    """The decoded body of a response as a stream, with a time limit for the whole."""

    def __init__(self, response: requests.Response, timeout: float, deadline: Deadline) -> None:
        self.response = response
        self.sink: Callable[[bytes], None] | None = None
        self._timeout = timeout
        self._deadline = deadline
        self._pieces = self._arriving()
        self._ahead = b""
        self._meter: Meter | None = None
        self._open = ExitStack()

    @property
    def url(self) -> str:
        """What was asked."""
        return self.response.url or ""

    def __enter__(self) -> Self:
        """Use in a with statement; its connection is hung up on when the time is over."""
        self._open.callback(self.response.close)
        self._open.enter_context(self._deadline.watch(self._hang_up))
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._open.close()

    def _hang_up(self) -> None:
        """End a wait for bytes on another thread."""
        raw: Any = self.response.raw
        # Nothing to hang up on: a mocked response, or one that has been read.
        with suppress(AttributeError, ValueError, RuntimeError, OSError):
            raw.shutdown()

    def _arriving(self) -> Iterator[bytes]:
        """Yield pieces as they come; errors of the network become ours."""
        total = 0
        try:
            for piece in _pieces(self.response):
                total += len(piece)
                self._check(total)
                yield piece
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            if self._deadline.passed:
                raise late(self.url, self._deadline) from error
            raise translate(requests.Timeout(error), self.url, self._timeout) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            if self._deadline.passed:
                raise late(self.url, self._deadline) from error
            raise RemoteServiceError(
                f"The connection to {host_of(self.url)} broke in the middle of the answer: "
                f"{reason_of(error)}. Try again.",
                url=self.url,
                retry_after=0.0,
            ) from error
        self._check(total)

    def _check(self, total: int) -> None:
        """Refuse a body that takes too long, or grows beyond measure when it is unpacked."""
        if self._deadline.passed:
            raise late(self.url, self._deadline)
        raw = self.response.raw
        if total < _LARGE_BYTES or not isinstance(raw, urllib3.HTTPResponse):
            return
        if total > _MAX_GROWTH * max(raw.tell(), 1):
            raise TableParseError(
                f"The answer of {host_of(self.url)} unpacks to more than {_MAX_GROWTH} times what "
                "was sent, which no table does; reading stopped.",
                url=self.url,
            )

    def read(self, size: int = -1) -> bytes:
        """Read some of the body; what is read goes to the sink too, if there is one."""
        if size < 0:
            return b"".join(iter(lambda: self.read(_PIECE_BYTES), b""))
        piece, self._ahead = self._ahead or next(self._pieces, b""), b""
        if piece and self.sink is not None:
            self.sink(piece)
        if self._meter is not None and isinstance(self.response.raw, urllib3.HTTPResponse):
            self._meter.tell_bytes(self.response.raw.tell())
        return piece

    def whole(self) -> bytes:
        """Read a small document to its end."""
        document = self.peek(_DOCUMENT_BYTES)
        if len(document) == _DOCUMENT_BYTES:
            raise TableParseError(
                f"{shown(self.url)} gave more than {_DOCUMENT_BYTES >> 20} MB; reading stopped.",
                url=self.url,
            )
        return document

    def peek(self, size: int) -> bytes:
        """Look at the beginning of the body without consuming it."""
        pieces, have = [self._ahead], len(self._ahead)
        while have < size and (piece := next(self._pieces, b"")):
            pieces.append(piece)
            have += len(piece)
        self._ahead = b"".join(pieces)
        return self._ahead[:size]

    def document(self, *, adql: str | None, release: str) -> tuple[Columns, bool, str]:
        """Decode the body as a VOTable: columns, whether it is cut, and what describes it."""
        head = self.peek(_PIECE_BYTES)
        # In UTF-16 every other byte of the tag is zero.
        if not (_ELEMENT.search(head) or _ELEMENT.search(head.replace(b"\0", b""))):
            instead = kind_of(head, self.response.headers.get("Content-Type", ""))
            problem = refusal(
                words_of(head), url=self.url, adql=adql, release=release, instead=instead
            )
            raise problem
        length = self.response.headers.get("Content-Length", "")
        try:
            with Meter(int(length) if length.isdecimal() else None) as self._meter:
                document = votable.read(self, on_rows=self._meter.tell_rows)
        except TableParseError as error:
            error.url, error.adql, error.release = self.url, adql, release
            raise
        if document.error is not None:
            problem = refusal(
                document.error, url=self.url, adql=adql, release=release, is_table=True
            )
            raise problem
        if document.columns is None:
            raise TableParseError(
                "The answer is a VOTable without a table.",
                url=self.url,
                adql=adql,
                release=release,
            )
        return document.columns, document.overflow, document.note
