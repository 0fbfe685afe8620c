"""A photo that is sent once, painted often, and its sender's alone."""

import io
import json

import pytest

from tests.fakes import COLORS, picture_bytes, pixels
from tests.web.steps import browser


def upload(client, data=None, **more):
    return client.post("/api/v1/uploads", data=data or picture_bytes(48, 64), **more)


@pytest.fixture
def id(client):
    """The first visitor's photo."""
    return upload(client).json["id"]


def paint(client, id, **more):
    order = {"upload": id, "style_id": "indigo", **more}
    return client.post("/api/v1/transfers", json=order, headers={"Accept": "image/*"})


def test_the_same_photo_of_the_same_visitor_has_the_same_id(client, app, id):
    again = upload(client)
    assert again.status_code == 201
    assert again.json["id"] == id
    assert again.json["bytes"] == len(picture_bytes(48, 64))
    assert upload(client, picture_bytes(48, 64, seed=1)).json["id"] != id
    assert upload(browser(app)).json["id"] != id


def test_a_form_may_carry_the_photo_as_well(client, id):
    file = io.BytesIO(picture_bytes(48, 64))
    answer = client.post("/api/v1/uploads", data={"content": (file, "beach.png")})
    assert answer.json["id"] == id


def test_it_is_painted_in_many_styles_without_being_sent_again(client, id):
    for style in COLORS:
        answer = paint(client, id, style_id=style)
        assert answer.status_code == 200
        assert pixels(answer.data).shape == (48, 64, 3)
    page = client.post("/transfer", json={"upload": id, "painter": 1})
    assert page.status_code == 200


def test_a_job_can_be_made_of_it(client, id):
    answer = client.post(
        "/api/v1/transfers", json={"upload": id, "style_id": "indigo", "as_job": True}
    )
    assert answer.status_code == 202


def test_a_smaller_copy_is_painted_where_one_is_asked_for(client):
    id = upload(client, picture_bytes(150, 300, "jpeg", orientation=6)).json["id"]
    answer = paint(client, id, longest_side=100)
    assert answer.mimetype == "image/jpeg"
    assert pixels(answer.data).shape == (100, 50, 3)
    assert pixels(paint(client, id, longest_side=4000).data).shape == (300, 150, 3)


def test_a_painting_for_the_screen_has_fewer_bytes_where_that_is_asked_for(client):
    id = upload(client, picture_bytes(300, 300)).json["id"]
    sizes = [len(paint(client, id, format="webp", **how).data) for how in ({}, {"quality": 40})]
    assert sizes[1] < 0.7 * sizes[0]
    for wrong in (0, 101, "good", True):
        answer = paint(client, id, format="webp", quality=wrong)
        assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_option")


@pytest.mark.parametrize("size", [0, 63, 4097, "wide", True])
def test_a_size_that_cannot_be_is_refused(client, id, size):
    answer = paint(client, id, longest_side=size)
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "bad_option"


def test_another_visitor_cannot_use_it(app, id):
    stranger = browser(app)
    upload(stranger)
    for answer in (
        paint(stranger, id),
        stranger.get(f"/api/v1/uploads/{id}/tiles"),
        stranger.delete(f"/api/v1/uploads/{id}"),
        browser(app).get(f"/api/v1/uploads/{id}/tiles"),
    ):
        assert answer.status_code == 404
        assert answer.json["error"]["code"] == "upload_not_found"


@pytest.mark.parametrize("id", ["", "nothing", "../../secret", "0" * 32, "\x00", "é" * 32])
def test_what_is_no_id_is_not_found(client, id):
    assert paint(client, id).status_code == 404


def test_what_is_no_picture_is_not_kept(client, parts):
    for data in (b"no picture", picture_bytes()[:200]):
        answer = upload(client, data)
        assert answer.status_code in (400, 422)
    assert client.post("/api/v1/uploads").status_code in (400, 422)
    assert list(parts.files.list("uploads/")) == []


def test_an_order_with_the_photo_and_an_upload_is_refused(client, id):
    answer = paint(client, id, content="aGVsbG8=")
    assert answer.status_code == 400


def test_it_is_deleted_by_its_sender_with_its_tiles(client, parts, id):
    assert client.get(f"/api/v1/uploads/{id}/tiles").data
    assert list(parts.files.list("uploads/"))
    assert client.delete(f"/api/v1/uploads/{id}").status_code == 204
    assert list(parts.files.list("uploads/")) == []
    assert paint(client, id).status_code == 404
    assert client.delete(f"/api/v1/uploads/{id}").status_code == 404


def test_tiles_show_the_photo_in_every_style_and_are_painted_once(client, id, fast):
    first = client.get(f"/api/v1/uploads/{id}/tiles")
    assert first.mimetype == "application/x-ndjson"
    tiles = [json.loads(line) for line in first.data.splitlines()]
    assert [each["style"] for each in tiles] == list(COLORS)
    assert all(each["picture"].startswith("data:image/webp;base64,") for each in tiles)
    painted = fast.painted
    assert client.get(f"/api/v1/uploads/{id}/tiles").data == first.data
    assert fast.painted == painted == len(COLORS)


def test_tiles_are_sent_to_so_many_at_a_time_and_one_sender_never_has_all_places(client, parts, id):
    streams = parts.tiles.streams
    streams.wait_seconds = 0.05
    open_streams = []
    while (answer := client.get(f"/api/v1/uploads/{id}/tiles", buffered=False)).status_code == 200:
        open_streams.append(answer)
    assert len(open_streams) == streams.max_each < streams.slots
    assert answer.headers["Retry-After"]
    assert answer.json["error"]["code"] == "busy"
    for each in open_streams:
        each.close()  # without a line read
    assert streams.running == 0
    assert client.get(f"/api/v1/uploads/{id}/tiles").status_code == 200
    assert streams.running == 0
