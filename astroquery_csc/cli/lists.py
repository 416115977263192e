# Licensed under a 3-clause BSD style license - see LICENSE
"""Lists of positions in files, and what was assumed about them."""

from collections.abc import Sequence

from astropy.coordinates import SkyCoord
from astropy.table import Table

from astroquery_csc.cli.messages import note
from astroquery_csc.cli.places import read_place, read_table
from astroquery_csc.exceptions import InvalidQueryError

__all__ = ["place_or_list", "positions_of", "table_of"]


def table_of(name: str) -> Table:
    """Read a list, and say how positions without units were read."""
    table, assumed, texts = read_table(name)
    if assumed:
        note(f"{name}: no units for {' and '.join(assumed)}; taken as degrees.")
    if texts:
        note(f"{name}: {' and '.join(texts)} are sexagesimal, RA in hours; given back in degrees.")
    return table


def positions_of(words: Sequence[str]) -> SkyCoord:
    """Read the positions of ``@FILE``."""
    name = " ".join(words)[1:]
    table = table_of(name)
    try:
        return SkyCoord.guess_from_table(table)
    except ValueError as error:
        raise InvalidQueryError(
            f"{name!r} does not contain positions; expected columns ra and dec."
        ) from error


def place_or_list(words: Sequence[str]) -> SkyCoord | str:
    """Read a position, the name of an object, or the positions of ``@FILE``."""
    return positions_of(words) if words[0].startswith("@") else read_place(words)
