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
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astroquery_csc import plot
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.cli.client import ask_tables, make_csc, resolver
from astroquery_csc.cli.describe import list_blocks, list_columns
from astroquery_csc.cli.figures import make_figure
from astroquery_csc.cli.files import check_target, require
from astroquery_csc.cli.terminal import render
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import CscError
from astroquery_csc.whole_file import whole_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Notebook", "demo", "say_flux"]

OBJECT, RADIUS = "NGC 1333", 2 * u.arcmin
RELEASE = "2.1"

_PACKAGES = ("numpy", "astropy", "pyvo", "astroquery", "astroquery_csc", "matplotlib")
#: The notebook's own query; its second one has NOT LIKE.
_QUERY = (
    "SELECT m.name, m.ra, m.dec, m.conf_flag, m.significance, m.extent_flag, m.sat_src_flag, "
    "m.flux_aper_b, m.flux_aper_lolim_b, m.flux_aper_hilim_b "
    "FROM csc21.master_source m WHERE m.name {like} '%X'"
)
_FLUX = ("flux_aper_b", "flux_aper_lolim_b", "flux_aper_hilim_b")
_ABOUT_COLUMNS = """\
values: the least and the greatest in the file. nulls: how many cells are null.
(In CIAO's dmlist the range is the one that the header allows, and TNULL is the number that marks
a null, not how many there are.)"""
_ABOUT_SIGNIFICANCE = """\
The significance need not follow the flux: it is the highest of all stacks and bands, and depends on
exposure, background and distance from the axis; the flux is that of the broad band."""
_ABOUT_JOINS = """\
A query of several tables has traps: region_id is unique only within one stack, and a join without
match_type = 'u' takes shared detections and forced limits for measurements. Csc.query_detections
joins them as the catalogue means it."""
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
        self.is_synthetic: bool = False

    def run(self) -> None:
        """Take every step."""
        self._introduce()
        _show_versions()
        around = self._search_cone()
        centre = SkyCoord(around.meta["RA"], around.meta["DEC"], unit="deg")
        self._save(around, "ngc1333.fits")
        _show_title("Tables")
        for name in self.csc.list_tables()["name"].tolist():
            print(name)
        _show_title("Rows that one query may return")
        print(f"maxrec: {self.csc.maxrec:,}")
        extended = self._search_sky("extended", "LIKE")
        compact = self._search_sky("compact", "NOT LIKE")
        print(_ABOUT_JOINS)
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
        self.is_synthetic = self._ask_if_synthetic()
        print("The CXC's notebook on the Chandra Source Catalog, with Csc.")
        print(f"Service: {self.csc.server}, release {self.csc.release}")
        if self.is_synthetic:
            print("It is a test service. Real: the 11 sources around NGC 1333, of release 2.1.")
            print("Synthetic: every other source.")

    def _ask_if_synthetic(self) -> bool:
        """Read in the descriptions of the service's tables whether their rows are invented."""
        try:
            words = ask_tables(self.csc, cache=self.cache)["description"].tolist()
        except CscError:
            return False
        return any(_SYNTHETIC in str(text) for text in words)

    def _search_cone(self) -> Table:
        """Find the object and the sources around it, and print them one by one."""
        _show_title(f"Where is {OBJECT}?")
        table, seconds = _timed(lambda: self.csc.query_region(OBJECT, RADIUS, cache=self.cache))
        print(f"RA {table.meta['RA']:.5f} deg, Dec {table.meta['DEC']:+.5f} deg (ICRS)")
        _show_title(f"Sources within {RADIUS:g} of {OBJECT}")
        note = " All of them are real." if self.is_synthetic else ""
        print(f"{len(table)} sources in {seconds:.2f} s.{note}")
        print("name, ra and dec (deg), flux_aper_b with its 68 % bounds (erg / (s cm2))")
        for row in table:
            place = f"{row['name']:22} {row['ra']:9.5f} {row['dec']:+9.5f}"
            print(f"{place}  {say_flux(*(row[name] for name in _FLUX))}")
        print(_ABOUT_SIGNIFICANCE)
        return table

    def _search_sky(self, kind: str, like: str) -> Table:
        """Find all extended or all compact sources; the names of extended ones end in X."""
        _show_title(f"All {kind} sources")
        query = _QUERY.format(like=like)
        print(query, flush=True)
        table, seconds = _timed(lambda: self.csc.query_tap(query, maxrec=-1, cache=self.cache))
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
        check_target(str(path), overwrite=True).save(table)
        self.files.append(path)

    def _draw(self, centre: SkyCoord, around: Table, extended: Table, compact: Table) -> None:
        """Draw the figures."""
        _show_title("Figures")
        self._draw_cone(centre, around)
        sky = "synthetic sky" if self.is_synthetic else f"CSC {RELEASE}"
        compact_note = self._compare("compact", len(compact))
        if self.is_synthetic:
            real = np.count_nonzero(np.isin(compact["name"], around["name"]))
            compact_note += f"; {real} of the {len(compact):,} are real"
        self._save_figure(
            "figure3-extended-sky.png",
            make_figure(
                plot.sky,
                extended,
                title=f"All extended sources: {sky}",
                note=self._compare("extended", len(extended)),
            ),
        )
        self._save_figure(
            "figure4-compact-sky.png",
            make_figure(plot.sky, compact, title=f"All compact sources: {sky}", note=compact_note),
        )
        self._save_figure(
            "figure5-flux-significance.png",
            make_figure(
                plot.flux_significance,
                compact,
                title=f"Flux and significance of all compact sources: {sky}",
                note=compact_note,
            ),
        )

    def _draw_cone(self, centre: SkyCoord, around: Table) -> None:
        """Draw the figures of the sources around the object."""
        kind = "real sources" if self.is_synthetic else "sources"
        note = f"{len(around)} {kind} of CSC {RELEASE} within {RADIUS:g} of {OBJECT}"
        self._save_figure(
            "figure1-ngc1333-sky.png",
            make_figure(
                plot.sky,
                around,
                title=f"X-ray sources around {OBJECT}",
                note=note,
                size=(9.2, 7),
                centre=centre,
                radius=RADIUS,
            ),
        )
        self._save_figure(
            "figure2-ngc1333-flux-significance.png",
            make_figure(
                plot.flux_significance,
                around,
                title=f"Flux and significance around {OBJECT}",
                note=note,
            ),
        )

    def _save_figure(self, name: str, figure: "Figure") -> None:
        """Write a figure."""
        path = self.folder / name
        with whole_path(path) as made:
            figure.savefig(made)
        self.files.append(path)
        print(path.name, flush=True)


def say_flux(value: Any, low: Any, high: Any) -> str:
    """Write a flux with both bounds; what is null or a limit, in words."""
    if np.ma.is_masked(value):
        return "flux: null, not measured"
    if np.ma.is_masked(low) or np.ma.is_masked(high):
        return f"flux={value:.3e}, bounds: null"
    words = f"flux={value:.3e} {low:.3e} - {high:.3e}"
    return f"{words} (upper limit, 68 %)" if value == low == 0 < high else words


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
        print(_ABOUT_COLUMNS)
        _show(list_columns(path, int(block)))
