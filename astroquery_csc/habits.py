# Licensed under a 3-clause BSD style license - see LICENSE
"""What users of other modules write: attributes that `Csc` does not have, and how it says so."""

import inspect
from typing import TypeVar

from astroquery_csc.catalogue.suggest import did_you_mean
from astroquery_csc.config import Conf

Class = TypeVar("Class", bound=type)

__all__ = ["call_it_csc", "what_to_write"]

#: What other modules of astroquery call the server, and settings of ours that a call makes.
_BY_CALLING = {
    "release": 'older = Csc(release="2.0")',
    **dict.fromkeys(("server", "url", "base_url", "tap_url"), "mine = Csc(server='https://…')"),
    "mirror": "offline = Csc(mirror='csc21/')",
}
#: Verbs of other modules and of pyvo, as they are called here.
_ELSEWHERE = {
    **dict.fromkeys(("query_adql", "query", "query_sql", "launch_job", "run_sync"), "query_tap"),
    **dict.fromkeys(("search", "cone_search", "query_cone", "query_position"), "query_region"),
    **dict.fromkeys(("get_images", "get_image_list", "query_images"), "query_sia"),
    **dict.fromkeys(("get_catalogs", "list_catalogs", "find_catalogs"), "list_tables"),
    **dict.fromkeys(("launch_job_async", "run_async", "submit_job"), "query_tap"),
    **dict.fromkeys(("xmatch", "cross_match", "match"), "crossmatch"),
}
_LIMITS = frozenset({"maxrec", "hardlimit"})


def what_to_write(cls: type, name: str) -> str:
    """Say what sets what somebody wanted to set by assigning to an attribute."""
    word, verb = name.lower(), _verb_with(cls, name.lower())
    if word in _BY_CALLING:
        way_on = f"Write {_BY_CALLING[word]}"
        if word in vars(Conf):
            way_on += f", or set conf.{word}"
        return f"{way_on}."
    if name in _LIMITS:
        return f"Csc.{name} is what the service states. Write Csc.MAXREC = 100."
    names = _names(cls)
    if word in vars(Conf) and word not in names:
        return f"Write: from astroquery_csc import conf; conf.{word} = …"
    if verb and word not in names:
        return f"It is an argument of the verbs: Csc.{verb}(…, {word}=…)."
    return meant_by(cls, name).strip()


def meant_by(cls: type, name: str) -> str:
    """Suggest the attribute that an unknown one was meant to be."""
    if name.startswith("_"):
        return ""
    verb = _ELSEWHERE.get(name.lower())
    if verb is not None:
        return f" Did you mean {verb!r}?"
    return did_you_mean(name.removesuffix("_async"), _names(cls))


def _names(cls: type) -> list[str]:
    """List what can be set or called; words in capitals come first, so that the others win."""
    settings = [name for name, value in vars(cls).items() if getattr(value, "fset", None)]
    verbs = [name for name, value in vars(cls).items() if inspect.isfunction(value)]
    names = (*settings, *verbs, "cache_location")
    return sorted(name for name in names if not name.startswith("_"))


def _verb_with(cls: type, argument: str) -> str:
    """Find a verb that has an argument."""
    for name, value in vars(cls).items():
        is_verb = inspect.isfunction(value) and not name.startswith("_")
        if is_verb and argument in inspect.signature(value).parameters:
            return name
    return ""


def call_it_csc(cls: Class) -> Class:
    """Let Python's own errors about arguments name what users write: ``Csc.query_region``."""
    for name, function in vars(cls).items():
        if inspect.isfunction(function):
            function.__qualname__ = "Csc" if name == "__init__" else f"Csc.{name}"
    return cls
