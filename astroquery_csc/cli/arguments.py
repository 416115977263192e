# Licensed under a 3-clause BSD style license - see LICENSE
"""The arguments of the one command, and its help."""

import argparse
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

from astroquery_csc import __version__
from astroquery_csc.cli.commands import (
    cone,
    detections,
    lightcurve,
    limits,
    listings,
    match,
    mirror,
    object,  # noqa: A004 - the name of the subcommand
    products,
    select,
    sensitivity,
    serve,
    store,
    tap,
)
from astroquery_csc.cli.messages import say
from astroquery_csc.cli.options import PROGRAM

__all__ = ["USAGE", "parse"]

#: Exit code for a command that must be changed.
USAGE = 2

_ABOUT = f"""\
Sources of the Chandra Source Catalog on the terminal, or in a file.

  {PROGRAM} demo
  {PROGRAM} cone 52.297 31.31 2
  {PROGRAM} cone NGC 1333 2 arcmin -o ngc1333.fits
  {PROGRAM} match list.csv --radius "2 arcsec"
  {PROGRAM} lightcurve "2CXO J004236.1+412156" -o lc.png
"""
_EXIT_CODES = """\
exit codes:
  0    done; also when no source was found (an answer with no rows, and a warning)
  1    the service, the resolver of names or a file failed; trying again may help
  2    the command is wrong, or the query was refused: change it
  3    with --strict: the table is not complete
  130  stopped by Ctrl-C

Tables go to stdout; warnings and errors go to stderr, one line each.
"""
_SUBCOMMANDS = (
    cone,
    object,
    match,
    select,
    tap,
    listings,
    detections,
    lightcurve,
    limits,
    sensitivity,
    products,
    mirror,
    store,
    serve,
)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and where the help is."""
        say(f"{message}. See: {self.prog} --help")
        sys.exit(USAGE)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments of the command."""
    words = sys.argv[1:] if argv is None else argv
    # argparse takes -41:16 for an option; a blank before it makes it a value.
    guarded = [f" {word}" if re.match(r"-[\d.]", word) else word for word in words]
    return _make_parser().parse_args(guarded)


def _make_parser() -> _Parser:
    """Make the parser with all subcommands."""
    parser = _Parser(
        prog=PROGRAM,
        description=_ABOUT,
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"astroquery_csc {__version__}")
    parts = parser.add_subparsers(title="subcommands", required=True, metavar="SUBCOMMAND")
    for subcommand in _SUBCOMMANDS:
        subcommand.add_to(parts)
    return parser
