# Licensed under a 3-clause BSD style license - see LICENSE
"""list_releases, list_tables, list_columns and cache_info: what there is, offline and asked."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table

from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.catalogue.schema import get_tables, master_columns
from astroquery_csc.exceptions import CscError, InvalidQueryError
from astroquery_csc.testing import Dialect, csc_server
from tests.support.comparing import RequestLog, masters

#: The tables of release 2.1 in the order in which the CXC's notebook lists them.
NOTEBOOK = [
    "TAP_SCHEMA.schemas",
    "TAP_SCHEMA.tables",
    "TAP_SCHEMA.columns",
    "TAP_SCHEMA.keys",
    "TAP_SCHEMA.key_columns",
    "csc21.cone",
    "csc21.master_source",
    "csc21.stack_source",
    "csc21.observation_source",
    "csc21.master_stack_assoc",
    "csc21.stack_observation_assoc",
    "csc21.detect_stack",
    "csc21.valid_stack",
    "csc21.likely_stack",
    "csc21.image",
    "ivoa.ObsCore",
]
LISTED = ["table", "name", "datatype", "unit", "ucd", "description"]


def test_releases_are_listed_offline(csc, server):
    """One row per release with its published counts; a count that is not fixed is masked."""
    log = RequestLog(server)

    table = csc.list_releases()

    assert log.all == []
    assert table["release"].tolist() == list(RELEASES)
    assert table["masters"].tolist() == [407_806, 317_167, None]
    assert table["cone_search"].tolist() == [True, True, False]
    assert (table["compact"] + table["extended"]).tolist() == [407_806, 317_167, None]


def test_tables_are_listed_offline_under_the_names_that_adql_takes(csc, server):
    """Names have the schema of the release; the number of columns known, and whether it is all."""
    log = RequestLog(server)

    table, older = csc.list_tables(), csc(release="2.0").list_tables()

    assert log.all == []
    assert table["name"].tolist() == NOTEBOOK
    assert older["name"][6] == "csc2.master_source"
    assert (table["columns"][6], table["complete"][6]) == (515, True)
    assert not older["complete"].any()


def test_tables_are_asked_of_the_service(csc):
    """``refresh`` lists the service's tables, in the notebook's order, with all their columns."""
    table = csc.list_tables(refresh=True)

    assert table["name"].tolist() == NOTEBOOK
    assert table["complete"].all()
    assert table["columns"].tolist()[5:7] == [3, 515]
    assert table["description"][15].startswith("one row per data product")


@pytest.mark.parametrize("name", ["ivoa.ObsCore", "TAP_SCHEMA.tables"])
def test_columns_that_only_the_service_knows_are_asked_of_it(csc, name):
    """Without ``refresh`` the error says how to ask; with it the service lists them."""
    with pytest.raises(InvalidQueryError, match=r"refresh=True\) asks it"):
        csc.list_columns(name)

    assert set(csc.list_columns(name, refresh=True)["table"]) == {name}


def test_a_table_that_the_service_does_not_have_is_refused(csc):
    """The error names what may have been meant."""
    with pytest.raises(InvalidQueryError, match=r"no table 'imagge'.*'image'.*refresh=True"):
        csc.list_columns("imagge", refresh=True)


def test_columns_are_listed_offline(csc, server):
    """The dictionary, in the order of the database; every cell is text."""
    log = RequestLog(server)

    table = csc.list_columns("master_source")

    assert log.all == []
    assert table.colnames == LISTED
    assert table["name"].tolist() == list(master_columns("2.1"))
    assert {column.dtype.kind for column in table.itercols()} == {"U"}
    assert set(table["table"]) == {"master_source"}


def test_units_of_the_listing_are_units(csc):
    """Every unit can be used as it stands."""
    table = csc.list_columns("master_source")

    assert [u.Unit(text) for text in set(table["unit"]) if text]
    assert table["unit"][table["name"] == "flux_aper_b"].tolist() == ["erg / (s cm2)"]


@pytest.mark.parametrize("names", [["master_source"], ["csc21.Master_Source "], []])
def test_tables_are_named_with_or_without_schema(csc, names):
    """Several tables, one, or none for all."""
    table = csc.list_columns(*names)

    known = {name for name, info in get_tables("2.1").items() if info.columns}
    assert set(table["table"]) == ({"master_source"} if names else known)


def test_a_keyword_is_looked_for_in_names_and_descriptions(csc):
    """Case does not matter."""
    table = csc.list_columns("master_source", keyword="ERR_Ellipse")

    assert table["name"].tolist() == ["err_ellipse_r0", "err_ellipse_r1", "err_ellipse_ang"]
    assert len(csc.list_columns(keyword="hardness")) > 9


def test_a_keyword_that_is_nowhere_gives_an_empty_table(csc):
    """No row, all columns."""
    table = csc.list_columns(keyword="no such word")

    assert (len(table), table.colnames) == (0, LISTED)


def test_refresh_asks_the_service_every_time(csc, server):
    """TAP_SCHEMA is asked past the cache, and the listing has the same form."""
    csc.list_columns("valid_stack", refresh=True)
    log = RequestLog(server)

    table = csc.list_columns("valid_stack", refresh=True)

    assert [query.rpartition(" ")[2] for query in log.queries] == ["TAP_SCHEMA.columns"]
    assert table.colnames == LISTED
    assert table["name"].tolist() == ["detect_stack_id"]
    assert {column.dtype.kind for column in table.itercols()} == {"U"}


def test_refresh_agrees_with_the_dictionary_where_it_is_complete(csc):
    """The same columns and units of master_source, offline and asked."""
    told = csc.list_columns("master_source", refresh=True)
    known = csc.list_columns("master_source")

    positions = np.isin(told["name"], ["ra", "dec"])
    units = dict(zip(known["name"], known["unit"], strict=True))
    assert sorted(told["name"]) == sorted(known["name"]) == sorted(masters().colnames)
    assert all(row["unit"] == units[row["name"]] for row in told[~positions])


def test_refresh_lists_other_schemas_too(csc):
    """TAP_SCHEMA's own tables keep their whole name."""
    table = csc.list_columns(refresh=True)

    assert {"master_source", "TAP_SCHEMA.columns"} <= set(table["table"])


def test_refresh_with_keyword_chooses_rows(csc):
    """The keyword works on what the service tells, names and descriptions."""
    told = csc.list_columns("master_source", keyword="hardness", refresh=True)
    table = csc.list_columns("master_source", keyword="err_ellipse", refresh=True)

    assert len(table) == 3
    assert len(told) == len(csc.list_columns("master_source", keyword="hardness")) > 9


def test_the_vosi_document_serves_where_tap_schema_does_not():
    """Without TAP_SCHEMA, /tables tells the same."""
    with csc_server(dialect=Dialect(refused=frozenset({"BETWEEN"}))) as server:
        asking = server.csc
        by_query = asking.list_columns("master_source", refresh=True)
        break_queries(asking)
        log = RequestLog(server)
        by_document = asking.list_columns("master_source", refresh=True)

    assert log.paths == ["GET /csc21tap/tables"]
    assert by_document["name"].tolist() == by_query["name"].tolist()
    assert by_document["unit"].tolist() == by_query["unit"].tolist()


def break_queries(csc):
    """Let every POST of a client fail, as a service whose TAP_SCHEMA is broken."""
    send = csc._request

    def refuse(method, url, *args, **kwargs):
        """Send GETs; everything else is refused."""
        if method == "POST":
            raise CscError("no")
        return send(method, url, *args, **kwargs)

    csc._request = refuse


def test_a_service_that_tells_nothing_is_an_error_of_refresh():
    """With neither TAP_SCHEMA nor /tables, refresh fails; offline listings still work."""
    with csc_server(dialect=Dialect(tables=False)) as server:
        asking = server.csc
        break_queries(asking)
        with pytest.raises(CscError, match="404"):
            asking.list_columns("master_source", refresh=True)
        offline = asking.list_columns("master_source")

    assert len(offline) == 515


def test_cache_info_of_an_empty_cache_is_an_empty_table(csc):
    """No row, all columns."""
    info = csc.cache_info()

    assert isinstance(info, Table)
    assert (len(info), info.colnames) == (0, ["release", "route", "url", "retrieved", "size"])
