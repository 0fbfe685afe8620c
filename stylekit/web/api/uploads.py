"""Endpoints of uploads: photos that are sent once and painted often."""

from contextlib import ExitStack

from flask import Blueprint, Response, jsonify, request

from stylekit import bodies
from stylekit.errors import NotFound
from stylekit.transfers.uploads import Upload
from stylekit.web.api.parsing import picture
from stylekit.web.api.serializers import as_json
from stylekit.web.security.identity import known_owner, owner, parts, requester

uploads = Blueprint("uploads", __name__)


@uploads.post("/api/v1/uploads")
def upload() -> Response:
    """Keep a photo for a day: the request's body as it is, or `content` of a form or of JSON."""
    found = parts().uploads.keep(owner(), body(), requester=requester())
    response = jsonify(as_json(upload_of(found)))
    response.status_code = 201
    response.headers["Cache-Control"] = "no-store"
    return response


@uploads.delete("/api/v1/uploads/<id>")
def delete(id: str) -> Response:
    """Delete it before its time."""
    parts().uploads.remove(known_owner(), id)
    return Response(status=204)


@uploads.get("/api/v1/uploads/<id>/tiles")
def tiles(id: str) -> Response:
    """The photo in every preset's style, small: a line of JSON for each, once it is painted.

    It holds a thread as long as somebody reads, so there are only so many at a time.
    """
    painter = parts().tiles
    if painter is None:
        raise NotFound("This server paints no tiles: its pictures are painted elsewhere.")
    styles = [style.id for style in parts().styles.all()]
    with ExitStack() as held:
        held.enter_context(painter.streams.slot(requester()))
        lines = parts().uploads.tiles(known_owner(), id, styles, painter, requester=requester())
        response = Response(lines, mimetype="application/x-ndjson")
        response.call_on_close(held.pop_all().close)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def body() -> bytes:
    """The photo that was sent."""
    if request.mimetype == "multipart/form-data":
        files = {name: file.read() for name, file in request.files.items() if file.filename}
        return picture(files.get("content"), "content")
    return request.get_data()


def upload_of(found: Upload) -> bodies.Upload:
    """An upload as its sender sees it."""
    return bodies.Upload.model_validate({**vars(found), "notes": [*found.notes]})
