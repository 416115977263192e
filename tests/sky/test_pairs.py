# Licensed under a 3-clause BSD style license - see LICENSE
"""Pairs of positions and sources, against every separation there is."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from astroquery_csc.sky import index as pairs_module
from astroquery_csc.sky.geometry import Box, cone_boxes, separation_deg
from astroquery_csc.sky.index import Pairs, SkyIndex
from tests.support.examples import examples

#: Seam and poles, a crowded field, and everywhere.
PLACES = st.one_of(
    st.tuples(
        st.sampled_from([0.0, 360.0, 359.999_999, 1e-12, -1e-20, 180.0]),
        st.sampled_from([-90.0, 90.0, 89.999_9, -89.99, 0.0]),
    ),
    st.tuples(st.floats(52.0, 52.3), st.floats(31.0, 31.3)),
    st.tuples(st.floats(-0.2, 0.2).map(lambda ra: ra % 360), st.floats(-0.2, 0.2)),
    st.tuples(st.floats(0, 360), st.floats(-90, 90)),
)
RADII = st.one_of(
    st.floats(-6, 2.2).map(lambda power: 10**power),
    st.sampled_from([0.0, 0.1, 90.0, 180.0]),
)
SOURCES = st.lists(PLACES, max_size=40)
CONES = st.lists(st.tuples(PLACES, RADII), max_size=12)
NOWHERE = [(float("nan"), 0.0), (0.0, float("nan")), (float("inf"), 0.0), (10.0, 90.5)]


def columns(places):
    """Turn (ra, dec) into two arrays."""
    return np.array(places, dtype=np.float64).reshape(-1, 2).T


def brute_force(sources, cones):
    """Measure every source from every position: (position, source, separation)."""
    ra_deg, dec_deg = columns(sources)
    found: list[tuple[int, int, float]] = []
    for number, (place, radius_deg) in enumerate(cones):
        separation = separation_deg(ra_deg, dec_deg, *place)
        rows = np.flatnonzero(separation <= radius_deg).tolist()
        found.extend((number, row, separation[row]) for row in rows)
    return found


def listed(pairs):
    """Give (position, source, separation) of every pair."""
    return list(
        zip(
            pairs.position.tolist(),
            pairs.source.tolist(),
            pairs.separation_deg.tolist(),
            strict=True,
        )
    )


def found_by(sources, cones):
    """Ask the index."""
    ra_deg, dec_deg = columns([place for place, _ in cones])
    radius_deg = [radius for _, radius in cones]
    return SkyIndex(*columns(sources)).pairs(ra_deg, dec_deg, radius_deg)


@given(SOURCES, CONES)
@example([(0.0, 0.0), (360.0, 0.0), (180.0, 0.0)], [((0.0, 0.0), 180.0), ((180.0, 0.0), 90.0)])
@example([(10.0, 90.0), (200.0, 90.0), (0.0, -90.0)], [((77.0, 90.0), 0.0), ((1.0, 0.0), 90.0)])
@examples(300)
def test_the_pairs_are_those_of_brute_force_to_the_last_bit(sources, cones):
    """Every pair within its radius, rim included, with the same separation, and no other."""
    assert listed(found_by(sources, cones)) == brute_force(sources, cones)


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_small_blocks_give_the_same_pairs(monkeypatch, block):
    """However little is measured at a time, nothing is lost, doubled or reordered."""
    monkeypatch.setattr(pairs_module, "_BLOCK", block)
    dice = np.random.default_rng(3)
    sources = np.stack([dice.uniform(0, 360, 300), dice.uniform(-90, 90, 300)], axis=1).tolist()
    cones = [((ra_deg, dec_deg), 30.0) for ra_deg, dec_deg in sources[::5]]

    assert listed(found_by(sources, cones)) == brute_force(sources, cones)


def test_a_block_holds_all_pairs_of_its_positions(monkeypatch):
    """So what is wanted of each position can be chosen block by block."""
    monkeypatch.setattr(pairs_module, "_BLOCK", 10)
    ra_deg, dec_deg = np.arange(100.0), np.zeros(100)

    blocks = list(SkyIndex(ra_deg, dec_deg).blocks(ra_deg, dec_deg, 2.5))

    positions = np.concatenate([np.unique(block.position) for block in blocks])
    assert len(blocks) > 10
    assert positions.tolist() == list(range(100))


def test_a_place_that_is_not_on_the_sky_has_no_pairs():
    """NaN, infinity and declinations beyond a pole match nothing, on either side."""
    nowhere = [(place, 180.0) for place in NOWHERE[:3]]

    assert listed(found_by([*NOWHERE, (1.0, 1.0)], [((0.0, 0.0), 180.0)]))[0][:2] == (0, 4)
    assert listed(found_by([(1.0, 1.0)], nowhere)) == []


def test_no_source_and_no_position_make_no_pairs():
    """Empty input is not a special case, and its types are those of any."""
    empty = found_by([], [((0.0, 0.0), 1.0)])

    assert listed(empty) == listed(found_by([(0.0, 0.0)], [])) == []
    assert empty.position.dtype == empty.source.dtype == np.intp


def test_one_radius_serves_all_positions():
    """A scalar radius is everybody's."""
    pairs = SkyIndex([0.0, 5.0], [0.0, 0.0]).pairs([0.0, 5.5], [0.0, 0.0], 0.6)

    assert listed(pairs) == [(0, 0, 0.0), (1, 1, 0.5)]


def test_pairs_can_be_chosen_by_place_and_by_mask():
    """``only`` takes both, and keeps the three columns together."""
    pairs = Pairs(np.array([0, 1]), np.array([5, 6]), np.array([0.5, 0.25]))

    assert listed(pairs.only(np.array([1, 0]))) == [(1, 6, 0.25), (0, 5, 0.5)]
    assert listed(pairs.only(np.array([False, True]))) == [(1, 6, 0.25)]


@given(SOURCES, CONES)
@examples(100)
def test_rows_in_boxes_are_those_that_between_would_give(sources, cones):
    """Every source in one of the boxes, edges included, once."""
    ra_deg, dec_deg = columns(sources)
    boxes = [box for (ra, dec), radius in cones for box in cone_boxes(ra, dec, radius)]

    rows = SkyIndex(ra_deg, dec_deg).rows_in(boxes)

    inside = [np.zeros(len(sources), dtype=bool)] + [
        (box.ra_min_deg <= ra_deg)
        & (ra_deg <= box.ra_max_deg)
        & (box.dec_min_deg <= dec_deg)
        & (dec_deg <= box.dec_max_deg)
        for box in boxes
    ]
    assert rows.tolist() == np.flatnonzero(np.any(inside, axis=0)).tolist()


def test_edges_belong_to_a_box():
    """A box without extent holds the source at that place."""
    assert SkyIndex([10.0, 11.0], [1.0, 1.0]).rows_in([Box(10.0, 10.0, 1.0, 1.0)]).tolist() == [0]
    assert SkyIndex([10.0], [1.0]).rows_in([]).tolist() == []
