# Licensed under a 3-clause BSD style license - see LICENSE
"""The messages that the package raises or warns with, as they stand in its source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import astroquery_csc

__all__ = ["raised"]

_PACKAGE = Path(astroquery_csc.__file__).parent
#: What Python's users alone call: pictures, LSDB, and the making of releases and of services.
_PYTHON_ONLY = {"plot", "testing", "cli", "lsdb.py", "releases.py"}
_SAYS = {"warn", "info", "InvalidQueryError", "InputTypeError", "MirrorError"}


def raised() -> Iterator[str]:
    """Give each message once, with ``x`` for what is put in when it is raised."""
    seen = set()
    for file in sorted(_PACKAGE.rglob("*.py")):
        if _PYTHON_ONLY.intersection(file.relative_to(_PACKAGE).parts):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for text in _messages(node):
                if text not in seen:
                    seen.add(text)
                    yield text


def _messages(node: ast.AST) -> Iterator[str]:
    """Give the texts in what raises or warns."""
    if not (isinstance(node, ast.Raise) or _is_call(node)):
        return
    whole = [part for part in ast.walk(node) if isinstance(part, ast.JoinedStr)]
    pieces = {id(value) for part in whole for value in part.values}
    for part in whole:
        yield "".join(_piece(value) for value in part.values)
    for item in ast.walk(node):
        is_text = isinstance(item, ast.Constant) and isinstance(item.value, str)
        if is_text and id(item) not in pieces:
            yield str(item.value)  # type: ignore[attr-defined]


def _is_call(node: ast.AST) -> bool:
    """Look whether a node calls what says something."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SAYS


def _piece(value: ast.expr) -> str:
    """Give a part of an f-string; ``{…!r}`` has its quotes."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    is_repr = isinstance(value, ast.FormattedValue) and value.conversion == ord("r")
    return "'x'" if is_repr else "x"
