# Licensed under a 3-clause BSD style license - see LICENSE
"""Reads the table of docs/howto/save.rst, and measures what a table lost on its way."""

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
from astropy.table import Table

_PAGE = Path(__file__).parents[2] / "docs" / "howto" / "save.rst"
_ROW = re.compile(r"^   \* - `(.+)`_\n     - (.+)\n", re.MULTILINE)
_BLOCK = r"\.\. code-block:: python\n\n((?: {3}.*\n|\n)+)"
_KINDS = {"b": "flags", "i": "integers", "f": "numbers", "U": "text"}


@dataclass(frozen=True)
class Line:
    """
    One line of the page's table.

    Parameters
    ----------
    title : str
        The format.
    calls : str
        Code that writes the table ``t`` and reads it again as ``t``.
    lost : frozenset of str
        What the page says is lost.
    """

    title: str
    calls: str
    lost: frozenset[str]

    def carry(self, table: Table) -> Table:
        """Run the page's imports and calls, where the test stands now."""
        names: dict[str, Any] = {"t": table}
        exec(_imports() + self.calls, names)
        back: Table = names["t"]
        return back


def read_lines() -> list[Line]:
    """Read every line of the page's table, and the calls that stand below its format's name."""
    page = _PAGE.read_text(encoding="utf-8")
    return [
        Line(title, _block_below(title, page), frozenset(_phrases(cell)))
        for title, cell in _ROW.findall(page)
    ]


def _block_below(title: str, page: str) -> str:
    """Take the code that stands directly below a heading."""
    found = re.search(rf"^{re.escape(title)}\n~+\n\n{_BLOCK}", page, re.MULTILINE)
    assert found is not None, f"the page has no calls for {title}"
    return dedent(found[1])


def _phrases(cell: str) -> list[str]:
    """Split what the page says is lost."""
    return [] if cell == "nothing" else cell.split("; ")


def _imports() -> str:
    """Take the imports that the page gives once for all lines."""
    found = re.search(rf"imports:\n\n{_BLOCK}", _PAGE.read_text(encoding="utf-8"))
    assert found is not None, "the page has no imports"
    return dedent(found[1])


def lost(before: Table, after: Table) -> frozenset[str]:
    """Name what is different after a table was written and read, in the words of the page."""
    assert after.colnames == before.colnames
    assert len(after) == len(before)
    pairs = [(before[name], after[name]) for name in before.colnames]
    found = {
        f"{what} of {_KINDS[left.dtype.kind]}"
        for what, differs in (("values", _values), ("types", _types), ("nulls", _nulls))
        for left, right in pairs
        if differs(left, right)
    }
    if any(left.unit != right.unit for left, right in pairs):
        found.add("units")
    if any(_words(left) != _words(right) for left, right in pairs):
        found.add("words")
    if list(before.meta.items()) != list(after.meta.items()):
        found.add("meta")
    return frozenset(found)


def _there(column: Any) -> Any:
    """Give the values of a column that are not null."""
    return np.ma.getdata(column)[~np.ma.getmaskarray(column)]


def _values(left: Any, right: Any) -> bool:
    """Tell whether a value that was there is another one now."""
    there = ~np.ma.getmaskarray(left)
    values = np.ma.getdata(left)[there], np.ma.getdata(right)[there]
    return not np.array_equal(*values)


def _types(left: Any, right: Any) -> bool:
    """Tell whether a column with values has another type; width and byte order are free."""
    if not len(_there(left)):
        return False
    kinds = left.dtype.kind, right.dtype.kind
    same_size = left.dtype.kind == "U" or left.dtype.itemsize == right.dtype.itemsize
    return kinds[0] != kinds[1] or not same_size


def _nulls(left: Any, right: Any) -> bool:
    """Tell whether other cells are null."""
    return not np.array_equal(np.ma.getmaskarray(left), np.ma.getmaskarray(right))


def _words(column: Any) -> tuple[str, str]:
    """Give the words of a column; line breaks are free."""
    return " ".join((column.description or "").split()), column.meta.get("ucd", "")
