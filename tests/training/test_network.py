"""What the painter's layers compute."""

import keras
import numpy as np
import pytest

from stylekit.engines import perceptual

pytestmark = pytest.mark.tensorflow

tf = pytest.importorskip("tensorflow", reason="needs TensorFlow")

from training import export, network  # noqa: E402


def test_edges_are_as_steep_between_the_places_that_were_enlarged_as_on_them():
    places = np.random.default_rng(0).standard_normal((1, 64, 64, 8)).astype(np.float32)
    steepest = []
    for enlarge in (network.bilinear, network.twice_as_large):
        rises = np.maximum(np.diff(np.asarray(enlarge(places)), axis=2), 0)
        even, odd = rises[:, :, ::2].mean(), rises[:, :, 1::2].mean()
        steepest.append(max(even, odd) / min(even, odd))
    bilinear, smooth = steepest
    assert smooth < 1.3 < bilinear


def test_pixels_in_squares_become_what_they_become_one_by_one():
    random = np.random.default_rng(6)
    x = random.normal(size=(2, 6, 8, 5)).astype(np.float32)
    np.testing.assert_array_equal(network.from_squares(network.to_squares(x)), x)
    enlarged = network.from_squares(network.enlarged(x))
    np.testing.assert_allclose(enlarged, network.bilinear(x), atol=1e-6)
    smooth = network.from_squares(network.enlarged(x, network.QUARTIC))[:, 2:-2, 2:-2]
    np.testing.assert_allclose(smooth, network.twice_as_large(x)[:, 2:-2, 2:-2], atol=1e-6)
    kernel = random.normal(size=(3, 3, 5, 3)).astype(np.float32)
    around = network.repeat_edges_of_squares(network.to_squares(x))
    found = network.from_squares(keras.ops.conv(around, network.in_squares(kernel)))
    expected = keras.ops.conv(perceptual.repeat_edges(x), kernel)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_one_picture_is_normalised_as_it_would_be_among_others():
    random = np.random.default_rng(7)
    squares = random.normal(size=(2, 4, 3, 32)).astype(np.float32)
    style = random.normal(size=(2, 16)).astype(np.float32)
    together = network.normed(squares, *np.split(style, 2, axis=1))
    alone = network.normed(squares[1:], *np.split(style[1:], 2, axis=1))
    np.testing.assert_allclose(alone[0], together[1], atol=1e-5)
    pixels = np.asarray(network.from_squares(alone))
    np.testing.assert_allclose(pixels.mean((0, 1, 2)), style[1, 8:], atol=1e-5)
    np.testing.assert_allclose(pixels.std((0, 1, 2)), np.abs(style[1, :8]), rtol=1e-3)


def test_one_picture_is_painted_as_it_would_be_among_others():
    painter, random = network.Painter(), np.random.default_rng(8)
    for kernel in (painter.pixels.edges.kernel, painter.pixels.detail.kernel):
        kernel.assign(random.normal(size=kernel.shape))
    pictures = random.uniform(0.2, 0.8, (2, 64, 96, 3)).astype(np.float32)
    code = random.uniform(0, 0.3, (2, export.code_length(painter))).astype(np.float32)
    together, alone = painter.paint(pictures, code), painter.paint(pictures[1:], code[1:])
    np.testing.assert_allclose(alone[0], together[1], atol=5e-4)


def test_noise_is_smooth_repeats_seamlessly_and_has_deviation_one():
    noise = network.smooth_noise(np.random.default_rng(1), (64, 64, network.MAPS))
    assert noise.std() == pytest.approx(1, abs=0.1)
    steps = [np.abs(np.diff(noise, axis=axis)).mean() for axis in (0, 1)]
    seam = np.abs(noise[0] - noise[-1]).mean()
    assert max(*steps, seam) < 0.8  # white noise: 1.13
