# Licensed under a 3-clause BSD style license - see LICENSE
"""Below the master sources: detections, light curves and the limiting sensitivity."""
