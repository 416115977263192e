# Licensed under a 3-clause BSD style license - see LICENSE
"""The rows of a box made into those of a cone, as `astroquery_csc.adql.cut.Plan` says."""

from collections.abc import Mapping, Sequence

import numpy as np
from astropy import units as u
from astropy.table import Column, MaskedColumn, Table
from numpy.typing import NDArray

from astroquery_csc.adql.cut import Plan
from astroquery_csc.adql.geometry import Circle, Distance
from astroquery_csc.columns import Columns, doubles
from astroquery_csc.exceptions import TableParseError
from astroquery_csc.sky.geometry import separation_deg

__all__ = ["add_units", "apply", "inside"]


def apply(plan: Plan, table: Table) -> Table:
    """Cut, measure, sort and shorten the answer to ``plan.adql``."""
    names = {name.lower(): name for name in table.colnames}
    missing = sorted({*plan.helpers.values(), *plan.computed} - set(names))
    if missing:
        raise TableParseError(f"The answer does not contain {', '.join(missing)}.", adql=plan.adql)
    inside = np.ones(len(table), dtype=bool)
    for circle in plan.circles:
        inside &= _inside(circle, _measured(plan, circle.distance, table))
    rows = table[inside]
    for name, distance in plan.computed.items():
        values = _measured(plan, distance, rows)
        rows[names[name]] = MaskedColumn(values, mask=np.isnan(values), unit=_unit(distance))
    rows = rows[_order(plan, rows, names)]
    rows.remove_columns([names[name] for name in plan.helpers.values()])
    if plan.is_distinct:
        rows = rows[_first_of_each(rows)]
    return rows if plan.top is None else rows[: plan.top]


def inside(circles: Sequence[Circle], columns: Columns) -> Columns:
    """Cut sources to those that satisfy conditions on their separation from fixed positions."""
    kept = np.ones(len(columns), dtype=bool)
    for circle in circles:
        centre = circle.distance
        found_deg = separation_deg(
            doubles(columns["ra"]), doubles(columns["dec"]), centre.ra0_deg, centre.dec0_deg
        )
        kept &= _inside(circle, found_deg * centre.per_deg)
    return columns[kept] if circles else columns


def add_units(distances: Mapping[str, Distance], table: Table) -> None:
    """Give the unit to separations that the service has worked out."""
    for name in table.colnames:
        if name.lower() in distances and table[name].unit is None:
            table[name].unit = _unit(distances[name.lower()])


def _unit(distance: Distance) -> u.UnitBase:
    """Give the unit of a separation."""
    return u.deg if distance.per_deg == 1 else u.arcmin


def _measured(plan: Plan, distance: Distance, table: Table) -> NDArray[np.float64]:
    """Measure a separation, in its own unit; NaN where there is no position."""
    names = {name.lower(): name for name in table.colnames}
    ra_deg, dec_deg = (
        doubles(table[names[plan.helpers[column]]]) for column in (distance.ra, distance.dec)
    )
    found = separation_deg(ra_deg, dec_deg, distance.ra0_deg, distance.dec0_deg)
    return found * distance.per_deg


def _inside(circle: Circle, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which separations satisfy a condition."""
    if circle.is_strict:
        return (values > circle.low) & (values < circle.high)
    return (values >= circle.low) & (values <= circle.high)


def _order(plan: Plan, rows: Table, names: dict[str, str]) -> NDArray[np.intp]:
    """Sort by a separation, within rows that are equal in the keys before it."""
    if not plan.keys:
        return np.arange(len(rows))
    *before, last = plan.keys
    distance = last.distance
    values = np.nan_to_num(_measured(plan, distance, rows), nan=-np.inf)  # type: ignore[arg-type]
    group = np.zeros(len(rows), dtype=np.intp)
    for key in before:
        # The service has sorted by these keys, so equal rows stand together.
        group[1:] |= _changes(rows[names[key.name]])
    return np.lexsort((-values if last.is_descending else values, np.cumsum(group)))


def _changes(column: Column) -> NDArray[np.bool_]:
    """Tell where a value differs from the one before; nulls are equal."""
    values, hidden = np.asarray(column), np.ma.getmaskarray(np.ma.asarray(column))
    differs = (values[1:] != values[:-1]) & ~(hidden[1:] & hidden[:-1])
    return np.asarray(differs | (hidden[1:] != hidden[:-1]), dtype=bool)


def _first_of_each(rows: Table) -> NDArray[np.intp]:
    """Find the first of equal rows, in the order of the rows."""
    columns = [np.ma.asarray(rows[name]).tolist() for name in rows.colnames]
    seen = {row: -place for place, row in reversed(list(enumerate(zip(*columns, strict=True))))}
    return np.array(sorted(-place for place in seen.values()), dtype=np.intp)
