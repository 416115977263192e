# Licensed under a 3-clause BSD style license - see LICENSE
"""
Pictures of tables: sources on the sky, fluxes, light curves and spectra.

Each function draws on ``ax``, or on a new figure without it, and returns the Axes. They need
matplotlib: ``python -m pip install "astroquery_csc[local]"``.
"""

from astroquery_csc.plot.fluxes import flux_significance
from astroquery_csc.plot.maps import sky
from astroquery_csc.plot.spectra import spectrum
from astroquery_csc.plot.times import light_curve
from astroquery_csc.plot.whole_sky import all_sky

__all__ = ["all_sky", "flux_significance", "light_curve", "sky", "spectrum"]
