"""The public door, with the shipped model and presets."""

import numpy as np
import pytest

import stylekit
from stylekit.errors import BadOption, BadPicture, StyleNotFound
from tests.fakes import picture, picture_bytes

pytestmark = pytest.mark.tensorflow


def test_paths_bytes_arrays_and_presets_are_taken(tmp_path):
    photo = tmp_path / "photo.png"
    photo.write_bytes(picture_bytes())
    own = np.rint(picture(40, 40, seed=3) * 255).astype(np.uint8)
    for content in (photo, str(photo), photo.read_bytes(), picture()):
        for style in (1, own):
            painted = stylekit.stylize(content, style)
            assert (painted.shape, painted.dtype) == ((48, 64, 3), np.float32)
            assert 0 <= painted.min() < painted.max() <= 1


def test_strength_zero_gives_the_photograph_back():
    assert np.abs(stylekit.stylize(picture(), 1, strength=0) - picture()).max() < 1e-6


def test_the_other_engine_is_a_word_away():
    painted = stylekit.stylize(picture(), 1, engine="gatys", iterations=4, max_side=64)
    assert painted.shape == (48, 64, 3)


def test_what_cannot_be_is_said_in_words():
    with pytest.raises(StyleNotFound, match="no-such-style"):
        stylekit.stylize(picture(), "no-such-style")
    with pytest.raises(BadOption, match="sparkle"):
        stylekit.stylize(picture(), 1, sparkle=3)
    with pytest.raises(BadOption, match="strength"):
        stylekit.stylize(picture(), 1, engine="gatys", strength=0.5)
    with pytest.raises(BadPicture, match=r"\(48, 64\)"):
        stylekit.stylize(picture()[..., 0], 1)
