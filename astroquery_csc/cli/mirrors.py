# Licensed under a 3-clause BSD style license - see LICENSE
"""What the subcommand ``mirror`` does: make, bring up to date, check."""

from argparse import Namespace

from astropy.table import Table

from astroquery_csc import mirror
from astroquery_csc.cli.commands import give, make_csc
from astroquery_csc.cli.messages import say
from astroquery_csc.store.manifest import path_of, read

__all__ = ["create", "update", "verify"]

_TO_GO = ("file", "without_position", "retrieved", "complete")


def create(args: Namespace) -> None:
    """Make a mirror."""
    made = mirror.create(
        args.path,
        csc=make_csc(args.server, args.release),
        tables=args.tables or ("master_source",),
        columns=args.columns,
        expected=args.expected,
    )
    _show(made)
    say(f"in Python: Csc(mirror={args.path!r}).query_region(...)")


def update(args: Namespace) -> None:
    """Ask for a mirror's tables again, or add to it."""
    release = read(path_of(args.path)).release
    made = mirror.update(
        args.path,
        csc=make_csc(args.server, release),
        tables=args.tables,
        columns=args.columns,
        expected=args.expected,
    )
    _show(made)


def verify(args: Namespace) -> None:
    """Check a mirror."""
    _show(mirror.verify(args.path))


def _show(made: Table) -> None:
    """Show the tables of a mirror, and where they are from."""
    give(made, None, _TO_GO)
    say(f"release {made.meta['RELEASE']}, of {made.meta['CREATED']}, from {made.meta['SERVICE']}")
