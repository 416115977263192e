# Licensed under a 3-clause BSD style license - see LICENSE
"""
Which files the test archive has: those of the synthetic detections, under names made as the CXC's.

Reconstructed are the ways to ask (from CIAO's search_csc) and the names (from the CXC's pages).
Invented are the revisions, and which files are missing: light curves and posteriors of what was
not measured.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from astropy.table import Table

from astroquery_csc.catalogue.bands import BANDS, INSTRUMENT_BANDS
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.products.types import PRODUCT_TYPES, ProductType, read_file_name

__all__ = ["ArchiveFile", "FileHoldings", "Subject"]

#: Types of files that are there only where something was measured in the band.
_MEASURED = frozenset({"lc", "aperphot", "draws", "stkdraws", "stkaperphot"})
_NUMBERS = ("livetime", "gti_start", "gti_stop", "ra_nom", "dec_nom", "roll_nom")
_LIMITS = ("", "_lolim", "_hilim")
_RATES = tuple(
    f"{stem}_{band}"
    for band in BANDS
    for stem in (
        *(f"{kind}_aper{limit}" for kind in ("flux", "photflux") for limit in _LIMITS),
        "src_rate_aper",
    )
)

Region = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a file is about."""

    owner: str
    instrument: str
    region_id: int | None = None
    numbers: dict[str, float] = field(default_factory=dict)

    def number(self, name: str, default: float = 0.0) -> float:
        """Give a number."""
        value = self.numbers.get(name, default)
        return default if np.isnan(value) else value


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file of the archive."""

    kind: ProductType
    band: str
    subject: Subject
    release: str

    @property
    def revision(self) -> int:
        """How often it was made, which differs by type and release."""
        return 20 + zlib.crc32(f"{self.kind.name} {self.release}".encode()) % 10

    @property
    def filename(self) -> str:
        """What it is called."""
        return self.name_of(self.kind)

    def name_of(self, kind: ProductType) -> str:
        """Name a file of the same subject."""
        other = ArchiveFile(kind, self.band if kind.banded else "", self.subject, self.release)
        owner, region = self.subject.owner, self.subject.region_id
        stem = f"{self.subject.instrument.lower()}f{owner}" if owner[:5].isdigit() else owner
        place = "" if "region" not in kind.level else f"_r{region:04d}"
        band = other.band if place or not other.band else f"_{other.band}"
        return f"{stem}N{other.revision:03d}{place}{band}_{kind.extension}{kind.suffix}"


class FileHoldings:
    """The files of one release."""

    def __init__(self, tables: Mapping[str, Table], release: Release) -> None:
        self._release = release
        self._tables = tables

    def browse(self, spec: str) -> list[ArchiveFile]:
        """List files as csccli is asked for them."""
        whose, _, what = spec.partition("/")
        filetype, _, band = what.partition("/")
        return [
            file
            for kind in PRODUCT_TYPES.values()
            if kind.filetype == filetype
            for subject in self._subjects(kind, whose)
            for file in self._files(kind, subject)
            if band in {"", file.band}
        ]

    def find(self, filename: str, filetype: str) -> ArchiveFile | None:
        """Find a file by its name."""
        name = read_file_name(filename)
        if name is None:
            return None
        if name.owner.startswith("2CXOJ"):
            whose = [f"{o}.{i}.{r}" for o, i, r in self._by_master.get(name.owner, ())[:1]]
        elif name.owner in self._stacks and name.region_id is not None:
            regions = self._by_stack.get((name.owner, name.region_id), ())
            whose = [f"{o}.{i}.{r}" for o, i, r in regions[:1]]
        elif name.owner in self._stacks:
            whose = [name.owner, *self._any_region(name.owner)]
        else:
            obsid, _, obi = name.owner.partition("_")
            whose = [f"{int(obsid)}.{int(obi)}.{'' if name.region_id is None else name.region_id}"]
        for one in whose:
            for file in self.browse(f"{one}/{filetype}/{name.band}"):
                if file.filename == filename:
                    return file
        return None

    # ---------------------------------------------------------------- whose

    def _subjects(self, kind: ProductType, whose: str) -> Iterator[Subject]:
        """Name what is asked about, at the level that the type belongs to."""
        if whose in self._stacks:
            if kind.level == "stack" and not kind.by_region:
                yield self._stacks[whose]
            return
        parts = whose.split(".")
        if len(parts) != 3 or not all(part.isdigit() for part in parts[:2]):
            return
        obsid, obi = int(parts[0]), int(parts[1])
        if not parts[2]:
            # CIAO asks for the files of a stack in this way, too.
            yield from self._of_observation(kind, (obsid, obi))
        elif parts[2].isdigit() and (obsid, obi, int(parts[2])) in self._regions:
            yield from self._of_region(kind, (obsid, obi, int(parts[2])))

    def _of_observation(self, kind: ProductType, key: tuple[int, int]) -> Iterator[Subject]:
        """Name an observation, or its stack."""
        if kind.level == "observation" and key in self._observations:
            yield self._observations[key]
        elif kind.level == "stack" and not kind.by_region and key in self._observations:
            yield self._stacks[self._stack_of[key]]

    def _of_region(self, kind: ProductType, key: Region) -> Iterator[Subject]:
        """Name a source region, the region of its stack, or its sources."""
        subject = self._regions[key]
        stack = self._stack_of[key[:2]]
        masters = self._masters.get((stack, key[2]), [])
        if kind.level == "source region":
            if not masters or not all(master.endswith("X") for master in masters):
                yield subject
        elif kind.level == "stack region":
            numbers = subject.numbers | self._detections.get((stack, key[2]), {})
            yield Subject(stack, subject.instrument, key[2], numbers)
        elif kind.level == "stack" and kind.by_region:
            yield self._stacks[stack]
        elif kind.level == "master":
            for master in masters:
                numbers = subject.numbers | self._sources.get(master, {})
                yield Subject(master, subject.instrument, None, numbers)

    def _files(self, kind: ProductType, subject: Subject) -> Iterator[ArchiveFile]:
        """Name the files of one type about something."""
        is_hrc = subject.instrument == "HRC"
        if is_hrc and (kind.acis_only or kind.suffix == ".jpg"):
            return
        if kind.name == "srcpoly" and not subject.owner.endswith("X"):
            return
        letters = INSTRUMENT_BANDS[subject.instrument] if kind.banded else ("",)
        for band in letters:
            measured = not np.isnan(subject.numbers.get(f"flux_aper_{band}", np.nan))
            if measured or kind.name not in _MEASURED:
                yield ArchiveFile(kind, band, subject, self._release.name)

    def _any_region(self, stack: str) -> Iterator[str]:
        """Name a source region of a stack."""
        for (of_stack, _), regions in self._by_stack.items():
            if of_stack == stack:
                obsid, obi, region = regions[0]
                yield f"{obsid}.{obi}.{region}"
                return

    # --------------------------------------------------------------- tables

    def _table(self, name: str) -> Table:
        """Give a table; an empty one where whoever started the service brought none."""
        return self._tables.get(f"{self._release.schema}.{name}", Table())

    @cached_property
    def _stack_of(self) -> dict[tuple[int, int], str]:
        """Give the stack of each observation."""
        return {
            (int(row[1]), int(row[2])): str(row[0])
            for row in _rows(self._table("detect_stack"), "detect_stack_id", "obsid", "obi")
        }

    @cached_property
    def _regions(self) -> dict[Region, Subject]:
        """Give what is known of each source region."""
        table = self._table("observation_source")
        values = _numbers(table, (*_NUMBERS, *_RATES))
        found = {}
        rows = _rows(table, "obsid", "obi", "region_id", "instrument")
        for (obsid, obi, region, instrument), known in zip(rows, values, strict=False):
            key = (int(obsid), int(obi), int(region))
            numbers = dict(known)
            stack = self._stack_of.get(key[:2], "")
            detection = self._detections.get((stack, key[2]), {})
            numbers |= {axis: detection[axis] for axis in ("ra", "dec") if axis in detection}
            owner = f"{key[0]:05d}_{key[1]:03d}"
            found[key] = Subject(owner, str(instrument).strip(), key[2], numbers)
        return found

    @cached_property
    def _detections(self) -> dict[tuple[str, int], dict[str, float]]:
        """Give position and photometry of each detection in a stack."""
        table = self._table("stack_source")
        keys = _rows(table, "detect_stack_id", "region_id")
        values = _numbers(table, ("ra", "dec", *_RATES))
        return {
            (str(stack), int(region)): numbers
            for (stack, region), numbers in zip(keys, values, strict=False)
        }

    @cached_property
    def _sources(self) -> dict[str, dict[str, float]]:
        """Give the photometry of each master, by its name in file names."""
        table = self._table("master_source")
        values = _numbers(table, _RATES)
        return {
            _spelled(str(name)): numbers
            for (name,), numbers in zip(_rows(table, "name"), values, strict=False)
        }

    @cached_property
    def _observations(self) -> dict[tuple[int, int], Subject]:
        """Give what is known of each observation; those without any detection are not there."""
        found: dict[tuple[int, int], Subject] = {}
        for (obsid, obi, _), subject in self._regions.items():
            numbers = {name: subject.numbers.get(name, np.nan) for name in _NUMBERS}
            numbers |= {"ra": numbers["ra_nom"], "dec": numbers["dec_nom"]}
            found.setdefault(
                (obsid, obi), Subject(subject.owner, subject.instrument, None, numbers)
            )
        return found

    @cached_property
    def _stacks(self) -> dict[str, Subject]:
        """Give what is known of each stack: that of one of its observations."""
        return {
            stack: Subject(
                stack, self._observations[key].instrument, None, self._observations[key].numbers
            )
            for key, stack in self._stack_of.items()
            if key in self._observations
        }

    @cached_property
    def _masters(self) -> dict[tuple[str, int], list[str]]:
        """Give the sources of each detection of a stack, as file names spell them."""
        found: dict[tuple[str, int], list[str]] = {}
        table = self._table("master_stack_assoc")
        for name, stack, region in _rows(table, "name", "detect_stack_id", "region_id"):
            found.setdefault((str(stack), int(region)), []).append(_spelled(str(name)))
        return found

    @cached_property
    def _by_stack(self) -> dict[tuple[str, int], list[Region]]:
        """Give the source regions of each detection of a stack."""
        found: dict[tuple[str, int], list[Region]] = {}
        for key in self._regions:
            found.setdefault((self._stack_of[key[:2]], key[2]), []).append(key)
        return found

    @cached_property
    def _by_master(self) -> dict[str, list[Region]]:
        """Give the source regions of each source."""
        found: dict[str, list[Region]] = {}
        for place, masters in self._masters.items():
            for master in masters:
                found.setdefault(master, []).extend(self._by_stack.get(place, ()))
        return found

    def images(
        self, kind: ProductType, is_near: Callable[[Subject], bool]
    ) -> Iterator[ArchiveFile]:
        """List the images of one type that are of something near a place."""
        if kind.level in {"observation", "stack"}:
            fields = self._observations if kind.level == "observation" else self._stacks
            subjects: Iterable[Subject] = fields.values()
        else:
            regions = [key for key, subject in self._regions.items() if is_near(subject)]
            every = [one for key in regions for one in self._of_region(kind, key)]
            subjects = {(one.owner, one.region_id): one for one in every}.values()
        for subject in filter(is_near, subjects):
            yield from self._files(kind, subject)


def _spelled(name: str) -> str:
    """Spell the name of a source as file names do."""
    digits = name.strip().removeprefix("2CXO ").replace(".", "")
    return "2CXO" + digits.replace("+", "p").replace("-", "m")


def _numbers(table: Table, names: Iterable[str]) -> list[dict[str, float]]:
    """Give what each row has of some columns of numbers; null is NaN."""
    there = [name for name in names if name in table.colnames]
    cells: list[Any] = [
        np.ma.filled(np.ma.asarray(table[name], dtype=float), np.nan) for name in there
    ]
    rows = np.stack(cells, axis=1).tolist() if cells else [[]] * len(table)
    return [dict(zip(there, row, strict=True)) for row in rows]


def _rows(table: Table, *names: str) -> Iterator[tuple[Any, ...]]:
    """Give the rows of some columns; no rows if the table lacks one of them."""
    if all(name in table.colnames for name in names):
        yield from zip(*(np.ma.asarray(table[name]).tolist() for name in names), strict=True)
