# Licensed under a 3-clause BSD style license - see LICENSE
"""Tables that go along with a query, packed once: what is sent is what the cache is asked for."""

import hashlib
import io
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units as u
from astropy.io.votable.exceptions import VOWarning
from astropy.table import Column, Table
from pyvo.dal.query import Upload

from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.tables import typed

__all__ = ["Packed", "pack"]

_MIME = "application/x-votable+xml"
#: Types that VOTables do not have, and those that hold the same numbers.
_LARGER = {
    "int8": "int16",
    "uint16": "int32",
    "uint32": "int64",
    "uint64": "int64",
    "float16": "float32",
    "float96": "float64",
    "float128": "float64",
}
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
    elif isinstance(content, Table):
        read = _written(name, content)
    else:
        upload = Upload(name, content)
        read = upload.fileobj().read() if upload.is_inline else None
    return read.encode() if isinstance(read, str) else read


def _written(name: str, table: Table) -> bytes:
    """Write a table as a VOTable; how a unit is best spelt does not matter to a query."""
    columns = [_sendable(table[column], column) for column in table.colnames]
    plain = table.__class__(columns, names=table.colnames, copy=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", u.UnitsWarning)
        warnings.simplefilter("ignore", VOWarning)
        content: bytes = Upload(name, plain).fileobj().read()
    return content


def _sendable(column: Any, name: str) -> Any:
    """Give a column in a type that VOTables have."""
    dtype = getattr(column, "dtype", None)
    if dtype is None or not isinstance(column, Column | u.Quantity):
        raise ValueError(
            f"its column {name!r} is a {type(column).__name__}; expected numbers or strings, such "
            "as time.mjd or coordinates.ra.deg"
        )
    if dtype.kind == "O":
        found = typed(column) if column.ndim == 1 else None
        if found is None:
            raise ValueError(
                f"its column {name!r} holds objects; expected strings, flags or numbers of one type"
            )
        return found
    if dtype.kind == "u" and dtype.itemsize == 8 and np.any(column > np.iinfo(np.int64).max):
        raise ValueError(f"its column {name!r} has numbers above {np.iinfo(np.int64).max}")
    if dtype.kind not in "biufcSU":
        raise ValueError(
            f"its column {name!r} is {dtype}; expected strings or numbers: "
            f"table[{name!r}].astype(str)"
        )
    larger = _LARGER.get(dtype.newbyteorder("=").name)
    return column if larger is None else column.astype(larger)


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
