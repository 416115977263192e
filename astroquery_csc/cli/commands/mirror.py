# Licensed under a 3-clause BSD style license - see LICENSE
"""``mirror``: make a copy of the catalogue, bring it up to date, check it."""

from argparse import Namespace, RawDescriptionHelpFormatter
from typing import Any

from astropy.table import Table

from astroquery_csc import mirror
from astroquery_csc.cli.client import client, make_csc
from astroquery_csc.cli.messages import note
from astroquery_csc.cli.options import (
    PROGRAM,
    add,
    add_output,
    add_release,
    add_server,
    word_list,
)
from astroquery_csc.cli.output import Output
from astroquery_csc.store.manifest import path_of, read

__all__ = ["add_to", "create", "update", "verify"]

_TO_GO = ("file", "without_position", "retrieved", "complete")
_ABOUT = f"""\
Copy the catalogue into a folder, which then answers without a network.

  {PROGRAM} mirror create csc21
  {PROGRAM} mirror verify csc21
  {PROGRAM} cone 52.297 31.31 2 --mirror csc21
"""


def add_to(parts: Any) -> None:
    """Add the subcommand and its own subcommands."""
    whole = parts.add_parser(
        "mirror",
        help="a copy of the catalogue on this computer",
        description=_ABOUT,
        formatter_class=RawDescriptionHelpFormatter,
    )
    steps = whole.add_subparsers(title="steps", required=True, metavar="STEP")
    for run, summary in (
        (create, "copy tables into a new folder"),
        (update, "ask for its tables again, or add some"),
        (verify, "check every file"),
    ):
        part = add(steps, run.__name__, summary, f"{summary.capitalize()}.", run)
        part.add_argument("path", metavar="PATH", help="the folder of the mirror")
        add_output(part)
        if run is not verify:
            _add_tables(part)
        if run is create:
            add_release(part)


def _add_tables(part: Any) -> None:
    """Add which tables, and from where."""
    part.add_argument(
        "--tables",
        type=word_list,
        metavar="A,B,...",
        help="tables to copy, or all; without it, the sources",
    )
    part.add_argument(
        "--columns",
        type=word_list,
        metavar="A,B,...",
        help="columns of master_source, '*' for all, or a set; without it, those that 'cone' gives "
        "and those of the set match",
    )
    part.add_argument(
        "--expected", type=int, metavar="N", help="sources there have to be; -1 for any number"
    )
    add_server(part)


def _tables(args: Namespace) -> list[str] | str | None:
    """Give the tables to copy; the word "all" stands for all of them."""
    tables: list[str] | None = args.tables
    return "all" if tables == ["all"] else tables


def create(args: Namespace) -> None:
    """Make a mirror."""
    output = Output(args)
    made = mirror.create(
        args.path,
        csc=client(args),
        tables=_tables(args) or ("master_source",),
        columns=args.columns,
        expected=args.expected,
    )
    _show(output, made)
    note(f"to use it: {PROGRAM} cone RA DEC --mirror {args.path}")


def update(args: Namespace) -> None:
    """Ask for a mirror's tables again, or add to it."""
    output, release = Output(args), read(path_of(args.path)).release
    made = mirror.update(
        args.path,
        csc=make_csc(args.server, release, timeout=args.timeout),
        tables=_tables(args),
        columns=args.columns,
        expected=args.expected,
    )
    _show(output, made)


def verify(args: Namespace) -> None:
    """Check a mirror."""
    output = Output(args)
    _show(output, mirror.verify(args.path))


def _show(output: Output, made: Table) -> None:
    """Show the tables of a mirror, and where they are from."""
    output.give(made, first_to_go=_TO_GO)
    note(f"release {made.meta['RELEASE']}, of {made.meta['CREATED']}, from {made.meta['SERVICE']}")
