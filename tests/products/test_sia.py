# Licensed under a 3-clause BSD style license - see LICENSE
"""Which images there are of a place, and how they are fetched."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvo
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from astroquery.exceptions import CorruptDataWarning, InputWarning, NoResultsWarning

from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import (
    InputTypeError,
    InvalidQueryError,
    RemoteServiceError,
    TableParseError,
)
from astroquery_csc.products import images
from astroquery_csc.testing import Dialect, csc_server
from astroquery_csc.testing.dialect import Dialect as Speech
from astroquery_csc.testing.files.siap import FIELD_DEG
from tests.support.canned import Canned, mount

PLACE = SkyCoord(10.7, 41.3, unit="deg")
SIA = "/csc21siap/queryImages"


def asked(server):
    """List the requests for images so far."""
    return [seen.params for seen in server.requests if seen.path == SIA]


def test_the_images_of_a_place_come_as_a_list_of_files(csc):
    """Filename, filetype and level first, then the service's columns; no column of objects."""
    images = csc.query_sia(PLACE, 0.3 * u.deg)

    assert images.colnames == [
        "filename", "filetype", "level", "title", "instrument", "ra", "dec", "naxes", "naxis",
        "scale", "format", "band", "accref", "note",
    ]  # fmt: skip
    fields = images[images["filetype"] == "ecorrimg"]
    assert all(
        row["filename"] in row["accref"]
        and row["filename"].endswith(f"{row['band'][-1]}_img3.fits")
        for row in fields
    )
    assert not [name for name in images.colnames if images[name].dtype.kind == "O"]
    assert images["ra"].unit == u.deg
    assert images["accref"].meta["ucd"] == "VOX:Image_AccessReference"


def test_images_of_sources_and_stacks_are_told_by_type_and_name(csc):
    """Each row has its level; a picture in three colours has no band."""
    images = csc.query_sia(PLACE, 0.3 * u.deg)

    pairs = set(zip(images["filetype"].tolist(), images["level"].tolist(), strict=True))
    assert pairs == {
        ("ecorrimg", "observation"),
        ("stkecorrimg", "stack"),
        ("regimg", "source region"),
        ("stkregimg", "stack region"),
        ("stkregimg_jpg", "stack region"),
    }
    pictures = images["filetype"] == "stkregimg_jpg"
    assert images["band"].mask.tolist() == pictures.tolist()
    assert set(images["format"][pictures].tolist()) == {"image/jpeg"}


@pytest.mark.parametrize(
    ("filetype", "folder"),
    [
        ("stkecorrimg", "STACK"),
        ("regimg", "OBS"),
        ("stkregimg", "STACK"),
        ("stkregimg_jpg", "STACK"),
    ],
)
def test_images_of_every_level_can_be_downloaded(csc, tmp_path, filetype, folder):
    """Without names of sources they are kept by observation or stack."""
    images = csc.query_sia(PLACE, 0.3 * u.deg)
    one = images[images["filetype"] == filetype][:1]

    done = csc.download_products(one, location=tmp_path)

    owner = one["title"][0]
    assert done["status"].tolist() == ["downloaded"]
    assert Path(done["path"][0]).parent == tmp_path / owner
    assert owner.startswith("acisfJ") == (folder == "STACK")


def test_every_field_that_overlaps_the_box_is_there(csc, server):
    """As brute force over the observations of the test sky finds them."""
    observations = csc.query_tap(
        "SELECT DISTINCT obsid, obi, ra_nom, dec_nom FROM observation_source"
    )
    centres = SkyCoord(observations["ra_nom"], observations["dec_nom"], unit="deg")
    place = SkyCoord(0.01, 12.5, unit="deg")

    images = csc.query_sia(place, 0.4 * u.deg)
    images = images[images["level"] == "observation"]

    away = place.spherical_offsets_to(centres)
    near = np.maximum(*np.abs([offset.deg for offset in away])) <= (0.4 + FIELD_DEG) / 2
    expected = {f"{obsid:05d}_{obi:03d}" for obsid, obi in observations["obsid", "obi"][near]}
    assert set(images["title"].tolist()) == expected
    assert len(expected) > 1


def test_the_request_is_pyvos(csc, server):
    """The same parameters as pyvo's own client sends."""
    csc.query_sia(PLACE, 0.3 * u.deg, format="fits", cache=False)
    ours = asked(server)[-1]
    pyvo.dal.SIAService(server.url + SIA).search(pos=(10.7, 41.3), size=0.3, format="image/fits")

    # pyvo before 1.6 writes the format in capitals.
    assert asked(server)[-1]["FORMAT"].lower() == ours["FORMAT"].lower()
    assert asked(server)[-1].keys() == ours.keys()
    assert {**ours, "FORMAT": ours["FORMAT"].lower()} == {
        "POS": "10.7,41.3",
        "SIZE": "0.3",
        "FORMAT": "image/fits",
        "VERB": "2",
    }


def test_a_payload_is_a_dict_and_nothing_is_sent(csc, server):
    """One position gives values, several give lists."""
    before = len(server.requests)

    one = csc.query_sia(PLACE, "0.3d", get_query_payload=True)
    two = csc.query_sia(SkyCoord([10, 20], [1, 2], unit="deg"), "0.3d", get_query_payload=True)

    place = {"POS": "10.7,41.3", "SIZE": "0.3", "VERB": 2}
    assert one == {"url": server.url + SIA, "method": "GET", **place}
    assert two["POS"] == ["10.0,1.0", "20.0,2.0"]
    assert len(server.requests) == before


def test_an_array_of_positions_gives_one_list_with_query_index(csc):
    """Also of length 1; each position is asked by itself."""
    places = SkyCoord([10.7, 53.0, 10.7], [41.3, -30.0, 41.3], unit="deg")

    images = csc.query_sia(places, [0.3, 0.3, 0.3] * u.deg)

    assert images.colnames[:2] == ["query_index", "filename"]
    assert set(images["query_index"].tolist()) == {0, 2}
    assert (np.diff(images["query_index"]) >= 0).all()
    assert "query_index" in csc.query_sia(places[:1], 0.3 * u.deg).colnames


def test_a_small_box_is_warned_about(csc):
    """The service is said to find nothing below 0.3 deg."""
    with pytest.warns() as caught:
        images = csc.query_sia(PLACE, 1 * u.arcmin)

    assert [warning.category for warning in caught] == [InputWarning, NoResultsWarning]
    assert "Write size=0.3*u.deg" in str(caught[0].message)
    assert len(images) == 0
    assert "filename" in images.colnames


def test_no_image_gives_an_empty_list_with_its_columns(csc):
    """And a warning."""
    with pytest.warns(NoResultsWarning):
        images = csc.query_sia(SkyCoord(53, -30, unit="deg"), 0.3 * u.deg)

    assert len(images) == 0
    assert {"filename", "filetype", "accref"} <= set(images.colnames)


def test_the_images_can_be_downloaded(csc, tmp_path):
    """Into the folder of their observation; they are images with a place on the sky."""
    images = csc.query_sia(PLACE, 0.3 * u.deg)
    images = images[images["level"] == "observation"]

    done = csc.download_products(images[:2], location=tmp_path / "csc")

    assert done["status"].tolist() == ["downloaded"] * 2
    path = Path(done["path"][0])
    assert path.parent.relative_to(tmp_path).as_posix() == "csc/90001_000"
    with fits.open(path) as blocks:
        centre = WCS(blocks[0].header, fix=False).pixel_to_world(31.5, 31.5)
    assert centre.separation(SkyCoord(done["ra"][0], done["dec"][0], unit="deg")) < 0.1 * u.arcsec


def test_the_list_is_cached_and_says_where_it_is_from(csc, server):
    """The second call asks nobody; meta survives FITS."""
    first = csc.query_sia(PLACE, 0.3 * u.deg)
    before = len(server.requests)

    second = csc.query_sia(PLACE, 0.3 * u.deg)

    assert len(server.requests) == before
    assert second.pformat() == first.pformat()
    assert second.meta["SERVICE"] == f"SIA {server.url}{SIA}"
    assert second.meta["QUERY"] == "POS=10.7,41.3; SIZE=0.3; FORMAT=ALL"
    assert (second.meta["NROWS"], second.meta["TRUNC"]) == (len(second), False)


@pytest.mark.parametrize("setting", [{"sia_ucds": False}, {"sia_reference": "access_url"}])
def test_the_addresses_are_found_by_their_ucd_or_their_name(csc, setting):
    """Either is enough."""
    usual = csc.query_sia(PLACE, 0.3 * u.deg)
    with csc_server(dialect=Speech(**setting)) as server:
        other: Any = server.csc.query_sia(PLACE, 0.3 * u.deg, cache=False)

    assert other["filename"].tolist() == usual["filename"].tolist()


def test_without_addresses_there_is_no_list():
    """An answer that does not say where its images are is none."""
    dialect = Dialect(sia_ucds=False, sia_reference="access_url")
    with (
        csc_server(dialect=dialect) as server,
        pytest.raises(TableParseError, match="does not say where its images are; it has title"),
    ):
        server.csc.query_sia(PLACE, 0.3 * u.deg, cache=False)


ANSWER = """<?xml version="1.0"?>
<!-- invented -->
<VOTABLE version="1.2"><RESOURCE type="results"><INFO name="QUERY_STATUS" value="OK"/><TABLE>
<FIELD name="url" datatype="char" arraysize="*" ucd="VOX:Image_AccessReference"/>
<FIELD name="form" datatype="char" arraysize="*" ucd="VOX:Image_Format"/>
<DATA><TABLEDATA>
<TR><TD>http://x/csccli/retrieveFile?filename=a_img3.jpg&amp;filetype=img</TD><TD>image/jpeg</TD></TR>
<TR><TD>http://x/csccli/retrieveFile?filename=a_img3.fits&amp;filetype=img</TD><TD>IMAGE/FITS</TD></TR>
<TR><TD>http://evil/?filename=..%2F..%2Fa.fits&amp;filetype=img</TD><TD>image/fits</TD></TR>
<TR><TD>http://[evil/</TD><TD>image/fits</TD></TR>
<TR><TD></TD><TD>image/fits</TD></TR>
</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"""


@pytest.fixture
def elsewhere(tmp_path):
    """Make a client of an address in front of which an invented answer stands."""
    csc = CscClass(server="http://csc.invalid")
    csc.cache_location = tmp_path / "cache"
    mount(csc, {"GET http://csc.invalid/csc21siap": Canned(ANSWER.encode())})
    return csc


def test_a_format_is_kept_to_even_if_the_service_does_not(elsewhere):
    """What was not asked for is left out."""
    images = elsewhere.query_sia(PLACE, 0.3 * u.deg, format="jpeg")

    assert images["filename"].tolist() == ["a_img3.jpg"]


def test_what_is_no_file_of_the_archive_is_not_fetched(elsewhere, tmp_path):
    """Addresses elsewhere are never followed; only names and types of files count."""
    images = elsewhere.query_sia(PLACE, 0.3 * u.deg)

    assert images["filename"].tolist() == ["a_img3.jpg", "a_img3.fits", "", "", ""]
    assert images["note"][2].startswith("it is not a file of the archive: 'http://evil/")
    done = elsewhere.download_products(images[2:], location=tmp_path / "csc")
    assert set(done["status"].tolist()) == {"not made"}
    assert done["note"].tolist() == images["note"][2:].tolist()


BAD: dict[str, tuple[Any, dict[str, Any], type[Exception], str]] = {
    "a bare size": ((PLACE, 0.3), {}, InputTypeError, "size is 0.3, without a unit"),
    "a bare size of a name": (("NGC 1333", 0.3), {}, InputTypeError, "size is 0.3, without a unit"),
    "no angle": ((PLACE, 3 * u.s), {}, InvalidQueryError, "size is .* expected an angle"),
    "a negative size": ((PLACE, -1 * u.deg), {}, InvalidQueryError, "more than 0"),
    "no position": ((7, 1 * u.deg), {}, InputTypeError, "coordinates is a int"),
    "a format": ((PLACE, "1d"), {"format": "png"}, InvalidQueryError, "no images of format 'png'"),
    "a slip": ((PLACE, "1d"), {"format": "jpgg"}, InvalidQueryError, "Did you mean 'jpg'"),
    "a number": ((PLACE, "1d"), {"format": 7}, InputTypeError, "format is 7"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments_are_refused_before_anything_is_sent(csc, server, case):
    """Each with what to write instead."""
    args, kwargs, error, words = BAD[case]
    before = len(server.requests)

    with pytest.raises(error, match=words):
        csc.query_sia(*args, **kwargs)

    assert len(server.requests) == before


def test_a_release_without_an_image_service_says_so(csc):
    """The snapshot has none that is known."""
    with pytest.raises(InvalidQueryError, match=r"no image service. Write Csc\(release='2.1'\)"):
        csc(release="current").query_sia(PLACE, 0.3 * u.deg)


def test_an_error_of_the_service_is_passed_on(elsewhere):
    """Its words, as of every other service."""
    page = Canned(b"<html><h1>Down for maintenance</h1></html>")
    mount(elsewhere, {"GET http://csc.invalid/csc21siap": page})

    with pytest.raises(RemoteServiceError, match="Down for maintenance"):
        elsewhere.query_sia(PLACE, 0.3 * u.deg)


def test_a_list_with_failures_warns_once(csc, tmp_path):
    """Of two images one is bad."""
    images = csc.query_sia(PLACE, 0.3 * u.deg)
    images = images[images["level"] == "observation"]
    dialect = Dialect(file_faults=(("_b_img3", "html"),))
    with csc_server(dialect=dialect) as server, pytest.warns(CorruptDataWarning, match="1 of 2"):
        done: Any = server.csc.download_products(images[:2], location=tmp_path / "csc")

    assert isinstance(done, Table)
    assert done["status"].tolist() == ["failed", "downloaded"]


@pytest.mark.parametrize(
    ("filename", "filetype", "level"),
    [
        ("acisf01522_002N028_r0397b_regimg3.fits", "regimg", "source region"),
        ("acisfJ0834591p553527_001N020_r0012_regimg3.jpg", "stkregimg_jpg", "stack region"),
        ("acisfJ0834591p553527_001N020_b_img3.fits", "stkecorrimg", "stack"),
        ("acisf01522_002N028_b_img3.fits", "ecorrimg", "observation"),
        ("acisfJ0834591p553527_001N020_r0012b_regimg3.fits", "new_type", "stack region"),
        ("picture.jpg", "new_type", ""),
    ],
)
def test_the_level_of_an_image_is_read_from_its_type_or_its_name(filename, filetype, level):
    """The type decides; the name where the type is new; nothing is claimed where neither tells."""
    assert images._level(filename, filetype) == level
