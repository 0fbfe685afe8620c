"""The Socket.IO handshake, and what every packet has to be: origins, limits, returning visitors."""

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
MOST_SAID = 200  # characters, of what is wrong with a packet


def is_welcome(origin: str | None, environ: dict[str, Any], guards: AccessControl) -> bool:
    """Whether pages of this origin may connect: our own, and those that the settings name."""
    own = f"{environ.get('wsgi.url_scheme')}://{environ.get('HTTP_HOST')}"
    return origin == own or bool(guards.origins & {"*", origin})


def hold_places(connections: Any, places: ConnectionLimit) -> None:
    """Every connection holds a place from its first request to its end, whatever its transport."""
    begin, end = connections.handlers["connect"], connections.handlers["disconnect"]

    def take(id: str, environ: dict[str, Any]) -> Any:
        try:
            places.take()
        except Busy as error:
            return str(error)
        return begin(id, environ)

    def give_back(id: str, reason: str) -> None:
        end(id, reason)
        connections.sockets.pop(id, None)  # what still comes for it is refused as unknown
        places.give_back()

    connections.on("connect", take)
    connections.on("disconnect", give_back)


def let_go_at_once(connections: Any) -> None:
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
        except (BadRequest, RecursionError) as error:
            raise ValueError(str(error)) from None


def end_at_nonsense(connections: Any) -> None:
    """End the connection of whoever sends packets that are none, with one line in the log."""
    hear = connections.handlers["message"]

    def heard(id: str, data: Any) -> None:
        try:
            hear(id, data)
        except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
            log.warning("socket closed reason=%s", f"{type(error).__name__}: {error}"[:MOST_SAID])
            connections.disconnect(id)

    connections.on("message", heard)


def turning_away(
    wsgi_app: Callable[..., Any], places: ConnectionLimit
) -> Callable[..., Iterable[bytes]]:
    """The application; new connections are answered 503 while all places are taken."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        is_new = environ["PATH_INFO"] == "/socket.io/" and "sid=" not in environ["QUERY_STRING"]
        if not is_new or places.taken < places.most:
            return wsgi_app(environ, start_response)  # type: ignore[no-any-return]
        full = Response(f"All {places.most} live connections are taken.", 503)
        full.headers["Retry-After"] = str(RETRY_SECONDS)
        return full(environ, start_response)

    return answer


def packets(audience: Subscriptions, secret: bytes) -> type[Packet]:
    """Packets that tell a new socket its owner's signed name, to send when it connects again."""

    class Named(Packet):  # type: ignore[misc]
        """The protocol's packets, with `pid` beside `sid` in the answer to CONNECT."""

        def __init__(self, packet_type: int = EVENT, data: Any = None, **rest: Any) -> None:
            """The packet as it is, unless it welcomes somebody who is known."""
            if packet_type == CONNECT and isinstance(data, dict) and "sid" in data:
                visitor = audience.find(data["sid"])
                data = {**data, "pid": signed(visitor.owner, secret)} if visitor else data
            super().__init__(packet_type, data, **rest)

    return Named


def signed(owner: str, secret: bytes) -> str:
    """An owner's name as a client may carry it; it opens nothing but sockets."""
    return sign(owner, secret, PURPOSE)


def returning(auth: object, secret: bytes) -> str:
    """The owner that a client says it was before; empty where we did not sign that."""
    given = auth.get("pid") if isinstance(auth, dict) else None
    return (unsigned(str(given), secret, PURPOSE) or b"").decode(errors="replace")
