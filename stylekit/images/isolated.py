"""Reads visitors' pictures in processes of their own, with limits of time and memory."""

import logging
import mmap
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from stylekit import errors
from stylekit.errors import (
    BadRequest,
    PictureDamaged,
    PictureTooCostly,
    StylekitError,
    Unavailable,
)
from stylekit.images.limits import Limits, words
from stylekit.images.messages import Broken, close_all, file_in_memory, receive, send
from stylekit.images.reading import Pixels, known_format

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS, END_SECONDS = 30, 5
MAX_SECONDS = 20  # of the processor, for the largest picture
IDLE = 3  # processes that are kept for the next picture
SLOW_SECONDS, SLOW_NICENESS = 0.5, 10  # what takes longer lets others go first
MAX_LOGGED = 500
TOLD_LIMITS = ("max_bytes", "max_pixels", "min_side")
CRASHES = {
    -each
    for each in (
        signal.SIGSEGV,
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGILL,
        signal.SIGFPE,
        signal.SIGTRAP,
    )
}
TYPES: dict[str, np.dtype[Any]] = {"uint8": np.dtype(np.uint8), "float32": np.dtype(np.float32)}
FOR_CHILDREN = {
    **{"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    # Memory that was freed is kept for the next picture: new pages cost more than the decoding.
    **{"MALLOC_TRIM_THRESHOLD_": str(2**28), "MALLOC_MMAP_THRESHOLD_": str(2**25)},
}
ADVICE = "Saved anew, as JPEG, it may do."
NOT_NOW = "The picture could not be read just now; send it again."

Made = TypeVar("Made")


class Reader:
    """A connection to a process that reads pictures, and the memory that it shares with us."""

    def __init__(self, connection: socket.socket) -> None:
        """Nothing was asked yet."""
        self.connection = connection
        self.shared = file_in_memory()
        self.process = 0
        self.is_known = False  # it has the file of the memory
        self.megabytes = self.seconds = self.clock_seconds = 0
        self.again = False  # it may read another one

    def ask(self, message: dict[str, Any], data: bytes, format: str) -> tuple[dict[str, Any], int]:
        """Have a picture read: what is told, and how many bytes lie in the memory.

        Raises:
            Broken, and what `IsolatedReader.read` raises.
        """
        self.again = False
        self.connection.settimeout(START_SECONDS)
        with suppress(Broken, OSError):  # it ended already; how, is what comes next
            send(self.connection, message, [] if self.is_known else [self.shared])
            self.is_known = True
            self.connection.sendall(data)
        while True:
            if not select.select([self.connection], [], [], SLOW_SECONDS)[0]:
                self._let_others_go_first()
            told, files = receive(self.connection)
            close_all(files)
            if "answer" in told:
                self.again = bool(told["again"])
                return told["answer"], int(told["size"])
            self._hear(told, format)

    def _let_others_go_first(self) -> None:
        if self.process:
            with suppress(OSError):
                os.setpriority(os.PRIO_PGRP, self.process, SLOW_NICENESS)

    def _hear(self, told: dict[str, Any], format: str) -> None:
        """What is said before the answer, or instead of it."""
        if "process" in told:
            self.process = int(told["process"])
        elif "allowed" in told:
            allowed = told["allowed"]
            self.megabytes, self.seconds = int(allowed["megabytes"]), int(allowed["seconds"])
            self.clock_seconds = int(allowed["waiting"]) * self.seconds
            self.connection.settimeout(self.clock_seconds + START_SECONDS)
        elif "error" in told:
            raise error_of(told, self.megabytes)
        else:
            raise self._ending(int(told["ended"]), str(told.get("said", "")), format)

    def _ending(self, code: int, said: str, format: str) -> StylekitError:
        """What it means that the process ended without an answer."""
        log.warning("picture reader ended code=%d output=%r", code, said)
        if code == -signal.SIGXCPU:
            return PictureTooCostly(
                f"Reading the picture takes more than {self.seconds} seconds of processor time, "
                f"the most that we spend on one of its size. {ADVICE}"
            )
        if code == -signal.SIGALRM:
            return PictureTooCostly(
                f"Reading the picture took more than {self.clock_seconds} seconds, the most that "
                f"we wait for one of its size. {ADVICE}"
            )
        if code in CRASHES:
            return PictureDamaged(
                f"The {words(format)} picture cannot be read: its decoder broke on it."
            )
        return Unavailable(NOT_NOW)

    def bytes(self, size: int) -> mmap.mmap:
        """What lies in the memory: ours alone to change.

        Raises:
            Broken: when there is less.
        """
        if size <= 0 or os.fstat(self.shared).st_size < size:
            raise Broken(f"fewer than {size} bytes")
        return mmap.mmap(self.shared, size, access=mmap.ACCESS_COPY)

    def has_ended(self) -> bool:
        """Whether it ended while it had nothing to do: only then is there anything to hear."""
        return bool(select.select([self.connection], [], [], 0)[0])

    def close(self) -> None:
        """Let the process end."""
        self.connection.close()
        os.close(self.shared)


class IsolatedReader:
    """Reads pictures like `images.decode`, in processes with limits of time and memory.

    One process is kept warm, starts with the first picture, and forks those that read. One of those
    reads a few pictures, if it was quick and each was sound, and none after one that was not.
    """

    def __init__(self, *, most_seconds: int = MAX_SECONDS, idle: int = IDLE) -> None:
        """Spend at most so many seconds of a processor on one picture, and fewer on small ones."""
        self.most_seconds, self.most_idle = most_seconds, idle
        self._lock = threading.Lock()
        self._idle: list[Reader] = []
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, data: bytes, limits: Limits) -> Pixels:
        """The picture, upright, in sRGB.

        Raises:
            NotAPicture, PictureDamaged, PictureTooLarge, PictureTooSmall.
            PictureTooCostly: it takes more time or memory than is spent on a picture of its size.
            Unavailable: it could not be read just now.
        """
        return self._ask("pixels", data, limits, pixels_of)

    def examine(self, data: bytes, limits: Limits) -> tuple[str, ...]:
        """See whether it can be read; what its sender should know of it. Raises as `read`."""
        return self._ask("examined", data, limits, lambda told, size, reader: notes_of(told))

    def thumbnail(self, data: bytes, longest_side: int, limits: Limits, **options: Any) -> bytes:
        """A small upright copy, as `images.thumbnail` makes it. Raises as `read`."""

        def made(told: dict[str, Any], size: int, reader: Reader) -> bytes:
            with reader.bytes(size) as mapped:
                return mapped[:]

        return self._ask("thumbnail", data, limits, made, longest_side=longest_side, **options)

    def start(self) -> None:
        """Begin to load what reading needs, so that the first picture does not wait for it."""
        with self._lock:
            self._started()

    def close(self) -> None:
        """End the processes; the next picture would start others."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()
            self._forget()

    # Steps ---------------------------------------------------------------------------------

    def _ask(
        self,
        operation: str,
        data: bytes,
        limits: Limits,
        made: Callable[[dict[str, Any], int, Reader], Made],
        **options: Any,
    ) -> Made:
        format = known_format(data, limits)
        message = {
            "operation": operation,
            "bytes": len(data),
            "seconds": self.most_seconds,
            "options": options,
            "limits": {name: getattr(limits, name) for name in TOLD_LIMITS},
        }
        reader = self._reader()
        try:
            told, size = reader.ask(message, data, format)
            return made(told, size, reader)
        except (Broken, KeyError, TypeError, ValueError) as error:
            reader.again = False
            log.warning('picture reader lost reason="%s"', error)
            raise Unavailable(NOT_NOW) from None
        finally:
            self._keep(reader)

    def _reader(self) -> Reader:
        """One that has nothing to do, or a new one."""
        with self._lock:
            while self._idle:
                if not (reader := self._idle.pop()).has_ended():
                    return reader
                reader.close()
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    socket.send_fds(self._started(), [b"+"], [theirs.fileno()])
                except OSError:  # it was killed
                    self._forget()
                    socket.send_fds(self._started(), [b"+"], [theirs.fileno()])
        return Reader(ours)

    def _keep(self, reader: Reader) -> None:
        with self._lock:
            if reader.again and len(self._idle) < self.most_idle:
                self._idle.append(reader)
                return
        reader.close()

    def _started(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            self._forget()
        if self._control is None:
            self._control, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "stylekit.images.child", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    env=environment(),
                )
        return self._control

    def _forget(self) -> None:
        """End the warm process."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._control = self._process = None


def environment() -> dict[str, str]:
    """Ours, and this package where it is found; no threads, which do not survive a fork."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, **FOR_CHILDREN}


def error_of(told: dict[str, Any], megabytes: int) -> StylekitError:
    """What a reader raised: one of ours, about this picture."""
    if told["error"] == "MemoryError":
        return PictureTooCostly(
            f"Reading the picture takes more than {megabytes} MB of memory, the most that we spend "
            f"on one of its size. {ADVICE}"
        )
    kind = getattr(errors, str(told["error"]), None)
    if not (isinstance(kind, type) and issubclass(kind, BadRequest)):
        raise Broken(f"an error {told['error']!r}")
    return kind(str(told.get("words", ""))[:MAX_LOGGED])


def notes_of(told: dict[str, Any]) -> tuple[str, ...]:
    """What a reader wants the picture's sender to know."""
    return tuple(str(each)[:MAX_LOGGED] for each in told["notes"])


def pixels_of(told: dict[str, Any], size: int, reader: Reader) -> Pixels:
    """The picture that a reader has left in its memory: copied, unless it writes there no more."""
    height, width, channels = (int(side) for side in told["shape"])
    type, count = TYPES[str(told["type"])], height * width * channels
    mapped = reader.bytes(size)
    values = np.frombuffer(mapped, type, count).reshape(height, width, channels)
    alpha = None
    if told["has_alpha"]:
        alpha = np.frombuffer(mapped, np.float32, height * width, count * type.itemsize)
        alpha = alpha.reshape(height, width)
    if reader.again:
        values, alpha = values.copy(), None if alpha is None else alpha.copy()
    return Pixels(
        values=values,
        alpha=alpha,
        format=str(told["format"]),
        orientation=int(told["orientation"]),
        notes=notes_of(told),
    )
