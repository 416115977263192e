# Licensed under a 3-clause BSD style license - see LICENSE
"""The test sky, built once in each process."""

from functools import lru_cache

from astropy.table import Table

from astroquery_csc.testing.sky.catalogue import build_catalogue

__all__ = ["sky"]


@lru_cache(maxsize=1)
def sky() -> dict[str, Table]:
    """Build the test sky once. Tests share these tables: they only read them."""
    return build_catalogue()
