"""Copies of far files in a near store."""

import threading
import time
from contextlib import suppress

from stylekit.errors import FileNotStored, StorageUnavailable
from stylekit.storage.base import FileStore

COPY = "application/octet-stream"  # of a copy, which nobody is sent
PATIENCE_SECONDS = 30.0  # while the bucket is away, the copy is used this long without asking


class Cache:
    """Reads of a far store, with copies in a near one: used while fresh, and while it is away."""

    def __init__(self, far: FileStore, near: FileStore, *, fresh_seconds: float) -> None:
        """Ask `far` again for what is older than `fresh_seconds`."""
        self.far, self.near, self.fresh_seconds = far, near, fresh_seconds
        self._fresh_until: dict[str, float] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._kept: set[str] = set()

    def read(self, key: str) -> bytes:
        """The bytes of a key; many who ask at once cause one request.

        Raises:
            FileNotStored: also when the far store says so now.
            StorageUnavailable: when it is away and there is no copy.
        """
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if time.monotonic() < self._fresh_until.get(key, 0):
                with suppress(FileNotStored):  # someone emptied the cache
                    return self.near.read(key)
            return self._fetch(key)

    def _fetch(self, key: str) -> bytes:
        try:
            data = self.far.read(key)
        except StorageUnavailable:
            if not self.near.exists(key):
                raise
            self._fresh_until[key] = time.monotonic() + PATIENCE_SECONDS
            return self.near.read(key)
        with suppress(StorageUnavailable):  # a full disk makes it slower, not impossible
            self.near.write(key, data, content_type=COPY)
            self._fresh_until[key] = time.monotonic() + self.fresh_seconds
        return data

    def keep_only(self, keys: set[str]) -> None:
        """Drop every copy of another key, when the keys have changed."""
        if keys == self._kept:
            return
        for key in self.near.list(""):
            if key not in keys:
                self.near.delete(key)
        self._kept = keys
