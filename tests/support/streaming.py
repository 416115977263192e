# Licensed under a 3-clause BSD style license - see LICENSE
"""A service on loopback that answers every query with pieces, and can be looked at meanwhile."""

import gzip
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.votable.votable_parts import plain

QUERY = "SELECT name FROM master_source"
Body = Callable[[], Iterable[bytes]]


class Streamer(ThreadingHTTPServer):
    """
    Sends bodies piece by piece.

    Parameters
    ----------
    body : callable
        Gives the pieces of the body.
    packed : bool
        Whether it is packed with gzip.
    length : int or None
        Content-Length; None sends chunks.
    """

    daemon_threads = True

    def __init__(self, body: Body, *, packed: bool = False, length: int | None = None) -> None:
        self.body = body
        self.packed = packed
        self.length = length
        self.accepted = ""
        #: Set when a client hung up before the end.
        self.hung_up = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """Root of the service."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    """Answers a query."""

    protocol_version = "HTTP/1.1"
    server: Streamer

    def do_GET(self) -> None:
        """Know nothing of capabilities."""
        self.send_error(404)

    def do_POST(self) -> None:
        """Send the body."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.accepted = self.headers.get("Accept-Encoding", "")
        self.send_response(200)
        if self.server.packed:
            self.send_header("Content-Encoding", "gzip")
        if self.server.length is not None:
            self.send_header("Content-Length", str(self.server.length))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for piece in self.server.body():
                self._send(piece)
            self._send(b"")
        except OSError:
            self.server.hung_up.set()
        self.close_connection = True

    def _send(self, piece: bytes) -> None:
        """Send a piece, or a chunk; an empty one ends the body."""
        if self.server.length is None:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece)
        self.wfile.write(piece)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def streaming(body: Body, **words: bool | int) -> Iterator[Streamer]:
    """Run a service that sends a body."""
    with Streamer(body, **words) as server:  # type: ignore[arg-type]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def long_answer(times: int, text: bytes = b"") -> Iterator[bytes]:
    """Give a document in pieces: its head, the same 2,000 rows again and again, its tail."""
    head, begin, rest = (text or plain(2_000)).partition(b"<TABLEDATA>")
    body, end, tail = rest.partition(b"</TABLEDATA>")
    yield head + begin
    for _ in range(times):
        yield body
    yield end + tail


def packed_answer(times: int) -> bytes:
    """Give a document packed with gzip."""
    return gzip.compress(b"".join(long_answer(times)), compresslevel=1)
