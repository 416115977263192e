# Licensed under a 3-clause BSD style license - see LICENSE
"""What a mirror's ADQL takes beyond the archive's, and what it never takes."""

import numpy as np
import pytest

from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InvalidQueryError

M = "FROM master_source"


@pytest.fixture
def csc(original):
    """Give a Csc on the small mirror."""
    return CscClass(mirror=str(original))


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END", "b"),
        ("CAST(2.9 AS INT)", 2),
        ("CAST(-2.9 AS INT)", -2),
        ("CAST('7' AS INT)", 7),
        ("CAST(1 AS FLOAT) / 3", 1 / 3),
        ("CAST(1.2345 AS DECIMAL(5, 2))", 1.23),
        ("CONVERT(VARCHAR(4), '2CXO J')", "2CXO"),
        ("COALESCE(NULL, 5)", 5),
        ("ISNULL(NULL, 'none')", "none"),
        ("SUBSTRING('2CXO J0329', 6, 3)", "J03"),
        ("6 & 4", 4),
        ("6 | 1", 7),
        ("6 ^ 4", 2),
        ("LEFT('abc', 2) + RIGHT('abc', 1)", "abc"),
        ("LEN('abc')", 3),
        ("IIF(1 = 1, 'yes', 'no')", "yes"),
        ("NULLIF(2, 3)", 2),
        ("REPLACE('a-b', '-', '+')", "a+b"),
        ("CHARINDEX('b', 'abc')", 2),
        ("TRY_CAST('7' AS INT)", 7),
        ("ISNULL(TRY_CAST('x' AS INT), -1)", -1),
        ("ISNULL(TRY_CONVERT(INT, 'x'), -1)", -1),
        ("GREATEST(1, 3)", 3),
        ("LEAST(1, 3)", 1),
        ("REVERSE('abc')", "cba"),
        ("REPLICATE('ab', 2)", "abab"),
        ("CONCAT_WS('-', 'a', 'b')", "a-b"),
        ("~5 & 7", 2),
        ("CONTAINS(POINT('', 1, 1), BOX('', 0, 0, 4, 4))", 1),
        ("CONTAINS(POINT('', 359, 1), BOX('', 0, 0, 4, 4))", 1),
        ("CONTAINS(POINT('', 5, 1), BOX('', 0, 0, 4, 4))", 0),
        ("CONTAINS(POINT('', 0, 0), POLYGON('', 359, -1, 1, -1, 1, 1, 359, 1))", 1),
        ("CONTAINS(POINT('', 3, 0), POLYGON('', 359, -1, 1, -1, 1, 1, 359, 1))", 0),
        ("CONTAINS(POINT('', 77, 89), POLYGON('', 0, 80, 120, 80, 240, 80))", 1),
        ("CONTAINS(POINT('', 77, 60), POLYGON('', 0, 80, 120, 80, 240, 80))", 0),
        ("CONTAINS(POINT('', 77, -89), POLYGON('', 0, -80, 120, -80, 240, -80))", 1),
        ("CONTAINS(POINT('', 77, -60), POLYGON('', 0, -80, 120, -80, 240, -80))", 0),
        ("DISTANCE(POINT('', 10, 0), POINT('', 12, 0))", 2),
        ("csc2.cone_distance(10, 0, 11, 0)", 60),
        ("separation(10, 0, 11, 0)", 60),
    ],
)
def test_an_expression_of_t_sql_or_adql_is_worked_out(csc, item, expected):
    """The value is that of SQL Server, or of the ADQL standard."""
    value = csc.query_tap(f"SELECT TOP 1 {item} AS x {M}")["x"][0]

    assert value == pytest.approx(expected) if not isinstance(expected, str) else value == expected


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (f"SELECT TOP 3 name {M} UNION ALL SELECT TOP 2 name {M}", 5),
        (f"SELECT TOP 3 name {M} ORDER BY name UNION SELECT TOP 3 name {M} ORDER BY name", 3),
        (f"SELECT TOP 3 name {M} EXCEPT SELECT name {M}", 0),
        (f"SELECT x.n FROM (SELECT TOP 4 name {M} INTERSECT SELECT name {M}) x (n)", 4),
        (f"WITH x AS (SELECT TOP 4 name {M}) SELECT name FROM x", 4),
        (f"WITH x (n) AS (SELECT TOP 4 name {M}), y AS (SELECT n FROM x) SELECT y.n FROM y", 4),
        (f"SELECT name {M} ORDER BY name OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY", 3),
        (
            (
                "SELECT name FROM (SELECT name, ROW_NUMBER() OVER (PARTITION BY extent_flag "
                f"ORDER BY ra DESC) AS r {M}) q WHERE r <= 1"
            ),
            3,
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::astroquery.exceptions.NoResultsWarning")
def test_queries_of_several_parts_run(csc, query, count):
    """TOP and ORDER BY belong to the SELECT in which they are written."""
    assert len(csc.query_tap(query)) == count


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("STDEV(x.a)", 7**0.5),
        ("VAR(x.a)", 7),
        ("STDEVP(x.a)", (14 / 3) ** 0.5),
        ("VARP(x.a)", 14 / 3),
    ],
)
def test_statistics_have_the_names_of_t_sql(csc, item, expected):
    """Of samples, and of whole populations."""
    values = "SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT 6"

    value = csc.query_tap(f"SELECT {item} AS v FROM ({values}) x")["v"][0]

    assert value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("condition", "is_true"),
    [
        ("name LIKE '2CXO! J%' ESCAPE '!'", True),
        ("name LIKE '2CXO!_J%' ESCAPE '!'", False),
        ("ra <= ALL (SELECT ra FROM master_source)", True),
        ("ra < ANY (SELECT ra FROM master_source)", True),
        ("ra > ALL (SELECT ra FROM master_source)", False),
    ],
)
@pytest.mark.filterwarnings("ignore::astroquery.exceptions.NoResultsWarning")
def test_conditions_of_t_sql_are_taken(csc, condition, is_true):
    """The sources with the smallest right ascension are asked for."""
    query = f"SELECT TOP 1 name {M} WHERE {condition} AND ra < 1"

    assert len(csc.query_tap(query)) == int(is_true)


def test_a_union_keeps_units(csc):
    """Both SELECTs agree what the column is."""
    table = csc.query_tap(f"SELECT ra {M} UNION ALL SELECT ra {M}")

    assert str(table["ra"].unit) == "deg"
    assert np.isfinite(table["ra"]).all()


@pytest.mark.parametrize(
    "query",
    [
        "WITH x AS (SELECT * FROM read_csv('a.csv')) SELECT * FROM x",
        "WITH x AS (SELECT * FROM duckdb_settings) SELECT * FROM x",
        "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x) SELECT n FROM x",
        f"SELECT name {M} UNION SELECT name FROM duckdb_settings",
        f"SELECT name {M} UNION ALL SELECT value FROM duckdb_settings()",
        f"SELECT CAST(read_text('a') AS VARCHAR(9)) {M}",
        f"SELECT CASE WHEN 1 = 1 THEN getenv('HOME') END {M}",
        f"SELECT dbo.haversine(1, 2, 3, 4) {M}",
        f"SELECT CAST(name AS XML) {M}",
        f"SELECT ROW_NUMBER() OVER (ORDER BY nothing) AS r {M}",
        f"SELECT MAX(ra, 5) {M}",
        f"SELECT TOP {'9' * 400} name {M}",
        f"SELECT name {M} WHERE ra < {'9' * 400}",
        f"SELECT NOTHING(ra) {M}",
        f"SELECT nothing {M}",
        "SELECT name FROM nothing",
        f"SELECT name {M} WHERE name LIKE '2CXO[_]J%'",
    ],
)
def test_what_is_not_on_the_list_is_refused_in_the_mirrors_own_words(csc, query):
    """No file, no setting, no function of the engine; and nobody speaks of TapSchema."""
    with pytest.raises(InvalidQueryError) as caught:
        csc.query_tap(query, validate=False)

    assert "TapSchema" not in str(caught.value)
