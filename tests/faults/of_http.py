# Licensed under a 3-clause BSD style license - see LICENSE
"""Faults that HTTP has words for: statuses, and redirects to where nobody should go."""

from collections.abc import Callable

from astroquery_csc.exceptions import InvalidQueryError, RemoteServiceError, TableParseError
from tests.faults.model import TABLE, Act, Fault, Gets
from tests.faults.server import Wire, http
from tests.faults.verbs import VERBS, Reply

__all__ = ["OF_HTTP"]

_PAGE = (
    b"<html><head><title>T</title></head><body><h1>%b</h1><p>Sorry, astronomer.</p></body></html>"
)
_SORRY = "Sorry, astronomer"
_ADQL_VERBS: dict[str, Gets | None] = {
    name: InvalidQueryError for name, verb in VERBS.items() if verb.adql
}
_ONCE: dict[str, Gets | None] = {
    name: RemoteServiceError for name, verb in VERBS.items() if not verb.again
}


def _page(status: int, *headers: str, body: bytes = _PAGE) -> Act:
    """Answer with an error page."""

    def act(wire: Wire, good: Reply) -> None:
        """Do so."""
        text = body.replace(b"%b", b"Error %d" % status)
        wire.send(http(text, *headers, status=status, mime="text/html"))

    return act


def _to(make: Callable[[Wire, Reply], str], status: int = 303) -> Act:
    """Redirect, whatever is asked."""

    def act(wire: Wire, good: Reply) -> None:
        """Do so."""
        wire.send(http(b"", f"Location: {make(wire, good)}", status=status, mime=""))

    return act


def _once_to(make: Callable[[Wire, Reply], str], status: int = 303) -> Act:
    """Redirect to an address that is marked; what is asked there is answered well."""

    def act(wire: Wire, good: Reply) -> None:
        """Do so."""
        assert good.request is not None
        if "marked" in good.request.target:
            wire.send(good.raw)
        else:
            _to(make, status)(wire, good)

    return act


def _here(good: Reply) -> str:
    """Give the path that was asked, with a mark."""
    assert good.request is not None
    return f"{good.request.path}?marked"


def _down_the_chain(wire: Wire, good: Reply) -> None:
    """Redirect four times to a longer address, then answer well."""
    assert good.request is not None
    depth = good.request.target.count("marked")
    if depth >= 4:
        wire.send(good.raw)
    else:
        _to(lambda wire, good: f"{_here(good)}{'marked' * depth}")(wire, good)


def _status(status: int, does: str, gets: Gets = RemoteServiceError, **more: object) -> Fault:
    """Make the fault of an error page."""
    final = 400 <= status < 500 and status != 429
    return Fault(
        f"status {status}",
        does,
        _page(status),
        gets,
        says=_SORRY,
        is_final=final,
        **more,  # type: ignore[arg-type]
    )


_STATUSES = (
    _status(
        400,
        "answers 400 with a page",
        RemoteServiceError,
        others=_ADQL_VERBS | {"cone and TAP": InvalidQueryError},
    ),
    _status(401, "wants a password"),
    _status(403, "forbids"),
    _status(404, "does not know the address"),
    _status(407, "is a proxy that wants a password"),
    _status(410, "has taken the service away"),
    _status(413, "finds the request too large"),
    _status(414, "finds the address too long"),
    _status(418, "answers with a status that nobody uses"),
    _status(429, "finds the user too busy"),
    _status(500, "answers 500 with a page"),
    _status(501, "cannot do that"),
    _status(502, "is a proxy without a service behind it"),
    _status(503, "is closed for maintenance"),
    _status(504, "is a proxy that has waited too long"),
    Fault(
        "status 500, plain",
        "answers 500 with a line of text",
        _page(500, body=b"java.lang.OutOfMemoryError: Sorry, astronomer"),
        RemoteServiceError,
        says=_SORRY,
    ),
    Fault(
        "status 500 about the query",
        "answers 500 with a page that says what is wrong with the ADQL",
        _page(500, body=b"<html><body>Column: [x] not found in TapSchema</body></html>"),
        InvalidQueryError,
        only=("region", "objects", "criteria", "tap", "maxrec", "upload", "job created"),
        says="Column: [x] not found in TapSchema",
    ),
    Fault(
        "status 503, busy once",
        "asks to come back at once, then is well",
        _page(503, "Retry-After: 0"),
        TABLE,
        _ONCE,
        times=1,
    ),
    Fault(
        "status 429, come back tomorrow",
        "asks to come back in a day",
        _page(429, "Retry-After: 86400"),
        RemoteServiceError,
        says="HTTP status 429",
    ),
    Fault(
        "status 503, come back at no time",
        "asks to come back at a time that is none",
        _page(503, "Retry-After: Thu, 99 Foo 0000 99:99:99 NOPE"),
        RemoteServiceError,
        says="HTTP status 503",
    ),
    Fault(
        "status 204",
        "answers that there is nothing",
        lambda wire, good: wire.send(http(status=204, mime="", length=0)),
        RemoteServiceError,
        {"columns": TableParseError, "job created": RemoteServiceError, "job started": TABLE},
    ),
    Fault(
        "status 304",
        "answers that nothing has changed",
        lambda wire, good: wire.send(http(status=304, mime="", length=0)),
        RemoteServiceError,
        {"columns": TableParseError, "job started": TABLE},
    ),
    Fault(
        "status 300",
        "answers that there is a choice",
        _page(300),
        RemoteServiceError,
        {"columns": TableParseError, "job started": TABLE},
    ),
)

_REDIRECTS = (
    Fault(
        "redirect, round and round",
        "redirects to where it was asked",
        _to(lambda wire, good: good.request.target if good.request else ""),
        RemoteServiceError,
        {"job started": TABLE},
        says="More than 5 redirects",
    ),
    Fault("redirect, four times", "redirects four times, then is well", _down_the_chain, TABLE),
    Fault(
        "redirect, relative",
        "redirects to a relative address",
        _once_to(lambda wire, good: _here(good)),
        TABLE,
    ),
    Fault(
        "redirect, 307",
        "redirects and wants the same method",
        _once_to(lambda wire, good: _here(good), 307),
        TABLE,
    ),
    Fault(
        "redirect, 301",
        "has moved for good",
        _once_to(lambda wire, good: _here(good), 301),
        TABLE,
    ),
    Fault(
        "redirect to another host",
        "redirects to another name of the machine",
        _once_to(lambda wire, good: f"{wire.root.replace('127.0.0.1', 'localhost')}{_here(good)}"),
        TABLE,
    ),
    Fault(
        "redirect to a file",
        "redirects to ``file:///etc/passwd``",
        _to(lambda wire, good: "file:///etc/passwd"),
        RemoteServiceError,
        says="not a web address",
    ),
    Fault(
        "redirect to ftp",
        "redirects to ftp",
        _to(lambda wire, good: "ftp://127.0.0.1/x"),
        RemoteServiceError,
        says="not a web address",
    ),
    Fault(
        "redirect to a script",
        "redirects to javascript:",
        _to(lambda wire, good: "javascript:alert(1)"),
        RemoteServiceError,
        says="not a web address",
    ),
    Fault(
        "redirect to data",
        "redirects to data:, with a VOTable in it",
        _to(lambda wire, good: "data:text/xml,<VOTABLE/>"),
        RemoteServiceError,
        says="not a web address",
    ),
    Fault(
        "redirect to nothing",
        "redirects without a Location",
        lambda wire, good: wire.send(http(status=303, mime="")),
        RemoteServiceError,
        says="not a web address",
    ),
    Fault(
        "redirect to no address",
        "redirects to an address that cannot be read",
        _to(lambda wire, good: "http://[::1/x"),
        RemoteServiceError,
    ),
    Fault(
        "redirect to a port that is none",
        "redirects to port 99999999",
        _to(lambda wire, good: "http://127.0.0.1:99999999/x"),
        RemoteServiceError,
    ),
    Fault(
        "redirect in other letters",
        "redirects to a host whose name cannot be one",
        lambda wire, good: wire.send(
            b"HTTP/1.1 303 See Other\r\nLocation: http://\xff..\xfe/\r\nContent-Length: 0\r\n\r\n"
        ),
        RemoteServiceError,
        {"job started": TABLE, "cone": RemoteServiceError},
    ),
    Fault(
        "redirect to nobody",
        "redirects to a port where nobody listens",
        _to(lambda wire, good: "http://127.0.0.1:9/x"),
        RemoteServiceError,
        {"job started": TABLE, "cone": RemoteServiceError},
        says="127.0.0.1:9",
    ),
    Fault(
        "redirect down to http",
        "redirects from https to http on another host",
        _to(lambda wire, good: f"{wire.root}{_here(good)}"),
        RemoteServiceError,
        encrypted=True,
        says="down to http",
    ),
    Fault(
        "redirect to http, same host",
        "redirects from https to http on the same host: https is kept",
        _once_to(lambda wire, good: f"http://catalogue.test{_here(good)}"),
        TABLE,
        encrypted=True,
    ),
)

OF_HTTP = _STATUSES + _REDIRECTS
