# Licensed under a 3-clause BSD style license - see LICENSE
"""``criteria`` is one condition: whatever the text, it cannot change the query around it."""

import pytest
import sqlglot
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot import exp

from astroquery_csc.adql.read import check_condition
from astroquery_csc.adql.write import select
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from tests.support.examples import examples

RELEASE = get_release("2.1")

#: What injections are made of: quotes, brackets, comments, separators, keywords, other dialects.
WORDS = """
( ) ' '' " "" [ ] ]] -- /* */ /*+ ; = <> > 1 0 a m.ra ra significance OR AND NOT UNION SELECT FROM
WHERE IN EXISTS BETWEEN LIKE IS NULL CASE WHEN THEN END { } {# #} {{ }} $$ # @ ? :x :: N'x' E'\\
\\ ` , . * / - + % | || & ^ ~ ! 0x 1e GO HAVING AS WITH INTO q'[ CAST( f( EXEC JOIN ON PIVOT( 'a'
"""
PHRASES = ["ORDER BY a", "GROUP BY a", "LIMIT 1", "FOR XML", "OPTION (x)", "\n", " ", "\u00a0", "’"]
PIECES = [*WORDS.split(), *PHRASES]
FRAGMENTS = st.lists(st.sampled_from(PIECES), max_size=10)
WHOLE = st.sampled_from(
    ["a = 1", "a IN (1, 2)", "name LIKE 'x'", "(a = 1)", "a IS NULL", "NOT a > 1"]
)
CRITERIA = st.one_of(
    FRAGMENTS.map(" ".join),
    FRAGMENTS.map("".join),
    st.text(max_size=20),
    st.tuples(WHOLE, FRAGMENTS).map(lambda drawn: " ".join([drawn[0], *drawn[1]])),
    st.tuples(WHOLE, st.sampled_from([" OR ", " AND NOT ", " AND b = "]), FRAGMENTS, WHOLE).map(
        lambda drawn: drawn[0] + drawn[1] + "".join(drawn[2]) + drawn[3]
    ),
    st.lists(WHOLE, min_size=1, max_size=4).map(" OR ".join),
)


def attempt(text):
    """Give the condition, or None where it is refused."""
    try:
        return check_condition(text, RELEASE)
    except InvalidQueryError:
        return None


def escapes(text):
    """Scan a text as T-SQL does, without a parser, for what would end the parentheses around it."""
    depth, place, closing = 0, 0, {"'": "'", '"': '"', "[": "]"}
    while place < len(text):
        character = text[place]
        if character in closing:
            place = end_of_quoted(text, place + 1, closing[character])
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0 or character == ";" or text.startswith(("--", "/*"), place):
            return True
        place += 1
    return depth != 0 or place > len(text)


def end_of_quoted(text, place, mark):
    """Find where a quoted piece ends; a doubled mark is one of its characters."""
    while (place := text.find(mark, place)) >= 0:
        if text[place + 1 : place + 2] != mark:
            return place
        place += 2
    return len(text)


@given(CRITERIA)
@example("a = 1) OR (1 = 1")
@example("a = 1) UNION (SELECT 1")
@example("a = 1 --")
@example("[a]]=1) OR (1=[b] = 1")
@example('"x"") OR (1=1" = 1')
@examples(400)
def test_no_condition_changes_the_query_around_it(text):
    """What is accepted stands as one of three conditions of one SELECT without other clauses."""
    condition = attempt(text)

    full = select(RELEASE, ["name"], where=["m.ra > 1", condition or "1 = 1", "m.dec < 2"])
    (tree,) = sqlglot.parse(full, read="tsql")
    assert type(tree) is exp.Select
    first, middle, last = tree.args["where"].this.flatten(unnest=False)
    assert {name for name, value in tree.args.items() if value} == {"expressions", "from_", "where"}
    assert [first.sql("tsql"), last.sql("tsql")] == ["(m.ra > 1)", "(m.dec < 2)"]
    assert isinstance(middle, exp.Paren)


@given(CRITERIA)
@examples(300)
def test_no_condition_leaves_its_parentheses(text):
    """A scanner that knows quotes and parentheses alone agrees: nothing ends too early."""
    condition = attempt(text)

    assert condition is None or not escapes(condition)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("a = 1", False),
        ("f(a) = ')'", False),
        ("[)] = ''')'", False),
        ("a) OR (b", True),
        ("(a", True),
        ("a = 'x", True),
        ("a;b", True),
        ("a--b", True),
        ("a/*b", True),
    ],
)
def test_the_scanner_of_these_tests_sees_an_escape(text, verdict):
    """The judge of the test above tells good from bad."""
    assert escapes(text) is verdict


@pytest.mark.parametrize(
    "text",
    [
        "significance > 10",
        "significance > 10 AND extent_flag = 0",
        "a = 1 OR b = 2",
        "(a = 1) OR (b = 2)",
        "((a = 1))",
        "NOT a = 1",
        "a BETWEEN 1 AND 2",
        "a IN (1, 2, 3)",
        "name IN (SELECT name FROM master_stack_assoc WHERE match_type = 'u')",
        "EXISTS (SELECT 1 FROM master_stack_assoc s WHERE s.name = m.name)",
        "a IS NOT NULL",
        "name LIKE '%X'",
        "name NOT LIKE '%X'",
        "name = 'it''s; -- (not) a comment'",
        "flux_aper_b / flux_aper_h > 2",
        "dbo.cone_distance(ra, dec, 1, 2) <= 3",
        "a > 1\n  AND b < 2",
    ],
)
def test_conditions_pass_as_they_are(text):
    """What stands after WHERE is taken, unchanged."""
    assert check_condition(text, RELEASE) == text


def test_blanks_around_a_condition_go():
    """The condition comes back trimmed."""
    assert check_condition("\n  a = 1 \t", RELEASE) == "a = 1"


@pytest.mark.parametrize(
    "text",
    [
        "a = 1; DROP TABLE x",
        "a = 1;",
        "a = 1) OR (1 = 1",
        "a = 1)",
        "(a = 1",
        "a = 1) UNION (SELECT 1",
        "a = 1 UNION SELECT 1",
        "a = 1 ORDER BY b",
        "a = 1 GROUP BY b",
        "a = 1) GROUP BY (b",
        "a = 1 WHERE b = 2",
        "a = 1, b = 2",
        "a = 'x",
        'a = "x',
        "SELECT 1",
        "a = 1 AND",
        "= 1",
        "WHERE a = 1",
        "a = 1\0",
        "(" * 5000 + "a = 1" + ")" * 5000,
    ],
)
def test_what_is_not_one_condition_is_refused(text):
    """The error shows the text."""
    with pytest.raises(InvalidQueryError) as caught:
        check_condition(text, RELEASE)

    assert str(caught.value).startswith(f"criteria is not exactly one ADQL condition: {text!r}.")


@pytest.mark.parametrize("text", ["a", "1", "'x'", "a + 1", "f(a)", "(a)"])
def test_a_value_is_no_condition(text):
    """A value without a comparison is refused with an example."""
    with pytest.raises(InvalidQueryError, match="Write for example 'significance > 10'"):
        check_condition(text, RELEASE)


@pytest.mark.parametrize(
    "text",
    ["a = 1 -- b", "a = 1 --", "/* x */ a = 1", "a /* x */ = 1", "a = 1 /*+ x */", "a = 1 {# x #}"],
)
def test_comments_are_refused(text):
    """A comment could hide what follows, so none is taken, and the error says so."""
    with pytest.raises(InvalidQueryError) as caught:
        check_condition(text, RELEASE)

    assert "Comments are not accepted." in str(caught.value)


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_an_empty_condition_is_refused(text):
    """The error says to leave it out, or what to write."""
    with pytest.raises(InvalidQueryError, match=r"^criteria is empty\. Leave it out, or write 's"):
        check_condition(text, RELEASE)


def test_a_name_in_brackets_may_hold_a_quote():
    """The condition is read as the database's own dialect, comments too."""
    assert check_condition("[it's] = 1", RELEASE) == "[it's] = 1"


@pytest.mark.parametrize("value", [None, 5, b"a = 1", ["a = 1"], {"a": 1}])
def test_a_condition_is_a_string(value):
    """The error names the type."""
    with pytest.raises(InputTypeError, match=f"in a string, not {type(value).__name__}"):
        check_condition(value, RELEASE)
