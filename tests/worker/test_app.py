"""The Celery worker on real brokers: jobs survive whatever happens to it, and end once."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest
from kombu import Connection, Queue

from stylekit.jobs import Status
from stylekit.queues.broker import MAX_DELIVERIES, queue_name
from stylekit.settings import PROJECT_ROOT, from_environment
from stylekit.transfers.requests import Order
from tests.cluster_process import DEADLY_WIDTH, HANGING_WIDTH, build, environment
from tests.fakes import picture_bytes, run_out, style_folder

pytestmark = pytest.mark.servers

LEASE = {"STYLEKIT_LEASE_SECONDS": "60"}
"""No pause of a busy machine may look like a worker that died."""

SHORT_LEASE = {"STYLEKIT_LEASE_SECONDS": "2"}
"""Where workers die again and again, and attempts are not counted."""


class Shop:
    """A process that asks (this one), and workers that it starts and kills."""

    def __init__(self, folder, urls):
        self.folder = folder
        self.urls = urls
        self.environment = environment(folder, urls, **LEASE)
        style_folder(folder / "styles")
        self.parts = build(from_environment(self.environment))
        self.jobs = self.parts.jobs

    @contextmanager
    def worker(self, *arguments, **variables):
        with open(self.folder / "worker.log", "a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.cluster_process", "worker", *arguments],
                cwd=PROJECT_ROOT,
                env={**self.environment, **variables},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            end(process)

    def submit(self, number=0, *, engine="gatys", width=64):
        order = Order(
            content=picture_bytes(48, width, seed=number), style=1, owner="ann", engine=engine
        )
        return self.parts.transfers.submit(order).id

    def hand_back(self, id):
        """Take the job's message and return it, as a worker that goes home does."""
        with Connection(self.urls["queue"]) as connection:
            queue = Queue(queue_name("gatys"), no_declare=True)(connection.default_channel)
            while (message := queue.get()).decode()[0] != [id]:
                message.ack()  # of an earlier test
            message.requeue()

    def is_done(self, id):
        return self.jobs.get(id).status == Status.DONE

    def is_running(self, id):
        return self.jobs.get(id).status == Status.RUNNING

    def painted(self):
        log = self.folder / "painted.log"
        return Counter(log.read_text().split()) if log.exists() else Counter()


def end(process):
    """Kill the worker and its children."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def children(process):
    """The ids of a process's own processes."""
    return map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())


@pytest.fixture(params=["rabbitmq", "redis_server"])
def shop(request, tmp_path, postgresql, redis_server):
    broker = request.getfixturevalue(request.param)
    redis_server.empty()
    urls = {
        "queue": broker.url,
        "database": postgresql.new_database(),
        "events": redis_server.url,
    }
    shop = Shop(tmp_path, urls)
    yield shop
    shop.parts.close()


def test_jobs_of_both_engines_are_painted(shop, wait):
    with shop.worker():
        ids = [shop.submit(n, engine=("fast", "gatys")[n % 2]) for n in range(4)]
        wait(lambda: all(shop.is_done(id) for id in ids), seconds=90)
    assert shop.painted() == {"fast": 2, "gatys": 2}


@pytest.mark.parametrize("shop", ["rabbitmq"], indirect=True)
def test_a_fast_picture_never_waits_behind_a_long_one(shop, wait):
    first, second = shop.submit(0), shop.submit(1)
    with shop.worker(STEP_SECONDS="3"):  # thirty seconds for each
        wait(lambda: shop.is_running(first) or shop.is_running(second), seconds=90)
        quick = shop.submit(2, engine="fast")
        wait(lambda: shop.is_running(quick), seconds=20)
        assert sorted(shop.jobs.get(id).status for id in (first, second)) == ["queued", "running"]


def test_a_message_that_comes_many_times_paints_once(shop, wait):
    id = shop.submit()
    for _ in range(5):
        shop.parts.queue.put(id, engine="gatys")
    last = shop.submit(1)
    with shop.worker():
        wait(lambda: shop.is_done(id) and shop.is_done(last), seconds=90)
    assert shop.painted() == {"gatys": 2}


def test_a_worker_that_is_killed_in_the_middle_is_replaced_by_another(shop, wait):
    id = shop.submit()
    with shop.worker(STEP_SECONDS="0.5"):
        wait(lambda: shop.is_running(id) and shop.jobs.get(id).fraction > 0, seconds=90)
    run_out(shop.jobs, id)
    with shop.worker():
        wait(lambda: shop.is_done(id), seconds=90)
    assert shop.jobs.get(id).attempts == 2
    assert shop.painted() == {"gatys": 1}


def test_a_picture_that_kills_every_worker_fails_and_the_next_is_painted(shop, wait):
    deadly = shop.submit(width=DEADLY_WIDTH)
    harmless = shop.submit()
    with shop.worker(**SHORT_LEASE):
        wait(lambda: shop.is_done(harmless), seconds=120)
        wait(lambda: shop.jobs.get(deadly).status == Status.FAILED, seconds=120)
    assert shop.jobs.get(deadly).error_code == "worker_lost"


def test_a_painting_that_hangs_fails_in_time_and_its_process_makes_room_for_the_next(shop, wait):
    hanging = shop.submit(width=HANGING_WIDTH)
    with shop.worker(STYLEKIT_JOB_SECONDS="3"):
        wait(lambda: shop.jobs.get(hanging).status == Status.FAILED, seconds=90)
        next_one = shop.submit()
        wait(lambda: shop.is_done(next_one), seconds=90)
    assert "longer than 3 s" in shop.jobs.get(hanging).error


def test_a_worker_that_is_told_to_stop_finishes_what_it_paints(shop, wait):
    first, second = shop.submit(0), shop.submit(1)
    with shop.worker(STEP_SECONDS="0.2") as process:
        wait(lambda: shop.is_running(first) or shop.is_running(second), seconds=90)
        process.terminate()
        assert process.wait(60) == 0
    assert sorted(shop.jobs.get(id).status for id in (first, second)) == ["done", "queued"]


def test_a_worker_without_time_to_finish_hands_the_job_back(shop, wait):
    id = shop.submit()
    with shop.worker("--grace-seconds", "0.5", STEP_SECONDS="2") as process:
        wait(lambda: shop.is_running(id), seconds=90)
        process.terminate()
        assert process.wait(60) == 0
    handed_back = shop.jobs.get(id)
    assert (handed_back.status, handed_back.attempts) == (Status.QUEUED, 0)
    with shop.worker():
        wait(lambda: shop.is_done(id), seconds=90)


def test_a_worker_that_lost_a_child_hands_the_job_back_too(shop, wait):
    id = shop.submit()
    with shop.worker("--grace-seconds", "0.5", STEP_SECONDS="2") as process:
        wait(lambda: shop.is_running(id), seconds=90)
        for child in children(process):
            os.kill(child, signal.SIGKILL)
        run_out(shop.jobs, id)
        wait(lambda: shop.jobs.get(id).attempts == 2, seconds=90)
        process.terminate()
        assert process.wait(60) == 0
    assert (shop.jobs.get(id).status, shop.jobs.get(id).attempts) == (Status.QUEUED, 1)


def test_the_process_that_forks_has_no_threads_whose_locks_a_child_could_inherit(shop, wait):
    id = shop.submit()
    with shop.worker() as process:
        wait(lambda: shop.is_done(id), seconds=90)
        assert len(os.listdir(f"/proc/{process.pid}/task")) == 1


@pytest.mark.parametrize("shop", ["rabbitmq"], indirect=True)
def test_a_job_that_was_handed_back_many_times_is_painted_all_the_same(shop, wait):
    id = shop.submit()
    for _ in range(MAX_DELIVERIES + 1):  # then the broker gives its message up
        shop.hand_back(id)
    with shop.worker():
        wait(lambda: shop.is_done(id), seconds=90)


def test_a_row_whose_message_was_lost_is_found(shop, wait):
    id = shop.submit()
    with shop.worker():
        wait(lambda: shop.is_done(id), seconds=90)
    shop.jobs.now = lambda: time.time() - 3600
    shop.jobs.requeue(id)  # long ago, and no message came of it
    with shop.worker():
        wait(lambda: shop.is_done(id), seconds=90)


def test_the_table_goes_away_in_the_middle_and_the_job_is_done_all_the_same(shop, wait, postgresql):
    ids = [shop.submit(number) for number in range(3)]
    with shop.worker(STEP_SECONDS="0.1", **SHORT_LEASE):
        wait(lambda: any(shop.is_running(id) for id in ids), seconds=90)
        postgresql.kill()
        postgresql.start()
        wait(lambda: all(shop.is_done(id) for id in ids), seconds=120)
