# Licensed under a 3-clause BSD style license - see LICENSE
"""The directive ``fault-matrix``: the faults that the tests try, and what users get."""

import sys
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles

sys.path.insert(0, str(Path(__file__).parents[2]))


class FaultMatrix(SphinxDirective):
    """The tables of all faults, made from the tests."""

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        from tests.faults.table import table

        holder = nodes.section()
        holder.document = self.state.document
        lines = StringList(table().splitlines(), source="tests/faults/table.py")
        nested_parse_with_titles(self.state, lines, holder)
        return holder.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("fault-matrix", FaultMatrix)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
