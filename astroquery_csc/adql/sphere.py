# Licensed under a 3-clause BSD style license - see LICENSE
"""Geometry of ADQL and CSCview's functions, written with the function that an engine here has."""

from typing import TYPE_CHECKING, Any

from astroquery_csc.adql.geometry import (
    SEPARATIONS,
    arguments,
    find_calls,
    function_name,
    number,
    point,
    without_frame,
)
from astroquery_csc.exceptions import InvalidQueryError

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["write_geometry"]


def write_geometry(tree: "exp.Expr") -> None:
    """Put plain arithmetic in the place of all calls, in place."""
    import sqlglot

    for call in find_calls(tree):
        text = _written(call)
        if text:
            call.replace(sqlglot.parse_one(text, read="duckdb"))


def _written(call: "exp.Expr") -> str:
    """Write one call."""
    name, given = function_name(call), arguments(call)
    if name in SEPARATIONS:
        if len(given) != 4:
            raise InvalidQueryError(f"Function [{name}] takes 4 arguments, not {len(given)}.")
        return _arcmin(given[:2], given[2:])
    if name == "DISTANCE":
        ends = [given[:2], given[2:]] if len(given) == 4 else [point(end) for end in given]
        if len(ends) == 2 and all(ends):
            return f"({_arcmin(*ends)} / 60.0)"
    if name in ("CONTAINS", "INTERSECTS") and len(given) == 2:
        if function_name(given[1]) == "POINT" and name == "INTERSECTS":
            given.reverse()
        place, shape = point(given[0]), function_name(given[1])
        if place is not None and shape in _SHAPES:
            inside = _SHAPES[shape](place, without_frame(given[1]))
            return f"(CASE WHEN {inside} THEN 1 WHEN NOT ({inside}) THEN 0 END)"
    raise InvalidQueryError(
        f"{_sql(call)} is not known here. Known are CONTAINS and INTERSECTS of a POINT with a "
        "CIRCLE, BOX or POLYGON, and DISTANCE of two POINTs."
    )


def _sql(node: Any) -> str:
    """Write a node as it would be read again."""
    return str(node.sql("duckdb"))


def _arcmin(one: Any, other: Any) -> str:
    """Write the separation of two positions."""
    return f"dbo.cone_distance({', '.join(_sql(item) for item in (*one, *other))})"


def _circle(place: Any, parts: list[Any]) -> str:
    """Write that a position is in a circle."""
    if len(parts) == 2:
        parts = [*(point(parts[0]) or ()), parts[1]]
    if len(parts) != 3:
        raise InvalidQueryError("A CIRCLE has a position and a radius: CIRCLE('', 52.3, 31.3, 0.1)")
    return f"{_arcmin(place, parts[:2])} <= 60.0 * ({_sql(parts[2])})"


def _box(place: Any, parts: list[Any]) -> str:
    """Write that a position is in a box of coordinates."""
    if len(parts) == 3:
        parts = [*(point(parts[0]) or ()), *parts[1:]]
    if len(parts) != 4:
        raise InvalidQueryError("A BOX has a position, a width and a height, in degrees.")
    ra0, dec0, width, height = (f"({_sql(part)})" for part in parts)
    ra, dec = (f"({_sql(part)})" for part in place)
    away = f"abs({ra} - {ra0})"
    return (
        f"(({away} <= {width} / 2.0 OR {away} >= 360.0 - {width} / 2.0) "
        f"AND abs({dec} - {dec0}) <= {height} / 2.0)"
    )


def _polygon(place: Any, parts: list[Any]) -> str:
    """Write that a position is in a polygon: its meridian crosses an odd number of sides."""
    if parts and all(function_name(part) == "POINT" for part in parts):
        parts = [item for part in parts for item in point(part) or ()]
    values = [number(part) for part in parts]
    if len(values) < 6 or len(values) % 2 or None in values:
        raise InvalidQueryError(
            "A POLYGON has three or more fixed positions: POLYGON('', 1, 2, 3, 2, 3, 4)"
        )
    corners = [(float(a or 0) % 360.0, float(d or 0)) for a, d in zip(values[::2], values[1::2])]  # noqa: B905 - even
    ra, dec = (f"({_sql(part)})" for part in place)
    sides = [
        f"dbo.crossing({ra}, {dec}, {a1!r}, {d1!r}, {a2!r}, {d2!r})"
        for (a1, d1), (a2, d2) in zip(corners, [*corners[1:], corners[0]], strict=True)
    ]
    return f"(({' + '.join([*sides, str(_holds_north(corners))])}) % 2 = 1)"


def _holds_north(corners: list[tuple[float, float]]) -> int:
    """Tell (1 or 0) whether the north pole is inside."""
    steps = [
        (two[0] - one[0] + 180.0) % 360.0 - 180.0
        for one, two in zip(corners, [*corners[1:], corners[0]], strict=True)
    ]
    return int(abs(sum(steps)) > 180.0 and sum(dec for _, dec in corners) > 0)


_SHAPES = {"CIRCLE": _circle, "BOX": _box, "POLYGON": _polygon}
