# Licensed under a 3-clause BSD style license - see LICENSE
"""
The files of the catalogue: which types there are, which files exist, and fetching them.

Other rooms import from:

- ``curve_limits``: limits of light curves from posteriors
- ``download``: files to disk
- ``find``: lists of files
- ``images``: images by position
- ``limits``: limits of fluxes from posteriors
- ``spectra``: spectra with their responses
- ``types``: types and names of files
"""

__all__ = ["curve_limits", "download", "find", "images", "limits", "spectra", "types"]
