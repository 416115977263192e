# Licensed under a 3-clause BSD style license - see LICENSE
"""
The catalogue's ADQL answered from tables in memory, by DuckDB.

Behind a mirror it answers users offline; behind the test service it answers over HTTP. What a
query may hold is decided in `astroquery_csc.localsql`; the engine runs one checked SELECT, with
external access off and its configuration locked.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np
import numpy.typing as npt
from astropy.table import Column, MaskedColumn, Table

from astroquery_csc import adql
from astroquery_csc.backend import Answer, Boxes, Cone, Depth, Query
from astroquery_csc.exceptions import (
    InputTypeError,
    InvalidQueryError,
    MissingPackageError,
    RemoteServiceError,
)
from astroquery_csc.localsql import FUNCTIONS, Output, Source, translate
from astroquery_csc.releases import Release
from astroquery_csc.schema import MASTER, VERBOSITY
from astroquery_csc.sky import separation_deg

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["LocalBackend"]

_UPLOAD = "TAP_UPLOAD"

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
"""

_DATATYPES = {"b": "boolean", "i": "int", "u": "int", "f": "double"}
_KINDS = "biufUSO"

#: Margin of the cut in declination, before separations are measured; degrees.
_MARGIN_DEG = 1e-9


class LocalBackend:
    """
    Tables in memory that answer ADQL and cones as the archive's services do.

    Many threads may ask at once. Nulls are the masked cells and, as the archive's database has no
    NaN, the NaNs. Only one SELECT is taken, over the given tables, with its schema before each
    table; see `astroquery_csc.localsql` for what it may hold.

    Where T-SQL and DuckDB differ, T-SQL is followed: nulls sort first, ``+`` joins strings,
    integers divide to integers; ``LIKE`` minds the case, as ADQL asks. Division by zero gives a
    null, where T-SQL has an error; the logarithm of zero is an error in both. Booleans compare
    with ``1`` and ``0``, and, where the archive is not known to take it, with ``'T'`` and
    ``TRUE``. The average of integers is a double.

    Parameters
    ----------
    tables : mapping
        `~astropy.table.Table` by its name with its schema: ``"csc21.master_source"``.
    release : Release
        The release that they are of.
    url : str, optional
        Where they are: a path, or a URL.
    route : str, optional
        What answers say of their way.
    allow_join : bool, optional
        Whether ``JOIN … ON`` is taken; the archive is said not to.
    functions : frozenset of str, optional
        Functions of the archive's database that are known: ``"dbo.cone_distance"`` (ra, dec, ra0,
        dec0 in degrees; arcmin).

    Raises
    ------
    InputTypeError
        If a table is not a `~astropy.table.Table`, or a column not of booleans, numbers or
        strings.
    InvalidQueryError
        If a table's name has no schema, or a function is not one that can be known.
    MissingPackageError
        If duckdb or pyarrow is not installed.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroquery_csc.backend import Query
    >>> from astroquery_csc.local import LocalBackend
    >>> from astroquery_csc.releases import get_release
    >>> master = Table({"name": ["A", "B"], "ra": [1.0, 2.0], "dec": [3.0, 4.0]})
    >>> with LocalBackend({"csc21.master_source": master}, release=get_release("2.1")) as csc:
    ...     answer = csc.run(Query("SELECT name FROM csc21.master_source WHERE ra > 1.5"))
    >>> answer.table["name"].tolist()
    ['B']
    """

    def __init__(
        self,
        tables: Mapping[str, Table],
        *,
        release: Release,
        url: str = "",
        route: str = "mirror",
        allow_join: bool = True,
        functions: frozenset[str] = frozenset(),
    ) -> None:
        self.release = release
        self.route = route
        self._url = url
        self._allow_join = allow_join
        self._functions = frozenset(name.lower() for name in functions)
        unknown = sorted(self._functions - set(FUNCTIONS))
        if unknown:
            raise InvalidQueryError(f"Function {unknown[0]!r} is not one of {sorted(FUNCTIONS)}.")
        self._tables = {name: _check_table(name, table) for name, table in tables.items()}
        self._sources = {
            name.lower(): Source(_place(name), _outputs(table))
            for name, table in self._tables.items()
        }
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = self._open()

    def _open(self) -> "duckdb.DuckDBPyConnection":
        """Load the tables into an engine of our own, then shut every door to the outside."""
        engine, _ = _packages()
        connection: duckdb.DuckDBPyConnection = engine.connect(":memory:", config=_CONFIG)
        for name, table in self._tables.items():
            schema, bare = (_quoted(part) for part in _place(name))
            connection.register("incoming", _to_arrow(name, table))
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            connection.execute(f"CREATE TABLE {schema}.{bare} AS SELECT * FROM incoming")
            connection.unregister("incoming")
        if "dbo.cone_distance" in self._functions:
            connection.execute(_CONE_DISTANCE)
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection

    def __repr__(self) -> str:
        """Show the release, where it is and how much there is."""
        place = f" at {self._url}" if self._url else ""
        return f"<LocalBackend release {self.release.name}{place}, {len(self._tables)} tables>"

    def __enter__(self) -> Self:
        """Give the backend itself, to be closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close at the end of the block."""
        self.close()

    def close(self) -> None:
        """Free the engine; closing twice does nothing."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @property
    def url(self) -> str:
        """Where the tables are."""
        return self._url

    @property
    def has_cone(self) -> bool:
        """Whether the release has a cone search, beside ADQL."""
        return bool(self.release.cone)

    def run(self, query: Query, *, cache: bool | None = None) -> Answer:  # noqa: ARG002 - as every backend
        """
        Answer an ADQL query.

        A column that is asked for twice comes back twice, the second as ``ra_2``: a Table has
        each name once. Columns that are a table's own keep unit, description and UCD; what is
        computed has none, and without ``AS`` it is called after its function (``count``), or
        ``col3`` as the third column.

        Parameters
        ----------
        query : Query
            What to run. Of more than ``maxrec`` rows the first are given; ``maxrec=0`` gives the
            columns alone.
        cache : bool, optional
            Of no use here.

        Returns
        -------
        Answer
            ``overflow`` is set where ``maxrec`` cut rows off, and for ``maxrec=0``.

        Raises
        ------
        InputTypeError
            If the query is not a string, or an upload is not a `~astropy.table.Table`.
        InvalidQueryError
            If the query is refused, in the archive's words where they are known, or cannot be
            computed.
        RemoteServiceError
            If the backend is closed, or the engine fails.
        """
        maxrec = query.maxrec
        if maxrec is not None and maxrec < 0:
            raise InvalidQueryError(f"maxrec is 0 or more, not {maxrec}.", adql=query.adql)
        uploads = {
            f"{_UPLOAD}.{name}": _check_table(f"{_UPLOAD}.{name}", table)
            for name, table in (query.uploads or {}).items()
        }
        wanted = None if not maxrec else maxrec + 1
        with self._told(query.adql), self._cursor() as cursor:
            sql, outputs = translate(
                adql.parse(query.adql),
                self._sources | _receive(cursor, uploads),
                allow_join=self._allow_join,
                functions=self._functions,
                max_rows=0 if maxrec == 0 else wanted,
            )
            table = _to_table(cursor.sql(sql).to_arrow_table(), outputs)
        overflow = maxrec is not None and (maxrec == 0 or len(table) > maxrec)
        return Answer(table[:maxrec] if overflow else table, self._url, self.route, overflow)

    @contextmanager
    def _told(self, text: str) -> Iterator[None]:
        """Turn the engine's errors into ours; say which query and release they are about."""
        duckdb, _ = _packages()
        about: dict[str, Any] = {"url": self._url, "adql": text, "release": self.release.name}
        try:
            yield
        except InvalidQueryError as error:
            error.url, error.adql, error.release = self._url, text, self.release.name
            raise
        except RecursionError as error:
            raise InvalidQueryError("The query is nested too deeply.", **about) from error
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            refusals = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError)
            if isinstance(error, refusals) and not isinstance(error, duckdb.ConnectionException):
                raise InvalidQueryError(reason, **about) from error
            raise RemoteServiceError(f"The local engine failed: {reason}", **about) from error

    @contextmanager
    def _cursor(self) -> Iterator["duckdb.DuckDBPyConnection"]:
        """Give one call a cursor of its own, so that many threads can ask at once."""
        with self._lock:
            if self._connection is None:
                raise RemoteServiceError(
                    f"{self!r} is closed. Make a new LocalBackend.", url=self._url
                )
            cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def run_payload(self, query: Query) -> dict[str, Any]:
        """
        Describe what `run` would do.

        Parameters
        ----------
        query : Query
            What to run.

        Returns
        -------
        dict
            ``url``, ``method``, ``QUERY`` and, where there is a limit, ``MAXREC``.
        """
        limit = {} if query.maxrec is None else {"MAXREC": query.maxrec}
        return {"url": self._url, "method": self.route, "QUERY": query.adql} | limit

    @property
    def most_positions(self) -> None:
        """How many positions one request may hold: any number."""
        return None

    @property
    def longest_list(self) -> None:
        """How many positions one call may ask about: any number."""
        return None

    def boxes(self, request: Boxes, *, cache: bool | None = None) -> Answer:
        """
        Answer which rows are in some boxes.

        Parameters
        ----------
        request : Boxes
            Where, and which rows.
        cache : bool, optional
            Of no use here.

        Returns
        -------
        Answer
            As `run` gives it.
        """
        return self.run(request.whole(), cache=cache)

    def boxes_payload(self, request: Boxes) -> dict[str, Any]:
        """
        Describe what `boxes` would do.

        Parameters
        ----------
        request : Boxes
            Where, and which rows.

        Returns
        -------
        dict
            As `run_payload` gives it.
        """
        return self.run_payload(request.whole())

    def cone(self, cone: Cone, *, cache: bool | None = None) -> Answer:  # noqa: ARG002 - as every backend
        """
        Answer a cone search over ``master_source``.

        Parameters
        ----------
        cone : Cone
            Centre, radius and verbosity; the rim belongs to the cone.
        cache : bool, optional
            Of no use here.

        Returns
        -------
        Answer
            The rows in the order of the table, with the columns of the verbosity; empty where
            there is no source.

        Raises
        ------
        InvalidQueryError
            If the release has no cone search, the table or one of its columns is not there, or
            the verbosity, the centre or the radius is out of range.
        """
        self._check_cone(cone)
        name = f"{self.release.schema}.{MASTER}".lower()
        table = next((held for key, held in self._tables.items() if key.lower() == name), None)
        if table is None:
            raise InvalidQueryError(f"There is no {name} here.", release=self.release.name)
        columns = VERBOSITY.get(cone.verbosity, tuple(table.colnames))
        missing = sorted({*columns, "ra", "dec"} - set(table.colnames))
        if missing:
            raise InvalidQueryError(
                f"{name} here has no {', '.join(missing)}.", release=self.release.name
            )
        return Answer(table[list(columns)][_inside(table, cone)], self._url, self.route)

    def _check_cone(self, cone: Cone) -> None:
        """Refuse a cone that cannot be."""
        if not self.has_cone:
            raise InvalidQueryError(
                f"Release {self.release.name} has no cone search; ask with ADQL.",
                release=self.release.name,
            )
        if cone.verbosity not in (1, 2, 3):
            raise InvalidQueryError(f"VERB is 1, 2 or 3, not {cone.verbosity!r}.")
        if not (np.isfinite(cone.ra_deg) and abs(cone.dec_deg) <= 90):
            raise InvalidQueryError(f"({cone.ra_deg}, {cone.dec_deg}) is no position in degrees.")
        if not 0 <= cone.radius_deg <= 180:
            raise InvalidQueryError(f"A radius is 0 to 180 degrees, not {cone.radius_deg}.")

    def cone_payload(self, cone: Cone) -> dict[str, Any]:
        """
        Describe what `cone` would do.

        Parameters
        ----------
        cone : Cone
            Centre, radius and verbosity.

        Returns
        -------
        dict
            ``url``, ``method``, ``RA``, ``DEC``, ``SR`` (degrees) and ``VERB``.
        """
        return {
            "url": self._url,
            "method": self.route,
            "RA": cone.ra_deg,
            "DEC": cone.dec_deg,
            "SR": cone.radius_deg,
            "VERB": cone.verbosity,
        }

    def sensitivity(self, depth: Depth, *, cache: bool | None = None) -> NoReturn:  # noqa: ARG002 - as every backend
        """
        Refuse: how deep a place was seen is in no table, so it takes the archive's service.

        Parameters
        ----------
        depth : Depth
            What is asked.
        cache : bool, optional
            Of no use here.

        Raises
        ------
        InvalidQueryError
            Always.
        """
        raise self._no_sensitivity()

    def sensitivity_payload(self, depth: Depth) -> NoReturn:  # noqa: ARG002 - as every backend
        """
        Refuse, as `sensitivity` does.

        Parameters
        ----------
        depth : Depth
            What is asked.

        Raises
        ------
        InvalidQueryError
            Always.
        """
        raise self._no_sensitivity()

    def _no_sensitivity(self) -> InvalidQueryError:
        """Say who can answer."""
        return InvalidQueryError(
            "The limiting sensitivity is in no table of the catalogue: it needs the service. Write "
            "Csc().query_sensitivity(coordinates), without a mirror.",
            url=self._url,
            release=self.release.name,
        )

    def limit(self, kind: str) -> int:  # noqa: ARG002 - as every backend
        """
        Give a row limit.

        Parameters
        ----------
        kind : str
            ``"maxrec"`` or ``"hardlimit"``.

        Returns
        -------
        int
            -1: there is none.
        """
        return -1

    def columns(self, *, cache: bool | None = None) -> Table:  # noqa: ARG002 - as every backend
        """
        List every table and column.

        Parameters
        ----------
        cache : bool, optional
            Of no use here.

        Returns
        -------
        `~astropy.table.Table`
            One row a column, in order: ``table_name``, ``column_name``, ``datatype`` (double, int,
            boolean, char), ``unit``, ``ucd``, ``description``.
        """
        names = ("table_name", "column_name", "datatype", "unit", "ucd", "description")
        rows = [
            (
                name,
                column.name,
                _DATATYPES.get(column.dtype.kind, "char"),
                str(column.unit or ""),
                str(column.meta.get("ucd", "")),
                column.description or "",
            )
            for name, table in self._tables.items()
            for column in table.itercols()
        ]
        return Table(rows=rows or None, names=names, dtype=["U"] * len(names))


def _packages() -> tuple[Any, Any]:
    """Import the engine and the format it takes tables in."""
    try:
        import duckdb
        import pyarrow as pa
    except ImportError as error:
        raise MissingPackageError(
            f"A local catalogue needs the package {error.name!r}. "
            'Run: pip install "astroquery_csc[local]"'
        ) from error
    return duckdb, pa


def _check_table(name: str, table: Table) -> Table:
    """Refuse what is no table that the engine can hold."""
    if not isinstance(table, Table):
        raise InputTypeError(f"{name} is an astropy Table, not {type(table).__name__}.")
    if len(_place(name)) != 2:
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


def _place(name: str) -> tuple[str, ...]:
    """Split a table's name into schema and bare name."""
    return tuple(part for part in name.split(".", 1) if part)


def _quoted(name: str) -> str:
    """Write an identifier for the engine."""
    return '"' + name.replace('"', '""') + '"'


def _outputs(table: Table) -> tuple[Output, ...]:
    """Say what a table gives to a query."""
    return tuple(
        Output(column.name, column, column.dtype.kind in "USO") for column in table.itercols()
    )


def _receive(
    cursor: "duckdb.DuckDBPyConnection", uploads: Mapping[str, Table]
) -> dict[str, Source]:
    """Show a query's own tables to its cursor, and to nobody else."""
    sources = {}
    for name, table in uploads.items():
        cursor.register(name, _to_arrow(name, table))
        sources[name.lower()] = Source((name,), _outputs(table))
    return sources


def _to_arrow(name: str, table: Table) -> "pa.Table":
    """Hand a table over as Arrow, masked cells and NaN as nulls."""
    _, pa = _packages()
    arrays = []
    for column in table.itercols():
        data, mask = np.asarray(np.ma.getdata(column)), np.ma.getmaskarray(column)
        kinds = {"b": pa.bool_(), "f": pa.float64(), "U": pa.string(), "O": pa.string()}
        if data.dtype.kind == "S":
            data = np.char.decode(data, "utf-8")
        kind = kinds.get(data.dtype.kind)
        if kind is None:
            kind = pa.int32() if np.can_cast(data.dtype, np.int32) else pa.int64()
        if data.dtype.kind == "f":
            mask = mask | np.isnan(data)
        native = data.astype(data.dtype.newbyteorder("="), copy=False)
        try:
            arrays.append(pa.array(native, type=kind, mask=mask, from_pandas=True))
        except pa.ArrowException as error:
            raise InputTypeError(f"Column {column.name!r} of {name}: {error}.") from error
    return pa.table(arrays, names=table.colnames)


def _to_table(arrow: "pa.Table", outputs: tuple[Output, ...]) -> Table:
    """Take an answer from Arrow: nulls masked, names unique, units and words of their source."""
    columns = []
    for array, output, name in zip(arrow.columns, outputs, _unique(outputs), strict=True):
        values, mask = _to_numpy(array)
        origin = output.origin
        column = MaskedColumn(values, name=name, mask=mask)
        if origin is not None:
            column.unit, column.description = origin.unit, origin.description
            column.meta.update(origin.meta)
        columns.append(column)
    return Table(columns, copy=False)


def _unique(outputs: tuple[Output, ...]) -> list[str]:
    """Give every column a name of its own, whatever the case of its letters."""
    taken = {output.name.lower() for output in outputs}
    seen: set[str] = set()
    names = []
    for output in outputs:
        name, number = output.name, 2
        if name.lower() in seen:
            while f"{output.name}_{number}".lower() in taken:
                number += 1
            name = f"{output.name}_{number}"
            taken.add(name.lower())
        seen.add(name.lower())
        names.append(name)
    return names


def _to_numpy(
    array: "pa.ChunkedArray",
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.bool_]]:
    """Give values and mask as bool, int32, float64 or strings; int64 where int32 is too small."""
    _, pa = _packages()
    kind = array.type
    mask = np.asarray(array.is_null().to_numpy(), dtype=bool)
    if pa.types.is_string(kind):
        return array.fill_null("").to_numpy().astype(str), mask
    if pa.types.is_boolean(kind):
        return array.fill_null(fill_value=False).to_numpy(), mask
    if pa.types.is_integer(kind):
        return _narrow(array.fill_null(0).to_numpy()), mask
    if pa.types.is_decimal(kind):
        numbers = array.to_pylist()
        if kind.scale == 0 and all(abs(number or 0) < 2**63 for number in numbers):
            return _narrow(np.array([int(number or 0) for number in numbers], np.int64)), mask
        return np.array([float(number or 0) for number in numbers], np.float64), mask
    values = np.array(array.cast(pa.float64()).to_numpy(), dtype=np.float64)
    return values, mask | np.isnan(values)


def _narrow(values: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.integer[Any]]:
    """Give int32 where every value fits."""
    info = np.iinfo(np.int32)
    fits = not values.size or (values.min() >= info.min and values.max() <= info.max)
    return values.astype(np.int32) if fits else values.astype(np.int64)


def _inside(table: Table, cone: Cone) -> npt.NDArray[np.intp]:
    """Find the rows within a cone: a cut in declination, then the great circle."""
    ra, dec = (_filled(table[name]) for name in ("ra", "dec"))
    near = np.flatnonzero(np.abs(dec - cone.dec_deg) <= cone.radius_deg + _MARGIN_DEG)
    distance = separation_deg(ra[near], dec[near], cone.ra_deg, cone.dec_deg)
    return near[distance <= cone.radius_deg]


def _filled(column: Column) -> npt.NDArray[np.float64]:
    """Give a column as plain doubles, NaN for null."""
    values = np.ma.asarray(column, dtype=np.float64)
    return np.asarray(values.filled(np.nan), dtype=np.float64)
