"""Files of every kind come back as they mean, through every endpoint, at strength 0."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.images.kinds import KINDS
from tests.web.api.test_transparent_pictures import by_api, by_page, by_upload


@pytest.mark.parametrize("endpoint", [by_api, by_page, by_upload])
@pytest.mark.parametrize("name", KINDS)
def test_it_comes_back_as_it_means(guest, endpoint, name):
    make, wanted = KINDS[name]
    with Image.open(io.BytesIO(endpoint(guest, make()))) as image:
        shown = np.asarray(image.convert("RGB")) / 255
    assert np.abs(shown - wanted).mean() < 0.02
