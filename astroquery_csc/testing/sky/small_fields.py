# Licensed under a 3-clause BSD style license - see LICENSE
"""
Small synthetic fields all over the sky, so that pictures of it look like those of a catalogue.

Each was observed once, and has a few sources. Their ObsIDs start at 92001.
"""

import numpy as np

from astroquery_csc.sky.geometry import separation_deg
from astroquery_csc.testing.sky.fields import NAMES, Field, Layout

__all__ = ["SMALL"]

_SEED, _PLACES = 20241018, 130
_FIRST_OBSID, _DAYS_APART = 92_001, 45
#: How far from the places that tests know a small field lies at least, and from the poles.
_APART_DEG, _POLE_DEG = 5, 84
_GOLDEN_ANGLE_DEG = 137.50776405


def _make_fields() -> tuple[Field, ...]:
    """Spread fields evenly, but not regularly."""
    rng = np.random.default_rng(_SEED)
    number = np.arange(_PLACES)
    dec = np.degrees(np.arcsin(1 - (2 * number + 1) / _PLACES)) + rng.normal(0, 4, _PLACES)
    ra = (number * _GOLDEN_ANGLE_DEG + rng.normal(0, 4, _PLACES)) % 360
    known_ra, known_dec = np.array(list(NAMES.values())).T
    near = separation_deg(ra[:, None], dec[:, None], known_ra, known_dec).min(axis=1)
    masters = np.clip(np.exp(rng.normal(1.9, 0.6, _PLACES)), 2, 40).astype(int)
    exposure = rng.uniform(10, 60, _PLACES).round(1)
    kept = np.flatnonzero((near > _APART_DEG) & (np.abs(dec) < _POLE_DEG))
    return tuple(
        Field(
            f"Synthetic Small Field {place}",
            round(float(ra[row]), 3),
            round(float(dec[row]), 3),
            8,
            int(masters[row]),
            (("ACIS", 0, float(exposure[row]), 1 if place > 1 else 3),),
            extended=int(place % 3 == 0),
        )
        for place, row in enumerate(kept.tolist(), start=1)
    )


SMALL = Layout(_make_fields(), _FIRST_OBSID, _DAYS_APART, pairs=0)
