# Licensed under a 3-clause BSD style license - see LICENSE
"""The package as it is installed, and the files around it that must agree with each other."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HEAVY = ("pyarrow", "duckdb", "sqlglot", "matplotlib", "pandas", "h5py")

MAKE_CSC = """
import sys
import astroquery_csc
astroquery_csc.Csc(release="2.0")
"""
WATCH = """
import sys
import astroquery.query
seen = []
def watch(event, args):
    if event == "open" and set(str(args[1])) & set("wax+"):
        seen.append(args[0])
    if event in ("os.mkdir", "socket.connect", "socket.getaddrinfo"):
        seen.append((event, args[0]))
sys.addaudithook(watch)
"""


def _python(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter."""
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_import_is_light() -> None:
    """Importing the package, and making a Csc, loads none of the heavy packages."""
    done = _python(MAKE_CSC + f"print(sorted(set({HEAVY}) & set(sys.modules)))")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")


@pytest.mark.slow
def test_import_stays_offline_and_writes_nothing() -> None:
    """Importing the package, and making a Csc, opens no socket and no file for writing."""
    done = _python(WATCH + MAKE_CSC + "print(seen)", "-B")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")


@pytest.mark.slow
def test_import_warns_of_nothing() -> None:
    """The package imports without a warning, also one that Python hides by default."""
    strict = "import astroquery.query, pyvo, warnings; warnings.simplefilter('error');"
    done = _python(strict + MAKE_CSC)
    assert (done.returncode, done.stderr) == (0, "")


def test_version_is_one_of_pep_440() -> None:
    """The version that is installed can be compared, and is the one that the package states."""
    import astroquery_csc

    installed = distribution("astroquery_csc").version
    assert Version(installed).release >= (0, 1)
    assert astroquery_csc.__version__ == installed


def test_types_are_announced() -> None:
    """The marker file that tells type checkers to look inside is in the package."""
    assert files("astroquery_csc").joinpath("py.typed").is_file()


@pytest.mark.parametrize("name", ["catalogue/columns.tsv", "testing/sky/ngc1333.csv"])
def test_data_files_are_in_the_package(name: str) -> None:
    """The dictionary of columns and the real sources come with the package."""
    assert (
        files("astroquery_csc").joinpath(*name.split("/")).read_text(encoding="utf-8").count("\n")
        > 10
    )


def test_command_is_installed() -> None:
    """The command ``astroquery-csc`` is the main function of the package."""
    (script,) = distribution("astroquery_csc").entry_points.select(group="console_scripts")
    assert (script.name, script.value) == ("astroquery-csc", "astroquery_csc.cli.main:main")
    assert callable(script.load())


def test_every_requirement_has_a_floor() -> None:
    """Each dependency states its oldest version, so that the environment "oldest" tests it."""
    extras = PROJECT["project"]["optional-dependencies"]
    named = [*PROJECT["project"]["dependencies"], *extras["all"], *extras["test"]]
    requirements = [Requirement(line) for line in named if not line.startswith("astroquery_csc[")]
    without = [str(one) for one in requirements if ">=" not in str(one.specifier)]
    assert without == []


def test_citation_names_no_version() -> None:
    """Versions come from the tags alone: neither CITATION.cff nor pyproject.toml repeats one."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert "version" not in citation
    assert PROJECT["project"]["dynamic"] == ["version"]


def test_citation_agrees_with_the_metadata() -> None:
    """CITATION.cff and pyproject.toml name the same authors and licence."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = PROJECT["project"]
    assert citation["license"] == project["license"]
    assert citation["authors"] == project["authors"]


def test_no_address_of_the_project_is_made_up() -> None:
    """While docs/conf.py names no repository, no file of the project links to one."""
    settings = (ROOT / "docs/conf.py").read_text(encoding="utf-8")
    (address,) = re.findall(r'^REPOSITORY = "(.*)"$', settings, re.MULTILINE)
    named = ["pyproject.toml", "README.md", "CITATION.cff", "SECURITY.md", "CONTRIBUTING.md"]
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in named]
    hosts = r"https://[^\s\"')]*(?:astroquery[-_]csc)[^\s\"')]*"
    links = {link for text in texts for link in re.findall(hosts, text)}
    assert {link for link in links if not address or not link.startswith(address)} == set()


def test_hooks_run_the_pinned_tools() -> None:
    """The hooks of pre-commit have the versions that the lint and types groups pin."""
    groups = PROJECT["dependency-groups"]
    pins = dict(line.split("==") for line in groups["lint"] + groups["types"] if "==" in line)
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    revisions = {
        re.sub(r"(-pre-commit|^mirrors-)", "", Path(repo["repo"]).name): repo["rev"].lstrip("v")
        for repo in hooks["repos"]
        if repo["repo"] != "local"
    }
    shared = pins.keys() & revisions.keys()
    assert {"codespell", "import-linter", "mypy", "ruff", "zizmor"} <= shared
    assert {name: pins[name] for name in shared} == {name: revisions[name] for name in shared}


def test_readme_shows_two_commands() -> None:
    """The README's first two bash blocks, which CI runs as they stand, are one line each."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```bash\n(.*?)^```", readme, flags=re.MULTILINE | re.DOTALL)
    demo, tests = (block.strip() for block in blocks[:2])
    assert "astroquery-csc demo" in demo
    assert "pytest" in tests
    assert "\n" not in demo + tests
