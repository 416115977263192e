# Licensed under a 3-clause BSD style license - see LICENSE
"""
Check that the type of every public symbol is known, but for what comes through untyped imports.

A type checker of a user sees an unknown type wherever an annotation is missing or astropy, which
ships no types, stands in it. So the untyped packages get stubs for the length of this check: their
classes are classes, and everything else of theirs is ``Any``. What is unknown then is ours.

Run ``python tools/check_types.py`` from the root of the project, where it is installed.
"""

import ast
import importlib
import inspect
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

PACKAGE = "astroquery_csc"

_HEAD = "from typing import Any\ndef __getattr__(name: str) -> Any: ...\n"

_EXCEPTION = "class {name}(Exception): ...\n"

_CLASS = (
    "class {name}:\n"
    "    def __init__(self, *args: Any, **kwargs: Any) -> None: ...\n"
    "    def __getattr__(self, name: str) -> Any: ...\n"
)


def untyped_packages() -> set[str]:
    """List the packages that mypy takes without types."""
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    overrides = settings["tool"]["mypy"]["overrides"]
    return {
        module.partition(".")[0]
        for override in overrides
        if override.get("ignore_missing_imports")
        for module in override["module"]
    }


def imported_modules(source: str) -> Iterator[str]:
    """Find the modules that a file imports, or takes something from."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)


def stub(module: ModuleType) -> str:
    """Write the stub of a module."""
    parts = [_HEAD]
    for name, value in sorted(vars(module).items()):
        if inspect.isclass(value) and name.isidentifier() and not name.startswith("_"):
            form = _EXCEPTION if issubclass(value, Exception) else _CLASS
            parts.append(form.format(name=name))
    return "".join(parts)


def write_stubs(folder: Path) -> None:
    """Write stubs for what the package imports from untyped packages."""
    untyped = untyped_packages()
    sources = [path.read_text(encoding="utf-8") for path in Path(PACKAGE).rglob("*.py")]
    names = {name for source in sources for name in imported_modules(source)}
    for name in sorted(name for name in names if name.partition(".")[0] in untyped):
        if (module := _module(name)) is not None:
            top, *rest = name.split(".")
            home = folder.joinpath(f"{top}-stubs", *rest)
            home.mkdir(parents=True, exist_ok=True)
            (home / "__init__.pyi").write_text(stub(module), encoding="utf-8")
    for home in folder.rglob("*"):
        if home.is_dir() and not (home / "__init__.pyi").exists():
            (home / "__init__.pyi").write_text(_HEAD, encoding="utf-8")


def _module(name: str) -> ModuleType | None:
    """Import a module; None if it is none."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def main() -> int:
    """Check the public types."""
    with tempfile.TemporaryDirectory() as folder:
        write_stubs(Path(folder))
        # Installed for editing, the package is not where the checker looks for packages.
        places = os.pathsep.join([str(Path.cwd()), folder])
        done = subprocess.run(
            ["basedpyright", "--verifytypes", PACKAGE, "--ignoreexternal"],
            env=os.environ | {"PYTHONPATH": places},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    _, _, said = done.stdout.partition("Symbols used in public interface:")
    print(said.strip() if done.returncode else "types: every public symbol has a known type")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
