# Licensed under a 3-clause BSD style license - see LICENSE
"""The demo: its words, its files, its figures."""

import subprocess
import sys
import time
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

from astroquery_csc.cli import demo as steps
from astroquery_csc.cli import figures
from astroquery_csc.cli.commands import make_csc
from astroquery_csc.cli.demo import Notebook
from astroquery_csc.cli.describe import list_blocks, list_columns
from astroquery_csc.cli.figures import density_map, flux_significance, sky_chart, sky_map
from astroquery_csc.cli.main import main
from astroquery_csc.exceptions import InvalidQueryError, ResolverError

FIGURES = [
    "figure1-ngc1333-sky.png",
    "figure2-ngc1333-flux-significance.png",
    "figure3-extended-sky.png",
    "figure4-compact-sky.png",
    "figure5-compact-density.png",
]
FILES = ["csc21.fits", *FIGURES, "ngc1333.fits"]
PNG = b"\x89PNG\r\n\x1a\n"
SECONDS = 20


@dataclass(frozen=True)
class Demo:
    """A demo that was run: its exit code, what it said, how long it took, where its files are."""

    returncode: int
    lines: list[str]
    stderr: str
    seconds: float
    folder: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Run the demo once as users do, in a process of its own, where every warning is an error."""
    folder = tmp_path_factory.mktemp("demo") / "made" / "out"
    command = [sys.executable, "-W", "error", "-m", "astroquery_csc", "demo", "--out", str(folder)]
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    seconds = time.monotonic() - start
    return Demo(done.returncode, done.stdout.splitlines(), done.stderr, seconds, folder)


@pytest.fixture(scope="module")
def around(server: Any) -> Table:
    """Fetch the real sources around NGC 1333."""
    return server.csc.query_region(SkyCoord(52.297, 31.31, unit="deg"), 2 * u.arcmin, cache=False)


# ----------------------------------------------------------------- the demo


def test_demo_works_in_one_go(demo: Demo) -> None:
    """It ends with exit code 0, without a word on stderr."""
    assert (demo.returncode, demo.stderr) == (0, "")


def test_demo_is_quick(demo: Demo) -> None:
    """Nobody waits for it for long."""
    assert demo.seconds < SECONDS


def test_demo_makes_its_files(demo: Demo) -> None:
    """Two FITS files and five figures are in the folder, and are listed at the end."""
    assert sorted(path.name for path in demo.folder.iterdir()) == FILES
    listed = [line.split("  (")[0] for line in demo.lines[-7:]]
    assert sorted(listed) == [str(demo.folder / name) for name in FILES]


def test_demo_prints_the_eleven_sources(demo: Demo) -> None:
    """Each source is one line; a flux that was not measured is nan, an upper limit is 0."""
    lines = [line for line in demo.lines if line.startswith("2CXO ")]
    assert len(lines) == 11
    fluxes = {line[:21]: line.split()[-1] for line in lines}
    assert fluxes["2CXO J032908.3+312020"] == "nan"
    assert fluxes["2CXO J032903.3+311839"] == "0"
    assert fluxes["2CXO J032912.9+311814"] == "8.559e-14"


def test_demo_says_what_is_synthetic(demo: Demo) -> None:
    """Counts of the synthetic sky stand beside those of the real catalogue."""
    assert "synthetic sky: 27; the real catalogue has 1,717." in demo.lines
    assert "synthetic sky: 2,384; the real catalogue has 406,089." in demo.lines
    assert "11 sources" in demo.lines[2]
    assert demo.lines[3].startswith("Synthetic: every other source")


@pytest.mark.parametrize(
    "title",
    [
        "Versions",
        "Where is NGC 1333?",
        "Sources within 2 arcmin of NGC 1333",
        "Tables",
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
    """Versions of what matters, and the sixteen tables of the service."""
    first_words = [line.split(maxsplit=1)[0] for line in demo.lines if line]
    assert {"python", "numpy", "astropy", "pyvo", "astroquery", "matplotlib"} <= set(first_words)
    tables = [word for word in first_words if word.startswith(("csc21.", "ivoa.", "TAP_SCHEMA."))]
    assert len(tables) == 16


def test_demo_describes_its_files(demo: Demo) -> None:
    """Both files are described block by block and column by column."""
    assert "    2 HDU2    Table 25 columns x 11 rows" in demo.lines
    assert "    2 HDU2    Table 13 columns x 2384 rows" in demo.lines
    assert any("err_ellipse_r0    arcsec       Real8" in line for line in demo.lines)


def test_demo_files_hold_the_sources(demo: Demo) -> None:
    """The cone has 25 columns; the compact sources are complete, and their nulls are null."""
    cone, compact = (Table.read(demo.folder / name) for name in ("ngc1333.fits", "csc21.fits"))
    assert (len(cone), len(cone.colnames)) == (11, 25)
    assert (len(compact), len(compact.colnames)) == (2384, 11)
    assert np.ma.getmaskarray(cone["flux_aper_b"]).sum() == 1
    assert np.ma.getmaskarray(compact["conf_flag"]).sum() > 0
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
    assert capsys.readouterr().err == f"astroquery_csc: {tmp_path / 'out'}: File exists\n"


@pytest.mark.slow
def test_demo_of_a_service_without_a_word_on_itself(
    server: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where TAP_SCHEMA does not answer, the known tables are listed, and nothing is synthetic."""

    def refuse(*_: object, **__: object) -> None:
        """Answer as a service without TAP_SCHEMA does."""
        raise InvalidQueryError("Table [ TAP_SCHEMA.tables ] is not found")

    monkeypatch.setattr(steps, "ask_tables", refuse)
    with sesame_url.set((server.sesame_url,)):
        Notebook(make_csc(server.url, "2.1"), tmp_path, cache=False).run()
    out = capsys.readouterr().out
    assert "The service does not tell its tables; these are known to this package." in out
    assert "27 extended sources; published for release 2.1: 1,717." in out
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


def _axes(figure: Any) -> Any:
    """Give the axes of a figure that has one."""
    (axes,) = figure.axes
    return axes


def _legend(axes: Any) -> list[str]:
    """Read the words of a legend."""
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_chart_marks_nulls_and_limits(around: Table) -> None:
    """Measured, limit and null have marks of their own; all eleven have a name; east is left."""
    figure = sky_chart(
        around, SkyCoord(52.297, 31.31, unit="deg"), 2 * u.arcmin, title="T", note="N"
    )
    axes = _axes(figure)
    drawn = [len(marks.get_offsets()) for marks in axes.collections[:3]]
    assert drawn == [8, 2, 1]
    assert len(axes.texts) == 11
    assert axes.xaxis_inverted()
    assert _legend(axes)[-2:] == ["upper limit (68 %)", "null: not measured"]


def test_chart_keeps_names_apart(around: Table) -> None:
    """No name lies on another name, or on the mark of another source."""
    figure = sky_chart(
        around, SkyCoord(52.297, 31.31, unit="deg"), 2 * u.arcmin, title="T", note="N"
    )
    figure.draw_without_rendering()
    axes = _axes(figure)
    boxes = [text.get_window_extent() for text in axes.texts]
    overlaps = [
        (i, j) for i, a in enumerate(boxes) for j, b in enumerate(boxes[:i]) if a.overlaps(b)
    ]
    points = axes.transData.transform(np.column_stack([around["ra"], around["dec"]]))
    covered = [
        (i, j) for i, box in enumerate(boxes) for j, p in enumerate(points) if box.contains(*p)
    ]
    assert (overlaps, covered) == ([], [])


def test_flux_figure_draws_limits_at_68_percent(around: Table) -> None:
    """Limits are arrows at the upper bound; the legend says 68 % and counts what is null."""
    figure = flux_significance(around, title="T", note="N")
    axes = _axes(figure)
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [len(container[0].get_xdata()) for container in axes.containers] == [8, 2]
    limits = sorted(axes.containers[1][0].get_ydata())
    assert limits == [2.779850359713e-16, 9.2344863953846e-16]
    assert _legend(axes) == [
        "flux_aper_b, with its 68 % bounds",
        "upper limit at 68 % (flux_aper_hilim_b)",
        "not drawn, since flux_aper_b is null: 1",
    ]


def test_map_tells_real_from_synthetic(around: Table) -> None:
    """The legend of a map counts both; a map of one kind needs no legend."""
    real = np.arange(len(around)) < 4
    axes = _axes(sky_map(around, title="T", note="N", real=real))
    assert _legend(axes) == ["real, around NGC 1333: 4", "synthetic: 7"]
    assert sky_map(around, title="T", note="N").axes[0].get_legend() is None


def test_map_has_longitude_to_the_left() -> None:
    """The Galactic centre is in the middle, and longitude 90 deg left of it."""
    places = SkyCoord([0, 90] * u.deg, [0, 30] * u.deg, frame="galactic").icrs
    table = Table({"ra": places.ra.deg, "dec": places.dec.deg})
    axes = _axes(sky_map(table, title="T", note="N"))
    drawn = np.degrees(np.asarray(axes.collections[0].get_offsets()))
    assert drawn.ravel().tolist() == pytest.approx([0, 0, -90, 30], abs=1e-9)


def test_density_counts_every_source(around: Table) -> None:
    """The hexagons hold all sources; the colour bar says how large a hexagon is."""
    real = np.ones(len(around), dtype=bool)
    figure: Any = density_map(around, title="T", note="N", real=real)
    hexagons = figure.axes[0].collections[0]
    assert int(np.sum(hexagons.get_array())) == len(around)
    assert figure.axes[1].get_ylabel() == "sources in a hexagon of 20 deg$^2$"


def test_figures_say_what_they_show(around: Table) -> None:
    """Title and note are on every figure, and pyplot is not used."""
    figure = sky_map(around, title="Synthetic sky", note="the note")
    assert (figure.get_suptitle(), figure.get_supxlabel()) == ("Synthetic sky", "the note")
    assert not hasattr(figures, "pyplot")
