# Licensed under a 3-clause BSD style license - see LICENSE
"""
A service in a process of its own that answers every query with one file, as fast as asked.

Run ``python -m benchmarks.serve FILE``. The first line that it prints is its address; then, after
each answer, the reading of the system's monotonic clock.
"""

import argparse
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

__all__ = ["main"]

_PIECE_BYTES = 1 << 18


class _Answerer(BaseHTTPRequestHandler):
    """Sends the file, packed if the client takes that and there is a packed one."""

    protocol_version = "HTTP/1.1"
    path_plain: Path
    path_packed: Path | None
    bytes_a_second: float
    wait_seconds: float

    def do_GET(self) -> None:
        """Answer a question of STILTS or pyvo about the service: there is nothing to know."""
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        """Answer a query."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(self.wait_seconds)
        takes_packed = "gzip" in self.headers.get("Accept-Encoding", "")
        path = self.path_packed if takes_packed and self.path_packed else self.path_plain
        self.send_response(200)
        self.send_header("Content-Type", "application/x-votable+xml")
        if path is self.path_packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(path.stat().st_size))
        self.end_headers()
        self._send(path)

    def _send(self, path: Path) -> None:
        """Send a file at the rate that is wanted."""
        sent, start = 0, time.monotonic()
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                self.wfile.write(piece)
                sent += len(piece)
                if self.bytes_a_second:
                    ahead = sent / self.bytes_a_second - (time.monotonic() - start)
                    time.sleep(max(0.0, ahead))
        print(time.monotonic(), flush=True)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--packed", type=Path, help="the same file, packed with gzip")
    parser.add_argument("--rate", type=float, default=0.0, help="MB/s; 0 is as fast as it goes")
    parser.add_argument("--wait", type=float, default=0.0, help="seconds before each answer")
    words = parser.parse_args()
    _Answerer.path_plain, _Answerer.path_packed = words.file, words.packed
    _Answerer.bytes_a_second, _Answerer.wait_seconds = words.rate * 1e6, words.wait
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answerer) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
