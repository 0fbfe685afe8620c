"""The metrics of a web process, for Prometheus."""

import os
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import cast

from flask import Flask, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily

from stylekit import process_metrics
from stylekit.engines.registry import OPTIONS
from stylekit.errors import StorageUnavailable
from stylekit.jobs import Status
from stylekit.jobs.statistics import Ended, Statistics, Unfinished
from stylekit.painting.admission import Admission
from stylekit.web.context import context
from stylekit.web.operations.multiprocess import FOLDER, WebProcesses
from stylekit.web.realtime.connection_limit import connection_limit_of
from stylekit.wiring import Parts

CONTENT_TYPE = CONTENT_TYPE_LATEST
NAME = "stylekit-metrics"
SECONDS = (0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60)
LATELY_SECONDS = 300.0
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Metrics:
    """The figures of one application: what this process counts, and what the job table says.

    Web processes that share a folder (`WebProcesses`) count together; one alone counts for itself.
    """

    def __init__(self, jobs: Statistics) -> None:
        """Nothing has happened yet."""
        folder = os.environ.get(FOLDER, "")
        self._processes = WebProcesses(Path(folder)) if folder else None
        self._own, self._now = CollectorRegistry(), CollectorRegistry()
        self._now.register(Now(jobs, self._processes))
        self._requests = Counter(
            "stylekit_requests",
            "Requests answered.",
            ["method", "endpoint", "status"],
            registry=self._own,
        )
        self._errors = Counter(
            "stylekit_errors",
            "Requests that ended in an error, by error code.",
            ["code"],
            registry=self._own,
        )
        self._seconds = self._histogram(
            "stylekit_request_seconds", "Seconds until the response began.", "endpoint"
        )
        self._stages = self._histogram(
            "stylekit_painting_seconds",
            "Seconds of a painting in this web process, by stage.",
            "engine",
            "stage",
        )
        self._painting = self._gauge(
            "stylekit_painting", "Paintings that run in this web process.", "engine"
        )
        self._in_line = self._gauge(
            "stylekit_in_line", "Requests of this web process that wait for a slot.", "engine"
        )
        self._streams = self._gauge(
            "stylekit_streams", "Open live connections of this web process."
        )

    def _gauge(self, name: str, help: str, *labels: str) -> Gauge:
        return Gauge(name, help, labels, registry=self._own, multiprocess_mode="livesum")

    def _histogram(self, name: str, help: str, *labels: str) -> Histogram:
        return Histogram(name, help, labels, buckets=SECONDS, registry=self._own)

    def count(self, response: Response) -> Response:
        """Count an answer, by its endpoint: addresses with ids would be endless."""
        endpoint = request.endpoint or "unknown"
        method = request.method if request.method in METHODS else "other"
        self._requests.labels(method, endpoint, str(response.status_code)).inc()
        if code := context().error_code:
            self._errors.labels(code).inc()
        self._seconds.labels(endpoint).observe(time.monotonic() - context().started)
        return response

    def follow(self, parts: Parts) -> None:
        """Hear of every painting of this process, stage by stage."""
        parts.executor.on_timed = self._time
        for engine, admission in parts.executor.admissions.items():
            admission.on_change = partial(self._show_admission, engine)
            self._show_admission(engine, admission)

    def show_streams(self, taken: int) -> None:
        """So many live connections are open."""
        self._streams.set(taken)

    def _time(self, engine: str, stage: str, seconds: float) -> None:
        self._stages.labels(engine, stage).observe(seconds)

    def _show_admission(self, engine: str, admission: Admission) -> None:
        self._painting.labels(engine).set(admission.running)
        self._in_line.labels(engine).set(admission.waiting)

    def text(self) -> bytes:
        """All figures as they stand, in Prometheus' form."""
        counted = self._processes.registry() if self._processes else self._own
        return generate_latest(counted) + generate_latest(self._now)


class Now:
    """What is read when it is asked for, and so is never older than the question."""

    def __init__(self, jobs: Statistics, processes: WebProcesses | None) -> None:
        """Ask this table, and these processes."""
        self._jobs, self._processes = jobs, processes

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Memory, and the jobs of all processes; no jobs while the table does not answer."""
        yield from process_metrics.memory(
            "web", self._processes.alive() if self._processes else [os.getpid()]
        )
        answers = "1 if the job table answers, else 0."
        try:
            jobs = self._of_jobs(time.time())
            yield process_metrics.figure("stylekit_table_answers", answers, 1.0)
            yield from jobs
        except StorageUnavailable:
            yield process_metrics.figure("stylekit_table_answers", answers, 0.0)

    def _of_jobs(self, now: float) -> list[GaugeMetricFamily]:
        unfinished, ended = self._jobs.unfinished(now), self._jobs.ended(now - LATELY_SECONDS)
        return [*queue_metrics(unfinished, now), *ended_metrics(ended)]


def queue_metrics(unfinished: list[Unfinished], now: float) -> Iterator[GaugeMetricFamily]:
    """How many jobs each engine has, and how long the oldest has waited."""
    jobs = dict.fromkeys(((e, s) for e in OPTIONS for s in ("queued", "running", "silent")), 0.0)
    waiting = dict.fromkeys(((engine,) for engine in OPTIONS), 0.0)
    for each in unfinished:
        jobs[each.engine, each.status] = each.jobs
        if each.status == Status.QUEUED:
            waiting[each.engine,] = max(0.0, now - each.first_queued_at)
    yield family(
        "stylekit_jobs",
        "Jobs by status; silent: running, but without a report from the worker.",
        ("engine", "status"),
        jobs.items(),
    )
    yield family(
        "stylekit_waiting_seconds",
        "Seconds that the oldest queued job has waited.",
        ("engine",),
        waiting.items(),
    )


def ended_metrics(ended: list[Ended]) -> Iterator[GaugeMetricFamily]:
    """How the jobs of the last five minutes ended, and how long those took that are done."""
    yield family(
        "stylekit_ended_jobs",
        "Jobs that ended in the last five minutes, by status and error code.",
        ("engine", "status", "error"),
        (((each.engine, each.status, each.error_code), each.jobs) for each in ended),
    )
    yield family(
        "stylekit_job_seconds",
        "Mean seconds of the jobs done in the last five minutes, by stage.",
        ("engine", "stage"),
        (
            ((each.engine, stage), getattr(each, stage) / each.jobs)
            for each in ended
            if each.status == Status.DONE
            for stage in ("waiting", "painting", "files")
        ),
    )


def family(
    name: str, help: str, labels: Iterable[str], values: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    """A figure with labels."""
    made = GaugeMetricFamily(name, help, labels=list(labels))
    for label, value in values:
        made.add_metric(list(label), value)
    return made


def install(app: Flask) -> None:
    """Count every answer of the application, what it paints, and who listens."""
    parts: Parts = app.extensions["stylekit"]
    app.extensions[NAME] = metrics = Metrics(parts.jobs.statistics)
    metrics.follow(parts)
    connection_limit_of(app).on_change = metrics.show_streams
    app.after_request(metrics.count)


def metrics() -> Metrics:
    """The figures of this application."""
    return cast(Metrics, current_app.extensions[NAME])
