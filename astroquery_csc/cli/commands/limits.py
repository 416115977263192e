# Licensed under a 3-clause BSD style license - see LICENSE
"""``limits``: fluxes and their bounds at any level."""

from argparse import Namespace
from typing import Any

from astroquery_csc.cli.client import client
from astroquery_csc.cli.commands.detections import add_rows, rows_of
from astroquery_csc.cli.options import PROGRAM, add, add_output, add_service, word_list
from astroquery_csc.cli.output import Output

__all__ = ["add_to", "run"]

_ABOUT = "Give fluxes and their bounds at any level, from the posteriors of the catalogue."
_EXAMPLES = f"""\
example:
  {PROGRAM} limits "2CXO J004236.1+412156" --level 0.9973 --bands b
"""
_FIRST = ("name", "obsid", "band", "level", "flux", "flux_lolim", "flux_hilim", "is_limit")


def add_to(parts: Any) -> None:
    """Add the subcommand."""
    part = add(parts, "limits", "fluxes and bounds at any level", _ABOUT, run, epilog=_EXAMPLES)
    add_rows(part)
    part.add_argument(
        "--level",
        type=float,
        default=0.9973,
        metavar="P",
        help="probability between the bounds (default: 0.9973, 3 sigma)",
    )
    part.add_argument("--bands", type=word_list, metavar="A,B", help="bands, such as b,w")
    add_service(part)
    add_output(part)


def run(args: Namespace) -> None:
    """Give limits."""
    output, csc = Output(args), client(args)
    rows = rows_of(args, csc)
    table = csc.query_limits(rows, level=args.level, bands=args.bands, cache=args.cache)
    output.give(table, first=_FIRST)
