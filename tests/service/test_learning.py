# Licensed under a 3-clause BSD style license - see LICENSE
"""What a server refuses, the verbs live through: learnt once, and remembered per server."""

import warnings
from typing import Any

import pytest
from astropy import units as u
from astroquery.exceptions import MaxResultsWarning
from requests.adapters import HTTPAdapter

from astroquery_csc import Csc
from astroquery_csc.adql.speech import Speech
from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import CscError, InvalidQueryError, RemoteServiceError
from astroquery_csc.service.memory import LEARNT, Learnt
from astroquery_csc.testing import Dialect, csc_server
from tests.support.canned import Canned, CannedAdapter, from_file
from tests.support.comparing import NGC1333, masters
from tests.support.joined import OBSID, synthetic_names

LETTERS = Dialect(boolean_literals="letters")
CLEAN = {"extent_flag": False, "dec": (80, None)}


def queries(server):
    """List the ADQL of every request so far."""
    return [seen.params["QUERY"] for seen in server.requests if "QUERY" in seen.params]


def test_the_form_of_flags_is_learnt_once():
    """The second query, by another instance, is sent in the right form at once."""
    with csc_server(dialect=LETTERS) as server:
        first = server.csc.query_criteria(columns="name", column_filters=CLEAN, cache=False)
        before = len(queries(server))
        other = CscClass(server=server.url)
        second: Any = other.query_criteria(columns="name", column_filters=CLEAN, cache=False)

        assert first["name"].tolist() == second["name"].tolist()
        assert len(queries(server)) - before == 1
        assert "(m.extent_flag = 'F')" in second.meta["QUERY"]
        shown = other.query_criteria(column_filters=CLEAN, get_query_payload=True)
        assert "(m.extent_flag = 'F')" in shown["QUERY"]


def test_what_the_user_typed_is_not_rewritten():
    """A flag in criteria goes out as it stands, whatever was learnt, and so does its refusal."""
    with csc_server(dialect=LETTERS) as server:
        server.csc.query_criteria(columns="name", column_filters=CLEAN)

        with pytest.raises(InvalidQueryError, match="cannot be compared with \\[1\\]"):
            server.csc.query_criteria(columns="name", criteria="extent_flag = 1")


def test_a_refusal_of_something_else_stays_what_it_is():
    """The form that is taken is kept, and the error is that of the query."""
    with csc_server(dialect=Dialect(refused=frozenset({"OR"}))) as server:
        with pytest.raises(InvalidQueryError, match="OR") as caught:
            server.csc.query_criteria(columns="name", column_filters={"conf_flag": [True, None]})

        assert str(caught.value.adql).startswith("SELECT m.name, m.ra, m.dec")
        assert LEARNT.speech(f"{server.url}/csc21tap") == Speech()


def test_a_service_that_is_down_teaches_nothing(csc):
    """A page of maintenance for every query is an error of the service."""
    csc._session.mount("http://", CannedAdapter({"": from_file("maintenance_page.html", 500)}))

    with pytest.raises(CscError, match="maintenance"):
        csc.query_detections(obsid=OBSID, columns="theta", column_filters={"sat_src_flag": True})

    assert LEARNT.speech(f"{csc.server}/csc21tap") == Speech()


def test_a_list_that_breaks_the_connection_is_halved():
    """200 names break it, 100 do not; from then on, lists have 100 names."""
    names = synthetic_names()[:250]
    with csc_server(dialect=Dialect(max_in_list=150)) as server, conf.set_temp("retries", 0):
        found = server.csc.query_objects(names, cache=False)
        before = len(queries(server))
        again = server.csc.query_objects(names, cache=False)

        assert found["user_specified_id"].tolist() == again["user_specified_id"].tolist() == names
        assert [query.count("2CXO") for query in queries(server)[before:]] == [100, 100, 50]


class Strict(HTTPAdapter):
    """A door to the service that turns long lists away, with a status or with words."""

    def __init__(self, most, answer):
        super().__init__()
        self._most = most
        self._refuses = CannedAdapter({"": answer})

    def send(self, request: Any, *args: Any, **more: Any) -> Any:
        """Count the names."""
        too_long = (request.body or "").count("2CXO") > self._most
        return (self._refuses.send if too_long else super().send)(request, *args, **more)

    def close(self):
        """Close both."""
        self._refuses.close()
        super().close()


@pytest.mark.parametrize(
    "answer",
    [Canned(b"<html>Request Entity Too Large</html>", 413), from_file("tap_error.vot", 400)],
)
def test_a_list_that_is_refused_as_too_long_is_cut(csc, answer):
    """By its status or in any words: shorter lists are tried, and their length is remembered."""
    names = synthetic_names()[:200]
    csc._session.mount(csc.server, Strict(60, answer))

    found = csc.query_objects(names, columns="name")

    assert found["name"].tolist() == names
    assert LEARNT.speech(f"{csc.server}/csc21tap").longest_list == 50


def test_a_connection_that_breaks_at_every_list_is_an_error():
    """Lists are not halved without end, and nothing is learnt."""
    with csc_server(dialect=Dialect(max_in_list=5)) as server, conf.set_temp("retries", 0):
        with pytest.raises(RemoteServiceError, match="No connection"):
            server.csc.query_objects(synthetic_names()[:200])

        assert len(queries(server)) == 5
        assert LEARNT.speech(f"{server.url}/csc21tap") == Speech()


def test_a_server_that_joins_nothing_gives_the_same_detections(server):
    """The tables are asked for one by one, and the user's condition goes to its own."""
    asked: Any = {
        "obsid": OBSID,
        "columns": ["theta", "s.theta_mean", "m.ra"],
        "criteria": "o.theta < 5 AND (m.dec > -90 OR m.ra > 1)",
    }
    with csc_server(dialect=Dialect(refused=frozenset({"COMMA JOIN"}))) as poor:
        found: Any = poor.csc.query_detections(**asked)

    usual: Any = server.csc.query_detections(**asked)
    assert len(found) > 10
    assert found.pformat(-1, -1) == usual.pformat(-1, -1)
    assert "JOIN" not in found.meta["QUERY"]


def test_criteria_about_two_tables_cannot_be_joined_here():
    """The error says what to write instead."""
    with (
        csc_server(dialect=Dialect(refused=frozenset({"COMMA JOIN"}))) as server,
        pytest.raises(InvalidQueryError, match="Write the letter of one table"),
    ):
        server.csc.query_detections(obsid=OBSID, criteria="o.theta < s.theta_mean")


def test_what_is_learnt_is_bounded_and_per_server():
    """The servers of longest ago are forgotten, or those of one address."""
    learnt = Learnt(most=2)
    learnt.learn("http://a/tap", joins="on")
    learnt.learn("http://b/tap", booleans="words")
    learnt.learn("http://a/tap", longest_list=50)
    learnt.learn("http://c/tap", has_top=False)

    assert learnt.speech("http://a/tap") == Speech(joins="on", longest_list=50)
    assert learnt.speech("http://b/tap") == Speech()
    assert not learnt.is_settled("http://b/tap", "booleans")
    learnt.forget("http://a")
    assert learnt.speech("http://a/tap") == Speech()
    assert learnt.is_settled("http://c/tap", "has_top")


# ---- lists in column_filters -----------------------------------------------------------------


def test_a_long_list_of_names_is_a_filter(server):
    """5,000 names, most of which do not exist, go in pieces; the rows are those of each name."""
    names = masters()["name"].tolist()
    wanted = [f"2CXO J{number:06d}.0-895959" for number in range(5_000 - 600)] + names[:600]

    before = len(queries(server))
    table = server.csc.query_criteria(columns="name", column_filters={"name": wanted}, cache=False)

    assert sorted(table["name"]) == sorted(names[:600])
    assert len(queries(server)) - before == 25


def test_a_row_limit_holds_for_a_list_in_pieces(server):
    """The first rows come, in the order of all of them; what is not needed is not asked for."""
    names = masters()["name"].tolist()[:1_000]
    whole = server.csc.query_criteria(columns="name", column_filters={"name": names})

    before = len(queries(server))
    with pytest.warns(MaxResultsWarning, match="more rows than the limit"):
        part = server.csc.query_criteria(
            columns="name", column_filters={"name": names}, row_limit=250, cache=False
        )

    assert part["name"].tolist() == whole["name"].tolist()[:250]
    assert part.meta["TRUNC"]
    assert len(queries(server)) - before == 2


def test_a_list_that_is_just_the_limit_is_whole(server):
    """As many rows as the limit, and no more, are all of them."""
    names = masters()["name"].tolist()[:300]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = server.csc.query_criteria(column_filters={"name": names}, row_limit=300)

    assert (len(table), table.meta["TRUNC"]) == (300, False)


def test_a_long_list_of_a_mirror_gives_the_same_rows(made):
    """In the same order, with and without a limit."""
    csc = Csc(mirror=made)
    everything = csc.query_criteria(columns="name")["name"].tolist()
    wanted = [f"2CXO J{number:06d}.0-895959" for number in range(5_000)] + everything

    whole = csc.query_criteria(columns="name", column_filters={"name": wanted})
    with pytest.warns(MaxResultsWarning):
        part = csc.query_criteria(columns="name", column_filters={"name": wanted}, row_limit=3)

    assert sorted(whole["name"]) == sorted(everything)
    assert part["name"].tolist() == whole["name"].tolist()[:3]


def test_a_long_list_beside_a_cone(server):
    """The sources around a position that are in the list, nearest first, each once."""
    everything = server.csc.query_region(NGC1333, 100 * u.deg, columns="name")["name"].tolist()

    table = server.csc.query_region(
        NGC1333, 100 * u.deg, columns="name", column_filters={"name": everything[::2]}
    )

    assert len(everything) > 1_000
    assert table["name"].tolist() == everything[::2]


def test_numbers_in_two_spellings_are_asked_for_once():
    """1 and 1.0 in two pieces would give each row twice."""
    wanted = [*range(200), *(float(number) for number in range(200))]

    payload = Csc.query_criteria(column_filters={"significance": wanted}, get_query_payload=True)

    assert payload["QUERY"].count(",") < 230


def test_a_list_that_is_too_long_for_a_shared_service_is_refused():
    """The error names the setting, and a mirror."""
    with pytest.raises(InvalidQueryError, match=r"list of 100001 values.*max_remote_positions"):
        Csc.query_criteria(column_filters={"significance": list(range(100_001))})
