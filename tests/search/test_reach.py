# Licensed under a 3-clause BSD style license - see LICENSE
"""Cone searches that cut the radius without saying so."""

from typing import Any

import numpy as np
import pytest
from astropy import units as u

from astroquery_csc.search.reach import Reach, Reaches
from astroquery_csc.testing import Dialect, csc_server
from tests.support.comparing import NGC1333, RequestLog, master_positions, masters, names_within

CONE, SYNC = "/csc21scs/coneSearch", "/csc21tap/sync"


@pytest.fixture(scope="module")
def cutting():
    """Run a service whose cone search never looks beyond 0.9 arcmin."""
    with csc_server(dialect=Dialect(cut_sr_deg=0.015)) as server:
        yield server


def ask(csc: Any, radius: u.Quantity) -> Any:
    """Search a cone, and give the names."""
    return csc.query_region(NGC1333, radius, verbosity=1, cache=False)["name"].tolist()


def services(log: RequestLog) -> list[str]:
    """Name the service of each question."""
    return [request.path for request in log.all if request.path in {CONE, SYNC}]


def test_a_radius_that_is_cut_in_silence_is_noticed(cutting):
    """The sources lie near the centre, so TAP is asked; larger cones go to TAP from then on."""
    csc, log = cutting.csc, RequestLog(cutting)

    first, second = ask(csc, 2 * u.arcmin), ask(csc, 3 * u.arcmin)

    assert first == names_within(NGC1333, 2 * u.arcmin)
    assert second == names_within(NGC1333, 3 * u.arcmin)
    assert services(log) == [CONE, SYNC, SYNC]


def test_cones_within_the_reach_stay_with_the_cone_search(cutting):
    """What was found out about larger cones does not concern smaller ones."""
    csc = cutting.csc
    name, *_ = ask(csc, 2 * u.arcmin)
    log = RequestLog(cutting)

    table = csc.query_region("52.303847 31.30262", 0.1 * u.arcmin, cache=False)

    assert table["name"].tolist() == [name]
    assert services(log) == [CONE]


def test_large_cones_are_asked_of_tap(server):
    """Whether the cone search has a largest radius is not known, so it is asked for none above."""
    log = RequestLog(server)

    assert ask(server.csc, 0.11 * u.deg) == names_within(NGC1333, 0.11 * u.deg)
    assert services(log) == [SYNC]


def test_a_lone_source_at_the_centre_costs_one_more_request():
    """It looks like a cut radius; TAP confirms it once per service."""
    catalogue = {"master_source": masters()["name", "ra", "dec"][:1]}
    place = master_positions()[0]
    with csc_server(catalogue=catalogue) as server:
        log = RequestLog(server)
        for _ in range(2):
            table: Any = server.csc.query_region(place, 2 * u.arcmin, verbosity=1, cache=False)

    assert len(table) == 1
    assert services(log) == [CONE, SYNC, CONE]


def test_small_cones_are_never_doubted(server):
    """A source and the seconds around it are one request."""
    log = RequestLog(server)

    table: Any = server.csc.query_region(
        "52.303847 31.30412", 10 * u.arcsec, verbosity=1, cache=False
    )

    assert len(table) == 1
    assert services(log) == [CONE]


@pytest.mark.parametrize(
    ("separations_deg", "doubtful"),
    [
        ([], False),
        ([0.0], True),
        ([0.01], True),
        ([0.04], False),
        ([0.01, 0.02, 0.033], True),
        ([0.01, 0.02, 0.05], False),
        ([0.005] * 10 + [0.0499], False),
    ],
)
def test_a_cone_is_doubtful_if_its_outer_part_is_empty_by_less_than_chance(
    separations_deg, doubtful
):
    """Sources spread evenly leave the outer part of a cone empty in one of ten cones."""
    assert Reach().is_doubtful(0.05, np.array(separations_deg)) is doubtful


def test_each_service_has_its_own_reach():
    """What is learnt of one service says nothing about another."""
    reaches = Reaches()
    near = np.array([0.001])
    reaches.of("a").compare(0.05, near, np.array([0.001, 0.04]))
    reaches.of("b").compare(0.05, near, near)

    assert (reaches.of("a").limit_deg, reaches.of("a").is_doubtful(0.05, near)) == (0.001, True)
    assert (reaches.of("b").limit_deg, reaches.of("b").is_doubtful(0.05, near)) == (0.1, False)
