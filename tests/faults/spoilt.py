# Licensed under a 3-clause BSD style license - see LICENSE
"""Answers of the test service, spoilt on their way at one of its addresses."""

import io
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from astropy.table import Table
from urllib3 import HTTPResponse

from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import CscError
from astroquery_csc.service.connections import PatientAdapter
from tests.faults.model import same

__all__ = ["SPOILT", "Outcome", "complaints", "try_spoilt"]

Answer = tuple[int, bytes]
Spoil = Callable[[int, bytes], Answer]


def _says(status: int, body: bytes) -> Spoil:
    """Answer something else."""
    return lambda _status, _body: (status, body)


def _fails(error: Exception) -> Spoil:
    """Give no answer."""

    def spoil(status: int, body: bytes) -> Answer:
        """Fail."""
        raise error

    return spoil


_PAGE = b"<html><head><title>T</title></head><body>Sorry, astronomer.</body></html>"
_OTHER = (
    b'<VOTABLE version="1.2"><RESOURCE type="results"><TABLE><FIELD name="other" datatype="int"/>'
    b"<DATA><TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"
)

SPOILT: Mapping[str, Spoil] = {
    "a page": _says(200, _PAGE),
    "status 404": _says(404, _PAGE),
    "status 429": _says(429, b"slower"),
    "status 500": _says(500, _PAGE),
    "status 502": _says(502, _PAGE),
    "status 504": _says(504, _PAGE),
    "nothing": _says(200, b""),
    "JSON": _says(200, b'{"error": "no table"}'),
    "binary": _says(200, bytes(range(256)) * 40),
    "control characters": _says(200, b"\x1b[2J\x07\xe2\x80\xae oops"),
    "another table": _says(200, _OTHER),
    "half": lambda status, body: (status, body[: len(body) // 2]),
    "without its end": lambda status, body: (status, body[:-10]),
    "twice": lambda status, body: (status, body + body),
    "refused": _fails(requests.ConnectionError("refused")),
    "late": _fails(requests.ReadTimeout("late")),
}


class _Spoiling(PatientAdapter):
    """Sends what is asked, and spoils the answers at one address."""

    def __init__(self, place: str, spoil: Spoil) -> None:
        super().__init__()
        self._place = place
        self._spoil = spoil
        self.met = 0

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Send a request."""
        kwargs["stream"] = False
        response = super().send(request, **kwargs)
        if self._place not in str(request.url) or response.is_redirect:
            return response
        self.met += 1
        status, body = self._spoil(response.status_code, response.content)
        raw = HTTPResponse(io.BytesIO(body), status=status, preload_content=False)
        return self.build_response(request, raw)


@dataclass(frozen=True)
class Outcome:
    """What a user got."""

    error: Exception | None
    found: Any
    warned: list[str]
    met: int


def try_spoilt(
    server: str,
    ask: Callable[[CscClass, Path], Any],
    folder: Path,
    place: str = "",
    spoil: Spoil | None = None,
) -> Outcome:
    """Ask a service whose answers at one address are spoilt, with an empty cache."""
    csc = CscClass(server=server)
    csc.cache_location = folder / "cache"
    adapter = _Spoiling(place, spoil or (lambda status, body: (status, body)))
    csc._session.mount("http://", adapter)
    error, found = None, None
    with csc._session, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            found = ask(csc, folder / "files")
        except Exception as problem:  # noqa: BLE001 - whatever it is, the test names it
            error = problem
    return Outcome(error, found, [str(one.message) for one in warned], adapter.met)


def complaints(outcome: Outcome, good: Outcome) -> list[str]:
    """List what is wrong with what a user got: neither our error, nor whole, nor said."""
    wrong = [] if outcome.met else ["the fault was not met"]
    if outcome.error is not None:
        words = str(outcome.error)
        ours = isinstance(outcome.error, CscError) and bool(outcome.error.url)
        return wrong + ([] if ours and words.isprintable() else [f"raised {outcome.error!r}"])
    if same(outcome.found, good.found) or len(outcome.warned) > len(good.warned):
        return wrong
    return wrong + ([] if _is_said(outcome.found, good.found) else [f"gave {outcome.found}"])


def _is_said(found: Any, good: Any) -> bool:
    """Tell whether each row that is not as it should be says why."""
    if not isinstance(found, Table) or len(found) != len(good):
        return False
    words = next((name for name in ("note", "reason") if name in found.colnames), None)
    return words is not None and all(
        str(row[words]) or str(row) == str(right) for row, right in zip(found, good, strict=True)
    )
