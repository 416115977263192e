# Licensed under a 3-clause BSD style license - see LICENSE
"""The one command, ``python -m astroquery_csc``: what it takes, shows and writes."""
