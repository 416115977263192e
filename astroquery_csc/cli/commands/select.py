# Licensed under a 3-clause BSD style license - see LICENSE
"""``select``: master sources of the whole sky by conditions."""

from argparse import Namespace
from typing import Any

from astroquery_csc.cli.client import client
from astroquery_csc.cli.options import (
    PROGRAM,
    add,
    add_choice,
    add_output,
    add_service,
    read_filters,
)
from astroquery_csc.cli.output import MASTERS_FIRST, Output

__all__ = ["add_to", "run"]

_ABOUT = "Find sources of the whole sky by conditions, without writing ADQL."
_EXAMPLES = f"""\
examples:
  {PROGRAM} select --column-filters significance=100..
  {PROGRAM} select --criteria "flux_aper_b > 1e-12" --columns photometry -o bright.fits
"""


def add_to(parts: Any) -> None:
    """Add the subcommand."""
    part = add(parts, "select", "sources of the whole sky", _ABOUT, run, epilog=_EXAMPLES)
    add_choice(part, verbosity=False)
    add_service(part)
    add_output(part)


def run(args: Namespace) -> None:
    """Select sources."""
    output = Output(args)
    table = client(args).query_criteria(
        columns=args.columns,
        column_filters=read_filters(args.column_filters),
        criteria=args.criteria,
        row_limit=args.row_limit,
        cache=args.cache,
    )
    output.give(table, first=MASTERS_FIRST)
