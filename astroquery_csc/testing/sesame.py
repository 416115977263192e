# Licensed under a 3-clause BSD style license - see LICENSE
"""Sesame, the resolver of names, for the few names that the test sky has."""

from urllib.parse import unquote_plus

from astroquery_csc.testing.messages import Request, Response, text_response
from astroquery_csc.testing.sky.catalogue import NAMES

__all__ = ["PREFIX", "SesameService"]

#: Where the resolver is.
PREFIX = "/sesame"


class SesameService:
    """Turns the names of the test sky into positions, in the form that astropy reads."""

    def __init__(self) -> None:
        self._positions = {_fold(name): position for name, position in NAMES.items()}

    def handle(self, request: Request) -> Response:
        """Answer ``/sesame/SNV?NAME``."""
        name = unquote_plus(request.query)
        position = self._positions.get(_fold(name))
        if position is None:
            return text_response(200, f"# {name}\n#!SIMBAD: Nothing found")
        ra_deg, dec_deg = position
        return text_response(200, f"# {name}\n#=Test service\n%J {ra_deg:.8f} {dec_deg:+.8f}")


def _fold(name: str) -> str:
    """Make spellings of a name alike."""
    return "".join(name.split()).casefold()
