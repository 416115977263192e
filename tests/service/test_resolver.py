# Licensed under a 3-clause BSD style license - see LICENSE
"""The resolver of names: its settings are astropy's, its limits ours."""

from itertools import repeat

import pytest
from astropy.coordinates.name_resolve import sesame_database, sesame_url

from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import ResolverError
from tests.faults.server import fault_server, http
from tests.support.canned import Canned, mount

ONE, TWO = "https://one.example/sesame/", "https://two.example/"
ASKED, OTHER = "GET https://one.example/sesame/SNV?", "GET https://two.example/SNV?"
FOUND = Canned(b"# NGC 1333\t#Q1\n#=S=Simbad\n%J 52.29700 +31.31000 = 03:29:11 +31:18:36\n")
UNKNOWN = Canned(b"# nobody\t#Q1\n#!SIMBAD: Nothing found\n#!NED: Nothing found\n")


@pytest.fixture
def csc(tmp_path):
    """Make a client with an empty cache, for which two resolvers are set."""
    made = CscClass()
    made.cache_location = tmp_path / "cache"
    with sesame_url.set((ONE, TWO)), conf.set_temp("retry_wait", 0.0):
        yield made


def position(csc: CscClass, name: str = "NGC 1333") -> list[float]:
    """Resolve a name as every verb does."""
    found = csc._search(cache=None, get_query_payload=False).resolve(name)
    return [] if found is None else [float(found.ra.deg), float(found.dec.deg)]


def test_a_name_is_resolved_once_and_then_kept(csc):
    """The first address of astropy's is asked; the answer is in our cache, not in astropy's."""
    adapter = mount(csc, {ASKED: FOUND})

    assert position(csc) == position(csc) == [52.297, 31.31]
    assert [request.url for request in adapter.seen] == [f"{ONE}SNV?NGC%201333"]
    assert csc.cache_info()["route"].tolist() == ["resolver"]


def test_an_unknown_name_is_asked_again(csc):
    """That Sesame does not know a name yet is not kept."""
    adapter = mount(csc, {ASKED: [UNKNOWN, FOUND]})

    assert (position(csc), position(csc)) == ([], [52.297, 31.31])
    assert len(adapter.seen) == 2


@pytest.mark.parametrize(("database", "letters"), [("simbad", "S"), ("ned", "N"), ("vizier", "V")])
def test_the_database_is_astropys_setting(csc, database, letters):
    """sesame_database chooses where Sesame looks."""
    adapter = mount(csc, {"": FOUND})

    with sesame_database.set(database):
        position(csc)

    assert adapter.seen[0].url == f"{ONE}{letters}?NGC%201333"


BAD = {
    "500": Canned(b"out of memory", 500),
    "a page": Canned(b"<html><body>Welcome</body></html>"),
    "nothing": Canned(b""),
    "binary": Canned(bytes(range(256)) * 10),
    "65 kB": Canned(b"# x\n" * 20_000 + FOUND.body),
    "off the sky": Canned(b"%J 400.0 +31.0\n"),
    "no number": Canned(b"%J nan inf\n"),
    "control characters": Canned(b"\x1b[2J\x07\xe2\x80\xae oops"),
    "an endless redirect": Canned(status=302, headers={"Location": f"{ONE}SNV?NGC%201333"}),
    "refused": OSError("refused"),
}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
def test_the_next_address_is_asked_after_an_answer_that_is_of_no_use(csc, answer):
    """Whatever the first resolver sends: the second one answers."""
    mount(csc, {ASKED: answer, OTHER: FOUND})

    assert position(csc) == [52.297, 31.31]


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
def test_no_answer_of_use_is_one_error_with_a_way_on(csc, answer):
    """The error shows the name, says to give coordinates, is one line, and nothing is kept."""
    mount(csc, {"": answer})

    with pytest.raises(
        ResolverError,
        match=r"^No name resolver could be reached for 'NGC 1333'\. Give coordinates: SkyCoord",
    ) as caught:
        position(csc)

    assert str(caught.value).isprintable()
    assert not csc.cache_location.exists() or list(csc.cache_location.iterdir()) == []


@pytest.mark.parametrize("address", ["http://[broken/", "file:///etc/", "", "ftp://one.example/"])
def test_an_address_that_is_none_is_one_error(csc, address):
    """What a user sets for astropy's resolver can be wrong."""
    with sesame_url.set((address,)), pytest.raises(ResolverError, match="Give coordinates"):
        position(csc)


def test_credentials_of_the_archive_do_not_go_to_the_resolver(csc):
    """What the session knows of a user is for the archive alone."""
    adapter = mount(csc, {ASKED: FOUND})
    csc._session.auth = ("me", "secret")
    csc._session.headers["Cookie"] = "of=headers"

    position(csc)

    assert {"Authorization", "Cookie"} & set(adapter.seen[0].headers) == set()


def drops(wire, request):
    """Send a byte now and then."""
    wire.send(http(length=60_000, mime="text/plain"))
    wire.trickle(b"#" * 60_000, 0.02)


def flood(wire, request):
    """Send as much as is taken."""
    wire.send(http(length=1 << 40, mime="text/plain"), *repeat(b"# x\n" * 16_384, 1_000_000))


def silence(wire, request):
    """Say nothing."""
    wire.hang()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("does", [drops, flood, silence])
def test_a_resolver_that_never_ends_is_left(csc, does):
    """A byte now and then, 64 kB and more, or nothing: all of it is over after the timeout."""
    with (
        fault_server(does) as server,
        sesame_url.set((server.url,)),
        pytest.raises(ResolverError, match=r"did not end|sent nothing|more than 64 kB"),
    ):
        position(csc(timeout=0.5))
