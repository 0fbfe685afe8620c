"""Tells subscribers that a job changed: in this process, or in every server through Redis."""

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar

from stylekit.shared_redis import ANSWER_SECONDS, PAUSE_SECONDS, SharedRedis

log = logging.getLogger(__name__)

CHANNEL = "stylekit.jobs"
LOCAL_ONLY = "events reach this process only"
MAX_UNREAD = 100  # of one listener; the oldest are dropped, for an event is only a hint


@dataclass(frozen=True, kw_only=True)
class JobChanged:
    """Look again: the row of this job has changed."""

    job_id: str
    owner: str
    version: int
    status: str
    public: bool


class Changed(Protocol):
    """What an event tells of a job."""

    @property
    def id(self) -> str:
        """The job's id."""
        ...

    @property
    def owner(self) -> str:
        """Whose it is."""
        ...

    @property
    def version(self) -> int:
        """Grows with every change."""
        ...

    @property
    def status(self) -> str:
        """Where it stands."""
        ...

    @property
    def public(self) -> bool:
        """Whether it is in the feed, once it is done."""
        ...


J = TypeVar("J", bound=Changed)


def change_of(job: Changed) -> JobChanged:
    """What is told of a job that changed."""
    return JobChanged(
        job_id=job.id, owner=job.owner, version=job.version, status=job.status, public=job.public
    )


def announce(events: "Events", job: J) -> J:
    """Tell whoever listens that the job changed; returns the job."""
    events.publish(change_of(job))
    return job


class Listener:
    """What one subscriber has not read yet."""

    def __init__(self, job_id: str | None) -> None:
        """Listen to one job, or to all."""
        self.job_id = job_id
        self._unread: deque[JobChanged] = deque(maxlen=MAX_UNREAD)
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


class RedisEvents:
    """Everybody in every process that shares the Redis hears it.

    While Redis is away only this process hears it, and nobody waits for Redis.
    """

    def __init__(self, url: str) -> None:
        """Remember where Redis is; the first use connects."""
        self._redis = SharedRedis(url, LOCAL_ONLY, health_check_interval=10)
        self._local = LocalEvents()
        self._thread: threading.Thread | None = None
        self._is_listening, self._is_closed = threading.Event(), threading.Event()
        self._lock = threading.Lock()

    def publish(self, change: JobChanged) -> None:
        """Tell every listener in every process; while Redis is away, those in this one."""
        text = json.dumps(asdict(change))
        self._redis.ask(
            lambda: self._redis.client.publish(CHANNEL, text), lambda: self._local.publish(change)
        )

    @contextmanager
    def subscribe(self, job_id: str | None) -> Iterator[Listener]:
        """Listen to one job, or with None to all, for as long as the block lasts."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._listen, name="stylekit-events", daemon=True
                )
                self._thread.start()
        self._is_listening.wait(ANSWER_SECONDS)
        with self._local.subscribe(job_id) as listener:
            yield listener

    def close(self) -> None:
        """Stop listening."""
        self._is_closed.set()
        if self._thread is not None:
            self._thread.join(2 * ANSWER_SECONDS)
        self._redis.close()

    def _listen(self) -> None:
        """One connection for all listeners of this process, opened again whenever it breaks."""
        while not self._is_closed.is_set():
            try:
                with self._redis.client.pubsub(ignore_subscribe_messages=True) as channel:
                    channel.subscribe(CHANNEL)
                    self._is_listening.set()
                    self._forward(channel)
            except self._redis.errors as error:
                log.warning('redis unavailable effect="%s" reason="%s"', LOCAL_ONLY, error)
                self._is_closed.wait(PAUSE_SECONDS)

    def _forward(self, channel: Any) -> None:
        while not self._is_closed.is_set():
            message = channel.get_message(timeout=ANSWER_SECONDS / 2)
            if message is not None:
                self._local.publish(JobChanged(**json.loads(message["data"])))
