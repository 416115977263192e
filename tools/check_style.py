# Licensed under a 3-clause BSD style license - see LICENSE
"""
Check what no linter checks: the licence line, the length of functions and files, and tests.

Lines are lines of code: blank lines, comments and docstrings do not count. A function has 40 at
most, and four in five have 20 at most; a file has 400 at most. The docstring of a test is a
sentence, and a test takes no decisions: what it does once it does always.

Run ``python tools/check_style.py`` from the root of the project.
"""

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

LICENCE_LINE = "# Licensed under a 3-clause BSD style license - see LICENSE"
FUNCTION_LINES = 40
SHORT_FUNCTION_LINES = 20
SHORT_SHARE = 0.8
FILE_LINES = 400
PLACES = ("astroquery_csc", "benchmarks", "conftest.py", "docs", "tests", "tools")

_NO_CODE = frozenset(
    {
        tokenize.COMMENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
        tokenize.INDENT,
        tokenize.NEWLINE,
        tokenize.NL,
    }
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def code_lines(source: str, tree: ast.Module) -> set[int]:
    r"""
    Find the lines that hold code.

    Parameters
    ----------
    source : str
        Text of a Python file.
    tree : ast.Module
        The same, parsed.

    Returns
    -------
    set of int
        Line numbers, from 1.

    Examples
    --------
    >>> source = '"Words."\n\nx = 1  # why\n'
    >>> code_lines(source, ast.parse(source))
    {3}
    """
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for text in _docstrings(tree):
        lines.difference_update(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return lines


def _docstrings(tree: ast.Module) -> Iterator[ast.Expr]:
    """Find every docstring, and every string that stands alone."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                yield node


def function_lengths(tree: ast.Module, lines: set[int]) -> dict[str, int]:
    """
    Count the lines of code of every function, nested ones also by themselves.

    Parameters
    ----------
    tree : ast.Module
        A parsed file.
    lines : set of int
        Its lines of code.

    Returns
    -------
    dict
        Lines by ``"name:line number"``.
    """
    return {
        f"{node.name}:{node.lineno}": len(lines & set(range(node.lineno, _end(node) + 1)))
        for node in ast.walk(tree)
        if isinstance(node, Function)
    }


def _end(node: Function) -> int:
    """Give the last line of a function."""
    return node.end_lineno or node.lineno


def check_tests(tree: ast.Module) -> list[str]:
    r"""
    Find tests that are no sentences, or take decisions.

    Parameters
    ----------
    tree : ast.Module
        A parsed file of tests.

    Returns
    -------
    list of str
        What is wrong, with the name and the line.

    Examples
    --------
    >>> check_tests(ast.parse("def test_it():\n    'Works'\n    if x:\n        pass"))
    ["test_it:1 is no sentence: 'Works'", 'test_it:1 takes a decision in line 3']
    """
    complaints = []
    for node in tree.body:
        if not isinstance(node, Function) or not node.name.startswith("test_"):
            continue
        name, words = f"{node.name}:{node.lineno}", ast.get_docstring(node) or ""
        if not words.endswith((".", "?", "!")):
            complaints.append(f"{name} is no sentence: {words!r}")
        complaints += [
            f"{name} takes a decision in line {inner.lineno}"
            for inner in _own_statements(node)
            if isinstance(inner, ast.If | ast.While | ast.Match)
        ]
    return complaints


def _own_statements(function: ast.AST) -> Iterator[ast.stmt]:
    """Find every statement of a function that is not in a function inside it."""
    for node in ast.iter_child_nodes(function):
        if isinstance(node, ast.stmt) and not isinstance(node, Function):
            yield node
        if not isinstance(node, Function):
            yield from _own_statements(node)


def check_file(path: Path) -> tuple[list[str], list[int]]:
    """
    Check one file.

    Parameters
    ----------
    path : pathlib.Path
        A Python file.

    Returns
    -------
    complaints : list of str
        What is wrong.
    lengths : list of int
        Lines of code of its functions.
    """
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    lines = code_lines(source, tree)
    functions = function_lengths(tree, lines)
    complaints = [
        f"{path}: function {name} has {length} lines of code, {FUNCTION_LINES} is the most"
        for name, length in functions.items()
        if length > FUNCTION_LINES
    ]
    if len(lines) > FILE_LINES:
        complaints.append(f"{path}: {len(lines)} lines of code, {FILE_LINES} is the most")
    if not source.startswith(LICENCE_LINE):
        complaints.append(f"{path}: the first line is not {LICENCE_LINE!r}")
    complaints += [f"{path}: {line}" for line in check_tests(tree)]
    return complaints, list(functions.values())


def _files(root: Path) -> Iterator[Path]:
    """Find the Python files of the project."""
    for place in PLACES:
        path = root / place
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def main() -> int:
    """
    Check every file and say what is wrong.

    Returns
    -------
    int
        The exit code: 0 if nothing is wrong.
    """
    results = [check_file(path) for path in _files(Path()) if "_build" not in path.parts]
    complaints = [line for found, _ in results for line in found]
    lengths = [length for _, found in results for length in found]
    short = sum(length <= SHORT_FUNCTION_LINES for length in lengths) / max(len(lengths), 1)
    if short < SHORT_SHARE:
        complaints.append(f"only {short:.0%} of the functions are short, {SHORT_SHARE:.0%} should")
    print("\n".join(complaints) or f"style: {len(results)} files, {len(lengths)} functions, fine")
    print(f"{short:.1%} of the functions have {SHORT_FUNCTION_LINES} lines of code at most")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
