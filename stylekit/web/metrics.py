"""What is counted and timed, for Prometheus."""

import time
from typing import cast

from flask import Flask, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from stylekit.jobs import Status
from stylekit.web.places import Places
from stylekit.wiring import Parts

CONTENT_TYPE = CONTENT_TYPE_LATEST
NAME = "stylekit-metrics"
SECONDS = (0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60)


class Metrics:
    """The figures of one application."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "stylekit_requests", "Requests answered.", ["method", "endpoint", "status"],
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "stylekit_request_seconds", "Seconds until the answer began.", ["endpoint"],
            buckets=SECONDS, registry=self._registry,
        )  # fmt: skip
        self._jobs = self._gauge("stylekit_jobs", "Jobs that wait or are being painted.", "status")
        self._waiting = self._gauge(
            "stylekit_waiting_seconds", "How long the first in line has waited.", "engine"
        )
        self._painting = self._gauge("stylekit_painting", "Paintings under way here.", "engine")
        self._in_line = self._gauge(
            "stylekit_in_line", "Requests that wait here for a place at the easel.", "engine"
        )
        self._streams = self._gauge("stylekit_streams", "Live connections that are open here.")

    def _gauge(self, name: str, help: str, *labels: str) -> Gauge:
        return Gauge(name, help, labels, registry=self._registry)

    def count(self, response: Response) -> Response:
        """Count an answer, by its endpoint: addresses with ids would be endless."""
        endpoint = request.endpoint or "unknown"
        self._requests.labels(request.method, endpoint, str(response.status_code)).inc()
        if "started" in g:
            self._seconds.labels(endpoint).observe(time.monotonic() - g.started)
        return response

    def text(self, parts: Parts, places: Places) -> bytes:
        """All figures as they stand, in Prometheus' form."""
        for status in (Status.QUEUED, Status.RUNNING):  # counting millions that ended takes seconds
            self._jobs.labels(status.value).set(parts.jobs.count(status))
        for engine, gate in parts.easel.gates.items():
            waiting = parts.jobs.seconds_waiting(time.time(), engine=engine)
            self._waiting.labels(engine).set(waiting)
            self._painting.labels(engine).set(gate.inside)
            self._in_line.labels(engine).set(gate.in_line)
        self._streams.set(places.taken)
        return generate_latest(self._registry)


def install(app: Flask) -> None:
    """Count every answer of the application."""
    app.extensions[NAME] = metrics = Metrics()
    app.after_request(metrics.count)


def metrics() -> Metrics:
    """The figures of this application."""
    return cast(Metrics, current_app.extensions[NAME])
