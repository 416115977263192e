# Licensed under a 3-clause BSD style license - see LICENSE
"""The types of files, and what the names of files tell."""

import re
from pathlib import Path

import pytest

from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.products.types import (
    PRODUCT_TYPES,
    is_file_name,
    is_file_type,
    owner_of,
    read_file_name,
    read_types,
)

# ---- types ------------------------------------------------------------------------------------


def test_the_types_are_those_of_ciao():
    """Each level has CIAO's types, with csccli's name, the extension, and what it is a file for."""
    lines = {
        level: " ".join(
            f"{kind.name}{'*' * kind.banded}{'+' * kind.acis_only}"
            f"({kind.filetype},{kind.extension})"
            for kind in PRODUCT_TYPES.values()
            if kind.level == level
        )
        for level in ("observation", "source region", "stack", "stack region", "master")
    }

    assert lines == {
        "observation": "evt(evt3,evt3) asol(aspsol3,asol3) ahst(asphist,ahst3) "
        "bpix(badpix3,bpix3) fov(fov3,fov3) pixmask(pixmask,pixmask3) img*(ecorrimg,img3) "
        "bkgimg*(bkgimg,bkgimg3) exp*(expmap,exp3) poly*(poly3,poly3)",
        "source region": "regevt(regevt3,regevt3) pha+(spectrum,pha3) arf(arf,arf3) "
        "rmf+(rmf,rmf3) reg(srcreg,reg3) regimg*(regimg,regimg3) psf*(psf,psf3) "
        "regexp*(regexpmap,regexp3) lc*(lightcurve,lc3) draws*(draws,draws3) "
        "aperphot*(aperphot,phot3)",
        "stack": "stkevt(stkevt3,evt3) stkfov(stkfov3,fov3) stkecorrimg*(stkecorrimg,img3) "
        "stkbkgimg*(stkbkgimg,bkgimg3) stkexpmap*(stkexpmap,exp3) sensity*(sensity,sens3) "
        "mrgsrc(mrgsrc,mrgsrc3)",
        "stack region": "stkregevt(stkregevt3,regevt3) stksrcreg(stksrcreg,reg3) "
        "stkregimg*(stkregimg,regimg3) stkregimg_jpg(stkregimg_jpg,regimg3) "
        "stkregexp*(stkregexp,regexp3) stkdraws*(stkdraws,draws3) "
        "stkaperphot*(stkaperphot,phot3)",
        "master": "bayesblks(bayesblks,blocks3) srcaperphot*(srcaperphot,phot3) "
        "srcpoly(srcpoly3,poly3)",
    }


@pytest.mark.parametrize("types", ["pha,arf", ["pha", "arf"], "PHA arf", ("pha", "arf", "pha")])
def test_types_are_read_as_ciao_writes_them_or_as_a_list(types):
    """One string with commas, or several; each counts once."""
    assert [kind.name for kind in read_types(types)] == ["pha", "arf"]


BAD_TYPES = {
    "a slip": ("regimgs", InvalidQueryError, "Did you mean 'regimg'"),
    "csccli's name": ("lightcurve", InvalidQueryError, "Did you mean 'lc'"),
    "an extension": ("phot3", InvalidQueryError, "'aperphot' or 'stkaperphot' or 'srcaperphot'"),
    "nonsense": ("xyz", InvalidQueryError, "There is no type 'xyz'.*Known: evt, asol"),
    "nothing": ([], InvalidQueryError, "types is empty"),
    "an empty string": ("", InvalidQueryError, "types is empty"),
    "a number": (7, InputTypeError, "types is 7"),
    "a number among them": (["lc", 7], InputTypeError, "A type is a name, not 7"),
}


@pytest.mark.parametrize("case", BAD_TYPES)
def test_a_type_that_is_not_there_is_refused_with_the_one_that_was_meant(case):
    """Csccli's names and the extensions of files lead to CIAO's names."""
    types, error, words = BAD_TYPES[case]

    with pytest.raises(error, match=words):
        read_types(types)


# ---- names of files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filename", "owner", "region_id", "band", "extension"),
    [
        ("acisf01522_002N028_r0397b_psf3.fits", "01522_002", 397, "b", "psf3"),
        ("hrcf00026_000N021_r0168w_lc3.fits", "00026_000", 168, "w", "lc3"),
        ("acisfJ0834591p553527_001N020_evt3.fits", "acisfJ0834591p553527_001", None, "", "evt3"),
        ("2CXOJ0157505p374515N020_blocks3.fits", "2CXOJ0157505p374515", None, "", "blocks3"),
        ("2CXOJ0157505m374515XN020_poly3.fits", "2CXOJ0157505m374515X", None, "", "poly3"),
        ("2CXOJ0157505p374515N020_b_phot3.fits", "2CXOJ0157505p374515", None, "b", "phot3"),
        ("acisf00735_000N021_b_img3.fits", "00735_000", None, "b", "img3"),
        ("acisf04396_000N021_e1_r0012b_lc3.fits", "04396_000", 12, "b", "lc3"),
    ],
)
def test_the_name_of_a_file_tells_whose_it_is(filename, owner, region_id, band, extension):
    """Observation, stack or source, then detection, band and type, as the CXC describes names."""
    found = read_file_name(filename)

    assert found is not None
    assert (found.owner, found.region_id, found.band, found.extension) == (
        owner, region_id, band, extension,
    )  # fmt: skip
    assert is_file_name(filename)


HOSTILE = [
    "../x.fits",
    "/etc/passwd",
    ".bashrc",
    "a/b.fits",
    "a\\b.fits",
    "a\0.fits",
    "a b.fits",
    "a\n.fits",
    "é.fits",
    "-rf",
    "",
    "a" * 121,
    "C:evt3.fits",
]


@pytest.mark.parametrize("filename", HOSTILE)
def test_what_is_no_name_of_a_file_is_told_from_one(filename):
    """Slashes, leading dots, blanks, other alphabets, and names without an end are refused."""
    assert not is_file_name(filename)
    assert read_file_name(filename) is None


def test_the_folder_of_a_file_is_in_its_name():
    """An observation's as CIAO writes it, a stack's id, none for a source."""
    names = ["acisf01522_002N028_r0397b_psf3.fits", "2CXOJ0157505p374515N020_blocks3.fits"]
    assert [owner_of(name) for name in names] == ["01522_002", ""]


def test_what_is_no_type_of_files_is_told_from_one():
    """It goes into an address."""
    assert is_file_type("stkregimg_jpg")
    assert not is_file_type("arf&x=y")


# ---- the page ---------------------------------------------------------------------------------


def test_the_page_of_types_has_them_all():
    """Each type with its marks, what is in it, its extension, and csccli's name."""
    page = (Path(__file__).parents[2] / "docs/reference/products.rst").read_text(encoding="utf-8")
    rows = re.findall(
        r"   \* - ``(\w+)``(.*)\n     - (.*)\n     - ``(\S+)``\n     - ``(\w+)``", page
    )

    assert rows == [
        (
            kind.name,
            r" \*" * kind.banded + r" \+" * kind.acis_only,
            kind.description,
            kind.extension + ".jpg" * (kind.suffix == ".jpg"),
            kind.filetype,
        )
        for kind in PRODUCT_TYPES.values()
    ]
