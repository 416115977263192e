# Licensed under a 3-clause BSD style license - see LICENSE
"""Whether the installed sqlglot names the parts of a query as this room expects."""

from functools import lru_cache
from importlib.metadata import version

from astroquery_csc.exceptions import MissingPackageError
from astroquery_csc.forks import ForkedLock

__all__ = ["check_reader"]

#: One query with every part that is looked up by name.
_QUERY = (
    "WITH w AS (SELECT 1 AS one) SELECT DISTINCT TOP 2 m.name AS n, COUNT(*) FROM s.t m, u JOIN v "
    "ON u.a = v.a WHERE m.ra BETWEEN 1 AND 2 AND dbo.f(m.ra) IN (1, 2) AND m.b IN (SELECT 1) "
    "GROUP BY m.name HAVING COUNT(*) > 1 ORDER BY n DESC"
)
#: Types of nodes, and the parts that must be filled in that query.
_PARTS = {
    "Select": "expressions from_ joins where group having order distinct limit with_",
    "With": "expressions",
    "CTE": "this alias",
    "From": "this",
    "Join": "this on",
    "Table": "this db alias",
    "Column": "this table",
    "Alias": "this alias",
    "Between": "this low high",
    "In": "this expressions",
    "Ordered": "this desc",
    "Limit": "expression",
    "Dot": "this expression",
    "Anonymous": "this expressions",
}


#: sqlglot loads a dialect at its first use, and two threads must not do so at once.
_ONE_AT_A_TIME = ForkedLock()


def check_reader() -> None:
    """Refuse to read with a sqlglot that renamed a part: units would be lost without a word."""
    with _ONE_AT_A_TIME:
        _check()


@lru_cache(maxsize=1)
def _check() -> None:
    """Look once."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(_QUERY, read="tsql")
    found: dict[str, set[str]] = {}
    for node in tree.walk():
        parts = {name for name, value in node.args.items() if value}
        found[type(node).__name__] = found.get(type(node).__name__, set()) | parts
    lost = [
        f"{kind}.{part}"
        for kind, parts in _PARTS.items()
        for part in parts.split()
        if part not in found.get(kind, ())
    ]
    starts = [table.this.meta.get("start") for table in tree.find_all(exp.Table)]
    if lost or None in starts:
        raise MissingPackageError(
            f"sqlglot {version('sqlglot')} names parts of a query in another way "
            f"({', '.join(lost) or 'positions'}), so no ADQL can be read. Install a version that "
            "was tested: pip install 'sqlglot>=29.0,<30.31'"
        )
