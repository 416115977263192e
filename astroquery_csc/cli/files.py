# Licensed under a 3-clause BSD style license - see LICENSE
"""Files by their ending, whole or not at all."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from astropy.table import Table

from astroquery_csc.cli.formats import BY_ENDING, PICTURE, Format, ending_of, text_of
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.optional import check_installed
from astroquery_csc.whole_file import whole_path

__all__ = ["ENDINGS", "Draw", "Target", "check_target", "require"]

#: The endings of tables that are known.
ENDINGS = tuple(BY_ENDING)
#: Draws a table into a file.
Draw: TypeAlias = Callable[[Table, Path], None]


@dataclass(frozen=True, slots=True)
class Target:
    """A file that a table will go to."""

    path: Path
    write: Draw
    overwrite: bool = False

    def save(self, table: Table) -> None:
        """Write a table."""
        _refuse_existing(self.path, overwrite=self.overwrite)
        with whole_path(self.path) as path:
            self.write(table, path)


def check_target(
    name: str, *, overwrite: bool = False, kind: str | None = None, draw: Draw | None = None
) -> Target:
    """Check where a table will go, before it is asked for."""
    path = Path(name).expanduser()
    if ending_of(path) == PICTURE and draw is not None:
        found = Format(draw, "matplotlib", "local")
    elif kind is not None:
        found = Format(lambda table, file: _write_kind(table, file, kind))
    else:
        found = _format_of(path, name, draw)
    if not path.parent.is_dir():
        raise InvalidQueryError(f"The folder {str(path.parent)!r} does not exist. Make it first.")
    _refuse_existing(path, overwrite=overwrite)
    if found.package:
        require(found.package, extra=found.extra)
    return Target(path, found.write, overwrite)


def _write_kind(table: Table, path: Path, kind: str) -> None:
    """Write a format that was named."""
    path.write_text(text_of(table, kind), encoding="utf-8", newline="")


def _format_of(path: Path, name: str, draw: Draw | None) -> Format:
    """Look the ending up."""
    ending = ending_of(path)
    if ending == PICTURE:
        raise InvalidQueryError(
            f"{name!r}: this subcommand draws no picture; cone, lightcurve and spectra do. "
            f"Known endings: {', '.join(ENDINGS)}."
        )
    if ending not in BY_ENDING:
        known = [*ENDINGS, *([PICTURE] if draw is not None else [])]
        raise InvalidQueryError(
            f"The ending of {name!r} is not known. Known: {', '.join(known)}; or add --format."
        )
    return BY_ENDING[ending]


def _refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Refuse to write over something."""
    if path.is_dir():
        raise InvalidQueryError(f"{str(path)!r} is a folder. Name a file in it.")
    if path.exists() and not overwrite:
        raise InvalidQueryError(f"{str(path)!r} exists already. Add --overwrite.")


def require(*packages: str, extra: str) -> None:
    """Ask for packages that only some uses need."""
    check_installed(*packages, what="This command", extra=extra)
