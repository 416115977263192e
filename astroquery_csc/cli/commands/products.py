# Licensed under a 3-clause BSD style license - see LICENSE
"""``products``, ``download`` and ``spectra``: the files of the archive."""

from argparse import Namespace
from typing import Any

from astropy.table import Table

from astroquery_csc import plot
from astroquery_csc.cli.client import client
from astroquery_csc.cli.commands.detections import add_rows, rows_of
from astroquery_csc.cli.figures import save_figure
from astroquery_csc.cli.messages import note
from astroquery_csc.cli.options import (
    PROGRAM,
    add,
    add_files,
    add_output,
    add_service,
    word_list,
)
from astroquery_csc.cli.output import Output
from astroquery_csc.cli.places import read_names
from astroquery_csc.core import CscClass

__all__ = ["add_to", "download", "products", "spectra"]

_PRODUCTS = "List the files that the archive contains for sources or their detections."
_DOWNLOAD = "Fetch the files of sources or their detections. Only what is missing is fetched."
_SPECTRA = """\
Fetch the spectra of sources with their responses, and write scripts that load them into Sherpa
and XSPEC.
"""


def add_to(parts: Any) -> None:
    """Add the subcommands."""
    example = f'example:\n  {PROGRAM} products "2CXO J004236.1+412156" --types pha,arf\n'
    part = add(parts, "products", "list the files of sources", _PRODUCTS, products, epilog=example)
    _add_types(part)
    example = (
        f'example:\n  {PROGRAM} download "2CXO J004236.1+412156" --types reg --location files\n'
    )
    part = add(parts, "download", "fetch the files of sources", _DOWNLOAD, download, epilog=example)
    _add_types(part)
    add_files(part)
    example = f'example:\n  {PROGRAM} spectra "2CXO J004236.1+412156" --location spectra\n'
    part = add(parts, "spectra", "fetch spectra ready to fit", _SPECTRA, spectra, epilog=example)
    part.add_argument("names", nargs="+", metavar="NAME", help="2CXO names, or @FILE")
    part.add_argument(
        "--no-clean", dest="clean", action="store_false", help="also detections with flags"
    )
    add_files(part)
    add_service(part)
    add_output(part, picture=True)


def _add_types(part: Any) -> None:
    """Add what both lists have."""
    add_rows(part)
    part.add_argument(
        "--types", type=word_list, required=True, metavar="A,B", help="types, such as pha,arf,rmf"
    )
    part.add_argument(
        "--bands",
        type=word_list,
        metavar="A,B",
        help="bands, such as b,w (default: all of the instrument)",
    )
    add_service(part)
    add_output(part)


def _listed(args: Namespace, csc: CscClass) -> Table:
    """List files."""
    return csc.get_product_list(
        rows_of(args, csc), types=args.types, bands=args.bands, cache=args.cache
    )


def products(args: Namespace) -> None:
    """List files."""
    output = Output(args)
    output.give(_listed(args, client(args)), first=("type", "band", "filename", "note"))


def download(args: Namespace) -> None:
    """Fetch files."""
    output, csc = Output(args), client(args)
    table = csc.download_products(
        _listed(args, csc), location=args.location, overwrite=args.overwrite
    )
    output.give(table, first=("type", "band", "status", "path", "note"))


def spectra(args: Namespace) -> None:
    """Fetch spectra."""
    output = Output(args, _draw_spectra)
    table: Table = client(args).get_spectra(
        read_names(args.names), location=args.location, clean=args.clean, cache=args.cache
    )
    note(f"Sherpa: {table.meta['SHERPA']}, XSPEC: {table.meta['XSPEC']}")
    output.give(table, first=("obsid", "counts", "exposure", "pha", "note"))


def _draw_spectra(table: Table, file: Any) -> None:
    """Draw the spectra that were fetched."""
    files = [path for path in table["pha"].tolist() if path]
    save_figure(plot.spectrum, files, file, title="Spectra")
