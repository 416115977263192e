# Licensed under a 3-clause BSD style license - see LICENSE
"""The examples for the real archive run; here the test service answers them."""

import re
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.coordinates.name_resolve import sesame_url

from astroquery_csc import Csc, conf, plot
from astroquery_csc.testing import csc_server
from astroquery_csc.testing.sky.catalogue import NAMES

DOCS = Path(__file__).parents[1] / "docs"
#: A synthetic source with detections; each real object is put there.
PLACE = (266.37232832627956, -28.96363)
OBJECTS = ("Sgr A*", "M 51", "Trapezium Cluster")
HEAD = ".. admonition:: On the real archive; not run here\n"


def blocks():
    """Give the code of each block, and its page."""
    for page in sorted(DOCS.rglob("*.rst")):
        for part in page.read_text(encoding="utf-8").split(HEAD)[1:]:
            (code,) = re.findall(
                r"\A.*?   \.\. code-block:: python\n\n((?:(?:      [^\n]*)?\n)+)", part, re.DOTALL
            )
            lines = [line[6:] for line in code.splitlines()]
            yield pytest.param("\n".join(lines), id=page.relative_to(DOCS).as_posix())


@pytest.fixture(scope="module")
def sky():
    """Run a service that knows the objects of the examples."""
    with pytest.MonkeyPatch.context() as patch:
        for name in OBJECTS:
            patch.setitem(NAMES, name, PLACE)
        with csc_server() as server:
            yield server


@pytest.mark.filterwarnings("ignore::astroquery.exceptions.NoResultsWarning")
@pytest.mark.parametrize("code", list(blocks()))
def test_an_example_for_the_real_archive_runs(code, sky, tmp_path, monkeypatch):
    """Its calls are ones that the package takes, with the imports of the page."""
    monkeypatch.chdir(tmp_path)
    names = {"Csc": Csc, "SkyCoord": SkyCoord, "np": np, "plot": plot, "u": u}
    names["verdict"] = Csc.query_region
    with conf.set_temp("server", sky.url), sesame_url.set((sky.sesame_url,)):
        exec(compile(code, "example", "exec"), names)
