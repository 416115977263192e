# Licensed under a 3-clause BSD style license - see LICENSE
"""Fixtures of the tests alone; isolation and the server are in the conftest.py above."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def csc(server: Any, tmp_path: Path) -> Any:
    """Make a fresh ``Csc`` on the loopback service, with an empty cache of its own."""
    from astroquery_csc.core import CscClass

    fresh = CscClass(server=server.url)
    fresh.cache_location = tmp_path / "cache"
    return fresh
