# Licensed under a 3-clause BSD style license - see LICENSE
"""Parts of files, for clients that continue where a connection broke."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace

from astroquery_csc.testing.messages import Response, text_response

__all__ = ["ranged"]

_RANGE = re.compile(r"bytes=(\d+)-")
_MODIFIED = "Fri, 18 Oct 2024 12:00:00 GMT"


def ranged(response: Response, data: bytes, asked: Mapping[str, str], kind: str) -> Response:
    """Name the version of a file, and send the part of it that is asked for."""
    version = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
    name, value = ("ETag", version) if kind == "etag" else ("Last-Modified", _MODIFIED)
    headers = {**response.headers, name: value}
    wanted = _RANGE.fullmatch(asked.get("range", ""))
    if wanted is None or asked.get("if-range") != value or not isinstance(response.body, bytes):
        return replace(response, headers=headers)
    start, length = int(wanted[1]), len(response.body)
    if kind == "refused" or start >= length:
        return text_response(416, "Requested Range Not Satisfiable")
    headers["Content-Range"] = f"bytes {start}-{length - 1}/{length}"
    return Response(206, response.body[start:], response.content_type, headers)
