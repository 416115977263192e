# Licensed under a 3-clause BSD style license - see LICENSE
"""
Synthetic skies and positions to match, in the form that each engine reads.

Sources lie in fields of 8 arcmin radius, 40 to a field, as the catalogue's do: it has 407,806
sources in 10,034 stacks. One half of the positions is scattered around sources, with one arcsecond
in each direction; the other half is spread evenly over the sky.
"""

import hashlib
import shutil
import sys
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from numpy.typing import NDArray

from astroquery_csc.store import manifest, parquet

__all__ = ["FEW", "Sky", "main"]

#: So many positions are matched first, so that imports are not measured.
FEW = 50

_FLUX = u.Unit("erg / (s cm2)")
_A_FIELD = 40
_PIECE_ROWS = 1 << 19
_MADE = "2026-01-01T00:00:00Z"
_FIELD_RADIUS_ARCMIN = 8.0
_SCATTER_ARCSEC = 1.0

Floats = NDArray[np.float64]


class Sky:
    """A synthetic sky, and positions on it, kept in a folder from one run to the next."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.folder = folder
        self.rows = rows

    def sources(self) -> Path:
        """Give the sources."""
        path = self.folder / f"sky-{self.rows}.npy"
        if not path.exists():
            rng = np.random.default_rng(self.rows)
            fields = _over_the_sky(rng, -(-self.rows // _A_FIELD)).repeat(_A_FIELD, axis=1)
            radius = _FIELD_RADIUS_ARCMIN * np.sqrt(rng.random(self.rows))
            _save(path, _shifted(rng, fields[:, : self.rows], radius * 60))
        return path

    def positions(self, count: int) -> Path:
        """Give positions."""
        path = self.folder / f"positions-{count}-{self.rows}.npy"
        if not path.exists():
            rng = np.random.default_rng(count)
            near = np.load(self.sources())[:, rng.integers(0, self.rows, count // 2)]
            scatter = _SCATTER_ARCSEC * np.hypot(*rng.normal(size=(2, count // 2)))
            rest = _over_the_sky(rng, count - count // 2)
            _save(path, np.concatenate([_shifted(rng, near, scatter), rest], axis=1))
        return path

    def table(self, rows: slice = slice(None)) -> Table:
        """Give sources as rows of ``master_source``, sorted along right ascension."""
        angles = np.load(self.sources())
        place = np.argsort(angles[0])[rows]
        ra, dec = angles[:, place]
        rng = np.random.default_rng(1)
        size = len(ra)
        major, flux = rng.uniform(0.3, 2.0, size), rng.exponential(1e-14, size)
        return Table(
            {
                "name": np.array([f"2CXO J{number:010d}" for number in place.tolist()]),
                "ra": ra * u.deg,
                "dec": dec * u.deg,
                "err_ellipse_r0": major * u.arcsec,
                "err_ellipse_r1": major * rng.uniform(0.6, 1.0, size) * u.arcsec,
                "err_ellipse_ang": rng.uniform(0, 180, size) * u.deg,
                "extent_flag": rng.random(size) < 0.05,
                "conf_flag": rng.random(size) < 0.05,
                "significance": rng.exponential(5.0, size),
                "likelihood_class": np.where(rng.random(size) < 0.8, "TRUE", "MARGINAL"),
                **{
                    f"flux_aper{limit}_{band}": share * flux * _FLUX
                    for band in "bw"
                    for limit, share in (("", 1.0), ("_lolim", 0.9), ("_hilim", 1.1))
                },
            }
        )

    def mirror(self) -> Path:
        """Write the sources as a mirror."""
        place = self.folder / f"mirror-{self.rows}"
        if not place.exists():
            draft = self.folder / "mirror-draft"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            held = self._master_file(draft)
            made = manifest.Manifest(
                release="2.1",
                schema="csc21",
                server="synthetic",
                created=_MADE,
                package="benchmarks",
                expected=-1,
                tables={"master_source": held},
            )
            (draft / manifest.MANIFEST).write_text(made.text(), encoding="utf-8")
            draft.replace(place)
        return place

    def _master_file(self, folder: Path) -> manifest.Held:
        """Write the file of a mirror, a piece at a time, and say what it is."""
        draft = folder / "draft"
        columns = parquet.to_fields(self.table(slice(1)))
        with draft.open("wb") as file, parquet.writing(file, columns.schema) as writer:
            for start in range(0, self.rows, _PIECE_ROWS):
                piece = self.table(slice(start, start + _PIECE_ROWS))
                arrow = parquet.to_fields(piece).cast(columns.schema)
                writer.write_table(arrow, row_group_size=parquet.GROUP_ROWS)
        with draft.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        path = draft.rename(folder / f"master_source.{sha256[:8]}.parquet")
        return manifest.Held(
            file=path.name,
            rows=self.rows,
            bytes=path.stat().st_size,
            sha256=sha256,
            columns=tuple(columns.column_names),
            complete=False,
            key=("name",),
            without_position=0,
            retrieved=_MADE,
            counted="synthetic",
            queries=(),
        )

    def fits(self, path: Path) -> Path:
        """Write a NumPy file again as FITS, for STILTS."""
        place = path.with_suffix(".fits")
        if not place.exists():
            ra, dec = np.load(path)
            Table({"ra": ra, "dec": dec}).write(place)
        return place

    def hats(self, path: Path) -> Path:
        """Write a NumPy file again in the format HATS, for LSDB."""
        place = path.with_suffix(".hats")
        if not place.exists():
            import lsdb
            import pandas as pd

            ra, dec = np.load(path)
            shutil.rmtree(self.folder / "draft", ignore_errors=True)
            lsdb.from_dataframe(
                pd.DataFrame({"row": np.arange(len(ra)), "ra": ra, "dec": dec}),
                ra_column="ra",
                dec_column="dec",
                catalog_name=path.stem,
                partition_rows=100_000,
                highest_order=4,
                margin_threshold=60.0 if path == self.sources() else None,
            ).write_catalog(self.folder / "draft", progress_bar=False)
            (self.folder / "draft").replace(place)
        return place


def _save(path: Path, angles: Floats) -> None:
    """Write angles, whole or not at all."""
    draft = path.with_suffix(".part.npy")
    np.save(draft, angles)
    draft.replace(path)


def _over_the_sky(rng: np.random.Generator, count: int) -> Floats:
    """Draw positions evenly over the sky."""
    return np.array([rng.uniform(0, 360, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))])


def _shifted(rng: np.random.Generator, places: Floats, by_arcsec: Floats) -> Floats:
    """Move each place by an angle, in any direction."""
    towards = rng.uniform(0, 360, places.shape[1]) * u.deg
    moved = SkyCoord(*places, unit="deg").directional_offset_by(towards, by_arcsec * u.arcsec)
    return np.array([moved.ra.deg, moved.dec.deg])


def main() -> None:
    """Make what engines need: ``python -m benchmarks.skies FOLDER ROWS COUNT ENGINE...``."""
    folder, rows, count, *engines = sys.argv[1:]
    sky = Sky(Path(folder), int(rows))
    for number in (FEW, 100, int(count)):
        files = [sky.sources(), sky.positions(number)]
        for path in files:
            if "STILTS" in engines:
                sky.fits(path)
            if "LSDB" in engines:
                sky.hats(path)
    if "mirror" in engines:
        sky.mirror()


if __name__ == "__main__":
    main()
