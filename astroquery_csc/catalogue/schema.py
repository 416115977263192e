# Licensed under a 3-clause BSD style license - see LICENSE
"""
Every known table and column of the catalogue, offline.

The dictionary is ``columns.tsv``: release, table, column, datatype, unit, ucd, description
and the evidence for the row. Only some tables are complete; for the others an unknown column is
not an error here, and the service has the last word.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

__all__ = [
    "LEVEL_SETS",
    "NAMED_SETS",
    "OTHER_TABLES",
    "TAP_SCHEMA_TABLES",
    "TAP_TABLES",
    "VERBOSITY",
    "Column",
    "TableInfo",
    "column_names",
    "find_column",
    "get_tables",
    "master_columns",
]

MASTER = "master_source"

#: What the catalogue's tables are, in the notebook's order: (description, believed complete).
TAP_TABLES: Mapping[str, tuple[str, bool]] = {
    "cone": ("the cone search; columns known to the service only", False),
    "master_source": ("one row per source on the sky, from all its observations", True),
    "stack_source": ("one row per detection in a stack of observations", False),
    "observation_source": ("one row per source region in one observation", False),
    "master_stack_assoc": ("which stack detections belong to which master source", False),
    "stack_observation_assoc": ("which observations make up a stack detection", False),
    "detect_stack": ("which observations make up a stack", False),
    "valid_stack": ("stacks that are valid; columns known to the service only", False),
    "likely_stack": ("stacks that are likely; columns known to the service only", False),
    "image": ("images of the catalogue; columns known to the service only", False),
}

#: The service's tables about itself, which it lists first.
TAP_SCHEMA_TABLES: Mapping[str, str] = {
    "TAP_SCHEMA.schemas": "one row per schema of the service",
    "TAP_SCHEMA.tables": "one row per table of the service",
    "TAP_SCHEMA.columns": "one row per column of the service",
    "TAP_SCHEMA.keys": "one row per reference from table to table",
    "TAP_SCHEMA.key_columns": "one row per pair of columns of a reference",
}

#: Tables beside the catalogue's, which the service lists last.
OTHER_TABLES: Mapping[str, str] = {
    "ivoa.ObsCore": "one row per data product, as the ObsCore standard describes it",
}

#: The only release whose dictionary holds whole tables.
_COMPLETE_RELEASE = "2.1"

_HEAD = ("name", "ra", "dec")

#: The columns that the cone-search service gives for VERB = 1 and 2; 3 is the whole table.
VERBOSITY: Mapping[int, tuple[str, ...]] = {
    1: _HEAD,
    2: (
        *_HEAD,
        "err_ellipse_r0",
        "conf_flag",
        "extent_flag",
        "sat_src_flag",
        "flux_aper_b",
        "flux_aper_lolim_b",
        "flux_aper_hilim_b",
        "flux_aper_w",
        "flux_aper_lolim_w",
        "flux_aper_hilim_w",
        "significance",
        "hard_hm",
        "hard_hm_lolim",
        "hard_hm_hilim",
        "hard_ms",
        "hard_ms_lolim",
        "hard_ms_hilim",
        "var_intra_index_b",
        "var_intra_index_w",
        "var_inter_index_b",
        "var_inter_index_w",
    ),
}

_BANDS = "bhmsuw"


def _limits(*stems: str, bands: str = _BANDS) -> tuple[str, ...]:
    """Value, lower and upper limit of each stem in each band."""
    return tuple(
        f"{stem}{limit}_{band}"
        for stem in stems
        for band in bands
        for limit in ("", "_lolim", "_hilim")
    )


def _bands(*stems: str) -> tuple[str, ...]:
    """Each stem in each band."""
    return tuple(f"{stem}_{band}" for stem in stems for band in _BANDS)


def _averages() -> tuple[str, ...]:
    """Value and limits of the flux averaged over all observations, in each band."""
    return tuple(
        f"flux_aper_avg{limit}_{band}" for band in _BANDS for limit in ("", "_lolim", "_hilim")
    )


_PAIRS = ("hm", "hs", "ms")
_HARDNESS = tuple(f"hard_{pair}{limit}" for pair in _PAIRS for limit in ("", "_lolim", "_hilim"))
_CODES = ("conf_code", "edge_code", "extent_code", "multi_chip_code")
_WARNINGS = ("dither_warning_flag", "sat_src_flag", "streak_src_flag")

_ELLIPSE = ("err_ellipse_r0", "err_ellipse_r1", "err_ellipse_ang")

#: Sets of master_source columns that a task needs, by a name that can stand for ``columns``.
NAMED_SETS: Mapping[str, tuple[str, ...]] = {
    "match": (
        *_HEAD,
        *_ELLIPSE,
        "extent_flag",
        "conf_flag",
        "significance",
        "likelihood_class",
        *_limits("flux_aper", bands="bw"),
    ),
    "photometry": (
        *_HEAD,
        "significance",
        "likelihood_class",
        *_limits("flux_aper", "photflux_aper"),
        *_averages(),
        *_limits("flux_powlaw_aper", "flux_bb_aper", "flux_brems_aper"),
        *_HARDNESS,
    ),
    "variability": (
        *_HEAD,
        "significance",
        "likelihood_class",
        "var_flag",
        "var_inter_hard_flag",
        "dither_warning_flag",
        *_bands("var_intra_prob", "var_intra_index"),
        *_bands("var_inter_prob", "var_inter_index", "var_inter_sigma"),
        *(f"var_inter_hard_prob_{pair}" for pair in _PAIRS),
        *_limits("flux_aper"),
    ),
    "quality": (
        *_HEAD,
        *_ELLIPSE,
        "significance",
        "likelihood",
        "likelihood_class",
        "extent_flag",
        "conf_flag",
        "pileup_flag",
        "var_flag",
        "streak_src_flag",
        "sat_src_flag",
        "dither_warning_flag",
        "man_add_flag",
        "man_inc_flag",
        "man_reg_flag",
        "man_match_flag",
        "man_pos_flag",
    ),
}

#: Sets of the same names for rows of stacks and of observations, by level.
LEVEL_SETS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "stack": {
        "match": (
            "ra",
            "dec",
            *_ELLIPSE,
            "extent_code",
            "conf_code",
            "likelihood_class",
            *_limits("flux_aper", bands="bw"),
        ),
        "photometry": (
            "instrument",
            "livetime",
            "likelihood_class",
            *_bands("flux_significance"),
            *_limits("flux_aper"),
            *_HARDNESS,
        ),
        "variability": (
            "instrument",
            "likelihood_class",
            "var_flag",
            "var_inter_hard_flag",
            "dither_warning_flag",
            *_bands("var_intra_index", "var_inter_index"),
            *_limits("flux_aper"),
        ),
        "quality": (
            "instrument",
            *_ELLIPSE,
            "theta_mean",
            "likelihood_class",
            *_CODES,
            "pileup_flag",
            "var_flag",
            *_WARNINGS,
            "man_add_flag",
            "man_inc_flag",
            "man_reg_flag",
            "man_pos_flag",
        ),
    },
    "observation": {
        "photometry": (
            "instrument",
            "gti_mjd_obs",
            "livetime",
            *_bands("flux_significance"),
            *_limits("src_cnts_aper", "flux_aper"),
            *_limits("flux_powlaw_aper", "flux_bb_aper", "flux_brems_aper"),
            *_HARDNESS,
        ),
        "variability": (
            "instrument",
            "gti_mjd_obs",
            "livetime",
            "var_code",
            "dither_warning_flag",
            *_bands("var_prob", "var_index", "ks_prob", "kp_prob"),
            *_limits("flux_aper"),
        ),
        "quality": (
            "instrument",
            "livetime",
            "theta",
            *_bands("likelihood"),
            *_CODES,
            "var_code",
            *_WARNINGS,
            "pileup_warning",
        ),
    },
}


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column of one table, as the dictionary knows it.

    Parameters
    ----------
    table, name : str
        Bare names, without the release's schema.
    datatype : str
        ``double``, ``int``, ``boolean`` or ``char``, as in the VOTable FIELD.
    unit, ucd, description : str
        As text; an empty string if there is no unit or ucd.
    evidence : str
        How we know of the column (see ``columns.tsv``).
    """

    table: str
    name: str
    datatype: str
    unit: str = ""
    ucd: str = ""
    description: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class TableInfo:
    """
    One table of a release.

    Parameters
    ----------
    name : str
        Bare name, without the release's schema.
    description : str
        What a row is.
    complete : bool
        Whether the dictionary is believed to hold every column.
    columns : dict
        `Column` by name, in the order of the database as far as it is known.
    """

    name: str
    description: str
    complete: bool
    columns: dict[str, Column] = field(default_factory=dict)


@lru_cache(maxsize=1)
def _rows() -> tuple[tuple[str, Column], ...]:
    """Read the dictionary once: (release, column) in file order."""
    text = files("astroquery_csc").joinpath("catalogue", "columns.tsv").read_text(encoding="ascii")
    reader = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(
        (
            row["release"],
            Column(
                row["table"],
                row["column"],
                row["datatype"],
                row["unit"],
                row["ucd"],
                row["description"],
                row["evidence"],
            ),
        )
        for row in reader
    )


@lru_cache(maxsize=8)
def get_tables(release: str) -> dict[str, TableInfo]:
    """
    List the tables of a release, with the columns that are known offline.

    Parameters
    ----------
    release : str
        Name of a release. ``"current"``, and releases that the dictionary does not have, are
        described by the columns of 2.1, and no table of theirs counts as complete.

    Returns
    -------
    dict
        `TableInfo` by bare table name.

    Examples
    --------
    >>> from astroquery_csc.catalogue.schema import get_tables
    >>> len(get_tables("2.1")["master_source"].columns)
    515
    """
    rows = _rows()
    known = release if any(name == release for name, _ in rows) else _COMPLETE_RELEASE
    tables = {
        name: TableInfo(name, description, complete and release == _COMPLETE_RELEASE)
        for name, (description, complete) in TAP_TABLES.items()
    }
    for name, column in rows:
        if name == known:
            tables[column.table].columns[column.name] = column
    return tables


def column_names(release: str, table: str) -> tuple[str, ...]:
    """List the columns that a table of a release is likely to have."""
    found: dict[str, None] = {}
    for where in (release, _COMPLETE_RELEASE):
        info = get_tables(where).get(table)
        found |= dict.fromkeys(info.columns if info is not None else ())
        if info is not None and info.complete:
            break
    return tuple(found)


def find_column(release: str, name: str, table: str | None = None) -> Column | None:
    """Find what is known of a column, in its release or, failing that, in 2.1."""
    for where in (release, _COMPLETE_RELEASE):
        for info in get_tables(where).values():
            if table in (None, info.name) and name in info.columns:
                return info.columns[name]
    return None


def master_columns(release: str) -> tuple[str, ...]:
    """List the master_source columns of a release, in the order in which tables show them."""
    return tuple(get_tables(release)[MASTER].columns)
