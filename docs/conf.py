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
from pathlib import Path

from sphinx_astropy.conf.v3 import *

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "astroquery_csc"
#: Where the project lives on the web; empty until there is a public repository. This is the one
#: place that names it: while it is empty, no page links to it.
REPOSITORY = ""
author = "The astroquery_csc developers"
copyright = f"{datetime.now(UTC).year}, {author}"
release = installed_version(project)
version = ".".join(release.split(".")[:2])

extensions.remove("sphinx.ext.inheritance_diagram")  # it wants Graphviz
extensions.remove("sphinx_astropy.ext.changelog_links")  # it is for astropy's own changelog
extensions += ["sphinx_design", "column_tables", "fault_tables", "loopback_service", "notebooks"]
automodapi_inheritance_diagram = False
autodoc_typehints = "none"  # the docstrings name the types
autoclass_content = "class"
toc_object_entries_show_parents = "hide"

# ------------------------------------------------------------------ figures

# They are drawn at each build, by the code that stands above them.
plot_include_source = True
plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("svg", 100)]
plot_rcparams = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.12,  # white around the figure, seen on dark pages
    "figure.constrained_layout.w_pad": 0.12,
    "figure.figsize": (7, 4.2),
    "font.size": 10,
    "grid.color": "0.9",
    "legend.frameon": False,
    "svg.hashsalt": project,  # the same figure gives the same file
}
plot_apply_rcparams = True

# -------------------------------------------------------------- how it looks

# sphinx-astropy's own theme has Astropy's name, menu and counter of visits.
html_theme = "pydata_sphinx_theme"
html_title = f"astroquery_csc {version}"
html_logo = "_static/logo.svg"
html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_js_files = [("filter.js", {"defer": "defer"})]
html_baseurl = os.environ.get("READTHEDOCS_CANONICAL_URL", "")
html_last_updated_fmt = None
html_show_sourcelink = False
templates_path = ["_templates"]
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": "astroquery_csc", "alt_text": "astroquery_csc, to the first page"},
    **({"github_url": REPOSITORY} if REPOSITORY else {}),
    "header_links_before_dropdown": 5,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "navbar_persistent": ["search-button"],
    "footer_start": ["copyright"],
    "footer_center": ["independent"],
    "footer_end": ["sphinx-version"],
}

# ------------------------------------------------------ references elsewhere

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
