# Licensed under a 3-clause BSD style license - see LICENSE
"""What a name that does not exist was meant to be; it knows how the catalogue builds its names."""

import difflib
import re
from collections.abc import Iterable, Mapping

__all__ = ["did_you_mean"]

_BANDS = "bhmsuw"
#: Parts of a column's name, in the order in which the catalogue writes them.
_ORDER = ("aper", "aper90", "avg", "lolim", "hilim", *_BANDS)
#: Names that VizieR and HEASARC use in their tables, as the catalogue calls them.
_ELSEWHERE: Mapping[str, str] = {
    "2cxo": "name",
    "raicrs": "ra",
    "deicrs": "dec",
    "raj2000": "ra",
    "dej2000": "dec",
    "_raj2000": "ra",
    "_dej2000": "dec",
    "ra_icrs": "ra",
    "de_icrs": "dec",
    "r0": "err_ellipse_r0",
    "r1": "err_ellipse_r1",
    "glat": "gal_b",
    "glon": "gal_l",
    "bii": "gal_b",
    "lii": "gal_l",
    "s/n": "significance",
    "snr": "significance",
    "error_radius": "err_ellipse_r0",
    "_ra": "ra",
    "_de": "dec",
    "_dec": "dec",
    "lii_gal": "gal_l",
    "source_id": "name",
    "source_name": "name",
    "iauname": "name",
    "id": "name",
    "extended": "extent_flag",
    "fe": "extent_flag",
    "variable": "var_flag",
    "fv": "var_flag",
    "confused": "conf_flag",
    "fc": "conf_flag",
    "class": "likelihood_class",
    "hrhm": "hard_hm",
    "hrhs": "hard_hs",
    "hrms": "hard_ms",
    "hardness": "hard_hm",
    "hardness_ratio": "hard_hm",
    "nh": "nh_gal",
    "counts": "src_cnts_aper_b",
    "exposure": "acis_time",
    "exptime": "acis_time",
    "pos_err": "err_ellipse_r0",
}


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Suggest the choice that an unknown word was meant to be."""
    names = {choice.lower(): choice for choice in choices}
    word = word.lower().strip()
    meant = next((guess for guess in _guesses(word) if guess in names), None)
    if meant is not None:
        return f" Did you mean {names[meant]!r}?"
    for stem in (word, f"{word}_aper"):
        banded = [names[f"{stem}_{band}"] for band in _BANDS if f"{stem}_{band}" in names]
        if len(banded) > 1:
            return f" There is one for each band: {', '.join(banded)}."
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return f" Did you mean {names[near[0]]!r}?" if near else ""


def _guesses(word: str) -> Iterable[str]:
    """Other spellings of a word, the likeliest first."""
    yield word
    if word in _ELSEWHERE:
        yield _ELSEWHERE[word]
    known = [part for part in re.split(r"[_.\s]+", word) if part]
    yield _in_order(known)
    # VizieR writes Fluxb, and errors as e_Fluxb.
    fused = re.fullmatch(r"(?:[be]_)?(flux|photflux)([bhmsuw])", word)
    if fused is not None:
        yield f"{fused[1]}_aper_{fused[2]}"
    if "aper" not in known and "aper90" not in known:
        yield _in_order([*known, "aper"])


def _in_order(parts: Iterable[str]) -> str:
    """Put the parts of a name in the catalogue's order; unknown parts stay first."""
    return "_".join(sorted(parts, key=lambda part: _ORDER.index(part) if part in _ORDER else -1))
