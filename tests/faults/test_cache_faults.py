# Licensed under a 3-clause BSD style license - see LICENSE
"""The cache under fire: a bad disk, killed processes, many processes and threads."""

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from astropy.table import Table
from astroquery.exceptions import InputWarning

from tests.faults.bodies import ROWS, SOURCES, votable
from tests.faults.model import LIMITS, client, limits, same
from tests.faults.on_the_disk import ON_THE_DISK, kept
from tests.faults.programs.many import right
from tests.faults.server import Request, Wire, fault_server, http
from tests.faults.verbs import ADQL

ROOT = Path(__file__).parents[2]
on_posix = pytest.mark.skipif(os.name != "posix", reason="this is a matter of POSIX")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture
def server():
    """Answer every query with three sources."""
    with fault_server(lambda wire, request: wire.send(http(SOURCES))) as running:
        yield running


@pytest.fixture
def csc(server, tmp_path):
    """Make a client with a cache of its own."""
    with limits(LIMITS), client(server.url, tmp_path / "cache") as made:
        yield made


def ask(csc) -> Table:
    """Ask a question that can be answered from the cache."""
    return csc.query_tap(ADQL, validate=False)


# ---- the disk ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, marks=on_posix if fault.posix else [], id=fault.name)
        for fault in ON_THE_DISK
        if not fault.before
    ],
)
@pytest.mark.filterwarnings("ignore:The cache cannot be used")
def test_a_damaged_answer_is_a_miss(csc, server, monkeypatch, fault):
    """Whatever has become of a kept answer, the service is asked again and the table is right."""
    expected = ask(csc)
    fault.act(csc, monkeypatch)

    found = ask(csc)

    assert same(found, expected)
    assert len(server.requests) == 2


@pytest.mark.parametrize("fault", [f for f in ON_THE_DISK if f.warns], ids=lambda fault: fault.name)
def test_a_disk_that_does_not_keep_is_warned_about_once(csc, monkeypatch, tmp_path, fault):
    """One warning, then on without a cache; nothing is left half-written."""
    expected = ask(csc)
    prepare = csc.clear_cache if fault.before else (lambda: None)
    prepare()
    fault.act(csc, monkeypatch)

    with pytest.warns(InputWarning, match="The cache cannot be used") as caught:
        found = [ask(csc) for _ in range(3)]

    assert all(same(table, expected) for table in found)
    assert len(caught) == 1
    assert list(tmp_path.rglob("*.part")) == []


def test_no_home_is_warned_about_once(csc, monkeypatch):
    """Where there is no place for a cache at all, the answer comes all the same."""

    def fail():
        """Find no home."""
        raise OSError("Could not find unix home directory")

    monkeypatch.setattr(csc._cache, "_location", fail)

    with pytest.warns(InputWarning, match="home directory") as caught:
        found = [ask(csc), ask(csc)]

    assert [len(table) for table in found] == [3, 3]
    assert len(caught) == 1
    assert len(csc.cache_info()) == 0


def test_a_folder_that_is_taken_away_comes_back(csc):
    """A cache folder that is removed while a client lives is made again."""
    ask(csc)
    kept(csc).unlink()
    csc.cache_location.rmdir()

    assert len(ask(csc)) == 3
    assert len(csc.cache_info()) == 1


@on_posix
def test_a_folder_that_comes_back_is_closed_again(csc):
    """A folder that others made anew, open to all, is closed like the first one."""
    ask(csc)
    kept(csc).unlink()
    csc.cache_location.rmdir()
    csc.cache_location.chmod(0o755)

    ask(csc)

    assert rights(csc.cache_location) == 0o700


def test_what_cannot_be_removed_is_warned_about(csc):
    """clear_cache says what it leaves behind, and removes the rest."""
    ask(csc)
    path = kept(csc)
    (path.parent / f"{'0' * 40}.csc").mkdir()

    with pytest.warns(InputWarning, match="1 cached answers cannot be removed"):
        csc.clear_cache()

    assert not path.exists()


def test_other_peoples_files_are_left_alone(csc):
    """clear_cache and cache_info know only what the cache itself has written."""
    ask(csc)
    theirs = csc.cache_location / "notes.csc.txt"
    theirs.write_text("mine")
    csc.clear_cache()

    assert theirs.read_text() == "mine"
    assert len(csc.cache_info()) == 0


# ---- rights ------------------------------------------------------------------------------------


def rights(path: Path) -> int:
    """Give the rights of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


@on_posix
def test_folder_and_answers_are_closed_to_others(csc):
    """The folder has 0700 and each answer 0600, as usual umasks are."""
    before = os.umask(0o022)
    ask(csc)
    os.umask(before)

    assert (rights(csc.cache_location), rights(kept(csc))) == (0o700, 0o600)


@on_posix
def test_a_folder_with_other_things_keeps_its_rights(csc):
    """A folder that the user shares with others on purpose is not closed."""
    csc.cache_location.chmod(0o755)
    (csc.cache_location / "README").write_text("ours")

    ask(csc)

    assert (rights(csc.cache_location), rights(kept(csc))) == (0o755, 0o600)


@on_posix
@pytest.mark.parametrize("mode", [0o2775, 0o2755, 0o1777, 0o775, 0o770])
def test_a_folder_that_is_shared_keeps_its_rights(csc, mode):
    """A group's folder stays the group's; the answers in it are the user's alone."""
    csc.cache_location.chmod(mode)

    ask(csc)

    assert (rights(csc.cache_location), rights(kept(csc))) == (mode, 0o600)


# ---- interrupted writes ------------------------------------------------------------------------


def test_ctrl_c_leaves_nothing(csc, monkeypatch):
    """An answer that is interrupted by the user is not kept, and no part of it stays."""

    def interrupt(*args, **kwargs):
        """Press Ctrl-C."""
        raise KeyboardInterrupt

    monkeypatch.setattr("astroquery_csc.service.remote.check_columns", interrupt)

    with pytest.raises(KeyboardInterrupt):
        ask(csc)

    assert list(csc.cache_location.iterdir()) == []


def test_old_parts_are_swept_out(csc, server, tmp_path):
    """What a killed process left is removed by the next one, when it is a day old."""
    ask(csc)
    old, new = (csc.cache_location / f"{'0' * 40}{name}.csc.part" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    yesterday = time.time() - 100_000
    os.utime(old, (yesterday, yesterday))

    with client(server.url, csc.cache_location) as another:
        ask(another)

    assert (old.exists(), new.exists()) == (False, True)


def slowly(wire: Wire, request: Request) -> None:
    """Answer with a megabyte that takes its time, so that a kill is likely to cut it."""
    body = votable(ROWS * 2_001)
    wire.send(http(length=len(body)))
    for start in range(0, len(body), 1 << 14):
        wire.pause(0.0005)
        wire.send(body[start : start + (1 << 14)])


def run(program: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run a program of the tests."""
    command = [sys.executable, "-W", "ignore", "-m", f"tests.faults.programs.{program}"]
    return subprocess.run(
        [*command, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def kill(times: int, folder: Path) -> dict[str, int]:
    """Kill a process so many times while it keeps answers; say what is left."""
    folder.mkdir()
    with fault_server(slowly) as server:
        done = run("killed", server.url, folder, times)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.slow
@needs_fork
def test_a_killed_process_leaves_no_bad_answer(tmp_path):
    """After kill -9 in the middle of a write, only whole answers can be seen."""
    left = kill(8, tmp_path / "cache")

    assert left["damaged"] == 0
    assert left["parts"] > 0


@pytest.mark.slow
@needs_fork
def test_100_kills(tmp_path):
    """The same, 100 times, with answers that were finished among them."""
    left = kill(100, tmp_path / "cache")

    assert left["damaged"] == 0
    assert left["answers"] > 20
    assert left["parts"] > 20


# ---- many at once ------------------------------------------------------------------------------


def by_number(wire: Wire, request: Request) -> None:
    """Answer each question with rows of its own."""
    number = int(request.query.split()[1])
    rows = [(name, *row[1:]) for name, row in zip(right(number), ROWS, strict=True)]
    wire.send(http(votable(rows)))


def failures(processes: int, threads: int, rounds: int, folder: Path) -> str:
    """Let many share a cache; give what went wrong."""
    with fault_server(by_number) as server:
        done = run("many", server.url, folder, processes, threads, rounds)
    return f"{done.returncode} {done.stderr}".strip()


@pytest.mark.slow
@needs_fork
def test_two_processes_with_eight_threads_share_a_cache(tmp_path):
    """Every question gets its own right answer, whoever asks, keeps and clears at that time."""
    assert failures(2, 8, 10, tmp_path) == "0"


@pytest.mark.slow
@needs_fork
def test_eight_processes_with_sixteen_threads_share_a_cache(tmp_path):
    """The same with 128 threads, each asking 40 times."""
    assert failures(8, 16, 40, tmp_path) == "0"
