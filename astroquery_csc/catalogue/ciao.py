# Licensed under a 3-clause BSD style license - see LICENSE
"""
CIAO's sets of columns, which ``search_csc`` takes by names such as ``MSS`` and ``SOP``.

What they contain is from the help page of ``search_csc`` and ``csccli.py`` of the CIAO scripts
4.17.2 (https://cxc.cfa.harvard.edu/ciao/ahelp/search_csc.html). CSCview has the same sets.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

__all__ = ["CIAO_SETS", "ciao_set"]

#: What the names mean.
CIAO_SETS = {
    "MSBS": "master source basic summary",
    "MSS": "master source summary",
    "MSP": "master source photometry",
    "MSV": "master source variability",
    "SSS": "stack source summary",
    "SSP": "stack source photometry",
    "SOS": "source observation summary",
    "SOP": "source observation photometry",
    "SOV": "source observation variability",
}

# In the texts below ``@`` stands for the value and both limits, ``[bw]`` for the bands b and w.
_BELOW = """
m.name m.ra m.dec m.err_ellipse_r0 m.err_ellipse_r1 m.err_ellipse_ang m.likelihood_class
"""
_HEAD = f"{_BELOW} m.significance m.conf_flag m.sat_src_flag m.streak_src_flag m.flux_aper@_[bw]"
_STACK = f"""
{_BELOW} s.detect_stack_id s.region_id s.theta_mean s.conf_code s.extent_code s.sat_src_flag
s.streak_src_flag s.var_flag s.flux_significance_[bw] s.likelihood_[bw] s.src_cnts_aper_[bw]
s.src_rate_aper_[bw] s.flux_aper@_[bw]
"""
_OBSERVATION = f"""
{_BELOW} o.obsid o.obi o.region_id o.gti_obs o.gti_end o.theta o.phi o.conf_code o.extent_code
o.sat_src_flag o.streak_src_flag o.var_code o.flux_significance_[bw] o.likelihood_[bw]
o.flux_aper@_[bw]
"""
_SHAPE = "major_axis_[bw] {0}.minor_axis_[bw] {0}.pos_angle_[bw] {0}.hard_hm@ {0}.hard_ms@"
_21 = {
    "MSBS": f"{_HEAD} m.flux_aper_avg@_[bw]",
    "MSS": f"""
        {_HEAD} m.likelihood m.extent_flag m.var_flag m.var_inter_hard_flag m.flux_aper_avg@_[bw]
        m.hard_hm@ m.hard_ms@ m.var_intra_index_[bw] m.var_inter_index_[bw]
        m.var_inter_hard_prob_hm m.var_inter_hard_prob_ms m.acis_time m.hrc_time""",
    "MSP": f"""
        {_HEAD} m.likelihood m.flux_aper@_[hmsu] m.flux_aper_avg@_[bhmsuw]
        m.flux_powlaw_aper@_[bw] m.flux_bb_aper@_[bw] m.flux_brems_aper@_[bw]""",
    "MSV": f"""
        {_HEAD} m.likelihood m.dither_warning_flag m.var_flag m.var_inter_hard_flag
        m.var_intra_index_[bhmsuw] m.var_intra_prob_[bhmsuw] m.var_inter_index_[bhmsuw]
        m.var_inter_prob_[bhmsuw] m.var_inter_hard_prob_hm m.var_inter_hard_prob_hs
        m.var_inter_hard_prob_ms""",
    "SSS": f"""
        {_STACK} s.var_inter_hard_flag s.{_SHAPE.format("s")}
        s.var_intra_index_[bw] s.var_inter_index_[bw]""",
    "SSP": f"""
        {_STACK} s.flux_significance_[hmsu] s.likelihood_[hmsu] s.src_cnts_aper_[hmsu]
        s.src_rate_aper_[hmsu] s.flux_aper@_[hmsu]""",
    "SOS": f"""
        {_OBSERVATION} o.{_SHAPE.format("o")} o.cnts_aper_[bw] o.src_cnts_aper_[bw]
        o.src_rate_aper_[bw] o.var_index_[bw] o.livetime o.detector""",
    "SOP": f"""
        {_OBSERVATION} o.flux_significance_[hmsu] o.likelihood_[hmsu] o.cnts_aper_[bhmsuw]
        o.src_cnts_aper_[bhmsuw] o.src_rate_aper_[bhmsuw] o.flux_aper@_[hmsu]
        o.flux_powlaw_aper@_[bw] o.flux_bb_aper@_[bw] o.flux_brems_aper@_[bw]""",
    "SOV": f"""
        {_OBSERVATION} o.dither_warning_flag o.var_index_[bhmsuw] o.var_prob_[bhmsuw]
        o.ks_prob_[bhmsu] o.kp_prob_w o.var_sigma_[bhmsuw] o.var_mean_[bhmsuw]
        o.var_min_[bhmsuw] o.var_max_[bhmsuw]""",
}
_HEAD_20 = """
m.name m.ra m.dec m.err_ellipse_r0 m.conf_flag m.sat_src_flag m.significance m.flux_aper@_[bw]
"""
_STACK_20 = f"""
{_HEAD_20} s.detect_stack_id s.region_id s.livetime s.conf_code s.sat_src_flag
s.flux_significance_[bw] s.src_rate_aper_[bw] s.flux_aper@_[bw]
"""
_OBSERVATION_20 = f"""
{_HEAD_20} o.obsid o.obi o.region_id o.theta o.phi o.livetime o.conf_code o.sat_src_flag
o.flux_significance_[bw]
"""
_20 = {
    "MSBS": _HEAD_20,
    "MSS": f"""
        {_HEAD_20} m.extent_flag m.hard_hm@ m.hard_ms@ m.var_intra_index_[bw]
        m.var_inter_index_[bw]""",
    "MSP": f"{_HEAD_20} m.flux_aper@_[smh] m.flux_powlaw_aper@_[bw] m.flux_bb_aper@_[bw]",
    "MSV": f"""
        {_HEAD_20} m.var_intra_prob_[bwsmh] m.var_intra_index_[bwsmh] m.var_inter_prob_[bwsmh]
        m.var_inter_index_[bwsmh]""",
    "SSS": f"{_STACK_20} s.extent_code s.{_SHAPE.format('s')}",
    "SSP": f"{_STACK_20} s.src_rate_aper_[smh] s.flux_aper@_[smh]",
    "SOS": f"""
        {_OBSERVATION_20} o.detector o.extent_code o.{_SHAPE.format("o")} o.cnts_aper_[bw]
        o.src_rate_aper_[bw] o.flux_aper@_[bw] o.var_index_[bw]""",
    "SOP": f"""
        {_OBSERVATION_20} o.cnts_aper_[bwsmh] o.src_rate_aper_[bwsmh] o.flux_aper@_[bwsmh]""",
    "SOV": f"""
        {_OBSERVATION_20} o.dither_warning_flag o.ks_prob_[bwsmh] o.kp_prob_[bwsmh]
        o.var_prob_[bwsmh] o.var_index_[bwsmh] o.var_mean_[bwsmh] o.var_sigma_[bwsmh]""",
}


@lru_cache(maxsize=32)
def ciao_set(name: str, release: str) -> tuple[str, ...]:
    """Give the columns of a set as CIAO names them: ``m.ra``, ``s.theta_mean``, ``o.obsid``."""
    words = (_20 if release == "2.0" else _21)[name].split()
    return tuple(dict.fromkeys(column for word in words for column in _expanded(word)))


def _expanded(word: str) -> Iterator[str]:
    """Write one word for each of its bands and limits."""
    found = re.search(r"\[(\w+)\]", word)
    bands = found[1] if found else " "
    limits = ("", "_lolim", "_hilim") if "@" in word else ("",)
    for band, limit in product(bands, limits):
        yield re.sub(r"\[\w+\]", band, word).replace("@", limit)
