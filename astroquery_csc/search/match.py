# Licensed under a 3-clause BSD style license - see LICENSE
"""
Counterparts of a list: within a radius, or within a number of sigma of the error ellipses.

The archive is asked for what may be a counterpart, as it is for any list of positions; what is one
is decided here.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Column, MaskedColumn, Table
from astroquery.exceptions import NoResultsWarning
from numpy.typing import NDArray

from astroquery_csc import tables
from astroquery_csc.catalogue import schema
from astroquery_csc.columns import ArrayColumn, Columns, doubles
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, TableParseError, warn
from astroquery_csc.log import log
from astroquery_csc.search import arguments
from astroquery_csc.search.answer import Rows, stack
from astroquery_csc.search.ask import Search, Wanted
from astroquery_csc.search.places import MAX_RADIUS_DEG, Positions, angles_deg
from astroquery_csc.search.region import Region
from astroquery_csc.search.targets import (
    Errors,
    Targets,
    angle_arcsec,
    kept_columns,
    read_errors,
    read_targets,
)
from astroquery_csc.sky.ellipses import SIGMA_95, Covariance, Sides, ellipse, nsigma

__all__ = ["Rule", "crossmatch", "read_rule"]

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

_ELLIPSE = ("err_ellipse_r0", "err_ellipse_r1", "err_ellipse_ang")
#: Sources whose 95 % ellipse is larger are asked for by themselves, from the whole sky: how large
#: the largest is, is not known, and a cone for it around each position would be large.
LARGE_ARCSEC = 20.0
#: The systematic error (95 %) that the published ellipses contain, in arcsec, by release.
FLOOR_ARCSEC = {"2.0": 0.71, "2.1": 0.29}
_LEAD = ("name", "ra", "dec", "separation", "query_index")


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a source a counterpart."""

    radius_deg: Floats | None
    sigma: float | None
    systematic_arcsec: float
    errors: Errors
    best: bool

    def reach_deg(self, ellipse_arcsec: float) -> Floats:
        """Say how far a counterpart can be."""
        if self.radius_deg is not None:
            return self.radius_deg
        own = np.nan_to_num(np.fmax(self.errors.major, self.errors.minor))
        total = np.sqrt((ellipse_arcsec / SIGMA_95) ** 2 + own**2 + self.systematic_arcsec**2)
        return np.asarray((self.sigma or 0.0) * total / 3600.0, dtype=np.float64)


def read_rule(
    targets: Targets,
    *,
    radius: object,
    sigma: object,
    position_error: object,
    systematic: object,
    find: object,
) -> Rule:
    """Check what makes a counterpart."""
    if radius is None and sigma is None:
        raise InvalidQueryError(
            "Neither radius nor sigma is given. Write radius=2*u.arcsec, or sigma=3 for the error "
            "ellipses; with both, both apply."
        )
    if find not in ("all", "best"):
        raise InvalidQueryError(f"find is {find!r}; expected 'all' or 'best'.")
    count = targets.count
    rule = Rule(
        None if radius is None else angles_deg(radius, "radius", count),
        None if sigma is None else _sigma(sigma),
        _systematic(systematic),
        read_errors(position_error, targets),
        best=find == "best",
    )
    reach_deg = rule.reach_deg(LARGE_ARCSEC).max(initial=0.0)
    if reach_deg > MAX_RADIUS_DEG:
        raise InvalidQueryError(
            f"sigma={sigma} of the largest error is {reach_deg:g} deg, larger than the sky. Check "
            "the unit of position_error."
        )
    return rule


def _sigma(value: object) -> float:
    """Read a number of sigma."""
    if not arguments.is_real(value):
        raise InputTypeError(f"sigma is {value!r}; expected a number, such as 3.")
    number = float(value)
    if not 0 < number < float("inf"):
        raise InvalidQueryError(f"sigma is {value!r}; expected more than 0, and not infinite.")
    return number


def _systematic(value: object) -> float:
    """Read a systematic error, in arcsec."""
    found = angle_arcsec(value, "systematic", 1)
    if np.isnan(found).any():
        raise InvalidQueryError(f"systematic is {value!r}; expected an angle, 0 or more.")
    return float(found[0])


def crossmatch(
    search: Search, given: object, rule: dict[str, Any], wanted: Wanted, *, payload: bool
) -> Table | dict[str, Any]:
    """Answer ``crossmatch``."""
    targets = read_targets(given, search.resolve)
    checked = read_rule(targets, **rule)
    there = targets.there
    unflagged, wanted = wanted.unflagged, _with_ellipses(wanted)
    places = targets.positions
    region = Region(
        Positions(places.ra_deg[there], places.dec_deg[there], scalar=False),
        checked.reach_deg(LARGE_ARCSEC)[there],
    )
    if payload:
        return search.shown(_requests(search, region, wanted, checked))
    rows = _fetched(search, region, wanted, checked, there)
    found = _found(rows, search, there)
    if unflagged is not None:
        left = _fetched(search, region, _with_ellipses(unflagged), checked, there)
        without = _counterparts(_found(left, search, there), targets, replace(checked, best=False))
        rows = replace(rows, left=frozenset(without["name"].tolist()))
    _note_small(found, search.release.name)
    table = _answered_for(_counterparts(found, targets, checked), targets, search)
    if not any(table["n_match"].tolist()):
        warn(
            "No row of the list has a counterpart." if len(table) else "The list is empty.",
            NoResultsWarning,
        )
    return search.report(table, rows, **_meta(checked, region, targets))


def _found(rows: Rows, search: Search, there: Indices) -> Table:
    """Make a table of what may be a counterpart, by row of the list."""
    found = tables.polish(rows.columns, search.release.name)
    found["query_index"] = there[np.asarray(found["query_index"], dtype=np.intp)].astype(np.int32)
    found["query_index"].description = "row of the list, from 0"
    return found


def _note_small(found: Table, release: str) -> None:
    """Note ellipses too small to contain the systematic error."""
    floor_arcsec = FLOOR_ARCSEC.get(release, 0.0)
    small = int((_numbers(found, "err_ellipse_r0") < floor_arcsec).sum())
    if small:
        log.info(
            f"{small} sources have a 95 % ellipse below {floor_arcsec} arcsec, the systematic "
            f"error that the ellipses of release {release} contain."
        )


def _with_ellipses(wanted: Wanted) -> Wanted:
    """Ask for the error ellipses in any case."""
    if wanted.columns == ("*",):
        return wanted
    columns = tuple(dict.fromkeys([*wanted.columns, *_ELLIPSE]))
    return replace(wanted, columns=columns, verbosity=None, limit=None, unflagged=None)


# ------------------------------------------------------------------------- send


def _requests(search: Search, region: Region, wanted: Wanted, rule: Rule) -> list[Any]:
    """List what would be asked."""
    if not region.positions.ra_deg.size:
        return []
    requests: list[Any] = list(search.region_shown(region, wanted))
    if rule.radius_deg is None:
        requests += search.requests(_LARGE, wanted)
    return requests


#: Sources with large ellipses, which may be far from a position.
_LARGE = (f"m.err_ellipse_r0 > {LARGE_ARCSEC!r}",)


def _fetched(search: Search, region: Region, wanted: Wanted, rule: Rule, there: Indices) -> Rows:
    """Fetch whatever may be a counterpart."""
    if not there.size:
        return Rows(_nothing(wanted, search.release.name), [], [], cut=False)
    rows = search.region(region, wanted)
    if rule.radius_deg is not None:
        return rows
    small = ~(_numbers(rows.columns, "err_ellipse_r0") > LARGE_ARCSEC)
    near = Rows(rows.columns[small], rows.requests, rows.answers, rows.cut)
    large = search.rows(_LARGE, wanted)
    largest = np.nan_to_num(_numbers(large.columns, "err_ellipse_r0")).max(initial=LARGE_ARCSEC)
    reach_deg = np.minimum(rule.reach_deg(float(largest)), MAX_RADIUS_DEG)
    wide = Region(region.positions, reach_deg[there])
    far, _ = wide.select(large.columns, np.arange(there.size), None)
    return stack([near, replace(large, columns=far)])


def _nothing(wanted: Wanted, release: str) -> Columns:
    """Make the answer that a list without positions would have."""
    every = wanted.columns == ("*",)
    columns = tables.empty(schema.master_columns(release) if every else wanted.columns, release)
    return columns.adding(
        ArrayColumn("separation", np.zeros(0), unit=u.arcsec),
        ArrayColumn("query_index", np.zeros(0, dtype=np.int32)),
    )


def _numbers(table: Table | Columns, name: str) -> Floats:
    """Take a column as numbers, NaN for null."""
    if name not in table.colnames:
        raise TableParseError(
            f"The answer has no column {name}; it has {', '.join(table.colnames[:6])}."
        )
    return doubles(table[name])


# ---------------------------------------------------------------------- decide


def _counterparts(found: Table, targets: Targets, rule: Rule) -> Table:
    """Keep the rows that are counterparts, the best of each row of the list first."""
    place = np.asarray(found["query_index"], dtype=np.intp)
    separation = _numbers(found, "separation")
    distance = _distance(found, place, separation, targets, rule)
    found["nsigma"] = MaskedColumn(
        distance,
        mask=np.isnan(distance),
        description="Mahalanobis distance: separation in units of the joint error ellipse",
    )
    keep = np.ones(len(found), dtype=bool)
    names = np.asarray(found["name"], dtype=np.str_)
    extended = np.char.endswith(np.char.rstrip(names), "X")
    found["extended"] = Column(
        extended,
        description="highly extended source (X): the ellipse is that of its centre",
    )
    if rule.sigma is not None:
        within = separation <= rule.reach_deg(LARGE_ARCSEC)[place] * 3600.0
        keep = (distance <= rule.sigma) | (within & (np.isnan(distance) | extended))
    # NaN sorts last.
    order = np.lexsort((names, separation, distance, place))
    found = found[order[keep[order]]]
    place = np.asarray(found["query_index"], dtype=np.intp)
    found["n_match"] = Column(
        np.bincount(place, minlength=targets.count)[place].astype(np.int32),
        description="number of counterparts of the row of the list; null without a position",
    )
    if rule.best:
        found = found[np.unique(place, return_index=True)[1]]
    _, inverse, counts = np.unique(
        np.asarray(found["name"], dtype=np.str_), return_inverse=True, return_counts=True
    )
    found["shared"] = Column(
        counts[inverse] > 1,
        description="the source is a counterpart of other rows of the list too",
    )
    return found


def _distance(
    found: Table, place: Indices, separation: Floats, targets: Targets, rule: Rule
) -> Floats:
    """Measure Mahalanobis distances; NaN where a source or a row has no ellipse."""
    sides = Sides(
        _numbers(found, "ra"),
        _numbers(found, "dec"),
        targets.positions.ra_deg[place],
        targets.positions.dec_deg[place],
    )
    errors = rule.errors
    systematic = np.full(len(found), rule.systematic_arcsec**2)
    total = (
        _catalogue_errors(found)
        + ellipse(
            errors.major[place], errors.minor[place], errors.angle_deg[place] + sides.turn_deg
        )
        + Covariance(systematic, systematic, np.zeros(len(found)))
    )
    return nsigma(separation, sides.from_source_deg, total)


def _catalogue_errors(found: Table) -> Covariance:
    """Take the published 95 % ellipses to one sigma; NaN where a source has none."""
    r0, r1, angle = (_numbers(found, name) for name in _ELLIPSE)
    angle = np.where(r0 == r1, 0.0, angle)
    none = (r0 <= 0.0) | (r1 <= 0.0)
    return ellipse(np.where(none, np.nan, r0 / SIGMA_95), r1 / SIGMA_95, angle)


# ---------------------------------------------------------------------- polish


def _answered_for(found: Table, targets: Targets, search: Search) -> Table:
    """Give every row of the list a row, its own columns beside the catalogue's."""
    place = np.asarray(found["query_index"], dtype=np.intp)
    missing = np.setdiff1d(np.arange(targets.count), place)
    index = np.concatenate([place, missing])
    order = np.argsort(index, kind="stable")
    index = index[order]
    rows = np.concatenate([np.arange(len(found)), np.full(missing.size, -1)])[order]
    spread = Table([_spread(column, rows) for column in found.itercols()], copy=False)
    spread["query_index"].mask = False
    spread["query_index"][:] = index
    there = np.isin(index, targets.there)
    spread["n_match"][(rows < 0) & there] = 0
    table = tables.polish(spread, search.release.name)
    names = tables.order(found.colnames, search.release.name)
    lead = [*_LEAD, "nsigma", "n_match", "shared", "extended"]
    kept = kept_columns(targets.table, index, names)
    rest = [table[name] for name in names if name not in lead]
    return Table([*(table[name] for name in lead), *kept, *rest], copy=False)


def _spread(column: Column, rows: Indices) -> MaskedColumn:
    """Take rows of a column; a masked cell for -1."""
    values, mask = np.ma.getdata(column), np.ma.getmaskarray(column)
    if len(column):
        values, mask = values[np.maximum(rows, 0)], mask[np.maximum(rows, 0)] | (rows < 0)
    else:
        values, mask = np.zeros(rows.size, dtype=values.dtype), np.ones(rows.size, dtype=bool)
    return MaskedColumn(
        values,
        mask=mask,
        name=column.name,
        unit=column.unit,
        description=column.description,
        meta=column.meta,
    )


def _meta(rule: Rule, region: Region, targets: Targets) -> dict[str, Any]:
    """Say how the counterparts were chosen: arcsec, in keys of at most 8 characters."""
    reach = float(region.radius_deg.max(initial=0.0)) * 3600.0
    found: dict[str, Any] = {"RADIUS": round(reach, 6)}
    if rule.sigma is not None:
        found["SIGMA"] = rule.sigma
    return found | {
        "SYSTEM": rule.systematic_arcsec,
        "FIND": "best" if rule.best else "all",
        "NINPUT": targets.count,
    }
