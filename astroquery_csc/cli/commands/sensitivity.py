# Licensed under a 3-clause BSD style license - see LICENSE
"""``sensitivity`` and ``images``: whether a place was observed, how deep, and its images."""

from argparse import Namespace
from typing import Any

import numpy as np
from astropy import units as u

from astroquery_csc.cli.client import client, resolver
from astroquery_csc.cli.lists import place_or_list
from astroquery_csc.cli.options import (
    PROGRAM,
    add,
    add_files,
    add_output,
    add_resolver,
    add_service,
    angle,
    word_list,
)
from astroquery_csc.cli.output import Output

__all__ = ["add_to", "images", "sensitivity"]

_SENSITIVITY = (
    "Find whether positions were observed, and how deep. PLACE is RA DEC, a name, or @FILE."
)
_IMAGES = """\
List the images of sources, stacks and observations around PLACE (RA DEC, a name, or @FILE); with
--location also fetch them. There may be thousands: choose with --level.
"""


def add_to(parts: Any) -> None:
    """Add the subcommands."""
    example = f"example:\n  {PROGRAM} sensitivity 52.297 31.31 --bands b\n"
    summary = "whether a place was observed"
    part = add(parts, "sensitivity", summary, _SENSITIVITY, sensitivity, epilog=example)
    part.add_argument("--bands", type=word_list, metavar="A,B", help="bands, such as b,w")
    _finish(part)
    example = f"example:\n  {PROGRAM} images 10.7 41.3 --level stack --location images\n"
    part = add(parts, "images", "images around a place", _IMAGES, images, epilog=example)
    part.add_argument(
        "--size", type=angle, default=0.3 * u.deg, help="side of the box (default: 0.3deg)"
    )
    part.add_argument("--image-format", choices=("fits", "jpeg"), help="only these images")
    part.add_argument(
        "--level",
        action="append",
        choices=("observation", "source region", "stack", "stack region"),
        help="only images of this level; repeatable",
    )
    add_files(part, location=None)
    _finish(part)


def _finish(part: Any) -> None:
    """Add what both have."""
    part.add_argument("place", nargs="+", type=str.strip, metavar="PLACE", help="RA DEC, or a name")
    add_service(part)
    add_resolver(part)
    add_output(part)


def sensitivity(args: Namespace) -> None:
    """Ask how deep places were observed."""
    output, place = Output(args), place_or_list(args.place)
    with resolver(args.resolver):
        table = client(args).query_sensitivity(place, bands=args.bands, cache=args.cache)
    output.give(table, first=("status", "ra", "dec"))


def images(args: Namespace) -> None:
    """List images, and fetch them if there is a place for them."""
    output, place, csc = Output(args), place_or_list(args.place), client(args)
    with resolver(args.resolver):
        table: Any = csc.query_sia(place, args.size, format=args.image_format, cache=args.cache)
    if args.level:
        table = table[np.isin(table["level"], args.level)]
    if args.location is not None:
        table = csc.download_products(table, location=args.location, overwrite=args.overwrite)
    output.give(table, first=("filename", "filetype", "status"))
