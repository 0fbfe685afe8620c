"""The Keras service's endpoint, with its clients' bytes; and what all earlier endpoints refuse."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from stylekit import images
from stylekit.errors import PaintingFailed
from stylekit.jobs import Status
from stylekit.web import create_app
from tests.fakes import picture_bytes, pixels
from tests.web.legacy.earlier import CONTENT, CUT_OFF, STYLE, send
from tests.web.steps import b64, browser


class TestKerasService:
    """POST /stylize."""

    @staticmethod
    def stylize(client, **change):
        body = {
            "content_img": images.data_url(CONTENT),
            "style_img": images.data_url(STYLE),
            "epochs": 2,
            "steps_per_epoch": 10,
            **change,
        }
        return send(client, "POST", "/stylize", body)

    def test_the_answer_is_the_painting_as_a_data_url(self, client):
        answer = self.stylize(client)
        assert answer.status_code == 200
        assert set(answer.json) == {"result", "id", "secret"}
        assert answer.json["result"].startswith("data:image/jpeg;base64,")
        assert pixels(images.decode_text(answer.json["result"])).shape == (40, 60, 3)

    def test_plain_base64_and_numbers_in_text_are_the_same_request(self, client, gatys):
        first = self.stylize(client)
        plain = {"content_img": b64(CONTENT), "style_img": b64(STYLE), "epochs": "2"}
        assert self.stylize(client, **plain).json == first.json
        assert gatys.painted == 1

    def test_the_iterations_are_epochs_times_steps(self, client, transfers):
        job = transfers.access.find(self.stylize(client, epochs=3, steps_per_epoch=7).json["id"])
        assert (job.engine, job.options["iterations"]) == ("gatys", 21)

    @pytest.mark.parametrize(
        "change",
        [{"epochs": 101}, {"steps_per_epoch": 1001, "epochs": 1}],
        ids=["product", "steps"],
    )
    def test_more_iterations_than_the_cap_are_refused(self, client, change, parts):
        answer = self.stylize(client, **change)
        assert answer.status_code == 413
        assert "at most 1,000" in answer.json["error"]
        assert parts.jobs.queries.count(Status.QUEUED) == 0

    def test_the_answer_is_a_jpeg_whatever_was_sent(self, client):
        answer = self.stylize(client, content_img=images.data_url(picture_bytes(alpha=True)))
        assert answer.json["result"].startswith("data:image/jpeg;base64,")

    def test_as_many_steps_as_its_notebooks_take_are_taken(self, client, transfers):
        id = self.stylize(client, epochs=10, steps_per_epoch=100).json["id"]
        assert transfers.access.find(id).options["iterations"] == 1000

    @pytest.fixture
    def impatient(self, settings, parts):
        """A server whose answers begin at once."""
        parts = replace(parts, settings=replace(settings, stylize_seconds=0.1))
        return create_app(parts.settings, parts)

    def read_to_the_end(self, app, **change):
        with self.stylize(browser(app), **change) as answer:
            return answer.get_data()

    def test_requests_that_wait_behind_each_other_are_all_answered(self, impatient, gatys, wait):
        gatys.go_on.clear()
        with ThreadPoolExecutor() as threads:
            first, second = (
                threads.submit(self.read_to_the_end, impatient, epochs=n) for n in (1, 2)
            )
            wait(lambda: impatient.extensions["stylekit-connection-limit"].taken == 2)
            gatys.go_on.set()
            answers = [each.result(timeout=20) for each in (first, second)]
        assert all(each.startswith(b" ") for each in answers)
        assert len({json.loads(each)["result"][:23] for each in answers}) == 1
        assert len({json.loads(each)["id"] for each in answers}) == 2
        assert wait(lambda: impatient.extensions["stylekit-connection-limit"].taken == 0)

    def test_a_failure_after_the_answer_began_says_why(self, impatient, gatys, wait):
        gatys.go_on.clear()
        with ThreadPoolExecutor() as threads:
            answer = threads.submit(self.read_to_the_end, impatient)
            wait(lambda: impatient.extensions["stylekit-connection-limit"].taken == 1)
            gatys.fail_with = PaintingFailed("The loss is not finite.")
            gatys.go_on.set()
            said = json.loads(answer.result(timeout=20))
        assert said == {"error": "The painting failed: The loss is not finite."}

    def test_where_no_place_is_free_the_same_request_later_gets_what_is_kept(
        self, settings, parts, gatys, wait
    ):
        parts = replace(parts, settings=replace(settings, stylize_seconds=0.2, max_streams=0))
        client = browser(create_app(parts.settings, parts))
        gatys.go_on.clear()
        answer = self.stylize(client)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 5
        assert "same request again" in answer.json["error"]
        gatys.go_on.set()
        assert wait(lambda: (again := self.stylize(client)).status_code == 200 and again)
        assert gatys.painted == 1

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
            ({"epochs": 10**4000}, 400, "epochs is 1"),
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


ENDPOINTS = [
    ("PUT", "/image/20", "message"),
    ("POST", "/stylize", "error"),
    ("POST", "/requestStyleTransfer", "error"),
    ("POST", "/getStyleTransferStatus", "error"),
]
BODIES = [b"", b"{", b"[]", b"7", b"null", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000]


def test_a_body_that_is_no_json_object_is_refused(client):
    for method, path, field in ENDPOINTS:
        for body in BODIES:
            answer = send(client, method, path, body)
            assert answer.status_code == 400, (path, body[:9])
            assert isinstance(answer.json[field], str)


def test_a_body_that_is_too_large_is_refused(settings, parts):
    settings = replace(settings, max_request_bytes=1000)
    client = browser(create_app(settings, replace(parts, settings=settings)))
    for method, path, field in ENDPOINTS:
        answer = send(client, method, path, {"content": "A" * 2000})
        assert answer.status_code == 413
        assert "1,000" in answer.json[field]


def test_where_there_are_keys_one_is_needed(settings, parts):
    settings = replace(settings, api_keys="me:secret:60")
    client = browser(create_app(settings, replace(parts, settings=settings)))
    for method, path, field in ENDPOINTS:
        answer = send(client, method, path, {})
        assert (answer.status_code, "API key" in answer.json[field]) == (401, True)


ORDERS = {
    "image service": ("PUT", "/image/20", "hash", {"content": b64(CONTENT), "style": b64(STYLE)}),
    "Keras service": (
        "POST",
        "/stylize",
        "id",
        {
            "content_img": b64(CONTENT),
            "style_img": b64(STYLE),
            "epochs": 1,
            "steps_per_epoch": 1,
        },
    ),
    "static site": (
        "POST",
        "/requestStyleTransfer",
        "id",
        {
            "contentName": "a.jpg",
            "contentData": b64(CONTENT),
            "styleData": b64(STYLE),
        },
    ),
}


@pytest.mark.parametrize(("method", "path", "id", "body"), ORDERS.values(), ids=ORDERS)
class TestOwners:
    """Whoever made an order, and nobody else, can cancel and delete it."""

    def test_the_secret_of_the_answer_cancels_and_deletes(self, app, method, path, id, body):
        order = send(browser(app), method, path, body).json
        job, elsewhere = f"/api/v1/jobs/{order[id]}", browser(app)
        assert elsewhere.delete(job).status_code == 404
        assert elsewhere.delete(job, headers={"X-Job-Secret": "0" * 32}).status_code == 404
        mine = {"X-Job-Secret": order["secret"]}
        assert elsewhere.post(f"{job}/cancel", headers=mine).status_code == 200
        assert elsewhere.delete(job, headers=mine).status_code == 204
        assert elsewhere.get(job).status_code == 410

    def test_the_same_order_is_another_job_from_another_address(self, app, method, path, id, body):
        def ids(*addresses):
            clients = [browser(app) for _ in addresses]
            for client, address in zip(clients, addresses, strict=True):
                client.environ_base["REMOTE_ADDR"] = address
            return {send(client, method, path, body).json[id] for client in clients}

        assert len(ids("192.0.2.1", "192.0.2.2", "192.0.2.1")) == 2
        assert len(ids("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")) == 2

    def test_whoever_keeps_the_cookie_of_the_answer_finds_it_among_theirs_and_deletes_it(
        self, client, method, path, id, body
    ):
        order = send(client, method, path, body).json
        assert [job["id"] for job in client.get("/api/v1/jobs").json["jobs"]] == [order[id]]
        assert send(client, method, path, body).json[id] == order[id]
        assert client.delete(f"/api/v1/jobs/{order[id]}").status_code == 204

    def test_two_who_share_an_address_share_nothing_else(self, app, method, path, id, body):
        name = next(name for name in body if name.startswith("content") and name != "contentName")
        mine, theirs = browser(app), browser(app)
        other = {**body, name: b64(picture_bytes(50, 70))}
        ids = {send(mine, method, path, body).json[id], send(theirs, method, path, other).json[id]}
        assert len(ids) == 2
        for client in (mine, theirs):
            (job,) = client.get("/api/v1/jobs").json["jobs"]
            (others,) = ids - {job["id"]}
            assert client.delete(f"/api/v1/jobs/{others}").status_code == 404


FOREIGN = {"Origin": "http://site.example", "Sec-Fetch-Site": "cross-site"}
ANY_ORIGIN = ("/stylize", "/requestStyleTransfer", "/getStyleTransferStatus")


class TestOtherOrigins:
    """Pages of any origin may call the endpoints that their own servers had open to all."""

    @pytest.mark.parametrize("path", [*ANY_ORIGIN, "/default/requestStyleTransfer"])
    def test_a_browser_may_ask_and_read(self, guest, path):
        question = {
            **FOREIGN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        }
        allowed = guest.options(path, headers=question)
        assert allowed.status_code == 204
        assert "content-type" in allowed.headers["Access-Control-Allow-Headers"].lower()
        assert "POST" in allowed.headers["Access-Control-Allow-Methods"]
        answer = guest.post(path, data="{}", headers=FOREIGN)
        assert answer.status_code == 400  # understood, and found wanting
        for each in (allowed, answer):
            assert each.headers["Access-Control-Allow-Origin"] == FOREIGN["Origin"]
            assert "Access-Control-Allow-Credentials" not in each.headers

    @pytest.mark.parametrize("path", ["/transfer", "/api/v1/transfers"])
    def test_nothing_else_is_open(self, guest, path):
        answer = guest.post(path, data="{}", headers=FOREIGN)
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers

    def test_a_page_never_acts_as_the_visitor(self, client, transfers):
        client.post("/transfer", json={"image": b64(CONTENT), "painter": 1, "as_job": True})
        (mine,) = client.get("/api/v1/jobs").json["jobs"]
        _, path, id, body = ORDERS["static site"]
        theirs = client.post(path, json=body, headers=FOREIGN).json
        assert [job["id"] for job in client.get("/api/v1/jobs").json["jobs"]] == [mine["id"]]
        owners = {transfers.access.find(each).owner for each in (mine["id"], theirs[id])}
        assert len(owners) == 2

    def test_the_settings_can_name_the_origins(self, settings, parts):
        settings = replace(settings, legacy_origins="https://mine.example")
        client = browser(create_app(settings, replace(parts, settings=settings)))
        for path in ANY_ORIGIN:
            assert client.post(path, data="{}", headers=FOREIGN).status_code == 403
            mine = {**FOREIGN, "Origin": "https://mine.example"}
            assert client.post(path, data="{}", headers=mine).status_code == 400
