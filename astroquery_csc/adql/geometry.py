# Licensed under a 3-clause BSD style license - see LICENSE
"""
Distances on the sphere in a user's ADQL: what they mean, as numbers and names of columns.

`read_distance` and `read_condition` recognize CSCview's ``dbo.cone_distance`` (arcmin) and the
geometry of ADQL (degrees); `astroquery_csc.adql.cut` writes a query that does without them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from astroquery_csc.exceptions import InvalidQueryError

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = [
    "GEOMETRY",
    "SEPARATIONS",
    "Circle",
    "Distance",
    "arguments",
    "find_calls",
    "function_name",
    "number",
    "point",
    "read_condition",
    "read_distance",
    "without_frame",
]

#: Functions of the archive's database; their schema varies, and they give arcmin.
SEPARATIONS = frozenset({"CONE_DISTANCE", "SEPARATION"})
#: Functions of ADQL 2.0 and 2.1.
GEOMETRY = frozenset(
    {
        "AREA",
        "BOX",
        "CENTROID",
        "CIRCLE",
        "CONTAINS",
        "COORD1",
        "COORD2",
        "COORDSYS",
        "DISTANCE",
        "INTERSECTS",
        "POINT",
        "POLYGON",
        "REGION",
    }
)
_FRAMES = frozenset({"", "ICRS", "ICRS GEOCENTER", "ICRS BARYCENTER", "UNKNOWNFRAME"})
_ARCMIN_PER_DEG = 60.0


@dataclass(frozen=True, slots=True)
class Distance:
    """A separation of two columns from a fixed position, and how many units make a degree."""

    ra: str
    dec: str
    ra0_deg: float
    dec0_deg: float
    per_deg: float = 1.0


@dataclass(frozen=True, slots=True)
class Circle:
    """A condition on a `Distance`, in its own unit: ``low <(=) distance <(=) high``."""

    distance: Distance
    low: float = float("-inf")
    high: float = float("inf")
    is_strict: bool = False


def function_name(node: "exp.Expr") -> str:
    """Name the function that a node calls, in capitals and without a schema."""
    from sqlglot import exp

    if isinstance(node, exp.Dot):
        node = node.expression
    if isinstance(node, exp.Anonymous):
        return str(node.name).upper()
    return str(node.sql_name()).upper() if isinstance(node, exp.Func) else ""


def find_calls(tree: "exp.Expr") -> list["exp.Expr"]:
    """Find the outermost calls of the functions on the sphere."""
    wanted, found = SEPARATIONS | GEOMETRY, []

    def is_call(node: "exp.Expr") -> bool:
        """Note a node that is such a call, and do not look inside."""
        if function_name(node) not in wanted:
            return False
        found.append(node)
        return True

    for _ in tree.walk(prune=is_call):
        pass
    return found


def read_distance(node: "exp.Expr") -> Distance | None:
    """Read a call that gives a separation, if it is one of columns from a fixed position."""
    node = node.unnest()
    name, given = function_name(node), arguments(node)
    if name in SEPARATIONS and len(given) == 4:
        return _between(given[:2], given[2:], _ARCMIN_PER_DEG)
    if name == "DISTANCE" and len(given) == 4:
        return _between(given[:2], given[2:], 1.0)
    if name == "DISTANCE" and len(given) == 2:
        ends = [point(end) for end in given]
        return _between(ends[0], ends[1], 1.0) if all(ends) else None
    return None


def read_condition(node: "exp.Expr") -> Circle | None:
    """Read one term of a WHERE, if it is a condition on a separation."""
    from sqlglot import exp

    node = node.unnest()
    if isinstance(node, exp.Between):
        distance = read_distance(node.this)
        low, high = (number(node.args[end]) for end in ("low", "high"))
        if distance is None or low is None or high is None:
            return None
        return Circle(distance, low, high)
    if isinstance(node, exp.Func) and function_name(node) in ("CONTAINS", "INTERSECTS"):
        return _inside(node, exp.Literal.number(1))
    if isinstance(node, exp.EQ):
        return _inside(node.left, node.right) or _inside(node.right, node.left)
    return _compared(node)


def _compared(node: "exp.Expr") -> Circle | None:
    """Read ``distance < r`` and its like, the constant on either side."""
    from sqlglot import exp

    if not isinstance(node, exp.LT | exp.LTE | exp.GT | exp.GTE):
        return None
    is_less, is_strict = isinstance(node, exp.LT | exp.LTE), isinstance(node, exp.LT | exp.GT)
    distance, bound = read_distance(node.left), number(node.right)
    if distance is None:
        distance, bound, is_less = read_distance(node.right), number(node.left), not is_less
    if distance is None or bound is None:
        return None
    if is_less:
        return Circle(distance, high=bound, is_strict=is_strict)
    return Circle(distance, low=bound, is_strict=is_strict)


def _inside(call: "exp.Expr", one: "exp.Expr") -> Circle | None:
    """Read ``CONTAINS(POINT(…), CIRCLE(…)) = 1``."""
    from sqlglot import exp

    call = call.unnest()
    if isinstance(one.unnest(), exp.Boolean) and one.unnest().this:
        one = exp.Literal.number(1)
    if function_name(call) not in ("CONTAINS", "INTERSECTS") or number(one) != 1:
        return None
    given = arguments(call)
    if len(given) != 2:
        return None
    if function_name(given[0]) == "CIRCLE" and function_name(call) == "INTERSECTS":
        given.reverse()
    place, circle = point(given[0]), given[1]
    if place is None or function_name(circle) != "CIRCLE":
        return None
    parts = without_frame(circle)
    if len(parts) == 2:
        parts = [*(point(parts[0]) or []), parts[1]]
    if len(parts) != 3 or (radius := number(parts[2])) is None:
        return None
    distance = _between(place, parts[:2], 1.0)
    return None if distance is None else Circle(distance, high=radius)


def arguments(call: "exp.Expr") -> list[Any]:
    """Give the arguments of a call, in whatever fields sqlglot keeps them."""
    from sqlglot import exp

    if isinstance(call, exp.Dot):
        call = call.expression
    if isinstance(call, exp.Anonymous):
        return list(call.expressions)
    return [item for item in (call.args.get("this"), call.args.get("expression")) if item]


def without_frame(call: "exp.Expr") -> list[Any]:
    """Give the arguments of a shape without its coordinate system, which must be ICRS."""
    from sqlglot import exp

    given = arguments(call)
    if given and isinstance(given[0], exp.Literal) and given[0].is_string:
        if given[0].name.strip().upper() not in _FRAMES:
            raise InvalidQueryError(
                f"{given[0].sql()}: ra and dec are ICRS. Write 'ICRS', and ICRS positions."
            )
        return given[1:]
    return given


def point(node: "exp.Expr") -> list[Any] | None:
    """Give the two coordinates of a POINT."""
    if function_name(node) != "POINT":
        return None
    parts = without_frame(node)
    return parts if len(parts) == 2 else None


def _between(one: Any, other: Any, per_deg: float) -> Distance | None:
    """Tell which end is columns and which is a fixed position."""
    from sqlglot import exp

    for columns, fixed in ((one, other), (other, one)):
        ra0_deg, dec0_deg = (number(item) for item in fixed)
        if all(isinstance(item.unnest(), exp.Column) for item in columns) and not (
            ra0_deg is None or dec0_deg is None
        ):
            if abs(dec0_deg) > 90:
                raise InvalidQueryError(f"Dec {dec0_deg} is not in -90 to 90 degrees.")
            names = [item.unnest().sql("tsql") for item in columns]
            return Distance(names[0], names[1], ra0_deg, dec0_deg, per_deg)
    return None


def number(node: "exp.Expr") -> float | None:
    """Work out a constant as T-SQL does: whole numbers divide into whole numbers."""
    from sqlglot import exp

    node = node.unnest()
    if isinstance(node, exp.Literal) and not node.is_string:
        return int(node.name) if node.is_int and len(node.name) < 19 else float(node.name)
    if isinstance(node, exp.Neg):
        value = number(node.this)
        return None if value is None else -value
    return _computed(node)


def _computed(node: "exp.Expr") -> float | None:
    """Work out a sum or a product of constants."""
    from sqlglot import exp

    if not isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div):
        return None
    left, right = number(node.left), number(node.right)
    if left is None or right is None:
        return None
    if isinstance(node, exp.Div):
        return _divided(left, right)
    if isinstance(node, exp.Mul):
        return left * right
    return left + right if isinstance(node, exp.Add) else left - right


def _divided(left: float, right: float) -> float | None:
    """Divide; what is divided by zero is not a number."""
    if not right:
        return None
    if isinstance(left, int) and isinstance(right, int):
        return int(abs(left) // abs(right)) * (1 if (left < 0) == (right < 0) else -1)
    return left / right
