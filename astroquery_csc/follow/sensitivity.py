# Licensed under a 3-clause BSD style license - see LICENSE
"""
How deep positions were observed: the limiting sensitivity, one row per position.

The service answers one position a request, so positions are asked two at a time, each answer is
cached by itself, and a list that broke off goes on where it was. It also takes files with many
positions; how is not known, so that is not used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Column, MaskedColumn, Table
from astroquery.exceptions import BlankResponseWarning
from numpy.typing import NDArray

from astroquery_csc.adql.write import fold
from astroquery_csc.backend import Answer, Depth
from astroquery_csc.catalogue.bands import BANDS, WORDS, read_bands
from astroquery_csc.columns import ArrayColumn, doubles
from astroquery_csc.exceptions import CscError, TableParseError, warn
from astroquery_csc.progress import Streak, two_at_a_time
from astroquery_csc.search.answer import meta_of
from astroquery_csc.search.ask import Search
from astroquery_csc.search.places import Positions, read_positions
from astroquery_csc.sky.geometry import separation_deg

__all__ = ["sensitivity"]

#: What CIAO's search_csc asks with: less than a pixel, so the pixel that holds the place answers.
RADIUS_ARCMIN = 1 / 3600
#: Asked for once more where that gives no row at all: perhaps pixels are found by their centres.
WIDE_ARCMIN = 0.2
#: The service's null is 3.4E38, about the largest number of single precision.
NULL_FROM = 1e38

_KINDS = {
    "flux_sens": (u.erg / u.s / u.cm**2, "energy flux"),
    "photflux_sens": (u.photon / u.s / u.cm**2, "photon flux"),
}
_ALL = tuple(f"{kind}_{band}" for kind in _KINDS for band in BANDS)
_REASON_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class _Found:
    """What the service says of one place: limits by column, NaN for null; of how many pixels."""

    limits: NDArray[np.float64]
    pixels: int
    answer: Answer


def sensitivity(
    search: Search, coordinates: object, bands: object, *, describe: bool
) -> Table | dict[str, Any]:
    """Answer ``query_sensitivity``."""
    letters = read_bands(bands)
    places = read_positions(coordinates, search.resolve)
    every = [
        Depth(ra_deg, dec_deg, RADIUS_ARCMIN)
        for ra_deg, dec_deg in zip(places.ra_deg.tolist(), places.dec_deg.tolist(), strict=True)
    ]
    spots = list(dict.fromkeys(every))
    if describe:
        return search.shown(spots)
    found = dict(zip(spots, _ask_all(search, spots), strict=True))
    return _table(search, places, [found[spot] for spot in every], letters)


# ------------------------------------------------------------------------- send


def _ask_all(search: Search, spots: Sequence[Depth]) -> list[_Found | CscError]:
    """Ask for every place, a few at a time; the error itself where one fails, but not for all."""
    streak = Streak("Try again later; the answers so far are in the cache.")

    def ask(spot: Depth) -> _Found | CscError:
        """Ask for one place, unless the service only fails."""
        try:
            with streak.counted():
                return _ask(search, spot)
        except CscError as error:
            return error

    found = two_at_a_time(ask, spots, "positions")
    errors = [outcome for outcome in found if isinstance(outcome, CscError)]
    if len(errors) == len(found):
        raise errors[0]
    return found


def _ask(search: Search, spot: Depth) -> _Found:
    """Ask for one place; a second time, wider, where the first answer has no row."""
    answer = search.send(spot)
    wide = not len(answer.columns)
    if wide:
        answer = search.send(Depth(spot.ra_deg, spot.dec_deg, WIDE_ARCMIN))
    return _read(answer, spot, wide=wide)


# ----------------------------------------------------------------------- decode


def _read(answer: Answer, spot: Depth, *, wide: bool) -> _Found:
    """Find the pixel of a place in an answer, and its limits."""
    table = answer.columns
    columns = {name.lower(): table[name] for name in table.colnames}
    if not any(name in columns for name in _ALL):
        raise TableParseError(
            f"The answer has no limits (flux_sens_b…); it has {', '.join(table.colnames[:6])}.",
            url=answer.url,
        )
    rows = _containing(columns, spot, len(table), wide=wide)
    limits = np.full((len(_ALL), len(table)), np.nan)
    for place, name in enumerate(_ALL):
        if name in columns:
            limits[place] = doubles(columns[name])
    limits[np.abs(limits) >= NULL_FROM] = np.nan
    chosen = limits[:, rows]
    # The shallowest of several is true wherever among them the place is.
    largest = np.where(np.isnan(chosen), -np.inf, chosen).max(axis=1, initial=-np.inf)
    return _Found(np.where(np.isinf(largest), np.nan, largest), len(rows), answer)


def _containing(
    columns: dict[str, ArrayColumn], spot: Depth, count: int, *, wide: bool
) -> NDArray[np.intp]:
    """
    Find the rows whose pixels may hold a place.

    The nearest centre where the answer has centres, every row where it has none. Of a wide answer
    the nearest may be a neighbour of a pixel that is not there: then it is farther than pixels are
    from each other, and no row is given.
    """
    every = np.arange(count)
    ra, dec = (_centre(columns, axis) for axis in ("ra", "dec"))
    if count < 2 or ra is None or dec is None:
        return every
    distance = separation_deg(ra, dec, spot.ra_deg, spot.dec_deg)
    if np.isnan(distance).any() or (np.ptp(ra) == 0 and np.ptp(dec) == 0):
        return every
    nearest = int(np.argmin(distance))
    others = np.delete(every, nearest)
    spacing = separation_deg(ra[others], dec[others], ra[nearest], dec[nearest]).min()
    if wide and distance[nearest] > spacing:
        return every[:0]
    return every[nearest : nearest + 1]


def _centre(columns: dict[str, ArrayColumn], axis: str) -> NDArray[np.float64] | None:
    """Find one coordinate of the pixels' centres, by its name or its UCD."""
    for name, column in columns.items():
        ucd = str(column.meta.get("ucd", "")).lower().replace("_", ".")
        if name == axis or ucd.startswith(f"pos.eq.{axis}"):
            return doubles(column) if column.dtype.kind == "f" else None
    return None


# ----------------------------------------------------------------------- polish


def _table(
    search: Search,
    places: Positions,
    outcomes: Sequence[_Found | CscError],
    letters: tuple[str, ...],
) -> Table:
    """Make the result; warn where some of it failed."""
    limits = np.stack(
        [
            np.full(len(_ALL), np.nan) if isinstance(one, CscError) else one.limits
            for one in outcomes
        ]
    )
    failed = np.array([isinstance(one, CscError) for one in outcomes])
    covered = ~np.isnan(limits).all(axis=1)
    columns = [
        Column(
            places.ra_deg, name="ra", unit=u.deg, description="ICRS right ascension, as requested"
        ),
        Column(
            places.dec_deg, name="dec", unit=u.deg, description="ICRS declination, as requested"
        ),
    ]
    if not places.scalar:
        index = np.arange(len(outcomes), dtype=np.int32)
        columns.append(Column(index, name="query_index", description="place in the input"))
    columns.append(_status(failed, covered))
    columns += [
        _limit(name, limits[:, place])
        for place, name in enumerate(_ALL)
        if name.rpartition("_")[2] in letters
    ]
    columns += [_pixels(outcomes, failed), _reasons(outcomes)]
    table = Table(columns, copy=False)
    table.meta.update(_meta(search, places, outcomes, covered, failed))
    if failed.any():
        _warn_failed(outcomes, failed)
    return table


def _status(failed: NDArray[np.bool_], covered: NDArray[np.bool_]) -> Column:
    """Say of each position whether it was observed, as far as that is known."""
    words = np.where(failed, "failed", np.where(covered, "covered", "not covered"))
    return Column(
        words.astype("U11"),
        name="status",
        description="covered: observed; not covered: never observed; failed: not known",
    )


def _limit(name: str, values: NDArray[np.float64]) -> Column:
    """Make the column of one limit."""
    kind, _, band = name.rpartition("_")
    unit, what = _KINDS[kind]
    word = next(word for word, letter in WORDS.items() if letter == band)
    instrument = "HRC" if band == "w" else "ACIS"
    description = (
        f"limiting sensitivity, {what}, {instrument} {word} band: the limit for detection in the "
        "stack, not an upper limit measured here"
    )
    null = np.isnan(values)
    if not null.any():
        return Column(values, name=name, unit=unit, description=description)
    return MaskedColumn(values, mask=null, name=name, unit=unit, description=description)


def _pixels(outcomes: Sequence[_Found | CscError], failed: NDArray[np.bool_]) -> Column:
    """Say of how many pixels a limit is the shallowest."""
    counts = [0 if isinstance(one, CscError) else one.pixels for one in outcomes]
    words = {
        "name": "pixels",
        "description": "number of pixels whose shallowest limit is given; 1 unless the service "
        "does not say which one contains the position",
    }
    if not failed.any():
        return Column(np.array(counts, dtype=np.int32), **words)
    return MaskedColumn(np.array(counts, dtype=np.int32), mask=failed, **words)


def _reasons(outcomes: Sequence[_Found | CscError]) -> Column:
    """Say why a position failed."""
    texts = [_why(one) if isinstance(one, CscError) else "" for one in outcomes]
    return Column(
        np.array(texts, dtype=np.str_), name="reason", description="why a position failed"
    )


def _why(error: CscError) -> str:
    """Write an error on one short line."""
    return fold(str(error))[:_REASON_CHARACTERS]


def _meta(
    search: Search,
    places: Positions,
    outcomes: Sequence[_Found | CscError],
    covered: NDArray[np.bool_],
    failed: NDArray[np.bool_],
) -> dict[str, Any]:
    """Say where the table is from."""
    answers = [one.answer for one in outcomes if isinstance(one, _Found)]
    query = f"RA, DEC of each row, SR={RADIUS_ARCMIN!r} arcmin, version={search.release.csccli}"
    counts: dict[str, Any] = {"COVERED": int(covered.sum()), "FAILED": int(failed.sum())}
    meta = meta_of(search.release, answers, query, len(outcomes), **counts)
    return meta | ({"OBJECT": fold(places.label)} if places.label else {})


def _warn_failed(outcomes: Sequence[_Found | CscError], failed: NDArray[np.bool_]) -> None:
    """Warn that some positions have no answer, with the first reason."""
    first = int(np.argmax(failed))
    warn(
        f"{int(failed.sum())} of {len(outcomes)} positions failed, so it is not known whether "
        "they were observed. Try again: the answers so far are in the cache. The column 'reason' "
        f"says why; the first, in row {first}: {_why(outcomes[first])}",  # type: ignore[arg-type]
        BlankResponseWarning,
    )
