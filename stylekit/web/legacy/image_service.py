"""Endpoints of the image service: PUT /image/<iterations> and GET /image/<hash>."""

import base64
from typing import Any

from flask import Response, jsonify

from stylekit import bodies
from stylekit.engines.registry import GATYS
from stylekit.errors import BadRequest
from stylekit.transfers.requests import Order
from stylekit.web.api.parsing import job_id, json_body, picture, read
from stylekit.web.legacy.compatibility import client_blueprint, is_done, percent, with_owner
from stylekit.web.security.identity import caller, parts

image_service = client_blueprint("image_service", lambda message, status: {"message": message})


class ImageOrder(bodies.Body):
    """The body of `PUT /image/<iterations>`, and the number of its address."""

    content: bodies.Picture
    style: bodies.Picture
    iterations: bodies.WholeNumber


@image_service.put("/image/<iterations>")
def put_image(iterations: str) -> Response:
    """Begin a painting; the hash names it, and the same request gets the same hash."""
    asked = read(ImageOrder, pickled_body() | {"iterations": iterations})
    order = Order(
        content=picture(asked.content, "content"),
        style=picture(asked.style, "style"),
        engine=GATYS.name,
        options={"iterations": asked.iterations},
        owner="",
        format="jpeg",
    )
    job = parts().transfers.submit(with_owner(order))
    return jsonify(hash=job.id, secret=parts().access.secret_of(job))


@image_service.get("/image/<hash>")
def get_image(hash: str) -> Response:
    """The painting as a JPEG, or how far it is.

    Raises:
        PaintingFailed, Cancelled: saying why there will be none.
    """
    job = parts().access.look(job_id(hash), caller())
    if not is_done(job):
        return jsonify(message=f"{job.status.value}: {percent(job)} % are painted.".capitalize())
    data, _ = parts().results.result(job.id, format="jpeg")
    return jsonify(image={"py/b64": base64.b64encode(data).decode()})


def pickled_body() -> dict[str, Any]:
    """A body in jsonpickle's form, read as plain JSON: `py/b64` is a key like any other.

    Raises:
        BadRequest: for every other `py/…` key. Those name classes and functions; nothing of that
            kind is ever looked up here.
    """
    body = json_body()
    refuse_pickles(body)
    return {name: unwrapped(value) for name, value in body.items()}


def refuse_pickles(body: object) -> None:
    """Look at every key, however deep it is; the depth is unknown, so nothing recurses."""
    unseen = [body]
    while unseen:
        each = unseen.pop()
        if isinstance(each, list):
            unseen += each
        elif isinstance(each, dict):
            unseen += each.values()
            for name in each:
                if name.startswith("py/") and name != "py/b64":
                    raise BadRequest(
                        f"The body has the key {name[:40]!r}; of jsonpickle's keys only "
                        "'py/b64' is read here, and nothing is unpickled."
                    )


def unwrapped(value: Any) -> Any:
    """The text of `{"py/b64": text}`; anything else as it is."""
    return value["py/b64"] if isinstance(value, dict) and set(value) == {"py/b64"} else value
