# Licensed under a 3-clause BSD style license - see LICENSE
"""
Queries as people paste them, by family, each with what must happen.

All are invented, or reconstructed from what was seen.

``sent`` goes to the service as written, but for the schema; ``here`` is rewritten because of its
geometry; ``repaired`` is sent as ``words``; ``refused`` stops before anything is sent, and
``words`` stand in the message.
"""

from typing import Literal, NamedTuple


class Pasted(NamedTuple):
    """One query, the family that it is from, and what must happen to it."""

    family: str
    query: str
    outcome: Literal["sent", "here", "repaired", "refused"] = "sent"
    words: str = ""


#: A cone around NGC 1333, spelled in every way that was seen.
_CONES = (
    "dbo.cone_distance(ra, dec, 52.297, 31.31) <= 2",
    "dbo.cone_distance(ra,dec,52.297,31.31)<2.0",
    "dbo.cone_distance(m.ra,m.dec,52.297,31.31)<=2.0",
    "DBO.CONE_DISTANCE(m.ra, m.dec, 52.297, 31.31) <= 2",
    "csc21.cone_distance(m.ra, m.dec, 52.297, 31.31) <= 2",
    "csc2.cone_distance(m.ra, m.dec, 52.297, 31.31) <= 2",
    "cone_distance(m.ra, m.dec, 52.297, 31.31) <= 2",
    "dbo.separation(m.ra, m.dec, 52.297, 31.31) <= 2",
    "dbo.separation(52.297, 31.31, m.ra, m.dec) <= 2",
    "2 >= dbo.cone_distance(m.ra, m.dec, 52.297, 31.31)",
    "2.0 > dbo.separation(m.ra, m.dec, 52.297, 31.31)",
    "(dbo.cone_distance(m.ra, m.dec, 52.297, 31.31) <= (2))",
    "dbo.cone_distance(m.ra, m.dec, 52.297, 31.31) BETWEEN 0.5 AND 2",
    "dbo.cone_distance(m.ra, m.dec, 52.297, 31.31) <= 120/60.0",
)
_REGIONS = (
    "CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 52.297, 31.31, 0.0333)) = 1",
    "1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 52.297, 31.31, 0.0333))",
    "CONTAINS(POINT('', m.ra, m.dec), CIRCLE('', 52.297, 31.31, 2/60.)) = 1",
    "CONTAINS(POINT(m.ra, m.dec), CIRCLE(52.297, 31.31, 0.0333)) = 1",
    "CONTAINS(POINT(m.ra, m.dec), CIRCLE(POINT(52.297, 31.31), 0.0333)) = 1",
    "contains(point('icrs', m.ra, m.dec), circle('icrs', 52.297, 31.31, 0.0333)) = 1",
    "CONTAINS(POINT('ICRS', 52.297, 31.31), CIRCLE('ICRS', m.ra, m.dec, 0.0333)) = 1",
    "INTERSECTS(POINT('ICRS', m.ra, m.dec), CIRCLE('ICRS', 52.297, 31.31, 0.0333)) = 1",
    "INTERSECTS(CIRCLE('ICRS', 52.297, 31.31, 0.0333), POINT('ICRS', m.ra, m.dec)) = 1",
    "DISTANCE(POINT('ICRS', m.ra, m.dec), POINT('ICRS', 52.297, 31.31)) < 0.0333",
    "DISTANCE(POINT('', 52.297, 31.31), POINT('', m.ra, m.dec)) <= 0.0333",
    "0.0333 >= DISTANCE(POINT(m.ra, m.dec), POINT(52.297, 31.31))",
    "DISTANCE(m.ra, m.dec, 52.297, 31.31) < 0.0333",
)
_FRAMES = (
    ("SELECT m.name FROM master_source m WHERE {}"),
    ("SELECT TOP 5 m.name, m.ra FROM master_source m WHERE m.significance > 3 AND {}"),
    ("SELECT DISTINCT m.name FROM master_source AS m WHERE {} AND m.extent_flag = 0"),
    ("SELECT m.name FROM csc21.master_source m WHERE ({}) ORDER BY m.name DESC"),
)
_HERE = tuple(
    Pasted(family, frame.format(cone), "here")
    for family, cones in (("CSCview", _CONES), ("ADQL 2.0", _REGIONS))
    for cone in cones
    for frame in _FRAMES
)
_D = "dbo.cone_distance(m.ra, m.dec, 52.297, 31.31)"
_MEASURED = tuple(
    Pasted("CSCview", query, "here")
    for query in (
        f"SELECT m.name, {_D} AS sep FROM master_source m WHERE {_D} < 2",
        f"SELECT m.name, {_D} sep FROM master_source m WHERE {_D} < 2 ORDER BY sep",
        f"SELECT TOP 3 m.name, {_D} sep FROM master_source m WHERE {_D} < 2 ORDER BY sep DESC",
        f"SELECT TOP 3 m.name FROM master_source m WHERE {_D} < 2 ORDER BY {_D}",
        f"SELECT {_D} AS sep, m.name FROM master_source m WHERE {_D} < 2 ORDER BY 1",
        f"SELECT m.* FROM master_source m WHERE {_D} < 2 ORDER BY {_D}",
        f"SELECT m.name FROM master_source m WHERE {_D} < 2 ORDER BY m.conf_flag, {_D}, m.name",
        f"SELECT m.name FROM master_source m WHERE {_D} < 2 AND {_D} > 0.5",
    )
)
#: The join of all tables, as CSCview and CIAO write it.
_JOINED = """
FROM master_source m, master_stack_assoc a, observation_source o, stack_observation_assoc b,
     stack_source s
WHERE (((dbo.cone_distance(m.ra,m.dec,52.297,31.31)<=2.0) AND (m.ra BETWEEN 52.2 AND 52.4)
       AND (m.dec BETWEEN 31.2 AND 31.4)))
  AND (m.name = a.name)
  AND (s.detect_stack_id = a.detect_stack_id and s.region_id = a.region_id)
  AND (s.detect_stack_id = b.detect_stack_id and s.region_id = b.region_id)
  AND (o.obsid = b.obsid and o.obi = b.obi and o.region_id = b.region_id)
"""
_JOINED_HERE = tuple(
    Pasted(family, f"SELECT {columns} {_JOINED} {order}", "here")
    for family, columns, order in (
        ("csccli", "DISTINCT m.name,m.ra,m.dec,o.obsid,o.obi,o.region_id", "ORDER BY m.name ASC"),
        ("csccli", "m.name, a.match_type, o.instrument, o.theta", ""),
        ("csccli", "m.name,o.flux_aper_b as obi_flux_aper_b,m.flux_aper_b", "ORDER BY m.name"),
        ("csccli", "TOP 10 m.*", ""),
        ("csccli", "m.name, dbo.cone_distance(m.ra,m.dec,52.297,31.31) as sepn", "ORDER BY sepn"),
        ("CSCview", "DISTINCT m.name,s.detect_stack_id,s.region_id,s.theta_mean", "ORDER BY name"),
        ("CSCview", "m.name, o.obsid, o.gti_obs, o.livetime", "ORDER BY m.name, o.obsid DESC"),
    )
)
_NOT_HERE = (
    *tuple(
        Pasted(family, f"SELECT m.name FROM master_source m WHERE {condition}", "refused", words)
        for family, condition, words in (
            ("CSCview", f"{_D} < 2 OR m.significance > 100", "Take it out"),
            ("CSCview", f"NOT ({_D} < 2)", "Take it out"),
            ("CSCview", f"{_D} > 2", "without an upper limit"),
            ("CSCview", f"{_D} = 2", "Take it out"),
            ("CSCview", f"{_D} * 60 < 120", "Take it out"),
            ("CSCview", f"{_D} < m.err_ellipse_r0", "Take it out"),
            ("CSCview", f"{_D} < -1", "A radius is 0 to 180 degrees"),
            ("CSCview", "dbo.cone_distance(m.ra, m.dec, 52.297, 99) < 2", "not in -90 to 90"),
            (
                "CSCview",
                f"m.name IN (SELECT n.name FROM master_source n WHERE {_D} < 2)",
                "Take it",
            ),
            ("ADQL 2.0", "CONTAINS(POINT('',ra,dec),CIRCLE('',1,2,3)) = 0", "Take it out"),
            ("ADQL 2.0", "CONTAINS(POINT('',ra,dec),BOX('',1,2,3,4)) = 1", "box in ra and dec"),
            ("ADQL 2.0", "CONTAINS(POINT('',ra,dec),POLYGON('',1,2,3,4,5,6)) = 1", "Take it out"),
            ("ADQL 2.0", "CONTAINS(POINT('GALACTIC',ra,dec),CIRCLE('',1,2,3)) = 1", "are ICRS"),
            ("ADQL 2.0", "CONTAINS(POINT('FK4',ra,dec),CIRCLE('FK4',1,2,3)) = 1", "are ICRS"),
            ("ADQL 2.0", "INTERSECTS(BOX('',1,2,3,4), CIRCLE('',1,2,3)) = 1", "Take it out"),
            ("ADQL 2.0", "AREA(CIRCLE('',1,2,3)) > 1", "Take it out"),
        )
    ),
    Pasted("CSCview", f"SELECT COUNT(*) FROM master_source m WHERE {_D} < 2", "refused", "aggreg"),
    Pasted(
        "CSCview",
        f"SELECT m.conf_flag FROM master_source m WHERE {_D} < 2 GROUP BY m.conf_flag",
        "refused",
        "GROUP",
    ),
    Pasted(
        "CSCview",
        f"SELECT TOP 3 m.name, {_D} s FROM master_source m ORDER BY s",
        "refused",
        "without a limit",
    ),
    Pasted(
        "CSCview",
        f"SELECT m.name, {_D} * 60 AS s FROM master_source m WHERE {_D} < 2",
        "refused",
        "Take it out",
    ),
    Pasted(
        "CSCview",
        f"SELECT m.name FROM master_source m WHERE {_D} < 2 UNION SELECT 'x'",
        "refused",
        "Take it out",
    ),
)

_M = "FROM master_source"
_SENT = tuple(
    Pasted(family, query)
    for family, queries in {
        "CSCview": (
            f"SELECT DISTINCT m.name, m.ra, m.dec {_M} m WHERE (m.significance > 10) ORDER BY name",
            f"SELECT m.name {_M} m WHERE ((m.ra BETWEEN 52 AND 53) AND (m.dec BETWEEN 31 AND 32))",
            f"SELECT TOP 5000 m.name {_M} m ORDER BY m.significance DESC",
            f"SELECT m.name {_M} m WHERE m.name LIKE '2CXO J0329%'",
            f"SELECT m.name {_M} m WHERE m.likelihood_class = 'TRUE'",
            f"SELECT m.name {_M} m WHERE m.flux_aper_b IS NOT NULL AND m.var_flag = 1",
            f"SELECT m.name, a.match_type {_M} m, master_stack_assoc a WHERE (m.name = a.name)",
            f"SELECT m.name {_M} m WHERE m.gal_b NOT BETWEEN -20 AND 20",
            f"SELECT m.name {_M} m;",
            f"SELECT m.name {_M} m; -- from CSCview",
            f"SELECT m.name {_M} m ; /* the end */",
            f"SELECT m.name\n{_M} m\nWHERE m.name IN ('2CXO J032912.9+311814')",
        ),
        "csccli": (
            f"select name,ra,dec {_M.lower()} where significance>3",
            "select count(1) as n from (select distinct name from master_source) t",
            f"select m.name, m.ra {_M.lower()} m where m.ra between 52 and 53",
            "select o.obsid from observation_source o",
            "select s.detect_stack_id, s.region_id from stack_source s",
            "select b.obsid from stack_observation_assoc b, detect_stack d",
            f"select m.name, m.ra as ra_deg {_M.lower()} m where m.extent_flag = 1",
            "select o.obsid, o.obi from observation_source o where (o.obsid = 635)",
            "select distinct o.obsid from observation_source o where o.instrument = 'HRC'",
            "select a.name, a.match_type from master_stack_assoc a where a.match_type <> 'n'",
        ),
        "FAQ": (
            f"SELECT name, ra, dec {_M}",
            f"SELECT COUNT(*) AS n {_M}",
            f"SELECT MAX(significance) AS best, MIN(significance) AS least {_M}",
            f"SELECT extent_flag, COUNT(*) AS n {_M} GROUP BY extent_flag",
            f"SELECT extent_flag, COUNT(*) AS n {_M} GROUP BY extent_flag HAVING COUNT(*) > 2",
            "SELECT table_name FROM TAP_SCHEMA.tables",
            "SELECT column_name FROM TAP_SCHEMA.columns WHERE table_name = 'csc21.master_source'",
            "SELECT TOP 5 * FROM ivoa.ObsCore",
            f"SELECT TOP 100 name, significance {_M} ORDER BY significance DESC",
            f"SELECT name, hard_hm, hard_ms {_M} WHERE hard_hm > 0.5 AND hard_ms IS NOT NULL",
            f"SELECT name {_M} WHERE likelihood_class IN ('TRUE', 'MARGINAL')",
            "SELECT a.name, COUNT(*) AS n FROM master_stack_assoc a GROUP BY a.name",
            f"SELECT name, ABS(gal_b) AS b {_M} WHERE ABS(gal_b) > 20",
            f"SELECT name, SQRT(err_ellipse_r0 * err_ellipse_r1) AS r {_M}",
        ),
        "web": (
            f"\n\n   SELECT TOP 10 name {_M}   \n\n",
            f"SELECT TOP 10 name -- the first\n{_M}",
            f"/* all */ SELECT name {_M}",
            f"(SELECT name {_M})",
            f"((SELECT name {_M}))",
            f"SELECT\tname\t{_M}",
            f"SELECT name\r\n{_M}\r\n",
        ),
        "Python": (
            f"SELECT name {_M} WHERE name IN ('2CXO J032912.9+311814', '2CXO J032915.6+311851')",
            f"SELECT name {_M} WHERE ra > 52.297000000000004",
            f"SELECT name {_M} WHERE flux_aper_b > 1e-13",
            f"SELECT name {_M} WHERE flux_aper_b > 1.0E-13 AND NOT extent_flag = 1",
            f"SELECT name {_M} WHERE name IN {('2CXO J032912.9+311814', 'b')}",
            f"SELECT name {_M} WHERE ra BETWEEN {52.29!r} AND {52.31!r} AND dec > {-1e-05!r}",
            f"""
            SELECT name
            {_M}
            WHERE significance > 10
            """,
            f"SELECT TOP {100:d} name {_M}",
        ),
        "T-SQL": (
            f"SELECT name AS [limit], ra AS [top] {_M}",
            f"SELECT name AS limit {_M}",
            f"SELECT significance AS top {_M}",
            f"SELECT name {_M} UNION SELECT name {_M}",
            f"SELECT name {_M} UNION ALL SELECT name {_M} ORDER BY name",
            f"SELECT name {_M} EXCEPT SELECT name {_M} WHERE extent_flag = 1",
            f"SELECT name {_M} INTERSECT SELECT name {_M} WHERE extent_flag = 1",
            f"WITH x AS (SELECT name {_M}) SELECT name FROM x",
            f"WITH x (n) AS (SELECT name {_M}) SELECT x.n FROM x",
            f"SELECT name {_M} ORDER BY name OFFSET 5 ROWS FETCH NEXT 5 ROWS ONLY",
            f"SELECT CASE WHEN extent_flag = 1 THEN 'X' ELSE '' END AS kind {_M}",
            f"SELECT CAST(significance AS INT) AS s {_M}",
            f"SELECT CONVERT(VARCHAR(10), name) AS s {_M}",
            f"SELECT COALESCE(flux_aper_b, flux_aper_w) AS f {_M}",
            f"SELECT ISNULL(flux_aper_b, 0) AS f {_M}",
            f"SELECT SUBSTRING(name, 7, 9) AS j {_M}",
            f"SELECT name, ROW_NUMBER() OVER (ORDER BY significance DESC) AS r {_M}",
            f"SELECT name {_M} m WHERE EXISTS (SELECT 1 FROM master_stack_assoc a)",
        ),
    }.items()
    for query in queries
)
_Q = f"SELECT TOP 5 name {_M}"
_REPAIRED = tuple(
    Pasted(family, query, "repaired", meant)
    for family, query, meant in (
        ("Python", f'"{_Q}"', _Q),
        ("Python", f"'{_Q}'", _Q),
        ("Python", f'"""{_Q}"""', _Q),
        ("Python", f"query = '''{_Q}'''", _Q),
        ("Python", f'query = "{_Q}"', _Q),
        ("Python", f'adql=f"{_Q}",', _Q),
        ("Python", f"\"{_Q} WHERE name = 'x'\"", f"{_Q} WHERE name = 'x'"),
        ("web", f"QUERY={_Q}", _Q),
        ("web", f"ADQL: {_Q}", _Q),
        ("web", "SELECT%20TOP%205%20name%20FROM%20master_source", _Q),
        ("web", "SELECT+TOP+5+name+FROM+master_source", _Q),
        ("web", f"> {_Q}", _Q),
        ("web", f"> SELECT TOP 5 name\n> {_M}", f"SELECT TOP 5 name\n{_M}"),
        ("web", f"```sql\n{_Q}\n```", _Q),
        ("web", f"{_Q} WHERE dec &gt; 5 AND ra &lt;= 6", f"{_Q} WHERE dec > 5 AND ra <= 6"),
        ("web", f"{_Q} WHERE dec > \u22125", f"{_Q} WHERE dec > -5"),
        ("web", f"{_Q} WHERE dec \u2265 5", f"{_Q} WHERE dec >= 5"),
        ("web", f"{_Q} WHERE name = \u2018x\u2019", f"{_Q} WHERE name = 'x'"),
        ("web", f"\ufeff{_Q}", _Q),
        ("web", f"{_Q}\u00a0WHERE dec > 5", f"{_Q} WHERE dec > 5"),
        ("T-SQL", "SELECT `name` FROM `master_source`", 'SELECT "name" FROM "master_source"'),
        ("CSCview", f"{_Q} WHERE name = '2CXOJ1+2'", f"{_Q} WHERE name = '2CXO J1+2'"),
    )
)
_REFUSED = tuple(
    Pasted(family, query, "refused", words)
    for family, query, words in (
        ("web", f"SELECT name {_M} LIMIT 10", "SELECT TOP 10"),
        ("web", f"SELECT name, {_M}", "nothing follows this comma"),
        ("web", "SELECT name FROM csc2.master_source", "of release 2.0"),
        ("web", "SELECT name FROM csc21_snapshot.master_source", "no longer exists. Write csc21"),
        ("web", "SELECT name FROM csc_snapshot.master_source", "Csc(release='current')"),
        ("FAQ", "SELECT nonsense FROM master_source", "'nonsense' is not in master_source"),
        ("FAQ", "SELECT name FROM master_sources", "'master_sources' is not known"),
        ("Python", "", "The query is empty"),
        ("T-SQL", f"SELECT name {_M}; DROP TABLE master_source", "not exactly one SELECT"),
        ("T-SQL", f"SELECT name INTO mine {_M}", "INTO"),
        ("T-SQL", "DELETE FROM master_source", "starts with 'DELETE'"),
    )
)

#: All of them.
PASTED = _HERE + _MEASURED + _JOINED_HERE + _NOT_HERE + _SENT + _REPAIRED + _REFUSED
