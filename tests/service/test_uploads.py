# Licensed under a 3-clause BSD style license - see LICENSE
"""Uploads: the types that are sent, and how long sending may take."""

import io
import socket
import socketserver
import threading
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io.votable import parse_single_table
from astropy.table import MaskedColumn, QTable, Table
from astropy.time import Time

from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InvalidQueryError, ServiceTimeoutError
from astroquery_csc.service.uploads import pack
from tests.faults.bodies import SOURCES
from tests.faults.server import http
from tests.support.comparing import NGC1333


def sent(table: Table) -> Table:
    """Read what would be sent of a table."""
    return parse_single_table(io.BytesIO(pack({"mine": table}).files["mine"])).to_table()


def objects(*cells: Any) -> np.ndarray:
    """Make an array of objects."""
    found = np.empty(len(cells), dtype=object)
    found[:] = cells
    return found


@pytest.mark.parametrize(
    ("column", "dtype", "values"),
    [
        (objects("a", None, "ccc"), "<U3", ["a", "", "ccc"]),
        (objects(1, None, 3), "int64", [1, None, 3]),
        (objects(np.int16(1), 2, 3), "int64", [1, 2, 3]),
        (objects(1.5, None, 3), "float64", [1.5, None, 3.0]),
        (objects(True, None, False), "bool", [True, None, False]),
        (objects(None, None), "<U1", ["", ""]),
        (np.array([1, -2], "int8"), "int16", [1, -2]),
        (np.array([1, 255], "uint8"), "uint8", [1, 255]),
        (np.array([1, 65535], "uint16"), "int32", [1, 65535]),
        (np.array([1, 2**32 - 1], "uint32"), "int64", [1, 2**32 - 1]),
        (np.array([1, 2**63 - 1], "uint64"), "int64", [1, 2**63 - 1]),
        (np.array([1, 2], ">u2"), "int32", [1, 2]),
        (np.array([0.5, 2], "float16"), "float32", [0.5, 2.0]),
        (np.array([0.5, 2], "longdouble"), "float64", [0.5, 2.0]),
        (MaskedColumn([1, 2], mask=[True, False], dtype="int8"), "int16", [None, 2]),
        ([1.0, 2.0] * u.deg, "float64", [1.0, 2.0]),
    ],
)
def test_a_column_is_sent_in_a_type_that_votables_have(column, dtype, values):
    """Objects become strings, flags or numbers, None becomes null, small types larger ones."""
    found = sent(QTable({"x": column}))["x"]

    assert (found.dtype, found.tolist()) == (np.dtype(dtype), values)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (objects(1, "a"), "holds objects"),
        (objects(True, 2), "holds objects"),
        (objects([1], [2, 3]), "holds objects"),
        (objects(2**70, 1), "holds objects"),
        (np.array([2**63, 1], "uint64"), "numbers above 9223372036854775807"),
        (np.array(["2020-01-01"], "M8[s]"), r"datetime64\[s\].*astype\(str\)"),
        (np.zeros(1, [("a", "i4")]), "expected strings or numbers"),
        (Time([50000.0], format="mjd"), r"is a Time; .* time\.mjd"),
        (SkyCoord([1.0], [2.0], unit="deg"), r"is a SkyCoord; .* coordinates\.ra\.deg"),
    ],
)
def test_a_column_that_cannot_be_sent_is_named(column, words):
    """The error names the upload and the column, and says what is expected."""
    with pytest.raises(
        InvalidQueryError, match=f"The upload 'mine' cannot be sent: its column 'odd' .*{words}"
    ):
        pack({"mine": Table({"good": np.zeros(len(column)), "odd": column})})


def test_our_own_table_is_uploaded_without_a_warning(server):
    """Every unit and every type that a table of ours has is sent."""
    table = server.csc.query_region(NGC1333, 2 * u.arcmin, verbosity=3, cache=False)

    again = sent(table)

    assert again.colnames == table.colnames
    assert again["name"].tolist() == table["name"].tolist()
    assert again["flux_aper_b"].tolist() == table["flux_aper_b"].tolist()


# ---- time --------------------------------------------------------------------------------------


#: What sockets may still hold when the last byte was sent is read at once: how long the client then
#: waits for the answer is not what is tested.
HELD_BYTES = 8 << 20


class SlowServer(socketserver.ThreadingTCPServer):
    """Reads 2.5 MB per second until 8 MB are left, and stops after some pieces of 0.5 MB."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Slow)
        self.over = threading.Event()
        self.most = 1000


class Slow(socketserver.BaseRequestHandler):
    """Reads a request at a pace, and answers with three sources."""

    server: SlowServer

    def handle(self) -> None:
        """Read some, wait, and so on."""
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.request.recv(1024)
        line = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
        left = int(line.split()[1]) - len(head.partition(b"\r\n\r\n")[2])
        for _ in range(self.server.most):
            if left > HELD_BYTES:
                self.server.over.wait(0.2)
            piece = self.request.recv(min(left, 1 << 19), socket.MSG_WAITALL)
            left -= len(piece)
            if not left or not piece:
                break
        if left:
            self.server.over.wait(30)
        else:
            self.request.sendall(http(SOURCES))


@pytest.fixture
def slow():
    """Run a server that reads slowly."""
    with SlowServer() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def csc(slow, tmp_path):
    """Make a client of the slow server, which waits a second for the next bytes."""
    made = CscClass(server=f"http://127.0.0.1:{slow.server_address[1]}", timeout=1.0)
    made.cache_location = tmp_path
    yield made
    made._session.close()


def upload(csc: CscClass) -> Any:
    """Send 16 MB."""
    return csc.query_tap(
        "SELECT name FROM csc21.master_source",
        uploads={"mine": io.BytesIO(b" " * (1 << 24))},
        validate=False,
        cache=False,
    )


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_an_upload_may_take_longer_than_the_timeout_while_it_makes_progress(csc):
    """The first 8 MB of 16 take more than three seconds; the timeout is one second."""
    assert len(upload(csc)) == 3


@pytest.mark.timeout(60)
def test_an_upload_that_makes_no_progress_ends_with_the_timeout(csc, slow):
    """A service that reads no more is a time-out, and is not sent the same again."""
    slow.most = 2

    with pytest.raises(ServiceTimeoutError, match="took nothing for 1 s"):
        upload(csc)


@pytest.mark.timeout(60)
def test_an_upload_obeys_the_deadline(csc):
    """Progress does not help beyond max_wait."""
    with (
        conf.set_temp("max_wait", 0.5),
        pytest.raises(ServiceTimeoutError, match=r"within 0\.5 s"),
    ):
        upload(csc)
