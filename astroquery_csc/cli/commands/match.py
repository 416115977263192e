# Licensed under a 3-clause BSD style license - see LICENSE
"""``match``: the counterparts of a list; each row is answered for."""

from argparse import Namespace
from typing import Any

from astropy import units as u

from astroquery_csc.cli.client import client
from astroquery_csc.cli.lists import table_of
from astroquery_csc.cli.options import (
    PROGRAM,
    add,
    add_choice,
    add_output,
    add_service,
    angle,
    read_filters,
)
from astroquery_csc.cli.output import Output
from astroquery_csc.cli.places import read_radius
from astroquery_csc.exceptions import InvalidQueryError

__all__ = ["add_to", "run"]

_ABOUT = """\
Find the counterparts of a list, by radius or by error ellipses. Every row of FILE is in the
result with its columns; one without a counterpart has empty cells. Columns ra and dec without
units, as in CSV, are taken as degrees, and 12:30:46.6 +12:19:17 as hours and degrees.
"""
_EXAMPLES = f"""\
examples:
  {PROGRAM} match list.csv --radius "2 arcsec"
  {PROGRAM} match list.fits --sigma 3 --position-error 0.2arcsec -o matched.fits
"""
_FIRST = ("query_index", "name", "separation", "n_match")


def add_to(parts: Any) -> None:
    """Add the subcommand."""
    part = add(parts, "match", "counterparts of a list", _ABOUT, run, epilog=_EXAMPLES)
    part.add_argument("file", metavar="FILE", help=".csv .tsv .txt .ecsv .fits .vot .parquet")
    part.add_argument("--radius", type=angle, help="largest separation, with its unit: '2 arcsec'")
    part.add_argument("--sigma", type=float, help="largest distance in units of the error ellipses")
    part.add_argument(
        "--position-error",
        metavar="COLUMN|ANGLE",
        help="one-sigma error of the list: a column of FILE, or an angle such as 0.2arcsec",
    )
    part.add_argument("--systematic", type=angle, metavar="ANGLE", help="systematic error, 1 sigma")
    part.add_argument("--find", choices=("all", "best"), default="all", help="which counterparts")
    add_choice(part, verbosity=False)
    add_service(part)
    add_output(part)


def run(args: Namespace) -> None:
    """Match a list."""
    if args.radius is None and args.sigma is None:
        raise InvalidQueryError("match needs --radius, such as '2 arcsec', or --sigma, such as 3.")
    output, table = Output(args), table_of(args.file)
    found = client(args).crossmatch(
        table,
        radius=args.radius,
        sigma=args.sigma,
        position_error=_error(args.position_error),
        systematic=0 * u.arcsec if args.systematic is None else args.systematic,
        find=args.find,
        columns=args.columns,
        column_filters=read_filters(args.column_filters),
        criteria=args.criteria,
        cache=args.cache,
    )
    output.give(found, first=_FIRST)


def _error(text: str | None) -> Any:
    """Read an angle, or else the name of a column."""
    if text is None or not text[:1].isdigit():
        return text
    return read_radius(text, needs_unit=True)
