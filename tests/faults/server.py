# Licensed under a 3-clause BSD style license - see LICENSE
"""A server on loopback that speaks in raw bytes, so that it can break every rule of HTTP."""

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.parser import BytesParser
from urllib.parse import parse_qs, urlsplit

__all__ = ["FaultServer", "HungUp", "Request", "Wire", "fault_server", "http"]

HOST = "127.0.0.1"
#: To linger for no time: the connection is reset.
_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
_REASONS = {200: "OK", 303: "See Other", 404: "Not Found", 500: "Internal Server Error"}


class HungUp(Exception):  # noqa: N818 - the end of a script, not a mistake
    """The client has gone, or the server stops."""


@dataclass(frozen=True, slots=True)
class Request:
    """
    One request.

    Parameters
    ----------
    method, target : str
        As in the request line.
    headers : mapping
        By name, as they came.
    body : bytes
        All of it.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path alone."""
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        """The ADQL that it holds; empty without one."""
        return parse_qs(self.body.decode("latin-1")).get("QUERY", [""])[0]


class Wire:
    """
    The server's end of one connection.

    Parameters
    ----------
    connection : socket.socket
        Accepted.
    halt : threading.Event
        Set when the server stops.
    root : str
        Address of the server.
    """

    def __init__(self, connection: socket.socket, halt: threading.Event, root: str) -> None:
        self.connection = connection
        self.root = root
        self._halt = halt
        self._stream = connection.makefile("rb")

    def send(self, *pieces: bytes) -> None:
        """Send bytes at once."""
        try:
            for piece in pieces:
                self.connection.sendall(piece)
        except OSError as error:
            raise HungUp from error

    def trickle(self, data: bytes, seconds: float) -> None:
        """Send bytes one by one, with a pause before each."""
        for place in range(len(data)):
            self.pause(seconds)
            self.send(data[place : place + 1])

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the server."""
        if self._halt.wait(seconds):
            raise HungUp

    def hang(self) -> None:
        """Say nothing more until the client goes."""
        self.connection.settimeout(0.02)
        while not self._halt.is_set():
            try:
                if not self.connection.recv(1024):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        raise HungUp

    def hang_up(self) -> None:
        """Close the connection."""
        raise HungUp

    def reset(self) -> None:
        """Close the connection as a crashed machine does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        raise HungUp

    def read(self) -> Request:
        """Read one request."""
        try:
            line = self._stream.readline()
            if not line.strip():
                raise HungUp
            head = b""
            while (more := self._stream.readline()).strip():
                head += more
            headers = dict(BytesParser().parsebytes(head + b"\r\n").items())
            length = int(headers.get("Content-Length", "0"))
            method, target, _ = line.decode("latin-1").split(" ", 2)
            return Request(method, target, headers, self._stream.read(length))
        except OSError as error:
            raise HungUp from error

    def close(self) -> None:
        """Free the socket."""
        with suppress(OSError):
            self._stream.close()
        with suppress(OSError):
            self.connection.close()


Answer = Callable[[Wire, Request], None]


def http(
    body: bytes = b"",
    *headers: str,
    status: int = 200,
    mime: str = "application/x-votable+xml",
    length: int | None = -1,
) -> bytes:
    """
    Write a response.

    Parameters
    ----------
    body : bytes
        Sent as it is.
    *headers : str
        Further header lines.
    status : int
        HTTP status.
    mime : str
        Content type; none if empty.
    length : int or None
        What Content-Length claims; -1 for the truth, None for nothing: then the connection's end
        is the end of the body.
    """
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Whatever')}"]
    if mime:
        lines.append(f"Content-Type: {mime}")
    if length is None:
        lines.append("Connection: close")
    else:
        lines.append(f"Content-Length: {len(body) if length < 0 else length}")
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body


class FaultServer:
    """
    Accepts connections, and lets a script answer each request.

    Parameters
    ----------
    answer : callable
        Called with the wire and the request; `HungUp` ends the connection.

    Attributes
    ----------
    url : str
        Root of the server.
    requests : list of Request
        What was asked so far.
    troubles : list of Exception
        Mistakes of a script; an empty list, or the test is wrong.
    """

    def __init__(self, answer: Answer) -> None:
        self.requests: list[Request] = []
        self.troubles: list[Exception] = []
        self._answer = answer
        self._halt = threading.Event()
        self._wires: set[Wire] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((HOST, 0), backlog=128)
        self.url = f"http://{HOST}:{self._listener.getsockname()[1]}"
        self._start(self._accept)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        """Run something on a thread of its own."""
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        """Take connections until the server stops."""
        while not self._halt.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire = Wire(connection, self._halt, self.url)
            self._wires.add(wire)
            self._start(self._serve, wire)

    def _serve(self, wire: Wire) -> None:
        """Answer request after request."""
        try:
            while not self._halt.is_set():
                request = wire.read()
                self.requests.append(request)
                self._answer(wire, request)
        except HungUp:
            pass
        except Exception as error:  # noqa: BLE001 - any mistake of a script is shown in the test
            self.troubles.append(error)
        finally:
            wire.close()

    def stop(self) -> None:
        """Hang up on everybody and free the port."""
        self._halt.set()
        # A listener that is only closed would still be waited on.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for wire in list(self._wires):
            with suppress(OSError):
                wire.connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5.0)


@contextmanager
def fault_server(answer: Answer) -> Iterator[FaultServer]:
    """Run a fault server for the length of a block; a mistake of its script fails the test."""
    server = FaultServer(answer)
    try:
        yield server
    finally:
        server.stop()
    assert not server.troubles, server.troubles
