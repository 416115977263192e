# Licensed under a 3-clause BSD style license - see LICENSE
"""Fixtures of the tests of searches."""

from collections.abc import Iterator

import pytest

from astroquery_csc.core import CscClass
from astroquery_csc.testing import Dialect, csc_server


@pytest.fixture(scope="module")
def knowing() -> Iterator[CscClass]:
    """Give a Csc on a service that has the functions on the sphere."""
    with csc_server(dialect=Dialect(cone_distance=True)) as running:
        yield CscClass(server=running.url)


@pytest.fixture(scope="module")
def lacking() -> Iterator[CscClass]:
    """Give a Csc on a service that does not."""
    with csc_server() as running:
        yield CscClass(server=running.url)
