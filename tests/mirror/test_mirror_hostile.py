# Licensed under a 3-clause BSD style license - see LICENSE
"""Mirrors at odd places, with odd files, copied from odd services, and asked in a fork."""

import hashlib
import json
import os
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroquery_csc import mirror
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InputTypeError, MirrorError
from astroquery_csc.mirror import copy as mirror_copy
from astroquery_csc.mirror import sweep
from astroquery_csc.testing import Dialect, csc_server
from tests.support.examples import one_in
from tests.support.mirrors import SIZE, copied, manifest_of, small_sky

POSIX = pytest.mark.skipif(os.name != "posix", reason="links, owners and forks of POSIX")
NAMES = "SELECT name FROM master_source"


def say(path: Path, **changes: object) -> None:
    """Let a manifest say something else of its masters."""
    text = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    text["tables"]["master_source"].update(changes)
    (path / "manifest.json").write_text(json.dumps(text), encoding="utf-8")


def put(path: Path, table: pa.Table) -> None:
    """Put another file of masters into a mirror, with a manifest that agrees."""
    file = path / manifest_of(path).tables["master_source"].file
    pq.write_table(table, file)
    say(
        path,
        bytes=file.stat().st_size,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        columns=list(dict.fromkeys(table.column_names)),
    )


def arrow(path: Path) -> pa.Table:
    """Read the file of masters."""
    return pq.read_table(path / manifest_of(path).tables["master_source"].file)


# ---- manifests and files ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"retrieved": "2024-13-01T00:00:00Z"},
        {"retrieved": "0000-01-01T00:00:00Z"},
        {"without_position": 10**30},
        {"bytes": 10**30},
    ],
)
@pytest.mark.parametrize("use", [CscClass, mirror.verify])
def test_a_time_or_a_number_that_cannot_be_is_no_manifest(made, change, use):
    """It is refused as such, when it is opened and when it is verified."""
    say(made, **change)

    with pytest.raises(MirrorError, match="is not a manifest of a mirror"):
        {CscClass: partial(CscClass, mirror=made), mirror.verify: partial(use, made)}[use]()


@pytest.mark.parametrize("values", [["x"] * SIZE, list(range(SIZE))])
def test_positions_that_are_no_doubles_are_damage(made, values):
    """Also where checksum and manifest agree with the file."""
    table = arrow(made)
    put(made, table.set_column(table.column_names.index("ra"), "ra", pa.array(values)))

    with pytest.raises(MirrorError, match="no numbers for ra and dec"):
        CscClass(mirror=made)


def test_masters_without_positions_are_damage(made):
    """A mirror always has ra and dec."""
    put(made, arrow(made).drop_columns(["ra"]))

    with pytest.raises(MirrorError, match="no numbers for ra and dec"):
        CscClass(mirror=made)


def test_two_columns_of_one_name_are_damage(made):
    """The name would not say which is meant."""
    table = arrow(made)
    put(made, pa.table([*table.columns, table["ra"]], names=[*table.column_names, "ra"]))

    with pytest.raises(MirrorError, match="two columns named"):
        CscClass(mirror=made)


# ---- places --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["a\0b", "~no_such_user_here/csc21", "", 3])
def test_what_is_no_path_is_refused(small, path):
    """By each function, with the value."""
    calls = (
        partial(mirror.create, csc=small.csc),
        mirror.update,
        mirror.verify,
        mirror.to_lsdb,
        lambda place: CscClass(mirror=place),
    )
    for call in calls:
        with pytest.raises(InputTypeError, match="expected the path of a folder"):
            call(path)


@pytest.mark.parametrize("use", [mirror.update, mirror.verify, mirror.to_lsdb])
def test_a_name_that_is_too_long_is_told(tmp_path, use):
    """It is not there, and cannot be."""
    with pytest.raises(MirrorError, match="is not there"):
        use(tmp_path / ("x" * 300))


def test_a_mirror_does_not_take_the_place_of_the_working_directory(small, tmp_path, monkeypatch):
    """Whoever works in it would be in a folder that is gone; told before anything is asked."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(MirrorError, match="Name one in it"):
        mirror.create(".", csc=small.csc, expected=-1)


@POSIX
def test_a_link_in_place_of_the_folder_for_what_comes_is_not_followed(small, tmp_path):
    """What it leads to stays as it is."""
    (tmp_path / "other").mkdir()
    (tmp_path / ".csc21.partial").symlink_to(tmp_path / "other")

    with pytest.raises(MirrorError, match="a link or belongs to another"):
        mirror.create(tmp_path / "csc21", csc=small.csc, expected=-1)

    assert list((tmp_path / "other").iterdir()) == []


@POSIX
def test_a_link_in_place_of_the_lock_is_not_followed(small, tmp_path):
    """The file that it leads to is not overwritten."""
    precious = tmp_path / "precious"
    precious.write_text("mine", encoding="utf-8")
    (tmp_path / ".csc21.partial").mkdir()
    (tmp_path / ".csc21.partial" / "lock").symlink_to(precious)

    with pytest.raises(MirrorError, match="cannot be written"):
        mirror.create(tmp_path / "csc21", csc=small.csc, expected=-1)

    assert precious.read_text(encoding="utf-8") == "mine"


# ---- services ------------------------------------------------------------------------------------


class Faulty:
    """Asks as usual, but spoils some of the answers."""

    def __init__(self, monkeypatch, spoil):
        self.asked: list[str] = []
        self._ask = mirror_copy.Asker.ask
        self.spoil = spoil

        def ask(asker, adql):
            """Ask, at most 300 times."""
            self.asked.append(adql)
            assert len(self.asked) < 300
            return self.spoil(len(self.asked), adql, partial(self._ask, asker))

        monkeypatch.setattr(mirror_copy.Asker, "ask", ask)


@pytest.mark.parametrize(("number", "rows"), one_in(5, product([2, 3, 4], [0, 3])))
def test_an_answer_that_was_short_once_does_not_stay(small, tmp_path, monkeypatch, number, rows):
    """Which one it was is not known: all are asked for again, and the copy is whole."""

    def short(count, adql, ask):
        """Cut one answer, and say nothing."""
        return ask(adql)[: rows if count == number else None]

    Faulty(monkeypatch, short)

    assert len(copied(tmp_path / "csc21", small.csc)) == SIZE


def test_a_copy_that_failed_begins_anew(small, tmp_path, monkeypatch):
    """Answers that did not fit together are not taken from the disk by the next call."""
    broken = Faulty(monkeypatch, lambda count, adql, ask: ask(adql)[: count % 3])
    with pytest.raises(MirrorError, match="could not be copied"):
        copied(tmp_path / "csc21", small.csc)
    broken.spoil = lambda _, adql, ask: ask(adql)
    broken.asked.clear()

    assert len(copied(tmp_path / "csc21", small.csc)) == SIZE


def test_a_service_that_minds_no_condition_is_not_asked_for_ever(tmp_path, monkeypatch):
    """It gives the same rows for every part: an error, after few requests."""
    with csc_server(dialect=Dialect(hard_limit=20), catalogue=small_sky()) as service:
        faulty = Faulty(monkeypatch, lambda _, adql, ask: ask(adql.partition(" WHERE ")[0]))

        with pytest.raises(MirrorError, match="cannot be divided further"):
            copied(tmp_path / "csc21", service.csc)

    assert len(faulty.asked) < 10


def test_a_part_is_not_divided_where_it_was_before():
    """Where the service orders strings in another way, the middle can be an end."""
    values = np.array(["B", "a"])

    assert sweep.halves(sweep.Span("name", low="a"), values) == []


# ---- forks ---------------------------------------------------------------------------------------


@POSIX
def test_a_fork_answers_as_its_parent_does(made):
    """Also where the parent has asked before, and its engine's threads did not come along."""
    offline = CscClass(mirror=made)
    before = len(offline.query_tap(NAMES))
    fork = get_context("fork")
    mine, other = fork.Pipe(duplex=False)

    child = fork.Process(target=lambda: other.send(len(offline.query_tap(NAMES))))
    child.start()
    child.join(timeout=60)
    hangs = child.is_alive()
    child.kill()

    assert not hangs
    assert [before, mine.recv()] == [SIZE] * 2
