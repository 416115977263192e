# Licensed under a 3-clause BSD style license - see LICENSE
"""What can be wrong with a file that a service sends: each fault by its name."""

import gzip
import zlib
from collections.abc import Iterator
from threading import Event

from astroquery_csc.testing.messages import DROP, Response, text_response

__all__ = ["FILE_FAULTS", "faulty", "good"]

#: Faults that `Dialect.file_faults` can name.
FILE_FAULTS = (
    "500",
    "bomb",
    "busy",
    "cut",
    "damaged",
    "dropped",
    "dropped once",
    "empty",
    "hostile name",
    "html",
    "hung up",
    "missing",
    "not fits",
    "short",
    "slow",
    "stalled",
)

_PAGE = (
    b"<!DOCTYPE html><html><head><title>Chandra Data Archive</title></head><body>"
    b"<h1>The archive is being maintained.</h1></body></html>\n"
)
_HTML = "text/html; charset=utf-8"
_BINARY = "application/octet-stream"
_BOMB_BYTES = 1 << 26
_PIECES = 20
_SLOW_SECONDS = 0.05


def good(data: bytes, coding: str) -> Response:
    """Send a file as it is."""
    if coding == "plain":
        return Response(200, data, _BINARY)
    packed = gzip.compress(data, mtime=0)
    if coding == "content-encoding":
        return Response(200, packed, _BINARY, {"Content-Encoding": "gzip"})
    return Response(200, packed, "application/x-gzip")


def faulty(data: bytes, fault: str, halt: Event, *, asked_before: bool) -> Response:
    """Send a file with something wrong."""
    packed = gzip.compress(data, mtime=0)
    damaged = bytearray(packed)
    damaged[len(packed) // 2] ^= 0xFF
    bodies: dict[str, bytes | Iterator[bytes]] = {
        "bomb": _bomb(),
        "cut": packed[: len(packed) // 2],
        "damaged": bytes(damaged),
        "dropped": _dropped(packed),
        "dropped once": _dropped(packed),
        "empty": b"",
        "not fits": gzip.compress(b"No such file.\n" * 400, mtime=0),
        "short": gzip.compress(data[: len(data) // 2], mtime=0),
        "slow": _slowly(packed, halt),
        "stalled": _stalled(packed, halt),
    }
    if fault in {"busy", "dropped once"} and asked_before:
        return good(data, "gzip")
    if fault in bodies:
        return Response(200, bodies[fault], "application/x-gzip")
    answers = {
        "busy": Response(503, _PAGE, _HTML, {"Retry-After": "0"}),
        "500": Response(500, _PAGE, _HTML),
        "html": Response(200, _PAGE, _HTML),
        "missing": text_response(404, "File not found"),
    }
    return answers.get(fault, DROP)


def _dropped(packed: bytes) -> Iterator[bytes]:
    """Send half of a file, then hang up."""
    yield packed[: len(packed) // 2]
    raise ConnectionAbortedError


def _slowly(packed: bytes, halt: Event) -> Iterator[bytes]:
    """Send a file drop by drop."""
    step = len(packed) // _PIECES + 1
    for start in range(0, len(packed), step):
        yield packed[start : start + step]
        if halt.wait(_SLOW_SECONDS):
            return


def _stalled(packed: bytes, halt: Event) -> Iterator[bytes]:
    """Send half of a file, then nothing until the server stops."""
    yield packed[: len(packed) // 2]
    halt.wait()


def _bomb() -> Iterator[bytes]:
    """Send a small file that unpacks to a large one: a FITS file of zeros."""
    cards = ("SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 1", f"NAXIS1  = {_BOMB_BYTES}", "END")
    header = "".join(
        card[:10].ljust(10) + card[10:].strip().rjust(20) + " " * 50
        if "=" in card
        else card.ljust(80)
        for card in cards
    )
    packer = zlib.compressobj(wbits=31)
    yield packer.compress(header.ljust(2880).encode())
    for _ in range(_BOMB_BYTES >> 20):
        yield packer.compress(bytes(1 << 20))
    yield packer.flush()
