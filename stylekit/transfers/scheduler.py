"""Runs maintenance on schedule where no other scheduler does."""

import logging
import threading
import time

from stylekit.errors import StylekitError
from stylekit.transfers.maintenance import Maintenance

log = logging.getLogger(__name__)

SWEEP_SECONDS, EXPIRE_SECONDS = 5.0, 3600.0


class Scheduler:
    """Runs maintenance in a thread: sweeps every few seconds, expires every hour."""

    def __init__(self, maintenance: Maintenance, sweep_seconds: float) -> None:
        """Begin."""
        self._maintenance, self._sweep_seconds = maintenance, sweep_seconds
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stylekit-scheduler", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop after what is being done."""
        self._is_closed.set()
        self._thread.join()

    def _run(self) -> None:
        next_expiry = 0.0
        while not self._is_closed.is_set():
            try:
                self._maintenance.sweep()
                if time.monotonic() >= next_expiry:
                    self._maintenance.expire()
                    next_expiry = time.monotonic() + EXPIRE_SECONDS
            except StylekitError as error:
                log.warning('maintenance failed reason="%s"', error)
            except Exception:
                log.exception("maintenance error")
            self._is_closed.wait(self._sweep_seconds)
