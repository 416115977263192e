# Licensed under a 3-clause BSD style license - see LICENSE
"""Tables on a terminal: every row, and every column that fits; what does not fit is named."""

import textwrap
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from astropy.table import Column, Table

from astroquery_csc.exceptions import clean

__all__ = ["render"]

#: A last column of text is broken into lines of this many characters or more.
_TEXT_WIDTH = 24


@dataclass(frozen=True, slots=True)
class _Block:
    """One column as text: its head (name and perhaps unit), its cells, its width."""

    name: str
    head: list[str]
    cells: list[str]
    is_text: bool

    @property
    def width(self) -> int:
        """Characters that it takes."""
        return max(map(len, [*self.head, *self.cells]))

    @property
    def least_width(self) -> int:
        """Characters that it takes as the last column, where text can be broken."""
        return min(self.width, max(_TEXT_WIDTH, len(self.name))) if self.is_text else self.width


def render(
    table: Table, width: int | None = None, *, first_to_go: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Lay a table out as lines of text."""
    blocks = _blocks(table)
    kept = _choose(blocks, width, first_to_go)
    hidden = [block.name for block in blocks if block not in kept]
    return list(_lines(kept, width)), hidden


def _blocks(table: Table) -> list[_Block]:
    """Turn columns into text."""
    has_units = any(column.unit is not None for column in table.itercols())
    return [_block(column, has_units=has_units) for column in table.itercols()]


def _block(column: Column, *, has_units: bool) -> _Block:
    """Turn one column into text."""
    is_text = column.dtype.kind in "US"
    shown = column.copy()
    if shown.dtype.kind == "f":
        shown.format = ".6f" if str(shown.unit) == "deg" else ".6g"
    lines = Table([shown], copy=False).pformat(
        max_lines=-1, max_width=-1, show_unit=has_units, align="<" if is_text else ">"
    )
    first = 1 + has_units
    cells = [_seen(line.rstrip()) if is_text else line for line in lines[first + 1 :]]
    return _Block(column.name, [_seen(line) for line in lines[:first]], cells, is_text)


def _seen(line: str) -> str:
    """Show a line so that the terminal does not obey what a cell contains."""
    return clean(line).replace("\n", "\ufffd").replace("\t", "\ufffd")


def _choose(blocks: list[_Block], width: int | None, first_to_go: Collection[str]) -> list[_Block]:
    """Leave columns out until a line is short enough, or one column is left."""
    kept = list(blocks)
    candidates = [block for block in blocks if block.name in first_to_go]
    candidates += [block for block in reversed(blocks) if block not in candidates]
    for candidate in candidates[: len(blocks) - 1]:
        if width is None or _least_width(kept) <= width:
            break
        kept.remove(candidate)
    return kept


def _least_width(blocks: list[_Block]) -> int:
    """Characters that columns take beside each other."""
    *others, last = blocks
    return sum(block.width + 1 for block in others) + last.least_width


def _lines(blocks: list[_Block], width: int | None) -> Iterator[str]:
    """Put columns beside each other."""
    *others, last = blocks
    before = sum(block.width + 1 for block in others)
    room = last.width
    if width is not None and last.is_text:
        room = max(last.least_width, min(last.width, width - before))
    widths = [*(block.width for block in others), room]
    for row in range(len(last.head)):
        yield _line([block.head[row] for block in blocks], widths, blocks)
    yield " ".join("-" * wide for wide in widths)
    for row, text in enumerate(last.cells):
        pieces = textwrap.wrap(text, room) if len(text) > room else [text]
        before_it = [block.cells[row] for block in others]
        for piece in pieces:
            yield _line([*before_it, piece], widths, blocks)
            before_it = [""] * len(others)


def _line(cells: list[str], widths: list[int], blocks: list[_Block]) -> str:
    """Put the cells of one line beside each other: text to the left, the rest to the right."""
    padded = [
        cell.strip().ljust(wide) if block.is_text else cell.strip().rjust(wide)
        for cell, wide, block in zip(cells, widths, blocks, strict=True)
    ]
    return " ".join(padded).rstrip()
