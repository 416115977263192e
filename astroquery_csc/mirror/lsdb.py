# Licensed under a 3-clause BSD style license - see LICENSE
"""
The master sources of a mirror as a catalogue of LSDB, for matches that one machine cannot hold.

LSDB cuts the sky into HEALPix pixels, and matches one at a time. A margin around each pixel sees
to it that no pair is lost at its edge.
"""

import os
import secrets
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy import units as u
from astroquery.exceptions import InputWarning

from astroquery_csc.catalogue.releases import Release
from astroquery_csc.catalogue.schema import MASTER
from astroquery_csc.catalogue.suggest import did_you_mean
from astroquery_csc.exceptions import (
    InvalidQueryError,
    MirrorError,
    warn,
)
from astroquery_csc.optional import need
from astroquery_csc.search import arguments
from astroquery_csc.search.places import angles_deg
from astroquery_csc.store import manifest, parquet
from astroquery_csc.store.disk import release_of
from astroquery_csc.store.manifest import Held, Manifest

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["to_lsdb"]

MARGIN = 60 * u.arcsec
_MAX_MARGIN_DEG = 1.0
#: LSDB lists the pixels along each edge, as small as the margin is: a narrow margin takes longer.
_MIN_MARGIN_ARCSEC = 10.0
_PARTITION_ROWS = 50_000
#: The pixels of order 4 are 3.7 deg wide: with every margin wider than it.
_HIGHEST_ORDER = 4
_NAME = "csc"
_PLACE = ("ra", "dec")


def to_lsdb(
    path: str | os.PathLike[str],
    *,
    columns: str | list[str] | None = None,
    margin: u.Quantity = MARGIN,
    output: str | os.PathLike[str] | None = None,
) -> Any:
    """
    Give a mirror's master sources as a catalogue of LSDB, with a margin.

    Nothing is written unless ``output`` is given, and never into the mirror. Nulls, text, integers
    and flags keep their Arrow types. LSDB itself knows no units: they, descriptions and UCDs are in
    the metadata of the fields of ``catalog.original_schema``, or, in files, in a VOTable header as
    HATS keeps it.

    Parameters
    ----------
    path : str or path-like
        The folder of the mirror.
    columns : str or list of str, optional
        Names, or a named set such as ``"match"``; ``name``, ``ra`` and ``dec`` always come. All of
        the mirror's where it is not given: of a whole ``master_source``, that is more than LSDB
        likes to hold in memory.
    margin : `~astropy.units.Quantity`, optional
        How far the margin of each pixel reaches; at most one degree. It must be at least the
        largest separation that a match is to find: LSDB refuses a larger radius. One arcminute is
        far more than an error ellipse, and costs 0.2 % more rows. Less than 10 arcsec is taken as
        10 arcsec.
    output : str or path-like, optional
        A folder that does not exist yet. The catalogue is written there in the format HATS, and
        what is returned reads from there, pixel by pixel: the way for a cluster, whose workers must
        see this folder.

    Returns
    -------
    lsdb.catalog.Catalog
        One row per source that has a position, named ``csc``.

    Raises
    ------
    InputTypeError
        If ``path`` or ``output`` is not a path, ``columns`` does not hold names, or ``margin`` has
        no unit.
    InvalidQueryError
        If the mirror has no such column, no ``master_source``, or no source with a position; if
        ``margin`` is out of range; if ``output`` exists already, or is inside the mirror.
    MirrorError
        If there is no mirror at ``path``, it is of a release that is not known, or damaged.
    MissingPackageError
        If lsdb is not installed.

    Warns
    -----
    InputWarning
        If sources without a position were left out; it says how many.

    Examples
    --------
    >>> from astroquery_csc import Csc, mirror
    >>> mirror.create("csc21")  # doctest: +SKIP
    >>> csc = mirror.to_lsdb("csc21", columns="match")  # doctest: +SKIP
    >>> matches = positions.crossmatch(csc, radius_arcsec=2, n_neighbors=20)  # doctest: +SKIP
    """
    margin_arcsec = _margin_arcsec(margin)
    folder = manifest.path_of(path)
    found = manifest.read(folder)
    held = _master(folder, found)
    names = _names(columns, release_of(folder, found), held)
    place = None if output is None else _free(manifest.path_of(output, "output"), folder)
    file = manifest.file_of(folder, found, MASTER)
    lsdb = need("lsdb", "to_lsdb", extra="lsdb")
    table = _with_positions(_read(file, names), folder)
    catalogue = _catalogue(lsdb, table, margin_arcsec)
    if place is None:
        return catalogue
    _write(catalogue, place, table.schema, found)
    return lsdb.open_catalog(place)


# --------------------------------------------------------------------- arguments


def _margin_arcsec(margin: u.Quantity) -> float:
    """Check the margin, and widen one that LSDB would be slow to make."""
    asked = angles_deg(margin, "margin", 1, maximum_deg=_MAX_MARGIN_DEG)[0] * 3600
    return max(float(asked), _MIN_MARGIN_ARCSEC)


def _master(folder: Path, found: Manifest) -> Held:
    """Find the table of master sources."""
    held = found.tables.get(MASTER)
    if held is None:
        raise InvalidQueryError(
            f"The mirror {str(folder)!r} has no {MASTER}, only {', '.join(found.tables)}. Run "
            f'mirror.update({str(folder)!r}, tables=["{MASTER}"]).',
            release=found.release,
        )
    return held


def _names(columns: object, release: Release, held: Held) -> list[str]:
    """List the columns that are wanted; the mirror must have them."""
    if columns is None:
        return list(held.columns)
    asked = arguments.column_names(columns, release, lambda _: held.columns)
    wanted = held.columns if asked == ("*",) else asked
    for name in wanted:
        if name not in held.columns:
            raise InvalidQueryError(
                f"The mirror has no column {name!r}.{did_you_mean(name, held.columns)} It was made "
                f"with {len(held.columns)} columns.",
                release=release.name,
            )
    return list(wanted)


def _free(place: Path, folder: Path) -> Path:
    """Check that a folder can be made at a place, outside of the mirror."""
    if place.exists() or place.is_symlink():
        raise InvalidQueryError(
            f"output {str(place)!r} is there already. Name a folder that does not exist yet."
        )
    if not place.absolute().parent.is_dir():
        raise InvalidQueryError(f"output {str(place)!r}: the folder above it does not exist.")
    if place.resolve().is_relative_to(folder.resolve()):
        raise InvalidQueryError(
            f"output {str(place)!r} is in the mirror. Name a folder outside of it."
        )
    return place


# --------------------------------------------------------------------- from the mirror to LSDB


def _read(file: Path, names: list[str]) -> "pa.Table":
    """Read columns of the mirror's file, with what their fields say of them."""
    with parquet.opened(file) as opened:
        kinds = {name: column.dtype.kind for name, column in opened.columns.items()}
        if not set(names) <= set(kinds) or {kinds.get(name) for name in _PLACE} != {"f"}:
            raise MirrorError(
                f"{str(file)!r} is damaged: it has not the columns that the manifest names, or no "
                "numbers for ra and dec. Run mirror.update to fetch it again."
            )
        return opened.arrow(names)


def _with_positions(table: "pa.Table", folder: Path) -> "pa.Table":
    """Leave out, with a warning, the rows that are nowhere on the sky."""
    ra, dec = (table.column(name).to_numpy() for name in _PLACE)
    good = np.isfinite(ra) & (np.abs(dec) <= 90)
    if not good.any():
        raise InvalidQueryError(f"The mirror {str(folder)!r} has no source with a position.")
    if good.all():
        return table
    warn(
        f"{int((~good).sum())} of {len(table)} sources have no position, and were left out.",
        InputWarning,
    )
    return table.filter(good)


def _catalogue(lsdb: Any, table: "pa.Table", margin_arcsec: float) -> Any:
    """Let LSDB cut a table into pixels."""
    pa = import_module("pyarrow")
    pd = import_module("pandas")
    hats_index = import_module("hats.pixel_math.spatial_index").SPATIAL_INDEX_COLUMN
    schema = pa.schema([*table.schema, pa.field(hats_index, pa.int64())])
    with _here():
        return lsdb.from_dataframe(
            table.to_pandas(types_mapper=pd.ArrowDtype),
            ra_column="ra",
            dec_column="dec",
            catalog_name=_NAME,
            partition_rows=_PARTITION_ROWS,
            highest_order=_HIGHEST_ORDER,
            margin_threshold=margin_arcsec,
            schema=schema,
        )


@contextmanager
def _here() -> Iterator[None]:
    """Let Dask work in this process, and not on a cluster: the data, and the disk, are here."""
    with import_module("dask").config.set(scheduler="threads"):
        yield


# --------------------------------------------------------------------- to the disk


def _write(catalogue: Any, place: Path, schema: "pa.Schema", found: Manifest) -> None:
    """Write a catalogue, whole or not at all."""
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        with _here():
            catalogue.write_catalog(
                draft,
                progress_bar=False,
                addl_hats_properties={
                    "obs_title": f"Chandra Source Catalog, release {found.release}",
                    "prov_progenitor": found.server,
                    "bib_reference": "2024ApJS..274...22E",
                },
            )
        for part in draft.glob("*/dataset"):
            _describe(part.parent, schema)
        draft.replace(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _describe(part: Path, schema: "pa.Schema") -> None:
    """Write units, descriptions and UCDs where HATS has a place for them."""
    columns = parquet.columns_of(schema)
    units = {name: column.unit for name, column in columns.items() if column.unit}
    words = {name: column.description for name, column in columns.items() if column.description}
    ucds = {name: column.meta["ucd"] for name, column in columns.items() if "ucd" in column.meta}
    hats = import_module("hats.io.parquet_metadata")
    with warnings.catch_warnings():
        # The catalogue's unit of energy is right, whatever VOUnit would rather see.
        warnings.filterwarnings("ignore", "The unit 'erg' has been", u.UnitsWarning)
        hats.write_voparquet_in_common_metadata(
            part, field_units=units, field_descriptions=words, field_ucds=ucds
        )
