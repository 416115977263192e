# Licensed under a 3-clause BSD style license - see LICENSE
"""Characters of web pages and word processors: repaired where one reading is possible."""

import pytest

from astroquery_csc.adql import read as adql
from astroquery_csc.adql.repair import repair
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.exceptions import InvalidQueryError

RELEASE = get_release("2.1")

PLAIN = "SELECT name FROM csc21.master_source WHERE "


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        ("likelihood_class = \u2018TRUE\u2019", "likelihood_class = 'TRUE'"),
        ("likelihood_class = \u2018TRUE'", "likelihood_class = 'TRUE'"),
        ("likelihood_class = \u2032TRUE\u2032", "likelihood_class = 'TRUE'"),
        ("likelihood_class = `TRUE\u00b4", "likelihood_class = 'TRUE'"),
        ("dec > \u22125", "dec > -5"),
        ("dec > \u20135.2", "dec > -5.2"),
        ("dec > \u2014.5", "dec > -.5"),
        ("ra \u2212 dec > 1", "ra - dec > 1"),
        ("dec \u2264 5 AND ra \u2265 3", "dec <= 5 AND ra >= 3"),
        ("conf_flag \u2260 1", "conf_flag <> 1"),
        ("dec\u00a0>\u20095", "dec > 5"),
        ("\ufeffdec\u200b > 5", "dec > 5"),
        ("dec &gt; 5 AND ra &lt;= 3", "dec > 5 AND ra <= 3"),
        ("likelihood_class = &#39;TRUE&#39;", "likelihood_class = 'TRUE'"),
        ("dec&nbsp;&ge;&nbsp;5", "dec >= 5"),
        ("name = '2CXOJ032908.3+312020'", "name = '2CXO J032908.3+312020'"),
        ("name = '2CXO J032908.3\u2212312020'", "name = '2CXO J032908.3-312020'"),
        ("name LIKE '2CXOJ0329%'", "name LIKE '2CXO J0329%'"),
        ("name LIKE '2CXO J0329__.%\u221231%'", "name LIKE '2CXO J0329__.%-31%'"),
    ],
)
def test_what_has_one_reading_is_repaired(pasted, meant, caplog):
    """A line of the log says that something was repaired."""
    with caplog.at_level("INFO"):
        assert repair(PLAIN + pasted) == PLAIN + meant

    assert "The query is repaired: " in caplog.text


@pytest.mark.parametrize("fence", ["```sql\n{}\n```", "```\n{}\n```\n", "\n```adql\n{}```"])
def test_a_markdown_fence_is_taken_off(fence):
    """With or without the name of a language."""
    assert repair(fence.format(PLAIN + "ra > 5")) == PLAIN + "ra > 5"


@pytest.mark.parametrize(
    "text",
    [
        "ra > 5",
        "target_name = 'Barnard\u2019s star \u2264 5'",
        "target_name = 'a &lt; b'",
        "ra > 5 -- \u2264 and \u201c\u201d and \u2014",
        "ra > 5 /* \u00d7 */",
        "target_name = 'it''s'",
        'ra > 5 AND "\u00d7" > 1',
    ],
)
def test_everything_else_stays(text, caplog):
    """Text in quotes and comments is not touched, and nothing is logged."""
    with caplog.at_level("INFO"):
        assert repair(PLAIN + text) == PLAIN + text

    assert not caplog.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ra \u00d7 2 > 5", "'\u00d7' (U+00D7, multiplication sign) at line 1, column 47."),
        ("ra > 5\nAND dec > 3\u00b0", "'\u00b0' (U+00B0, degree sign) at line 2, column 12."),
        ("ra > 5 \u2014 a remark", "'\u2014' (U+2014, em dash) at line 1, column 51."),
    ],
)
def test_what_has_more_than_one_reading_is_named(text, words):
    """The error shows the character, its name and its place."""
    with pytest.raises(InvalidQueryError) as caught:
        repair(PLAIN + text)

    assert words in str(caught.value)


def test_a_repaired_query_is_what_goes_out():
    """The schema is put before the table of the repaired text."""
    text = "\ufeffSELECT name FROM master_source WHERE dec &lt; \u22125"

    assert adql.prepare(text, get_release("2.1")) == (
        "SELECT name FROM csc21.master_source WHERE dec < -5"
    )


def test_criteria_are_repaired_too():
    """As a query is."""
    assert adql.check_condition("dec \u2264 \u22125", RELEASE) == "dec <= -5"
