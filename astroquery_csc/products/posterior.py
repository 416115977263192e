# Licensed under a 3-clause BSD style license - see LICENSE
"""
The posterior of a source's photon flux (``phot3.fits``), and the bounds that it gives at a level.

Sure, from the CXC's pages on ``phot3.fits`` and on aperture photometry: the blocks PHOTFLUX and
SRC_CNTS with uniformly sampled ``intensity``, ``MPDF``, ``intensity90``, ``MPDF90``; the value is
the mode, and the limits are the smallest interval that is not negative, holds the mode and has
the probability of the level. Not known, and read both ways: whether a row is a sample or one row
holds all of them, upper or lower case, and whether MPDF sums or integrates to 1.
"""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from astropy.io import fits

__all__ = ["Interval", "Posterior", "PosteriorError", "read_posterior"]

#: The level of the catalogue's own limits.
CATALOGUE_LEVEL = 0.68

_BLOCK = "PHOTFLUX"
_FEWEST = 8
_MOST = 1 << 20
#: How far a posterior may be from a total of 1: kernel estimates lose some of it at zero.
_NORM = 0.1
#: How much of what is outside of the level may be lost beyond the ends of the samples.
_LOST = 0.1
_STARTS = 8192

Floats = npt.NDArray[np.float64]


class PosteriorError(ValueError):
    """A posterior that gives no bounds; the message says why."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The mode of a posterior, and its bounds at a level."""

    value: float
    lolim: float
    hilim: float


@dataclass(frozen=True, slots=True)
class Posterior:
    """A probability density (per photon/s/cm2) at rising intensities (photon/s/cm2), from 0 up."""

    intensity: Floats
    density: Floats

    @classmethod
    def of(cls, intensity: Floats, density: Floats) -> "Posterior":
        """Check samples, and bring them to a total of 1."""
        if len(intensity) < _FEWEST:
            raise PosteriorError(f"the posterior is empty: it has {len(intensity)} samples")
        if not (np.isfinite(intensity).all() and np.isfinite(density).all()):
            raise PosteriorError("the posterior is damaged: some samples are not finite")
        steps = np.diff(intensity)
        if intensity[0] < 0 or (steps <= 0).any() or (density < 0).any():
            raise PosteriorError("the posterior is damaged: samples are negative or do not rise")
        if not density.any():
            raise PosteriorError("the posterior is empty: it is 0 everywhere")
        if 0 < intensity[0] <= 2 * steps[0]:  # bins are given by their middles or upper edges
            intensity, density = np.r_[0.0, intensity], np.r_[density[0], density]
        total = float(_cumulative(intensity, density)[-1])
        if min(abs(total - 1), abs(float(density.sum()) - 1)) > _NORM:
            raise PosteriorError(f"the posterior is not normalised: it integrates to {total:.3g}")
        return cls(intensity, density / total)

    def interval(self, level: float) -> Interval:
        """Find the smallest interval that holds the mode and has the probability of a level."""
        self._check_ends((1 - level) * _LOST)
        peak = int(np.argmax(self.density))
        mode = float(self.intensity[peak])
        mass = _cumulative(self.intensity, self.density)
        rising = np.r_[True, np.diff(mass) > 0]
        lower = np.linspace(self.intensity[0], mode, _STARTS if peak else 1)
        target = np.interp(lower, self.intensity, mass) + level
        lower, target = lower[target <= mass[-1]], target[target <= mass[-1]]
        if not len(lower):  # the mode is at the last sample
            raise PosteriorError("the posterior is cut: it ends near its mode")
        upper = np.maximum(np.interp(target, mass[rising], self.intensity[rising]), mode)
        best = int(np.argmin(upper - lower))
        return Interval(mode, float(lower[best]), float(upper[best]))

    def _check_ends(self, allowed: float) -> None:
        """Refuse a posterior that goes on beyond its samples so far that the level is not sure."""
        lost = _tail(self.intensity, self.density)
        if self.intensity[0] > 0:
            lost += float(self.density[0] * self.intensity[0])
        if lost > allowed:
            raise PosteriorError(
                f"the posterior is cut: about {min(lost, 1.0):.2g} of it is beyond its samples"
            )


def _cumulative(intensity: Floats, density: Floats) -> Floats:
    """Integrate a density up to each sample."""
    steps = np.diff(intensity) * (density[1:] + density[:-1]) / 2
    return np.concatenate([[0.0], np.cumsum(steps)])


def _tail(intensity: Floats, density: Floats) -> float:
    """Estimate what is beyond the last sample, from how fast the density falls before it."""
    last, before = float(density[-1]), float(density[-max(len(density) // 20, 2)])
    if last <= 0:
        return 0.0
    if before <= last:
        return np.inf
    length = intensity[-1] - intensity[-max(len(density) // 20, 2)]
    return float(last * length / np.log(before / last))


# -------------------------------------------------------------------------- read


def read_posterior(path: str | os.PathLike[str], *, aperture: str = "") -> Posterior:
    """Read the posterior of the photon flux; aperture "90" has 90 % of the counts."""
    try:
        with fits.open(path, memmap=False) as blocks:
            table = _block(blocks)
            columns = {column.name.upper(): column.name for column in table.columns}
            intensity, density = (
                _samples(table, columns, f"{name}{aperture}") for name in ("INTENSITY", "MPDF")
            )
    except PosteriorError:
        raise
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise PosteriorError(f"the posterior cannot be read: {error}") from error
    if len(intensity) != len(density):
        raise PosteriorError("the posterior is damaged: intensities and densities differ in number")
    return Posterior.of(intensity, density)


def _block(blocks: fits.HDUList) -> Any:
    """Find the block of photon fluxes."""
    for block in blocks:
        if block.name.upper() == _BLOCK and isinstance(block, fits.BinTableHDU):
            return block
    names = ", ".join(block.name for block in blocks[1:6])
    raise PosteriorError(f"the file has no block {_BLOCK} with a posterior; it has {names!r}")


def _samples(table: Any, columns: dict[str, str], name: str) -> Floats:
    """Take one column: a sample per row, or all of them in one row."""
    if name not in columns:
        raise PosteriorError(f"the file has no column {name}; it has {', '.join(columns)[:80]!r}")
    values = np.asarray(table.data[columns[name]], dtype=np.float64).ravel()
    if values.size > _MOST:
        raise PosteriorError(f"the posterior has {values.size} samples, more than any real one")
    return values
