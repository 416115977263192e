# Licensed under a 3-clause BSD style license - see LICENSE
"""
The folder in which a mirror grows, beside the place where it will be.

Every answer is kept there under the text of its query, so that whoever was interrupted asks only
for the rest. The mirror appears by one rename, an update by the one replacement of its manifest.
One process writes at a time; the system frees the lock of one that died.
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from astropy.table import Table

from astroquery_csc.exceptions import MirrorError
from astroquery_csc.service.cache_folder import user
from astroquery_csc.store import parquet
from astroquery_csc.store.manifest import MANIFEST, Manifest, is_table_file, read
from astroquery_csc.whole_file import WholeFile

__all__ = ["Kept", "Staging", "digest"]

_LOCK = "lock"
_JOB = "job.json"
_PAGES = "pages"
_WHOLE = "mirror"
_OURS = frozenset({_LOCK, _JOB, _PAGES, _WHOLE})
_PIECE_BYTES = 1 << 20
#: What a system says of a file that another process has locked.
_TAKEN = frozenset({errno.EAGAIN, errno.EACCES, errno.EDEADLK})
#: What a system calls a disk, a quota or a file that is full.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer on disk; the file is open only while it is read."""

    path: Path
    rows: int
    bytes: int
    notes: Mapping[str, str]

    @classmethod
    def at(cls, path: Path) -> "Kept":
        """Look at an answer."""
        with parquet.opened(path) as file:
            return cls(path, file.rows, path.stat().st_size, file.notes)


def digest(path: Path) -> str:
    """Compute the checksum of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            found.update(piece)
    return found.hexdigest()


class Staging:
    """The folder in which one mirror grows; inside its context nobody else can write the mirror."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.folder: Path = target.parent / f".{target.name}.partial"
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Take the lock."""
        with self.told():
            self._check_ours()
            for _ in range(10):
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._check_owner()
                self._lock = _locked(self.folder / _LOCK)
                if self._lock is not None:
                    return self
        raise MirrorError(
            f"{str(self.folder)!r} appears and disappears; another process may be using it."
        )

    def _check_ours(self) -> None:
        """Leave a folder alone that has our name and somebody else's files."""
        if self.folder.is_dir():
            foreign = {path.name.removesuffix(".part") for path in self.folder.iterdir()} - _OURS
            if foreign:
                raise MirrorError(
                    f"{str(self.folder)!r}, where the mirror would be built, has other files in it "
                    f"({min(foreign)}). Move them, or give another path for the mirror."
                )

    def _check_owner(self) -> None:
        """Refuse a folder through which somebody else could lead us to other files."""
        try:
            found = self.folder.lstat()
        except FileNotFoundError:
            return  # Another process has just ended; the next look finds the folder.
        ours = found.st_uid == user()
        if not (stat.S_ISDIR(found.st_mode) and ours):
            raise MirrorError(
                f"{str(self.folder)!r} is needed for temporary files, but it is a link or "
                "belongs to another user. Remove it, or give the mirror another path."
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back; what has come stays, unless the mirror was published."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @contextlib.contextmanager
    def told(self, needed_bytes: int | None = None) -> Iterator[None]:
        """Turn what the disk says into our errors."""
        try:
            yield
        except MirrorError:
            raise
        except OSError as error:
            if error.errno in _FULL:
                raise self._full(needed_bytes) from error
            if error.errno == errno.ENAMETOOLONG:
                raise self._too_long() from error
            raise MirrorError(
                f"{str(self.target)!r} cannot be written: {error.strerror or error} "
                f"({error.filename or self.folder})."
            ) from error

    def _full(self, needed_bytes: int | None) -> MirrorError:
        """Say that the disk is full, and what to do."""
        free = shutil.disk_usage(self.folder).free
        need = "" if needed_bytes is None else f"; the mirror needs {needed_bytes / _MB:.0f} MB"
        return MirrorError(
            f"No room for the mirror {str(self.target)!r}: {free / _MB:.0f} MB are free{need}. "
            f"What has come is kept in {str(self.folder)!r}: make room, and the same call goes on "
            "from there; or remove that folder."
        )

    def _too_long(self) -> MirrorError:
        """Say that a name is too long, in the user's words."""
        size = len(os.fsencode(self.target.name))
        beside = len(os.fsencode(self.folder.name)) - size
        return MirrorError(
            f"The name {self.target.name!r} of the mirror, of {size} bytes, is too long for this "
            f"file system, or all of its path is. While it is made, a folder beside it has a name "
            f"of {beside} bytes more. Give a shorter one."
        )

    def check_room(self, needed_bytes: int) -> None:
        """Refuse to go on where the disk will be full."""
        if shutil.disk_usage(self.folder).free < needed_bytes:
            raise self._full(needed_bytes)

    # ------------------------------------------------------------- what came

    def begin(self, job: Mapping[str, Any], max_age_seconds: float | None) -> None:
        """Go on with a job that was interrupted, or begin a new one."""
        with self.told():
            path = self.folder / _JOB
            shutil.rmtree(self.folder / _WHOLE, ignore_errors=True)
            if _same_job(path, job, max_age_seconds):
                (self.folder / _WHOLE).mkdir()
                return
            shutil.rmtree(self.folder / _PAGES, ignore_errors=True)
            for part in (_PAGES, _WHOLE):
                (self.folder / part).mkdir()
            with WholeFile(path, draft=_part(path)) as file:
                file.stream.write(json.dumps(dict(job)).encode())

    def _path(self, adql: str) -> Path:
        """Where the answer of a query is kept."""
        name = hashlib.sha256(adql.encode()).hexdigest()[:32]
        return self.folder / _PAGES / f"{name}.parquet"

    def find(self, adql: str) -> Kept | None:
        """Find an answer that came before."""
        path = self._path(adql)
        if not path.is_file():
            return None
        try:
            kept = Kept.at(path)
        except MirrorError:
            path.unlink(missing_ok=True)
            return None
        return kept if kept.notes.get("adql") == adql else None

    def keep(self, adql: str, table: Table, **notes: str) -> Kept:
        """Keep an answer."""
        path = self._path(adql)
        with self.told(), WholeFile(path, draft=_part(path)) as file:
            parquet.write(file.stream, table, {"adql": adql, **notes})
        return Kept.at(path)

    def forget(self) -> None:
        """Forget every answer."""
        for path in (self.folder / _PAGES).glob("*.parquet"):
            path.unlink(missing_ok=True)

    # ------------------------------------------------------------ the mirror

    @contextlib.contextmanager
    def table(self, name: str, needed_bytes: int) -> Iterator[tuple[BinaryIO, list[Path]]]:
        """Write the file of a table, which is then called by its name and checksum."""
        part = self.folder / _WHOLE / f"{name}.part"
        done: list[Path] = []
        with self.told(needed_bytes):
            with WholeFile(part, draft=part, durable=True) as file:
                yield file.stream, done
                file.stream.flush()
                file.path = part.with_name(f"{name}.{digest(part)[:8]}.parquet")
            done.append(file.path)

    def publish(self, made: Manifest) -> None:
        """Let a new mirror appear, by one rename."""
        whole = self.folder / _WHOLE
        with self.told():
            self._write_manifest(whole, made)
            if os.name == "nt" and self.target.is_dir():
                self.target.rmdir()
            # Over a folder with anything in it this fails, and touches nothing.
            Path(whole).replace(self.target)
        self._done()

    def replace(self, made: Manifest) -> None:
        """Put new files into the mirror that is there, and let them count by one replacement."""
        whole = self.folder / _WHOLE
        with self.told():
            for path in whole.glob("*.parquet"):
                Path(path).replace(self.target / path.name)
            self._write_manifest(self.target, made)
        self._sweep(read(self.target))
        self._done()

    def _write_manifest(self, folder: Path, made: Manifest) -> None:
        """Write a manifest that is on the disk when it counts."""
        path = folder / MANIFEST
        with WholeFile(path, draft=_part(path), durable=True) as file:
            file.stream.write(made.text().encode())

    def _sweep(self, made: Manifest) -> None:
        """Remove files of ours from the mirror that no longer count."""
        used = {held.file for held in made.tables.values()}
        for path in self.target.glob("*.parquet"):
            if is_table_file(path.name) and path.name not in used:
                with contextlib.suppress(OSError):
                    path.unlink()

    def _done(self) -> None:
        """Remove what is not needed any more; the lock goes last."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _same_job(path: Path, job: Mapping[str, Any], max_age_seconds: float | None) -> bool:
    """Tell whether the answers that are kept are of this job, and not too old."""
    try:
        found = json.loads(path.read_bytes())
        age = time.time() - path.stat().st_mtime
    except (OSError, ValueError):
        return False
    return bool(found == dict(job)) and (max_age_seconds is None or age <= max_age_seconds)


def _locked(path: Path) -> int | None:
    """Open and lock a file; None where it was removed meanwhile."""
    try:
        # A link is not followed: what it points at would be overwritten.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError:
        return None
    try:
        _take(descriptor)
    except OSError as error:
        who = os.pread(descriptor, 200, 0).decode("ascii", "replace") if os.name != "nt" else ""
        os.close(descriptor)
        if error.errno not in _TAKEN:
            raise
        raise MirrorError(
            f"The mirror is being written by another process ({who or 'unknown'}), which holds "
            f"{str(path)!r}. Wait until it ends."
        ) from error
    if not _is_still(path, descriptor):
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.write(
        descriptor,
        f"process {os.getpid()}, since {time.strftime('%FT%TZ', time.gmtime())}".encode(),
    )
    return descriptor


def _take(descriptor: int) -> None:
    """Lock a file, or raise at once; the system frees it when the process ends."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_still(path: Path, descriptor: int) -> bool:
    """Tell whether an open file is the one that has the name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _part(path: Path) -> Path:
    """Name a file that is being written; the lock lets one process write it."""
    return path.with_name(f"{path.name}.part")
