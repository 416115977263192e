# Licensed under a 3-clause BSD style license - see LICENSE
"""Optional packages: imported where they are used, with words for a missing or a broken one."""

import sys
import threading
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from astroquery_csc.exceptions import MissingPackageError
from astroquery_csc.forks import wait_before_fork
from astroquery_csc.log import log
from astroquery_csc.progress import start

__all__ = ["check_installed", "has_arrow", "import_arrow_ahead", "need"]

#: What the import of a package raises that is missing, or was built for other libraries.
_BROKEN = (ImportError, OSError, AttributeError, RuntimeError, ValueError)


def need(name: str, what: str, *, extra: str) -> Any:
    """Import a package, or say what needs it, what is wrong with it, and what to run."""
    try:
        return import_module(name)
    except _BROKEN as error:
        raise MissingPackageError(_words(error, name, what, extra)) from error


def _words(error: Exception, name: str, what: str, extra: str) -> str:
    """Tell a missing package, or a missing requirement of it, from a broken one."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return MissingPackageError.words(what, error.name.partition(".")[0], extra=extra)
    package = name.partition(".")[0]
    return MissingPackageError.words(what, package, extra=extra, broken=_first_line(error))


def _first_line(error: Exception) -> str:
    """Give the words of an error on one short line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def check_installed(*names: str, what: str, extra: str) -> None:
    """Check that packages are installed, without the time that their import takes."""
    for name in names:
        if find_spec(name) is None:
            raise MissingPackageError(MissingPackageError.words(what, name, extra=extra))


@lru_cache(maxsize=1)
def import_arrow_ahead() -> None:
    """Start to import what decodes an answer, on a thread, while the service works on it."""
    if "pyarrow.compute" not in sys.modules:
        thread = threading.Thread(target=_import_arrow, name="import of pyarrow")
        wait_before_fork(thread)
        start(thread)


def _import_arrow() -> None:
    """Import pyarrow; `has_arrow` reports whether it cannot be imported."""
    with suppress(*_BROKEN):
        import_module("pyarrow.compute")


@lru_cache(maxsize=1)
def has_arrow() -> bool:
    """Whether pyarrow can be imported; if not, a hint is logged once."""
    try:
        import_module("pyarrow")
    except _BROKEN as error:
        state = "is not installed"
        if find_spec("pyarrow") is not None:
            state = f"is installed but cannot be imported ({_first_line(error)})"
        log.info(
            f"pyarrow {state}, so large answers are read some 25 times slower. "
            'python -m pip install "astroquery_csc[fast]"'
        )
        return False
    return True
