# Licensed under a 3-clause BSD style license - see LICENSE
"""
A query with a cone, written for a service that does not have the function.

The box that covers the cone stands in its place; `Plan` says what is left to do with the rows of
the box: the exact cut, separations as columns, order, DISTINCT and TOP.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from astroquery_csc.adql.geometry import (
    Circle,
    Distance,
    find_calls,
    function_name,
    read_condition,
    read_distance,
)
from astroquery_csc.adql.parse import parse_once
from astroquery_csc.adql.write import ALIAS, box_condition
from astroquery_csc.catalogue.schema import MASTER
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.sky.geometry import cone_boxes

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["Key", "Plan", "and_terms", "has_geometry", "plan", "separations", "without_cones"]

_HELPER = "csc_helper"
_VERB = "query_region does cones, and takes criteria=; crossmatch does neighbours."


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an ORDER BY: an output column, or a separation."""

    name: str
    distance: Distance | None
    is_descending: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send, and what to do with the answer."""

    adql: str
    terms: tuple[str, ...]
    circles: tuple[Circle, ...]
    helpers: dict[str, str]
    computed: dict[str, Distance]
    keys: tuple[Key, ...]
    top: int | None
    is_distinct: bool


def plan(text: str, tree: "exp.Expr") -> Plan | None:
    """Plan a checked query; None where nothing on the sphere is asked."""
    calls = find_calls(tree)
    if not calls:
        return None
    return _Planner(tree.copy(), text).plan()


def separations(tree: "exp.Expr") -> dict[str, Distance]:
    """Find the columns of a SELECT that are separations, by their names in small letters."""
    from sqlglot import exp

    if not isinstance(tree, exp.Select):
        return {}
    found = {item.alias.lower(): read_distance(item.unalias()) for item in tree.expressions}
    return {name: one for name, one in found.items() if name and one is not None}


def has_geometry(condition: str) -> bool:
    """Tell whether a condition has something on the sphere."""
    return bool(find_calls(_read(condition)))


def _read(condition: str) -> Any:
    """Read a condition on masters, in a query around it."""
    return parse_once(f"SELECT {ALIAS}.name FROM {MASTER} {ALIAS} WHERE (\n{condition}\n)").tree


def without_cones(condition: str) -> tuple[str, tuple[Circle, ...]]:
    """Put boxes in the place of the cones in a condition on masters, and give the cones."""
    tree = _read(condition)
    if not find_calls(tree):
        return condition, ()
    planner = _Planner(tree.copy(), condition)
    planner.put_boxes()
    left = find_calls(planner.tree)
    if left:
        raise planner.refused(left[0])
    for circle in planner.circles:
        pair = (circle.distance.ra.lower(), circle.distance.dec.lower())
        if pair not in {("ra", "dec"), (f"{ALIAS}.ra", f"{ALIAS}.dec")}:
            raise InvalidQueryError(
                f"A cone in criteria is around ra and dec, not {' and '.join(pair)}. {_VERB}",
                adql=condition,
            )
    where = planner.tree.args["where"].this
    return str(where.sql("tsql")), tuple(planner.circles)


class _Planner:
    """Takes a SELECT apart."""

    def __init__(self, tree: Any, text: str) -> None:
        self.tree = tree
        self.text = text
        self.terms: list[str] = []
        self.circles: list[Circle] = []
        self.helpers: dict[str, str] = {}
        self.computed: dict[str, Distance] = {}
        self.keys: list[Key] = []
        self.separations: dict[str, Any] = {}

    def plan(self) -> Plan:
        """Make the plan."""
        from sqlglot import exp

        if type(self.tree) is not exp.Select:
            raise self.refused(find_calls(self.tree)[0])
        self.put_boxes()
        self._columns()
        self._order()
        left = find_calls(self.tree)
        if left:
            raise self.refused(left[0])
        self._check_clauses()
        top = self._top()
        distinct = self.tree.args.get("distinct")
        if distinct is not None and not self.circles:
            raise self.refused(next(iter(self.separations.values())))
        self._ask_for_helpers()
        return Plan(
            self.tree.sql("tsql"),
            tuple(self.terms),
            tuple(self.circles),
            self.helpers,
            self.computed,
            tuple(self.keys),
            top,
            distinct is not None,
        )

    def refused(self, node: "exp.Expr") -> InvalidQueryError:
        """Make the error for a term that cannot be done here."""
        from sqlglot import exp

        while isinstance(node.parent, exp.Predicate | exp.Paren | exp.Not | exp.Binary) and not (
            isinstance(node.parent, exp.Connector)
        ):
            node = node.parent
        return InvalidQueryError(
            f"The service has no geometry ({function_name(find_calls(node)[0])}), and this term "
            f"cannot be done here: {node.sql('tsql')}. Here it can be one term of an AND at the "
            "end of one plain SELECT, with a fixed position and radius. Take it out, and write a "
            f"box in ra and dec instead: ra BETWEEN a AND b AND dec BETWEEN c AND d. {_VERB}",
            adql=self.text,
        )

    def put_boxes(self) -> None:
        """Put a box in the place of each cone."""
        where = self.tree.args.get("where")
        kept: list[Any] = []
        for term in and_terms(where.this) if where is not None else []:
            circle = read_condition(term) if find_calls(term) else None
            if circle is None:
                kept.append(term)
                continue
            self.terms.append(term.sql("tsql"))
            self.circles.append(circle)
        boxes = [self._box(circle) for circle in self.circles if circle.high != float("inf")]
        if self.circles and not boxes:
            raise InvalidQueryError(
                f"{self.terms[0]}: without an upper limit every source would have to come. Add "
                "one, such as dbo.cone_distance(…) <= 10.",
                adql=self.text,
            )
        if self.circles:
            from sqlglot import exp

            self.tree.set("where", exp.Where(this=exp.and_(*boxes, *kept, copy=False)))

    def _box(self, circle: Circle) -> Any:
        """Write the box that covers a cone."""
        import sqlglot

        distance = circle.distance
        radius_deg = circle.high / distance.per_deg
        if not 0 <= radius_deg <= 180:
            raise InvalidQueryError(
                f"A radius is 0 to 180 degrees, not {radius_deg:g}: {self.terms[-1]}",
                adql=self.text,
            )
        boxes = cone_boxes(distance.ra0_deg, distance.dec0_deg, radius_deg)
        text = box_condition(boxes, ra=distance.ra, dec=distance.dec)
        return sqlglot.parse_one(f"({text})", read="tsql")

    def _columns(self) -> None:
        """Ask for ra in the place of a separation, under its name."""
        from sqlglot import exp

        for item in self.tree.expressions:
            value = item.unalias()
            distance = read_distance(value) if find_calls(value) else None
            if distance is None:
                continue
            name = item.alias or function_name(value.unnest()).lower()
            names = [one.alias_or_name.lower() for one in self.tree.expressions]
            if names.count(name.lower()) > 1 or name.lower() in self.computed:
                raise InvalidQueryError(f"Two columns are called {name!r}.", adql=self.text)
            self.computed[name.lower()] = distance
            self.separations[name.lower()] = value
            item.replace(exp.alias_(exp.maybe_parse(distance.ra, dialect="tsql"), name))

    def _order(self) -> None:
        """Keep what the service can sort by, and note where separations come in."""
        from sqlglot import exp

        order = self.tree.args.get("order")
        if order is None:
            return
        keys = [self._key(item) for item in order.expressions]
        columns: list[Any] = list(order.find_all(exp.Column))
        for column in columns:
            if column.name.lower() in self.computed and not isinstance(column.parent, exp.Ordered):
                raise self.refused(self.separations[column.name.lower()])
        if all(key.distance is None for key in keys):
            return
        if not self.circles:
            raise InvalidQueryError(
                "ORDER BY a separation without a limit of it would need every source. Add one: "
                "AND dbo.cone_distance(…) <= 10.",
                adql=self.text,
            )
        pairs = list(zip(order.expressions, keys, strict=True))
        last = next(place for place, key in enumerate(keys) if key.distance is not None)
        self.keys = [self._group(*pair) for pair in pairs[: last + 1]]
        kept = [item for item, key in pairs if key.distance is None]
        self.tree.set("order", exp.Order(expressions=kept) if kept else None)

    def _key(self, item: "exp.Ordered") -> Key:
        """Read one key of the order."""
        from sqlglot import exp

        value, descending = item.this.unnest(), bool(item.args.get("desc"))
        if find_calls(value):
            return Key("", read_distance(value), descending)
        if isinstance(value, exp.Literal) and value.is_int:
            place = int(value.name)
            if 0 < place <= len(self.tree.expressions) and not self.tree.is_star:
                value = exp.column(self.tree.expressions[place - 1].alias_or_name)
        name = value.name.lower() if isinstance(value, exp.Column) and not value.table else ""
        return Key(name, self.computed.get(name), descending)

    def _group(self, item: "exp.Ordered", key: Key) -> Key:
        """Name the column of the answer that shows where rows are equal in one key."""
        from sqlglot import exp

        outputs = {one.alias.lower() for one in self.tree.expressions if one.alias}
        value = item.this.unnest()
        if key.distance is not None or key.name in outputs:
            return key
        if not isinstance(value, exp.Column):
            raise InvalidQueryError(
                f"ORDER BY {value.sql('tsql')} before a separation cannot be done here. Give the "
                "separation first, or sort the table: table.sort([…]).",
                adql=self.text,
            )
        return Key(self._helper(value.sql("tsql")), None, key.is_descending)

    def _helper(self, column: str) -> str:
        """Ask for one more column, once."""
        return self.helpers.setdefault(column, f"{_HELPER}_{len(self.helpers) + 1}")

    def _check_clauses(self) -> None:
        """Refuse what would be worked out over the box instead of the cone."""
        from sqlglot import exp

        names = [name for name in ("group", "having", "offset") if self.tree.args.get(name)]
        aggregates = any(item.find(exp.AggFunc, exp.Window) for item in self.tree.expressions)
        if names or aggregates:
            what = f"{names[0].upper()}" if names else "an aggregate"
            raise InvalidQueryError(
                f"The service has no geometry, and {what} cannot be worked out here beside "
                f"{(self.terms or list(self.computed))[0]}. Take that term out and write a box in "
                "ra and dec, or ask for the rows and count here: len(Csc.query_region(…)).",
                adql=self.text,
            )

    def _top(self) -> int | None:
        """Take TOP out where rows are left out here."""
        limit = self.tree.args.get("limit")
        if limit is None or not self.circles:
            return None
        count = limit.args.get("expression") or limit.args.get("count")
        if count is None or not count.unnest().is_int:
            raise InvalidQueryError("TOP takes a whole number.", adql=self.text)
        self.tree.set("limit", None)
        return int(count.unnest().name)

    def _ask_for_helpers(self) -> None:
        """Ask for the positions at the end of the list."""
        from sqlglot import exp

        distances = [circle.distance for circle in self.circles] + list(self.computed.values())
        distances += [key.distance for key in self.keys if key.distance is not None]
        for name in dict.fromkeys(name for one in distances for name in (one.ra, one.dec)):
            self._helper(name)
        for column, name in self.helpers.items():
            self.tree.append(
                "expressions", exp.alias_(exp.maybe_parse(column, dialect="tsql"), name)
            )


def and_terms(node: Any) -> list[Any]:
    """Split a condition at its ANDs, through parentheses around them, however many there are."""
    from sqlglot import exp

    found, waiting = [], [node]
    while waiting:
        one = waiting.pop()
        inner = one.unnest()
        if isinstance(inner, exp.And):
            waiting += [inner.right, inner.left]
        else:
            found.append(one)
    return found
