# Licensed under a 3-clause BSD style license - see LICENSE
"""Messages that were written for Python, in the command's words."""

import re

import pytest

from astroquery_csc.cli.wording import translate
from tests.support.raised import raised

#: A verb, an argument with its value, a setting, a unit.
PYTHON = re.compile(
    r"Csc[.(]|\bquery_(?!index)[a-z]+|mirror\.[a-z]+\(|(?:validate|row_limit|cache|bands|types)=|\bconf\.|\bu\.[a-z]"
)


@pytest.mark.parametrize(
    ("python", "command"),
    [
        ("validate=False sends the text as it is.", "--no-validate sends the text as it is."),
        ("Csc.list_tables() shows what there is.", "astroquery-csc tables shows what there is."),
        (
            "Csc.list_columns('stack_source', refresh=True) shows",
            "astroquery-csc columns stack_source --refresh shows",
        ),
        (
            "Write get_product_list(Csc.query_detections('2CXO J…'), types='lc').",
            'Write astroquery-csc products "2CXO J…" --types lc.',
        ),
        ("Give rows of Csc.query_detections(…).", "Give rows of astroquery-csc detections NAME."),
        (
            "To add it: astroquery_csc.mirror.update('csc21', tables=('valid_stack',)).",
            "To add it: astroquery-csc mirror update csc21 --tables valid_stack.",
        ),
        (
            "Write Csc(release='2.1').query_sia(…).",
            "Write astroquery-csc images RA DEC --release 2.1.",
        ),
        ("Ask Csc(release='2.1') instead.", "Leave --mirror out."),
        (
            "Write SELECT TOP 10 …, or give maxrec=10.",
            "Write SELECT TOP 10 …, or give --maxrec 10.",
        ),
        ("Write row_limit=100, or -1", "Write --row-limit 100, or -1"),
        (
            "Write radius=2*u.arcsec, or sigma=3 for",
            "Write --radius 2arcsec, or --sigma 3 for",
        ),
        ("match_type=None gives them.", "--match-type una gives them."),
        (
            "write expected=3393 to take them, or expected=-1",
            "write --expected 3393 to take them, or --expected -1",
        ),
        ("Ask again with cache=False.", "Ask again with --no-cache."),
        ("Write bands=['b', 'h'].", "Write --bands b,h."),
        (
            "Write format='fits' or format='jpeg'",
            "Write --image-format fits or --image-format jpeg",
        ),
        ("or write overwrite=True.", "or write --overwrite."),
        ("Give coordinates: SkyCoord(ra, dec, unit='deg').", "Give coordinates: RA DEC."),
        (
            "Give coordinates: query_region(SkyCoord(ra, dec, unit='deg')).",
            "Give coordinates: astroquery-csc cone RA DEC.",
        ),
        (
            "Raise conf.max_wait, or ask for less.",
            "Raise max_wait in astroquery_csc.cfg, or ask for less.",
        ),
        ("timeout is 0; expected seconds above 0.", "--timeout is 0; expected seconds above 0."),
        ("Raise conf.timeout.", "Raise --timeout."),
    ],
)
def test_calls_and_arguments_are_in_the_commands_words(python: str, command: str) -> None:
    """What Python's user would type becomes what is typed here."""
    assert translate(python) == command


def test_the_users_adql_is_left_as_it_is() -> None:
    """Behind "The ADQL was:" nothing is changed."""
    text = "It failed. The ADQL was: SELECT name, obsid=735 FROM t WHERE level=1"

    assert translate(text) == text


@pytest.mark.parametrize("message", [text for text in raised() if PYTHON.search(text)])
def test_no_call_of_python_is_left(message: str) -> None:
    """No message of the package tells a user of the command to write Python."""
    assert PYTHON.findall(translate(message)) == []
