"""Two web processes and two workers lose no job, whatever is killed or stopped in the middle."""

import json
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.cluster import Cluster
from deploy.processes import free_port
from stylekit.client import Client, NotReachable, ServerError
from stylekit.jobs import JobStore, Status
from stylekit.storage import open_store
from tests.fakes import picture_bytes, pixels, style_folder

pytestmark = pytest.mark.servers

JOBS = 40
A_FAULT_EVERY = 8  # jobs


@pytest.fixture
def cluster(tmp_path, installed_servers):
    style_folder(tmp_path / "styles")
    worker = ("tests.cluster_process", "worker")
    cluster = Cluster(
        [free_port(), free_port()],
        web="tests.cluster_process:web()",
        workers=[worker, worker],
        settings={
            "STYLEKIT_STYLES": str(tmp_path / "styles"),
            "STYLEKIT_LEASE_SECONDS": "3",
            "PAINTED_LOG": str(tmp_path / "painted.log"),
            "STEP_SECONDS": "0.06",
        },
    )
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


class Visitor:
    """Submits a picture now and then, and asks again when told to; follows each to its end."""

    def __init__(self, cluster):
        self.clients = [Client(address, timeout=20) for address in cluster.addresses]

    def submit(self, number):
        """The id of a job that was accepted; refused in words (503), it is submitted again."""
        client = self.clients[number % 2]
        for _ in range(240):
            try:
                engine = ("fast", "gatys")[number // 2 % 2]
                return client.submit(picture_bytes(seed=number), "celadon", engine=engine).id
            except ServerError as error:
                if error.status != 503:
                    raise
            except NotReachable:
                pass
            time.sleep(0.5)
        raise AssertionError(f"job {number} was refused for two minutes")

    def follow(self, id):
        """What the other web process says of the job at its end."""
        return self.clients[0].wait(id, seconds=240)


def follow_live(address, id, seen, seconds=90):
    """Hear a job's events as a browser does: connect again when the stream breaks."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and "done" not in seen:
        try:
            with urllib.request.urlopen(f"{address}/api/v1/jobs/{id}/events", timeout=5) as stream:
                for line in stream:
                    if line.startswith(b"data:"):
                        seen.append(json.loads(line[5:])["status"])
                    if "done" in seen:
                        return
        except OSError:
            time.sleep(0.3)


def faults(cluster):
    """What goes wrong, one after the other."""
    dead = cluster.workers[0]
    dead.kill()
    yield "a worker was killed"
    dead.start()
    for server in cluster.servers:
        server.stop()
        time.sleep(1)
        server.start()
        yield f"{server.name} was stopped and started"


def test_an_event_of_a_worker_reaches_whoever_listens_at_another_web_process(cluster):
    visitor = Visitor(cluster)
    seen = []
    id = visitor.submit(0)
    listener = threading.Thread(target=follow_live, args=(cluster.addresses[1], id, seen))
    listener.start()
    listener.join(90)
    assert seen[-1] == "done"


@pytest.mark.browser
def test_a_browser_at_one_web_process_sees_a_job_of_the_other_survive_the_brokers(
    cluster, chromium
):
    from playwright.sync_api import expect

    visitor = Visitor(cluster)
    *_, id = [visitor.submit(number) for number in range(12)]
    page = chromium.new_page()
    page.goto(f"{cluster.addresses[1]}/display?id={id}")
    for server in (cluster.redis, cluster.rabbitmq):
        server.stop()
        server.start()
    expect(page.locator("#job")).to_have_attribute("data-state", "done", timeout=120_000)
    page.close()


def test_forty_jobs_end_done_once_while_everything_is_stopped_in_turn(cluster, tmp_path):
    visitor, trouble = Visitor(cluster), faults(cluster)
    happened, ids = [], []
    with ThreadPoolExecutor(4) as hands:
        for number in range(JOBS):
            ids.append(hands.submit(visitor.submit, number))
            time.sleep(0.1)
            if number % A_FAULT_EVERY == A_FAULT_EVERY - 1:
                happened.append(next(trouble, None))
        ids = [each.result() for each in ids]
    assert [each for each in happened if each] == [
        "a worker was killed",
        "rabbitmq was stopped and started",
        "redis was stopped and started",
        "postgresql was stopped and started",
    ]
    assert len(set(ids)) == JOBS
    assert {visitor.follow(id).status for id in ids} == {"done"}
    nothing_is_left_half_made(cluster, ids)


def nothing_is_left_half_made(cluster, ids):
    """Forty rows that are done, forty results, no preview, no message that still paints."""
    table = JobStore(cluster.postgresql.url)
    jobs = [table.get(id) for id in ids]
    assert {job.status for job in jobs} == {Status.DONE}
    assert not any(job.cancel_requested or job.lease_until for job in jobs)
    assert table.queries.count(Status.QUEUED) == table.queries.count(Status.RUNNING) == 0
    store = open_store(str(cluster.folder / "files"))
    for job in jobs:
        names = sorted(Path(key).stem.split("-")[0] for key in store.list(f"jobs/{job.id}/"))
        assert names == ["content", "result", "style"]
        assert pixels(store.read(job.result_key)).shape == (48, 64, 3)
    table.close()
