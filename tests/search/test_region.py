# Licensed under a 3-clause BSD style license - see LICENSE
"""Cones and boxes over the whole synthetic sky, against brute force with astropy."""

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from astroquery_csc.columns import Columns
from astroquery_csc.search.places import Positions
from astroquery_csc.search.region import Region, join
from tests.support.examples import examples
from tests.support.sky import sky

MASTER = sky()["master_source"]["name", "ra", "dec"]
NAMES = np.asarray(MASTER["name"])
RA_DEG, DEC_DEG = np.asarray(MASTER["ra"]), np.asarray(MASTER["dec"])
SKY = SkyCoord(RA_DEG, DEC_DEG, unit="deg")

#: A source: so that most regions hold something; then the seam, the poles, and anywhere.
SOURCES = st.builds(
    lambda place, east, north: (
        float(RA_DEG[place] + east) % 360.0,
        float(np.clip(DEC_DEG[place] + north, -90, 90)),
    ),
    st.integers(0, len(MASTER) - 1),
    st.floats(-0.05, 0.05),
    st.floats(-0.05, 0.05),
)
PLACES = st.one_of(
    SOURCES,
    SOURCES,
    st.tuples(st.sampled_from([0.0, 359.999, 180.0]), st.sampled_from([-90.0, 90.0, 89.99, 0.0])),
    st.tuples(st.floats(0, 360, exclude_max=True), st.floats(-90, 90)),
)
SIZES = st.one_of(
    st.floats(-5, -0.5).map(lambda power: 10**power),
    st.floats(-0.5, 2.2).map(lambda power: 10**power),
    st.sampled_from([90.0, 180.0]),
)
CONES = st.lists(st.tuples(PLACES, SIZES), min_size=1, max_size=4)
BOXES = st.lists(st.tuples(PLACES, SIZES, SIZES), min_size=1, max_size=4)
LIMITS = st.one_of(st.none(), st.integers(1, 30))


def at(*places, scalar=False, label=""):
    """Make positions."""
    ra_deg, dec_deg = np.array(places, dtype=np.float64).reshape(-1, 2).T
    return Positions(ra_deg, dec_deg, scalar, label)


def cones(drawn):
    """Make a region of cones."""
    return Region(at(*(place for place, _ in drawn)), np.array([size for _, size in drawn]))


def boxes(drawn):
    """Make a region of boxes."""
    places, widths, heights = zip(*drawn, strict=True)
    return Region.boxes(at(*places), np.array(widths), np.array(heights))


def everything(region):
    """Give the indices of all positions."""
    return np.arange(region.positions.ra_deg.size)


def select(region, sources, indices, limit):
    """Cut a Table to a region."""
    columns, cut = region.select(Columns.of(sources), indices, limit)
    return columns.to_table(), cut


def joined(parts):
    """Put Tables together."""
    return join([Columns.of(part) for part in parts]).to_table()


def pairs(table):
    """Give (position, name) of every row, in the order of the table."""
    return list(zip(table["query_index"].tolist(), table["name"].tolist(), strict=True))


def in_cones(drawn):
    """Find (position, name) of all sources in some cones, nearest first, with astropy alone."""
    found: list[tuple[int, str]] = []
    for index, (place, size) in enumerate(drawn):
        separation = SKY.separation(SkyCoord(*place, unit="deg")).deg
        rows = sorted((separation[row], NAMES[row]) for row in np.flatnonzero(separation <= size))
        found.extend((index, name) for _, name in rows)
    return found


def in_boxes(drawn):
    """Find (position, name) of all sources in some boxes, with astropy alone, in no order."""
    found: set[tuple[int, str]] = set()
    for index, (place, width, height) in enumerate(drawn):
        east, north = SkyCoord(*place, unit="deg").spherical_offsets_to(SKY)
        east = east.wrap_at(180 * u.deg).deg
        inside = (abs(east) <= width / 2) & (abs(north.deg) <= height / 2)
        found.update((index, name) for name in NAMES[inside].tolist())
    return found


def covered(sky_boxes):
    """Tell which sources of the sky some boxes hold, as the service would."""
    inside = np.zeros(len(MASTER), dtype=bool)
    for box in sky_boxes:
        inside |= (
            (box.ra_min_deg <= RA_DEG)
            & (box.ra_max_deg >= RA_DEG)
            & (box.dec_min_deg <= DEC_DEG)
            & (box.dec_max_deg >= DEC_DEG)
        )
    return inside


# ---- brute force -----------------------------------------------------------------------------


@given(CONES)
@examples(100)
def test_cones_hold_just_the_sources_that_brute_force_finds(drawn):
    """Each position gets every source within its radius, nearest first, and no other."""
    region = cones(drawn)

    table, cut = select(region, MASTER, everything(region), None)

    assert pairs(table) == in_cones(drawn)
    assert not cut


@given(BOXES)
@examples(100)
def test_boxes_hold_just_the_sources_that_brute_force_finds(drawn):
    """Each position gets every source in its box of the sky-offset frame, and no other."""
    region = boxes(drawn)

    table, cut = select(region, MASTER, everything(region), None)

    assert len(table) == len(set(pairs(table)))
    assert set(pairs(table)) == in_boxes(drawn)
    assert not cut


@given(st.one_of(CONES.map(cones), BOXES.map(boxes)))
@examples(80)
def test_what_the_service_is_asked_for_loses_no_source(region):
    """Selecting from the sources in the boxes of one group of all gives the same rows."""
    (whole_list,) = region.groups(None)

    table, _ = select(region, MASTER[covered(whole_list.boxes)], whole_list.indices, None)

    whole, _ = select(region, MASTER, everything(region), None)
    assert pairs(table) == pairs(whole)
    assert np.array_equal(table["separation"], whole["separation"])


@given(CONES, LIMITS)
@examples(60)
def test_a_limit_keeps_the_nearest_of_each_position(drawn, limit):
    """The first rows of each position stay, and ``cut`` tells whether there were more."""
    region = cones(drawn)
    whole = in_cones(drawn)
    each = [[pair for pair in whole if pair[0] == index] for index in range(len(drawn))]

    table, cut = select(region, MASTER, everything(region), limit)

    assert pairs(table) == [pair for found in each for pair in found[:limit]]
    assert cut == any(len(found) > (limit or len(MASTER)) for found in each)


@given(CONES)
@examples(40)
def test_separations_are_astropys_in_arcsec(drawn):
    """The column holds the great-circle distance from the position of its row."""
    region = cones(drawn)

    table, _ = select(region, MASTER, everything(region), None)

    centres = SkyCoord(*np.array([place for place, _ in drawn]).T, unit="deg")
    place = centres[table["query_index"]]
    expected = place.separation(SkyCoord(table["ra"], table["dec"], unit="deg"))
    assert np.asarray(table["separation"]) == pytest.approx(expected.arcsec, abs=1e-8)


@given(st.one_of(CONES.map(cones), BOXES.map(boxes)), st.integers(1, 4), LIMITS)
@examples(40)
def test_several_requests_give_what_one_gives(region, size, limit):
    """Positions in groups, each selected from its own boxes and then joined, change nothing."""
    groups = region.groups(size)
    parts = [
        select(region, MASTER[covered(group.boxes)], group.indices, limit)[0] for group in groups
    ]

    table = joined(parts)

    whole, _ = select(region, MASTER, everything(region), limit)
    assert sorted(int(index) for group in groups for index in group.indices) == list(
        everything(region)
    )
    assert pairs(table) == pairs(whole)


# ---- the table -------------------------------------------------------------------------------


def near(*names, ra_deg=None, dec_deg=0.0):
    """Make a table of sources one arcsecond apart along the equator, or at given places."""
    ra_deg = np.arange(len(names)) / 3600 if ra_deg is None else ra_deg
    ra_deg, dec_deg = (np.broadcast_to(angle, len(names)) for angle in (ra_deg, dec_deg))
    return Table({"name": names, "ra": ra_deg, "dec": dec_deg})


def test_one_position_has_no_index():
    """A scalar position gives separations in arcsec and no ``query_index``."""
    region = Region(at((0, 0), scalar=True), np.array([1.5 / 3600]))

    table, _ = select(region, near("a", "b", "c"), everything(region), None)

    assert table.colnames == ["name", "ra", "dec", "separation"]
    assert table["separation"].unit == u.arcsec
    assert table["separation"].tolist() == pytest.approx([0.0, 1.0])


def test_an_array_of_one_position_has_an_index():
    """A vector of length 1 is a vector."""
    region = Region(at((0, 0)), np.array([1.5 / 3600]))

    table, _ = select(region, near("a", "b"), everything(region), None)

    assert table["query_index"].tolist() == [0, 0]
    assert table["query_index"].dtype == np.int32


def test_the_rim_belongs_to_the_cone():
    """A source at just the radius is inside."""
    region = Region(at((0, 0)), np.array([1.0]))

    table, _ = select(region, near("on", "out", ra_deg=[1.0, 1.000_001]), everything(region), None)

    assert table["name"].tolist() == ["on"]


def test_the_edge_belongs_to_the_box():
    """Sources at half the width and half the height are inside."""
    region = Region.boxes(at((10, 0)), np.array([2.0]), np.array([1.0]))
    sources = near("e", "w", "n", "out", ra_deg=[11, 9, 10, 11.001], dec_deg=[0, 0, 0.5, 0])

    table, _ = select(region, sources, everything(region), None)

    assert set(table["name"]) == {"e", "w", "n"}


def test_sources_equally_far_stand_in_the_order_of_their_names():
    """Ties are broken by name, so that a limit keeps the same ones every time."""
    region = Region(at((0, 0)), np.array([1.0]))

    table, cut = select(region, near("c", "a", "b", ra_deg=0.5), everything(region), 2)

    assert table["name"].tolist() == ["a", "b"]
    assert cut


def test_a_source_near_two_positions_comes_twice():
    """Each position keeps its own rows."""
    region = Region(at((0, 0), (0, 0)), np.array([1.0, 1.0]))

    table, _ = select(region, near("a"), everything(region), None)

    assert pairs(table) == [(0, "a"), (1, "a")]


def test_only_the_positions_that_were_asked_for_get_rows():
    """Indices choose positions, and stand in the table as the input's own."""
    region = Region(at((0, 0), (90, 0), (0, 0)), np.array([1.0, 1.0, 1.0]))

    table, _ = select(region, near("a"), np.array([2, 1]), None)

    assert pairs(table) == [(2, "a")]


def test_a_source_without_a_position_is_nowhere():
    """A null position belongs to no cone, not even the whole sky, and warns of nothing."""
    sources = near("a", "b", "c")
    sources["ra"] = MaskedColumn([0.0, 1.0, np.nan], mask=[False, True, False])
    region = Region(at((0, 0)), np.array([180.0]))

    with warnings.catch_warnings(action="error"):
        table, _ = select(region, sources, everything(region), None)

    assert table["name"].tolist() == ["a"]


def test_no_source_gives_no_rows_and_all_columns():
    """An empty answer has separation and index, of their own types."""
    region = Region(at((0, 0)), np.array([1.0]))

    table, cut = select(region, near("a")[:0], everything(region), 5)

    assert (len(table), cut) == (0, False)
    assert table.colnames == ["name", "ra", "dec", "separation", "query_index"]
    assert (table["separation"].dtype, table["query_index"].dtype) == (np.float64, np.int32)


def test_the_table_that_came_is_left_alone():
    """Selecting makes a new table: what the caller holds keeps its rows and columns."""
    sources = near("b", "a", "c")
    region = Region(at((0, 0)), np.array([1.5 / 3600]))

    table, _ = select(region, sources, everything(region), None)
    table["ra"][0] = 99.0

    assert sources.colnames == ["name", "ra", "dec"]
    assert sources["ra"][0] == 0.0


# ---- what is asked for -----------------------------------------------------------------------


def test_the_service_is_asked_for_a_little_more():
    """0.01″ more than wanted, so that rounding there loses nothing; never more than 180°."""
    assert Region(at((0, 0)), np.array([1.0])).service_radius_deg == 1.0 + 0.01 / 3600
    assert Region(at((0, 0)), np.array([180.0])).service_radius_deg == 180.0


def test_one_cone_is_one_position_without_a_box():
    """Only a single cone can go to the cone-search service."""
    assert Region(at((0, 0)), np.array([1.0])).is_one_cone
    assert not Region(at((0, 0), (1, 1)), np.array([1.0, 1.0])).is_one_cone
    assert not Region.boxes(at((0, 0)), np.array([1.0]), np.array([1.0])).is_one_cone


def test_boxes_know_the_cone_that_holds_them():
    """The radius of a box reaches its corners."""
    region = Region.boxes(at((0, 0), (1, 1)), np.array([2.0, 0.2]), np.array([1e-9, 1e-9]))

    assert region.radius_deg == pytest.approx([1.0, 0.1])


def test_meta_names_a_single_place():
    """One position gives RA and DEC in degrees; a name that was resolved gives OBJECT."""
    region = Region(at((52.297, 31.31), scalar=True, label="NGC\n1333"), np.array([1.0]))

    assert region.meta == {"RA": 52.297, "DEC": 31.31, "OBJECT": "NGC 1333"}


def test_meta_of_many_places_is_silent():
    """A list of positions has no single place to name."""
    assert Region(at((52.297, 31.31)), np.array([1.0])).meta == {}


# ---- joining ---------------------------------------------------------------------------------


def test_joining_sorts_by_position_and_keeps_the_order_within():
    """Rows of each position stay nearest first."""
    first = Table({"name": ["c", "d"], "query_index": [2, 2]})
    second = Table({"name": ["a", "b"], "query_index": [1, 1]})

    assert pairs(joined([first, second])) == [(1, "a"), (1, "b"), (2, "c"), (2, "d")]


def test_joining_leaves_empty_parts_out():
    """A part without rows, whose string columns may be narrow, does not touch the others."""
    some = Table({"name": ["long name"], "query_index": [0]})

    table = joined([some[:0], some, some[:0]])

    assert table["name"].tolist() == ["long name"]


def test_joining_empty_parts_keeps_the_columns():
    """Nothing found anywhere is still a table with its columns."""
    empty = Table({"name": ["a"], "query_index": [0]})[:0]

    table = joined([empty, empty])

    assert (len(table), table.colnames) == (0, ["name", "query_index"])


def test_joining_takes_parts_of_different_metadata():
    """A description or a mask that only one part has is no conflict."""
    first = Table({"name": ["a"], "x": MaskedColumn([1.0], mask=[True], description="one")})
    second = Table({"name": ["b"], "x": MaskedColumn([2.0], description="other")})

    table = joined([first, second])

    assert table["x"].mask.tolist() == [True, False]
