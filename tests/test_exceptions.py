# Licensed under a 3-clause BSD style license - see LICENSE
"""The tree of errors: what catches what, and what an error carries."""

import copy
import pickle

import pytest
from astroquery import exceptions as astroquery_exceptions

from astroquery_csc import exceptions
from astroquery_csc.exceptions import (
    CscError,
    InputTypeError,
    InvalidQueryError,
    MirrorError,
    MissingPackageError,
    RemoteServiceError,
    ResolverError,
    ServiceTimeoutError,
    TableParseError,
)

#: Each leaf, and what else catches it.
LEAVES = {
    InvalidQueryError: astroquery_exceptions.InvalidQueryError,
    InputTypeError: TypeError,
    RemoteServiceError: astroquery_exceptions.RemoteServiceError,
    ServiceTimeoutError: astroquery_exceptions.TimeoutError,
    TableParseError: astroquery_exceptions.TableParseError,
    ResolverError: astroquery_exceptions.ResolverError,
    MirrorError: OSError,
    MissingPackageError: ImportError,
}
CONTEXT = {"url": "http://127.0.0.1/tap", "adql": "SELECT 1", "release": "2.1"}
EVERY = pytest.mark.parametrize("kind", [CscError, *LEAVES])


@pytest.mark.parametrize("kind", LEAVES)
def test_one_base_catches_every_error(kind):
    """``except CscError`` catches each error of the package."""
    with pytest.raises(CscError, match="what failed"):
        raise kind("what failed")


@pytest.mark.parametrize(("kind", "other"), LEAVES.items())
def test_each_error_is_also_what_users_of_astroquery_catch(kind, other):
    """Each leaf is caught by the class of astroquery, or of Python, that it stands for."""
    with pytest.raises(other, match="what failed"):
        raise kind("what failed")


def test_the_module_exports_just_this_tree():
    """The public names are the base and its leaves, and the drawing shows every one of them."""
    names = {kind.__name__ for kind in (CscError, *LEAVES)}

    assert set(exceptions.__all__) == names
    assert not {name for name in names if name not in exceptions.__doc__}


@EVERY
def test_an_error_says_its_message_alone(kind):
    """The text of an error is its message; the context does not show in it."""
    assert str(kind("what failed", **CONTEXT)) == "what failed"


@EVERY
def test_an_error_knows_no_more_than_it_was_told(kind):
    """Without a context, url, adql and release are None."""
    error = kind("what failed")

    assert (error.url, error.adql, error.release) == (None, None, None)


@EVERY
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_crosses_a_process_border_whole(kind, protocol):
    """Pickling keeps the class, the message and the context."""
    error = kind("what failed", **CONTEXT)

    again = pickle.loads(pickle.dumps(error, protocol))

    assert type(again) is kind
    assert str(again) == "what failed"
    assert {name: getattr(again, name) for name in CONTEXT} == CONTEXT


@EVERY
def test_a_copy_of_an_error_keeps_its_context(kind):
    """``copy.copy`` and ``copy.deepcopy`` keep message and context."""
    error = kind("what failed", **CONTEXT)

    copies = [copy.copy(error), copy.deepcopy(error)]

    assert [str(item) for item in copies] == ["what failed"] * 2
    assert [item.adql for item in copies] == ["SELECT 1"] * 2


def test_a_failure_that_may_pass_says_when_and_pickling_keeps_it():
    """``retry_after`` is None by default, and survives pickling beside the context."""
    error = RemoteServiceError("busy", retry_after=2.5, url="http://127.0.0.1/")

    again = pickle.loads(pickle.dumps(error))

    assert (again.retry_after, again.url) == (2.5, "http://127.0.0.1/")
    assert RemoteServiceError("down").retry_after is None


@EVERY
def test_what_is_added_later_is_cleaned_as_well(kind):
    """An address that is known only further up shows no password either, nor does a query."""
    error = kind("it failed")
    error.url = "http://user:secret@h/\x1b[31m"
    error.adql = "SELECT\u202e 1"

    assert error.url == "http://user:***@h/\ufffd[31m"
    assert error.adql == "SELECT\ufffd 1"


def test_a_name_before_a_host_may_be_a_token():
    """It is hidden as a password is; an @ elsewhere is shown."""
    error = CscError("at http://token@h/ and http://h/?mail=a@b or http://h:80/x@y")

    assert str(error) == "at http://***@h/ and http://h/?mail=a@b or http://h:80/x@y"


def test_an_error_needs_no_message():
    """An error can be made without arguments, as Python's own can."""
    assert not str(CscError())
