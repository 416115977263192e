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
        )
    ),
    Advised("other services", "SELECT TOP 10 name FROM csc", "table of HEASARC", _SHORT),
    Advised("other services", 'SELECT TOP 10 name FROM "IX/70/csc2"', "of VizieR", _SHORT),
    Advised("other services", "SELECT TOP 10 name FROM IX/57/csc2", "of VizieR", _SHORT),
]

#: Queries that look like a slip and are none.
FINE = [
    f"{_M}name = 'a {{b}} ? :c IN () nan'",
    f"{_M}name = 'instrument = ACIS'",
    f"{_M}ra > 5 -- instrument = ACIS? or {{ra}}",
    "SELECT TOP 10 name, ra FROM master_source",
    "SELECT o.instrument FROM observation_source o, detect_stack d WHERE o.obsid = d.obsid",
    "SELECT a.name FROM master_source a, master_stack_assoc b WHERE a.name = b.name",
    f"{_M}likelihood_class = 'TRUE' AND extent_flag = 1",
]
