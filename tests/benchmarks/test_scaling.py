"""The queueing model of docs/scaling.md agrees with a simulation, and with what is known of it."""

import re

import pytest

from benchmarks.scaling import (
    POINTS,
    Line,
    cost_per_thousand,
    erlang_c,
    mean_wait,
    simulate,
    workers_for,
)
from stylekit.settings import PROJECT_ROOT


def test_one_worker_makes_as_many_wait_as_it_is_busy():
    assert erlang_c(1, 0.8) == pytest.approx(0.8)


def test_half_busy_pairs_make_a_third_wait():
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)


def test_paintings_that_all_take_the_same_time_halve_the_wait():
    alike, exponential = (mean_wait(Line(workers=1, load=0.8, spread=s)) for s in (0.0, 1.0))
    assert exponential == pytest.approx(4.0)
    assert alike == pytest.approx(exponential / 2)


@pytest.mark.parametrize(("workers", "load", "spread"), POINTS)
def test_the_model_agrees_with_the_simulation(workers, load, spread):
    line = Line(workers=workers, load=load, spread=spread)
    assert simulate(line, count=60_000).mean() == pytest.approx(mean_wait(line), rel=0.15)


def test_the_fewest_workers_are_found():
    wanted = {"wait_seconds": 0.2, "spread": 0.5}
    workers = workers_for(46.3, 0.7, **wanted)
    enough = Line(workers=workers, load=46.3 * 0.7 / workers, spread=0.5)
    too_few = Line(workers=workers - 1, load=46.3 * 0.7 / (workers - 1), spread=0.5)
    assert mean_wait(enough) * 0.7 <= 0.2 < mean_wait(too_few) * 0.7


def test_idle_time_is_paid_for():
    assert cost_per_thousand(3.6, load=1.0, price_per_hour=1.0) == pytest.approx(1.0)
    assert cost_per_thousand(3.6, load=0.5, price_per_hour=1.0) == pytest.approx(2.0)


def test_the_page_has_the_figures_of_the_model():
    page = (PROJECT_ROOT / "docs" / "scaling.md").read_text()
    rows = re.findall(r"^\| (\d+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", page, re.MULTILINE)
    assert len(rows) == len(POINTS)
    for workers, load, spread, model in rows:
        line = Line(workers=int(workers), load=float(load), spread=float(spread))
        assert float(model) == pytest.approx(mean_wait(line), abs=0.006)
