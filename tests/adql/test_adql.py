# Licensed under a 3-clause BSD style license - see LICENSE
"""A user's ADQL: what is refused and why, and that the rest goes out as it was written."""

import pytest

from astroquery_csc.adql import read as adql
from astroquery_csc.adql.geometry import GEOMETRY
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, clean

RELEASE = get_release("2.1")
WAY_ON = "validate=False sends the text as it is."

#: Reconstructed from the form in which CSCview shows its queries: bare table names, aliases
#: without AS, comma joins, one condition a line.
CSCVIEW = """\
SELECT m.name, m.ra, m.dec, o.obsid,
       o.flux_aper_b, o.flux_aper_lolim_b, o.flux_aper_hilim_b
FROM   master_source m , master_stack_assoc a , stack_source s ,
       stack_observation_assoc b , observation_source o
WHERE  ( ( a.match_type = 'u' ) AND ( m.significance >= 10.0 ) )
  AND  (m.name = a.name)
  AND  (s.detect_stack_id = a.detect_stack_id AND s.region_id = a.region_id)
  AND  (s.detect_stack_id = b.detect_stack_id AND s.region_id = b.region_id)
  AND  (o.obsid = b.obsid AND o.obi = b.obi AND o.region_id = b.region_id)
ORDER BY m.name ASC
"""


def refused(text, release=RELEASE, **arguments):
    """Prepare a query that has to be refused, and give the error."""
    with pytest.raises(InvalidQueryError) as caught:
        adql.prepare(text, release, **arguments)
    return caught.value


def unread(text):
    """Read a query that cannot be read, and give the error."""
    with pytest.raises(InvalidQueryError) as caught:
        adql.parse(text)
    return caught.value


class Service:
    """Answers for the service's columns, and remembers what it was asked."""

    def __init__(self, **tables):
        self.tables = tables
        self.asked = []

    def __call__(self, table):
        """Give the columns of a table: none of one that is not there."""
        self.asked.append(table)
        return self.tables.get(table, ())


# ---- one SELECT ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_an_empty_query_is_refused_with_an_example(text):
    """The error says what a query looks like."""
    assert str(unread(text)) == (
        "The query is empty. Write for example 'SELECT name, ra, dec FROM master_source'."
    )


@pytest.mark.parametrize("value", [None, 5, b"SELECT 1", ["SELECT 1"]])
@pytest.mark.parametrize("function", [adql.parse, lambda text: adql.prepare(text, RELEASE)])
def test_a_query_is_a_string(function, value):
    """The error shows the type and the value."""
    with pytest.raises(InputTypeError) as caught:
        function(value)

    assert str(caught.value).startswith(
        f"A query is a string, not {type(value).__name__} ({value!r})."
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("SELECT 1; SELECT 2", "is not exactly one SELECT but SELECT, SELECT."),
        ("SELECT 1; DROP TABLE x", "is not exactly one SELECT but SELECT, DROP."),
        ("DELETE FROM master_source", "is not one SELECT but starts with 'DELETE'."),
        ("INSERT INTO x VALUES (1)", "is not one SELECT but starts with 'INSERT'."),
        ("EXEC sp_help", "is not one SELECT but starts with 'EXEC'."),
        ("DECLARE @x INT", "is not one SELECT but starts with 'DECLARE'."),
        ("name = 1", "is not one SELECT but starts with 'name'."),
        ("SELECT name INTO x FROM master_source", "has INTO; only a plain SELECT is accepted."),
        ("SELECT", "names no columns. Write '*' for all."),
        ("SELECT name FROM master_source\0", "contains a NUL character."),
        ("-- only a comment", "is not one SELECT but starts with '--'."),
    ],
)
def test_anything_but_one_select_is_refused(text, what):
    """The error says what the text is instead, and how to send it all the same."""
    error, first = refused(text), unread(text)

    assert str(first).endswith(what)
    assert str(error) == f"{first} {WAY_ON}"
    assert error.adql == first.adql == clean(text)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("SELECT name FROM", "at line 1, column 16, near 'FROM'."),
        ("SELECT name\nFROM master_source\nWHERE (ra > 1", "at line 3, column 13, near '1'."),
        ("SELECT a b c FROM master_source", "at line 1, column 12, near 'c'."),
        ("SELECT name,, ra FROM master_source", "line 1, column 12: nothing follows this"),
        ("SELECT name,\n, ra FROM master_source", "line 1, column 12: nothing follows this"),
        ("SELECT name,\nra,\nFROM master_source", "line 2, column 3: nothing follows this"),
        ("SELECT , ra FROM master_source", "line 1, column 8: nothing precedes this comma"),
        ("SELECT TOP 5 ROUND(ra,) FROM master_source", "column 22: nothing follows this"),
        ("SELECT ra FROM master_source m,", "line 1, column 31: nothing follows this"),
        ("SELECT ra FROM master_source WHERE ra IN (1,,2)", "column 44: nothing follows"),
        ("SELECT name FROM master_source WHERE name = 'x", "Error tokenizing 'SELECT name"),
        ("SELECT name FROM master_source /* open", "The ADQL cannot be read: "),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place(text, where):
    """The error says where reading stopped, and has the query."""
    error = refused(text)

    assert str(error).startswith("The ADQL cannot be read")
    assert where in str(error)
    assert error.adql == unread(text).adql == text


def test_the_first_word_of_what_is_no_select_is_shown_as_far_as_it_helps():
    """Of a word without end, 40 characters."""
    error = unread("x" * 41)

    assert str(error) == f"The query is not one SELECT but starts with {'x' * 40!r}."
    assert error.adql == "x" * 41


def test_names_in_brackets_may_hold_a_quote():
    """The text is read as the database's own dialect, which writes [names] so."""
    assert 'Column "it\'s" is not in master_source' in str(
        refused("SELECT [it's] FROM master_source")
    )


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("SELECT name FROM gaia.master_source", "2.1"),
        ("SELECT name FROM csc2.master_source", "2.1"),
        ("SELECT name FROM novel", "2.1"),
        ("SELECT nme FROM master_source", "2.1"),
        ("SELECT name FROM f(1)", None),
        ("SELECT name FROM a.b.c", None),
        ("SELECT x.name FROM master_source m", None),
    ],
)
def test_a_refusal_has_the_query_and_where_it_matters_the_release(text, release):
    """What caught the error can show, or mend, what was asked."""
    error = refused(text)

    assert (error.adql, error.release) == (text, release)


def test_a_query_that_is_nested_without_end_is_refused():
    """Depth is an error of ours, not a RecursionError."""
    deep = f"SELECT {'(' * 5000}1{')' * 5000}"

    error, first = refused(deep), unread(deep)

    assert str(first) == "The query is nested too deeply to be read."
    assert first.adql == deep

    assert "nested too deeply" in str(error)


def test_a_long_list_of_conditions_is_no_problem():
    """A thousand ANDs are read and go out as they are."""
    text = "SELECT name FROM csc21.master_source WHERE ra > 1" + " AND ra > 1" * 1000

    assert adql.prepare(text, RELEASE) == text


@pytest.mark.parametrize(
    "conditions", [" OR ".join(["ra = 1"] * 30_000), f"name IN ({', '.join(['1'] * 50_000)})"]
)
def test_a_query_that_would_take_long_to_read_is_refused(conditions):
    """The error counts its words, and names the verbs for long lists."""
    with pytest.raises(InvalidQueryError, match=r"words and signs, and at most 100,000 are read"):
        adql.prepare(f"SELECT name FROM master_source WHERE {conditions}", RELEASE)


def test_a_long_text_of_few_words_is_read():
    """What takes time is how many words there are."""
    text = f"SELECT name FROM csc21.master_source WHERE name = '{'x' * 200_000}'"

    assert adql.prepare(text, RELEASE) == text


# ---- geometry --------------------------------------------------------------------------------


@pytest.mark.parametrize("function", sorted(GEOMETRY))
@pytest.mark.parametrize(
    "form",
    [
        "SELECT {}(ra, dec) FROM master_source",
        "SELECT name FROM master_source WHERE {}('ICRS', ra, dec) < 1",
        "SELECT name FROM master_source WHERE name IN (SELECT {}(1, 2) FROM stack_source)",
        "SELECT name FROM master_source ORDER BY {} (ra, dec)",
    ],
)
def test_geometry_is_refused_with_the_way_on(function, form):
    """Each function of ADQL's geometry is named, anywhere, in any case; boxes are the way on."""
    errors = [refused(form.format(word)) for word in (function, function.lower())]

    assert [f"no ADQL geometry ({function})" in str(error) for error in errors] == [True, True]
    assert str(errors[0]).endswith(
        "Use query_region, or a box in ra and dec: m.ra BETWEEN a AND b AND m.dec BETWEEN c AND d."
    )
    assert errors[0].adql == form.format(function)


def test_the_usual_cone_is_refused():
    """CONTAINS(POINT, CIRCLE), as other services take it, is not for this one."""
    error = refused(
        "SELECT name FROM master_source WHERE "
        "1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 52.3, 31.3, 0.1))"
    )

    assert "The service has no ADQL geometry (CONTAINS)." in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT name AS point, ra AS box FROM csc21.master_source",
        "SELECT name FROM csc21.master_source WHERE name = 'POINT(1, 2)'",
        "SELECT name /* CIRCLE(1) */ FROM csc21.master_source",
        "SELECT dbo.cone_distance(ra, dec, 1, 2) FROM csc21.master_source",
        "SELECT region_id FROM csc21.stack_source",
    ],
)
def test_words_of_geometry_elsewhere_are_no_geometry(text):
    """Aliases, literals, comments and the archive's own functions pass."""
    assert adql.prepare(text, RELEASE) == text


# ---- tables ----------------------------------------------------------------------------------


def test_another_releases_schema_is_refused():
    """The error says whose table it is and what to write instead."""
    error = refused("SELECT name FROM csc2.master_source")

    assert str(error) == (
        "csc2.master_source is of release 2.0, but this query is for release 2.1. "
        "Write csc21.master_source, or Csc(release='2.0')."
    )
    assert error.release == "2.1"


def test_an_unknown_schema_is_refused():
    """The error names the schemas there are."""
    error = refused("SELECT name FROM gaia.master_source")

    assert str(error) == (
        "Schema 'gaia' is not known. Release 2.1 has 'csc21', beside TAP_SCHEMA and ivoa."
    )


@pytest.mark.parametrize("name", ["master_sauce", "csc21.master_sauce"])
def test_an_unknown_table_is_refused_with_a_suggestion(name):
    """The error suggests the nearest table and says where all are listed."""
    error = refused(f"SELECT name FROM {name}", ask=Service())

    assert str(error) == (
        "Table 'master_sauce' is not known in release 2.1. Did you mean 'master_source'? "
        "Csc.list_tables() shows what there is."
    )


@pytest.mark.parametrize(
    "name",
    [
        "other.csc21.master_source",
        "csc21..master_source",
        "a.b.csc21.master_source",
        "#master_source",
        "##master_source",
        "@master_source",
        "OPENROWSET('a', 'b')",
        "fn_trace(1)",
    ],
)
def test_what_is_no_plain_table_is_refused(name):
    """Other databases, temporary tables, variables and functions are not read from."""
    error = refused(f"SELECT name FROM {name}")

    assert "is not the name of a table" in str(error)


def test_a_table_that_only_the_service_knows_passes():
    """The service is asked for a table that is not in the dictionary, and its yes counts."""
    service = Service(new_table={"name", "x"})

    text = adql.prepare("SELECT x FROM new_table", RELEASE, ask=service)

    assert text == "SELECT x FROM csc21.new_table"
    assert set(service.asked) == {"new_table"}


def test_a_table_with_its_schema_passes_where_nobody_can_tell():
    """Without an answer from the service, csc21.x goes out: the service decides."""
    text = "SELECT x FROM csc21.new_table"

    assert adql.prepare(text, RELEASE, ask=lambda _: None) == text
    assert adql.prepare(text, RELEASE) == text


def test_a_bare_unknown_table_is_refused_where_nobody_can_tell():
    """A name without a schema that is nowhere known gets none."""
    assert "Table 'new_table' is not known" in str(refused("SELECT x FROM new_table"))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM TAP_SCHEMA.columns",
        "SELECT table_name FROM tap_schema.tables WHERE schema_name = 'csc21'",
        "SELECT * FROM ivoa.ObsCore",
        "SELECT t.anything FROM TAP_UPLOAD.mine t",
        "SELECT m.name FROM csc21.master_source m, tap_upload.mine t WHERE t.x = m.ra",
    ],
)
def test_other_schemas_of_the_service_pass(text):
    """TAP_SCHEMA, ivoa and uploads are the service's business, columns too."""
    assert adql.prepare(text, RELEASE, ask=Service(), uploads=["mine"]) == text


def test_an_upload_that_is_not_sent_is_refused():
    """The message shows how a table is sent."""
    error = refused("SELECT t.x FROM TAP_UPLOAD.t t")

    assert str(error) == (
        "TAP_UPLOAD.t is not sent with the query. Give the table: uploads={'t': table}."
    )


@pytest.mark.parametrize(("name", "schema"), [("2.0", "csc2"), ("current", "csc_snapshot")])
def test_each_release_gives_its_own_schema(name, schema):
    """A bare name means the release that is asked."""
    text = adql.prepare("SELECT name FROM master_source", get_release(name))

    assert text == f"SELECT name FROM {schema}.master_source"


# ---- columns ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "meant"),
    [
        ("SELECT flux_aperb FROM master_source", "flux_aperb", "flux_aper_b"),
        ("SELECT m.conf_flg FROM master_source m", "conf_flg", "conf_flag"),
        ("SELECT name FROM master_source WHERE significanse > 1", "significanse", "significance"),
        ("SELECT name FROM master_source ORDER BY desc_", "desc_", "dec"),
        ("SELECT COUNT(naame) FROM master_source", "naame", "name"),
        ("SELECT name FROM master_source GROUP BY rah", "rah", "ra"),
    ],
)
def test_an_unknown_column_is_refused_with_a_suggestion(text, name, meant):
    """Wherever it stands, the error names it; a column of master_source is suggested."""
    error = refused(text)

    assert f"Column {name!r} is not in master_source of release 2.1." in str(error)
    assert "Csc.list_columns() shows what there is." in str(error)
    assert f"Did you mean {meant!r}?" in str(error)


def test_a_string_in_double_quotes_is_a_column():
    """SQL reads double quotes as a name; the error shows what was taken for one."""
    error = refused('SELECT name FROM master_source WHERE name = "2CXO J032908.3+312020"')

    assert "Text stands in single quotes: name = '2CXO J032908.3+312020'" in str(error)


def test_an_alias_that_is_not_there_is_refused():
    """The error lists the tables that the query has."""
    error = refused("SELECT x.name FROM master_source m, stack_source s")

    assert str(error) == "x.name: the query has no table 'x'; it has m, s."
    assert error.adql == "SELECT x.name FROM master_source m, stack_source s"


def test_an_alias_without_any_table_is_refused():
    """A query without FROM has no table that a column could be of."""
    error = refused("SELECT m.name")

    assert str(error) == "m.name: the query has no table 'm'; it has none."


def test_a_column_without_any_table_is_refused():
    """The same, where the column names no table; the error has the query and the release."""
    error = refused("SELECT name")

    assert str(error) == (
        "Column 'name' has no table: the query has no FROM. Write FROM master_source."
    )
    assert (error.adql, error.release) == ("SELECT name", "2.1")


def test_a_column_of_several_tables_is_looked_for_in_each():
    """The error names all of them."""
    service = Service(stack_source={"ra"})

    error = refused("SELECT nonsense FROM master_source, stack_source", ask=service)

    assert "Column 'nonsense' is not in master_source or stack_source of release" in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT m.*, m.nonsense FROM master_source m",
        "SELECT q.name, m.nonsense FROM (SELECT name FROM master_source) q, master_source m",
        "SELECT m.ra AS x FROM master_source m WHERE x > 1 AND m.nonsense > 1",
    ],
)
def test_every_column_is_checked_whatever_stands_before_it(text):
    """A star, a column of a subquery or a name made in the query ends no check."""
    assert "Column 'nonsense' is not in master_source" in str(refused(text))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT NAME, Ra, m.DEC FROM csc21.master_source m",
        "SELECT csc21.master_source.ra FROM csc21.master_source",
        "SELECT master_source.ra FROM csc21.master_source",
        'SELECT "name", [ra] FROM csc21.master_source',
        "SELECT m.* FROM csc21.master_source m",
        "SELECT COUNT(*) AS n FROM csc21.master_source ORDER BY n",
        "SELECT ra + dec AS total FROM csc21.master_source ORDER BY total DESC",
        "SELECT q.anything FROM (SELECT name AS anything FROM csc21.master_source) q",
        "SELECT anything FROM (SELECT name AS anything FROM csc21.master_source) q",
        "SELECT DISTINCT TOP 5 name FROM csc21.master_source WHERE name LIKE '%X'",
        "SELECT 1 AS one",
    ],
)
def test_columns_that_exist_pass(text):
    """Case, quotes, qualifiers, stars, aliases and columns of a subquery are understood."""
    assert adql.prepare(text, RELEASE) == text


def test_a_column_of_a_partial_table_is_asked_for():
    """Where the dictionary does not hold the whole table, the service's list decides."""
    service = Service(stack_source={"brand_new", "ra"})
    text = "SELECT s.brand_new FROM csc21.stack_source s"

    assert adql.prepare(text, RELEASE, ask=service) == text
    assert service.asked == ["stack_source"]


def test_a_column_that_the_service_does_not_have_is_refused():
    """The suggestion comes from the service's list."""
    error = refused(
        "SELECT s.brand_nw FROM stack_source s", ask=Service(stack_source={"brand_new"})
    )

    assert "Column 'brand_nw' is not in stack_source" in str(error)
    assert "Did you mean 'brand_new'?" in str(error)


def test_a_column_of_a_partial_table_passes_where_nobody_can_tell():
    """Without an answer the service decides."""
    text = "SELECT s.brand_new FROM csc21.stack_source s"

    assert adql.prepare(text, RELEASE) == text
    assert adql.prepare(text, RELEASE, ask=lambda _: None) == text


def test_the_service_is_not_asked_for_what_is_known():
    """Known tables and columns cost no request."""
    service = Service()

    adql.prepare(CSCVIEW, RELEASE, ask=service)

    assert service.asked == []


def test_a_bare_column_may_be_in_any_table():
    """A column that only the second table has needs no qualifier."""
    text = "SELECT match_type FROM csc21.master_source, csc21.master_stack_assoc"

    assert adql.prepare(text, RELEASE) == text


# ---- the text --------------------------------------------------------------------------------


def test_a_query_as_cscview_shows_it_gets_the_schema():
    """The five bare names get the schema; nothing else of the text changes."""
    expected = CSCVIEW
    for name in ("master_source m", "master_stack_assoc a", "stack_source s"):
        expected = expected.replace(f" {name}", f" csc21.{name}")
    for name in ("stack_observation_assoc b", "observation_source o"):
        expected = expected.replace(f" {name}", f" csc21.{name}")

    assert adql.prepare(CSCVIEW, RELEASE) == expected


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("select name from master_source", "select name from csc21.master_source"),
        ("SELECT name FROM MASTER_SOURCE", "SELECT name FROM csc21.MASTER_SOURCE"),
        ('SELECT name FROM "master_source"', 'SELECT name FROM csc21."master_source"'),
        ("SELECT name FROM [master_source]", "SELECT name FROM csc21.[master_source]"),
        (
            "SELECT name FROM master_source AS master_source",
            "SELECT name FROM csc21.master_source AS master_source",
        ),
        (
            "SELECT 'master_source' AS stack_source FROM master_source",
            "SELECT 'master_source' AS stack_source FROM csc21.master_source",
        ),
        (
            "SELECT name FROM master_source WHERE name = 'FROM master_source'",
            "SELECT name FROM csc21.master_source WHERE name = 'FROM master_source'",
        ),
        (
            "SELECT name FROM master_source WHERE name = 'it''s master_source'",
            "SELECT name FROM csc21.master_source WHERE name = 'it''s master_source'",
        ),
        (
            "/* master_source */ SELECT name -- FROM master_source\nFROM\tmaster_source --x",
            "/* master_source */ SELECT name -- FROM master_source\nFROM\tcsc21.master_source --x",
        ),
        (
            "SELECT name /* é ü 𝄞 ☃ */ FROM master_source m, stack_source s",
            "SELECT name /* é ü 𝄞 ☃ */ FROM csc21.master_source m, csc21.stack_source s",
        ),
        (
            "SELECT\r\n\tname\r\n  FROM   master_source m\r\n",
            "SELECT\r\n\tname\r\n  FROM   csc21.master_source m\r\n",
        ),
        (
            "SELECT master_source.ra FROM master_source WHERE master_source.dec > 0",
            "SELECT master_source.ra FROM csc21.master_source WHERE master_source.dec > 0",
        ),
        (
            "SELECT 1 FROM master_source WHERE ra IN (SELECT ra FROM stack_source)",
            "SELECT 1 FROM csc21.master_source WHERE ra IN (SELECT ra FROM csc21.stack_source)",
        ),
        (
            "SELECT x.n FROM (SELECT COUNT(1) AS n FROM stack_source) x, csc21.master_source",
            "SELECT x.n FROM (SELECT COUNT(1) AS n FROM csc21.stack_source) x, csc21.master_source",
        ),
        (
            "SELECT a.name FROM master_source a, master_source b WHERE a.name = b.name",
            "SELECT a.name FROM csc21.master_source a, csc21.master_source b WHERE a.name = b.name",
        ),
        (
            "SELECT 1 FROM master_source a JOIN stack_source b ON a.ra = b.ra",
            "SELECT 1 FROM csc21.master_source a JOIN csc21.stack_source b ON a.ra = b.ra",
        ),
        ("SELECT name FROM CSC21.master_source;", "SELECT name FROM CSC21.master_source;"),
    ],
)
def test_nothing_but_the_schema_is_put_in(text, sent):
    """Case, quotes, comments, odd white space and literals stay to the last character."""
    assert adql.prepare(text, RELEASE) == sent
