"""Colour and alpha side by side, from every format that has both, and through every step."""

import io

import numpy as np
import pytest
from PIL import Image

from stylekit.images import decode, encode, on_white, thumbnail
from stylekit.images.transparency import extend_visible
from tests.images.scenes import LIMITS, file_of
from tests.images.transparent_files import (
    ALPHAS,
    CASES,
    DOWN,
    HEIGHT,
    IN_DISC,
    PHOTO,
    RIGHT,
    WIDTH,
    file,
    hidden_black,
)


@pytest.mark.parametrize(("format", "kind"), CASES)
def test_colours_and_alpha_come_apart(format, kind):
    source = decode(file(format, kind), LIMITS)
    alpha = ALPHAS[kind] / 255
    assert np.abs(source.alpha - alpha).max() < 0.02
    seen = alpha > 0
    off = np.abs(source.picture - PHOTO / 255)[seen]
    assert off.mean() < (0.05 if format == "GIF" else 0.015)


@pytest.mark.parametrize("format", [format for format, kind in CASES if kind == "cut-out"])
def test_what_is_hidden_has_the_colours_of_its_surroundings(format):
    source = decode(file(format, "cut-out"), LIMITS)
    edge = (IN_DISC ^ (np.hypot(DOWN - HEIGHT / 2, RIGHT - WIDTH / 2) < HEIGHT / 3 + 3)) & ~IN_DISC
    darkest = PHOTO[IN_DISC].min() / 255
    assert source.picture[edge].min() > darkest - 0.05
    assert source.picture[~IN_DISC].mean() == pytest.approx(PHOTO[IN_DISC].mean() / 255, abs=0.1)


@pytest.mark.parametrize("format", ["png", "webp"])
@pytest.mark.parametrize("kind", ALPHAS)
def test_there_and_back_nothing_is_lost(format, kind):
    source = decode(file("PNG", kind), LIMITS)
    again = decode(encode(source.picture, format, alpha=source.alpha, quality=100), LIMITS)
    seen = ALPHAS[kind] > 0
    assert np.abs(again.alpha - source.alpha).max() < 0.005
    assert np.abs(again.picture - source.picture)[seen].mean() < (
        0.001 if format == "png" else 0.02
    )


def test_a_half_transparent_photograph_keeps_its_shadows():
    source = decode(file("PNG", "half"), LIMITS)
    again = decode(encode(source.picture * 0, "png", alpha=source.alpha), LIMITS)
    assert again.picture.max() == 0  # black paint, half as thick, is black paint still


def test_a_jpeg_shows_the_picture_on_white():
    source = decode(file("PNG", "shades"), LIMITS)
    shown = decode(encode(source.picture, "jpeg", alpha=source.alpha, quality=98), LIMITS)
    paper = Image.new("RGBA", (WIDTH, HEIGHT), "white")
    paper.alpha_composite(Image.open(io.BytesIO(file("PNG", "shades"))))
    wanted = np.asarray(paper.convert("RGB")) / 255
    assert np.abs(shown.picture - wanted).mean() < 0.01
    assert np.abs(source.on_white() - wanted).max() < 0.005


@pytest.mark.parametrize("kind", ["cut-out", "half"])
def test_a_thumbnail_has_no_dark_ring(kind):
    small = decode(thumbnail(file("PNG", kind), 48, "png"), LIMITS)
    seen = small.alpha > 0.02
    assert small.picture[seen].min() > PHOTO[IN_DISC].min() / 255 - 0.08
    assert small.alpha.max() == pytest.approx(ALPHAS[kind].max() / 255, abs=0.01)


def test_a_picture_of_which_nothing_is_seen_is_white():
    pixels = hidden_black(np.zeros((HEIGHT, WIDTH), int))
    source = decode(file_of(Image.fromarray(pixels), "PNG"), LIMITS)
    assert source.picture.min() == 1
    assert source.alpha.max() == 0


def test_far_from_what_is_seen_the_colours_are_smooth():
    picture = np.zeros((101, 203, 3), np.float32)
    alpha = np.zeros((101, 203), np.float32)
    picture[50, 20], alpha[50, 20] = (1, 0, 0), 1
    picture[50, 180], alpha[50, 180] = (0, 0, 1), 1
    extend_visible(picture, alpha)
    assert np.allclose(picture.sum(axis=2), 1, atol=0.2)
    assert picture[50, 0, 0] > 0.8
    assert picture[50, -1, 2] > 0.8
    assert np.array_equal(picture[50, 20], [1, 0, 0])
    assert np.array_equal(on_white(picture, alpha)[0, 0], [1, 1, 1])


@pytest.mark.parametrize("format", ["PNG", "HEIF", "AVIF", "TIFF", "JXL"])
@pytest.mark.parametrize("kind", ALPHAS)
def test_a_much_smaller_copy_keeps_colours_and_alpha(format, kind):
    small = decode(thumbnail(file(format, kind), 32, "png"), LIMITS)
    alpha = ALPHAS[kind].reshape(24, 4, 32, 4).mean(axis=(1, 3)) / 255
    assert np.abs(small.alpha - alpha).mean() < 0.04
    seen = small.alpha > 0.5
    colors = PHOTO.reshape(24, 4, 32, 4, 3).mean(axis=(1, 3)) / 255
    assert np.abs(small.picture - colors)[seen].mean() < 0.06
