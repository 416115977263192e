# Licensed under a 3-clause BSD style license - see LICENSE
"""Optional packages: a missing one and a broken one are told apart, and neither stops a query."""

import sys

import numpy as np
import pytest
from astroquery import log

from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import MissingPackageError
from astroquery_csc.optional import has_arrow, need
from tests.support.canned import from_file, mount

#: What pyarrow 26 says where NumPy is older than 2.
WORDS = "pyarrow requires NumPy 2.0 or newer, found 1.26.4"


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Put a pyarrow first on the path that is installed, but cannot be imported."""
    (tmp_path / "pyarrow").mkdir()
    (tmp_path / "pyarrow" / "__init__.py").write_text(f"raise ImportError({WORDS!r})")
    _forget(monkeypatch)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def missing(monkeypatch):
    """Hide pyarrow."""
    _forget(monkeypatch)
    monkeypatch.setitem(sys.modules, "pyarrow", None)


@pytest.fixture(autouse=True)
def ask_again():
    """Let each test find out by itself whether pyarrow works."""
    has_arrow.cache_clear()
    yield
    has_arrow.cache_clear()


def _forget(monkeypatch):
    """Forget that pyarrow has been imported, for the length of a test."""
    for name in [name for name in sys.modules if name.split(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.usefixtures("missing")
def test_a_missing_pyarrow_is_hinted_at_once():
    """The log says once what would make reading faster, with the line to type."""
    with log.log_to_list() as said:
        answers = [has_arrow(), has_arrow()]

    assert answers == [False, False]
    (record,) = said
    assert record.levelname == "INFO"
    assert "is not installed" in record.getMessage()
    assert 'pip install "astroquery_csc[fast]"' in record.getMessage()


@pytest.mark.usefixtures("broken")
def test_a_broken_pyarrow_is_hinted_at_with_its_own_words():
    """A pyarrow that cannot be imported is tried once, and the log has the reason."""
    with log.log_to_list() as said:
        answers = [has_arrow(), has_arrow()]

    assert answers == [False, False]
    (record,) = said
    assert "is installed but cannot be imported" in record.getMessage()
    assert WORDS in record.getMessage()


@pytest.mark.usefixtures("broken")
def test_a_query_is_answered_without_a_working_pyarrow(tmp_path):
    """The reader of astropy serves where pyarrow is broken, and gives the same table."""
    csc = CscClass(server="https://csc.invalid")
    csc.cache_location = tmp_path / "cache"
    mount(csc, {"GET https://csc.invalid": from_file("cone_ngc1333.vot")})

    t = csc.query_region("52.297 31.31")

    assert len(t) == 11
    assert np.isclose(t["separation"][0], 30.5, atol=0.1)


@pytest.mark.usefixtures("broken")
def test_a_broken_package_is_not_called_missing():
    """The error has the words of the failed import, and the pip line."""
    with pytest.raises(MissingPackageError) as caught:
        need("pyarrow", "A local catalogue", extra="local")

    assert f"which is installed but cannot be imported (ImportError: {WORDS})" in str(caught.value)
    assert 'pip install "astroquery_csc[local]"' in str(caught.value)


def test_a_missing_package_is_named_without_its_modules():
    """The message names the package to install, not the module that was asked for."""
    with pytest.raises(MissingPackageError, match="needs the package 'no_such_package'"):
        need("no_such_package.part", "This test", extra="all")
