# Licensed under a 3-clause BSD style license - see LICENSE
"""Master sources: from a user's arguments to a Table."""
