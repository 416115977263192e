# Licensed under a 3-clause BSD style license - see LICENSE
"""
The synthetic catalogue level by level: what was drawn becomes columns of its six tables.

Masters are made from their unambiguous detections, and detections from their observations, as the
catalogue's columns are defined: flags in any or in all observations, the highest significance,
the best stack's fluxes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from astropy import units as u
from astropy.coordinates import SkyCoord

from astroquery_csc.testing.sky.columns import (
    Columns,
    by_band,
    error_ellipses,
    extents,
    light_curves,
    some_null,
    spectra,
    variability,
    with_limits,
)
from astroquery_csc.testing.sky.detections import all_by, any_by, max_by
from astroquery_csc.testing.sky.fields import MJD_REF, Layout, designations
from astroquery_csc.testing.sky.photometry import Photometry, hardness
from astroquery_csc.testing.sky.plan import Plan, make_plan

__all__ = ["Sky", "draw_sky"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_EPOCH = np.datetime64("1998-01-01T00:00:00")
_PIPELINE = "synthetic"

#: Flags that no observation decides: name and share of the rows.
_HUMAN = ("man_add_flag", "man_inc_flag", "man_reg_flag", "man_pos_flag")
#: Master flags that mean *any* observation, and those that mean *all*, by flag of the observation.
_ANY = {"conf": "conf_flag", "extent": "extent_flag", "dither": "dither_warning_flag"}
_ALL = {"sat": "sat_src_flag", "streak": "streak_src_flag", "pileup": "pileup_flag"}
#: Master flags that are never null for a compact source; conf_flag always is for an extended one.
_WHOLE = frozenset({"conf_flag", "extent_flag", "sat_src_flag", "streak_src_flag"})


@dataclass(frozen=True, slots=True)
class Sky:
    """The synthetic catalogue: the columns of each table, by name."""

    master: Columns
    master_stack: Columns
    stack: Columns
    stack_observation: Columns
    observation: Columns
    detect_stack: Columns

    def join(self, other: "Sky") -> "Sky":
        """Put another part of the sky below this one."""
        return Sky(*(_join(getattr(self, name), getattr(other, name)) for name in self.__slots__))


def _join(first: Columns, second: Columns) -> Columns:
    """Put columns below those of the same name."""
    return {name: np.concatenate([first[name], second[name]]) for name in first}


def draw_sky(rng: np.random.Generator, layout: Layout) -> Sky:
    """Draw the synthetic catalogue."""
    plan = make_plan(rng, layout)
    names = designations(plan.sources)
    found = plan.detections
    index = _variability_index(rng, plan.observed)
    flags = _observation_flags(rng, plan, index)
    owned = np.flatnonzero(found.match != "")
    shared = np.flatnonzero(found.match == "a")
    rows = np.concatenate([owned, shared])
    masters = np.concatenate([found.master[owned], found.other[shared]])
    order = np.argsort(masters, kind="stable")
    rows, masters = rows[order], masters[order]
    seen, where = plan.row_detection, plan.row_observation
    return Sky(
        _master_level(rng, plan, names, flags, index),
        {
            "name": names[masters],
            "detect_stack_id": plan.stacks.name[found.stack[rows]],
            "region_id": found.region[rows].astype(float),
            "match_type": found.match[rows],
        },
        _stack_level(rng, plan, flags, index),
        {
            "detect_stack_id": plan.stacks.name[found.stack[seen]],
            "region_id": found.region[seen].astype(float),
            "obsid": plan.observations.obsid[where].astype(float),
            "obi": plan.observations.obi[where].astype(float),
        },
        _observation_level(rng, plan, flags, index),
        {
            "detect_stack_id": plan.stacks.name[plan.observations.stack],
            "obsid": plan.observations.obsid.astype(float),
            "obi": plan.observations.obi.astype(float),
        },
    )


def _variability_index(rng: np.random.Generator, photometry: Photometry) -> Floats:
    """Draw variability indices 0 to 10, null where nothing was measured, and now and then."""
    chances = np.array([40, 20, 12, 6, 5, 4, 4, 3, 3, 2, 1]) / 100
    index = rng.choice(11, size=photometry.net.shape, p=chances)
    return np.where(np.isnan(photometry.net), np.nan, some_null(rng, index, 0.05))


def _observation_flags(rng: np.random.Generator, plan: Plan, index: Floats) -> dict[str, Bools]:
    """Draw what is wrong with each row of an observation; some of it goes for all rows."""
    row, found = plan.row_detection, plan.detections
    detections, rows = found.stack.size, row.size
    crowded = np.array([field.name for field in plan.fields]) == "Synthetic Crowded Field"
    is_crowded = crowded[plan.stacks.field[found.stack]]
    extended = plan.is_extended
    often = {
        "conf": np.where(is_crowded, 0.6, 0.05),
        "extent": np.where(extended, 1.0, 0.04),
        "edge": np.full(detections, 0.03),
        "multi_chip": np.full(detections, 0.05),
        "dither": np.full(detections, 0.02),
        "sat": np.full(detections, 0.008),
        "streak": np.full(detections, 0.01),
        "pileup": np.full(detections, 0.006),
    }
    flags = {
        name: (rng.random(detections) < share)[row] | (rng.random(rows) < 0.01)
        for name, share in often.items()
    }
    flags["var"] = np.asarray((index[:, [0, 5]] >= 9).any(axis=1))
    return flags


def _code(rng: np.random.Generator, flag: Bools) -> Floats:
    """Give a bit-coded column: 0 where the flag is not set."""
    return np.where(flag, 2.0 ** rng.integers(0, 5, flag.size), 0)


def _measured(photometry: Photometry, livetime_s: Floats) -> Columns:
    """Give the columns that every level has: fluxes, counts, hardness, significance."""
    families = photometry.families(livetime_s)
    columns: Columns = with_limits(families)
    columns |= hardness(families)
    columns |= by_band("flux_significance", photometry.significance)
    columns |= by_band("detect_significance", photometry.significance * 1.1)
    columns |= by_band("likelihood", 3 + 0.6 * photometry.significance**2)
    return columns


def _best_of(photometry: Photometry) -> Floats:
    """Give the highest significance over the bands."""
    return np.asarray(np.nanmax(photometry.significance, axis=1))


def _times(plan: Plan) -> Columns:
    """Give when the observation of each row was made."""
    seen = plan.observations
    start, where = seen.start_s, plan.row_observation
    elapse = np.ceil(seen.livetime_s / 0.95).astype(int)
    iso = [np.datetime_as_string(_EPOCH + moment) for moment in (start, start + elapse)]
    columns: Columns = {
        "gti_start": start,
        "gti_stop": start + elapse,
        "gti_elapse": elapse,
        "gti_mjd_obs": MJD_REF + start / 86_400,
        "mjd_ref": np.full(start.size, MJD_REF),
        "livetime": seen.livetime_s,
        "ao": 1 + (start - start.min()) // (365 * 86_400),
    }
    columns = {name: values.astype(float) for name, values in columns.items()}
    columns |= {"gti_obs": iso[0], "gti_end": iso[1]}
    return {name: values[where] for name, values in columns.items()}


def _pointings(plan: Plan) -> Columns:
    """Give how the telescope stood in the observation of each row."""
    seen, where = plan.observations, plan.row_observation
    is_hrc = plan.stacks.is_hrc[seen.stack]
    fields = plan.stacks.field[seen.stack]
    columns: Columns = {
        "obsid": seen.obsid.astype(float),
        "obi": seen.obi.astype(float),
        "targname": np.array([plan.fields[number].name.upper() for number in fields]),
        "instrument": np.where(is_hrc, "HRC", "ACIS"),
        "detector": np.where(is_hrc, "HRC-I", "ACIS-I"),
        "grating": np.where(seen.is_grating, "HETG", "NONE"),
        "datamode": np.where(is_hrc, "IMAGING", "VFAINT"),
        "chip_id_pnt": np.where(is_hrc, 0.0, 3.0),
        "chipx_pnt": np.full(seen.obsid.size, 974.0),
        "chipy_pnt": np.full(seen.obsid.size, 975.0),
    }
    for kind in ("targ", "pnt", "nom"):
        columns |= {f"ra_{kind}": seen.ra_deg, f"dec_{kind}": seen.dec_deg}
        columns[f"roll_{kind}"] = seen.roll_deg
    return {name: values[where] for name, values in columns.items()}


def _observation_level(
    rng: np.random.Generator, plan: Plan, flags: dict[str, Bools], index: Floats
) -> Columns:
    """Make the columns of ``observation_source``."""
    row, photometry = plan.row_detection, plan.observed
    livetime = plan.observations.livetime_s[plan.row_observation]
    raw, roll = 0.5 + 0.05 * plan.row_theta**2, rng.uniform(0, 180, row.size)
    columns = _pointings(plan) | _times(plan) | _measured(photometry, livetime)
    columns |= {"region_id": plan.detections.region[row].astype(float)}
    columns |= {"theta": plan.row_theta, "phi": rng.uniform(0, 360, row.size)}
    columns |= extents(rng, plan.is_extended[row], ~np.isnan(photometry.net))
    for stem, shape in {
        "mjr_axis_raw": raw,
        "mnr_axis_raw": 0.8 * raw,
        "pos_angle_raw": roll,
    }.items():
        columns |= by_band(stem, np.where(np.isnan(photometry.net), np.nan, shape[:, None]))
    columns |= by_band("cnts_aper", photometry.total)
    columns |= by_band("cnts_aperbkg", np.round(photometry.background * 10))
    columns |= variability(rng, index, "")
    columns |= light_curves(rng, photometry.net / livetime[:, None])
    columns |= spectra(rng, _best_of(photometry), columns["flux_aper_b"].astype(float))
    for name in ("conf", "edge", "extent", "multi_chip", "var"):
        columns[f"{name}_code"] = _code(rng, flags[name])
    for name in ("dither_warning", "sat_src", "streak_src"):
        columns[f"{name}_flag"] = some_null(rng, flags[name.split("_")[0]], 0.01)
    columns["pileup_warning"] = np.where(flags["pileup"], 0.2, 0.01) * rng.uniform(0.6, 1, row.size)
    return columns


def _stack_level(
    rng: np.random.Generator, plan: Plan, flags: dict[str, Bools], index: Floats
) -> Columns:
    """Make the columns of ``stack_source``."""
    found, stacks, row = plan.detections, plan.stacks, plan.row_detection
    size, photometry = found.stack.size, plan.stacked
    best = _best_of(photometry)
    columns = _measured(photometry, stacks.exposure_s[found.stack])
    columns |= extents(rng, plan.is_extended, ~np.isnan(photometry.net))
    columns |= error_ellipses(rng, plan.theta, best)
    columns |= variability(rng, max_by(row, index, size), "intra_")
    inter = np.where(np.isnan(photometry.net), np.nan, rng.integers(0, 11, photometry.net.shape))
    columns |= variability(rng, some_null(rng, inter, 0.1), "inter_")
    columns |= {
        "detect_stack_id": stacks.name[found.stack],
        "ra_stack": stacks.ra_deg[found.stack],
        "dec_stack": stacks.dec_deg[found.stack],
        "instrument": np.where(stacks.is_hrc[found.stack], "HRC", "ACIS"),
        "grating": np.full(size, "NONE"),
        "ascdsver": np.full(size, _PIPELINE),
        "caldbver": np.full(size, _PIPELINE),
        "crdate": np.full(size, "2024-10-18T00:00:00"),
        "region_id": found.region.astype(float),
        "ra": plan.ra_deg,
        "dec": plan.dec_deg,
        "theta_mean": plan.theta,
        "livetime": stacks.exposure_s[found.stack],
        "deltax": rng.normal(0, 0.3, len(stacks.name))[found.stack],
        "deltay": rng.normal(0, 0.3, len(stacks.name))[found.stack],
        "likelihood_class": plan.likelihood_class,
    }
    for name in ("conf", "extent", "edge", "multi_chip"):
        columns[f"{name}_code"] = _code(rng, any_by(row, flags[name], size))
    for name, column in _ALL.items():
        columns[column] = some_null(rng, all_by(row, flags[name], size), 0.01)
    columns["dither_warning_flag"] = some_null(rng, any_by(row, flags["dither"], size), 0.01)
    columns["var_flag"] = some_null(rng, any_by(row, flags["var"], size), 0.01)
    for name in (*_HUMAN, "var_inter_hard_flag"):
        columns[name] = some_null(rng, rng.random(size) < 0.02, 0.01)
    return columns


def _master_photometry(plan: Plan) -> Photometry:
    """Give each master the bands of its longest ACIS stack and of its longest HRC stack."""
    found, size = plan.detections, plan.sources.ra_deg.size
    unique = np.flatnonzero(found.match == "u")
    unique = unique[np.argsort(plan.stacks.exposure_s[found.stack[unique]], kind="stable")]
    parts = []
    for is_hrc in (False, True):
        rows = unique[plan.stacks.is_hrc[found.stack[unique]] == is_hrc]
        best = np.full(size, -1)
        best[found.master[rows]] = rows
        parts.append(plan.stacked.take(np.maximum(best, 0), (best >= 0)[:, None]))
    names = Photometry.__slots__
    return Photometry(
        *(np.fmax(getattr(parts[0], name), getattr(parts[1], name)) for name in names)
    )


def _master_flags(rng: np.random.Generator, plan: Plan, flags: dict[str, Bools]) -> Columns:
    """Sum up the observations of the unambiguous detections: any of them, or all of them."""
    size = plan.sources.ra_deg.size
    rows = plan.unique_rows
    master = plan.detections.master[plan.row_detection[rows]]
    columns: Columns = {}
    for name, column in _ANY.items():
        columns[column] = any_by(master, flags[name][rows], size)
    for name, column in _ALL.items():
        columns[column] = all_by(master, flags[name][rows], size)
    # The same draws for every flag: the seed gives the same sky, whichever of them have nulls.
    for column in (*_ANY.values(), *_ALL.values()):
        with_nulls = some_null(rng, columns[column], 0.01)
        columns[column] = columns[column].astype(float) if column in _WHOLE else with_nulls
    columns["conf_flag"] = np.where(plan.sources.extended, np.nan, columns["conf_flag"])
    columns["var_flag"] = some_null(rng, any_by(master, flags["var"][rows], size), 0.01)
    for name in (*_HUMAN, "man_match_flag", "var_inter_hard_flag"):
        columns[name] = some_null(rng, rng.random(size) < 0.02, 0.01)
    return columns


def _exposures(plan: Plan) -> Columns:
    """Count the observations of the unambiguous detections, and add up their live times."""
    size, rows = plan.sources.ra_deg.size, plan.unique_rows
    master = plan.detections.master[plan.row_detection[rows]]
    where = plan.row_observation[rows]
    is_hrc = plan.stacks.is_hrc[plan.observations.stack[where]]
    is_grating = plan.observations.is_grating[where]
    livetime = plan.observations.livetime_s[where]
    columns: Columns = {}
    for name, chosen in {
        "acis": ~is_hrc,
        "acis_hetg": ~is_hrc & is_grating,
        "acis_letg": np.zeros_like(is_hrc),
        "hrc": is_hrc,
        "hrc_hetg": is_hrc & is_grating,
        "hrc_letg": np.zeros_like(is_hrc),
    }.items():
        columns[f"{name}_num"] = np.bincount(master[chosen], minlength=size).astype(float)
        columns[f"{name}_time"] = np.bincount(master[chosen], livetime[chosen], minlength=size)
    return columns


def _master_level(
    rng: np.random.Generator,
    plan: Plan,
    names: npt.NDArray[np.str_],
    flags: dict[str, Bools],
    index: Floats,
) -> Columns:
    """Make the columns of ``master_source``."""
    sources, found = plan.sources, plan.detections
    size = sources.ra_deg.size
    unique = np.flatnonzero(found.match == "u")
    owner = found.master[unique]
    significance = max_by(owner, _best_of(plan.stacked)[unique], size)
    is_true = any_by(owner, plan.likelihood_class[unique] == "TRUE", size)
    theta = -max_by(owner, -plan.theta[unique], size)
    photometry = _master_photometry(plan)
    columns = _measured(photometry, np.ones(size))
    columns |= _master_flags(rng, plan, flags) | _exposures(plan)
    columns |= extents(rng, sources.extended, ~np.isnan(photometry.net))
    columns |= error_ellipses(rng, theta, significance)
    for name in ("err_ellipse_r0", "err_ellipse_r1", "err_ellipse_ang"):
        columns[name] = np.where(
            sources.extended & (np.arange(size) % 3 == 0), np.nan, columns[name]
        )
    columns |= _master_variability(rng, plan, photometry, index, columns)
    columns |= spectra(rng, significance, columns["flux_aper_b"].astype(float))
    galactic = SkyCoord(sources.ra_deg * u.deg, sources.dec_deg * u.deg).galactic
    columns |= {
        "name": names,
        "ra": sources.ra_deg,
        "dec": sources.dec_deg,
        "gal_l": galactic.l.deg,
        "gal_b": galactic.b.deg,
        "significance": significance,
        "likelihood": 3 + 0.6 * significance**2,
        "likelihood_class": np.where(is_true, "TRUE", "MARGINAL"),
        "nh_gal": np.exp(rng.normal(1.5, 0.8, size)),
        "phot_nsrcs": rng.integers(1, 4, size).astype(float),
    }
    return columns


def _master_variability(
    rng: np.random.Generator, plan: Plan, photometry: Photometry, index: Floats, known: Columns
) -> Columns:
    """Draw variability within and between the observations of masters."""
    rows = plan.unique_rows
    master = plan.detections.master[plan.row_detection[rows]]
    null = np.isnan(photometry.net)
    within = np.where(null, np.nan, max_by(master, index[rows], len(null)))
    counts = np.stack([known["hrc_num" if band == 5 else "acis_num"] for band in range(6)])
    several = counts.astype(float) > 1
    between = rng.choice([0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], size=null.shape)
    between = np.where(null | ~several.T, np.nan, some_null(rng, between, 0.05))
    flux = photometry.net * photometry.flux_per_count
    columns = variability(rng, within, "intra_") | variability(rng, between, "inter_")
    columns |= by_band("var_inter_sigma", np.where(np.isnan(between), np.nan, flux * 3e7))
    for pair in ("hm", "hs", "ms"):
        shape = np.where(np.isnan(between[:, 0]), np.nan, 1)
        columns[f"var_inter_hard_prob_{pair}"] = shape * rng.random(len(null))
        columns[f"var_inter_hard_sigma_{pair}"] = shape * rng.exponential(0.1, len(null))
    return columns
