"""Limits open connections (event streams and sockets): each holds a thread of the server."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from flask import Flask, current_app

from stylekit.errors import Busy

RETRY_SECONDS = 5
NAME = "stylekit-connection-limit"


class ConnectionLimit:
    """A fixed number of open connections at a time."""

    def __init__(self, most: int) -> None:
        """None is open."""
        self.most, self.taken = most, 0
        self.on_change: Callable[[int], None] = ignore_change
        self.closing = threading.Event()  # set when the server stops; open connections end
        self._lock = threading.Lock()

    def take(self) -> None:
        """Count one more open connection.

        Raises:
            Busy: when the limit is reached; polling always works.
        """
        with self._lock:
            if self.taken >= self.most:
                raise Busy(
                    f"All {self.most} live connections are taken; ask again instead.",
                    retry_after_seconds=RETRY_SECONDS,
                )
            self.taken += 1
            self.on_change(self.taken)

    def give_back(self) -> None:
        """Count one less."""
        with self._lock:
            self.taken -= 1
            self.on_change(self.taken)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Count a connection while the block runs."""
        self.take()
        try:
            yield
        finally:
            self.give_back()


def ignore_change(taken: int) -> None:
    """For limits that nobody watches."""


def install(app: Flask) -> None:
    """Limit the connections of the application as its settings say."""
    app.extensions[NAME] = ConnectionLimit(app.extensions["stylekit"].settings.max_streams)


def connection_limit() -> ConnectionLimit:
    """The limit of this application."""
    return connection_limit_of(current_app)


def connection_limit_of(app: Flask) -> ConnectionLimit:
    """The limit of an application."""
    return cast(ConnectionLimit, app.extensions[NAME])
