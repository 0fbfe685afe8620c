"""Pictures scaled, recoloured and laid out."""

import io

import numpy as np
import pytest
from PIL import Image

from stylekit.images import fit, grid, keep_colors, resize
from stylekit.images.arrays import LUMINANCE
from tests.images.scenes import shipped


def pixels(name):
    """A photograph of scikit-image as floats (300, 451, 3)."""
    image = Image.open(io.BytesIO(shipped(f"{name}.png")))
    return (np.asarray(image)[:300, :451] / 255).astype(np.float32)


PHOTO, OTHER = pixels("chelsea"), pixels("coffee")


@pytest.mark.parametrize(("height", "width"), [(300, 451), (1, 1), (37, 600), (601, 20)])
def test_a_picture_takes_any_size_and_stays_a_picture(height, width):
    resized = resize(PHOTO, height, width)
    assert resized.shape == (height, width, 3)
    assert resized.dtype == np.float32
    assert 0 <= resized.min() <= resized.max() <= 1
    assert np.abs(resized.mean(axis=(0, 1)) - PHOTO.mean(axis=(0, 1))).max() < 0.03


def test_a_plain_picture_stays_plain():
    plain = np.full((50, 40, 3), (0.1, 0.5, 0.9), np.float32)
    assert np.abs(resize(plain, 17, 93) - plain[0, 0]).max() < 1e-5


def test_fine_steps_survive_scaling():
    ramp = np.linspace(0.4, 0.41, 512, dtype=np.float32)[None, :, None].repeat(32, 0).repeat(3, 2)
    assert len(np.unique(resize(ramp, 16, 256)[0, :, 0])) > 200


def test_scaling_down_does_not_alias():
    stripes = np.zeros((128, 128, 3), np.float32)
    stripes[:, ::2] = 1
    assert np.abs(resize(stripes, 31, 31) - 0.5).max() < 0.05


def test_there_and_back_is_nearly_the_same():
    assert np.abs(resize(resize(PHOTO, 600, 902), 300, 451) - PHOTO).mean() < 0.005


@pytest.mark.parametrize(
    ("limits", "shape"),
    [
        ({"longest_side": 1000}, (300, 451)),
        ({"longest_side": 451}, (300, 451)),
        ({"longest_side": 100}, (67, 100)),
        ({"max_pixels": 300 * 451}, (300, 451)),
        ({"longest_side": 200, "max_pixels": 100 * 150}, (100, 150)),
        ({}, (300, 451)),
    ],
)
def test_a_picture_is_fitted_into_limits_and_never_enlarged(limits, shape):
    fitted = fit(PHOTO, **limits)
    assert fitted.shape[:2] == shape
    assert fitted is PHOTO or shape != PHOTO.shape[:2]


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1), (3, 4999), (177, 434)])
def test_no_shape_exceeds_the_limits_after_fitting(shape):
    picture = np.zeros((*shape, 3), np.float32)
    for limit in (1, 7, 100, 4096):
        height, width, _ = fit(picture, max_pixels=limit).shape
        assert 1 <= height * width <= limit
        assert max(fit(picture, longest_side=limit).shape[:2]) <= limit


def test_kept_colours_have_the_painting_s_brightness_and_the_photograph_s_hue():
    kept = keep_colors(PHOTO, OTHER)
    assert np.abs(kept @ LUMINANCE - PHOTO @ LUMINANCE).max() < 1e-4
    color = OTHER - (OTHER @ LUMINANCE)[..., None]
    kept_color = kept - (kept @ LUMINANCE)[..., None]
    products = (color * kept_color).sum(-1)
    lengths = np.linalg.norm(color, axis=-1) * np.linalg.norm(kept_color, axis=-1)
    assert np.allclose(products, lengths, atol=1e-4)  # the same direction, so the same hue


def test_a_picture_keeps_its_own_colours():
    assert np.abs(keep_colors(PHOTO, PHOTO) - PHOTO).max() < 1e-4


def test_a_grey_photograph_gives_a_grey_painting():
    gray = PHOTO.mean(axis=-1, keepdims=True).repeat(3, axis=-1)
    kept = keep_colors(OTHER, gray)
    assert np.ptp(kept, axis=-1).max() < 1e-4


def test_kept_colours_have_the_size_of_the_painting():
    assert keep_colors(PHOTO[:100, :120], OTHER).shape == (100, 120, 3)


def test_a_grid_has_the_pictures_in_rows_on_white():
    red = np.zeros((20, 30, 3), np.float32)
    red[..., 0] = 1
    sheet = grid([red, red[:10], red], columns=2, gap=4)
    assert sheet.shape == (4 + 20 + 4 + 20 + 4, 4 + 30 + 4 + 30 + 4, 3)
    assert np.array_equal(sheet[4:24, 4:34], red)
    assert np.array_equal(sheet[9:19, 38:68], red[:10])  # centred in its cell
    assert np.array_equal(sheet[28:48, 4:34], red)
    assert (sheet[28:, 38:] == 1).all()
    assert (sheet[:4] == 1).all()


def test_a_grid_of_one_row_needs_no_more_columns_than_pictures():
    assert grid([PHOTO, PHOTO], columns=3, gap=8).shape == (300 + 16, 2 * 451 + 24, 3)
