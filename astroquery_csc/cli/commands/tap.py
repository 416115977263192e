# Licensed under a 3-clause BSD style license - see LICENSE
"""``tap``: one ADQL query."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from astroquery_csc.cli.client import client
from astroquery_csc.cli.lists import table_of
from astroquery_csc.cli.messages import describe_error
from astroquery_csc.cli.options import PROGRAM, add, add_output, add_service
from astroquery_csc.cli.output import Output
from astroquery_csc.exceptions import InvalidQueryError

__all__ = ["add_to", "run"]

_ABOUT = """\
Run one ADQL query. Tables may be written bare (master_source), as CSCview shows them, or with
their schema (csc21.master_source). The service has no geometry: use cone, or a box in ra and dec.
"""
_EXAMPLES = f"""\
examples:
  {PROGRAM} tap "SELECT name, ra, dec FROM master_source WHERE significance > 100"
  {PROGRAM} tap @query.adql -o bright.fits
  {PROGRAM} tap - < query.adql
"""


def add_to(parts: Any) -> None:
    """Add the subcommand."""
    part = add(parts, "tap", "one ADQL query", _ABOUT, run, epilog=_EXAMPLES)
    part.add_argument("query", metavar="ADQL", help="the query, @FILE with it, or - for stdin")
    part.add_argument("--maxrec", type=int, metavar="N", help="at most N rows")
    part.add_argument(
        "--async", "--async-job", dest="async_job", action="store_true", help="run it as a job"
    )
    part.add_argument(
        "--uploads",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="a table to send along, TAP_UPLOAD.NAME in the query; may be given several times",
    )
    part.add_argument(
        "--no-validate",
        dest="validate",
        action="store_false",
        help="send the query as it is, without reading it first",
    )
    add_service(part)
    add_output(part)


def run(args: Namespace) -> None:
    """Run ADQL."""
    output, text = Output(args), _read_query(args.query)
    uploads = dict(_upload(word) for word in args.uploads)
    table = client(args).query_tap(
        text,
        maxrec=args.maxrec,
        async_job=args.async_job,
        uploads=uploads or None,
        validate=args.validate,
        cache=args.cache,
    )
    output.give(table)


def _upload(word: str) -> tuple[str, Any]:
    """Read ``NAME=FILE``."""
    name, sign, file = word.partition("=")
    if not (name and sign and file):
        raise InvalidQueryError(f"--uploads {word!r} is not NAME=FILE. Write mine=list.csv.")
    return name, table_of(file)


def _read_query(word: str) -> str:
    """Take a query as it stands, from a file (``@file``) or from stdin (``-``)."""
    try:
        if word == "-":
            return sys.stdin.read()
        if word.startswith("@"):
            return Path(word[1:]).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidQueryError(
            f"The query cannot be read from {word!r}: {describe_error(error)}."
        ) from error
    return word
