"""Messages between a server and the processes that read its pictures: JSON, and files beside it."""

import fcntl
import json
import os
import socket
import struct
import tempfile
from collections.abc import Iterable, Sequence
from typing import Any

LENGTH = struct.Struct(">I")
MAX_BYTES = 1 << 16  # of one message; what is larger travels in a file
MAX_FILES = 2


class Broken(Exception):
    """The other side is gone, or says what cannot be."""


def send(to: socket.socket, message: dict[str, Any], files: Sequence[int] = ()) -> None:
    """Send a message and, beside it, open files.

    Raises:
        Broken: when nobody is there.
    """
    body = json.dumps(message).encode()
    try:
        socket.send_fds(to, [LENGTH.pack(len(body)) + body], list(files))
    except OSError as error:
        raise Broken(f"nobody reads: {error}") from None


def receive(source: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """A message and the files that came with it; the caller closes them.

    Raises:
        Broken: when the other side ends before, takes too long, or sends something else.
    """
    files: list[int] = []
    try:
        data, files, _, _ = socket.recv_fds(source, LENGTH.size, MAX_FILES)
        length = LENGTH.unpack(data + exactly(source, LENGTH.size - len(data)))[0]
        if length > MAX_BYTES:
            raise Broken(f"a message of {length} bytes")
        message = json.loads(exactly(source, length))
        if not isinstance(message, dict):
            raise Broken("a message that is no object")
        return message, files
    except (OSError, ValueError, struct.error) as error:
        close_all(files)
        raise Broken(f"no message: {error}") from None
    except Broken:
        close_all(files)
        raise


def exactly(source: socket.socket, count: int) -> bytes:
    """So many bytes.

    Raises:
        Broken: when the other side ends before.
    """
    data, at = bytearray(count), 0
    while at < count:
        got = source.recv_into(memoryview(data)[at:])
        if not got:
            raise Broken("the other side ended")
        at += got
    return bytes(data)


def close_all(files: Iterable[int]) -> None:
    """Close files that nobody needs."""
    for each in files:
        os.close(each)


def file_in_memory() -> int:
    """An open, empty file without a name; it can grow, and nobody can shorten it."""
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("stylekit", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        return file
    with tempfile.TemporaryFile() as made:  # not Linux
        return os.dup(made.fileno())
