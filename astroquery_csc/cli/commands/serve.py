# Licensed under a 3-clause BSD style license - see LICENSE
"""``serve`` and ``demo``: a small catalogue on this computer, and a walk through the notebook."""

import argparse
from argparse import Namespace
from typing import Any

from astroquery_csc.cli import demo
from astroquery_csc.cli.files import require
from astroquery_csc.cli.messages import say
from astroquery_csc.cli.options import PROGRAM, add, add_resolver, add_server

__all__ = ["add_to", "serve"]

_DEMO = """\
Walk through the CXC's notebook on the catalogue: find NGC 1333 and the sources around it, ask for
all extended and all compact sources, write and describe the FITS files, draw the figures.

Without --server it needs no network: a test service answers on this computer. Its 11 sources
around NGC 1333 are real; the rest of its sky is synthetic.
"""
_SERVE = """\
Run a small Chandra Source Catalog on this computer, for tests and for work offline. Its 11 sources
around NGC 1333 are real; all else is synthetic. Its address goes to stdout. Ctrl-C stops it.
"""


def add_to(parts: Any) -> None:
    """Add the subcommands."""
    part = add(parts, "demo", "walk through the CXC's notebook, offline", _DEMO, demo.demo)
    part.add_argument(
        "--out",
        metavar="DIR",
        default="csc-demo",
        help="folder for files and figures, created if necessary; files of an earlier demo are "
        "replaced (default: %(default)s)",
    )
    add_server(part, "the test service on this computer")
    add_resolver(part)
    part = add(parts, "serve", "run a test service on this computer", _SERVE, serve)
    part.add_argument(
        "--port", type=_port, default=0, help="port on 127.0.0.1 (default: any that is free)"
    )


def serve(args: Namespace) -> None:
    """Run the test service until Ctrl-C."""
    from astroquery_csc.testing import csc_server

    require("duckdb", "pyarrow", extra="local")
    try:
        with csc_server(port=args.port) as server:
            print(server.url, flush=True)
            say("a test service: 11 sources around NGC 1333 are real, all else is synthetic.")
            say(f'in Python: Csc(server="{server.url}").query_region(...)', translate=False)
            say(f'in Python, for names: sesame_url.set(["{server.sesame_url}"])')
            options = f"--server {server.url} --resolver {server.sesame_url}"
            say(f"here: {PROGRAM} cone NGC 1333 2 {options}")
            say("Ctrl-C stops it.")
            server.serve_until_interrupted()
    except OSError as error:
        raise OSError(error.errno, error.strerror, f"port {args.port}") from error


def _port(text: str) -> int:
    """Read a port."""
    number = int(text)
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{number} is not a port: expected 0 to 65535")
    return number
