# Licensed under a 3-clause BSD style license - see LICENSE
"""The ways of docs/howto/lsdb.rst: its script with a cluster, CDS XMatch, and NWAY."""

import re
import runpy
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest
import requests
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astroquery.xmatch import XMatch

from astroquery_csc import mirror
from astroquery_csc.sky.index import SkyIndex
from tests.support.canned import Canned, mount

DOCS = Path(__file__).parents[2] / "docs"
HOWTO = DOCS / "howto"
PAGE = (HOWTO / "lsdb.rst").read_text(encoding="utf-8")
SCRIPT = HOWTO / "match_a_million.py"
XMATCH = "http://cdsxmatch.u-strasbg.fr/xmatch/api/v1/sync"
#: Invented: the first columns of an answer of CDS XMatch.
ANSWER = """<?xml version="1.0"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>
<FIELD name="angDist" datatype="double" unit="arcsec"/>
<FIELD name="name" datatype="char" arraysize="*"/>
<DATA><TABLEDATA><TR><TD>0.5</TD><TD>2CXO J032912.9+311814</TD></TR></TABLEDATA></DATA>
</TABLE></RESOURCE></VOTABLE>"""


def code_under(title):
    """Take the Python of the page that stands under a heading: a code block, or an example."""
    part = re.split(rf"^{title}\n-+$", PAGE, flags=re.MULTILINE)[1]
    block = re.search(r"\.\. code-block:: python\n\n((?: {3}.*\n|\n)+)", part)
    lines = re.findall(r"^(?:>>>|\.\.\.) (.*)$", part, re.MULTILINE)
    return dedent(block[1]) if block else "\n".join(lines)


# --------------------------------------------------------------------- CDS XMatch


def test_xmatch_gets_three_columns_of_the_sources(csc, tmp_path, monkeypatch):
    """The page's call uploads name, ra and dec of each source, and reads the answer."""
    monkeypatch.setattr(XMatch, "_session", requests.Session())
    monkeypatch.setattr(XMatch, "cache_location", tmp_path)
    canned = {
        f"GET {XMATCH}/tables": Canned(b"II/246/out"),
        f"POST {XMATCH}": Canned(ANSWER.encode()),
    }
    adapter = mount(XMatch, canned)
    names = {"Csc": csc}
    exec(code_under("CDS XMatch"), names)
    body = adapter.seen[-1].body
    assert isinstance(body, bytes)
    sources = names["sources"]
    rows = [f"{row['name']},{row['ra']},{row['dec']}" for row in sources]
    assert "\n".join(["name,ra,dec", *rows]) in body.decode().replace("\r\n", "\n")
    assert names["matches"]["name"].tolist() == ["2CXO J032912.9+311814"]
    assert sources["name"].tolist().count("2CXO J032912.9+311814") == 1


# --------------------------------------------------------------------- in pieces


def test_a_long_list_can_go_in_pieces(csc, tmp_path, monkeypatch):
    """The loop of docs/explain/scale.rst writes every row of the list."""
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "explain" / "scale.rst").read_text(encoding="utf-8")
    block = re.findall(r"code-block:: python\n\n((?: {5}.*\n|\n)+)", page)[0]
    source = csc.query_object("2CXO J032912.9+311814")
    positions = SkyCoord([source["ra"][0], 0.0], [source["dec"][0], -80.0], unit="deg")
    exec(dedent(block), {"csc": csc, "positions": positions, "u": u})
    assert Table.read("matches-0.parquet")["n_match"].tolist() == [1, 0]


# --------------------------------------------------------------------- NWAY


@pytest.fixture
def nway_table(csc, tmp_path, monkeypatch):
    """Run the page's example; give the table that it writes."""
    monkeypatch.chdir(tmp_path)
    exec(code_under("NWAY"), {"Csc": csc})
    return Table.read("csc.fits")


def test_the_table_for_nway_has_what_nway_asks_for(nway_table):
    """ID, RA, DEC and an error, without nulls; a name without underscore, and the area."""
    assert nway_table.colnames == ["ID", "RA", "DEC", "pos_err"]
    assert not nway_table.has_masked_values
    assert len(set(nway_table["ID"])) == len(nway_table) > 5
    assert (nway_table["pos_err"] > 0).all()
    header = fits.getheader("csc.fits", 1)
    assert header["EXTNAME"] == "CSC"
    assert header["SKYAREA"] == pytest.approx(np.pi * (8 / 60) ** 2, rel=1e-5)


@pytest.mark.lsdb
def test_nway_finds_the_counterparts(nway_table):
    """NWAY itself reads the table, and takes counterparts half an error away for the right ones."""
    places = SkyCoord(nway_table["RA"], nway_table["DEC"], unit="deg")
    moved = places.directional_offset_by(40 * u.deg, nway_table["pos_err"].quantity / 2)
    other = Table({"ID": np.arange(len(moved)), "RA": moved.ra.deg, "DEC": moved.dec.deg})
    other.meta = {"EXTNAME": "OTHER", "SKYAREA": fits.getheader("csc.fits", 1)["SKYAREA"]}
    other.write("other.fits")
    command = re.findall(r"nway\.py (.*)", PAGE)[0].split()
    program = Path(sys.executable).with_name("nway.py")
    subprocess.run([sys.executable, program, *command], check=True, timeout=120)
    best = Table.read("matched.fits")
    best = best[best["match_flag"] == 1]
    assert sorted(best["OTHER_ID"]) == list(range(len(other)))
    assert (best["CSC_ID"] == nway_table["ID"][best["OTHER_ID"]]).all()
    assert (best["p_any"] > 0.9).all()


# --------------------------------------------------------------------- LSDB


@pytest.mark.lsdb
@pytest.mark.timeout(1000)
def test_a_million_positions_are_matched_on_two_workers(csc, tmp_path):
    """The page's script finds all pairs that the package's own search finds, and no other."""
    mirror.create(tmp_path / "csc21", csc=csc, columns="match", expected=-1)
    words = [SCRIPT, tmp_path / "csc21", "--output", tmp_path / "matches.parquet"]
    subprocess.run([sys.executable, *words], check=True, timeout=900)
    found = pd.read_parquet(tmp_path / "matches.parquet")
    sources = mirror.to_lsdb(tmp_path / "csc21", columns="match")
    positions = runpy.run_path(str(SCRIPT))["make_positions"](sources, 1_000_000)
    masters = csc.query_criteria(columns="match", row_limit=None)
    pairs = SkyIndex(masters["ra"], masters["dec"]).pairs(
        positions["ra"], positions["dec"], 2 / 3600
    )
    rows = positions["row"].to_numpy()[pairs.position]
    expected = zip(rows.tolist(), masters["name"][pairs.source].tolist(), strict=True)
    assert set(zip(found["row"].tolist(), found["name"].tolist(), strict=True)) == set(expected)
    assert len(found) == len(pairs.source) > 400_000
