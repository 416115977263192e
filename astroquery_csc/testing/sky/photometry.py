# Licensed under a 3-clause BSD style license - see LICENSE
"""
Invented photometry that looks like X-ray photometry: counts, fluxes with limits, hardness.

Arrays have one row per detection and one column per band, in the order of ``BANDS``; NaN is null.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["BANDS", "HARDNESS_EDGE", "Photometry", "hardness", "measure", "true_fluxes"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

BANDS = "bhmsuw"
_B, _H, _M, _S, _U, _W = range(6)
_ACIS = [_B, _H, _M, _S, _U]

#: Where the grid of hardness ratios ends.
HARDNESS_EDGE = 0.99937539038101

#: Counts per second that an energy flux of 1 erg/s/cm**2 gives on axis; b follows from the others.
_RATE = np.array([0, 4.5e10, 1.3e11, 1.2e11, 4e10, 5e10])
#: Background per band, in counts of a region on axis in 50 ks.
_BACKGROUND = np.array([0, 0.25, 0.08, 0.1, 0.05, 0.5])
#: Mean energy of a photon, erg.
_ENERGY = 1.602e-9 * np.array([2.3, 4.0, 1.6, 0.9, 0.35, 1.5])

_MODELS: Mapping[str, float] = {
    "": 1.0,
    "powlaw_": 1.06,
    "bb_": 0.87,
    "brems_": 0.98,
    "apec_": 0.93,
}
_APERTURES: Mapping[str, float] = {"aper": 1.0, "aper90": 0.97}


@dataclass(frozen=True, slots=True)
class Photometry:
    """What was measured, per row and band."""

    net: Floats
    net_lolim: Floats
    net_hilim: Floats
    total: Floats
    background: Floats
    flux_per_count: Floats
    significance: Floats

    def take(self, rows: npt.NDArray[np.int64], keep: Bools) -> "Photometry":
        """Pick rows, and make null what is not to be kept."""
        names = self.__slots__
        return Photometry(*(np.where(keep, getattr(self, name)[rows], np.nan) for name in names))

    def families(self, livetime_s: Floats) -> dict[str, tuple[Floats, Floats, Floats]]:
        """Give each family of columns with limits (value, lower, upper) by the stem of its name."""
        counts = np.stack([self.net, self.net_lolim, self.net_hilim])
        flux = counts * self.flux_per_count
        found: dict[str, Floats] = {}
        for aperture, share in _APERTURES.items():
            found[f"src_cnts_{aperture}"] = counts * share
            found[f"src_rate_{aperture}"] = counts * share / livetime_s[:, None]
            found[f"photflux_{aperture}"] = flux * share / _ENERGY
            found[f"photflux_{aperture}_avg"] = flux * share * 0.99 / _ENERGY
            found[f"flux_{aperture}_avg"] = flux * share * 0.99
            for model, factor in _MODELS.items():
                found[f"flux_{model}{aperture}"] = flux * share * factor
        return {stem: (value[0], value[1], value[2]) for stem, value in found.items()}


def true_fluxes(rng: np.random.Generator, faintest: Floats) -> Floats:
    """Draw what sources emit: log-normal in the broad band, with colours from soft to hard."""
    size = faintest.size
    scatter = np.abs(rng.normal(0, 0.25, size))
    broad = np.clip(10 ** rng.normal(-14.4, 0.7, size), 1e-16, 1e-12)
    broad = np.maximum(broad, faintest * 10**scatter)
    colour = rng.normal(0, 0.9, size)
    weights = np.exp(np.stack([0.6 + colour, -0.6 + 0 * colour, -0.7 - colour]))
    weights /= weights.sum(axis=0)
    flux = np.empty((size, 6))
    flux[:, _B] = broad
    flux[:, [_H, _M, _S]] = broad[:, None] * weights.T
    flux[:, _U] = flux[:, _S] * rng.uniform(0.05, 0.4, size)
    flux[:, _W] = broad * rng.uniform(1.1, 1.5, size)
    return flux


def measure(
    rng: np.random.Generator,
    flux: Floats,
    exposure_s: Floats,
    theta_arcmin: Floats,
    *,
    is_hrc: Bools,
    forced: Bools,
    detected_from: float = 0.05,
) -> Photometry:
    """Count photons, and make of them what the catalogue does."""
    area = (exposure_s * np.clip(1 - 0.02 * theta_arcmin, 0.3, 1))[:, None]
    expected = flux * _RATE * area * np.where(forced, 0.05, 1)[:, None]
    background = _BACKGROUND * (exposure_s / 5e4 * (1 + 0.2 * theta_arcmin**2))[:, None]
    total = rng.poisson(expected + background).astype(float)
    with np.errstate(divide="ignore"):
        per_count = 1 / (_RATE * area)
    parts = [_H, _M, _S]
    total[:, _B], background[:, _B] = total[:, parts].sum(1), background[:, parts].sum(1)
    per_count[:, _B] = flux[:, _B] / (flux[:, parts] * _RATE[parts]).sum(1) / area[:, 0]
    net, sigma = total - background, np.sqrt(total + 0.75)
    limit = (net <= 0) | forced[:, None]
    limit |= rng.random(net.shape) < 0.02
    significance = np.clip(net / sigma, 0.05, None)
    floor = np.where(forced, 0.05, detected_from * (1 + 0.3 * rng.random(forced.size)))
    significance[:, [_B, _W]] = np.maximum(significance[:, [_B, _W]], floor[:, None])
    unmeasured = (rng.random(net.shape[0]) < 0.03)[:, None] & np.ones(6, dtype=bool)
    unmeasured[:, _U] |= rng.random(net.shape[0]) < 0.1
    other = np.where(is_hrc[:, None], np.arange(6) != _W, np.arange(6) == _W)
    null = unmeasured | other
    return Photometry(
        _null(np.where(limit, 0, net), null),
        _null(np.where(limit, 0, np.clip(net - 0.95 * sigma, 0, None)), null),
        _null(np.where(limit, 1 + np.sqrt(background + 1), net + 1.05 * sigma), null),
        _null(total, null),
        _null(background, null),
        _null(per_count, null),
        _null(significance, other),
    )


def _null(values: Floats, null: Bools) -> Floats:
    """Make values null."""
    return np.where(null, np.nan, values)


def hardness(families: Mapping[str, tuple[Floats, Floats, Floats]]) -> dict[str, Floats]:
    """Compare bands: (x - y) / (x + y) of photon fluxes, with limits."""
    value, low, high = families["photflux_aper"]
    columns = {}
    for pair, (x, y) in {"hm": (_H, _M), "hs": (_H, _S), "ms": (_M, _S)}.items():
        ratio = np.clip(_ratio(value[:, x], value[:, y]), -HARDNESS_EDGE, HARDNESS_EDGE)
        lolim, hilim = _ratio(low[:, x], high[:, y]), _ratio(high[:, x], low[:, y])
        columns[f"hard_{pair}"] = ratio
        columns[f"hard_{pair}_lolim"] = np.where(np.isnan(ratio), np.nan, lolim)
        columns[f"hard_{pair}_hilim"] = np.where(np.isnan(ratio), np.nan, hilim)
    return columns


def _ratio(x: Floats, y: Floats) -> Floats:
    """Give (x - y) / (x + y), null where there is nothing in either."""
    both = np.where(x + y > 0, x + y, np.nan)
    return (x - y) / both
