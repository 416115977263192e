# Licensed under a 3-clause BSD style license - see LICENSE
"""What each subcommand does, from its arguments to a table on the terminal or in a file."""

import shutil
import sys
from argparse import Namespace
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from astropy.coordinates import SkyCoord
from astropy.coordinates.name_resolve import sesame_url
from astropy.table import Table

from astroquery_csc.cli.files import Target, check_target, require
from astroquery_csc.cli.messages import describe_error, say
from astroquery_csc.cli.places import read_place, read_radius
from astroquery_csc.cli.terminal import render
from astroquery_csc.config import ARCHIVE_URL
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InvalidQueryError, ResolverError

__all__ = [
    "ask_tables",
    "columns",
    "cone",
    "give",
    "make_csc",
    "resolver",
    "serve",
    "tables",
    "tap",
]

#: What ``--server`` takes for the Chandra Data Archive itself.
ARCHIVE = "cda"

_COLUMNS_TO_GO = ("ucd", "table")
_TABLES_TO_GO = ("complete",)


def make_csc(server: str | None, release: str | None = None, mirror: str | None = None) -> CscClass:
    """Make the client that a command asks."""
    address = ARCHIVE_URL if server == ARCHIVE else server
    return CscClass(release, server=address, mirror=mirror)


@contextmanager
def resolver(address: str | None) -> Iterator[None]:
    """Ask another resolver of names than astropy's own choice."""
    if address is None:
        yield
        return
    with sesame_url.set((address.rstrip("/") + "/",)):
        yield


def cone(args: Namespace) -> None:
    """Find the sources around a place."""
    target = _target(args)
    *words, last = args.place
    radius, place = read_radius(last), read_place(words)
    csc = make_csc(args.server, args.release, args.mirror)
    wanted = {
        "columns": args.columns,
        "verbosity": args.verbosity,
        "criteria": args.criteria,
        "row_limit": args.row_limit,
        "cache": args.cache,
    }
    with resolver(args.resolver):
        if isinstance(place, SkyCoord):
            table = csc.query_region(place, radius, **wanted)
        else:
            table = _around_object(csc, place, radius, wanted)
    give(table, target)


def _around_object(csc: CscClass, name: str, radius: object, wanted: dict[str, object]) -> Table:
    """Find the sources around an object; say how the arguments were read if it is not known."""
    try:
        return csc.query_object(name, radius, **wanted)  # type: ignore[arg-type]
    except ResolverError as error:
        raise ResolverError(
            f"{error} The arguments were read as: name {name!r}, radius {radius:g}."
        ) from error


def tap(args: Namespace) -> None:
    """Run ADQL."""
    target = _target(args)
    text = _read_query(args.query)
    csc = make_csc(args.server, args.release, args.mirror)
    table = csc.query_tap(
        text,
        maxrec=args.maxrec,
        async_job=args.async_job,
        validate=args.validate,
        cache=args.cache,
    )
    give(table, target)


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


def tables(args: Namespace) -> None:
    """List the tables of a release."""
    target = _target(args)
    csc = make_csc(args.server, args.release)
    give(ask_tables(csc, cache=False) if args.refresh else csc.list_tables(), target, _TABLES_TO_GO)


def ask_tables(csc: CscClass, *, cache: bool | None = None) -> Table:
    """Ask the service which tables it has."""
    return csc.query_tap("SELECT table_name, description FROM TAP_SCHEMA.tables", cache=cache)


def columns(args: Namespace) -> None:
    """List columns."""
    target = _target(args)
    csc = make_csc(args.server, args.release)
    table = csc.list_columns(*args.tables, keyword=args.keyword, refresh=args.refresh)
    if not len(table):
        say("warning: No column matches.")
    give(table, target, _COLUMNS_TO_GO)


def serve(args: Namespace) -> None:
    """Run the test service until Ctrl-C."""
    from astroquery_csc.testing import csc_server

    require("duckdb", "pyarrow", extra="local")
    try:
        with csc_server(port=args.port) as server:
            print(server.url, flush=True)
            say("a test service: 11 sources around NGC 1333 are real, all else is synthetic.")
            say(f'in Python: Csc(server="{server.url}").query_region(...)')
            say(f'in Python, for names: sesame_url.set(["{server.sesame_url}"])')
            say(f"here: cone NGC 1333 2 --server {server.url} --resolver {server.sesame_url}")
            say("Ctrl-C stops it.")
            server.serve_until_interrupted()
    except OSError as error:
        raise OSError(error.errno, error.strerror, f"port {args.port}") from error


def _target(args: Namespace) -> Target | None:
    """Check the file that was asked for, if one was."""
    if args.output is None:
        return None
    return check_target(args.output, overwrite=args.overwrite)


def give(table: Table, target: Target | None, first_to_go: Collection[str] = ()) -> None:
    """Write a table into its file, or show it."""
    if target is not None:
        target.save(table)
        say(f"rows: {len(table)}, columns: {len(table.colnames)}, file: {target.path}")
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    lines, hidden = render(table, width, first_to_go=first_to_go)
    for line in lines:
        print(line)
    if hidden:
        say(
            f"{len(hidden)} of {len(table.colnames)} columns did not fit and are not shown "
            f"({', '.join(hidden)}). Add '| less -S', or write a file: -o sources.fits."
        )
