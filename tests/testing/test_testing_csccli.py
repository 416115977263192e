# Licensed under a 3-clause BSD style license - see LICENSE
"""The test service's files: lists, contents, archives, ADQL on bare names, images, faults."""

import gzip
import io
import json
import tarfile

import numpy as np
import pytest
import pyvo
import requests
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.products.types import PRODUCT_TYPES, read_file_name
from astroquery_csc.testing import Dialect, csc_server
from astroquery_csc.testing.files.archive import FileHoldings
from astroquery_csc.testing.files.faults import FILE_FAULTS
from astroquery_csc.testing.files.fits import ENERGY_ERG, make_file
from astroquery_csc.testing.holdings import Holdings
from tests.support.examples import one_in
from tests.support.sky import sky

REGION = "90001.0.1"
STACK = "acisfJ0042479p411800_001"
#: A source region whose stack's detection belongs to an extended source.
EXTENDED = "90001.0.{region}"


@pytest.fixture(scope="module")
def http():
    """Give a session that is closed at the end."""
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="module")
def holdings():
    """Give the files of the test archive."""
    release = get_release("2.1")
    return FileHoldings(Holdings(Dialect()).tables(release), release)


def browse(http, server, specs, version="rel2.1"):
    """Ask for a list as CIAO does."""
    params = {"packageset": specs, "version": version}
    return http.get(f"{server.url}/csccli/browse", params=params)


def fetch(http, server, filename, filetype):
    """Ask for a file as CIAO does."""
    params = {"filename": filename, "filetype": filetype, "version": "rel2.1"}
    return http.get(f"{server.url}/csccli/retrieveFile", params=params)


# ---- lists ------------------------------------------------------------------------------------


def test_browse_gives_a_json_list(server, http):
    """Each file has a number, its type and its name."""
    answer = browse(http, server, f"{REGION}/lightcurve/b,90001.0./evt3/,{STACK}/sensity/b")

    listed = json.loads(answer.content)
    assert [sorted(item) for item in listed] == [["filename", "filetype", "productId"]] * 3
    assert [item["filetype"] for item in listed] == ["lightcurve", "evt3", "sensity"]
    assert all(read_file_name(item["filename"]) for item in listed)


@pytest.mark.parametrize(
    "spec",
    [
        "1.0.1/lightcurve/b",
        f"{REGION}/lightcurve/w",
        f"{REGION}/nonsense/b",
        f"{REGION}/arf/b",
        "90001.0.999999/arf/",
        "90001/arf/",
        "acisfJ0000000p000000_001/stkevt3",
        "x.y.z/arf/",
        "",
        "/",
    ],
)
def test_browse_gives_an_empty_list_for_what_is_not_there(server, http, spec):
    """[] is the whole answer."""
    answer = browse(http, server, spec)

    assert (answer.status_code, answer.text) == (200, "[]")


def test_a_stack_can_be_asked_for_by_an_observation_too(server, http):
    """CIAO does so."""
    by_stack = browse(http, server, f"{STACK}/stkevt3").json()

    assert browse(http, server, "90001.0./stkevt3/").json() == by_stack


def test_names_have_revisions_that_differ_by_type_and_release(server, http):
    """So nobody can guess them."""
    newer, older = (
        [item["filename"] for item in browse(http, server, specs, version).json()]
        for specs, version in (
            (f"{REGION}/arf/,{REGION}/rmf/", "rel2.1"),
            (f"{REGION}/arf/,{REGION}/rmf/", "rel2.0"),
        )
    )

    assert len({name[16:20] for name in newer + older}) > 2


def test_a_version_that_is_not_there_is_refused(server, http):
    """As is a path."""
    assert browse(http, server, "", "rel9.9").status_code == 400
    assert http.get(f"{server.url}/csccli/nonsense").status_code == 404


# ---- contents ---------------------------------------------------------------------------------


def examples(holdings):
    """Give one file of each type, by name."""
    whose = {"observation": "90001.0.", "stack": STACK}
    found = {}
    for kind in PRODUCT_TYPES.values():
        place = REGION if kind.by_region else whose.get(kind.level, REGION)
        found[kind.name] = holdings.browse(f"{place}/{kind.filetype}/")[:1]
    return {name: files[0] for name, files in found.items() if files}


def test_there_is_a_file_of_each_type(holdings):
    """All but one for which no source here is extended enough; each is the same at every call."""
    files = examples(holdings)

    assert set(PRODUCT_TYPES) - set(files) == {"srcpoly"}
    assert all(make_file(file) == make_file(file) for file in files.values())


def test_each_picture_is_a_jpeg(holdings):
    """It begins as one."""
    pictures = [file for file in examples(holdings).values() if file.kind.suffix == ".jpg"]

    assert [make_file(file)[:3] for file in pictures] == [b"\xff\xd8\xff"]


def test_each_other_file_is_valid_fits(holdings):
    """Astropy finds nothing to mend; a reader that is not astropy's sees the same HDUs."""
    files = {name: file for name, file in examples(holdings).items() if file.kind.suffix != ".jpg"}

    for name, file in files.items():
        data = make_file(file)
        with fits.open(io.BytesIO(data)) as blocks:
            blocks.verify("exception")
            names = [block.name for block in blocks]
            assert all(block.header["ORIGIN"] == "synthetic" for block in blocks)
        assert len(names) > 1 or blocks[0].header["CTYPE1"] == "RA---TAN", name


def test_another_reader_of_fits_finds_the_same(holdings, tmp_path):
    """A spectrum through fitsio: HDUs, columns, keywords."""
    fitsio = pytest.importorskip("fitsio")
    (tmp_path / "pha.fits").write_bytes(make_file(examples(holdings)["pha"]))

    with fitsio.FITS(tmp_path / "pha.fits") as file:
        assert [block.get_extname() for block in file][1:] == ["SPECTRUM1", "GTI0", "SPECTRUM2"]
        assert file[1].get_colnames() == ["CHANNEL", "PI", "COUNTS"]
        assert file[1].read_header()["HDUCLAS1"] == "SPECTRUM"
        assert file[1].get_nrows() == 1024


def test_a_spectrum_names_its_responses_and_its_background(holdings):
    """The names are those of files in the archive."""
    files = examples(holdings)

    with fits.open(io.BytesIO(make_file(files["pha"]))) as blocks:
        header = blocks["SPECTRUM1"].header

    assert header["ANCRFILE"] == files["arf"].filename
    assert header["RESPFILE"] == files["rmf"].filename
    assert header["BACKFILE"] == files["pha"].filename
    assert holdings.find(header["ANCRFILE"], "arf") == files["arf"]


def test_a_light_curve_lies_within_its_observation(holdings):
    """Its times are seconds of the mission, as the catalogue's."""
    file = examples(holdings)["lc"]

    curve = Table.read(io.BytesIO(make_file(file)), hdu="LIGHTCURVE")

    assert curve.colnames == ["Time", "COUNT_RATE", "COUNT_RATE_ERR", "Minus_3Sig", "Plus_3Sig"]
    assert file.subject.number("gti_start") < curve["Time"].min()
    assert curve["Time"].max() < file.subject.number("gti_stop")


def test_an_image_and_a_region_are_where_the_source_is(holdings):
    """The centre of both is the detection's position."""
    files = examples(holdings)
    numbers = files["regimg"].subject.numbers
    place = SkyCoord(numbers["ra"], numbers["dec"], unit="deg")

    with fits.open(io.BytesIO(make_file(files["regimg"]))) as blocks:
        middle = (blocks[0].shape[0] - 1) / 2
        centre = WCS(blocks[0].header, fix=False).pixel_to_world(middle, middle)
    with fits.open(io.BytesIO(make_file(files["reg"]))) as blocks:
        names = [block.name for block in blocks[1:]]
        del blocks[1].header["RADESYS"]  # astropy warns of it in tables
        wcs = WCS(blocks[1].header, keysel=["pixel"], colsel=[2, 3], fix=False)
        region = wcs.all_pix2world(blocks[1].data["X"], blocks[1].data["Y"], 1)

    assert centre.separation(place) < 0.01 * u.arcsec
    assert SkyCoord(*region, unit="deg")[0].separation(place) < 0.01 * u.arcsec
    assert names == [f"ECF90REG{letter}" for letter in "BUSMH"]


def limits():
    """Find a source region whose flux is a limit, and one whose flux is none."""
    table = sky()["observation_source"]
    acis = table[(table["instrument"] == "ACIS") & ~table["flux_aper_b"].mask]
    return [acis[acis["flux_aper_b"] == 0][0], acis[acis["flux_aper_b"] > 0][0]]


@pytest.mark.filterwarnings("ignore:.*multiple slashes")  # astropy 6
@pytest.mark.parametrize("row", limits(), ids=["limit", "measurement"])
def test_a_posterior_has_the_values_of_the_catalogue(holdings, row):
    """Its mode is the flux, and 68 % are between the limits."""
    spec = f"{row['obsid']}.{row['obi']}.{row['region_id']}/aperphot/b"
    (file,) = holdings.browse(spec)

    table = Table.read(io.BytesIO(make_file(file)), hdu="PHOTFLUX")

    flux, density = table["intensity"] * ENERGY_ERG, table["MPDF"] / ENERGY_ERG
    assert abs(flux[np.argmax(density)] - row["flux_aper_b"]) <= flux[1]
    bounds = [row["flux_aper_lolim_b"], row["flux_aper_hilim_b"]]
    below = np.interp(bounds, flux, np.cumsum(density) * flux[1])
    assert below[1] - below[0] == pytest.approx(0.68, abs=0.01)


def test_only_extended_sources_have_outlines(holdings):
    """And nothing of single observations."""
    assoc = sky()["master_stack_assoc"]
    extended = next(row for row in assoc if str(row["name"]).strip().endswith("X"))
    stacks = sky()["detect_stack"]
    seen = stacks[stacks["detect_stack_id"] == extended["detect_stack_id"]][0]
    whose = f"{seen['obsid']}.{seen['obi']}.{extended['region_id']}"

    outlines = [file.filename for file in holdings.browse(f"{whose}/srcpoly3/")]

    assert [name.partition("N")[0][-1] for name in outlines] == ["X"]
    assert holdings.browse(f"{whose}/arf/") == []
    assert holdings.browse(f"{REGION}/srcpoly3/") == []


# ---- files ------------------------------------------------------------------------------------


def test_a_file_comes_compressed(server, http, holdings):
    """As the archive keeps it: HTTP does not say so."""
    file = examples(holdings)["arf"]

    answer = fetch(http, server, file.filename, "arf")

    assert "Content-Encoding" not in answer.headers
    assert gzip.decompress(answer.content) == make_file(file)


@pytest.mark.parametrize(
    ("filename", "filetype"),
    [
        ("acisf00001_000N020_r0001_arf3.fits", "arf"),
        ("nonsense", "arf"),
        ("../../etc/passwd", "arf"),
        (f"{STACK}N001_evt3.fits", "stkevt3"),
    ],
)
def test_a_file_that_is_not_there_is_404(server, http, filename, filetype):
    """Also one of another revision."""
    answer = fetch(http, server, filename, filetype)

    assert answer.status_code == 404
    assert answer.text.startswith("File not found")


def test_every_listed_file_is_found_by_its_name(holdings):
    """Also those of stacks, regions of stacks, and masters."""
    files = list(examples(holdings).values())

    assert [holdings.find(file.filename, file.kind.filetype) for file in files] == files


def test_a_request_that_is_too_long_is_refused(server, http):
    """CIAO keeps its addresses below 4000 characters, as the archive's server wants it."""
    answer = http.get(f"{server.url}/csccli/browse", params={"packageset": "x" * 20_000})

    assert (answer.status_code, answer.text) == (414, "Request-URI Too Long\n")


def test_an_archive_has_one_folder_of_compressed_files(server, http):
    """``retrieve`` packs what ``browse`` lists."""
    specs = f"{REGION}/arf/,{REGION}/rmf/"
    params = {"packageset": specs, "version": "rel2.1"}

    answer = http.get(f"{server.url}/csccli/retrieve", params=params)

    listed = [item["filename"] for item in browse(http, server, specs).json()]
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as package:
        assert package.getnames() == [f"package/{name}.gz" for name in listed]
    nothing = http.get(f"{server.url}/csccli/retrieve", params={"packageset": "1.0.1/arf/"})
    assert nothing.status_code == 404


def test_a_catalogue_of_the_users_has_the_files_of_its_detections(http):
    """And none where the tables are missing."""
    own = {name: sky()[name][:50] for name in ("observation_source", "detect_stack")}
    with csc_server(catalogue=own) as server:
        assert len(browse(http, server, f"{REGION}/arf/").json()) == 1
    with csc_server(catalogue={"master_source": Table({"name": ["x"]})}) as server:
        assert browse(http, server, f"{REGION}/arf/").json() == []


# ---- faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", one_in(4, [(name,) for name in FILE_FAULTS if name != "hostile name"])
)
def test_each_fault_of_a_file_keeps_it_from_coming_whole(http, holdings, fault):
    """But for a service that is slow, or busy once."""
    file = examples(holdings)["arf"]
    with csc_server(dialect=Dialect(file_faults=(("arf3", fault),))) as server:
        url = f"{server.url}/csccli/retrieveFile"
        params = {"filename": file.filename, "filetype": "arf"}
        try:
            answer = requests.get(url, params=params, timeout=3)
            whole = answer.status_code == 200 and answer.content == gzip.compress(
                make_file(file), mtime=0
            )
        except requests.RequestException:
            whole = False
        again = requests.get(url, params=params, timeout=20) if fault == "busy" else None

    assert whole == (fault == "slow")
    assert again is None or again.status_code == 200
    assert not server.faults


def test_a_hostile_name_is_in_the_list(http):
    """It leads out of the folder that a client may use."""
    with csc_server(dialect=Dialect(file_faults=(("arf3", "hostile name"),))) as server:
        (item,) = browse(http, server, f"{REGION}/arf/").json()

    assert item["filename"].startswith("../../")


def test_a_fault_that_is_not_known_is_refused():
    """By the dialect."""
    with pytest.raises(InvalidQueryError, match=r"file_faults='burnt'.*'cut'"):
        Dialect(file_faults=(("arf3", "burnt"),))


# ---- ADQL on bare names -----------------------------------------------------------------------

QUERY = "SELECT m.name, m.ra, m.dec, m.flux_aper_b FROM master_source m WHERE m.name = '%s'"
NAME = "2CXO J032903.3+311839"


def properties(http, server, query, **params):
    """Ask as CIAO does."""
    data = {"query": query, "version": "rel2.1", **params}
    return http.post(f"{server.url}/csccli/getProperties", data=data).text.splitlines()


def test_properties_come_as_lines_with_tabs(server, http):
    """A line for each column, the line of names, the rows; positions are sexagesimal."""
    lines = properties(http, server, QUERY % NAME)

    assert [line.split()[:2] for line in lines[:4]] == [
        ["#Column", name] for name in ("name", "ra", "dec", "flux_aper_b")
    ]
    assert lines[4:] == [
        "name\tra\tdec\tflux_aper_b",
        f"{NAME}\t03 29 03.39\t31 18 39.86\t0.000000e+00",
    ]


def test_properties_can_be_decimal_with_seven_digits(server, http):
    """Which is 0.36 arcsec; all digits are for other columns only."""
    params = {"coordFormat": "decimal", "floatFormat": "native"}

    row = properties(http, server, QUERY % NAME, **params)[-1].split("\t")

    assert row[1:] == ["5.226414e+01", "3.131107e+01", "0.0"]


def test_null_looks_as_it_is_asked_to(server, http):
    """By default it is empty."""
    name = "2CXO J032908.3+312020"

    assert properties(http, server, QUERY % name)[-1].split("\t")[3] == ""
    assert properties(http, server, QUERY % name, nullAppearance="NaN")[-1].endswith("\tNaN")


def test_properties_can_be_a_votable(server, http):
    """As TAP writes it."""
    lines = properties(http, server, QUERY % NAME, outputFormat="votable")

    assert "<VOTABLE" in lines[1]


@pytest.mark.parametrize("query", ["SELECT nonsense FROM master_source", "rubbish", ""])
def test_a_bad_query_is_refused_with_status_200(server, http, query):
    """The words are CIAO's sign of an error."""
    assert properties(http, server, query)[0].startswith("Error executing query: ")


# ---- images -----------------------------------------------------------------------------------


def test_pyvo_finds_images_and_their_addresses(server, http):
    """Bands and addresses are those that a client reads; pictures in three colours have no band."""
    service = pyvo.dal.SIAService(f"{server.url}/csc21siap/queryImages")

    images = service.search(pos=(10.7, 41.3), size=0.3)

    assert {image["band"] for image in images} == {"", *(f"CXO_{band}" for band in "bhmsu")}
    answer = http.get(images[0].getdataurl())
    assert gzip.decompress(answer.content).startswith(b"SIMPLE  =")


@pytest.mark.parametrize("params", [{}, {"POS": "10.7"}, {"POS": "a,b"}, {"POS": "1,2"}])
def test_a_bad_request_for_images_is_refused(server, http, params):
    """As a bad query is."""
    answer = http.get(f"{server.url}/csc21siap/queryImages", params=params)

    assert 'value="ERROR"' in answer.text
