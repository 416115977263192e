# Licensed under a 3-clause BSD style license - see LICENSE
"""Names of columns as users write them: in one string, in sets and dicts, in any case."""

from collections.abc import Collection, KeysView, Mapping, Sequence, Set
from typing import Any

import numpy as np

__all__ = ["as_written", "column_words"]


def column_words(columns: object, known: Collection[str]) -> list[str] | None:
    """Read names of columns in the case of the catalogue; None where they are not names."""
    words = columns.split(",") if isinstance(columns, str) else columns
    if isinstance(words, Mapping):
        words = list(words)
    elif isinstance(words, Set) and not isinstance(words, KeysView):
        words = sorted(words, key=str)
    if not isinstance(words, Sequence | np.ndarray | KeysView) or not np.iterable(words):
        return None
    names = list(words)
    if not all(isinstance(name, str) for name in names):
        return None
    return [_in_case(str(name).strip(), known) for name in names]


def as_written(filters: Mapping[Any, Any], known: Collection[str]) -> dict[Any, Any]:
    """Write the names of filtered columns in the case of the catalogue."""
    lower = {_in_case(name, known): wanted for name, wanted in filters.items()}
    return lower if len(lower) == len(filters) else dict(filters)


def _in_case(name: Any, known: Collection[str]) -> Any:
    """Write a name as the catalogue does where only its case differs."""
    lower = name.lower() if isinstance(name, str) else name
    return lower if name not in known and lower in known else name
