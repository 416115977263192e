# Licensed under a 3-clause BSD style license - see LICENSE
"""Files by their ending, whole or not at all."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from astropy import units as u
from astropy.table import Table

from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.optional import check_installed
from astroquery_csc.tables import for_fits

__all__ = ["ENDINGS", "Target", "check_target", "require", "whole_file"]

_MANY_COLUMNS = 100


def _write_fits(table: Table, path: Path) -> None:
    """FITS, with masked booleans kept."""
    for_fits(table).write(path, format="fits")


def _write_ecsv(table: Table, path: Path) -> None:
    """ECSV."""
    table.write(path, format="ascii.ecsv")


def _write_csv(table: Table, path: Path) -> None:
    """CSV: a null is an empty cell; units and descriptions have no place in it."""
    table.write(path, format="ascii.csv")


def _write_votable(table: Table, path: Path) -> None:
    """VOTable; its standard calls erg deprecated, but that is the unit of the catalogue."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*erg.*", category=u.UnitsWarning)
        table.write(path, format="votable")


def _write_parquet(table: Table, path: Path) -> None:
    """Parquet."""
    table.write(path, format="parquet")


def _write_hdf5(table: Table, path: Path) -> None:
    """HDF5: the table is at ``csc``, its units, descriptions and meta beside it."""
    import h5py

    # A header of the oldest format, which all readers know, holds 64 kB: some hundred columns.
    version = "latest" if len(table.colnames) > _MANY_COLUMNS else "earliest"
    with h5py.File(path, "w", libver=version) as file:
        table.write(file, format="hdf5", path="csc", serialize_meta=True)


@dataclass(frozen=True, slots=True)
class _Format:
    """How a kind of file is written."""

    write: Callable[[Table, Path], None]
    package: str = ""
    extra: str = ""


_FORMATS = {
    ".fits": _Format(_write_fits),
    ".ecsv": _Format(_write_ecsv),
    ".csv": _Format(_write_csv),
    ".vot": _Format(_write_votable),
    ".xml": _Format(_write_votable),
    ".parquet": _Format(_write_parquet, "pyarrow", "fast"),
    ".h5": _Format(_write_hdf5, "h5py", "all"),
    ".hdf5": _Format(_write_hdf5, "h5py", "all"),
}

#: The endings that are known.
ENDINGS = tuple(_FORMATS)


@dataclass(frozen=True, slots=True)
class Target:
    """A file that a table will go to."""

    path: Path
    overwrite: bool = False

    def save(self, table: Table) -> None:
        """Write a table."""
        _refuse_existing(self)
        with whole_file(self.path) as path:
            _FORMATS[self.path.suffix.lower()].write(table, path)


def check_target(name: str, *, overwrite: bool = False) -> Target:
    """Check where a table will go, before it is asked for."""
    target = Target(Path(name).expanduser(), overwrite)
    ending = target.path.suffix.lower()
    if ending not in _FORMATS:
        raise InvalidQueryError(
            f"The ending of {name!r} is not known. Known: {', '.join(ENDINGS)}."
        )
    if not target.path.parent.is_dir():
        raise InvalidQueryError(f"The folder {str(target.path.parent)!r} is not there. Make it.")
    _refuse_existing(target)
    if _FORMATS[ending].package:
        require(_FORMATS[ending].package, extra=_FORMATS[ending].extra)
    return target


def _refuse_existing(target: Target) -> None:
    """Refuse to write over something."""
    if target.path.is_dir():
        raise InvalidQueryError(f"{str(target.path)!r} is a folder. Name a file in it.")
    if target.path.exists() and not target.overwrite:
        raise InvalidQueryError(f"{str(target.path)!r} is there already. Add --overwrite.")


def require(*packages: str, extra: str) -> None:
    """Ask for packages that only some uses need."""
    check_installed(*packages, what="This command", extra=extra)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Make a file that appears when it is complete, and does not appear otherwise."""
    # A folder, not a file of tempfile's, whose mode would not follow the umask.
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        made = Path(folder, path.name)
        yield made
        made.replace(path)
