# Licensed under a 3-clause BSD style license - see LICENSE
"""
A small Chandra Source Catalog for tests and demonstrations: 11 real sources, the rest invented.

Real are the 11 sources of NGC 1333 in release 2.1, with the 24 columns that the CXC's notebook
prints; their other columns are null, and they have no detections. Everything else is drawn with a
fixed seed, so that software meets what the catalogue holds: nulls, limits, shared detections,
forced limits, extended sources, the seam at RA 0 and both poles.
"""

import csv
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

import numpy as np
from astropy import units as u
from astropy.table import Table

from astroquery_csc import columns as arrays
from astroquery_csc.catalogue.schema import TAP_TABLES, Column, get_tables
from astroquery_csc.tables import parse_unit
from astroquery_csc.testing.sky.columns import Columns
from astroquery_csc.testing.sky.fields import MAIN, NAMES
from astroquery_csc.testing.sky.levels import Sky, draw_sky
from astroquery_csc.testing.sky.small_fields import SMALL

__all__ = ["NAMES", "SYNTHETIC", "build_catalogue"]

#: What is said of the synthetic sky wherever it shows.
SYNTHETIC = "synthetic: invented with a fixed seed; only the 11 sources of NGC 1333 are real"

_RELEASE = "2.1"
_DTYPES = {"double": np.float64, "int": np.int32, "boolean": np.bool_}

_INVENTED_TYPES = {"obsid": "int", "ra": "double", "dec": "double"}
_INVENTED = "invented: the archive's own columns of this table are not known"


def build_catalogue(seed: int = 20241018) -> dict[str, Table]:
    """Make the tables of the test catalogue."""
    main = draw_sky(np.random.default_rng(seed), MAIN)
    sky = main.join(draw_sky(np.random.default_rng([seed, 1]), SMALL))
    levels = {
        "master_source": _with_real(sky.master),
        "master_stack_assoc": sky.master_stack,
        "stack_source": sky.stack,
        "stack_observation_assoc": sky.stack_observation,
        "observation_source": sky.observation,
        "detect_stack": sky.detect_stack,
    }
    known = get_tables(_RELEASE)
    tables = {
        name: _make_table(name, known[name].columns.values(), columns)
        for name, columns in levels.items()
    }
    return tables | _unknown_tables(sky, main)


def _with_real(columns: Columns) -> Columns:
    """Add the real sources to the synthetic ones, and sort all of them along right ascension."""
    real, size = _real_columns(), len(_real_rows())
    added: Columns = {}
    for name, values in columns.items():
        null = np.full(size, "" if values.dtype.kind == "U" else np.nan)
        added[name] = np.concatenate([real.get(name, null), values])
    order = np.argsort(added["ra"], kind="stable")
    return {name: values[order] for name, values in added.items()}


@lru_cache(maxsize=1)
def _real_rows() -> tuple[dict[str, str], ...]:
    """Read the real sources once."""
    text = (
        files("astroquery_csc")
        .joinpath("testing", "sky", "ngc1333.csv")
        .read_text(encoding="ascii")
    )
    return tuple(csv.DictReader(text.splitlines()))


def _real_columns() -> Columns:
    """Turn the real sources' cells into columns: t and f are booleans, an empty cell is null."""
    numbers = {"": np.nan, "t": 1.0, "f": 0.0}
    columns: Columns = {"name": np.array([row["name"] for row in _real_rows()])}
    for name in list(_real_rows()[0])[1:]:
        cells = [row[name] for row in _real_rows()]
        columns[name] = np.array([numbers[c] if c in numbers else float(c) for c in cells])
    return columns


def _make_table(name: str, columns: Iterable[Column], values: Columns) -> Table:
    """Make a table with the columns of the dictionary; what was not drawn is null."""
    size = len(next(iter(values.values())))
    null = np.full(size, np.nan)
    made = (_make_column(column, values.get(column.name, null)) for column in columns)
    table = arrays.Columns(made).to_table()
    table.meta["description"] = f"{TAP_TABLES[name][0]}; {SYNTHETIC}"
    return table


def _make_column(
    column: Column, values: np.ndarray[tuple[int], np.dtype[np.generic]]
) -> arrays.ArrayColumn:
    """Give values the type of the dictionary; NaN and the empty string are null."""
    if column.datatype == "char":
        texts = values if values.dtype.kind == "U" else np.full(len(values), "")
        data, mask = texts, texts == ""
    else:
        mask = np.isnan(values)
        data = np.where(mask, 0, values).astype(_DTYPES[column.datatype])
    return arrays.ArrayColumn(
        column.name,
        data,
        mask=mask,
        unit=_unit(column.unit),
        description=column.description,
        meta={"ucd": column.ucd} if column.ucd else {},
    )


@lru_cache(maxsize=64)
def _unit(text: str) -> u.UnitBase | None:
    """Read a unit, each once."""
    return parse_unit(text)


def _unknown_tables(sky: Sky, main: Sky) -> dict[str, Table]:
    """Invent a few rows and columns for the tables that are known by name only."""
    stacks = sky.detect_stack["detect_stack_id"]
    obsid = sky.detect_stack["obsid"]
    values: dict[str, Columns] = {
        "cone": {name: sky.master[name][:3] for name in ("name", "ra", "dec")},
        "valid_stack": {"detect_stack_id": np.unique(stacks)},
        "likely_stack": {"detect_stack_id": np.unique(main.detect_stack["detect_stack_id"])[:3]},
        "image": {
            "obsid": obsid[:6],
            "filename": np.array(
                [f"acisf{number:05.0f}_000N001_full_img2.fits" for number in obsid[:6]]
            ),
        },
    }
    tables = {}
    for name, columns in values.items():
        made = [
            Column(name, key, _INVENTED_TYPES.get(key, "char"), description=_INVENTED)
            for key in columns
        ]
        tables[name] = _make_table(name, made, columns)
    return tables
