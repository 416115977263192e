# Licensed under a 3-clause BSD style license - see LICENSE
"""
A list of positions in few groups: neighbours together, each group one request of limited size.

Pure functions; all angles are degrees, ICRS. Positions are sorted by zones of declination and by
right ascension within each. In a request, the cones of a zone share their range of declination, so
that each costs but a range of right ascension. The boxes are larger than the cones, but no longer
many: what comes too much is cut away later. The same positions always make the same groups.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astroquery_csc.adql.write import box_condition
from astroquery_csc.sky.geometry import Box, area_deg2, cone_edges

__all__ = ["CONDITION_BYTES", "Group", "group", "halves"]

Indices = NDArray[np.intp]
Floats = NDArray[np.float64]

#: Longest condition of one request: that of 200 names, each with quotes, comma and blank. Longer
#: lists of names were seen to break connections; no other limit is known.
CONDITION_BYTES = 200 * 26
#: What a position may cost in sky that nobody asked for: about two sources, at the 10 sources in a
#: square degree that the catalogue has on average. A position in a request costs as much.
_SPARE_DEG2 = 0.2
#: What boxes that share a range may be larger than the boxes by themselves, beside that.
_GROWTH = 1.5
_SKY_DEG2 = 41253.0
#: A smaller box is not halved any more: the extent of a source.
_SMALLEST_DEG = 1.0 / 3600


@dataclass(frozen=True, slots=True)
class Group:
    """Positions that one request is about."""

    indices: Indices
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class _Cones:
    """Cones around positions, with the zone of declination that each belongs to."""

    ra_deg: Floats
    dec_deg: Floats
    radius_deg: Floats
    zone: Indices


def group(ra_deg: Floats, dec_deg: Floats, radius_deg: Floats, most: int | None) -> list[Group]:
    """Group cones for requests."""
    if most is None:
        _, edges = cone_edges(ra_deg, dec_deg, radius_deg)
        return [Group(np.arange(ra_deg.size), _each_once(edges))]
    zone = _zones(dec_deg, radius_deg)
    cones = _Cones(ra_deg, dec_deg, radius_deg, zone)
    order = np.lexsort((dec_deg, ra_deg, zone))
    return [
        found
        for start in range(0, order.size, most)
        for found in _fitting(cones, order[start : start + most])
    ]


def _zones(dec_deg: Floats, radius_deg: Floats) -> Indices:
    """
    Give each cone the number of a zone of declination, with cones of about its own size.

    The zones are half as high as positions are apart, were they spread over the sky, unless that
    costs too much; and no lower than the cones.
    """
    size = 2 * radius_deg
    apart = float(np.sqrt(_SKY_DEG2 / size.size))
    height = max(min(apart / 2, _SPARE_DEG2 / float(np.median(size))), _SMALLEST_DEG)
    # Each class of sizes has zones twice as high as the one before.
    kind = np.ceil(np.log2(np.maximum(size / height, 1.0)))
    place = np.floor((dec_deg + 90.0) / (height * 2.0**kind))
    return np.asarray(np.unique(np.stack([kind, place]), axis=1, return_inverse=True)[1].ravel())


def _fitting(cones: _Cones, some: Indices) -> Iterator[Group]:
    """Make a group, or the two halves where its condition is too long."""
    boxes = _boxes(cones, some)
    if some.size == 1 or len(box_condition(boxes)) <= CONDITION_BYTES:
        yield Group(some, boxes)
        return
    middle = some.size // 2
    yield from _fitting(cones, some[:middle])
    yield from _fitting(cones, some[middle:])


def _boxes(cones: _Cones, some: Indices) -> tuple[Box, ...]:
    """Cover some cones, zone by zone: with a common range of declination, or each by itself."""
    owner, edges = cone_edges(cones.ra_deg[some], cones.dec_deg[some], cones.radius_deg[some])
    zone = cones.zone[some][owner]
    found = []
    for number in np.unique(zone):
        parts = edges[zone == number]
        strip = _strip(parts)
        most = _GROWTH * area_deg2(parts).sum() + _SPARE_DEG2 * len(parts)
        chosen = strip if area_deg2(strip).sum() <= most else parts
        found.append(chosen)
    return _each_once(np.concatenate(found))


def _each_once(edges: Floats) -> tuple[Box, ...]:
    """Make boxes, without repeats."""
    return tuple(Box(*edge) for edge in dict.fromkeys(map(tuple, edges.tolist())))


def _strip(edges: Floats) -> Floats:
    """Give boxes one range of declination, and join those that meet, or nearly so, in RA."""
    edges = edges[np.argsort(edges[:, 0], kind="stable")]
    reach = np.maximum.accumulate(edges[:, 1])
    narrowest = (edges[:, 1] - edges[:, 0]).min()
    begins = np.append(True, edges[1:, 0] - reach[:-1] > narrowest)
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(edges)) - 1
    dec_min, dec_max = edges[:, 2].min(), edges[:, 3].max()
    ends = [np.full(first.size, dec_min), np.full(first.size, dec_max)]
    return np.stack([edges[first, 0], reach[last], *ends], axis=1)


def halves(boxes: tuple[Box, ...]) -> list[tuple[Box, ...]]:
    """Cut what one request is about into two."""
    if len(boxes) > 1:
        middle = len(boxes) // 2
        return [boxes[:middle], boxes[middle:]]
    (box,) = boxes
    ra, dec = (box.ra_min_deg + box.ra_max_deg) / 2, (box.dec_min_deg + box.dec_max_deg) / 2
    height = box.dec_max_deg - box.dec_min_deg
    width = (box.ra_max_deg - box.ra_min_deg) * float(np.cos(np.radians(dec)))
    if max(height, width) < _SMALLEST_DEG:
        return []
    if height >= width:
        lower, upper = (box.dec_min_deg, dec), (dec, box.dec_max_deg)
        return [(Box(box.ra_min_deg, box.ra_max_deg, *ends),) for ends in (lower, upper)]
    spans = (box.ra_min_deg, ra), (ra, box.ra_max_deg)
    return [(Box(*span, box.dec_min_deg, box.dec_max_deg),) for span in spans]
