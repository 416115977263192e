# Licensed under a 3-clause BSD style license - see LICENSE
"""Fixtures of the tests alone; isolation and the server are in the conftest.py above."""

import shutil
import sys
from collections.abc import Iterator
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


@pytest.fixture(params=["fast", "astropy"])
def each_reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test twice: with pyarrow, and as if it were not installed."""
    monkeypatch.setattr("astroquery_csc.optional.has_arrow", lambda: request.param == "fast")


@pytest.fixture(scope="module")
def small() -> Iterator[Any]:
    """Run a service with a small sky."""
    from astroquery_csc.testing import csc_server
    from tests.support.mirrors import small_sky

    with csc_server(catalogue=small_sky()) as running:
        yield running


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the small sky into a mirror, once; `made` is what a test asks for."""
    from astroquery_csc.testing import Dialect, csc_server
    from tests.support.mirrors import copied, small_sky

    place = tmp_path_factory.mktemp("original") / "csc21"
    with csc_server(dialect=Dialect(hard_limit=25), catalogue=small_sky()) as service:
        copied(place, service.csc)
    return place


@pytest.fixture
def made(original: Path, tmp_path: Path) -> Path:
    """Give a test a mirror of the small sky for itself, which it may spoil."""
    return shutil.copytree(original, tmp_path / "csc21")


@pytest.fixture(autouse=True)
def no_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command say nothing about time, which depends on how busy the computer is."""
    monkeypatch.setattr("astroquery_csc.cli.waiting.FIRST_SECONDS", 600.0)


@pytest.fixture(autouse=True)
def nothing_learnt() -> None:
    """Forget what servers take: a port may belong to another one in the next test."""
    memory = sys.modules.get("astroquery_csc.service.memory")
    if memory is not None:
        memory.LEARNT.forget()
