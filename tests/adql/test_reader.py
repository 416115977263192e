# Licensed under a 3-clause BSD style license - see LICENSE
"""A sqlglot that renames a part of a query is an error, not a table without units."""

import pytest

from astroquery_csc.adql import check
from astroquery_csc.exceptions import MissingPackageError


def test_the_installed_reader_is_understood():
    """The check passes with the versions that are allowed."""
    check._check.cache_clear()

    check.check_reader()

    assert check._check.cache_info().currsize == 1


def test_a_renamed_part_is_named(monkeypatch):
    """The error shows the version, the part and the line that installs another one."""
    monkeypatch.setitem(check._PARTS, "Select", "expressions frm")
    check._check.cache_clear()

    with pytest.raises(MissingPackageError, match=r"Select\.frm.*pip install 'sqlglot>="):
        check.check_reader()

    check._check.cache_clear()
