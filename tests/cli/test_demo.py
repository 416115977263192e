# Licensed under a 3-clause BSD style license - see LICENSE
"""The demo: its words, its files, its figures."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.coordinates.name_resolve import sesame_url
from astropy.io import fits
from astropy.table import MaskedColumn, Table
from matplotlib import pyplot as plt

from astroquery_csc import Csc, plot
from astroquery_csc.cli import demo as steps
from astroquery_csc.cli.client import make_csc
from astroquery_csc.cli.demo import Notebook, say_flux
from astroquery_csc.cli.describe import list_blocks, list_columns
from astroquery_csc.cli.figures import make_figure
from astroquery_csc.cli.main import main
from astroquery_csc.exceptions import InvalidQueryError, ResolverError

FIGURES = [
    "figure1-ngc1333-sky.png",
    "figure2-ngc1333-flux-significance.png",
    "figure3-extended-sky.png",
    "figure4-compact-sky.png",
    "figure5-flux-significance.png",
]
FILES = ["csc21.fits", *FIGURES, "ngc1333.fits"]
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Demo:
    """A demo that was run: its exit code, what it said, where its files are."""

    returncode: int
    lines: list[str]
    stderr: str
    folder: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Run the demo once as users do, in a process of its own, where every warning is an error."""
    folder = tmp_path_factory.mktemp("demo") / "made" / "out"
    # Any -W but this makes pyparsing warn of what matplotlib 3.8 does.
    strict = ["-W", "error", "-W", "ignore:::pyparsing"]
    command = [sys.executable, *strict, "-m", "astroquery_csc", "demo", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return Demo(done.returncode, done.stdout.splitlines(), done.stderr, folder)


@pytest.fixture(scope="module")
def around(server: Any) -> Table:
    """Fetch the real sources around NGC 1333."""
    return server.csc.query_region(SkyCoord(52.297, 31.31, unit="deg"), 2 * u.arcmin, cache=False)


# ----------------------------------------------------------------- the demo


@pytest.mark.slow
def test_demo_works_in_one_go(demo: Demo) -> None:
    """It ends with exit code 0, without a word on stderr."""
    assert (demo.returncode, demo.stderr) == (0, "")


def test_demo_makes_its_files(demo: Demo) -> None:
    """Two FITS files and five figures are in the folder, and are listed at the end."""
    assert sorted(path.name for path in demo.folder.iterdir()) == FILES
    listed = [line.split("  (")[0] for line in demo.lines[-7:]]
    assert sorted(listed) == [str(demo.folder / name) for name in FILES]


def test_demo_prints_the_eleven_sources(demo: Demo) -> None:
    """Each source is one line with flux and both bounds; a null and a limit are said in words."""
    lines = [line for line in demo.lines if line.startswith("2CXO ")]
    assert len(lines) == 11
    fluxes = {line[:21]: line.split("  ")[-1] for line in lines}
    assert fluxes["2CXO J032906.5+311933"] == "flux=5.838e-15 4.613e-15 - 7.063e-15"
    assert fluxes["2CXO J032908.3+312020"] == "flux: null, not measured"
    limit = "flux=0.000e+00 0.000e+00 - 2.780e-16 (upper limit, 68 %)"
    assert fluxes["2CXO J032903.3+311839"] == limit


def test_a_flux_without_bounds_is_said_in_words() -> None:
    """Bounds may be null where the flux is not."""
    assert say_flux(1e-15, np.ma.masked, 2e-15) == "flux=1.000e-15, bounds: null"


def test_demo_asks_the_queries_of_the_notebook(demo: Demo) -> None:
    """The ADQL is the notebook's own, after the tables and the row limit."""
    wanted = (
        "SELECT m.name, m.ra, m.dec, m.conf_flag, m.significance, m.extent_flag, "
        "m.sat_src_flag, m.flux_aper_b, m.flux_aper_lolim_b, m.flux_aper_hilim_b "
        "FROM csc21.master_source m WHERE m.name "
    )
    steps = ["csc21.master_source", "maxrec: 1,000,000"]
    steps += [f"{wanted}LIKE '%X'", f"{wanted}NOT LIKE '%X'"]
    places = [demo.lines.index(step) for step in steps]
    assert places == sorted(places)


def test_demo_says_what_is_synthetic(demo: Demo) -> None:
    """Counts of the synthetic sky stand beside those of the real catalogue."""
    assert "synthetic sky: 68; the real catalogue has 1,717." in demo.lines
    assert "synthetic sky: 3,325; the real catalogue has 406,089." in demo.lines
    assert "11 sources" in demo.lines[2]
    assert demo.lines[3].startswith("Synthetic: every other source")


def test_demo_repeats_the_remarks_of_the_notebook(demo: Demo) -> None:
    """Significance need not follow flux, and queries of several tables have traps."""
    text = "\n".join(demo.lines)
    assert "The significance need not follow the flux" in text
    assert "A query of several tables has traps" in text


@pytest.mark.parametrize(
    "title",
    [
        "Versions",
        "Where is NGC 1333?",
        "Sources within 2 arcmin of NGC 1333",
        "Tables",
        "Rows that one query may return",
        "All extended sources",
        "All compact sources",
        "What is in ngc1333.fits",
        "What is in csc21.fits",
        "Figures",
        "Files",
    ],
)
def test_demo_has_every_step(demo: Demo, title: str) -> None:
    """The steps of the notebook are there, each under its title."""
    assert demo.lines[demo.lines.index(title) + 1] == "-" * len(title)


def test_demo_lists_versions_and_tables(demo: Demo) -> None:
    """Versions of what matters, and the tables of the catalogue."""
    first_words = [line.split(maxsplit=1)[0] for line in demo.lines if line]
    assert {"python", "numpy", "astropy", "pyvo", "astroquery", "matplotlib"} <= set(first_words)
    assert set(Csc.list_tables()["name"]) <= set(first_words)


def test_demo_describes_its_files(demo: Demo) -> None:
    """Both files are described block by block and column by column."""
    assert "    2 HDU2    Table 25 columns x 11 rows" in demo.lines
    assert "    2 HDU2    Table 10 columns x 3325 rows" in demo.lines
    assert any("err_ellipse_r0    arcsec       Real8" in line for line in demo.lines)


def test_demo_files_hold_the_sources(demo: Demo) -> None:
    """The cone has 25 columns; the compact sources have the notebook's ten, and nulls are null."""
    cone, compact = (Table.read(demo.folder / name) for name in ("ngc1333.fits", "csc21.fits"))
    assert (len(cone), len(cone.colnames)) == (11, 25)
    assert (len(compact), len(compact.colnames)) == (3325, 10)
    assert np.ma.getmaskarray(cone["flux_aper_b"]).sum() == 1
    assert np.ma.getmaskarray(compact["flux_aper_b"]).sum() == 272
    assert cone["flux_aper_b"].unit == u.Unit("erg / (s cm2)")


@pytest.mark.parametrize("name", FIGURES)
def test_demo_figures_are_images(demo: Demo, name: str) -> None:
    """Each figure is a PNG with something on it."""
    data = (demo.folder / name).read_bytes()
    assert data.startswith(PNG)
    assert len(data) > 20_000


@pytest.mark.slow
def test_demo_replaces_its_own_files_only(
    server: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second demo replaces what the first made; other files stay. Another server will do."""
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "ngc1333.fits").write_text("old")
    where = ["--server", server.url, "--resolver", server.sesame_url]
    assert main(["demo", "--out", str(tmp_path), *where]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*FILES, "mine.txt"])
    assert len(Table.read(tmp_path / "ngc1333.fits")) == 11
    assert f"Service: {server.url}, release 2.1" in capsys.readouterr().out


def test_demo_cannot_write_into_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file where the folder should be is one line and exit code 1."""
    (tmp_path / "out").write_text("a file")
    assert main(["demo", "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == f"astroquery-csc: {tmp_path / 'out'}: File exists\n"


@pytest.mark.slow
def test_demo_of_a_service_that_does_not_describe_its_tables(
    server: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where TAP_SCHEMA does not answer, nothing is called synthetic."""

    def refuse(*_: object, **__: object) -> None:
        """Answer as a service without TAP_SCHEMA does."""
        raise InvalidQueryError("Table [ TAP_SCHEMA.tables ] is not found")

    monkeypatch.setattr(steps, "ask_tables", refuse)
    with sesame_url.set((server.sesame_url,)):
        Notebook(make_csc(server.url, "2.1"), tmp_path, cache=False).run()
    out = capsys.readouterr().out
    assert "68 extended sources; published for release 2.1: 1,717." in out
    assert "synthetic" not in out.lower()


def test_demo_needs_a_resolver_that_knows(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolver that does not know NGC 1333 ends the demo."""
    monkeypatch.setattr(steps, "OBJECT", "No Such Object")
    with (
        sesame_url.set((server.sesame_url,)),
        pytest.raises(ResolverError, match="No Such Object"),
    ):
        Notebook(make_csc(server.url, "2.1"), tmp_path, cache=False).run()


# ------------------------------------------------------------ what is in FITS


def test_blocks_of_every_kind(tmp_path: Path) -> None:
    """Empty blocks, images and tables are told apart, with their names and sizes."""
    path = tmp_path / "a.fits"
    image = fits.ImageHDU(np.zeros((3, 5), dtype=np.int16), name="EXPOSURE")
    table = fits.BinTableHDU(Table({"x": [1, 2]}), name="SRC")
    fits.HDUList([fits.PrimaryHDU(), image, table]).writeto(path)
    assert [tuple(row) for row in list_blocks(path)] == [
        (1, "PRIMARY", "Null", ""),
        (2, "EXPOSURE", "Image", "5x3"),
        (3, "SRC", "Table", "1 columns x 2 rows"),
    ]


def test_columns_with_types_ranges_and_nulls(tmp_path: Path) -> None:
    """Types have CIAO's names; range and nulls are those of the cells; text has no range."""
    path = tmp_path / "a.fits"
    table = Table(
        {
            "name": ["ab", "c"],
            "flux": MaskedColumn([2.5, np.nan], mask=[False, True], unit="erg", description="F"),
            "count": np.array([3, 4], dtype=np.int32),
            "flag": [True, False],
            "pair": np.zeros((2, 2)),
            "void": MaskedColumn([1.0, 1.0], mask=[True, True]),
        }
    )
    table.write(path)
    found = [tuple(row)[1:] for row in list_columns(path, 2)]
    assert found == [
        ("name", "", "String[2]", "", "0", ""),
        ("flux", "erg", "Real8", "2.5:2.5", "1", "F"),
        ("count", "", "Int4", "3:4", "0", ""),
        ("flag", "", "Logical", "F:T", "0", ""),
        ("pair", "", "Real8[2]", "0:0", "0", ""),
        ("void", "", "Real8", "", "2", ""),
    ]


# ------------------------------------------------------------------ figures


def test_figures_say_what_they_show(around: Table) -> None:
    """Title and note are on the figure, which is white behind them."""
    figure = make_figure(plot.flux_significance, around, title="The title", note="the note")
    assert (figure.get_suptitle(), figure.get_supxlabel()) == ("The title", "the note")
    assert figure.get_facecolor() == (1, 1, 1, 1)


def test_figures_open_no_window(around: Table) -> None:
    """A figure is not one of pyplot's."""
    before = plt.get_fignums()
    make_figure(plot.sky, around, title="The title")
    assert plt.get_fignums() == before
