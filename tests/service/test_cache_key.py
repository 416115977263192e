# Licensed under a 3-clause BSD style license - see LICENSE
"""Keys of cached answers: plain names of files, made of all that decides an answer."""

import pytest

from astroquery_csc.service import cache as cache_module
from astroquery_csc.service.cache import cache_key


def test_a_key_is_a_plain_file_name():
    """Whatever the request holds, its key is hexadecimal and of one length."""
    keys = [cache_key({}), cache_key({"QUERY": "../../x'\0é" * 1000, "MAXREC": 5})]

    assert [len(key) for key in keys] == [40, 40]
    assert set("".join(keys)) <= set("0123456789abcdef")


def test_the_order_of_parameters_does_not_matter():
    """The same request has the same key."""
    assert cache_key({"a": 1, "b": {"x": 1, "y": 2}}) == cache_key({"b": {"y": 2, "x": 1}, "a": 1})


@pytest.mark.parametrize(
    "other", [{"a": 2}, {"a": "1"}, {"b": 1}, {"a": 1, "b": None}, {"a": 1.5}, {"a": None}, {}]
)
def test_everything_that_decides_the_answer_is_in_the_key(other):
    """Another value, type or parameter is another key."""
    assert cache_key(other) != cache_key({"a": 1})


def test_another_version_of_the_format_is_another_key(monkeypatch):
    """Old files are misses after a change of the dialect that is asked."""
    before = cache_key({"a": 1})

    monkeypatch.setattr(cache_module, "VERSION", cache_module.VERSION + 1)

    assert cache_key({"a": 1}) != before
