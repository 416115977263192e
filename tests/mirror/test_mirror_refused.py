# Licensed under a 3-clause BSD style license - see LICENSE
"""Mirrors that cannot be, or cannot be read by this version: what the error says of them."""

import json
import logging
import os
from functools import partial
from typing import Any

import pytest
from astropy.table import Table

from astroquery_csc import mirror
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InvalidQueryError, MirrorError
from tests.support.comparing import NGC1333
from tests.support.invented_mirror import write_mirror

USES = {
    "open": lambda place: CscClass(mirror=place),
    "verify": mirror.verify,
    "lsdb": mirror.to_lsdb,
}
#: A sky of a thousand sources and no more: a number that a service might cut at.
THOUSAND = Table(
    {
        "name": [f"2CXO J{number:06d}.0+000000" for number in range(1000)],
        "ra": [52.297] * 1000,
        "dec": [31.31] * 1000,
    }
)


def claim(path, **changes):
    """Let a manifest say something else of the whole mirror."""
    text = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    (path / "manifest.json").write_text(json.dumps(text | changes), encoding="utf-8")


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_release_that_is_not_known_here_is_refused(made, use):
    """A newer version may have made it; this one does not know what its tables mean."""
    claim(made, release="3.0")

    with pytest.raises(
        MirrorError, match=r"'3\.0', which is not known here. Known: 2\.1, .*Update"
    ):
        use(made)


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_the_tables_of_another_release_are_refused(made, use):
    """The release and the prefix of its tables belong together."""
    claim(made, schema="csc2")

    with pytest.raises(MirrorError, match=r"tables of 'csc2', but release '2\.1' has those of"):
        use(made)


@pytest.mark.parametrize("time", ["", "yesterday", "2024-13-01T00:00:00Z", "2024-01-01"])
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_mirror_that_was_made_at_no_time_is_refused(made, use, time):
    """Its manifest is believed no more there than anywhere else."""
    claim(made, created=time)

    with pytest.raises(MirrorError, match=f"it was created at '{time}', which is not a time"):
        use(made)


@pytest.mark.skipif(os.name == "nt", reason="a file system with other limits")
@pytest.mark.parametrize("length", [247, 255, 256])
def test_a_name_that_is_too_long_is_told_in_the_words_of_the_user(small, tmp_path, length):
    """The folder in which a mirror grows needs a longer name; nothing is asked, nothing is left."""
    name = "x" * length
    small.requests.clear()

    with pytest.raises(MirrorError, match=f"The name '{name}' of the mirror, of {length} bytes"):
        mirror.create(tmp_path / name, csc=small.csc, expected=-1)

    assert small.requests == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="a backslash is no part of a name")
@pytest.mark.parametrize("name", ["a\\[b", "a\\*b", "a?b\\c", "[a\\"])
def test_a_path_that_duckdb_cannot_read_is_refused(small, made, name):
    """It splits at backslashes what it takes for a pattern, and has no way to quote them."""
    place = made.parent / name
    calls: Any = (partial(mirror.create, csc=small.csc, expected=-1), mirror.update, *USES.values())

    for call in calls:
        with pytest.raises(MirrorError, match="as patterns, and cannot escape"):
            call(place)
    assert not place.exists()


@pytest.mark.skipif(os.name == "nt", reason="these are not names there")
@pytest.mark.parametrize("name", ["a[b", "a*b", "a?b", "a\\b", "[!a]", "a{b,c}", "a'b"])
def test_any_other_name_is_read(made, name):
    """What DuckDB would take for a pattern or a quote is a name."""
    place = made.rename(made.parent / name)

    assert len(CscClass(mirror=place).query_tap("SELECT name FROM master_source")) == 40


def test_a_missing_column_is_told_without_a_word_of_a_service(small, tmp_path, caplog):
    """Nobody was asked, and nobody else will be."""
    mirror.create(tmp_path / "few", csc=small.csc, columns=["significance"], expected=-1)
    caplog.clear()

    with (
        caplog.at_level(logging.INFO, logger="astroquery"),
        pytest.raises(InvalidQueryError, match=r"does not contain .* of master_source"),
    ):
        CscClass(mirror=tmp_path / "few").query_region(NGC1333)

    assert caplog.messages == []


def test_a_thousand_sources_of_a_mirror_are_no_cut(tmp_path, caplog):
    """A mirror has no limit, so a round number says nothing."""
    place = write_mirror(tmp_path / "csc21", master_source=THOUSAND)

    with caplog.at_level(logging.INFO, logger="astroquery"):
        table: Any = CscClass(mirror=place).query_region(NGC1333, "1 deg", verbosity=1)

    assert (len(table), table.meta["TRUNC"]) == (1000, False)
    assert caplog.messages == []
