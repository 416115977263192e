# Licensed under a 3-clause BSD style license - see LICENSE
"""
Cones and boxes around positions: what to ask for, and the cut of what came back.

Pure: the service is asked for boxes in right ascension and declination, or for a cone that is a
little too wide; which sources belong is decided here, the same for every route.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import BaseCoordinateFrame
from numpy.typing import NDArray

from astroquery_csc.adql.write import fold
from astroquery_csc.columns import ArrayColumn, Columns, doubles
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.search.lists import Group, group
from astroquery_csc.search.places import Positions, Resolver, angles_deg, read_positions
from astroquery_csc.sky.geometry import MARGIN_DEG, corner_radius_deg, offsets_deg, separation_deg
from astroquery_csc.sky.index import Pairs, SkyIndex

__all__ = ["DEFAULT_RADIUS", "Region", "region_of"]

DEFAULT_RADIUS = 2 * u.arcmin

ARCSEC_PER_DEG = 3600.0
#: A number in a FITS header has 20 characters; astropy cuts what is longer.
_META_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Region:
    """A cone, or a box, around each of some positions."""

    positions: Positions
    radius_deg: NDArray[np.float64]
    width_deg: NDArray[np.float64] | None = None
    height_deg: NDArray[np.float64] | None = None

    @classmethod
    def boxes(
        cls,
        positions: Positions,
        width_deg: NDArray[np.float64],
        height_deg: NDArray[np.float64],
    ) -> "Region":
        """Make a region of boxes."""
        radius_deg = corner_radius_deg(width_deg, height_deg)
        return cls(positions, radius_deg, width_deg, height_deg)

    @property
    def meta(self) -> dict[str, object]:
        """What a table says about the position: RA and DEC (deg) of a single position, OBJECT."""
        found: dict[str, object] = {}
        if self.positions.scalar:
            found["RA"] = round(float(self.positions.ra_deg[0]), _META_DIGITS)
            found["DEC"] = round(float(self.positions.dec_deg[0]), _META_DIGITS)
        if self.positions.label:
            found["OBJECT"] = fold(self.positions.label)
        return found

    @property
    def is_one_cone(self) -> bool:
        """Whether it is a single cone, which the cone-search service can answer."""
        return self.width_deg is None and self.positions.ra_deg.size == 1

    @property
    def service_radius_deg(self) -> float:
        """Radius to ask the cone-search service for: 0.01″ more than wanted, at most 180°."""
        return float(min(self.radius_deg[0] + MARGIN_DEG, 180.0))

    def separations_deg(self, table: Columns) -> NDArray[np.float64]:
        """Separations of the sources within the first cone from its centre."""
        ra_deg, dec_deg = doubles(table["ra"]), doubles(table["dec"])
        place = self.positions.ra_deg[0], self.positions.dec_deg[0]
        found = separation_deg(ra_deg, dec_deg, *place)
        return np.asarray(found[found <= self.radius_deg[0]], dtype=np.float64)

    def groups(self, most: int | None) -> list[Group]:
        """Group the positions for requests, neighbours together."""
        return group(self.positions.ra_deg, self.positions.dec_deg, self.radius_deg, most)

    def select(
        self, table: Columns, indices: NDArray[np.intp], limit: int | None
    ) -> tuple[Columns, bool]:
        """Cut a table to the sources of some positions, nearest first."""
        names = np.asarray(table["name"], dtype=np.str_)
        none = np.zeros(0, dtype=np.intp)
        found, cut = [Pairs(none, none, np.zeros(0))], False
        for block in self._blocks(table, indices):
            part, more = _nearest(block, names, limit)
            found.append(part)
            cut = cut or more
        chosen = table[np.concatenate([part.source for part in found])]
        separation = ArrayColumn(
            "separation",
            np.concatenate([part.separation_deg for part in found]) * ARCSEC_PER_DEG,
            unit=u.arcsec,
            description="great-circle distance from the requested position",
        )
        if self.positions.scalar:
            return chosen.adding(separation), cut
        index = ArrayColumn(
            "query_index",
            indices[np.concatenate([part.position for part in found])].astype(np.int32),
            description="place of the position in the input, from 0",
        )
        return chosen.adding(separation, index), cut

    def _blocks(self, table: Columns, indices: NDArray[np.intp]) -> Iterator[Pairs]:
        """Find the sources of some positions, a few positions at a time, in no special order."""
        ra_deg, dec_deg = doubles(table["ra"]), doubles(table["dec"])
        ra0_deg, dec0_deg = self.positions.ra_deg[indices], self.positions.dec_deg[indices]
        radius_deg = self.radius_deg[indices]
        index = SkyIndex(ra_deg, dec_deg)
        if self.width_deg is None or self.height_deg is None:
            yield from index.blocks(ra0_deg, dec0_deg, radius_deg)
            return
        half_width, half_height = self.width_deg[indices] / 2, self.height_deg[indices] / 2
        for block in index.blocks(ra0_deg, dec0_deg, np.minimum(radius_deg + MARGIN_DEG, 180.0)):
            place, source = block.position, block.source
            longitude, latitude = offsets_deg(
                ra_deg[source], dec_deg[source], ra0_deg[place], dec0_deg[place]
            )
            yield block.only(
                (np.abs(longitude) <= half_width[place]) & (np.abs(latitude) <= half_height[place])
            )


def _nearest(pairs: Pairs, names: NDArray[np.str_], limit: int | None) -> tuple[Pairs, bool]:
    """Sort pairs by position, separation and name; keep the first ones of each position."""
    pairs = pairs.only(np.lexsort((pairs.separation_deg, pairs.position)))
    same = np.diff(pairs.separation_deg) == 0.0
    if same.any():
        by = (names[pairs.source], pairs.separation_deg, pairs.position)
        pairs = pairs.only(np.lexsort(by))
    if limit is None:
        return pairs, False
    first = np.searchsorted(pairs.position, pairs.position)
    kept = np.arange(first.size) - first < limit
    return pairs.only(kept), not bool(kept.all())


def join(parts: Sequence[Columns]) -> Columns:
    """Stack the rows of several requests, sorted by position, then separation."""
    full = [part for part in parts if len(part)] or [parts[0]]
    table = Columns.stack(full)
    if "query_index" not in table.colnames:
        return table
    # Within a request each position's rows stand nearest first already.
    return table[np.argsort(np.asarray(table["query_index"]), kind="stable")]


def region_of(
    coordinates: object,
    radius: object,
    width: object,
    height: object,
    resolver: Resolver,
) -> Region:
    """Read the cones or boxes that a verb is asked for."""
    if height is not None and width is None:
        raise InvalidQueryError("height is given without width. Give width, or both, for a box.")
    if width is not None:
        # The default itself, not one that is equal to it: what a user gives is never ignored.
        if radius is not None and radius is not DEFAULT_RADIUS:
            raise InvalidQueryError(
                f"radius is {radius!r} and width is {width!r}; a cone has a radius, a box a "
                "width. Leave one out."
            )
        # Sizes are checked before a name is sent to the resolver.
        angles_deg(width, "width", _count(coordinates), maximum_deg=360.0)
        angles_deg(width if height is None else height, "height", _count(coordinates))
        places = read_positions(coordinates, resolver)
        count = places.ra_deg.size
        return Region.boxes(
            places,
            angles_deg(width, "width", count, maximum_deg=360.0),
            angles_deg(width if height is None else height, "height", count),
        )
    radius = DEFAULT_RADIUS if radius is None else radius
    angles_deg(radius, "radius", _count(coordinates))
    places = read_positions(coordinates, resolver)
    return Region(places, angles_deg(radius, "radius", places.ra_deg.size))


def _count(coordinates: object) -> int:
    """Count the positions, as far as can be told without resolving a name."""
    if isinstance(coordinates, BaseCoordinateFrame) and not coordinates.has_data:
        return 1  # a frame without positions has no size; it is refused when it is read
    return int(getattr(coordinates, "size", 1))
