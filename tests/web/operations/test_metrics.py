"""The figures for Prometheus: what is counted here, and what the job table says of all."""

import os
import re
import subprocess
import sys
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploy.processes import free_port
from stylekit.jobs import JobStore
from stylekit.settings import PROJECT_ROOT
from stylekit.worker.health import HealthServer, Liveness
from tests.cluster_process import environment
from tests.fakes import job_order, style_folder
from tests.web.steps import order


def figures(text):
    """Every line of an answer, as {name and labels: value}."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@pytest.fixture
def told(client):
    return lambda: figures(client.get("/metrics").get_data(as_text=True))


def test_figures_are_for_who_asks_the_process_itself(client):
    through_a_proxy = {"X-Forwarded-For": "203.0.113.9"}
    assert client.get("/metrics", headers=through_a_proxy).status_code == 403
    assert client.get("/metrics").status_code == 200


def test_requests_are_counted_and_timed_by_endpoint(client, told):
    client.get("/healthz")
    client.get("/api/v1/jobs/nobody-knows-this")
    client.open("/healthz", method="BREW")
    now = told()
    assert now['stylekit_requests_total{endpoint="health.healthz",method="GET",status="200"}'] == 1
    assert now['stylekit_request_seconds_count{endpoint="health.healthz"}'] >= 1
    assert now['stylekit_errors_total{code="job_not_found"}'] == 1
    assert not any("BREW" in name or "nobody-knows" in name for name in now)


def test_the_line_is_told_for_each_engine_with_its_age(told, parts, running):
    now = parts.jobs.now
    parts.jobs.now = lambda: now() - 60
    parts.transfers.submit(job_order(style="indigo"))
    parts.jobs.now = now
    after = told()
    assert after['stylekit_jobs{engine="gatys",status="running"}'] == 1
    assert after['stylekit_jobs{engine="gatys",status="queued"}'] == 1
    assert after['stylekit_jobs{engine="fast",status="queued"}'] == 0
    assert 60 <= after['stylekit_waiting_seconds{engine="gatys"}'] < 90
    assert after['stylekit_waiting_seconds{engine="fast"}'] == 0
    assert after['stylekit_painting{engine="gatys"}'] == 1


def test_a_job_whose_worker_fell_silent_does_not_count_as_running(told, parts, running):
    parts.scheduler.close()
    parts.runner.report_seconds = 60
    with parts.jobs.database.write() as table:
        table.exec_driver_sql("UPDATE jobs SET lease_until = 1, fence = fence + 1")
    now = told()
    assert now['stylekit_jobs{engine="gatys",status="running"}'] == 0
    assert now['stylekit_jobs{engine="gatys",status="silent"}'] == 1


def test_paintings_are_timed_stage_by_stage(client, told):
    order(client, engine="fast")
    now = told()
    for stage in ("waiting", "painting", "writing"):
        name = f'stylekit_painting_seconds_count{{engine="fast",stage="{stage}"}}'
        assert now[name] == 1


def test_jobs_that_ended_lately_are_told_with_their_seconds_and_errors(
    told, transfers, gatys, done
):
    gatys.fail_with = ValueError("no such brush")
    transfers.wait(transfers.submit(job_order(style="indigo")).id, 60)
    now = told()
    assert now['stylekit_ended_jobs{engine="gatys",error="",status="done"}'] == 1
    assert now['stylekit_ended_jobs{engine="gatys",error="internal",status="failed"}'] == 1
    painting = now['stylekit_job_seconds{engine="gatys",stage="painting"}']
    assert painting == pytest.approx(transfers.access.find(done.id).seconds)
    assert now['stylekit_job_seconds{engine="gatys",stage="files"}'] >= 0


def test_what_ended_long_ago_is_told_no_more(told, parts, done):
    with parts.jobs.database.write() as table:
        table.exec_driver_sql("UPDATE jobs SET finished_at = finished_at - 301")
    assert not [name for name in told() if name.startswith(("stylekit_ended", "stylekit_job_sec"))]


def test_while_the_table_is_away_nothing_is_told_of_jobs_but_the_rest_is(settings, parts):
    from stylekit.web import create_app

    client = create_app(
        settings, replace(parts, jobs=JobStore("postgresql://nobody@127.0.0.1:9/none"))
    ).test_client()
    client.get("/healthz")
    now = figures(client.get("/metrics").text)
    assert now["stylekit_table_answers"] == 0
    assert not [name for name in now if name.startswith(("stylekit_jobs", "stylekit_waiting"))]
    assert now['stylekit_requests_total{endpoint="health.healthz",method="GET",status="200"}'] == 1


def test_memory_is_told(told):
    now = told()
    assert now['stylekit_processes{role="web"}'] == 1
    assert 10_000_000 < now['stylekit_memory_bytes{role="web"}'] < 10_000_000_000


def test_every_metric_is_documented_with_its_labels(client, done):
    client.get("/api/v1/jobs/nobody-knows-this")
    order(client, engine="fast")
    worker = HealthServer(0, Liveness(60))
    texts = [client.get("/metrics").text, worker.answer("/metrics")[2].decode()]
    worker.shutdown()
    worker.server_close()
    page = (PROJECT_ROOT / "docs" / "scaling.md").read_text()
    rows = re.findall(r"^\| `(stylekit_\w+)` \|([\w, ]*)\|", page, re.MULTILINE)
    documented = {name: set(filter(None, labels.strip().split(", "))) for name, labels in rows}
    assert documented == {
        family.name + ("_total" if family.type == "counter" else ""): {
            label for sample in family.samples for label in sample.labels
        }
        - {"le"}
        for text in texts
        for family in text_string_to_metric_families(text)
        if not family.name.endswith("_created")
    }


@contextmanager
def web_process(folder, port):
    """One of several web processes that share an address, as `make cluster` starts them."""
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics")}
    command = [sys.executable, "-m", "gunicorn", "tests.cluster_process:web()", "--reuse-port"]
    process = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "2"],
        cwd=PROJECT_ROOT,
        env={**environment(folder, {}), **shared},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        end(process)


def end(process):
    """Kill gunicorn and what it forked, as a power cut would."""
    if process.poll() is None:
        os.killpg(process.pid, 9)
        process.wait()


@pytest.mark.servers
def test_processes_behind_one_address_count_together_and_the_dead_are_not_among_them(
    tmp_path, wait
):
    style_folder(tmp_path / "styles")
    port = free_port()

    def ask(path):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.read().decode()

    def living():
        try:
            return figures(ask("/metrics"))['stylekit_processes{role="web"}']
        except OSError:
            return 0

    def gauges():
        return list((tmp_path / "metrics").glob("gauge_*"))

    counted = 'stylekit_requests_total{endpoint="health.healthz",method="GET",status="200"}'
    with ExitStack() as stack:
        first, _ = [stack.enter_context(web_process(tmp_path, port)) for _ in range(2)]
        wait(lambda: living() == 2, seconds=60)
        for _ in range(30):
            ask("/healthz")
        both = [path.name for path in (tmp_path / "metrics").glob("counter_*.db")]
        assert len(both) == 2
        assert {figures(ask("/metrics"))[counted] for _ in range(5)} == {30}
        end(first)
        wait(lambda: living() == 1 and len(gauges()) == 1, seconds=30)
        assert figures(ask("/metrics"))[counted] == 30
