# Licensed under a 3-clause BSD style license - see LICENSE
"""
The catalogue's ADQL answered from tables in memory, by DuckDB.

Behind a mirror it answers users offline; behind the test service it answers over HTTP. What a
query may hold is decided in `astroquery_csc.adql.translate`;
the engine runs one checked SELECT, with
external access off and its configuration locked.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
from astropy.table import Table

from astroquery_csc.adql.translate import FUNCTIONS, Source
from astroquery_csc.backend import Answer, Boxes, Cone, Query
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.catalogue.schema import MASTER, VERBOSITY
from astroquery_csc.columns import Columns, doubles
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.sky.geometry import separation_deg
from astroquery_csc.store.arrow import to_arrow
from astroquery_csc.store.engine import Engine, check_table, outputs_of, place_of, quoted
from astroquery_csc.store.offline import Offline

if TYPE_CHECKING:
    import duckdb

__all__ = ["LocalBackend"]


#: Margin of the cut in declination, before separations are measured; degrees.
_MARGIN_DEG = 1e-9


class LocalBackend(Offline):
    """
    Tables in memory that answer ADQL and cones as the archive's services do.

    Many threads may ask at once. Nulls are the masked cells and, as the archive's database has no
    NaN, the NaNs.
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
        is_wide: bool = False,
    ) -> None:
        self.release = release
        self.route = route
        self._url = url
        known = frozenset(name.lower() for name in functions)
        unknown = sorted(known - set(FUNCTIONS))
        if unknown:
            raise InvalidQueryError(f"Function {unknown[0]!r} is not one of {sorted(FUNCTIONS)}.")
        self._tables = {name: check_table(name, table) for name, table in tables.items()}
        self._engine = Engine(
            repr(self),
            release=release,
            url=url,
            sources={
                name.lower(): Source(place_of(name), outputs_of(table.itercols()))
                for name, table in self._tables.items()
            },
            fill=self._fill,
            allow_join=allow_join,
            functions=known,
            is_wide=is_wide,
        )
        self._engine.open()

    def _fill(self, connection: "duckdb.DuckDBPyConnection") -> None:
        """Load the tables into the engine."""
        for name, table in self._tables.items():
            schema, bare = (quoted(part) for part in place_of(name))
            connection.register("incoming", to_arrow(name, table))
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            connection.execute(f"CREATE TABLE {schema}.{bare} AS SELECT * FROM incoming")
            connection.unregister("incoming")

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
        self._engine.close()

    @property
    def url(self) -> str:
        """Where the tables are."""
        return self._url

    @property
    def has_cone(self) -> bool:
        """Whether the release has a cone search, beside ADQL."""
        return bool(self.release.cone)

    def run(self, query: Query) -> Answer:
        """
        Answer an ADQL query.

        A column that is asked for twice comes back twice, the second as ``ra2``: a Table has each
        name once. Columns that are a table's own keep unit, description and UCD; what is computed
        has none, and without ``AS`` it is called after its function (``count``), or ``col3`` as the
        third column.
        """
        columns, overflow = self._engine.run(query)
        return Answer(columns, self._url, self.route, overflow)

    def boxes(self, request: Boxes) -> Answer:
        """Answer which rows are in some boxes."""
        return self.run(request.whole())

    def cone(self, cone: Cone) -> Answer:
        """Answer a cone search over ``master_source``."""
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
        found = Columns.of(table)[list(columns)][_inside(table, cone)]
        return Answer(found, self._url, self.route)

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
            raise InvalidQueryError(
                f"({cone.ra_deg}, {cone.dec_deg}) is not a position in degrees."
            )
        if not 0 <= cone.radius_deg <= 180:
            raise InvalidQueryError(f"A radius is 0 to 180 degrees, not {cone.radius_deg}.")

    def no_service(self, what: str) -> InvalidQueryError:
        """Make the error for what only a service can answer."""
        return InvalidQueryError(
            f"{what}: it needs the service. Write Csc().query_sensitivity(coordinates), without a "
            "mirror.",
            url=self._url,
            release=self.release.name,
        )

    def columns(self, *, cache: bool | None = None) -> Table:  # noqa: ARG002 - as every backend
        """List every table and column."""
        return self._listed(
            (name, column) for name, table in self._tables.items() for column in table.itercols()
        )


def _inside(table: Table, cone: Cone) -> npt.NDArray[np.intp]:
    """Find the rows within a cone: a cut in declination, then the great circle."""
    ra, dec = (doubles(table[name]) for name in ("ra", "dec"))
    near = np.flatnonzero(np.abs(dec - cone.dec_deg) <= cone.radius_deg + _MARGIN_DEG)
    distance = separation_deg(ra[near], dec[near], cone.ra_deg, cone.dec_deg)
    return near[distance <= cone.radius_deg]
