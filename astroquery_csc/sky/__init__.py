# Licensed under a 3-clause BSD style license - see LICENSE
"""
Geometry on the sphere in plain numbers.

Other rooms import from:

- ``ellipses``: error ellipses
- ``geometry``: cones, boxes and separations
- ``index``: pairs of sources and positions
"""

__all__ = ["ellipses", "geometry", "index"]
