# Licensed under a 3-clause BSD style license - see LICENSE
"""
A whole table in pages, none of which a row limit of the service can cut without being noticed.

Pure. A sweep divides the values of one column into spans that meet without a gap: from a value on,
up to the next, which is left out; the nulls are a span of their own. Whatever way the service sorts
strings, each row is in just one span. A span that brings too much is divided at the middle of
what it brought, so that both halves hold less.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from astroquery_csc.adql.write import literal

__all__ = ["Span", "edges_of", "halves", "spans"]

Value: TypeAlias = float | int | str


@dataclass(frozen=True, slots=True)
class Span:
    """The rows whose value of a column is in a range; without ends, all rows, with the nulls."""

    column: str
    low: Value | None = None
    high: Value | None = None
    nulls: bool = False

    @property
    def condition(self) -> str:
        """The condition in ADQL; an empty string for all rows."""
        name = f"m.{self.column}"
        if self.nulls:
            return f"{name} IS NULL"
        ends = [(">=", self.low), ("<", self.high)]
        return " AND ".join(f"{name} {sign} {_text(end)}" for sign, end in ends if end is not None)


def _text(value: Value) -> str:
    """Write a value; a number without an exponent."""
    if isinstance(value, float):
        return str(np.format_float_positional(value, trim="0"))
    return literal(value)


def spans(column: str, edges: Sequence[Value]) -> list[Span]:
    """Divide a column at some values."""
    if not edges:
        return [Span(column)]
    ends = [None, *edges, None]
    found = [Span(column, low, high) for low, high in pairwise(ends)]
    return [*found, Span(column, nulls=True)]


def halves(span: Span, values: NDArray[Any]) -> list[Span]:
    """Divide a span at the middle of what it brought."""
    order = np.sort(values)
    above = order[order > order[0]] if order.size else order
    if span.nulls or not above.size:
        return []
    middle: Value = max(order[order.size // 2], above[0]).item()
    if middle in (span.low, span.high):
        # The service does not order values as we do, or minds no condition: on and on the same.
        return []
    parts = [replace(span, high=middle), replace(span, low=middle)]
    had_nulls = span.low is None and span.high is None
    return [*parts, Span(span.column, nulls=True)] if had_nulls else parts


def edges_of(values: NDArray[Any], rows: int) -> list[Value]:
    """Choose where to divide a column so that each span has about so many rows."""
    order = np.sort(values)
    chosen = np.unique(order[max(rows, 1) :: max(rows, 1)])
    found: list[Value] = chosen[chosen > order[0]].tolist() if order.size else []
    return found


def equal_area_edges(count: int) -> list[Value]:
    """Choose declinations that divide the sphere into zones of the same area."""
    sines = np.linspace(-1.0, 1.0, max(count, 1) + 1)[1:-1]
    return [round(float(np.degrees(np.arcsin(sine))), 6) + 0.0 for sine in sines]


def same_rows(first: Iterable[NDArray[Any]], second: Iterable[NDArray[Any]]) -> bool:
    """Tell whether two sets of columns hold the same rows, in whatever order."""
    return all(
        mine.size == other.size and bool((mine == other).all())
        for mine, other in zip(_sorted(first), _sorted(second), strict=True)
    )


def repeated(columns: Iterable[NDArray[Any]]) -> int:
    """Count the rows that were there before."""
    rows = list(_sorted(columns))
    same = np.ones(max(rows[0].size - 1, 0), dtype=bool)
    for values in rows:
        same &= values[1:] == values[:-1]
    return int(same.sum())


def _sorted(columns: Iterable[NDArray[Any]]) -> Iterator[NDArray[Any]]:
    """Sort rows, and give their columns."""
    values = list(columns)
    order = np.lexsort(values[::-1])
    yield from (column[order] for column in values)
