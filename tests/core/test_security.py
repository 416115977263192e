# Licensed under a 3-clause BSD style license - see LICENSE
"""The promises of docs/develop/security.rst that no other test holds, attacked one by one."""

import ast
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from astroquery_csc.backend import Query
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import (
    CscError,
    InputTypeError,
    InvalidQueryError,
    TableParseError,
)
from astroquery_csc.testing.engine import LocalBackend
from tests.faults.bodies import CAPABILITIES, SOURCES, TABLES
from tests.faults.server import fault_server, http
from tests.support.canned import Canned, mount
from tests.support.comparing import NGC1333
from tests.support.examples import examples

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "astroquery_csc"
PAGE = ROOT / "docs" / "develop" / "security.rst"
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
SECRET = "open-sesame"


# ---- the query that goes out --------------------------------------------------------------------

INJECTIONS = (
    "x' OR 'a' = 'a",
    "x'; DROP TABLE master_source; --",
    "x') UNION SELECT name FROM csc21.t (",
    "x\\' OR 1 = 1 --",
    "x\u02bc OR 1 = 1 --",
    "x\u2019; --",
    "x\0' OR 1 = 1",
    "x\n' OR 1 = 1",
    "x'/**/OR/**/1=1",
    "1; SELECT 1",
    "1 OR 1 = 1",
    "ra, (SELECT 1)",
    "m.ra",
    "*, ra",
    "ra]",
    '"ra"',
    "ra --",
)


@pytest.mark.parametrize("text", [text for text in INJECTIONS if text != "m.ra"])
def test_no_column_name_is_more_than_a_name(text):
    """A column is one that the release has, or it is refused and nothing is sent."""
    client = CscClass()
    adapter = mount(client, {})

    with pytest.raises(InvalidQueryError, match="is not in master_source"):
        client.query_criteria(columns=["ra", text])
    with pytest.raises(InvalidQueryError):
        client.query_criteria(column_filters={text: 1})

    assert adapter.seen == []


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_text_of_a_filter_changes_the_query(text):
    """A text is refused, or stands in capitals between quotes, with its own quotes doubled."""
    filters = {"likelihood_class": text}
    written = quoted(text.upper())
    client = CscClass()
    try:
        asked = client.query_criteria(column_filters=filters, get_query_payload=True)
        query = asked["QUERY"]
    except InvalidQueryError:
        query = f"… WHERE (m.likelihood_class = {written})"

    assert query.endswith(f"WHERE (m.likelihood_class = {written})")


def quoted(text: str) -> str:
    """Write a string as SQL does."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


@pytest.mark.parametrize("text", [f"2CXO J032908.3+312020{text[1:]}" for text in INJECTIONS])
def test_no_name_is_more_than_a_name(text):
    """What begins as a 2CXO name is one to its end, or is refused before anything is sent."""
    client = CscClass()
    adapter = mount(client, {})

    with pytest.raises(InvalidQueryError, match=r"is not an? (2CXO|object) name"):
        client.query_object(text)
    with pytest.raises(InvalidQueryError, match=r"is not an? (2CXO|object) name"):
        client.query_objects([text], 2 * u.arcsec)

    assert adapter.seen == []


@pytest.mark.parametrize(
    "text",
    [
        "1 = 1) OR (1 = 1",
        "1 = 1; DROP TABLE x",
        "1 = 1 --",
        "1 = 1 /* x */",
        "1 = 1 UNION SELECT name FROM csc21.t",
        "1 = 1 ORDER BY (SELECT 1)",
        "1 = 1) GROUP BY (ra",
        "ra > (SELECT 1; SELECT 2)",
        "ra > 1 {# x #}",
        "ra > 1\0",
    ],
)
def test_no_criteria_is_more_than_a_condition(text):
    """Criteria are one condition, or are refused before anything is sent."""
    client = CscClass()
    adapter = mount(client, {})

    with pytest.raises(InvalidQueryError):
        client.query_region(NGC1333, 2 * u.arcmin, criteria=text)

    assert adapter.seen == []


@pytest.mark.parametrize("value", [object(), b"x", [object()], {"a": 1}, lambda: 1, 1j])
def test_values_of_other_types_are_not_written_into_a_query(value):
    """What has no literal is a TypeError: its repr never stands in a query."""
    with pytest.raises(InputTypeError):
        CscClass().query_criteria(column_filters={"ra": value})


# ---- ADQL over local tables ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def prey(tmp_path_factory) -> Path:
    """Lay out files that a query must not reach."""
    pa = pytest.importorskip("pyarrow")
    duckdb = pytest.importorskip("duckdb")
    from pyarrow import parquet

    folder = tmp_path_factory.mktemp("prey")
    (folder / "x.csv").write_text(f"secret\n{SECRET}\n")
    (folder / "x.json").write_text(f'[{{"secret": "{SECRET}"}}]')
    parquet.write_table(pa.table({"secret": [SECRET]}), folder / "x.parquet")
    with duckdb.connect(str(folder / "x.db")) as database:
        database.execute(f"CREATE TABLE t AS SELECT '{SECRET}' AS secret")
    return Path(folder)


@pytest.fixture(scope="module")
def local(prey) -> Iterator[LocalBackend]:
    """Serve two rows."""
    table = Table({"name": ["a", "b"], "n": np.array([1, 2], np.int32)})
    with LocalBackend({"csc21.t": table}, release=get_release("2.1")) as backend:
        yield backend


#: Where a table may stand in a query.
SLOTS = (
    "SELECT * FROM {}",
    "SELECT x.* FROM csc21.t, {} x",
    "SELECT name FROM csc21.t WHERE EXISTS (SELECT 1 FROM {})",
    "SELECT name FROM csc21.t WHERE name IN (SELECT secret FROM {})",
    "SELECT (SELECT secret FROM {}) AS x FROM csc21.t",
    "SELECT x.secret FROM (SELECT secret FROM {}) x",
    "SELECT t.name FROM csc21.t t JOIN {} x ON 1 = 1",
)
PREY = (
    "'{}/x.csv'",
    "'{}/x.parquet'",
    '"{}/x.parquet"',
    "[{}/x.json]",
    "`{}/x.csv`",
    "read_csv('{}/x.csv')",
    "read_csv_auto('{}/x.csv')",
    "read_parquet('{}/*.parquet')",
    "parquet_scan('{}/x.parquet')",
    "read_json('{}/x.json')",
    "read_text('{}/x.csv')",
    "read_blob('{}/x.csv')",
    "sniff_csv('{}/x.csv')",
    "glob('{}/*')",
    "query('SELECT * FROM ''{}/x.csv''')",
    "query_table('{}/x.csv')",
    "duckdb_settings()",
    "duckdb_secrets()",
    "pragma_version()",
    "range(1000000000)",
    "generate_series(1, 1000000000)",
    "information_schema.tables",
    "pg_catalog.pg_class",
    "sqlite_master",
    "main.sqlite_master",
    "system.information_schema.tables",
    "OPENROWSET(BULK '{}/x.csv', SINGLE_CLOB) x",
    "(COPY csc21.t TO '{}/out.csv')",
    "(ATTACH '{}/x.db')",
)


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("target", PREY)
def test_a_local_query_reads_nothing_but_the_catalogue(local, prey, target, slot):
    """Wherever a table may stand, no file, function or system table stands there."""
    before = sorted(path.name for path in prey.iterdir())

    with pytest.raises(InvalidQueryError):
        local.run(Query(slot.format(target.format(prey))))

    assert sorted(path.name for path in prey.iterdir()) == before


STATEMENTS = (
    "COPY csc21.t TO '{}/out.csv'",
    "EXPORT DATABASE '{}/out'",
    "ATTACH '{}/x.db' AS x",
    "CREATE TABLE x AS SELECT * FROM read_csv('{}/x.csv')",
    "INSERT INTO csc21.t SELECT secret, 1 FROM '{}/x.csv'",
    "DELETE FROM csc21.t",
    "UPDATE csc21.t SET name = 'x'",
    "DROP TABLE csc21.t",
    "PRAGMA database_list",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "INSTALL httpfs",
    "LOAD '{}/x.so'",
    "CALL pragma_version()",
    "EXPLAIN SELECT * FROM csc21.t",
    "DESCRIBE csc21.t",
    "SUMMARIZE csc21.t",
    "FROM '{}/x.csv'",
    "USE x",
    "CHECKPOINT",
    "EXECUTE IMMEDIATE 'x'",
    "EXEC xp_cmdshell 'ls'",
    "VALUES (1)",
    "WITH x AS (SELECT * FROM '{}/x.csv') SELECT * FROM x",
)


@pytest.mark.parametrize("place", ["{}", "SELECT 1 FROM csc21.t; {}", "{}; SELECT 1 FROM csc21.t"])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_local_query_is_one_select(local, prey, statement, place):
    """Any other statement is refused: alone, behind a SELECT, and before one."""
    before = sorted(path.name for path in prey.iterdir())

    with pytest.raises(InvalidQueryError):
        local.run(Query(place.format(statement.format(prey))))

    assert sorted(path.name for path in prey.iterdir()) == before
    assert local.run(Query("SELECT name FROM csc21.t")).table["name"].tolist() == ["a", "b"]


FUNCTIONS = """
getenv('HOME') current_setting('home_directory') version() current_user() current_database()
read_text('x') lower(read_text('x')) abs(length(read_blob('x'))) nextval('s') error('x') sleep(9)
currval('s') txid_current() write_log('x') system('ls') pg_sleep(9) xp_cmdshell('ls') eval('1')
repeat('x', 1000000000) REPLICATE('x', 1000000000) list_value(1) struct_pack(a := 1) json('{}')
sha256('x') hash('x') random() gen_random_uuid() in_search_path('a','b') add_parquet_key('a','b')
"""


@pytest.mark.parametrize(
    "place",
    [
        "SELECT CALL AS x FROM csc21.t",
        "SELECT name FROM csc21.t WHERE CALL IS NOT NULL",
        "SELECT name FROM csc21.t ORDER BY CALL",
        "SELECT MAX(UPPER(CALL)) AS x FROM csc21.t",
    ],
)
@pytest.mark.parametrize("call", re.findall(r"\w+\((?:[^()]|\([^()]*\)+)*\)", FUNCTIONS))
def test_a_local_query_calls_only_what_is_listed(local, call, place):
    """No function that tells of the machine, waits, or makes something out of nothing."""
    with pytest.raises(InvalidQueryError):
        local.run(Query(place.replace("CALL", call)))


WORDS = """
( ) [ ] ; , . * + - = < > ' " '' SELECT FROM WHERE IN UNION AS x csc21.t name n 1 t @ $1 ? -- /* */
read_csv('{}/x.csv') '{}/x.csv' "{}/x.parquet" COPY ATTACH
"""
PIECES = st.sampled_from([*WORDS.split(), *(f" {word} " for word in WORDS.split())])


@given(st.lists(PIECES, max_size=14).map("".join))
@examples(250)
def test_no_mixture_reaches_a_file(local, prey, text):
    """Whatever is put together: an error of ours, or a table without the secret."""
    adql = f"SELECT {text}".replace("{}", str(prey))
    try:
        table = local.run(Query(adql)).table
    except CscError:
        table = Table()

    assert SECRET not in " ".join(map(str, table.iterrows()))


def test_names_in_local_tables_are_only_names():
    """A column or table whose name is SQL is a name all the same."""
    evil = 'a"; DROP TABLE csc21."t"; --'
    tables = {"csc21.t": Table({evil: [1], "b": [2]}), f"csc21.{evil}": Table({"c": [3]})}

    with LocalBackend(tables, release=get_release("2.1")) as backend:
        found = backend.run(Query("SELECT * FROM csc21.t")).table

    assert found.colnames == [evil, "b"]


# ---- what services send -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("good", "ask"),
    [
        (SOURCES, lambda csc: csc.query_tap("SELECT name FROM master_source", cache=False)),
        (TABLES, lambda csc: csc.list_columns(refresh=True)),
        (CAPABILITIES, lambda csc: csc.maxrec),
    ],
    ids=["table", "tables", "capabilities"],
)
@pytest.mark.parametrize("where", ["dtd", "entity", "parameter"])
def test_no_document_makes_us_fetch_another(good, ask, where):
    """A DTD, an entity and a parameter entity elsewhere: refused, and nobody is asked for them."""
    with fault_server(lambda wire, request: wire.send(http(b"<!ENTITY a 'x'>"))) as server:
        doctype = {
            "dtd": f'<!DOCTYPE x SYSTEM "{server.url}/x.dtd">',
            "entity": f'<!DOCTYPE x [<!ENTITY a SYSTEM "{server.url}/x">]>',
            "parameter": f'<!DOCTYPE x [<!ENTITY % a SYSTEM "{server.url}/x"> %a;]>',
        }[where]
        client = CscClass()
        head, _, rest = good.partition(b"?>")
        mount(client, {"": Canned(head + b"?>" + doctype.encode() + rest)})

        with pytest.raises(CscError, match=r"DTD|not a VOTable"):
            ask(client)

    assert server.requests == []


def test_words_of_a_service_play_no_tricks_with_a_terminal():
    """Escape sequences in an error page do not reach the message."""
    client = CscClass()
    mount(client, {"": Canned(b"\x1b]0;pwned\x07\x1b[2J\x9b31mSorry\r\n", 500)})

    with pytest.raises(CscError, match="Sorry") as caught:
        client.query_tap("SELECT name FROM master_source")

    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a\0b", "x" * 10_000, "\x1b[2J"]
)
def test_names_of_columns_choose_no_path(name, tmp_path):
    """A column of the service may be called anything; nothing is opened or written for it."""
    client = CscClass()
    client.cache_location = tmp_path
    body = SOURCES.replace(b'name="significance"', f'name="{name}"'.encode())
    mount(client, {"": Canned(body)})
    with contextlib.suppress(TableParseError):
        client.query_tap("SELECT name FROM master_source", validate=False)

    assert all(re.fullmatch(r"[0-9a-f]{40}\.csc", path.name) for path in tmp_path.rglob("*"))


def test_addresses_with_passwords_are_refused():
    """A password in an address would end in tables, caches and messages."""
    with pytest.raises(InvalidQueryError, match="password") as caught:
        CscClass(server="https://me:secret@cda.example")

    assert "secret" not in str(caught.value)


# ---- the code itself ----------------------------------------------------------------------------

#: What evaluates text, runs programs, unpickles, or goes to the network past the one seam.
_FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "urlopen", "urlretrieve", "system"}
_FORBIDDEN_MODULES = {
    "pickle", "marshal", "shelve", "dill", "subprocess", "ctypes", "code", "telnetlib", "ftplib",
    "urllib.request", "xml.etree.ElementTree", "xml.dom", "xml.sax", "tarfile", "zipfile", "yaml",
}  # fmt: skip


def names_called(tree: ast.AST) -> set[str]:
    """List the names of everything that is called."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {str(getattr(call, "id", None)) for call in calls} | {
        call.attr
        for call in calls
        if isinstance(call, ast.Attribute) and not isinstance(call.value, ast.Name | ast.Attribute)
    }


def modules_imported(tree: ast.AST) -> set[str]:
    """List every module that is imported, wherever it is."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


#: The test service writes XML and unpacks nothing; it never faces a network.
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if "testing" not in path.parts]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_is_evaluated(path):
    """No file of the package evaluates text, unpickles, runs programs, or unpacks archives."""
    tree = ast.parse(path.read_text(encoding="utf-8"))

    assert names_called(tree) & _FORBIDDEN_CALLS == set()
    assert modules_imported(tree) & _FORBIDDEN_MODULES == set()


def test_every_promise_has_its_test():
    """Each test that the page names is there; without its file, in any of them."""
    page = PAGE.read_text(encoding="utf-8")
    files = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in TESTS}
    named = re.findall(r"``(?:(tests/[\w/]+\.py)::)?(test_\w+)``", page)
    missing = [
        f"{path}::{name}"
        for path, name in named
        if f"def {name}(" not in (files[path] if path else "".join(files.values()))
    ]

    assert missing == []
    assert len(named) >= 20
