# Licensed under a 3-clause BSD style license - see LICENSE
"""
Light curves: the observations of one source, band by band, with limits kept and marked.

Each row is one measurement of one detection: unique, ambiguous and forced ones all come, and say
what they are. Nothing is averaged, filled in or left out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Column, MaskedColumn, Table
from astroquery.exceptions import NoResultsWarning
from numpy.typing import NDArray

from astroquery_csc.catalogue import schema
from astroquery_csc.catalogue.bands import BANDS, INSTRUMENT_BANDS, instrument_of, read_bands
from astroquery_csc.catalogue.suggest import did_you_mean
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, warn
from astroquery_csc.follow.absence import warn_missing
from astroquery_csc.follow.detections import Asked, fetch, requests
from astroquery_csc.follow.levels import LEVELS, QUALITY, Reader
from astroquery_csc.follow.nearest import Place, check_source, read_source
from astroquery_csc.search.ask import Search

__all__ = ["light_curve"]

_LEVEL = LEVELS["observation"]
_LIMITS = ("", "_lolim", "_hilim")
_TIMES = ("gti_mjd_obs", "gti_elapse")
_SECONDS_PER_DAY = 86_400.0
_CLOCK = "MJD (TT) at the telescope, not barycentred"


def light_curve(
    search: Search, source: object, radius: object, bands: object, flux: object, *, describe: bool
) -> Table | dict[str, Any]:
    """Answer ``query_light_curve``."""
    check_source(source)
    letters = read_bands(bands)
    stem = _stem(flux, search, letters[0])
    reader = Reader(_LEVEL, search.release, search.ask)
    columns = ["instrument", *_TIMES, "livetime", "theta", *reader.existing(QUALITY)]
    columns += [f"{stem}{limit}_{band}" for band in letters for limit in _LIMITS]
    place = read_source(search, source, radius)
    if isinstance(place, Place) and describe:
        return search.shown(place.requests(search))
    name, more = place.find(search) if isinstance(place, Place) else (place, {})
    asked = Asked(
        level=_LEVEL,
        names=(name,),
        obsids=(),
        outputs=reader.outputs(columns),
        conditions=(),
        match=None,
    )
    if describe:
        return search.shown(requests(search, asked))
    found, rows, _ = fetch(search, asked)
    warn_missing(search, found, (), source_names=asked.names)
    table = _by_band(found, letters, stem)
    _warn_bands(found, table, letters)
    more |= {"OBJECT": name, "FLUX": stem, "TIME": _CLOCK, "LIMITS": "68%"}
    return search.report(table, rows, **more)


def _stem(flux: object, search: Search, band: str) -> str:
    """Read which quantity is wanted: a column of observations, without its band."""
    if not isinstance(flux, str):
        raise InputTypeError(f"flux is {flux!r}; expected a column without its band: 'flux_aper'.")
    known = schema.get_tables(search.release.name)[_LEVEL.table].columns
    stems = [
        column.removesuffix("_b")
        for column in known
        if column.endswith("_b") and column.removesuffix("_b") + "_lolim_b" in known
    ]
    if flux in stems:
        return flux
    if flux[-2:-1] == "_" and flux[-1] in BANDS:
        raise InvalidQueryError(
            f"flux {flux!r} has its band with it. Write flux={flux[:-2]!r}, bands={flux[-1]!r}."
        )
    told = search.ask(_LEVEL.table)
    if told is None or all(f"{flux}{limit}_{band}" in told for limit in _LIMITS):
        return flux
    raise InvalidQueryError(
        f"flux {flux!r} is not measured in observations of release {search.release.name}, with "
        f"limits, by band.{did_you_mean(flux, stems)} There are {', '.join(stems)}.",
        release=search.release.name,
    )


@dataclass(frozen=True, slots=True)
class _Curve:
    """Detections, and which of them with which band make the rows of a light curve."""

    table: Table
    bands: tuple[str, ...]
    row: NDArray[np.intp]
    band: NDArray[np.intp]

    def measured(self, stem: str, limit: str) -> Column:
        """Take the values of one quantity, each from the column of its band."""
        parts = [self.table[f"{stem}{limit}_{letter}"] for letter in self.bands]
        stacked = np.ma.array([_floats(part) for part in parts])
        words = str(parts[0].description or "").partition(";")[0]
        if limit == "_hilim":
            words += "; where is_limit is set, the upper limit, at 68%"
        return _maskable(
            stacked[self.band, self.row],
            name=f"flux{limit}",
            unit=parts[0].unit,
            description=words.strip("; "),
        )


def _curve(table: Table, bands: tuple[str, ...]) -> _Curve:
    """Pair each row with the bands of its instrument; with all of them where it names none."""
    instruments = [instrument_of(str(cell)) for cell in table["instrument"].tolist()]
    allowed = np.array(
        [[band in INSTRUMENT_BANDS.get(name, BANDS) for band in bands] for name in instruments],
        dtype=bool,
    ).reshape(len(table), len(bands))
    row, band = np.nonzero(allowed)
    start = _floats(table["gti_mjd_obs"]).filled(np.nan)
    order = np.lexsort((band, row, start[row]))
    return _Curve(table, bands, row[order], band[order])


def _by_band(table: Table, bands: tuple[str, ...], stem: str) -> Table:
    """Give each measurement of each detection a row of its own, in order of time."""
    curve = _curve(table, bands)
    picked = table[curve.row]
    flux = [curve.measured(stem, limit) for limit in _LIMITS]
    letters = np.array(bands, dtype="U1")[curve.band]
    columns = [
        *(picked[key] for key in _LEVEL.keys),
        Column(letters, name="band", description="energy band; w is the HRC's"),
        picked["instrument"],
        *_clock(picked),
        picked["livetime"],
        *flux,
        _is_limit(*flux),
        picked["match_type"],
        *(picked[name] for name in QUALITY if name in picked.colnames),
        picked["theta"],
    ]
    return Table(columns, copy=False)


def _floats(column: Column) -> Any:
    """Give a column as masked doubles."""
    return np.ma.asarray(column, dtype=np.float64)


def _maskable(values: Any, **words: Any) -> Column:
    """Make a column, masked only where there are nulls, as every table here has them."""
    mask = np.ma.getmaskarray(values)
    if not mask.any():
        return Column(np.ma.getdata(values), **words)
    return MaskedColumn(np.ma.filled(values, np.nan), mask=mask, **words)


def _is_limit(flux: Column, lolim: Column, hilim: Column) -> Column:
    """Mark upper limits: value and lower bound 0, upper bound above 0; nothing of it null."""
    limit = (flux == 0) & (lolim == 0) & (hilim > 0)
    return Column(
        np.ma.filled(limit, fill_value=False).astype(bool),
        name="is_limit",
        description="flux_hilim is an upper limit, at 68%; False too where there is no measurement",
    )


def _clock(picked: Table) -> list[Column]:
    """Give start, middle and stop of each observation."""
    start = _floats(picked["gti_mjd_obs"])
    length = _floats(picked["gti_elapse"]) / _SECONDS_PER_DAY
    times = {
        "start": ("start", start),
        "mid": ("middle", start + length / 2),
        "stop": ("end", start + length),
    }
    return [
        _maskable(
            values,
            name=f"mjd_{name}",
            unit=u.d,
            description=f"{word} of the observation, {_CLOCK}",
        )
        for name, (word, values) in times.items()
    ]


def _warn_bands(found: Table, table: Table, bands: tuple[str, ...]) -> None:
    """Warn where there are observations, but by an instrument without these bands."""
    if len(table) or not len(found):
        return
    seen = sorted({instrument_of(str(cell)) for cell in found["instrument"].tolist()})
    others = ", ".join(band for name in seen for band in INSTRUMENT_BANDS[name])
    warn(
        f"No observation of the source has band {', '.join(bands)}: they are by "
        f"{' and '.join(seen)}, with {others}.",
        NoResultsWarning,
    )
