# Licensed under a 3-clause BSD style license - see LICENSE
"""
Invented columns beside the photometry: positions' errors, extents, variability, spectra, flags.

Every function gives columns by name: floats with NaN for null, whatever type the table has.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from astroquery_csc.testing.sky.photometry import BANDS

__all__ = [
    "Columns",
    "by_band",
    "error_ellipses",
    "extents",
    "light_curves",
    "some_null",
    "spectra",
    "variability",
    "with_limits",
]

Floats = npt.NDArray[np.float64]
Columns = dict[str, npt.NDArray[np.generic]]

#: Parameters of the spectral models: median and scatter in ln.
_SPECTRA: Mapping[str, tuple[float, float]] = {
    "powlaw_gamma": (1.8, 0.25),
    "powlaw_nh": (15, 0.7),
    "powlaw_ampl": (1e-5, 1.0),
    "bb_kt": (0.6, 0.3),
    "bb_nh": (8, 0.7),
    "bb_ampl": (2e-4, 1.0),
    "brems_kt": (5, 0.4),
    "brems_nh": (12, 0.7),
    "brems_norm": (1e-5, 1.0),
    "apec_kt": (2.5, 0.5),
    "apec_abund": (0.4, 0.4),
    "apec_z": (0.2, 0.5),
    "apec_nh": (10, 0.7),
    "apec_norm": (2e-5, 1.0),
}
#: Sources with less signal to noise have no fitted spectrum.
_SPECTRUM_FROM = 12


def by_band(stem: str, values: Floats) -> Columns:
    """Spread an array over the bands."""
    return {f"{stem}_{band}": values[:, number] for number, band in enumerate(BANDS)}


def with_limits(families: Mapping[str, Iterable[Floats]]) -> Columns:
    """Spread families of value, lower and upper limit over the bands."""
    columns: Columns = {}
    for stem, values in families.items():
        for limit, array in zip(("", "_lolim", "_hilim"), values, strict=True):
            columns |= by_band(f"{stem}{limit}", array)
    return columns


def some_null(rng: np.random.Generator, values: npt.ArrayLike, share: float) -> Floats:
    """Make some values null."""
    numbers = np.array(values, dtype=np.float64)
    numbers[rng.random(numbers.shape) < share] = np.nan
    return numbers


def error_ellipses(rng: np.random.Generator, theta_arcmin: Floats, significance: Floats) -> Columns:
    """Draw 95 % error ellipses, larger off axis and for faint sources."""
    size = theta_arcmin.size
    spread = (0.6 + 0.12 * theta_arcmin**2) / np.sqrt(np.maximum(significance, 1))
    major = np.hypot(0.29, spread * rng.uniform(0.7, 1.4, size))
    return {
        "err_ellipse_r0": major,
        "err_ellipse_r1": np.maximum(major * rng.uniform(0.7, 1, size), 0.29),
        "err_ellipse_ang": rng.uniform(0, 180, size),
    }


def extents(
    rng: np.random.Generator, extended: npt.NDArray[np.bool_], measured: npt.NDArray[np.bool_]
) -> Columns:
    """Draw intrinsic extents: about zero for compact sources, half an arcminute for X sources."""
    shape = measured.shape
    compact = np.clip(rng.normal(0, 0.5, shape), 0, None)
    large = rng.uniform(15, 60, (shape[0], 1)) * rng.uniform(0.9, 1.1, shape)
    major = np.where(measured, np.where(extended[:, None], large, compact), np.nan)
    minor = major * rng.uniform(0.6, 1, (shape[0], 1))
    angle = np.where(measured, rng.uniform(0, 180, (shape[0], 1)), np.nan)
    families = {
        "major_axis": (major, major * 0.8, major * 1.25 + 0.2),
        "minor_axis": (minor, minor * 0.8, minor * 1.25 + 0.2),
        "pos_angle": (angle, angle * 0.8, np.clip(angle * 1.2, 0, 180)),
    }
    return with_limits(families) | by_band("src_area", np.pi * major * minor)


def variability(rng: np.random.Generator, index: Floats, kind: str) -> Columns:
    """Draw probabilities that go with variability indices."""
    columns = by_band(f"var_{kind}index", index)
    names = ("var",) if kind == "inter_" else ("var", "ks", "kp")
    for name in names:
        doubt = 10 ** (-0.35 * index) * rng.uniform(0.2, 0.9, index.shape)
        columns |= by_band(f"{name}_{kind}prob", 1 - doubt)
    return columns


def light_curves(rng: np.random.Generator, rate: Floats) -> Columns:
    """Draw summaries of light curves."""
    spread = rate * rng.uniform(0.02, 0.3, rate.shape)
    return (
        by_band("var_mean", rate)
        | by_band("var_sigma", spread)
        | by_band("var_min", np.clip(rate - 1.5 * spread, 0, None))
        | by_band("var_max", rate + 2 * spread)
    )


def spectra(rng: np.random.Generator, significance: Floats, flux: Floats) -> Columns:
    """Draw spectral fits for the brighter sources."""
    fitted = (significance > _SPECTRUM_FROM) & (flux > 0)
    columns: Columns = {}
    for name, (median, scatter) in _SPECTRA.items():
        value = np.where(fitted, median * np.exp(rng.normal(0, scatter, flux.size)), np.nan)
        columns[name] = value
        columns[f"{name}_lolim"], columns[f"{name}_hilim"] = value * 0.85, value * 1.2
        columns[f"{name}_rhat"] = np.where(fitted, 1 + rng.exponential(0.003, flux.size), np.nan)
    for model in ("powlaw", "bb", "brems", "apec"):
        value = np.where(fitted, flux * rng.uniform(0.9, 1.1, flux.size), np.nan)
        columns[f"flux_{model}"] = value
        columns[f"flux_{model}_lolim"] = value * 0.9
        columns[f"flux_{model}_hilim"] = value * 1.12
        columns[f"{model}_stat"] = np.where(fitted, rng.gamma(20, 0.05, flux.size), np.nan)
    return columns
