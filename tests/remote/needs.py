# Licensed under a 3-clause BSD style license - see LICENSE
"""What the code needs of a service: asserted of each finding, after it was written down."""

from collections.abc import Callable
from typing import Any

from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.testing import Dialect
from tests.remote.site import Finding

__all__ = ["NEEDS", "broken"]

#: Constructs of ADQL that some verb sends, or that stand in the CXC's notebook.
_SENT = frozenset({"BETWEEN", "IN", "IS NULL", "LIKE", "OR"})

#: A list of names that breaks the connection is not halved any more.
_LONGEST = 12

#: What must hold of a setting, with the words for a failure; no other switch breaks a verb.
NEEDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "capabilities": (lambda there: there is True, "Csc.hardlimit and Csc.maxrec read them"),
    "default_maxrec": (lambda rows: rows is None, "a whole table is asked for without MAXREC"),
    "hard_limit": (
        lambda rows: rows == RELEASES["2.1"].hard_limit,
        "an answer of so many rows is taken for a cut one",
    ),
    "max_in_list": (
        lambda longest: longest is None or longest >= _LONGEST,
        f"lists of {_LONGEST} names are not cut any more",
    ),
    "missing_columns": (lambda names: names == (), "the dictionary names them"),
    "refused": (lambda names: not names & _SENT, f"verbs send {', '.join(sorted(_SENT))}"),
    "stated_limits": (lambda there: there is True, "Csc.hardlimit and Csc.maxrec read them"),
    "upload": (lambda works: works is True, "query_tap(uploads=…) sends tables"),
}


def broken(finding: Finding) -> list[str]:
    """
    List the settings that the code cannot live with, or that the test service does not have.

    A setting that `Dialect` refuses is a behaviour that nobody has thought of.
    """
    found = []
    for name, setting in finding.settings.items():
        Dialect(**{name: setting})
        holds, words = NEEDS.get(name, (_anything, ""))
        if not holds(setting):
            found.append(f"{name}={setting!r}: {words}")
    return found


def _anything(setting: object) -> bool:
    """Live with every setting."""
    return True
