"""Bodies that are almost right are read, or the answer says what to send; cuts are told."""

import base64
import io
import json
from urllib.parse import quote, urlencode

import numpy as np
import pytest
from PIL import Image

from tests.fakes import picture_bytes, pixels
from tests.web.steps import b64


def large_jpeg() -> bytes:
    out = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    Image.fromarray(noise).resize((384, 256)).save(out, "JPEG", quality=90)
    return out.getvalue()


JPEG = large_jpeg()


def message(answer) -> str:
    return answer.json["error"]["message"]


class TestAlmostRight:
    def test_a_picture_alone_is_the_photograph(self, guest):
        address = "/api/v1/transfers?style_id=vermilion&format=png&strength=0&answer=picture"
        answer = guest.post(address, data=picture_bytes(), content_type="image/png")
        assert (answer.status_code, answer.mimetype) == (200, "image/png")
        assert np.array_equal(pixels(answer.get_data()), pixels(picture_bytes()))

    def test_a_picture_alone_is_the_photograph_at_the_earlier_address_too(self, guest):
        answer = guest.post("/transfer?painter=1", data=JPEG)
        assert answer.status_code == 200
        assert pixels(base64.b64decode(answer.get_data())).shape == (256, 384, 3)

    def test_a_picture_alone_needs_a_style_still(self, guest):
        answer = guest.post("/api/v1/transfers", data=picture_bytes())
        assert answer.status_code == 400
        assert "style_id" in message(answer)

    @pytest.mark.parametrize("address", ["/api/v1/transfers", "/transfer"])
    @pytest.mark.parametrize("content_type", ["image/jpeg", "application/octet-stream"])
    def test_nonsense_that_is_sent_as_a_picture_is_told_what_is_read(
        self, guest, address, content_type
    ):
        answer = guest.post(address, data=b"\x00nonsense", content_type=content_type)
        assert answer.status_code == 422
        assert answer.json["error"]["code"] == "not_a_picture"
        assert f"sent as {content_type}: The file is no picture; we read JPEG" in message(answer)

    def test_json_that_is_sent_as_a_picture_is_json_still(self, guest):
        body = json.dumps({"image": b64(), "painter": 1})
        assert guest.post("/transfer", data=body, content_type="image/jpeg").status_code == 200

    @pytest.mark.parametrize("is_escaped", [True, False])
    def test_a_form_in_the_body_is_read_with_its_plus_signs_or_without(self, guest, is_escaped):
        text = base64.b64encode(JPEG).decode()
        assert "+" in text
        body = urlencode({"image": text, "painter": "1", "strength": "0.5"})
        if not is_escaped:
            body = f"painter=1&image={quote(text, safe='+/=')}"
        answer = guest.post(
            "/transfer", data=body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert pixels(base64.b64decode(answer.get_data())).shape == (256, 384, 3)

    def test_json_under_the_name_of_a_form_is_json(self, guest):
        body = json.dumps({"image": b64(), "painter": 1})
        answer = guest.post(
            "/transfer", data=body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 200

    def test_a_part_without_a_file_name_says_what_to_send(self, guest):
        fields = {b"content": JPEG, b"style": b"vermilion"}.items()
        head = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n'
        part = b"".join(head % name + value + b"\r\n" for name, value in fields) + b"--x--\r\n"
        answer = guest.post(
            "/api/v1/transfers", data=part, content_type="multipart/form-data; boundary=x"
        )
        assert answer.status_code == 400
        assert "curl -F content=@photo.jpg" in message(answer)

    def test_text_that_is_no_base64_says_what_to_send(self, guest):
        answer = guest.post("/transfer", json={"image": "photo.jpg", "painter": 1})
        assert answer.status_code == 422
        assert "multipart/form-data" in message(answer)


class TestCutOff:
    def test_the_answer_says_that_the_photograph_was_cut_off(self, guest):
        cut = b64(JPEG[: len(JPEG) * 8 // 10])
        body = {"content": cut, "style_id": "vermilion"}
        answer = guest.post("/api/v1/transfers", json=body)
        assert answer.status_code == 200
        (note,) = answer.json["notes"]
        assert "cut off" in note
        assert answer.headers["Stylekit-Note"] == note
        assert guest.post("/transfer", json={"image": cut, "painter": 1}).headers["Stylekit-Note"]
        job = guest.post("/api/v1/transfers", json=body | {"as_job": True})
        assert (job.status_code, job.headers["Stylekit-Note"]) == (202, note)

    def test_nothing_is_said_of_a_whole_photograph(self, guest):
        answer = guest.post(
            "/api/v1/transfers", json={"content": b64(JPEG), "style_id": "vermilion"}
        )
        assert answer.json["notes"] == []
        assert "Stylekit-Note" not in answer.headers

    def test_a_photograph_of_which_little_is_there_is_refused(self, guest):
        cut = b64(JPEG[: len(JPEG) // 4])
        answer = guest.post("/api/v1/transfers", json={"content": cut, "style_id": "vermilion"})
        assert (answer.status_code, answer.json["error"]["code"]) == (422, "picture_damaged")
