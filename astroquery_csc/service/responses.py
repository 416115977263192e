# Licensed under a 3-clause BSD style license - see LICENSE
"""What a response says: its body as a stream, and its words where it is no table."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any, Self
from urllib.parse import urlsplit
from xml.parsers import expat

import requests
import urllib3

from astroquery_csc.columns import Columns
from astroquery_csc.exceptions import (
    CscError,
    InvalidQueryError,
    RemoteServiceError,
    ServiceTimeoutError,
    TableParseError,
)
from astroquery_csc.progress import Meter
from astroquery_csc.service.deadline import Deadline
from astroquery_csc.votable import reader as votable

__all__ = [
    "READER_ERRORS",
    "Body",
    "check_xml",
    "host_of",
    "late",
    "quote",
    "refusal",
    "translate",
    "words_of",
]

#: What pyvo's and astropy's readers raise on a document that is not what it should be; a warning
#: where the user turned warnings into errors.
READER_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,
)

#: Read at a time, where so much is there; and looked at before the rest is read.
_READ_BYTES = 1 << 18
_PIECE_BYTES = 1 << 16
_WORDS_CHARACTERS = 600
#: The words of an error page are at its beginning.
_WORDS_BYTES = 1 << 15
#: Whole documents (jobs, capabilities, tables) have some hundred kilobytes at most.
_DOCUMENT_BYTES = 1 << 26
#: Packed tables grow 5 to 100 times, one of nothing but ones 410, of nothing but nulls 450, blanks
#: 1,030: a body that grows more than this is a bomb, once it is large enough to hurt.
_MAX_GROWTH = 700
_LARGE_BYTES = 1 << 24
#: A page may speak of VOTables; only a VOTable has the element.
_ELEMENT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?VOTABLE\b", re.IGNORECASE)
_JOIN = re.compile(
    r"\b(?:(CROSS|NATURAL)\s+(?:(?:INNER|LEFT|RIGHT|FULL|OUTER)\s+){0,2})?JOIN\b", re.IGNORECASE
)
_JOIN_END = re.compile(r"\b(ON|USING)\b", re.IGNORECASE)
_LITERAL = re.compile(r"'[^']*'")
#: The service's own words for ADQL that it does not take, whatever the HTTP status says.
_REFUSED = re.compile(
    r"not found in TapSchema|(?:Function|Column:?|Table) \[|Error executing query|syntax error|"
    r"incorrect syntax|parse error|invalid (?:column|object) name|"
    r"\b(?:invalid|illegal|bad|parse|parsing|malformed)[^.<]{0,40}\bADQL\b|"
    r"\bADQL\b[^.<]{0,40}\b(?:error|invalid|refused|not (?:supported|allowed|valid))",
    re.IGNORECASE,
)
#: Statuses that are never about the query, whatever the page says.
_NOT_OF_QUERY = frozenset({401, 403, 404, 407, 408, 410, 413, 414, 429, 502, 503, 504})
_ADVICE = {
    **dict.fromkeys((401, 403, 407), "Does the service, or a proxy, want credentials?"),
    **dict.fromkeys((404, 410), "Nothing is there (any more): are conf.server and release right?"),
    **dict.fromkeys((413, 414), "Ask for less at a time."),
    **dict.fromkeys((408, 429, 502, 503, 504), "It is busy or down: try again later."),
}
_INFO = re.compile(r"<(?:\w+:)?(?:INFO|PARAM)\b([^<>]*)>([^<]*)", re.IGNORECASE)
#: A cone search has its words in the value; a TAP service has a status there.
_VALUE = re.compile(r"""\bvalue\s*=\s*(["'])(?!(?:OK|ERROR|OVERFLOW|FAILED)\1)(.+?)\1""")
_STATUS_NAME = re.compile(r"""\bname\s*=\s*["'](?:QUERY_STATUS|Error)["']""", re.IGNORECASE)
_SILENT = re.compile(r"<(/?)(?:script|style|title)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[/!?A-Za-z][^<>]*>?")
_ENTITIES = (("lt", "<"), ("gt", ">"), ("quot", '"'), ("apos", "'"), ("nbsp", " "), ("amp", "&"))


def host_of(url: str) -> str:
    """Name the host of an address, with its port, without what may be a password."""
    shown = _shown(url)
    try:
        return urlsplit(shown).netloc or shown
    except ValueError:
        return shown


def late(url: str, deadline: Deadline) -> ServiceTimeoutError:
    """Make the error for a query that took too long as a whole."""
    return ServiceTimeoutError(
        f"The answer of {host_of(url)} did not end within {deadline.seconds:g} s. Raise "
        "conf.max_wait, ask for less, or use async_job=True.",
        url=url,
    )


def translate(error: Exception, url: str, seconds: float) -> CscError:
    """Turn an error of requests, or of what is below it, into one of ours."""
    host = host_of(url)
    if isinstance(error, requests.Timeout) or "Read timed out" in str(error):
        return ServiceTimeoutError(
            f"{host} sent nothing for {seconds:g} s. Try again, raise the limit with "
            "Csc(timeout=…), or use async_job=True.",
            url=url,
        )
    if isinstance(error, requests.ConnectionError):
        dropped = isinstance(next(iter(error.args), None), urllib3.exceptions.ProtocolError)
        return RemoteServiceError(
            f"No connection to {host}: {_reason(error)}. Is the network up, and the address right?",
            url=url,
            # Who never answered will not do so in a second; who hung up may.
            retry_after=0.0 if dropped else None,
        )
    return RemoteServiceError(f"The exchange with {host} failed: {_reason(error)}.", url=url)


def _reason(error: BaseException) -> str:
    """Find the innermost reason of a network error, on one line."""
    seen: list[BaseException] = []
    while error not in seen:
        seen.append(error)
        inner = error.__cause__ or error.__context__ or getattr(error, "reason", None)
        inner = inner or next((a for a in error.args if isinstance(a, BaseException)), None)
        if not isinstance(inner, BaseException):
            break
        error = inner
    return _on_one_line(str(error))[:200].rstrip(".") or type(error).__name__


def _on_one_line(text: str) -> str:
    """Fold white space, and take out what could play tricks with a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def words_of(body: bytes) -> str:
    """Find what an error document says: a VOTable's words, or the text of a page."""
    wide = body[:2] in {b"\xff\xfe", b"\xfe\xff"}
    text = body[:_WORDS_BYTES].decode("utf-16" if wide else "utf-8", "replace")
    for info in _INFO.finditer(text):
        if _STATUS_NAME.search(info.group(1)):
            value = _VALUE.search(info.group(1))
            said = info.group(2).strip() or (value.group(2) if value else "")
            if said:
                text = said
                break
    kept, *others = _SILENT.split(text)
    # Behind an opening tag is what nobody sees, behind a closing one the text goes on.
    kept += "".join(part for slash, part in zip(others[::2], others[1::2], strict=True) if slash)
    kept = _TAG.sub(" ", kept)
    for name, character in _ENTITIES:
        kept = kept.replace(f"&{name};", character)
    return _on_one_line(kept)[:_WORDS_CHARACTERS]


def quote(words: str) -> str:
    """Quote a service within a sentence of ours, which ends after it."""
    return f"said: {words.rstrip(' .') or '(nothing)'}"


def refusal(
    words: str,
    *,
    url: str,
    status: int | None = None,
    adql: str | None = None,
    release: str | None = None,
    is_table: bool = False,
    instead: str = "",
    retry_after: float | None = None,
) -> CscError:
    """Make the error for a service that said no."""
    context = {"url": url, "adql": adql, "release": release}
    said = f"{host_of(url)} {quote(words)}"
    query = f"{_join_hint(adql)} The ADQL was: {adql}" if adql else ""
    of_query = is_table or (adql is not None and status == 400)
    if (of_query or _REFUSED.search(words)) and status not in _NOT_OF_QUERY:
        return InvalidQueryError(f"The service refused the query. {said}.{query}", **context)
    number = f" with HTTP status {status}" if status is not None else ""
    came = f" It sent {instead} instead of a VOTable." if instead else ""
    advice = _ADVICE.get(status or 0, "Try again later; if it stays, report it to the CXC.")
    return RemoteServiceError(
        f"The service failed{number}.{came} {said}. {advice} The address was {_shown(url)}.{query}",
        retry_after=retry_after,
        **context,
    )


def _join_hint(adql: str) -> str:
    """Say how to do without JOIN, which the service is reported to refuse."""
    text = _LITERAL.sub("", adql)
    join = _JOIN.search(text)
    if join is None:
        return ""
    kind = (join[1] or "").upper()
    if kind == "CROSS":
        return " CROSS JOIN may be why: write FROM a, b."
    end = _JOIN_END.search(text, join.end())
    if not kind and end is None:
        return ""
    name = f"{kind} JOIN" if kind or end is None else f"JOIN … {end[1].upper()}"
    return f" {name} may be why: write FROM a, b WHERE (a.x = b.x)."


def _shown(url: str) -> str:
    """Write an address without what may be a password."""
    return re.sub(r"^([\w.+-]*:?//)[^/?#]*@", r"\1", url)


def _what(head: bytes, kind: str) -> str:
    """Say what a body is that is no VOTable."""
    start = head.lstrip()[:1000].lower()
    if not start:
        return "an empty body"
    if b"<html" in start or start.startswith(b"<!doctype html"):
        found = "an HTML page"
    elif start.startswith((b"{", b"[")):
        found = "JSON"
    elif b"\0" in head:
        found = "binary data"
    else:
        found = "a text table" if b"\t" in start else "a text"
    return f"{found} ({_on_one_line(kind)[:60]})" if kind else found


def check_xml(document: bytes, url: str, root: str) -> None:
    """Refuse a document that is not the expected XML, is not well-formed, or has a DTD."""

    def begin(name: str, _: object) -> None:
        """Look at the root alone."""
        parser.StartElementHandler = None
        if name.rpartition(":")[2] != root:
            raise ValueError(f"it is {name[:40]!r}, not {root!r}")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = begin
    try:
        parser.Parse(document, True)  # noqa: FBT003
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise TableParseError(
            f"{_shown(url)} gave no readable document: {error}. It {quote(words_of(document))}.",
            url=url,
        ) from error


def _refuse_doctype(*_: object) -> None:
    """Stop the reading of a document."""
    raise ValueError("it declares a document type (DTD)")


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
                f"{_reason(error)}. Try again.",
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
                "was sent, which no table does; it is not read on.",
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
                f"{_shown(self.url)} gave more than {_DOCUMENT_BYTES >> 20} MB; it is not read on.",
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

    def document(self, *, adql: str | None, release: str) -> tuple[Columns, bool]:
        """Decode the body as the VOTable that a query was answered with."""
        head = self.peek(_PIECE_BYTES)
        if not _ELEMENT.search(head):
            instead = _what(head, self.response.headers.get("Content-Type", ""))
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
        return document.columns, document.overflow
