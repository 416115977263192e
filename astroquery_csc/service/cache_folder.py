# Licensed under a 3-clause BSD style license - see LICENSE
"""
The folder of a cache: which of its files count, who may look into it, and how large it grows.

A folder that a group shares keeps its rights, so a file counts only if it belongs to this user and
nobody else can write it.
"""

import contextlib
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from astroquery_csc.forks import ForkedLock

__all__ = [
    "ANSWER",
    "STALE_SECONDS",
    "SUFFIX",
    "Keep",
    "Room",
    "is_private",
    "ours",
    "prepare",
    "private_folder",
    "user",
]

SUFFIX = ".csc"
#: Names that are ours: an answer, or one that is, or was, on its way.
ANSWER = re.compile(rf"[0-9a-f]{{40}}{re.escape(SUFFIX)}")
_PART = re.compile(rf"[0-9a-f]{{40}}\w*{re.escape(SUFFIX)}\.part")
#: What an interrupted write has left is removed when it is so many seconds old.
STALE_SECONDS = 86_400.0
#: Rights that nobody but the owner of the folder has.
_PRIVATE = 0o700
_WRITTEN_BY_OTHERS = 0o022
#: A folder with one of these is shared on purpose.
_SHARED = _WRITTEN_BY_OTHERS | stat.S_ISGID | stat.S_ISVTX
#: How often the folder is looked through, at least, where answers are kept.
_LOOK_SECONDS = 3600.0
#: Share of the limit that one look makes free, so that not every answer needs another one.
_FREE = 0.1


@dataclass(frozen=True, slots=True)
class Keep:
    """How long answers are kept, and how much of the disk they may take; None for any."""

    max_seconds: float | None = None
    max_bytes: float | None = None


#: Nothing is removed for its age or size.
EVERYTHING = Keep()


@dataclass(frozen=True, slots=True)
class Found:
    """One file of a cache."""

    path: Path
    size: int
    written: float


def user() -> int:
    """Give the number of this user; 0 where users have none."""
    number: int = getattr(os, "geteuid", int)()
    return number


def is_private(status: os.stat_result) -> bool:
    """Tell whether something belongs to this user, and nobody else can write it."""
    if os.name != "posix":
        return True
    return status.st_uid == user() and not status.st_mode & _WRITTEN_BY_OTHERS


def private_folder(path: Path) -> bool:
    """Make a folder of the user's own; False if it cannot be made, or others could fill it."""
    try:
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=_PRIVATE)
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and is_private(status)


def ours(folder: Path, *patterns: re.Pattern[str]) -> list[Found]:
    """List this user's files of a cache; none where the folder cannot be listed."""
    wanted = patterns or (ANSWER, _PART)
    return [
        Found(Path(entry.path), status.st_size, status.st_mtime)
        for entry, status in _listed(folder)
        if any(one.fullmatch(entry.name) for one in wanted)
        and (os.name != "posix" or status.st_uid == user())
    ]


def _listed(folder: Path) -> Iterator[tuple["os.DirEntry[str]", os.stat_result]]:
    """Go through a folder, from which others remove files meanwhile."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                yield entry, entry.stat(follow_symlinks=False)


def prepare(folder: Path) -> None:
    """
    Close a folder to other users, and sweep out what interrupted writes have left.

    A folder keeps its rights if others can write into it, or if it holds other things than answers.
    """
    status = folder.stat()
    is_open = stat.S_IMODE(status.st_mode) & ~_PRIVATE
    is_own = is_private(status) and not status.st_mode & _SHARED
    if is_open and is_own and len(ours(folder)) == len(list(folder.iterdir())):
        folder.chmod(_PRIVATE)
    _sweep(folder, EVERYTHING)


def _sweep(folder: Path, keep: Keep) -> float:
    """Remove what is too old, then the oldest answers until they take little enough room."""
    now = time.time()
    for part in ours(folder, _PART):
        if now - part.written > STALE_SECONDS:
            _remove(part)
    answers = sorted(ours(folder, ANSWER), key=lambda one: one.written)
    total = float(sum(one.size for one in answers))
    if keep.max_seconds is not None and keep.max_seconds >= 0:
        # Who sets a shorter time for a moment does not lose what is good for a week.
        oldest = now - max(keep.max_seconds, STALE_SECONDS)
    else:
        oldest = float("-inf")
    most = float("inf")
    if keep.max_bytes is not None:
        most = keep.max_bytes * (1 if total <= keep.max_bytes else 1 - _FREE)
    for one in answers:
        if total <= most and one.written >= oldest:
            break
        _remove(one)
        total -= one.size
    return total


def _remove(one: Found) -> None:
    """Remove a file, if it can be."""
    with contextlib.suppress(OSError):
        one.path.unlink()


class Room:
    """Looks through a folder now and then, so that answers which are kept stay within a limit."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._left = 0.0
        self._next = 0.0
        self._lock = ForkedLock()

    def take(self, folder: Path, size: int, keep: Keep) -> None:
        """Note that an answer was kept, and look through the folder when it is time."""
        now = time.monotonic()
        with self._lock:
            self._left -= size
            if folder == self._folder and self._left > 0 and now < self._next:
                return
            self._folder, self._next = folder, now + _LOOK_SECONDS
            # Other processes write as well: each takes a part of the room, then looks again.
            most = float("inf") if keep.max_bytes is None else keep.max_bytes
            self._left = min(most - _sweep(folder, keep), _FREE * most)
