# Licensed under a 3-clause BSD style license - see LICENSE
"""Random answers, documents, headers, names and values: the right result, or one of our errors."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from astropy.table import Table
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st
from sqlglot import exp

from astroquery_csc.catalogue import schema
from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import CscError, InvalidQueryError
from astroquery_csc.search import listing
from astroquery_csc.service import transport
from astroquery_csc.service.cache import Cache, cache_key, read_header
from astroquery_csc.service.files import _entries
from astroquery_csc.service.refusals import check_xml, host_of, words_of
from tests.faults.bodies import CAPABILITIES, SOURCES, TABLES, job
from tests.support.canned import Canned, mount
from tests.support.examples import examples

ROOT = "https://cda.cfa.harvard.edu"
TAP = f"{ROOT}/csc21tap"
ADQL = "SELECT name FROM csc21.master_source"

# A client is used by many examples; each mounts its own answers and keeps nothing.
few = examples(50, suppress_health_check=[HealthCheck.function_scoped_fixture])
many = examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def csc(tmp_path):
    """Make a client that does not wait and does not keep."""
    client = CscClass()
    client.cache_location = tmp_path
    with conf.set_temp("retries", 0), conf.set_temp("max_wait", 0.2):
        yield client


def damaged(good: bytes) -> st.SearchStrategy[bytes]:
    """Change some bytes of a good document: replaced, removed, inserted, repeated, cut off."""
    place = st.integers(0, len(good))
    pieces = st.sampled_from(
        [b"", b"<", b">", b"&", b'"', b"\0", b"\xff", b"</TR>", b"<TR>", b"<TD>", b"]]>", b"<!--"]
    )
    change = st.tuples(place, st.integers(0, 40), st.one_of(pieces, st.binary(max_size=3)))

    def apply(changes: list[tuple[int, int, bytes]]) -> bytes:
        """Make one change after the other."""
        text = good
        for start, length, new in changes:
            text = text[:start] + new + text[start + length :]
        return text

    return st.lists(change, min_size=1, max_size=3).map(apply)


def outcome(ask: Callable[[], Any]) -> Any:
    """Ask; an error of ours is a good outcome, any other one fails the test."""
    try:
        return ask()
    except CscError as error:
        return error


# ---- answers -----------------------------------------------------------------------------------


@few
@given(
    body=st.one_of(damaged(SOURCES), st.binary(max_size=60), st.text(max_size=60).map(str.encode))
)
def test_a_damaged_answer_is_a_table_or_an_error(csc, body):
    """Whatever arrives: no other error, and no row fewer than the text has."""
    mount(csc, {"": Canned(body)})

    found = outcome(lambda: csc.query_tap(ADQL, validate=False, cache=False))

    rows = len(re.findall(rb"<TR>", re.sub(rb"(?s)<!--.*?-->|<!\[CDATA\[.*?\]\]>", b"", body)))
    assert isinstance(found, CscError) or len(found) == rows


@few
@given(body=damaged(SOURCES))
def test_only_what_decodes_is_kept(csc, body):
    """After an error nothing is kept; after a table the next one comes from the disk."""
    csc.clear_cache()
    adapter = mount(csc, {"": Canned(body)})

    found = outcome(lambda: csc.query_tap(ADQL, validate=False))
    again = outcome(lambda: csc.query_tap(ADQL, validate=False))

    assert len(csc.cache_info()) == isinstance(found, Table)
    assert len(adapter.seen) == (1 if isinstance(found, Table) else 2)
    assert type(again) is type(found)


@few
@given(body=st.one_of(damaged(TABLES), damaged(CAPABILITIES), st.binary(max_size=60)))
@pytest.mark.filterwarnings("ignore")  # pyvo warns of elements that it does not know
def test_a_damaged_description_is_read_or_an_error(csc, body):
    """/tables and /capabilities: a list of columns, a number, or our error."""
    mount(csc, {"": Canned(body), f"POST {TAP}": Canned(b"", 404)})

    columns = outcome(lambda: csc.list_columns(refresh=True))
    limit = outcome(lambda: csc.maxrec)

    assert isinstance(columns, Table | CscError)
    assert isinstance(limit, int | CscError)


@few
@given(body=st.one_of(damaged(job(ROOT)), st.binary(max_size=60)))
@pytest.mark.filterwarnings("ignore")  # pyvo warns of elements that it does not know
def test_a_damaged_job_is_a_table_or_an_error(csc, body):
    """The document of a job, broken anywhere: the result, or our error, in time."""
    place = f"{TAP}/async/1"
    mount(
        csc,
        {
            "": Canned(status=404),
            f"POST {TAP}/async": Canned(status=303, headers={"Location": place}),
            f"POST {place}": Canned(),
            f"DELETE {place}": Canned(),
            f"GET {place}": [Canned(job(ROOT, "PENDING"))] * 2 + [Canned(body)],
            f"GET {place}/results": Canned(SOURCES),
        },
    )

    found = outcome(lambda: csc.query_tap(ADQL, validate=False, async_job=True, cache=False))

    assert isinstance(found, CscError) or len(found) == 3


json_documents = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["filename", "filetype", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@many
@given(
    document=json_documents.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)
)
def test_any_list_of_files_is_read_or_an_error(document):
    """The JSON of csccli: files with names, or our error."""
    found = outcome(lambda: _entries(document, ROOT))

    assert isinstance(found, CscError) or all(isinstance(one.filename, str) for one in found)


@many
@given(document=st.binary(max_size=200) | damaged(TABLES))
def test_words_and_documents_take_anything(document):
    """The words of a page are one printable line; a document passes, or is refused."""
    words = words_of(document)

    assert words == "" or words.isprintable()
    assert outcome(lambda: check_xml(document, ROOT, "tableset")) is None or not (
        b"tableset>" in document and document == TABLES
    )


# ---- headers -----------------------------------------------------------------------------------


@many
@given(
    location=st.text(max_size=40) | st.sampled_from(["//", "http://[", "http://a:b/", "?x", "/"])
)
def test_a_redirect_leads_to_a_web_address_or_nowhere(location):
    """From https, every Location is refused, or an https address on any host."""
    target = outcome(lambda: transport.safe_target(f"{ROOT}/a", location, "redirects"))

    assert isinstance(target, CscError) or target.startswith("https://")


@many
@given(text=st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d+ \w+ \d{1,6} [\d:]+ \w*"))
def test_retry_after_is_seconds(text):
    """Any header is a number of seconds, 0 where it makes no sense."""
    canned = Canned(
        status=503, headers={"Retry-After": text.encode("latin-1", "replace").decode("latin-1")}
    )
    client = CscClass()
    adapter = mount(client, {"": canned})
    with client._session as session:
        response = session.get(ROOT)

    assert (transport._retry_after(response) or 0.0) >= 0
    assert len(adapter.seen) == 1


@many
@given(url=st.text(max_size=40))
def test_any_address_has_a_host_to_show(url):
    """Naming the host of an address never fails, and shows no password."""
    assert "secret" not in host_of(f"https://me:secret@{url}")


# ---- the cache ---------------------------------------------------------------------------------

HEADER = json.dumps(
    {
        "url": ROOT, "route": "TAP", "release": "2.1", "retrieved": 1e9, "size": 3,
        "sha256": "0" * 64, "version": 1,
    }
).encode()  # fmt: skip
headers = st.dictionaries(
    st.sampled_from(["url", "route", "release", "retrieved", "size", "sha256", "version", "x"]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
)


@many
@given(
    text=damaged(HEADER)
    | headers.map(lambda made: json.dumps({**json.loads(HEADER), **made}).encode())
    | st.binary()
)
def test_a_header_is_read_or_refused(text):
    """Any header gives an entry that can be listed, or ValueError, which is a miss."""
    try:
        entry = read_header(text)
    except ValueError:
        return

    assert listing.cached([entry])["size"][0] >= 0


@few
@given(text=damaged(HEADER.ljust(1024) + b"abc") | st.binary(max_size=2000))
def test_a_damaged_file_is_a_miss_or_not_intact(tmp_path_factory, text):
    """Whatever stands in a file of the cache, opening and listing it never fails."""
    folder = tmp_path_factory.mktemp("cache")
    (folder / f"{cache_key({})}.csc").write_bytes(text)
    cache = Cache(lambda: Path(folder))

    with cache.open(cache_key({}), None) as reader:
        is_good = reader is not None and reader.intact()

    assert not is_good
    assert len(listing.cached(cache.entries())) <= 1


# ---- what users type ---------------------------------------------------------------------------

TEXTS = st.text(max_size=30) | st.lists(
    st.sampled_from(
        ["'", "''", '"', ";", "--", "/*", "*/", ")", "(", " OR 1=1", "\\", "%", "[", "]", "a"]
    ),
    max_size=8,
).map("".join)


#: What a query for one name looks like.
CONE_BY_NAME = "SELECT m.name FROM csc21.master_source m WHERE (m.name IN ('x'))"


def condition_of(query: str) -> Any:
    """Read a query that must be one SELECT with one WHERE; give its condition."""
    (tree,) = sqlglot.parse(query, read="tsql")
    assert type(tree) is exp.Select
    assert {name for name, value in tree.args.items() if value} == {"expressions", "from_", "where"}
    return tree.args["where"].this.unnest()


@many
@given(value=TEXTS)
def test_a_filter_stays_in_its_literal(value):
    """A text in a filter is refused, or stands in the query, in capitals, as one string."""
    client = CscClass()
    payload = outcome(
        lambda: client.query_criteria(
            columns="ra", column_filters={"likelihood_class": value}, get_query_payload=True
        )
    )
    assume(not isinstance(payload, InvalidQueryError))

    condition = condition_of(payload["QUERY"])

    assert isinstance(condition, exp.EQ)
    assert condition.expression == exp.Literal.string(value.upper())


NAMES = st.tuples(
    st.sampled_from(["2CXO J", "2CXOJ", "2cxo_j ", "2CXO  J"]),
    st.from_regex(r"[0-2]\d{5}\.\d[+-]\d{6}[A-Z]{0,2}", fullmatch=True),
    st.just("") | TEXTS,
).map("".join)


@many
@given(name=NAMES)
def test_a_name_stays_in_its_literal(name):
    """A 2CXO name is refused, or stands in the query as one string."""
    client = CscClass()
    payload = outcome(lambda: client.query_object(name, get_query_payload=True))
    query = CONE_BY_NAME if isinstance(payload, CscError) else payload["QUERY"]

    condition = condition_of(query)

    assert isinstance(condition, exp.In)
    assert [type(value) for value in condition.expressions] == [exp.Literal]


@many
@given(name=TEXTS | st.sampled_from(["name", "flux_aper_b", "ra"]))
def test_a_column_is_one_that_exists(name):
    """Anything else than a column of the release is refused before it is in a query."""
    client = CscClass()
    payload = outcome(lambda: client.query_criteria(columns=[name], get_query_payload=True))

    known = {*schema.master_columns("2.1"), *schema.NAMED_SETS, "*"}
    assert isinstance(payload, InvalidQueryError) is (name.strip() not in known)


@many
@given(name=TEXTS)
def test_an_upload_is_a_plain_word(name):
    """The name of an upload cannot change the parameter that it stands in."""
    client = CscClass()
    payload = outcome(
        lambda: client.query_tap(ADQL, uploads={name: Table({"x": [1]})}, get_query_payload=True)
    )

    assert isinstance(payload, InvalidQueryError) or re.fullmatch(
        r"[A-Za-z_]\w*,param:[A-Za-z_]\w*", payload["UPLOAD"], re.ASCII
    )
