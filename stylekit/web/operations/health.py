"""Health checks, metrics, /_ah/warmup, and the maintenance that cron.yaml calls."""

import hmac
import ipaddress
import logging
import threading
from typing import cast

from flask import Blueprint, Flask, Response, current_app, jsonify, request

from stylekit.engines.registry import FAST
from stylekit.errors import NotAllowed, StylekitError, Unavailable
from stylekit.jobs import Status
from stylekit.web.operations.metrics import CONTENT_TYPE, metrics
from stylekit.web.realtime.connection_limit import connection_limit_of
from stylekit.web.security.identity import parts

log = logging.getLogger(__name__)
health = Blueprint("health", __name__)

WARM_UP_SECONDS = 120.0  # longest wait of whoever asks to be told when the model is warm
PRESETS_SECONDS = 10.0  # the same for the presets
FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 1.0, 30.0  # between two tries to read the presets


class WarmUp:
    """Loads the model and the presets, in threads, so that the first visitor does not wait."""

    def __init__(self, app: Flask) -> None:
        """Begin. Where a broker has workers, they paint, and there is no model to load here."""
        self._parts = app.extensions["stylekit"]
        self._closing = connection_limit_of(app).closing
        self._is_warm = threading.Event()
        self._ended = threading.Event()
        self._has_presets = threading.Event()
        self._parts.pictures.start()
        threading.Thread(target=self._read_presets, name="stylekit-presets", daemon=True).start()
        if not self._parts.settings.topology.paints_here:
            self._is_warm.set()
            self._ended.set()
        else:
            threading.Thread(target=self._warm, name="stylekit-warm-up", daemon=True).start()

    def refuse_while_cold(self, wait_seconds: float = 0.0) -> None:
        """Wait for the model and the presets.

        Raises:
            Unavailable: when they are not there in time, or cannot be loaded.
        """
        if not self._ended.wait(wait_seconds):
            raise Unavailable("The model is being loaded.", retry_after_seconds=2)
        if not self._is_warm.is_set():
            raise Unavailable("The model cannot be loaded; the log says why.")
        if not self._has_presets.wait(min(wait_seconds, PRESETS_SECONDS)):
            raise Unavailable("The presets cannot be read; the log says why.")

    def _read_presets(self) -> None:
        """Read every preset once, which copies those of a bucket; again until that succeeds."""
        styles, pause = self._parts.styles, FIRST_PAUSE_SECONDS
        while not self._closing.is_set():
            try:
                found = styles.all()
                if found:
                    for style in found:
                        styles.read(style)
                    return self._has_presets.set()
                log.error('presets not read reason="The catalogue is empty."')
            except StylekitError as error:
                log.error('presets not read reason="%s"', error)
            self._closing.wait(pause)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)
        return None

    def _warm(self) -> None:
        try:
            self._parts.engines.get(FAST.name).warm_up()
            self._is_warm.set()
        except Exception:
            log.exception("model not loaded")
        finally:
            self._ended.set()


def install(app: Flask) -> None:
    """Begin to load the model. This is after the server's fork, where TensorFlow may start."""
    app.extensions["stylekit-warm-up"] = WarmUp(app)
    app.extensions["stylekit-cron"] = threading.Lock()


def warm_up() -> WarmUp:
    """The warm-up of this application."""
    return cast(WarmUp, current_app.extensions["stylekit-warm-up"])


@health.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return no_store(jsonify(status="alive"))


@health.get("/readyz")
def readyz() -> Response:
    """The model is warm, presets and job table can be read, there is room; 503 until then."""
    warm_up().refuse_while_cold()
    refuse_without_presets()
    refuse_without_room()
    parts().jobs.queries.count(Status.QUEUED)
    return no_store(jsonify(status="ready"))


def refuse_without_presets() -> None:
    """Do nothing, unless the catalogue is gone or empty by now.

    Raises:
        Unavailable: then.
    """
    try:
        if parts().styles.all():
            return
    except StylekitError as error:
        log.warning('not ready reason="%s"', error)
    raise Unavailable("There are no presets.")


def refuse_without_room() -> None:
    """Do nothing, unless the disk of the pictures has no room for one more request.

    Raises:
        Unavailable: then.
    """
    free, needed = parts().files.free_bytes(), parts().settings.max_request_bytes
    if free is not None and free < needed:
        log.warning("disk full free_bytes=%d needed_bytes=%d", free, needed)
        raise Unavailable(f"The disk is full: {free:,} bytes are free, {needed:,} are needed.")


@health.get("/_ah/warmup")
@health.get("/DoNothing")
def be_warm() -> Response:
    """Answers once the model is warm: App Engine's warm-up, and the call that keeps it so."""
    warm_up().refuse_while_cold(WARM_UP_SECONDS)
    return no_store(jsonify(status="warm"))


@health.get("/metrics")
def scrape() -> Response:
    """For Prometheus, which asks each process itself.

    Raises:
        NotAllowed: for strangers.
    """
    refuse_strangers()
    return no_store(Response(metrics().text(), content_type=CONTENT_TYPE))


@health.get("/cron/sweep")
def sweep() -> Response:
    """Requeue jobs of dead workers, and resend lost messages."""
    refuse_strangers()
    with maintenance_lock():
        return no_store(jsonify(swept=len(parts().maintenance.sweep())))


@health.get("/cron/expire")
def expire() -> Response:
    """Delete what has been kept long enough."""
    refuse_strangers()
    with maintenance_lock():
        return no_store(jsonify(expired=len(parts().maintenance.expire())))


def refuse_strangers() -> None:
    """This machine, the networks and the key that the settings name, and App Engine's scheduler.

    Raises:
        NotAllowed: for anybody else.
    """
    settings = parts().settings
    is_scheduler = request.headers.get("X-Appengine-Cron") == "true" and settings.app_engine
    if not (is_scheduler or has_operators_key(settings.operators_key) or is_local()):
        raise NotAllowed("Only this server's operators may ask this (STYLEKIT_OPERATORS).")


def is_local() -> bool:
    """Whether this machine or a network of operators asks, and no proxy for somebody else."""
    if "X-Forwarded-For" in request.headers:
        return False
    try:
        asking = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:  # a socket of this machine has no address
        return False
    return asking.is_loopback or any(asking in each for each in parts().settings.operators_networks)


def has_operators_key(key: str) -> bool:
    """Whether the key was sent that the settings have."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return bool(key) and kind.lower() == "bearer" and is_equal(given.strip(), key)


def is_equal(given: str, key: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode(errors="replace"), key.encode())


def maintenance_lock() -> threading.Lock:
    """Only one maintenance request runs at a time; others wait for it."""
    return cast(threading.Lock, current_app.extensions["stylekit-cron"])


def no_store(response: Response) -> Response:
    """The answer, not to be kept by any cache."""
    response.headers["Cache-Control"] = "no-store"
    return response
