# Licensed under a 3-clause BSD style license - see LICENSE
"""Boxes, lists in hours and minutes, and requests that are shown and not sent."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table

from astroquery_csc.cli.main import main

Command = Callable[..., tuple[int, str, str]]
#: Two sources of the test sky.
LIST = "star,ra,dec\nA,12:30:46.62,+12:19:17.4\nB,,\n"


@pytest.fixture
def ask(
    capsys: pytest.CaptureFixture[str], server: Any, tmp_path: Path, monkeypatch: Any
) -> Command:
    """Run a subcommand in an empty folder; give code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*argv: str) -> tuple[int, str, str]:
        """Run it once."""
        code = main([*argv, "--server", server.url, "--resolver", server.sesame_url])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.mark.parametrize("place", [("52.297", "31.31"), ("NGC", "1333")])
@pytest.mark.parametrize(("sides", "count"), [(("4arcmin",), 11), (("4arcmin", "2arcmin"), 7)])
def test_a_box_is_searched(ask: Command, place: Any, sides: Any, count: int) -> None:
    """Around a position and an object; the height is the width unless it is given."""
    options = [word for pair in zip(("--width", "--height"), sides, strict=False) for word in pair]

    code, out, _ = ask("cone", *place, *options, "-o", "-", "--verbosity", "1")

    assert (code, len(out.splitlines()) - 1) == (0, count)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("2", "--width", "1arcmin"), "A box has no radius."),
        (("--width", "1arcmin", "--radius", "1arcmin"), "A box has no radius."),
        (("--height", "1arcmin"), "--height needs --width"),
    ],
)
def test_a_box_is_a_width_and_perhaps_a_height(ask: Command, options: Any, said: str) -> None:
    """Anything else is refused."""
    code, _, err = ask("cone", "52.297", "31.31", *options)

    assert code == 2
    assert said in err


def test_a_list_in_hours_and_minutes_is_matched(server: Any, tmp_path: Path, capsys: Any) -> None:
    """Rows without a position stay; positions come back in degrees, and a note says so."""
    (tmp_path / "list.csv").write_text(LIST)

    words = ["match", str(tmp_path / "list.csv"), "--radius", "2 arcsec", "--format", "csv"]
    code = main([*words, "--server", server.url])

    out, err = capsys.readouterr()
    found = Table.read(out, format="ascii.csv")
    assert code == 0
    assert "list.csv: ra and dec are sexagesimal, RA in hours; given back in degrees." in err
    assert found["star", "name"][0].as_void().tolist() == ("A", "2CXO J123046.5+121917")
    assert found["myra"][0] == pytest.approx(187.69425)
    assert found["myra"].mask.tolist() == [False, True]


def test_a_list_with_a_broken_position_is_refused(server: Any, tmp_path: Path, capsys: Any) -> None:
    """The column is named."""
    (tmp_path / "list.csv").write_text(LIST.replace("12:30:46.62", "12:30:99"))

    code = main(["match", str(tmp_path / "list.csv"), "--radius", "2 arcsec"])

    assert code == 2
    assert "Column 'ra' is not a column of positions" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("cone", "52.297", "31.31"),
        ("lightcurve", "2CXO J174529.3-285749"),
        ("download", "2CXO J174529.3-285749", "--types", "pha"),
        ("tap", "SELECT name FROM master_source"),
    ],
)
def test_a_request_is_shown_and_not_sent(server: Any, capsys: Any, words: Any) -> None:
    """The first one, as JSON."""
    before = len(server.requests)

    code = main([*words, "--payload", "--no-cache", "--server", server.url])

    assert code == 0
    assert json.loads(capsys.readouterr().out)["url"].startswith(server.url)
    assert len(server.requests) == before
