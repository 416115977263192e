# Licensed under a 3-clause BSD style license - see LICENSE
"""What the test service holds: the same sky under the schema of each release, and its engines."""

from collections.abc import Mapping
from functools import lru_cache
from threading import Lock

import numpy as np
from astropy.table import MaskedColumn, Table

from astroquery_csc.adql.translate import FUNCTIONS
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.catalogue.schema import TAP_TABLES
from astroquery_csc.exceptions import InputTypeError
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.engine import LocalBackend
from astroquery_csc.testing.sky.catalogue import build_catalogue
from astroquery_csc.testing.tap.ivoa import ivoa_tables
from astroquery_csc.testing.tap.schema import make_tap_schema

__all__ = ["SYNTHETIC", "Holdings"]

#: The note on the built-in sky, wherever it is described.
SYNTHETIC = (
    "Test service: 11 real sources in NGC 1333, of which it has no detections; every other row is "
    "synthetic."
)

_OWN = "Test service: rows that whoever started it brought along."

_MASTER = "master_source"

#: The function of the archive that turns a TAP query into a cone.


class Holdings:
    """
    The tables of a test service, and what answers queries on them.

    The catalogue is built once a process, and so are the engines: a second server is cheap.
    """

    def __init__(self, dialect: Dialect, catalogue: Mapping[str, Table] | None = None) -> None:
        self._dialect = dialect
        self.note = SYNTHETIC if catalogue is None else _OWN
        self._own = None if catalogue is None else _described(_check(catalogue), _OWN)
        self._made: dict[str, tuple[dict[str, Table], LocalBackend]] = {}
        self._lock = Lock()

    def close(self) -> None:
        """Free the engines on a user's catalogue; those on the built-in sky stay."""
        with self._lock:
            made, self._made = self._made, {}
        for _, engine in made.values():
            engine.close()

    def tables(self, release: Release) -> dict[str, Table]:
        """Give the tables of a release."""
        return self._make(release)[0]

    def backend(self, release: Release) -> LocalBackend:
        """Give what answers queries on a release."""
        return self._make(release)[1]

    def flags(self, release: Release) -> frozenset[str]:
        """Name the boolean columns of a release."""
        tables = self.tables(release).values()
        return frozenset(
            name.lower()
            for table in tables
            for name in table.colnames
            if table[name].dtype.kind == "b"
        )

    def _make(self, release: Release) -> tuple[dict[str, Table], LocalBackend]:
        """Make tables and engine at first use; a user's catalogue is not shared."""
        with self._lock:
            if self._own is None:
                return _shared(release, _shape(self._dialect))
            if release.name not in self._made:
                self._made[release.name] = _make(self._own, release, self._dialect, self.note)
            return self._made[release.name]


def _check(catalogue: Mapping[str, Table]) -> dict[str, Table]:
    """Refuse a catalogue that no table of a release could be made of."""
    for name, table in catalogue.items():
        if not isinstance(table, Table):
            raise InputTypeError(
                f"catalogue[{name!r}] is a {type(table).__name__}. "
                "Write csc_server(catalogue={'master_source': Table(…)})."
            )
    return dict(catalogue)


def _shape(dialect: Dialect) -> Dialect:
    """Reduce a dialect to the switches that tables and engine depend on."""
    return Dialect(
        ra_dec_units=dialect.ra_dec_units,
        unit_spelling=dialect.unit_spelling,
        join_on=dialect.join_on,
        cone_distance=dialect.cone_distance,
        tap_schema_name=dialect.tap_schema_name,
        extra_columns=dialect.extra_columns,
        missing_columns=dialect.missing_columns,
    )


@lru_cache(maxsize=1)
def _default_catalogue() -> dict[str, Table]:
    """Build the sky once a process."""
    return _described(build_catalogue(), SYNTHETIC)


@lru_cache(maxsize=8)
def _shared(release: Release, shape: Dialect) -> tuple[dict[str, Table], LocalBackend]:
    """Make tables and engine of the built-in sky once for all servers."""
    return _make(_default_catalogue(), release, shape, SYNTHETIC)


def _make(
    catalogue: Mapping[str, Table], release: Release, dialect: Dialect, note: str
) -> tuple[dict[str, Table], LocalBackend]:
    """Give described tables a release's schema, and start an engine on them."""
    bare = dict(catalogue)
    if _MASTER in bare:
        bare[_MASTER] = _change_columns(bare[_MASTER], dialect)
    served = {f"{release.schema}.{name}": table for name, table in bare.items()}
    served |= ivoa_tables()
    served = make_tap_schema(served, dialect, release=release.name, note=note) | served
    engine = LocalBackend(
        served,
        release=release,
        route="test service",
        allow_join=dialect.join_on,
        functions=frozenset(FUNCTIONS) if dialect.cone_distance else frozenset(),
    )
    return served, engine


def _described(catalogue: Mapping[str, Table], note: str) -> dict[str, Table]:
    """Take the tables that the service knows; they share the data, and say what they are."""
    described: dict[str, Table] = {}
    for name in filter(catalogue.__contains__, TAP_TABLES):
        described[name] = catalogue[name].copy(copy_data=False)
        described[name].meta["description"] = f"{TAP_TABLES[name][0]}. {note}"
    return described


def _change_columns(master: Table, dialect: Dialect) -> Table:
    """Take away and add columns, as a release that the dictionary does not match would."""
    if not (dialect.missing_columns or dialect.extra_columns):
        return master
    changed = master.copy(copy_data=False)
    changed.remove_columns([name for name in dialect.missing_columns if name in changed.colnames])
    values = np.arange(len(changed), dtype=float)
    for name in dialect.extra_columns:
        changed[name] = MaskedColumn(values, mask=values % 2 == 0, description="not documented")
    return changed
