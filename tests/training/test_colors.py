"""Colours as nine numbers."""

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

tf = pytest.importorskip("tensorflow", reason="needs TensorFlow")

from training import colors  # noqa: E402


@pytest.mark.parametrize("side", [24, 25, 48])
def test_the_colours_of_a_picture_are_given_to_another(side):
    random = np.random.default_rng(0)
    picture = (0.5 + 0.1 * random.normal(size=(1, side, side + 8, 3))).astype(np.float32)
    wanted = colors.color_numbers(0.3 + 0.4 * random.random((1, 16, 16, 3), np.float32) ** 2)
    colored = np.asarray(colors.recolor(picture, wanted))
    np.testing.assert_allclose(colors.color_numbers(colored), wanted, atol=0.01)


def test_colours_are_the_same_told_pixel_by_pixel_or_in_squares_of_four():
    random = np.random.default_rng(0)
    picture = random.random((2, 16, 24, 3), np.float32) ** np.float32([1, 2, 3])
    squares = keras.ops.space_to_depth(picture, 2)
    wanted = colors.color_numbers(picture[::-1])
    np.testing.assert_allclose(
        colors.color_numbers(squares), colors.color_numbers(picture), atol=1e-5
    )
    np.testing.assert_allclose(
        keras.ops.depth_to_space(colors.recolor(squares, wanted), 2),
        colors.recolor(picture, wanted),
        atol=1e-4,
    )
