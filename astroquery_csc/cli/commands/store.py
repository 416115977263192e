# Licensed under a 3-clause BSD style license - see LICENSE
"""``cache`` and ``cite``: what is kept on this computer, and what to write in a paper."""

from argparse import Namespace
from typing import Any

import astroquery_csc
from astroquery_csc.cli.messages import note
from astroquery_csc.cli.options import add, add_output
from astroquery_csc.cli.output import Output
from astroquery_csc.core import CscClass

__all__ = ["add_to", "cite", "clear", "info"]


def add_to(parts: Any) -> None:
    """Add the subcommands."""
    whole = parts.add_parser("cache", help="answers kept on this computer")
    steps = whole.add_subparsers(title="steps", required=True, metavar="STEP")
    part = add(steps, "info", "list what is kept", "List the cached answers.", info)
    add_output(part)
    add(steps, "clear", "remove what is kept", "Remove every cached answer and posterior.", clear)
    about = "Print what to cite, as BibTeX, and how to acknowledge the catalogue."
    add(parts, "cite", "what to cite", about, cite)


def info(args: Namespace) -> None:
    """List the cached answers."""
    output = Output(args)
    table = CscClass().cache_info()
    output.give(table, first_to_go=("url",))
    size, limit = (table.meta[key] / 1e6 for key in ("SIZE", "LIMIT"))
    most = "" if limit < 0 else f" of at most {limit:g} MB"
    note(f"{len(table)} answers, {size:.1f} MB{most}, in {table.meta['LOCATION']}")


def clear(_: Namespace) -> None:
    """Empty the cache."""
    csc = CscClass()
    csc.clear_cache()
    note(f"emptied {csc.cache_location}")


def cite(_: Namespace) -> None:
    """Print the citation."""
    print(astroquery_csc.__citation__, end="")
