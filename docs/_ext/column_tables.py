# Licensed under a 3-clause BSD style license - see LICENSE
"""
The directive ``catalogue-columns``: every known column of a table of the catalogue.

The rows come from the dictionary of the package. Each has an anchor (``#flux_aper_b``), an entry
in the search, and can be named with ``:column:`master_source.flux_aper_b```.
"""

from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from astroquery_csc.catalogue.schema import Column, get_tables

_RELEASE, _OLDER = "2.1", "2.0"

_HEADS = ("Column", "Type", "Unit", "What it is", _OLDER, "Known from")
_WIDTHS = (24, 8, 14, 38, 6, 10)

#: What the words mean that the dictionary has for the evidence of a row.
_EVIDENCE = {
    "rd": "a public listing of the whole table",
    "vot": "a real VOTable",
    "resp": "a raw response",
    "tap": "the service's own TAP_SCHEMA",
    "doc": "a column page of the CXC",
    "doc1": "a column page of the CXC",
    "adql": "a query that somebody ran",
    "ciao": "CIAO's lists",
    "band": "the same family in another band",
    "level": "the same family at another level of the catalogue",
    "unit": "the column is known, its unit is an inference",
}


class CatalogueColumns(SphinxDirective):
    """A sentence on how much is known of a table, and its columns."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        name = self.arguments[0]
        info = get_tables(_RELEASE)[name]
        older = get_tables(_OLDER)[name].columns
        said = nodes.paragraph(text=_how_much(len(info.columns), len(older), info.complete))
        if not info.columns:
            return [said]
        rows = [self._row(column, name in older) for name, column in info.columns.items()]
        return [said, _table(rows)]

    def _row(self, column: Column, in_older: bool) -> nodes.row:  # noqa: FBT001
        """Make the row of a column, with its anchor, and note it for the search."""
        cells = (
            nodes.reference("", "", nodes.literal(text=column.name), refid=column.name),
            nodes.Text(column.datatype),
            nodes.Text(column.unit),
            nodes.Text(column.description),
            nodes.Text("yes" if in_older else ""),
        )
        row = nodes.row(ids=[column.name])
        row += [_entry(cell) for cell in cells]
        row += _entry(*_evidence(column.evidence))
        self.env.get_domain("std").note_object(
            "column", f"{column.table}.{column.name}", column.name, location=row
        )
        return row


def _how_much(known: int, older: int, complete: bool) -> str:  # noqa: FBT001
    """Say how many columns are known."""
    if not known:
        return "Its columns are known to the service only: Csc.list_columns(refresh=True) asks it."
    extent = f"All {known}" if complete else f"The {known} that are known here"
    also = f"; {older} of them are known of release {_OLDER}, too" if older else ""
    more = "" if complete else " The service may have more: Csc.list_columns(refresh=True) asks it."
    return f"{extent} columns of release {_RELEASE}{also}.{more}"


def _evidence(words: str) -> Iterator[nodes.Node]:
    """Make the words for the evidence, each with its meaning."""
    for i, word in enumerate(words.split("+")):
        if i:
            yield nodes.Text(" + ")
        yield nodes.abbreviation("", word, explanation=_EVIDENCE[word])


def _entry(*content: nodes.Node) -> nodes.entry:
    """Make a cell."""
    return nodes.entry("", nodes.paragraph("", "", *content))


def _table(rows: list[nodes.row]) -> nodes.table:
    """Put rows under a head."""
    head = nodes.row("", *(_entry(nodes.Text(text)) for text in _HEADS))
    columns = [nodes.colspec(colwidth=width) for width in _WIDTHS]
    group = nodes.tgroup(
        "", *columns, nodes.thead("", head), nodes.tbody("", *rows), cols=len(_HEADS)
    )
    return nodes.table("", group, classes=["catalogue-columns"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.add_object_type("column", "column")
    app.add_directive("catalogue-columns", CatalogueColumns)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
