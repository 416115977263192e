# Licensed under a 3-clause BSD style license - see LICENSE
"""How many cases are tried: all where CI runs, some of them on a desk."""

import os
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings

__all__ = ["examples", "one_in"]

#: One run on a desk tries so small a part; runs differ, so together they try much more.
_PART = 5


def examples(most: int, **words: Any) -> settings:
    """Ask for so many examples in CI, and for a part of them elsewhere."""
    return settings(max_examples=most if os.environ.get("CI") else most // _PART, **words)


def one_in(step: int, cases: Iterable[tuple[Any, ...]]) -> list[Any]:
    """
    Keep the first of so many cases for each run; the others run with the slow tests.

    A step that has no divisor in common with the length of any argument tries every value of each.
    """
    return [
        pytest.param(*case, marks=[pytest.mark.slow] if number % step else [])
        for number, case in enumerate(cases)
    ]
