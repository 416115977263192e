# Licensed under a 3-clause BSD style license - see LICENSE
"""What is known of the catalogue without asking: tables, columns, releases, names, bands, flags."""
