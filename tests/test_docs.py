# Licensed under a 3-clause BSD style license - see LICENSE
"""The pages name what there is: files, switches, settings, errors and pages."""

import doctest
import inspect
import re
import tomllib
from dataclasses import fields
from importlib import import_module
from pathlib import Path

from astropy.config import ConfigItem

import astroquery_csc
from astroquery_csc import Conf, CscClass, conf, exceptions, mirror, plot
from astroquery_csc.catalogue.schema import OTHER_TABLES, TAP_SCHEMA_TABLES, TAP_TABLES, get_tables
from astroquery_csc.testing import Dialect

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "astroquery_csc"

PAGES = sorted(
    path.relative_to(DOCS).with_suffix("").as_posix()
    for path in DOCS.rglob("*.rst")
    if not path.is_relative_to(DOCS / "api") and not path.is_relative_to(DOCS / "_build")
)


def text_of(page):
    """Read a page."""
    return (DOCS / f"{page}.rst").read_text(encoding="utf-8")


def named_in(page):
    """List every literal of a page."""
    return set(re.findall(r"``([^`]+)``", text_of(page)))


#: The modules that the reference shows whole, and every name that it has.
MODULES = [
    import_module(name) for name in re.findall(r"automodapi:: (\S+)", text_of("reference/api"))
]
DOCUMENTED = {f"{module.__name__}.{name}" for module in MODULES for name in module.__all__}
DOCUMENTED.update(
    re.findall(r"^\.\. (?:py:|auto)\w+:: (\S+)", text_of("reference/api"), re.MULTILINE)
)


def rows_of(page):
    """List the cells of every row of a page's tables, each on one line."""
    items = re.findall(
        r"^   \* - (.*?)(?=^   \* - |^\S|\Z)", text_of(page), re.DOTALL | re.MULTILINE
    )
    return [
        [" ".join(cell.split()) for cell in re.split(r"^     - ?", item, flags=re.MULTILINE)]
        for item in items
    ]


def test_the_house_has_every_room():
    """The page on architecture names each folder of the package, and only files that exist."""
    named = named_in("develop/architecture")
    rooms = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    files = {name for name in named if re.fullmatch(r"[\w/]+\.(py|tsv|cfg)", name)}
    assert rooms <= named, "docs/develop/architecture.rst needs a line for these"
    assert {name for name in files if not list(ROOT.rglob(name))} == set()


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


def test_every_name_that_a_page_imports_is_in_the_reference():
    """Each has an entry there: its whole module, or the name alone."""
    imported = {
        f"{module}.{name}"
        for page in PAGES
        for module, names in re.findall(
            r"^\W*from (astroquery_csc[.\w]*) import ([\w, ]+)", text_of(page), re.MULTILINE
        )
        for name in names.replace(" ", "").split(",")
    }
    assert imported <= DOCUMENTED


def test_every_public_value_is_in_the_reference():
    """What is neither a class, a function nor a module is not listed by itself."""
    values = {
        f"{module.__name__}.{name}"
        for module in MODULES
        for name in module.__all__
        if not callable(getattr(module, name)) or name == "Csc"
        if not inspect.ismodule(getattr(module, name))
    }
    assert values <= set(re.findall(r"data:: (\S+)", text_of("reference/api")))


def test_every_function_and_verb_has_a_link_at_the_top_of_the_reference():
    """What a user can call stands in the table that says what for."""
    table = text_of("reference/api").partition("Everything public")[0]
    linked = set(re.findall(r"`~astroquery_csc\.([\w.]+)`", table))
    verbs = {
        f"CscClass.{name}"
        for name, value in vars(CscClass).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
    functions = {
        f"{prefix}{name}"
        for module, prefix in ((astroquery_csc, ""), (plot, "plot."), (mirror, "mirror."))
        for name in module.__all__
        if inspect.isfunction(getattr(module, name))
    }
    assert verbs | functions <= linked


def test_every_setting_is_explained_with_its_default():
    """Each setting has a line, with the default that it has."""
    lines = {row[0].strip("`"): row[1] for row in rows_of("reference/configuration")}
    items = {name: item for name, item in vars(Conf).items() if isinstance(item, ConfigItem)}
    defaults = {
        name: f"``{item.defaultvalue!r}``".replace("'", '"') for name, item in items.items()
    }
    assert {name: lines.get(name) for name in defaults} == {**defaults, "server": "the archive"}


def entries_of(page):
    """List the pages that the lists of pages of a page name, from the root of the docs."""
    folder = f"{page.rpartition('/')[0]}/".removeprefix("/")
    lists = re.findall(
        r"^\.\. toctree::\n(?:   :.*\n)*((?:\n|   .*\n)+)", text_of(page), re.MULTILINE
    )
    return {f"{folder}{entry}" for block in lists for entry in block.split()}


def test_every_page_can_be_reached():
    """Each page stands in the list of pages of another, and each list names pages that exist."""
    listed = set().union(*map(entries_of, PAGES))
    assert listed == set(PAGES) - {"index"}


def test_every_table_has_a_page():
    """Each table of the catalogue has a page with its columns, and no other has."""
    tables = {page.rpartition("/")[2] for page in PAGES if page.startswith("reference/tables/")}
    assert tables - {"index", "obscore", "tap_schema"} == set(TAP_TABLES)
    assert all(
        f".. catalogue-columns:: {name}\n" in text_of(f"reference/tables/{name}")
        for name in TAP_TABLES
    )


def test_the_tables_of_standards_have_a_page():
    """TAP_SCHEMA and ObsCore have a page that says how to list their columns."""
    pages = text_of("reference/tables/tap_schema") + text_of("reference/tables/obscore")
    assert all(f"``{name}``" in pages for name in (*TAP_SCHEMA_TABLES, *OTHER_TABLES))
    assert pages.count("refresh=True") == 2


def test_the_evidence_of_every_column_is_explained():
    """Each word that the dictionary has for evidence stands on the page on provenance."""
    columns = [column for info in get_tables("2.1").values() for column in info.columns.values()]
    words = {word for column in columns for word in column.evidence.split("+")}
    explained = {
        word for row in rows_of("develop/fixtures") for word in re.findall(r"``(\w+)``", row[0])
    }
    assert words <= explained


def test_the_example_of_the_readme_gives_what_it_shows(server):
    """The first example that anybody sees has its true output."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```pycon\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    test = doctest.DocTestParser().get_doctest(example, {}, "README.md", None, 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)

    with conf.set_temp("server", server.url):
        result = runner.run(test)

    assert (result.failed, result.attempted) == (0, 5)


def test_the_badges_of_the_readme_are_true():
    """Licence and Python versions are those of pyproject.toml; no badge says more."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    kind = "Programming Language :: Python :: "
    pythons = [line.removeprefix(kind) for line in project["classifiers"] if f"{kind}3." in line]
    badges = re.findall(r"!\[([^]]*)\]", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert badges == [
        f"Licence: {project['license']}",
        f"Python {', '.join(pythons)}",
        "Powered by Astropy",
    ]
