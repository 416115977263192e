# Licensed under a 3-clause BSD style license - see LICENSE
"""
Documents without their rows, as astropy read them, kept for the next document of the same bytes.

astropy needs a millisecond or more for the metadata of a table, whatever its number of rows, and a
service writes the same metadata whenever the same columns are asked for.
"""

from dataclasses import dataclass, field

from astroquery_csc.columns import ArrayColumn

__all__ = ["MAX_FRAME_BYTES", "Frame", "Frames"]

#: A table of 515 columns has some 90,000 bytes beside its rows.
MAX_FRAME_BYTES = 1 << 17
_MOST = 32


@dataclass(frozen=True, slots=True)
class Frame:
    """What a document says beside its plain rows; the columns hold what astropy read of them."""

    #: None without a table.
    columns: tuple[ArrayColumn, ...] | None
    overflow: bool = False
    error: str | None = None
    #: Number of characters of each column's strings, where it is stated and kept to.
    limits: tuple[int | None, ...] = ()
    #: Number of the table in its document.
    number: int = 0
    #: Number of rows that the table claims to have.
    claimed: int = 0
    #: What its DESCRIPTION says.
    note: str = ""


@dataclass(slots=True)
class Frames:
    """The frames that were used last, by their bytes; no lock, which a fork could copy locked."""

    _kept: dict[bytes, Frame] = field(default_factory=dict)

    def find(self, text: bytes) -> Frame | None:
        """Give the frame that was read of these bytes."""
        found = self._kept.pop(text, None)
        if found is not None:
            self._kept[text] = found
        return found

    def keep(self, text: bytes, frame: Frame) -> None:
        """Keep a frame, and forget the one that was not used for longest."""
        self._kept[text] = frame
        for old in list(self._kept)[:-_MOST]:
            self._kept.pop(old, None)
