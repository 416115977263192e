# Licensed under a 3-clause BSD style license - see LICENSE
"""What to say about a table without rows: what was asked, and what tells more."""

from collections.abc import Sequence
from contextlib import suppress

from astropy.table import Table
from astroquery.exceptions import NoResultsWarning

from astroquery_csc.adql.equality import reasons
from astroquery_csc.adql.read import parse
from astroquery_csc.adql.speech import Term
from astroquery_csc.adql.write import fold, select
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.exceptions import CscError, warn
from astroquery_csc.search.ask import Wanted
from astroquery_csc.search.region import Region

__all__ = [
    "DEPTH",
    "filters",
    "hints_for",
    "place",
    "shortened",
    "warn_if_empty",
    "warn_if_no_source",
]

DEPTH = "query_sensitivity tells whether the place was observed, and how deep."
#: Longer filters and queries are cut in a message.
_SHOWN = 200


def warn_if_no_source(
    table: Table, wanted: Wanted, release: Release, region: Region | None = None
) -> Table:
    """Warn about sources that were not found, with the position and the filters."""
    if not len(table):
        asked = [] if region is None else [place(region)]
        query = select(release, ["name"], where=wanted.conditions)
        warn_if_empty(
            table,
            [*asked, *filters(wanted.conditions)],
            around=region is not None,
            hints=hints_for(query, release),
        )
    return table


def warn_if_empty(
    table: Table, asked: Sequence[str] = (), *, around: bool = False, hints: Sequence[str] = ()
) -> Table:
    """Warn about a table without rows, with what was asked for."""
    if not len(table):
        said = f": {'; '.join(asked)}." if asked else "."
        more = [*hints, DEPTH] if around else hints
        warn(" ".join([f"No row matches the query{said}", *more]), NoResultsWarning)
    return table


def filters(conditions: Sequence[Term]) -> list[str]:
    """Write the conditions of a verb on one line, if there are any."""
    text = " AND ".join(fold(str(condition)).removeprefix("m.") for condition in conditions)
    return [shortened(text)] if text else []


def shortened(text: str) -> str:
    """Cut what is too long for a message."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def hints_for(query: str, release: Release) -> list[str]:
    """Say what is unlikely in the conditions of a query; nothing of what cannot be read."""
    if "WHERE" in query.upper():
        with suppress(CscError):
            return reasons(parse(query), release.name)
    return []


def place(region: Region) -> str:
    """Name the cone or the box, and where it is."""
    count = region.positions.ra_deg.size
    where = f"{count} positions"
    if count == 1:
        where = f"{region.positions.ra_deg[0]:.6f} {region.positions.dec_deg[0]:+.6f} (deg)"
    if region.positions.label:
        where = f"{fold(region.positions.label)}, {where}"
    if region.width_deg is None or region.height_deg is None:
        return f"within {_angle(region.radius_deg[0])} of {where}"
    size = f"{_angle(region.width_deg[0])} x {_angle(region.height_deg[0])}"
    return f"in a box of {size} around {where}"


def _angle(angle_deg: float) -> str:
    """Write an angle in the unit that suits it."""
    if angle_deg >= 1.0:
        return f"{angle_deg:.6g} deg"
    arcmin = angle_deg * 60.0
    return f"{arcmin:.6g} arcmin" if arcmin >= 1.0 else f"{arcmin * 60.0:.6g} arcsec"
