# Licensed under a 3-clause BSD style license - see LICENSE
"""The joins of the test sky made the slow way, row by row: what the tests expect."""

from collections import defaultdict
from functools import lru_cache
from typing import Any

import numpy as np
from astropy.table import Table, vstack

from tests.support.sky import sky

#: An observation with all three match types; one in which nothing was detected; none at all.
OBSID, EMPTY_OBSID, NO_OBSID = 90005, 90004, 12

#: A 2CXO name that the test sky has not.
GONE = "2CXO J004206.1+411859"

Key = tuple[str, str, int, int, int]


def _rows(table: Table, *keys: str) -> list[tuple[Any, ...]]:
    """Give some columns as tuples."""
    return list(zip(*(table[key].tolist() for key in keys), strict=True))


@lru_cache(maxsize=1)
def observed() -> dict[Key, tuple[str, int, int]]:
    """
    Join masters and observations: match type, row of stack_source and of observation_source.

    The keys are name, detect_stack_id, region_id, obsid and obi.
    """
    tables = sky()
    stacks = {
        key: row
        for row, key in enumerate(_rows(tables["stack_source"], "detect_stack_id", "region_id"))
    }
    rows = {
        key: row
        for row, key in enumerate(_rows(tables["observation_source"], "obsid", "obi", "region_id"))
    }
    seen = defaultdict(list)
    for stack, region, obsid, obi in _rows(
        tables["stack_observation_assoc"], "detect_stack_id", "region_id", "obsid", "obi"
    ):
        seen[stack, region].append((obsid, obi))
    return {
        (name, stack, region, obsid, obi): (match, stacks[stack, region], rows[obsid, obi, region])
        for name, stack, region, match in _rows(
            tables["master_stack_assoc"], "name", "detect_stack_id", "region_id", "match_type"
        )
        for obsid, obi in seen[stack, region]
    }


@lru_cache(maxsize=1)
def stacked() -> dict[tuple[str, str, int], str]:
    """Join masters and stacks: match type by name, detect_stack_id and region_id."""
    return {
        (name, stack, region): match
        for name, stack, region, match in _rows(
            sky()["master_stack_assoc"], "name", "detect_stack_id", "region_id", "match_type"
        )
    }


@lru_cache(maxsize=1)
def synthetic_names() -> list[str]:
    """List every source that has a detection."""
    return sorted({key[0] for key in stacked()})


def keys_of(table: Table) -> list[tuple[Any, ...]]:
    """Give the keys of detections, as tuples."""
    keys = ("name", "detect_stack_id", "region_id", "obsid", "obi")
    return _rows(table, *(key for key in keys if key in table.colnames))


def cells(column: Any) -> list[Any]:
    """Give the cells of a column, null as None."""
    mask = np.ma.getmaskarray(column)
    return [
        None if null else cell
        for cell, null in zip(np.ma.getdata(column).tolist(), mask, strict=True)
    ]


@lru_cache(maxsize=1)
def one_stack() -> tuple[dict[str, Table], str]:
    """
    Cut the sky to one stack, and let a source have two detections in it.

    The second is an orphan of the sky, made ambiguous; gives the tables and the source's name.
    """
    tables = dict(sky())
    stack = str(tables["stack_source"]["detect_stack_id"][0])
    for name in ("master_stack_assoc", "stack_source", "stack_observation_assoc", "detect_stack"):
        tables[name] = tables[name][tables[name]["detect_stack_id"] == stack]
    assoc = tables["master_stack_assoc"]
    owner = str(assoc["name"][assoc["match_type"] == "u"][0])
    owned = set(assoc["region_id"].tolist())
    orphan = next(region for region in tables["stack_source"]["region_id"] if region not in owned)
    extra = Table(
        {"name": [owner], "detect_stack_id": [stack], "region_id": [orphan], "match_type": ["a"]}
    )
    tables["master_stack_assoc"] = vstack([assoc, extra], metadata_conflicts="silent")
    masters = tables["master_source"]
    tables["master_source"] = masters[np.isin(masters["name"], assoc["name"])]
    obsids = tables["detect_stack"]["obsid"]
    rows = tables["observation_source"]
    tables["observation_source"] = rows[np.isin(rows["obsid"], obsids)]
    return tables, owner
