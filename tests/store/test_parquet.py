# Licensed under a 3-clause BSD style license - see LICENSE
"""Files of a mirror that are damaged or hostile. Invented."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from astroquery_csc.exceptions import MirrorError
from astroquery_csc.store import manifest, parquet


def saved(path, arrow):
    """Write an Arrow table."""
    pq.write_table(arrow, path)
    return path


def test_a_file_that_is_cut_in_place_is_an_error(tmp_path):
    """It ends no process, although it was opened whole."""
    path = tmp_path / "table.parquet"
    with path.open("wb") as file:
        parquet.write(file, Table({"x": np.random.default_rng(1).random(100_000)}))

    with parquet.opened(path) as table:
        os.truncate(path, 4096)
        with pytest.raises(MirrorError, match="not a complete Parquet file"):
            table.read(rows=np.array([99_999]))


def test_a_file_that_is_cut_in_place_is_an_error_when_it_is_read_whole(tmp_path):
    """So it is for all rows at once."""
    path = tmp_path / "table.parquet"
    with path.open("wb") as file:
        parquet.write(file, Table({"x": np.random.default_rng(1).random(100_000)}))

    with parquet.opened(path) as table:
        os.truncate(path, 4096)
        with pytest.raises(MirrorError, match="not a complete Parquet file"):
            table.read()


def test_a_flood_of_columns_is_refused(tmp_path):
    """No table of the catalogue is as wide."""
    wide = pa.table({f"x{number}": [1.0] for number in range(5001)})

    with pytest.raises(MirrorError, match="5,001 columns; expected 5,000 at most"):
        parquet.TableFile(saved(tmp_path / "wide.parquet", wide))


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\u202eb", "x" * 201])
def test_a_column_of_an_odd_name_is_refused(tmp_path, name):
    """A terminal could obey it."""
    with pytest.raises(MirrorError, match="it has a column named"):
        parquet.TableFile(saved(tmp_path / "odd.parquet", pa.table({name: [1.0]})))


def test_a_unit_that_would_hang_is_left_out(tmp_path):
    """The column is read without it."""
    field = pa.field("x", pa.float64(), metadata={"unit": "10**999999999"})
    table = pa.table({"x": [1.0]}, schema=pa.schema([field]))

    with parquet.opened(saved(tmp_path / "unit.parquet", table)) as file:
        assert file.columns["x"].unit is None


@pytest.mark.timeout(10)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_manifest_that_is_a_pipe_is_an_error(tmp_path):
    """Nobody waits for a writer."""
    os.mkfifo(tmp_path / manifest.MANIFEST)

    with pytest.raises(MirrorError, match="not a regular file"):
        manifest.read(tmp_path)
