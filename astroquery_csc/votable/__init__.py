# Licensed under a 3-clause BSD style license - see LICENSE
"""Bytes of a VOTable to columns, exactly, or an error."""
