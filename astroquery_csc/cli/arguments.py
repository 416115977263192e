# Licensed under a 3-clause BSD style license - see LICENSE
"""The arguments of the one command, and its help."""

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from astroquery_csc import __version__
from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.cli import commands, demo, mirrors
from astroquery_csc.cli.files import ENDINGS
from astroquery_csc.cli.messages import say

__all__ = ["USAGE", "parse"]

#: Exit code for a command that must be changed.
USAGE = 2

_PROGRAM = "python -m astroquery_csc"

_ABOUT = f"""\
Sources of the Chandra Source Catalog on the terminal, or in a file.

  {_PROGRAM} demo
  {_PROGRAM} cone 52.297 31.31 2
  {_PROGRAM} cone NGC 1333 2arcmin -o ngc1333.fits
  {_PROGRAM} tap "SELECT TOP 5 name, ra, dec FROM master_source"
"""
_EXIT_CODES = """\
exit codes:
  0    done; also when no source was found (an answer with no rows, and a warning)
  1    the service, the resolver of names or a file failed; it may work another time
  2    the command is wrong, or the query was refused: change it
  130  stopped by Ctrl-C

Tables go to stdout; warnings and errors go to stderr, one line each.
"""
_CONE = """\
Find the sources within RADIUS of a position or an object.

  RA DEC   decimal degrees (52.297 31.31), or sexagesimal with RA in hours
           (03:29:11.3 +31:18:36); ICRS
  NAME     a name that Simbad, NED or VizieR knows (NGC 1333), or a source of the
           catalogue (2CXO J032908.3+312020)
  RADIUS   in arcmin (2), or with a unit: 2arcmin, 30arcsec, 0.5deg; up to 180deg
"""
_CONE_USAGE = f"""
  {_PROGRAM} cone RA DEC RADIUS [options]
  {_PROGRAM} cone NAME RADIUS [options]"""
_CONE_EXAMPLES = f"""\
examples:
  {_PROGRAM} cone 52.297 31.31 2
  {_PROGRAM} cone 03:29:11.3 +31:18:36 30arcsec --columns match
  {_PROGRAM} cone NGC 1333 2 -o ngc1333.fits
"""
_TAP = """\
Run one ADQL query. Tables may be written bare (master_source), as CSCview shows them, or with
their schema (csc21.master_source). The service has no geometry: use cone, or a box in ra and dec.
"""
_TAP_EXAMPLES = f"""\
examples:
  {_PROGRAM} tap "SELECT name, ra, dec FROM master_source WHERE significance > 100"
  {_PROGRAM} tap @query.adql -o bright.fits
  {_PROGRAM} tap - < query.adql
"""
_DEMO = """\
Walk through the CXC's notebook on the catalogue: find NGC 1333 and the sources around it, ask for
all extended and all compact sources, write and describe the FITS files, draw the figures.

Without --server it needs no network: a test service answers on this computer. Its 11 sources
around NGC 1333 are real; the rest of its sky is synthetic.
"""


_MIRROR = f"""\
Copy the catalogue into a folder, which then answers without a network.

  {_PROGRAM} mirror create csc21
  {_PROGRAM} mirror verify csc21
  {_PROGRAM} cone 52.297 31.31 2 --mirror csc21
"""


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
        prog=_PROGRAM,
        description=_ABOUT,
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"astroquery_csc {__version__}")
    parts = parser.add_subparsers(title="subcommands", required=True, metavar="SUBCOMMAND")
    _add_demo(parts)
    _add_cone(parts)
    _add_tap(parts)
    _add_tables(parts)
    _add_columns(parts)
    _add_mirror(parts)
    _add_serve(parts)
    return parser


def _add(parts: Any, name: str, summary: str, about: str, **more: str) -> Any:
    """Add a subcommand."""
    form = argparse.RawDescriptionHelpFormatter
    return parts.add_parser(name, help=summary, description=about, formatter_class=form, **more)


def _add_demo(parts: Any) -> None:
    """Add ``demo``."""
    part = _add(parts, "demo", "walk through the CXC's notebook, offline", _DEMO)
    part.set_defaults(run=demo.demo)
    part.add_argument(
        "--out",
        metavar="DIR",
        default="csc-demo",
        help="folder for files and figures, made if need be; files of an earlier demo are "
        "replaced (default: %(default)s)",
    )
    _add_server(part, "the test service on this computer")
    _add_resolver(part)


def _add_cone(parts: Any) -> None:
    """Add ``cone``."""
    part = _add(
        parts, "cone", "sources around a place", _CONE, epilog=_CONE_EXAMPLES, usage=_CONE_USAGE
    )
    part.set_defaults(run=commands.cone)
    part.add_argument("place", nargs="+", type=str.strip, help=argparse.SUPPRESS)
    choice = part.add_mutually_exclusive_group()
    choice.add_argument(
        "--columns",
        type=_words,
        metavar="A,B,...",
        help="columns of master_source, '*' for all, or a set: match, photometry, variability, "
        "quality; name, ra and dec always come",
    )
    choice.add_argument(
        "--verbosity",
        type=int,
        choices=(1, 2, 3),
        help="1: name and position, 2: 24 columns (default), 3: all",
    )
    part.add_argument("--criteria", metavar="ADQL", help="a further condition: 'significance > 10'")
    part.add_argument(
        "--row-limit", type=int, metavar="N", help="the nearest N sources; -1 for all"
    )
    _add_service(part)
    _add_resolver(part)
    _add_output(part)


def _add_tap(parts: Any) -> None:
    """Add ``tap``."""
    part = _add(parts, "tap", "any ADQL query", _TAP, epilog=_TAP_EXAMPLES)
    part.set_defaults(run=commands.tap)
    part.add_argument("query", metavar="ADQL", help="the query; @FILE reads it, - reads stdin")
    part.add_argument("--maxrec", type=int, metavar="N", help="at most N rows; -1 for all")
    part.add_argument(
        "--async", dest="async_job", action="store_true", help="as a job, for a long query"
    )
    part.add_argument(
        "--no-validate",
        dest="validate",
        action="store_false",
        help="send the query as it is, unread",
    )
    _add_service(part)
    _add_output(part)


def _add_tables(parts: Any) -> None:
    """Add ``tables``."""
    about = "List the tables of the catalogue; nothing is sent without --refresh."
    part = _add(parts, "tables", "the tables of the catalogue", about)
    part.set_defaults(run=commands.tables)
    part.add_argument("--refresh", action="store_true", help="ask the service itself")
    _add_release(part)
    _add_server(part, "what is configured, or else the archive")
    _add_output(part)


def _add_columns(parts: Any) -> None:
    """Add ``columns``."""
    about = "List columns with their units and meaning; nothing is sent without --refresh."
    part = _add(parts, "columns", "the columns of tables", about)
    part.set_defaults(run=commands.columns)
    part.add_argument("tables", nargs="*", metavar="TABLE", help="tables; all without it")
    part.add_argument("--keyword", metavar="WORD", help="those with WORD in name or description")
    part.add_argument("--refresh", action="store_true", help="ask the service itself")
    _add_release(part)
    _add_server(part, "what is configured, or else the archive")
    _add_output(part)


def _add_mirror(parts: Any) -> None:
    """Add ``mirror`` and its own subcommands."""
    whole = _add(parts, "mirror", "a copy of the catalogue on this computer", _MIRROR)
    steps = whole.add_subparsers(title="steps", required=True, metavar="STEP")
    for run, summary in (
        (mirrors.create, "copy tables into a new folder"),
        (mirrors.update, "ask for its tables again, or add some"),
        (mirrors.verify, "check every file"),
    ):
        part = _add(steps, run.__name__, summary, f"{summary.capitalize()}.")
        part.set_defaults(run=run)
        part.add_argument("path", metavar="PATH", help="the folder of the mirror")
        if run is mirrors.verify:
            continue
        part.add_argument("--tables", type=_words, metavar="A,B,...", help="tables to copy")
        part.add_argument(
            "--columns", type=_words, metavar="A,B,...", help="columns of master_source"
        )
        part.add_argument(
            "--expected", type=int, metavar="N", help="sources there have to be; -1 for any number"
        )
        _add_server(part, "what is configured, or else the archive")
        if run is mirrors.create:
            _add_release(part)


def _add_serve(parts: Any) -> None:
    """Add ``serve``."""
    about = (
        "Run a small Chandra Source Catalog on this computer, for tests and for work offline.\n"
        "Its 11 sources around NGC 1333 are real; all else is synthetic. Its address goes to\n"
        "stdout. Ctrl-C stops it."
    )
    part = _add(parts, "serve", "run a test service on this computer", about)
    part.set_defaults(run=commands.serve)
    part.add_argument(
        "--port", type=_port, default=0, help="port on 127.0.0.1 (default: any that is free)"
    )


def _add_service(part: Any) -> None:
    """Add the options of a subcommand that asks the service for rows."""
    _add_release(part)
    _add_server(part, "what is configured, or else the archive")
    part.add_argument("--mirror", metavar="PATH", help="a mirror to ask instead of a service")
    part.add_argument(
        "--no-cache",
        dest="cache",
        action="store_const",
        const=False,
        help="ask again, whatever was asked before",
    )


def _add_release(part: Any) -> None:
    """Add ``--release``."""
    known = ", ".join(RELEASES)
    part.add_argument("--release", metavar="NAME", help=f"release of the catalogue: {known}")


def _add_server(part: Any, default: str) -> None:
    """Add ``--server``."""
    part.add_argument(
        "--server",
        metavar="URL",
        help=f"root of the services, or {commands.ARCHIVE} for the Chandra Data Archive "
        f"(default: {default})",
    )


def _add_resolver(part: Any) -> None:
    """Add ``--resolver``."""
    part.add_argument("--resolver", metavar="URL", help="another Sesame service for names")


def _add_output(part: Any) -> None:
    """Add the options for where a table goes."""
    part.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=f"write a file instead, by its ending: {' '.join(ENDINGS)}",
    )
    part.add_argument(
        "--overwrite", "--clobber", action="store_true", help="replace FILE if it is there"
    )


def _words(text: str) -> list[str]:
    """Read a list of words with commas between them."""
    return [word.strip() for word in text.split(",") if word.strip()]


def _port(text: str) -> int:
    """Read a port."""
    number = int(text)
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{number} is no port: expected 0 to 65535")
    return number
