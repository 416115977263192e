# Licensed under a 3-clause BSD style license - see LICENSE
"""Faults of the network and of HTTP: silence, cuts, lengths, packing."""

import zlib
from collections.abc import Callable
from itertools import repeat

from astroquery_csc.exceptions import RemoteServiceError, ServiceTimeoutError, TableParseError
from tests.faults.bodies import chunked, zipped
from tests.faults.model import TABLE, WITH_BODY, Act, Fault, Gets
from tests.faults.server import Wire, http
from tests.faults.verbs import VERBS, Reply

__all__ = ["ON_THE_WIRE"]

_CUT = 150
#: Headers of an answer that would be good.
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
#: What verbs get whose requests are not sent twice.
_ONCE: dict[str, Gets | None] = {
    name: RemoteServiceError for name, verb in VERBS.items() if not verb.again
}
#: What verbs get that read a document, not a table, where it has no end.
_NO_DOCUMENT: dict[str, Gets | None] = {
    "maxrec stated": RemoteServiceError,
    "product list": RemoteServiceError,
}


def _send(make: Callable[[Reply], bytes]) -> Act:
    """Send something made from the good answer, and hang up."""

    def act(wire: Wire, good: Reply) -> None:
        """Do so."""
        wire.send(make(good))
        wire.hang_up()

    return act


def _then(make: Callable[[Reply], bytes]) -> Act:
    """Send something made from the good answer, and then nothing."""

    def act(wire: Wire, good: Reply) -> None:
        """Do so."""
        wire.send(make(good))
        wire.hang()

    return act


def _trickle(make: Callable[[Reply], bytes], seconds: float, rest: bytes = b"") -> Act:
    """Send something at once, and the rest byte by byte."""

    def act(wire: Wire, good: Reply) -> None:
        """Do so."""
        wire.send(make(good))
        wire.trickle(rest or good.raw, seconds)

    return act


def _for_ever(start: bytes, piece: bytes) -> Act:
    """Send the same again and again, as fast as it goes."""

    def act(wire: Wire, good: Reply) -> None:
        """Do so."""
        wire.send(start, *repeat(piece, 1_000_000))

    return act


def _again_and_again(piece: bytes, seconds: float) -> Act:
    """Send the same again and again, with a pause before each."""

    def act(wire: Wire, good: Reply) -> None:
        """Do so."""
        for _ in range(1_000_000):
            wire.pause(seconds)
            wire.send(piece)

    return act


def _slowly_at_the_end(wire: Wire, good: Reply) -> None:
    """Send a good answer, its last bytes one by one."""
    wire.send(good.raw[:-20])
    wire.trickle(good.raw[-20:], 0.005)


def _half(good: Reply) -> bytes:
    """Give the first half of a response."""
    return good.raw[: len(good.raw) - max(len(good.body) // 2, 1)]


def _bomb(good: Reply) -> bytes:
    """Pack a document that begins well and goes on with blanks."""
    packer = zlib.compressobj(wbits=31)
    blanks = b" " * (1 << 20)
    body = packer.compress(good.body[:-60])
    body += b"".join(packer.compress(blanks) for _ in range(20)) + packer.flush()
    return http(body, "Content-Encoding: gzip", mime=good.mime)


_CONNECTION = (
    Fault(
        "hangs up",
        "closes the connection instead of an answer",
        lambda wire, good: wire.hang_up(),
        RemoteServiceError,
        says="No connection to",
    ),
    Fault(
        "crashes",
        "resets the connection instead of an answer",
        lambda wire, good: wire.reset(),
        RemoteServiceError,
    ),
    Fault(
        "hangs up once",
        "closes the connection once, then is well",
        lambda wire, good: wire.hang_up(),
        TABLE,
        _ONCE,
        times=1,
    ),
    Fault(
        "breaks once",
        "closes the connection once in the middle of the answer, then is well",
        _send(_half),
        TABLE,
        _ONCE,
        times=1,
        speaks=WITH_BODY,
    ),
    Fault(
        "silent",
        "accepts and says nothing",
        lambda wire, good: wire.hang(),
        ServiceTimeoutError,
        hangs=True,
    ),
    Fault(
        "silent in the status",
        "sends half a status line, then nothing",
        _then(lambda good: b"HTTP/1.1 20"),
        ServiceTimeoutError,
        hangs=True,
    ),
    Fault(
        "silent in the headers",
        "sends some headers, then nothing",
        _then(lambda good: _HEAD),
        ServiceTimeoutError,
        hangs=True,
    ),
    Fault(
        "headers by drops",
        "sends headers for ever, one byte now and then",
        _trickle(lambda good: b"HTTP/1.1 200 OK\r\nX-Slow: ", 0.03, b"x" * 60_000),
        ServiceTimeoutError,
        hangs=True,
        says="did not end within 4 s",
    ),
    Fault(
        "please wait for ever",
        "sends 100 Continue again and again",
        _again_and_again(b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
        ServiceTimeoutError,
        hangs=True,
    ),
    Fault(
        "silent before the body",
        "sends all headers, then nothing",
        _then(lambda good: http(length=5000)),
        ServiceTimeoutError,
        speaks=WITH_BODY,
        hangs=True,
    ),
    Fault(
        "silent in the body",
        "sends half of the body, then nothing",
        _then(_half),
        ServiceTimeoutError,
        speaks=WITH_BODY,
        hangs=True,
    ),
    Fault(
        "body by drops",
        "sends the body one byte now and then",
        _trickle(lambda good: http(length=60_000), 0.03, b" " * 60_000),
        ServiceTimeoutError,
        speaks=WITH_BODY,
        hangs=True,
        says="did not end within 4 s",
    ),
    Fault(
        "slow, but well",
        "sends the last of the body byte by byte, and comes to its end",
        _slowly_at_the_end,
        TABLE,
        speaks=WITH_BODY,
    ),
    Fault(
        "redirect with a body without end",
        "redirects, with a body that never ends",
        _for_ever(b"HTTP/1.1 303 See Other\r\nLocation: /well\r\n\r\n", b"x" * 65_536),
        TABLE,
        only=("cone", "tap"),
    ),
    Fault(
        "another protocol",
        "greets as an SSH server does",
        _send(lambda good: b"SSH-2.0-OpenSSH_9.7\r\n"),
        RemoteServiceError,
    ),
    Fault(
        "1,000 headers",
        "sends more headers than anybody reads",
        _send(lambda good: _HEAD + b"X-More: 1\r\n" * 1000 + b"\r\n" + good.body),
        RemoteServiceError,
    ),
    Fault(
        "a header of 100 kB",
        "sends a header longer than anybody reads",
        _send(lambda good: _HEAD + b"X-More: " + b"1" * 100_000 + b"\r\n\r\n" + good.body),
        RemoteServiceError,
    ),
    Fault(
        "hangs up in the headers",
        "closes the connection within the headers",
        _send(lambda good: _HEAD + b"X-Mo"),
        RemoteServiceError,
        speaks=WITH_BODY,
        others={"columns": TableParseError},
    ),
)

_LENGTHS = (
    Fault(
        "cut, with a length",
        "sends fewer bytes than Content-Length says",
        _send(lambda good: http(good.body[:-_CUT], length=len(good.body), mime=good.mime)),
        RemoteServiceError,
        speaks=WITH_BODY,
        says="broke in the middle",
    ),
    Fault(
        "cut, without a length",
        "closes the connection within the body, whose length is not given",
        _send(lambda good: http(good.body[:-_CUT], length=None, mime=good.mime)),
        TableParseError,
        _NO_DOCUMENT,
        speaks=WITH_BODY,
    ),
    Fault(
        "a length too short",
        "gives a Content-Length that ends within the document",
        _send(lambda good: http(good.body, length=len(good.body) - _CUT, mime=good.mime)),
        TableParseError,
        _NO_DOCUMENT,
        speaks=WITH_BODY,
    ),
    Fault(
        "a length that is none",
        "gives a Content-Length that is not a number, and the whole body",
        _send(lambda good: _HEAD + b"Content-Length: many\r\n\r\n" + good.body),
        TABLE,
        {"columns": TABLE},
        speaks=WITH_BODY,
    ),
    Fault(
        "chunks, well",
        "sends the body in chunks",
        lambda wire, good: wire.send(
            _HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(good.body)
        ),
        TABLE,
        speaks=WITH_BODY,
    ),
    Fault(
        "cut in a chunk",
        "closes the connection within a chunk",
        _send(
            lambda good: _HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(good.body)[:-99]
        ),
        RemoteServiceError,
        speaks=WITH_BODY,
    ),
    Fault(
        "no last chunk",
        "sends every byte, and closes the connection before the last chunk says so",
        _send(
            lambda good: (
                _HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(good.body, last=b"")
            )
        ),
        RemoteServiceError,
        speaks=WITH_BODY,
    ),
    Fault(
        "a chunk of no size",
        "sends a chunk whose size is not a number",
        _send(lambda good: _HEAD + b"Transfer-Encoding: chunked\r\n\r\nlarge\r\n" + good.body),
        RemoteServiceError,
        speaks=WITH_BODY,
    ),
)

_PACKING = (
    Fault(
        "packed, well",
        "sends the body as gzip",
        lambda wire, good: wire.send(
            http(zipped(good.body), "Content-Encoding: gzip", mime=good.mime)
        ),
        TABLE,
        speaks=WITH_BODY,
    ),
    Fault(
        "gzip, cut",
        "closes the connection within a gzip body whose length is not given",
        _send(
            lambda good: http(
                zipped(good.body)[:-_CUT], "Content-Encoding: gzip", length=None, mime=good.mime
            )
        ),
        TableParseError,
        _NO_DOCUMENT,
        speaks=WITH_BODY,
    ),
    Fault(
        "gzip, wrong sum",
        "sends gzip whose checksum is wrong",
        _send(
            lambda good: http(
                zipped(good.body)[:-8] + b"\0" * 8, "Content-Encoding: gzip", mime=good.mime
            )
        ),
        RemoteServiceError,
        speaks=WITH_BODY,
    ),
    Fault(
        "gzip, damaged",
        "sends gzip with a byte changed in the middle",
        _send(
            lambda good: http(
                zipped(good.body)[:80] + b"\xff\xff" + zipped(good.body)[82:],
                "Content-Encoding: gzip",
                mime=good.mime,
            )
        ),
        RemoteServiceError,
        speaks=WITH_BODY,
    ),
    Fault(
        "gzip that is none",
        "says gzip and sends plain text",
        _send(lambda good: http(good.body, "Content-Encoding: gzip", mime=good.mime)),
        RemoteServiceError,
        speaks=WITH_BODY,
    ),
    Fault(
        "gzip without saying so",
        "sends gzip and does not say so",
        _send(lambda good: http(zipped(good.body), mime=good.mime)),
        RemoteServiceError,
        {"columns": TableParseError},
        speaks=WITH_BODY,
    ),
    Fault(
        "gzip bomb",
        "sends 20 kB that unpack to 20 MB of blanks",
        _send(_bomb),
        TableParseError,
        {**_NO_DOCUMENT, "product list": TableParseError},
        speaks=WITH_BODY,
        says="",
    ),
)

ON_THE_WIRE = _CONNECTION + _LENGTHS + _PACKING
