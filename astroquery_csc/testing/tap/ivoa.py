# Licensed under a 3-clause BSD style license - see LICENSE
"""
Columns that standards of the IVOA define, and the small invented tables that hold some.

ObsCore 1.1 and TAP_SCHEMA of TAP 1.0. The rows of ``ivoa.ObsCore`` are invented: they name no real
observation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from astropy.table import MaskedColumn, Table

__all__ = ["IVOA_FIELDS", "TABLE_FIELDS", "Field", "build_table", "ivoa_tables", "listed_name"]


@dataclass(frozen=True, slots=True)
class Field:
    """One FIELD of a VOTable, or one column in a description of tables."""

    name: str
    datatype: str
    unit: str = ""
    ucd: str = ""
    utype: str = ""
    description: str = ""
    xtype: str = ""


# name | datatype | unit | ucd | utype, without its obscore: prefix | description
_OBSCORE = """
dataproduct_type|char||meta.code.class|ObsDataset.dataProductType|kind of data product
calib_level|int||meta.code;obs.calib|ObsDataset.calibLevel|level of calibration
obs_collection|char||meta.id|DataID.collection|collection
obs_id|char||meta.id|DataID.observationID|observation
obs_publisher_did|char||meta.ref.ivoid|Curation.publisherDID|identifier given by the publisher
access_url|char||meta.ref.url|Access.reference|where the data are
access_format|char||meta.code.mime|Access.format|format of the data
access_estsize|int|kbyte|phys.size;meta.file|Access.size|estimated size
target_name|char||meta.id;src|Target.name|target
s_ra|double|deg|pos.eq.ra|@Coverage.Location.Coord.Position2D.Value2.C1|right ascension
s_dec|double|deg|pos.eq.dec|@Coverage.Location.Coord.Position2D.Value2.C2|declination
s_fov|double|deg|phys.angSize;instr.fov|@Coverage.Bounds.Extent.diameter|diameter of the field
s_region|char||pos.outline;obs.field|@Coverage.Support.Area|outline of the field
s_resolution|double|arcsec|pos.angResolution|@Resolution.Refval.value|resolution on the sky
s_xel1|int||meta.number|@numBins1|pixels along the first axis
s_xel2|int||meta.number|@numBins2|pixels along the second axis
t_min|double|d|time.start;obs.exposure|Char.TimeAxis.Coverage.Bounds.Limits.StartTime|start, MJD
t_max|double|d|time.end;obs.exposure|Char.TimeAxis.Coverage.Bounds.Limits.StopTime|end, MJD
t_exptime|double|s|time.duration;obs.exposure|Char.TimeAxis.Coverage.Support.Extent|exposure
t_resolution|double|s|time.resolution|Char.TimeAxis.Resolution.Refval.value|resolution in time
t_xel|int||meta.number|Char.TimeAxis.numBins|bins in time
em_min|double|m|em.wl;stat.min|Char.SpectralAxis.Coverage.Bounds.Limits.LoLimit|shortest wavelength
em_max|double|m|em.wl;stat.max|Char.SpectralAxis.Coverage.Bounds.Limits.HiLimit|longest wavelength
em_res_power|double||spect.resolution|Char.SpectralAxis.Resolution.ResolPower.refVal|resolving power
em_xel|int||meta.number|Char.SpectralAxis.numBins|bins along the spectral axis
o_ucd|char||meta.ucd|Char.ObservableAxis.ucd|what is observed
pol_states|char||meta.code;phys.polarization|Char.PolarizationAxis.stateList|polarisation states
pol_xel|int||meta.number|Char.PolarizationAxis.numBins|number of polarisation states
facility_name|char||meta.id;instr.tel|Provenance.ObsConfig.Facility.name|telescope
instrument_name|char||meta.id;instr|Provenance.ObsConfig.Instrument.name|instrument
"""

_TAP_SCHEMA = """
schemas|schema_name|char|name of the schema
schemas|utype|char|utype of the schema
schemas|description|char|what the schema holds
tables|schema_name|char|schema of the table
tables|table_name|char|name of the table as used in queries
tables|table_type|char|table or view
tables|utype|char|utype of the table
tables|description|char|what a row of the table is
columns|table_name|char|table of the column
columns|column_name|char|name of the column
columns|utype|char|utype of the column
columns|ucd|char|ucd of the column
columns|unit|char|unit of the column
columns|description|char|what the column holds
columns|datatype|char|datatype of the column
columns|size|int|length of a string, where it is fixed
columns|principal|int|1 for the columns that matter most
columns|indexed|int|1 for indexed columns
columns|std|int|1 for columns that a standard defines
keys|key_id|char|identifier of the key
keys|from_table|char|table that refers
keys|target_table|char|table that is referred to
keys|utype|char|utype of the key
keys|description|char|what the key is for
key_columns|key_id|char|identifier of the key
key_columns|from_column|char|column that refers
key_columns|target_column|char|column that is referred to
"""

#: Names that are words of ADQL; TAP_SCHEMA lists them as they have to be written.
_RESERVED = frozenset({"size"})

_DTYPES = {"boolean": "?", "int": "i4", "double": "f8", "char": "U1"}

_INVENTED = "Test service: invented rows. "


def _read_fields(text: str, prefix: str) -> dict[str, Field]:
    """Read lines of columns as ObsCore has them."""
    fields = {}
    for line in text.strip().splitlines():
        name, datatype, unit, ucd, utype, words = line.split("|")
        utype = prefix + utype.replace("@", "Char.SpatialAxis.") if utype else ""
        fields[name] = Field(name, datatype, unit, ucd, utype, words)
    return fields


def _read_tap_schema() -> dict[str, tuple[Field, ...]]:
    """Read the columns of TAP_SCHEMA by table."""
    tables: dict[str, tuple[Field, ...]] = {}
    for line in _TAP_SCHEMA.strip().splitlines():
        table, name, datatype, words = line.split("|")
        tables[table] = (*tables.get(table, ()), Field(name, datatype, description=words))
    return tables


#: Columns of the tables that this module describes, by table.
TABLE_FIELDS: Mapping[str, tuple[Field, ...]] = {
    "ivoa.ObsCore": tuple(_read_fields(_OBSCORE, "obscore:").values()),
    **{f"TAP_SCHEMA.{table}": fields for table, fields in _read_tap_schema().items()},
}

#: The same columns by name.
IVOA_FIELDS: Mapping[str, Field] = {
    field.name: field for fields in TABLE_FIELDS.values() for field in fields
}


def build_table(
    fields: Sequence[Field], rows: Sequence[Mapping[str, Any]], description: str
) -> Table:
    """Build a table from rows that may leave cells out."""
    columns = [_build_column(field, [row.get(field.name) for row in rows]) for field in fields]
    return Table(columns, meta={"description": description})


def _build_column(field: Field, values: list[Any]) -> MaskedColumn:
    """Build one masked column."""
    mask = [value in (None, "") for value in values]
    dtype = np.dtype(_DTYPES[field.datatype])
    blank: Any = np.zeros(1, dtype)[0]
    data = [blank if null else value for value, null in zip(values, mask, strict=True)]
    return MaskedColumn(
        np.array(data, dtype=str if dtype.kind == "U" else dtype),
        name=field.name,
        mask=mask,
        unit=field.unit or None,
        description=field.description,
        meta={"ucd": field.ucd, "utype": field.utype},
    )


def listed_name(name: str) -> str:
    """Write the name of a column as TAP_SCHEMA and /tables list it."""
    return f'"{name}"' if name in _RESERVED else name


@lru_cache(maxsize=1)
def ivoa_tables() -> dict[str, Table]:
    """Build ``ivoa.ObsCore`` with a few invented rows."""
    rows = [_invent_row(number) for number in range(1, 6)]
    words = f"{_INVENTED}One row per data product."
    return {"ivoa.ObsCore": build_table(TABLE_FIELDS["ivoa.ObsCore"], rows, words)}


def _invent_row(number: int) -> dict[str, Any]:
    """Invent one observation; its identifiers say that it is invented."""
    start = 59_000.0 + 10.0 * number
    return {
        "dataproduct_type": "event",
        "calib_level": 2,
        "obs_collection": "invented",
        "obs_id": f"invented-{number}",
        "obs_publisher_did": f"ivo://example.invalid/obs?{number}",
        "access_url": f"http://example.invalid/obs/{number}",
        "access_format": "application/fits",
        "access_estsize": 1_000 * number,
        "target_name": f"Invented field {number}",
        "s_ra": 40.0 * number,
        "s_dec": 10.0 * number - 45.0,
        "s_fov": 0.28,
        "s_region": f"CIRCLE ICRS {40.0 * number} {10.0 * number - 45.0} 0.14",
        "s_resolution": 0.5,
        "t_min": start,
        "t_max": start + 0.25,
        "t_exptime": 20_000.0,
        "em_min": 1.24e-10,
        "em_max": 1.24e-8,
        "o_ucd": "phot.count",
        "facility_name": "Chandra",
        "instrument_name": "ACIS",
    }
