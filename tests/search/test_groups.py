# Licensed under a 3-clause BSD style license - see LICENSE
"""Groups of positions: few, of limited size, and nothing left out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astroquery_csc.adql.write import box_condition
from astroquery_csc.search.lists import CONDITION_BYTES, group, halves
from astroquery_csc.sky.geometry import Box, area_deg2, cone_boxes
from tests.support.places import everywhere, near_sources

ARCMIN = 1 / 60

CONES = st.lists(
    st.tuples(
        st.one_of(st.floats(0, 360), st.sampled_from([0.0, 359.999, 52.3])),
        st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 90.0, 31.3])),
        st.floats(-4, 2.2).map(lambda power: 10**power),
    ),
    min_size=1,
    max_size=30,
)


def inside(inner, outer):
    """Tell whether a box is within another."""
    return (
        outer.ra_min_deg <= inner.ra_min_deg
        and inner.ra_max_deg <= outer.ra_max_deg
        and outer.dec_min_deg <= inner.dec_min_deg
        and inner.dec_max_deg <= outer.dec_max_deg
    )


def area(boxes):
    """Measure boxes, in square degrees."""
    edges = [(b.ra_min_deg, b.ra_max_deg, b.dec_min_deg, b.dec_max_deg) for b in boxes]
    return float(area_deg2(np.array(edges)).sum())


@given(CONES, st.integers(1, 40))
@settings(max_examples=150)
def test_every_cone_is_in_one_group_whose_boxes_hold_it(cones, most):
    """No position is left out or doubled, and each box of a cone is within one of its group's."""
    ra_deg, dec_deg, radius_deg = np.array(cones).T

    groups = group(ra_deg, dec_deg, radius_deg, most)

    members = np.concatenate([found.indices for found in groups])
    assert sorted(members.tolist()) == list(range(len(cones)))
    for found in groups:
        own = cone_boxes(ra_deg[found.indices], dec_deg[found.indices], radius_deg[found.indices])
        assert all(any(inside(box, outer) for outer in found.boxes) for box in own)


@pytest.mark.parametrize("spread", [everywhere, near_sources])
@pytest.mark.parametrize("radius_deg", [2 / 3600, 0.5 * ARCMIN, 2 * ARCMIN, 10 * ARCMIN])
@pytest.mark.parametrize(("count", "most_requests"), [(1000, 20), (10_000, 150)])
def test_long_lists_are_few_requests(spread, radius_deg, count, most_requests):
    """1,000 positions are at most 20 requests, 10,000 at most 150, anywhere on the sky."""
    ra_deg, dec_deg = spread(count)

    groups = group(ra_deg, dec_deg, np.full(count, radius_deg), 100)

    assert len(groups) <= most_requests
    assert max(found.indices.size for found in groups) <= 100
    assert max(len(box_condition(found.boxes)) for found in groups) <= CONDITION_BYTES


@pytest.mark.parametrize("radius_deg", [2 / 3600, 2 * ARCMIN, 0.5])
def test_boxes_are_not_much_larger_than_what_is_wanted(radius_deg):
    """At most half as much again as the cones' own boxes, and 0.2 square degrees a position."""
    ra_deg, dec_deg = everywhere(3000)

    groups = group(ra_deg, dec_deg, np.full(3000, radius_deg), 100)

    own = area(cone_boxes(ra_deg, dec_deg, np.full(3000, radius_deg)))
    assert sum(area(found.boxes) for found in groups) <= 1.5 * own + 0.2 * 3000


def test_the_same_list_makes_the_same_groups():
    """So that a second call finds in the cache what the first one left there."""
    first, second = (group(*near_sources(500), np.full(500, 0.01), 100) for _ in range(2))

    assert [found.boxes for found in first] == [found.boxes for found in second]


def test_neighbours_are_together():
    """Positions of one field share a group, and their boxes become one."""
    ra_deg = np.array([10.0, 200.0, 10.01, 200.01])

    groups = group(ra_deg, np.array([5.0, 60.0, 5.01, 60.01]), np.full(4, 0.1), 2)

    assert sorted(found.indices.tolist() for found in groups) == [[0, 2], [1, 3]]
    assert [len(found.boxes) for found in groups] == [1, 1]


def test_a_large_cone_does_not_widen_the_boxes_of_small_ones():
    """Cones of very different sizes do not share a range of declination."""
    (found,) = group(np.array([10.0, 12.0]), np.zeros(2), np.array([2.0, 0.001]), 10)

    assert len(found.boxes) == 2
    assert min(box.dec_max_deg - box.dec_min_deg for box in found.boxes) < 0.003


def test_one_group_of_all_has_the_cones_own_boxes():
    """Where any number may be asked for, nothing is joined, and repeats come once."""
    (found,) = group(np.array([10.0, 10.0, 20.0]), np.zeros(3), np.ones(3), None)

    assert found.indices.tolist() == [0, 1, 2]
    assert list(found.boxes) == cone_boxes(np.array([10.0, 20.0]), 0.0, 1.0)


def test_several_boxes_are_halved_by_number():
    """The first half is the smaller."""
    boxes = tuple(Box(ra, ra + 0.5, 0.0, 1.0) for ra in (0.0, 1.0, 2.0))

    assert halves(boxes) == [boxes[:1], boxes[1:]]


@pytest.mark.parametrize(
    ("box", "parts"),
    [
        (Box(0.0, 1.0, 0.0, 1.0), [(Box(0.0, 1.0, 0.0, 0.5),), (Box(0.0, 1.0, 0.5, 1.0),)]),
        (Box(0.0, 4.0, 0.0, 1.0), [(Box(0.0, 2.0, 0.0, 1.0),), (Box(2.0, 4.0, 0.0, 1.0),)]),
        (Box(0.0, 1.0, 88.0, 88.5), [(Box(0.0, 1.0, 88.0, 88.25),), (Box(0.0, 1.0, 88.25, 88.5),)]),
        (Box(0.0, 1e-4, 0.0, 1e-4), []),
    ],
    ids=["square", "wide", "near a pole", "small"],
)
def test_one_box_is_halved_across_its_longer_side(box, parts):
    """On the sky, not in numbers; what is no larger than a source stays whole."""
    assert halves((box,)) == parts
