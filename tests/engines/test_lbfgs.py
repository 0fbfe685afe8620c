"""Finds the least of a smooth function of many numbers between 0 and 1, by L-BFGS."""

import numpy as np
import pytest

from stylekit.engines.lbfgs import minimise, new_moves
from stylekit.errors import Cancelled


def bowl(centre, steepness):
    """A bowl whose walls are `steepness` times as steep in one direction as in another."""
    scales = np.geomspace(1, steepness, centre.size).astype(np.float32)

    def objective(point):
        away = point - centre
        return float(np.sum(scales * away**2)), 2 * scales * away

    return objective


def valley(point):
    """Rosenbrock's banana, whose least value 0 is at (0.5, 0.5)."""
    x, y = (2 * point).astype(np.float64)
    slope_x = -400 * x * (y - x * x) - 2 * (1 - x)
    gradient = 2 * np.array([slope_x, 200 * (y - x * x)], np.float32)
    return float(100 * (y - x * x) ** 2 + (1 - x) ** 2), gradient


def test_the_bottom_of_a_bowl_is_found_however_long_it_is():
    centre = np.linspace(0.2, 0.8, 50, dtype=np.float32)
    found = minimise(bowl(centre, 100), np.zeros(50, np.float32), steps=60)
    assert np.abs(found - centre).max() < 1e-2


def test_the_end_of_a_curved_valley_is_found():
    found = minimise(valley, np.array([0.1, 0.9], np.float32), steps=80)
    assert np.abs(found - 0.5).max() < 0.02


def test_a_bottom_out_of_bounds_is_approached_to_the_bound():
    centre = np.array([-1, 0.5, 2], np.float32)
    found = minimise(bowl(centre, 10), np.full(3, 0.3, np.float32), steps=30)
    assert found == pytest.approx([0, 0.5, 1], abs=1e-3)


def test_every_point_that_is_tried_is_in_bounds():
    tried = []

    def objective(point):
        tried.append((point.min(), point.max()))
        return valley(point)

    minimise(objective, np.array([0.1, 0.9], np.float32), steps=20)
    assert all(low >= 0 and high <= 1 for low, high in tried)


def test_the_value_never_rises():
    points = [minimise(valley, np.array([0.1, 0.9], np.float32), steps=n) for n in range(1, 15)]
    values = [valley(point)[0] for point in points]
    assert values == sorted(values, reverse=True)


def test_what_was_learnt_of_the_curvature_serves_the_next_walk():
    centre, start = np.linspace(0.2, 0.8, 50, dtype=np.float32), np.zeros(50, np.float32)
    moves, objective = new_moves(), bowl(centre, 100)
    between = minimise(objective, start, steps=10, moves=moves)
    with_it = minimise(objective, between, steps=5, moves=moves)
    without = minimise(objective, between, steps=5)
    assert objective(with_it)[0] < 0.8 * objective(without)[0]


def test_the_bottom_is_left_alone():
    centre = np.full(4, 0.5, np.float32)
    assert np.array_equal(minimise(bowl(centre, 10), centre, steps=5), centre)


def test_the_objective_may_stop_the_walk():
    def objective(point):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        minimise(objective, np.zeros(2, np.float32), steps=5)
