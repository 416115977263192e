# Licensed under a 3-clause BSD style license - see LICENSE
"""How far out the cone search of a service looks, which it does not state."""

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reach", "Reaches"]

#: TAP answers larger cones: whether the cone search has a largest radius is not known.
_LARGEST_DEG = 0.1
#: No cone search cuts so small a radius.
_SURE_DEG = 1 / 60
#: Sources spread evenly would leave the outer part of a cone empty no more often than this.
_CHANCE = 0.1


class Reach:
    """The radii up to which a cone search is trusted, and up to which it is asked at all."""

    def __init__(self) -> None:
        self.trusted_deg: float = _SURE_DEG
        self.limit_deg: float = _LARGEST_DEG

    def is_doubtful(self, radius_deg: float, separations_deg: NDArray[np.float64]) -> bool:
        """Whether the sources found lie so near the centre that the radius may have been cut."""
        count = separations_deg.size
        if not count or radius_deg <= self.trusted_deg:
            return False
        return bool((separations_deg.max() / radius_deg) ** (2.0 * count) < _CHANCE)

    def compare(
        self,
        radius_deg: float,
        separations_deg: NDArray[np.float64],
        true_separations_deg: NDArray[np.float64],
    ) -> bool:
        """Learn from one cone that TAP was asked for, too; tell whether the radius was cut."""
        farthest_deg = float(separations_deg.max())
        if not (true_separations_deg > farthest_deg).any():
            self.trusted_deg = max(self.trusted_deg, radius_deg)
            return False
        self.limit_deg = min(self.limit_deg, farthest_deg)
        return True


class Reaches:
    """What is known of each cone search, for as long as an instance lives."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Reach] = {}

    def of(self, key: Hashable) -> Reach:
        """Give what is known of one cone search."""
        return self._known.setdefault(key, Reach())
