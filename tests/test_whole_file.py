# Licensed under a 3-clause BSD style license - see LICENSE
"""Files that appear whole or not at all."""

import os
import stat

import pytest

from astroquery_csc.whole_file import WholeFile


def names(folder):
    """List a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_at_the_end_of_the_block(tmp_path):
    """Until then the old one is there, under its name."""
    path = tmp_path / "a.txt"
    path.write_text("old")

    with WholeFile(path) as file:
        file.stream.write(b"new")
        before = path.read_text()

    assert (before, path.read_text(), names(tmp_path)) == ("old", "new", ["a.txt"])


def test_nothing_is_left_of_a_file_after_an_error(tmp_path):
    """Neither half a file nor its draft."""

    def fail():
        """Write half a file, then stop as Ctrl-C does."""
        with WholeFile(tmp_path / "a.txt", durable=True) as file:
            file.stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()

    assert names(tmp_path) == []


def test_a_file_may_get_its_name_while_it_is_written(tmp_path):
    """What is in a file can decide its name."""
    with WholeFile(tmp_path / "a.fits") as file:
        file.path = tmp_path / "a.fits.gz"

    assert names(tmp_path) == ["a.fits.gz"]


def test_a_draft_of_a_known_name_is_overwritten(tmp_path):
    """What a killed process has left does not stay."""
    draft = tmp_path / "a.part"
    draft.write_bytes(b"left by a killed process")

    with WholeFile(tmp_path / "a", draft=draft) as file:
        file.stream.write(b"new")

    assert (tmp_path / "a").read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o644)])
def test_the_mode_follows_the_umask_unless_a_file_is_private(tmp_path, private, mode):
    """A private file is readable by its owner alone, also while it is written."""
    before = os.umask(0o022)
    try:
        with WholeFile(tmp_path / "a", private=private) as file:
            modes = {stat.S_IMODE(file.draft.stat().st_mode)}
    finally:
        os.umask(before)

    assert modes | {stat.S_IMODE((tmp_path / "a").stat().st_mode)} == {mode}
