# Licensed under a 3-clause BSD style license - see LICENSE
"""
The calls and arguments that messages name for Python, as the command spells them.

This is the only place that translates: ``Csc.list_tables()`` becomes ``astroquery-csc tables``,
``validate=False`` becomes ``--no-validate``. What the service said and ADQL are left as they are.
"""

import ast
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["translate"]

_PROGRAM = "astroquery-csc"
_VERBS = {
    "query_region": "cone",
    "query_objects": "object",
    "query_object": "object",
    "query_criteria": "select",
    "crossmatch": "match",
    "query_tap": "tap",
    "list_releases": "releases",
    "list_tables": "tables",
    "list_columns": "columns",
    "query_detections": "detections",
    "query_light_curve": "lightcurve",
    "query_limits": "limits",
    "query_sensitivity": "sensitivity",
    "get_product_list": "products",
    "download_products": "download",
    "get_spectra": "spectra",
    "query_sia": "images",
    "mirror.create": "mirror create",
    "mirror.update": "mirror update",
    "mirror.verify": "mirror verify",
}
#: What stands for an argument that a message leaves open.
_OPEN = {"cone": "RA DEC", "images": "RA DEC", "sensitivity": "RA DEC", "match": "FILE"}
_NAMED = ("object", "detections", "lightcurve", "limits", "products", "download", "spectra")
_OPTIONS = (
    *("bands", "cache", "column_filters", "columns", "criteria", "expected", "find", "flux"),
    *("format", "level", "location", "match_type", "maxrec", "mirror", "obsid", "overwrite"),
    *("position_error", "radius", "refresh", "release", "row_limit", "sigma", "size", "tables"),
    *("timeout", "types", "validate", "verbosity"),
)
_SPELLED = {
    ("cache", False): "--no-cache",
    ("match_type", None): "--match-type una",
    ("mirror", None): "no --mirror",
    ("row_limit", -1): "--row-limit -1",
}

_VERB = "|".join(re.escape(verb) for verb in _VERBS)
_CALL = re.compile(rf"(?:astroquery_csc\.)?(?:Csc(?:\((?P<csc>[^()]*)\))?\.)?\b(?P<verb>{_VERB})\b")
_VALUE = r"'[^']*'|\"[^\"]*\"|\[[^\]]*\]|\([^)]*\)|-?\d+(?:\.\d+)?\w*|[A-Za-z_]\w*"
_BEFORE = r"^|[Ww]rite |[Gg]ive | with | or |, |[.:;] "
_KEYWORD = re.compile(rf"(?P<before>{_BEFORE})(?P<name>{'|'.join(_OPTIONS)})=(?P<value>{_VALUE})")
#: Where the words of somebody else begin.
_FOREIGN = re.compile(r" The ADQL was: ")
_RULES = (
    (re.compile(r"from astroquery_csc import mirror; "), ""),
    (re.compile(r"(-?\d[\d.]*) ?\* ?u\.(\w+)"), r"\1\2"),
    (re.compile(r"SkyCoord\((-?[\d.]+), (-?[\d.]+), unit='deg'\)"), r"\1 \2"),
    (
        re.compile(r"Give the unit \(table\['ra'\]\.unit = 'deg'\), or pass SkyCoord\([^)]*\)\."),
        "Call the columns ra and dec.",
    ),
    (re.compile(r"SkyCoord\([^()]*\)"), "RA DEC"),
    (re.compile(r"Make a new Csc\([^()]*\)"), "Run the command again"),
    (re.compile(r"\bAsk Csc\([^()]*\) instead"), "Leave --mirror out"),
    (re.compile(r"\b(?:csc=)?Csc\(([^()]*)\)(?!\.[a-z])"), lambda found: _keywords(found[1])),
    (re.compile(r"\bthis Csc\b"), "this command"),
    (re.compile(r"conf\.reset\('(\w+)'\) restores it"), r"Correct \1 in astroquery_csc.cfg"),
    (re.compile(r"\bconf\.timeout\b"), "--timeout"),
    (re.compile(r"\bconf\.(\w+)"), r"\1 in astroquery_csc.cfg"),
    (re.compile(r"\bRaise row_limit (\(.*?\)) or maxrec\b"), r"Raise --row-limit \1 or --maxrec"),
    (re.compile(r"\brow_limit\b(?!=)"), "--row-limit"),
    (
        re.compile(rf"^({'|'.join(_OPTIONS)}) (?=is )"),
        lambda found: f"--{found[1].replace('_', '-')} ",
    ),
    (re.compile(r"the same call goes on"), "the same command goes on"),
    (re.compile(r"\bCall again\b"), "Run the command again"),
)


def translate(text: str) -> str:
    """Say in the command's words what a message says in Python's."""
    own, *foreign = _FOREIGN.split(text, maxsplit=1)
    own = "".join(_calls(own))
    for rule, words in _RULES:
        own = rule.sub(words, own)
    own = _KEYWORD.sub(lambda found: found["before"] + _keyword(found["name"], found["value"]), own)
    own = re.sub(rf"\blen\(({_PROGRAM} [^()]*)\)", r"\1", own)
    return " The ADQL was: ".join([own, *foreign])


def _calls(text: str) -> Iterator[str]:
    """Give the text in pieces, each call in the command's words."""
    place = 0
    while found := _CALL.search(text, place):
        end = _end_of_call(text, found.end())
        yield text[place : found.start()]
        command = _VERBS[found["verb"]]
        parts = [_PROGRAM, command, _arguments(command, text[found.end() : end])]
        parts.append(_keywords(found["csc"] or ""))
        yield " ".join(part for part in parts if part)
        place = end
    yield text[place:]


def _end_of_call(text: str, start: int) -> int:
    """Find where the parentheses of a call close; there may be none."""
    if text[start : start + 1] != "(":
        return start
    depth = 0
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return start


def _arguments(command: str, text: str) -> str:
    """Word the arguments of a call."""
    call = _parse(f"f{text}") if text else None
    words = [] if call is None else _words(call)
    is_open = bool(text) and not any(not word.startswith("--") for word in words)
    if is_open and "--obsid" not in " ".join(words):
        words.insert(0, _OPEN.get(command, "NAME" if command in _NAMED else ""))
    return " ".join(word for word in words if word)


def _parse(text: str) -> ast.Call | None:
    """Read a call, if it is one."""
    try:
        tree = ast.parse(text.replace("(…)", "()").replace("(...)", "()"), mode="eval").body
    except SyntaxError:
        return None
    return tree if isinstance(tree, ast.Call) else None


def _words(call: ast.Call) -> list[str]:
    """Word what is in the parentheses."""
    words: list[str] = []
    for part in call.args:
        if isinstance(part, ast.Call):
            words += [] if _is_position(part) else _words(part)
        elif isinstance(part, ast.Constant):
            words.append(_quoted(str(part.value)))
    for keyword in call.keywords:
        words.append(_keyword(str(keyword.arg), ast.unparse(keyword.value)))
    return words


def _is_position(call: ast.Call) -> bool:
    """Look whether a call makes a position."""
    return isinstance(call.func, ast.Name) and call.func.id == "SkyCoord"


def _keywords(text: str) -> str:
    """Word ``release='2.1', mirror='csc21'``."""
    call = _parse(f"f({text})")
    return "" if call is None else " ".join(_words(call))


def _keyword(name: str, text: str) -> str:
    """Word one argument with its name."""
    try:
        value: Any = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        value = re.sub(r" ?\* ?u\.", "", text)
    option = "--image-format" if name == "format" else "--" + name.replace("_", "-")
    if isinstance(value, int | None) and (name, value) in _SPELLED:
        return _SPELLED[name, value]
    if isinstance(value, bool):
        return option if value else option.replace("--", "--no-", 1)
    if isinstance(value, dict):
        return " ".join(f"--tables {table}" for table in value)
    if isinstance(value, list | tuple):
        value = ",".join(map(str, value))
    return f"{option} {_quoted(str(value))}"


def _quoted(text: str) -> str:
    """Quote what has blanks."""
    return f'"{text}"' if " " in text else text
