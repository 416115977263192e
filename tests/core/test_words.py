# Licensed under a 3-clause BSD style license - see LICENSE
"""Whatever a service says, no message, address or log line obeys it or shows a password."""

import logging
import struct
import unicodedata
from base64 import b64encode
from typing import Any

import pytest
import requests
from astropy.coordinates.name_resolve import sesame_url

from astroquery_csc.cli.terminal import render
from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import CscError
from tests.faults.bodies import FIELDS, job, votable
from tests.support.canned import Canned, mount
from tests.support.comparing import NGC1333

SECRET = "open-sesame"
ADDRESS = f"http://user:{SECRET}@example.test/"
#: A colour, its C1 form, a change of direction, a line that nobody sees, and a password.
HOSTILE = f"no \x1b[31m\x9b31m\u202eegassem\u2066\u200b\x07\u2028 {ADDRESS} //{SECRET}"
IN_XML = f"no \x85\x9b31m\u202eegassem\u2066\u200b {ADDRESS}"
ADQL = "SELECT name, ra FROM master_source"


def query(csc: CscClass) -> Any:
    """Ask by ADQL."""
    return csc.query_tap(ADQL, validate=False, cache=False)


def criteria(csc: CscClass) -> Any:
    """Ask for a column that is missing in the answer."""
    return csc.query_criteria(columns="name", column_filters={"ra": (52, 53)}, cache=False)


def wait_for_job(csc: CscClass) -> Any:
    """Ask by ADQL, in a job."""
    return csc.query_tap(ADQL, validate=False, cache=False, async_job=True)


def region(csc: CscClass) -> Any:
    """Ask for a cone."""
    return csc.query_region(NGC1333, cache=False)


def resolve(csc: CscClass) -> Any:
    """Ask for an object that is resolved."""
    with sesame_url.set(("http://sesame.test/",)):
        return csc.query_object("M 31", cache=False)


def browse(csc: CscClass) -> Any:
    """Ask for a list of files."""
    return csc.get_product_list("2CXO J032912.9+311814", types="srcaperphot", cache=False)


def images(csc: CscClass) -> Any:
    """Ask for images."""
    return csc.query_sia(NGC1333, 0.5, cache=False)


def sensitivity(csc: CscClass) -> Any:
    """Ask for the limiting sensitivity."""
    return csc.query_sensitivity(NGC1333)


def page(status: int, text: str = HOSTILE, **headers: str) -> Canned:
    """Answer with a page."""
    return Canned(text.replace(f" //{SECRET}", "").encode(), status, headers)


def table(info: str = "", name: str = "name") -> Canned:
    """Answer with a VOTable that says something, or calls a column so."""
    fields = ((name, *FIELDS[0][1:]), *FIELDS[1:])
    return Canned(votable(fields=fields, before=info))


JOB = {
    "POST": Canned(status=303, headers={"Location": "https://cda.cfa.harvard.edu/j/1"}),
    "GET https://cda.cfa.harvard.edu/j/1": Canned(job("", "ERROR", error=IN_XML)),
    "GET https://cda.cfa.harvard.edu/j/1/error": page(500),
    "DELETE": Canned(),
}
PROXY = requests.exceptions.ProxyError(f"Cannot connect to proxy {ADDRESS} \x1b[31m\u202e")

WAYS: dict[str, tuple[Any, dict[str, Any]]] = {
    "an error page": (query, {"": page(500)}),
    "an error page that may pass": (query, {"": page(503)}),
    "a page instead of a table": (query, {"": page(200)}),
    "a content type": (query, {"": Canned(b"{}", 200, {"Content-Type": "\x1b[31m\x9b"})}),
    "the words of a table": (
        query,
        {"": table(f'<INFO name="QUERY_STATUS" value="ERROR">{IN_XML}</INFO>')},
    ),
    "the name of a column": (criteria, {"": table(name=IN_XML.replace("no ", "x"))}),
    "a redirect": (query, {"": Canned(status=303, headers={"Location": f"{ADDRESS}\x1b[31m\x9b"})}),
    "a redirect to a file": (
        query,
        {"": Canned(status=303, headers={"Location": "file:\x1b\x9b"})},
    ),
    "a redirect that is lost": (
        query,
        {"": Canned(status=303, headers={"Location": ADDRESS}), f"GET {ADDRESS}": page(500)},
    ),
    "a job": (wait_for_job, JOB),
    "a job's address": (
        wait_for_job,
        {
            "POST": Canned(status=303, headers={"Location": f"{ADDRESS}\x9b31m"}),
            "": page(500),
        },
    ),
    "a cone search": (region, {"": page(500)}),
    "a resolver's page": (resolve, {"": page(500)}),
    "a resolver's words": (resolve, {"": page(200, f"#!E {HOSTILE}\n")}),
    "a proxy": (query, {"": PROXY}),
    "a proxy before a resolver": (resolve, {"": PROXY}),
    "a list of files": (browse, {"": page(200)}),
    "images": (images, {"": page(500)}),
    "sensitivity": (sensitivity, {"": page(500)}),
}


def unfit(text: object) -> list[str]:
    """List what a terminal would obey, or what hides or turns text, and passwords."""
    words = str(text)
    signs = [
        character
        for character in words
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character != "\n"
    ]
    return signs + [SECRET] * (SECRET in words)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.filterwarnings("always")
def test_no_way_in_is_open(way, caplog, recwarn):
    """The error, what it carries, the log and the warnings are clean, and still say something."""
    ask, answers = WAYS[way]
    client = CscClass()
    mount(client, answers)
    caplog.set_level(logging.DEBUG)

    with conf.set_temp("retry_wait", 0.0), pytest.raises(CscError) as caught:
        ask(client)

    error = caught.value
    said = [str(error), error.url, error.adql, error.release, repr(error)]
    said += [record.getMessage() for record in caplog.records if record.name == "astroquery"]
    said += [warning.message for warning in recwarn]
    assert [unfit(text) for text in said] == [[] for _ in said]
    assert len(str(error)) > 30


def test_no_cell_on_a_terminal_is_obeyed():
    """BINARY holds any character; a terminal shows a sign in its place, and the table keeps it."""
    words = "\x1b[2J\x07no"
    cell = words.encode()
    stream = b64encode(struct.pack(">i", len(cell)) + cell).decode()
    body = (
        '<VOTABLE version="1.3"><RESOURCE><TABLE><FIELD name="a" datatype="char" arraysize="*"/>'
        f'<DATA><BINARY><STREAM encoding="base64">{stream}</STREAM></BINARY></DATA></TABLE>'
        "</RESOURCE></VOTABLE>"
    )
    client = CscClass()
    mount(client, {"": Canned(body.encode())})

    found = query(client)
    lines, _ = render(found)

    assert found["a"].tolist() == [words]
    assert [unfit(line) for line in lines] == [[]] * 3
    assert "no" in lines[2]
