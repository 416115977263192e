# Licensed under a 3-clause BSD style license - see LICENSE
"""The plan of the synthetic sky: who was seen where, how bright, and what was measured of it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from astroquery_csc.sky.geometry import separation_deg
from astroquery_csc.testing.sky.detections import Detections, detect, max_by, observe
from astroquery_csc.testing.sky.fields import (
    Field,
    Layout,
    Observations,
    Sources,
    Stacks,
    lay_out_sources,
    offset,
    plan_stacks,
)
from astroquery_csc.testing.sky.photometry import Photometry, measure, true_fluxes

__all__ = ["Plan", "make_plan"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Counts that make a detection, and counts per second of 1 erg/s/cm**2.
_COUNTS, _RATE = 8, 8e10
#: Least signal to noise of a detection, and of one that is TRUE, not MARGINAL.
_DETECTED_FROM, _TRUE_FROM = 1.5, 2.6
#: Scatter in ln of the flux between observations, of quiet and of variable sources.
_QUIET, _VARIABLE = 0.08, 0.6


@dataclass(frozen=True, slots=True)
class Plan:
    """Sources, stacks, observations and detections, and what was measured."""

    fields: tuple[Field, ...]
    sources: Sources
    stacks: Stacks
    observations: Observations
    detections: Detections
    ra_deg: Floats
    dec_deg: Floats
    theta: Floats
    is_extended: Bools
    likelihood_class: npt.NDArray[np.str_]
    stacked: Photometry
    row_detection: Ints
    row_observation: Ints
    row_theta: Floats
    observed: Photometry

    @property
    def unique_rows(self) -> Ints:
        """Rows of ``observation_source`` that make masters: those of unambiguous detections."""
        return np.flatnonzero(self.detections.match[self.row_detection] == "u")


def make_plan(rng: np.random.Generator, layout: Layout) -> Plan:
    """Draw who was seen where, and what was measured."""
    sources = lay_out_sources(rng, layout)
    stacks, observations = plan_stacks(rng, layout)
    found = detect(rng, layout.fields, sources, stacks)
    ra, dec = _positions(rng, sources, stacks, found)
    theta = separation_deg(ra, dec, stacks.ra_deg[found.stack], stacks.dec_deg[found.stack]) * 60
    flux = _fluxes(rng, sources, stacks, found)
    is_hrc, forced = stacks.is_hrc[found.stack], found.match == "n"
    exposure = stacks.exposure_s[found.stack]
    stacked = measure(
        rng, flux, exposure, theta, is_hrc=is_hrc, forced=forced, detected_from=_DETECTED_FROM
    )
    row, where = observe(rng, found, observations)
    seen_ra, seen_dec = observations.ra_deg[where], observations.dec_deg[where]
    row_theta = 60 * separation_deg(ra[row], dec[row], seen_ra, seen_dec)
    is_true = np.nanmax(stacked.significance, axis=1) > _TRUE_FROM
    return Plan(
        layout.fields,
        sources,
        stacks,
        observations,
        found,
        ra,
        dec,
        theta,
        is_extended=(found.master >= 0) & sources.extended[found.master],
        likelihood_class=np.where(forced, "", np.where(is_true, "TRUE", "MARGINAL")),
        stacked=stacked,
        row_detection=row,
        row_observation=where,
        row_theta=row_theta,
        observed=measure(
            rng,
            flux[row] * _variations(rng, found, row)[:, None],
            observations.livetime_s[where],
            row_theta,
            is_hrc=is_hrc[row],
            forced=forced[row],
        ),
    )


def _positions(
    rng: np.random.Generator, sources: Sources, stacks: Stacks, found: Detections
) -> tuple[Floats, Floats]:
    """Put detections near their masters; those without one, anywhere in the stack."""
    size, orphan = found.stack.size, found.master < 0
    ra = np.where(orphan, stacks.ra_deg[found.stack], sources.ra_deg[found.master])
    dec = np.where(orphan, stacks.dec_deg[found.stack], sources.dec_deg[found.master])
    distance = np.where(orphan, rng.uniform(0, 6, size) / 60, rng.rayleigh(0.15, size) / 3_600)
    return offset(ra, dec, distance, rng.uniform(0, 2 * np.pi, size))


def _fluxes(
    rng: np.random.Generator, sources: Sources, stacks: Stacks, found: Detections
) -> Floats:
    """Draw true fluxes of masters, bright enough for their stacks, and add up what is blended."""
    unique = found.match == "u"
    exposure = max_by(
        found.master[unique], stacks.exposure_s[found.stack[unique]], sources.ra_deg.size
    )
    flux = true_fluxes(rng, _COUNTS / _RATE / exposure)
    flux[sources.extended] *= 3
    orphans = true_fluxes(rng, _COUNTS / _RATE / stacks.exposure_s[found.stack])
    total = np.where((found.master < 0)[:, None], orphans, flux[found.master])
    return total + np.where((found.other < 0)[:, None], 0, flux[found.other])


def _variations(rng: np.random.Generator, found: Detections, row: Ints) -> Floats:
    """Draw how much brighter or fainter a source is in each observation."""
    variable = rng.random(found.stack.size) < 0.12
    scatter = np.where(variable, _VARIABLE, _QUIET)[row]
    return np.exp(rng.normal(0, 1, row.size) * scatter)
