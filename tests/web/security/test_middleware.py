"""What every request passes: limits, origins, keys, quotas; and what every answer carries."""

import io
import logging
import re
from dataclasses import replace

import pytest

from stylekit import wiring
from stylekit.errors import BadSettings
from stylekit.web import create_app
from stylekit.web.security.middleware import read_api_keys
from tests.fakes import picture_bytes
from tests.web.steps import browser, order, submit

HERE = "http://localhost"
THERE = "https://gallery.example"


def code(answer):
    return answer.status_code, answer.json["error"]["code"]


class TestErrors:
    """One shape, for programs and for people."""

    def test_every_error_has_one_shape_and_the_id_of_its_request(self, guest):
        answer = guest.get("/nowhere", headers={"X-Request-ID": "abc-12345"})
        assert answer.headers["X-Request-ID"] == "abc-12345"
        assert answer.json == {
            "error": {
                "code": "not_found",
                "message": "There is nothing at this address.",
                "id": "abc-12345",
            }
        }

    @pytest.mark.parametrize("odd", ["x", "a b c d e f g", "é" * 9, "x" * 65])
    def test_an_odd_request_id_is_replaced(self, guest, odd):
        answer = guest.get("/healthz", headers={"X-Request-ID": odd})
        assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-ID"])

    def test_a_wrong_method_is_told_the_right_one(self, guest):
        answer = guest.get("/transfer")
        assert code(answer) == (405, "method_not_allowed")
        assert "POST" in answer.headers["Allow"]

    def test_people_see_a_page(self, guest):
        browser_accepts = "text/html,application/xhtml+xml,*/*;q=0.8"
        answer = guest.get("/nowhere", headers={"Accept": browser_accepts})
        assert answer.status_code == 404
        assert "There is nothing here" in answer.get_data(as_text=True)

    def test_what_breaks_on_our_side_is_told_to_nobody(self, client, fast, caplog):
        fast.fail_with = RuntimeError("the private reason")
        with caplog.at_level(logging.ERROR):
            answer = order(client)
        assert code(answer) == (500, "internal")
        assert "private" not in answer.get_data(as_text=True)
        assert answer.json["error"]["id"] in caplog.text
        assert "the private reason" in caplog.text

    def test_a_full_house_says_when_to_come_back(self, settings, parts, fast, wait):
        import threading

        app = create_app(replace(settings, painters=1), parts)
        client, visitors = browser(app), [browser(app) for _ in range(5)]
        for number, each in enumerate(visitors):
            each.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        fast.go_on.clear()
        admission = parts.executor.admissions["fast"]
        crowd = [threading.Thread(target=order, args=(each,)) for each in visitors]
        for each in crowd:
            each.start()
        wait(lambda: admission.running == 1 and admission.waiting == 4)
        answer = order(client)
        assert code(answer) == (503, "busy")
        assert int(answer.headers["Retry-After"]) >= 1
        fast.go_on.set()
        for each in crowd:
            each.join()


class TestSize:
    """How much may come."""

    @pytest.fixture
    def settings(self, settings):
        return replace(settings, max_request_bytes=20_000, max_pixels=10_000)

    def test_a_body_that_is_too_large_is_refused_in_our_shape(self, client):
        for answer in (
            client.post("/transfer", data=b"x" * 20_001),
            client.post(
                "/api/v1/transfers",
                data={"content": (io.BytesIO(b"x" * 20_001), "a")},
            ),
        ):
            assert code(answer) == (413, "request_too_large")
            assert "20,000" in answer.json["error"]["message"]

    def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(self, client):
        answer = order(client, content=picture_bytes(101, 100))
        assert code(answer) == (413, "picture_too_large")
        assert "10,100 pixels" in answer.json["error"]["message"]


class TestHeaders:
    """What keeps a browser safe."""

    def test_nothing_from_elsewhere_and_nothing_inline_runs(self, guest):
        policy = guest.get("/").headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy

    @pytest.mark.parametrize("address", ["/", "/nowhere", "/healthz", "/static/css/base.css"])
    def test_every_answer_has_them(self, guest, address):
        with guest.get(address) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "same-origin"

    def test_https_stays_https(self, guest):
        assert "Strict-Transport-Security" not in guest.get("/healthz").headers
        secure = guest.get("/healthz", base_url="https://localhost")
        assert "Strict-Transport-Security" in secure.headers

    def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(self, guest):
        (cookie,) = order(guest).headers.getlist("Set-Cookie")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie

    def test_behind_a_proxy_https_and_the_host_are_what_it_says(self, settings, parts):
        client = browser(create_app(replace(settings, proxies=1), parts))
        told = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "paint.example"}
        answer = order(client, headers={**told, "Origin": "https://paint.example"})
        assert "Secure" in answer.headers["Set-Cookie"]
        assert code(order(browser(client.application), headers={**told, "Origin": HERE}))[0] == 403

    def test_without_a_proxy_nobody_is_believed(self, guest):
        answer = order(guest, headers={"X-Forwarded-Proto": "https"})
        assert "Secure" not in answer.headers["Set-Cookie"]


class TestOrigins:
    """Pages of other sites."""

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": THERE},
            {"Origin": "null"},
            {"Origin": HERE + ":81"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site", "Origin": THERE},
        ],
    )
    def test_a_page_of_another_site_may_not_change_anything(self, guest, headers):
        assert code(order(guest, headers=headers)) == (403, "not_allowed")
        assert code(guest.delete("/api/v1/jobs", headers=headers)) == (403, "not_allowed")

    @pytest.mark.parametrize(
        "headers",
        [{}, {"Origin": HERE}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
    )
    def test_our_own_pages_and_programs_may(self, guest, headers):
        assert order(guest, headers=headers).status_code == 200

    def test_an_origin_of_the_settings_may_but_never_with_the_cookie(self, settings, parts):
        client = browser(
            create_app(replace(settings, cors_origins=f"https://x.example,{THERE}"), parts)
        )
        mine = submit(client)
        asked = {"Origin": THERE, "Access-Control-Request-Method": "PATCH"}
        preflight = client.options("/api/v1/jobs", headers=asked)
        assert preflight.status_code == 204
        assert preflight.headers["Access-Control-Allow-Origin"] == THERE
        assert "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
        answer = order(client, headers={"Origin": THERE, "Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == THERE
        assert "Set-Cookie" not in answer.headers
        assert client.delete(mine["urls"]["self"], headers={"Origin": THERE}).status_code == 404
        assert client.get("/api/v1/jobs", headers={"Origin": THERE}).json["jobs"] == []

    def test_other_origins_get_no_leave_to_read(self, guest):
        answer = guest.get("/api/v1/styles", headers={"Origin": THERE})
        assert "Access-Control-Allow-Origin" not in answer.headers

    @pytest.mark.parametrize("origin", [THERE, "https://evil.example", None])
    @pytest.mark.parametrize("named", [THERE, f"https://x.example,{THERE}"])
    def test_a_cache_keeps_an_answer_for_each_origin(self, settings, parts, named, origin):
        client = browser(create_app(replace(settings, cors_origins=named), parts))
        headers = {"Origin": origin} if origin else {}
        answer = client.get("/api/v1/styles/indigo/picture", headers=headers)
        assert "public" in answer.headers["Cache-Control"]
        assert "Origin" in answer.headers.getlist("Vary")
        leave = answer.headers.get("Access-Control-Allow-Origin")
        assert leave == (THERE if origin == THERE else None)


class TestKeys:
    """API keys with quotas."""

    @pytest.fixture
    def settings(self, settings):
        return replace(settings, api_keys="ann:ann-key:5, bob:bob:key:60")

    @pytest.fixture
    def ann(self):
        return {"Authorization": "Bearer ann-key"}

    def test_a_program_needs_a_key_to_change_something_and_none_to_look(self, client):
        answer = order(client)
        assert code(answer) == (401, "key_needed")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert client.get("/api/v1/styles").status_code == 200

    def test_our_own_page_needs_none(self, client):
        assert order(client, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200

    def test_a_wrong_key_is_refused_everywhere(self, client):
        for wrong in ("Bearer nix", "bearer ", "Bearer é"):
            answer = client.get("/api/v1/jobs", headers={"Authorization": wrong})
            assert code(answer) == (401, "key_needed")

    def test_a_key_owns_what_was_made_with_it(self, app, ann):
        job = submit(browser(app), headers=ann)
        listed = browser(app).get("/api/v1/jobs", headers=ann).json["jobs"]
        assert [each["id"] for each in listed] == [job["id"]]
        assert "Set-Cookie" not in browser(app).get("/api/v1/jobs", headers=ann).headers

    def test_a_used_up_quota_says_when_to_come_back(self, app, ann):
        answers = [browser(app).get("/api/v1/styles", headers=ann) for _ in range(6)]
        assert [each.status_code for each in answers] == [200] * 5 + [429]
        assert code(answers[-1]) == (429, "too_many_requests")
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 12
        other = {"Authorization": "Bearer bob:key"}
        assert browser(app).get("/api/v1/styles", headers=other).status_code == 200

    @pytest.mark.servers
    def test_a_quota_holds_for_all_web_processes_with_one_redis(
        self, settings, parts, redis_server, ann
    ):
        redis_server.empty()
        tallies = [
            wiring.build_rate_limits(replace(settings, events=redis_server.url)) for _ in "ab"
        ]
        clients = [
            browser(create_app(settings, replace(parts, rate_limits=each))) for each in tallies
        ]
        answers = [clients[n % 2].get("/api/v1/styles", headers=ann) for n in range(6)]
        assert [each.status_code for each in answers] == [200] * 5 + [429]
        for each in tallies:
            each.close()

    @pytest.mark.parametrize(
        "text", ["ann", "ann:s3cret", "ann:s3cret:0", "ann:s3cret:x", ":s3cret:5"]
    )
    def test_an_entry_that_cannot_be_stops_the_start_without_telling_the_key(self, text):
        with pytest.raises(BadSettings, match="Entry 2") as refused:
            read_api_keys(f"bob:b:1,{text}")
        assert "s3cret" not in str(refused.value)


HTTPS = "https://localhost"


def test_over_https_no_other_host_can_set_the_cookie(app):
    visitor = browser(app)
    visitor.post("/api/v1/uploads", data=picture_bytes(), base_url=HTTPS)
    assert visitor.get_cookie("__Host-stylekit_owner").secure
    assert not visitor.get_cookie("stylekit_owner")


def test_a_visitor_of_before_keeps_their_pictures_over_https(app):
    visitor = browser(app)
    job = submit(visitor)
    earlier = visitor.get_cookie("stylekit_owner").value
    visitor.set_cookie("stylekit_owner", earlier, secure=True)
    (mine,) = visitor.get("/api/v1/jobs", base_url=HTTPS).json["jobs"]
    assert mine["id"] == job["id"]
    assert visitor.get_cookie("__Host-stylekit_owner").value == earlier
