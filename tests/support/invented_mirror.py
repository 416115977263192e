# Licensed under a 3-clause BSD style license - see LICENSE
"""Mirrors with any rows in them, for tests of what reads a mirror."""

import hashlib
from pathlib import Path

from astropy.table import Table

from astroquery_csc.store import manifest, parquet
from astroquery_csc.tables import polish


def write_mirror(folder: Path, **tables: Table) -> Path:
    """Write tables as a mirror of release 2.1."""
    folder.mkdir()
    held = {name: _write(folder, name, table) for name, table in tables.items()}
    found = manifest.Manifest(
        release="2.1",
        schema="csc21",
        server="http://127.0.0.1",
        created="2026-01-01T00:00:00Z",
        package="0.1",
        expected=-1,
        tables=held,
    )
    (folder / manifest.MANIFEST).write_text(found.text(), encoding="utf-8")
    return folder


def _write(folder: Path, name: str, table: Table) -> manifest.Held:
    """Write one table, and say what it is."""
    draft = folder / "draft"
    with draft.open("wb") as file:
        parquet.write(file, polish(table, "2.1"))
    data = draft.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    place = f"{name}.{sha256[:8]}.parquet"
    draft.rename(folder / place)
    return manifest.Held(
        file=place,
        rows=len(table),
        bytes=len(data),
        sha256=sha256,
        columns=tuple(table.colnames),
        complete=False,
        key=("name",),
        without_position=0,
        retrieved="2026-01-01T00:00:00Z",
        counted="invented",
        queries=(),
    )
