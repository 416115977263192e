# Licensed under a 3-clause BSD style license - see LICENSE
"""The pages name what there is: files, switches, settings, errors and pages."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from astropy.config import ConfigItem

from astroquery_csc import Conf, exceptions
from astroquery_csc.testing import Dialect

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "astroquery_csc"

PAGES = sorted(
    path.relative_to(DOCS).with_suffix("").as_posix()
    for folder in (DOCS, *(DOCS / name for name in ("howto", "explain", "reference", "develop")))
    for path in folder.glob("*.rst")
)


def text_of(page):
    """Read a page."""
    return (DOCS / f"{page}.rst").read_text(encoding="utf-8")


def named_in(page):
    """List every literal of a page."""
    return set(re.findall(r"``([^`]+)``", text_of(page)))


def rows_of(page):
    """List the cells of every row of a page's tables, each on one line."""
    items = re.findall(
        r"^   \* - (.*?)(?=^   \* - |^\S|\Z)", text_of(page), re.DOTALL | re.MULTILINE
    )
    return [
        [" ".join(cell.split()) for cell in re.split(r"^     - ?", item, flags=re.MULTILINE)]
        for item in items
    ]


def test_the_house_has_every_file():
    """The page on architecture names each file of the package, and none that is not there."""
    named = {
        name for name in named_in("develop/architecture") if re.fullmatch(r"\w+\.py|\w+/", name)
    }
    files = {path.name for path in PACKAGE.glob("[a-z]*.py")}
    folders = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    inside = {path.name for path in PACKAGE.glob("*/*.py")}
    assert not (files | folders) - named, "docs/develop/architecture.rst needs a line for these"
    assert not named - (files | folders | inside), "these are not there any more"


def test_every_switch_of_the_dialect_is_explained():
    """Each uncertain behaviour that the test service can switch has a line, and no other has."""
    switches = {
        switch
        for row in rows_of("develop/service")
        if len(row) == 4
        for switch in re.findall(r"``(\w+)``", row[3])
    }
    assert switches == {field.name for field in fields(Dialect)}


def test_every_error_is_explained():
    """Each error that the package can raise has a line with what raises it."""
    explained = {row[0].rpartition(".")[2].rstrip("`") for row in rows_of("reference/errors")}
    assert set(exceptions.__all__) - {"CscError"} <= explained


def test_every_setting_is_explained_with_its_default():
    """Each setting has a line, with the default that it has."""
    lines = {row[0].strip("`"): row[1] for row in rows_of("reference/configuration")}
    items = {name: item for name, item in vars(Conf).items() if isinstance(item, ConfigItem)}
    defaults = {
        name: f"``{item.defaultvalue!r}``".replace("'", '"') for name, item in items.items()
    }
    assert {name: lines.get(name) for name in defaults} == {**defaults, "server": "the archive"}


@pytest.mark.parametrize("page", [page for page in PAGES if page != "index"])
def test_every_page_can_be_reached(page):
    """Each page stands in the list of pages of an index."""
    folder, _, name = page.rpartition("/")
    lists = [text_of("index"), text_of("develop/index")]
    assert any(re.search(rf"^   ({page}|{name})$", text, re.MULTILINE) for text in lists), folder
