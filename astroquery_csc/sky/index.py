# Licensed under a 3-clause BSD style license - see LICENSE
"""
Which sources are near which positions: all pairs within a radius, exact and in little memory.

Pure functions; all angles are degrees, ICRS. The sources are sorted by zones of declination and by
right ascension within each. A position's cone is covered by boxes, the boxes choose ranges of the
sorted sources, and of those the great circle is measured, just as `separation_deg` does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from astroquery_csc.sky.geometry import Box, cone_edges, separation_deg

__all__ = ["Pairs", "SkyIndex"]

Indices = NDArray[np.intp]
Floats = NDArray[np.float64]

#: So many separations are measured at a time; more only where one position alone has more.
_BLOCK = 1 << 19
#: Zones are this far apart in the sorting key: more than any right ascension.
_KEY_STEP = 512.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a position and a source."""

    position: Indices
    source: Indices
    separation_deg: Floats

    def only(self, which: Indices | NDArray[np.bool_]) -> "Pairs":
        """Take some of the pairs."""
        return Pairs(self.position[which], self.source[which], self.separation_deg[which])


class SkyIndex:
    """Sources, sorted so that those near a place are found without looking at all of them."""

    def __init__(self, ra_deg: ArrayLike, dec_deg: ArrayLike) -> None:
        self._ra, self._dec = (np.asarray(a, dtype=np.float64) for a in (ra_deg, dec_deg))
        rows = np.flatnonzero(np.isfinite(self._ra) & (np.abs(self._dec) <= 90.0))
        dec = self._dec[rows]
        zones = max(int(np.sqrt(rows.size)), 1)
        self._low_deg = float(dec.min(initial=90.0))
        self._high_deg = float(dec.max(initial=-90.0))
        self._per_deg = zones / max(self._high_deg - self._low_deg, 1e-9)
        ra = self._ra[rows]
        ra = np.where((ra < 0.0) | (ra > 360.0), ra % 360.0, ra)
        key = self._zone(dec) * _KEY_STEP + ra
        order = np.argsort(key, kind="stable")
        self._rows, self._key = rows[order], key[order]

    def _zone(self, dec_deg: Floats) -> Indices:
        """Find the zones of declinations; beyond the sources, the one at the edge."""
        within = np.clip(dec_deg, self._low_deg, self._high_deg)
        return ((within - self._low_deg) * self._per_deg).astype(np.intp)

    def pairs(self, ra_deg: ArrayLike, dec_deg: ArrayLike, radius_deg: ArrayLike) -> Pairs:
        """Find all pairs within a radius."""
        found = list(self.blocks(ra_deg, dec_deg, radius_deg))
        none = np.zeros(0, dtype=np.intp)
        return Pairs(
            np.concatenate([none, *(part.position for part in found)]),
            np.concatenate([none, *(part.source for part in found)]),
            np.concatenate([np.zeros(0), *(part.separation_deg for part in found)]),
        )

    def blocks(
        self, ra_deg: ArrayLike, dec_deg: ArrayLike, radius_deg: ArrayLike
    ) -> Iterator[Pairs]:
        """Find the same pairs as `pairs`, a few positions at a time."""
        ra, dec, radius = (
            np.asarray(angle, dtype=np.float64).ravel()
            for angle in np.broadcast_arrays(ra_deg, dec_deg, radius_deg)
        )
        there = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec) & (radius >= 0.0))
        owner, edges = cone_edges(ra[there], dec[there], radius[there])
        for place, source in self._candidates(there[owner], edges):
            separation = separation_deg(self._ra[source], self._dec[source], ra[place], dec[place])
            inside = np.flatnonzero(separation <= radius[place])
            inside = inside[np.lexsort((source[inside], place[inside]))]
            yield Pairs(place[inside], source[inside], separation[inside])

    def rows_in(self, boxes: Iterable[Box]) -> Indices:
        """Find the sources in at least one of some boxes."""
        edges = np.array(
            [(b.ra_min_deg, b.ra_max_deg, b.dec_min_deg, b.dec_max_deg) for b in boxes],
            dtype=np.float64,
        ).reshape(-1, 4)
        inside = np.zeros(self._ra.size, dtype=bool)
        for box, source in self._candidates(np.arange(len(edges)), edges):
            ra, dec = self._ra[source], self._dec[source]
            ra_min, ra_max, dec_min, dec_max = edges[box].T
            within = (ra >= ra_min) & (ra <= ra_max) & (dec >= dec_min) & (dec <= dec_max)
            inside[source[within]] = True
        return np.flatnonzero(inside)

    def _candidates(self, owner: Indices, edges: Floats) -> Iterator[tuple[Indices, Indices]]:
        """Give (owner, source) for the sources in the zones and right ascensions of boxes."""
        meets = (edges[:, 3] >= self._low_deg) & (edges[:, 2] <= self._high_deg)
        owner, edges = owner[meets], edges[meets]
        first = self._zone(edges[:, 2])
        zones = self._zone(edges[:, 3]) - first + 1
        for some in _runs(zones, owner):
            box = np.repeat(some, zones[some])
            zone = (first[box] + _counted(zones[some])) * _KEY_STEP
            start = np.searchsorted(self._key, zone + edges[box, 0], side="left")
            stop = np.searchsorted(self._key, zone + edges[box, 1], side="right")
            sizes = stop - start
            for span in _runs(sizes, owner[box]):
                place = np.repeat(start[span], sizes[span]) + _counted(sizes[span])
                yield np.repeat(owner[box[span]], sizes[span]), self._rows[place]


def _counted(sizes: Indices) -> Indices:
    """Count from 0 within each of some groups, one group after the other."""
    return np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _runs(sizes: Indices, owner: Indices) -> Iterator[Indices]:
    """Cut a row of sizes into runs of about a block in all, each owner in one run."""
    if not sizes.size:
        return
    last = np.append(owner[1:] != owner[:-1], True)
    # The block in which an owner ends; its parts before go with it.
    block = np.cumsum(sizes)[last] // _BLOCK
    ends = np.flatnonzero(last)[np.append(block[1:] != block[:-1], True)] + 1
    start = 0
    for end in ends.tolist():
        yield np.arange(start, end)
        start = end
