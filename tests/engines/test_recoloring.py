"""Gives a photograph the colours of a style before it is painted."""

import numpy as np
import pytest

from stylekit.engines.recoloring import recolor


@pytest.fixture
def photograph():
    rows, columns = np.mgrid[:60, :80] / 80
    grain = np.random.default_rng(0).normal(0, 0.03, (60, 80, 3))
    hills = np.stack([0.3 + 0.4 * rows, 0.5 + 0.2 * columns, 0.7 - 0.4 * rows], -1)
    return np.clip(hills + grain, 0, 1).astype(np.float32)


def test_it_gets_the_mean_and_the_spread_of_the_styles_colours(photograph):
    style = np.random.default_rng(1).normal([0.5, 0.4, 0.3], [0.1, 0.05, 0.02], (50, 40, 3))
    painted = recolor(photograph, style.astype(np.float32))
    np.testing.assert_allclose(painted.mean((0, 1)), style.mean((0, 1)), atol=0.01)
    np.testing.assert_allclose(painted.std((0, 1)), style.std((0, 1)), atol=0.02)


def test_light_stays_light_and_dark_stays_dark(photograph):
    style = np.random.default_rng(2).normal(0.5, 0.15, (50, 40, 3)).astype(np.float32)
    before, after = (p.mean(2).ravel() for p in (photograph, recolor(photograph, style)))
    assert np.corrcoef(before, after)[0, 1] > 0.95


@pytest.mark.parametrize("color", [(1.0, 0.0, 0.0), (0.93, 0.93, 0.93), (0.1, 0.2, 0.1)])
def test_a_style_of_one_colour_gives_its_colour_and_leaves_a_picture_to_see(photograph, color):
    painted = recolor(photograph, np.full((20, 20, 3), color, np.float32))
    assert np.abs(painted.mean((0, 1)) - color).max() < 0.08
    assert painted.std() > 0.1 * photograph.std()


def test_a_flat_photograph_is_no_division_by_zero(photograph):
    painted = recolor(np.full((30, 30, 3), 0.5, np.float32), photograph)
    assert np.isfinite(painted).all()
    np.testing.assert_allclose(painted.mean((0, 1)), photograph.mean((0, 1)), atol=0.01)
