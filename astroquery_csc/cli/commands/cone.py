# Licensed under a 3-clause BSD style license - see LICENSE
"""``cone``: the sources around a place, or around each place of a list."""

import argparse
from argparse import Namespace
from typing import Any

from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astroquery_csc import plot
from astroquery_csc.cli.client import client, resolver
from astroquery_csc.cli.figures import save_figure
from astroquery_csc.cli.lists import positions_of
from astroquery_csc.cli.options import (
    PROGRAM,
    add,
    add_choice,
    add_output,
    add_resolver,
    add_service,
    angle,
    read_filters,
)
from astroquery_csc.cli.output import MASTERS_FIRST, Output
from astroquery_csc.cli.places import read_cone, read_place
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InvalidQueryError, ResolverError

__all__ = ["add_to", "choice_of", "run"]

#: What Python's ``query_region`` has.
_RADIUS = 2 * u.arcmin

_ABOUT = """\
Find the sources within RADIUS of a position or an object, the nearest first.

  RA DEC   decimal degrees (52.297 31.31), or sexagesimal with RA in hours
           (03:29:11.3 +31:18:36); ICRS
  NAME     a name that Simbad, NED or VizieR knows (NGC 1333), or a source of the
           catalogue (2CXO J032908.3+312020)
  @FILE    a table with ra and dec: the sources around each row
  RADIUS   in arcmin (2), or with a unit: 2arcmin, 30 arcsec, 0.5 deg; up to 180deg;
           2 arcmin if it is missing
"""
_USAGE = f"""
  {PROGRAM} cone RA DEC [RADIUS] [options]
  {PROGRAM} cone NAME [RADIUS] [options]"""
_EXAMPLES = f"""\
examples:
  {PROGRAM} cone 52.297 31.31 2
  {PROGRAM} cone 03:29:11.3 +31:18:36 30arcsec --columns match
  {PROGRAM} cone NGC 1333 2 deg -o ngc1333.fits
  {PROGRAM} cone 52.297 31.31 2 -o - --format csv
  {PROGRAM} cone 52.297 31.31 --width 4arcmin --height 2arcmin
"""


def add_to(parts: Any) -> None:
    """Add the subcommand."""
    part = add(parts, "cone", "sources around a place", _ABOUT, run, epilog=_EXAMPLES, usage=_USAGE)
    part.add_argument("place", nargs="+", type=str.strip, help=argparse.SUPPRESS)
    part.add_argument(
        "--radius", type=angle, metavar="RADIUS", help="the radius with its unit: 30arcsec"
    )
    part.add_argument("--width", type=angle, help="a box in place of a circle, this wide: 4arcmin")
    part.add_argument("--height", type=angle, help="height of the box (default: its width)")
    add_choice(part)
    add_service(part)
    add_resolver(part)
    add_output(part, picture=True)


def run(args: Namespace) -> None:
    """Find the sources around a place."""
    words, size = _size(args)
    place = positions_of(words) if words[0].startswith("@") else read_place(words)
    title = "Sources of the Chandra Source Catalog"
    output = Output(args, lambda table, file: save_figure(plot.sky, table, file, title=title))
    csc, wanted = client(args), choice_of(args)
    with resolver(args.resolver):
        if isinstance(place, SkyCoord):
            table = csc.query_region(place, **size, **wanted)
        else:
            table = _around_object(csc, place, size, wanted)
    output.give(table, first=MASTERS_FIRST)


def choice_of(args: Namespace) -> dict[str, Any]:
    """Collect the options that choose columns and rows."""
    return {
        "columns": args.columns,
        "verbosity": args.verbosity,
        "column_filters": read_filters(args.column_filters),
        "criteria": args.criteria,
        "row_limit": args.row_limit,
        "cache": args.cache,
    }


def _size(args: Namespace) -> tuple[list[str], dict[str, u.Quantity]]:
    """Divide what was typed into a place and a size: a radius, or the sides of a box."""
    if args.width is None and args.height is None:
        words, typed = (args.place, None) if args.radius is not None else read_cone(args.place)
        radius = next(given for given in (args.radius, typed, _RADIUS) if given is not None)
        return words, {"radius": radius}
    words, radius = read_cone(args.place)
    if radius is not None or args.radius is not None:
        raise InvalidQueryError("A box has no radius. Write --width and --height, or a radius.")
    if args.width is None:
        raise InvalidQueryError("--height needs --width: the width of the box, as in 4arcmin.")
    return words, {
        "width": args.width,
        "height": args.width if args.height is None else args.height,
    }


def _around_object(
    csc: CscClass, name: str, size: dict[str, u.Quantity], wanted: dict[str, Any]
) -> Table:
    """Find the sources around an object; say how the arguments were read if it is not known."""
    try:
        if "width" in size:
            return csc.query_region(name, **size, **wanted)
        return csc.query_object(name, **size, **wanted)
    except ResolverError as error:
        sides = ", ".join(f"{side} {value:g}" for side, value in size.items())
        raise ResolverError(
            f"{error} The arguments were read as: name {name!r}, {sides}. A radius with "
            "its unit, as in 2arcmin, is never taken for a part of the name."
        ) from error
