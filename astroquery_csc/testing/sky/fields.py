# Licensed under a 3-clause BSD style license - see LICENSE
"""
The synthetic sky: which fields there are, where their sources lie, and which stacks saw them.

Everything here is invented. ObsIDs start at 90001, above those of real observations.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from astroquery_csc.sky.geometry import separation_deg

__all__ = [
    "FIELDS",
    "MAIN",
    "NAMES",
    "Field",
    "Layout",
    "Observations",
    "Sources",
    "Stacks",
    "close_pairs",
    "designations",
    "lay_out_sources",
    "offset",
    "plan_stacks",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FIRST_OBSID = 90_001
#: Mission time zero, MJD.
MJD_REF = 50_814
#: Day on which the first invented observation starts, and days between two of them.
FIRST_DAY, DAYS_APART = 52_000, 117

#: Distance below which two masters share a detection in the stacks that see them off axis.
BLEND_ARCSEC = 2.5

#: A stack: instrument, offset of its pointing from the field's centre (arcmin, to the east), and
#: mean exposure of its observations (ks) with their number.
StackPlan = tuple[str, float, float, int]


@dataclass(frozen=True, slots=True)
class Field:
    """One patch of synthetic sky."""

    name: str
    ra_deg: float
    dec_deg: float
    radius_arcmin: float
    masters: int
    stacks: tuple[StackPlan, ...]
    first_share: float = 1.0
    extended: int = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """A part of the sky: its fields, and what is arranged among them."""

    fields: tuple[Field, ...]
    first_obsid: int
    days_apart: int
    pairs: int
    special: tuple[tuple[str, float, float], ...] = ()


FIELDS: tuple[Field, ...] = (
    Field("Synthetic Field 1", 10.7, 41.3, 8, 170, (("ACIS", 0, 40, 3), ("ACIS", 4, 25, 2))),
    Field("Synthetic Field 2", 83.2, -5.4, 8, 170, (("ACIS", 0, 60, 4),), extended=3),
    Field("Synthetic Field 3", 148.9, 69.1, 8, 170, (("ACIS", 0, 30, 2), ("ACIS", 3, 50, 3))),
    Field("Synthetic Field 4", 187.7, 12.4, 8, 170, (("ACIS", 0, 80, 2),), extended=4),
    Field("Synthetic Field 5", 266.4, -29.0, 8, 170, (("ACIS", 0, 50, 4), ("ACIS", 5, 40, 2))),
    Field("Synthetic Field 6", 331.2, -47.5, 8, 170, (("ACIS", 0, 20, 3),)),
    Field("Synthetic Seam Field", 0.0, 12.5, 8, 220, (("ACIS", 0, 45, 3), ("ACIS", 3, 30, 2))),
    Field("Synthetic Pole Field", 75.0, 89.95, 8, 160, (("ACIS", 0, 40, 2),)),
    Field("Synthetic South Pole Field", 200.0, -89.95, 8, 160, (("ACIS", 0, 35, 3),)),
    Field(
        "Synthetic Crowded Field", 161.3, -59.7, 1, 420, (("ACIS", 0, 90, 4), ("ACIS", 6, 30, 2))
    ),
    Field("Synthetic HRC Field", 55.1, 24.1, 8, 180, (("HRC", 0, 40, 2),)),
    Field(
        "Synthetic Mixed Field", 279.2, 38.8, 8, 240, (("ACIS", 0, 50, 3), ("HRC", 1, 30, 2)), 0.75
    ),
)

#: Where the names are that the test resolver knows: one real object, and the synthetic fields.
NAMES: dict[str, tuple[float, float]] = {
    "NGC 1333": (52.297, 31.31),
    **{field.name: (field.ra_deg, field.dec_deg) for field in FIELDS},
}

#: Sources at places where software goes wrong: field, RA, Dec.
_SPECIAL = (
    ("Synthetic Seam Field", 0.0, 12.5),
    ("Synthetic Seam Field", 359.99999, 12.51),
    ("Synthetic Seam Field", 0.00001, 12.49),
    ("Synthetic Pole Field", 210.0, 89.9995),
    ("Synthetic Pole Field", 30.0, 89.9995),
    ("Synthetic South Pole Field", 300.0, -89.9997),
)

#: The fields that tests are made for, with four pairs of blended masters each.
MAIN = Layout(FIELDS, FIRST_OBSID, DAYS_APART, pairs=4, special=_SPECIAL)


@dataclass(frozen=True, slots=True)
class Sources:
    """The masters: one element a source, in the order of their fields."""

    field: Ints
    ra_deg: Floats
    dec_deg: Floats
    extended: Bools


@dataclass(frozen=True, slots=True)
class Stacks:
    """The stacks: one element a stack."""

    name: npt.NDArray[np.str_]
    field: Ints
    ra_deg: Floats
    dec_deg: Floats
    is_hrc: Bools
    exposure_s: Floats


@dataclass(frozen=True, slots=True)
class Observations:
    """The observations: one element an observation interval."""

    obsid: Ints
    obi: Ints
    stack: Ints
    ra_deg: Floats
    dec_deg: Floats
    roll_deg: Floats
    livetime_s: Floats
    start_s: Ints
    is_grating: Bools
    empty: Bools


def offset(
    ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike, distance_deg: npt.ArrayLike, angle: Floats
) -> tuple[Floats, Floats]:
    """Go from positions some way along great circles."""
    dec, distance = np.radians(dec_deg), np.radians(distance_deg)
    sin_dec = np.sin(dec) * np.cos(distance) + np.cos(dec) * np.sin(distance) * np.cos(angle)
    new_dec = np.arcsin(np.clip(sin_dec, -1, 1))
    east = np.sin(angle) * np.sin(distance) * np.cos(dec)
    north = np.cos(distance) - np.sin(dec) * np.sin(new_dec)
    new_ra = np.degrees(np.radians(ra_deg) + np.arctan2(east, north)) % 360
    return np.asarray(new_ra), np.degrees(new_dec)


def lay_out_sources(rng: np.random.Generator, layout: Layout) -> Sources:
    """Put the masters into their fields."""
    fields = layout.fields
    counts = [field.masters for field in fields]
    index = np.repeat(np.arange(len(fields)), counts)
    extended = np.concatenate([np.arange(field.masters) < field.extended for field in fields])
    centre_ra = np.array([field.ra_deg for field in fields])[index]
    centre_dec = np.array([field.dec_deg for field in fields])[index]
    radius = np.array([field.radius_arcmin for field in fields])[index] / 60
    distance = radius * np.sqrt(rng.random(index.size))
    ra, dec = offset(centre_ra, centre_dec, distance, rng.uniform(0, 2 * np.pi, index.size))
    ends = np.cumsum(counts)
    last = (ends[:, None] - 1 - np.arange(layout.pairs)).ravel()
    near = rng.uniform(0.5, 1.8, last.size) / 3600
    ra[last], dec[last] = offset(
        ra[last - layout.pairs],
        dec[last - layout.pairs],
        near,
        rng.uniform(0, 2 * np.pi, last.size),
    )
    for number, (name, special_ra, special_dec) in enumerate(layout.special, start=10):
        start = next(end - f.masters for f, end in zip(fields, ends, strict=True) if f.name == name)
        ra[start + number], dec[start + number] = special_ra, special_dec
    return Sources(index, ra, dec, extended)


def designations(sources: Sources) -> npt.NDArray[np.str_]:
    """Name the masters as the catalogue does."""
    tenths = np.floor(sources.ra_deg / 15 * 36_000).astype(int)
    seconds = np.floor(np.abs(sources.dec_deg) * 3_600).astype(int)
    signs = np.where(sources.dec_deg < 0, "-", "+")
    names = [
        f"2CXO J{t // 36_000:02d}{t // 600 % 60:02d}{t % 600 / 10:04.1f}"
        f"{sign}{s // 3_600:02d}{s // 60 % 60:02d}{s % 60:02d}"
        for t, sign, s in zip(tenths.tolist(), signs.tolist(), seconds.tolist(), strict=True)
    ]
    sharing: dict[tuple[str, bool], list[int]] = {}
    for number in np.argsort(-sources.dec_deg).tolist():
        sharing.setdefault((names[number], bool(sources.extended[number])), []).append(number)
    for (_, extended), numbers in sharing.items():
        letters = "ABCDEFGH" if len(numbers) > 1 else " "
        for letter, number in zip(letters, numbers, strict=False):
            names[number] += letter.strip() + ("X" if extended else "")
    return np.array(names)


def plan_stacks(rng: np.random.Generator, layout: Layout) -> tuple[Stacks, Observations]:
    """Say which observations were made, and how they stack."""
    fields = layout.fields
    plans = [(number, plan) for number, field in enumerate(fields) for plan in field.stacks]
    field = np.array([number for number, _ in plans])
    is_hrc = np.array([plan[0] == "HRC" for _, plan in plans])
    ra, dec = offset(
        np.array([fields[number].ra_deg for number in field]),
        np.array([fields[number].dec_deg for number in field]),
        np.array([plan[1] / 60 for _, plan in plans]),
        np.full(field.size, np.pi / 2),
    )
    observations = _observe(rng, layout, [plan for _, plan in plans], ra, dec)
    prefix = [plan[0].lower() for _, plan in plans]
    names = [_stack_name(*where) for where in zip(ra.tolist(), dec.tolist(), prefix, strict=True)]
    used = ~observations.empty
    exposure = np.bincount(
        observations.stack[used], observations.livetime_s[used], minlength=field.size
    )
    return Stacks(
        np.array(names), field, ra, dec, is_hrc, np.asarray(exposure, float)
    ), observations


def _stack_name(ra_deg: float, dec_deg: float, prefix: str) -> str:
    """Name a stack after its tangent point."""
    tenths, seconds = int(ra_deg / 15 * 36_000), int(abs(dec_deg) * 3_600)
    return (
        f"{prefix}fJ"
        f"{tenths // 36_000:02d}{tenths // 600 % 60:02d}{tenths % 600:03d}"
        f"{'m' if dec_deg < 0 else 'p'}"
        f"{seconds // 3_600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}_001"
    )


def _observe(
    rng: np.random.Generator,
    layout: Layout,
    plans: list[StackPlan],
    ra_deg: Floats,
    dec_deg: Floats,
) -> Observations:
    """Make the observations of the stacks, in the order of the stacks."""
    counts = np.array([plan[3] for plan in plans])
    counts[0] += 1
    stack = np.repeat(np.arange(len(plans)), counts)
    size = stack.size
    obsid = layout.first_obsid + np.arange(size)
    obi = np.where(np.arange(size) % 7 == 5, 1, 0)
    # One ObsID that was interrupted: two intervals, in one stack.
    obsid[2], obi[1:3] = obsid[1], (0, 1)
    empty = np.arange(size) == counts[0] - 1
    livetime = np.array([plan[2] for plan in plans])[stack] * rng.uniform(800, 1_200, size)
    pointing = offset(
        ra_deg[stack], dec_deg[stack], rng.uniform(0, 0.3, size) / 60, rng.uniform(0, 6.28, size)
    )
    day = FIRST_DAY + layout.days_apart * np.arange(size) + rng.integers(0, 60, size)
    return Observations(
        obsid,
        obi,
        stack,
        *pointing,
        roll_deg=rng.uniform(0, 360, size),
        livetime_s=livetime.round(1),
        start_s=(day - MJD_REF) * 86_400 + rng.integers(0, 86_400, size),
        is_grating=np.arange(size) == counts[0] + 1,
        empty=empty,
    )


def close_pairs(ra_deg: Floats, dec_deg: Floats) -> list[tuple[int, int]]:
    """Find sources that lie within ``BLEND_ARCSEC`` of each other, each in one pair at most."""
    near = np.argwhere(
        separation_deg(ra_deg[:, None], dec_deg[:, None], ra_deg, dec_deg) < BLEND_ARCSEC / 3_600
    )
    taken: set[int] = set()
    pairs = []
    for first, second in near.tolist():
        if first < second and not {first, second} & taken:
            taken |= {first, second}
            pairs.append((first, second))
    return pairs
