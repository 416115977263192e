# Licensed under a 3-clause BSD style license - see LICENSE
"""What the test service reads and writes: requests, responses, and the log of requests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import Message
from urllib.parse import parse_qsl

__all__ = [
    "DROP",
    "Params",
    "Request",
    "Response",
    "SeenRequest",
    "read_params",
    "see_other",
    "text_response",
]

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"

#: Parameters by upper-case name, as protocols of the IVOA do not look at case.
Params = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, read whole."""

    method: str
    path: str
    params: Params = field(default_factory=dict)
    query: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    base: str = ""
    root: str = ""
    #: By lower-case name.
    headers: Mapping[str, str] = field(default_factory=dict)

    def under(self, prefix: str) -> "Request":
        """Make the request as the service under a prefix sees it."""
        rest = self.path[len(prefix) :].strip("/")
        return replace(self, path=rest, base=self.root + prefix)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response."""

    status: int
    body: bytes | Iterator[bytes] = b""
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)


#: The connection is closed without an answer.
DROP = Response(0)


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One line of the log of requests."""

    method: str
    path: str
    params: Params
    headers: Mapping[str, str] = field(default_factory=dict)


def text_response(status: int, text: str) -> Response:
    """Make a response of plain text."""
    return Response(status, f"{text}\n".encode(), "text/plain; charset=utf-8")


def see_other(location: str) -> Response:
    """Make a 303 to another address."""
    return Response(303, b"", headers={"Location": location})


def read_params(query: str, content_type: str, body: bytes) -> tuple[Params, dict[str, bytes]]:
    """Read the parameters of a request and the files that came along."""
    pairs = parse_qsl(query, keep_blank_values=True)
    files: dict[str, bytes] = {}
    if content_type.startswith(_FORM):
        pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    elif content_type.startswith(_MULTIPART):
        fields, files = _read_multipart(content_type, body)
        pairs += fields
    params: dict[str, str] = {}
    for name, value in pairs:
        params.setdefault(name.upper(), value)
    return params, files


def _read_multipart(
    content_type: str, body: bytes
) -> tuple[list[tuple[str, str]], dict[str, bytes]]:
    """Split a multipart body into fields and files; contents stay as they are, byte for byte."""
    fields: list[tuple[str, str]] = []
    files: dict[str, bytes] = {}
    # The standard library takes angle brackets off a boundary, and STILTS sends some.
    whole = _read_head(f"Content-Type: {content_type}".encode("latin-1"))
    boundary = str(whole.get_param("boundary", "", unquote=False)).strip('"').encode("latin-1")
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        message = _read_head(head)
        name = str(message.get_param("name", "", header="content-disposition"))
        if message.get_filename() is None:
            fields.append((name, content.decode("utf-8", "replace")))
        else:
            files[name] = content
    return fields, files


def _read_head(head: bytes) -> Message:
    """Read header lines."""
    return message_from_bytes(head + b"\r\n\r\n")
