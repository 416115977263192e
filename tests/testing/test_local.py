# Licensed under a 3-clause BSD style license - see LICENSE
"""ADQL and cones answered from tables in memory, against plain numpy on the same tables."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable, Table
from astropy.utils.masked import Masked

from astroquery_csc.backend import Cone, Limits, Query
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.exceptions import (
    InputTypeError,
    InvalidQueryError,
    MissingPackageError,
    RemoteServiceError,
)
from astroquery_csc.testing.engine import LocalBackend
from tests.support import sky as skies

pytest.importorskip("duckdb")

RELEASE = get_release("2.1")
TABLES = skies.sky()
MASTER = TABLES["master_source"]
SKY = SkyCoord(MASTER["ra"], MASTER["dec"])

JOIN = (
    " FROM csc21.master_source m, csc21.master_stack_assoc a, csc21.stack_source s,"
    " csc21.stack_observation_assoc b, csc21.observation_source o"
    " WHERE (m.name = a.name)"
    " AND (s.detect_stack_id = a.detect_stack_id AND s.region_id = a.region_id)"
    " AND (s.detect_stack_id = b.detect_stack_id AND s.region_id = b.region_id)"
    " AND (o.obsid = b.obsid AND o.obi = b.obi AND o.region_id = b.region_id)"
)


def small_table() -> Table:
    """Make four invented rows with a null in each column."""
    return Table(
        {
            "name": MaskedColumn(["b", "a", "C", ""], mask=[0, 0, 0, 1]),
            "ra": MaskedColumn(
                [1.5, 2.0, np.nan, 4.0],
                mask=[0, 0, 0, 1],
                unit=u.deg,
                description="where",
                meta={"ucd": "pos.eq.ra"},
            ),
            "dec": [-1.0, 0.0, 1.0, 2.0],
            "n": MaskedColumn(np.array([7, -7, 2, 0], np.int32), mask=[0, 0, 0, 1]),
            "flag": MaskedColumn([True, False, True, False], mask=[0, 0, 0, 1]),
        },
        masked=True,
    )


@pytest.fixture(scope="module")
def sky():
    """Serve the whole test catalogue."""
    named = {f"csc21.{name}": table for name, table in TABLES.items()}
    with LocalBackend(named, release=RELEASE, url="here") as backend:
        yield backend


@pytest.fixture(scope="module")
def small():
    """Serve four rows, as csc21.t and, renamed, as TAP_SCHEMA.columns."""
    tables = {"csc21.t": small_table(), "TAP_SCHEMA.columns": small_table()["name", "n"]}
    functions = frozenset({"dbo.cone_distance"})
    with LocalBackend(tables, release=RELEASE, functions=functions) as backend:
        yield backend


def values(backend: LocalBackend, adql: str) -> list[list[Any]]:
    """Run a query and give its columns as lists, None for null."""
    table = backend.run(Query(adql)).table
    return [table[name].tolist() for name in table.colnames]


def brute_force_join() -> list[tuple[object, ...]]:
    """Join the five tables with dictionaries, as their keys are defined."""
    keys = {
        "stack": ("detect_stack_id", "region_id"),
        "observation": ("obsid", "obi", "region_id"),
    }
    stacks = {
        tuple(row) for row in zip(*(TABLES["stack_source"][k] for k in keys["stack"]), strict=True)
    }
    observation = TABLES["observation_source"]
    flux = dict(
        zip(
            zip(*(observation[key].tolist() for key in keys["observation"]), strict=True),
            observation["flux_aper_b"].tolist(),
            strict=True,
        )
    )
    members: dict[tuple[object, ...], list[tuple[object, ...]]] = {}
    for stack, region, obsid, obi in TABLES["stack_observation_assoc"].iterrows():
        members.setdefault((stack, region), []).append((int(obsid), int(obi), int(region)))
    masters = set(MASTER["name"])
    return sorted(
        (str(name), str(stack), *key, str(match), repr(flux[key]))
        for name, stack, region, match in TABLES["master_stack_assoc"].iterrows()
        if name in masters and (stack, region) in stacks
        for key in members.get((stack, region), [])
        if key in flux
    )


CONDITIONS = {
    "significance > 10": MASTER["significance"] > 10,
    "significance <= 2.5 OR flux_aper_b = 0": (MASTER["significance"] <= 2.5).filled(False)
    | (MASTER["flux_aper_b"] == 0).filled(False),
    "m.ra BETWEEN 10 AND 60 AND m.dec BETWEEN 31 AND 42": (MASTER["ra"] >= 10)
    & (MASTER["ra"] <= 60)
    & (MASTER["dec"] >= 31)
    & (MASTER["dec"] <= 42),
    "flux_aper_b IS NULL": MASTER["flux_aper_b"].mask,
    "flux_aper_b IS NOT NULL AND NOT (flux_aper_w IS NOT NULL)": ~MASTER["flux_aper_b"].mask
    & MASTER["flux_aper_w"].mask,
    "conf_flag = 1": MASTER["conf_flag"].filled(False),
    "conf_flag = 0": (~MASTER["conf_flag"]).filled(False),
    "name LIKE '%X'": np.char.endswith(MASTER["name"].filled(""), "X"),
    "name NOT LIKE '%X'": ~np.char.endswith(MASTER["name"].filled(""), "X"),
    "name LIKE '%x'": np.zeros(len(MASTER), bool),
    "likelihood_class = 'TRUE'": (MASTER["likelihood_class"] == "TRUE").filled(False),
    "likelihood_class <> 'TRUE'": (MASTER["likelihood_class"] != "TRUE").filled(False),
    "var_intra_index_b IN (6, 7, 8)": np.isin(MASTER["var_intra_index_b"].filled(-1), (6, 7, 8)),
    "var_intra_index_b NOT IN (6, 7, 8)": ~np.isin(
        MASTER["var_intra_index_b"].filled(6), (6, 7, 8)
    ),
    "flux_aper_hilim_b - flux_aper_lolim_b > 2 * flux_aper_b": (
        MASTER["flux_aper_hilim_b"] - MASTER["flux_aper_lolim_b"] > 2 * MASTER["flux_aper_b"]
    ).filled(False),
    "m.name IN (SELECT a.name FROM csc21.master_stack_assoc a WHERE a.match_type = 'a')": np.isin(
        MASTER["name"],
        TABLES["master_stack_assoc"]["name"][TABLES["master_stack_assoc"]["match_type"] == "a"],
    ),
    "EXISTS (SELECT 1 FROM csc21.master_stack_assoc a WHERE a.name = m.name)": np.isin(
        MASTER["name"], TABLES["master_stack_assoc"]["name"]
    ),
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_pick_the_rows_that_numpy_picks(sky, condition):
    """A condition keeps the rows for which it holds; one that is null does not hold."""
    expected = MASTER["name"][np.asarray(CONDITIONS[condition])].tolist()

    names = values(sky, f"SELECT m.name FROM csc21.master_source m WHERE {condition}")[0]

    assert sorted(names) == sorted(expected)


def test_rows_of_one_table_come_in_its_order(sky):
    """Without joins, subqueries and ORDER BY, rows keep the order of the table."""
    bright = MASTER["name"][MASTER["significance"] > 10].tolist()

    names = values(sky, "SELECT name FROM csc21.master_source WHERE significance > 10")[0]

    assert names == bright


def test_star_gives_the_whole_table_bit_by_bit(sky):
    """``SELECT *`` returns every cell, mask, dtype, unit, description and UCD unchanged."""
    table = sky.run(Query("SELECT * FROM csc21.master_source")).table

    assert table.colnames == MASTER.colnames
    assert [c.dtype.kind for c in table.itercols()] == [c.dtype.kind for c in MASTER.itercols()]
    assert all(np.array_equal(table[n].mask, MASTER[n].mask) for n in MASTER.colnames)
    assert all((table[n] == MASTER[n]).all() for n in MASTER.colnames)
    assert [c.unit for c in table.itercols()] == [c.unit for c in MASTER.itercols()]
    assert [c.description for c in table.itercols()] == [c.description for c in MASTER.itercols()]
    assert [c.meta for c in table.itercols()] == [c.meta for c in MASTER.itercols()]


def test_the_five_table_join_matches_a_brute_force_count(sky):
    """The join that every tool uses gives exactly the rows that the keys allow."""
    columns = "SELECT m.name, a.detect_stack_id, o.obsid, o.obi, o.region_id, a.match_type"

    rows = zip(*values(sky, f"{columns}, o.flux_aper_b{JOIN}"), strict=True)

    assert sorted((*row[:6], repr(row[6])) for row in rows) == brute_force_join()


def test_match_type_u_leaves_one_master_for_each_detection(sky):
    """With ``match_type = 'u'`` a row of an observation belongs to one master only."""
    keys = f"SELECT o.obsid, o.obi, o.region_id{JOIN} AND a.match_type = 'u'"

    rows = list(zip(*values(sky, keys), strict=True))

    assert len(rows) == len(set(rows)) > 5000


def test_nulls_sort_first_and_descending_last(small):
    """ORDER BY treats a null as smaller than every value, as T-SQL does."""
    up = values(small, "SELECT name FROM csc21.t ORDER BY name")
    down = values(small, "SELECT name FROM csc21.t ORDER BY n DESC")

    assert up == [[None, "C", "a", "b"]]
    assert down == [["b", "C", "a", None]]


def test_order_by_takes_what_the_select_list_names(small):
    """ORDER BY finds an alias before a column, and a column of the list in several tables."""
    alias = values(small, "SELECT -n AS dec FROM csc21.t WHERE n <> 0 ORDER BY dec")
    listed = values(
        small, "SELECT a.name FROM csc21.t a, csc21.t b WHERE a.n = b.n ORDER BY name DESC"
    )

    assert alias == [[-7, -2, 7]]
    assert listed == [["b", "a", "C"]]


def test_top_and_distinct_limit_rows(small):
    """TOP keeps the first rows of the order; DISTINCT keeps each value once."""
    top = values(small, "SELECT TOP 2 name FROM csc21.t ORDER BY ra DESC")
    distinct = values(small, "SELECT DISTINCT flag FROM csc21.t ORDER BY flag")

    assert top == [["a", "b"]]
    assert distinct == [[None, False, True]]


def test_groups_are_counted_and_chosen(sky):
    """GROUP BY with HAVING agrees with numpy's count of match types."""
    kinds, counts = np.unique(TABLES["master_stack_assoc"]["match_type"], return_counts=True)
    grouped = "SELECT match_type, COUNT(*) AS n FROM csc21.master_stack_assoc GROUP BY match_type"

    found = values(sky, f"{grouped} HAVING COUNT(*) > 1 ORDER BY match_type")

    assert found == [kinds.tolist(), counts.tolist()]


def test_aggregates_skip_nulls(small):
    """COUNT, MIN, MAX, AVG and SUM look at values only; COUNT(*) at rows."""
    asked = "COUNT(*), COUNT(ra), COUNT(DISTINCT flag), MIN(n), MAX(name), AVG(n), SUM(ra)"

    found = values(small, f"SELECT {asked} FROM csc21.t")

    assert found == [[4], [2], [2], [-7], ["b"], [2 / 3], [3.5]]


def test_a_count_over_a_subquery_works_as_csccli_writes_it(sky):
    """``SELECT count(1) FROM (SELECT DISTINCT …) alias`` counts the distinct rows."""
    inner = "SELECT DISTINCT name FROM csc21.master_stack_assoc"

    found = values(sky, f"SELECT count(1) AS n FROM ({inner}) x")

    assert found == [[len(set(TABLES["master_stack_assoc"]["name"]))]]


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "ABS(x)": np.abs,
    "CEILING(x)": np.ceil,
    "FLOOR(x)": np.floor,
    "ROUND(x, 1)": lambda x: np.round(x, 1),
    "TRUNCATE(x, 0)": np.trunc,
    "SQRT(x)": np.sqrt,
    "EXP(x)": np.exp,
    "LOG(x)": np.log,
    "LOG10(x)": np.log10,
    "POWER(x, 2)": np.square,
    "DEGREES(x)": np.degrees,
    "RADIANS(x)": np.radians,
    "SIN(x)": np.sin,
    "COS(x)": np.cos,
    "TAN(x)": np.tan,
    "COT(x)": lambda x: 1 / np.tan(x),
    "ASIN(x / 10)": lambda x: np.arcsin(x / 10),
    "ACOS(x / 10)": lambda x: np.arccos(x / 10),
    "ATAN(x)": np.arctan,
    "ATAN2(x, 2)": lambda x: np.arctan2(x, 2),
    "MOD(x, 2)": lambda x: np.mod(x, 2),
    "x * PI()": lambda x: x * np.pi,
    "-x + 2.5e0 - x / 4": lambda x: -x + 2.5 - x / 4,
}


@pytest.mark.parametrize("expression", FUNCTIONS)
def test_functions_agree_with_numpy(expression):
    """Each of ADQL's functions gives what numpy gives."""
    x = np.array([0.26, 1.3, 2.74, 9.51])

    with LocalBackend({"csc21.t": Table({"x": x})}, release=RELEASE) as backend:
        found = backend.run(Query(f"SELECT {expression} AS y FROM csc21.t")).table["y"]

    np.testing.assert_allclose(found, FUNCTIONS[expression](x), rtol=1e-14)


def test_integers_divide_to_integers(small):
    """An int over an int is cut towards zero; a number with a point makes it a double."""
    found = values(small, "SELECT n / 2, n / 2.0, MOD(n, 2) FROM csc21.t")

    assert found == [[3, -3, 1, None], [3.5, -3.5, 1.0, None], [1, -1, 0, None]]


def test_division_by_zero_is_null(small):
    """What is divided by zero is null, for ints and doubles, so no infinity gets into a table."""
    found = values(small, "SELECT n / 0, ra / 0, n / (n - 2), MOD(n, 0) FROM csc21.t")

    nothing = [None] * 4
    assert found == [nothing, nothing, [1, 0, None, None], nothing]


@pytest.mark.parametrize("expression", ["LOG10(dec + 1)", "SQRT(dec)", "LOG(dec)", "ACOS(n)"])
def test_a_function_out_of_its_domain_is_an_error(small, expression):
    """The logarithm of zero or the root of a negative number refuses the query, as in T-SQL."""
    with pytest.raises(InvalidQueryError, match=r"logarithm|root|undefined"):
        small.run(Query(f"SELECT {expression} FROM csc21.t"))


def test_plus_joins_strings(small):
    """``+`` and ``||`` join strings; a null makes the whole null."""
    found = values(small, "SELECT 'x' + name + 'y', name || '!' FROM csc21.t")

    assert found == [["xby", "xay", "xCy", None], ["b!", "a!", "C!", None]]


def test_numbers_in_a_query_are_the_nearest_doubles(sky):
    """A position that is written with all its digits finds its own row again."""
    listed = ", ".join(repr(ra) for ra in MASTER["ra"].tolist())

    found = values(sky, f"SELECT name FROM csc21.master_source WHERE ra IN ({listed})")

    assert found == [MASTER["name"].tolist()]


def test_strings_are_taken_as_they_stand():
    """Quotes are doubled; a backslash, a semicolon and comment signs mean themselves."""
    odd = ["it's", "a\\n", "x'; --", "/*", "100%", "ß"]

    with LocalBackend({"csc21.t": Table({"s": odd})}, release=RELEASE) as backend:
        listed = ", ".join("'" + text.replace("'", "''") + "'" for text in odd)
        found = backend.run(Query(f"SELECT s, 'it''s\\' AS t FROM csc21.t WHERE s IN ({listed})"))

    assert found.table["s"].tolist() == odd
    assert set(found.table["t"]) == {"it's\\"}


@pytest.mark.parametrize("condition", ["flag = 1", "flag = 'T'", "flag = TRUE"])
def test_booleans_compare_with_one_and_with_what_is_unknown_of_the_archive(small, condition):
    """``= 1`` works as at the archive; ``'T'`` and TRUE, unknown there, are taken as well."""
    found = values(small, f"SELECT name FROM csc21.t WHERE {condition}")

    assert found == [["b", "C"]]


def test_names_are_found_whatever_their_case_and_quotes(small):
    """Tables and columns match in any case, quoted or with the table before them."""
    found = small.run(Query('SELECT CSC21.T.NAME, [ra], "Dec" FROM CSC21.[T]')).table

    assert found.colnames == ["name", "ra", "dec"]


def test_plain_columns_keep_their_words_and_computed_ones_have_none(small):
    """Unit, description and UCD follow a column through alias and subquery, not into arithmetic."""
    asked = "SELECT q.x, q.x * 2 AS y FROM (SELECT ra AS x FROM csc21.t) q"

    found = small.run(Query(asked)).table

    assert (found["x"].unit, found["x"].description) == (u.deg, "where")
    assert found["x"].meta == {"ucd": "pos.eq.ra"}
    assert (found["y"].unit, found["y"].description, found["y"].meta) == (None, None, {})


def test_a_column_asked_for_twice_comes_with_a_suffix(small):
    """The second column of a name gets a 2, the third a 3, and never a name that is taken."""
    found = small.run(Query("SELECT a.n, b.n, a.n, 1 AS n2 FROM csc21.t a, csc21.t b")).table

    assert found.colnames == ["n", "n3", "n4", "n2"]


def test_computed_columns_without_a_name_are_called_after_function_or_place(small):
    """COUNT(*) is ``count``; arithmetic in the second place is ``col2``."""
    found = small.run(Query("SELECT COUNT(*), 1 + 1, MAX(n), MAX(ra) FROM csc21.t")).table

    assert found.colnames == ["count", "col2", "max", "max2"]


def test_datatypes_are_those_of_the_archive(small):
    """Answers hold bool, int32, float64 and fixed-width strings, int64 only where it must be."""
    asked = "SELECT name, ra, n, flag, COUNT(*) c, SUM(n) s, 1.5 d, 10000000000 big FROM csc21.t"

    found = small.run(Query(f"{asked} GROUP BY name, ra, n, flag")).table

    kinds = [found[name].dtype.str[1:] for name in found.colnames]
    assert kinds == ["U1", "f8", "i4", "b1", "i4", "i4", "f8", "i8"]


def test_sums_beyond_64_bits_become_doubles():
    """A sum that no integer type holds is given as a double, not cut."""
    big = Table({"n": np.full(4, 2**62)})

    with LocalBackend({"csc21.t": big}, release=RELEASE) as backend:
        found = backend.run(Query("SELECT SUM(n) AS s FROM csc21.t")).table["s"]

    assert found.tolist() == [float(2**64)]


def test_no_rows_keep_columns_units_and_dtypes(small):
    """A query that finds nothing gives an empty table with all its columns."""
    found = small.run(Query("SELECT name, ra, n FROM csc21.t WHERE dec > 100")).table

    assert len(found) == 0
    assert [found[name].dtype.kind for name in found.colnames] == ["U", "f", "i"]
    assert found["ra"].unit == u.deg


def test_star_of_one_table_leaves_the_others_out(small):
    """``t.*`` gives one table's columns, beside others; a query needs no table at all."""
    found = small.run(Query("SELECT 'x' AS x, b.* FROM csc21.t a, TAP_SCHEMA.columns b")).table

    assert found.colnames == ["x", "name", "n"]
    assert values(small, "SELECT 1 AS one, 2.5 AS more") == [[1], [2.5]]


@pytest.mark.parametrize(
    ("maxrec", "rows", "overflow"),
    [(None, 4, False), (5, 4, False), (4, 4, False), (3, 3, True), (0, 0, True)],
)
def test_maxrec_cuts_and_says_so(small, maxrec, rows, overflow):
    """Exactly full and cut differ; maxrec=0 gives the columns alone and counts as cut."""
    answer = small.run(Query("SELECT name, ra FROM csc21.t", maxrec=maxrec))

    assert (len(answer.table), answer.overflow) == (rows, overflow)
    assert answer.table.colnames == ["name", "ra"]


@pytest.mark.parametrize(
    ("top", "maxrec", "overflow"), [(2, 2, False), (3, 2, True), (0, 1, False)]
)
def test_top_below_maxrec_is_no_overflow(small, top, maxrec, overflow):
    """Rows that TOP leaves out are not missing; those that maxrec cuts are."""
    answer = small.run(Query(f"SELECT TOP {top} name FROM csc21.t", maxrec=maxrec))

    assert (len(answer.table), answer.overflow) == (min(top, maxrec), overflow)


def test_a_negative_maxrec_is_refused(small):
    """Maxrec counts rows."""
    with pytest.raises(InvalidQueryError, match="maxrec is 0 or more, not -1"):
        small.run(Query("SELECT name FROM csc21.t", maxrec=-1))


def test_uploads_join_with_the_catalogue(small):
    """A table sent along is TAP_UPLOAD.name for this query, bytes and other byte orders too."""
    mine = Table({"k": [7, 2], "label": [b"seven", b"two"], "x": np.array([0.5, np.nan], ">f4")})
    asked = "SELECT u.label, u.x, t.name FROM TAP_UPLOAD.mine u, csc21.t t WHERE u.k = t.n"

    found = small.run(Query(f"{asked} ORDER BY u.k", uploads={"mine": mine})).table

    assert [found[n].tolist() for n in found.colnames] == [
        ["two", "seven"],
        [None, 0.5],
        ["C", "b"],
    ]


def test_uploads_are_gone_with_their_query(small):
    """The next query does not see a table that came with the last one."""
    mine = Table({"k": [7]})
    small.run(Query("SELECT mine.k FROM TAP_UPLOAD.mine", uploads={"mine": mine}))

    with pytest.raises(InvalidQueryError, match=r"Table \[ TAP_UPLOAD.mine \] is not found"):
        small.run(Query("SELECT k FROM TAP_UPLOAD.mine"))


def test_a_qtable_is_taken_with_units_and_masks(small):
    """Quantities go in as numbers, masked ones as nulls, and come back with their unit."""
    mine = QTable({"k": [7, 2], "x": Masked([1.0, 2.0], mask=[False, True]) * u.deg})

    found = small.run(Query("SELECT x FROM TAP_UPLOAD.mine", uploads={"mine": mine})).table

    assert (found["x"].tolist(), found["x"].unit) == ([1.0, None], u.deg)


def test_an_upload_that_is_no_table_is_a_type_error(small):
    """Uploads are astropy Tables."""
    with pytest.raises(InputTypeError, match=r"TAP_UPLOAD.mine is an astropy Table, not dict"):
        small.run(Query("SELECT k FROM TAP_UPLOAD.mine", uploads={"mine": {"k": [1]}}))


def test_a_failure_of_the_engine_is_no_fault_of_the_query():
    """When the engine itself breaks the error is a RemoteServiceError with its words."""
    backend = LocalBackend({"csc21.t": small_table()}, release=RELEASE)
    backend._engine.open().close()

    with pytest.raises(RemoteServiceError, match="The local engine failed: Connection"):
        backend.run(Query("SELECT n FROM csc21.t"))


def test_the_engine_is_locked_even_behind_the_check(small):
    """Files and settings stay out of reach of whoever holds a cursor."""
    import duckdb

    with small._engine.cursor() as cursor:
        with pytest.raises(duckdb.Error, match="disabled by configuration"):
            cursor.sql("SELECT * FROM read_csv('/etc/hosts')")
        with pytest.raises(duckdb.Error, match="locked"):
            cursor.execute("SET enable_external_access = true")


def test_join_on_is_taken_or_refused_as_told(small):
    """JOIN … ON works; with allow_join=False it is refused, while comma joins still work."""
    adql = "SELECT a.n FROM csc21.t a LEFT JOIN csc21.t b ON a.n = b.n AND b.n > 5"
    strict = LocalBackend({"csc21.t": small_table()}, release=RELEASE, allow_join=False)

    with strict, pytest.raises(InvalidQueryError, match="JOIN is not supported here"):
        strict.run(Query(adql))

    assert values(small, f"{adql} WHERE b.n IS NULL ORDER BY n") == [[None, -7, 2]]


def test_cone_distance_is_known_only_where_it_is_told(small, sky):
    """``dbo.cone_distance`` measures arcminutes, and is not found where nobody named it."""
    asked = "SELECT dbo.cone_distance(ra, dec, 1.5, -1.0) AS d FROM"
    expected = SkyCoord(1.5 * u.deg, -1 * u.deg).separation(SkyCoord(2 * u.deg, 0 * u.deg))

    found = values(small, f"{asked} csc21.t")[0]
    with pytest.raises(InvalidQueryError, match=r"Function \[dbo.cone_distance\] is not found"):
        sky.run(Query(f"{asked} csc21.master_source"))

    assert found == [0, pytest.approx(expected.arcmin, rel=1e-13), None, None]


def test_an_unknown_user_function_cannot_be_declared():
    """Only functions that the engine has can be switched on."""
    with pytest.raises(InvalidQueryError, match=r"'dbo.magic' is not one of"):
        LocalBackend({}, release=RELEASE, functions=frozenset({"dbo.magic"}))


def test_sixteen_threads_ask_at_once(sky):
    """Every thread gets its own whole answer."""
    asked = [f"SELECT name FROM csc21.master_source WHERE acis_num > {n % 5}" for n in range(64)]
    alone = [values(sky, adql) for adql in asked]

    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda adql: values(sky, adql), asked))

    assert together == alone


def test_payloads_describe_what_would_be_asked(sky):
    """Payloads are dictionaries with url, method and parameters, and nothing is run."""
    query = sky.plan(Query("SELECT nonsense", maxrec=3)).shown
    cone = sky.plan(Cone(1.0, 2.0, 0.5, 3)).shown

    assert query == {"url": "here", "method": "mirror", "QUERY": "SELECT nonsense", "MAXREC": 3}
    assert cone == {
        "url": "here", "method": "mirror", "RA": 1.0, "DEC": 2.0, "SR": 0.5, "VERB": 3,
    }  # fmt: skip


def test_answers_say_where_they_are_from(sky):
    """Answers carry url and route."""
    answer = sky.run(Query("SELECT TOP 1 name FROM csc21.master_source"))

    assert (answer.url, answer.route, sky.url, sky.has_cone) == ("here", "mirror", "here", True)


def test_columns_are_listed_with_types_and_words(small):
    """``columns`` has one row per column of every table, in order."""
    found = small.columns()

    assert found.colnames == [
        "table_name", "column_name", "datatype", "unit", "ucd", "description",
    ]  # fmt: skip
    words = ["char", "double", "double", "int", "boolean", "char", "int"]
    assert found["datatype"].tolist() == words
    assert list(found[1]) == ["csc21.t", "ra", "double", "deg", "pos.eq.ra", "where"]
    assert len(LocalBackend({}, release=RELEASE).columns()) == 0


def test_there_is_no_row_limit(small):
    """A local catalogue sets no limit, which -1 says."""
    assert small.limits() == Limits(-1, -1)


def test_a_closed_backend_says_so():
    """After ``close``, which may come twice, a query tells what to do."""
    backend = LocalBackend({"csc21.t": small_table()}, release=RELEASE, url="gone")
    backend.close()
    backend.close()

    with pytest.raises(RemoteServiceError, match=r"at gone, 1 tables> is closed. Make a new Local"):
        backend.run(Query("SELECT n FROM csc21.t"))


@pytest.mark.parametrize("package", ["duckdb", "pyarrow"])
def test_missing_packages_are_named_with_the_pip_line(monkeypatch, package):
    """Without duckdb or pyarrow the error is an ImportError with the line to type."""
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(
        MissingPackageError, match=r'python -m pip install "astroquery_csc\[local\]"'
    ):
        LocalBackend({}, release=RELEASE)


@pytest.mark.parametrize(
    ("name", "table", "error", "words"),
    [
        ("master_source", Table({"a": [1]}), InvalidQueryError, "has no schema"),
        ("csc21.t", {"a": [1]}, InputTypeError, "csc21.t is an astropy Table, not dict"),
        ("csc21.t", Table({"a": [[1, 2]]}), InputTypeError, r"'a' of csc21.t is int64\[2\]"),
        ("csc21.t", Table({"a": [1j]}), InputTypeError, "complex128"),
        ("csc21.t", Table({"a": SkyCoord([1], [2], unit="deg")}), InputTypeError, "is SkyCoord"),
        ("csc21.t", Table({"a": np.array([1, "x"], object)}), InputTypeError, "Column 'a'"),
    ],
)
def test_tables_that_cannot_be_held_are_refused(name, table, error, words):
    """A name without schema, a thing that is not a table, and odd columns are refused by name."""
    with pytest.raises(error, match=words):
        LocalBackend({name: table}, release=RELEASE)


def test_another_release_has_its_own_schema():
    """The schema is the release's: a name that 2.1 does not know works where it is served."""
    mine = replace(RELEASE, name="mine", schema="mysky")

    with LocalBackend({"mysky.master_source": small_table()}, release=mine) as backend:
        found = backend.cone(Cone(1.5, -1.0, 0.1, 1)).table

    assert found["name"].tolist() == ["b"]
