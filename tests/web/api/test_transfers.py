"""/transfer, styles and transfers, as programs speak them."""

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps

from stylekit import images
from stylekit.images import encode
from stylekit.web import create_app
from tests.fakes import COLORS, picture_bytes, pixels, with_queue
from tests.images.scenes import ORIENTATION_TAG, four_corners
from tests.web.steps import b64, browser, order

CORNERS = (four_corners() / 255).astype(np.float32)


def transfer(client, *, accept="*/*", **body):
    return client.post(
        "/transfer",
        data=json.dumps({"image": b64(), "painter": 1, **body}),
        headers={"Accept": accept},
    )


def seen(answer):
    """The pixels of a bare answer."""
    return pixels(base64.b64decode(answer.get_data()))


def error(answer):
    return answer.status_code, answer.json["error"]["code"], answer.json["error"]["message"]


class TestTransfer:
    """POST /transfer, as the page and the earlier jQuery page speak it."""

    def test_the_bare_answer_is_the_base64_of_a_png(self, guest):
        answer = transfer(guest)
        assert answer.mimetype == "text/plain"
        data = base64.b64decode(answer.get_data(), validate=True)
        assert images.mime_type(data) == "image/png"
        assert pixels(data).shape == (48, 64, 3)

    @pytest.mark.parametrize(
        "content_type", ["", "text/plain", "application/x-www-form-urlencoded"]
    )
    def test_the_body_is_json_whatever_its_type_says(self, guest, content_type):
        body = json.dumps({"image": b64(), "painter": 1})
        answer = guest.post("/transfer", data=body, content_type=content_type)
        assert answer.status_code == 200

    def test_json_is_answered_to_whoever_asks_for_it(self, guest):
        answer = transfer(guest, accept="application/json, text/javascript, */*; q=0.01").json
        assert answer["image"].startswith("data:image/png;base64,")
        assert (answer["width"], answer["height"], answer["format"]) == (64, 48, "png")
        assert answer["seconds"] >= 0

    def test_a_photograph_keeps_its_format_in_json(self, guest):
        photo = b64(picture_bytes(format="jpeg"))
        answer = transfer(guest, accept="application/json", image=photo).json
        assert answer["image"].startswith("data:image/jpeg;base64,")

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_the_painting_is_upright(self, guest, orientation):
        photo = b64(picture_bytes(40, 60, "jpeg", orientation=orientation))
        assert seen(transfer(guest, image=photo)).shape[:2] == (
            (40, 60) if orientation < 5 else (60, 40)
        )

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_the_earlier_page_which_turns_it_itself_gets_it_as_it_lay(self, guest, orientation):
        """Byte for byte what that page's jQuery sends, and what its canvas makes of the answer."""
        photo = encode(CORNERS, "jpeg", orientation=orientation)
        body = f'{{"image":"{b64(photo)}","painter":1,"custom_style":0}}'
        sent = {"content_type": "application/x-www-form-urlencoded; charset=UTF-8"}
        answer = guest.post("/transfer", data=body, headers={"Accept": "*/*"}, **sent)
        painting = Image.open(io.BytesIO(base64.b64decode(answer.get_data(), validate=True)))
        assert painting.format == "PNG"
        assert ORIENTATION_TAG not in painting.getexif()
        assert painting.size == Image.open(io.BytesIO(photo)).size
        painting.getexif()[ORIENTATION_TAG] = orientation
        shown = np.asarray(ImageOps.exif_transpose(painting).convert("RGB")) / 255
        assert shown == pytest.approx(seen(transfer(guest, image=b64(photo))))

    @pytest.mark.parametrize(
        ("change", "accept"),
        [({"strength": 1}, "*/*"), ({"format": "png"}, "*/*"), ({}, "application/json")],
    )
    def test_everybody_else_gets_it_upright(self, guest, change, accept):
        photo = encode(CORNERS, "jpeg", orientation=6)
        body = {"image": b64(photo), "painter": 1, "custom_style": 0, **change}
        answer = guest.post("/transfer", json=body, headers={"Accept": accept})
        text = answer.json["image"] if accept == "application/json" else answer.text
        assert pixels(images.decode_text(text)).shape == CORNERS.shape

    def test_a_photograph_whose_tag_that_page_cannot_read_is_upright(self, guest):
        photo = encode(CORNERS, "png", orientation=6)
        body = {"image": b64(photo), "painter": 1, "custom_style": 0}
        answer = guest.post("/transfer", data=json.dumps(body))
        assert pixels(images.decode_text(answer.text)).shape == CORNERS.shape

    def test_the_painter_is_the_number_of_a_preset(self, guest):
        first, second, same = (seen(transfer(guest, painter=n)) for n in (1, 2, "2"))
        assert (first != second).any()
        assert (second == same).all()

    def test_a_style_of_ones_own_comes_before_the_painter(self, guest):
        indigo = b64(picture_bytes(color=COLORS["indigo"]))
        own, preset = transfer(guest, custom_style=indigo), transfer(guest, painter=3)
        assert seen(own) == pytest.approx(seen(preset), abs=0.02)

    def test_data_urls_are_read_like_plain_base64(self, guest):
        plain, url = transfer(guest), transfer(guest, image=images.data_url(picture_bytes()))
        assert (seen(plain) == seen(url)).all()

    def test_no_strength_gives_the_photograph_back(self, guest):
        assert seen(transfer(guest, strength=0)) == pytest.approx(pixels(picture_bytes()), abs=0.01)

    def test_the_finest_mode_is_answered_with_a_job(self, guest):
        answer = transfer(guest, mode="gatys", options={"seed": 7})
        assert answer.status_code == 202
        job = answer.json["job"]
        assert answer.headers["Location"] == job["urls"]["self"]
        assert (job["engine"], job["options"]["seed"], job["mine"]) == ("gatys", 7, True)

    def test_a_quick_painting_is_kept_as_a_job_for_whoever_asks_for_that(self, guest):
        answer = transfer(guest, as_job=True)
        assert answer.status_code == 202
        assert (answer.json["job"]["engine"], answer.json["job"]["mine"]) == ("fast", True)

    @pytest.mark.parametrize(
        ("change", "status", "code", "words"),
        [
            ({"image": None}, 400, "bad_request", "image is missing"),
            ({"image": 7}, 400, "bad_request", "image has to be"),
            ({"image": "!!"}, 422, "bad_picture", "image: "),
            ({"image": b64(b"no picture")}, 422, "not_a_picture", "no picture"),
            ({"image": b64(picture_bytes()[:200])}, 422, "picture_damaged", "PNG"),
            ({"image": b64(picture_bytes(8, 8))}, 422, "picture_too_small", "8 × 8"),
            ({"painter": 4}, 404, "style_not_found", "1 to 3"),
            ({"painter": 0}, 400, "bad_option", "painter is 0"),
            ({"painter": True}, 400, "bad_option", "painter is True"),
            ({"painter": None}, 400, "bad_request", "A style is missing"),
            ({"custom_style": "!!"}, 422, "bad_picture", "custom_style: "),
            ({"style": "indgo"}, 404, "style_not_found", "did you mean indigo"),
            ({"strength": 2}, 400, "bad_option", "strength is 2; it can be a number from 0 to 1"),
            ({"strength": "1"}, 400, "bad_option", "strength is '1'"),
            ({"preserve_colors": 1}, 400, "bad_option", "preserve_colors is 1"),
            ({"mode": "slow"}, 400, "bad_option", "'slow'"),
            ({"mode": 1}, 400, "bad_option", "mode is 1"),
            ({"options": []}, 400, "bad_option", "options is []"),
            ({"options": {"x": 1}}, 400, "bad_option", "no option 'x'"),
            ({"format": "bmp"}, 400, "bad_option", "format is 'bmp'"),
            ({"public": "yes"}, 400, "bad_option", "public is 'yes'"),
        ],
    )
    def test_every_fault_is_named(self, guest, change, status, code, words):
        answer = transfer(guest, **change)
        assert error(answer)[:2] == (status, code)
        assert words in answer.json["error"]["message"]

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"1", b"null", b"\xff\xfe", b'{"image": NaN}', b"[" * 99_999]
    )
    def test_a_body_that_is_no_json_object_is_refused(self, guest, body):
        assert error(guest.post("/transfer", data=body))[:2] == (400, "bad_request")

    def test_a_worker_that_takes_too_long_is_503_which_names_the_job(
        self, settings, parts, fast, wait
    ):
        hasty = with_queue(parts, parts.queue, wait_seconds=0.2)
        app = create_app(settings, replace(parts, transfers=hasty))
        fast.go_on.clear()
        answer = transfer(browser(app))
        assert error(answer)[:2] == (503, "busy")
        assert int(answer.headers["Retry-After"]) > 0
        fast.go_on.set()
        job = answer.headers["Location"]
        wait(lambda: browser(app).get(job).json["status"] == "done")
        assert browser(app).get(f"{job}/result").status_code == 200


class TestStyles:
    """The catalogue."""

    def test_they_are_listed_in_order_with_their_pictures(self, guest):
        styles = guest.get("/api/v1/styles").json["styles"]
        assert [(each["number"], each["id"]) for each in styles] == list(enumerate(COLORS, start=1))
        for each in styles:
            assert guest.get(each["picture"]).mimetype == "image/png"

    def test_a_small_picture_is_made_on_request(self, guest):
        answer = guest.get("/api/v1/styles/indigo/picture?width=32")
        assert answer.mimetype == "image/webp"
        assert pixels(answer.get_data()).shape == (32, 32, 3)

    def test_what_is_known_is_not_sent_again(self, guest):
        for address in ("/api/v1/styles", "/api/v1/styles/indigo/picture"):
            tag = guest.get(address).headers["ETag"]
            again = guest.get(address, headers={"If-None-Match": tag})
            assert (again.status_code, again.get_data()) == (304, b"")

    def test_an_unknown_style_is_named(self, guest):
        assert error(guest.get("/api/v1/styles/nix/picture"))[:2] == (404, "style_not_found")

    @pytest.mark.parametrize("width", ["0", "-1", "x", "1.5", "2000", "9" * 5000])
    def test_a_width_that_cannot_be_is_refused(self, guest, width):
        answer = guest.get("/api/v1/styles/indigo/picture", query_string={"width": width})
        assert error(answer)[:2] == (400, "bad_option")


class TestTransfers:
    """POST /api/v1/transfers."""

    def test_the_fast_engine_answers_with_json(self, guest):
        answer = order(guest)
        assert answer.status_code == 200
        assert set(answer.json) == {"image", "width", "height", "format", "seconds", "notes"}

    @pytest.mark.parametrize(
        ("accept", "type"),
        [("image/*", "image/png"), ("image/webp", "image/webp"), ("image/jpeg", "image/jpeg")],
    )
    def test_the_accept_header_asks_for_the_picture_itself(self, guest, accept, type):
        answer = order(guest, accept=accept)
        assert (answer.status_code, answer.mimetype) == (200, type)
        assert pixels(answer.get_data()).shape == (48, 64, 3)

    def test_the_format_that_was_asked_for_is_what_comes(self, guest):
        answer = order(guest, format="webp", accept="image/*")
        assert images.mime_type(answer.get_data()) == "image/webp"

    def test_a_style_picture_may_come_instead_of_a_preset(self, guest):
        style = b64(picture_bytes(color=COLORS["indigo"]))
        body = {"content": b64(), "style": style}
        assert guest.post("/api/v1/transfers", json=body).status_code == 200

    def test_a_form_with_files_is_as_good_as_json(self, guest):
        form = {"content": (io.BytesIO(picture_bytes()), "a.png"), "style": "indigo"}
        assert guest.post("/api/v1/transfers", data=form).json["format"] == "png"
        form = {
            "content": (io.BytesIO(picture_bytes()), "a.png"),
            "style": (io.BytesIO(picture_bytes(color=(1, 0, 0))), "b.png"),
            "style_id": "indigo",
            "options": '{"strength": 0.5}',
            "public": "off",
        }
        assert guest.post("/api/v1/transfers", data=form).status_code == 200

    def test_a_plain_browser_form_gets_the_picture(self, guest):
        form = {
            "content": (io.BytesIO(picture_bytes()), "a.png"),
            "style": "1",
            "answer": "picture",
        }
        answer = guest.post("/api/v1/transfers", data=form, headers={"Accept": "text/html,*/*"})
        assert answer.mimetype == "image/png"

    @pytest.mark.parametrize(
        ("field", "value"),
        [("options", "{"), ("public", "maybe"), ("strength", "lots"), ("style", ""), ("nix", "1")],
    )
    def test_a_form_field_that_cannot_be_is_refused(self, guest, field, value):
        form = {"content": (io.BytesIO(picture_bytes()), "a.png"), "style": "1", field: value}
        status, _, message = error(guest.post("/api/v1/transfers", data=form))
        assert status == 400
        assert field in message

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"content": b""}, "content is missing"),
            ({"style_id": None}, "A style is needed"),
            ({"style": b64()}, "A style is needed"),
            ({"style_id": 1}, "style_id is 1"),
            ({"engine": "slow"}, "no engine 'slow'"),
            ({"as_job": "x"}, "as_job is 'x'"),
            ({"as_job": True, "answer": "x"}, "answer is 'x'"),
            ({"stile": "x"}, "no field 'stile'"),
        ],
    )
    def test_every_fault_is_named(self, guest, change, words):
        status, _, message = error(order(guest, **change))
        assert status == 400
        assert words in message

    def test_a_job_is_answered_with_its_address_and_its_secret(self, guest):
        answer = order(guest, engine="gatys")
        assert answer.status_code == 202
        job = answer.json["job"]
        assert answer.headers["Location"] == f"/api/v1/jobs/{job['id']}"
        assert len(job["secret"]) == 32
        assert "secret" not in guest.get(answer.headers["Location"]).json

    def test_the_fast_engine_paints_as_a_job_on_request(self, guest, wait):
        job = order(guest, as_job=True).json["job"]
        wait(lambda: guest.get(job["urls"]["self"]).json["status"] == "done")

    def test_the_same_order_of_one_visitor_is_one_job(self, guest):
        ids = {order(guest, engine="gatys").json["job"]["id"] for _ in range(2)}
        assert len(ids) == 1
