# Licensed under a 3-clause BSD style license - see LICENSE
"""The commands and messages that the documentation quotes are those of the program."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from astroquery_csc.cli.arguments import parse
from astroquery_csc.cli.main import main

ROOT = Path(__file__).parents[2]
PAGES = (
    *sorted((ROOT / "docs").rglob("*.rst")),
    ROOT / "README.md",
)
#: What a page writes for something that the reader fills in.
FILLED = {"RA": "52.297", "DEC": "31.31", "[RADIUS]": "2", "PATH": "csc21", "…": ""}


def quoted_commands() -> Iterator[Any]:
    """Give the commands in blocks of code, each once."""
    seen = set()
    for page in PAGES:
        for line in page.read_text(encoding="utf-8").splitlines():
            found = re.match(r"\s+(?:\$ )?astroquery-csc (.+)", line)
            if found and found[1] not in seen:
                seen.add(found[1])
                words = [FILLED.get(word, word) for word in shlex.split(found[1])]
                yield pytest.param(words, id=found[1])


def mapped_commands() -> list[str]:
    """Give the options in the second column of the page on CIAO's scripts."""
    text = (ROOT / "docs" / "howto" / "search-csc.rst").read_text(encoding="utf-8")
    cells = re.findall(r"^   \* - .*\n     - (.*)$", text, re.MULTILINE)
    return sorted(set(re.findall(r"--[a-z-]+", "\n".join(cells))))


def quoted_messages() -> list[Any]:
    """Give the commands on the reference page that are shown with what they say."""
    text = (ROOT / "docs" / "reference" / "cli.rst").read_text(encoding="utf-8")
    pairs = re.findall(r"^   \$ astroquery-csc (.+)\n   (astroquery-csc: .+)$", text, re.MULTILINE)
    return [pytest.param(shlex.split(command), said, id=command) for command, said in pairs]


@pytest.mark.parametrize("words", list(quoted_commands()))
def test_quoted_commands_are_taken(words: list[str]) -> None:
    """Each command in the documentation can be read by the program."""
    assert callable(parse(words).run)


@pytest.mark.parametrize("option", mapped_commands())
def test_mapped_options_exist(option: str) -> None:
    """Each option that replaces one of CIAO's is on the reference page, which is tested."""
    assert f"``{option}" in (ROOT / "docs" / "reference" / "cli.rst").read_text(encoding="utf-8")


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with the list that the page names; invented."""
    monkeypatch.chdir(tmp_path)
    Path("list.csv").write_text("ra,dec\n52.304,31.304\n")


@pytest.mark.usefixtures("in_folder")
@pytest.mark.parametrize(("words", "said"), quoted_messages())
def test_quoted_messages_are_said(
    words: list[str], said: str, server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A message on the reference page is the one that the program prints."""
    main([*words, "--server", server.url])

    assert capsys.readouterr().err.splitlines() == [said]
