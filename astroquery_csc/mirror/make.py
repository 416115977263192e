# Licensed under a 3-clause BSD style license - see LICENSE
"""
A copy of the catalogue on this computer: made, checked, brought up to date.

``Csc(mirror=path)`` then answers without a network. A mirror is a folder: ``manifest.json``, which
says what is there and where it is from, and one Parquet file a table, which other software reads.
"""

import os
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from astropy.table import Table

from astroquery_csc.catalogue.releases import Release, get_release
from astroquery_csc.catalogue.schema import MASTER
from astroquery_csc.core import Csc, CscClass
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, MirrorError
from astroquery_csc.mirror.copy import Asker, copy_table
from astroquery_csc.mirror.lsdb import to_lsdb
from astroquery_csc.mirror.plan import DEFAULT_COLUMNS, Plan, asked_tables, plan
from astroquery_csc.mirror.staging import Staging, digest
from astroquery_csc.store import parquet
from astroquery_csc.store.arrow import check_installed
from astroquery_csc.store.disk import release_of
from astroquery_csc.store.manifest import (
    VERSION,
    Held,
    Manifest,
    check_place,
    file_of,
    path_of,
    read,
)

__all__ = ["create", "to_lsdb", "update", "verify"]

Columns: TypeAlias = str | Collection[str] | Mapping[str, Collection[str] | str | None] | None
Wanted: TypeAlias = dict[str, tuple[str, ...] | None]


def create(
    path: str | os.PathLike[str],
    *,
    csc: CscClass = Csc,
    tables: str | Collection[str] = (MASTER,),
    columns: Columns = None,
    expected: int | None = None,
) -> Table:
    """
    Copy tables of the catalogue into a folder.

    Each table is asked for twice, in different pages: its keys, then its rows. Only where both
    agree was nothing cut. The number of masters has to be the one that the release is known to
    have. What has come is kept beside ``path``; a call that was interrupted, or failed, goes on
    from there when it is repeated. The folder appears when it is whole.

    Parameters
    ----------
    path : str or path-like
        Where the mirror will be; nothing, or an empty folder, may be there now.
    csc : CscClass, optional
        What is copied: the release, and the server, that it would ask.
    tables : str or sequence of str, optional
        Bare names, or ``"all"``. For detections and light curves also ``"master_stack_assoc"``,
        ``"stack_source"``, ``"stack_observation_assoc"`` and ``"observation_source"``.
    columns : str, sequence of str or mapping, optional
        Columns of ``master_source``, or a mapping from tables to their columns; a named set may
        stand for columns, ``"*"`` for all. Keys and positions are always copied. Default: of
        ``master_source`` what the verbs give by default, and ``"match"``; of other tables, and
        with ``tables="all"``, every column.
    expected : int, optional
        How many masters there have to be, if not as many as the release has; -1 for any number.

    Returns
    -------
    `~astropy.table.Table`
        One row per table, as from `verify`.

    Raises
    ------
    InvalidQueryError
        If a table or column is not known; nothing is written.
    InputTypeError
        If an argument is of the wrong type.
    MirrorError
        If something is at ``path``, another process writes there, the disk is full, or the numbers
        do not agree.
    MissingPackageError
        If pyarrow is not installed.
    CscError
        What `~astroquery_csc.CscClass.query_tap` raises; what has come is kept.

    Examples
    --------
    The example's service is a small one, without the 407,806 sources of the release; so
    their number is given:

    >>> from tempfile import TemporaryDirectory
    >>> from astroquery_csc import Csc, mirror
    >>> with TemporaryDirectory() as folder:
    ...     made = mirror.create(f"{folder}/csc21", columns="match", expected=3393)
    ...     offline = Csc(mirror=f"{folder}/csc21")
    ...     source = offline.query_object("2CXO J032908.3+312020", verbosity=1)
    >>> print(made["table", "rows", "columns"])
        table     rows columns
    ------------- ---- -------
    master_source 3393      16
    >>> len(source)
    1
    """
    target = path_of(path)
    wanted = asked_tables(tables, columns)
    if MASTER in wanted and tables != "all" and not _is_named(columns, MASTER):
        wanted[MASTER] = wanted[MASTER] or DEFAULT_COLUMNS
    release = _prepare(csc, expected)
    _check_free(target)
    with Staging(target) as staging:
        _check_free(target)
        asker = Asker(csc, release, staging)
        made = _copied(asker, staging, wanted, _number(release, wanted, expected))
        staging.publish(made)
    return _overview(target, made)


def update(
    path: str | os.PathLike[str],
    *,
    csc: CscClass | None = None,
    tables: str | Collection[str] | None = None,
    columns: Columns = None,
    expected: int | None = None,
) -> Table:
    """
    Ask for the tables of a mirror again, or add tables and columns to it.

    The new files count from one moment to the next; whoever reads the mirror has the old or the new
    one. If something fails, the old mirror stays as it is.

    Parameters
    ----------
    path : str or path-like
        A mirror.
    csc : CscClass, optional
        What is copied; it has to be of the mirror's release. Default: ``Csc`` of that release.
    tables : str or sequence of str, optional
        Only these are asked for, and added where the mirror lacks them; the others stay.
        Default: those that the mirror has, or, with ``columns``, those that have columns.
    columns : str, sequence of str or mapping, optional
        Columns to add, as for `create`; those that the mirror has come again.
    expected : int, optional
        As for `create`. Default: what the mirror was made with.

    Returns
    -------
    `~astropy.table.Table`
        One row per table, as from `verify`.

    Raises
    ------
    InvalidQueryError
        If a table or column is not known, or ``csc`` is of another release.
    InputTypeError
        If an argument is of the wrong type.
    MirrorError
        If it is not a mirror, or as for `create`.
    CscError
        What `~astroquery_csc.CscClass.query_tap` raises; what has come is kept.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from astroquery_csc import Csc, mirror
    >>> with TemporaryDirectory() as folder:
    ...     made = mirror.create(f"{folder}/csc21", csc=Csc, columns="match", expected=3393)
    ...     more = mirror.update(f"{folder}/csc21", csc=Csc, tables="valid_stack")
    >>> more["table"].tolist()
    ['master_source', 'valid_stack']
    """
    target = path_of(path)
    old = read(target)
    source = Csc(release=old.release) if csc is None else csc
    release = _prepare(source, expected)
    if release.name != old.release:
        raise InvalidQueryError(
            f"The mirror {str(target)!r} is of release {old.release}, and csc asks {release.name}. "
            f"Write csc=Csc(release={old.release!r}), or create another mirror.",
            release=release.name,
        )
    wanted = _wanted(old, release, tables, columns)
    number = old.expected if expected is None else _number(release, wanted, expected)
    with Staging(target) as staging:
        old = read(target)
        made = _copied(Asker(source, release, staging), staging, wanted, number, old)
        staging.replace(made)
    return _overview(target, made)


def verify(path: str | os.PathLike[str]) -> Table:
    """
    Check every file of a mirror: size, checksum, rows, columns.

    Parameters
    ----------
    path : str or path-like
        A mirror.

    Returns
    -------
    `~astropy.table.Table`
        One row per table: table, rows, columns (how many), complete (whether these are all),
        without_position (rows whose ra or dec is null), size (bytes), retrieved (ISO, UTC), file;
        meta holds RELEASE, SERVICE (what was copied) and CREATED.

    Raises
    ------
    MirrorError
        If it is not a mirror, is of an unknown release, or is damaged; each damaged file is named.
    InputTypeError
        If the path is not a path.
    MissingPackageError
        If pyarrow is not installed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from astroquery_csc import Csc, mirror
    >>> with TemporaryDirectory() as folder:
    ...     _ = mirror.create(f"{folder}/csc21", csc=Csc, tables="valid_stack")
    ...     found = mirror.verify(f"{folder}/csc21")
    >>> found["rows"].tolist()
    [143]
    """
    target = path_of(path)
    check_installed("pyarrow")
    found = read(target)
    release_of(target, found)
    wrong = [text for name in found.tables if (text := _damage(target, found, name))]
    if wrong:
        raise MirrorError(
            f"The mirror {str(target)!r} is damaged: {'; '.join(wrong)}. Write "
            f"astroquery_csc.mirror.update({str(target)!r}) to fetch it again."
        )
    return _overview(target, found)


def _damage(target: Path, found: Manifest, name: str) -> str:
    """Say what is wrong with a file; an empty string where nothing is."""
    held = found.tables[name]
    try:
        path = file_of(target, found, name)
        if digest(path) != held.sha256:
            return f"{held.file} has a checksum that differs from the manifest"
        with parquet.opened(path) as file:
            if file.rows != held.rows or tuple(file.columns) != held.columns:
                return f"{held.file} lacks rows or columns that the manifest lists"
    except (MirrorError, OSError) as error:
        return str(error)
    return ""


def _prepare(csc: object, expected: object) -> Release:
    """Check what is copied before anything is asked."""
    check_installed("pyarrow")
    if not isinstance(csc, CscClass):
        raise InputTypeError(f"csc is {csc!r}. Write csc=Csc(release='2.1').")
    if expected is not None and (type(expected) is not int or expected < -1):
        raise InputTypeError(f"expected is {expected!r}; expected a number of rows, or -1.")
    return get_release(csc.release)


def _check_free(target: Path) -> None:
    """Refuse a place where something is, or where no mirror can be."""
    check_place(target)
    if not os.path.lexists(target):
        return
    if target == Path.cwd() or os.path.ismount(target):
        raise MirrorError(
            f"{str(target)!r} is the working directory or the root of a file system: no other "
            f"folder can take its place. Name one in it: {str(target / 'csc')!r}."
        )
    if target.is_dir() and not target.is_symlink() and not any(target.iterdir()):
        return
    try:
        found = read(target)
    except MirrorError as error:
        raise MirrorError(
            f"Something is at {str(target)!r} that is not a mirror, and it is not touched. Give "
            "another path."
        ) from error
    raise MirrorError(
        f"A mirror of release {found.release} is at {str(target)!r} already. Write "
        f"astroquery_csc.mirror.update({str(target)!r}) to bring it up to date or to add to it."
    )


def _number(release: Release, wanted: Wanted, expected: int | None) -> int:
    """Tell how many masters there have to be; -1 for any number."""
    if MASTER not in wanted:
        return -1
    return release.masters if expected is None else expected


def _wanted(old: Manifest, release: Release, tables: object, columns: object) -> Wanted:
    """Decide what an update asks for: what is there, and what is added."""
    given = tables
    if given is None and columns is not None:
        given = tuple(columns) if isinstance(columns, Mapping) else (MASTER,)
    added = {} if given is None else asked_tables(given, columns)
    # A release that changes from day to day is never of two days.
    again = given is None or release.cache_seconds >= 0
    wanted: Wanted = {
        name: None if held.complete else held.columns
        for name, held in old.tables.items()
        if again or name in added
    }
    for name, names in added.items():
        before = wanted.get(name, ())
        if name in wanted and names is None and not _is_named(columns, name):
            continue
        both = None if names is None or before is None else (*before, *names)
        wanted[name] = both
    return wanted


def _is_named(columns: object, table: str) -> bool:
    """Whether all columns of a table are asked for in so many words."""
    if isinstance(columns, Mapping):
        return table in columns
    return isinstance(columns, str | Collection) and "*" in columns


def _copied(
    asker: Asker, staging: Staging, wanted: Wanted, expected: int, old: Manifest | None = None
) -> Manifest:
    """Copy tables, and write down what was copied."""
    release = asker.release
    plans = [plan(name, columns, asker.columns(name)) for name, columns in wanted.items()]
    max_age = release.cache_seconds if release.cache_seconds >= 0 else None
    staging.begin(_job(asker, plans), max_age)
    held: dict[str, Held] = {} if old is None else dict(old.tables)
    for one in plans:
        held[one.table] = copy_table(asker, one, expected if one.table == MASTER else -1, staging)
    return Manifest(
        release=release.name,
        schema=release.schema,
        server=asker.service,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        package=_version(),
        expected=expected if MASTER in wanted or old is None else old.expected,
        tables=held,
    )


def _job(asker: Asker, plans: list[Plan]) -> dict[str, Any]:
    """Say what is copied, so that answers to other questions are not taken for its own."""
    return {
        "version": VERSION,
        "release": asker.release.name,
        "service": asker.service,
        "tables": {one.table: list(one.columns) for one in plans},
    }


def _version() -> str:
    """Version of the package."""
    try:
        return version("astroquery_csc")
    except PackageNotFoundError:  # pragma: no cover - a source tree that is not installed
        return "unknown"


def _overview(target: Path, found: Manifest) -> Table:
    """List the tables of a mirror."""
    held = list(found.tables.values())
    table = Table(
        {
            "table": list(found.tables),
            "rows": np.array([one.rows for one in held], dtype=np.int64),
            "columns": np.array([len(one.columns) for one in held], dtype=np.int32),
            "complete": [one.complete for one in held],
            "without_position": np.array([one.without_position for one in held], dtype=np.int64),
            "size": np.array([one.bytes for one in held], dtype=np.int64),
            "retrieved": [one.retrieved for one in held],
            "file": [str(target / one.file) for one in held],
        }
    )
    table["size"].unit = "byte"
    table.meta.update(
        CATALOG="CSC", RELEASE=found.release, SERVICE=found.server, CREATED=found.created
    )
    return table
