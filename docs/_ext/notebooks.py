# Licensed under a 3-clause BSD style license - see LICENSE
"""
The directive ``notebook``: the page it stands on can also be downloaded as a Jupyter notebook.

Text and code come from the page. Code that the page shows with its output is a cell of its own, so
that the notebook shows that output, too. Every notebook is run once the pages are built, against
the test service of the package; a cell that fails is a warning of Sphinx.
"""

import doctest
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
from docutils import nodes
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

log = logging.getLogger(__name__)

_SWITCH = "astroquery_csc.testing.use_test_service()"
_START = f"""import astroquery_csc

# Remove "# " to send everything to the test service of the package instead of the archive:
# {_SWITCH}"""
_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
#: What is not in a notebook: figures are drawn there, and set-up is the page's own.
_LEFT_OUT = (nodes.comment, nodes.image, nodes.figure, nodes.raw, nodes.target, nodes.Invisible)


class Piece(NamedTuple):
    """A cell, or a part of one."""

    kind: str
    text: str


class Notebook(SphinxDirective):
    """A line with the link to the notebook of this page."""

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        self.env.metadata[self.env.docname]["notebook"] = "yes"
        address = f"{self.env.docname.rpartition('/')[2]}.ipynb"
        link = nodes.reference("", "Download it as a notebook", refuri=address, internal=True)
        said = nodes.paragraph(
            "",
            "",
            link,
            nodes.Text(
                ", which asks the archive, or the "
                "test service if you change one line in its first cell."
            ),
        )
        said["classes"] = ["page-only"]
        return [said]


def write(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Write the notebook of a page beside it."""
    if "notebook" not in app.env.metadata[docname]:
        return
    first, *others = _merge(pieces(doctree, 0))
    cells = [_cell(i, piece) for i, piece in enumerate([first, Piece("code", _START), *others])]
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": _KERNEL})
    path = _path(app, docname)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, path)


def run_all(app: Sphinx, failure: Exception | None) -> None:
    """Run every notebook against the test service."""
    if failure is not None or app.builder.format != "html":
        return
    for docname, metadata in app.env.metadata.items():
        if "notebook" in metadata:
            _run(_path(app, docname), docname)


def _run(path: Path, docname: str) -> None:
    """Run one notebook, in a folder of its own."""
    book = nbformat.read(path, as_version=4)
    start = next(cell for cell in book.cells if cell.cell_type == "code")
    start.source = start.source.replace(f"# {_SWITCH}", _SWITCH)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "astropy").mkdir()
        client = NotebookClient(book, timeout=300, resources={"metadata": {"path": folder}})
        try:
            client.execute(env={**os.environ, "XDG_CACHE_HOME": folder})
        except CellExecutionError as error:
            log.warning("its notebook fails: %s", error, location=docname)


def _path(app: Sphinx, docname: str) -> Path:
    """Say where the notebook of a page is."""
    return Path(app.outdir, f"{docname}.ipynb")


def _cell(number: int, piece: Piece) -> nbformat.NotebookNode:
    """Make a cell whose name does not change from build to build."""
    new = nbformat.v4.new_code_cell if piece.kind == "code" else nbformat.v4.new_markdown_cell
    return new(piece.text, id=f"cell-{number}")


def _merge(found: Iterator[Piece]) -> list[Piece]:
    """Put texts that follow each other, without code between them, into one cell."""
    merged: list[Piece] = []
    for piece in found:
        if merged and merged[-1].kind == piece.kind == "markdown":
            merged[-1] = Piece("markdown", f"{merged[-1].text}\n\n{piece.text}")
        else:
            merged.append(piece)
    return merged


def pieces(node: nodes.Node, depth: int) -> Iterator[Piece]:
    """Turn a part of a page into text and code."""
    if isinstance(node, _LEFT_OUT) or "page-only" in _classes(node):
        return
    if isinstance(node, nodes.literal_block | nodes.doctest_block):
        yield from _code(node)
    elif text := _block(node, depth):
        yield Piece("markdown", text)
    else:
        for child in node.children:
            yield from pieces(child, depth + isinstance(node, nodes.section))


def _block(node: nodes.Node, depth: int) -> str:
    """Turn a block without code into Markdown; nothing if its parts have to be looked at."""
    if isinstance(node, nodes.title):
        return f"{'#' * depth} {_inline(node)}"
    if "sd-card-title" in _classes(node):
        return f"**{_inline(node)}**"
    if isinstance(node, nodes.bullet_list):
        return "\n".join(f"- {_inline(item)}" for item in node.children)
    if isinstance(node, nodes.Admonition):
        return "\n".join(f"> {_inline(child)}\n>" for child in node.children)
    return _inline(node) if isinstance(node, nodes.paragraph) else ""


def _classes(node: nodes.Node) -> list[str]:
    """Give the classes of a part of a page."""
    return node.get("classes", []) if isinstance(node, nodes.Element) else []


def _code(node: nodes.Element) -> Iterator[Piece]:
    """Cut a block of code after each output."""
    text = node.astext()
    examples = doctest.DocTestParser().get_examples(text)
    if not examples:
        python = node.get("language") in {"python", "default"}
        yield Piece("code", text) if python else Piece("markdown", f"```\n{text}\n```")
        return
    cell = ""
    for example in examples:
        cell += example.source
        if example.want:
            yield Piece("code", cell.strip())
            cell = ""
    if cell:
        yield Piece("code", cell.strip())


def _inline(node: nodes.Node) -> str:
    """Turn words into Markdown."""
    if isinstance(node, nodes.Text):
        return node.astext().replace("\n", " ")
    text = "".join(map(_inline, node.children))
    if isinstance(node, nodes.literal):
        return f"`{node.astext()}`"
    if isinstance(node, nodes.strong):
        return f"**{text}**"
    if isinstance(node, nodes.emphasis):
        return f"*{text}*"
    if isinstance(node, nodes.reference) and node.get("refuri", "").startswith("http"):
        return f"[{text}]({node['refuri']})"
    return text


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.add_directive("notebook", Notebook)
    app.connect("doctree-resolved", write)
    app.connect("build-finished", run_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
