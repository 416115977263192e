# Licensed under a 3-clause BSD style license - see LICENSE
"""
The Chandra Source Catalog for astroquery users.

``from astroquery_csc import Csc`` gives cones, objects, criteria and ADQL as clean tables.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from astroquery_csc.catalogue.flags import clean_flags
from astroquery_csc.config import Conf, conf
from astroquery_csc.core import Csc, CscClass
from astroquery_csc.sky.ellipses import to_regions
from astroquery_csc.tables import for_fits, stack

if TYPE_CHECKING:
    from types import ModuleType

    from astroquery_csc import mirror, plot, testing

try:
    __version__ = version("astroquery_csc")
except PackageNotFoundError:  # pragma: no cover - a source tree that is not installed
    __version__ = "0.0"

#: What to cite, and how to acknowledge the catalogue.
__citation__ = """\
@article{Evans2024,
  author  = {{Evans}, Ian N. and others},
  title   = {{The Chandra Source Catalog Release 2 Series}},
  journal = {Astrophysical Journal Supplement Series},
  volume  = {274},
  pages   = {22},
  year    = {2024},
  doi     = {10.3847/1538-4365/ad6319}
}
This research has made use of data obtained from the Chandra Source Catalog, provided by the
Chandra X-ray Center (CXC), and of the Chandra Data Archive.
"""

__all__ = [
    "Conf",
    "Csc",
    "CscClass",
    "__citation__",
    "__version__",
    "clean_flags",
    "conf",
    "for_fits",
    "mirror",
    "plot",
    "stack",
    "testing",
    "to_regions",
]

#: Modules that only some users need; each is imported when it is first used.
_LAZY = frozenset({"mirror", "plot", "testing"})


def __getattr__(name: str) -> "ModuleType":
    """Import a module that only some users need."""
    if name in _LAZY:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name what is public, imported or not."""
    return sorted({*globals(), *__all__})
