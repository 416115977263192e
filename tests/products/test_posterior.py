# Licensed under a 3-clause BSD style license - see LICENSE
"""Posteriors of fluxes: the interval of the catalogue, and files in every form that may come."""

import numpy as np
import pytest
from astropy.io import fits

from astroquery_csc.products.posterior import Posterior, PosteriorError, read_posterior

GRID = np.linspace(0, 10, 2001)


def gaussian(mean, sigma, grid=GRID):
    """Give a normal density."""
    return np.exp(-(((grid - mean) / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))


def written(path, *, block="PHOTFLUX", rename=str, shape=(-1,), density=None):
    """Write a file of posteriors; reconstructed from the CXC's page on phot3.fits."""
    density = gaussian(5, 1) if density is None else density
    samples = {
        "intensity": GRID,
        "MPDF": density,
        "intensity90": GRID * 0.9,
        "MPDF90": density / 0.9,
    }
    columns = [
        fits.Column(rename(name), f"{'' if shape == (-1,) else GRID.size}D", array=each)
        for name, each in ((name, each.reshape(shape)) for name, each in samples.items())
    ]
    table = fits.BinTableHDU.from_columns(columns, name=block)
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
    return path


@pytest.mark.parametrize(("level", "sigmas"), [(0.682689, 1), (0.9545, 2), (0.9973, 3)])
def test_a_normal_posterior_has_its_sigmas(level, sigmas):
    """The interval is symmetric where the posterior is."""
    found = Posterior.of(GRID, gaussian(5, 1)).interval(level)

    assert found.value == pytest.approx(5, abs=0.005)
    assert [found.lolim, found.hilim] == pytest.approx([5 - sigmas, 5 + sigmas], abs=0.01)


def test_an_exponential_posterior_gives_an_upper_limit():
    """The mode is 0, and so is the lower bound."""
    found = Posterior.of(GRID, 2 * np.exp(-2 * GRID)).interval(0.9973)

    assert (found.value, found.lolim) == (0, 0)
    assert found.hilim == pytest.approx(-np.log(0.0027) / 2, rel=1e-3)


def test_the_interval_is_the_smallest_one():
    """Of a lopsided posterior it is not the one with equal tails."""
    density = 4 * GRID * np.exp(-2 * GRID)

    found = Posterior.of(GRID, density).interval(0.68)

    ends = np.interp([found.lolim, found.hilim], GRID, density)
    assert ends[0] == pytest.approx(ends[1], rel=5e-3)


def test_the_interval_stops_at_zero():
    """A bound is never negative, and the interval keeps its probability."""
    density = gaussian(0.5, 1) / 0.6915

    found = Posterior.of(GRID, density).interval(0.9)

    assert found.value == pytest.approx(0.5)
    assert found.lolim == 0
    assert found.hilim == pytest.approx(1.982, abs=0.01)


def test_the_interval_holds_the_mode():
    """A second, broader peak with more of the probability does not take it away."""
    density = 0.3 * gaussian(1, 0.1) + 0.7 * gaussian(6, 0.5)

    found = Posterior.of(GRID, density).interval(0.2)

    assert 0.8 < found.lolim < found.value < found.hilim < 1.2


def test_a_posterior_that_sums_to_one_is_normalised_too():
    """Which of both the archive's are is not known."""
    density = gaussian(5, 1) * GRID[1]

    assert Posterior.of(GRID, density).interval(0.9973).hilim == pytest.approx(8, abs=0.01)


def test_samples_may_begin_one_step_above_zero():
    """An upper limit is still one."""
    found = Posterior.of(GRID[1:], 2 * np.exp(-2 * GRID[1:])).interval(0.68)

    assert (found.value, found.lolim) == (0, 0)


@pytest.mark.parametrize(
    ("intensity", "density", "reason"),
    [
        (GRID[:0], GRID[:0], "empty"),
        (GRID, 0 * GRID, "empty"),
        (GRID, 3 * gaussian(5, 1), "not normalised"),
        (GRID[:1000], gaussian(5, 1)[:1000], "not normalised"),
        (GRID[:1400], gaussian(5, 1)[:1400], "cut"),
        (GRID[900:], gaussian(5, 1, GRID[900:]) / 0.69, "cut"),
        (GRID, gaussian(5, 1) - 0.001, "damaged"),
        (GRID[::-1], gaussian(5, 1), "damaged"),
        (GRID, np.where(GRID == 5, np.nan, gaussian(5, 1)), "damaged"),
    ],
)
def test_a_posterior_that_is_none_says_why(intensity, density, reason):
    """It gives no bounds."""
    with pytest.raises(PosteriorError, match=reason):
        Posterior.of(intensity, density).interval(0.9973)


def test_a_cut_matters_by_level():
    """What is lost at 3 sigma may be enough for 68 %."""
    kept = GRID < 7.8
    posterior = Posterior.of(GRID[kept], gaussian(5, 1)[kept])

    assert posterior.interval(0.68).hilim == pytest.approx(6, abs=0.02)
    with pytest.raises(PosteriorError, match="cut"):
        posterior.interval(0.9973)


@pytest.mark.parametrize("rename", [str, str.upper, str.lower])
@pytest.mark.parametrize("shape", [(-1,), (1, -1)])
def test_files_are_read_in_each_form(tmp_path, rename, shape):
    """Upper or lower case, a sample per row or all in one row."""
    path = written(tmp_path / "phot3.fits", rename=rename, shape=shape)

    assert read_posterior(path).interval(0.68).value == pytest.approx(5)
    assert read_posterior(path, aperture="90").intensity[-1] == pytest.approx(9)


def test_a_file_without_the_block_says_what_it_has(tmp_path):
    """The posterior of counts is not taken for that of fluxes."""
    path = written(tmp_path / "phot3.fits", block="SRC_CNTS")

    with pytest.raises(PosteriorError, match=r"no block PHOTFLUX.*SRC_CNTS"):
        read_posterior(path)


def test_a_file_without_the_column_says_what_it_has(tmp_path):
    """Columns are found by name alone."""
    path = written(tmp_path / "phot3.fits", rename="x{}".format)

    with pytest.raises(PosteriorError, match="no column INTENSITY"):
        read_posterior(path)


def test_what_is_no_fits_file_is_refused(tmp_path):
    """The message says so."""
    path = tmp_path / "phot3.fits"
    path.write_bytes(b"nothing")

    with pytest.raises(PosteriorError, match="cannot be read"):
        read_posterior(path)
