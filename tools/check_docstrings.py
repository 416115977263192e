# Licensed under a 3-clause BSD style license - see LICENSE
"""
Validate the docstring of every public object with numpydoc.

``[tool.numpydoc_validation]`` in pyproject.toml says which checks do not apply. A class or method
that takes its arguments from a base class may do with one line, since the base class says the
rest; and so may a protocol, since its implementations do.

Run ``python tools/check_docstrings.py`` from the root of the project, where it is installed.
"""

import importlib
import inspect
import pkgutil
import sys
import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import astroquery_csc

#: What need not be repeated: parameters, and what is returned.
_INHERITED = frozenset({"PR01", "RT01"})

_MEMBERS = (FunctionType, classmethod, staticmethod, property, cached_property, type)


def _modules() -> Iterator[ModuleType]:
    """Import every public module of the package."""
    yield astroquery_csc
    for found in pkgutil.walk_packages(astroquery_csc.__path__, "astroquery_csc."):
        if "._" not in found.name:
            yield importlib.import_module(found.name)


def _objects(module: ModuleType) -> Iterator[tuple[str, frozenset[str]]]:
    """Name the public objects that a module defines, and the checks that they are spared."""
    for name, found in vars(module).items():
        home = getattr(found, "__module__", None)
        if name.startswith("_") or home != module.__name__ or not isinstance(found, _MEMBERS):
            continue
        own = not inspect.isclass(found) or "__init__" in vars(found)
        yield f"{home}.{name}", frozenset() if own and not is_protocol(found) else _INHERITED
        if inspect.isclass(found):
            yield from _members(found)


def is_protocol(found: object) -> bool:
    """
    Tell whether something is a `typing.Protocol`.

    Parameters
    ----------
    found : object
        Anything; only classes can be protocols.

    Returns
    -------
    bool
        True for a protocol, not for its implementations.
    """
    return bool(vars(found).get("_is_protocol", False)) if inspect.isclass(found) else False


def _members(parent: type) -> Iterator[tuple[str, frozenset[str]]]:
    """Name the public members that a class defines itself."""
    for name, member in vars(parent).items():
        if not name.startswith("_") and isinstance(member, _MEMBERS):
            said = is_protocol(parent) or any(hasattr(base, name) for base in parent.__mro__[1:])
            spared = _INHERITED if said else frozenset()
            yield f"{parent.__module__}.{parent.__qualname__}.{name}", spared


def _complaints(name: str, spared: frozenset[str]) -> Iterator[str]:
    """Validate one object."""
    from numpydoc.validate import validate

    result: dict[str, Any] = validate(name)
    for code, message in result["errors"]:
        if code not in spared:
            yield f"{result['file']}:{result['file_line']}: {name}: {code} {message}"


def main() -> int:
    """
    Validate every docstring.

    Returns
    -------
    int
        The exit code: 0 if nothing is wrong.
    """
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]
    ignored = frozenset(settings["numpydoc_validation"]["checks"])
    objects = [found for module in _modules() for found in _objects(module)]
    complaints = [line for name, spared in objects for line in _complaints(name, spared | ignored)]
    print("\n".join(complaints) or f"docstrings: {len(objects)} public objects, fine")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
