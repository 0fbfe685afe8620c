"""The health checks and metrics of a worker."""

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily

from stylekit.process_metrics import children, figure, memory

BEAT_SECONDS = 5.0  # between two beats of the main loop
SILENT_SECONDS = 60.0  # without a beat, after which it counts as stuck


class Liveness:
    """Whether the worker is alive and ready, by the beats of its main loop."""

    def __init__(self, start_seconds: float, is_warm: Callable[[], bool] = lambda: True) -> None:
        """Alive for `start_seconds` without a beat; not ready before the models are loaded."""
        self._is_warm = is_warm
        self._alive_until = time.monotonic() + start_seconds
        self._ready_until = 0.0

    def beat(self) -> None:
        """The main loop runs, and the broker is available."""
        self._alive_until = time.monotonic() + SILENT_SECONDS
        self._ready_until = self._alive_until if self._is_warm() else 0.0

    def wait_for_broker(self) -> None:
        """The broker is unavailable and tried again; a restart would not help."""
        self._alive_until, self._ready_until = math.inf, 0.0

    @property
    def is_alive(self) -> bool:
        """Whether it works, starts, or waits for the broker; else it is stuck."""
        return time.monotonic() < self._alive_until

    @property
    def is_ready(self) -> bool:
        """Whether it takes messages and has the model loaded."""
        return time.monotonic() < self._ready_until


class HealthServer(ThreadingHTTPServer):
    """Answers /healthz, /readyz and /metrics of a worker, in a thread of its first process."""

    daemon_threads = True

    def __init__(self, port: int, liveness: Liveness) -> None:
        """Listen at every address: probes come from outside the container."""
        super().__init__(("", port), Answer)
        self.liveness, self.process = liveness, os.getpid()
        self.registry = CollectorRegistry()
        self.registry.register(self)
        threading.Thread(target=self.serve_forever, name="stylekit-health", daemon=True).start()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures as they are now."""
        processes = [self.process, *children(self.process)]
        yield figure(
            "stylekit_worker_ready",
            "1 if the worker takes messages and has loaded its model, else 0.",
            float(self.liveness.is_ready),
        )
        yield from memory("worker", processes)

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, type and body of the answer to a GET."""
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest(self.registry)
        is_well = {"/healthz": self.liveness.is_alive, "/readyz": self.liveness.is_ready}.get(path)
        if is_well is None:
            return 404, "text/plain", b"There are /healthz, /readyz and /metrics.\n"
        return (200, "text/plain", b"yes\n") if is_well else (503, "text/plain", b"no\n")


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: HealthServer

    def do_GET(self) -> None:
        """Send what `HealthServer.answer` says."""
        status, type, body = self.server.answer(self.path)
        self.send_response(status)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: probes come all the time."""
