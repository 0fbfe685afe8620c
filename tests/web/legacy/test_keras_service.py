"""The Keras service's door, with its clients' bytes; and what all earlier doors refuse."""

import threading
from dataclasses import replace

import pytest

from stylekit import images
from stylekit.errors import PaintingFailed
from stylekit.transfers.requests import Order
from stylekit.web import create_app
from tests.fakes import pixels
from tests.web.legacy.earlier import CONTENT, CUT_OFF, STYLE, send
from tests.web.steps import b64, browser


class TestKerasService:
    """POST /stylize."""

    @staticmethod
    def stylize(client, **change):
        body = {
            "content_img": images.data_url(CONTENT), "style_img": images.data_url(STYLE),
            "epochs": 2, "steps_per_epoch": 10, **change,
        }  # fmt: skip
        return send(client, "POST", "/stylize", body)

    def test_the_answer_is_the_painting_as_a_data_url(self, client):
        answer = self.stylize(client)
        assert answer.status_code == 200
        assert set(answer.json) == {"result"}
        assert answer.json["result"].startswith("data:image/jpeg;base64,")
        assert pixels(images.decode_text(answer.json["result"])).shape == (40, 60, 3)

    def test_plain_base64_and_numbers_in_text_are_the_same_request(self, client, gatys):
        first = self.stylize(client)
        plain = {"content_img": b64(CONTENT), "style_img": b64(STYLE), "epochs": "2"}
        assert self.stylize(client, **plain).json == first.json
        assert gatys.painted == 1

    def test_the_iterations_are_epochs_times_steps(self, client, transfers):
        self.stylize(client, epochs=3, steps_per_epoch=7)
        (job,) = transfers.mine("earlier-clients")
        assert (job.engine, job.options["iterations"]) == ("gatys", 21)

    @pytest.mark.parametrize(
        "change",
        [{"epochs": 101}, {"steps_per_epoch": 1001, "epochs": 1}, {"epochs": 10**4000}],
        ids=["product", "steps", "endless"],
    )
    def test_more_iterations_than_the_cap_are_refused(self, client, change, transfers):
        answer = self.stylize(client, **change)
        assert answer.status_code == 413
        assert "at most 1,000" in answer.json["error"]
        assert transfers.mine("earlier-clients") == []

    def test_what_takes_too_long_is_answered_later_from_what_is_kept(
        self, settings, parts, gatys, wait
    ):
        parts = replace(parts, settings=replace(settings, stylize_seconds=0.2))
        client = browser(create_app(parts.settings, parts))
        gatys.go_on.clear()
        answer = self.stylize(client)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 5
        assert "same request again" in answer.json["error"]
        gatys.go_on.set()
        assert wait(lambda: (again := self.stylize(client)).status_code == 200 and again)
        assert gatys.painted == 1

    def test_only_so_many_wait_at_a_time(self, settings, parts, gatys):
        parts.transfers.waiters = threading.BoundedSemaphore(1)
        parts.transfers.waiters.acquire()
        client = browser(create_app(parts.settings, parts))
        gatys.go_on.clear()
        answer = self.stylize(client)
        assert (answer.status_code, set(answer.json)) == (503, {"error"})
        assert "Retry-After" in answer.headers

    def test_a_failure_says_why(self, client, gatys):
        gatys.fail_with = PaintingFailed("The loss is not finite.")
        answer = self.stylize(client)
        assert answer.status_code == 500
        assert answer.json == {"error": "The painting failed: The loss is not finite."}

    def test_every_wrong_request_is_refused_in_words(self, client):
        cases = [
            ({"epochs": None}, 400, "epochs"),
            ({"epochs": 0}, 400, "epochs is 0"),
            ({"epochs": 1.5}, 400, "epochs is 1.5"),
            ({"epochs": True}, 400, "epochs is True"),
            ({"steps_per_epoch": "ten"}, 400, "steps_per_epoch is 'ten'"),
            ({"steps_per_epoch": -1}, 400, "steps_per_epoch is -1"),
            ({"content_img": None}, 400, "content_img is missing"),
            ({"style_img": {}}, 400, "style_img has to be"),
            ({"style_img": "data:image/png"}, 422, "style_img: "),
            ({"style_img": b64(CUT_OFF)}, 422, "PNG"),
        ]
        for change, status, words in cases:
            answer = self.stylize(client, **change)
            assert answer.status_code == status, change
            assert set(answer.json) == {"error"}
            assert words in answer.json["error"]


DOORS = [
    ("PUT", "/image/20", "message"),
    ("POST", "/stylize", "error"),
    ("POST", "/requestStyleTransfer", "error"),
    ("POST", "/getStyleTransferStatus", "error"),
]
BODIES = [b"", b"{", b"[]", b"7", b"null", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000]


def test_a_body_that_is_no_json_object_is_refused(client):
    for method, path, field in DOORS:
        for body in BODIES:
            answer = send(client, method, path, body)
            assert answer.status_code == 400, (path, body[:9])
            assert isinstance(answer.json[field], str)


def test_a_body_that_is_too_large_is_refused(settings, parts):
    settings = replace(settings, max_request_bytes=1000)
    client = browser(create_app(settings, replace(parts, settings=settings)))
    for method, path, field in DOORS:
        answer = send(client, method, path, {"content": "A" * 2000})
        assert answer.status_code == 413
        assert "1,000" in answer.json[field]


def test_where_there_are_keys_one_is_needed(settings, parts):
    settings = replace(settings, api_keys="me:secret:60")
    client = browser(create_app(settings, replace(parts, settings=settings)))
    for method, path, field in DOORS:
        answer = send(client, method, path, {})
        assert (answer.status_code, "API key" in answer.json[field]) == (401, True)


def test_nobody_can_act_as_the_owner_of_what_earlier_clients_order(client, transfers):
    order = Order(content=CONTENT, style="indigo", owner="earlier-clients")
    job = transfers.submit(order)
    assert client.delete(f"/api/v1/jobs/{job.id}").status_code == 404
    assert client.get("/api/v1/jobs").json["jobs"] == []
    assert not client.get_cookie("stylekit_owner")
