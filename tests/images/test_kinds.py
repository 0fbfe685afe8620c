"""Files of every kind that came out wrong once come out as they mean."""

import numpy as np
import pytest

from stylekit.images import decode, thumbnail
from tests.images.kinds import KINDS
from tests.images.scenes import LIMITS


@pytest.mark.parametrize("name", KINDS)
def test_it_is_read_as_it_means(name):
    make, wanted = KINDS[name]
    source = decode(make(), LIMITS)
    assert source.alpha is None
    assert source.notes == ()
    assert np.abs(source.picture - wanted).mean() < 0.012


@pytest.mark.parametrize("name", KINDS)
def test_a_small_copy_is_right_too(name):
    make, wanted = KINDS[name]
    small = decode(thumbnail(make(), 64, "png"), LIMITS).picture
    blocks = wanted.reshape(48, 2, 64, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - blocks).mean() < 0.03
