# Licensed under a 3-clause BSD style license - see LICENSE
"""Positions and angles become plain degrees, or an error that says what to write."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import (
    FK5,
    ICRS,
    AltAz,
    Angle,
    Galactic,
    Latitude,
    Longitude,
    SkyCoord,
)
from astropy.table import Table
from astropy.utils.masked import Masked
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, ResolverError
from astroquery_csc.search import places
from tests.support.examples import examples

NGC1333 = (52.297, 31.31)


def refused(function, *args, kind=InvalidQueryError, **arguments):
    """Call a function that has to refuse, and give the message."""
    with pytest.raises(kind) as caught:
        function(*args, **arguments)
    return str(caught.value)


def same(found, *places):
    """Compare positions with those expected, to a nanoarcsecond."""
    assert_allclose(found.ra_deg, [ra for ra, _ in places], rtol=0, atol=1e-12)
    assert_allclose(found.dec_deg, [dec for _, dec in places], rtol=0, atol=1e-12)
    return True


# ---- positions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "coordinates",
    [
        SkyCoord(*NGC1333, unit="deg"),
        ICRS(*NGC1333 * u.deg),
        SkyCoord(*NGC1333, unit="deg").galactic,
        SkyCoord(*NGC1333, unit="deg").fk5,
        Galactic(SkyCoord(*NGC1333, unit="deg").galactic.data),
        SkyCoord(*NGC1333 * u.deg, distance=300 * u.pc),
        SkyCoord(*NGC1333 * u.deg, obstime="J2000"),
        SkyCoord(52.297 - 360, 31.31, unit="deg"),
        SkyCoord(SkyCoord(*NGC1333, unit="deg").cartesian),
        "52.297 31.31",
        " 52.297,31.31 ",
        "52.297  ,\t+31.31",
        "52.297d 31.31d",
        "3h29m11.28s +31d18m36s",
    ],
)
def test_a_position_in_any_form_is_the_same_place(coordinates):
    """Frames are converted, strings are read."""
    found = places.read_positions(coordinates)

    assert_allclose([found.ra_deg[0], found.dec_deg[0]], NGC1333, rtol=0, atol=1e-9)
    assert found.scalar
    assert found.label == ""


@pytest.mark.parametrize(
    ("text", "place"),
    [("0 -90", (0, -90)), ("360 90", (0, 90)), ("1e1 -1e-3", (10, -0.001)), (".5 5.", (0.5, 5.0))],
)
def test_two_plain_numbers_are_degrees(text, place):
    """Right ascension and declination, in any way to write a number."""
    assert same(places.read_positions(text), place)


@pytest.mark.parametrize(
    "text",
    [
        "03:29:12 -31:18:36",
        "03:29:12, -31:18:36",
        "3 29 12 -31 18 36",
        " 03:29:12.0  \u221231:18:36.0 ",
        "52.3 \u221231.31",
        "52.3, \u201331.31",
    ],
)
def test_sexagesimal_positions_are_hours_and_degrees(text):
    """As the command line reads them; a minus sign may be that of a web page."""
    found = places.read_positions(text)

    assert found.ra_deg == pytest.approx([52.3])
    assert found.dec_deg == pytest.approx([-31.31])


@pytest.mark.parametrize(
    "text",
    [
        "03:29:11 31.3",
        "25:29:11 +31:18:36",
        "10 95",
        "1e999 1",
        "1 1e999",
        "52.297",
        "1 2 3",
        "10:20",
        "+",
    ],
)
def test_what_could_be_hours_or_degrees_is_refused(text):
    """Sexagesimal without units would be off by a factor of 15 if it were guessed wrong."""
    message = refused(places.read_positions, text)

    assert message.startswith(f"{text!r} is not a position. Write '52.297 31.31' (degrees), ")
    assert "'03h29m11s +31d18m36s', or a name." in message


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_an_empty_text_is_no_position(text):
    """The error says what to write."""
    assert "coordinates is an empty string. Write '52.297" in refused(places.read_positions, text)


@pytest.mark.parametrize("shape", [(1,), (3,), (2, 3), (1, 1, 1)])
def test_arrays_of_any_shape_are_flattened(shape):
    """An array is one also where its length is 1; its order is that of ``ravel``."""
    ra_deg = np.arange(np.prod(shape), dtype=float).reshape(shape)

    found = places.read_positions(SkyCoord(ra_deg, -ra_deg, unit="deg"))

    assert not found.scalar
    assert same(found, *((ra, -ra) for ra in ra_deg.ravel()))


@given(st.floats(0, 360, exclude_max=True), st.floats(-90, 90))
@examples(50)
def test_degrees_are_kept_to_the_last_digit(ra_deg, dec_deg):
    """ICRS positions are used as given, from coordinates and from text."""
    from_coordinates = places.read_positions(SkyCoord(ra_deg, dec_deg, unit="deg"))
    from_text = places.read_positions(f"{ra_deg!r} {dec_deg!r}")

    assert_allclose(from_coordinates.ra_deg, [ra_deg], rtol=3e-16)
    assert_allclose(from_coordinates.dec_deg, [dec_deg], rtol=3e-16)
    assert same(from_text, (ra_deg, dec_deg))


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        5 * u.deg,
        (52.297, 31.31),
        [SkyCoord(1, 2, unit="deg")],
        ["52.297 31.31"],
        b"52.297 31.31",
        ICRS(),
        Table({"ra": [1.0], "dec": [2.0]}),
    ],
)
def test_other_types_are_no_coordinates(value):
    """The error names the type and what to write."""
    message = refused(places.read_positions, value, kind=InputTypeError)

    assert message.startswith(f"coordinates is a {type(value).__name__}; expected a SkyCoord")
    assert "Write SkyCoord(ra, dec, unit='deg')." in message


@pytest.mark.skipif(not hasattr(SkyCoord, "mask"), reason="astropy 6 turns masked into NaN")
def test_masked_coordinates_are_refused():
    """The error says how to drop them; a mask that hides nothing is fine."""
    some = SkyCoord(Masked([1.0, 2.0] * u.deg, mask=[False, True]), [1, 2] * u.deg)
    none = SkyCoord(Masked([1.0, 2.0] * u.deg, mask=[False, False]), [1, 2] * u.deg)

    assert "coordinates[~coordinates.mask]" in refused(places.read_positions, some)
    assert same(places.read_positions(none), (1, 1), (2, 2))


@pytest.mark.parametrize(
    ("ra_deg", "dec_deg", "words"),
    [
        ([1, np.nan], [1, 2], "Position 1 is not finite: ra=nan, dec=2."),
        ([1, 2], [np.nan, 2], "Position 0 is not finite: ra=1, dec=nan."),
        ([[1, 1], [1, 1]], [[1, 1], [np.nan, 1]], "Position 2 is not finite: ra=1, dec=nan."),
    ],
)
def test_coordinates_that_are_not_finite_are_refused(ra_deg, dec_deg, words):
    """The error says which one it is, and what it holds."""
    with np.errstate(invalid="ignore"):
        coordinates = SkyCoord(
            Longitude(ra_deg, unit="deg"), Latitude(dec_deg, unit="deg"), frame="icrs"
        )

    message = refused(places.read_positions, coordinates)

    assert message == f"{words} Drop positions that are NaN."


def test_no_coordinates_at_all_are_refused():
    """An empty array asks for nothing."""
    assert refused(places.read_positions, SkyCoord([], [], unit="deg")) == (
        "coordinates is empty. Give at least one position."
    )


def test_a_frame_that_is_nowhere_is_refused():
    """Horizontal coordinates without a place and a time cannot be turned into ICRS."""
    message = refused(places.read_positions, AltAz(1 * u.deg, 2 * u.deg))

    assert message == (
        "The frame 'altaz' cannot be turned into ICRS: it lacks what that takes. Give it what its "
        "transformation needs (AltAz: obstime and location), or a SkyCoord in ICRS."
    )


def test_the_equinox_of_a_frame_counts():
    """FK5 of another equinox is converted, not taken for ICRS."""
    found = places.read_positions(FK5(0 * u.deg, 0 * u.deg, equinox="J1975"))

    assert found.ra_deg[0] == pytest.approx(0.3203, abs=1e-3)


# ---- names that are resolved -----------------------------------------------------------------


def ngc1333(name: str) -> SkyCoord | None:
    """Know one name."""
    return SkyCoord(*NGC1333, unit="deg") if name.strip() == "NGC 1333" else None


def test_a_name_is_resolved_and_remembered():
    """What is not a position is asked of the resolver, and stands as the label."""
    found = places.read_positions(" NGC 1333 ", ngc1333)

    assert same(found, NGC1333)
    assert (found.scalar, found.label) == (True, "NGC 1333")


@pytest.mark.parametrize(
    "text", ["no such thing", "J032911.0+311836", "2CXO J032908.3+312020", "NGC 1333 X"]
)
def test_a_name_that_nobody_knows_is_an_error_with_a_way_on(text):
    """``J032911`` is three hours, not three degrees: such a text is a name, too."""
    message = refused(places.read_positions, text, ngc1333, kind=ResolverError)

    assert f"{text!r} is not known to the resolver and is not a position." in message
    assert message.endswith("is found by query_object, with its 2CXO name.")
    assert "Give coordinates: SkyCoord(ra, dec, unit='deg')." in message


# ---- angles ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "degrees"),
    [
        (2 * u.arcmin, 1 / 30),
        (Angle("2d"), 2.0),
        ("2 arcmin", 1 / 30),
        ("2'", 1 / 30),
        ("90d", 90.0),
        (180 * u.deg, 180.0),
        (np.pi * u.rad, 180.0),
        (0.01 * u.arcsec, 0.01 / 3600),
        (u.Quantity(1, "deg", dtype=int), 1.0),
        ([3] * u.deg, 3.0),
    ],
)
def test_one_angle_serves_all_positions(value, degrees):
    """A Quantity, an Angle or a text with its unit, in degrees, once a position."""
    assert_allclose(places.angles_deg(value, "radius", 3), [degrees] * 3, rtol=1e-15)


@pytest.mark.parametrize("value", [[1, 2] * u.deg, [[1], [2]] * u.deg, Angle(["1d", "2d"])])
def test_one_angle_a_position(value):
    """As many angles as positions keep their order."""
    assert places.angles_deg(value, "radius", 2).tolist() == [1.0, 2.0]


def test_angles_are_the_callers_own():
    """The result can be changed without touching what was given."""
    radius = u.Quantity([1.0, 2.0], "deg")

    places.angles_deg(radius, "radius", 2)[0] = 9.0

    assert radius.value.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "value", [2, 2.0, None, True, [1, 2], np.array(2.0), b"2 arcmin", (2, "deg")]
)
def test_an_angle_without_a_unit_is_a_type_error(value):
    """The error shows the value and says what to write."""
    message = refused(places.angles_deg, value, "width", 2, kind=InputTypeError)

    assert message == f"width is {value!r}, without a unit. Write width=2*u.arcmin, or '2 arcmin'."


@pytest.mark.parametrize("value", ["2", "two arcmin", "", "2 parsec", "nan deg", "2 arcmin 3"])
def test_a_text_that_is_no_angle_is_refused(value):
    """The error shows the text and an example."""
    message = refused(places.angles_deg, value, "radius", 1)

    assert message == f"radius {value!r} is not an angle with a unit. Write '2 arcmin'."


@pytest.mark.parametrize(
    "value",
    [
        0 * u.deg,
        -1 * u.arcmin,
        "-2 arcmin",
        181 * u.deg,
        180.000001 * u.deg,
        np.nan * u.deg,
        np.inf * u.deg,
        [1, 0] * u.deg,
        [1, np.nan] * u.deg,
    ],
)
def test_an_angle_out_of_range_is_refused(value):
    """Zero, negative, NaN, or more than the whole sky."""
    message = refused(places.angles_deg, value, "radius", 2)

    assert message.startswith("radius is ")
    assert message.endswith("expected more than 0 and at most 180 deg.")


def test_another_maximum_is_said():
    """A box may be 360 degrees wide."""
    assert places.angles_deg(360 * u.deg, "width", 1, maximum_deg=360).tolist() == [360.0]
    assert "at most 360 deg" in refused(places.angles_deg, 361 * u.deg, "width", 1, maximum_deg=360)


def test_a_masked_angle_is_refused():
    """What is under a mask is not a radius."""
    value = Masked([1.0, 2.0] * u.deg, mask=[False, True])

    assert "masked values are not angles" in refused(places.angles_deg, value, "radius", 2)


@pytest.mark.parametrize("value", [2 * u.s, 2 * u.dimensionless_unscaled, 2 * u.arcsec**2])
def test_what_is_no_angle_is_refused(value):
    """The error shows the quantity."""
    assert refused(places.angles_deg, value, "radius", 1) == (
        f"radius is {value!r}; expected an angle."
    )


@pytest.mark.parametrize("size", [0, 2, 4])
def test_the_wrong_number_of_angles_is_refused(size):
    """The error gives the shape and the number of positions."""
    message = refused(places.angles_deg, np.ones(size) * u.deg, "radius", 3)

    assert f"radius has shape ({size},); expected one value, or one for each of 3" in message


def test_several_angles_for_one_position_are_refused():
    """One position has one radius."""
    assert refused(places.angles_deg, [1, 2] * u.deg, "radius", 1) == (
        "radius has shape (2,); expected one value for one position."
    )
