# Licensed under a 3-clause BSD style license - see LICENSE
"""
What is known of the catalogue without asking a service.

Other rooms import from:

- ``bands``: energy bands
- ``ciao``: CIAO's sets of columns
- ``flags``: what the flags mean
- ``names``: 2CXO names
- ``releases``: releases and their services
- ``schema``: tables and columns
- ``suggest``: the nearest spelling
- ``units``: units as services write them
"""

__all__ = ["bands", "ciao", "flags", "names", "releases", "schema", "suggest", "units"]
