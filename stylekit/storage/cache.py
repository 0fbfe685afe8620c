"""A local cache of files in a bucket: served at once, refreshed in the background."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from stylekit.errors import Busy, FileNotStored, StorageUnavailable
from stylekit.storage.base import FileStore

log = logging.getLogger(__name__)

COPY = "application/octet-stream"  # of a copy, which nobody is sent
FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 30.0, 600.0  # between two tries of a store that fails
FETCHES = 2  # files that are waited for at a time; whoever comes beyond is told to come back
FETCH_SECONDS = 1.0  # longest wait for one's turn
RETRY_SECONDS = 5


class Cache:
    """Reads of a far store through copies in a near one. Safe between threads.

    Whoever asks for a file that was copied gets the copy, however old it is. What is no longer
    fresh is fetched again in one thread in the background. A store that fails is left alone for
    half a minute, then for twice as long each time. A file that has gone from the far store keeps
    its copy, and the log says so.
    """

    def __init__(self, far: FileStore, near: FileStore, *, fresh_seconds: float) -> None:
        """Fetch again from `far` what is older than `fresh_seconds`."""
        self.far, self.near, self.fresh_seconds = far, near, fresh_seconds
        self._fresh_until: dict[str, float] = {}
        self._stale: dict[str, None] = {}  # keys to fetch again, the oldest request first
        self._refresher: threading.Thread | None = None
        self._pause = Pause()
        self._places = threading.BoundedSemaphore(FETCHES)
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._kept: set[str] = set()

    def read(self, key: str) -> bytes:
        """The bytes of a key: the copy where there is one; many who ask at once cause one request.

        Raises:
            FileNotStored: when neither store has it.
            StorageUnavailable: when there is no copy and the far store fails, or failed just now.
            Busy: when there is no copy and others are being fetched.
        """
        copy = self._copy(key)
        if copy is None:
            return self._fetch_first(key)
        if time.monotonic() >= self._fresh_until.get(key, 0):
            self._refresh_later(key)
        return copy

    def keep_only(self, keys: set[str]) -> None:
        """Drop every copy of another key, when the keys have changed."""
        if keys == self._kept:
            return
        for key in self.near.list(""):
            if key not in keys:
                self.near.delete(key)
        self._kept = keys

    def _copy(self, key: str) -> bytes | None:
        try:
            return self.near.read(key)
        except (FileNotStored, StorageUnavailable):  # never copied, removed, or a broken disk
            return None

    def _fetch_first(self, key: str) -> bytes:
        with self._turn(key):
            copy = self._copy(key)  # somebody who was first may have fetched it
            if copy is not None:
                return copy
            self._pause.refuse()
            return self._fetch(key)

    @contextmanager
    def _turn(self, key: str) -> Iterator[None]:
        """Hold the key and one of the few places, so that a slow store cannot hold every thread."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        if not lock.acquire(timeout=FETCH_SECONDS):
            raise too_many()
        try:
            if not self._places.acquire(timeout=FETCH_SECONDS):
                raise too_many()
            try:
                yield
            finally:
                self._places.release()
        finally:
            lock.release()

    def _fetch(self, key: str) -> bytes:
        try:
            data = self.far.read(key)
        except StorageUnavailable as error:
            self._pause.begin(str(error))
            raise
        self._pause.end()
        try:
            self.near.write(key, data, content_type=COPY)
            self._fresh_until[key] = time.monotonic() + self.fresh_seconds
        except StorageUnavailable as error:  # a full disk makes it slower, not impossible
            log.warning('copy not kept key=%s reason="%s"', key, error)
        return data

    # In the background -----------------------------------------------------------------------

    def _refresh_later(self, key: str) -> None:
        if self._pause.is_on():
            return
        with self._lock:
            self._stale.setdefault(key)
            if self._refresher is None:
                self._refresher = threading.Thread(
                    target=self._refresh, name="stylekit-cache", daemon=True
                )
                self._refresher.start()

    def _refresh(self) -> None:
        while (key := self._next_stale()) is not None:
            try:
                self._fetch(key)
            except StorageUnavailable as error:
                log.warning('copy served reason="%s"', error)
                with self._lock:
                    self._stale.clear()
            except FileNotStored:
                log.warning('copy served key=%s reason="It is no longer in the bucket."', key)
                self._fresh_until[key] = time.monotonic() + self.fresh_seconds
            except Exception:
                log.exception("copy not refreshed key=%s", key)

    def _next_stale(self) -> str | None:
        with self._lock:
            key = next(iter(self._stale), None)
            if key is None:
                self._refresher = None
            else:
                del self._stale[key]
            return key


class Pause:
    """How long a store that failed is left alone: twice as long each time, until it answers."""

    def __init__(self) -> None:
        """None yet."""
        self._until, self._seconds, self._reason = 0.0, FIRST_PAUSE_SECONDS, ""

    def is_on(self) -> bool:
        """Whether to leave it alone."""
        return time.monotonic() < self._until

    def refuse(self) -> None:
        """Do nothing, unless the store is to be left alone.

        Raises:
            StorageUnavailable: then, saying what it said.
        """
        if self.is_on():
            raise StorageUnavailable(self._reason)

    def begin(self, reason: str) -> None:
        """It failed."""
        self._until, self._reason = time.monotonic() + self._seconds, reason
        self._seconds = min(2 * self._seconds, MAX_PAUSE_SECONDS)

    def end(self) -> None:
        """It answered."""
        self._until, self._seconds = 0.0, FIRST_PAUSE_SECONDS


def too_many() -> Busy:
    """For whoever would wait too long for a file that was never copied."""
    return Busy(
        "The style pictures are still being fetched; try again in a moment.",
        retry_after_seconds=RETRY_SECONDS,
    )
