# Licensed under a 3-clause BSD style license - see LICENSE
"""How many examples Hypothesis tries: all where CI runs, some of them on a desk."""

import os
from typing import Any

from hypothesis import settings

__all__ = ["examples"]

#: One run on a desk tries so small a part; runs differ, so together they try much more.
_PART = 5


def examples(most: int, **words: Any) -> settings:
    """Ask for so many examples in CI, and for a part of them elsewhere."""
    return settings(max_examples=most if os.environ.get("CI") else most // _PART, **words)
