# Licensed under a 3-clause BSD style license - see LICENSE
"""What all tests of the command need."""

import pytest

from astroquery_csc.cli import waiting


@pytest.fixture(autouse=True)
def no_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say nothing about time, which depends on how busy the computer is."""
    monkeypatch.setattr(waiting, "FIRST_SECONDS", 600.0)
