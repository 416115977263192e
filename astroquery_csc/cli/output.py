# Licensed under a 3-clause BSD style license - see LICENSE
"""Where a table goes: a file, a pipe with every digit, or a terminal where it fits."""

import shutil
import sys
from argparse import Namespace
from collections.abc import Collection

import numpy as np
from astropy.table import Table

from astroquery_csc.cli.files import Draw, Target, check_target
from astroquery_csc.cli.formats import text_of
from astroquery_csc.cli.messages import note
from astroquery_csc.cli.terminal import render
from astroquery_csc.exceptions import clean

__all__ = ["MASTERS_FIRST", "Incomplete", "Output"]

#: What a terminal shows first of master sources: it fits into 80 characters.
MASTERS_FIRST = ("name", "ra", "dec", "separation", "flux_aper_b", "significance")


class Incomplete(Exception):  # noqa: N818 - not an error: an answer that is not whole
    """The answer was given, but is not whole, and ``--strict`` was asked for."""


class Output:
    """Where the options say that a table goes; checked before anything is sent."""

    def __init__(self, args: Namespace, draw: Draw | None = None) -> None:
        self._kind: str | None = args.format
        self._strict: bool = args.strict
        self._target: Target | None = None
        if args.output not in (None, "-"):
            self._target = check_target(
                args.output, overwrite=args.overwrite, kind=args.format, draw=draw
            )
        if args.output == "-" and self._kind is None:
            self._kind = "tsv"

    def give(
        self, table: Table, *, first: Collection[str] = (), first_to_go: Collection[str] = ()
    ) -> None:
        """Write a table into its file, or show it."""
        if self._target is not None:
            self._target.save(table)
            columns = len(table.colnames)
            note(f"rows: {len(table)}, columns: {columns}, file: {self._target.path}")
        elif self._kind is not None or not sys.stdout.isatty():
            text = text_of(table, self._kind or "tsv")
            sys.stdout.write(clean(text) if sys.stdout.isatty() else text)
        else:
            _show(table, first, first_to_go)
        if self._strict and _is_short(table):
            raise Incomplete


def _is_short(table: Table) -> bool:
    """Look whether rows were cut off, or some of what was asked failed."""
    failed = "status" in table.colnames and bool(np.any(table["status"] == "failed"))
    return failed or bool(table.meta.get("TRUNC"))


def _show(table: Table, first: Collection[str], first_to_go: Collection[str]) -> None:
    """Show a table on the terminal, and name what does not fit."""
    width = shutil.get_terminal_size().columns
    leading = [name for name in first if name in table.colnames]
    ordered = table[[*leading, *(name for name in table.colnames if name not in leading)]]
    lines, hidden = render(ordered, width, first_to_go=first_to_go)
    for line in lines:
        print(line)
    if hidden:
        note(
            f"{len(hidden)} of {len(table.colnames)} columns did not fit and are not shown "
            f"({', '.join(hidden)}). Add '| less -S', or write a file: -o table.fits."
        )
