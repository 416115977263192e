# Licensed under a 3-clause BSD style license - see LICENSE
"""The subcommand ``mirror``, and ``--mirror``, run in process against the loopback service."""

import shutil
from pathlib import Path

import pytest

from astroquery_csc.cli.main import main
from tests.support.mirrors import held


@pytest.fixture
def command(capsys):
    """Run the command; give its exit code, its lines on stdout and its lines on stderr."""

    def run(*argv: str) -> tuple[int, list[str], list[str]]:
        """Run it once."""
        code = main(argv)
        out, err = capsys.readouterr()
        return code, out.splitlines(), err.splitlines()

    return run


@pytest.fixture(scope="module")
def original(server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a mirror with the command, once."""
    place = tmp_path_factory.mktemp("original") / "csc21"
    options = ["--columns", "match", "--expected", "3393", "--server", server.url]
    assert main(("mirror", "create", str(place), *options)) == 0
    return place


@pytest.fixture
def made(original: Path, tmp_path: Path) -> Path:
    """Give a test a mirror of its own, which it may change."""
    return shutil.copytree(original, tmp_path / "csc21")


def test_a_mirror_is_made_and_checked(command, made):
    """The tables are listed, with what they are from."""
    code, out, err = command("mirror", "verify", str(made))

    assert code == 0
    assert out[1].split()[:3] == ["master_source", "3393", "16"]
    assert err[-1].startswith("astroquery-csc: release 2.1, of 20")


def test_a_mirror_is_added_to(command, made, server):
    """Tables that it has not got are copied."""
    code, out, _ = command(
        "mirror", "update", str(made), "--tables", "valid_stack", "--server", server.url
    )

    assert code == 0
    assert len(held(made, "valid_stack")) == 143
    assert out[2].split()[0] == "valid_stack"


def test_a_cone_is_asked_of_a_mirror(command, made):
    """Nothing is sent; the table is the usual one."""
    cone = ["52.297", "31.31", "2", "--columns", "match", "--mirror", str(made)]
    code, out, err = command("cone", *cone)

    assert (code, err, len(out)) == (0, [], 1 + 11)


def test_adql_is_run_on_a_mirror(command, made):
    """Nothing is sent."""
    query = "SELECT name FROM master_source WHERE significance > 100"
    code, out, _ = command("tap", query, "--mirror", str(made))

    assert code == 0
    assert out[1].startswith("2CXO J")


@pytest.mark.parametrize("verb", ["verify", "update"])
def test_what_is_no_mirror_is_told_in_one_line(command, tmp_path, verb):
    """Exit code 1: the folder is at fault."""
    code, out, err = command("mirror", verb, str(tmp_path))

    assert (code, out, len(err)) == (1, [], 1)
    assert "is not a mirror" in err[0]


def test_a_wrong_number_of_sources_is_told(command, server, tmp_path):
    """The message says both numbers."""
    place = str(tmp_path / "csc21")
    code, _, err = command("mirror", "create", place, "--columns", "match", "--server", server.url)

    assert code == 1
    assert "gives 3393 sources" in err[-1]
    assert "407806" in err[-1]
