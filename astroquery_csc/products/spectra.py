# Licensed under a 3-clause BSD style license - see LICENSE
"""Spectra of ACIS detections with their responses, on the disk, ready for Sherpa and XSPEC."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Column, MaskedColumn, Row, Table
from astroquery.exceptions import NoResultsWarning

from astroquery_csc.backend import Query
from astroquery_csc.catalogue.bands import instrument_of
from astroquery_csc.catalogue.flags import clean_flags
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, warn
from astroquery_csc.follow import detections
from astroquery_csc.follow.absence import warn_missing
from astroquery_csc.products import download, find, pha, scripts
from astroquery_csc.products.types import read_file_name
from astroquery_csc.progress import track
from astroquery_csc.search.ask import Search
from astroquery_csc.service.files import Archive

__all__ = ["Asked", "check_arguments", "get_spectra", "requests"]

_TYPES = ("pha", "arf", "rmf")
_KEYS = ("name", "detect_stack_id", "region_id", "obsid", "obi")

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of spectra, checked."""

    every: detections.Asked
    clean: detections.Asked | None
    only: frozenset[Key] | None
    root: Path


@dataclass(frozen=True, slots=True)
class _Set:
    """A spectrum and its responses: what became of their files."""

    files: Mapping[str, tuple[str, str]]

    def path(self, kind: str) -> Path | None:
        """Give the path of a file that is there."""
        path, _ = self.files.get(kind, ("", ""))
        return Path(path) if path else None

    @property
    def notes(self) -> list[str]:
        """Say why files are not there."""
        return [
            f"{kind}: {self.files.get(kind, ('', find.NOT_THERE))[1]}"
            for kind in _TYPES
            if self.path(kind) is None
        ]


# --------------------------------------------------------------------- arguments


def check_arguments(
    search: Search, names_or_rows: object, location: object, *, clean: bool
) -> Asked:
    """Check the arguments of ``get_spectra``."""
    if isinstance(names_or_rows, Row):
        names_or_rows = Table(names_or_rows)
    if not isinstance(location, str | os.PathLike) or isinstance(os.fspath(location), bytes):
        raise InputTypeError(f"location is {location!r}; expected a folder: location='spectra'.")
    root = Path(location).expanduser()
    if not str(root).isprintable():
        raise InvalidQueryError(
            f"location {str(root)!r} has characters that a script cannot name. Take another folder."
        )
    is_table = isinstance(names_or_rows, Table)
    # Read once: it may be a generator.
    whose = (
        find.whose(names_or_rows)
        if is_table
        else {"source_names": detections.read_names(names_or_rows), "obsid": None}
    )
    every, good = (
        detections.check_arguments(
            search,
            **whose,
            level="observation",
            match_type=None,
            columns=["instrument", "livetime", "theta"],
            filters=filters,
        )
        for filters in (None, clean_flags("observation"))
    )
    return Asked(every, good if clean else None, _only(names_or_rows), root)


def _only(rows: object) -> frozenset[Key] | None:
    """Read which detections are wanted; None where all of the sources' are."""
    if not isinstance(rows, Table) or "obsid" not in rows.colnames:
        return None
    lacking = [key for key in ("obi", "region_id") if key not in rows.colnames]
    if lacking:
        raise InvalidQueryError(
            f"The table has obsid, but no {' and no '.join(lacking)}, so its detections are not "
            "known. Give rows of Csc.query_detections(…), or names."
        )
    return frozenset(_key(place) for place in find.read_places(rows))


def _key(place: find.Place) -> Key:
    """Give the keys of a spectrum's files, and the name of the source if it is known."""
    return (place.name, place.obsid, place.obi, place.region_id)


def _is_wanted(key: Key, only: frozenset[Key] | None) -> bool:
    """Tell whether a detection is among those that are wanted, by name or without one."""
    return only is None or key in only or ("", *key[1:]) in only


def requests(search: Search, asked: Asked) -> list[Query]:
    """Build the requests for the detections."""
    return detections.requests(search, asked.every if asked.clean is None else asked.clean)


# ---------------------------------------------------------------------- answer


def get_spectra(search: Search, archive: Archive, asked: Asked) -> Table:
    """Answer ``get_spectra``."""
    rows, left = _choose(search, asked)
    meta = {**rows.meta, "LEFTOUT": _words(left) or "none", "SHERPA": "", "XSPEC": ""}
    if left:
        warn(
            f"{sum(left.values())} detections are left out ({_words(left)}); {len(rows)} remain.",
            NoResultsWarning,
        )
    found: list[tuple[int, _Set, pha.Spectrum | str]] = []
    if len(rows):
        files = find.product_list(search, archive, find.check_arguments(rows, _TYPES, None))
        wanted = download.check_arguments(archive, files, asked.root, overwrite=False)
        sets = _sets(rows, download.download(archive, wanted))
        found = [(row, one, _mended(one)) for row, one in track(sets, "spectra")]
        meta |= files.meta
    loaded = [spectrum.path for _, _, spectrum in found if isinstance(spectrum, pha.Spectrum)]
    if loaded:
        sherpa, xspec = scripts.write_scripts(asked.root, loaded)
        meta |= {"SHERPA": str(sherpa), "XSPEC": str(xspec)}
    table = _table(rows, found)
    table.meta.update(meta | {"NROWS": len(table)})
    return table


def _choose(search: Search, asked: Asked) -> tuple[Table, Counter[str]]:
    """Pick unique detections by ACIS, clean ones where wanted, and count the others by reason."""
    table, fetched, _ = detections.fetch(search, asked.every)
    warn_missing(search, table, (), source_names=asked.every.names)
    keys = [_key(place) for place in find.read_places(table)]
    good = set(keys)
    if asked.clean is not None and keys:
        clean, _, _ = detections.fetch(search, asked.clean)
        good = {_key(place) for place in find.read_places(clean)}
    kept, left = [], Counter[str]()
    for row, key in enumerate(keys):
        if not _is_wanted(key, asked.only):
            continue
        reason = _reason(table[row], is_clean=key in good)
        left.update([reason] if reason else [])
        kept += [] if reason else [row]
    there = {*keys, *(("", *key[1:]) for key in keys)}
    left.update(["not in the catalogue"] * len((asked.only or frozenset()) - there))
    return search.report(table[kept], fetched), left


def _reason(row: Row, *, is_clean: bool) -> str:
    """Say why a detection has no spectrum here; an empty string where it has."""
    if str(row["match_type"]) != "u":
        return "shared or not detected"
    if instrument_of(str(row["instrument"])) != "ACIS":
        return "by the HRC"
    return "" if is_clean else "not clean"


def _words(left: Counter[str]) -> str:
    """Write what was left out."""
    return ", ".join(f"{reason}: {number}" for reason, number in sorted(left.items()))


def _sets(rows: Table, done: Table) -> list[tuple[int, _Set]]:
    """Put spectra and responses together, by detection; alternating exposures have two of each."""
    files: dict[Key, dict[str, dict[str, tuple[str, str]]]] = {}
    for number, place in enumerate(find.read_places(done)):
        path, note = str(done["path"][number]), str(done["note"][number])
        name = read_file_name(str(done["filename"][number]))
        cycle = "" if name is None else name.cycle
        cycles = files.setdefault(_key(place), {})
        cycles.setdefault(cycle, {})[str(done["type"][number])] = (path, note)
    return [
        (row, _Set(one))
        for row, place in enumerate(find.read_places(rows))
        for _, one in sorted(files.get(_key(place), {"": {}}).items())
    ]


def _mended(one: _Set) -> pha.Spectrum | str:
    """Mend a spectrum, or say why there is no spectrum."""
    packed = one.path("pha")
    if packed is None:
        return ""
    try:
        return pha.mend(packed, one.path("arf"), one.path("rmf"))
    except pha.SpectrumError as error:
        return download.short(error)


# ------------------------------------------------------------------------ polish


def _table(rows: Table, found: Sequence[tuple[int, _Set, pha.Spectrum | str]]) -> Table:
    """Make the result: one row per spectrum."""
    picked = rows[[row for row, _, _ in found]]
    spectra = [one if isinstance(one, pha.Spectrum) else None for _, _, one in found]
    paths = {
        "pha": ["" if one is None else str(one.path) for one in spectra],
        **{kind: [str(one.path(kind) or "") for _, one, _ in found] for kind in _TYPES[1:]},
    }
    words = {"pha": "spectrum", "arf": "effective area", "rmf": "energy response"}
    columns = [picked[key] for key in _KEYS]
    columns += [_text(kind, paths[kind], f"file of the {words[kind]}") for kind in _TYPES]
    columns += [
        _number(
            "counts",
            [None if one is None else one.counts for one in spectra],
            u.count,
            "counts, all channels",
        ),
        _number(
            "exposure",
            [None if one is None else one.exposure_s for one in spectra],
            u.s,
            "exposure",
        ),
        picked["theta"],
        _text("note", [_note(one, what) for _, one, what in found], "what is not there, or mended"),
    ]
    return Table(columns, copy=False)


def _note(one: _Set, spectrum: pha.Spectrum | str) -> str:
    """Say what is not there, and which keywords were mended."""
    notes = one.notes
    if isinstance(spectrum, str):
        return "; ".join([*notes, spectrum] if spectrum else notes)
    return "; ".join([*notes, *([f"mended: {', '.join(spectrum.mended)}"] * bool(spectrum.mended))])


def _text(name: str, texts: Sequence[str], description: str) -> Column:
    """Make a column of text."""
    values = np.array(texts, dtype=np.str_) if texts else np.zeros(0, "U1")
    return Column(values, name=name, description=description)


def _number(name: str, cells: Sequence[float | None], unit: u.UnitBase, what: str) -> Column:
    """Make a column of numbers, masked where there is no number."""
    values = np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
    mask = np.isnan(values)
    words = {"name": name, "unit": unit, "description": what}
    if name == "counts":
        values = np.where(mask, 0, values).astype(np.int64)
    return MaskedColumn(values, mask=mask, **words) if mask.any() else Column(values, **words)
