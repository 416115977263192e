# Licensed under a 3-clause BSD style license - see LICENSE
"""
The Chandra Source Catalog for astroquery users.

``from astroquery_csc import Csc`` gives cones, objects, criteria and ADQL as clean tables.
"""

from importlib.metadata import PackageNotFoundError, version

from astroquery_csc import mirror
from astroquery_csc.catalogue.flags import clean_flags
from astroquery_csc.config import Conf, conf
from astroquery_csc.core import Csc, CscClass
from astroquery_csc.sky.ellipses import to_regions
from astroquery_csc.tables import for_fits

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
    "to_regions",
]
