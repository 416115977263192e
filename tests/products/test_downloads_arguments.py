# Licensed under a 3-clause BSD style license - see LICENSE
"""download_products: what is refused before anything is sent or made."""

from typing import Any

import pytest
from astropy.table import Table

from astroquery_csc.exceptions import InputTypeError, InvalidQueryError

LIST = Table({"filename": ["a.fits"], "filetype": ["arf"]})

BAD: dict[str, tuple[Any, dict[str, Any], type[Exception], str]] = {
    "a name": (("a.fits",), {}, InputTypeError, "products is a str; expected the Table"),
    "no list of files": (
        (Table({"a": [1]}),),
        {},
        InvalidQueryError,
        "no filename and no filetype",
    ),
    "no types": ((Table({"filename": ["a.fits"]}),), {}, InvalidQueryError, "has no filetype, so"),
    "a number for a place": ((LIST,), {"location": 7}, InputTypeError, "location is 7"),
    "bytes for a place": ((LIST,), {"location": b"x"}, InputTypeError, "location is b'x'"),
    "a zero byte in a place": ((LIST,), {"location": "a\0b"}, InputTypeError, "location is 'a"),
    "a word for overwrite": ((LIST,), {"overwrite": "yes"}, InputTypeError, "overwrite is 'yes'"),
    "a number for cache": ((LIST,), {"cache": 1}, InputTypeError, "cache is 1"),
    "a source that is none": (
        (Table({"name": ["../.."], "filename": ["a.fits"], "filetype": ["arf"]}),),
        {},
        InvalidQueryError,
        "not a 2CXO name",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments_are_refused_before_anything_is_made(
    csc, server, tmp_path, case, monkeypatch
):
    """Nothing is sent, and no folder is made."""
    args, kwargs, error, words = BAD[case]
    monkeypatch.chdir(tmp_path)
    before = len(server.requests)

    with pytest.raises(error, match=words):
        csc.download_products(*args, **{"location": "csc", **kwargs})

    assert len(server.requests) == before
    assert not list(tmp_path.iterdir())
