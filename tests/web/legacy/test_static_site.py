"""The static site's endpoints, with the bytes that it sends."""

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
        "contentName": "me.jpg",
        "contentData": images.data_url(CONTENT),
        "styleName": "blue.png",
        "styleData": images.data_url(STYLE),
    }

    def order(self, client, prefix="", **change):
        return send(client, "POST", f"{prefix}/requestStyleTransfer", {**self.ORDER, **change})

    def status(self, client, id, prefix=""):
        return send(client, "POST", f"{prefix}/getStyleTransferStatus", {"id": id})

    @pytest.mark.parametrize("prefix", ["", "/default"])
    def test_a_site_polls_until_its_picture_is_there(self, client, fast, prefix):
        fast.step_seconds = 0.05
        ordered = self.order(client, prefix).json
        assert json.loads(ordered["body"]) == fields_of(ordered)
        assert ordered["statusCode"] == 200
        assert set(fields_of(ordered)) == {"id", "image_success", "object_url", "secret"}
        assert ordered["image_success"] is True
        seen = []
        while not seen or not seen[-1]["completed"]:
            assert len(seen) < 1500, seen[-1]
            seen.append(self.status(client, ordered["id"], prefix).json)
            time.sleep(0.02)
        fields = {"exists", "progress", "completed", "result_image"}
        assert all(set(fields_of(each)) == fields and each["exists"] for each in seen)
        assert all(json.loads(each["body"]) == fields_of(each) for each in seen)
        assert all(each["statusCode"] == 200 for each in seen)
        progress = [each["progress"] for each in seen]
        assert progress == sorted(progress)
        assert progress[-1] == 100
        assert max(progress[:-1], default=0) < 100
        assert all(each["result_image"] is None for each in seen[:-1])
        download = client.get(seen[-1]["result_image"])
        painted = download.get_data()
        assert pixels(painted).shape == (40, 60, 3)
        assert download.headers["Content-Disposition"] == "attachment; filename=painting.jpeg"
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
            assert (answer.status_code, fields_of(answer.json)) == (200, nothing)

    def test_a_failed_one_says_why_and_is_not_asked_for_again(self, client, fast, wait):
        fast.fail_with = PaintingFailed("The loss is not finite.")
        id = self.order(client).json["id"]
        told = wait(lambda: "error" in (now := self.status(client, id).json) and now)
        assert (told["exists"], told["completed"]) == (False, False)
        assert "The loss is not finite." in told["error"]
        assert json.loads(told["body"])["error"] == told["error"]

    def test_the_link_to_the_picture_is_absolute_needs_no_query_and_ends(
        self, settings, parts, wait
    ):
        parts = replace(parts, settings=replace(settings, link_seconds=4))
        client = browser(create_app(parts.settings, parts))
        id = self.order(client).json["id"]
        link = wait(lambda: self.status(client, id).json["result_image"])
        assert link.startswith("http://localhost/results/")
        assert id not in link
        assert client.get(f"{link}?").status_code == 200  # as a form without fields asks
        assert wait(lambda: client.get(link).status_code == 410)
        assert client.get(link.replace("painting", "x")[:-30]).status_code == 404

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


def fields_of(answer):
    """What the site reads, without the second form."""
    return {name: value for name, value in answer.items() if name not in ("statusCode", "body")}
