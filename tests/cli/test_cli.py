# Licensed under a 3-clause BSD style license - see LICENSE
"""The one command, run in process against the loopback service."""

import io
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from astropy.table import Table

from astroquery_csc.cli.commands import listings
from astroquery_csc.cli.main import main
from astroquery_csc.config import conf

ROOT = Path(__file__).parents[2]
SUBCOMMANDS = (
    *("cone", "object", "match", "select", "tap", "releases", "tables", "columns", "detections"),
    *("lightcurve", "sensitivity", "limits", "products", "download", "spectra", "images"),
    *("mirror", "cache", "cite", "demo", "serve"),
)
NAMED = ("cone", "object", "sensitivity", "images")
POSITION = ("52.297", "31.31", "2")

Command = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command; give its exit code, its lines on stdout and its lines on stderr."""

    def run(*argv: str) -> tuple[int, list[str], list[str]]:
        """Run it once."""
        code = main(argv)
        out, err = capsys.readouterr()
        return code, out.splitlines(), err.splitlines()

    return run


@pytest.fixture
def ask(command: Command, server: Any) -> Command:
    """Run a subcommand against the loopback service, names included, past the cache."""

    def run(name: str, *argv: str) -> tuple[int, list[str], list[str]]:
        """Run it once."""
        where = ["--server", server.url, "--no-cache"]
        where += ["--resolver", server.sesame_url] if name in NAMED else []
        return command(name, *argv, *where)

    return run


@contextmanager
def _python(*argv: str) -> Iterator[Any]:
    """Run Python in a process of its own, which ends with the block at the latest."""
    pipe = subprocess.PIPE
    command = [sys.executable, *argv]
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
            process.wait(timeout=60)
        finally:
            process.kill()


# --------------------------------------------------------------------- cone


def test_cone_shows_the_sources(ask: Command) -> None:
    """A pipe gets eleven sources with tabs and every digit, and nothing is on stderr."""
    code, out, err = ask("cone", *POSITION)
    assert (code, err, len(out)) == (0, [], 1 + 11)
    assert out[0].split("\t")[:4] == ["name", "ra", "dec", "separation"]
    assert out[1].startswith("2CXO J032912.9+311814\t52.30399972198461\t31.30398859996515\t30.5265")
    assert "\t\t" in out[10]


@pytest.mark.parametrize(
    "place",
    [
        ["NGC", "1333", "2"],
        ["ngc 1333", "2arcmin"],
        ["03:29:11.28", "+31:18:36", "120arcsec"],
        ["52.297 31.31", "0.0333333333deg"],
        ["NGC", "1333"],
        ["NGC", "1333", "2", "arcmin"],
        ["52.297", "31.31"],
        ["52.297", "31.31", "--radius", "2 arcmin"],
    ],
)
def test_cone_takes_every_spelling_of_a_place(ask: Command, place: list[str]) -> None:
    """Names with or without quotes, degrees and sexagesimal give the same eleven sources."""
    code, out, err = ask("cone", *place, "--verbosity", "1")
    assert (code, err, len(out)) == (0, [], 1 + 11)


@pytest.mark.parametrize("dec", ["-29.0", "-29:00:00"])
def test_cone_takes_negative_declinations(ask: Command, dec: str) -> None:
    """A declination that starts with a minus is not an option, in degrees or sexagesimal."""
    code, out, _ = ask("cone", "266.4d", dec, "1", "--verbosity", "1")

    assert (code, len(out) > 1) == (0, True)


def test_cone_around_a_source_of_the_catalogue(ask: Command) -> None:
    """A 2CXO name needs no resolver; the source itself is at separation 0."""
    code, out, err = ask("cone", "2CXO", "J032908.3+312020", "5arcsec", "--verbosity", "1")
    assert (code, err) == (0, [])
    assert out[1:] == ["2CXO J032908.3+312020\t52.28472127844424\t31.339008390066578\t0.0"]


def test_cone_gives_the_columns_that_are_asked_for(ask: Command) -> None:
    """Columns come by name, with commas between them; blanks do not matter."""
    _, out, _ = ask("cone", *POSITION, "--columns", "significance, err_ellipse_ang")
    names = ["name", "ra", "dec", "separation"]
    assert sorted(out[0].split()) == sorted([*names, "significance", "err_ellipse_ang"])


def test_cone_takes_a_further_condition(ask: Command) -> None:
    """``--criteria`` keeps some of the sources."""
    code, out, _ = ask("cone", *POSITION, "--criteria", "significance > 9")
    assert (code, len(out)) == (0, 1 + 3)


def test_cone_says_that_there_are_more(ask: Command) -> None:
    """A row limit that was hit is a warning on one line; the exit code is 0."""
    code, out, err = ask("cone", *POSITION, "--row-limit", "3")
    assert (code, len(out), len(err)) == (0, 1 + 3, 1)
    assert err[0].startswith("astroquery-csc: warning: There are more rows than the limit")


def test_nothing_found_is_an_answer(ask: Command, tmp_path: Path) -> None:
    """No source: exit code 0, one warning, and a file with columns and no rows."""
    path = tmp_path / "none.fits"
    code, out, err = ask("cone", "10", "20", "1arcsec", "-o", str(path))
    assert (code, out, len(err)) == (0, [], 2)
    assert err[0] == (
        "astroquery-csc: warning: No row matches the query: within 1 arcsec of 10.000000 "
        "+20.000000 (deg). astroquery-csc sensitivity tells whether the place was observed, and "
        "how deep."
    )
    assert (len(Table.read(path)), len(Table.read(path).colnames)) == (0, 25)


def test_cone_writes_a_file(ask: Command, tmp_path: Path) -> None:
    """With ``-o`` the table is in the file, nothing is on stdout, and stderr says what was done."""
    path = tmp_path / "ngc1333.fits"
    code, out, err = ask("cone", *POSITION, "-o", str(path))
    assert (code, out) == (0, [])
    assert err == [f"astroquery-csc: rows: 11, columns: 25, file: {path}"]
    table = Table.read(path)
    assert table["ra"][0] == 52.30399972198461
    assert np.ma.getmaskarray(table["flux_aper_b"]).sum() == 1


@pytest.mark.parametrize("option", ["--overwrite", "--clobber"])
def test_existing_file_is_replaced_on_demand(ask: Command, tmp_path: Path, option: str) -> None:
    """A file that is there needs ``--overwrite``, or CIAO's word for it."""
    path = tmp_path / "a.csv"
    path.write_text("mine")
    code, _, err = ask("cone", *POSITION, "-o", str(path))
    assert (code, path.read_text()) == (2, "mine")
    assert err == [f"astroquery-csc: '{path}' exists already. Add --overwrite."]
    assert ask("cone", *POSITION, "-o", str(path), option)[0] == 0
    assert len(Table.read(path)) == 11


@pytest.mark.parametrize(
    "argv",
    [
        ["52.297", "31.31", "2", "-o", "a.docx"],
        ["52.297", "31.31", "2", "-o", "no/such/folder/a.fits"],
        ["52.297", "31.31", "2m"],
        ["52.297"],
        ["400", "31.31", "2"],
        ["-10", "31.31", "2"],
        ["25:00:00", "31.31", "2"],
        ["52.297", "91", "2"],
        ["52.297", "31.31", "-2"],
        ["52.297", "31.31", "200deg"],
        ["52.297", "31.31", "2", "--columns", "flux_aper_z"],
        ["52.297", "31.31", "2", "--criteria", "significance >"],
        ["52.297", "31.31", "2", "--row-limit", "0"],
        ["52.297", "31.31", "2", "--release", "9.9"],
        ["52.297", "31.31", "2", "--columns", "match", "--verbosity", "1"],
        ["52.297", "31.31", "2", "--verbosity", "4"],
        ["52.297", "31.31", "2", "--nonsense"],
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(
    ask: Command, server: Any, argv: list[str]
) -> None:
    """What is wrong is one line on stderr and exit code 2; the service hears nothing."""
    before = len(server.requests)
    code, out, err = ask("cone", *argv)
    assert (code, out, len(err)) == (2, [], 1)
    assert err[0].startswith("astroquery-csc: ")
    assert len(server.requests) == before


def test_unknown_name_says_how_it_was_read(ask: Command) -> None:
    """A number after a word is a part of the name; the error shows it, and the way out."""
    code, _, err = ask("cone", "Nowhere", "2")
    assert (code, len(err)) == (1, 1)
    assert "read as: name 'Nowhere 2', radius 2 arcmin. A radius with its unit" in err[0]


def test_service_out_of_reach_is_one_line(command: Command) -> None:
    """A service that does not answer is exit code 1, and no traceback."""
    with conf.set_temp("retries", 0):
        code, out, err = command("cone", *POSITION, "--server", "http://127.0.0.1:9")
    assert (code, out, len(err)) == (1, [], 1)
    assert "127.0.0.1:9" in err[0]


# ---------------------------------------------------------------------- tap


def test_tap_runs_a_query(ask: Command) -> None:
    """ADQL with bare table names gives its columns in its order."""
    query = "SELECT TOP 1 dec, name FROM master_source WHERE name = '2CXO J032908.3+312020'"
    code, out, err = ask("tap", query)
    assert (code, err) == (0, [])
    assert out[1:] == ["31.339008390066578\t2CXO J032908.3+312020"]


def test_tap_reads_a_query_from_a_file(ask: Command, tmp_path: Path) -> None:
    """``@FILE`` is the text of the file, also one with a byte order mark."""
    path = tmp_path / "query.adql"
    path.write_text("SELECT COUNT(*) AS n\nFROM master_source\n", encoding="utf-8-sig")
    code, out, _ = ask("tap", f"@{path}")
    assert (code, out[-1].strip()) == (0, "3393")


def test_tap_reads_a_query_from_stdin(ask: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-`` is stdin."""
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT COUNT(*) AS n FROM master_source"))
    code, out, _ = ask("tap", "-")
    assert (code, out[-1].strip()) == (0, "3393")


def test_tap_runs_a_job(ask: Command) -> None:
    """``--async`` gives the same rows; the phases of the job are on stderr."""
    code, out, err = ask("tap", "SELECT TOP 2 name FROM master_source", "--async")
    assert (code, len(out)) == (0, 1 + 2)
    assert err[-1].endswith(": COMPLETED")


def test_tap_keeps_to_maxrec(ask: Command) -> None:
    """``--maxrec`` limits the rows and says that it did."""
    code, out, err = ask("tap", "SELECT name FROM master_source", "--maxrec", "5")
    assert (code, len(out), len(err)) == (0, 1 + 5, 1)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT nme FROM master_source", "Did you mean 'name'"),
        ("DROP TABLE master_source", "SELECT"),
        ("", "empty"),
        ("@no-such-file.adql", "No such file"),
    ],
)
def test_bad_query_is_refused_before_it_is_sent(
    ask: Command, server: Any, query: str, words: str
) -> None:
    """A query that cannot work is exit code 2, with the words that help."""
    before = len(server.requests)
    code, out, err = ask("tap", query)
    assert (code, out, len(err)) == (2, [], 1)
    assert words in err[0]
    assert len(server.requests) == before


def test_query_that_is_no_text_is_refused(ask: Command, tmp_path: Path) -> None:
    """A file in another encoding is exit code 2."""
    path = tmp_path / "query.adql"
    path.write_bytes(b"\xff\xfe\x00S")
    code, _, err = ask("tap", f"@{path}")
    assert (code, len(err)) == (2, 1)


def test_refusal_of_the_service_is_reported(ask: Command, server: Any) -> None:
    """With ``--no-validate`` the service decides; its words are shown, on one line."""
    before = len(server.requests)
    code, _, err = ask("tap", "SELECT nme FROM csc21.master_source", "--no-validate")
    assert (code, len(err)) == (2, 1)
    assert "nme" in err[0]
    assert len(server.requests) > before


# ----------------------------------------------------------------- listings


def test_tables_are_listed_offline(command: Command) -> None:
    """The tables of a release, with their schema."""
    code, out, err = command("tables", "--release", "2.0")
    assert (code, err) == (0, [])
    assert out[7].startswith("csc2.master_source")


def test_tables_are_asked_of_the_service(command: Command, server: Any) -> None:
    """``--refresh`` lists the sixteen tables that the service has, with their columns."""
    code, out, _ = command("tables", "--refresh", "--server", server.url)
    assert (code, len(out)) == (0, 1 + 16)
    (masters,) = [line.split() for line in out if line.startswith("csc21.master_source")]
    assert masters[1] == "515"


def test_columns_are_found_by_a_word(command: Command, tmp_path: Path) -> None:
    """Columns of a table by a word in name or description, also into a file."""
    path = tmp_path / "columns.csv"
    code, out, _ = command("columns", "master_source", "--keyword", "err_ellipse")
    assert (code, [line.split()[1] for line in out[1:4]]) == (
        0,
        ["err_ellipse_r0", "err_ellipse_r1", "err_ellipse_ang"],
    )
    assert command("columns", "--keyword", "err_ellipse", "-o", str(path))[0] == 0
    assert "err_ellipse_r0" in Table.read(path)["name"]


def test_columns_are_asked_of_the_service(command: Command, server: Any) -> None:
    """``--refresh`` shows what the service has."""
    code, out, _ = command("columns", "image", "--refresh", "--server", server.url)
    assert (code, len(out) > 1) == (0, True)


def test_no_column_is_said(command: Command) -> None:
    """A word that no column has gives no rows, and a warning."""
    code, out, err = command("columns", "--keyword", "no such word")
    assert (code, len(out), err) == (0, 1, ["astroquery-csc: warning: No column matches."])


def test_unknown_table_is_refused(command: Command) -> None:
    """A table that is not there is exit code 2, with a suggestion."""
    code, _, err = command("columns", "master_sorce")
    assert (code, len(err)) == (2, 1)
    assert "Did you mean 'master_source'" in err[0]


def test_hidden_columns_are_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal what does not fit is named on stderr, with the way to see it."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "50")
    code, out, err = command("tables")
    assert (code, max(map(len, out)) <= 50, len(err)) == (0, True, 1)
    assert "2 of 4 columns did not fit and are not shown (complete, description)" in err[0]


# ------------------------------------------------------------ the whole thing


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_has_help(command: Command, name: str) -> None:
    """``--help`` is exit code 0 and says how the subcommand is used."""
    code, out, err = command(name, "--help")
    assert (code, err) == (0, [])
    assert f"astroquery-csc {name}" in " ".join(out[:2])


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_option_is_in_the_documentation(command: Command, name: str) -> None:
    """The reference page has each subcommand and each of its options."""
    page = (ROOT / "docs" / "reference" / "cli.rst").read_text(encoding="utf-8")
    _, out, _ = command(name, "--help")
    options = set(re.findall(r"--[a-z][a-z-]+", "\n".join(out))) - {"--help"}
    assert [option for option in sorted(options) if f"``{option}" not in page] == []
    assert f"\n{name}\n{'-' * len(name)}\n" in page


@pytest.mark.parametrize("argv", [[], ["frobnicate"], ["tap"], ["serve", "--port", "65536"]])
def test_bad_usage_is_one_line(command: Command, argv: list[str]) -> None:
    """What the command does not take is exit code 2, and says where the help is."""
    code, out, err = command(*argv)
    assert (code, out, len(err)) == (2, [], 1)
    assert err[0].endswith("--help")


def test_version_is_told(command: Command) -> None:
    """``--version`` prints name and version."""
    code, out, _ = command("--version")
    assert (code, out[0].split()[0]) == (0, "astroquery_csc")


def test_interruption_has_its_exit_code(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is exit code 130 and the line that goes on."""

    def interrupt(*_: object) -> None:
        """Do what Ctrl-C does."""
        raise KeyboardInterrupt

    monkeypatch.setattr(listings, "client", interrupt)
    said = "astroquery-csc: stopped. What was received is kept. To continue: astroquery-csc tables"
    assert command("tables") == (130, [], [said])


def test_module_runs_as_a_program() -> None:
    """``python -m astroquery_csc --help`` shows the subcommands and imports nothing heavy."""
    with _python("-W", "error", "-m", "astroquery_csc", "--help") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert all(f"\n    {name}" in out for name in SUBCOMMANDS)
    assert "exit codes:" in out


def test_reader_that_goes_is_no_error() -> None:
    """A pipe that nobody reads any more ends the command without a word."""
    with _python("-m", "astroquery_csc", "columns") as process:
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (141, "")


@pytest.mark.slow
def test_serve_runs_until_ctrl_c() -> None:
    """The service says where it is, answers, and ends with exit code 0."""
    # Where tests run in the background, Ctrl-C is ignored; the program takes it all the same.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from astroquery_csc.cli.main import main; sys.exit(main(['serve']))"
    )
    cone = {"RA": "52.297", "DEC": "31.31", "SR": "0.04", "VERB": "1"}
    with _python("-c", code) as process:
        url = process.stdout.readline().strip()
        answer = requests.get(f"{url}/csc21scs/coneSearch", params=cone, timeout=60)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, answer.status_code) == (0, 200)
    assert f'Csc(server="{url}")' in errors
    assert "synthetic" in errors


def test_serve_names_a_port_that_is_taken(command: Command, server: Any) -> None:
    """A port that is in use is exit code 1 and one line."""
    port = server.url.rpartition(":")[2]
    code, out, err = command("serve", "--port", port)
    assert (code, out, err) == (1, [], [f"astroquery-csc: port {port}: Address already in use"])
