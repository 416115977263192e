# Licensed under a 3-clause BSD style license - see LICENSE
"""The one source at a position, for verbs that are about a single source."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import BaseCoordinateFrame, SkyCoord
from astropy.table import Table

from astroquery_csc.backend import Boxes, Cone
from astroquery_csc.catalogue import names
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.search.arguments import shown
from astroquery_csc.search.ask import Search, Wanted
from astroquery_csc.search.region import Region, region_of

__all__ = ["Place", "check_source", "read_source"]

#: How far a source may be from a position.
DEFAULT_RADIUS = 5 * u.arcsec
#: Where nothing is near enough, sources up to here are named.
_AROUND_DEG = 1 / 60
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A position, and how far from it the source may be."""

    region: Region
    radius_deg: float

    def requests(self, search: Search) -> list[Cone | Boxes]:
        """Build the request for the sources there."""
        return search.region_shown(self.region, _wanted(search))

    def find(self, search: Search) -> tuple[str, dict[str, Any]]:
        """Find the name of the one source there, and what meta says of the position."""
        rows = search.region(self.region, _wanted(search))
        found = search.finish(rows, **self.region.meta)
        near = found[found["separation"] <= self.radius_deg * 3600]
        if len(near) != 1:
            raise InvalidQueryError(_refusal(self, near, found, search.release.name))
        more = {key: value for key, value in self.region.meta.items() if key != "OBJECT"}
        return str(near["name"][0]), more | {"SEP": round(float(near["separation"][0]), 4)}


def check_source(source: object) -> None:
    """Refuse what is neither a name nor a position; nothing is sent."""
    if not isinstance(source, str | BaseCoordinateFrame | SkyCoord):
        raise InputTypeError(
            f"name_or_position is {shown(source)}; expected one 2CXO name or a SkyCoord. For "
            "several sources: query_detections(names, match_type=None)."
        )


def read_source(search: Search, source: object, radius: object) -> str | Place:
    """Read a 2CXO name, or a position with a radius."""
    if isinstance(source, str) and names.is_csc_name(source):
        if radius is not None:
            raise InvalidQueryError(
                f"radius is {radius!r} beside the name {source!r}, which is one source. Leave it "
                "out, or give a position: SkyCoord(ra, dec, unit='deg')."
            )
        return names.normalise(source)
    size = DEFAULT_RADIUS if radius is None else radius
    near = region_of(source, size, None, None, search.resolve)
    if not near.positions.scalar:
        raise InputTypeError(
            f"name_or_position has {near.positions.ra_deg.size} positions; expected one, such as "
            "coordinates[0]. For several: query_detections(coordinates=..., match_type=None)."
        )
    wide = replace(near, radius_deg=np.maximum(near.radius_deg, _AROUND_DEG))
    return Place(wide, float(near.radius_deg[0]))


def _wanted(search: Search) -> Wanted:
    """Ask for all sources, names and positions alone."""
    return search.wanted(None, 1, None, None, -1)


def _refusal(place: Place, near: Table, around: Table, release: str) -> str:
    """Say which sources there are to choose from, or that there is none."""
    radius = f"{place.radius_deg * 3600:g} arcsec"
    if len(near):
        return (
            f"{len(near)} sources of release {release} are within {radius} of the position: "
            f"{_list(near)}. Give one of these names, or a smaller radius."
        )
    none = f"No source of release {release} is within {radius} of the position"
    if len(around):
        return f"{none}. The nearest: {_list(around)}. Give a name, or a larger radius."
    return (
        f"{none}, nor within {place.region.radius_deg[0] * 60:g} arcmin. query_sensitivity tells "
        "whether the place was observed, and how deep."
    )


def _list(found: Table) -> str:
    """Write the nearest sources with their separations."""
    shown = found[:_LISTED]
    pairs = zip(shown["name"].tolist(), shown["separation"].tolist(), strict=True)
    rows = [f"{name} ({arcsec:.2f} arcsec)" for name, arcsec in pairs]
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return ", ".join(rows) + more
