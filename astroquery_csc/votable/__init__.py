# Licensed under a 3-clause BSD style license - see LICENSE
"""
VOTable documents: bytes to columns, exactly, or an error.

Other rooms import from:

- ``reader``: read a document
"""

__all__ = ["reader"]
