"""The image service's endpoints, with the bytes that its clients send."""

import base64

import pytest

from stylekit import images
from stylekit.errors import PaintingFailed
from tests.fakes import picture_bytes, pixels
from tests.web.legacy.earlier import CONTENT, CUT_OFF, STYLE, pickled, send
from tests.web.steps import b64


class TestImageService:
    """PUT /image/<iterations>, GET /image/<hash>."""

    @staticmethod
    def put(client, iterations=20, content=CONTENT, style=STYLE):
        body = {"style": pickled(style), "content": pickled(content)}
        return send(client, "PUT", f"/image/{iterations}", body)

    def test_a_picture_is_put_and_fetched_in_jsonpickles_form(self, client, wait):
        body = b'{"style": {"py/b64": "%s"}, "content": {"py/b64": "%s"}}' % (
            base64.b64encode(STYLE),
            base64.b64encode(CONTENT),
        )
        answer = send(client, "PUT", "/image/20", body)
        assert answer.status_code == 200
        assert set(answer.json) == {"hash", "secret"}
        there = f"/image/{answer.json['hash']}"
        image = wait(lambda: client.get(there).json.get("image"))
        assert set(image) == {"py/b64"}
        painted = base64.b64decode(image["py/b64"], validate=True)
        assert images.mime_type(painted) == "image/jpeg"
        assert pixels(painted).shape == (40, 60, 3)

    def test_plain_base64_is_the_same_picture(self, client):
        plain = send(client, "PUT", "/image/20", {"style": b64(STYLE), "content": b64(CONTENT)})
        assert plain.json == self.put(client).json

    def test_a_png_comes_back_as_a_jpeg(self, client, wait):
        hash = self.put(client, content=picture_bytes(alpha=True)).json["hash"]
        image = wait(lambda: client.get(f"/image/{hash}").json.get("image"))
        assert images.mime_type(base64.b64decode(image["py/b64"])) == "image/jpeg"

    def test_the_hash_is_of_content_and_style_and_iterations(self, client):
        requests = [{}, {"content": STYLE}, {"style": CONTENT}, {"iterations": 21}]
        assert len({self.put(client, **each).json["hash"] for each in requests}) == 4
        assert self.put(client).json == self.put(client).json

    def test_the_iterations_are_those_that_were_asked_for(self, client, transfers):
        job = transfers.access.find(self.put(client, 37).json["hash"])
        assert (job.engine, job.options["iterations"]) == ("gatys", 37)

    def test_until_it_is_painted_a_message_says_how_far_it_is(self, client, gatys):
        gatys.go_on.clear()
        answer = client.get(f"/image/{self.put(client).json['hash']}")
        assert answer.status_code == 200
        assert set(answer.json) == {"message"}
        assert "%" in answer.json["message"]

    def test_a_failed_one_says_why(self, client, gatys, wait):
        gatys.fail_with = PaintingFailed("The loss is not finite.")
        there = f"/image/{self.put(client).json['hash']}"
        answer = wait(lambda: (now := client.get(there)).status_code != 200 and now)
        assert answer.status_code == 500
        assert "The loss is not finite." in answer.json["message"]

    def test_an_unknown_hash_is_not_found(self, client):
        for hash in ("0" * 32, "nothing", "é", "0" * 5000):
            answer = client.get(f"/image/{hash}")
            assert (answer.status_code, set(answer.json)) == (404, {"message"})

    @pytest.mark.parametrize("depth", [0, 1, 90])
    def test_what_would_have_to_be_unpickled_is_refused_in_words(self, client, depth):
        for key in ("py/object", "py/reduce", "py/type", "py/function", "py/repr"):
            bad = {key: "posix.system"}
            for _ in range(depth):
                bad = [bad]
            body = {"style": pickled(STYLE), "content": pickled(CONTENT), "more": bad}
            answer = send(client, "PUT", "/image/20", body)
            assert answer.status_code == 400
            assert repr(key) in answer.json["message"]
            assert "nothing is unpickled" in answer.json["message"]

    def test_every_wrong_request_is_refused_in_words(self, client):
        cases = [
            ("/image/0", {}, 400, "iterations is 0"),
            ("/image/-5", {}, 400, "iterations"),
            ("/image/many", {}, 400, "iterations is 'many'"),
            ("/image/999999", {}, 400, "1 to 5000"),
            ("/image/20", {"style": None}, 400, "style is missing"),
            ("/image/20", {"style": {"py/b64": 7}}, 400, "style has to be"),
            ("/image/20", {"style": {"py/b64": b64(STYLE), "x": 1}}, 400, "style has to be"),
            ("/image/20", {"content": [1]}, 400, "content has to be"),
            ("/image/20", {"content": "!!"}, 422, "content: "),
            ("/image/20", {"content": pickled(b"no picture")}, 422, "no picture"),
            ("/image/20", {"content": pickled(CUT_OFF)}, 422, "PNG"),
        ]
        for path, change, status, words in cases:
            body = {"style": pickled(STYLE), "content": pickled(CONTENT), **change}
            answer = send(client, "PUT", path, body)
            assert answer.status_code == status, (path, change)
            assert words in answer.json["message"]
