"""For machines: alive, ready, metrics, /_ah/warmup, and the addresses cron.yaml calls."""

import logging
import threading
import time

from flask import Blueprint, Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from stylekit.errors import NotAllowed, StylekitError, Unavailable
from stylekit.jobs import Status
from stylekit.web.replies import as_json, parts

log = logging.getLogger(__name__)
health = Blueprint("health", __name__)

LOCAL = {"127.0.0.1", "::1"}
SECONDS = (0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60)


class Vitals:
    """What one application knows of itself: whether it is warm, and what it has answered."""

    def __init__(self) -> None:
        """Cold, and with nothing answered."""
        self.warm = threading.Event()
        self.trouble = ""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "stylekit_requests", "Requests answered.", ["method", "endpoint", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "stylekit_request_seconds", "Seconds until the answer began.", ["endpoint"],
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self.jobs = Gauge(
            "stylekit_jobs", "Jobs in the table, by state.", ["status"], registry=self.registry
        )


def install(app: Flask) -> None:
    """Count every answer, and warm the model up in a thread of its own."""
    app.extensions["stylekit_vitals"] = vitals = Vitals()
    app.after_request(count)
    threading.Thread(target=warm_up, args=(app, vitals), daemon=True, name="warm-up").start()


def warm_up(app: Flask, vitals: Vitals) -> None:
    """Load the model and run it once; where a broker has workers, they do that."""
    parts = app.extensions["stylekit"]
    try:
        if not parts.settings.queue:
            parts.engines.get("fast").warm_up()
    except StylekitError as error:
        vitals.trouble = str(error)
        log.error("The model could not be loaded: %s", error)
    else:
        vitals.warm.set()


def vitals() -> Vitals:
    """The vitals of this application."""
    found: Vitals = current_app.extensions["stylekit_vitals"]
    return found


def count(response: Response) -> Response:
    """Count an answer by its endpoint; addresses with ids would be endless."""
    endpoint = request.endpoint or "unknown"
    vitals().requests.labels(request.method, endpoint, str(response.status_code)).inc()
    if "started" in g:
        vitals().seconds.labels(endpoint).observe(time.monotonic() - g.started)
    return response


@health.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return as_json({"status": "alive"})


@health.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The model is warm and the job table answers; 503 until then.

    Raises:
        Unavailable: saying what is not ready.
    """
    if not vitals().warm.is_set():
        raise Unavailable(vitals().trouble or "The model is being loaded.", retry_after_seconds=2)
    parts().jobs.count(Status.QUEUED)
    return as_json({"status": "ready"})


@health.get("/_ah/warmup")
@health.get("/DoNothing")
def be_warm() -> ResponseReturnValue:
    """200 once the model is warm: App Engine's warm-up, and the cron job that keeps it so."""
    if not parts().settings.queue:
        parts().engines.get("fast").warm_up()
        vitals().warm.set()
    return as_json({"status": "warm"})


@health.get("/cron/sweep")
def sweep() -> ResponseReturnValue:
    """Put jobs back whose worker died, and delete what has expired."""
    refuse_strangers()
    swept, expired = parts().transfers.sweep(), parts().transfers.expire()
    return as_json({"swept": len(swept), "expired": len(expired)})


def refuse_strangers() -> None:
    """Only App Engine's cron (it removes the header from outside requests) or this machine.

    Raises:
        NotAllowed: for anybody else.
    """
    if request.headers.get("X-Appengine-Cron") != "true" and request.remote_addr not in LOCAL:
        raise NotAllowed("Only the scheduler may ask this.")


@health.get("/metrics")
def metrics() -> ResponseReturnValue:
    """For Prometheus."""
    for status in Status:
        vitals().jobs.labels(str(status)).set(parts().jobs.count(status))
    return Response(generate_latest(vitals().registry), content_type=CONTENT_TYPE_LATEST)
