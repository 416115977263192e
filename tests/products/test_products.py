# Licensed under a 3-clause BSD style license - see LICENSE
"""Which files there are: types, names, what can be known without asking, and lists."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table, vstack
from astroquery.exceptions import CorruptDataWarning, InputWarning, NoResultsWarning

from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, RemoteServiceError
from astroquery_csc.products import find
from astroquery_csc.products.find import check_arguments, plan, read_places
from astroquery_csc.products.types import (
    PRODUCT_TYPES,
    read_file_name,
)
from astroquery_csc.service.files import Archive, Entry
from astroquery_csc.testing import Dialect, csc_server
from astroquery_csc.testing.dialect import Dialect as Speech
from astroquery_csc.testing.files.archive import FileHoldings
from astroquery_csc.testing.holdings import Holdings
from tests.support.canned import Canned, mount

#: A source with two stacks of ACIS, one with stacks of both instruments, one without a flux in
#: some observations, an extended one.
ACIS = "2CXO J004236.1+412156"
BOTH = "2CXO J183607.7+384743"
UNMEASURED = "2CXO J004247.0+412414"
EXTENDED = "2CXO J004239.0+411742X"

KEYS: dict[str, list[Any]] = {
    "name": [ACIS],
    "detect_stack_id": ["acisfJ0042479p411800_001"],
    "obsid": [735],
    "obi": [0],
    "region_id": [12],
    "instrument": ["ACIS"],
}


def rows_with(**cells):
    """Make a table of one row with some cells changed; None takes the column away."""
    columns = {**KEYS, **{key: [value] for key, value in cells.items()}}
    return Table({key: values for key, values in columns.items() if values != [None]})


def planned(types, bands=None, **cells):
    """Plan the files of one row."""
    wanted = check_arguments(rows_with(**cells), types, bands)
    return plan(wanted, read_places(wanted.rows))


def browsed(server):
    """List the requests for lists of files so far."""
    return [seen for seen in server.requests if seen.path == "/csccli/browse"]


def test_a_type_that_is_not_there_is_refused_before_anything_is_sent(csc, server):
    """The error says which one may have been meant."""
    before = len(server.requests)

    with pytest.raises(InvalidQueryError, match="Did you mean 'regimg'"):
        csc.get_product_list(rows_with(), types="regimgs")

    assert len(server.requests) == before


# ---- what is asked ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("evt", "735.0./evt3/"),
        ("img", "735.0./ecorrimg/b"),
        ("lc", "735.0.12/lightcurve/b"),
        ("arf", "735.0.12/arf/"),
        ("stkevt", "acisfJ0042479p411800_001/stkevt3"),
        ("sensity", "acisfJ0042479p411800_001/sensity/b"),
        ("stkregimg", "735.0.12/stkregimg/b"),
        ("mrgsrc", "735.0.12/mrgsrc/"),
        ("bayesblks", "735.0.12/bayesblks/"),
        ("srcaperphot", "735.0.12/srcaperphot/b"),
    ],
)
def test_each_type_is_asked_for_as_csccli_wants_it(kind, spec):
    """By observation, source region or stack; the band is empty where the type has none."""
    assert [product.spec for product in planned(kind, "b")] == [spec]


NEVER: dict[str, tuple[Any, dict[str, Any], str]] = {
    "spectrum of the HRC": (("pha", None), {"instrument": "HRC"}, "the HRC measures no spectra"),
    "response of the HRC": (("rmf", None), {"instrument": "HRC"}, "so it has no rmf"),
    "spectrum of an HRC stack": (
        ("pha", None),
        {"instrument": None, "detect_stack_id": "hrcfJ0042479p411800_001"},
        "the HRC measures no spectra",
    ),
    "band of the HRC": (("lc", "w"), {}, "the band w is not ACIS's, which has b h m s u"),
    "band of ACIS": (
        ("lc", "broad"),
        {"instrument": "HRC"},
        "the band b is not HRC's, which has w",
    ),
}


@pytest.mark.parametrize("case", NEVER)
def test_what_cannot_exist_is_said_without_asking(csc, server, case):
    """One row says why there is no file; nothing is sent."""
    (kind, bands), cells, reason = NEVER[case]
    before = len(server.requests)

    with pytest.warns(NoResultsWarning, match="column 'note' says why"):
        table = csc.get_product_list(rows_with(**cells), types=kind, bands=bands)

    assert len(table) == 1
    assert table["filename"][0] == ""
    assert len(server.requests) == before
    assert reason in table["note"][0]


def test_the_bands_are_those_of_the_instrument():
    """Without bands, five of ACIS and one of the HRC; all six where the table does not tell."""
    assert [product.band for product in planned("lc")] == list("bhmsu")
    assert [product.band for product in planned("lc", instrument="HRC")] == ["w"]
    unknown = planned("lc", instrument=None, detect_stack_id=None)
    assert [product.band for product in unknown] == list("bhmsuw")


def test_a_type_without_bands_has_one_file_whatever_the_bands():
    """A band for it is not an error: the file is asked for, and a note says so."""
    (product,) = planned("arf", "bs")
    assert (product.spec, product.note, product.exists) == (
        "735.0.12/arf/", "one file for all bands", True,
    )  # fmt: skip


def test_what_belongs_to_many_rows_is_asked_for_once():
    """The events of an observation, once for all detections in it; light curves, once each."""
    rows = vstack([rows_with(region_id=1), rows_with(region_id=2), rows_with(region_id=1)])
    wanted = check_arguments(rows, ["evt", "lc"], "b")

    kinds = Counter(product.kind.name for product in plan(wanted, read_places(rows)))

    assert kinds == {"evt": 1, "lc": 2}


def test_a_master_seen_by_both_instruments_has_the_bands_of_both():
    """Each band is asked for by a detection of its instrument."""
    rows = vstack([rows_with(obsid=1), rows_with(obsid=2, instrument="HRC")])
    wanted = check_arguments(rows, "srcaperphot", "bw")

    products = plan(wanted, read_places(rows))

    assert [product.spec for product in products] == [
        "1.0.12/srcaperphot/b",
        "2.0.12/srcaperphot/w",
    ]


def test_a_master_is_asked_for_by_a_detection_of_its_own():
    """Not by one that it shares, nor by a forced limit, where the table has a better one."""
    rows = vstack([rows_with(obsid=number) for number in (1, 2, 3)])
    rows["match_type"] = ["n", "a", "u"]
    wanted = check_arguments(rows, "bayesblks", None)

    (product,) = plan(wanted, read_places(rows))

    assert product.spec == "3.0.12/bayesblks/"


LACKING = {
    "no keys": (("lc", ["obsid", "obi", "region_id"]), "columns obsid, obi, region_id, which the"),
    "no obi": (("evt", ["obi"]), "need the column obi, which the table lacks"),
    "no stack": (("stkevt", ["detect_stack_id"]), "need the column detect_stack_id"),
    "no name": (("bayesblks", ["name"]), "need the column name"),
    "no region of the stack": (("stkregevt", ["region_id"]), "column region_id"),
    "a master's row": (("mrgsrc", ["detect_stack_id"]), "column detect_stack_id"),
}


@pytest.mark.parametrize("case", LACKING)
def test_a_table_without_the_keys_is_refused_and_they_are_named(csc, case):
    """The error names the type, the columns that it needs, and the verb that gives them."""
    (kind, columns), words = LACKING[case]
    with pytest.raises(InvalidQueryError, match=words) as caught:
        csc.get_product_list(rows_with(**dict.fromkeys(columns)), types=kind)
    assert "Csc.query_detections" in str(caught.value)


BAD_ROWS = {
    "a name": (ACIS, InputTypeError, "rows is a str; expected a Table"),
    "nothing": (None, InputTypeError, "rows is a NoneType"),
    "half an ObsID": (rows_with(obsid=7.5), InputTypeError, "Row 0 has obsid 7.5"),
    "text for an ObsID": (rows_with(obsid="735"), InputTypeError, "expected a whole number"),
    "a negative one": (rows_with(obsid=-1), InputTypeError, "Row 0 has obsid -1"),
    "a name of release 1": (rows_with(name="CXO J162624.0-242448"), InvalidQueryError, "release 1"),
    "no name": (rows_with(name="M31"), InvalidQueryError, "'M31' is not a 2CXO name"),
    "no stack": (rows_with(detect_stack_id="a,b/c"), InvalidQueryError, "'a,b/c'; expected one"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_rows_that_are_none_are_refused(csc, server, case):
    """Types and values of keys are checked before anything is sent."""
    rows, error, words = BAD_ROWS[case]
    before = len(server.requests)

    with pytest.raises(error, match=words):
        csc.get_product_list(rows, types=["evt", "lc"])

    assert len(server.requests) == before


@pytest.mark.parametrize("bands", ["x", "gamma", ["b", "q"]])
def test_a_band_that_does_not_exist_is_refused(csc, bands):
    """CIAO's words and letters are taken, nothing else."""
    with pytest.raises(InvalidQueryError, match="does not exist"):
        csc.get_product_list(rows_with(), types="lc", bands=bands)


def test_rows_whose_keys_are_masked_are_passed_over_and_counted(csc):
    """As query_objects gives them for names that it did not find."""
    rows = Table(vstack([rows_with(obsid=90001, region_id=1), rows_with()]), masked=True)
    rows["obsid"].mask[1] = True

    with pytest.warns(InputWarning, match="1 of 2 rows lack keys"):
        table = csc.get_product_list(rows, types="arf")

    assert table["obsid"].tolist() == [90001]


def test_the_numbers_of_a_detection_are_enough_for_its_files(csc):
    """Without a name the same files come; nothing tells whose they are."""
    rows = csc.query_detections(ACIS)

    named = csc.get_product_list(rows, types=["pha", "aperphot", "evt"], bands="b")
    numbers = csc.get_product_list(
        rows["obsid", "obi", "region_id"], types=["pha", "aperphot", "evt"], bands="b"
    )

    assert numbers["filename"].tolist() == named["filename"].tolist()
    assert numbers["name"].mask.all()


def test_a_detection_without_a_name_is_kept_by_observation(csc, tmp_path):
    """There is no folder of the source."""
    rows = csc.query_detections(ACIS)["obsid", "obi", "region_id"][:1]

    done = csc.download_products(csc.get_product_list(rows, types="arf"), location=tmp_path)

    assert [path.parent for path in map(Path, done["path"])] == [tmp_path / "90001_000"]


def test_a_stack_region_without_a_name_is_asked_for_by_an_observation(csc):
    """The archive is asked by observation, which only a name could be looked up by."""
    rows = csc.query_detections(ACIS)[:1]
    keys = rows["detect_stack_id", "region_id", "obsid", "obi"]

    table = csc.get_product_list(keys, types="stkregevt")

    assert table["filename"] == csc.get_product_list(rows, types="stkregevt")["filename"]
    with pytest.raises(InvalidQueryError, match="need the columns obsid, obi, which"):
        csc.get_product_list(keys["detect_stack_id", "region_id"], types="stkregevt")


def test_no_rows_give_an_empty_list_with_its_columns(csc):
    """An empty table in, an empty list out, and a warning."""
    with pytest.warns(NoResultsWarning, match="There are no rows"):
        table = csc.get_product_list(rows_with()[:0], types="lc")

    assert table.colnames == [
        "name", "obsid", "obi", "region_id", "detect_stack_id", "level", "type", "band",
        "filename", "filetype", "note",
    ]  # fmt: skip
    assert len(table) == 0


# ---- lists ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def detections(server, tmp_path_factory):
    """Give every detection of three sources: observations, of both instruments."""
    csc = CscClass(server=server.url)
    csc.cache_location = tmp_path_factory.mktemp("detections")
    return csc.query_detections([ACIS, BOTH, UNMEASURED], match_type=None)


@pytest.fixture(scope="module")
def holdings():
    """Give the files of the test archive, as the service has them."""
    release = get_release("2.1")
    return FileHoldings(Holdings(Dialect()).tables(release), release)


def test_the_list_has_every_file_of_the_archive_and_no_other(csc, detections, holdings):
    """All types of all detections: what csccli names when each is asked by itself."""
    table = csc.get_product_list(detections, types=list(PRODUCT_TYPES))

    there = {
        file.filename
        for row in detections
        for kind in PRODUCT_TYPES.values()
        for whose in (
            f"{row['obsid']}.{row['obi']}.{row['region_id']}",
            f"{row['obsid']}.{row['obi']}.",
        )
        for file in holdings.browse(f"{whose}/{kind.filetype}/")
        if kind.level != "master" or not file.subject.owner.endswith("X")
    }
    listed = [name for name in table["filename"].tolist() if name]
    assert len(listed) > 150
    assert len(set(listed)) == len(listed)
    assert set(listed) - there == set()
    others = {name for name in there - set(listed) if not name.startswith("2CXO")}
    assert others == set()


def test_each_row_has_the_keys_that_its_file_has(csc, detections):
    """The name of the file says the same as the columns; other keys are masked."""
    table = csc.get_product_list(detections, types=["evt", "lc", "stkregimg", "bayesblks"])

    rows = table[table["filename"] != ""]
    keys = ("name", "obsid", "obi", "region_id")
    masked = {(row["level"], *(key for key in keys if np.ma.is_masked(row[key]))) for row in rows}
    assert masked == {
        ("observation", "name", "region_id"),
        ("source region",),
        ("stack region", "obsid", "obi"),
        ("master", "obsid", "obi", "region_id"),
    }
    found: Any = [read_file_name(name) for name in rows["filename"]]
    assert [one.band for one in found] == np.ma.filled(rows["band"], "").tolist()


def test_what_is_not_in_the_archive_has_a_row_that_says_so(csc, detections):
    """Light curves are not there where nothing was measured; no row is missing for that."""
    table = csc.get_product_list(detections, types="lc", bands="b")

    acis = [row for row in detections if row["instrument"] == "ACIS"]
    of_acis = table[["ACIS's" not in note and "HRC's" not in note for note in table["note"]]]
    assert len(of_acis) == len(acis)
    without = of_acis[of_acis["filename"] == ""]
    assert set(without["note"].tolist()) == {"not in the archive"}
    unmeasured = [row for row in acis if np.ma.is_masked(row["flux_aper_b"])]
    assert len(without) == len(unmeasured) > 0


def test_one_request_lists_many_files(csc, server, detections):
    """As many as an address of 4,000 characters holds."""
    before = len(browsed(server))

    table = csc.get_product_list(detections, types=["pha", "arf", "rmf", "lc"], bands="b")

    assert len(table) > 20
    assert len(browsed(server)) - before == 1


def test_long_lists_are_asked_in_several_requests_of_at_most_4000_characters(csc):
    """10,000 detections make requests that a server reads, and every one is in just one of them."""
    count = 10_000
    rows = Table({key: values * count for key, values in KEYS.items()})
    rows["region_id"] = np.arange(count)

    payload = csc.get_product_list(rows, types="lc", bands="b", get_query_payload=True)

    lengths = [
        len(f"{url}?packageset={specs}&version=rel2.1")
        for url, specs in zip(payload["url"], payload["packageset"], strict=True)
    ]
    assert max(lengths) <= 4000
    assert min(lengths[:-1]) > 3900
    specs = ",".join(payload["packageset"]).split(",")
    assert len(specs) == len(set(specs)) == count


def test_a_payload_is_a_dict_and_nothing_is_sent(csc, server):
    """The request of the list, or of the look-up that it needs before."""
    before = len(server.requests)

    payload = csc.get_product_list(rows_with(), types="lc,evt", bands="b", get_query_payload=True)
    looked_up = csc.get_product_list(
        rows_with(obsid=None), types="bayesblks", get_query_payload=True
    )

    assert payload == {
        "url": f"{server.url}/csccli/browse",
        "method": "GET",
        "packageset": "735.0.12/lightcurve/b,735.0./evt3/",
        "version": "rel2.1",
    }
    assert ACIS in looked_up["QUERY"]
    assert len(server.requests) == before


def test_the_order_of_the_archives_list_does_not_matter(csc, detections, tmp_path):
    """Files are told by their names."""
    usual = csc.get_product_list(detections, types=["lc", "pha", "mrgsrc", "srcaperphot"])
    with csc_server(dialect=Speech(browse_order="shuffled")) as shuffled:
        shuffled.csc.cache_location = tmp_path
        other: Any = shuffled.csc.get_product_list(
            detections, types=["lc", "pha", "mrgsrc", "srcaperphot"]
        )

    assert other.pformat() == usual.pformat()
    assert (other["filename"] == usual["filename"]).all()


def test_masters_are_looked_up_for_a_detection_to_ask_by(csc, server):
    """Rows of query_object do for files of masters: one look-up, one list."""
    master = csc.query_object(ACIS)
    before = len(server.requests)

    table = csc.get_product_list(master, types=["bayesblks", "srcaperphot"], bands="b")

    assert table["type"].tolist() == ["bayesblks", "srcaperphot"]
    assert all(name.startswith("2CXOJ0042361p412156N") for name in table["filename"])
    paths = [seen.path for seen in server.requests[before:]]
    assert sum("browse" in path for path in paths) == 1


def test_both_instruments_count_for_the_files_of_a_master(csc):
    """A source with stacks of ACIS and of the HRC has posteriors in the bands of both."""
    master = csc.query_object(BOTH)

    table = csc.get_product_list(master, types="srcaperphot")

    assert set(table["band"].tolist()) == set("bhmsuw")
    assert (table["filename"] != "").all()


def test_rows_of_stacks_are_looked_up_for_an_observation_to_ask_by(csc):
    """Rows of query_detections(level='stack') do for files of regions of stacks."""
    stacks = csc.query_detections(ACIS, level="stack")

    table = csc.get_product_list(stacks, types="stkregevt")

    assert table["detect_stack_id"].tolist() == stacks["detect_stack_id"].tolist()
    assert table["region_id"].tolist() == stacks["region_id"].tolist()
    assert all(
        name.startswith(f"{stack}N")
        for name, stack in zip(table["filename"], table["detect_stack_id"], strict=True)
    )


def test_a_source_without_detections_has_a_row_that_says_so(csc):
    """The real sources of NGC 1333 have none here: nothing is known by which to ask."""
    master = csc.query_object("2CXO J032908.3+312020")

    with pytest.warns(NoResultsWarning) as caught:
        table = csc.get_product_list(master, types="bayesblks")

    assert table["note"].tolist() == ["no known detection identifies it"]
    assert "There is no file" in str(caught[-1].message)


def test_a_shared_detection_has_a_row_for_each_source(csc):
    """Both names lead to the same file."""
    shared = csc.query_detections(obsid=90005, match_type="a")
    pair = shared[shared["region_id"] == shared["region_id"][0]]

    table = csc.get_product_list(pair, types="arf")

    assert len(pair) == 2
    assert len(set(table["name"].tolist())) == 2
    assert len(set(table["filename"].tolist())) == 1


def test_the_list_is_cached_and_each_call_gives_a_new_table(csc, server):
    """The second call asks nobody; cache=False asks; nothing that was changed comes back."""
    rows = csc.query_detections(ACIS)
    first = csc.get_product_list(rows, types="lc")
    first["filename"][0] = "changed"
    before = len(browsed(server))

    second = csc.get_product_list(rows, types="lc")
    csc.get_product_list(rows, types="lc", cache=False)

    assert second["filename"][0] != "changed"
    assert len(browsed(server)) - before == 1
    assert "csccli" in csc.cache_info()["route"].tolist()


def test_a_release_has_its_own_files(csc, server):
    """Names differ by release, and csccli is told which."""
    older = csc(release="2.0")
    rows = older.query_detections(ACIS)

    table = older.get_product_list(rows, types="arf")

    assert browsed(server)[-1].params["VERSION"] == "rel2.0"
    assert table.meta["RELEASE"] == "2.0"
    newer = csc.get_product_list(rows, types="arf")
    assert table["filename"].tolist() != newer["filename"].tolist()


def test_the_list_says_where_it_is_from_and_survives_fits(csc, tmp_path):
    """No object columns; meta survives; what is read back can be asked for again."""
    table = csc.get_product_list(csc.query_detections(ACIS), types=["evt", "lc"], bands="b")

    table.write(tmp_path / "list.fits")
    back = Table.read(tmp_path / "list.fits")

    assert not [name for name in table.colnames if table[name].dtype.kind == "O"]
    assert back.meta["RELEASE"] == "2.1"
    assert table.meta["SERVICE"].startswith("csccli http")
    assert table.meta["QUERY"] == "types: evt lc; bands: b"
    there = table["filename"] != ""
    assert back["filename"][there].astype(str).tolist() == table["filename"][there].tolist()


def test_detections_that_went_through_fits_can_be_asked_for(csc, tmp_path):
    """Keys as bytes are the same keys."""
    rows = csc.query_detections(ACIS)
    rows.write(tmp_path / "rows.fits")

    table = csc.get_product_list(Table.read(tmp_path / "rows.fits"), types="arf")

    usual = csc.get_product_list(rows, types="arf")
    assert table["filename"].tolist() == usual["filename"].tolist()


def test_one_row_is_a_table_of_one_row(csc):
    """A Row is taken as it is."""
    rows = csc.query_detections(ACIS)

    table = csc.get_product_list(rows[0], types="arf")

    assert len(table) == 1


def test_names_that_no_file_has_are_left_out_with_a_warning(csc, tmp_path):
    """A name with slashes never gets into the list."""
    rows = csc.query_detections(ACIS)
    with csc_server(dialect=Speech(file_faults=(("arf3", "hostile name"),))) as server:
        server.csc.cache_location = tmp_path
        with pytest.warns() as caught:
            table = server.csc.get_product_list(rows, types=["arf", "rmf"])

    assert {warning.category for warning in caught} == {CorruptDataWarning}
    assert "'../../acisf" in str(caught[0].message)
    assert set(table["filename"][table["type"] == "arf"].tolist()) == {""}
    assert "" not in table["filename"][table["type"] == "rmf"].tolist()


LIST = b'[{"productId": 1, "filetype": "arf", "filename": "%s"}]'
NAME = b"acisf00735_000N%03d_r0012_arf3.fits"


def listed_from(csc, body, status=200):
    """Ask for one file while csccli answers so."""
    adapter = mount(csc, {"GET https://cda.cfa.harvard.edu/csccli/browse": Canned(body, status)})
    return csc.get_product_list(rows_with(), types="arf"), adapter


@pytest.fixture
def elsewhere(tmp_path):
    """Make a client of the real address, in front of which canned answers stand."""
    csc = CscClass(server="https://cda.cfa.harvard.edu")
    csc.cache_location = tmp_path
    return csc


def test_of_several_revisions_the_latest_counts(elsewhere):
    """Invented: a list with three revisions of one file."""
    items = b",".join((LIST % (NAME % number))[1:-1] for number in (9, 21, 20))

    table, _ = listed_from(elsewhere, b"[" + items + b"]")

    assert table["filename"].tolist() == ["acisf00735_000N021_r0012_arf3.fits"]


def test_both_cycles_of_alternating_exposures_are_listed(elsewhere):
    """Invented: an observation in interleaved mode has two files of a kind."""
    items = [
        LIST % f"acisf00735_000N020_{cycle}_r0012_arf3.fits".encode() for cycle in ("e1", "e2")
    ]

    table, _ = listed_from(elsewhere, b"[" + b",".join(item[1:-1] for item in items) + b"]")

    assert [name[18:21] for name in table["filename"]] == ["_e1", "_e2"]


@pytest.mark.parametrize(
    "body",
    [
        b"<html><h1>Maintenance</h1></html>",
        b'{"error": "Maintenance"}',
        b"Maintenance",
        b"",
        b"[1]",
    ],
)
def test_what_is_no_list_is_an_error_and_is_not_kept(elsewhere, body):
    """A page instead of a list is told by its words, and asked for anew."""
    with pytest.raises(RemoteServiceError, match=r"gave no list of files. It said: "):
        listed_from(elsewhere, body)

    table, adapter = listed_from(elsewhere, LIST % (NAME % 20))

    assert table["filename"][0] == "acisf00735_000N020_r0012_arf3.fits"
    assert len(adapter.seen) == 1


def test_an_error_of_the_archive_is_passed_on(elsewhere):
    """Status 500 is the service's failure, with its words."""
    with (
        conf.set_temp("retries", 0),
        pytest.raises(RemoteServiceError, match=r"HTTP status 500.*out of memory"),
    ):
        listed_from(elsewhere, b"out of memory", 500)


def test_a_list_in_the_cache_that_was_damaged_is_asked_for_again(elsewhere):
    """What cannot be read any more is forgotten."""
    listed_from(elsewhere, LIST % (NAME % 20))
    (kept,) = elsewhere.cache_location.glob("*.csc")
    kept.write_bytes(kept.read_bytes()[:-3] + b"}}]")

    table, adapter = listed_from(elsewhere, LIST % (NAME % 21))

    assert table["filename"][0] == "acisf00735_000N021_r0012_arf3.fits"
    assert len(adapter.seen) == 1


def test_a_release_that_csccli_does_not_know_is_refused(csc):
    """Without a version there is nothing to ask for."""
    archive = csc._service(csc._settings())
    assert isinstance(archive, Archive)
    assert archive.version == "rel2.1"
    current = csc(release="current")
    assert current._service(current._settings()).version == "cur"


def test_files_of_an_extended_source_in_an_observation_are_asked_for(csc, server):
    """Nothing is claimed of X sources: the archive says what there is."""
    before = len(server.requests)

    with pytest.warns(NoResultsWarning, match="column 'note' says why"):
        table = csc.get_product_list(rows_with(name=EXTENDED), types="lc", bands="b")

    assert table["note"].tolist() == ["not in the archive"]
    assert len(server.requests) == before + 1


def test_a_picture_per_band_is_found_and_an_unmatched_file_is_named():
    """A type without bands takes files of any band; what matches nothing is in a warning."""
    place = find.Place("2CXO J083459.1+553527", "acisfJ0834591p553527_001", 735, 0, 38, "ACIS")
    product = find.Product(PRODUCT_TYPES["stkregimg_jpg"], "", place)
    picture = "acisfJ0834591p553527_001N020_r0038b_regimg3.jpg"
    other = "acisfJ0834591p553527_001N020_r0039b_regimg3.jpg"

    with pytest.warns(InputWarning, match="r0039b_regimg3.jpg"):
        found = find._assign([product], [Entry(picture, ""), Entry(other, "")])

    assert [name for name, _ in found[product.own]] == [picture]
