# Licensed under a 3-clause BSD style license - see LICENSE
"""``releases``, ``tables`` and ``columns``: what the catalogue contains."""

from argparse import Namespace
from typing import Any

from astroquery_csc.cli.client import client
from astroquery_csc.cli.messages import note
from astroquery_csc.cli.options import add, add_output, add_release, add_server
from astroquery_csc.cli.output import Output

__all__ = ["add_to", "columns", "releases", "tables"]


def add_to(parts: Any) -> None:
    """Add the subcommands."""
    part = add(parts, "releases", "releases of the catalogue", "List the releases.", releases)
    _finish(part)
    about = "List the tables of the catalogue."
    part = add(parts, "tables", "tables of the catalogue", about, tables)
    part.add_argument("--refresh", action="store_true", help="ask the service itself")
    _finish(part)
    about = "List columns with their units and meaning."
    part = add(parts, "columns", "columns, with units and meaning", about, columns)
    part.add_argument("tables", nargs="*", metavar="TABLE", help="tables; all without it")
    part.add_argument("--keyword", metavar="WORD", help="those with WORD in name or description")
    part.add_argument("--refresh", action="store_true", help="ask the service itself")
    _finish(part)


def _finish(part: Any) -> None:
    """Add the options that all three have."""
    add_release(part)
    add_server(part)
    add_output(part)


def releases(args: Namespace) -> None:
    """List the releases."""
    output = Output(args)
    output.give(client(args).list_releases())


def tables(args: Namespace) -> None:
    """List the tables of a release."""
    output, csc = Output(args), client(args)
    found = csc.list_tables(refresh=args.refresh)
    output.give(found, first_to_go=("complete",))


def columns(args: Namespace) -> None:
    """List columns."""
    output = Output(args)
    found = client(args).list_columns(*args.tables, keyword=args.keyword, refresh=args.refresh)
    if not len(found):
        note("warning: No column matches.")
    output.give(found, first_to_go=("ucd", "table"))
