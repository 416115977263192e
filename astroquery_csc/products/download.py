# Licensed under a 3-clause BSD style license - see LICENSE
"""
Files from the archive onto the disk: whole or absent, two at a time, and one record each.

A file is written under a temporary name next to its place, looked at while it arrives, and moved
there by one rename. What is there already, and whole, is not fetched again.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from astropy import units as u
from astropy.table import Column, MaskedColumn, Row, Table
from astroquery.exceptions import CorruptDataWarning

from astroquery_csc.adql.write import fold
from astroquery_csc.backend import Request, Settings
from astroquery_csc.catalogue import names
from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.exceptions import (
    CscError,
    InputTypeError,
    InvalidQueryError,
    RemoteServiceError,
    ServiceTimeoutError,
    warn,
)
from astroquery_csc.products.filecheck import BrokenFileError
from astroquery_csc.products.incoming import Incoming, Look, sweep
from astroquery_csc.products.types import is_file_name, is_file_type, owner_of
from astroquery_csc.progress import Streak, two_at_a_time
from astroquery_csc.service.deadline import Deadline, persist
from astroquery_csc.service.files import Archive, File
from astroquery_csc.whole_file import WholeFile

__all__ = [
    "Asked",
    "Order",
    "check_arguments",
    "download",
    "requests",
    "short",
]

_PIECE_BYTES = 1 << 18
_NOTE_CHARACTERS = 300
_FULL_FIELD = frozenset({"observation", "stack"})

Folder = tuple[str, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Order:
    """One file that is wanted."""

    filename: str
    filetype: str
    folder: Folder


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted, checked."""

    products: Table
    orders: tuple[Order | str, ...]
    version: str
    root: Path
    overwrite: bool


@dataclass(frozen=True, slots=True)
class _Record:
    """What became of one file; an error where the service is the reason."""

    status: str
    path: str = ""
    size: int = 0
    sha256: str = ""
    note: str = ""
    error: CscError | None = None

    @property
    def is_there(self) -> bool:
        """Whether the file is on the disk, and whole."""
        return self.status in {"downloaded", "present"}


# --------------------------------------------------------------------- arguments


def check_arguments(
    archive: Archive, products: object, location: object, *, overwrite: bool
) -> Asked:
    """Check the arguments of ``download_products``; nothing is made on the disk."""
    if isinstance(products, Row):
        products = Table(products)
    if not isinstance(products, Table):
        raise InputTypeError(
            f"products is a {type(products).__name__}; expected the Table that "
            "Csc.get_product_list(…) or Csc.query_sia(…) gives."
        )
    lacking = [name for name in ("filename", "filetype") if name not in products.colnames]
    if lacking:
        raise InvalidQueryError(
            f"The table has no {' and no '.join(lacking)}, so it is not a list of files. "
            "Csc.get_product_list(…) and Csc.query_sia(…) give one."
        )
    root = os.fspath(location) if isinstance(location, str | os.PathLike) else None
    if not isinstance(root, str) or "\0" in root:
        raise InputTypeError(f"location is {location!r}; expected a folder: location='csc'.")
    release = RELEASES.get(str(products.meta.get("RELEASE", "")))
    return Asked(
        products=products,
        orders=tuple(_order(products, row) for row in range(len(products))),
        version=archive.version if release is None else release.csccli,
        root=Path(root).expanduser(),
        overwrite=overwrite,
    )


def _order(products: Table, row: int) -> Order | str:
    """Read one row."""
    filename, filetype, name, level, note = (
        _text(products, row, key) for key in ("filename", "filetype", "name", "level", "note")
    )
    if not filename:
        return note or "there is no file"
    source = names.normalise(name).replace(" ", "") if name and level not in _FULL_FIELD else ""
    return Order(filename, filetype, tuple(filter(None, (source, owner_of(filename)))))


def _text(products: Table, row: int, key: str) -> str:
    """Read one cell; what is masked or missing is empty."""
    if key not in products.colnames:
        return ""
    cell = products[key][row]
    if cell is np.ma.masked:
        return ""
    return (cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)).strip()


def requests(asked: Asked) -> list[File]:
    """Build the requests for files, each file once."""
    orders = [order for order in asked.orders if isinstance(order, Order)]
    files = dict.fromkeys((order.filename, order.filetype) for order in orders)
    return [File(filetype, filename, asked.version) for filename, filetype in files]


# ---------------------------------------------------------------------- download


def download(archive: Archive, asked: Asked) -> Table:
    """Fetch files."""
    try:
        asked.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidQueryError(
            f"location {str(asked.root)!r} cannot be a folder: {error}"
        ) from error
    folders: dict[tuple[str, str], list[Folder]] = {}
    for order in asked.orders:
        if isinstance(order, Order):
            places = folders.setdefault((order.filename, order.filetype), [])
            places += [order.folder] * (order.folder not in places)
    found = _fetch_all(_Crew(archive, asked), folders)
    records = [
        found[order] if isinstance(order, Order) else _Record("not made", note=order)
        for order in asked.orders
    ]
    _raise_if_all_failed(found, archive.csccli)
    _warn_if_some_failed(found)
    return _result(asked.products, records)


def _fetch_all(
    crew: "_Crew", folders: Mapping[tuple[str, str], Sequence[Folder]]
) -> dict[Order, _Record]:
    """Fetch files, two at a time, whatever happens to others; an interrupt ends all of them."""
    found: dict[Order, _Record] = {}
    for records in two_at_a_time(
        lambda file: crew.fetch(*file, folders[file]), folders, "files", stop=crew.stop
    ):
        found.update(records)
    return found


class _Crew:
    """Fetches files on several threads, until it is stopped."""

    def __init__(self, archive: Archive, asked: Asked) -> None:
        self._archive = archive
        self._asked = asked
        self._hang_ups: set[Callable[[], None]] = set()
        self._swept: set[Path] = set()
        self._lock = threading.Lock()
        self._streak = Streak(
            "Call again later; complete files are not fetched again.", counts=_is_down
        )
        self.stopped = threading.Event()

    def stop(self) -> None:
        """Hang up on whatever is waited for; what is not whole is removed by who writes it."""
        with self._lock:
            self.stopped.set()
            for hang_up in self._hang_ups:
                hang_up()

    @contextmanager
    def listening(self, hang_up: Callable[[], None]) -> Iterator[None]:
        """Be told to hang up while a block runs."""
        with self._lock:
            self._hang_ups.add(hang_up)
            if self.stopped.is_set():
                hang_up()
        try:
            yield
        finally:
            with self._lock:
                self._hang_ups.discard(hang_up)

    def fetch(
        self, filename: str, filetype: str, folders: Sequence[Folder]
    ) -> dict[Order, _Record]:
        """Fetch one file once, for all the folders that want it."""
        orders = [Order(filename, filetype, folder) for folder in folders]
        if not (is_file_name(filename) and is_file_type(filetype)):
            note = f"{filename[:80]!r} (type {filetype[:40]!r}) is not a file name"
            return dict.fromkeys(orders, _Record("failed", note=note))
        found: dict[Order, _Record] = {}
        for order in orders:
            record = None if self._asked.overwrite else self._try(self._present, order)
            if record is not None:
                found[order] = record
        for order in orders:
            if order not in found:
                found[order] = self._obtain(order, list(found.values()))
        return found

    def _obtain(self, order: Order, known: Sequence[_Record]) -> _Record:
        """Copy a file that is there under another source, or ask for it, once."""
        for record in known:
            if record.is_there:
                return self._try(self._copy, order, Path(record.path))
        for record in known:
            if record.error is not None:
                return record
        return self._try(self._download, order)

    def _try(self, action: Callable[..., T], *args: Any) -> T | _Record:
        """Do something with a file; what goes wrong becomes its record."""
        try:
            return action(*args)
        except (RemoteServiceError, ServiceTimeoutError) as error:
            return _Record("failed", note=short(error), error=error)
        except (CscError, OSError) as error:
            return _Record("failed", note=short(error))

    # ------------------------------------------------------------- the disk

    def _folder(self, order: Order) -> Path:
        """Make the folder of a file; no link may lead out of the place that the user named."""
        root = self._asked.root
        folder = root.joinpath(*order.folder)
        if not folder.resolve().is_relative_to(root.resolve()):
            raise InvalidQueryError(f"{folder} leads out of {root} by a link; nothing is written.")
        folder.mkdir(parents=True, exist_ok=True)
        with self._lock:
            is_new = folder not in self._swept
            self._swept.add(folder)
        if is_new:
            sweep(folder)
        return folder

    def _present(self, order: Order) -> _Record | None:
        """Look at a file that is there already; None unless it is whole."""
        folder = self._folder(order)
        for path in (folder / f"{order.filename}.gz", folder / order.filename):
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise InvalidQueryError(
                    f"{path} exists and is not a plain file. Remove it, or write overwrite=True."
                )
            if not path.exists():
                continue
            try:
                with path.open("rb") as stream:
                    return self._checked(order, "present", path, stream.read)
            except BrokenFileError:
                continue  # what is there is not the file: fetched anew
        return None

    def _copy(self, order: Order, source: Path) -> _Record:
        """Take a file that is there under another source."""
        path = self._folder(order) / source.name
        with WholeFile(path) as copy, source.open("rb") as stream:
            shutil.copyfileobj(stream, copy.stream)
            copy.stream.seek(0)
            return self._checked(order, "downloaded", path, copy.stream.read)

    def _checked(
        self, order: Order, status: str, path: Path, read: Callable[[int], bytes]
    ) -> _Record:
        """Look at all of a file that is on the disk."""
        look = Look(order.filename)
        self._feed(look.feed, read)
        look.finish()
        return _Record(status, str(path), look.size, look.sha256)

    def _feed(self, take: Callable[[bytes], None], read: Callable[[int], bytes]) -> None:
        """Take a file piece by piece, until the crew is stopped."""
        while piece := read(_PIECE_BYTES):
            if self.stopped.is_set():
                raise InterruptedError("interrupted")
            take(piece)

    # --------------------------------------------------------- the network

    def _download(self, order: Order) -> _Record:
        """Ask for a file, again where a failure may pass."""
        folder = self._folder(order)
        request = self._archive.plan(File(order.filetype, order.filename, self._asked.version))
        with self._streak.counted(), Incoming(folder / order.filename) as incoming:
            deadline = _FileDeadline(self._archive.settings, self)
            return persist(lambda: self._receive(incoming, request, deadline), deadline)

    def _receive(self, incoming: Incoming, request: Request, deadline: Deadline) -> _Record:
        """Fetch a file, or the rest of it, and let it appear when it is known to be whole."""
        wish = incoming.wish
        try:
            with self._archive.file(request, deadline, wish) as body:
                incoming.begin(body.response.status_code, body.response.headers)
                self._feed(incoming.feed, body.read)
            path = incoming.keep()
        except BrokenFileError:
            incoming.forget()
            raise
        except CscError as error:
            if not wish or isinstance(error, ServiceTimeoutError) or _is_down(error):
                raise
            # A service that refuses to give the rest may give the whole.
            incoming.forget()
            raise RemoteServiceError(str(error), retry_after=0.0, url=error.url) from error
        return _Record("downloaded", str(path), incoming.look.size, incoming.look.sha256)


class _FileDeadline(Deadline):
    """The time for one file, which is over at once when the crew is stopped."""

    def __init__(self, settings: Settings, crew: _Crew) -> None:
        super().__init__(
            settings.max_wait, retries=settings.retries, retry_wait=settings.retry_wait
        )
        self._crew = crew

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return 0.0 if self._crew.stopped.is_set() else super().left

    def wait(self, seconds: float) -> None:
        """Wait before the next try."""
        self._crew.stopped.wait(seconds)

    @contextmanager
    def watch(self, hang_up: Callable[[], None]) -> Iterator[None]:
        """Hang up when the time is over, or the crew is stopped."""
        with super().watch(hang_up), self._crew.listening(hang_up):
            yield


def _is_down(error: CscError) -> bool:
    """Tell whether an error says that the service is out of reach, not that one file is bad."""
    if isinstance(error, BrokenFileError) or not isinstance(error, RemoteServiceError):
        return isinstance(error, ServiceTimeoutError)
    return error.retry_after is not None or isinstance(error.__cause__, OSError)


# ------------------------------------------------------------------------ polish


def short(error: Exception) -> str:
    """Write an error on one line of ASCII."""
    return fold(str(error).replace("…", "..."))[:_NOTE_CHARACTERS]


def _raise_if_all_failed(found: Mapping[Order, _Record], url: str) -> None:
    """Raise where the service is the reason that nothing is there."""
    errors = [record.error for record in found.values() if record.error is not None]
    if not errors or len(errors) < len(found):
        return
    kind = ServiceTimeoutError if isinstance(errors[0], ServiceTimeoutError) else RemoteServiceError
    first = next(iter(found))
    raise kind(
        f"None of {len(found)} files came. {first.filename}: {errors[0]}", url=errors[0].url or url
    )


def _warn_if_some_failed(found: Mapping[Order, _Record]) -> None:
    """Warn that some files are not there, with the first reason."""
    failed = [(order, record) for order, record in found.items() if record.status == "failed"]
    if failed:
        order, record = failed[0]
        warn(
            f"{len(failed)} of {len(found)} files failed; the column 'note' says why. Call again: "
            f"what is there is not fetched again. The first is {fold(order.filename)[:80]}: "
            f"{record.note}",
            CorruptDataWarning,
        )


def _result(products: Table, records: Sequence[_Record]) -> Table:
    """Add to a list what became of its files."""
    table = products.copy()
    there = np.array([record.is_there for record in records], dtype=bool)
    notes = [record.note or _text(products, row, "note") for row, record in enumerate(records)]
    sizes = np.array([record.size for record in records], dtype=np.int64)
    columns = [
        _words("path", [record.path for record in records], "the file"),
        (Column if there.all() else MaskedColumn)(
            sizes,
            name="size",
            unit=u.byte,
            description="size of the file",
            **({} if there.all() else {"mask": ~there}),
        ),
        _words("sha256", [record.sha256 for record in records], "checksum of the file"),
        _words(
            "status",
            [record.status for record in records],
            "downloaded, present (not fetched again), not made, or failed",
        ),
        _words("note", notes, "why there is no file, or what to know of it"),
    ]
    table.remove_columns([one.name for one in columns if one.name in table.colnames])
    table.add_columns(columns)
    return table


def _words(name: str, texts: Sequence[str], description: str) -> Column:
    """Make a column of text."""
    values = np.array(texts, dtype=np.str_) if texts else np.zeros(0, "U1")
    return Column(values, name=name, description=description)
