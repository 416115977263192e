# Licensed under a 3-clause BSD style license - see LICENSE
"""query_region over the whole test sky against brute force: poles, seam, tiny and huge radii."""

import warnings
from itertools import product
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astroquery.exceptions import NoResultsWarning
from hypothesis import given
from hypothesis import strategies as st

from tests.support.comparing import assert_same_table, master_positions, masters, names_within
from tests.support.examples import examples, one_in

PLACES = {
    "north pole": (0.0, 90.0),
    "beside the north pole": (200.0, 89.95),
    "south pole": (123.0, -90.0),
    "beside the south pole": (10.0, -89.9),
    "seam": (0.0, 12.5),
    "before the seam": (359.98, 12.48),
    "after the seam": (0.001, 12.55),
    "the notebook": (52.297, 31.31),
}

#: Width and height of a box, in degrees.
SIZES = [(0.1, 0.1), (2.0, 0.3), (40.0, 170.0), (200.0, 10.0), (359.0, 90.0), (360.0, 180.0)]

#: The same rows by the cone service and by TAP.
ROUTES: dict[str, dict[str, Any]] = {"cone": {"verbosity": 1}, "TAP": {"columns": ["name"]}}


def ask(server, ra_deg, dec_deg, radius_deg, route):
    """Ask for a cone, past the cache; an empty answer is an answer here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoResultsWarning)
        return server.csc.query_region(
            SkyCoord(ra_deg, dec_deg, unit="deg"), radius_deg * u.deg, **ROUTES[route], cache=False
        )


@pytest.mark.parametrize(
    ("place", "radius_deg", "route"),
    one_in(5, product(PLACES, [0.01 / 3600, 0.05, 1.0, 60.0, 90.0, 179.99, 180.0], ROUTES)),
)
def test_a_cone_is_what_brute_force_finds(server, place, radius_deg, route):
    """Everywhere, from 0.01 arcsec to the whole sky, the rows are those within the radius."""
    centre = SkyCoord(*PLACES[place], unit="deg")

    table = ask(server, *PLACES[place], radius_deg, route)

    assert table["name"].tolist() == names_within(centre, radius_deg * u.deg)


def test_the_whole_sky_is_every_source(server):
    """180 degrees around any place hold every source once."""
    table = ask(server, 200.0, -45.0, 180.0, "TAP")

    assert sorted(table["name"]) == sorted(masters()["name"])


def test_poles_and_seam_of_the_test_sky_are_not_empty():
    """The places of these tests have sources, so that nothing is shown by finding nothing."""
    found = {
        name: len(names_within(SkyCoord(*place, unit="deg"), 0.05 * u.deg))
        for name, place in PLACES.items()
    }

    assert min(found.values()) > 0, found


@pytest.mark.parametrize("route", ROUTES)
def test_a_hundredth_of_an_arcsecond_finds_a_source(server, route):
    """The smallest radius finds the source on which it stands."""
    place = master_positions()[1000]

    table = ask(server, place.ra.deg, place.dec.deg, 0.01 / 3600, route)

    assert masters()["name"][1000] in table["name"]


@examples(35)
@given(
    ra_deg=st.floats(0, 360, exclude_max=True),
    sin_dec=st.floats(-1, 1),
    log_radius=st.floats(-5, np.log10(180)),
)
def test_any_cone_is_the_same_by_both_routes_and_by_brute_force(
    server, ra_deg, sin_dec, log_radius
):
    """Wherever the cone is, and however large."""
    dec_deg = float(np.degrees(np.arcsin(sin_dec)))
    radius_deg = min(float(10**log_radius), 180.0)

    cone, tap = (ask(server, ra_deg, dec_deg, radius_deg, route) for route in ROUTES)

    assert_same_table(cone, tap)
    expected = names_within(SkyCoord(ra_deg, dec_deg, unit="deg"), radius_deg * u.deg)
    assert sorted(cone["name"]) == sorted(expected)


@examples(25)
@given(
    number=st.integers(0, 2410),
    offset_deg=st.floats(0, 0.2),
    angle_deg=st.floats(0, 360),
    radius_deg=st.floats(1e-5, 0.3),
)
def test_any_cone_near_a_source_is_what_brute_force_finds(
    server, number, offset_deg, angle_deg, radius_deg
):
    """Near sources, where a cut that is wrong by a hair would show."""
    place = master_positions()[number].directional_offset_by(angle_deg * u.deg, offset_deg * u.deg)

    tables = [ask(server, place.ra.deg, place.dec.deg, radius_deg, route) for route in ROUTES]

    assert_same_table(*tables)
    assert sorted(tables[0]["name"]) == sorted(names_within(place, radius_deg * u.deg))


@pytest.mark.parametrize(("place", "size"), one_in(5, product(PLACES, SIZES)))
def test_a_box_is_what_brute_force_finds(server, place, size):
    """The sources of a box are those within its half sizes in astropy's offset frame."""
    (width, height), centre = size, SkyCoord(*PLACES[place], unit="deg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoResultsWarning)
        table = server.csc.query_region(
            centre, width=width * u.deg, height=height * u.deg, verbosity=1, cache=False
        )

    offsets = master_positions().transform_to(centre.skyoffset_frame())
    inside = (abs(offsets.lon.wrap_at("180d").deg) <= width / 2) & (
        abs(offsets.lat.deg) <= height / 2
    )
    assert sorted(table["name"]) == sorted(masters()["name"][inside])
