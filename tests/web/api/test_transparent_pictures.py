"""Colour and alpha of every format come back through every endpoint, at strength 0."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.images.transparent_files import CASES, file, furthest
from tests.web.steps import b64


def by_api(guest, data):
    fields = {"content": (io.BytesIO(data), "photo"), "style": "vermilion", "strength": "0"}
    return guest.post("/api/v1/transfers", data=fields | {"answer": "picture"}).get_data()


def by_page(guest, data):
    body = {"image": b64(data), "painter": 1, "strength": 0}
    return base64.b64decode(guest.post("/transfer", json=body).get_data())


def by_upload(guest, data):
    id = guest.post("/api/v1/uploads", data=data).json["id"]
    body = {"upload": id, "style_id": "vermilion", "strength": 0, "longest_side": 1024}
    return guest.post("/api/v1/transfers", json=body, headers={"Accept": "image/*"}).get_data()


@pytest.mark.parametrize("endpoint", [by_api, by_page, by_upload])
@pytest.mark.parametrize(("format", "kind"), CASES)
def test_a_transparent_photograph_comes_back(guest, endpoint, format, kind):
    with Image.open(io.BytesIO(endpoint(guest, file(format, kind)))) as image:
        assert image.mode == "RGBA"
        colors, alpha = furthest(np.asarray(image), kind)
    assert colors < (12 if format == "GIF" else 5)
    assert alpha < 6


def test_a_style_of_which_nothing_can_be_seen_is_refused_in_words(guest):
    nothing = io.BytesIO()
    Image.new("RGBA", (32, 32), (200, 30, 30, 0)).save(nothing, "PNG")
    photo = file(*CASES[0])
    body = {"image": b64(photo), "painter": 1, "custom_style": b64(nothing.getvalue())}
    answer = guest.post("/transfer", json=body)
    assert answer.status_code == 422
    assert "fully transparent" in answer.json["error"]["message"]
