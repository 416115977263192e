# Licensed under a 3-clause BSD style license - see LICENSE
"""The parts of the one command that need no service: places, tables on a terminal, files, words."""

import logging
import os
import stat
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, Table
from astropy.utils.exceptions import AstropyUserWarning
from astroquery import log

from astroquery_csc.cli.files import ENDINGS, check_target, require
from astroquery_csc.cli.messages import describe_error, on_stderr, say
from astroquery_csc.cli.places import read_place, read_radius
from astroquery_csc.cli.terminal import render
from astroquery_csc.exceptions import InvalidQueryError, MissingPackageError
from astroquery_csc.whole_file import whole_path

READ: dict[str, dict[str, Any]] = {
    ".fits": {},
    ".fits.gz": {},
    ".ecsv": {},
    ".csv": {},
    ".tsv": {"format": "ascii.tab"},
    ".txt": {"format": "ascii.tab"},
    ".parquet": {},
    ".vot": {"format": "votable"},
    ".xml": {"format": "votable"},
    ".h5": {"path": "csc", "character_as_bytes": False},
    ".hdf5": {"path": "csc", "character_as_bytes": False},
}


@pytest.fixture
def table() -> Table:
    """Make a table with a null of each type; invented."""
    mask = [False, True, False]
    return Table(
        {
            "name": ["2CXO J000000.0+000000", "2CXO J000000.1+000000", "a b"],
            "ra": np.array([0.1234567890123456, 2.0, 3.0]) * u.deg,
            "flux": MaskedColumn([1e-15, np.nan, 0.0], mask=mask, unit="erg / (s cm2)"),
            "index": MaskedColumn(np.array([7, 0, 3], dtype=np.int32), mask=mask),
            "flag": MaskedColumn([True, True, False], mask=mask),
        }
    )


# ------------------------------------------------------------------- places


@pytest.mark.parametrize(
    ("text", "arcsec"),
    [
        ("2", 120),
        ("2arcmin", 120),
        ("2 arcmin", 120),
        (" .5 ", 30),
        ("2'", 120),
        ("30arcsec", 30),
        ('30"', 30),
        ("1e-1deg", 360),
        ("0.1d", 360),
        ("-2", -120),
    ],
)
def test_radius_is_in_arcmin_or_has_a_unit(text: str, arcsec: float) -> None:
    """A bare number is in arcmin; arcmin, arcsec and deg may be written in the usual ways."""
    assert read_radius(text).to_value(u.arcsec) == pytest.approx(arcsec)


@pytest.mark.parametrize("text", ["", "two", "2m", "2 h", "nan", "inf", "2 arcmin 3", "1333+"])
def test_radius_of_another_form_is_refused(text: str) -> None:
    """A radius that could mean something else (m: metres? minutes of time?) is refused."""
    with pytest.raises(InvalidQueryError, match=r"Write 2 \(arcmin\), 30arcsec or 0.5deg"):
        read_radius(text)


@pytest.mark.parametrize(
    "words",
    [
        ["52.25", "-31.5"],
        ["52.25 -31.5"],
        ["52.25,", "-31.5"],
        ["52.25", "−31.5"],
        ["52.25d", "-31d30m"],
        ["03:29:00", "-31:30:00"],
        ["03:29:00 -31:30:00"],
        ["03", "29", "00", "-31", "30", "00"],
        ["3h29m", "-31d30m"],
    ],
)
def test_position_is_read_in_every_usual_spelling(words: list[str]) -> None:
    """Plain numbers are degrees; with colons, or as six numbers, RA is in hours."""
    place: Any = read_place(words)
    assert (place.ra.deg, place.dec.deg) == pytest.approx((52.25, -31.5))


@pytest.mark.parametrize("name", ["NGC 1333", "M82", "2CXO J032908.3+312020", "HD 189733 b"])
def test_name_may_stand_without_quotes(name: str) -> None:
    """What is not a position is a name, in one word or in several."""
    assert read_place([name]) == name
    assert read_place(name.split()) == name


@pytest.mark.parametrize(
    "words", [[], [""], ["52.297"], ["1", "2", "3"], ["10", "91"], ["1:61", "2"]]
)
def test_numbers_that_are_no_position_are_refused(words: list[str]) -> None:
    """One number, three numbers, or a declination above 90 deg is an error that shows how."""
    with pytest.raises(InvalidQueryError, match=r"Write .*52\.297 31\.31"):
        read_place(words)


# ----------------------------------------------------------------- terminal


def test_without_a_width_everything_is_shown(table: Table) -> None:
    """Into a pipe go all columns and rows, with names, units and a rule; a null is ``--``."""
    lines, hidden = render(table)
    assert hidden == []
    assert lines[0].split() == table.colnames
    assert lines[1].split(maxsplit=1) == ["deg", "erg / (s cm2)"]
    assert lines[3].split() == ["2CXO", "J000000.0+000000", "0.123457", "1e-15", "7", "True"]
    assert lines[4].split()[-3:] == ["--", "--", "--"]
    assert len(lines) == 3 + len(table)


def test_what_does_not_fit_is_named(table: Table) -> None:
    """On a narrow terminal the last columns go, and are named; no line is too long."""
    lines, hidden = render(table, 48)
    assert hidden == ["index", "flag"]
    assert max(map(len, lines)) <= 48


def test_one_column_always_stays(table: Table) -> None:
    """However narrow the terminal is, the first column is shown."""
    lines, hidden = render(table, 1)
    assert hidden == table.colnames[1:]
    assert lines[-1] == "a b"


def test_columns_of_little_interest_go_first(table: Table) -> None:
    """A listing can say which columns are left out before the last ones are."""
    assert render(table, 48, first_to_go=["flux"])[1] == ["flux"]


def test_long_text_goes_on_below() -> None:
    """A description at the end of a line is broken, not cut."""
    words = "one two three four five six seven eight nine ten"
    lines, hidden = render(Table({"n": [1], "description": [words]}), 30)
    assert hidden == []
    assert [line[:2] for line in lines[3:]] == ["  "] * (len(lines) - 3)
    assert " ".join(" ".join(lines[2:]).split()) == f"1 {words}"


def test_table_without_rows_shows_its_columns(table: Table) -> None:
    """No row: names, units and a rule."""
    assert len(render(table[:0], 80)[0]) == 3


# -------------------------------------------------------------------- files


@pytest.mark.parametrize("ending", [ending for ending in ENDINGS if ending in READ])
def test_every_ending_is_written_and_read(table: Table, tmp_path: Path, ending: str) -> None:
    """Each format keeps the rows, the digits and the nulls of numbers and flags."""
    path = tmp_path / f"table{ending}"
    check_target(str(path)).save(table)
    back = Table.read(path, **READ[ending])
    assert back.colnames == table.colnames
    assert back["ra"].tolist() == table["ra"].tolist()
    masks = [np.ma.getmaskarray(back[name]).tolist() for name in ("flux", "index", "flag")]
    assert masks == [[False, True, False]] * 3
    assert [path.name] == [found.name for found in tmp_path.iterdir()]


def test_hdf5_takes_hundreds_of_columns(tmp_path: Path) -> None:
    """A table as wide as master_source goes into HDF5, whose header is small."""
    path = tmp_path / "wide.h5"
    words = "a description of some length, as the columns of the catalogue have them"
    wide = Table({f"column_{number}": [1.0] for number in range(515)})
    wide["column_0"].description = words
    check_target(str(path)).save(wide)
    assert len(Table.read(path, path="csc").colnames) == 515


def test_ending_may_be_in_capitals(tmp_path: Path) -> None:
    """``SOURCES.FITS`` is FITS."""
    path = tmp_path / "SOURCES.FITS"
    check_target(str(path)).save(Table({"x": [1]}))
    assert Table.read(path, format="fits")["x"].tolist() == [1]


@pytest.mark.parametrize("name", ["sources", "sources.dat", "sources.gz", "fits"])
def test_unknown_ending_is_refused(name: str) -> None:
    """The error lists the endings that are known."""
    with pytest.raises(InvalidQueryError, match=r"Known: \.fits, \.fits\.gz"):
        check_target(name)


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A file in a folder that is not there could not be written."""
    with pytest.raises(InvalidQueryError, match="does not exist"):
        check_target(str(tmp_path / "no" / "a.fits"))


def test_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """A folder is never replaced."""
    (tmp_path / "a.fits").mkdir()
    with pytest.raises(InvalidQueryError, match="is a folder"):
        check_target(str(tmp_path / "a.fits"), overwrite=True)


def test_existing_file_stays(tmp_path: Path) -> None:
    """A file that is there is refused, and with ``overwrite`` replaced."""
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(InvalidQueryError, match="Add --overwrite"):
        check_target(str(path))
    assert path.read_text() == "mine"
    check_target(str(path), overwrite=True).save(Table({"x": [1]}))
    assert path.read_text().split() == ["x", "1"]


def test_file_that_came_meanwhile_stays(tmp_path: Path) -> None:
    """A file that appears while the service is asked is not replaced either."""
    path = tmp_path / "a.csv"
    target = check_target(str(path))
    path.write_text("mine")
    with pytest.raises(InvalidQueryError, match="Add --overwrite"):
        target.save(Table({"x": [1]}))
    assert path.read_text() == "mine"


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    """If writing fails half way, the old file stays and nothing else is left behind."""
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail() -> None:
        """Write half a file, then stop as Ctrl-C does."""
        with whole_path(path) as made:
            made.write_text("ha")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [found.read_text() for found in tmp_path.iterdir()] == ["old"]


def test_file_has_the_usual_permissions(tmp_path: Path) -> None:
    """A file can be read by those whom the umask lets, not by its owner alone."""
    before = os.umask(0o022)
    try:
        with whole_path(tmp_path / "a.txt") as made:
            made.write_text("a")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o644


def test_missing_package_has_its_pip_line() -> None:
    """The error of a package that is not installed says what to run."""
    with pytest.raises(
        MissingPackageError, match=r'python -m pip install "astroquery_csc\[local\]"'
    ):
        require("numpy", "no_such_package", extra="local")


# ----------------------------------------------------------------- messages


def test_messages_are_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Line breaks become blanks, and stdout stays clean."""
    say("two\n  lines")
    assert tuple(capsys.readouterr()) == ("", "astroquery-csc: two lines\n")


def test_warnings_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """A warning of astropy's family is said every time, without file and line."""
    with on_stderr():
        warnings.warn("short", AstropyUserWarning, stacklevel=1)
        warnings.warn("short", AstropyUserWarning, stacklevel=1)
    assert tuple(capsys.readouterr()) == ("", "astroquery-csc: warning: short\n" * 2)


def test_log_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """The log, whose INFO goes to stdout else, is said on stderr, and is as before afterwards."""
    before = list(log.handlers)
    level = log.level
    log.setLevel(logging.INFO)
    with on_stderr():
        log.info("phase: EXECUTING")
    log.setLevel(level)
    assert tuple(capsys.readouterr()) == ("", "astroquery-csc: phase: EXECUTING\n")
    assert log.handlers == before


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (PermissionError(13, "Permission denied", "a.fits"), "a.fits: Permission denied"),
        (OSError("strange"), "strange"),
        (ValueError(), "ValueError"),
    ],
)
def test_errors_are_put_in_words(error: Exception, words: str) -> None:
    """An error of the system has its words and its file; an error without words has its name."""
    assert describe_error(error) == words
