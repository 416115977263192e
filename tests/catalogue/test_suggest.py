# Licensed under a 3-clause BSD style license - see LICENSE
"""What a name that does not exist was meant to be."""

import pytest

from astroquery_csc.catalogue.schema import master_columns
from astroquery_csc.catalogue.suggest import did_you_mean


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("flux_aper_B", "flux_aper_b"),
        ("flux_aperb", "flux_aper_b"),
        ("SIGNIFICANCE", "significance"),
        ("signifcance_", "significance"),
        ("likelihod", "likelihood"),
        ("flux_aper_b_lolim", "flux_aper_lolim_b"),
        ("flux_aper_b_hilim", "flux_aper_hilim_b"),
        ("flux_lolim_aper_s", "flux_aper_lolim_s"),
        ("photflux_aper_h_hilim", "photflux_aper_hilim_h"),
        ("flux_aper_b_avg", "flux_aper_avg_b"),
        ("flux_avg_aper_b", "flux_aper_avg_b"),
        ("flux_aper90_b_lolim", "flux_aper90_lolim_b"),
        ("flux_aper90_lolim_avg_m", "flux_aper90_avg_lolim_m"),
        ("hard_lolim_hm", "hard_hm_lolim"),
        ("flux_b", "flux_aper_b"),
        ("b_flux", "flux_aper_b"),
        ("flux_b_lolim", "flux_aper_lolim_b"),
        ("major_axis_b_lolim", "major_axis_lolim_b"),
        ("RAJ2000", "ra"),
        ("RAICRS", "ra"),
        ("DEICRS", "dec"),
        ("GLAT", "gal_b"),
        ("bii", "gal_b"),
        ("lii", "gal_l"),
        ("2CXO", "name"),
        ("S/N", "significance"),
        ("error_radius", "err_ellipse_r0"),
    ],
)
def test_the_column_that_was_meant_is_suggested(word, meant):
    """Slips, parts in another order, and the names of VizieR and HEASARC."""
    assert did_you_mean(word, master_columns("2.1")) == f" Did you mean {meant!r}?"


@pytest.mark.parametrize("word", ["flux", "flux_aper"])
def test_a_name_without_its_band_leads_to_those_with_one(word):
    """All of them, as the band that was meant cannot be known."""
    assert did_you_mean(word, master_columns("2.1")) == (
        " There is one for each band: flux_aper_b, flux_aper_h, flux_aper_m, flux_aper_s, "
        "flux_aper_u, flux_aper_w."
    )


@pytest.mark.parametrize(("word", "choices"), [("zzzz", ["ra", "dec"]), ("", ["ra"]), ("ra", [])])
def test_nothing_is_suggested_where_nothing_is_near(word, choices):
    """A suggestion that makes no sense is not made."""
    assert not did_you_mean(word, choices)
