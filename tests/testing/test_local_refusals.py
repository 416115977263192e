# Licensed under a 3-clause BSD style license - see LICENSE
"""What the local engine refuses: everything that is not on its list."""

import pytest

from astroquery_csc.backend import Query
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.testing.engine import LocalBackend
from tests.testing.test_local import RELEASE, small_table

pytest.importorskip("duckdb")


@pytest.fixture(scope="module")
def small():
    """Serve four rows, as csc21.t and, renamed, as TAP_SCHEMA.columns."""
    tables = {"csc21.t": small_table(), "TAP_SCHEMA.columns": small_table()["name", "n"]}
    functions = frozenset({"dbo.cone_distance"})
    with LocalBackend(tables, release=RELEASE, functions=functions) as backend:
        yield backend


@pytest.mark.parametrize(
    ("adql", "words"),
    [
        ("SELECT x FROM csc21.nothing", r"Table \[ csc21.nothing \] is not found in TapSchema"),
        ("SELECT name FROM t", r"Table \[ t \] is not found in TapSchema"),
        ("SELECT nosuch FROM csc21.t", r"Column: \[nosuch\] not found in TapSchema"),
        ("SELECT t.nosuch FROM csc21.t", r"Column: \[t.nosuch\] not found in TapSchema"),
        ("SELECT z.* FROM csc21.t", r"Column: \[z.\*\] not found in TapSchema"),
        ("SELECT rowid FROM csc21.t", r"Column: \[rowid\] not found"),
        ("SELECT ra AS x FROM csc21.t WHERE x > 1", r"Column: \[x\] not found"),
        ("SELECT name FROM csc21.t a, csc21.t b", r"Column: \[name\] is in more than one table"),
        ("SELECT a.n FROM csc21.t a, csc21.t a", "Two tables are both called 'a'"),
        ("SELECT * FROM (SELECT n FROM csc21.t)", "A subquery in FROM needs a name"),
        ("SELECT CIRCLE('ICRS', 1, 2, 3) FROM csc21.t", r"Function \[CIRCLE\] is not found in Tap"),
        ("SELECT COALESCE(n, 1) FROM csc21.t", r"Function \[COALESCE\] is not found"),
        ("SELECT CASE WHEN n > 1 THEN 2 END FROM csc21.t", r"Function \[CASE\] is not found"),
        ("SELECT getenv('HOME') FROM csc21.t", r"Function \[getenv\] is not found"),
        ("SELECT dbo.other(n) FROM csc21.t", r"Function \[dbo.other\] is not found"),
        ("SELECT dbo.cone_distance(1, 2) FROM csc21.t", r"takes 4 arguments, not 2"),
        ("SELECT * FROM read_csv('/etc/hosts')", r"Function \[READ_CSV\] is not found"),
        ("SELECT * FROM glob('/*')", "cannot be read"),
        ("SELECT * FROM '/etc/hosts'", r"Table \[ /etc/hosts \] is not found"),
        ('SELECT * FROM "x.parquet"', r"Table \[ x.parquet \] is not found"),
        ("SELECT * FROM information_schema.tables", "is not found in TapSchema"),
        ("SELECT * FROM duckdb_settings", "is not found in TapSchema"),
        ("SELECT * FROM memory.csc21.t", "CATALOG is not supported here"),
        ("SELECT n FROM csc21.t UNION SELECT n FROM csc21.t", "UNION is not supported here"),
        ("SELECT 1; DROP TABLE csc21.t", "not exactly one SELECT"),
        ("COPY csc21.t TO 'x.csv'", "not one SELECT"),
        ("ATTACH 'x.db'", "not one SELECT"),
        ("PRAGMA version", "not one SELECT"),
        ("SET threads = 1", "not one SELECT"),
        ("WITH q AS (SELECT 1 AS x) SELECT x FROM q", "WITH is not supported here"),
        ("SELECT n INTO other FROM csc21.t", "INTO"),
        ("SELECT n FROM csc21.t ORDER BY n OFFSET 1 ROWS", "OFFSET is not supported here"),
        ("SELECT TOP 5 PERCENT n FROM csc21.t", "LIMIT_OPTIONS is not supported here"),
        ("SELECT COUNT(*) OVER () FROM csc21.t", "WINDOW is not supported here"),
        ("SELECT * EXCEPT (n) FROM csc21.t", "EXCEPT is not supported here"),
        ("SELECT n FROM csc21.t WITH (NOLOCK)", "HINTS is not supported here"),
        ("SELECT n FROM csc21.t OPTION (MAXDOP 1)", "OPTIONS is not supported here"),
        ("SELECT n FROM csc21.t TABLESAMPLE (10 PERCENT)", "is not supported here"),
        ("SELECT n FROM csc21.t CROSS APPLY csc21.t", "is not supported here"),
        ("SELECT v.x FROM (VALUES (1)) AS v(x)", "is not supported here"),
        (
            "SELECT n FROM csc21.t WHERE (n, ra) IN (SELECT n, ra FROM csc21.t)",
            "TUPLE is not supported",
        ),
        ("SELECT n FROM csc21.t NATURAL JOIN csc21.t", "is not supported here"),
        (
            "SELECT a.n FROM csc21.t a SEMI JOIN csc21.t b ON a.n = b.n",
            "SEMI JOIN is not supported",
        ),
        ("SELECT n FROM (csc21.t)", "is not the name of a table"),
        ("SELECT n FROM csc21.t WHERE n IN csc21.t", "is not supported here"),
        ("SELECT TOP (1 + 1) n FROM csc21.t", "TOP takes a whole number, not 1 . 1"),
        ("SELECT CAST(n AS float) FROM csc21.t", r"Function \[CAST\]"),
        ("SELECT @@version", "PARAMETER is not supported here"),
        ("SELECT ROUND(ra, 1, 1) FROM csc21.t", "TRUNCATE is not supported here"),
        ("SELECT ra + 1e999 FROM csc21.t", "The number 1e999 is too large"),
        ("SELECT name, MAX(ra) FROM csc21.t", "GROUP BY"),
        ("SELECT n FROM csc21.t WHERE name = 5", "Conversion Error"),
        ("SELECT n + 'x' FROM csc21.t", "Error"),
    ],
)
def test_what_is_not_on_the_list_is_refused(small, adql, words):
    """Each of these is an InvalidQueryError that carries the query and the release."""
    with pytest.raises(InvalidQueryError, match=words) as caught:
        small.run(Query(adql))

    assert (caught.value.adql, caught.value.release) == (adql, "2.1")


def test_a_query_that_is_no_string_is_a_type_error(small):
    """ADQL is text."""
    with pytest.raises(InputTypeError, match="A query is a string, not int"):
        small.run(Query(5))  # type: ignore[arg-type]


@pytest.mark.parametrize("deep", ["(" * 3000 + "n" + ")" * 3000, "+".join(["n"] * 4000)])
def test_deep_nesting_is_refused_not_a_crash(small, deep):
    """A query that is nested beyond reading is an InvalidQueryError."""
    with pytest.raises(InvalidQueryError, match="nested too deeply"):
        small.run(Query(f"SELECT {deep} FROM csc21.t"))
