"""The Socket.IO handshake and packets: origins, limits, owners who reconnect."""

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

from flask import Response
from socketio.packet import CONNECT, EVENT, Packet

from stylekit.errors import BadRequest, Busy
from stylekit.web.api.parsing import refuse_many_values
from stylekit.web.realtime.connection_limit import RETRY_SECONDS, ConnectionLimit
from stylekit.web.realtime.subscriptions import Subscriptions
from stylekit.web.security.middleware import AccessControl
from stylekit.web.security.signing import sign, unsigned

log = logging.getLogger(__name__)

PURPOSE = "stylekit_socket"
MAX_REASON = 200  # characters, of what is wrong with a packet


def is_allowed_origin(
    origin: str | None, environ: dict[str, Any], access_control: AccessControl
) -> bool:
    """Whether pages of this origin may connect: our own, and those that the settings name."""
    own = f"{environ.get('wsgi.url_scheme')}://{environ.get('HTTP_HOST')}"
    return origin == own or bool(access_control.origins & {"*", origin})


def limit_connections(connections: Any, limit: ConnectionLimit) -> None:
    """Count every connection from its first request to its end, whatever its transport."""
    on_connect, on_disconnect = connections.handlers["connect"], connections.handlers["disconnect"]

    def take(id: str, environ: dict[str, Any]) -> Any:
        try:
            limit.take()
        except Busy as error:
            return str(error)
        return on_connect(id, environ)

    def give_back(id: str, reason: str) -> None:
        on_disconnect(id, reason)
        connections.sockets.pop(id, None)  # what still comes for it is refused as unknown
        limit.give_back()

    connections.on("connect", take)
    connections.on("disconnect", give_back)


def close_without_waiting(connections: Any) -> None:
    """End a session without waiting until its last packets were fetched.

    A body that cannot be read ends it, and whoever sent that need not come back to fetch anything:
    the library would wait for ever, and hold the thread of the request.
    """

    def disconnect(id: str | None = None) -> None:
        for each in list(connections.sockets) if id is None else [id]:
            socket = connections.sockets.pop(each, None)
            if socket is not None:
                socket.close(wait=False)

    connections.disconnect = disconnect


class BoundedJson:
    """The `json` of all packets: many values are refused before they are built, as in a body."""

    dumps = staticmethod(json.dumps)

    @staticmethod
    def loads(text: str | bytes) -> Any:
        """What a packet carries.

        Raises:
            ValueError: when it is no JSON, or has too many values, or too many in each other.
        """
        try:
            refuse_many_values(text, "The packet")
            return json.loads(text)
        except BadRequest as error:
            raise ValueError(str(error)) from None


def close_on_bad_packet(connections: Any) -> None:
    """Close the connection of a client that sends bad packets, with one line in the log."""
    on_message = connections.handlers["message"]

    def receive(id: str, data: Any) -> None:
        try:
            on_message(id, data)
        except (ValueError, TypeError, KeyError, IndexError) as error:
            reason = f"{type(error).__name__}: {error}"[:MAX_REASON]
            log.warning("socket closed reason=%r", reason)
            connections.disconnect(id)

    connections.on("message", receive)


def refuse_when_full(
    wsgi_app: Callable[..., Any], limit: ConnectionLimit
) -> Callable[..., Iterable[bytes]]:
    """The application; new connections are answered 503 while the limit is reached."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        is_new = environ["PATH_INFO"] == "/socket.io/" and "sid=" not in environ["QUERY_STRING"]
        if not is_new or limit.taken < limit.most:
            return wsgi_app(environ, start_response)  # type: ignore[no-any-return]
        full = Response(f"All {limit.most} live connections are taken.", 503)
        full.headers["Retry-After"] = str(RETRY_SECONDS)
        return full(environ, start_response)

    return answer


def packet_class(subscriptions: Subscriptions, secret: bytes) -> type[Packet]:
    """Packets that tell a new socket its owner's signed name, to send when it connects again."""

    class PacketWithOwner(Packet):  # type: ignore[misc]
        """The protocol's packets, with `pid` beside `sid` in the answer to CONNECT."""

        def __init__(self, packet_type: int = EVENT, data: Any = None, **rest: Any) -> None:
            """The packet as it is, unless it answers CONNECT of somebody who is known."""
            if packet_type == CONNECT and isinstance(data, dict) and "sid" in data:
                visitor = subscriptions.find(data["sid"])
                data = {**data, "pid": signed(visitor.owner, secret)} if visitor else data
            super().__init__(packet_type, data, **rest)

    return PacketWithOwner


def signed(owner: str, secret: bytes) -> str:
    """An owner's name as a client may carry it; it opens nothing but sockets."""
    return sign(owner, secret, PURPOSE)


def owner_of_session(auth: object, secret: bytes) -> str:
    """The owner that a client says it was before; empty where we did not sign that."""
    given = auth.get("pid") if isinstance(auth, dict) else None
    return (unsigned(str(given), secret, PURPOSE) or b"").decode(errors="replace")
