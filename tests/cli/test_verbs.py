# Licensed under a 3-clause BSD style license - see LICENSE
"""Every verb of Python as a subcommand, run in process against the loopback service."""

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from astropy.io import votable
from astropy.table import Table

from astroquery_csc.cli.main import main
from astroquery_csc.cli.output import MASTERS_FIRST

SOURCE = "2CXO J004236.1+412156"
PNG = b"\x89PNG\r\n"
CONE = ("cone", "52.297", "31.31", "2")

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], server: Any) -> Command:
    """Run a subcommand against the loopback service; give code, stdout and stderr."""

    def run(*argv: str) -> tuple[int, str, str]:
        """Run it once."""
        code = main([*argv, "--server", server.url])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a list of positions; invented."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text("id,ra,dec\nA,52.304,31.304\nB,10.0,20.0\n")
    return tmp_path


def rows_of(text: str) -> list[dict[str, str]]:
    """Read tab-separated values."""
    return list(csv.DictReader(StringIO(text), delimiter="\t"))


# ------------------------------------------------------------------ masters


def test_terminal_of_80_characters_shows_what_matters_first(
    ask: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Name, position, separation, flux and significance fit, and each line is short enough."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")

    code, out, err = ask(*CONE)

    assert code == 0
    assert tuple(out.splitlines()[0].split()) == MASTERS_FIRST
    assert max(map(len, out.splitlines())) <= 80
    assert "19 of 25 columns did not fit" in err


def test_object_gives_one_source(ask: Command) -> None:
    """A 2CXO name is that source alone, in one argument or in two."""
    whole = ask("object", "2CXO J032912.9+311814", "--verbosity", "1")
    apart = ask("object", "2CXO", "J032912.9+311814", "--verbosity", "1")

    assert whole == apart
    assert [row["name"] for row in rows_of(whole[1])] == ["2CXO J032912.9+311814"]


def test_object_takes_a_radius(ask: Command) -> None:
    """With a radius it is the cone around the source."""
    code, out, _ = ask("object", "2CXO J032908.3+312020", "--radius", "20 arcsec")

    assert code == 0
    assert rows_of(out)[0]["separation"] == "0.0"
    assert len(rows_of(out)) > 1


def test_object_reads_names_from_a_file(ask: Command, in_folder: Path) -> None:
    """Each name of a file is answered for."""
    (in_folder / "names.txt").write_text(f"2CXO J032912.9+311814\n{SOURCE}\n")

    code, out, _ = ask("object", "@names.txt", "--verbosity", "1")

    assert code == 0
    assert [row["query_index"] for row in rows_of(out)] == ["0", "1"]


@pytest.mark.usefixtures("in_folder")
def test_cone_takes_a_list(ask: Command) -> None:
    """The sources around each row of a file, which it names."""
    code, out, err = ask("cone", "@list.csv", "20arcsec", "--verbosity", "1")

    assert (code, [row["query_index"] for row in rows_of(out)]) == (0, ["0"])
    assert "list.csv: no units for ra and dec; taken as degrees." in err


@pytest.mark.usefixtures("in_folder")
def test_match_answers_for_each_row(ask: Command) -> None:
    """Rows keep their columns, those without a counterpart too; the assumed unit is said."""
    code, out, err = ask("match", "list.csv", "--radius", "2 arcsec")

    assert code == 0
    assert err == "astroquery-csc: list.csv: no units for ra and dec; taken as degrees.\n"
    assert [(row["id"], row["n_match"]) for row in rows_of(out)] == [("A", "1"), ("B", "0")]


@pytest.mark.usefixtures("in_folder")
@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["list.csv"], "match needs --radius, such as '2 arcsec', or --sigma"),
        (["list.csv", "--radius", "2"], "RADIUS '2' is not understood. Write 2arcmin"),
        (["no.csv", "--radius", "2arcsec"], "'no.csv' is not a file that exists."),
        (["list.csv", "--sigma", "3", "--position-error", "err"], "'err', which is not a column"),
    ],
)
def test_match_says_what_it_needs(ask: Command, argv: list[str], words: str) -> None:
    """What is missing or wrong is refused, in the command's words."""
    code, out, err = ask("match", *argv)

    assert (code, out) == (2, "")
    assert words in err


def test_select_takes_a_range(ask: Command) -> None:
    """``significance=100..`` is 100 or more."""
    code, out, _ = ask("select", "--column-filters", "significance=100..")

    assert code == 0
    assert len(rows_of(out)) == 2
    assert all(float(row["significance"]) >= 100 for row in rows_of(out))


@pytest.mark.parametrize("text", ["significance", "significance=a..b", "=5"])
def test_filter_that_is_none_is_refused(ask: Command, text: str) -> None:
    """The message shows how a filter is written."""
    code, _, err = ask("select", "--column-filters", text)

    assert code == 2
    assert "Write significance=10.." in err


# ------------------------------------------------------------- below masters


def test_detections_of_a_source(ask: Command) -> None:
    """One row per observation."""
    code, out, _ = ask("detections", SOURCE, "--columns", "theta")

    assert (code, len(rows_of(out))) == (0, 5)


def test_detections_in_an_observation(ask: Command) -> None:
    """``--obsid`` needs no name; columns of the source may come."""
    code, out, _ = ask("detections", "--obsid", "90005", "--columns", "theta,m.ra")

    assert code == 0
    assert {row["obsid"] for row in rows_of(out)} == {"90005"}
    assert "master_ra" in rows_of(out)[0]


def test_detections_around_a_place(ask: Command) -> None:
    """``--around`` takes RA DEC, with a radius."""
    code, out, _ = ask(
        *("detections", "--around", "10.650508", "41.365692", "--radius", "1arcsec"),
        *("--columns", "theta"),
    )

    assert (code, {row["name"] for row in rows_of(out)}) == (0, {SOURCE})


def test_detections_by_their_values(ask: Command) -> None:
    """``--criteria`` alone looks on the whole sky."""
    code, out, _ = ask(
        "detections", "--criteria", "o.theta <= 1 AND o.src_cnts_aper_b >= 40", "--columns", "theta"
    )

    assert code == 0
    assert {float(row["theta"]) <= 1 for row in rows_of(out)} == {True}


def test_detections_of_nothing_are_refused(ask: Command) -> None:
    """Neither name nor observation: say what to give."""
    code, _, err = ask("detections")

    assert (code, "give NAME, such as 2CXO J…, or --obsid N" in err) == (2, True)


def test_light_curve_is_a_table_or_a_picture(ask: Command, in_folder: Path) -> None:
    """The ending .png draws it."""
    code, out, _ = ask("lightcurve", SOURCE, "--bands", "b")
    drawn = ask("lightcurve", SOURCE, "--bands", "b", "-o", "lc.png")

    assert (code, len(rows_of(out)), drawn[0]) == (0, 5, 0)
    assert (in_folder / "lc.png").read_bytes().startswith(PNG)


def test_light_curve_takes_a_position_and_its_radius(ask: Command) -> None:
    """The nearest sources are listed if not exactly one is within the radius."""
    code, out, _ = ask(
        "lightcurve", "10.650508", "41.365692", "--radius", "5arcsec", "--bands", "b"
    )
    none = ask("lightcurve", "10.650508", "41.367", "--radius", "0.1arcsec")

    assert (code, {row["name"] for row in rows_of(out)}) == (0, {SOURCE})
    assert none[0] == 2
    assert f"The nearest: {SOURCE}" in none[2]


def test_limits_at_a_level(ask: Command) -> None:
    """Each detection has bounds at the level."""
    code, out, _ = ask("limits", SOURCE, "--level", "0.9", "--bands", "b")

    assert code == 0
    assert {row["level"] for row in rows_of(out)} == {"0.9"}


def test_sensitivity_of_a_place(ask: Command) -> None:
    """A place that was never observed is said to be so."""
    code, out, _ = ask("sensitivity", "52.297", "31.31", "--bands", "b")

    assert (code, [row["status"] for row in rows_of(out)]) == (0, ["not covered"])


def test_products_are_listed_and_fetched(ask: Command, in_folder: Path) -> None:
    """``download`` fetches what ``products`` lists, once."""
    listed = rows_of(ask("products", SOURCE, "--types", "reg")[1])
    first = rows_of(ask("download", SOURCE, "--types", "reg", "--location", "files")[1])
    again = rows_of(ask("download", SOURCE, "--types", "reg", "--location", "files")[1])

    assert len(listed) == len(first) == 5
    assert {row["status"] for row in first} == {"downloaded"}
    assert {row["status"] for row in again} == {"present"}
    assert len(list((in_folder / "files").rglob("*_reg3.fits.gz"))) == 5


def test_spectra_are_fetched_and_drawn(ask: Command, in_folder: Path) -> None:
    """The scripts are named, and the picture is drawn."""
    code, _, err = ask("spectra", SOURCE, "--no-clean", "--location", "sp", "-o", "sp.png")

    assert code == 0
    assert "load_spectra.py" in err
    assert (in_folder / "sp.png").read_bytes().startswith(PNG)


def test_images_are_listed(ask: Command) -> None:
    """Images around a place, of one format."""
    code, out, _ = ask("images", "10.7", "41.3", "--image-format", "fits", "--level", "stack")

    assert (code, len(rows_of(out)) > 0) == (0, True)


def test_cache_is_listed_and_emptied(capsys: pytest.CaptureFixture[str], ask: Command) -> None:
    """``cache clear`` leaves nothing for ``cache info``."""
    ask(*CONE)
    before = main(["cache", "info"]), len(rows_of(capsys.readouterr().out)) > 0
    main(["cache", "clear"])
    after = main(["cache", "info"]), len(rows_of(capsys.readouterr().out))

    assert (before, after) == ((0, True), (0, 0))


# ------------------------------------------------------------------- formats


def test_formats_keep_every_digit(ask: Command) -> None:
    """CSV, TSV, ECSV and JSON on stdout have the same numbers."""
    texts = {kind: ask(*CONE, "-o", "-", "--format", kind)[1] for kind in ("csv", "tsv", "json")}

    assert csv.DictReader(StringIO(texts["csv"])).__next__()["ra"] == "52.30399972198461"
    assert rows_of(texts["tsv"])[0]["ra"] == "52.30399972198461"
    assert json.loads(texts["json"])[0]["ra"] == 52.30399972198461


def test_json_has_null_for_null(ask: Command) -> None:
    """A null flux is null, not NaN."""
    rows = json.loads(ask(*CONE, "--format", "json")[1])

    assert [row["flux_aper_b"] is None for row in rows].count(True) == 1


def test_ecsv_and_votable_keep_units(ask: Command, tmp_path: Path) -> None:
    """Both can be read from a pipe."""
    ecsv = Table.read(ask(*CONE, "--format", "ecsv")[1], format="ascii.ecsv")
    (tmp_path / "a.vot").write_text(ask(*CONE, "--format", "votable")[1])

    assert (str(ecsv["ra"].unit), len(ecsv)) == ("deg", 11)
    assert len(votable.parse_single_table(tmp_path / "a.vot").array) == 11


def test_format_decides_over_the_ending(ask: Command, in_folder: Path) -> None:
    """Any name will do with ``--format``."""
    assert ask(*CONE, "-o", "sources.dat", "--format", "csv")[0] == 0
    assert (in_folder / "sources.dat").read_text().startswith("name,ra,dec,")


def test_cone_draws_a_map_and_regions(ask: Command, in_folder: Path) -> None:
    """The endings .png and .reg."""
    where = ("10.684", "41.269", "2")
    drawn = ask("cone", *where, "-o", "sky.png")
    regions = ask("cone", *where, "-o", "sky.reg", "--columns", "match")

    assert (drawn[0], regions[0]) == (0, 0)
    assert (in_folder / "sky.png").read_bytes().startswith(PNG)
    assert "ellipse(" in (in_folder / "sky.reg").read_text()


def test_picture_where_there_is_none_is_refused(ask: Command) -> None:
    """The message names the subcommands that draw."""
    code, _, err = ask("select", "-o", "a.png")

    assert code == 2
    assert "this subcommand draws no picture; cone, lightcurve and spectra do" in err


# ------------------------------------------------------- strict, quiet, waiting


def test_strict_has_an_exit_code_for_a_short_table(ask: Command) -> None:
    """The table is given all the same."""
    code, out, err = ask(*CONE, "--row-limit", "3", "--strict")

    assert (code, len(rows_of(out))) == (3, 3)
    assert "Raise --row-limit (-1 for all rows) or --maxrec." in err
    assert err.endswith("astroquery-csc: the table is not complete (--strict).\n")


def test_strict_does_not_mind_a_whole_table(ask: Command) -> None:
    """Exit code 0."""
    assert ask(*CONE, "--strict")[0] == 0


@pytest.mark.usefixtures("in_folder")
def test_quiet_says_nothing(ask: Command) -> None:
    """No warnings and no notes; the table is the same."""
    assert ask(*CONE, "--row-limit", "3", "-q")[2] == ""
    assert ask("match", "list.csv", "--radius", "2arcsec", "--quiet")[2] == ""


def test_quiet_keeps_errors(ask: Command) -> None:
    """An error is said."""
    assert "is not between 0 and 360 degrees" in ask("cone", "400", "31", "-q")[2]


def test_timeout_is_passed_on(ask: Command) -> None:
    """One that cannot be is refused."""
    code, _, err = ask(*CONE, "--timeout", "0")

    assert (code, "--timeout is 0.0; expected seconds above 0." in err) == (2, True)


def test_long_work_is_said(ask: Command, monkeypatch: pytest.MonkeyPatch, in_folder: Path) -> None:
    """What takes longer than the first seconds says that it is at work."""
    monkeypatch.setattr("astroquery_csc.cli.waiting.FIRST_SECONDS", 0.01)

    _, _, err = ask("spectra", SOURCE, "--no-clean", "--location", str(in_folder), "--no-cache")

    assert "astroquery-csc: at work for 0 s; Ctrl-C stops it.\n" in err


# --------------------------------------------------------------- what is rarer


def test_files_of_the_source_itself(ask: Command) -> None:
    """``--rows master`` lists what belongs to the source, not to its detections."""
    code, out, _ = ask("products", SOURCE, "--types", "bayesblks", "--rows", "master")

    assert (code, {row["level"] for row in rows_of(out)}) == (0, {"master"})


@pytest.mark.usefixtures("in_folder")
def test_tap_sends_a_table(ask: Command) -> None:
    """``--uploads NAME=FILE`` is TAP_UPLOAD.NAME in the query."""
    code, out, _ = ask("tap", "SELECT m.id FROM TAP_UPLOAD.mine m", "--uploads", "mine=list.csv")

    assert (code, [row["id"] for row in rows_of(out)]) == (0, ["A", "B"])


@pytest.mark.parametrize("word", ["mine", "mine=", "=list.csv"])
def test_upload_that_is_none_is_refused(ask: Command, word: str) -> None:
    """The message shows how an upload is written."""
    code, _, err = ask("tap", "SELECT 1", "--uploads", word)

    assert (code, "Write mine=list.csv." in err) == (2, True)


def test_table_that_cannot_be_read_is_refused(ask: Command, in_folder: Path) -> None:
    """The message has the reason, and the endings that are known."""
    (in_folder / "list.vot").write_text("<html>")

    code, _, err = ask("match", "list.vot", "--radius", "2arcsec")

    assert code == 2
    assert "'list.vot' cannot be read as a table:" in err
    assert "Known endings: .csv" in err


def test_releases_are_listed(ask: Command) -> None:
    """Three releases, offline."""
    code, out, _ = ask("releases")

    assert code == 0
    assert "2.1" in out


def test_citation_is_bibtex(capsys: pytest.CaptureFixture[str]) -> None:
    """``cite`` asks nothing."""
    code = main(["cite"])

    assert (code, capsys.readouterr().out.startswith("@article{Evans2024,")) == (0, True)
