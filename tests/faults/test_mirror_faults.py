# Licensed under a 3-clause BSD style license - see LICENSE
"""Mirrors and what goes wrong: killed writers, two writers, full disks, damage, replacement."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from astropy.table import Table

from astroquery_csc import mirror
from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import CscError, MirrorError, RemoteServiceError
from astroquery_csc.mirror.staging import Staging
from astroquery_csc.testing import Dialect, csc_server
from tests.support.comparing import RequestLog
from tests.support.mirrors import SIZE, copied, held, manifest_of, small_sky

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")

COPYING = [sys.executable, "-m", "tests.faults.programs.copying"]
SLOW = Dialect(hard_limit=9, delay_seconds=0.2)


@pytest.fixture(scope="module")
def small():
    """Run a service with a small sky, in small pages."""
    with csc_server(dialect=Dialect(hard_limit=25), catalogue=small_sky()) as running:
        yield running


def file_of(path: Path) -> Path:
    """Find the file of the masters."""
    return path / manifest_of(path).tables["master_source"].file


def wait_for(what, seconds=60.0):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


# ---- writers that die --------------------------------------------------------------------------


@pytest.mark.slow
def test_a_killed_copy_goes_on_and_leaves_no_half_mirror(tmp_path):
    """SIGKILL in the middle: nothing is at the path; the same call asks only for the rest."""
    place = tmp_path / "csc21"
    with csc_server(dialect=SLOW, catalogue=small_sky()) as service:
        child = subprocess.Popen([*COPYING, service.url, str(place)])
        wait_for(lambda: len(list(tmp_path.glob(".csc21.partial/pages/*.parquet"))) > 3)
        os.kill(child.pid, signal.SIGKILL)
        child.wait(timeout=60)
        there = place.exists()
        first = RequestLog(service)
        found = copied(place, service.csc)
        rest = len(first.queries)
        whole = RequestLog(service)
        copied(tmp_path / "again", service.csc)

    assert not there
    assert len(found) == SIZE
    assert rest <= len(whole.queries) - 3
    mirror.verify(place)


def test_a_failure_of_the_service_keeps_what_came(tmp_path):
    """The error of the service is passed on; the same call continues from there."""

    class Dies(requests.adapters.HTTPAdapter):
        """A network that ends after some requests."""

        left = 12

        def send(self, request, *args, **kwargs):
            """Send, or say that the network is gone."""
            Dies.left -= 1
            if Dies.left < 0:
                raise requests.ConnectionError("gone")
            return super().send(request, *args, **kwargs)

    with csc_server(dialect=Dialect(hard_limit=9), catalogue=small_sky()) as service:
        csc = CscClass(server=service.url)
        csc._session.mount("http://", Dies())
        with conf.set_temp("retries", 0), pytest.raises(RemoteServiceError):
            mirror.create(tmp_path / "csc21", csc=csc, expected=-1)
        log = RequestLog(service)
        found = copied(tmp_path / "csc21", service.csc)
        rest = len(log.queries)
        whole = RequestLog(service)
        copied(tmp_path / "again", service.csc)

    assert len(found) == SIZE
    assert rest < len(whole.queries)


# ---- two writers -------------------------------------------------------------------------------


def test_a_second_writer_is_told_who_is_at_work(small, tmp_path):
    """Nothing is asked, and the message names the process."""
    log = RequestLog(small)
    with (
        Staging(tmp_path / "csc21"),
        pytest.raises(MirrorError, match=rf"another process \(process {os.getpid()}, since"),
    ):
        mirror.create(tmp_path / "csc21", csc=small.csc, expected=-1)

    assert log.all == []


def test_the_lock_of_a_dead_process_is_free(small, tmp_path):
    """The system gives it back, whatever stands in the file."""
    folder = tmp_path / ".csc21.partial"
    folder.mkdir()
    (folder / "lock").write_text("process 1, since 2024-10-18T00:00:00Z", encoding="ascii")

    assert len(copied(tmp_path / "csc21", small.csc)) == SIZE


def test_of_many_writers_at_once_one_writes(small, tmp_path):
    """The others get an error; the mirror is whole."""
    told: list[str] = []

    def write() -> None:
        """Try to."""
        try:
            mirror.create(tmp_path / "csc21", csc=CscClass(server=small.url), expected=-1)
        except MirrorError as error:
            told.append(str(error))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert len(told) == 3
    assert all("another process" in text or "already" in text for text in told)
    mirror.verify(tmp_path / "csc21")


# ---- no room -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_full_disk_is_told_and_nothing_half_appears(small, tmp_path):
    """The message says how much is free and what to do; with room the same call goes on."""
    place = tmp_path / "csc21"

    run = subprocess.run(
        [*COPYING, small.url, str(place), "2000"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert run.stdout.startswith(f"No room for the mirror {str(place)!r}: ")
    assert "MB are free" in run.stdout
    assert "goes on from there" in run.stdout
    assert not place.exists()
    assert len(copied(place, small.csc)) == SIZE


def test_a_folder_that_cannot_be_made_is_an_error(small, tmp_path):
    """A file stands where a folder should be."""
    (tmp_path / "file").touch()

    with pytest.raises(MirrorError, match="cannot be written: "):
        mirror.create(tmp_path / "file" / "csc21", csc=small.csc, expected=-1)


def test_a_folder_of_the_name_of_ours_is_left_alone(small, tmp_path):
    """Where the mirror would grow, somebody else's files are."""
    (tmp_path / ".csc21.partial").mkdir()
    (tmp_path / ".csc21.partial" / "thesis.tex").touch()

    with pytest.raises(MirrorError, match=r"has other files in it \(thesis.tex\)"):
        mirror.create(tmp_path / "csc21", csc=small.csc, expected=-1)

    assert (tmp_path / ".csc21.partial" / "thesis.tex").exists()


def test_a_damaged_answer_is_asked_for_again(tmp_path):
    """What was kept of an interrupted copy is believed only if it can be read."""
    with csc_server(catalogue=small_sky()) as service:
        with pytest.raises(MirrorError, match="has 41"):
            mirror.create(tmp_path / "csc21", csc=service.csc, expected=41)
        for page in tmp_path.glob(".csc21.partial/pages/*.parquet"):
            page.write_bytes(page.read_bytes()[:-20])

        assert len(copied(tmp_path / "csc21", service.csc)) == SIZE


# ---- damage ------------------------------------------------------------------------------------


def flip(path: Path) -> None:
    """Change one byte in the middle."""
    body = bytearray(file_of(path).read_bytes())
    body[len(body) // 2] ^= 1
    file_of(path).write_bytes(bytes(body))


def shorten(path: Path) -> None:
    """Cut a file."""
    file_of(path).write_bytes(file_of(path).read_bytes()[:-1])


def remove(path: Path) -> None:
    """Remove a file."""
    file_of(path).unlink()


def link(path: Path) -> None:
    """Put a link to a copy elsewhere in the place of a file."""
    elsewhere = path.parent / "elsewhere"
    file_of(path).rename(elsewhere)
    file_of(path).symlink_to(elsewhere)


DAMAGE = [
    (flip, "has a checksum that differs from the manifest"),
    (shorten, r"has \d+ bytes instead of \d+"),
    (remove, "is not there"),
    (link, "is not there"),
]


@pytest.mark.parametrize(("damage", "words"), DAMAGE)
def test_verify_finds_damage(made, damage, words):
    """The message names the file, what is wrong, and the call that mends it."""
    damage(made)

    with pytest.raises(MirrorError, match=rf"master_source\..*{words}.*mirror\.update\("):
        mirror.verify(made)


@pytest.mark.parametrize(("damage", "words"), DAMAGE[1:])
def test_a_mirror_with_a_file_of_another_size_is_not_opened(made, damage, words):
    """Sizes are looked at whenever a mirror is opened."""
    damage(made)

    with pytest.raises(MirrorError, match=words):
        CscClass(mirror=made)


@pytest.mark.parametrize(
    "write",
    [
        partial(Table({"name": ["a"], "ra": [1.0], "dec": [2.0]}).write, overwrite=True),
        partial(Table({"name": ["a"], "ra": [[1.0, 2.0]]}).write, overwrite=True),
        lambda path: path.write_bytes(bytes(500)),
    ],
)
def test_a_file_of_something_else_is_not_read(made, write):
    """Another table, a column of lists, or no table, under the name and with the size."""
    path = file_of(made)
    write(path)
    found = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    found["tables"]["master_source"]["bytes"] = path.stat().st_size
    (made / "manifest.json").write_text(json.dumps(found), encoding="utf-8")

    with pytest.raises(MirrorError, match=r"lacks rows or columns|not a complete Parquet file"):
        CscClass(mirror=made)


def test_a_damaged_mirror_is_mended_by_an_update(made, small):
    """All files come again."""
    flip(made)

    mirror.update(made, csc=small.csc)

    mirror.verify(made)
    assert len(held(made)) == SIZE


def changed(**values):
    """Change the manifest."""

    def change(found):
        """Put values in."""
        found.update(values)

    return change


def changed_table(**values):
    """Change what the manifest says of the masters."""

    def change(found):
        """Put values in."""
        found["tables"]["master_source"].update(values)

    return change


def renamed(found):
    """Call a table by a path."""
    found["tables"]["../master_source"] = found["tables"].pop("master_source")


@pytest.mark.parametrize(
    "change",
    [
        changed(format="other"),
        changed(version=99),
        changed(tables={}),
        changed(tables=[]),
        changed(tables={"master_source": 3}),
        changed(release=2.1),
        changed(extra=1),
        renamed,
        changed_table(file="../../etc/passwd"),
        changed_table(file="/etc/passwd"),
        changed_table(file="master_source.parquet"),
        changed_table(file="other_table.00000000.parquet"),
        changed_table(rows="40"),
        changed_table(rows=True),
        changed_table(bytes=-5),
        changed_table(sha256="0"),
        changed_table(columns=["ra", "ra"]),
        changed_table(columns=[]),
        changed_table(columns=[1]),
        changed_table(retrieved="yesterday"),
        changed_table(queries=[{"adql": 1, "rows": 1}]),
        changed_table(queries={}),
    ],
)
def test_a_manifest_is_not_believed(made, change):
    """Wrong types, and names that would lead out of the folder, are refused."""
    path = made / "manifest.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    change(found)
    path.write_text(json.dumps(found), encoding="utf-8")

    with pytest.raises(MirrorError, match="is not a manifest of a mirror"):
        CscClass(mirror=made)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_a_manifest_that_is_none_is_refused(made, text):
    """Whatever its bytes are."""
    (made / "manifest.json").write_bytes(text)

    with pytest.raises(MirrorError, match="is not a manifest of a mirror"):
        mirror.verify(made)


# ---- replacement -------------------------------------------------------------------------------


def test_a_reader_sees_the_new_mirror_after_an_update(small, tmp_path):
    """Its next query is answered from the new files."""
    copied(tmp_path / "csc21", small.csc, columns=["dec"])
    reader = CscClass(mirror=tmp_path / "csc21")
    before: Any = reader.query_tap("SELECT * FROM master_source")

    mirror.update(tmp_path / "csc21", csc=small.csc, columns=["significance"])

    assert before.colnames == ["name", "ra", "dec"]
    after: Any = reader.query_tap("SELECT * FROM master_source")
    assert after.colnames == ["name", "ra", "dec", "significance"]


@pytest.mark.slow
def test_readers_get_the_old_or_the_new_mirror(small, tmp_path):
    """While it is replaced again and again, every answer is a whole one."""
    copied(tmp_path / "csc21", small.csc, columns=["dec"])
    reader = CscClass(mirror=tmp_path / "csc21")
    rows: set[int] = set()
    faults: list[CscError] = []
    end = threading.Event()

    def read() -> None:
        """Ask again and again."""
        while not end.is_set():
            try:
                rows.add(len(reader.query_tap("SELECT * FROM master_source")))
            except CscError as error:
                faults.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for columns in (["significance"], ["extent_flag"], "*"):
            mirror.update(tmp_path / "csc21", csc=small.csc, columns=columns)
    finally:
        end.set()
        thread.join(timeout=60)

    assert faults == []
    assert rows == {SIZE}


def test_a_mirror_that_is_gone_is_told(made):
    """The next query says so, and how to make one."""
    reader = CscClass(mirror=made)
    made.rename(made.with_name("elsewhere"))

    with pytest.raises(MirrorError, match=r"is not there.*mirror\.create\("):
        reader.query_tap("SELECT name FROM master_source")
