# Licensed under a 3-clause BSD style license - see LICENSE
"""
Configuration of Sphinx.

With ``DOCS_OFFLINE=1`` in the environment the inventories of other projects are not fetched. Then
a reference into one of those projects is not checked; a reference into this one always is.
"""

import builtins
import os
import sys
from datetime import UTC, datetime
from importlib.metadata import version as installed_version

from sphinx_astropy.conf.v3 import *

project = "astroquery_csc"
author = "The astroquery_csc developers"
copyright = f"{datetime.now(UTC).year}, {author}"
release = installed_version(project)
version = ".".join(release.split(".")[:2])

extensions.remove("sphinx.ext.inheritance_diagram")  # it wants Graphviz
extensions.remove("sphinx_astropy.ext.changelog_links")  # it is for astropy's own changelog
automodapi_inheritance_diagram = False

html_title = f"astroquery_csc {version}"
html_last_updated_fmt = None
autodoc_typehints = "none"  # the docstrings name the types
autoclass_content = "class"

intersphinx_mapping = {
    "astropy": ("https://docs.astropy.org/en/stable/", None),
    "astroquery": ("https://astroquery.readthedocs.io/en/stable/", None),
    "matplotlib": ("https://matplotlib.org/stable/", None),
    "numpy": ("https://numpy.org/doc/stable/", None),
    "python": ("https://docs.python.org/3/", None),
    "pyvo": ("https://pyvo.readthedocs.io/en/stable/", None),
    "regions": ("https://astropy-regions.readthedocs.io/en/stable/", None),
    "requests": ("https://requests.readthedocs.io/en/stable/", None),
}

if os.environ.get("DOCS_OFFLINE"):
    _packages = "|".join((*intersphinx_mapping, *sys.stdlib_module_names))
    nitpick_ignore_regex = [
        ("py:.*", rf"({_packages})\..+"),
        ("py:.*", "|".join(dir(builtins))),
    ]
    extensions.remove("sphinx.ext.intersphinx")
    extensions.remove("sphinx_astropy.ext.intersphinx_toggle")
    intersphinx_mapping = {}
