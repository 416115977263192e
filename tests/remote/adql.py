# Licensed under a 3-clause BSD style license - see LICENSE
"""Questions about the ADQL that the service takes."""

from tests.remote.site import Finding, Reading, Site, UnansweredError, asks

__all__ = [
    "boolean_literals",
    "cone_distance",
    "constructs",
    "in_lists",
    "join_on",
]

_FLAGS = {"numbers": "1", "letters": "'T'", "words": "'True'", "keywords": "TRUE"}

#: Short lists, the longest one that was reported to work, and one that is longer.
_LISTS = (12, 100, 200, 1_000, 1_001)

_BOX = "m.ra BETWEEN 52.29 AND 52.31 AND m.dec BETWEEN 31.30 AND 31.31"


def _queries(schema: str) -> dict[str, str]:
    """Give a small query for each construct."""
    names = f"SELECT m.name FROM {schema}.master_source m"
    inner = f"SELECT m.name FROM {schema}.master_source m WHERE m.ra < 0.02"
    return {
        "BETWEEN": f"{names} WHERE {_BOX}",
        "COMMA JOIN": (
            f"SELECT m.name FROM {schema}.master_source m, {schema}.master_stack_assoc a "
            "WHERE (m.name = a.name) AND m.ra < 0.02"
        ),
        "COUNT": f"SELECT COUNT(*) AS n FROM {schema}.master_source m WHERE m.ra < 0.02",
        "DISTINCT": f"SELECT DISTINCT m.name FROM {schema}.master_source m WHERE m.ra < 0.02",
        "GROUP BY": (
            f"SELECT m.likelihood_class FROM {schema}.master_source m WHERE m.ra < 0.02 "
            "GROUP BY m.likelihood_class"
        ),
        "IN": f"{names} WHERE m.name IN ('2CXO J032908.3+312020', '2CXO J032903.3+311839')",
        "IS NULL": f"{names} WHERE m.flux_aper_b IS NULL AND m.ra < 0.02",
        "LIKE": f"{names} WHERE m.name LIKE '2CXO J0329%X'",
        "OR": f"{names} WHERE m.ra < 0.01 OR m.ra > 359.99",
        "ORDER BY": f"{names} WHERE m.ra < 0.02 ORDER BY m.name ASC",
        "SELECT *": f"SELECT v.* FROM {schema}.valid_stack v WHERE v.detect_stack_id < 'b'",
        "SUBQUERY": f"SELECT t.name FROM ({inner}) t",
        "TOP": f"SELECT TOP 3 m.name FROM {schema}.master_source m WHERE m.ra < 0.02",
    }


@asks("which constructs are rejected", "refused")
def constructs(site: Site) -> Finding:
    """Try each."""
    queries = _queries(site.schema)
    refused = [name for name in queries if not site.accepts(queries[name])]
    words = f"rejected: {', '.join(refused) or 'none'} of {', '.join(queries)}"
    return Finding(words, {"refused": frozenset(refused)})


@asks("whether ``dbo.cone_distance`` passes", "cone_distance")
def cone_distance(site: Site) -> Finding:
    """Try the function of the documentation, with its schema, the release's and none."""
    seen = {start: _knows_distance(site, start) for start in ("dbo.", f"{site.schema}.", "")}
    words = ", ".join(f"{start}cone_distance: {known}" for start, known in seen.items())
    return Finding(words, {"cone_distance": seen["dbo."]})


def _knows_distance(site: Site, start: str) -> bool:
    """Try one spelling: it is refused, or gives the eleven sources of the notebook."""
    query = (
        f"SELECT m.name FROM {site.schema}.master_source m "
        f"WHERE {start}cone_distance(m.ra, m.dec, 52.297, 31.31) <= 2"
    )
    answer = site.sync(query)
    reading = Reading(answer.content)
    if not (answer.ok and reading.is_table):
        site.check_refusal(answer)
        return False
    if len(reading.all("TR")) != 11:
        raise UnansweredError(f"{start}cone_distance found {len(reading.all('TR'))} of 11 sources")
    return True


@asks("``JOIN … ON`` is accepted", "join_on")
def join_on(site: Site) -> Finding:
    """Try it with one and with two conditions."""
    schema = site.schema
    query = (
        f"SELECT TOP 2 s.region_id FROM {schema}.master_stack_assoc a JOIN {schema}.stack_source s "
        "ON a.detect_stack_id = s.detect_stack_id"
    )
    found = [site.accepts(query), site.accepts(f"{query} AND a.region_id = s.region_id")]
    return Finding(f"one condition: {found[0]}, two: {found[1]}", {"join_on": all(found)})


@asks("what a flag is compared with", "boolean_literals")
def boolean_literals(site: Site) -> Finding:
    """Try a number, a string and a keyword."""
    query = f"SELECT m.name FROM {site.schema}.master_source m WHERE m.ra < 0.02 AND extent_flag ="
    taken = [name for name, text in _FLAGS.items() if site.accepts(f"{query} {text}")]
    form = "any" if len(taken) == len(_FLAGS) else " and ".join(taken)
    form = form.replace("letters and words", "strings")
    return Finding(f"taken: {', '.join(taken) or 'none'}", {"boolean_literals": form})


@asks("connections drop at long ``IN`` lists", "max_in_list")
def in_lists(site: Site) -> Finding:
    """Try lists of names that no source has."""
    works = [size for size in _LISTS if _takes_list(site, size)]
    longest = None if works == list(_LISTS) else max(works, default=0)
    return Finding(f"works with {works} of {list(_LISTS)} names", {"max_in_list": longest})


def _takes_list(site: Site, size: int) -> bool:
    """Try one length."""
    names = ", ".join(f"'2CXO J000000.0-{number:06d}'" for number in range(size))
    return site.accepts(
        f"SELECT m.name FROM {site.schema}.master_source m WHERE m.name IN ({names})"
    )
