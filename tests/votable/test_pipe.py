# Licensed under a 3-clause BSD style license - see LICENSE
"""A long answer on its way: not held whole, kept as it comes, packed or not, and interrupted."""

import os
import signal
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from astropy.table import Table

from astroquery_csc import tables
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import RemoteServiceError, TableParseError
from astroquery_csc.progress import Meter
from astroquery_csc.votable import reader as votable
from tests.support.comparing import assert_same_table
from tests.support.streaming import QUERY, long_answer, packed_answer, streaming
from tests.votable.decoding import Pieces
from tests.votable.votable_parts import plain, wide

#: Some 22 MB and 200,000 rows, or three times that.
TIMES, MORE_TIMES = 100, 300


def csc_on(server, folder):
    """Make a ``Csc`` on a service, with a cache of its own."""
    csc = CscClass(server=server.url)
    csc.cache_location = folder
    return csc


def files_in(folder):
    """Name what is in a folder, by their endings."""
    return sorted(path.suffix for path in folder.glob("*"))


@pytest.mark.parametrize("cache", [False, True])
def test_a_body_is_never_held_whole_beside_its_table(cache, tmp_path):
    """The memory is that of the table and some pieces, with the cache and without it."""
    text = b"".join(long_answer(MORE_TIMES))
    with streaming(lambda: long_answer(1)) as server:
        csc = csc_on(server, tmp_path)
        csc.query_tap(QUERY, validate=False, cache=False)
        server.body = lambda: long_answer(MORE_TIMES)
        tracemalloc.start()
        table = csc.query_tap(QUERY, validate=False, cache=cache)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    size = sum(table[name].nbytes for name in table.colnames)
    assert len(table) == 2_000 * MORE_TIMES
    assert peak < 2 * size + 12e6 < len(text) + size


#: Asks two services for an answer each, and says how many MB more the second one needed.
WATCHED = """
import sys
from pathlib import Path
from astroquery_csc import Csc

def peak():
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024

few, many, query = sys.argv[1:]
Csc(server=few).query_tap(query, validate=False, cache=False)
before = peak()
table = Csc(server=many).query_tap(query, validate=False, cache=False)
print(len(table), len(table.colnames), peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux counts it")
def test_millions_of_rows_fit_into_memory():
    """A tenth of 2.2 million rows of 20 columns takes a tenth of 1 GB more than a few rows do."""
    text = wide(rows=2_000, columns=20)
    with (
        streaming(lambda: long_answer(1, text)) as few,
        streaming(lambda: long_answer(110, text)) as many,
    ):
        command = [sys.executable, "-c", WATCHED, few.url, many.url, QUERY]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    rows, columns, megabytes = said.splitlines()[-1].split()
    assert (rows, columns) == ("220000", "20")
    assert float(megabytes) < 100


def test_the_cache_file_grows_while_the_answer_comes(tmp_path, monkeypatch):
    """What has come is on the disk already; it is found only when the answer proved good."""
    seen = []
    monkeypatch.setattr(Meter, "tell_rows", lambda *_: seen.append(files_in(tmp_path)))
    with streaming(lambda: long_answer(TIMES)) as server:
        csc_on(server, tmp_path).query_tap(QUERY, validate=False)

    assert set(map(tuple, seen)) == {(".part",)}
    assert files_in(tmp_path) == [".csc"]


def test_an_answer_that_proves_bad_leaves_nothing(tmp_path):
    """A table that ends early is not found the next time."""
    cut = list(long_answer(5))[:-1]
    with streaming(lambda: cut) as server, pytest.raises(TableParseError):
        csc_on(server, tmp_path).query_tap(QUERY, validate=False)

    assert files_in(tmp_path) == []


# ---- packed ----------------------------------------------------------------------------------


def test_gzip_is_asked_for_and_unpacked_as_it_comes(tmp_path):
    """A packed answer is the same table, and is not held whole either."""
    packed = packed_answer(TIMES)
    with streaming(lambda: [packed], packed=True, length=len(packed)) as server:
        csc = csc_on(server, tmp_path)
        tracemalloc.start()
        table = csc.query_tap(QUERY, validate=False, cache=False)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    with streaming(lambda: long_answer(TIMES)) as server:
        plainly = csc_on(server, tmp_path).query_tap(QUERY, validate=False, cache=False)

    size = sum(table[name].nbytes for name in table.colnames)
    assert "gzip" in server.accepted
    assert_same_table(table, plainly)
    assert peak < 2 * size + 12e6


@pytest.mark.parametrize("kept", [0.001, 0.3, 0.999])
def test_a_packed_answer_that_ends_early_raises(kept, tmp_path):
    """Wherever a packed body is cut, there is no shorter table, and nothing is kept."""
    packed = packed_answer(5)
    cut = packed[: int(kept * len(packed))]
    with (
        streaming(lambda: [cut], packed=True) as server,
        pytest.raises((TableParseError, RemoteServiceError)),
    ):
        csc_on(server, tmp_path).query_tap(QUERY, validate=False)

    assert files_in(tmp_path) == []


# ---- interrupted -----------------------------------------------------------------------------


def interrupted():
    """Give half an answer, and then interrupt the process, as Ctrl-C does."""
    pieces = list(long_answer(TIMES))
    yield from pieces[: TIMES // 2]
    os.kill(os.getpid(), signal.SIGINT)
    yield from pieces[TIMES // 2 :]
    yield from pieces[1:-1] * 10


@pytest.fixture
def ctrl_c():
    """Let SIGINT interrupt, also where this process was started to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT ends a process there")
@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("cache", [False, True])
def test_ctrl_c_leaves_nothing_behind(cache, tmp_path):
    """In the middle of an answer: no file, no connection, and the next query is answered."""
    with streaming(interrupted) as server:
        with pytest.raises(KeyboardInterrupt):
            csc_on(server, tmp_path).query_tap(QUERY, validate=False, cache=cache)

        assert server.hung_up.wait(10)
        assert files_in(tmp_path) == []
        server.body = lambda: long_answer(1)
        table = csc_on(server, tmp_path).query_tap(QUERY, validate=False, cache=cache)
    assert len(table) == 2_000


# ---- said, and written -----------------------------------------------------------------------


def test_a_long_answer_says_how_far_it_is(tmp_path, capsys, monkeypatch):
    """Bytes of the wire and rows are told while they come, out of those that are expected."""
    monkeypatch.setattr("astroquery_csc.progress.QUIET_SECONDS", 0.0)
    monkeypatch.setattr("astroquery_csc.progress.PLAIN_SECONDS", 0.0)
    pieces = list(long_answer(TIMES))
    with streaming(lambda: pieces, length=sum(map(len, pieces))) as server:
        csc_on(server, tmp_path).query_tap(QUERY, validate=False)

    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"Chandra Source Catalog: {len(b''.join(pieces)) / 1e6:.1f} of ")
    assert "00 rows, " in last


def test_a_decoded_column_is_the_one_that_is_kept():
    """From the decoder to the user no column is copied."""
    raw = votable.read(Pieces([plain(100)])).table
    assert isinstance(raw, Table)

    table = tables.polish(raw, "2.1")

    assert all(
        np.shares_memory(np.ma.getdata(raw[name]), np.ma.getdata(table[name]))
        for name in raw.colnames
    )
