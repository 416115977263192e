# Licensed under a 3-clause BSD style license - see LICENSE
"""Responses that a patched ``_request`` gives: those of tests have a body and little else."""

import io
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

from astroquery_csc.exceptions import InputTypeError

__all__ = ["as_response"]


def as_response(given: Any, url: str) -> requests.Response:
    """Give a response that has all that is asked of one; that of a connection stays as it is."""
    if isinstance(given, requests.Response) and given.raw is not None:
        return given
    content = getattr(given, "content", given)
    if given is None or not isinstance(content, bytes | str | None):
        raise InputTypeError(
            f"_request gave {given!r:.200}; expected a response: a requests.Response, or "
            "astroquery.utils.mocks.MockResponse(body)."
        )
    made = requests.Response()
    made.status_code = getattr(given, "status_code", None) or 200
    made.headers = CaseInsensitiveDict(getattr(given, "headers", None) or {})
    made.url = getattr(given, "url", None) or url
    made.raw = io.BytesIO(content.encode() if isinstance(content, str) else content or b"")
    return made
