# Licensed under a 3-clause BSD style license - see LICENSE
"""How fast answers become tables, beside other readers of the same bytes: see README.md."""
