# Licensed under a 3-clause BSD style license - see LICENSE
"""STILTS matches the same tables: by radius, and by ellipses."""

import csv
import shutil
import subprocess

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from tests.support.comparing import masters
from tests.support.matching import listed
from tests.support.places import beside_sources

pytestmark = [
    pytest.mark.slow,
    pytest.mark.stilts,
    pytest.mark.skipif(
        shutil.which("stilts") is None,
        reason="STILTS is not on the PATH; it is in Debian's package stilts",
    ),
]

ARCSEC_95 = 2.447746830680816


@pytest.fixture(scope="module")
def targets():
    """Put targets beside sources."""
    return SkyCoord([*beside_sources(300, 3.0), *beside_sources(300, 20.0)], unit="deg")


@pytest.fixture
def tables(tmp_path, targets):
    """Write both lists as STILTS reads them: targets by row, sources with their ellipses."""
    sky = masters()["name", "ra", "dec", "err_ellipse_r0", "err_ellipse_r1", "err_ellipse_ang"]
    sky.write(tmp_path / "sky.csv", format="ascii.csv")
    listing = {"row": np.arange(len(targets)), "tra": targets.ra.deg, "tdec": targets.dec.deg}
    Table(listing).write(tmp_path / "targets.csv", format="ascii.csv")
    return tmp_path


def stilts(folder, task, *arguments):
    """Match the two tables; give (row, name) to the column that STILTS calls by a name."""
    done = subprocess.run(
        [
            *("stilts", task, "in1=targets.csv", "ifmt1=csv", "in2=sky.csv", "ifmt2=csv"),
            *("join=1and2", "find=all", "ofmt=csv", "out=found.csv", *arguments),
        ],
        cwd=folder,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    with (folder / "found.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    return {(int(row["row"]), row["name"].strip()): float(row["Separation"]) for row in rows}


@pytest.mark.parametrize("radius", [2.0, 30.0])
@pytest.mark.parametrize(
    "task",
    [
        ("tskymatch2", "ra1=tra", "dec1=tdec", "ra2=ra", "dec2=dec", "error={radius}"),
        ("tmatch2", "matcher=sky", "values1=tra tdec", "values2=ra dec", "params={radius}"),
    ],
    ids=["tskymatch2", "tmatch2"],
)
def test_a_radius_gives_the_pairs_of_stilts(csc, targets, tables, task, radius):
    """The same pairs, with the same separations to a milliarcsecond."""
    theirs = stilts(tables, *(word.format(radius=radius) for word in task))

    ours = listed(csc.crossmatch(targets, radius=radius * u.arcsec))

    assert len(theirs) > 50
    assert ours.keys() == theirs.keys()
    assert [ours[pair][0] for pair in theirs] == pytest.approx(list(theirs.values()), abs=1e-3)


@pytest.mark.parametrize("sigma", [3.0, 20.0])
def test_sigma_gives_the_pairs_of_stilts(csc, targets, tables, sigma):
    """A target is in the scaled ellipse of a compact source just where STILTS says so."""
    scale = sigma / ARCSEC_95
    theirs = stilts(
        tables,
        "tmatch2",
        "matcher=skyellipse",
        "icmd2=select '!endsWith(name,\"X\")'",
        "values1=tra tdec 0 0 0",
        f"values2=ra dec err_ellipse_r0*{scale} err_ellipse_r1*{scale} err_ellipse_ang",
        "params=20",
    )

    table = csc.crossmatch(targets, sigma=sigma)

    ours = listed(
        table[~np.ma.filled(table["extended"], False) & ~np.ma.getmaskarray(table["nsigma"])]
    )
    assert len(theirs) > 50
    assert ours.keys() == theirs.keys()
