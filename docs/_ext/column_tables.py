# Licensed under a 3-clause BSD style license - see LICENSE
"""
The directive ``catalogue-columns``: every known column of a table of the catalogue.

The rows come from the dictionary of the package. Each has an anchor (``#flux_aper_b``), an entry
in the search, and can be named with ``:column:`master_source.flux_aper_b```.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from astroquery_csc.catalogue.schema import Column, TableInfo, get_tables

_RELEASE, _OLDER = "2.1", "2.0"

_HEADS = ("Column", "Type", "Unit", "What it is", f"In {_OLDER}")
_WIDTHS = (24, 8, 14, 46, 8)


class CatalogueColumns(SphinxDirective):
    """A sentence on how much is known of a table, and its columns."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        name = self.arguments[0]
        info = get_tables(_RELEASE)[name]
        older = get_tables(_OLDER)[name].columns
        said = nodes.paragraph("", "", *_how_much(info, len(older)))
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
        self.env.get_domain("std").note_object(
            "column", f"{column.table}.{column.name}", column.name, location=row
        )
        return row


def _how_much(info: TableInfo, older: int) -> list[nodes.Node]:
    """Say how many columns are known, and how to list what is not."""
    known = len(info.columns)
    call = nodes.literal(text=f'Csc.list_columns("{info.name}", refresh=True)')
    if not known:
        return [nodes.Text("Only the service knows its columns. To list them: "), call]
    extent = f"All {known}" if info.complete else f"The {known} that are known here"
    also = f"; {older} of them are also in release {_OLDER}" if older else ""
    said = nodes.Text(f"{extent} columns of release {_RELEASE}{also}.")
    return [said] if info.complete else [said, nodes.Text(" To ask the service for more: "), call]


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
