# Licensed under a 3-clause BSD style license - see LICENSE
"""Rooms: a file is in the face of its folder, or only its own folder imports it."""

import configparser
import importlib
from collections import Counter
from pathlib import Path

import pytest

import astroquery_csc

ROOT = Path(astroquery_csc.__file__).parent
CONTRACTS = ROOT.parent / "setup.cfg"


@pytest.mark.skipif(not CONTRACTS.exists(), reason="an installed package has no setup.cfg")
@pytest.mark.parametrize(
    "room",
    ["adql", "catalogue", "follow", "products", "search", "service", "sky", "store", "votable"],
)
def test_a_file_is_in_the_face_of_its_room_or_protected(room):
    """``__all__`` names what other rooms may import; a contract protects the rest."""
    contracts = configparser.ConfigParser()
    contracts.read(CONTRACTS)
    files = {path.stem for path in (ROOT / room).glob("*.py")} - {"__init__"}
    section = f"importlinter:contract:private-{room}"
    protected = contracts.get(section, "protected_modules", fallback="").split()

    face = importlib.import_module(f"astroquery_csc.{room}").__all__

    assert {name.rpartition(".")[2] for name in protected} == files - set(face)


@pytest.mark.parametrize("top", ["astroquery_csc", "tests"])
def test_a_folder_has_at_most_twenty_files(top):
    """More than that is two rooms."""
    files = Counter(path.parent for path in (ROOT.parent / top).rglob("*.py"))

    assert [folder for folder, count in files.items() if count > 20] == []
