# Licensed under a 3-clause BSD style license - see LICENSE
"""to_regions: error ellipses as regions, of the right size, the right way round."""

import sys

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable, Table
from astropy.wcs import WCS
from astroquery.exceptions import InputWarning

from astroquery_csc import to_regions
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, MissingPackageError
from tests.support.joined import OBSID

CENTRE = SkyCoord(150.0, 40.0, unit="deg")


@pytest.fixture
def source():
    """Invent a source whose ellipse is 2 by 0.5 arcsec, its major axis 30 deg east of north."""
    return Table(
        {
            "name": ["2CXO J100000.0+400000"],
            "ra": [150.0],
            "dec": [40.0],
            "err_ellipse_r0": [2.0] * u.arcsec,
            "err_ellipse_r1": [0.5] * u.arcsec,
            "err_ellipse_ang": [30.0] * u.deg,
        }
    )


@pytest.fixture
def plane():
    """Make an image, 0.1 arcsec a pixel, north up, east left."""
    return WCS(
        {
            "CTYPE1": "RA---TAN",
            "CTYPE2": "DEC--TAN",
            "CRVAL1": 150.0,
            "CRVAL2": 40.0,
            "CRPIX1": 500.0,
            "CRPIX2": 500.0,
            "CDELT1": -0.1 / 3600,
            "CDELT2": 0.1 / 3600,
        }
    )


@pytest.mark.parametrize(
    ("angle", "distance", "inside"),
    [
        (30, 1.95, True),
        (30, 2.05, False),
        (210, 1.95, True),
        (120, 0.45, True),
        (120, 0.55, False),
        (-30, 1.0, False),
    ],
)
def test_the_major_axis_lies_east_of_north(source, plane, angle, distance, inside):
    """Along the position angle the ellipse reaches r0, across it r1."""
    pytest.importorskip("regions")
    place = CENTRE.directional_offset_by(angle * u.deg, distance * u.arcsec)

    region = to_regions(source)[0]

    assert region.contains(place, plane).item() is inside


def test_axes_are_twice_the_radii_and_the_name_comes_along(source):
    """Width and height are full axes; DS9 gets the name as text."""
    pytest.importorskip("regions")

    region = to_regions(QTable(source))[0]

    assert (region.width.to_value(u.arcsec), region.height.to_value(u.arcsec)) == (4.0, 1.0)
    assert region.meta["text"] == "2CXO J100000.0+400000"
    assert "text={2CXO J100000.0+400000}" in to_regions(source).serialize(format="ds9")


def test_sources_without_an_ellipse_are_counted_in_a_warning(source):
    """Extended sources may have none: no region, and a warning that says how many."""
    pytest.importorskip("regions")
    both = Table(np.repeat(source, 2))
    both["err_ellipse_r0"] = MaskedColumn([2.0, 0.0], mask=[False, True], unit=u.arcsec)

    with pytest.warns(InputWarning, match="1 of 2 rows have no error ellipse"):
        found = to_regions(both)

    assert len(found) == 1


def test_detections_of_stacks_and_columns_of_masters_have_ellipses(csc):
    """The default columns of stacks have them, and master_ columns under their prefix."""
    pytest.importorskip("regions")
    shape = ["ra", "dec", "err_ellipse_r0", "err_ellipse_r1", "err_ellipse_ang"]

    stacks = csc.query_detections(obsid=OBSID, level="stack")
    rows = csc.query_detections(obsid=OBSID, columns=[f"m.{name}" for name in shape])

    assert len(to_regions(stacks)) == len(stacks)
    complete = rows[~np.ma.getmaskarray(rows["master_err_ellipse_r0"])]
    assert len(to_regions(complete, prefix="master_")) == len(complete)


def test_without_regions_the_error_has_the_pip_line(source, monkeypatch):
    """MissingPackageError says what to install."""
    monkeypatch.setitem(sys.modules, "regions", None)

    with pytest.raises(MissingPackageError, match=r'python -m pip install "astroquery_csc\[all\]"'):
        to_regions(source)


def test_a_table_without_ellipses_is_refused_by_the_columns_it_lacks(source):
    """The message names the missing columns and how to get them."""
    pytest.importorskip("regions")
    source.remove_columns(["err_ellipse_r1", "err_ellipse_ang"])

    with pytest.raises(InvalidQueryError, match=r"no err_ellipse_r1, err_ellipse_ang.*'match'"):
        to_regions(source)
    with pytest.raises(InputTypeError):
        to_regions([source])
