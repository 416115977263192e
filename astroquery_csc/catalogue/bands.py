# Licensed under a 3-clause BSD style license - see LICENSE
"""
The energy bands of the catalogue: five of ACIS, one of the HRC, never one in place of another.

Pure: nothing here asks anything.
"""

import re
from collections.abc import Iterable

from astroquery_csc.catalogue.suggest import did_you_mean
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError

__all__ = ["BANDS", "INSTRUMENT_BANDS", "WORDS", "instrument_of", "read_bands"]

#: Every band, in the order of the catalogue's columns.
BANDS = ("b", "h", "m", "s", "u", "w")

#: The bands that an instrument measures.
INSTRUMENT_BANDS = {"ACIS": ("b", "h", "m", "s", "u"), "HRC": ("w",)}

#: What CIAO calls the bands.
WORDS = {
    "broad": "b",
    "hard": "h",
    "medium": "m",
    "soft": "s",
    "ultrasoft": "u",
    "wide": "w",
}


def read_bands(bands: object) -> tuple[str, ...]:
    """Read the ``bands`` of a verb."""
    if bands is None:
        return BANDS
    words = [bands] if isinstance(bands, str) else bands
    if not isinstance(words, Iterable):
        raise InputTypeError(f"bands is {bands!r}; expected letters: bands=['b', 'h'].")
    found: set[str] = set()
    for word in words:
        if not isinstance(word, str):
            raise InputTypeError(f"A band is a letter, not {word!r}. Write bands=['b', 'h'].")
        found.update(*(_letters(part) for part in re.split(r"[\s,]+", word.strip()) if part))
    if not found:
        raise InvalidQueryError("bands is empty. Name at least one, or leave it out.")
    return tuple(band for band in BANDS if band in found)


def _letters(word: str) -> set[str]:
    """Read one word: a name of CIAO's, or letters of bands."""
    text = word.lower()
    if text in WORDS:
        return {WORDS[text]}
    if not set(text) <= set(BANDS):
        raise InvalidQueryError(
            f"Band {word!r} does not exist.{did_you_mean(word, WORDS)} There are "
            f"{', '.join(f'{letter} ({name})' for name, letter in WORDS.items())}; w is the HRC's, "
            "the others are ACIS's."
        )
    return set(text)


def instrument_of(text: str) -> str:
    """Tell which instrument a cell of ``instrument`` names."""
    name = text.strip().upper()
    return next((known for known in INSTRUMENT_BANDS if name.startswith(known)), "")
