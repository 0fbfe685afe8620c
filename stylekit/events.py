"""Who hears that a job changed: nobody, this process, or every server."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

MOST_UNREAD = 100  # of one listener; the oldest are dropped, for an event is only a hint


@dataclass(frozen=True, kw_only=True)
class JobChanged:
    """Look again: the row of this job has changed."""

    job_id: str
    owner: str
    version: int
    status: str
    public: bool


class Listener:
    """What one subscriber has not read yet."""

    def __init__(self, job_id: str | None) -> None:
        """Listen to one job, or to all."""
        self.job_id = job_id
        self._unread: deque[JobChanged] = deque(maxlen=MOST_UNREAD)
        self._arrived = threading.Condition()

    def tell(self, change: JobChanged) -> None:
        """Keep `change` until it is read, if it is of interest."""
        if self.job_id in (None, change.job_id):
            with self._arrived:
                self._unread.append(change)
                self._arrived.notify()

    def next(self, seconds: float) -> JobChanged | None:
        """The next change, or None after `seconds` without one."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._unread, seconds)
            return self._unread.popleft() if self._unread else None

    def until(self, seconds: float) -> Iterator[JobChanged]:
        """Every change that comes within `seconds`."""
        end = time.monotonic() + seconds
        while (change := self.next(max(0.0, end - time.monotonic()))) is not None:
            yield change


class Events(Protocol):
    """Hints that make pages ask sooner. They may be lost; the row is the truth."""

    def publish(self, change: JobChanged) -> None:
        """Tell whoever listens. Never raises: a hint that is lost costs only time."""
        ...

    def subscribe(self, job_id: str | None) -> AbstractContextManager[Listener]:
        """Listen to one job, or with None to all, for as long as the block lasts."""
        ...

    def close(self) -> None:
        """Let go of threads and connections."""
        ...


class NoEvents:
    """Nobody hears anything; pages ask."""

    def publish(self, change: JobChanged) -> None:
        """Do nothing."""

    @contextmanager
    def subscribe(self, job_id: str | None) -> Iterator[Listener]:
        """Listen to silence."""
        yield Listener(job_id)

    def close(self) -> None:
        """Do nothing."""


class LocalEvents:
    """Everybody in this process hears it."""

    def __init__(self) -> None:
        """Nobody listens yet."""
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()

    def publish(self, change: JobChanged) -> None:
        """Tell every listener in this process."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.tell(change)

    @contextmanager
    def subscribe(self, job_id: str | None) -> Iterator[Listener]:
        """Listen to one job, or with None to all, for as long as the block lasts."""
        listener = Listener(job_id)
        with self._lock:
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def close(self) -> None:
        """Do nothing."""
