# Licensed under a 3-clause BSD style license - see LICENSE
"""
Where the code of a documented object is: what ``sphinx.ext.linkcode`` asks for.

``sphinx.ext.viewcode`` finds no code for what is documented under another module than its own,
which most of this package is: ``astroquery_csc.Csc``, and every verb.
"""

import inspect
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from sphinx.application import Sphinx

import astroquery_csc

_REPOSITORY = "https://github.com/astroquery-csc/astroquery_csc"
_PACKAGE = Path(inspect.getfile(astroquery_csc)).parent


def resolve(domain: str, info: Mapping[str, str]) -> str | None:
    """
    Find the address of an object's code.

    Parameters
    ----------
    domain : str
        ``"py"``, or another, which is none of ours.
    info : mapping
        ``module`` and ``fullname`` of the object.

    Returns
    -------
    str or None
        File and lines; None for what has no code of its own, or is another package's.
    """
    if domain != "py" or not info["module"]:
        return None
    found: object = import_module(info["module"])
    for name in info["fullname"].split("."):
        found = getattr(found, name, None)
    found = getattr(found, "fget", found)
    found = inspect.unwrap(found) if callable(found) else found
    try:
        lines, first = inspect.getsourcelines(found)  # type: ignore[arg-type]
        file = Path(inspect.getfile(found)).relative_to(_PACKAGE)  # type: ignore[arg-type]
    except (TypeError, OSError, ValueError):
        return None
    return (
        f"{_REPOSITORY}/blob/{_revision()}/astroquery_csc/{file.as_posix()}"
        f"#L{first}-L{first + len(lines) - 1}"
    )


def _revision() -> str:
    """Name the tag of a release; between releases the branch."""
    version = astroquery_csc.__version__
    return "main" if "dev" in version or version == "0.0" else f"v{version}"


def setup(app: Sphinx) -> dict[str, bool]:
    """
    Tell Sphinx.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.

    Returns
    -------
    dict
        That files may be read and written side by side.
    """
    app.setup_extension("sphinx.ext.linkcode")
    app.config.linkcode_resolve = resolve
    return {"parallel_read_safe": True, "parallel_write_safe": True}
