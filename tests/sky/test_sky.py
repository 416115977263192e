# Licensed under a 3-clause BSD style license - see LICENSE
"""Boxes, separations and offsets, against astropy and by construction."""

import math

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import example, given
from hypothesis import strategies as st

from astroquery_csc.sky.geometry import (
    MARGIN_DEG,
    Box,
    area_deg2,
    cone_boxes,
    cone_edges,
    corner_radius_deg,
    offsets_deg,
    position_angle_deg,
    separation_deg,
)
from tests.support.examples import examples

#: Where things go wrong, and everywhere.
RA = st.one_of(
    st.sampled_from([0.0, 360.0, 1e-12, 360 - 1e-12, 90.0, 180.0, -1e-20, 359.999_999]),
    st.floats(0, 360),
)
DEC = st.one_of(
    st.sampled_from([-90.0, 90.0, 0.0, 89.999_999, -89.999_999]),
    st.floats(-90, 90),
    st.floats(1e-9, 2).map(lambda distance: 90 - distance),
)
#: From 0.01″ to the whole sky, spread over the orders of magnitude.
RADIUS = st.one_of(
    st.floats(math.log10(0.01 / 3600), math.log10(180)).map(lambda power: min(10**power, 180.0)),
    st.sampled_from([90.0, 180.0, 0.01 / 3600]),
)
ANGLE = st.floats(0, 360)


def contains(box, ra_deg, dec_deg):
    """Tell whether a box holds a position, as BETWEEN would."""
    return box.ra_min_deg <= ra_deg <= box.ra_max_deg and (
        box.dec_min_deg <= dec_deg <= box.dec_max_deg
    )


def held(boxes, ra_deg, dec_deg):
    """Tell which positions are in at least one of some boxes."""
    return [
        any(contains(box, *place) for box in boxes) for place in zip(ra_deg, dec_deg, strict=True)
    ]


def rim(ra_deg, dec_deg, radius_deg, angles_deg):
    """Find points at a distance from a centre, in several directions, as a catalogue has them."""
    points = SkyCoord(ra_deg, dec_deg, unit="deg").directional_offset_by(
        angles_deg * u.deg, radius_deg * u.deg
    )
    return points.ra.deg, points.dec.deg


def tangent_deg(dec_deg, radius_deg):
    """Find in which direction the rim of a cone touches a meridian, where its box is tight."""
    cosine = math.tan(math.radians(radius_deg)) * math.tan(math.radians(dec_deg))
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


# ---- cones -----------------------------------------------------------------------------------


@given(RA, DEC, RADIUS, st.lists(ANGLE, min_size=1, max_size=8))
@example(0.0, 90.0, 0.01 / 3600, [0.0, 90.0])
@example(360.0, -90.0, 180.0, [0.0])
@example(0.0, 89.0, 1.0, [0.0, 90.0, 180.0, 270.0])
@example(10.0, 60.0, 30 - 1e-9, [0.0, 45.0, 90.0, 270.0])
@examples(150)
def test_no_point_of_the_rim_is_outside_of_the_boxes(ra_deg, dec_deg, radius_deg, directions):
    """Whatever the cone, its rim in the direction where its boxes are tight is inside of them."""
    widest = tangent_deg(dec_deg, radius_deg)
    angles_deg = np.array([*directions, 0, 180, widest, -widest, 90, 270])

    boxes = cone_boxes(ra_deg, dec_deg, radius_deg)

    assert all(held(boxes, *rim(ra_deg, dec_deg, radius_deg, angles_deg)))


@given(RA, DEC, RADIUS, ANGLE, st.floats(0, 1))
@examples(150)
def test_no_source_of_a_cone_is_outside_of_its_boxes(ra_deg, dec_deg, radius_deg, angle, part):
    """A point anywhere in the cone is in one of its boxes."""
    place = rim(ra_deg, dec_deg, radius_deg * part, np.array([angle]))

    boxes = cone_boxes(ra_deg, dec_deg, radius_deg)

    assert all(held(boxes, *place))


@given(RA, DEC, RADIUS)
@examples(150)
def test_boxes_are_on_the_sky_and_never_cross_the_seam(ra_deg, dec_deg, radius_deg):
    """One or two boxes, each from low to high within 0 to 360 and -90 to 90 degrees."""
    boxes = cone_boxes(ra_deg, dec_deg, radius_deg)

    assert len(boxes) in {1, 2}
    assert all(0 <= box.ra_min_deg <= box.ra_max_deg <= 360 for box in boxes)
    assert all(-90 <= box.dec_min_deg <= box.dec_max_deg <= 90 for box in boxes)


@given(st.floats(30, 330), st.floats(-60, 60), st.floats(0.01 / 3600, 10))
@examples(150)
def test_boxes_are_hardly_larger_than_the_cone(ra_deg, dec_deg, radius_deg):
    """Away from seam and poles a box is the cone's own, but for 0.01″ and a thousandth."""
    (box,) = cone_boxes(ra_deg, dec_deg, radius_deg)

    half = math.asin(math.sin(math.radians(radius_deg)) / math.cos(math.radians(dec_deg)))
    slack = 3 * MARGIN_DEG / math.cos(math.radians(dec_deg)) + 0.0015 * math.degrees(half)
    assert box.dec_max_deg - box.dec_min_deg == pytest.approx(2 * (radius_deg + MARGIN_DEG))
    assert box.ra_max_deg - box.ra_min_deg <= 2 * (math.degrees(half) + slack)


@given(RA, st.floats(-80, 80), st.floats(0.01 / 3600, 9))
@examples(150)
def test_every_edge_is_outside_of_the_cone_by_the_margin(ra_deg, dec_deg, radius_deg):
    """Rounding on the way loses nothing: an edge is 0.01″ away from the rim."""
    angles_deg = np.array([*range(0, 360, 15), tangent_deg(dec_deg, radius_deg)])

    boxes = cone_boxes(ra_deg, dec_deg, radius_deg)

    assert all(held(boxes, *rim(ra_deg, dec_deg, radius_deg + 0.99 * MARGIN_DEG, angles_deg)))


@pytest.mark.parametrize(
    ("ra_deg", "dec_deg", "radius_deg"),
    [(10.0, 89.0, 1.0), (10.0, 89.0, 5.0), (10.0, -90.0, 0.01), (10.0, 90.0, 1e-6)],
)
def test_a_cone_with_a_pole_is_a_cap(ra_deg, dec_deg, radius_deg):
    """A cone that holds a pole, or touches it, takes all right ascensions up to the pole."""
    (box,) = cone_boxes(ra_deg, dec_deg, radius_deg)

    assert (box.ra_min_deg, box.ra_max_deg) == (0.0, 360.0)
    assert 90.0 in (box.dec_max_deg, -box.dec_min_deg)
    assert box.dec_max_deg - box.dec_min_deg < 2 * radius_deg + 1


def test_a_large_cone_is_the_whole_sky():
    """180 degrees around any place is everything."""
    assert cone_boxes(123.0, 45.0, 180.0) == [Box(0.0, 360.0, -90.0, 90.0)]


@pytest.mark.parametrize("ra_deg", [0.0, 360.0, 0.5, 359.5])
def test_a_cone_over_the_seam_has_two_boxes(ra_deg):
    """One box ends at 360 degrees, the other begins at 0; together they are as wide as the cone."""
    west, east = sorted(cone_boxes(ra_deg, 0.0, 1.0), key=lambda box: box.ra_min_deg, reverse=True)

    assert (west.ra_max_deg, east.ra_min_deg) == (360.0, 0.0)
    assert west.ra_max_deg - west.ra_min_deg + east.ra_max_deg == pytest.approx(2.0, abs=0.01)
    assert (west.dec_min_deg, west.dec_max_deg) == (east.dec_min_deg, east.dec_max_deg)


# ---- separations -----------------------------------------------------------------------------


@given(RA, DEC, RA, DEC)
@examples(150)
def test_separations_are_astropys(ra_deg, dec_deg, ra0_deg, dec0_deg):
    """Any two places are as far from each other as SkyCoord.separation says."""
    expected = SkyCoord(ra_deg, dec_deg, unit="deg").separation(
        SkyCoord(ra0_deg, dec0_deg, unit="deg")
    )

    found = separation_deg(ra_deg, dec_deg, ra0_deg, dec0_deg)

    assert float(found) == pytest.approx(expected.deg, abs=1e-12)


@given(RA, st.floats(-90, 90), RADIUS, st.sampled_from([-1, 1]))
@examples(150)
def test_separations_are_exact_from_tiny_to_huge(ra_deg, dec_deg, radius_deg, side):
    """Along a meridian, over a pole too, a separation is the step, to a tenth of a nanoarcsec."""
    step_deg = side * radius_deg
    over_pole = abs(dec_deg + step_deg) > 90
    there_deg = (
        math.copysign(180, step_deg) - dec_deg - step_deg if over_pole else dec_deg + step_deg
    )

    found = separation_deg(ra_deg + 180 * over_pole, there_deg, ra_deg, dec_deg)

    assert float(found) == pytest.approx(radius_deg, abs=5e-14, rel=5e-13)


def test_separations_broadcast():
    """Two columns against one place give one separation a row; a grid gives a grid."""
    assert separation_deg([0.0, 1.0], [0.0, 0.0], 0.0, 0.0).tolist() == [0.0, 1.0]
    assert separation_deg([[0.0], [1.0]], 0.0, [0.0, 1.0, 2.0], 0.0).shape == (2, 3)
    assert separation_deg([], [], 0.0, 0.0).shape == (0,)


def test_a_place_that_is_nowhere_has_no_separation():
    """NaN stays NaN, without a warning."""
    assert np.isnan(separation_deg([np.nan, 1.0], [1.0, np.nan], 0.0, 0.0)).all()


# ---- offsets ---------------------------------------------------------------------------------


def on_sphere(longitude_deg, latitude_deg):
    """Turn angles into unit vectors, which have no seam and no poles."""
    place = SkyCoord(longitude_deg, latitude_deg, unit="deg").cartesian.xyz.value
    return place.T


@given(RA, DEC, RA, DEC)
@examples(150)
def test_offsets_are_astropys(ra_deg, dec_deg, ra0_deg, dec0_deg):
    """Any place has the offsets that SkyCoord.spherical_offsets_to gives."""
    centre = SkyCoord(ra0_deg, dec0_deg, unit="deg")
    expected = centre.spherical_offsets_to(SkyCoord(ra_deg, dec_deg, unit="deg"))

    found = offsets_deg(ra_deg, dec_deg, ra0_deg, dec0_deg)

    assert on_sphere(*found) == pytest.approx(
        on_sphere(expected[0].deg, expected[1].deg), abs=1e-13
    )


@given(st.floats(0, 360), st.floats(-89, 89), st.floats(-1, 1), st.floats(-1, 1))
@examples(150)
def test_small_offsets_keep_their_digits(ra0_deg, dec0_deg, east, north):
    """Offsets of arcseconds are right to a milliarcsecond, sign included."""
    centre = SkyCoord(ra0_deg, dec0_deg, unit="deg")
    place = centre.spherical_offsets_by(east * u.arcsec, north * u.arcsec)

    longitude, latitude = offsets_deg(place.ra.deg, place.dec.deg, ra0_deg, dec0_deg)

    assert longitude * 3600 == pytest.approx(east, abs=1e-6)
    assert latitude * 3600 == pytest.approx(north, abs=1e-6)


def test_offsets_broadcast_and_keep_within_their_range():
    """A column gives two columns; longitude goes from -180 to 180, latitude from -90 to 90."""
    longitude, latitude = offsets_deg([0.0, 90.0, 180.0, 270.0], [0.0, 0.0, 0.0, 80.0], 0.0, 0.0)

    assert longitude == pytest.approx([0.0, 90.0, 180.0, -90.0])
    assert latitude == pytest.approx([0.0, 0.0, 0.0, 80.0])


# ---- boxes -----------------------------------------------------------------------------------


@given(
    st.floats(1e-6, 360),
    st.floats(1e-6, 180),
    st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), max_size=8),
)
@examples(150)
def test_the_corner_radius_holds_the_whole_box(width_deg, height_deg, places):
    """No corner, edge or inner point of a box is farther from its centre."""
    corners = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
    x, y = np.array([*corners, *places]).T

    radius_deg = corner_radius_deg(width_deg, height_deg)

    separations = separation_deg(x * width_deg / 2, y * height_deg / 2, 0.0, 0.0)
    assert separations.max() <= radius_deg + 1e-11
    assert radius_deg <= 180


@given(st.floats(1e-6, 360), st.floats(1e-6, 180))
@examples(150)
def test_the_corner_radius_is_no_larger_than_it_must_be(width_deg, height_deg):
    """Some corner, or middle of an edge, is just as far as the radius."""
    x, y = np.array([(1, 1), (1, 0), (0, 1)]).T

    radius_deg = corner_radius_deg(width_deg, height_deg)

    separations = separation_deg(x * width_deg / 2, y * height_deg / 2, 0.0, 0.0)
    assert separations.max() == pytest.approx(radius_deg, abs=1e-7)


@pytest.mark.parametrize(
    ("width_deg", "height_deg", "radius_deg"),
    [(2.0, 0.0, 1.0), (0.0, 2.0, 1.0), (180.0, 90.0, 90.0), (360.0, 180.0, 180.0)],
)
def test_corner_radii_that_are_known(width_deg, height_deg, radius_deg):
    """A line is held by half its length; half the sky by 90, all of it by 180 degrees."""
    assert corner_radius_deg(width_deg, height_deg) == pytest.approx(radius_deg, abs=1e-12)


# ---- directions and areas --------------------------------------------------------------------


@given(RA, DEC, RADIUS, ANGLE)
@examples(150)
def test_position_angles_are_astropys(ra_deg, dec_deg, radius_deg, angle):
    """East of north, from arcseconds to the whole sky."""
    here = SkyCoord(ra_deg, dec_deg, unit="deg")
    there = here.directional_offset_by(angle * u.deg, min(radius_deg, 179.0) * u.deg)

    found = position_angle_deg(there.ra.deg, there.dec.deg, ra_deg, dec_deg)

    expected = here.position_angle(there).deg
    turn = math.radians(float(found) - expected)
    across = math.sin(min(math.radians(radius_deg), math.pi / 2))
    assert abs(math.sin(turn / 2)) * across < 1e-12


def test_area_of_boxes():
    """The whole sky, a hemisphere, a degree on the equator and one next to the pole."""
    edges = np.array([[0, 360, -90, 90], [0, 360, 0, 90], [1, 2, 0, 1], [1, 2, 89, 90]], float)

    assert area_deg2(edges) == pytest.approx([41252.961, 20626.481, 0.999949, 0.0087265], rel=1e-5)


def test_edges_of_several_cones():
    """Two boxes where a cone crosses the seam; each knows its cone."""
    owner, edges = cone_edges([10.0, 0.0, 5.0], [0.0, 0.0, 90.0], [1.0, 1.0, 1.0])

    assert owner.tolist() == [0, 1, 1, 2]
    assert edges[1:3, :2].ravel() == pytest.approx([0.0, 1.001, 358.999, 360.0], abs=1e-3)
    assert edges[3].tolist()[:2] == [0.0, 360.0]
