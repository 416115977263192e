# Licensed under a 3-clause BSD style license - see LICENSE
"""Geometry on the sphere in plain numbers: cones, boxes, pairs of positions, error ellipses."""
