# Licensed under a 3-clause BSD style license - see LICENSE
"""Tables that go along with a query, packed once: what is sent is what the cache is asked for."""

import hashlib
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from astropy.table import Table
from pyvo.dal.query import Upload

from astroquery_csc.exceptions import InvalidQueryError

__all__ = ["Packed", "pack"]

_MIME = "application/x-votable+xml"
#: What astropy's writer and pyvo raise on something that they cannot write.
_WRITER_ERRORS = (OSError, ValueError, TypeError, LookupError, AttributeError, Warning)


@dataclass(frozen=True, slots=True)
class Packed:
    """Uploads as they are sent."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameter(self) -> str:
        """The UPLOAD of TAP; empty where nothing is uploaded."""
        parts = [f"{name},param:{name}" for name in self.files]
        return ";".join([*parts, *(f"{name},{where}" for name, where in self.addresses.items())])

    @property
    def parts(self) -> dict[str, tuple[str, bytes, str]]:
        """What requests takes for ``files``; unlike open files it can be sent again."""
        return {name: (name, content, _MIME) for name, content in self.files.items()}

    @property
    def digests(self) -> dict[str, str]:
        """A checksum of every file, for the cache."""
        return {name: hashlib.sha256(content).hexdigest() for name, content in self.files.items()}


def pack(uploads: Mapping[str, Any] | None) -> Packed:
    """Pack uploads, as pyvo takes them."""
    files: dict[str, bytes] = {}
    addresses: dict[str, str] = {}
    for name, content in (uploads or {}).items():
        try:
            packed = _content(name, content)
            if packed is None:
                addresses[name] = _address(name, content)
            else:
                files[name] = packed
        except _WRITER_ERRORS as error:
            raise InvalidQueryError(
                f"The upload {name!r} cannot be sent: {error}. Give an astropy Table, or a VOTable "
                "file."
            ) from error
    return Packed(files, addresses)


def _content(name: str, content: Any) -> bytes | None:
    """Give what is sent of an upload; None for what the service shall fetch."""
    if isinstance(content, io.BytesIO | io.StringIO):
        read: Any = content.getvalue()
    elif hasattr(content, "read") and not isinstance(content, Table):
        read = _read_from(content)
    elif isinstance(content, str | os.PathLike) and os.path.isfile(content):  # noqa: PTH113
        # os.path says False where pathlib raises: a long address, or a NUL.
        read = Path(content).read_bytes()
    else:
        upload = Upload(name, content)
        read = upload.fileobj().read() if upload.is_inline else None
    return read.encode() if isinstance(read, str) else read


def _read_from(stream: Any) -> Any:
    """Read an open file to its end, and put it back where it was, for the next call."""
    if not stream.seekable():
        return stream.read()
    start = stream.tell()
    try:
        return stream.read()
    finally:
        stream.seek(start)


def _address(name: str, content: Any) -> str:
    """Find the address of a table that is somewhere on the web."""
    address = str(Upload(name, content).uri())
    if not address.startswith(("http://", "https://")) or set(address) & set(",; \n"):
        raise ValueError(f"{address[:80]!r} is not a file here, and no web address")
    return address
