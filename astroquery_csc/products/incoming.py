# Licensed under a 3-clause BSD style license - see LICENSE
"""
One file on its way: looked at while it arrives, and continued where a connection broke.

A service that names the version of a file (ETag, Last-Modified) is asked for the rest of it; every
other one for all of it. Whatever came in how many parts, the file is looked at as one.
"""

import hashlib
import re
import stat
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from astroquery_csc.exceptions import RemoteServiceError
from astroquery_csc.products.filecheck import FileCheck
from astroquery_csc.products.types import is_file_name
from astroquery_csc.service.cache_folder import STALE_SECONDS, user
from astroquery_csc.whole_file import WholeFile

__all__ = ["Incoming", "Look", "sweep"]

#: Drafts of `WholeFile`, which a killed run leaves.
_DRAFT = re.compile(r"\.(.+\.(?:fits|jpg))(?:\.gz)?\.[0-9a-f]{8}\.part")
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


class Look:
    """Looks at a file piece by piece, and passes on what is kept of it."""

    def __init__(self, filename: str, write: Callable[[bytes], object] | None = None) -> None:
        # Pictures are kept unpacked: what shows them expects no compressed ones.
        self._is_picture = filename.endswith((".jpg", ".jpg.gz"))
        self._write = write
        self._digest = hashlib.sha256()
        self._check = FileCheck(
            jpeg=self._is_picture, unpacked=self._keep if self._is_picture else None
        )
        self.size: int = 0

    def _keep(self, piece: bytes) -> None:
        """Keep some of the file."""
        self._digest.update(piece)
        self.size += len(piece)
        if self._write is not None:
            self._write(piece)

    def feed(self, piece: bytes) -> None:
        """Look at the next bytes."""
        self._check.feed(piece)
        if not self._is_picture:
            self._keep(piece)

    def finish(self) -> None:
        """Refuse a file that is not whole."""
        self._check.finish()

    @property
    def sha256(self) -> str:
        """Checksum of what is kept."""
        return self._digest.hexdigest()

    @property
    def is_packed(self) -> bool:
        """Whether what is kept is compressed."""
        return bool(self._check.compressed) and not self._is_picture


class Incoming:
    """A file that appears when it is whole, over as many connections as it takes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: WholeFile | None = None
        self._received = 0
        self._version = ""
        self.look: Look = Look(path.name)

    def __enter__(self) -> Self:
        """Use in a with statement, which leaves nothing of a file that was not kept."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what is not whole."""
        if self._file is not None:
            self._file.abandon()

    @property
    def wish(self) -> dict[str, str]:
        """Headers that ask for the rest of the file; none where all of it is wanted."""
        if not (self._version and self._received):
            return {}
        return {"Range": f"bytes={self._received}-", "If-Range": self._version}

    def forget(self) -> None:
        """Begin anew at the next connection."""
        self._received = 0

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Take up a response: the rest of the file, or all of it."""
        version = _version_of(headers)
        if status == 206:
            self._check_rest(version, headers)
            return
        if self._file is None:
            self._file = WholeFile(self._path)
        self._file.stream.seek(0)
        self._file.stream.truncate()
        self._received = 0
        self._version = version
        self.look = Look(self._path.name, self._file.stream.write)

    def _check_rest(self, version: str, headers: Mapping[str, str]) -> None:
        """Refuse bytes that do not follow those that are here."""
        start = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
        follows = start is not None and int(start[1][:20]) == self._received
        if not (self.wish and follows and version in {"", self._version}):
            self.forget()
            raise RemoteServiceError(
                "the service sent another part of the file than was asked for", retry_after=0.0
            )

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._received += len(piece)
        self.look.feed(piece)

    def keep(self) -> Path:
        """Let the file appear, under the name that fits what is in it."""
        self.look.finish()
        path = self._path
        if self.look.is_packed and path.suffix != ".gz":
            path = path.with_name(f"{path.name}.gz")
        if self._file is not None:
            self._file.path = path
            self._file.keep()
        return path


def _version_of(headers: Mapping[str, str]) -> str:
    """Find what names the version of a file, in a form that may be asked for."""
    if headers.get("Content-Encoding", "identity") != "identity":
        return ""  # what is counted here are not the bytes that are sent
    tag = headers.get("ETag", "")
    version = tag if tag.startswith('"') else headers.get("Last-Modified", "")
    return version if version.isascii() and version.isprintable() and len(version) < 200 else ""


def sweep(folder: Path) -> None:
    """Remove what killed runs have left in a folder: hidden drafts, a day old, and this user's."""
    for path in folder.glob(".*.part"):
        draft = _DRAFT.fullmatch(path.name)
        try:
            status = path.lstat()
            is_ours = stat.S_ISREG(status.st_mode) and status.st_uid == user()
            is_stale = time.time() - status.st_mtime > STALE_SECONDS
            if draft is not None and is_file_name(draft[1]) and is_ours and is_stale:
                path.unlink()
        except OSError:
            continue  # another run was quicker
