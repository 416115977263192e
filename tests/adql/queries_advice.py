# Licensed under a 3-clause BSD style license - see LICENSE
"""Queries with a common slip, by family, with words that help and the mended query; invented."""

from typing import NamedTuple


class Advised(NamedTuple):
    """One query that is refused, words of the message, and the query that they lead to."""

    family: str
    query: str
    words: str
    mended: str


_M = "SELECT name FROM master_source WHERE "
_D = "SELECT obsid FROM observation_source WHERE "
_SHORT = "SELECT TOP 10 name FROM master_source"

ADVISED = [
    Advised(
        "TOP", "SELECT TOP 10, name FROM master_source", "no comma stands after TOP 10", _SHORT
    ),
    Advised("TOP", "SELECT TOP 10 , name FROM master_source", "no comma stands", _SHORT),
    Advised("TOP", "select top 10,name from master_source", "no comma stands", _SHORT),
    Advised(
        "TOP",
        "SELECT DISTINCT TOP 10, name FROM master_source",
        "no comma stands",
        "SELECT DISTINCT TOP 10 name FROM master_source",
    ),
    Advised(
        "TOP",
        "SELECT TOP 1,000 name FROM master_source",
        "or within the number",
        "SELECT TOP 1000 name FROM master_source",
    ),
    Advised("LIMIT", f"{_SHORT} LIMIT 5", "Leave it out", _SHORT),
    Advised("LIMIT", f"{_SHORT} WHERE ra > 5 limit 5;", "Leave it out", f"{_SHORT} WHERE ra > 5"),
    Advised("LIMIT", "SELECT name FROM master_source LIMIT 10", "Write SELECT TOP 10", _SHORT),
    Advised("slip", "SELECT TOP 10 name FORM master_source", "Write FROM", _SHORT),
    *(
        Advised("slip", bad, words, _SHORT)
        for bad, words in (
            ("SELEC TOP 10 name FROM master_source", "Did you mean 'SELECT'"),
            ("SELECT TOP 10 name FRON master_source", "Did you mean 'FROM'"),
            ("SELECT TOP 10 name FROM master_source ODER BY name", "Did you mean 'ORDER'"),
            ("SELECT TOP 10 name FROM master_source ORDERBY name", "Did you mean 'ORDER BY'"),
            ("SELECT TOP 10 name FROM master_source ORDER BY name ASCENDING", "Did you mean 'ASC'"),
            ("SELECT TOP 10 name FROM master_source GROUPBY name", "Did you mean 'GROUP BY'"),
            ("SELECT TOP 10 name FROM master_source WERE ra > 5", "Did you mean 'WHERE'"),
            ("SELECT TOP 10 name FROM master_source /* all", "A comment is not closed"),
            ("SELECT TOP 10 name FROM master_source // all", "Write --"),
            ("SELECT TOP 10 name FROM master_source # all", "Write --"),
            ("SELECT TOP 10 name master_source", "has no FROM"),
            ("SELECT FIRST 10 name FROM master_source", "SELECT TOP 10"),
            ("SELECT name FROM master_source WHERE ROWNUM <= 10", "SELECT TOP 10"),
            ("SELECT TOP 10 DISTINCT name FROM master_source", "DISTINCT TOP 10"),
            ("SELECT UNIQUE name FROM master_source", "Write DISTINCT"),
        )
    ),
    *(
        Advised("operators", f"{_M}{bad}", words, f"{_M}{good}")
        for bad, words, good in (
            ("ra == 5", "Write =.", "ra = 5"),
            ("ra => 5", "Write <= or >=", "ra >= 5"),
            ("ra =< 5", "Write <= or >=", "ra <= 5"),
            ("ra > 5 && dec > 5", "Write AND", "ra > 5 AND dec > 5"),
            ("ra > 5 || dec > 5", "write OR", "ra > 5 OR dec > 5"),
            ("5 < ra < 6", "BETWEEN", "ra BETWEEN 5 AND 6"),
            ("-5 <= dec <= 6.5", "BETWEEN", "dec BETWEEN -5 AND 6.5"),
            ("flux_aper_b = NULL", "Write IS NULL", "flux_aper_b IS NULL"),
            ("flux_aper_b != NULL", "IS NOT NULL", "flux_aper_b IS NOT NULL"),
            ("flux_aper_b <> null", "IS NOT NULL", "flux_aper_b IS NOT NULL"),
            ("flux_aper_b NOT NULL", "IS NOT NULL", "flux_aper_b IS NOT NULL"),
            ("|gal_b| > 20", "Write ABS(gal_b)", "ABS(gal_b) > 20"),
            ("(ra > 5 AND dec > 5", "parenthesis that is not closed", "(ra > 5 AND dec > 5)"),
            ("ra > 5) AND dec > 5", "parenthesis that is not opened", "ra > 5 AND dec > 5"),
        )
    ),
    *(
        Advised("numbers", f"{_M}{bad}", words, f"{_M}{good}")
        for bad, words, good in (
            ("flux_aper_b > 10^-14", "Write 1e-14", "flux_aper_b > 1e-14"),
            ("flux_aper_b > 1*10^-14", "Write 1e-14", "flux_aper_b > 1e-14"),
            ("flux_aper_b > 10**-14", "Write 1e-14", "flux_aper_b > 1e-14"),
            ("flux_aper_b > 1.5d-14", "Write 1e-14", "flux_aper_b > 1.5e-14"),
            ("ra > 52,2", "'52,2' is not a number", "ra > 52.2"),
            ("significance > 1,000", "none contains a comma", "significance > 1000"),
            ("significance > 1_000", "Leave out the underscore", "significance > 1000"),
            ("ra > 03:29:11.3", "in degrees", "ra > 52.297"),
            ("ra > 3h29m11s", "in degrees", "ra > 52.297"),
            ("dec > 31d18m", "in degrees", "dec > 31.3"),
            ('ra > "52.2"', "stands without quotes", "ra > 52.2"),
            ("ra > 52.2deg", "Write the number alone", "ra > 52.2"),
            ("ra > 52.2 degrees", "Write the number alone", "ra > 52.2"),
        )
    ),
    *(
        Advised(
            "quotes",
            f"{table}{column} = {value}",
            f"{column} = '{text}'",
            f"{table}{column} = '{text}'",
        )
        for table, column, value, text in (
            (_M, "likelihood_class", '"TRUE"', "TRUE"),
            (_M, "likelihood_class", "TRUE", "TRUE"),
            (_M, "likelihood_class", "MARGINAL", "MARGINAL"),
            (_M, "likelihood_class", "“TRUE”", "TRUE"),
            (_M, "name", '"2CXO J032912.9+311814"', "2CXO J032912.9+311814"),
            (_D, "instrument", "ACIS", "ACIS"),
            (_D, "instrument", '"HRC"', "HRC"),
            ("SELECT name FROM master_stack_assoc WHERE ", "match_type", "u", "u"),
            ("SELECT name FROM master_stack_assoc WHERE ", "match_type", '"u"', "u"),
        )
    ),
    *(
        Advised("quotes", f"{table}{bad}", words, f"{table}{good}")
        for table, bad, words, good in (
            (_M, 'name LIKE "2CXO J03%"', "quotes: '2CXO J03%'", "name LIKE '2CXO J03%'"),
            (_M, "name = '2CXO J03", "quote is not closed", "name = '2CXO J03'"),
            (_M, 'name = "2CXO J03', "quote is not closed", "name = '2CXO J03'"),
            (_M, 'likelihood_class IN ("TRUE")', "quotes: 'TRUE'", "likelihood_class IN ('TRUE')"),
            (_M, "likelihood_class IN (TRUE)", "quotes: 'TRUE'", "likelihood_class IN ('TRUE')"),
            (_M, "likelihood_class = 1", "'TRUE', 'MARGINAL'", "likelihood_class = 'TRUE'"),
            (_D, "instrument IN (ACIS, HRC)", "quotes: 'ACIS'", "instrument IN ('ACIS', 'HRC')"),
            (_D, "instrument LIKE ACIS", "quotes: 'ACIS'", "instrument LIKE 'ACIS'"),
            (_D, "'ACIS' = instrument AND detector = ACIS", "'ACIS'", "instrument = 'ACIS'"),
        )
    ),
    *(
        Advised("flags", f"{_M}{bad}", f"Write {words}.", f"{_M}{good}")
        for bad, words, good in (
            ("extent_flag", "extent_flag = 1", "extent_flag = 1"),
            ("NOT extent_flag", "extent_flag = 0", "extent_flag = 0"),
            ("ra > 5 AND NOT var_flag", "var_flag = 0", "ra > 5 AND var_flag = 0"),
            ("(var_flag OR extent_flag)", "var_flag = 1", "(var_flag = 1 OR extent_flag = 1)"),
            ("extent_flag IS TRUE", "extent_flag = 1", "extent_flag = 1"),
            ("extent_flag IS FALSE", "extent_flag = 0", "extent_flag = 0"),
            ("TRUE = extent_flag", "1", "1 = extent_flag"),
            ("conf_flag IN (TRUE, FALSE)", "1", "conf_flag IN (1, 0)"),
        )
    ),
    *(
        Advised(
            "flags",
            f"{_M}{flag} {sign} {value}",
            f"Write {flag} {sign} {bit}.",
            f"{_M}{flag} {sign} {bit}",
        )
        for flag in ("extent_flag", "conf_flag", "pileup_flag", "sat_src_flag")
        for sign, value, bit in (
            ("=", "TRUE", 1),
            ("=", "false", 0),
            ("=", "'T'", 1),
            ("=", "'FALSE'", 0),
            ("<>", "'TRUE'", 1),
            ("=", '"TRUE"', 1),
        )
    ),
    *(
        Advised("Python", f"{_M}{bad}", words, f"{_M}{good}")
        for bad, words, good in (
            (
                "name = np.str_('2CXO J032912.9+311814')",
                "'{name}'",
                "name = '2CXO J032912.9+311814'",
            ),
            ("name IN (np.str_('a'), np.str_('b'))", "tolist()", "name IN ('a', 'b')"),
            ("ra > np.float64(52.2)", "the value alone", "ra > 52.2"),
            ("ra > np.float32(52.2)", "the value alone", "ra > 52.2"),
            ("ra > np.int64(52)", "the value alone", "ra > 52"),
            ("extent_flag = np.bool_(True)", "the value alone", "extent_flag = 1"),
            ("flux_aper_b = nan", "write IS NULL", "flux_aper_b IS NULL"),
            ("flux_aper_b < -inf", "write IS NULL", "flux_aper_b IS NULL"),
            ("ra > {ra}", "an f-string", "ra > 52.2"),
            ("ra > {ra:.3f} AND dec > 5", "an f-string", "ra > 52.2 AND dec > 5"),
            ("ra > :ra", "Write the value", "ra > 52.2"),
            ("ra > @ra", "Write the value", "ra > 52.2"),
            ("ra > $ra", "Write the value", "ra > 52.2"),
            ("ra > %s", "Write the value", "ra > 52.2"),
            ("ra > %(ra)s", "Write the value", "ra > 52.2"),
            ("ra > {}", "Write the value", "ra > 52.2"),
            ("ra > <ra>", "Write the value", "ra > 52.2"),
            ("ra > ...", "Write the value", "ra > 52.2"),
            ("flux_aper_b = None", "Write IS NULL", "flux_aper_b IS NULL"),
            ("flux_aper_b IS None", "Write IS NULL", "flux_aper_b IS NULL"),
            ("flux_aper_b IS NOT None", "IS NOT NULL", "flux_aper_b IS NOT NULL"),
            ("ra > <Quantity 52.2 deg>", "Write the value alone", "ra > 52.2"),
            ("ra IN array([5., 6.])", "tolist()", "ra IN (5., 6.)"),
            ("ra IN <Column name='ra' dtype='float64' length=1>", "tolist()", "ra IN (5., 6.)"),
            ("ra IN [5, 6]", "a Python list", "ra IN (5, 6)"),
            ("name IN ['a', 'b']", "a Python list", "name IN ('a', 'b')"),
            ("name IN (['a', 'b'])", "a Python list", "name IN ('a', 'b')"),
            ("name IN {'a', 'b'}", "a Python list or set", "name IN ('a', 'b')"),
            ("name IN ('a',)", "tuple of one value", "name IN ('a')"),
            ("name IN 'a'", "without parentheses", "name IN ('a')"),
            ("name IN ('a' 'b')", "lacks a comma", "name IN ('a', 'b')"),
            ("ra IN (5.1 6.2)", "lacks a comma", "ra IN (5.1, 6.2)"),
            ("name = b'a'", "Write the text", "name = 'a'"),
            ("ra > ?", "Write the value", "ra > 52.2"),
            ("name IN ()", "at least one value", "name IN ('a', 'b')"),
            ("name IN ( )", "at least one value", "name IN ('a', 'b')"),
            ("ra > 52.2 deg", "Write the number alone", "ra > 52.2"),
            ("err_ellipse_r0 < 1.0 arcsec", "Write the number alone", "err_ellipse_r0 < 1.0"),
            ("flux_aper_b > 1e-14 erg / (s cm2)", "Write the number alone", "flux_aper_b > 1e-14"),
        )
    ),
    *(
        Advised(
            "columns",
            f"SELECT {bad} FROM master_source",
            f"{good!r}?",
            f"SELECT {good} FROM master_source",
        )
        for bad, good in (
            ("flux_aper_b_lolim", "flux_aper_lolim_b"),
            ("flux_aper_b_hilim", "flux_aper_hilim_b"),
            ("flux_b", "flux_aper_b"),
            ("RAJ2000", "ra"),
            ("bii", "gal_b"),
            ("flux_aper90_b_hilim", "flux_aper90_hilim_b"),
            ("flux_aper_b_avg", "flux_aper_avg_b"),
            ("Fluxb", "flux_aper_b"),
            ("b_Fluxb", "flux_aper_b"),
            ("HRhm", "hard_hm"),
            ("_RA", "ra"),
            ('"2CXO"', "name"),
            ("source_id", "name"),
            ("extended", "extent_flag"),
            ("variable", "var_flag"),
            ("class", "likelihood_class"),
            ("snr", "significance"),
            ("exposure", "acis_time"),
        )
    ),
    Advised("other services", "SELECT TOP 10 name FROM csc", "table of HEASARC", _SHORT),
    Advised("other services", 'SELECT TOP 10 name FROM "IX/70/csc2"', "of VizieR", _SHORT),
    Advised("other services", "SELECT TOP 10 name FROM IX/57/csc2", "of VizieR", _SHORT),
    *(
        Advised("other services", f"SELECT TOP 10 * FROM {table}", f"a table of {whose}", _SHORT)
        for table, whose in (
            ("heasarc_csc", "HEASARC"),
            ("heasarc.csc", "HEASARC"),
            ("chanmaster", "HEASARC"),
            ('vizier."IX/70/csc21mas"', "VizieR"),
            ("gaiadr3.gaia_source", "the Gaia archive"),
            ("basic", "SIMBAD"),
            ("NEDTAP.objdir", "NED"),
        )
    ),
]

#: Queries that look like a slip and are none.
FINE = [
    f"{_M}name = 'a {{b}} ? :c IN () nan'",
    f"{_M}name = 'instrument = ACIS'",
    f"{_M}ra > 5 -- instrument = ACIS? or {{ra}}",
    "SELECT TOP 10 name, ra FROM master_source",
    f"{_M}extent_flag = 1 AND NOT (var_flag = 1) AND ISNULL(conf_flag, 0) = 0",
    f"{_M}ra % 2 < 1 AND name IN ('a''b', 'c, d', '# // == && 5_0 10^2 [1] <x> @y')",
    f"{_M}ra IN (5 - 3, 6) AND flux_aper_b IS NOT NULL",
    'SELECT m.name AS "a == b # |c| @d", m.ra AS [e] FROM master_source m',
    "SELECT name + 'a' AS b FROM master_source",
    "SELECT u.name FROM master_source u WHERE u.name = u.name AND u.likelihood_class = 'TRUE'",
    "SELECT extent_flag AS TRUE_FLAG FROM master_source ORDER BY extent_flag",
    "SELECT likelihood_class AS c FROM master_source GROUP BY likelihood_class",
    "SELECT o.instrument FROM observation_source o, detect_stack d WHERE o.obsid = d.obsid",
    "SELECT a.name FROM master_source a, master_stack_assoc b WHERE a.name = b.name",
    f"{_M}likelihood_class = 'TRUE' AND extent_flag = 1",
]
