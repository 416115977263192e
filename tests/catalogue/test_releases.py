# Licensed under a 3-clause BSD style license - see LICENSE
"""The table of releases: what is in it, what is refused, and how a user adds to it."""

from dataclasses import FrozenInstanceError, replace

import pytest

from astroquery_csc.catalogue.releases import RELEASES, get_release, register
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError


@pytest.fixture
def restored():
    """Put the table of releases back as it was."""
    before = dict(RELEASES)
    yield
    RELEASES.clear()
    RELEASES.update(before)


def test_the_known_releases_stand_in_their_order():
    """The newest fixed release is first, the one that changes is last."""
    assert list(RELEASES) == ["2.1", "2.0", "current"]


@pytest.mark.parametrize(
    ("name", "schema", "tap", "cone", "csccli"),
    [
        ("2.1", "csc21", "/csc21tap", "/csc21scs/coneSearch", "rel2.1"),
        ("2.0", "csc2", "/csc2tap", "/csc2scs/coneSearch", "rel2.0"),
        ("current", "csc_snapshot", "/csc_snapshot_tap", "", "cur"),
    ],
)
def test_a_release_knows_its_services(name, schema, tap, cone, csccli):
    """Schema and paths are those of the archive; the changing release has no cone search."""
    release = get_release(name)

    assert release.name == name
    assert (release.schema, release.tap, release.cone, release.csccli) == (
        schema,
        tap,
        cone,
        csccli,
    )


@pytest.mark.parametrize(
    ("name", "masters", "extended"), [("2.1", 407_806, 1_717), ("2.0", 317_167, 1_299)]
)
def test_published_counts_add_up(name, masters, extended):
    """Compact and extended sources together are all masters."""
    release = get_release(name)

    assert release.masters == masters
    assert release.extended == extended
    assert release.compact == masters - extended


def test_the_release_that_changes_is_not_kept_for_long():
    """Answers of ``current`` are kept for half a day at most; the others as astroquery says."""
    assert get_release("current").cache_seconds == 43_200
    assert get_release("2.1").cache_seconds == -1
    assert get_release("current").masters == -1


def test_the_row_limit_is_the_one_that_the_service_states():
    """Every release has the service's limit of a million rows."""
    assert {release.hard_limit for release in RELEASES.values()} == {1_000_000}


@pytest.mark.parametrize("name", ["2.3", "", "2.1 ", "CSC2.1", "latest"])
def test_an_unknown_release_is_refused_with_those_there_are(name):
    """The error names the release and lists the known ones."""
    with pytest.raises(InvalidQueryError) as caught:
        get_release(name)

    assert str(caught.value) == f"Release {name!r} is not known. Known: 2.1, 2.0, current."
    assert caught.value.release == name


@pytest.mark.parametrize("name", ["1.1", "1.0"])
def test_release_1_is_refused_with_the_reason(name):
    """Release 1 has another schema and no TAP service, and the error says so."""
    with pytest.raises(InvalidQueryError, match=r"has another schema and no TAP.*2\.1") as caught:
        get_release(name)

    assert caught.value.release == name


@pytest.mark.parametrize("name", [2.1, None, b"2.1", ["2.1"]])
def test_a_release_that_is_no_string_is_a_type_error(name):
    """The error shows the value, its type, and what to write."""
    with pytest.raises(InputTypeError) as caught:
        get_release(name)

    assert f"{type(name).__name__} ({name!r})" in str(caught.value)
    assert "Write release='2.1'." in str(caught.value)


def test_a_row_does_not_change_under_a_users_hand():
    """Rows are frozen: another endpoint is another row."""
    with pytest.raises(FrozenInstanceError):
        get_release("2.1").__setattr__("tap", "/elsewhere")


@pytest.mark.usefixtures("restored")
def test_a_new_release_is_one_call():
    """A registered release is found by its name, and the others stay."""
    register(replace(RELEASES["2.1"], name="2.2", schema="csc22", tap="/csc22tap"))

    assert get_release("2.2").schema == "csc22"
    assert get_release("2.1").schema == "csc21"


@pytest.mark.usefixtures("restored")
def test_a_release_can_be_replaced():
    """Registering a known name gives it other endpoints."""
    register(replace(RELEASES["2.0"], tap="/mirror/tap"))

    assert get_release("2.0").tap == "/mirror/tap"
    assert list(RELEASES) == ["2.1", "2.0", "current"]


@pytest.mark.parametrize("row", ["2.2", None, {"name": "2.2"}])
def test_only_a_release_can_be_registered(row):
    """The error says what was given and how to make a row from a known one."""
    with pytest.raises(InputTypeError) as caught:
        register(row)

    assert f"not {type(row).__name__}" in str(caught.value)
    assert "dataclasses.replace(RELEASES['2.1'], name=…)" in str(caught.value)
