"""The static site's doors, with the bytes that it sends."""

import json
import time
from dataclasses import replace

import pytest

from stylekit import images
from stylekit.errors import PaintingFailed
from stylekit.web import create_app
from tests.fakes import pixels
from tests.web.legacy.earlier import CONTENT, CUT_OFF, STYLE, send
from tests.web.steps import b64, browser


class TestStaticSite:
    """POST /requestStyleTransfer, POST /getStyleTransferStatus, as a site that polls."""

    ORDER = {  # noqa: RUF012
        "contentName": "me.jpg", "contentData": images.data_url(CONTENT),
        "styleName": "blue.png", "styleData": images.data_url(STYLE),
    }  # fmt: skip

    def order(self, client, prefix="", **change):
        return send(client, "POST", f"{prefix}/requestStyleTransfer", {**self.ORDER, **change})

    def status(self, client, id, prefix=""):
        return send(client, "POST", f"{prefix}/getStyleTransferStatus", {"id": id})

    @pytest.mark.parametrize("prefix", ["", "/default"])
    def test_a_site_polls_until_its_picture_is_there(self, client, fast, prefix):
        fast.step_seconds = 0.05
        ordered = self.order(client, prefix).json
        assert (set(ordered), ordered["image_success"]) == (
            {"id", "image_success", "object_url"}, True
        )  # fmt: skip
        seen = []
        while not seen or not seen[-1]["completed"]:
            assert len(seen) < 1500, seen[-1]
            seen.append(self.status(client, ordered["id"], prefix).json)
            time.sleep(0.02)
        fields = {"exists", "progress", "completed", "result_image"}
        assert all(set(each) == fields and each["exists"] for each in seen)
        progress = [each["progress"] for each in seen]
        assert progress == sorted(progress)
        assert progress[-1] == 100
        assert max(progress[:-1], default=0) < 100
        assert all(each["result_image"] is None for each in seen[:-1])
        painted = images.decode_text(seen[-1]["result_image"])
        assert pixels(painted).shape == (40, 60, 3)
        assert ordered["object_url"].startswith("http://localhost/")
        assert client.get(ordered["object_url"]).get_data() == painted

    def test_a_style_without_data_is_a_preset(self, client, transfers):
        id = self.order(client, styleName="celadon", styleData=None).json["id"]
        assert (transfers.access.find(id).style_id, transfers.access.find(id).engine) == (
            "celadon",
            "fast",
        )

    def test_an_unknown_id_does_not_exist(self, client, transfers):
        nothing = {"exists": False, "progress": 0, "completed": False, "result_image": None}
        for id in ("0" * 32, "", "a/b"):
            answer = self.status(client, id)
            assert (answer.status_code, answer.json) == (200, nothing)

    def test_a_failed_one_says_why_and_is_not_completed(self, client, fast, wait):
        fast.fail_with = PaintingFailed("The loss is not finite.")
        id = self.order(client).json["id"]
        answer = wait(lambda: (now := self.status(client, id)).status_code != 200 and now)
        assert (answer.json["exists"], answer.json["completed"]) == (True, False)
        assert answer.json["progress"] < 100
        assert "The loss is not finite." in answer.json["error"]

    def test_every_wrong_request_is_refused_in_words(self, client):
        cases = [
            ({"contentData": None}, 400, "contentData is missing"),
            ({"contentData": 7}, 400, "contentData has to be"),
            ({"contentData": "!!"}, 422, "contentData: "),
            ({"contentName": 7}, 400, "contentName is 7"),
            ({"styleData": b64(CUT_OFF)}, 422, "PNG"),
            ({"styleData": None, "styleName": None}, 400, "styleData is missing"),
            ({"styleData": None, "styleName": "indgo"}, 404, "did you mean indigo"),
        ]
        for change, status, words in cases:
            answer = self.order(client, **change)
            assert answer.status_code == status, change
            assert answer.json["image_success"] is False
            assert words in answer.json["error"]

    def test_every_wrong_question_is_refused_in_words(self, client):
        for body in ({}, {"id": 7}, {"id": ["x"]}):
            answer = send(client, "POST", "/getStyleTransferStatus", body)
            assert answer.status_code == 400
            assert answer.json["completed"] is False
            assert "id is" in answer.json["error"]

    def test_a_site_of_another_origin_is_answered_when_the_settings_name_it(self, settings, parts):
        settings = replace(settings, cors_origins="https://site.example")
        client = browser(create_app(settings, replace(parts, settings=settings)))
        answer = client.post(
            "/requestStyleTransfer", data=json.dumps(self.ORDER),
            headers={"Origin": "https://site.example"},
        )  # fmt: skip
        assert answer.json["image_success"] is True
        assert answer.headers["Access-Control-Allow-Origin"] == "https://site.example"
