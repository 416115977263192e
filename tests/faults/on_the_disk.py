# Licensed under a 3-clause BSD style license - see LICENSE
"""Faults of the disk under the cache: the answer comes all the same, and no damage is served."""

import errno
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from astroquery_csc.core import CscClass

__all__ = ["ON_THE_DISK", "DiskFault"]

_HEADER = 1024
Act = Callable[[CscClass, pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class DiskFault:
    """
    One way in which the disk goes wrong, after an answer was kept or before.

    Parameters
    ----------
    name : str
        Short, and its own.
    does : str
        What is wrong.
    act : callable
        Makes it wrong; takes the client and pytest's monkeypatch.
    before : bool
        Whether it is wrong before the first answer is kept; else after it.
    warns : bool
        Whether the user is told, once.
    posix : bool
        Whether only a POSIX system can have it.
    """

    name: str
    does: str
    act: Act
    before: bool = False
    warns: bool = False
    posix: bool = False


def kept(csc: CscClass) -> Path:
    """Find the one answer that is kept."""
    (path,) = csc.cache_location.glob("*.csc")
    return Path(path)


def _changed(make: Callable[[bytes], bytes]) -> Act:
    """Change the file of the answer."""

    def act(csc: CscClass, monkeypatch: pytest.MonkeyPatch) -> None:
        """Do so."""
        path = kept(csc)
        path.write_bytes(make(path.read_bytes()))

    return act


def _header(**changes: Any) -> Act:
    """Change the header of the answer."""

    def make(text: bytes) -> bytes:
        """Write the header anew."""
        header = json.loads(text[:_HEADER]) | changes
        return json.dumps(header).encode().ljust(_HEADER) + text[_HEADER:]

    return _changed(make)


def _begins(header: bytes) -> Act:
    """Put other bytes in the place of the header."""
    return _changed(lambda text: header.ljust(_HEADER) + text[_HEADER:])


def _replaced(make: Callable[[Path], None]) -> Act:
    """Put something else in the place of the file."""

    def act(csc: CscClass, monkeypatch: pytest.MonkeyPatch) -> None:
        """Do so."""
        path = kept(csc)
        path.unlink()
        make(path)

    return act


def _fails(target: str, number: int, *, after: int = 0) -> Act:
    """Let a call of the operating system fail, perhaps not at once."""

    def act(csc: CscClass, monkeypatch: pytest.MonkeyPatch) -> None:
        """Do so."""
        module, _, name = target.rpartition(".")
        owner = {"tempfile": tempfile, "Path": Path, "os": os}[module]
        left = [after]
        whole = getattr(owner, name)

        def fail(*args: Any, **kwargs: Any) -> Any:
            """Fail, when it is time."""
            if left[0] > 0:
                left[0] -= 1
                return whole(*args, **kwargs)
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(owner, name, fail)

    return act


class _FullFile:
    """A file on a disk with room for some bytes; writes that fit are buffered as usual."""

    def __init__(self, stream: Any, room: int, *, late: bool) -> None:
        self._stream = stream
        self._room = room
        self._late = late

    def write(self, data: bytes) -> int:
        """Write, if there is room, or if that is found out later."""
        self._room -= len(data)
        if self._room < 0 and not self._late:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return int(self._stream.write(data))

    def seek(self, place: int) -> int:
        """Go somewhere."""
        return int(self._stream.seek(place))

    def fileno(self) -> int:
        """Give the number of the file."""
        return int(self._stream.fileno())

    def close(self) -> None:
        """Close; a buffer that does not fit any more is lost here."""
        self._stream.close()
        if self._room < 0 and self._late:
            self._room = 0
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _full(room: int, *, late: bool = False) -> Act:
    """Let the disk have room for so many bytes."""

    def act(csc: CscClass, monkeypatch: pytest.MonkeyPatch) -> None:
        """Do so."""
        whole = os.fdopen

        def fdopen(handle: int, mode: str = "r", *args: Any) -> Any:
            """Open as usual; what is written goes to a full disk."""
            stream = whole(handle, mode, *args)
            return _FullFile(stream, room, late=late) if "w" in mode else stream

        monkeypatch.setattr(os, "fdopen", fdopen)

    return act


def _unreadable(csc: CscClass, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reading the body of the kept answer fail in its middle."""
    from astroquery_csc.service import cache

    whole = cache.CacheReader.read
    left = [1]

    def read(self: Any, size: int = -1) -> bytes:
        """Read a little, then fail."""
        if left[0] <= 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        left[0] -= 1
        return whole(self, min(size, 100) if size > 0 else 100)

    monkeypatch.setattr(cache.CacheReader, "read", read)


def _no_folder(csc: CscClass, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a file where the folder should be."""
    place = csc.cache_location
    place.rmdir()
    place.write_text("not a folder")


def _elsewhere(path: Path) -> None:
    """Link to a file outside of the cache."""
    outside = path.parent.parent / "outside"
    outside.write_bytes(b"not an answer")
    path.symlink_to(outside)


def _pipe(path: Path) -> None:
    """Make a pipe, in which nobody writes."""
    os.mkfifo(path)


_DEEP = b"[" * _HEADER

ON_THE_DISK = (
    DiskFault(
        "no folder", "has a file where the folder should be", _no_folder, before=True, warns=True
    ),
    DiskFault(
        "read-only",
        "lets nobody write",
        _fails("tempfile.mkstemp", errno.EROFS),
        before=True,
        warns=True,
    ),
    DiskFault(
        "forbidden",
        "lets somebody else write",
        _fails("tempfile.mkstemp", errno.EACCES),
        before=True,
        warns=True,
    ),
    DiskFault(
        "full",
        "is full from the start",
        _fails("tempfile.mkstemp", errno.ENOSPC),
        before=True,
        warns=True,
    ),
    DiskFault(
        "full at the header", "has no room for a header", _full(100), before=True, warns=True
    ),
    DiskFault(
        "full in the body", "has room for half of the answer", _full(1200), before=True, warns=True
    ),
    DiskFault(
        "full at the end",
        "is full, and says so when the file is closed",
        _full(10, late=True),
        before=True,
        warns=True,
    ),
    DiskFault(
        "no renaming",
        "does not rename the file",
        _fails("Path.replace", errno.EXDEV),
        before=True,
        warns=True,
    ),
    DiskFault("truncated", "has lost the end of the answer", _changed(lambda text: text[:-100])),
    DiskFault("emptied", "has lost all of the answer", _changed(lambda text: b"")),
    DiskFault("longer", "has something behind the answer", _changed(lambda text: text + b"x")),
    DiskFault(
        "a bit",
        "has changed a digit of the answer",
        _changed(lambda text: text.replace(b"52.303847", b"52.303848")),
    ),
    DiskFault(
        "garbage",
        "has zeros in the place of the answer",
        _changed(lambda text: text[:_HEADER] + b"\0" * (len(text) - _HEADER)),
    ),
    DiskFault("garbage header", "has zeros in the place of the header", _begins(b"\0" * _HEADER)),
    DiskFault(
        "pickle",
        "has a pickle in the place of the header",
        _begins(b"\x80\x04\x95\x0c\x00\x00\x00"),
    ),
    DiskFault("nested header", "has a header of 1,024 brackets", _begins(_DEEP)),
    DiskFault("another version", "has the answer of another version", _header(version=999)),
    DiskFault("wrong sum", "has another checksum", _header(sha256="0" * 64)),
    DiskFault("time in words", "has a time that is not a number", _header(retrieved="yesterday")),
    DiskFault("time without end", "has an infinite time", _header(retrieved=float("inf"))),
    DiskFault("no time", "has a time that is not a number", _header(retrieved=float("nan"))),
    DiskFault("true size", "has true as its size", _header(size=True)),
    DiskFault("from the future", "has an answer of tomorrow", _header(retrieved=4e9)),
    DiskFault("too old", "has an answer of 2001", _header(retrieved=1e9)),
    DiskFault(
        "a folder", "has a folder in the place of the answer", _replaced(Path.mkdir), warns=True
    ),
    DiskFault(
        "a link",
        "has a link to another file in the place of the answer",
        _replaced(_elsewhere),
        posix=True,
    ),
    DiskFault(
        "a pipe",
        "has a pipe in the place of the answer",
        _replaced(_pipe),
        posix=True,
    ),
    DiskFault("unreadable", "fails while the answer is read", _unreadable),
)
