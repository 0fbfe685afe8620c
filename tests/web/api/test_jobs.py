"""Jobs, their pictures and the feed: seen by their owner and by strangers."""

import pytest
from sqlalchemy import event

from stylekit import images
from stylekit.engines.registry import GATYS
from tests.fakes import picture_bytes, pixels
from tests.web.steps import b64, browser, order, submit

PICTURES = ("result", "content", "style", "grid")


@pytest.fixture
def painted(client, wait):
    """A finished job of the client's own."""
    return wait(lambda: (job := look(client, submit(client)))["status"] == "done" and job)


@pytest.fixture
def stranger(app):
    """Another browser."""
    return browser(app)


def look(client, job):
    return client.get(job["urls"]["self"]).json


def code(answer):
    return answer.status_code, answer.json["error"]["code"]


class TestOneJob:
    """What its owner can do."""

    def test_it_is_told_from_the_beginning_to_the_end(self, client, gatys, wait):
        gatys.go_on.clear()
        waiting = wait(lambda: (job := look(client, submit(client)))["stage"] and job)
        assert waiting["status"] == "running"
        assert 0 < waiting["progress"] < 1
        assert waiting["urls"]["result"] is None
        assert waiting["urls"]["preview"].startswith(waiting["urls"]["self"] + "/preview?v=")
        gatys.go_on.set()
        done = wait(lambda: (job := look(client, waiting))["status"] == "done" and job)
        assert (done["progress"], done["width"], done["height"]) == (1, 64, 48)
        assert done["style"] == {"id": "vermilion", "name": "Vermilion"}
        assert done["created_at"] < done["finished_at"] < done["expires_at"]
        assert done["finished_at"].endswith("Z")

    def test_the_time_left_is_told_from_the_first_second(self, client, parts, gatys, wait):
        gatys.steps, gatys.step_seconds = 40, 1.0
        job = submit(client, options={"iterations": 150})  # long enough to reckon with
        cost = parts.jobs.get(job["id"]).cost
        assert 0 < job["eta_seconds"] <= cost * GATYS.seconds_per_cost + 0.1  # as it usually takes
        early = wait(lambda: (now := look(client, job))["progress"] and now)
        assert early["progress"] == 0.025
        assert early["eta_seconds"] <= cost * GATYS.seconds_per_cost + 0.1
        later = wait(lambda: (now := look(client, job))["progress"] > 0.025 and now)
        assert later["eta_seconds"] == pytest.approx(38, abs=1)
        client.post(f"{job['urls']['self']}/cancel")

    def test_asking_again_costs_nothing_while_nothing_changes(self, client, painted):
        address = painted["urls"]["self"]
        tag = client.get(address).headers["ETag"]
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
        client.patch(address, json={"public": True})
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 200

    def test_each_of_its_pictures_can_be_fetched_and_is_cached(self, client, painted):
        for address in (painted["urls"][kind] for kind in PICTURES):
            answer = client.get(address)
            assert answer.mimetype == images.mime_type(answer.get_data())
            assert "private" in answer.headers["Cache-Control"]
            seen = {"If-None-Match": answer.headers["ETag"]}
            assert client.get(address, headers=seen).status_code == 304

    def test_the_result_comes_in_the_format_and_width_asked_for(self, client, painted):
        address = painted["urls"]["result"]
        answer = client.get(f"{address}?format=webp&width=32")
        assert answer.mimetype == "image/webp"
        assert pixels(answer.get_data()).shape == (24, 32, 3)
        for query in ("format=bmp", "width=0", "width=65", "width=x", "width=9999999"):
            assert code(client.get(f"{address}?{query}")) == (400, "bad_option")

    def test_a_download_has_the_right_name(self, client, painted):
        saved = client.get(f"{painted['urls']['result']}?download=1").headers
        assert saved["Content-Disposition"] == 'attachment; filename="photo-vermilion.png"'
        grid = client.get(f"{painted['urls']['grid']}?download=1").headers
        assert grid["Content-Disposition"] == 'attachment; filename="photo-vermilion-grid.jpg"'

    def test_a_preview_is_the_picture_as_it_stands(self, client, gatys, wait, painted):
        preview = f"{painted['urls']['self']}/preview"
        assert client.get(preview).mimetype == "image/jpeg"
        gatys.go_on.clear()
        other = submit(client, options={"seed": 1})
        moving = wait(lambda: (job := look(client, other))["urls"]["preview"] and job)
        assert client.get(moving["urls"]["preview"]).mimetype == "image/jpeg"
        assert code(client.get(f"{moving['urls']['self']}/result")) == (409, "not_ready")

    def test_it_can_be_cancelled_and_tried_again(self, client, gatys, wait):
        gatys.go_on.clear()
        job = submit(client)
        address = job["urls"]["self"]
        assert client.post(f"{address}/cancel").status_code == 200
        wait(lambda: look(client, job)["status"] == "cancelled")
        gatys.go_on.set()
        answer = client.post(f"{address}/again")
        assert (answer.status_code, answer.json["job"]["id"]) == (202, job["id"])
        wait(lambda: look(client, job)["status"] == "done")

    def test_it_can_be_finished_early_and_go_on_later(self, client, gatys, wait):
        gatys.go_on.clear()
        job = submit(client)
        address = job["urls"]["self"]
        assert client.post(f"{address}/finish").status_code == 200
        wait(lambda: look(client, job)["status"] == "done")
        early = client.get(look(client, job)["urls"]["result"]).data
        gatys.go_on.set()
        answer = client.post(f"{address}/again")
        assert (answer.status_code, answer.json["job"]["id"]) == (202, job["id"])
        wait(lambda: look(client, job)["status"] == "done")
        assert client.get(look(client, job)["urls"]["result"]).data != early

    def test_it_runs_again_with_other_options_as_another_job(self, client, painted):
        answer = client.post(f"{painted['urls']['self']}/again", json={"options": {"seed": 5}})
        other = answer.json["job"]
        assert other["id"] != painted["id"]
        assert other["options"] == painted["options"] | {"seed": 5}
        for body in ({"options": {"nix": 1}}, {"options": 1}, {"seed": 5}):
            assert client.post(f"{painted['urls']['self']}/again", json=body).status_code == 400

    def test_a_failure_says_why(self, client, gatys, wait):
        from stylekit.errors import PaintingFailed

        gatys.fail_with = PaintingFailed("The loss is not finite.")
        job = submit(client)
        failed = wait(lambda: (now := look(client, job))["status"] == "failed" and now)
        assert failed["error"] == {"code": "painting_failed", "message": "The loss is not finite."}
        assert code(client.get(f"{job['urls']['self']}/result")) == (409, "not_ready")

    def test_deleted_it_is_gone_with_all_its_pictures(self, client, painted):
        assert client.delete(painted["urls"]["self"]).status_code == 204
        assert client.delete(painted["urls"]["self"]).status_code == 204
        for kind in ("self", *PICTURES, "events"):
            assert code(client.get(painted["urls"][kind])) == (410, "gone")

    def test_only_true_or_false_makes_it_public(self, client, painted):
        wrong = ({"public": 1}, {"photo_shared": "yes"}, {"public": True, "photo_shared": 1})
        for body in ({}, *wrong, {"public": True, "x": 1}, []):
            assert client.patch(painted["urls"]["self"], json=body).status_code == 400


class TestStrangers:
    """Who has neither the cookie nor the secret."""

    def test_whoever_knows_the_id_may_look(self, stranger, painted):
        seen = stranger.get(painted["urls"]["self"]).json
        assert (seen["id"], seen["mine"]) == (painted["id"], False)

    def test_nobody_else_may_act(self, stranger, client, painted):
        address = painted["urls"]["self"]
        for refused in (
            stranger.delete(address),
            stranger.patch(address, json={"public": True}),
            stranger.post(f"{address}/cancel"),
            stranger.post(f"{address}/again"),
        ):
            assert code(refused) == (404, "job_not_found")
        assert look(client, painted) == painted

    @pytest.mark.parametrize("path", ["/content", "/content?width=160", "/grid"])
    def test_they_see_the_painting_alone_unless_its_owner_shows_the_photo(
        self, stranger, client, painted, path
    ):
        address = painted["urls"]["self"]
        for shown in ({}, {"public": True}, {"photo_shared": False}):
            if shown:
                client.patch(address, json=shown)
            assert code(stranger.get(address + path)) == (404, "job_not_found")
            assert stranger.get(address + "/result").status_code == 200
            seen = stranger.get(address).json["urls"]
            assert (seen["content"], seen["grid"]) == (None, None)
            assert client.get(address + path).status_code == 200
        changed = client.patch(address, json={"photo_shared": True}).json
        assert (changed["photo_shared"], changed["public"]) == (True, True)
        assert stranger.get(address + path).status_code == 200
        (in_feed,) = stranger.get("/api/v1/feed").json["jobs"]
        assert in_feed["urls"]["content"] == f"{address}/content"

    def test_a_style_picture_of_ones_own_is_shown_as_the_photo_is(self, stranger, client, wait):
        own = submit(client, style=b64(picture_bytes(40, 40, seed=3)), style_id=None)
        address = wait(lambda: (job := look(client, own))["status"] == "done" and job)["urls"][
            "self"
        ]
        assert stranger.get(address).json["urls"]["style"] is None
        assert stranger.get(f"{address}/style").status_code == 404
        client.patch(address, json={"photo_shared": True})
        assert stranger.get(f"{address}/style").status_code == 200

    def test_what_is_still_much_like_the_photo_is_not_shown_while_it_is_painted(
        self, stranger, client, gatys, wait
    ):
        gatys.go_on.clear()
        job = submit(client)
        preview = wait(lambda: look(client, job)["urls"]["preview"])
        assert stranger.get(job["urls"]["self"]).json["urls"]["preview"] is None
        assert stranger.get(preview).status_code == 404
        client.patch(job["urls"]["self"], json={"photo_shared": True})
        assert stranger.get(preview).status_code == 200
        gatys.go_on.set()

    @pytest.mark.parametrize("path", ["", "/result", "/content", "/style", "/grid", "/events"])
    def test_what_was_taken_back_is_there_for_its_owner_alone(
        self, stranger, client, painted, path
    ):
        address = painted["urls"]["self"]
        client.patch(address, json={"public": True, "photo_shared": True})
        assert stranger.get(address + path).status_code == 200
        assert client.patch(address, json={"public": False}).json["withdrawn"]
        assert code(stranger.get(address + path)) == (404, "job_not_found")
        assert client.get(address + path).status_code == 200

    @pytest.mark.parametrize("there", ["/display?id={}", "/image/{}"])
    def test_other_doors_do_not_show_it_to_strangers_either(self, stranger, client, painted, there):
        for public, status in ((True, 200), (False, 404)):
            client.patch(painted["urls"]["self"], json={"public": public})
            assert stranger.get(there.format(painted["id"])).status_code == status

    def test_the_secret_lets_its_holder_act_from_elsewhere(self, stranger, client):
        job = submit(client)
        answer = stranger.delete(job["urls"]["self"], headers={"X-Job-Secret": job["secret"]})
        assert answer.status_code == 204
        wrong = stranger.delete(job["urls"]["self"], headers={"X-Job-Secret": "é" * 32})
        assert wrong.status_code == 404

    @pytest.mark.parametrize("id", ["0" * 32, "x", "%00", "..", "0" * 31 + "G", "a" * 5000])
    @pytest.mark.parametrize("path", ["", "/result", "/content", "/style", "/grid", "/events"])
    def test_an_unknown_id_is_not_found_anywhere(self, guest, id, path):
        assert guest.get(f"/api/v1/jobs/{id}{path}").status_code == 404

    def test_a_forged_cookie_is_nobody(self, stranger, painted):
        for cookie in ("x", "x.y", "owner.é", "0" * 3000):
            stranger.set_cookie("stylekit_owner", cookie)
            assert stranger.get("/api/v1/jobs").json == {"jobs": [], "next": None}
            assert stranger.delete(painted["urls"]["self"]).status_code == 404

    @pytest.mark.parametrize("which", ["content", "style"])
    def test_photo_and_style_come_small_where_small_ones_do(self, client, painted, which):
        small = client.get(f"{painted['urls'][which]}?width=16")
        assert max(pixels(small.data).shape[:2]) == 16
        assert small.headers["Cache-Control"].startswith("private")
        refused = client.get(f"{painted['urls'][which]}?width=0")
        assert refused.status_code == 400


class TestLists:
    """One's own jobs, and the feed."""

    def test_ones_own_are_listed_newest_first_page_by_page(self, client, stranger):
        ids = [submit(client, options={"seed": seed})["id"] for seed in range(5)]
        seen, address = [], "/api/v1/jobs?limit=2"
        while address:
            page = client.get(address).json
            seen += [job["id"] for job in page["jobs"]]
            address = page["next"]
        assert seen == ids[::-1]
        assert stranger.get("/api/v1/jobs").json["jobs"] == []

    def test_all_of_ones_own_are_deleted_and_nobody_elses(self, client, stranger):
        submit(client)
        other = submit(stranger)
        assert client.delete("/api/v1/jobs").json == {"deleted": 1}
        assert client.get("/api/v1/jobs").json["jobs"] == []
        assert stranger.get(other["urls"]["self"]).status_code == 200

    def test_the_feed_has_what_is_shown_and_loses_what_is_taken_back(
        self, client, stranger, painted
    ):
        assert stranger.get("/api/v1/feed").json["jobs"] == []
        client.patch(painted["urls"]["self"], json={"public": True})
        answer = stranger.get("/api/v1/feed")
        (shown,) = answer.json["jobs"]
        assert (shown["id"], shown["mine"]) == (painted["id"], False)
        same = stranger.get("/api/v1/feed", headers={"If-None-Match": answer.headers["ETag"]})
        assert same.status_code == 304
        client.patch(painted["urls"]["self"], json={"public": False})
        assert stranger.get("/api/v1/feed").json["jobs"] == []

    @pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "before=x", "before=nan"])
    @pytest.mark.parametrize("address", ["/api/v1/jobs", "/api/v1/feed"])
    def test_a_page_that_cannot_be_is_refused(self, guest, address, query):
        assert code(guest.get(f"{address}?{query}")) == (400, "bad_option")


def test_a_quick_public_painting_is_in_the_feed_at_once(client):
    assert order(client, public=True).status_code == 200
    assert len(client.get("/api/v1/feed").json["jobs"]) == 1


def test_a_photograph_is_kept_without_its_metadata(client):
    job = submit(client, content=picture_bytes(40, 60, "jpeg", orientation=6))
    kept = client.get(job["urls"]["content"]).get_data()
    assert pixels(kept).shape == (60, 40, 3)
    assert b"Exif" not in kept


def test_a_page_of_jobs_takes_few_questions_to_the_table(client, parts, gatys):
    gatys.go_on.clear()
    for width in range(40, 64):
        submit(client, content=picture_bytes(width, 40))
    asked = []
    event.listen(
        parts.jobs.database.engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, *_: asked.append(statement),
    )
    page = client.get("/api/v1/jobs?limit=24").json["jobs"]
    gatys.go_on.set()
    selects = [each for each in asked if each.startswith("SELECT") and "lease_until <" not in each]
    assert [job["place_in_line"] for job in page][:3] == [23, 22, 21]
    assert len(selects) <= 3
