# Licensed under a 3-clause BSD style license - see LICENSE
"""``lightcurve``: the flux of a source in every observation, as a table or a picture."""

from argparse import Namespace
from typing import Any

from astroquery_csc import plot
from astroquery_csc.cli.client import client, resolver
from astroquery_csc.cli.figures import save_figure
from astroquery_csc.cli.options import (
    PROGRAM,
    add,
    add_output,
    add_resolver,
    add_service,
    angle,
    word_list,
)
from astroquery_csc.cli.output import Output
from astroquery_csc.cli.places import read_place

__all__ = ["add_to", "run"]

_ABOUT = "Get the flux of a source in every observation, with upper limits."
_EXAMPLES = f"""\
examples:
  {PROGRAM} lightcurve "2CXO J004236.1+412156" --bands b
  {PROGRAM} lightcurve "2CXO J004236.1+412156" -o lc.png
  {PROGRAM} lightcurve 10.6504 41.3656 --radius 2arcsec
"""
_FIRST = ("mjd_mid", "band", "flux", "flux_lolim", "flux_hilim", "is_limit", "obsid")


def add_to(parts: Any) -> None:
    """Add the subcommand."""
    part = add(parts, "lightcurve", "the light curve of a source", _ABOUT, run, epilog=_EXAMPLES)
    part.add_argument("name", nargs="+", metavar="NAME|RA DEC", help="a 2CXO name, or a position")
    part.add_argument(
        "--radius",
        type=angle,
        metavar="R",
        help="how far from a position the source may be (default: 5arcsec)",
    )
    part.add_argument("--bands", type=word_list, metavar="A,B", help="bands, such as b,w")
    part.add_argument(
        "--flux", default="flux_aper", metavar="QUANTITY", help="default: %(default)s"
    )
    part.add_argument(
        "--level", type=float, metavar="P", help="probability between the bounds (default: 0.68)"
    )
    add_service(part)
    add_resolver(part)
    add_output(part, picture=True)


def run(args: Namespace) -> None:
    """Give a light curve."""
    place = read_place(args.name)
    output = Output(
        args,
        lambda table, file: save_figure(plot.light_curve, table, file, title=table.meta["OBJECT"]),
    )
    with resolver(args.resolver):
        table = client(args).query_light_curve(
            place,
            radius=args.radius,
            bands=args.bands,
            flux=args.flux,
            level=args.level,
            cache=args.cache,
        )
    output.give(table, first=_FIRST)
