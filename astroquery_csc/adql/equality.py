# Licensed under a 3-clause BSD style license - see LICENSE
"""Comparisons that hardly any row satisfies: why a query may have found nothing."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from astroquery_csc.adql.values import KNOWN_VALUES
from astroquery_csc.catalogue.schema import find_column

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["as_ranges", "reasons"]


def reasons(tree: Any, release: str) -> list[str]:
    """Say what is unlikely in a query, in sentences."""
    from sqlglot import exp

    ranges = as_ranges(tree, release)
    found = [f"Few values equal a decimal: write {' AND '.join(ranges)}."] if ranges else []
    for node in tree.find_all(exp.EQ, exp.In, exp.Like):
        name = node.this.name.lower() if isinstance(node.this, exp.Column) else ""
        given = node.expressions if isinstance(node, exp.In) else [node.expression]
        texts = [one.name for one in given if isinstance(one, exp.Literal) and one.is_string]
        if name in KNOWN_VALUES and texts and not set(texts) & set(KNOWN_VALUES[name]):
            found.append(f"{name} is {' or '.join(map(repr, KNOWN_VALUES[name]))}.")
        if name == "name" and isinstance(node, exp.Like) and texts[0][:4] in ("2cxo", "2Cxo"):
            found.append("Names begin with '2CXO J', in capitals.")
    for node in tree.find_all(exp.Between):
        low, high = _number(node.args["low"]), _number(node.args["high"])
        if low and high and float(low) > float(high):
            found.append(f"{node.sql('tsql')} is empty: the smaller number comes first.")
    return found


def as_ranges(tree: Any, release: str) -> list[str]:
    """Write each comparison of decimals with a number as the range of what rounds to it."""
    from sqlglot import exp

    found = []
    for equal in tree.find_all(exp.EQ):
        for column, other in ((equal.this, equal.expression), (equal.expression, equal.this)):
            written = _number(other)
            if written and _is_decimal(column, release):
                low, high = _around(Decimal(written))
                found.append(f"{column.name} BETWEEN {low} AND {high}")
    return found


def _is_decimal(node: "exp.Expr", release: str) -> bool:
    """Tell whether a node is a column of decimals."""
    from sqlglot import exp

    if not isinstance(node, exp.Column):
        return False
    known = find_column(release, node.name.lower())
    return known is not None and known.datatype in ("double", "float")


def _number(node: "exp.Expr") -> str:
    """Read a number as it is written; empty for anything else, and for 0, which is often exact."""
    from sqlglot import exp

    node, sign = (node.this, "-") if isinstance(node, exp.Neg) else (node, "")
    is_number = isinstance(node, exp.Literal) and not node.is_string
    return f"{sign}{node.this}" if is_number and float(node.this) else ""


def _around(number: Decimal) -> tuple[str, str]:
    """Find the ends of what rounds to a number: half of its last digit on both sides."""
    exponent = int(number.as_tuple().exponent)
    half = Decimal((0, (5,), min(exponent, 0) - 1))
    if "E" in str(number) and exponent > 0:
        half = Decimal((0, (5,), exponent - 1))
    return f"{number - half:g}", f"{number + half:g}"
