"""Engine.IO 3, for Socket.IO clients of version 2.

What differs from Engine.IO 4, as far as clients use it
(https://github.com/socketio/engine.io-protocol, https://github.com/socketio/socket.io-protocol):

* Packets of a polling body are `<length>:<packet>`, the length counted in UTF-16 code units; a
  body with binary packets is `<kind><length's digits><255><packet>`, as bytes.
* The client sends the pings, and the server answers each with a pong.
* The default namespace is connected without being asked for, and the answer carries no `sid`: the
  socket's id is the one of the first packet. A refusal is `44"words"`.
* Binary packets begin with their type.
"""

import base64
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import engineio
from engineio.exceptions import (
    ContentTooLongError,
    EngineIOError,
    SocketIsClosedError,
    UnknownPacketError,
)
from engineio.packet import MESSAGE, OPEN, PING, PONG, Packet
from engineio.socket import Socket
from flask import Flask

VERSION = re.compile(r"(?:^|&)EIO=3(?:&|$)")
CONNECT, CONNECT_ERROR = "0", "4"  # types of Socket.IO packets
MESSAGE_BYTE = bytes([MESSAGE])
MAX_PACKETS = 64  # in one body
MAX_LENGTH_DIGITS = 10  # digits

WsgiApp = Callable[..., Iterable[bytes]]


def beside(wsgi_app: WsgiApp, app: Flask, connections: Any) -> WsgiApp:
    """The application; requests of Engine.IO 3 reach the same sockets and events."""
    earlier = Connections(connections)

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        query = environ.get("QUERY_STRING", "")
        if environ["PATH_INFO"] == "/socket.io/" and VERSION.search(query):
            environ = {**environ, "flask.app": app}
            return earlier.handle_request(environ, start_response)  # type: ignore[no-any-return]
        return wsgi_app(environ, start_response)

    return answer


class Connections(engineio.Server):  # type: ignore[misc]
    """Opens and serves sockets of Engine.IO 3 among those of an Engine.IO 4 server."""

    def __init__(self, current: Any) -> None:
        """Share the settings, the sockets and the handlers of `current`."""
        super().__init__(async_mode="threading")
        self.__dict__.update(vars(current))
        self.current = current

    def handle_request(self, environ: dict[str, Any], start_response: Any) -> Any:
        """As `current` would, which only looks at the version's number."""
        query = environ["QUERY_STRING"].replace("EIO=3", "EIO=4")
        return super().handle_request({**environ, "QUERY_STRING": query}, start_response)

    def _handle_connect(
        self, environ: dict[str, Any], start_response: Any, transport: str, jsonp_index: Any = None
    ) -> Any:
        self._watch_sockets()
        sid = self.generate_id()
        socket = self.sockets[sid] = EarlierSocket(self, sid)
        socket.send(Packet(OPEN, self._welcome(sid, transport)))
        refusal = self._trigger_event("connect", sid, environ, run_async=False)
        if refusal not in (None, True):
            del self.sockets[sid]
            return self._unauthorized(refusal or None)
        self._trigger_event("message", sid, CONNECT, run_async=False)
        if transport == "websocket":
            answer = socket.handle_get_request(environ, start_response)
            if socket.closed:
                self.sockets.pop(sid, None)
            return answer
        socket.connected = True
        return self._ok(socket.poll())

    def _welcome(self, sid: str, transport: str) -> dict[str, Any]:
        return {
            "sid": sid,
            "upgrades": self._upgrades(sid, transport),
            "pingInterval": int(self.ping_interval * 1000),
            "pingTimeout": int(self.ping_timeout * 1000),
        }

    def _watch_sockets(self) -> None:
        """Begin to look for silent sockets, as `current` does with its first one."""
        if self.current.start_service_task:
            self.current.start_service_task = False
            watch = self.current._service_task
            self.current.service_task_handle = self.current.start_background_task(watch)

    def _ok(self, packets: Any = None, headers: Any = None, jsonp_index: Any = None) -> Any:
        answer = super()._ok(packets, headers)
        if packets is not None:
            answer["response"] = encode([each.encode(b64=True) for each in packets]).encode()
        return answer


class EarlierSocket(Socket):  # type: ignore[misc]
    """A socket whose client sends the pings."""

    def receive(self, pkt: Any) -> None:
        """Any packet is a sign of life; a ping is answered, the rest is for the events."""
        self.last_ping = time.time()
        if pkt.packet_type == PING:
            self.send(Packet(PONG, pkt.data))
            return
        if pkt.binary:
            pkt.data = pkt.data[1:]
        super().receive(pkt)

    def send(self, pkt: Any) -> None:
        """Send a packet in the words of Socket.IO 2."""
        if pkt.packet_type == MESSAGE and isinstance(pkt.data, str):
            pkt = Packet(MESSAGE, in_earlier_words(pkt.data))
        super().send(pkt)

    def schedule_ping(self) -> None:
        """Nothing: the client does."""

    def check_ping_timeout(self) -> bool:
        """Whether the client still pings; close the socket where it does not."""
        if self.closed:
            raise SocketIsClosedError
        patience = self.server.ping_interval + self.server.ping_timeout
        if time.time() - self.last_ping <= patience:
            return True
        self.close(wait=False, abort=True, reason=self.server.reason.PING_TIMEOUT)
        return False

    def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Receive every packet of a polling body; one that cannot be read ends the session."""
        try:
            packets = decode(self._body(environ), environ.get("CONTENT_TYPE", ""))
        except EngineIOError:  # whoever closes it later would wait for somebody who polls
            self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_ERROR)
            raise
        for each in packets:
            self.receive(Packet(encoded_packet=each))

    def _body(self, environ: dict[str, Any]) -> bytes:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > self.server.max_http_buffer_size:
            raise ContentTooLongError
        return bytes(environ["wsgi.input"].read(length))


def in_earlier_words(message: str) -> str:
    """A Socket.IO packet as version 2 knows it: what welcomes says nothing, a refusal is words."""
    kind, (place, _, rest) = message[:1], message[1:].partition("{")
    if kind == CONNECT:
        return f"{CONNECT}{place.rstrip(',')}"
    if kind == CONNECT_ERROR and rest:
        words = json.loads("{" + rest).get("message", "")
        return f"{CONNECT_ERROR}{place}{json.dumps(words)}"
    return message


# Polling bodies -------------------------------------------------------------------------------


def encode(packets: Iterable[str]) -> str:
    """A body of text packets."""
    return "".join(f"{len(each.encode('utf-16-le')) // 2}:{each}" for each in packets)


def decode(body: bytes, content_type: str) -> list[str | bytes]:
    """The packets of a body.

    Raises:
        UnknownPacketError: when it is none, or has too many.
    """
    is_binary = content_type.startswith("application/octet-stream")
    packets: list[str | bytes] = []
    try:
        for each in of_bytes(body) if is_binary else of_text(body.decode()):
            packets.append(each)
            if len(packets) > MAX_PACKETS:
                raise UnknownPacketError
    except (ValueError, IndexError):
        raise UnknownPacketError from None
    return packets


def of_text(body: str) -> Iterator[str | bytes]:
    """Packets of `<length>:<packet>…`; `b4` begins the base64 text of a binary one."""
    units, at = body.encode("utf-16-le"), 0
    while at < len(units):
        head = units[at : at + 2 * MAX_LENGTH_DIGITS + 2].decode("utf-16-le", "ignore")
        digits, colon, _ = head.partition(":")
        begin = at + 2 * (len(digits) + len(colon))
        at = begin + 2 * length_of(digits if colon else "", len(units) - begin)
        packet = units[begin:at].decode("utf-16-le")
        yield MESSAGE_BYTE + base64.b64decode(packet[2:]) if packet[0] == "b" else packet


def of_bytes(body: bytes) -> Iterator[str | bytes]:
    """Packets of `<0 text, 1 bytes><a byte for each digit of the length><255><packet>…`."""
    at = 0
    while at < len(body):
        is_text, end = body[at] == 0, body.index(255, at, at + MAX_LENGTH_DIGITS + 2)
        digits = "".join(str(each) for each in body[at + 1 : end])
        at = end + 1 + length_of(digits, len(body) - end - 1)
        packet = body[end + 1 : at]
        yield packet.decode() if is_text else packet


def length_of(digits: str, most: int) -> int:
    """A length from 1 to `most`."""
    if not (digits.isascii() and digits.isdigit() and 1 <= int(digits) <= most):
        raise ValueError(digits)
    return int(digits)
