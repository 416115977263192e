# Licensed under a 3-clause BSD style license - see LICENSE
"""
Change the code bit by bit, and see whether a test notices.

Run ``python tools/mutate.py adql cache`` from the root of the project; without names, every module
of ``MODULES`` is changed. mutmut makes the changes, one at a time, and runs the tests of the
module; ``[tool.mutmut]`` in pyproject.toml has its settings. It works in the folder ``mutants``,
and a second run goes on where the first one stopped.

A change that no test notices is a survivor. ``tools/survivors.toml`` says of some why that is
right; every other one fails the run. Other words in a message count apart: tests ask for the part
of a message that helps, not for every word.
"""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

#: What is changed, by the name that the command line takes.
MODULES = ("adql", "clauses", "cache", "votable")

PACKAGE = "astroquery_csc"

SURVIVORS = Path("tools/survivors.toml")

#: What mutmut calls a change that no test noticed.
_UNNOTICED = frozenset({"survived", "no tests", "suspicious"})

#: No run takes longer, in seconds; the next one goes on.
_LONGEST_RUN = 6 * 3600

_SAYS = frozenset({"debug", "info", "warn", "_warn"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """
    One change of the code.

    Parameters
    ----------
    function : str
        Where, from the module on: ``"clauses.literal"``, ``"cache.Cache.open"``.
    was, now : str
        The changed lines before and after, without the blanks around each.
    """

    function: str
    was: str
    now: str


def run(modules: Sequence[str]) -> None:
    """
    Make every change of some modules and run their tests.

    Parameters
    ----------
    modules : sequence of str
        Out of ``MODULES``.

    Raises
    ------
    SystemExit
        If the tests fail without any change, or the run takes too long.
    """
    patterns = [f"{PACKAGE}.{module}.*" for module in modules]
    try:
        subprocess.run(["mutmut", "run", *patterns], check=True, timeout=_LONGEST_RUN)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise SystemExit(f"mutate: {error}") from error


def unnoticed(modules: Sequence[str]) -> Iterator[Mutant]:
    """
    Give the changes that no test noticed.

    Parameters
    ----------
    modules : sequence of str
        Out of ``MODULES``.

    Yields
    ------
    Mutant
        One after the other.
    """
    for line in _mutmut("results").splitlines():
        name, _, verdict = line.strip().partition(": ")
        module = name.removeprefix(f"{PACKAGE}.").partition(".")[0]
        if module in modules and verdict in _UNNOTICED:
            yield read_mutant(name, _mutmut("show", name))


def _mutmut(*arguments: str) -> str:
    """Ask mutmut something."""
    done = subprocess.run(["mutmut", *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def read_mutant(name: str, difference: str) -> Mutant:
    r"""
    Read what mutmut shows of a change.

    Parameters
    ----------
    name : str
        What mutmut calls it.
    difference : str
        A unified diff.

    Returns
    -------
    Mutant
        The same without numbers, so that it keeps its name when other code changes.

    Examples
    --------
    >>> read_mutant(
    ...     "astroquery_csc.service.cache.xǁCacheǁopen__mutmut_3", "--- a\n+++ b\n-  x\n+  y\n"
    ... )
    Mutant(function='cache.Cache.open', was='x', now='y')
    """
    module, _, mangled = name.removeprefix(f"{PACKAGE}.").partition(".")
    plain = mangled.rpartition("__mutmut_")[0].removeprefix("x")
    function = plain.strip("ǁ").replace("ǁ", ".") if "ǁ" in plain else plain.removeprefix("_")
    lines = [line for line in difference.splitlines() if not line.startswith(("---", "+++", "@@"))]
    was, now = (
        "\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    return Mutant(f"{module}.{function}", was, now)


def message_lines(source: str) -> set[str]:
    r"""
    Find the lines of a file that stand in the message of an error, a warning or the log.

    Parameters
    ----------
    source : str
        Text of a Python file.

    Returns
    -------
    set of str
        The lines, without the blanks around them.

    Examples
    --------
    >>> sorted(message_lines('raise ValueError(\n  "no"\n)\nx = "yes"'))
    ['"no"', ')', 'raise ValueError(']
    """
    lines = source.splitlines()
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and _says(node.func)):
            found.update(line.strip() for line in lines[node.lineno - 1 : node.end_lineno])
    return found


def _says(function: ast.expr) -> bool:
    """Tell whether a function says something to the user."""
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in _SAYS
    return False


def is_wording(mutant: Mutant, messages: set[str]) -> bool:
    """
    Tell whether a change only changes words of a message, or where a warning is shown.

    Parameters
    ----------
    mutant : Mutant
        The change.
    messages : set of str
        From `message_lines`.

    Returns
    -------
    bool
        True for marks around a text, for its letters in another case, and for "stacklevel".
    """
    if _without_place(mutant.was) == _without_place(mutant.now):
        return True
    same = mutant.was.casefold() == mutant.now.replace("XX", "").casefold()
    return same and set(mutant.was.splitlines()) <= messages


def _without_place(lines: str) -> list[str]:
    """Leave out which line of our own code a warning is shown at."""
    return [line for line in lines.splitlines() if not line.startswith("stacklevel=")]


def explained() -> dict[Mutant, str]:
    """
    Read why some changes need not be noticed.

    Returns
    -------
    dict
        Reasons by change.
    """
    rows = tomllib.loads(SURVIVORS.read_text(encoding="utf-8")).get("survivor", [])
    return {Mutant(row["function"], row["was"], row["now"]): row["why"] for row in rows}


def main(*names: str) -> int:
    """
    Change modules, and report what no test noticed.

    Parameters
    ----------
    *names : str
        Out of ``MODULES``; none means all.

    Returns
    -------
    int
        The exit code: 0 if every survivor is explained, and every explanation is needed.
    """
    modules = names or MODULES
    run(modules)
    messages = {
        module: message_lines(Path(PACKAGE, f"{module}.py").read_text(encoding="utf-8"))
        for module in modules
    }
    survivors = list(unnoticed(modules))
    known = {
        mutant: why
        for mutant, why in explained().items()
        if mutant.function.partition(".")[0] in modules
    }
    wording = [
        one for one in survivors if is_wording(one, messages[one.function.partition(".")[0]])
    ]
    open_ones = [one for one in survivors if one not in known and one not in wording]
    stale = set(known) - set(survivors)
    for mutant in open_ones:
        print(f"\nsurvivor in {mutant.function}:\n- {mutant.was}\n+ {mutant.now}")
    for mutant in stale:
        print(f"\nexplained in {SURVIVORS}, but noticed or gone: {mutant.function}\n- {mutant.was}")
    print(
        f"\n{len(survivors)} survivors: {len(wording)} in the words of messages, "
        f"{len(survivors) - len(wording) - len(open_ones)} explained, {len(open_ones)} not"
    )
    return bool(open_ones or stale)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
