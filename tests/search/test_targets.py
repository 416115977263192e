# Licensed under a 3-clause BSD style license - see LICENSE
"""What crossmatch takes, and what it refuses before anything is sent."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable, Table
from astropy.utils.masked import Masked
from astroquery.exceptions import InputWarning

from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.search.targets import kept_columns, read_errors, read_targets
from tests.support.comparing import RequestLog

TWO = SkyCoord([10.0, 20.0], [1.0, 2.0], unit="deg")


def listing(ra="ra", dec="dec", unit=u.deg, **columns):
    """Make a table of two positions."""
    return Table({ra: [10.0, 20.0] * (unit or 1), dec: [1.0, 2.0] * (unit or 1), **columns})


# ---- positions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table",
    [
        listing(),
        listing("RA", "Dec"),
        listing("RA_TARG", "DEC_TARG"),
        listing("_RAJ2000", "_DEJ2000", RAJ2000=["x", "y"]),
        listing("RA_ICRS", "DE_ICRS", pmRA=["x", "y"]),
        listing(ra_error=[1.0, 1.0], dec_error=[1.0, 1.0], ra_dec_corr=[0.0, 0.0]),
        listing(distance=[np.nan, np.nan], radial_velocity=[1.0, 2.0]),
        Table({"ra": ["00h40m00s", "01h20m00s"], "dec": ["+01d", "+02d"]}),
        QTable({"where": TWO, "ra": [1, 2], "dec": [3, 4]}),
    ],
    ids=[
        "plain",
        "other case",
        "guessed",
        "VizieR computed",
        "VizieR",
        "Gaia",
        "distances",
        "text",
        "coordinates",
    ],
)
@pytest.mark.filterwarnings("ignore:Positions are used as given")
def test_positions_are_found_in_a_table(table):
    """As astropy, VizieR and Gaia write them, whatever else the table holds."""
    targets = read_targets(table)

    assert targets.positions.ra_deg == pytest.approx([10.0, 20.0])
    assert targets.positions.dec_deg == pytest.approx([1.0, 2.0])
    assert targets.table is table


@pytest.mark.parametrize(
    "missing",
    [
        Table({"ra": MaskedColumn([10.0, 20.0], mask=[0, 1], unit="deg"), "dec": [1, 2] * u.deg}),
        QTable({"ra": Masked([10.0, 20.0], mask=[0, 1]) * u.deg, "dec": [1, 2] * u.deg}),
        SkyCoord(Masked([10.0, 20.0], mask=[0, 1]) * u.deg, [1, 2] * u.deg),
        SkyCoord([10.0, np.nan], [1.0, 2.0], unit="deg"),
        SkyCoord([10.0, 20.0], [1.0, np.nan], unit="deg"),
    ],
    ids=["masked column", "masked quantity", "masked coordinates", "NaN", "half a NaN"],
)
def test_a_missing_position_keeps_its_row(missing):
    """With a warning that counts them."""
    with pytest.warns(InputWarning, match="1 of 2 rows have no position"):
        targets = read_targets(missing)

    assert (targets.count, targets.there.tolist()) == (2, [0])


@pytest.mark.parametrize(
    "moving",
    [
        SkyCoord(10 * u.deg, 1 * u.deg, pm_ra_cosdec=1 * u.mas / u.yr, pm_dec=1 * u.mas / u.yr),
        listing(pmra=[1.0, 1.0], pmdec=[1.0, 1.0]),
        listing("RA_ICRS", "DE_ICRS", pmRA=[1.0, 1.0], pmDE=[1.0, 1.0]),
    ],
    ids=["coordinates", "Gaia", "VizieR"],
)
def test_proper_motions_are_not_applied_and_that_is_said(moving):
    """Positions are used as given; the warning says how to move them first."""
    with pytest.warns(InputWarning, match=r"proper motions are not applied.*apply_space_motion"):
        targets = read_targets(moving)

    assert targets.positions.ra_deg[0] == 10.0


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (listing(unit=None), r"Give the unit \(table\['ra'\].unit = 'deg'\)"),
        (listing("x", "y"), "_raj2000/_dej2000, ra_icrs/de_icrs"),
        (listing("ra_a", "dec_a", ra_b=[1.0, 2.0] * u.deg), "at least two matches"),
        (Table(), "Columns: none"),
        (Table({"ra": ["bad", "worse"], "dec": ["+1d", "+2d"]}), "Invalid character"),
        (QTable({"a": TWO, "b": TWO}), r"several columns of coordinates: a, b.*table\['a'\]"),
        (
            QTable({"ra": [1.0, 2.0] * u.deg, "dec": [-np.inf, 1.0] * u.deg}),
            "Row 0 of the table has the declination -inf deg; expected -90 to 90, or NaN",
        ),
        (
            QTable({"ra": [1.0, np.inf] * u.deg, "dec": [1.0, 1.0] * u.deg}),
            "Row 1 of the table has the right ascension inf deg; expected a number of degrees",
        ),
        (
            Table(
                {
                    "ra": [1.0, 2.0] * u.deg,
                    "dec": MaskedColumn([99.0, 95.0], mask=[1, 0], unit="deg"),
                }
            ),
            "Row 1 of the table has the declination 95 deg; expected -90 to 90, .* is deg",
        ),
    ],
    ids=[
        "no unit",
        "other names",
        "two sets",
        "empty",
        "no numbers",
        "two columns",
        "infinite dec",
        "infinite ra",
        "beyond a pole",
    ],
)
def test_a_table_without_clear_positions_is_refused(table, words):
    """The message says what was looked for and what helps."""
    with pytest.raises(InvalidQueryError, match=words):
        read_targets(table)


@pytest.mark.parametrize("thing", [5, None, [1, 2], {"ra": 1}, np.zeros(3), 10 * u.deg])
def test_what_is_no_list_is_refused(thing):
    """With the ways to make one."""
    with pytest.raises(InputTypeError, match="expected a SkyCoord"):
        read_targets(thing)


# ---- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "major"),
    [
        (None, [0.0, 0.0]),
        (0.5 * u.arcsec, [0.5, 0.5]),
        ([500, 100] * u.mas, [0.5, 0.1]),
        (Masked([0.5, 1.0], mask=[False, True]) * u.arcsec, [0.5, np.nan]),
        ("err", [1.0, np.nan]),
        (("err", "err", 0 * u.deg), [1.0, np.nan]),
        ((1 * u.arcsec, 0 * u.arcsec, [-30, 400] * u.deg), [1.0, 1.0]),
    ],
    ids=["none", "one", "one a row", "masked", "column", "columns", "ellipse"],
)
def test_errors_in_every_form(error, major):
    """One for all or one a row, in any unit of angle; what is masked is not known."""
    column = MaskedColumn([1.0, 2.0], mask=[False, True], unit="arcsec")

    errors = read_errors(error, read_targets(listing(err=column)))

    assert errors.major == pytest.approx(major, nan_ok=True)


def test_the_axes_and_the_angle_of_an_ellipse():
    """Axes in arcsec, the angle in degrees, whatever their units."""
    error = (1 * u.arcmin, 500 * u.mas, (np.pi / 2) * u.rad)

    errors = read_errors(error, read_targets(TWO))

    assert errors.major == pytest.approx([60.0, 60.0])
    assert errors.minor == pytest.approx([0.5, 0.5])
    assert errors.angle_deg == pytest.approx([90.0, 90.0])


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (0.5, InputTypeError, "without a unit"),
        ([0.5, 0.5], InputTypeError, "without a unit"),
        (-0.5 * u.arcsec, InvalidQueryError, "expected 0 or more"),
        (np.inf * u.arcsec, InvalidQueryError, "is inf arcsec in row 0; .* is not infinite"),
        ([1, -1] * u.arcmin, InvalidQueryError, "is -60 arcsec in row 1; expected 0 or more"),
        (0.5 * u.s, InvalidQueryError, "has the unit s; expected an angle"),
        ([1, 2, 3] * u.arcsec, InvalidQueryError, r"shape \(3,\).*2 rows"),
        ("nothing", InvalidQueryError, "is not a column of the table. Columns: ra, dec, plain"),
        ("plain", InputTypeError, "column 'plain', is .* without a unit"),
        ((1 * u.arcsec, 1 * u.arcsec), InvalidQueryError, "a tuple of 2"),
        ((1 * u.arcsec, 1 * u.arcsec, 30), InputTypeError, "the position angle .* without a unit"),
        ((1 * u.arcsec, -1 * u.arcsec, 0 * u.deg), InvalidQueryError, "the minor axis"),
    ],
)
def test_a_wrong_error_is_refused(error, kind, words):
    """What it is, and what was expected."""
    with pytest.raises(kind, match=words):
        read_errors(error, read_targets(listing(plain=[1.0, 2.0])))


# ---- the verb --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({}, InvalidQueryError, "Neither radius nor sigma"),
        ({"radius": 2}, InputTypeError, "without a unit"),
        ({"radius": [1, 2, 3] * u.arcsec}, InvalidQueryError, "each of 2 positions"),
        ({"radius": 0 * u.arcsec}, InvalidQueryError, "more than 0"),
        ({"sigma": 0}, InvalidQueryError, "sigma is 0"),
        ({"sigma": float("nan")}, InvalidQueryError, "sigma is nan"),
        ({"sigma": True}, InputTypeError, "sigma is True"),
        ({"sigma": 3 * u.arcsec}, InputTypeError, "expected a number"),
        ({"sigma": 3, "find": "closest"}, InvalidQueryError, "expected 'all' or 'best'"),
        ({"sigma": 3, "systematic": 0.3}, InputTypeError, "systematic is 0.3, without a unit"),
        ({"sigma": 3, "systematic": -1 * u.arcsec}, InvalidQueryError, "systematic is"),
        ({"sigma": 3, "systematic": np.nan * u.arcsec}, InvalidQueryError, "systematic is"),
        ({"sigma": 3, "position_error": 100 * u.deg}, InvalidQueryError, "larger than the sky"),
        ({"sigma": 3, "columns": ["flux_apper_b"]}, InvalidQueryError, "flux_aper_b"),
        ({"sigma": 3, "criteria": "no = condition ="}, InvalidQueryError, "condition"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_sent(csc, server, arguments, kind, words):
    """The message names the argument, its value and what was expected."""
    log = RequestLog(server)

    with pytest.raises(kind, match=words):
        csc.crossmatch(TWO, **arguments)

    assert log.all == []


# ---- columns that come along -----------------------------------------------------------------


def test_columns_of_objects_become_strings_or_numbers():
    """None is masked; what no file takes is left out, with a warning."""
    table = Table()
    table["text"] = np.array(["a", None, "bcd"], dtype=object)
    table["number"] = np.array([1, None, 2.5], dtype=object)
    table["thing"] = np.array([{}, [], None], dtype=object)

    with pytest.warns(InputWarning, match="Column 'thing' of the list holds objects"):
        text, number = kept_columns(table, np.array([0, 1, 2, 2]), [])

    assert text.dtype.kind == "U"
    assert text.tolist() == ["a", None, "bcd", "bcd"]
    assert number.tolist() == [1.0, None, 2.5, 2.5]
