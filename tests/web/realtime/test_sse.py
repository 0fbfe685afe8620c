"""Server-sent events, as a browser reads them."""

import json
import threading
import urllib.request
from dataclasses import replace

import pytest
from werkzeug.serving import make_server

from stylekit.web import close_streams
from stylekit.web.realtime.connection_limit import connection_limit_of
from tests.web.steps import submit


class Listener:
    """Reads a stream in a thread, as an EventSource does."""

    def __init__(self, address):
        self.answer = urllib.request.urlopen(address, timeout=60)
        self.lines, self.ended = [], threading.Event()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        with self.answer:
            for line in self.answer:
                self.lines.append(line.decode().rstrip())
        self.ended.set()

    @property
    def jobs(self):
        return [json.loads(line[6:]) for line in self.lines if line.startswith("data: ")]

    @property
    def ids(self):
        return [line[4:] for line in self.lines if line.startswith("id: ")]


@pytest.fixture
def listen(app):
    """`listen("/api/v1/…")` at a real server: a `Listener`."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield lambda path: Listener(f"http://127.0.0.1:{server.server_port}{path}")
    close_streams(app)
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_job_is_followed_from_the_line_to_its_end(client, listen, gatys, wait):
    gatys.go_on.clear()
    job = submit(client)
    listener = listen(job["urls"]["events"])
    assert listener.answer.headers.get_content_type() == "text/event-stream"
    assert listener.answer.headers["Cache-Control"] == "no-store"
    wait(lambda: listener.jobs and listener.jobs[-1]["status"] == "running", 30)
    assert "event: job" in listener.lines
    gatys.go_on.set()
    assert listener.ended.wait(30)
    last = listener.jobs[-1]
    # The listener has no cookie: it follows the job by its id alone.
    assert (last["status"], last["progress"], last["mine"]) == ("done", 1, False)
    versions = [each["version"] for each in listener.jobs]
    assert versions == sorted(set(versions))
    assert listener.ids == [str(version) for version in versions]


def test_whoever_connects_again_to_a_job_that_has_ended_is_told_to_stop(client, listen, wait):
    job = submit(client)
    wait(lambda: client.get(job["urls"]["self"]).json["status"] == "done", 30)
    listener = listen(job["urls"]["events"])
    assert listener.ended.wait(30)
    again = client.get(job["urls"]["events"], headers={"Last-Event-ID": listener.ids[-1]})
    assert again.status_code == 204


def test_a_deleted_job_ends_its_stream(listen, running, transfers, wait):
    from stylekit.transfers.access import Caller

    listener = listen(f"/api/v1/jobs/{running.id}/events")
    wait(lambda: listener.jobs, 30)
    transfers.delete(running.id, Caller(owner=running.owner))
    assert listener.ended.wait(30)


def test_the_feed_tells_what_is_shown_and_what_is_taken_back(app, client, listen, wait):
    job = submit(client)
    wait(lambda: client.get(job["urls"]["self"]).json["status"] == "done", 30)
    stranger = listen("/api/v1/feed/events")
    wait(lambda: ": still here" in stranger.lines, 30)
    client.patch(job["urls"]["self"], json={"public": True})
    wait(lambda: stranger.jobs, 30)
    assert (stranger.jobs[0]["id"], stranger.jobs[0]["mine"]) == (job["id"], False)
    client.patch(job["urls"]["self"], json={"public": False})
    wait(lambda: len(stranger.jobs) == 2, 30)
    assert stranger.jobs[1] == {"id": job["id"], "public": False}
    close_streams(app)
    assert stranger.ended.wait(30)


def test_the_feed_says_nothing_of_private_jobs(app, client, listen, wait):
    stranger = listen("/api/v1/feed/events")
    wait(lambda: ": still here" in stranger.lines, 30)
    job = submit(client)
    wait(lambda: client.get(job["urls"]["self"]).json["status"] == "done", 30)
    close_streams(app)
    assert stranger.ended.wait(30)
    assert stranger.jobs == []


class TestPlaces:
    """There are so many streams and no more."""

    @pytest.fixture
    def settings(self, settings):
        return replace(settings, max_streams=2)

    def test_beyond_them_the_answer_is_to_ask_instead(self, app, client, listen, running, wait):
        address = f"/api/v1/jobs/{running.id}"
        listeners = [listen(f"{address}/events") for _ in range(2)]
        refused = client.get("/api/v1/feed/events")
        assert (refused.status_code, refused.json["error"]["code"]) == (503, "busy")
        assert refused.headers["Retry-After"] == "5"
        assert client.get(address).status_code == 200
        close_streams(app)
        assert all(each.ended.wait(30) for each in listeners)
        wait(lambda: connection_limit_of(app).taken == 0, 30)

    def test_a_reader_who_leaves_gives_the_place_back(self, app, client, running):
        for _ in range(5):
            answer = client.get(f"/api/v1/jobs/{running.id}/events")
            next(iter(answer.response))
            answer.close()
        assert connection_limit_of(app).taken == 0
