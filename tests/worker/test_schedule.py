"""Celery's beat, and what a worker says of itself, on real brokers."""

# ruff: noqa: F811  (what is imported below are fixtures)
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, nullcontext

import pytest

from deploy.processes import free_port
from stylekit.settings import PROJECT_ROOT
from tests.fakes import job_order, with_queue
from tests.worker.test_app import end, shop  # noqa: F401

pytestmark = pytest.mark.servers


class LosesAll:
    """A queue whose messages never arrive."""

    def put(self, job_id, *, engine):
        pass


@contextmanager
def beat(shop):
    """Celery's own scheduler, as a program beside the workers."""
    with open(shop.folder / "beat.log", "a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "stylekit.worker", "beat"],
            cwd=PROJECT_ROOT,
            env=shop.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
    finally:
        end(process)


@pytest.mark.parametrize("place", ["in a worker", "beside the workers"])
def test_what_beat_asks_for_finds_lost_jobs_where_no_worker_runs_maintenance(shop, wait, place):
    now = shop.jobs.now
    shop.jobs.now = lambda: time.time() - 3600
    id = with_queue(shop.parts, LosesAll()).submit(job_order(owner=place)).id
    shop.jobs.now = now
    flag, beside = (
        ([], beat(shop)) if place == "beside the workers" else (["--beat"], nullcontext())
    )
    with shop.worker("--no-maintenance", *flag), beside:
        wait(lambda: shop.is_done(id), seconds=90)
    assert "maintenance done task=sweep " in (shop.folder / "worker.log").read_text()
    assert not (PROJECT_ROOT / "celerybeat-schedule").exists()


@pytest.mark.parametrize("shop", ["rabbitmq"], indirect=True)
def test_a_worker_is_ready_while_the_broker_is_there_and_alive_all_the_time(shop, wait, rabbitmq):
    port = free_port()

    def says(path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError:
            return ""
        except OSError:
            return None

    with shop.worker("--engines", "gatys", STYLEKIT_WORKER_PORT=str(port)):
        wait(lambda: says("/readyz"), seconds=90)
        assert says("/healthz")
        assert 'stylekit_processes{role="worker"} 2.0' in says("/metrics")
        rabbitmq.stop()
        try:
            wait(lambda: says("/readyz") == "", seconds=30)
            assert says("/healthz")
        finally:
            rabbitmq.start()
        wait(lambda: says("/readyz"), seconds=90)


@pytest.mark.parametrize("shop", ["rabbitmq"], indirect=True)
def test_a_workers_log_as_json_names_the_job_in_every_line_about_it(shop, wait):
    id = shop.submit()
    with shop.worker(STYLEKIT_LOG_FORMAT="json"):
        wait(lambda: shop.is_done(id), seconds=90)
        log = shop.folder / "worker.log"
        wait(lambda: "job ended status=done" in log.read_text())  # written once the table has it
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    about = {line["message"].split()[0] for line in lines if line.get("job") == id[:12]}
    assert {"Task", "job"} <= about
    assert {"celery.worker.strategy", "stylekit.painting.runner"} <= {
        line["logger"] for line in lines
    }
    assert id not in log.read_text()
