# Licensed under a 3-clause BSD style license - see LICENSE
"""
The CXC's notebook on the catalogue, step by step, with ``Csc``.

Without another server it runs on the test service of this package, and says at every number and
figure what is real and what is synthetic.
"""

import platform
import shutil
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.cli import figures
from astroquery_csc.cli.commands import ask_tables, make_csc, resolver
from astroquery_csc.cli.describe import list_blocks, list_columns
from astroquery_csc.cli.files import Target, require, whole_file
from astroquery_csc.cli.terminal import render
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import CscError, ResolverError
from astroquery_csc.search import inputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Notebook", "demo"]

OBJECT, RADIUS = "NGC 1333", 2 * u.arcmin
RELEASE = "2.1"

_PACKAGES = ("numpy", "astropy", "pyvo", "astroquery", "astroquery_csc", "matplotlib")
_WANTED = (
    "name, ra, dec, err_ellipse_r0, conf_flag, sat_src_flag, significance, flux_aper_b, "
    "flux_aper_lolim_b, flux_aper_hilim_b, likelihood_class"
)
#: How the tables of the test service say that rows are invented.
_SYNTHETIC = "synthetic"
_LEAST_WIDTH = 100


def demo(args: Namespace) -> None:
    """Run the notebook."""
    require("matplotlib", extra="local")
    folder = Path(args.out).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if args.server is None:
            csc, address = stack.enter_context(_own_service())
            stack.enter_context(resolver(args.resolver or address))
            Notebook(csc, folder, cache=False).run()
        else:
            stack.enter_context(resolver(args.resolver))
            Notebook(make_csc(args.server, RELEASE), folder).run()


@contextmanager
def _own_service() -> Iterator[tuple[CscClass, str]]:
    """Run the test service; give its client and the address of its resolver."""
    from astroquery_csc.testing import csc_server

    require("duckdb", "pyarrow", extra="local")
    with csc_server() as server:
        yield make_csc(server.url, RELEASE), server.sesame_url


@dataclass
class Notebook:
    """One walk through the notebook."""

    csc: CscClass
    folder: Path
    cache: bool | None = None

    def __post_init__(self) -> None:
        """Nothing is made yet."""
        self.files: list[Path] = []
        self.tables: Table | None = None
        self.is_synthetic: bool = False

    def run(self) -> None:
        """Take every step."""
        self._introduce()
        _show_versions()
        centre = self._resolve()
        around = self._search_cone(centre)
        self._list_tables()
        self._save(around, "ngc1333.fits")
        extended = self._search_sky("extended", "LIKE")
        compact = self._search_sky("compact", "NOT LIKE")
        self._save(compact, "csc21.fits")
        for path in list(self.files):
            _describe(path)
        self._draw(centre, around, extended, compact)
        _show_title("Files")
        for path in self.files:
            print(f"{path}  ({path.stat().st_size:,} bytes)")

    # ---------------------------------------------------------------- steps

    def _introduce(self) -> None:
        """Say what answers, and what of it is real."""
        self.tables = self._ask_tables()
        words = [] if self.tables is None else list(self.tables["description"])
        self.is_synthetic = any(_SYNTHETIC in str(text) for text in words)
        print("The CXC's notebook on the Chandra Source Catalog, with Csc.")
        print(f"Service: {self.csc.server}, release {self.csc.release}")
        if self.is_synthetic:
            print("It is a test service. Real: the 11 sources around NGC 1333, of release 2.1.")
            print("Synthetic: every other source, with all that is said of it.")

    def _ask_tables(self) -> Table | None:
        """Ask the service for its tables; None where it does not tell."""
        try:
            return ask_tables(self.csc, cache=self.cache)
        except CscError:
            return None

    def _resolve(self) -> SkyCoord:
        """Find the object."""
        _show_title(f"Where is {OBJECT}?")
        centre = inputs.resolve(OBJECT)
        if centre is None:
            raise ResolverError(f"The resolver does not know {OBJECT!r}.")
        print(f"RA {centre.ra.deg:.5f} deg, Dec {centre.dec.deg:+.5f} deg (ICRS)")
        return centre

    def _search_cone(self, centre: SkyCoord) -> Table:
        """Find the sources around it, and print them one by one."""
        _show_title(f"Sources within {RADIUS:g} of {OBJECT}")
        table, seconds = _timed(lambda: self.csc.query_region(centre, RADIUS, cache=self.cache))
        note = " All of them are real." if self.is_synthetic else ""
        print(f"{len(table)} sources in {seconds:.2f} s.{note}")
        print("name, ra (deg), dec (deg), flux_aper_b (erg / (s cm2)); nan: not measured")
        fluxes = np.ma.filled(np.ma.asarray(table["flux_aper_b"]), np.nan)
        for row, flux in zip(table, fluxes, strict=True):
            print(f"{row['name']:22} {row['ra']:9.5f} {row['dec']:+9.5f}  {flux:.4g}")
        return table

    def _list_tables(self) -> None:
        """Print the tables that the service has."""
        _show_title("Tables")
        if self.tables is None:
            print("The service does not tell its tables; these are known to this package.")
            _show(self.csc.list_tables())
        else:
            _show(self.tables)

    def _search_sky(self, kind: str, like: str) -> Table:
        """Find all extended or all compact sources; the names of extended ones end in X."""
        _show_title(f"All {kind} sources")
        query = f"SELECT {_WANTED} FROM master_source WHERE name {like} '%X'"
        print(query, flush=True)
        table, seconds = _timed(lambda: self.csc.query_tap(query, cache=self.cache))
        print(f"{len(table):,} rows in {seconds:.2f} s")
        print(f"{self._compare(kind, len(table))}.")
        return table

    def _compare(self, kind: str, count: int) -> str:
        """Put a count beside the published one."""
        published: int = getattr(get_release(self.csc.release), kind)
        if self.is_synthetic:
            return f"synthetic sky: {count:,}; the real catalogue has {published:,}"
        return f"{count:,} {kind} sources; published for release {RELEASE}: {published:,}"

    def _save(self, table: Table, name: str) -> None:
        """Write a table."""
        path = self.folder / name
        Target(path, overwrite=True).save(table)
        self.files.append(path)

    def _draw(self, centre: SkyCoord, around: Table, extended: Table, compact: Table) -> None:
        """Draw the figures."""
        _show_title("Figures")
        self._draw_cone(centre, around)
        sky = "synthetic sky" if self.is_synthetic else f"CSC {RELEASE}"
        real = np.isin(compact["name"], around["name"]) if self.is_synthetic else None
        extended_note = self._compare("extended", len(extended))
        compact_note = self._compare("compact", len(compact))
        if self.is_synthetic:
            extended_note += "; marks of one synthetic field lie on each other"
        if real is not None:
            compact_note += f"; {np.count_nonzero(real)} of the {len(compact):,} are real"
        self._save_figure(
            "figure3-extended-sky.png",
            figures.sky_map(
                extended,
                title=f"All extended sources: {sky}",
                note=extended_note,
                size=_mark_area(extended),
            ),
        )
        self._save_figure(
            "figure4-compact-sky.png",
            figures.sky_map(
                compact,
                title=f"All compact sources: {sky}",
                note=compact_note,
                real=real,
                size=_mark_area(compact),
            ),
        )
        self._save_figure(
            "figure5-compact-density.png",
            figures.density_map(
                compact, title=f"Density of compact sources: {sky}", note=compact_note, real=real
            ),
        )

    def _draw_cone(self, centre: SkyCoord, around: Table) -> None:
        """Draw the figures of the sources around the object."""
        kind = "real sources" if self.is_synthetic else "sources"
        note = f"{len(around)} {kind} of CSC {RELEASE} within {RADIUS:g} of {OBJECT}"
        self._save_figure(
            "figure1-ngc1333-sky.png",
            figures.sky_chart(
                around, centre, RADIUS, title=f"X-ray sources around {OBJECT}", note=note
            ),
        )
        self._save_figure(
            "figure2-ngc1333-flux-significance.png",
            figures.flux_significance(
                around, title=f"Flux against significance around {OBJECT}", note=note
            ),
        )

    def _save_figure(self, name: str, figure: "Figure") -> None:
        """Write a figure."""
        path = self.folder / name
        with whole_file(path) as made:
            figure.savefig(made)
        self.files.append(path)
        print(path.name, flush=True)


def _mark_area(table: Table) -> float:
    """Area of a mark on a map of the sky: the more marks, the smaller."""
    return float(np.clip(20_000 / max(len(table), 1), 0.3, 22))


def _timed(ask: Callable[[], Table]) -> tuple[Table, float]:
    """Ask, and take the time."""
    start = time.perf_counter()
    table = ask()
    return table, time.perf_counter() - start


def _show_versions() -> None:
    """Print what runs here."""
    _show_title("Versions")
    print(f"{'python':14} {platform.python_version()}")
    for name in _PACKAGES:
        print(f"{name:14} {version(name)}")


def _show_title(text: str) -> None:
    """Print the title of a step."""
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def _show(table: Table) -> None:
    """Print a table, no wider than the terminal if that is wide enough."""
    width = max(_LEAST_WIDTH, shutil.get_terminal_size().columns)
    lines, _ = render(table, width if sys.stdout.isatty() else None)
    print("\n".join(lines))


def _describe(path: Path) -> None:
    """Print the blocks of a file, and the columns of each table."""
    _show_title(f"What is in {path.name}")
    blocks = list_blocks(path)
    _show(blocks)
    for block in blocks[blocks["type"] == "Table"]["block"]:
        print(f"\nColumns of block {block}")
        _show(list_columns(path, int(block)))
