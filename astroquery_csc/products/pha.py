# Licensed under a 3-clause BSD style license - see LICENSE
"""Spectra on the disk: what is in one, and a copy that names its responses as they are called."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from astroquery_csc.whole_file import WholeFile

__all__ = ["Spectrum", "SpectrumError", "mend"]

_NOTHING = frozenset({"", "NONE"})


class SpectrumError(ValueError):
    """A file that is not a spectrum; the message says why."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A spectrum that names the files on the disk."""

    path: Path
    counts: int
    exposure_s: float
    mended: tuple[str, ...]


def mend(packed: Path, arf: Path | None, rmf: Path | None) -> Spectrum:
    """Write an unpacked copy of a spectrum, whose keywords name its background and responses."""
    path = packed.with_name(packed.name.removesuffix(".gz"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", fits.verify.VerifyWarning)
            with fits.open(packed, memmap=False) as blocks:
                spectrum = _correct(blocks, path, arf, rmf)
                contents = io.BytesIO()
                blocks.writeto(contents, output_verify="silentfix")
    except SpectrumError:
        raise
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise SpectrumError(f"the spectrum cannot be read: {error}") from error
    try:
        with WholeFile(path) as file:
            file.stream.write(contents.getbuffer())
    except OSError as error:
        raise SpectrumError(f"the spectrum cannot be unpacked: {error}") from error
    return spectrum


def _correct(blocks: fits.HDUList, path: Path, arf: Path | None, rmf: Path | None) -> Spectrum:
    """Correct the keywords of every spectrum in a file."""
    spectra = [block for block in blocks if _is_spectrum(block)]
    source = next((block for block in spectra if not _is_background(block)), None)
    if source is None:
        raise SpectrumError("the file has no block with a spectrum of the source")
    background = path.name if any(map(_is_background, spectra)) else "none"
    names = {
        "ANCRFILE": "none" if arf is None else arf.name,
        "RESPFILE": "none" if rmf is None else rmf.name,
    }
    mended: dict[str, None] = {}
    for block in spectra:
        own = "none" if _is_background(block) else background
        for key, name in {**names, "BACKFILE": own}.items():
            if not _same(block.header.get(key, ""), name):
                mended[key] = None
            block.header[key] = name
    counts = int(np.asarray(source.data["COUNTS"], dtype=np.float64).sum())
    exposure = source.header.get("EXPOSURE")
    exposure_s = float(exposure) if isinstance(exposure, int | float) else np.nan
    return Spectrum(path, counts, exposure_s, tuple(mended))


def _is_spectrum(block: Any) -> bool:
    """Tell whether a block is a spectrum."""
    return isinstance(block, fits.BinTableHDU) and (
        block.header.get("HDUCLAS1") == "SPECTRUM" or block.name.startswith("SPECTRUM")
    )


def _is_background(block: Any) -> bool:
    """Tell whether a spectrum is that of the background."""
    return str(block.header.get("HDUCLAS2", "")).strip() == "BKG"


def _same(old: object, name: str) -> bool:
    """Tell whether a keyword names a file, but for its compression."""
    text = str(old).strip()
    if name == "none":
        return text.upper() in _NOTHING
    return text.removesuffix(".gz") == name.removesuffix(".gz")
