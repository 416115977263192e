# Licensed under a 3-clause BSD style license - see LICENSE
"""The pictures: what is drawn, what the axes and the legend say, and what is refused."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table
from astropy.wcs import WCS
from matplotlib import pyplot as plt

from astroquery_csc import plot
from astroquery_csc.exceptions import (
    InputTypeError,
    InvalidQueryError,
    MissingPackageError,
    TableParseError,
)

CENTRE = SkyCoord(52.297, 31.31, unit="deg")
SOURCE = "2CXO J174529.3-285749"
FUNCTIONS = [plot.sky, plot.flux_significance, plot.light_curve, plot.spectrum, plot.all_sky]


@pytest.fixture(autouse=True)
def _close_figures():
    """Leave no figure of pyplot behind."""
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def around(server):
    """Fetch the real sources around NGC 1333."""
    return server.csc.query_region(CENTRE, 2 * u.arcmin, cache=False)


@pytest.fixture(scope="module")
def everything(server):
    """Fetch every master with its flux."""
    return server.csc.query_criteria(columns="match", cache=False)


@pytest.fixture(scope="module")
def curve(server):
    """Fetch a light curve with limits."""
    return server.csc.query_light_curve(SOURCE, cache=False)


@pytest.fixture(scope="module")
def downloads(server, tmp_path_factory):
    """Fetch a spectrum and its responses."""
    rows = server.csc.query_detections(SOURCE, columns=["instrument"], cache=False)[:1]
    files = server.csc.get_product_list(rows, types=["pha", "arf", "rmf"])
    return server.csc.download_products(files, location=tmp_path_factory.mktemp("spectra"))


def legend(axes):
    """Read the words of a legend."""
    return [text.get_text() for text in axes.get_legend().get_texts()]


def bars_of(axes):
    """Count the rows of each set of error bars."""
    return [len(bars[0].get_xdata()) for bars in axes.containers]


# ---------------------------------------------------------------- sky


def test_sky_marks_measured_limits_and_nulls(around):
    """Measured, upper limit and null have marks of their own; east is to the left."""
    axes: Any = plot.sky(around, centre=CENTRE, radius="2 arcmin")
    drawn = [len(marks.get_offsets()) for marks in axes.collections]
    assert [size for size in drawn if size] == [8, 2, 1]
    assert legend(axes)[-3:] == ["upper limit (68 %)", "null: not measured", "circle, 2′"]
    assert axes.xaxis_inverted()
    assert len(axes.texts) == 11


def test_names_keep_apart(around):
    """No name lies on the mark of a source."""
    axes: Any = plot.sky(around, centre=CENTRE, radius=2 * u.arcmin)
    axes.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    points = axes.transData.transform(np.column_stack([around["ra"], around["dec"]]))
    covered = [box for box in boxes if any(box.contains(*point) for point in points)]
    crossing = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
    assert (covered, crossing) == ([], [])


def test_sky_needs_positions_alone():
    """A table of ra and dec is drawn; a source without position is not."""
    table = Table({"ra": MaskedColumn([10.0, 10.1, 0], mask=[0, 0, 1]), "dec": [5.0, 5.1, 5.05]})
    axes = plot.sky(table)
    assert axes.get_xlim() > (10.1, 0)
    assert axes.get_legend() is None


def test_sky_of_an_empty_table(around):
    """No source is an empty picture, not an error."""
    assert plot.sky(around[:0]).get_xlabel() == "RA, ICRS (deg)"
    assert plot.all_sky(around[:0]).get_xlabel() == "Galactic longitude"


def test_sky_across_the_seam(server):
    """A field around RA 0 is one field, and no tick is negative."""
    seam = SkyCoord(0, 12.5, unit="deg")
    axes = plot.sky(server.csc.query_region(seam, 1 * u.arcmin, columns="match", cache=False))
    axes.figure.canvas.draw()
    assert abs(np.diff(axes.get_xlim())) < 0.1
    ticks = [text.get_text() for text in axes.get_xticklabels()]
    assert "359.990" in ticks
    assert "0.000" in ticks


def test_sky_at_the_pole(server):
    """At a pole the axes are offsets from the centre."""
    pole = SkyCoord(0, 90, unit="deg")
    axes = plot.sky(server.csc.query_region(pole, 4 * u.arcmin, columns="match", cache=False))
    assert axes.get_ylabel() == "offset to the north (arcmin)"
    assert "error ellipse, 95 %" in legend(axes)


def test_sky_over_an_image(around):
    """On the axes of an image, the sources are at its pixels and its limits stay."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crval = CENTRE.ra.deg, CENTRE.dec.deg
    wcs.wcs.crpix = 50, 50
    wcs.wcs.cdelt = -0.001, 0.001
    axes = plt.figure().add_subplot(projection=wcs)
    axes.imshow(np.zeros((100, 100)))
    limits = axes.get_xlim()
    assert plot.sky(around, ax=axes) is axes
    assert axes.get_xlim() == limits
    offsets = np.concatenate([marks.get_offsets() for marks in axes.collections])
    inside = np.all((offsets > 0) & (offsets < 100), axis=1)
    assert np.count_nonzero(inside) == 11


def test_a_wide_table_goes_onto_the_whole_sky(everything):
    """A table that spans the sky has right ascension from 370 to −10."""
    axes = plot.sky(everything[:900])
    assert axes.get_xlim() == (370, -10)


def test_many_rows_are_hexagons_with_a_colour_bar(everything):
    """From 1,000 rows on, each picture counts its rows in hexagons."""
    for_each: list[Any] = [plot.sky(everything), plot.all_sky(everything)]
    counted = [int(np.sum(axes.collections[-1].get_array())) for axes in for_each]
    assert counted == [len(everything)] * 2
    assert [axes.figure.axes[1].get_ylabel() for axes in for_each] == ["rows per hexagon"] * 2


def test_whole_sky_has_longitude_to_the_left():
    """The Galactic centre is in the middle, and longitude 90 degrees left of it."""
    places = SkyCoord([0, 90] * u.deg, [0, 30] * u.deg, frame="galactic").icrs
    axes = plot.all_sky(Table({"ra": places.ra.deg, "dec": places.dec.deg}))
    drawn = np.degrees(np.asarray(axes.collections[0].get_offsets()))
    assert drawn.ravel().tolist() == pytest.approx([0, 0, -90, 30], abs=1e-9)


def test_whole_sky_needs_axes_of_the_whole_sky(around):
    """Axes without projection are refused, with those that will do."""
    with pytest.raises(InputTypeError, match=r"add_subplot\(projection='mollweide'\)"):
        plot.all_sky(around, ax=plt.figure().add_subplot())


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"centre": (52, 31)}, InputTypeError, "expected one position"),
        ({"radius": 2 * u.arcmin}, InvalidQueryError, "Write centre= too"),
        ({"centre": CENTRE, "radius": 2 * u.s}, InvalidQueryError, "expected an angle"),
        ({"centre": CENTRE, "radius": "-1 deg"}, InvalidQueryError, "at most 180 deg"),
        ({"ax": "axes"}, InputTypeError, "expected the Axes of a figure"),
    ],
)
def test_wrong_places_are_refused(around, arguments, error, words):
    """A centre, radius or ax of the wrong kind is an error that shows the right one."""
    with pytest.raises(error, match=words):
        plot.sky(around, **arguments)


# ---------------------------------------------------------------- flux


def test_flux_has_bars_and_arrows_with_their_level(around):
    """Limits are arrows at the upper bound, with 68 % in the legend; nulls are counted."""
    axes = plot.flux_significance(around)
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert bars_of(axes) == [8, 2, 0]
    limits = sorted(axes.containers[1][0].get_xdata())
    assert limits == [2.779850359713e-16, 9.2344863953846e-16]
    assert legend(axes) == ["measured, 68 % bounds", "upper limit (68 %)"]
    assert [text.get_text() for text in axes.texts] == ["not drawn: 1 null"]


def test_flux_without_bounds(around):
    """A table without bounds is drawn without bars."""
    axes = plot.flux_significance(around["name", "significance", "flux_aper_b"])
    assert legend(axes) == ["measured"]


def test_many_fluxes_are_hexagons(everything):
    """From 1,000 rows on there is a colour bar, and limits and nulls are counted."""
    axes = plot.flux_significance(everything)
    assert axes.figure.axes[1].get_ylabel() == "rows per hexagon"
    assert "upper limits (68 %)" in axes.texts[0].get_text()
    assert axes.get_xscale() == "log"


# ---------------------------------------------------------------- light curve


def test_light_curve_tells_bands_and_limits(curve):
    """Time is MJD (TT); bands have labels of their own, and limits have their level."""
    axes = plot.light_curve(curve)
    assert axes.get_xlabel() == "MJD (TT)"
    assert legend(axes)[:2] == ["ACIS b, measured (68 % bounds)", "ACIS b, upper limit (68 %)"]
    assert axes.get_yscale() == "log"


def test_light_curve_has_unequal_bars(curve):
    """The bars end at the two bounds."""
    broad = curve[(curve["band"] == "b") & ~curve["is_limit"]]
    axes = plot.light_curve(broad)
    ends = [path.vertices[:, 1].tolist() for path in axes.containers[0][2][0].get_paths()]
    bounds = [[row["flux_lolim"], row["flux_hilim"]] for row in broad]
    assert np.allclose(ends, bounds, rtol=1e-9)


def test_light_curve_keeps_instruments_apart():
    """ACIS and HRC are two groups; a shared measurement has words of its own."""
    table = Table(
        {
            "mjd_mid": [1.0, 2.0, 3.0],
            "flux": [1.0, 2.0, 3.0],
            "instrument": ["ACIS", "HRC", "HRC"],
            "match_type": ["u", "u", "a"],
        }
    )
    expected = ["ACIS, measured", "HRC, measured", "HRC, shared with another source"]
    assert legend(plot.light_curve(table)) == expected


def test_light_curve_takes_the_level_of_its_table(curve):
    """Where the table has limits at another level, the legend says so."""
    other = curve[curve["band"] == "b"]
    other.meta["LIMITS"] = "99.73%"
    assert legend(plot.light_curve(other))[1] == "ACIS b, upper limit (99.73 %)"


def test_a_long_light_curve_is_hexagons():
    """From 1,000 rows on there is a colour bar."""
    table = Table({"mjd_mid": np.arange(1000.0), "flux": np.geomspace(1, 10, 1000)})
    assert plot.light_curve(table).figure.axes[1].get_ylabel() == "rows per hexagon"


# ---------------------------------------------------------------- spectra


def test_spectrum_in_energy(downloads):
    """With the response beside it a spectrum is drawn against energy, and its background."""
    axes = plot.spectrum(downloads)
    assert axes.get_xlabel() == "energy (keV)"
    assert sorted(legend(axes)) == ["ObsID 90018", "ObsID 90018, background"]


def test_spectrum_without_response(downloads, tmp_path):
    """Without the response the axis is channel."""
    pha = downloads["path"][downloads["type"] == "pha"][0]
    alone = tmp_path / str(pha).rsplit("/", maxsplit=1)[-1]
    alone.write_bytes(Path(str(pha)).read_bytes())
    assert plot.spectrum(alone).get_xlabel() == "channel"
    assert len(plot.spectrum([alone, alone]).containers) == 2


def test_a_file_that_is_no_spectrum(downloads, tmp_path):
    """A response, or a file that is not FITS, is refused with what to write."""
    arf = str(downloads["path"][downloads["type"] == "arf"][0])
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(TableParseError, match="does not contain a spectrum"):
        plot.spectrum(arf)
    with pytest.raises(TableParseError, match="cannot be read as a spectrum"):
        plot.spectrum(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ([], InvalidQueryError),
        (3, InputTypeError),
        (Table({"path": ["a"], "type": ["arf"]}), InvalidQueryError),
    ],
)
def test_no_spectrum(files, error):
    """Without a pha file the message has the calls that fetch one."""
    with pytest.raises(error, match=r"Csc\.download_products"):
        plot.spectrum(files)


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize(
    ("draw", "verb"),
    [
        (plot.sky, "Csc.query_region"),
        (plot.flux_significance, "Csc.query_region"),
        (plot.light_curve, "Csc.query_light_curve"),
        (plot.spectrum, "Csc.download_products"),
        (plot.all_sky, "Csc.query_criteria"),
    ],
)
def test_a_wrong_table_is_refused_with_the_right_verb(draw, verb):
    """A table of another kind, and what is not a table, name the call that makes the right one."""
    with pytest.raises(InvalidQueryError, match=f"does not contain .*{verb}"):
        draw(Table({"x": [1]}))
    with pytest.raises(InputTypeError, match=verb):
        draw(3.0)


def test_significance_without_flux_is_refused():
    """The flux is needed too."""
    with pytest.raises(InvalidQueryError, match="does not contain flux_aper_b"):
        plot.flux_significance(Table({"significance": [1.0]}))


@pytest.mark.parametrize("draw", FUNCTIONS)
def test_missing_matplotlib_has_its_pip_line(draw, monkeypatch):
    """Without matplotlib there is the line that installs it."""
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingPackageError, match=r'pip install "astroquery_csc\[local\]"'):
        draw(Table({"ra": [1.0], "dec": [1.0]}))


def test_pictures_go_onto_the_axes_that_were_given(around, curve):
    """Each function draws on ax, and returns it."""
    first, second = plt.figure().subplots(1, 2)
    assert plot.flux_significance(around, ax=first) is first
    assert plot.light_curve(curve, ax=second) is second
    assert plot.sky(around, ax=plt.figure().add_subplot()).get_legend() is not None
