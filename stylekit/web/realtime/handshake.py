"""The Socket.IO handshake: allowed origins, the limit of connections, owners who reconnect."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Response
from socketio.packet import CONNECT, EVENT, Packet

from stylekit.errors import Busy
from stylekit.web.realtime.connection_limit import RETRY_SECONDS, ConnectionLimit
from stylekit.web.realtime.subscriptions import Subscriptions
from stylekit.web.security.middleware import AccessControl
from stylekit.web.security.signing import sign, unsigned

PURPOSE = "stylekit_socket"


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
