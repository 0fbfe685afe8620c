"""Requests made to break something are refused in words: never 500, never with much memory."""

import base64
import contextlib
import http.client
import json
import sys
import tracemalloc

import pytest

from tests.fakes import picture_bytes

PHOTO = base64.b64encode(picture_bytes()).decode()
HALF_ADDRESSES = ["http://[", "http://[::1", "//[", "http://]", "[", "http://[x]:y", "\u2100"]


@pytest.mark.parametrize("origin", HALF_ADDRESSES[:-1])
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_origin_that_is_half_an_address_is_a_foreign_one(client, origin, method):
    answer = getattr(client, method)("/api/v1/styles", headers={"Origin": origin})
    assert answer.status_code in (200, 403, 405)


@pytest.mark.parametrize(
    "style", [*HALF_ADDRESSES, "\ud800", "\udcff.png", "a" * 100_000, "data:,"]
)
def test_a_style_that_is_half_an_address_is_not_found(client, style):
    for address, body in (
        ("/transfer", {"image": PHOTO, "style": style}),
        ("/transfer", {"image": PHOTO, "custom_style": style}),
        ("/api/v1/transfers", {"content": PHOTO, "style_id": style}),
        ("/requestStyleTransfer", {"contentData": PHOTO, "styleName": style}),
    ):
        answer = client.post(address, data=json.dumps(body), headers={"Idempotency-Key": "one key"})
        assert 400 <= answer.status_code < 500
        assert len(answer.data) < 2000


@pytest.mark.parametrize(
    "body",
    [
        {"format": "x" * 100_000},
        {"options": {"y" * 100_000: 1}},
        {"options": {"boldness": "z" * 100_000}},
        {"options": {"boldness": [1] * 5000}},
        {"engine": "w" * 100_000},
        {"v" * 100_000: 1},
        {"strength": {"u": ["t" * 100_000]}},
    ],
    ids=lambda body: next(iter(body))[:10],
)
def test_an_error_repeats_few_of_the_caller_s_own_words(client, body):
    order = {"content": PHOTO, "style_id": "vermilion", **body}
    answer = client.post("/api/v1/transfers", json=order)
    assert answer.status_code == 400
    longest = max(answer.text.count(letter) for letter in "tuvwxyz1")
    assert longest < 250
    assert len(answer.text) < 1000


@pytest.mark.parametrize("value", ["{}", "[]", "0", '{"a":[]}'])
def test_json_of_a_million_values_is_refused_before_it_is_built(client, value):
    body = ('{"image": [' + ",".join([value] * 1_000_000) + "]}").encode()
    tracemalloc.start()
    answer = client.post("/transfer", data=body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == 400
    assert "values; the most that we read is 10,000" in answer.json["error"]["message"]
    assert most < 8 * len(body)


@pytest.fixture
def high_recursion_limit():
    """As some libraries set it: Python itself would read much deeper then."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(50_000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("high_recursion_limit")
@pytest.mark.parametrize("inside", ["", '"]",', '"\\"]]]",'], ids=["plain", "text", "escaped"])
@pytest.mark.parametrize(("deep", "is_refused"), [(99, False), (100, True), (3000, True)])
def test_json_of_many_lists_in_each_other_is_refused(client, inside, deep, is_refused):
    nested = f"[{inside}" * deep + '"[[["' + "]" * deep
    order = f'{{"image": "{PHOTO}", "painter": 1, "unknown": {nested}}}'
    answer = client.post("/transfer", data=order.encode())
    message = (answer.json or {}).get("error", {}).get("message", "")
    assert ("100 lists and objects in each other" in message) == is_refused


def test_memory_that_is_not_there_is_no_fault_of_the_picture(client, fast):
    fast.fail_with = MemoryError()
    answer = client.post("/transfer", json={"image": PHOTO, "painter": 1})
    assert answer.status_code == 503
    assert answer.json["error"]["code"] == "not_enough_memory"
    assert int(answer.headers["Retry-After"]) > 0


def test_a_request_without_memory_is_told_to_come_again(client, parts):
    parts.transfers.requests.styles = NoMemory()
    answer = client.post("/transfer", json={"image": PHOTO, "painter": 1})
    assert answer.status_code == 503
    assert answer.json["error"]["code"] == "not_enough_memory"


class NoMemory:
    """A catalogue of a machine that is full."""

    def get(self, name):
        raise MemoryError


def test_a_style_too_long_to_be_kept_is_refused_alike_when_painted_now_and_as_a_job(client):
    long = base64.b64encode(picture_bytes(width=65_600, height=16)).decode()
    for more in ({}, {"as_job": True}, {"engine": "gatys"}):
        answer = client.post("/api/v1/transfers", json={"content": PHOTO, "style": long, **more})
        assert answer.status_code == 413, answer.text
        assert "65,500" in answer.json["error"]["message"]


@pytest.mark.parametrize("address", ["/transfer", "/api/v1/transfers", "/api/v1/uploads"])
def test_a_body_that_is_too_large_is_413_also_when_its_length_is_not_told(server, parts, address):
    connection = http.client.HTTPConnection(server.removeprefix("http://"), timeout=30)
    largest = parts.settings.max_request_bytes
    pieces = (b"x" * 1_000_000 for _ in range(largest // 1_000_000 + 1))
    with contextlib.suppress(ConnectionError):  # refused while it was being sent
        connection.request(
            "POST", address, pieces, {"Transfer-Encoding": "chunked"}, encode_chunked=True
        )
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["error"]["code"] == "request_too_large"
    connection.close()
