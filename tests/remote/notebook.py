# Licensed under a 3-clause BSD style license - see LICENSE
"""What the CXC's PyVO notebook asks, asked through Csc."""

from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astroquery_csc.core import CscClass


def notebook_cone(csc: CscClass) -> Table:
    """Search the notebook's cone."""
    return csc.query_region(SkyCoord(52.297, 31.31, unit="deg"), 2 * u.arcmin, cache=False)


def extended_sources(csc: CscClass) -> Table:
    """Fetch the names and positions of the highly extended sources."""
    return csc.query_tap(
        "SELECT m.name, m.ra, m.dec FROM master_source m WHERE m.name LIKE '%X'", cache=False
    )


def compact_sources(csc: CscClass) -> Table:
    """Fetch the names and positions of all others: some 40 MB of the real catalogue."""
    return csc.query_tap(
        "SELECT m.name, m.ra, m.dec FROM master_source m WHERE m.name NOT LIKE '%X'", cache=False
    )
