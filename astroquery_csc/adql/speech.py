# Licensed under a 3-clause BSD style license - see LICENSE
"""
How one server takes the conditions that this package writes: flags, lists and joins.

Pure. A condition is plain text, or a record that is written once it is known who reads it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeAlias

__all__ = [
    "BOOLEANS",
    "JOINS",
    "LONGEST_LIST",
    "SHORTEST_LIST",
    "Condition",
    "InList",
    "Speech",
    "Term",
    "longest",
    "pieces",
    "topics",
    "written",
]

#: Longer IN lists were seen to break connections.
LONGEST_LIST = 200
#: Shorter lists are not cut: so short, they are not what a server refuses.
SHORTEST_LIST = 12
#: What flags are compared with, false and true, by the name of the form; the likeliest first.
BOOLEANS = {
    "numbers": ("0", "1"),
    "letters": ("'F'", "'T'"),
    "keywords": ("FALSE", "TRUE"),
    "words": ("'False'", "'True'"),
}
#: How tables are joined: ``FROM a, b WHERE``, ``a JOIN b ON``, or not by the server.
JOINS = ("comma", "on", "none")


@dataclass(frozen=True, slots=True)
class Speech:
    """What a server takes, as far as it is known."""

    booleans: str = "numbers"
    joins: str = "comma"
    has_top: bool = True
    longest_list: int = LONGEST_LIST
    knows_separation: bool = True

    def literal(self, part: str | bool, /) -> str:  # noqa: FBT001 - a value, not a switch
        """Write a flag's value as the server takes it; text stays."""
        return part if isinstance(part, str) else BOOLEANS[self.booleans][int(part)]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a flag: text, with values of flags in between."""

    parts: tuple[str | bool, ...]

    def write(self, speech: Speech) -> str:
        """Write it for a server."""
        return "".join(map(speech.literal, self.parts))

    def __str__(self) -> str:
        """Write it for a server of which nothing is known."""
        return self.write(Speech())


@dataclass(frozen=True, slots=True)
class InList:
    """The condition that a column has one of several values, each once: literals, or flags."""

    name: str
    values: tuple[str | bool, ...]
    or_null: bool = False

    def write(self, speech: Speech) -> str:
        """Write it for a server."""
        among = f"{self.name} IN ({', '.join(map(speech.literal, self.values))})"
        return f"{among} OR {self.name} IS NULL" if self.or_null else among

    def __str__(self) -> str:
        """Write it for a server of which nothing is known."""
        return self.write(Speech())

    def pieces(self, most: int) -> list["InList"]:
        """Cut it into lists of so many values; the first of them takes the nulls."""
        return [
            replace(
                self, values=self.values[start : start + most], or_null=self.or_null and not start
            )
            for start in range(0, len(self.values), most)
        ]


Term: TypeAlias = str | Condition | InList


def written(terms: Iterable[Term], speech: Speech) -> list[str]:
    """Write conditions for a server."""
    return [term if isinstance(term, str) else term.write(speech) for term in terms]


def topics(terms: Iterable[Term]) -> frozenset[str]:
    """Tell for what a server may refuse conditions: the fields of its `Speech`."""
    found = set()
    for term in terms:
        parts = () if isinstance(term, str) else _parts(term)
        found |= {"booleans"} if any(isinstance(part, bool) for part in parts) else set()
        found |= {"longest_list"} if isinstance(term, InList) else set()
    return frozenset(found)


def _parts(term: Condition | InList) -> tuple[str | bool, ...]:
    """Give the parts of a condition, or the values of a list."""
    return term.parts if isinstance(term, Condition) else term.values


def longest(terms: Iterable[Term]) -> int:
    """Give the length of the longest list in some conditions."""
    return max((len(term.values) for term in terms if isinstance(term, InList)), default=0)


def pieces(terms: Iterable[Term], most: int) -> Iterator[tuple[Term, ...]]:
    """Cut long lists, each combination of their parts for one request."""
    return product(*(term.pieces(most) if isinstance(term, InList) else [term] for term in terms))
