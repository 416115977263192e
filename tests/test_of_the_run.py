# Licensed under a 3-clause BSD style license - see LICENSE
"""How the project runs pytest: what an example may differ by, and how many processes there are."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


#: The project's configuration for files that stand elsewhere.
WITH = ("-c", ROOT / "pyproject.toml", "--rootdir")


def run(folder, *arguments):
    """Run pytest in a folder, with the project's configuration; give exit code and output."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *WITH, folder, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_an_example_with_a_wrong_number_fails(tmp_path):
    """Fluxes of 1e-14 are compared as such, and nine digits of a position."""
    (tmp_path / "fluxes.rst").write_text(
        ">>> 8.56e-14\n1.2e-09\n>>> 31.295350807186196\n31.295332538090893\n", "utf-8"
    )
    (tmp_path / "right.rst").write_text(">>> 8.56e-14\n8.5600000000000001e-14\n", "utf-8")

    code, words = run(tmp_path, "-n0", "--doctest-continue-on-failure", "fluxes.rst", "right.rst")

    assert code == pytest.ExitCode.TESTS_FAILED
    assert re.findall(r"^Got:\n +(.*)", words, re.MULTILINE) == ["8.56e-14", "31.295350807186196"]
    assert "1 failed, 1 passed" in words


@pytest.fixture
def home(request):
    """Give the conftest.py that stands above everything."""
    plugins = request.config.pluginmanager.get_plugins()
    return next(plugin for plugin in plugins if hasattr(plugin, "NetworkGuard"))


@pytest.fixture
def asked(home, monkeypatch):
    """Give a function that says how many processes, and which mode, a call of pytest gets."""
    monkeypatch.setattr(home, "_cores", lambda: 2)

    def ask(*arguments):
        """Say it for one call."""
        config = pytest.Config.fromdictargs({}, ["-c", str(ROOT / "pyproject.toml"), *arguments])
        home.pytest_cmdline_main(config)
        return config.option.numprocesses, config.option.dist

    return ask


@pytest.mark.parametrize(
    ("arguments", "processes"),
    [
        ([str(ROOT / "tests")], (2, "worksteal")),
        ([str(ROOT / "tests"), "-n0"], (0, "no")),
        ([str(ROOT / "tests"), "-n3"], (3, "worksteal")),
        ([str(ROOT / "tests"), "-n3", "--dist=load"], (3, "load")),
        ([str(ROOT / "tests"), "--pdb"], (None, "no")),
        ([str(ROOT / "tests"), "--remote-data=any"], (None, "no")),
        ([str(ROOT / "tests/test_remote.py")], (None, "no")),
        ([f"{ROOT}/tests/test_meter.py::test_one"], (None, "no")),
    ],
    ids=lambda value: " ".join(map(str, value)).replace(str(ROOT), ""),
)
def test_folders_are_run_side_by_side(asked, arguments, processes):
    """A file, a debugger and the real services get one process, and a user's choice is kept."""
    assert asked(*arguments) == processes


def test_the_real_services_are_not_asked_from_many_processes(asked):
    """They are somebody else's machines."""
    with pytest.raises(pytest.UsageError, match="use one process"):
        asked("--remote-data=any", "-n2", str(ROOT / "tests"))
