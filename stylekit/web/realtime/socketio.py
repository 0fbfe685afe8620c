"""Socket.IO: repaint, list styles and public pictures, as the earlier socket client speaks.

| the client sends                         | its callback gets                     |
|------------------------------------------|---------------------------------------|
| TRANSFER_STYLE {image, style, isPrivate} | (null, {requestId, secret})           |
| TRANSFER_STYLE_RESULT {requestId}        | (null, {requestId, status, progress}) |
| LIST_STYLES, LIST_IMAGES                 | (null, [urls])                        |
| anything that cannot be                  | ({code, message})                     |

When a painting has ended, its owner's sockets get `TRANSFER_STYLE_COMPLETED::<id>` {result: url}
or `TRANSFER_STYLE_FAILED::<id>` {error: words}; every socket gets `TRANSFER_STYLE_COMPLETED`
{result: url} of those that are not private. A painting is private unless `isPrivate` is false.

A socket's owner is a visitor's cookie or an API key; or a new one, whose signed name goes to the
client as the private session id of Socket.IO's connection state recovery. Clients from 4.6 on send
that back by themselves when they connect again. Older ones without a cookie may send the same
request again, or TRANSFER_STYLE_RESULT. Clients of version 2 come through `engineio3`.
"""

import logging
import secrets
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from flask import Blueprint, Flask, Response, request
from flask_socketio import SocketIO
from socketio.exceptions import ConnectionRefusedError as Refused

from stylekit import bodies, images
from stylekit.catalogue import Style
from stylekit.errors import BadRequest, JobNotFound, StylekitError
from stylekit.jobs import Job, Status
from stylekit.transfers.access import Caller
from stylekit.transfers.requests import Order
from stylekit.web.api.image_responses import PUBLIC, picture_reply
from stylekit.web.api.parsing import job_id, picture, read
from stylekit.web.api.serializers import ALMOST
from stylekit.web.errors import INTERNAL_ERROR
from stylekit.web.realtime import engineio3
from stylekit.web.realtime.connection_limit import connection_limit_of
from stylekit.web.realtime.handshake import (
    BoundedJson,
    close_on_bad_packet,
    close_without_waiting,
    is_allowed_origin,
    limit_connections,
    owner_of_session,
    packet_class,
    refuse_when_full,
)
from stylekit.web.realtime.subscriptions import Subscriptions, Visitor, public_address
from stylekit.web.security.identity import (
    OWNER_BYTES,
    address,
    caller,
    known_owner,
    parts,
    parts_of,
)
from stylekit.web.security.middleware import AccessControl, access_control_of
from stylekit.web.security.signed_links import unseal

log = logging.getLogger(__name__)

MAX_NAME_LENGTH = 200  # of a style; longer text is a picture
MAX_IMAGES = 100

sockets = Blueprint("sockets", __name__)


def install(app: Flask) -> None:
    """Answer Socket.IO at /socket.io, within the limit of live connections."""
    access_control, limit = access_control_of(app), connection_limit_of(app)
    ending = threading.Lock()
    server = SocketIO(async_mode="threading", manage_session=False)

    def emit(sid: str, event: str, data: dict[str, Any]) -> None:
        server.emit(event, data, to=sid)

    def disconnect_all() -> None:
        connections = server.server.eio
        for each in connections.sockets.copy().values():
            each.close(wait=False)  # so that clients connect again, to the next server
        with ending:  # whoever connects again before this process has ended is disconnected again
            if connections.service_task_handle is not None:
                server.server.shutdown()

    subscriptions = Subscriptions(
        parts_of(app), limit.closing, emit=emit, disconnect_all=disconnect_all
    )
    server.init_app(
        app,
        async_handlers=False,  # or else each event of a socket would take a thread of its own
        cors_allowed_origins=lambda origin, environ: is_allowed_origin(
            origin, environ, access_control
        ),
        max_http_buffer_size=parts_of(app).settings.max_request_bytes,
        json=BoundedJson,
        serializer=packet_class(subscriptions, parts_of(app).secret),
    )
    for event, handler in SocketEvents(subscriptions, access_control).handlers():
        server.on_event(event, handler)
    limit_connections(server.server.eio, limit)
    close_without_waiting(server.server.eio)
    close_on_bad_packet(server.server.eio)
    app.wsgi_app = engineio3.beside(app.wsgi_app, app, server.server.eio)  # type: ignore[method-assign]
    app.wsgi_app = refuse_when_full(app.wsgi_app, limit)  # type: ignore[method-assign]
    app.register_blueprint(sockets)
    app.extensions["stylekit-sockets"] = server


class SocketOrder(bodies.Body):
    """What `TRANSFER_STYLE` carries; the style is a preset's name or a picture."""

    image: bodies.Picture = ""
    style: bytes | str = ""
    isPrivate: bodies.Flag = True


class SocketQuestion(bodies.Body):
    """What `TRANSFER_STYLE_RESULT` carries."""

    requestId: bodies.Text = ""


# Events ---------------------------------------------------------------------------------------


def acknowledged(handler: Callable[..., Any]) -> Callable[..., tuple[Any, ...]]:
    """The handler's value as the client's callback expects it: (null, value), or (error)."""

    @wraps(handler)
    def answer(*given: Any) -> tuple[Any, ...]:
        try:
            return None, handler(*given)
        except StylekitError as error:
            return ({"code": error.code, "message": str(error)},)
        except Exception:
            log.exception("socket request error")
            return ({"code": "internal", "message": INTERNAL_ERROR},)

    return answer


class SocketEvents:
    """What sockets can ask for."""

    def __init__(self, subscriptions: Subscriptions, access_control: AccessControl) -> None:
        """Check keys with `access_control`; tell owners through `subscriptions` what ended."""
        self.subscriptions, self.access_control = subscriptions, access_control

    def handlers(self) -> list[tuple[str, Callable[..., Any]]]:
        """What answers each event."""
        return [
            ("connect", self.connect),
            ("disconnect", self.disconnect),
            ("TRANSFER_STYLE", acknowledged(self.transfer)),
            ("TRANSFER_STYLE_RESULT", acknowledged(self.result)),
            ("LIST_STYLES", acknowledged(self.styles)),
            ("LIST_IMAGES", acknowledged(self.images)),
        ]

    def connect(self, auth: object = None) -> None:
        """Somebody new, or somebody who was here before."""
        try:
            self.check_key(is_acting=False)
            back = owner_of_session(auth, parts().secret)
            owner = back or known_owner() or secrets.token_hex(OWNER_BYTES)
            self.subscriptions.add(socket_id(), Visitor(owner, request.url_root.rstrip("/")))
        except StylekitError as error:
            raise Refused(str(error)) from None

    def disconnect(self, *_: object) -> None:
        """Somebody left."""
        self.subscriptions.remove(socket_id())

    def transfer(self, body: object = None, *_: object) -> dict[str, Any]:
        """Begin a painting."""
        self.check_key(is_acting=True)
        asked, visitor = read(SocketOrder, sent_fields(body)), self.visitor()
        order = Order(
            content=picture(asked.image, "image"),
            style=style_of(asked.style),
            owner=visitor.owner,
            address=address(),
            public=not asked.isPrivate,
            photo_shared=not asked.isPrivate,  # its feed shows both
        )
        job = parts().transfers.submit(order)
        self.subscriptions.subscribe(visitor.owner, job.id)
        return {"requestId": job.id, "secret": parts().access.secret_of(job)}

    def result(self, body: object = None, *_: object) -> dict[str, Any]:
        """Tell this socket, too, how a painting ended; whoever knows its id may look."""
        asked, visitor = read(SocketQuestion, sent_fields(body)), self.visitor()
        job = parts().access.look(job_id(asked.requestId), Caller(owner=visitor.owner))
        self.subscriptions.subscribe(visitor.owner, job.id)
        progress = 1 if job.status == Status.DONE else min(ALMOST, job.fraction)
        return {"requestId": job.id, "status": job.status.value, "progress": progress}

    def styles(self, *_: object) -> list[str]:
        """Addresses of the presets' pictures; each ends with the style's name."""
        root = self.visitor().root
        return [f"{root}/styles/{quote(style.file)}" for style in parts().styles.all()]

    def images(self, *_: object) -> list[str]:
        """Addresses of public pictures, newest first."""
        root = self.visitor().root
        found = parts().jobs.queries.feed(limit=MAX_IMAGES)
        return [f"{root}{public_address(job)}" for job in found]

    def check_key(self, *, is_acting: bool) -> None:
        """Check and count a key, as for any other request."""
        self.access_control.check_key(is_acting=is_acting)

    def visitor(self) -> Visitor:
        """Whose socket this is."""
        visitor = self.subscriptions.find(socket_id())
        if visitor is None:
            raise BadRequest("This socket is closed.")
        return visitor


def socket_id() -> str:
    """The socket that this event came by."""
    return str(vars(request._get_current_object())["sid"])  # type: ignore[attr-defined]


def sent_fields(body: object) -> dict[str, Any]:
    """The fields that were sent; nulls are as good as missing."""
    if not isinstance(body, dict):
        raise BadRequest("The event needs an object, such as {image, style, isPrivate}.")
    return {name: value for name, value in body.items() if value is not None}


def style_of(given: str | bytes) -> str | bytes:
    """A picture of one's own, or a preset by name, file or address."""
    if isinstance(given, bytes):
        return given
    name = given.strip()
    if not name:
        raise BadRequest("style is missing: a style's name, or a picture as a data URL.")
    if name[:5].lower() == "data:" or (len(name) > MAX_NAME_LENGTH and "://" not in name):
        return picture(given, "style")
    preset = by_file(name)
    return preset.id if preset else name


def by_file(name: str) -> Style | None:
    """The preset whose file this is, or whose picture is at this address."""
    try:
        path = urlsplit(name).path if "://" in name else name
    except ValueError:  # half an IPv6 address
        return None
    file = unquote(path).rpartition("/")[2]
    return next((each for each in parts().styles.all() if each.file == file), None)


# Addresses that sockets get --------------------------------------------------------------


@sockets.get("/results/<sealed>")
def sealed_result(sealed: str) -> Response:
    """A private result, by a link that works for a while.

    Raises:
        NotFound, Gone: when it is no link of ours, and when its time is over.
    """
    data, mime_type = parts().results.result(unseal(sealed, parts().secret))
    return picture_reply(data, mime_type, cache="private, no-cache")


@sockets.get("/public/output/<file>")
def public_painting(file: str) -> Response:
    """A public painting, by the address that `LIST_IMAGES` gave."""
    return picture_reply(*parts().results.result(public_job(file).id))


@sockets.get("/public/input/<file>")
def public_photograph(file: str) -> Response:
    """The photograph of a public painting: clients find it by the same address, output → input.

    Where its owner shows the painting alone, that is there in place of the photograph.
    """
    job = public_job(file)
    if not parts().access.may_see_photo(job, caller()):
        return public_painting(file)
    return picture_reply(*parts().results.content(job.id), name="photo")


def public_job(file: str) -> Job:
    """The job whose picture this is.

    Raises:
        JobNotFound: when there is none, and when it is not public.
    """
    job = parts().access.look(job_id(file.partition(".")[0]), caller())
    if not job.public:
        raise JobNotFound("There is no such picture.")
    return job


@sockets.get("/styles/<path:file>")
def style_file(file: str) -> Response:
    """A preset's picture by its file's name, or by the style's."""
    preset = by_file(file) or parts().styles.get(file)
    data = parts().styles.read(preset)
    return picture_reply(data, images.mime_type(data), name=preset.id, cache=PUBLIC)
