# Licensed under a 3-clause BSD style license - see LICENSE
"""``object``: one source, the sources around an object, or a list of names."""

from argparse import Namespace
from typing import Any

from astroquery_csc.cli.client import client, resolver
from astroquery_csc.cli.commands.cone import choice_of
from astroquery_csc.cli.options import (
    PROGRAM,
    add,
    add_choice,
    add_output,
    add_resolver,
    add_service,
    angle,
)
from astroquery_csc.cli.output import MASTERS_FIRST, Output
from astroquery_csc.cli.places import read_names

__all__ = ["add_to", "run"]

_ABOUT = """\
Give a source of the catalogue by its 2CXO name, or the sources around an object.
@FILE gives names, one per line.
"""
_EXAMPLES = f"""\
examples:
  {PROGRAM} object "2CXO J032912.9+311814"
  {PROGRAM} object NGC 1333 --radius "2 arcmin"
  {PROGRAM} object @names.txt -o sources.fits
"""


def add_to(parts: Any) -> None:
    """Add the subcommand."""
    part = add(
        parts, "object", "a source, or those around an object", _ABOUT, run, epilog=_EXAMPLES
    )
    part.add_argument("object_name", nargs="+", metavar="NAME", help="a name, or @FILE")
    part.add_argument(
        "--radius",
        type=angle,
        metavar="RADIUS",
        help="with its unit (default: 2arcmin; a 2CXO name without it is that source alone)",
    )
    add_choice(part)
    add_service(part)
    add_resolver(part)
    add_output(part)


def run(args: Namespace) -> None:
    """Give a source, or the sources around an object."""
    output, csc, wanted = Output(args), client(args), choice_of(args)
    with resolver(args.resolver):
        if args.object_name[0].startswith("@"):
            names = read_names(args.object_name)
            table = csc.query_objects(names, args.radius, **wanted)
        else:
            table = csc.query_object(" ".join(args.object_name), args.radius, **wanted)
    output.give(table, first=MASTERS_FIRST)
