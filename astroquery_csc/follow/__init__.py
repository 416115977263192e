# Licensed under a 3-clause BSD style license - see LICENSE
"""
Below the master sources: detections, light curves and the limiting sensitivity.

Other rooms import from:

- ``absence``: why there are no detections
- ``detections``: detections of sources
- ``levels``: stacks and observations
- ``light_curve``: one source over time
- ``sensitivity``: how deep a position was observed
"""

__all__ = ["absence", "detections", "levels", "light_curve", "sensitivity"]
