"""Brings a painting made at a working size to the photograph's size and detail."""

import numpy as np
import pytest

from stylekit import images
from stylekit.engines.upsampling import enlarge, finite, working_size
from stylekit.errors import PaintingFailed


def photograph(height, width):
    """Soft shapes with sharp lines of one pixel."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    light = 0.5 + 0.2 * np.sin(7 * x) + 0.2 * np.cos(9 * y)
    soft = light[..., None] * np.array([0.9, 0.8, 0.6])
    soft[::7] *= 0.8
    return soft.astype(np.float32)


def test_the_working_size_keeps_the_aspect_and_the_limit():
    height, width = working_size(3000, 4000, 1024 * 1024)
    assert height * width == pytest.approx(1024 * 1024, rel=0.01)
    assert width / height == pytest.approx(4 / 3, rel=0.01)
    assert working_size(300, 400, 1024 * 1024) == (300, 400)


def test_an_unpainted_photograph_comes_back_with_all_its_detail():
    content = photograph(601, 803)
    back = enlarge(images.resize(content, 150, 200), content)
    blurred = images.resize(images.resize(content, 150, 200), 601, 803)
    assert np.abs(back - content).mean() < 0.5 * np.abs(blurred - content).mean()


def test_a_painting_without_the_photographs_contrast_takes_none_of_its_detail():
    content = photograph(600, 800)
    flat = np.full((150, 200, 3), 0.4, np.float32)
    assert np.abs(enlarge(flat, content) - 0.4).max() < 1e-3


def test_strokes_that_the_photograph_does_not_explain_stay():
    rng = np.random.default_rng(0)
    strokes = images.resize(rng.random((20, 25, 3), np.float32), 160, 200)
    enlarged = enlarge(strokes, np.full((640, 800, 3), 0.5, np.float32))
    assert np.abs(images.resize(enlarged, 160, 200) - strokes).mean() < 0.02


@pytest.mark.parametrize("size", [(150, 200), (75, 101), (151, 900)])
def test_the_size_is_the_photographs(size):
    enlarged = enlarge(photograph(150, 200), photograph(*size))
    assert enlarged.shape == (*size, 3)
    assert enlarged.dtype == np.float32
    assert 0 <= enlarged.min() <= enlarged.max() <= 1


def test_a_painting_with_a_hole_is_refused():
    with pytest.raises(PaintingFailed):
        finite(np.full((2, 2, 3), np.nan, np.float32))
