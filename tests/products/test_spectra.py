# Licensed under a 3-clause BSD style license - see LICENSE
"""Spectra in one call: the files, the keywords in them, and the scripts that load them."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astroquery.exceptions import NoResultsWarning

from astroquery_csc import progress
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.products import pha, scripts

SOURCE = "2CXO J174529.3-285749"


@pytest.fixture(scope="module")
def rows(server):
    """Give two clean detections."""
    found = server.csc.query_detections(SOURCE, cache=False)
    return found[found["obsid"] >= 90020]


@pytest.fixture(scope="module")
def wrong(server):
    """Give a detection whose spectrum names files that are not there."""
    found = server.csc.query_detections(obsid=90002, cache=False)
    return found[found["region_id"] % 4 == 3][:1]


def header_of(path):
    """Read the keywords of a spectrum."""
    return fits.getheader(path, "SPECTRUM1")


def fetched(server):
    """List the files that were asked for so far."""
    return [seen for seen in server.requests if seen.path == "/csccli/retrieveFile"]


# ---- what comes -------------------------------------------------------------------------------


def test_each_detection_has_a_row_with_its_files(csc, rows, tmp_path):
    """Spectrum, effective area and response, with counts, exposure and theta."""
    table = csc.get_spectra(rows, location=tmp_path)

    assert table["obsid"].tolist() == [90020, 90021]
    assert [Path(path).is_file() for kind in ("pha", "arf", "rmf") for path in table[kind]] == [
        True
    ] * 6
    assert (table["counts"] > 0).all()
    np.testing.assert_allclose(table["exposure"], rows["livetime"])
    assert table["theta"].tolist() == rows["theta"].tolist()
    assert table["note"].tolist() == ["", ""]


def test_names_give_the_clean_detections(csc, tmp_path):
    """What is left out is counted, by reason."""
    with pytest.warns(NoResultsWarning, match="2 detections are left out .shared or not detected"):
        table = csc.get_spectra(SOURCE, location=tmp_path)

    assert table["obsid"].tolist() == [90018, 90019, 90020, 90021]
    assert table.meta["LEFTOUT"] == "shared or not detected: 2"


def test_detections_without_names_are_found_by_observation(csc, rows, tmp_path):
    """Only those in the table come, under the names that the catalogue has."""
    table = csc.get_spectra(rows["obsid", "obi", "region_id"], location=tmp_path)

    assert table["obsid"].tolist() == [90020, 90021]
    assert set(table["name"].tolist()) == {SOURCE}


def test_a_detection_that_the_catalogue_does_not_have_is_counted(csc, rows, tmp_path):
    """A table that was changed by hand is not silently cut."""
    wrong = rows.copy()
    wrong["region_id"][0] = 9999

    with pytest.warns(NoResultsWarning, match=r"1 detections are left out \(not in the catalogue"):
        table = csc.get_spectra(wrong, location=tmp_path)

    assert table["obsid"].tolist() == [90021]


def test_a_long_list_says_how_far_it_is(csc, rows, tmp_path, monkeypatch, caplog):
    """Files and spectra are counted at level INFO."""
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.0)

    csc.get_spectra(rows, location=tmp_path)

    assert "5 of 6 files are done." in caplog.text
    assert "1 of 2 spectra are done." in caplog.text


def test_masters_give_the_same_as_their_names(csc, tmp_path):
    """The table has names, but no observations."""
    master = csc.query_object(SOURCE)

    with pytest.warns(NoResultsWarning, match="left out"):
        assert len(csc.get_spectra(master, location=tmp_path)) == 4


def test_detections_that_are_not_clean_come_where_they_are_wanted(csc, tmp_path):
    """Clean ones alone by default."""
    name = "2CXO J004236.1+412156"

    with pytest.warns(NoResultsWarning, match="not clean: 1"):
        clean = csc.get_spectra(name, location=tmp_path)
    every = csc.get_spectra(name, location=tmp_path, clean=False)

    assert (len(clean), clean.meta["LEFTOUT"]) == (4, "not clean: 1")
    assert (len(every), every.meta["LEFTOUT"]) == (5, "none")


def test_files_are_not_fetched_twice(server, csc, rows, tmp_path):
    """The second call finds them, and gives the same table."""
    first = csc.get_spectra(rows, location=tmp_path)
    before = len(fetched(server))

    again = csc.get_spectra(rows, location=tmp_path)

    assert len(fetched(server)) == before
    assert first["pha"].tolist() == again["pha"].tolist()


def test_where_nothing_is_left_there_is_an_empty_table(csc, tmp_path):
    """With a warning, and no script."""
    forced = csc.query_detections(SOURCE, match_type="n")

    with pytest.warns(NoResultsWarning, match="0 remain"):
        table = csc.get_spectra(forced, location=tmp_path)

    assert len(table) == 0
    assert "pha" in table.colnames
    assert table.meta["SHERPA"] == ""


def test_a_name_that_is_not_there_is_warned_about(csc, tmp_path):
    """An empty table alone could mean anything."""
    with pytest.warns(NoResultsWarning, match="J000000.0"):
        table = csc.get_spectra("2CXO J000000.0+000000", location=tmp_path)

    assert len(table) == 0


# ---- keywords ---------------------------------------------------------------------------------


def test_wrong_keywords_are_mended(csc, wrong, tmp_path):
    """They name the files on the disk, and the note says so."""
    table = csc.get_spectra(wrong, location=tmp_path, clean=False)

    header = header_of(table["pha"][0])
    folder = Path(table["pha"][0]).parent
    assert header["BACKFILE"] == Path(table["pha"][0]).name
    assert (folder / header["ANCRFILE"]) == Path(table["arf"][0])
    assert (folder / header["RESPFILE"]) == Path(table["rmf"][0])
    assert table["note"][0] == "mended: ANCRFILE, RESPFILE, BACKFILE"


def test_the_data_of_a_spectrum_stay_as_they_are(csc, wrong, tmp_path):
    """The archive's own file stays beside the copy."""
    path = Path(csc.get_spectra(wrong, location=tmp_path, clean=False)["pha"][0])

    before, after = fits.getdata(f"{path}.gz", "SPECTRUM1"), fits.getdata(path, "SPECTRUM1")

    assert before.tobytes() == after.tobytes()


def test_a_spectrum_without_background_names_none(tmp_path):
    """An absent response is none, too."""
    table = fits.BinTableHDU.from_columns(
        [fits.Column("COUNTS", "J", array=[1, 2])], name="SPECTRUM"
    )
    path = tmp_path / "acisf00001_000N020_r0001_pha3.fits"
    table.header["BACKFILE"] = "gone.fits"
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)

    found = pha.mend(path, None, None)

    header = fits.getheader(path, "SPECTRUM")
    assert [header[key] for key in ("BACKFILE", "ANCRFILE", "RESPFILE")] == ["none"] * 3
    assert (found.counts, found.mended) == (3, ("BACKFILE",))
    assert np.isnan(found.exposure_s)


@pytest.mark.parametrize("contents", [b"", b"nothing", fits.PrimaryHDU()])
def test_what_is_no_spectrum_is_refused(tmp_path, contents):
    """An image has none, and neither has nothing."""
    path = tmp_path / "pha3.fits"
    path.write_bytes(contents if isinstance(contents, bytes) else b"SIMPLE  =".ljust(2880))

    with pytest.raises(pha.SpectrumError):
        pha.mend(path, None, None)


# ---- scripts ----------------------------------------------------------------------------------


def test_scripts_load_every_spectrum(csc, rows, tmp_path):
    """By paths from the script's folder on, and by folder."""
    table = csc.get_spectra(rows, location=tmp_path)

    sherpa, xspec = (Path(table.meta[key]).read_text("utf-8") for key in ("SHERPA", "XSPEC"))

    assert [path for path in table["pha"] if str(Path(path).relative_to(tmp_path)) in sherpa] == (
        table["pha"].tolist()
    )
    assert xspec.count("\ndata ") == 2
    assert f"data 2:2 {Path(table['pha'][1]).name}" in xspec


def test_hostile_names_stay_names(tmp_path):
    """They are literals in Python and words in Tcl."""
    name = "a'); import os #\\ [exit] $x;{.fits"
    folder = tmp_path / "it's [exec] $HOME"
    folder.mkdir()

    sherpa, xspec = scripts.write_scripts(folder, [folder / name])

    assigned: Any = ast.parse(sherpa.read_text("utf-8")).body[4]
    assert ast.literal_eval(assigned.value) == {1: name}
    assert r"\[exit\]\ \$x\;\{.fits" in xspec.read_text("utf-8")
    assert r"it\'s\ \[exec\]\ \$HOME" in xspec.read_text("utf-8")


@pytest.mark.sherpa
def test_sherpa_loads_them(csc, wrong, tmp_path):
    """With backgrounds and responses, as the script does it, and a model can be folded."""
    pytest.importorskip("sherpa")
    table = csc.get_spectra(wrong, location=tmp_path, clean=False)
    look = (
        "import runpy; from sherpa.astro import ui; runpy.run_path({!r});"
        "print(ui.get_data(1).counts.sum(), ui.get_bkg(1).counts.sum() > 0, "
        "ui.get_arf(1).name[-17:], ui.get_rmf(1).name[-17:]);"
        "ui.set_source(1, ui.powlaw1d.p); print(ui.get_model_plot(1).y.max() > 0)"
    ).format(table.meta["SHERPA"])

    done = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=120
    )

    *_, loaded, folded = done.stdout.splitlines()
    assert loaded.startswith(f"{table['counts'][0]}.0 True ")
    assert folded == "True"


# ---- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"names_or_rows": "M31"}, InvalidQueryError, "M31"),
        ({"names_or_rows": 17}, InputTypeError, "names is 17"),
        ({"names_or_rows": Table({"ra": [1.0]})}, InvalidQueryError, "no column 'name'"),
        (
            {"names_or_rows": Table({"name": [SOURCE], "obsid": [1]})},
            InvalidQueryError,
            "no obi and no region_id",
        ),
        ({"location": 3}, InputTypeError, "location is 3"),
        ({"location": "a\nb"}, InvalidQueryError, "cannot name"),
        ({"clean": "yes"}, InputTypeError, "clean"),
    ],
)
def test_bad_arguments_are_refused(csc, arguments, error, words):
    """In words."""
    with pytest.raises(error, match=words):
        csc.get_spectra(**{"names_or_rows": SOURCE} | arguments)


def test_a_refused_call_sends_nothing(server, csc):
    """The archive is not asked for what cannot be."""
    before = len(server.requests)

    with pytest.raises(InvalidQueryError, match="no obi"):
        csc.get_spectra(Table({"name": [SOURCE], "obsid": [1]}))

    assert len(server.requests) == before


def test_the_payload_is_the_look_up(csc):
    """Nothing is sent, and nothing is made."""
    payload = csc.get_spectra(SOURCE, location="nowhere", get_query_payload=True)

    assert "observation_source" in payload["QUERY"]
    assert not Path("nowhere").exists()
