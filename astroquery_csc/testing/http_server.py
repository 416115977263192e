# Licensed under a 3-clause BSD style license - see LICENSE
"""HTTP on loopback: one thread per connection, keep-alive, bodies in pieces, and a clean stop."""

import logging
import socket
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Lock, Thread
from typing import Any

from astroquery_csc.testing.messages import Request, Response, read_params

__all__ = ["HOST", "LoopbackServer"]

#: Only programs on this computer can reach the service.
HOST = "127.0.0.1"

_LOG = logging.getLogger(__name__)

_GZIP_WINDOW = 31

#: Content type of a body that is a compressed file.
_GZIP_FILE = "application/x-gzip"

#: How long a stop waits for a thread that is still writing, in seconds.
_JOIN_SECONDS = 5.0

#: Bodies that are sent whole are compressed from this size on.
_WORTH_IT = 1_024

Answerer = Callable[[Request], Response]


class LoopbackServer(ThreadingHTTPServer):
    """A server whose connections can all be closed at once."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, answer: Answerer, *, gzip: bool) -> None:
        self.answer = answer
        self.gzip = gzip
        self.faults: list[BaseException] = []
        self._live: dict[Any, Thread] = {}
        self._lock = Lock()
        super().__init__((HOST, port), _Handler)

    @property
    def root(self) -> str:
        """URL of the server, without a slash at its end."""
        return f"http://{HOST}:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind without asking a name server for this computer's name."""
        TCPServer.server_bind(self)
        self.server_name: str = HOST
        self.server_port: int = int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection on a thread that `close_connections` can find."""
        thread = Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name="csc_server connection",
            daemon=True,
        )
        with self._lock:
            self._live[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        super().shutdown_request(request)
        with self._lock:
            self._live.pop(request, None)

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """Keep and log what went wrong here; that a client hung up is nothing wrong."""
        fault = sys.exc_info()[1]
        if fault is not None and not isinstance(fault, ConnectionError):
            self.faults.append(fault)
            _LOG.error("The test service failed at a request.", exc_info=fault)

    def close_connections(self) -> None:
        """Hang up on every client, and wait for the threads."""
        with self._lock:
            live = dict(self._live)
        for connection in live:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in live.values():
            thread.join(_JOIN_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    """Reads requests from one connection and writes the responses."""

    protocol_version = "HTTP/1.1"
    server_version = "astroquery_csc.testing"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    server: LoopbackServer

    def do_GET(self) -> None:
        """Answer GET."""
        self._respond()

    def do_POST(self) -> None:
        """Answer POST."""
        self._respond()

    def do_DELETE(self) -> None:
        """Answer DELETE."""
        self._respond()

    def log_message(self, _format: str, *_args: Any) -> None:
        """Print nothing."""

    def _respond(self) -> None:
        """Read the request, find the answer, send it."""
        path, _, query = self.path.partition("?")
        content_type = self.headers.get("Content-Type", "")
        params, files = read_params(query, content_type, self._read_body())
        root = self.server.root
        headers = {name.lower(): text for name, text in self.headers.items()}
        response = self.server.answer(
            Request(self.command, path, params, query, files, root, root, headers)
        )
        if response.status == 0:
            self.close_connection = True
            return
        self._send(response)

    def _read_body(self) -> bytes:
        """Read the body, which has a length or comes in chunks."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._read_chunks())
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _read_chunks(self) -> Iterator[bytes]:
        """Read the chunks of a body."""
        while size := int(self.rfile.readline().partition(b";")[0] or b"0", 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _send(self, response: Response) -> None:
        """Write status, headers and body."""
        body = self._encode(response)
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        for name, text in response.headers.items():
            self.send_header(name, text)
        if body is not response.body:
            self.send_header("Content-Encoding", "gzip")
        if isinstance(body, bytes):
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            self._send_pieces(body)

    def _encode(self, response: Response) -> bytes | Iterator[bytes]:
        """Compress the body where that is wanted."""
        wanted = self.server.gzip and "gzip" in self.headers.get("Accept-Encoding", "")
        packed = "Content-Encoding" in response.headers or response.content_type == _GZIP_FILE
        if not wanted or packed:
            return response.body
        if isinstance(response.body, bytes):
            small = len(response.body) < _WORTH_IT
            return response.body if small else b"".join(_compress(iter([response.body])))
        return _compress(response.body)

    def _send_pieces(self, pieces: Iterator[bytes]) -> None:
        """Write a body of unknown length: in chunks, or until the connection closes."""
        chunked = self.request_version == "HTTP/1.1"
        name, text = ("Transfer-Encoding", "chunked") if chunked else ("Connection", "close")
        self.send_header(name, text)
        self.end_headers()
        for piece in pieces:
            if piece:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
                # A body that stalls, or trickles, has to be seen to do so.
                self.wfile.flush()
        if chunked:
            self.wfile.write(b"0\r\n\r\n")


def _compress(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Compress a body piece by piece."""
    packer = zlib.compressobj(level=1, wbits=_GZIP_WINDOW)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()
