# Licensed under a 3-clause BSD style license - see LICENSE
"""
A mirror that answers queries: what `Csc(mirror=path)` asks instead of the archive.

Cones and boxes go by an index of all positions in memory, and only the rows that they hold are read
from the disk; any other ADQL is run by DuckDB on the Parquet files. A mirror that is replaced while
it is in use is noticed at the next query; one query sees one state of it.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from astroquery_csc.adql import mentions
from astroquery_csc.adql import read as adql
from astroquery_csc.adql.translate import Source
from astroquery_csc.backend import Answer, Boxes, Cone, Query
from astroquery_csc.catalogue.releases import RELEASES, Release, get_release
from astroquery_csc.catalogue.schema import MASTER, TAP_TABLES, VERBOSITY, get_tables
from astroquery_csc.exceptions import InvalidQueryError, MirrorError, RemoteServiceError
from astroquery_csc.forks import ForkedLock
from astroquery_csc.sky.geometry import cone_boxes
from astroquery_csc.sky.index import SkyIndex
from astroquery_csc.store.arrow import check_installed, from_arrow
from astroquery_csc.store.engine import Engine, outputs_of, quoted
from astroquery_csc.store.manifest import MANIFEST, Manifest, file_of, read
from astroquery_csc.store.offline import Offline
from astroquery_csc.store.parquet import TableFile

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["MirrorBackend", "release_of"]

#: More columns than these are counted in a message, not named.
#: Tables below the masters: what joins one of them needs the others sooner or later.
_LEVELS = ("master_stack_assoc", "stack_source", "stack_observation_assoc", "observation_source")
_MOST_NAMED = 8
#: Characters that DuckDB would take for a pattern in the name of a file.
_PATTERN = str.maketrans({"*": "[*]", "?": "[?]", "[": "[[]"})


def release_of(folder: Path, found: Manifest) -> Release:
    """Find the release of a mirror."""
    if found.release not in RELEASES:
        raise MirrorError(
            f"The mirror {str(folder)!r} is of release {found.release!r}, which is not known here. "
            f"Known: {', '.join(RELEASES)}. Update astroquery_csc, or add the release with "
            "astroquery_csc.catalogue.releases.register."
        )
    release = get_release(found.release)
    if release.schema != found.schema:
        raise MirrorError(
            f"The mirror {str(folder)!r} has the tables of {found.schema!r}, but release "
            f"{release.name!r} has those of {release.schema!r}."
        )
    return release


class _State:
    """One state of a mirror: its manifest, and its files, opened when they are wanted."""

    def __init__(self, folder: Path) -> None:
        self.mark = _mark(folder)
        self.found: Manifest = read(folder)
        self.release = release_of(folder, self.found)
        self.folder = folder
        self.paths = {name: file_of(folder, self.found, name) for name in self.found.tables}
        self._files: dict[str, TableFile] = {}
        self._index: SkyIndex | None = None
        self._lock = ForkedLock()
        self.retrieved = min(
            datetime.fromisoformat(held.retrieved).replace(tzinfo=UTC)
            for held in self.found.tables.values()
        )
        self.engine = Engine(
            f"The mirror {str(folder)!r}",
            release=self.release,
            url=str(folder),
            sources=_Sources(self),
            fill=self._fill,
            is_wide=True,
            place="this mirror",
        )

    def file(self, table: str) -> TableFile:
        """Open the file of a table, once."""
        with self._lock:
            if table not in self._files:
                file, held = TableFile(self.paths[table]), self.found.tables[table]
                if file.rows != held.rows or tuple(file.columns) != held.columns:
                    raise MirrorError(
                        f"{str(self.paths[table])!r} lacks rows or columns that the "
                        "manifest says. astroquery_csc.mirror.verify shows what is damaged."
                    )
                self._files[table] = file
            return self._files[table]

    @property
    def index(self) -> SkyIndex:
        """Positions of all masters, read once."""
        if self._index is None:
            self._index = self._read_index()
        return self._index

    def _read_index(self) -> SkyIndex:
        """Read the positions of all masters."""
        if MASTER not in self.found.tables:
            raise _missing_tables(self, [MASTER], joined=False)
        file = self.file(MASTER)
        kinds = {name: column.dtype.kind for name, column in file.columns.items()}
        if {kinds.get(name) for name in ("ra", "dec")} != {"f"}:
            raise MirrorError(
                f"The mirror {str(self.folder)!r} is damaged: {self.paths[MASTER].name} has no "
                "numbers for ra and dec. Create it again at another path."
            )
        places = file.read(["ra", "dec"])
        ra_deg, dec_deg = (
            np.ma.filled(np.ma.asarray(places[name]), np.nan) for name in ("ra", "dec")
        )
        return SkyIndex(ra_deg, dec_deg)

    def _fill(self, connection: "duckdb.DuckDBPyConnection") -> None:
        """Show the files to the engine, and nothing else on this computer."""
        connection.execute(f"CREATE SCHEMA {quoted(self.release.schema)}")
        connection.execute("SET parquet_metadata_cache = true")
        for name, path in self.paths.items():
            place = f"{quoted(self.release.schema)}.{quoted(name)}"
            pattern = _text(str(path).translate(_PATTERN))
            connection.execute(f"CREATE VIEW {place} AS SELECT * FROM read_parquet({pattern})")
        # The name as it is, and as it is written so that no part of it is a pattern.
        both = [str(path) for path in self.paths.values()]
        both += [text.translate(_PATTERN) for text in both]
        allowed = ", ".join(map(_text, both))
        connection.execute(f"SET allowed_paths = [{allowed}]")

    def rows(self, names: list[str], rows: NDArray[np.intp]) -> "pa.Table":
        """Read some columns of some masters."""
        return self.file(MASTER).arrow(names, rows)


class _Sources(Mapping[str, Source]):
    """The tables of a mirror as a query may name them; each file is opened when it is named."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self._made: dict[str, Source] = {}

    def __getitem__(self, name: str) -> Source:
        """Say what a table gives."""
        schema, _, bare = name.partition(".")
        if schema != self._state.release.schema.lower() or bare not in self._state.paths:
            raise KeyError(name)
        if name not in self._made:
            columns = self._state.file(bare).columns.values()
            self._made[name] = Source((self._state.release.schema, bare), outputs_of(columns))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """Name the tables."""
        return (f"{self._state.release.schema}.{name}".lower() for name in self._state.paths)

    def __len__(self) -> int:
        """Count the tables."""
        return len(self._state.paths)


class _Current:
    """The mirror as it is on the disk now; all views of it share one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = _State(folder)
        self._lock = ForkedLock()
        if MASTER in self.state.paths:
            # Now, so that the first cone takes no longer than the others.
            _ = self.state.index

    def now(self) -> _State:
        """Look whether it was replaced."""
        with self._lock:
            if _mark(self.folder) != self.state.mark:
                state = _State(self.folder)
                if state.release != self.state.release:
                    url = str(self.folder)
                    raise MirrorError(
                        f"The mirror {url!r} is now of release {state.release.name}; it was "
                        f"of {self.state.release.name}. Make a new Csc(mirror={url!r})."
                    )
                self.state = state
            return self.state


class MirrorBackend(Offline):
    """Answers queries from a mirror; implements `Backend`. Many threads may ask at once."""

    route = "mirror"

    def __init__(self, folder: Path) -> None:
        check_installed("duckdb", "pyarrow")
        self._current = _Current(folder)
        self.max_wait: float = math.inf

    def within(self, max_wait: float) -> Self:
        """Give a view of it that answers each query within so many seconds."""
        view = copy(self)
        view.max_wait = max_wait
        return view

    def _now(self) -> _State:
        """Give the mirror as it is on the disk now."""
        return self._current.now()

    @property
    def release(self) -> str:
        """Name of its release."""
        return self._current.state.release.name

    @property
    def url(self) -> str:
        """Path of the mirror."""
        return str(self._current.folder)

    @property
    def has_cone(self) -> bool:
        """Whether the release has a cone search, beside ADQL."""
        return bool(self._current.state.release.cone)

    # ------------------------------------------------------------------ ADQL

    def run(self, query: Query) -> Answer:
        """Answer an ADQL query."""
        state = self._now()
        try:
            return self._run(state, query)
        except RemoteServiceError:
            if self._now() is state:
                raise
        # Its files were replaced between the look and the query.
        return self._run(self._now(), query)

    def _run(
        self, state: _State, query: Query, instead: "Mapping[str, pa.Table] | None" = None
    ) -> Answer:
        """Run a query on one state of the mirror."""
        try:
            columns, overflow = state.engine.run(query, instead, self.max_wait)
        except InvalidQueryError as error:
            _explain(state, query.adql)
            raise error from error.__cause__
        return Answer(columns, self.url, self.route, overflow, state.retrieved)

    # ----------------------------------------------------------------- places

    def boxes(self, request: Boxes) -> Answer:
        """Give the masters in some boxes."""
        state = self._now()
        query = request.query([])
        rows = state.index.rows_in(request.boxes)
        tree = adql.parse(query.adql)
        names = _asked(state, tree, query.adql)
        plain = mentions.plain_columns(tree, names)
        if plain is not None:
            return self._answer(state, plain, rows)
        name = f"{state.release.schema}.{MASTER}".lower()
        return self._run(state, query, {name: state.rows(names, rows)})

    def _answer(self, state: _State, names: list[str], rows: NDArray[np.intp]) -> Answer:
        """Give some columns of some masters."""
        columns = state.file(MASTER).columns
        arrow = state.rows(names, rows)
        found = from_arrow(arrow, [columns[name] for name in names], names)
        return Answer(found, self.url, self.route, retrieved=state.retrieved)

    def cone(self, cone: Cone) -> Answer:
        """Give the masters in a cone, and some around it."""
        state = self._now()
        rows = state.index.rows_in(cone_boxes(cone.ra_deg, cone.dec_deg, cone.radius_deg))
        held = state.found.tables[MASTER]
        if cone.verbosity not in VERBOSITY and not held.complete:
            error = _lacking(state, MASTER, "all columns", "*")
            raise error
        names = VERBOSITY.get(cone.verbosity, held.columns)
        _check_columns(state, MASTER, names)
        return self._answer(state, list(names), rows)

    # ------------------------------------------------------------------ other

    def no_service(self, what: str) -> InvalidQueryError:
        """Make the error for what only a service can answer."""
        return InvalidQueryError(
            f"{what}: it needs a service, and this Csc is the mirror {self.url!r}, which sends "
            f"nothing. Ask Csc(release={self.release!r}) instead.",
            url=self.url,
            release=self.release,
        )

    def no_name(self, name: str) -> NoReturn:
        """Refuse to find out where an object is."""
        raise self.no_service(
            f"{name!r} is neither a position, such as SkyCoord(52.297, 31.31, unit='deg'), nor a "
            "2CXO name, so it has to be resolved"
        )

    def columns(self, *, cache: bool | None = None) -> Table:  # noqa: ARG002 - as every backend
        """List every table and column of the mirror."""
        state = self._now()
        return self._listed(
            (f"{state.release.schema}.{table}", column)
            for table in state.paths
            for column in state.file(table).columns.values()
        )


def _mark(folder: Path) -> tuple[int, ...]:
    """Tell one manifest from the next; empty if there is no manifest."""
    try:
        found = (folder / MANIFEST).stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _text(value: str) -> str:
    """Write a string for the engine."""
    return "'" + value.replace("'", "''") + "'"


def _asked(state: _State, tree: Any, text: str) -> list[str]:
    """Find which columns of the masters a query on them needs, in the order of the mirror."""
    there = state.found.tables[MASTER].columns
    if mentions.has_star(tree):
        return list(there)
    wanted = mentions.column_names(tree)
    names = [name for name in there if name.lower() in wanted]
    if len(names) != len(wanted):
        _explain(state, text)
    return names


def _explain(state: _State, text: str) -> None:
    """Raise where a query names a table or column that the catalogue has and the mirror lacks."""
    tree = adql.parse(text)
    known = get_tables(state.release.name)
    tables = [name.rpartition(".")[2] for name in mentions.table_names(tree)]
    missing = [name for name in tables if name in TAP_TABLES and name not in state.paths]
    if missing:
        raise _missing_tables(state, missing, joined=len(set(tables)) > 1)
    ours = [table for table in tables if table in state.paths]
    held = {name.lower() for table in ours for name in state.found.tables[table].columns}
    wanted = mentions.column_names(tree) - held
    for table in ours:
        _check_columns(state, table, [name for name in known[table].columns if name in wanted])


def _missing_tables(state: _State, tables: list[str], *, joined: bool) -> InvalidQueryError:
    """Say which tables were not copied, and which call adds them with those they are joined to."""
    folder = str(state.folder)
    more = [name for name in _LEVELS if joined and name not in state.paths]
    added = tuple(dict.fromkeys((*tables, *more)))
    what = ", ".join(dict.fromkeys(tables))
    return InvalidQueryError(
        f"The mirror {folder!r} does not contain {what}; it has {', '.join(state.paths)}. To add "
        f"what the question needs: astroquery_csc.mirror.update({folder!r}, tables={added!r}).",
        url=folder,
        release=state.release.name,
    )


def _check_columns(state: _State, table: str, names: Iterable[str]) -> None:
    """Refuse columns that were not copied, and say which call adds them."""
    there = {name.lower() for name in state.found.tables[table].columns}
    lacking = [name for name in names if name.lower() not in there]
    if lacking:
        many = len(lacking) > _MOST_NAMED
        what = f"{len(lacking)} columns, such as {lacking[0]}," if many else ", ".join(lacking)
        raise _lacking(state, table, what, "*" if many else lacking)


def _lacking(state: _State, table: str, what: str, wanted: object) -> InvalidQueryError:
    """Say which columns were not copied, and which call adds them."""
    folder = str(state.folder)
    return InvalidQueryError(
        f"The mirror {folder!r} does not contain {what} of {table}; Csc.list_columns(refresh=True) "
        f"lists what it has. To add them: astroquery_csc.mirror.update({folder!r}, "
        f"columns={{{table!r}: {wanted!r}}}).",
        url=folder,
        release=state.release.name,
    )
