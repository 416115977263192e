# Licensed under a 3-clause BSD style license - see LICENSE
"""Files onto the disk: whole or absent, where they belong, and not twice."""

import gzip
import hashlib
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table, vstack
from astroquery.exceptions import CorruptDataWarning

from astroquery_csc import progress
from astroquery_csc.config import conf
from astroquery_csc.exceptions import (
    InvalidQueryError,
    RemoteServiceError,
    ServiceTimeoutError,
)
from astroquery_csc.products import download as downloads
from astroquery_csc.products import filecheck
from astroquery_csc.products.filecheck import BrokenFileError
from astroquery_csc.service.files import Archive
from astroquery_csc.testing import Dialect, csc_server
from tests.support.examples import one_in

SOURCE = "2CXO J004236.1+412156"
FOLDER = "2CXOJ004236.1+412156"


@pytest.fixture(scope="module")
def asked(server):
    """Ask once for the two detections of a source in one ObsID, and for four small files."""
    rows = server.csc.query_detections(SOURCE, obsid=90002, cache=False)
    return rows, server.csc.get_product_list(rows, types=["arf", "reg"], cache=False)


@pytest.fixture
def rows(asked):
    """Give the two detections of a source in one ObsID."""
    return asked[0].copy()


@pytest.fixture
def spectra(asked):
    """Give a list of four small files."""
    return asked[1].copy()


@pytest.fixture
def place(tmp_path):
    """Give a folder that is not there yet."""
    return tmp_path / "csc"


def left_behind(folder):
    """List what should not be there: temporary files."""
    return [path.name for path in Path(folder).rglob("*") if path.name.endswith(".part")]


def fetched(server):
    """List the files that were asked for so far."""
    return [
        seen.params["FILENAME"] for seen in server.requests if seen.path == "/csccli/retrieveFile"
    ]


def warm_up(server):
    """Let a server look up its files, which takes a second at the first request."""
    server.csc._service(server.csc._settings()).browse(["90002.0.1/arf/"], cache=False)


# ---- where files go ---------------------------------------------------------------------------


def test_files_go_into_the_folders_of_ciao(csc, rows, place):
    """By source, then observation or stack; files of whole fields by observation or stack."""
    types = ["arf", "stkregevt", "bayesblks", "evt", "stkfov", "mrgsrc"]
    files = csc.get_product_list(rows[:1], types=types)

    done = csc.download_products(files, location=place)

    stack = "acisfJ0042479p411800_001"
    places = {
        kind: Path(path).relative_to(place).parent.as_posix()
        for kind, path in zip(done["type"], done["path"], strict=True)
    }
    assert places == {
        "arf": f"{FOLDER}/90002_000",
        "stkregevt": f"{FOLDER}/{stack}",
        "bayesblks": FOLDER,
        "evt": "90002_000",
        "stkfov": stack,
        "mrgsrc": stack,
    }


def test_one_row_of_a_list_is_a_list(csc, spectra, place):
    """A row that was picked out brings its file."""
    done = csc.download_products(spectra[0], location=place)

    assert done["filename"].tolist() == [spectra["filename"][0]]
    assert done["status"].tolist() == ["downloaded"]


def test_each_file_is_recorded(csc, spectra, place):
    """Path, size and checksum are those of the file; the list keeps its columns and meta."""
    done = csc.download_products(spectra, location=place)

    assert done.colnames == [
        *(name for name in spectra.colnames if name != "note"),
        "path", "size", "sha256", "status", "note",
    ]  # fmt: skip
    assert done["status"].tolist() == ["downloaded"] * 4
    assert done.meta == spectra.meta
    files = [Path(path) for path in done["path"]]
    bodies = [file.read_bytes() for file in files]
    assert done["size"].tolist() == [len(body) for body in bodies]
    assert done["sha256"].tolist() == [hashlib.sha256(body).hexdigest() for body in bodies]
    assert [file.name for file in files] == [f"{name}.gz" for name in done["filename"]]
    assert [file for file in files if not file.stat().st_mode & 0o044] == []
    assert not left_behind(place)


def blocks_of(path):
    """Count the blocks of a FITS file in which astropy finds nothing to mend."""
    with fits.open(path) as blocks:
        blocks.verify("exception")
        return len(blocks)


def test_files_are_compressed_and_astropy_opens_them(csc, spectra, place):
    """What is on the disk is what the archive sent."""
    done = csc.download_products(spectra, location=place)

    assert [Path(path).read_bytes()[:2] for path in done["path"]] == [b"\x1f\x8b"] * 4
    assert min(map(blocks_of, done["path"])) > 1


def test_a_file_for_two_sources_is_fetched_once_and_is_in_both_folders(csc, server, place):
    """A detection that two sources share has one file."""
    shared = csc.query_detections(obsid=90005, match_type="a")
    pair = shared[shared["region_id"] == shared["region_id"][0]]
    files = csc.get_product_list(pair, types="arf")
    before = len(fetched(server))

    done = csc.download_products(files, location=place)

    assert len(fetched(server)) - before == 1
    assert done["status"].tolist() == ["downloaded"] * 2
    assert len({Path(path).parent.parent.name for path in done["path"]}) == 2
    assert len(set(done["sha256"].tolist())) == 1


def test_what_is_under_one_source_is_copied_for_another(csc, server, place):
    """A shared file that is there is not fetched again for the second source."""
    shared = csc.query_detections(obsid=90005, match_type="a")
    pair = shared[shared["region_id"] == shared["region_id"][0]]
    files = csc.get_product_list(pair, types="arf")
    csc.download_products(files[:1], location=place)
    before = len(fetched(server))

    done = csc.download_products(files, location=place)

    assert done["status"].tolist() == ["present", "downloaded"]
    assert len(fetched(server)) == before


def test_what_was_not_made_is_recorded_with_its_reason(csc, rows, server, place):
    """Rows without a file are not failures, and ask nothing."""
    files = csc.get_product_list(rows[:1], types=["arf", "lc"], bands="w")
    before = len(fetched(server))

    done = csc.download_products(files, location=place)

    assert done["status"].tolist() == ["downloaded", "not made"]
    assert done["note"][1] == "the band w is not ACIS's, which has b h m s u"
    assert (done["path"][1], done["sha256"][1]) == ("", "")
    assert np.ma.is_masked(done["size"][1])
    assert len(fetched(server)) - before == 1


def test_a_picture_is_kept_unpacked(csc, rows, place):
    """JPEG files are for viewers, which expect no compressed ones."""
    files = csc.get_product_list(rows[:1], types="stkregimg_jpg")

    done = csc.download_products(files, location=place)

    path = Path(done["path"][0])
    assert path.suffix == ".jpg"
    assert path.read_bytes().startswith(b"\xff\xd8\xff")
    assert csc.download_products(files, location=place)["status"][0] == "present"


@pytest.mark.parametrize("coding", ["plain", "content-encoding"])
def test_a_file_that_comes_without_compression_is_kept_so(spectra, place, coding):
    """Also one that HTTP alone had compressed; the next call finds it."""
    with csc_server(dialect=Dialect(file_coding=coding)) as server:
        done = server.csc.download_products(spectra, location=place)
        again = server.csc.download_products(spectra, location=place)

    assert {Path(path).suffix for path in done["path"]} == {".fits"}
    assert set(again["status"].tolist()) == {"present"}
    assert again["sha256"].tolist() == done["sha256"].tolist()


def test_a_relative_location_is_made_below_the_working_folder(csc, spectra, tmp_path, monkeypatch):
    """Paths are relative then, too."""
    monkeypatch.chdir(tmp_path)

    done = csc.download_products(spectra[:1], location="a/b")

    assert (tmp_path / done["path"][0]).is_file()
    assert done["path"][0].startswith(str(Path("a/b")))


# ---- a second time ----------------------------------------------------------------------------


def test_what_is_there_and_whole_is_not_fetched_again(csc, server, spectra, place):
    """A second call asks nobody, and finds the same files."""
    first = csc.download_products(spectra, location=place)
    before = len(server.requests)

    second = csc.download_products(spectra, location=place)

    assert set(second["status"].tolist()) == {"present"}
    assert second["sha256"].tolist() == first["sha256"].tolist()
    assert len(server.requests) == before


@pytest.mark.parametrize("again", [{"overwrite": True}, {"cache": False}])
def test_overwrite_fetches_what_is_there(csc, server, spectra, place, again):
    """So does cache=False: nothing that is there is taken."""
    csc.download_products(spectra, location=place)
    before = len(fetched(server))

    done = csc.download_products(spectra, location=place, **again)

    assert set(done["status"].tolist()) == {"downloaded"}
    assert len(fetched(server)) - before == 4


@pytest.mark.parametrize(
    "content",
    [b"<html>Not found</html>", b"", b"\x1f\x8b\x08\x00", gzip.compress(b"SIMPLE  =", mtime=0)],
    ids=["page", "empty", "cut", "short"],
)
def test_what_is_there_and_broken_is_fetched_again(csc, spectra, place, content):
    """A page of HTML that another program saved as a file is replaced."""
    done = csc.download_products(spectra[:1], location=place)
    Path(done["path"][0]).write_bytes(content)

    again = csc.download_products(spectra[:1], location=place)

    assert again["status"][0] == "downloaded"
    assert again["sha256"][0] == done["sha256"][0]


def test_only_what_is_missing_is_fetched(csc, server, spectra, place):
    """After a download that broke off, the rest comes."""
    csc.download_products(spectra[:3], location=place)
    before = len(fetched(server))

    done = csc.download_products(spectra, location=place)

    assert done["status"].tolist() == ["present"] * 3 + ["downloaded"]
    assert fetched(server)[before:] == [spectra["filename"][3]]


def test_a_list_that_went_through_a_file_can_be_downloaded(csc, spectra, place):
    """The record of one call is the list of the next."""
    done = csc.download_products(spectra, location=place)
    done.write(place / "done.ecsv")

    again = csc.download_products(Table.read(place / "done.ecsv"), location=place)

    assert set(again["status"].tolist()) == {"present"}
    assert again.colnames == done.colnames


# ---- what can go wrong ------------------------------------------------------------------------

FAULTS = {
    "html": "it is not a FITS file; it says: The archive is being maintained",
    "not fits": "it is not a FITS file; it says: No such file",
    "cut": "the compressed file is truncated",
    "damaged": "the compressed file is damaged|it is not a FITS file",
    "short": "the FITS file is cut",
    "dropped": "broke in the middle",
    "hung up": "No connection",
    "empty": "it is empty",
    "missing": "HTTP status 404.*File not found",
    "500": "HTTP status 500.*The archive is being maintained",
    "stalled": "sent nothing for 3 s",
}


@pytest.mark.parametrize("fault", one_in(3, zip(FAULTS)))
def test_a_bad_file_is_not_there_and_the_others_are(spectra, place, fault):
    """Its record says what is wrong; nothing is left of it; a warning counts it."""
    dialect = Dialect(file_faults=(("90002_001N020_r0001_arf3", fault),))
    with csc_server(dialect=dialect) as server, conf.set_temp("retries", 0):
        warm_up(server)
        csc = server.csc(timeout={"stalled": 3}.get(fault, 20))
        with pytest.warns(CorruptDataWarning, match="1 of 4 files failed.*arf3.fits") as caught:
            done = csc.download_products(spectra, location=place)
        csc._session.close()

    bad = done["status"] == "failed"
    assert done["status"].tolist() == ["downloaded", "downloaded", "failed", "downloaded"]
    assert len(caught) == 1
    assert done["path"][bad].tolist() == [""]
    with pytest.raises(AssertionError, match=FAULTS[fault]):
        raise AssertionError(done["note"][bad][0])
    assert sum(path.is_file() for path in place.rglob("*")) == 3


@pytest.mark.parametrize("fault", ["busy", "slow"])
def test_a_service_that_is_busy_or_slow_is_waited_for(spectra, place, fault):
    """What passes by itself is not a failure."""
    dialect = Dialect(file_faults=(("arf3", fault),))
    with csc_server(dialect=dialect) as server, conf.set_temp("retry_wait", 0.01):
        done = server.csc.download_products(spectra[:1], location=place)

    assert done["status"].tolist() == ["downloaded"]


def test_a_file_that_comes_broken_once_is_asked_for_again(spectra, place, monkeypatch):
    """A cut file may be whole at the second try."""
    tries = []
    receive = downloads._Crew._receive

    def fail_once(crew, *args):
        """Fail at the first try."""
        tries.append(args)
        if len(tries) == 1:
            raise BrokenFileError("the compressed file is truncated", retry_after=0.0)
        return receive(crew, *args)

    monkeypatch.setattr(downloads._Crew, "_receive", fail_once)
    with csc_server() as server, conf.set_temp("retry_wait", 0.01):
        done = server.csc.download_products(spectra[:1], location=place)

    assert done["status"].tolist() == ["downloaded"]
    assert len(tries) == 2


def ranges(server):
    """List the ranges of files that were asked for."""
    return [
        seen.headers.get("range") for seen in server.requests if seen.path == "/csccli/retrieveFile"
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("none", [None, None]),
        ("etag", [None, "bytes={half}-"]),
        ("last-modified", [None, "bytes={half}-"]),
        ("refused", [None, "bytes={half}-", None]),
    ],
)
def test_a_file_goes_on_where_its_connection_broke(csc, spectra, place, kind, expected):
    """The rest is asked for where the service allows it, else all of it: the same file."""
    whole = csc.download_products(spectra[:1], location=place / "whole")
    half = int(whole["size"][0]) // 2
    dialect = Dialect(file_ranges=kind, file_faults=(("arf3", "dropped once"),))
    with csc_server(dialect=dialect) as server, conf.set_temp("retry_wait", 0.01):
        done = server.csc.download_products(spectra[:1], location=place / "parts")
        seen = ranges(server)

    assert seen == [one and one.format(half=half) for one in expected]
    assert done["sha256"].tolist() == whole["sha256"].tolist()
    assert Path(done["path"][0]).read_bytes() == Path(whole["path"][0]).read_bytes()
    assert not left_behind(place)


def test_a_picture_goes_on_where_its_connection_broke(csc, rows, place):
    """It is unpacked as one, although it came in two parts."""
    files = csc.get_product_list(rows[:1], types="stkregimg_jpg")[:1]
    whole = csc.download_products(files, location=place / "whole")
    dialect = Dialect(file_ranges="etag", file_faults=(("regimg3.jpg", "dropped once"),))
    with csc_server(dialect=dialect) as server, conf.set_temp("retry_wait", 0.01):
        done = server.csc.download_products(files, location=place / "parts")
        seen = ranges(server)

    assert seen[1].startswith("bytes=")
    assert done["sha256"].tolist() == whole["sha256"].tolist()


def test_drafts_of_killed_runs_are_swept(csc, spectra, place):
    """Those of files of the catalogue that nobody wrote to for a day; nothing else is removed."""
    folder = place / FOLDER / "90002_000"
    folder.mkdir(parents=True)
    name = spectra["filename"][0]
    drafts = [f".{name}.0123abcd.part", f".{name}.gz.0123abcd.part"]
    others = [".notes.txt.0123abcd.part", f".{name}.part", f"{name}.0123abcd.part"]
    for draft in drafts + others:
        (folder / draft).write_bytes(b"half")
        os.utime(folder / draft, (0, 0))
    (folder / f".{name}.89abcdef.part").write_bytes(b"on its way")

    csc.download_products(spectra[:1], location=place)

    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*others, f".{name}.89abcdef.part", f"{name}.gz"]
    )


def test_a_picture_unpacks_to_64_mb_at_most(csc, rows, place, monkeypatch):
    """A picture is no image of the catalogue: its limit is its own."""
    files = csc.get_product_list(rows[:1], types="stkregimg_jpg")[:1]
    limit = filecheck.MAX_PICTURE_BYTES
    monkeypatch.setattr(filecheck, "MAX_PICTURE_BYTES", 1 << 4)

    with pytest.raises(RemoteServiceError, match="which no JPEG file of the catalogue does"):
        csc.download_products(files, location=place)

    assert limit == 64 << 20


def test_a_bomb_is_not_unpacked_to_its_end(spectra, place, monkeypatch):
    """A small file that unpacks to a huge one is refused, and nothing of it is kept."""
    monkeypatch.setattr(filecheck, "MAX_UNPACKED_BYTES", 1 << 22)
    dialect = Dialect(file_faults=(("arf3", "bomb"),))
    with csc_server(dialect=dialect) as server, pytest.warns(CorruptDataWarning):
        done = server.csc.download_products(spectra, location=place)

    bad = done["type"] == "arf"
    assert set(done["status"][bad].tolist()) == {"failed"}
    assert "unpacks to more than 4 MB" in done["note"][bad][0]
    assert not left_behind(place)


def test_where_the_service_is_the_reason_for_every_failure_there_is_an_error(spectra, place):
    """Nothing came: that is not a table."""
    with (
        csc_server(dialect=Dialect(file_faults=(("fits", "html"),))) as server,
        pytest.raises(RemoteServiceError, match=r"None of 4 files came.*being maintained"),
    ):
        server.csc.download_products(spectra, location=place)

    assert not [path for path in place.rglob("*") if path.is_file()]


def test_a_service_that_is_silent_for_every_file_is_a_timeout(spectra, place):
    """The class of the error is that of the failures."""
    stalled = Dialect(file_faults=(("fits", "stalled"),))
    with csc_server(dialect=stalled) as server, conf.set_temp("retries", 0):
        warm_up(server)
        with pytest.raises(ServiceTimeoutError, match="None of 2 files came"):
            server.csc(timeout=1.0).download_products(spectra[:2], location=place)


def test_a_service_that_is_down_is_not_asked_for_ever(csc, place):
    """After six failures in a row the rest is not asked, and its record says so."""
    rows = csc.query_detections(SOURCE)
    files = csc.get_product_list(rows, types=["regimg", "psf"])
    with csc_server(dialect=Dialect(file_faults=(("fits", "hung up"),))) as server:
        with (
            conf.set_temp("retries", 0),
            pytest.raises(RemoteServiceError, match="None of 50 files came"),
        ):
            server.csc.download_products(files, location=place)
        asked = len(fetched(server))

    assert 6 <= asked <= 7


def test_bad_files_do_not_stop_the_others(csc, place):
    """Many files that are bad by themselves are no sign of a service that is down."""
    rows = csc.query_detections(SOURCE)
    files = csc.get_product_list(rows, types=["psf", "arf"], bands="bhmsu")
    dialect = Dialect(file_faults=(("psf3", "missing"),))
    with csc_server(dialect=dialect) as server, pytest.warns(CorruptDataWarning, match="25 of 30"):
        done = server.csc.download_products(files, location=place)

    assert set(done["status"][done["type"] == "arf"].tolist()) == {"downloaded"}


def test_a_shared_file_that_failed_is_not_asked_for_again(csc, place):
    """What went wrong for one source is the record of the other, too."""
    shared = csc.query_detections(obsid=90005, match_type="a")
    pair = shared[shared["region_id"] == shared["region_id"][0]]
    files = csc.get_product_list(pair, types=["arf", "rmf"])
    dialect = Dialect(file_faults=(("arf3", "500"),))
    with csc_server(dialect=dialect) as server, conf.set_temp("retries", 0):
        with pytest.warns(CorruptDataWarning, match="2 of 4 files failed"):
            done = server.csc.download_products(files, location=place)
        asked = fetched(server)

    failed = done[done["type"] == "arf"]
    assert failed["status"].tolist() == ["failed", "failed"]
    assert failed["note"][0] == failed["note"][1]
    assert len([name for name in asked if "arf3" in name]) == 1


def test_two_files_at_most_are_fetched_at_a_time(csc, spectra, place, monkeypatch):
    """Bulk downloads are known to saturate the archive."""
    lock, now, most = threading.Lock(), [], []
    ask = Archive.file

    def count(archive, *args):
        """Count who asks at the same time."""
        with lock:
            now.append(1)
            most.append(len(now))
        time.sleep(0.05)
        try:
            return ask(archive, *args)
        finally:
            with lock:
                now.pop()

    monkeypatch.setattr(Archive, "file", count)
    csc.download_products(spectra, location=place)

    assert max(most) == 2


def test_an_interrupt_ends_at_once_and_leaves_nothing_half_written(spectra, place, monkeypatch):
    """Ctrl-C hangs up on a service that has stalled; what is whole stays."""

    def interrupt(futures, _what):
        """Press Ctrl-C while a file is on its way."""
        futures[2].result()
        deadline = time.monotonic() + 5
        while not left_behind(place) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert left_behind(place)
        raise KeyboardInterrupt

    monkeypatch.setattr(progress, "track", interrupt)
    dialect = Dialect(file_faults=(("90002_000N020_r0001_arf3", "stalled"),))
    with csc_server(dialect=dialect) as server:
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            server.csc.download_products(spectra, location=place)
        seconds = time.monotonic() - started

    assert seconds < 4
    assert not left_behind(place)
    assert list(place.rglob("*.fits.gz"))


# ---- the disk ---------------------------------------------------------------------------------


@pytest.mark.parametrize("linked", [FOLDER, f"{FOLDER}/90002_000"])
def test_no_link_leads_out_of_the_folder(csc, spectra, tmp_path, linked):
    """A folder that is a link to elsewhere gets nothing; other files go on."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    outside.mkdir()
    (inside / linked).parent.mkdir(parents=True)
    (inside / linked).symlink_to(outside)

    with pytest.warns(CorruptDataWarning, match="leads out of"):
        done = csc.download_products(spectra, location=inside)

    assert "failed" in done["status"].tolist()
    assert not list(outside.iterdir())


def test_a_link_in_the_place_of_a_file_is_not_written_through(csc, spectra, tmp_path):
    """With overwrite it is replaced; what it points at stays as it is."""
    secret = tmp_path / "secret"
    secret.write_text("mine")
    done = csc.download_products(spectra[:1], location=tmp_path / "csc")
    path = Path(done["path"][0])
    path.unlink()
    path.symlink_to(secret)

    with pytest.warns(CorruptDataWarning, match="not a plain file"):
        refused = csc.download_products(spectra[:1], location=tmp_path / "csc")
    replaced = csc.download_products(spectra[:1], location=tmp_path / "csc", overwrite=True)

    assert refused["status"][0] == "failed"
    assert replaced["status"][0] == "downloaded"
    assert not path.is_symlink()
    assert secret.read_text() == "mine"


def test_a_folder_in_the_place_of_a_file_fails_with_its_reason(csc, spectra, tmp_path):
    """It is not removed."""
    place = tmp_path / FOLDER / "90002_000" / f"{spectra['filename'][0]}.gz"
    place.mkdir(parents=True)

    with pytest.warns(CorruptDataWarning, match="not a plain file"):
        done = csc.download_products(spectra, location=tmp_path)

    assert done["status"].tolist() == ["failed", "downloaded", "downloaded", "downloaded"]
    assert place.is_dir()


HOSTILE = [
    ("../../evil.fits", "arf"),
    ("/etc/evil.fits", "arf"),
    (".evil.fits", "arf"),
    ("a b.fits", "arf"),
    ("x" * 200 + ".fits", "arf"),
    ("evil.fits", "arf&x=y"),
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_name_in_a_list_is_not_asked_for(csc, server, spectra, tmp_path, hostile):
    """Whoever wrote the list: the record says that it is not a name, and others go on."""
    bad = spectra[:1].copy()
    bad["filename"], bad["filetype"] = [hostile[0]], [hostile[1]]
    before = len(fetched(server))

    with pytest.warns(CorruptDataWarning, match="1 of 2 files failed"):
        done = csc.download_products(
            vstack([bad, spectra[1:2]], metadata_conflicts="silent"), location=tmp_path / "csc"
        )

    assert done["status"].tolist() == ["failed", "downloaded"]
    assert "is not a file name" in done["note"][0]
    assert len(fetched(server)) - before == 1
    assert [path.name for path in tmp_path.iterdir()] == ["csc"]


def test_a_location_that_is_a_file_is_refused(csc, server, spectra, tmp_path):
    """Before anything is asked."""
    (tmp_path / "file").write_text("mine")
    before = len(server.requests)

    with pytest.raises(InvalidQueryError, match="cannot be a folder"):
        csc.download_products(spectra, location=tmp_path / "file")

    assert len(server.requests) == before


# ---- arguments --------------------------------------------------------------------------------


def test_an_empty_list_gives_an_empty_record(csc, server, spectra, tmp_path):
    """Nothing to fetch is not an error."""
    before = len(server.requests)

    done = csc.download_products(spectra[:0], location=tmp_path)

    assert len(done) == 0
    assert "status" in done.colnames
    assert len(server.requests) == before


def test_a_payload_is_a_dict_and_nothing_is_sent_or_made(csc, server, spectra, tmp_path):
    """One file gives values, several give lists."""
    before = len(server.requests)

    one = csc.download_products(spectra[:1], location=tmp_path / "x", get_query_payload=True)
    four = csc.download_products(spectra, location=tmp_path / "x", get_query_payload=True)

    url, filename = f"{server.url}/csccli/retrieveFile", spectra["filename"][0]
    asked = {"filetype": "arf", "filename": filename, "version": "rel2.1"}
    assert one == {"url": url, "method": "GET", **asked}
    assert four["filename"] == spectra["filename"].tolist()
    assert len(server.requests) == before
    assert not (tmp_path / "x").exists()


def test_the_release_of_the_list_counts(csc, server, tmp_path):
    """What a follow-up needs travels in the table: the list of 2.0 is fetched from 2.0."""
    older = csc(release="2.0")
    files = older.get_product_list(older.query_detections(SOURCE)[:1], types="arf")

    done = csc.download_products(files, location=tmp_path)

    assert done["status"][0] == "downloaded"
    assert server.requests[-1].params["VERSION"] == "rel2.0"
