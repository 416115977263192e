# Licensed under a 3-clause BSD style license - see LICENSE
"""Sources by name: 2CXO names looked up in the catalogue, other names resolved to positions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from astropy.table import Table
from astroquery.exceptions import NoResultsWarning

from astroquery_csc.catalogue import names
from astroquery_csc.columns import ArrayColumn, Columns
from astroquery_csc.exceptions import ResolverError, warn
from astroquery_csc.search import arguments
from astroquery_csc.search.answer import Rows, stack
from astroquery_csc.search.ask import Search, Wanted
from astroquery_csc.search.nothing import DEPTH, filters, warn_if_no_source
from astroquery_csc.search.places import Positions, angles_deg, read_positions
from astroquery_csc.search.region import DEFAULT_RADIUS, Region

__all__ = ["one", "several"]


def one(
    search: Search, name: object, radius: object, wanted: Wanted, *, payload: bool
) -> Table | dict[str, Any]:
    """Answer ``query_object``."""
    text = arguments.check_name(name)
    if radius is not None:
        angles_deg(radius, "radius", 1)
    if not names.is_csc_name(text):
        return _around(search, text, radius, wanted, payload=payload)
    csc_name = names.normalise(text)
    if payload:
        return search.shown(search.name_requests([csc_name], wanted))
    if radius is not None:
        region = _around_source(search, csc_name, radius)
        return _finish(search, region, wanted)
    rows = search.named([csc_name], wanted)
    if not len(rows.columns):
        _warn_gone([csc_name], search, wanted)
    return search.finish(rows, OBJECT=csc_name)


def _finish(search: Search, region: Region, wanted: Wanted) -> Table:
    """Fetch and polish the sources around one object."""
    found = search.finish(search.region(region, wanted), **region.meta)
    return warn_if_no_source(found, wanted, search.release, region)


def _around(
    search: Search, name: str, radius: object, wanted: Wanted, *, payload: bool
) -> Table | dict[str, Any]:
    """Find the sources around an object that has to be resolved."""
    centre = search.resolve(name)
    if centre is None:
        raise ResolverError(
            f"The name {name!r} is not known to the resolver (Simbad, NED, VizieR). Give "
            "coordinates: query_region(SkyCoord(ra, dec, unit='deg'))."
        )
    radius_deg = angles_deg(DEFAULT_RADIUS if radius is None else radius, "radius", 1)
    region = Region(replace(read_positions(centre), label=name), radius_deg)
    if payload:
        return search.shown(search.region_shown(region, wanted))
    return _finish(search, region, wanted)


def _around_source(search: Search, csc_name: str, radius: object) -> Region:
    """Find the cone around a source; around the position in its name where it is gone."""
    places = _located(search, {0: csc_name})
    if not places:
        warn(
            f"{csc_name} is not in release {search.release.name}; the cone is around the position "
            "in its name.",
            NoResultsWarning,
        )
    ra_deg, dec_deg = places.get(0) or names.position_deg(csc_name)
    centre = Positions(np.array([ra_deg]), np.array([dec_deg]), scalar=True, label=csc_name)
    return Region(centre, angles_deg(radius, "radius", 1))


def _warn_gone(gone: Sequence[str], search: Search, wanted: Wanted) -> None:
    """Warn about 2CXO names that are not there, with the way on."""
    filtered = "".join(f", or does not satisfy {one}" for one in filters(wanted.conditions))
    warn(
        f"{', '.join(gone)}: not in release {search.release.name}{filtered}. "
        f"{names.look_around(gone[0])} {DEPTH}",
        NoResultsWarning,
    )


def several(
    search: Search, object_names: object, radius: object, wanted: Wanted, *, payload: bool
) -> Table | dict[str, Any]:
    """Answer ``query_objects``."""
    texts = arguments.object_names(object_names)
    if radius is not None:
        angles_deg(radius, "radius", 1)
    csc = {place: names.normalise(t) for place, t in enumerate(texts) if names.is_csc_name(t)}
    centres = _resolved(search, {place: t for place, t in enumerate(texts) if place not in csc})
    if payload:
        cones = _cones(centres, radius) if centres else None
        return search.shown(
            _requests(search, csc, cones, wanted) or search.name_requests(_nobody(texts), wanted)
        )
    if radius is not None:
        centres.update(_located(search, csc))
        csc = {}
    parts = [_by_name(search, csc, wanted)] if csc else []
    parts += [_by_cone(search, centres, radius, wanted)] if centres else []
    rows = stack(parts) if parts else search.named(_nobody(texts), wanted)
    missing = _without_rows(rows.columns, len(texts))
    if missing:
        _warn_missing([texts[place] for place in missing], search)
    return search.finish(replace(rows, columns=_with_missing(rows.columns, texts, missing)))


def _nobody(texts: Sequence[str]) -> list[str]:
    """Ask for a name that no source has, for the columns of an answer without rows."""
    return [texts[0].replace("'", "")[:40].encode("ascii", "replace").decode("ascii")]


def _requests(
    search: Search, csc: dict[int, str], cones: Region | None, wanted: Wanted
) -> list[Any]:
    """Build the requests for names and for cones."""
    requests: list[Any] = search.name_requests(csc.values(), wanted) if csc else []
    if cones is not None:
        requests += search.region_shown(cones, wanted)
    return requests


def _resolved(search: Search, texts: dict[int, str]) -> dict[int, tuple[float, float]]:
    """Resolve names that are not 2CXO; unknown names are left out."""
    found = {}
    for place, text in texts.items():
        centre = search.resolve(text)
        if centre is not None:
            found[place] = (float(centre.ra.deg), float(centre.dec.deg))
    return found


def _located(search: Search, csc: dict[int, str]) -> dict[int, tuple[float, float]]:
    """Find the positions of sources by their names; those that are gone are left out."""
    if not csc:
        return {}
    position_only = search.wanted(None, 1, None, None, -1)
    raw = search.named(csc.values(), position_only).columns
    found = {
        str(name).strip(): (float(ra_deg), float(dec_deg))
        for name, ra_deg, dec_deg in zip(raw["name"], raw["ra"], raw["dec"], strict=True)
    }
    return {place: found[name] for place, name in csc.items() if name in found}


def _cones(centres: dict[int, tuple[float, float]], radius: object) -> Region:
    """Make the region around several objects."""
    ra_deg, dec_deg = np.array(list(centres.values()), dtype=np.float64).T
    value = DEFAULT_RADIUS if radius is None else radius
    positions = Positions(ra_deg, dec_deg, scalar=False)
    return Region(positions, angles_deg(value, "radius", ra_deg.size))


def _by_cone(
    search: Search, centres: dict[int, tuple[float, float]], radius: object, wanted: Wanted
) -> Rows:
    """Fetch the sources around objects; ``query_index`` is the place of the name."""
    rows = search.region(_cones(centres, radius), wanted)
    places = np.array(list(centres), dtype=np.int32)
    index = rows.columns["query_index"]
    named = replace(index, values=places[index.values])
    return replace(rows, columns=rows.columns.adding(named))


def _by_name(search: Search, csc: dict[int, str], wanted: Wanted) -> Rows:
    """Fetch sources by name, repeated and ordered as the names were given."""
    rows = search.named(csc.values(), wanted)
    row_of = {str(name).strip(): row for row, name in enumerate(rows.columns["name"])}
    places = [place for place, name in csc.items() if name in row_of]
    chosen = rows.columns[np.array([row_of[csc[place]] for place in places], dtype=np.intp)]
    index = ArrayColumn("query_index", np.array(places, dtype=np.int32))
    return replace(rows, columns=chosen.adding(index))


def _without_rows(columns: Columns, count: int) -> list[int]:
    """List the inputs that have no row."""
    if "query_index" not in columns.colnames:
        return list(range(count))
    there = set(np.asarray(columns["query_index"]).tolist())
    return [place for place in range(count) if place not in there]


def _counted(names_missing: int) -> str:
    """Begin a sentence about some names."""
    return "1 name matches" if names_missing == 1 else f"{names_missing} names match"


def _warn_missing(missing: Sequence[str], search: Search) -> None:
    """List the names that match nothing."""
    csc = [name for name in missing if names.is_csc_name(name)]
    hint = f" {names.look_around(csc[0])}" if csc else ""
    warn(
        f"{_counted(len(missing))} nothing in release {search.release.name}: "
        f"{', '.join(missing)}.{hint} {DEPTH}",
        NoResultsWarning,
    )


def _with_missing(columns: Columns, texts: Sequence[str], missing: Sequence[int]) -> Columns:
    """Name the input of each row; add a masked row for each input that matched nothing."""
    if "query_index" not in columns.colnames:
        columns = columns[:0].adding(ArrayColumn("query_index", np.zeros(0, dtype=np.int32)))
    if missing:
        absent = ArrayColumn("query_index", np.array(missing, dtype=np.int32))
        columns = Columns.stack([columns, Columns([absent])])
    places = np.asarray(columns["query_index"])
    asked = ArrayColumn(
        "user_specified_id", np.array(texts)[places], description="name that was asked for"
    )
    return columns.adding(asked)[np.argsort(places, kind="stable")]
