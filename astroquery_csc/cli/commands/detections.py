# Licensed under a 3-clause BSD style license - see LICENSE
"""``detections``: the measurements of sources in single observations or stacks."""

from argparse import Namespace
from typing import Any

from astropy.table import Table

from astroquery_csc.cli.client import client, resolver
from astroquery_csc.cli.lists import place_or_list
from astroquery_csc.cli.options import (
    PROGRAM,
    add,
    add_output,
    add_resolver,
    add_service,
    angle,
    read_filters,
    word_list,
)
from astroquery_csc.cli.output import Output
from astroquery_csc.cli.places import read_names
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InvalidQueryError

__all__ = ["add_rows", "add_to", "rows_of", "run"]

_ABOUT = """\
Find the detections of sources, around a place, in an observation, or anywhere by their values.
NAME is a 2CXO name; several may be given, and @FILE has one per line.
"""
_EXAMPLES = f"""\
examples:
  {PROGRAM} detections "2CXO J004236.1+412156"
  {PROGRAM} detections --obsid 90005 --columns theta,flux_aper_b,m.ra
  {PROGRAM} detections --around 10.7 41.3 --radius 2arcmin
  {PROGRAM} detections --criteria "o.theta < 5 AND o.src_cnts_aper_b >= 40"
"""


def add_to(parts: Any) -> None:
    """Add the subcommand."""
    part = add(parts, "detections", "single observations of sources", _ABOUT, run, epilog=_EXAMPLES)
    _add_names(part)
    part.add_argument(
        "--around", nargs="+", metavar="PLACE", help="of sources around RA DEC, a name, or @FILE"
    )
    part.add_argument(
        "--radius", type=angle, metavar="R", help="how far from PLACE (default: 2arcmin)"
    )
    part.add_argument(
        "--criteria", metavar="ADQL", help="a condition: 'o.theta < 5 AND m.significance > 10'"
    )
    part.add_argument(
        "--level", choices=("observation", "stack"), default="observation", help="whose rows"
    )
    part.add_argument(
        "--match-type",
        default="u",
        metavar="LETTERS",
        help="u unique, a ambiguous, n not detected, or several: una (default: u)",
    )
    part.add_argument(
        "--columns", type=word_list, metavar="A,B,...", help="columns of the level, or '*'"
    )
    part.add_argument(
        "--column-filters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="keep rows with this value, or range: theta=..5",
    )
    add_service(part)
    add_resolver(part)
    add_output(part)


def _add_names(part: Any) -> None:
    """Add names and observations."""
    part.add_argument("names", nargs="*", metavar="NAME", help="2CXO names, or @FILE")
    part.add_argument(
        "--obsid", type=int, action="append", metavar="N", help="in this observation; repeatable"
    )


def add_rows(part: Any) -> None:
    """Add the options that choose the rows whose files are wanted."""
    _add_names(part)
    part.add_argument(
        "--rows",
        choices=("observation", "stack", "master"),
        default="observation",
        help="whose files: of detections in observations (default) or stacks, or of the source",
    )


def run(args: Namespace) -> None:
    """Find detections."""
    output = Output(args)
    with resolver(args.resolver):
        table = client(args).query_detections(
            _names(args),
            coordinates=None if args.around is None else place_or_list(args.around),
            radius=args.radius,
            obsid=args.obsid,
            level=args.level,
            match_type=args.match_type,
            columns=args.columns,
            column_filters=read_filters(args.column_filters),
            criteria=args.criteria,
            cache=args.cache,
        )
    output.give(table)


def _names(args: Namespace) -> list[str] | None:
    """Read the names, of which there may be none if something else says what is wanted."""
    names = read_names(args.names)
    others = ("obsid", "column_filters", "around", "criteria")
    if not names and not any(getattr(args, other, None) for other in others):
        raise InvalidQueryError("Nothing to look for: give NAME, such as 2CXO J…, or --obsid N.")
    return names or None


def rows_of(args: Namespace, csc: CscClass) -> Table:
    """Find the rows whose files are wanted."""
    names = _names(args)
    if args.rows == "master":
        if names is None:
            raise InvalidQueryError("--rows master needs NAME, such as 2CXO J….")
        return Table({"name": names})
    return csc.query_detections(names, obsid=args.obsid, level=args.rows, cache=args.cache)
