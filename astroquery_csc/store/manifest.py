# Licensed under a 3-clause BSD style license - see LICENSE
"""
The manifest of a mirror: which files it has, what is in them, and where they are from.

Pure: text and paths. A manifest is believed no more than any other file: its values are checked,
and the names in it cannot lead out of the folder.
"""

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from astroquery_csc.exceptions import InputTypeError, MirrorError

__all__ = [
    "MANIFEST",
    "Held",
    "Manifest",
    "Page",
    "check_place",
    "file_of",
    "is_table_file",
    "parse",
    "path_of",
    "read",
]

MANIFEST = "manifest.json"
#: The content of the file, so that no other JSON is taken for a manifest.
FORMAT = "astroquery_csc mirror"
VERSION = 1
#: More than the manifest of the largest mirror, which has a few thousand pages.
_MOST_BYTES = 1 << 26
#: No number of rows or bytes is as large.
_MOST = 1 << 62
_FILE = re.compile(r"[a-z][a-z0-9_]{0,99}\.[0-9a-f]{8}\.parquet")
_TABLE = re.compile(r"[a-z][a-z0-9_]{0,99}")
_PATTERN = re.compile(r"[*?[]")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)")

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One query that brought a part of a table."""

    adql: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One table of a mirror."""

    file: str
    rows: int
    bytes: int
    sha256: str
    columns: tuple[str, ...]
    complete: bool
    key: tuple[str, ...]
    without_position: int
    retrieved: str
    counted: str
    queries: tuple[Page, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The description of a mirror."""

    release: str
    schema: str
    server: str
    created: str
    package: str
    expected: int
    tables: Mapping[str, Held]

    def text(self) -> str:
        """Write the manifest."""
        found = {"format": FORMAT, "version": VERSION, **asdict(self)}
        return json.dumps(found, indent=1) + "\n"


def path_of(path: object, name: str = "path") -> Path:
    """Read the place of a mirror."""
    wanted = "expected the path of a folder, such as 'csc21'"
    if not isinstance(path, str | os.PathLike) or not str(path).strip() or "\0" in str(path):
        raise InputTypeError(f"{name} is {path!r}; {wanted}.")
    try:
        return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 - keeps links
    except (RuntimeError, OSError) as error:
        # A user who is not known, or a process in a folder that is no longer there.
        raise InputTypeError(f"{name} is {path!r} ({error}); {wanted}.") from error


def check_place(folder: Path) -> None:
    """Refuse a place where no mirror can be read."""
    if os.sep == "/" and "\\" in str(folder) and _PATTERN.search(str(folder)):
        raise MirrorError(
            f"A mirror cannot be at {str(folder)!r}: DuckDB reads '*', '?' and '[' as patterns, "
            "and cannot escape them in a path with a backslash. Give a path without one of the two."
        )


def is_table_file(name: str) -> bool:
    """Tell whether a file is called as those of mirrors are."""
    return _FILE.fullmatch(name) is not None


def read(folder: Path) -> Manifest:
    """Read the manifest of a mirror."""
    check_place(folder)
    path = folder / MANIFEST
    try:
        # A pipe without a writer would be waited for.
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:  # noqa: PTH123
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(f"{MANIFEST} is not a regular file")  # noqa: TRY301
            text = file.read(_MOST_BYTES + 1)
    except OSError as error:
        what = "is not a mirror" if os.path.lexists(folder) else "is not there"
        raise MirrorError(
            f"{str(folder)!r} {what} ({error.strerror or error}). Write "
            f"astroquery_csc.mirror.create({str(folder)!r}) to make one."
        ) from error
    try:
        return parse(text)
    except MirrorError as error:
        raise MirrorError(f"{str(path)!r} is not a manifest of a mirror: {error}") from error


def parse(text: bytes) -> Manifest:
    """Read a manifest; nothing in it is believed without a look."""
    if len(text) > _MOST_BYTES:
        raise MirrorError(f"it has more than {_MOST_BYTES} bytes.")
    try:
        found = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MirrorError(f"it is not JSON ({error}).") from error
    if not isinstance(found, dict):
        raise MirrorError("it is not a JSON object.")
    kind, version = found.pop("format", None), found.pop("version", None)
    if kind != FORMAT:
        raise MirrorError(f"its format is {_shown(kind)}, not {FORMAT!r}.")
    if version != VERSION:
        raise MirrorError(
            f"its version is {_shown(version)}; this package reads version {VERSION}. "
            "Update astroquery_csc, or make the mirror again."
        )
    tables = found.pop("tables", None)
    if not isinstance(tables, dict) or not tables:
        raise MirrorError("it lists no tables.")
    held = {name: _held(name, value) for name, value in tables.items()}
    made = _make(Manifest, {**found, "tables": held}, "it")
    if not _is_time(made.created):
        raise MirrorError(f"it was created at {_shown(made.created)}, which is not a time.")
    return made


def _held(name: str, found: object) -> Held:
    """Read what is said of one table."""
    if not _TABLE.fullmatch(name):
        raise MirrorError(f"{_shown(name)} is not the name of a table.")
    if not isinstance(found, dict) or not isinstance(found.get("queries"), list):
        raise MirrorError(f"{name} has no list of queries.")
    pages = tuple(_make(Page, page, f"a query of {name}") for page in found["queries"])
    held = _make(Held, {**found, "queries": pages}, name)
    if not _FILE.fullmatch(held.file) or held.file.partition(".")[0] != name:
        raise MirrorError(f"{name} is in {_shown(held.file)}, which is not a file of a mirror.")
    if not _SHA256.fullmatch(held.sha256):
        raise MirrorError(
            f"{name} has the checksum {_shown(held.sha256)}, which is not a checksum."
        )
    if not _is_time(held.retrieved):
        raise MirrorError(f"{name} was retrieved at {_shown(held.retrieved)}, which is not a time.")
    if len(set(held.columns)) != len(held.columns) or not held.columns:
        raise MirrorError(f"{name} has no columns, or one twice.")
    return held


def _is_time(text: str) -> bool:
    """Tell whether a text is a time as we write it, of a day that there is."""
    try:
        return _ISO.fullmatch(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _make(kind: type[Made], found: object, what: str) -> Made:
    """Make one of our records from JSON, every value of its declared type."""
    wanted = {item.name: item.type for item in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(found, dict) or set(found) != set(wanted):
        raise MirrorError(f"{what} does not contain exactly {', '.join(wanted)}.")
    values: dict[str, Any] = {}
    for name, declared in wanted.items():
        value = found[name]
        if declared == tuple[str, ...] and isinstance(value, list):
            value = tuple(value)
        if not _is_of(value, declared):
            raise MirrorError(f"{what} has {_shown(value)} for {name}.")
        values[name] = value
    return kind(**values)


def _is_of(value: object, declared: object) -> bool:
    """Tell whether a value is of a type that a record declares; deeper records are ours already."""
    if declared == tuple[str, ...]:
        return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    if declared is int:
        return type(value) is int and -1 <= value < _MOST
    return not isinstance(declared, type) or declared not in {str, bool} or type(value) is declared


def _shown(value: object) -> str:
    """Show a value of a file in a message, not too long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def file_of(folder: Path, found: Manifest, table: str) -> Path:
    """Find the file of a table, and check that it is there with its size."""
    held = found.tables[table]
    path = folder / held.file
    size = path.stat().st_size if path.is_file() and not path.is_symlink() else None
    if size != held.bytes:
        state = "is not there" if size is None else f"has {size} bytes instead of {held.bytes}"
        raise MirrorError(
            f"The mirror {str(folder)!r} is damaged: {held.file} {state}. Write "
            f"astroquery_csc.mirror.update({str(folder)!r}) to fetch it again."
        )
    return path
