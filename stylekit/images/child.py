"""The process that reads visitors' pictures: it forks another, with limits, for each of them.

`python -m stylekit.images.child FD` is started by `images.isolated`, takes connections from the
socket FD, and ends when that is closed. Whatever a file does to its decoder, a crash, a flood of
warnings, hours or gigabytes, it does to a process that nobody else uses. The limits are the
kernel's: a library that never returns to Python is ended, too.
"""

import faulthandler
import gc
import io
import logging
import mmap
import os
import resource
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from math import ceil
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL import _imaging as core

from stylekit import images
from stylekit.errors import StylekitError
from stylekit.images.limits import Limits
from stylekit.images.messages import Broken, exactly, receive, send
from stylekit.images.reading import read_pixels

LIBRARIES = ("pillow_heif", "pillow_jxl", "tifffile", "rawpy")
CODECS = ("avif", "ccittrle", "cms", "deflate", "jpeg8", "lzma", "lzw", "packbits", "png", "zstd")
HEAD_MEGABYTES, HEAD_SECONDS = 256, 3  # until the file has said how large its picture is
BYTES_A_PIXEL, SECONDS_A_MEGAPIXEL = 32, 0.3
WAITING = 3  # times as long as the processor's time, by the clock, on a machine that is busy
PICTURES = 50  # that one process reads, if all is well with each
SLOW_SECONDS = 1.0  # of the processor; a process that took longer for a picture, or
MAX_KEPT = 64 * 2**20  # had a larger one in its memory, reads no other
MAX_OUTPUT = 400  # bytes of what a library wrote that are passed on
PAGE = resource.getpagesize()
MEGABYTE = 2**20
MAX_OPEN = 1024  # files, of the warm process


# One picture ------------------------------------------------------------------------------------


class Allowance:
    """What one picture may take: little, until its size is known, then by its size."""

    def __init__(self, connection: socket.socket, most_seconds: int) -> None:
        """Allow what reading the head of any file takes."""
        self._connection, self._most_seconds = connection, most_seconds
        self._begun, self.megabytes = memory_in_use(), 0
        self._allow(HEAD_MEGABYTES, HEAD_SECONDS)

    def on_size(self, pixels: int) -> None:
        """Allow what a picture of so many pixels takes."""
        megabytes = HEAD_MEGABYTES + pixels * BYTES_A_PIXEL // MEGABYTE
        if megabytes > self.megabytes:  # a file may hold several; the largest counts
            self._allow(megabytes, HEAD_SECONDS + int(pixels / 1e6 * SECONDS_A_MEGAPIXEL))

    def _allow(self, megabytes: int, seconds: int) -> None:
        self.megabytes, seconds = megabytes, min(seconds, self._most_seconds)
        told = {"megabytes": megabytes, "seconds": seconds, "waiting": WAITING}
        send(self._connection, {"allowed": told})
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        resource.setrlimit(resource.RLIMIT_CPU, (ceil(used) + seconds, resource.RLIM_INFINITY))
        with suppress(ValueError, OSError):  # not every system knows this limit
            most = self._begun + megabytes * MEGABYTE
            resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
        signal.setitimer(signal.ITIMER_REAL, WAITING * seconds)


def memory_in_use() -> int:
    """Bytes of addresses that this process has."""
    with suppress(OSError), open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * PAGE
    return 0


Bytes = NDArray[np.uint8]
Answer = tuple[dict[str, Any], list[Bytes]]
"""What is told, and what goes into the memory that is shared."""


def pixels(data: bytes, limits: Limits, _: dict[str, Any]) -> Answer:
    """The whole picture."""
    found = read_pixels(data, limits)
    arrays = [found.values] if found.alpha is None else [found.values, found.alpha]
    told = {
        "format": found.format,
        "orientation": found.orientation,
        "notes": found.notes,
        "shape": found.values.shape,
        "type": found.values.dtype.name,
        "has_alpha": found.alpha is not None,
    }
    return told, [np.ascontiguousarray(each).reshape(-1).view(np.uint8) for each in arrays]


def examined(data: bytes, limits: Limits, _: dict[str, Any]) -> Answer:
    """Whether it can be read."""
    return {"notes": images.examine(data, limits)}, []


def thumbnail(data: bytes, limits: Limits, asked: dict[str, Any]) -> Answer:
    """A small copy, as a file."""
    made = images.thumbnail(data, limits=limits, **asked)
    return {}, [np.frombuffer(made, np.uint8)]


OPERATIONS: dict[str, Callable[[bytes, Limits, dict[str, Any]], Answer]] = {
    "pixels": pixels,
    "examined": examined,
    "thumbnail": thumbnail,
}


class Reader:
    """Reads pictures that come by one connection, until one of them was not quite right."""

    def __init__(self, connection: socket.socket) -> None:
        """Answer by `connection`, and with a file in memory that comes first."""
        self.connection = connection
        self.shared = -1
        self.count = 0

    def read(self) -> bool:
        """Read the next picture, and answer; whether another one may follow."""
        asked, files = receive(self.connection)
        if files:
            self.shared = files[0]
        data = exactly(self.connection, asked["bytes"])
        self.count, began = self.count + 1, time.process_time()
        allowance = Allowance(self.connection, asked["seconds"])
        limits = Limits(**asked["limits"], on_size=allowance.on_size)
        try:
            told, parts = OPERATIONS[asked["operation"]](data, limits, asked["options"])
            size = self.share(parts)
        except StylekitError as error:
            send(self.connection, {"error": type(error).__name__, "words": str(error)})
            return False
        except MemoryError:
            send(self.connection, {"error": "MemoryError"})
            return False
        signal.setitimer(signal.ITIMER_REAL, 0)
        is_used_up = self.count >= PICTURES or size > MAX_KEPT
        again = not is_used_up and time.process_time() - began < SLOW_SECONDS
        send(self.connection, {"answer": told, "size": size, "again": again})
        return again

    def share(self, parts: list[Bytes]) -> int:
        """Put the bytes, one part after the other, where the server sees them, too."""
        size, at = sum(each.size for each in parts), 0
        if size == 0:
            return 0
        if os.fstat(self.shared).st_size < size:
            os.ftruncate(self.shared, size)
        with mmap.mmap(self.shared, size) as mapped:
            for each in parts:
                np.frombuffer(mapped, np.uint8, each.size, at)[:] = each
                at += each.size
        return size


def become_reader(connection: socket.socket, said: int) -> NoReturn:
    """Live until a picture was not quite right; what libraries print goes to `said`."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("900")  # of all processes, this one is to go first
        reader = Reader(alone_with(connection, said))
        while reader.read():
            pass
        code = 0
    except Broken:
        code = 0  # nobody needs it any more
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


def alone_with(connection: socket.socket, said: int) -> socket.socket:
    """The connection, with every other open file closed; what is printed goes to `said`."""
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.dup2(connection.detach(), 3)
    os.closerange(4, MAX_OPEN)
    return socket.socket(fileno=3)


# The warm process -------------------------------------------------------------------------------


class Nursery:
    """Forks a reader for each connection, and tells how those ended that could not say it."""

    def __init__(self, control: socket.socket) -> None:
        """Take connections from `control`."""
        self.control = control
        self.readers: dict[int, tuple[socket.socket, int]] = {}  # connection, what was printed
        self.woken, wakes = os.pipe()
        for each in (self.woken, wakes):
            os.set_blocking(each, False)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in (signal.SIGTERM, signal.SIGINT):  # the server ends us, when it has ended
            signal.signal(number, signal.SIG_IGN)

    def run(self) -> None:
        """Until the other end of `control` is closed."""
        while True:
            ready = select.select([self.control.fileno(), self.woken], [], [])[0]
            if self.woken in ready:
                os.read(self.woken, 4096)
                self.bury()
            if self.control.fileno() in ready and not self.take():
                return

    def take(self) -> bool:
        """Fork a reader for the next connection; whether there may be more."""
        data, files, _, _ = socket.recv_fds(self.control, 1, 1)
        if not data:
            return False
        for file in files:
            connection, (said, says) = socket.socket(fileno=file), os.pipe()
            os.set_blocking(says, False)
            pid = os.fork()
            if pid == 0:
                become_reader(connection, says)
            os.close(says)
            self.readers[pid] = connection, said
            with suppress(Broken):
                send(connection, {"process": pid})
        return True

    def bury(self) -> None:
        """Say of those that have ended how they ended, for whoever waits for an answer."""
        for pid, (connection, said) in list(self.readers.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            del self.readers[pid]
            printed = os.read(said, MAX_OUTPUT).decode(errors="replace")
            with suppress(Broken):
                send(connection, {"ended": os.waitstatus_to_exitcode(status), "said": printed})
            connection.close()
            os.close(said)


def load() -> None:
    """Everything that reading may need, once, so that a fork has it at once."""
    for name in LIBRARIES:
        with suppress(ImportError):  # an extra, or not for this system
            import_module(name)
    import imagecodecs

    for name in CODECS:
        with suppress(AttributeError, ImportError):
            getattr(imagecodecs, f"{name}_decode" if name != "cms" else "cms_transform")
    logging.disable(logging.CRITICAL)  # of libraries that log
    core.set_blocks_max(8)  # memory of pictures is kept for the next
    for format in ("JPEG", "PNG", "WEBP", "GIF"):  # others begin threads
        file = io.BytesIO()
        Image.new("RGB", (64, 64), "teal").save(file, format)
        read_pixels(file.getvalue(), images.NO_LIMITS)


def main() -> None:
    """Load, and read until the server ends."""
    control = socket.socket(fileno=int(sys.argv[1]))
    load()
    gc.collect()
    gc.freeze()  # what is here already is never looked at again, and so stays shared
    faulthandler.disable()
    Nursery(control).run()


if __name__ == "__main__":
    main()
