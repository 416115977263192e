# Licensed under a 3-clause BSD style license - see LICENSE
"""An error document and its words, and the errors that are made from them."""

import re
from urllib.parse import urlsplit
from xml.parsers import expat

import requests
import urllib3

from astroquery_csc.exceptions import (
    CscError,
    InputTypeError,
    InvalidQueryError,
    RemoteServiceError,
    ServiceTimeoutError,
    TableParseError,
)
from astroquery_csc.service.deadline import Deadline

__all__ = [
    "READER_ERRORS",
    "check_xml",
    "host_of",
    "is_about_query",
    "is_answered",
    "is_too_much",
    "kind_of",
    "late",
    "quote",
    "reason_of",
    "refusal",
    "shown",
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

_WORDS_CHARACTERS = 600
#: The words of an error page are at its beginning.
_WORDS_BYTES = 1 << 15
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
    **dict.fromkeys((401, 403, 407), "The service or a proxy may need credentials."),
    **dict.fromkeys((404, 410), "Nothing is there. Check conf.server and the release."),
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
    address = shown(url)
    try:
        return urlsplit(address).netloc or address
    except ValueError:
        return address


def late(url: str, deadline: Deadline) -> ServiceTimeoutError:
    """Make the error for a query that took too long as a whole."""
    return ServiceTimeoutError(
        f"The answer of {host_of(url)} did not end within {deadline.seconds:g} s. Raise "
        "conf.max_wait, ask for less, or use async_job=True.",
        url=url,
    )


def translate(error: Exception, url: str, seconds: float) -> CscError:
    """Turn an error of requests, or of what is below it, into one of ours."""
    host, advice = host_of(url), "Check the network and the address."
    proxy = getattr(error, "proxy", None)
    if proxy:
        host = f"{host} through the proxy {host_of(proxy)}"
        advice = "Are the network and the proxy up, and is HTTPS_PROXY or HTTP_PROXY right?"
    problem = next(iter(error.args), None)
    dropped = isinstance(problem, urllib3.exceptions.ProtocolError)
    stuck = dropped and any(isinstance(cause, TimeoutError) for cause in problem.args)  # type: ignore[union-attr]
    if stuck or isinstance(error, requests.Timeout) or "Read timed out" in str(error):
        return ServiceTimeoutError(
            f"{host} {'took' if stuck else 'sent'} nothing for {seconds:g} s. Try again, raise the "
            "limit with Csc(timeout=…), or use async_job=True.",
            url=url,
        )
    if isinstance(error, requests.ConnectionError):
        return RemoteServiceError(
            f"No connection to {host}: {reason_of(error)}. {advice}",
            url=url,
            # Who never answered will not do so in a second; who hung up may.
            retry_after=0.0 if dropped else None,
        )
    return RemoteServiceError(f"The exchange with {host} failed: {reason_of(error)}.", url=url)


def is_answered(error: CscError) -> bool:
    """Whether an error is about an answer; else nobody was there, or none came in time."""
    # An argument, or what a patched _request gives, is nobody's answer.
    if isinstance(error, ServiceTimeoutError | InputTypeError):
        return False
    return not (
        isinstance(error, RemoteServiceError)
        and isinstance(error.__cause__, requests.RequestException | urllib3.exceptions.HTTPError)
        and error.retry_after is None
    )


def reason_of(error: BaseException) -> str:
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
    problem: CscError
    if (of_query or _REFUSED.search(words)) and status not in _NOT_OF_QUERY:
        problem = InvalidQueryError(f"The service refused the query. {said}.{query}", **context)
        problem.status = status
        return problem
    number = f" with HTTP status {status}" if status is not None else ""
    came = f" It sent {instead} instead of a VOTable." if instead else ""
    advice = _ADVICE.get(
        status or 0, "Try again later; if the error persists, report it to the CXC."
    )
    problem = RemoteServiceError(
        f"The service failed{number}.{came} {said}. {advice} The address was {shown(url)}.{query}",
        retry_after=retry_after,
        **context,
    )
    problem.status = status
    return problem


def is_about_query(error: Exception) -> bool:
    """Tell whether an error may be a refusal of the query: a page under 500 may be one."""
    return isinstance(error, InvalidQueryError) or (
        isinstance(error, RemoteServiceError) and error.status == 500
    )


def is_too_much(error: Exception) -> bool:
    """Tell whether less at a time may help: the connection broke, or the request was too large."""
    if not isinstance(error, RemoteServiceError):
        return False
    broke = error.status is None and error.retry_after is not None
    return broke or error.status in (413, 414)


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


def shown(url: str) -> str:
    """Write an address without what may be a password."""
    return re.sub(r"^([\w.+-]*:?//)[^/?#]*@", r"\1", url)


def kind_of(head: bytes, kind: str) -> str:
    """Say what a body is that is not a VOTable."""
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
            f"{shown(url)} gave no readable document: {error}. It {quote(words_of(document))}.",
            url=url,
        ) from error


def _refuse_doctype(*_: object) -> None:
    """Stop the reading of a document."""
    raise ValueError("it declares a document type (DTD)")
