# Licensed under a 3-clause BSD style license - see LICENSE
"""
Answers on disk, under astroquery's contract: `cache=`, ``cache_conf``, ``cache_location``.

One file per answer: a JSON header of fixed length, then the body as it was received. A body is
written to a temporary file while it arrives and becomes visible, by one rename, only after the
caller has found it good. Nothing is pickled; what cannot be read, is not what its header says, or
could have been written by another user, is a miss.
"""

import contextlib
import hashlib
import io
import json
import os
import stat
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO, Self

from astroquery import cache_conf
from astroquery.exceptions import InputWarning

from astroquery_csc.forks import ForkedLock
from astroquery_csc.log import log
from astroquery_csc.service.cache_folder import (
    ANSWER,
    EVERYTHING,
    SUFFIX,
    Keep,
    Room,
    is_private,
    ours,
    prepare,
    user,
)
from astroquery_csc.whole_file import WholeFile

__all__ = ["Cache", "CacheReader", "CacheWriter", "Entry", "Keep", "cache_key", "read_header"]

#: Nothing was retrieved after the year 9999, which is as far as a date goes.
_LAST_MOMENT = 253_402_300_800.0
#: Part of every key: a change of the format or of the dialect that is asked makes old files misses.
VERSION = 2
_HEADER_BYTES = 1024
_TEXTS = ("key", "url", "route", "release", "sha256")
_URL_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """What the header of one cached answer says."""

    key: str
    url: str
    route: str
    release: str
    retrieved: float
    size: int
    sha256: str
    version: int = VERSION


def cache_key(parts: Mapping[str, Any]) -> str:
    """Make the key of a request."""
    # In a folder that is shared nobody takes the place of another user's answers.
    text = json.dumps([VERSION, user(), parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def read_header(text: bytes) -> Entry:
    """Read what stands before a cached answer; every value in it is checked."""
    try:
        found = json.loads(text.decode("ascii"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    names = {item.name for item in fields(Entry)}
    if not isinstance(found, dict) or set(found) != names or found["version"] != VERSION:
        raise ValueError(f"not a header of version {VERSION}")
    if not all(isinstance(found[name], str) for name in _TEXTS):
        raise ValueError("a text is not a text")
    if type(found["size"]) is not int or found["size"] < 0:
        raise ValueError("a size is not a size")
    if type(found["retrieved"]) not in {int, float} or not 0 <= found["retrieved"] < _LAST_MOMENT:
        raise ValueError("a time is not a time")
    return Entry(**found)


class Cache:
    """A folder of answers."""

    def __init__(self, location: Callable[[], Path]) -> None:
        self._location = location
        self._warned = False
        self._rights: dict[Path, int] = {}
        self._lock = ForkedLock()
        self.room: Room = Room()

    @staticmethod
    def active(*, cache: bool | None) -> bool:
        """Decide whether a call uses the cache."""
        return bool(cache_conf.cache_active if cache is None else cache)

    def folder(self) -> Path | None:
        """Find the folder."""
        try:
            folder = self._location()
        except (OSError, RuntimeError, ValueError) as error:
            self.warn(error)
            return None
        with contextlib.suppress(OSError):
            # Also a folder that was removed and made again is closed.
            if self._rights.get(folder) != folder.stat().st_mode:
                prepare(folder)
                self._rights[folder] = folder.stat().st_mode
        return folder

    def warn(self, error: Exception) -> None:
        """Warn once that the cache cannot be used."""
        with self._lock:
            again, self._warned = self._warned, True
        if not again:
            warnings.warn(
                f"The cache cannot be used ({error}); going on without it. Set cache_location to "
                "a folder that can be written.",
                InputWarning,
                stacklevel=2,
            )

    @contextlib.contextmanager
    def open(self, key: str, max_seconds: float | None) -> Iterator["CacheReader | None"]:
        """Open a cached answer, if there is one that is young enough."""
        folder = self.folder()
        path = None if folder is None else folder / (key + SUFFIX)
        reader = None if path is None else _open_entry(path)
        if reader is not None and not _young(reader.entry, max_seconds):
            reader.close()
            reader = None
        try:
            yield reader
        finally:
            if reader is not None:
                reader.close()

    def discard(self, key: str) -> None:
        """Forget one answer, if it is there."""
        folder = self.folder()
        if folder is not None:
            with contextlib.suppress(OSError):
                (folder / (key + SUFFIX)).unlink()

    @contextlib.contextmanager
    def write(self, key: str | None, keep: Keep = EVERYTHING) -> Iterator["CacheWriter"]:
        """Keep a body while it arrives; it becomes an answer by `CacheWriter.commit` alone."""
        writer = CacheWriter(self, key, keep)
        try:
            yield writer
        finally:
            writer.abandon()

    def clear(self) -> None:
        """Remove every cached answer, and what interrupted writes left."""
        folder = self.folder()
        left: list[OSError] = []
        for one in ours(folder) if folder is not None else ():
            try:
                one.path.unlink(missing_ok=True)
            except OSError as error:
                left.append(error)
        if left:
            warnings.warn(
                f"{len(left)} cached answers cannot be removed: {left[0]}.",
                InputWarning,
                stacklevel=2,
            )

    def entries(self) -> list[Entry]:
        """List what is there."""
        folder = self.folder()
        found = []
        for one in ours(folder, ANSWER) if folder is not None else ():
            reader = _open_entry(one.path)
            if reader is not None:
                reader.close()
                found.append(reader.entry)
        return sorted(found, key=lambda entry: entry.retrieved)


def _young(entry: Entry, max_seconds: float | None) -> bool:
    """Whether an answer is not too old, nor from the future."""
    age = time.time() - entry.retrieved
    return max_seconds is None or max_seconds < 0 or 0 <= age + 1 <= max_seconds + 1


#: Neither a link to elsewhere is followed, nor a pipe waited for.
_OPEN_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK")
)


def _open_entry(path: Path) -> "CacheReader | None":
    """Open a cache file and read its header; None unless it is whole, and nobody else's work."""
    try:
        handle = os.open(path, _OPEN_FLAGS)
    except OSError:
        return None
    status = os.fstat(handle)
    if not (stat.S_ISREG(status.st_mode) and is_private(status)):
        os.close(handle)
        return None
    stream = os.fdopen(handle, "rb")
    try:
        entry = read_header(stream.read(_HEADER_BYTES))
        # Who may write in the folder can give one answer the name of another.
        if entry.key == path.stem and status.st_size == _HEADER_BYTES + entry.size:
            return CacheReader(stream, entry)
    except (OSError, ValueError) as error:
        log.debug(f"Cache file {path} cannot be read: {error}")
    stream.close()
    return None


class CacheReader(io.RawIOBase):
    """The body of one cached answer, checked while it is read."""

    def __init__(self, stream: BinaryIO, entry: Entry) -> None:
        super().__init__()
        self._stream = stream
        self._digest = hashlib.sha256()
        self.entry = entry

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        piece = self._stream.read(size)
        self._digest.update(piece)
        return piece

    def intact(self) -> bool:
        """Read what is left and compare the checksum."""
        while self.read(1 << 20):
            pass
        return self._digest.hexdigest() == self.entry.sha256

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()


class CacheWriter:
    """One answer on its way into the cache."""

    def __init__(self, cache: Cache, key: str | None, keep: Keep) -> None:
        self._cache = cache
        self._keep = keep
        self._digest = hashlib.sha256()
        self._size = 0
        self._file: WholeFile | None = None
        folder = None if key is None else cache.folder()
        if folder is not None:
            with self._guard():
                self._file = WholeFile(folder / f"{key}{SUFFIX}", private=True)
                self._file.stream.write(b" " * _HEADER_BYTES)
                if not is_private(os.fstat(self._file.stream.fileno())):
                    raise PermissionError(f"other users could write the files in {folder}")

    @contextlib.contextmanager
    def _guard(self) -> Iterator[Self]:
        """Turn a failure of the disk into one warning and no cache."""
        try:
            yield self
        except OSError as error:
            self.abandon()
            self._cache.warn(error)

    def write(self, piece: bytes) -> None:
        """Keep a piece of the body."""
        if self._file is not None:
            with self._guard():
                self._file.stream.write(piece)
                self._digest.update(piece)
                self._size += len(piece)
                if self._keep.max_bytes is not None and self._size > self._keep.max_bytes:
                    log.debug("An answer is larger than the cache may be; it is not kept.")
                    self.abandon()

    def commit(self, *, url: str, route: str, release: str, retrieved: float) -> None:
        """Make the body an answer: from now on it is found."""
        if self._file is None:
            return
        shown = url.encode("ascii", "replace").decode()[:_URL_CHARACTERS]
        path = self._file.path
        entry = Entry(
            path.stem, shown, route, release, retrieved, self._size, self._digest.hexdigest()
        )
        header = json.dumps(asdict(entry)).encode().ljust(_HEADER_BYTES)
        if len(header) > _HEADER_BYTES:
            return  # a release with a name like that is not kept
        with self._guard(), contextlib.suppress(FileNotFoundError):
            self._file.stream.seek(0)
            self._file.stream.write(header)
            # Not found: somebody has cleared the cache meanwhile, so nothing is kept.
            self._file.keep()
            self._file = None
            self._cache.room.take(path.parent, self._size + _HEADER_BYTES, self._keep)

    def abandon(self) -> None:
        """Leave nothing behind of an answer that was not committed."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                file.abandon()
