# Licensed under a 3-clause BSD style license - see LICENSE
"""
Answers on disk, under astroquery's contract: `cache=`, ``cache_conf``, ``cache_location``.

One file an answer: a JSON header of fixed length, then the body as it was received. A body is
written to a temporary file while it arrives and becomes visible, by one rename, only after the
caller has found it good. Nothing is pickled; what cannot be read, or is not what its header says,
is a miss. The folder is closed to other users, who could otherwise plant answers.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import stat
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO, Self

from astroquery import cache_conf, log
from astroquery.exceptions import InputWarning

from astroquery_csc.forks import ForkedLock
from astroquery_csc.whole_file import WholeFile

__all__ = ["Cache", "CacheReader", "CacheWriter", "Entry", "cache_key", "read_header"]

SUFFIX = ".csc"
#: Names that are ours: an answer, or one that is, or was, on its way.
_ANSWER = re.compile(rf"[0-9a-f]{{40}}{re.escape(SUFFIX)}")
_PART = re.compile(rf"[0-9a-f]{{40}}\w*{re.escape(SUFFIX)}\.part")
#: What an interrupted write has left is removed when it is so many seconds old.
_STALE_SECONDS = 86_400.0
#: Rights that nobody but the owner of the folder has.
_PRIVATE = 0o700
#: Nothing was retrieved after the year 9999, which is as far as a date goes.
_LAST_MOMENT = 253_402_300_800.0
#: Part of every key: a change of the format or of the dialect that is asked makes old files misses.
VERSION = 1
_HEADER_BYTES = 1024
_URL_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """What the header of one cached answer says."""

    url: str
    route: str
    release: str
    retrieved: float
    size: int
    sha256: str
    version: int = VERSION


def cache_key(parts: Mapping[str, Any]) -> str:
    """Make the key of a request."""
    text = json.dumps([VERSION, parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def read_header(text: bytes) -> Entry:
    """Read what stands before a cached answer; nothing in it is believed without a look."""
    try:
        found = json.loads(text.decode("ascii"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    names = {item.name for item in fields(Entry)}
    if not isinstance(found, dict) or set(found) != names or found["version"] != VERSION:
        raise ValueError(f"not a header of version {VERSION}")
    if not all(isinstance(found[name], str) for name in ("url", "route", "release", "sha256")):
        raise ValueError("a text is no text")
    if type(found["size"]) is not int or found["size"] < 0:
        raise ValueError("a size is no size")
    if type(found["retrieved"]) not in {int, float} or not 0 <= found["retrieved"] < _LAST_MOMENT:
        raise ValueError("a time is no time")
    return Entry(**found)


class Cache:
    """A folder of answers."""

    def __init__(self, location: Callable[[], Path]) -> None:
        self._location = location
        self._warned = False
        self._rights: dict[Path, int] = {}
        self._lock = ForkedLock()

    @staticmethod
    def active(*, cache: bool | None) -> bool:
        """Decide whether a call uses the cache."""
        return bool(cache_conf.cache_active if cache is None else cache)

    def folder(self) -> Path | None:
        """Find the folder."""
        try:
            folder = self._location()
        except (OSError, RuntimeError) as error:
            self.warn(error)
            return None
        with contextlib.suppress(OSError):
            # Also a folder that was removed and made again is closed.
            if self._rights.get(folder) != folder.stat().st_mode:
                _prepare(folder)
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
    def write(self, key: str | None) -> Iterator["CacheWriter"]:
        """Keep a body while it arrives; it becomes an answer by `CacheWriter.commit` alone."""
        writer = CacheWriter(self, key)
        try:
            yield writer
        finally:
            writer.abandon()

    def clear(self) -> None:
        """Remove every cached answer, and what interrupted writes left."""
        folder = self.folder()
        left: list[OSError] = []
        for path in _ours(folder) if folder is not None else ():
            try:
                path.unlink(missing_ok=True)
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
        for path in _ours(folder, _ANSWER) if folder is not None else ():
            reader = _open_entry(path)
            if reader is not None:
                reader.close()
                found.append(reader.entry)
        return sorted(found, key=lambda entry: entry.retrieved)


def _ours(folder: Path, *patterns: re.Pattern[str]) -> list[Path]:
    """List files of a cache; none where the folder cannot be listed."""
    try:
        found = list(folder.iterdir())
    except OSError:
        return []
    wanted = patterns or (_ANSWER, _PART)
    return [path for path in found if any(one.fullmatch(path.name) for one in wanted)]


def _prepare(folder: Path) -> None:
    """
    Close a folder to other users, and sweep out what interrupted writes have left.

    A folder that holds other things than answers is somebody's own: its rights stay.
    """
    is_open = stat.S_IMODE(folder.stat().st_mode) & ~_PRIVATE
    if is_open and len(_ours(folder)) == len(list(folder.iterdir())):
        folder.chmod(_PRIVATE)
    for path in _ours(folder, _PART):
        if time.time() - path.stat().st_mtime > _STALE_SECONDS:
            path.unlink()


def _young(entry: Entry, max_seconds: float | None) -> bool:
    """Whether an answer is not too old, nor from the future."""
    age = time.time() - entry.retrieved
    return max_seconds is None or max_seconds < 0 or 0 <= age + 1 <= max_seconds + 1


#: Neither a link to elsewhere is followed, nor a pipe waited for.
_OPEN_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK")
)


def _open_entry(path: Path) -> "CacheReader | None":
    """Open a cache file and read its header; None if it is not whole, or no plain file."""
    try:
        handle = os.open(path, _OPEN_FLAGS)
    except OSError:
        return None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        return None
    stream = os.fdopen(handle, "rb")
    try:
        entry = read_header(stream.read(_HEADER_BYTES))
        if status.st_size == _HEADER_BYTES + entry.size:
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

    def __init__(self, cache: Cache, key: str | None) -> None:
        self._cache = cache
        self._digest = hashlib.sha256()
        self._size = 0
        self._file: WholeFile | None = None
        folder = None if key is None else cache.folder()
        if folder is not None:
            with self._guard():
                self._file = WholeFile(folder / f"{key}{SUFFIX}", private=True)
                self._file.stream.write(b" " * _HEADER_BYTES)

    @contextlib.contextmanager
    def _guard(self) -> Iterator[Self]:
        """Turn a failure of the disk into one warning and no cache."""
        try:
            yield self
        except OSError as error:
            self._cache.warn(error)
            self.abandon()

    def write(self, piece: bytes) -> None:
        """Keep a piece of the body."""
        if self._file is not None:
            with self._guard():
                self._file.stream.write(piece)
                self._digest.update(piece)
                self._size += len(piece)

    def commit(self, *, url: str, route: str, release: str, retrieved: float) -> None:
        """Make the body an answer: from now on it is found."""
        if self._file is None:
            return
        shown = url.encode("ascii", "replace").decode()[:_URL_CHARACTERS]
        entry = Entry(shown, route, release, retrieved, self._size, self._digest.hexdigest())
        header = json.dumps(asdict(entry)).encode().ljust(_HEADER_BYTES)
        if len(header) > _HEADER_BYTES:
            return  # a release with a name like that is not kept
        with self._guard(), contextlib.suppress(FileNotFoundError):
            self._file.stream.seek(0)
            self._file.stream.write(header)
            # Not found: somebody has cleared the cache meanwhile, so nothing is kept.
            self._file.keep()
            self._file = None

    def abandon(self) -> None:
        """Leave nothing behind of an answer that was not committed."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                file.abandon()
