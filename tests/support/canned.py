# Licensed under a 3-clause BSD style license - see LICENSE
"""Canned answers: an adapter that is mounted on a session, as astroquery's users mock a service."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from astroquery_csc.core import CscClass

FIXTURES = Path(__file__).parents[1] / "fixtures"


@dataclass(frozen=True)
class Canned:
    """
    One answer.

    Parameters
    ----------
    body : bytes
        The body.
    status : int
        HTTP status.
    headers : mapping
        Headers.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def from_file(name: str, status: int = 200) -> Canned:
    """Answer with a file of the fixtures."""
    return Canned((FIXTURES / name).read_bytes(), status)


def to(location: str, status: int = 303) -> Canned:
    """Answer with a redirect."""
    return Canned(status=status, headers={"Location": location})


class CannedAdapter(HTTPAdapter):
    """
    Answers requests with what is canned, and remembers them.

    Parameters
    ----------
    answers : mapping
        From the beginning of ``"METHOD url"`` to an answer, an exception to raise, or several of
        these, one a request, of which the last one stays. The longest beginning that fits counts.
    """

    def __init__(self, answers: Mapping[str, Any]) -> None:
        super().__init__()
        self._answers = {
            start: list(answer) if isinstance(answer, Sequence) else [answer]
            for start, answer in answers.items()
        }
        self.seen: list[requests.PreparedRequest] = []

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, **_: Any
    ) -> requests.Response:
        """Answer a request."""
        self.seen.append(request)
        line = f"{request.method} {request.url}"
        start = max((s for s in self._answers if line.startswith(s)), key=len, default=None)
        if start is None:
            raise AssertionError(f"nothing is canned for {line}")
        canned = self._answers[start]
        answer = canned.pop(0) if len(canned) > 1 else canned[0]
        if isinstance(answer, BaseException):
            raise answer
        raw = HTTPResponse(
            io.BytesIO(answer.body),
            headers=answer.headers,
            status=answer.status,
            preload_content=False,
        )
        return self.build_response(request, raw)

    @property
    def lines(self) -> list[str]:
        """Method and address of each request, without its parameters."""
        return [f"{request.method} {str(request.url).partition('?')[0]}" for request in self.seen]


def mount(csc: CscClass, answers: Mapping[str, Any]) -> CannedAdapter:
    """Put canned answers in front of every server that a client can ask."""
    adapter = CannedAdapter(answers)
    csc._session.mount("https://", adapter)
    csc._session.mount("http://", adapter)
    return adapter
