# Licensed under a 3-clause BSD style license - see LICENSE
"""query_region: the notebook's cone, both routes, and what may be asked for."""

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import Angle, SkyCoord
from astropy.table import QTable
from astroquery.exceptions import InputWarning, MaxResultsWarning, NoResultsWarning

from astroquery_csc.catalogue.schema import NAMED_SETS, VERBOSITY, master_columns
from astroquery_csc.config import conf
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.sky.geometry import separation_deg
from tests.support.comparing import (
    EMPTY_SKY,
    NGC1333,
    UNMEASURED,
    UPPER_LIMIT,
    RequestLog,
    assert_same_table,
    names_within,
    real_sources,
    sources_of,
)

RADIUS = 2 * u.arcmin
COLUMNS = VERBOSITY[2]

#: What a table is told of itself, and of a single position.
META = ["CATALOG", "RELEASE", "SERVICE", "QUERY", "RETRVD", "NROWS", "TRUNC"]


def test_the_notebooks_cone_gives_its_eleven_sources_to_the_last_bit(csc):
    """2 arcmin around NGC 1333 give the 11 sources with exactly these 24 columns' values."""
    table = csc.query_region(NGC1333, RADIUS)

    assert sources_of(table, dict.fromkeys(COLUMNS)) == real_sources()
    assert set(table.colnames) == {*COLUMNS, "separation"}


def test_a_flux_that_was_not_measured_is_masked(csc):
    """2CXO J032908.3+312020 has no flux: value and limits are masked."""
    table = csc.query_region(NGC1333, RADIUS)

    row = table[table["name"] == UNMEASURED]
    assert [row[f"flux_aper{end}_b"].mask.tolist() for end in ("", "_lolim", "_hilim")] == [
        [True]
    ] * 3


def test_an_upper_limit_is_no_null(csc):
    """2CXO J032903.3+311839 has flux 0 and a limit; neither is masked."""
    table = csc.query_region(NGC1333, RADIUS)

    row = table[table["name"] == UPPER_LIMIT]
    assert row["flux_aper_b"].tolist() == [0.0]
    assert row["flux_aper_hilim_b"].tolist() == [2.779850359713e-16]


def test_the_nearest_source_comes_first(csc):
    """Rows are sorted by separation, which is astropy's to a microarcsecond."""
    table = csc.query_region(NGC1333, RADIUS)

    places = SkyCoord.guess_from_table(table)
    assert table["name"].tolist() == names_within(NGC1333, RADIUS)
    np.testing.assert_allclose(
        table["separation"], places.separation(NGC1333).to_value(u.arcsec), rtol=0, atol=1e-6
    )


def test_columns_stand_in_their_order_with_types_and_units(csc):
    """name, ra, dec, separation lead, the database's order follows; no column is of objects."""
    table = csc.query_region(NGC1333, RADIUS)

    known = [name for name in master_columns("2.1") if name in COLUMNS]
    assert table.colnames == ["name", "ra", "dec", "separation", *known[3:]]
    assert {column.dtype.kind for column in table.itercols()} == set("Ufbi")
    assert table["name"].dtype == np.dtype("U21")
    assert table["var_inter_index_w"].dtype == np.int32
    assert [table[name].unit for name in ("ra", "dec", "separation")] == [u.deg, u.deg, u.arcsec]
    assert table["flux_aper_b"].unit == u.erg / u.s / u.cm**2
    assert all(column.description for column in table.itercols())


def test_the_table_goes_on_as_qtable_and_as_coordinates(csc):
    """QTable(t) and SkyCoord.guess_from_table(t) work as they stand."""
    table = csc.query_region(NGC1333, RADIUS)

    assert QTable(table)["flux_aper_hilim_b"].to("W / m2").unit == u.W / u.m**2
    assert SkyCoord.guess_from_table(table).ra.deg.tolist() == table["ra"].tolist()


def test_meta_says_where_the_table_is_from(csc, server):
    """Keys have at most 8 characters, values are scalars of one line, so FITS keeps them."""
    meta = csc.query_region(NGC1333, RADIUS).meta

    assert list(meta) == [*META, "RA", "DEC"]
    assert max(map(len, meta)) <= 8
    assert {type(value) for value in meta.values()} == {str, int, bool, float}
    assert meta["SERVICE"] == f"cone search {server.url}/csc21scs/coneSearch"
    assert (meta["CATALOG"], meta["RELEASE"]) == ("CSC", "2.1")
    assert (meta["NROWS"], meta["TRUNC"]) == (11, False)
    assert (meta["RA"], meta["DEC"]) == (52.297, 31.31)


# ---- two routes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verbosity", "columns"),
    [
        pytest.param(1, ["name"], id="1"),
        pytest.param(2, list(COLUMNS), id="2"),
        pytest.param(3, "*", id="3", marks=pytest.mark.slow),
    ],
)
def test_the_cone_service_and_tap_give_the_same_table(csc, server, verbosity, columns):
    """The same rows, masks, types, units, words and order, whichever service answers."""
    log = RequestLog(server)

    cone = csc.query_region(NGC1333, RADIUS, verbosity=verbosity)
    tap = csc.query_region(NGC1333, RADIUS, columns=columns)

    assert log.paths[:2] == ["GET /csc21scs/coneSearch", "POST /csc21tap/sync"]
    assert_same_table(cone, tap)
    known = [name for name in master_columns("2.1") if name in cone.colnames]
    assert cone.colnames == ["name", "ra", "dec", "separation", *known[3:]]
    assert "m.ra BETWEEN 52.25" in tap.meta["QUERY"]


@pytest.mark.parametrize("verbosity", [1, 2])
def test_filters_go_by_tap_and_give_the_same_table(csc, verbosity):
    """A filter that every source passes changes the route and nothing else."""
    cone = csc.query_region(NGC1333, RADIUS, verbosity=verbosity)
    tap = csc.query_region(NGC1333, RADIUS, verbosity=verbosity, column_filters={"ra": (0, 360)})

    assert tap.meta["SERVICE"].startswith("TAP http")
    assert_same_table(cone, tap)


@pytest.mark.parametrize(
    "route", [{}, {"columns": ["ra"]}, {"verbosity": 1}], ids=["cone", "columns", "verbosity"]
)
def test_the_rim_belongs_to_the_cone_on_both_routes(csc, route):
    """A radius that ends just at a source holds it; a hair less does not."""
    fifth = csc.query_region(NGC1333, RADIUS, verbosity=1)[4]
    rim = float(separation_deg(fifth["ra"], fifth["dec"], 52.297, 31.31)) * u.deg

    on_it = csc.query_region(NGC1333, rim, **route)
    inside = csc.query_region(NGC1333, rim * (1 - 1e-9), **route)

    assert (len(on_it), len(inside)) == (5, 4)


@pytest.mark.parametrize(("release", "service"), [("2.0", "cone search"), ("current", "TAP")])
def test_each_release_is_asked_at_its_own_services(csc, release, service):
    """2.0 has a cone search of its own; current has none, so TAP answers."""
    table = csc(release=release).query_region(NGC1333, RADIUS)

    assert sources_of(table, dict.fromkeys(COLUMNS)) == real_sources()
    assert table.meta["RELEASE"] == release
    assert table.meta["SERVICE"].startswith(f"{service} http")


# ---- coordinates -------------------------------------------------------------------------------


@pytest.mark.parametrize("frame", ["icrs", "fk5", "fk4", "galactic", "barycentricmeanecliptic"])
def test_a_position_may_be_of_any_frame(csc, frame):
    """The same place in another frame gives the same sources."""
    table = csc.query_region(NGC1333.transform_to(frame), RADIUS, verbosity=1)

    assert table["name"].tolist() == names_within(NGC1333, RADIUS)
    assert table.meta["RA"] == pytest.approx(52.297, abs=1e-9)


def test_a_bare_frame_is_a_position(csc):
    """What is not wrapped in SkyCoord is taken too."""
    table = csc.query_region(NGC1333.galactic.frame, RADIUS, verbosity=1)

    assert len(table) == 11


@pytest.mark.parametrize(
    "text", ["52.297 31.31", "52.297d 31.31d", "03h29m11.28s +31d18m36s", "3h29m11.28s 31.31deg"]
)
def test_a_position_may_be_a_string(csc, text):
    """Degrees where there are no units; no resolver is asked, and nothing is warned about."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = csc.query_region(text, RADIUS, verbosity=1)

    assert len(table) == 11
    assert "OBJECT" not in table.meta


@pytest.mark.parametrize("shape", [(1,), (2,), (2, 2)])
def test_an_array_says_which_position_matched(csc, shape):
    """query_index counts the flattened positions, also for an array of length 1."""
    count = int(np.prod(shape))
    places = SkyCoord(np.full(shape, 52.297), np.full(shape, 31.31), unit="deg")

    table = csc.query_region(places, RADIUS)

    assert table.colnames[:5] == ["name", "ra", "dec", "separation", "query_index"]
    assert table["query_index"].dtype == np.int32
    assert table["query_index"].tolist() == np.repeat(range(count), 11).tolist()
    assert table["name"].tolist() == names_within(NGC1333, RADIUS) * count
    assert list(table.meta) == META


@pytest.mark.parametrize("count", [1, 2], ids=["cone", "TAP"])
def test_the_table_of_an_array_is_that_of_each_position(csc, count):
    """But for query_index the rows of a position are those of the scalar, whichever the route."""
    alone = csc.query_region(NGC1333, RADIUS)
    places = SkyCoord([52.297, 53.0][:count], [31.31, -30.0][:count], unit="deg")

    table = csc.query_region(places, RADIUS)
    table.remove_column("query_index")

    assert_same_table(table, alone)


def test_a_position_is_used_as_given(csc):
    """Neither proper motion nor distance moves the cone; a warning says so, as crossmatch does."""
    moving = SkyCoord(
        52.297 * u.deg,
        31.31 * u.deg,
        distance=300 * u.pc,
        pm_ra_cosdec=9 * u.arcsec / u.yr,
        pm_dec=9 * u.arcsec / u.yr,
        obstime="J1980",
    )

    with pytest.warns(InputWarning, match="proper motions are not applied.*apply_space_motion"):
        table = csc.query_region(moving, RADIUS, verbosity=1)

    assert_same_table(table, csc.query_region(NGC1333, RADIUS, verbosity=1))


def test_a_radial_velocity_moves_nothing(csc):
    """Without a proper motion there is nothing to warn of."""
    far = SkyCoord(52.297, 31.31, 300, unit="deg, deg, pc", radial_velocity=9 * u.km / u.s)

    table = csc.query_region(far, RADIUS, verbosity=1)

    assert len(table) == 11


def test_a_scalar_has_no_query_index(csc):
    """A scalar position has only one input to belong to."""
    assert "query_index" not in csc.query_region(NGC1333, RADIUS, verbosity=1).colnames


def test_positions_may_have_a_radius_each(csc):
    """Each position is cut at its own radius; one without sources has no rows."""
    places = SkyCoord([52.297, 53.0, 52.297], [31.31, -30.0, 31.31], unit="deg")

    table = csc.query_region(places, [1, 5, 2] * u.arcmin, verbosity=1)

    near = names_within(NGC1333, 1 * u.arcmin)
    assert table["name"].tolist() == near + names_within(NGC1333, RADIUS)
    assert table["query_index"].tolist() == [0] * len(near) + [2] * 11


@pytest.mark.parametrize("radius", ["2 arcmin", "0d2m0s", Angle("2'"), 120 * u.arcsec])
def test_a_radius_is_any_angle(csc, radius):
    """A string, an Angle and a Quantity of any unit are the same radius."""
    assert len(csc.query_region(NGC1333, radius, verbosity=1)) == 11


def test_the_default_radius_is_two_arcminutes(csc):
    """Simbad's default is ours."""
    assert len(csc.query_region(NGC1333, verbosity=1)) == 11


# ---- boxes -------------------------------------------------------------------------------------


def test_a_box_is_measured_along_the_offset_frame(csc):
    """The sizes are full widths in the frame of astropy's spherical_offsets_to."""
    table = csc.query_region(NGC1333, width=3 * u.arcmin, height="1 arcmin", verbosity=1)

    wide = csc.query_region(NGC1333, 5 * u.arcmin, verbosity=1)
    along, across = NGC1333.spherical_offsets_to(SkyCoord.guess_from_table(wide))
    inside = (abs(along) <= 1.5 * u.arcmin) & (abs(across) <= 0.5 * u.arcmin)
    assert table["name"].tolist() == wide["name"][inside].tolist()
    assert 0 < len(table) < len(wide)


def test_a_width_alone_is_a_square(csc):
    """Without height the box is as high as it is wide."""
    square = csc.query_region(NGC1333, width=3 * u.arcmin, verbosity=1)
    same = csc.query_region(NGC1333, width=3 * u.arcmin, height=3 * u.arcmin, verbosity=1)

    assert_same_table(square, same)


def test_positions_may_have_a_box_each(csc):
    """Sizes go with positions one by one."""
    places = SkyCoord([52.297, 52.297], [31.31, 31.31], unit="deg")

    table = csc.query_region(places, width=[1, 3] * u.arcmin, verbosity=1)

    counts = np.bincount(table["query_index"])
    assert 0 < counts[0] < counts[1] <= 11


# ---- which columns and rows --------------------------------------------------------------------


@pytest.mark.parametrize("chosen", [*NAMED_SETS, ["match", "quality"]])
def test_a_named_set_stands_for_its_columns(csc, chosen):
    """Sets of columns have names, and go together."""
    wanted = {name for each in np.atleast_1d(chosen) for name in NAMED_SETS[each]}

    table = csc.query_region(NGC1333, RADIUS, columns=chosen)

    assert set(table.colnames) == wanted | {"separation"}


def test_name_and_position_always_come(csc):
    """One column by name comes with name, ra and dec."""
    table = csc.query_region(NGC1333, RADIUS, columns="significance")

    assert table.colnames == ["name", "ra", "dec", "separation", "significance"]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"significance": (5, None)}, 5),
        ({"significance": (None, 5)}, 6),
        ({"significance": (3, 5)}, 3),
        ({"flux_aper_b": None}, 1),
        ({"flux_aper_b": (1e-17 * u.W / u.m**2, None)}, 4),
        ({"extent_flag": False, "var_inter_index_b": [5, 6]}, 4),
        ({"name": UNMEASURED}, 1),
    ],
)
def test_column_filters_choose_rows(csc, filters, count):
    """Ranges with open ends, null, lists, flags, strings and quantities."""
    table = csc.query_region(NGC1333, RADIUS, column_filters=filters)

    assert len(table) == count
    assert set(table.colnames) == {*COLUMNS, "separation"}


def test_criteria_and_filters_must_all_hold(csc):
    """The criteria are one more condition beside column_filters and the cone."""
    table = csc.query_region(
        NGC1333,
        RADIUS,
        column_filters={"significance": (5, None)},
        criteria="flux_aper_b > 1e-14 OR name LIKE '%+311717'",
    )

    assert len(table) == 5
    assert bool((table["significance"] >= 5).all())


# ---- limits and nothing ------------------------------------------------------------------------


@pytest.mark.parametrize("route", [{}, {"column_filters": {"ra": (0, 360)}}], ids=["cone", "tap"])
def test_a_row_limit_keeps_the_nearest_and_says_so(csc, route):
    """row_limit=n gives the n nearest, a MaxResultsWarning and TRUNC."""
    with pytest.warns(MaxResultsWarning, match="more rows than the limit; 3 are given"):
        table = csc.query_region(NGC1333, RADIUS, row_limit=3, **route)

    assert table["name"].tolist() == names_within(NGC1333, RADIUS)[:3]
    assert (table.meta["NROWS"], table.meta["TRUNC"]) == (3, True)


def test_a_row_limit_holds_for_each_position(csc):
    """Each position keeps its own nearest."""
    places = SkyCoord([52.297, 52.30], [31.31, 31.33], unit="deg")

    with pytest.warns(MaxResultsWarning):
        table = csc.query_region(places, RADIUS, row_limit=2, verbosity=1)

    assert table["query_index"].tolist() == [0, 0, 1, 1]
    assert table["name"].tolist() == [
        name for place in places for name in names_within(place, RADIUS)[:2]
    ]


def test_just_as_many_rows_as_the_limit_is_no_cut(csc):
    """A limit that is exactly met is not warned about."""
    table = csc.query_region(NGC1333, RADIUS, row_limit=11)

    assert (len(table), table.meta["TRUNC"]) == (11, False)


@pytest.mark.parametrize("limited", [{"row_limit": 2}, {}], ids=["instance", "configuration"])
def test_limits_of_the_instance_and_the_configuration_count(csc, limited):
    """Csc(row_limit=) and conf.row_limit are the defaults; -1 in the call lifts them."""
    asking = csc(**limited)
    with conf.set_temp("row_limit", 2), pytest.warns(MaxResultsWarning):
        short = asking.query_region(NGC1333, RADIUS)
    with conf.set_temp("row_limit", 2):
        whole = asking.query_region(NGC1333, RADIUS, row_limit=-1)

    assert (len(short), len(whole)) == (2, 11)


@pytest.mark.parametrize(
    "route",
    [{}, {"columns": list(COLUMNS)}, {"column_filters": {"ra": (0, 360)}}],
    ids=["cone", "columns", "filters"],
)
def test_no_source_is_a_table_all_the_same(csc, route):
    """An empty place gives no rows, but columns, units, types and meta, and a warning."""
    with pytest.warns(NoResultsWarning, match="No row matches"):
        table = csc.query_region(EMPTY_SKY, 1 * u.arcmin, **route)

    full = csc.query_region(NGC1333, RADIUS)
    assert len(table) == 0
    assert table.colnames == full.colnames
    assert [c.unit for c in table.itercols()] == [c.unit for c in full.itercols()]
    assert [c.dtype.kind for c in table.itercols()] == [c.dtype.kind for c in full.itercols()]
    assert (table.meta["NROWS"], table.meta["TRUNC"]) == (0, False)


def test_no_source_for_an_array_has_a_query_index(csc):
    """The column is there, without rows."""
    with pytest.warns(NoResultsWarning):
        table = csc.query_region(EMPTY_SKY.reshape(1), 1 * u.arcmin, verbosity=1)

    assert table.colnames == ["name", "ra", "dec", "separation", "query_index"]
    assert table["query_index"].dtype == np.int32


# ---- payload -----------------------------------------------------------------------------------


def test_the_payload_of_a_cone_is_what_would_be_sent(csc, server):
    """get_query_payload gives url, method and parameters as a dict, and sends nothing."""
    log = RequestLog(server)

    payload = csc.query_region(NGC1333, RADIUS, verbosity=3, get_query_payload=True)

    assert log.all == []
    assert payload.pop("SR") == pytest.approx(2 / 60 + 0.01 / 3600, abs=1e-12)
    assert payload == {
        "url": f"{server.url}/csc21scs/coneSearch",
        "method": "GET",
        "RA": 52.297,
        "DEC": 31.31,
        "VERB": 3,
    }


def test_the_payload_of_a_query_is_what_is_sent(csc, server):
    """The payload of a TAP request holds just the parameters that are sent later."""
    asked = {"column_filters": {"significance": (10, None)}}
    payload = csc.query_region(NGC1333, RADIUS, **asked, get_query_payload=True)
    log = RequestLog(server)

    csc.query_region(NGC1333, RADIUS, **asked)

    assert payload.pop("url") == f"{server.url}/csc21tap/sync"
    assert payload.pop("method") == "POST"
    assert payload == dict(log.all[0].params)


def test_the_payload_of_several_requests_has_lists(csc, server):
    """Where several requests are needed, each value is a list."""
    log = RequestLog(server)
    places = SkyCoord(np.full(150, 52.297), np.full(150, 31.31), unit="deg")

    payload = csc.query_region(places, RADIUS, get_query_payload=True)

    assert log.all == []
    assert payload["method"] == ["POST", "POST"]
    assert len(payload["QUERY"]) == 2


def test_a_2cxo_name_is_a_place(csc):
    """It is looked up in the catalogue, in any spelling, not by the resolver."""
    table = csc.query_region("2cxoj032908.3+312020", 1 * u.arcsec, columns=["flux_aper_b"])

    assert table["name"].tolist() == [UNMEASURED]
    assert table.meta["OBJECT"] == "2cxoj032908.3+312020"


def test_a_2cxo_name_that_is_gone_is_no_place(csc):
    """The error gives the position in the name, which is the way on."""
    with pytest.raises(InvalidQueryError, match=r"SkyCoord\(52\.28771, 31\.30014, unit='deg'\)"):
        csc.query_region("2CXO J032909.0+311800", 1 * u.arcsec)
