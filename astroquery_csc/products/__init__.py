# Licensed under a 3-clause BSD style license - see LICENSE
"""The files of the catalogue: what types there are, which exist, and fetching them."""
