"""A request that is sent again."""

from tests.web.steps import browser, order, submit


def code(answer):
    return answer.status_code, answer.json["error"]["code"]


def test_without_a_cookie_it_is_still_the_same_job(app):
    again = {"Idempotency-Key": "0f8e1a32"}
    first, second = (submit(browser(app), headers=again) for _ in range(2))
    assert first["id"] == second["id"]
    assert submit(browser(app), headers={"Idempotency-Key": "other"})["id"] != first["id"]


def test_one_key_for_two_requests_is_refused(client):
    again = {"Idempotency-Key": "k"}
    job = submit(client)
    assert submit(client, headers=again)["id"] == job["id"]
    assert submit(client, headers=again)["id"] == job["id"]
    answer = order(client, headers=again, engine="gatys", options={"seed": 3})
    assert code(answer) == (409, "conflict")


def test_a_key_that_is_empty_or_too_long_is_refused(guest):
    for key in ("", "k" * 256):
        assert code(order(guest, headers={"Idempotency-Key": key})) == (400, "bad_request")
