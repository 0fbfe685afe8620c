"""Admission control: a fixed number of places, a fixed queue before them, 503 beyond."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stylekit.errors import Busy

FIRST_GUESS_SECONDS = 2.0
"""How long a painting takes, until one has been timed."""


class Admission:
    """So many at a time, so many more in line before it, nobody beyond."""

    def __init__(self, places: int, waiting: int, wait_seconds: float) -> None:
        """Let `places` in, and `waiting` wait for at most `wait_seconds`."""
        self.places, self.waiting, self.wait_seconds = places, waiting, wait_seconds
        self.inside = self.in_line = 0
        self.on_change: Callable[[Admission], None] = ignore_change
        self._seconds = FIRST_GUESS_SECONDS
        self._changed = threading.Condition()

    def refuse_if_full(self) -> None:
        """Say so before anything is read, where neither a place nor a place in line is free.

        Raises:
            Busy: then.
        """
        with self._changed:
            if self.inside >= self.places and self.in_line >= self.waiting:
                raise self._busy()

    @contextmanager
    def place(self, *, patient: bool = False) -> Iterator[None]:
        """Hold a place while the block runs. The patient (jobs) wait as long as it takes.

        Raises:
            Busy: when the line is full, or no place became free in time.
        """
        self._enter(None if patient else self.wait_seconds)
        started = time.monotonic()
        try:
            yield
        finally:
            with self._changed:
                self.inside -= 1
                self.on_change(self)
                self._seconds += 0.3 * (time.monotonic() - started - self._seconds)
                self._changed.notify_all()

    def _enter(self, seconds: float | None) -> None:
        with self._changed:
            if self.inside >= self.places and seconds is not None and self.in_line >= self.waiting:
                raise self._busy()
            self.in_line += seconds is not None
            self.on_change(self)
            try:
                if not self._changed.wait_for(lambda: self.inside < self.places, seconds):
                    raise self._busy()
                self.inside += 1
            finally:
                self.in_line -= seconds is not None
                self.on_change(self)

    def _busy(self) -> Busy:
        ahead = self.in_line + self.inside
        after = max(1, math.ceil(self._seconds * ahead / self.places))
        return Busy(
            f"All places are taken: {self.inside} being painted, {self.in_line} waiting. "
            f"Try again in {after} s.",
            retry_after_seconds=after,
        )


class Budget:
    """So many bytes for what waits, nothing beyond."""

    def __init__(self, most_bytes: int) -> None:
        """All of them are free."""
        self.most_bytes, self.bytes = most_bytes, 0
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, count: int) -> Iterator[None]:
        """Take so many while the block runs.

        Raises:
            Busy: when fewer are left.
        """
        with self._lock:
            if self.bytes + count > self.most_bytes:
                raise Busy(
                    f"The pictures that wait take {self.bytes // 10**6} MB of memory, and at most "
                    f"{self.most_bytes // 10**6} are there for them. Try again in a moment."
                )
            self.bytes += count
        try:
            yield
        finally:
            with self._lock:
                self.bytes -= count


def ignore_change(gate: Admission) -> None:
    """For gates that nobody watches."""
