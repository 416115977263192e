# Licensed under a 3-clause BSD style license - see LICENSE
"""The one command, ``astroquery-csc``: what it takes, shows and writes."""
