# Licensed under a 3-clause BSD style license - see LICENSE
"""Fluxes and their bounds at any level, from the posteriors of rows of the catalogue."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from astropy import units as u
from astropy.table import Column, MaskedColumn, Row, Table
from astroquery.exceptions import NoResultsWarning

from astroquery_csc.catalogue import schema
from astroquery_csc.catalogue.bands import BANDS, INSTRUMENT_BANDS
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, warn
from astroquery_csc.follow import detections
from astroquery_csc.follow.levels import LEVELS
from astroquery_csc.products import download, find
from astroquery_csc.products.posterior import (
    CATALOGUE_LEVEL,
    Interval,
    PosteriorError,
    read_posterior,
)
from astroquery_csc.products.types import OWNER_KEYS, PRODUCT_TYPES
from astroquery_csc.progress import track
from astroquery_csc.search import arguments
from astroquery_csc.search.ask import Search
from astroquery_csc.service.cache_folder import private_folder
from astroquery_csc.service.files import Archive

__all__ = [
    "Asked",
    "check_arguments",
    "check_level",
    "clear",
    "limits",
]

_FOLDER = "posteriors"
_PHOTON_FLUX = u.photon / u.s / u.cm**2
_ENERGY_FLUX = u.erg / u.s / u.cm**2
BOUNDS = ("", "_lolim", "_hilim")

Key = tuple[Any, ...]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of posteriors, checked."""

    files: find.Asked
    level: float
    stem: str = "flux_aper"

    @property
    def kind(self) -> str:
        """The type of file."""
        return self.files.kinds[0].name

    @property
    def photon_stem(self) -> str:
        """The photon flux that the posterior is of."""
        return f"photflux_aper{self.aperture}"

    @property
    def aperture(self) -> str:
        """The aperture, as the names of columns end."""
        return "90" if "aper90" in self.stem else ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one posterior says; at the catalogue's own level, too."""

    filename: str = ""
    note: str = ""
    wanted: Interval | None = None
    usual: Interval | None = None


# --------------------------------------------------------------------- arguments


def check_level(level: object) -> float:
    """Read the probability between the bounds."""
    if not arguments.is_real(level):
        raise InputTypeError(f"level is {level!r}; expected a probability, such as 0.9973.")
    if not 0 < float(level) < 1:
        raise InvalidQueryError(
            f"level is {level!r}; expected a probability between 0 and 1, such as 0.9973 (3 sigma)."
        )
    return float(level)


def check_arguments(rows: object, level: object, bands: object) -> Asked:
    """Check the arguments of ``query_limits``."""
    probability = check_level(level)
    if isinstance(rows, Row):
        rows = Table(rows)
    if not isinstance(rows, Table):
        raise InputTypeError(
            f"rows is a {type(rows).__name__}; expected a Table. Write "
            "query_limits(Csc.query_detections('2CXO J…'))."
        )
    asked = Asked(find.check_arguments(rows, _kind_of(rows), bands), probability)
    for name in (name for band in asked.files.bands or BANDS for name in _columns(asked, band)):
        if name in rows.colnames:
            _cells(rows, name, asked)
    return asked


def _kind_of(rows: Table) -> str:
    """Tell by the keys of rows what they are rows of, and which posteriors they have."""
    for kind in ("aperphot", "stkaperphot", "srcaperphot"):
        if all(key in rows.colnames for key in OWNER_KEYS[PRODUCT_TYPES[kind].level]):
            return kind
    raise InvalidQueryError(
        "The rows have no keys, so their posteriors cannot be found: a table needs 'obsid', "
        "'obi' and 'region_id' (observations), 'name', 'detect_stack_id' and 'region_id' (stacks) "
        "or 'name' (masters). Give rows of query_detections, query_object or query_region."
    )


# ---------------------------------------------------------------------- answer


def limits(search: Search, archive: Archive, asked: Asked, folder: Path | None) -> Table:
    """Answer ``query_limits``; files are kept in a folder, or nowhere."""
    places = find.read_places(asked.files.rows)
    measured, listed = measure(search, archive, asked, folder)
    by_owner: dict[Key, list[tuple[str, Measured]]] = {}
    for (*owner, band), found in measured.items():
        by_owner.setdefault(tuple(owner), []).append((band, found))
    pairs = [
        (row, band, found)
        for row, place in enumerate(places)
        for band, found in by_owner.get(owner_of(asked.kind, place), _without_keys(asked, place))
    ]
    table = _table(search, asked, pairs)
    table.meta.update(listed.meta | {"LEVEL": asked.level, "NROWS": len(table)})
    _warn(table)
    return table


def _without_keys(asked: Asked, place: find.Place) -> list[tuple[str, Measured]]:
    """Answer for a row whose keys are masked."""
    bands = asked.files.bands or INSTRUMENT_BANDS.get(place.instrument, BANDS)
    return [(band, Measured(note="a key of the row is masked")) for band in bands]


def clear(folder: Path | None) -> None:
    """Remove the posteriors that are kept."""
    if folder is not None:
        shutil.rmtree(folder / _FOLDER, ignore_errors=True)


def owner_of(kind: str, place: find.Place) -> Key:
    """Give the keys of what a posterior belongs to."""
    return tuple(getattr(place, key) for key in OWNER_KEYS[PRODUCT_TYPES[kind].level])


def measure(
    search: Search, archive: Archive, asked: Asked, folder: Path | None
) -> tuple[dict[Key, Measured], Table]:
    """Fetch and integrate posteriors, by their owners and bands."""
    listed = find.product_list(search, archive, asked.files)
    with _folder(folder, search.release.name) as place:
        wanted = download.check_arguments(
            archive, listed, place, overwrite=search.release.cache_seconds >= 0
        )
        done = download.download(archive, wanted) if len(listed) else None
        found: dict[Key, Measured] = {}
        for number, owner in enumerate(track(find.read_places(listed), "posteriors")):
            band = "" if listed["band"][number] is np.ma.masked else str(listed["band"][number])
            if done is not None:
                found[*owner_of(asked.kind, owner), band] = _integrate(done[number], asked)
    return found, listed


@contextmanager
def _folder(folder: Path | None, release: str) -> Iterator[Path]:
    """Give the folder of posteriors: one that stays, or one that goes if others could fill it."""
    if folder is not None and private_folder(folder / _FOLDER):
        yield folder / _FOLDER / release
        return
    with tempfile.TemporaryDirectory(prefix="csc-posteriors-") as place:
        yield Path(place)


def _integrate(row: Row, asked: Asked) -> Measured:
    """Read one posterior; what is wrong with it becomes a note."""
    filename = str(row["filename"])
    if not row["path"]:
        return Measured(filename, str(row["note"]))
    try:
        posterior = read_posterior(str(row["path"]), aperture=asked.aperture)
        wanted = posterior.interval(asked.level)
        return Measured(filename, "", wanted, posterior.interval(CATALOGUE_LEVEL))
    except PosteriorError as error:
        return Measured(filename, download.short(error))


# ------------------------------------------------------------------------ energy


def _columns(asked: Asked, band: str) -> list[str]:
    """Name the columns that turn photons into energies."""
    return [
        f"{stem}{bound}_{band}" for stem in (asked.stem, asked.photon_stem) for bound in BOUNDS[::2]
    ]


def _with_fluxes(search: Search, asked: Asked, bands: Sequence[str]) -> dict[Key, dict[str, float]]:
    """Give the catalogue's fluxes by owner; those that the rows lack are asked for."""
    rows, places = asked.files.rows, find.read_places(asked.files.rows)
    names = [name for band in bands for name in _columns(asked, band)]
    prefix = ""
    if not all(name in rows.colnames for name in names if name.startswith(asked.stem)):
        rows, prefix = _ask(search, asked, names)
        places = find.read_places(rows)
    there = [name for name in names if prefix + name in rows.colnames]
    values = {name: _cells(rows, prefix + name, asked) for name in there}
    return {
        owner_of(asked.kind, place): {name: float(values[name][row]) for name in there}
        for row, place in enumerate(places)
    }


def _cells(rows: Table, name: str, asked: Asked) -> Floats:
    """Read fluxes in the catalogue's units; null is NaN."""
    column = rows[name]
    unit = _PHOTON_FLUX if asked.photon_stem in name else _ENERGY_FLUX
    value = getattr(column, "unmasked", column)
    try:
        numbers = np.array(np.ma.getdata(getattr(value, "value", value)), dtype=np.float64)
        if asked.stem.startswith("flux_") and column.unit is not None:
            numbers = (numbers * u.Unit(column.unit)).to_value(unit)
    except (TypeError, ValueError, u.UnitsError) as error:
        raise InvalidQueryError(
            f"The column {name!r} does not hold fluxes in {unit} or a unit like it: {error}"
        ) from error
    mask = getattr(column, "mask", None)
    return numbers if mask is None else np.where(mask, np.nan, numbers)


def _ask(search: Search, asked: Asked, names: Sequence[str]) -> tuple[Table, str]:
    """Ask for the fluxes of the rows' sources, at the level of the rows."""
    name = "observation" if asked.kind == "aperphot" else "stack"
    alias, prefix = ("m.", "master_") if asked.kind == "srcaperphot" else ("", "")
    table = "master_source" if alias else LEVELS[name].table
    known = schema.get_tables(search.release.name)[table].columns
    told = search.ask(table) or frozenset(known)
    wanted = detections.check_arguments(
        search,
        **find.whose(asked.files.rows),
        level=name,
        match_type=None,
        columns=["instrument", *(alias + one for one in names if one in told)],
        filters=None,
    )
    return detections.fetch(search, wanted)[0], prefix


def energy_per_photon(
    asked: Asked, band: str, known: Mapping[str, float], usual: Interval
) -> float:
    """Give the row's own ratio of flux to photon flux, or of their upper bounds for a limit."""
    flux, flux_high, photons, photons_high = (
        known.get(name, np.nan) for name in _columns(asked, band)
    )
    # Where the catalogue has no photon flux, the posterior gives it at the catalogue's level.
    photons = usual.value if np.isnan(photons) else photons
    photons_high = usual.hilim if np.isnan(photons_high) else photons_high
    top, bottom = (flux, photons) if flux > 0 and photons > 0 else (flux_high, photons_high)
    return top / bottom if bottom > 0 else np.nan


# ------------------------------------------------------------------------ polish


def _values(
    search: Search, asked: Asked, pairs: Sequence[tuple[int, str, Measured]]
) -> tuple[Floats, Floats]:
    """Give photon fluxes and fluxes with their bounds: three columns each, NaN is null."""
    photons = np.full((len(pairs), 3), np.nan)
    ratio = np.full((len(pairs), 1), np.nan)
    bands = list(dict.fromkeys(band for _, band, found in pairs if found.wanted))
    known = _with_fluxes(search, asked, bands) if bands else {}
    places = find.read_places(asked.files.rows)
    for number, (row, band, found) in enumerate(pairs):
        if found.wanted is not None and found.usual is not None:
            photons[number] = found.wanted.value, found.wanted.lolim, found.wanted.hilim
            fluxes = known.get(owner_of(asked.kind, places[row]), {})
            ratio[number] = energy_per_photon(asked, band, fluxes, found.usual)
    return photons, photons * ratio


def _table(search: Search, asked: Asked, pairs: Sequence[tuple[int, str, Measured]]) -> Table:
    """Make the result: one row per input row and band."""
    photons, fluxes = _values(search, asked, pairs)
    rows = asked.files.rows
    keys = [
        key
        for key in ("name", "detect_stack_id", "region_id", "obsid", "obi", "match_type")
        if key in rows.colnames
    ]
    picked = rows[keys][[row for row, _, _ in pairs]]
    at = f"at a level of {asked.level:g}"
    words = ("mode of the posterior", f"lower bound {at}", f"upper bound {at}")
    columns = [picked[key] for key in keys]
    columns.append(text_column("band", [band for _, band, _ in pairs], "energy band"))
    columns.append(
        Column(
            np.full(len(pairs), asked.level),
            name="level",
            description="probability between the bounds",
        )
    )
    for stem, values, unit in (("photflux", photons, _PHOTON_FLUX), ("flux", fluxes, _ENERGY_FLUX)):
        columns += [
            number_column(f"{stem}{bound}", values[:, place], unit, words[place])
            for place, bound in enumerate(BOUNDS)
        ]
    columns.append(
        Column(
            (photons[:, 0] == 0) & (photons[:, 1] == 0) & (photons[:, 2] > 0),
            name="is_limit",
            description="the mode is 0, so the upper bounds are upper limits at the level",
        )
    )
    columns.append(
        text_column("filename", [found.filename for _, _, found in pairs], "the posterior's file")
    )
    columns.append(
        text_column("note", [found.note for _, _, found in pairs], "why there are no values")
    )
    return Table(columns, copy=False)


def text_column(name: str, texts: Sequence[str], description: str) -> Column:
    """Make a column of text."""
    return Column(
        np.array(texts or np.zeros(0, "U1"), dtype=np.str_), name=name, description=description
    )


def number_column(name: str, values: Floats, unit: u.UnitBase | None, description: str) -> Column:
    """Make a column of numbers, masked where there is no number."""
    mask = np.isnan(values)
    words = {"name": name, "unit": unit, "description": description}
    return MaskedColumn(values, mask=mask, **words) if mask.any() else Column(values, **words)


def _warn(table: Table) -> None:
    """Warn that there are no values, or fewer than rows."""
    lacking = int(np.ma.getmaskarray(table["photflux_hilim"]).sum())
    if lacking and lacking < len(table):
        first = next(note for note in table["note"].tolist() if note)
        warn(
            f"{lacking} of {len(table)} rows have no limits; the column 'note' says why. The first "
            f"one: {first}",
            NoResultsWarning,
        )
    elif lacking == len(table):
        warn("No row has limits; the column 'note' says why.", NoResultsWarning)
