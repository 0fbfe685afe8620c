"""A gunicorn worker whose threads never wait for a slow client: only whole requests get one.

gunicorn's own `gthread` gives a thread to each connection that has said something: sixteen that
dribble hold sixteen threads. Here the main loop, which never blocks, collects requests and passes
answers on; a thread sees a request when all of it is there, and leaves what a client is slow to
take. Connections have deadlines, and all that is collected has a limit.
"""

import errno
import os
import re
import selectors
import socket
import time
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn import http
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from stylekit.settings import from_environment

HEAD_SECONDS = 10.0  # until the head of a request has come
SLOW_SECONDS, BYTES_A_SECOND = 30.0, 4000  # a body or an answer may be as slow as a poor telephone
LINGER_SECONDS = 2.0  # for a client to take the end of its answer
MAX_HEAD = 1 << 16
MAX_HELD = 8  # times the largest body: of all requests and answers that wait
RECEIVED = 1 << 18
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TOO_LONG = b"HTTP/1.1 431 Too Long\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
END_OF_HEAD, LAST_CHUNK = b"\r\n\r\n", b"0\r\n\r\n"

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


class PatientSocket:
    """A socket that takes every answer at once, and keeps what its client is slow to take."""

    def __init__(self, real: socket.socket) -> None:
        """Nothing waits."""
        self.real, self.waiting = real, bytearray()

    def __getattr__(self, name: str) -> Any:
        """Anything else is the socket's own."""
        return getattr(self.real, name)

    def sendall(self, data: bytes) -> None:
        """Send what can be sent now; the main loop sends the rest."""
        self.waiting += data
        self.flush()

    def flush(self) -> int:
        """Send as much as the client takes; how much that was."""
        sent = 0
        with memoryview(self.waiting) as left, suppress(BlockingIOError):
            while sent < len(left):
                sent += self.real.send(left[sent : sent + RECEIVED], socket.MSG_DONTWAIT)
        del self.waiting[:sent]
        return sent

    def recv(self, size: int, flags: int = 0) -> bytes:
        """The end: all that is read of a request has come before, and is not here."""
        return b""


class Client(TConn):  # type: ignore[misc]
    """A connection: what has come of its next request, and when that is too late."""

    def __init__(self, *args: Any) -> None:
        """Nothing has come."""
        super().__init__(*args)
        self.real: socket.socket = args[1]
        self.sock: Any
        self.parser: Any
        self.received = bytearray()
        self.keeps = False
        self.begin()

    def begin(self) -> None:
        """Wait for a request."""
        self.started = time.monotonic()
        self.moved = 0  # bytes, of a body or of an answer
        self.needed: int | None = None  # bytes of the whole request, once its head is there
        self.is_chunked = False
        self.until = self.started + HEAD_SECONDS

    def progress(self, count: int) -> None:
        """Some bytes of a body or an answer went through."""
        self.moved += count
        self.until = self.started + SLOW_SECONDS + self.moved / BYTES_A_SECOND

    @property
    def held(self) -> int:
        """Bytes that wait here."""
        waiting = self.sock.waiting if isinstance(self.sock, PatientSocket) else b""
        return len(self.received) + len(waiting)

    def is_whole(self, largest: int) -> bool:
        """Whether a request is there, or so much that the application has to refuse it."""
        if self.needed is None and not self._read_head():
            return False
        assert self.needed is not None
        if self.is_chunked:
            return self.received.endswith(LAST_CHUNK) or len(self.received) > largest
        return len(self.received) >= self.needed or self.needed > largest

    def _read_head(self) -> bool:
        """Look for the length of the body; whether the head is there."""
        end = self.received.find(END_OF_HEAD)
        if end < 0:
            return False
        head, end = bytes(self.received[: end + 2]), end + len(END_OF_HEAD)
        length = _LENGTH.search(head)
        self.is_chunked = _CHUNKED.search(head) is not None
        self.needed = end + (int(length[1]) if length and not self.is_chunked else 0)
        if _EXPECT.search(head):  # answered here, and so not once more
            shorter = _EXPECT.sub(b"", head)
            self.received[: len(head)] = shorter
            self.needed -= len(head) - len(shorter)
            with suppress(OSError):
                self.real.send(CONTINUE, socket.MSG_DONTWAIT)
        self.progress(0)
        return True

    def hand_over(self) -> None:
        """Let a thread parse what has come, and answer it."""
        is_socket = _UPGRADE.search(self.received) is not None
        self.sock = self.real if is_socket else PatientSocket(self.real)
        self.real.setblocking(True)
        if self.parser is None:
            self.parser = http.get_parser(self.cfg, self.sock, self.client)
        self.parser.unreader.sock = self.sock
        self.parser.unreader.unread(bytes(self.received))
        self.received = bytearray()
        self.initialized = self.data_ready = True


class BufferingWorker(ThreadWorker):  # type: ignore[misc]
    """Collects requests and passes answers on in the main loop; threads do the rest."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """Bodies are collected up to the largest that the application accepts."""
        super().__init__(*args, **more)
        self.largest = from_environment(os.environ).max_request_bytes + MAX_HEAD
        self.clients: dict[Client, None] = {}  # who are waited for, the longest first
        self.cfg.set("sendfile", False)

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, and wait for its request."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                return
            raise
        self.nr_conns += 1
        self.wait_for(Client(self.cfg, sock, address, listener.getsockname()), self.on_received)

    def wait_for(self, client: Client, what: Any, event: int = selectors.EVENT_READ) -> None:
        """Call `what` when the client has something to say, or takes something."""
        client.real.setblocking(False)
        self.clients[client] = None
        self.poller.register(client.real, event, partial(what, client))

    def _leave(self, client: Client) -> None:
        """Wait no more."""
        self.clients.pop(client, None)
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(client.real)

    def drop(self, client: Client) -> None:
        """End a connection at once."""
        self._leave(client)
        self.nr_conns -= 1
        client.close()

    def on_received(self, client: Client, _: Any) -> None:
        """Some of a request came."""
        try:
            data = client.real.recv(RECEIVED)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            return self.drop(client)
        if not client.received:
            client.begin()
        client.received += data
        if client.needed is not None:
            client.progress(len(data))
        if client.is_whole(self.largest):
            self._leave(client)
            client.hand_over()
            self.enqueue_req(client)
        elif client.needed is None and len(client.received) > MAX_HEAD:
            self._leave(client)
            client.received.clear()
            with suppress(OSError):
                client.real.send(TOO_LONG)
            self.part(client)
        return None

    def finish_request(self, client: Client, answered: Any) -> None:
        """A thread is done: pass on what is left of the answer."""
        try:
            client.keeps = bool(answered.result()) and self.alive
        except Exception:
            client.keeps = False
        client.begin()
        client.progress(0)
        self.on_writable(client, None)

    def on_writable(self, client: Client, _: Any) -> None:
        """Send more of an answer; after its end, wait for the next request, or for the client."""
        self._leave(client)
        if isinstance(client.sock, PatientSocket):
            try:
                client.progress(client.sock.flush())
            except OSError:
                return self.drop(client)
            if client.sock.waiting:
                return self.wait_for(client, self.on_writable, selectors.EVENT_WRITE)
        if client.keeps:
            return self._wait_for_next(client)
        return self.part(client)

    def _wait_for_next(self, client: Client) -> None:
        """Wait for another request on a connection, of which some may be here already."""
        client.received += client.parser.unreader.take_buffered()
        client.begin()
        if not client.received:
            client.until = time.monotonic() + self.cfg.keepalive
        elif client.is_whole(self.largest):
            client.hand_over()
            self.enqueue_req(client)
            return
        self.wait_for(client, self.on_received)

    def part(self, client: Client) -> None:
        """Close a connection, once the client has seen the end of its answer (RFC 9112, 9.6)."""
        try:
            client.real.shutdown(socket.SHUT_WR)
        except OSError:
            return self.drop(client)
        client.begin()
        client.until = client.started + LINGER_SECONDS
        return self.wait_for(client, self._on_parting)

    def _on_parting(self, client: Client, _: Any) -> None:
        """Read and forget what still comes, of a body that was refused, until it is enough."""
        try:
            if (count := len(client.real.recv(RECEIVED))) and client.moved < 4 * self.largest:
                client.progress(count)
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.drop(client)

    def murder_pending(self) -> None:
        """End connections that are too late; where too much waits, those that wait longest."""
        now, held = time.monotonic(), sum(each.held for each in self.clients)
        for client in list(self.clients):
            is_idle = not client.held and client.until > now + STOP_KEEPALIVE_LINGER
            if not self.alive and is_idle:
                client.until = now + STOP_KEEPALIVE_LINGER
            if client.until <= now or (client.held and held > MAX_HELD * self.largest):
                held -= client.held
                self.drop(client)
