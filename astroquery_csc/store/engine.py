# Licensed under a 3-clause BSD style license - see LICENSE
"""
One checked SELECT at a time, answered by DuckDB over the tables that it was given.

External access is off, and the configuration locked, before the first query. What a query may hold
is decided in `astroquery_csc.adql.translate`.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from astropy.table import Column, Table

from astroquery_csc.adql import mentions
from astroquery_csc.adql import read as adql
from astroquery_csc.adql.translate import Output, Source, translate
from astroquery_csc.backend import Query
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.columns import Columns, unique_names
from astroquery_csc.exceptions import (
    InputTypeError,
    InvalidQueryError,
    RemoteServiceError,
    ServiceTimeoutError,
)
from astroquery_csc.forks import ForkedLock, renew_in_child
from astroquery_csc.store.arrow import from_arrow, need, to_arrow
from astroquery_csc.store.waiting import waited_for

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["Engine", "check_table", "outputs_of", "place_of", "quoted"]

_UPLOAD = "TAP_UPLOAD"
_INSTEAD = "rows_at_hand"

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "integer_division": "true",
    # The root of a negative number is an error, not a NaN that is greater than every number.
    "ieee_floating_point_ops": "false",
    # Without a folder for it, nothing is ever spilled to disk.
    "temp_directory": "",
}

#: Haversine, in arcmin; accurate for small separations, null where a position is null.
_CONE_DISTANCE = """
CREATE SCHEMA dbo;
CREATE MACRO dbo.haversine(ra, "dec", ra0, dec0) AS
    pow(sin(radians("dec" - dec0) / 2e0), 2)
    + cos(radians("dec")) * cos(radians(dec0)) * pow(sin(radians(ra - ra0) / 2e0), 2);
CREATE MACRO dbo.cone_distance(ra, "dec", ra0, dec0) AS 120 * degrees(atan2(
    sqrt(dbo.haversine(ra, "dec", ra0, dec0)),
    sqrt(abs(1e0 - dbo.haversine(ra, "dec", ra0, dec0)))));
CREATE MACRO dbo.separation(ra, "dec", ra0, dec0) AS dbo.cone_distance(ra, "dec", ra0, dec0);
CREATE MACRO dbo.turn(ra, ra0) AS ra0 - ra - 360 * round((ra0 - ra) / 360e0);
CREATE MACRO dbo.crossing(ra, "dec", ra1, dec1, ra2, dec2) AS CASE
    WHEN (dbo.turn(ra, ra1) < 0) = (dbo.turn(ra, ra2) < 0)
        OR abs(dbo.turn(ra, ra2) - dbo.turn(ra, ra1)) >= 180 THEN 0
    WHEN degrees(atan((tan(radians(dec1)) * sin(radians(dbo.turn(ra, ra2)))
        - tan(radians(dec2)) * sin(radians(dbo.turn(ra, ra1))))
        / sin(radians(dbo.turn(ra, ra2) - dbo.turn(ra, ra1))))) > "dec" THEN 1
    WHEN "dec" IS NOT NULL THEN 0 END;
"""

_KINDS = "biufUSO"


class Engine:
    """Runs queries; many threads may ask at once."""

    def __init__(
        self,
        name: str,
        *,
        release: Release,
        url: str,
        sources: Mapping[str, Source],
        fill: "Callable[[duckdb.DuckDBPyConnection], None]",
        allow_join: bool = True,
        functions: frozenset[str] = frozenset(),
        is_wide: bool = False,
        place: str = "TapSchema",
    ) -> None:
        self._is_wide = is_wide
        self._place = place
        self._name = name
        self._release = release
        self._url = url
        self._sources = sources
        self._fill = fill
        self._allow_join = allow_join
        self._functions = functions
        self._lock = ForkedLock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._parents: list[duckdb.DuckDBPyConnection] = []
        self._closed = False
        renew_in_child(self, Engine._leave_connection)

    def open(self) -> "duckdb.DuckDBPyConnection":
        """Start the engine, unless it runs; the first query does so too."""
        with self._lock:
            if self._closed:
                raise RemoteServiceError(
                    f"{self._name} is closed. Make a new LocalBackend.", url=self._url
                )
            if self._connection is None:
                self._connection = self._start()
            return self._connection

    def _leave_connection(self) -> None:
        """In a forked process, which has none of the engine's threads, start another one."""
        if self._connection is not None:
            # Kept: even to close it would take forever.
            self._parents.append(self._connection)
            self._connection = None

    def _start(self) -> "duckdb.DuckDBPyConnection":
        """Load the tables into an engine of our own, then shut every door to the outside."""
        engine = need("duckdb")
        need("pyarrow")
        connection: duckdb.DuckDBPyConnection = engine.connect(":memory:", config=_CONFIG)
        self._fill(connection)
        if self._functions or self._is_wide:
            connection.execute(_CONE_DISTANCE)
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection

    def close(self) -> None:
        """Free the engine; closing twice does nothing."""
        with self._lock:
            connection, self._connection = self._connection, None
            self._closed = True
        if connection is not None:
            connection.close()

    def run(
        self,
        query: Query,
        instead: "Mapping[str, pa.Table] | None" = None,
        max_wait: float = math.inf,
    ) -> tuple[Columns, bool]:
        """Answer a query within so many seconds."""
        maxrec = query.maxrec
        if maxrec is not None and maxrec < 0:
            raise InvalidQueryError(f"maxrec is 0 or more, not {maxrec}.", adql=query.adql)
        uploads = {
            f"{_UPLOAD}.{name}": check_table(f"{_UPLOAD}.{name}", table)
            for name, table in (query.uploads or {}).items()
        }
        wanted = None if not maxrec else maxrec + 1
        with self._told(query.adql), ExitStack() as stack:
            cursor = stack.enter_context(self.cursor())
            tree = adql.parse(query.adql)
            sql, outputs = translate(
                tree,
                self._named(tree) | self._receive(cursor, uploads) | self._take(cursor, instead),
                allow_join=self._allow_join,
                functions=self._functions,
                max_rows=0 if maxrec == 0 else wanted,
                is_wide=self._is_wide,
            )
            arrow = self._fetched(cursor, sql, max_wait, stack.pop_all())
            found = from_arrow(
                arrow,
                [output.origin for output in outputs],
                unique_names(output.name for output in outputs),
            )
        overflow = maxrec is not None and (maxrec == 0 or len(found) > maxrec)
        return (found[:maxrec] if overflow else found), overflow

    def _fetched(
        self, cursor: "duckdb.DuckDBPyConnection", sql: str, max_wait: float, after: ExitStack
    ) -> "pa.Table":
        """Run a query that was translated, and do what comes after it where it ran."""

        def fetch() -> "pa.Table":
            """Run it."""
            with after:
                return cursor.sql(sql).to_arrow_table()

        def interrupt() -> None:
            """Stop it; one that has just ended has closed its cursor."""
            with suppress(need("duckdb").Error):
                cursor.interrupt()

        try:
            return waited_for(fetch, interrupt, max_wait)
        except TimeoutError as error:
            raise ServiceTimeoutError(
                f"{self._name} has not answered after {max_wait:g} s. Raise "
                "conf.max_wait, or ask for less."
            ) from error

    def _named(self, tree: Any) -> dict[str, Source]:
        """Look up the tables that a query names; the others are not looked at."""
        names = set(mentions.table_names(tree))
        return {name: self._sources[name] for name in names if name in self._sources}

    def _receive(
        self, cursor: "duckdb.DuckDBPyConnection", uploads: Mapping[str, Table]
    ) -> dict[str, Source]:
        """Show a query's own tables to its cursor, and to nobody else."""
        sources = {}
        for name, table in uploads.items():
            cursor.register(name, to_arrow(name, table))
            sources[name.lower()] = Source((name,), outputs_of(table.itercols()))
        return sources

    def _take(
        self, cursor: "duckdb.DuckDBPyConnection", instead: "Mapping[str, pa.Table] | None"
    ) -> dict[str, Source]:
        """Show some rows of tables to a cursor, in place of the whole tables."""
        sources = {}
        for number, (name, rows) in enumerate((instead or {}).items()):
            place = f"{_INSTEAD}_{number}"
            cursor.register(place, rows)
            kept = set(rows.column_names)
            outputs = [one for one in self._sources[name].outputs if one.name in kept]
            order = {column: at for at, column in enumerate(rows.column_names)}
            outputs.sort(key=lambda one: order[one.name])
            sources[name] = Source((place,), tuple(outputs))
        return sources

    @contextmanager
    def _told(self, text: str) -> Iterator[None]:
        """Turn the engine's errors into ours; say which query and release they are about."""
        duckdb = need("duckdb")
        about: dict[str, Any] = {"url": self._url, "adql": text, "release": self._release.name}
        try:
            yield
        except ServiceTimeoutError as error:
            raise ServiceTimeoutError(str(error), **about) from error.__cause__
        except InvalidQueryError as error:
            words = str(error).replace("TapSchema", self._place)
            raise InvalidQueryError(words, **about) from error
        except RecursionError as error:
            raise InvalidQueryError("The query is nested too deeply.", **about) from error
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            refusals = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError)
            if isinstance(error, refusals) and not isinstance(error, duckdb.ConnectionException):
                raise InvalidQueryError(reason, **about) from error
            raise RemoteServiceError(f"The local engine failed: {reason}", **about) from error

    @contextmanager
    def cursor(self) -> Iterator["duckdb.DuckDBPyConnection"]:
        """Give one call a cursor of its own, so that many threads can ask at once."""
        cursor = self.open().cursor()
        try:
            yield cursor
        finally:
            cursor.close()


def check_table(name: str, table: Table) -> Table:
    """Refuse what is not a table that the engine can hold."""
    if not isinstance(table, Table):
        raise InputTypeError(f"{name} is an astropy Table, not {type(table).__name__}.")
    if len(place_of(name)) != 2:
        raise InvalidQueryError(f"Table {name!r} has no schema. Write 'csc21.master_source'.")
    plain = table if type(table) is Table else Table(table, copy=False)
    for column in plain.itercols():
        if not isinstance(column, Column) or column.ndim != 1 or column.dtype.kind not in _KINDS:
            what = f"{getattr(column, 'dtype', type(column).__name__)}{list(column.shape[1:])}"
            raise InputTypeError(
                f"Column {column.info.name!r} of {name} is {what}, not one of booleans, numbers "
                "or strings."
            )
    return plain


def place_of(name: str) -> tuple[str, ...]:
    """Split a table's name into schema and bare name."""
    return tuple(part for part in name.split(".", 1) if part)


def quoted(name: str) -> str:
    """Write an identifier for the engine."""
    return '"' + name.replace('"', '""') + '"'


def outputs_of(columns: Iterable[Column]) -> tuple[Output, ...]:
    """Say what a table gives to a query."""
    return tuple(Output(column.name, column, column.dtype.kind in "USO") for column in columns)
