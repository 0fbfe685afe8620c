"""The doors that existing clients already speak: /stylize, /image/…, requestStyleTransfer.

| request                      | answer                                      | errors     |
|------------------------------|---------------------------------------------|------------|
| PUT /image/<iterations>      | {"hash": id}                                | {message}  |
| GET /image/<hash>            | {"image": {"py/b64": JPEG}} or {message}    | {message}  |
| POST /stylize                | {"result": data URL}, once it is painted    | {error}    |
| POST /requestStyleTransfer   | {id, image_success, object_url}             | {error, …} |
| POST /getStyleTransferStatus | {exists, progress, completed, result_image} | {error, …} |

They were an image service, a Keras service and a static site. Errors have the status that they have
everywhere; the site's have its own fields beside `error`, saying no. The services optimised pixels,
so the gatys engine paints for them; the site's network painted in one pass, so the fast engine
does. Bodies are JSON whatever their type says.
"""

import base64
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request

from stylekit import images
from stylekit.errors import (
    BadRequest,
    Cancelled,
    Gone,
    JobNotFound,
    PaintingFailed,
    StillPainting,
    StylekitError,
    TooLarge,
)
from stylekit.jobs import Job, Status
from stylekit.orders import Caller, Order
from stylekit.web.callers import known_owner, parts
from stylekit.web.intake import job_id, json_body, picture, text, whole_number
from stylekit.web.shapes import address

EARLIER_CLIENTS = "earlier-clients"
"""Who owns what clients without a cookie order here.

They send nothing that tells one from another, and what they order is found by its id alone. With
one owner for all of them, whoever sends the same pictures again gets the same id, and nobody can
act as that owner: cookies are made at random, and keys begin with `key:`.
"""

MOST_ITERATIONS = 1000  # of one request to /stylize
SHORTEST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 5, 60
UNHAPPY: dict[Status, type[StylekitError]] = {
    Status.FAILED: PaintingFailed,
    Status.CANCELLED: Cancelled,
}
ALMOST = 99  # per cent shown of a job that is not done

Words = Callable[[str], dict[str, Any]]
"""What a client expects of an error, from its message."""


def speaking(name: str, words: Words) -> Blueprint:
    """The doors of one client; their errors come in its words, with their usual status."""
    doors = Blueprint(name, __name__)

    @doors.after_request
    def translate(response: Response) -> Response:
        body = response.get_json(silent=True) if response.status_code >= 400 else None
        if isinstance(body, dict) and isinstance(body.get("error"), dict):
            response.set_data(json.dumps(words(body["error"]["message"])))
        return response

    return doors


image_service = speaking("image_service", lambda message: {"message": message})
keras_service = speaking("keras_service", lambda message: {"error": message})
site_orders = speaking("site_orders", lambda message: {"image_success": False, "error": message})
site_questions = speaking("site_questions", lambda message: site_status(error=message))
doors = (image_service, keras_service, site_orders, site_questions)


# Image service --------------------------------------------------------------------------------


@image_service.put("/image/<iterations>")
def put_image(iterations: str) -> Response:
    """Begin a painting; the hash names it, and the same request gets the same hash."""
    body = pickled_body()
    order = Order(
        content=picture(body, "content"),
        style=picture(body, "style"),
        engine="gatys",
        options={"iterations": whole_number({"iterations": iterations}, "iterations")},
        owner=owner(),
        format="jpeg",
    )
    return jsonify(hash=parts().transfers.submit(order).id)


@image_service.get("/image/<hash>")
def get_image(hash: str) -> Response:
    """The painting as a JPEG, or how far it is.

    Raises:
        PaintingFailed, Cancelled: saying why there will be none.
    """
    job = parts().transfers.look(job_id(hash), Caller(owner=owner()))
    if not is_done(job):
        return jsonify(message=f"{job.status.value}: {percent(job)} % are painted.".capitalize())
    data, _ = parts().transfers.result(job.id, format="jpeg")
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


# Keras service --------------------------------------------------------------------------------


@keras_service.post("/stylize")
def stylize() -> Response:
    """Paint as many iterations as were asked for, and answer with the picture.

    Raises:
        TooLarge: for more iterations than we accept.
        StillPainting: when it takes longer than we wait. The same request later gets the picture.
    """
    body = json_body()
    order = Order(
        content=picture(body, "content_img"),
        style=picture(body, "style_img"),
        engine="gatys",
        options={"iterations": all_iterations(body)},
        owner=owner(),
    )
    job = painted_in_time(parts().transfers.submit(order))
    data, _ = parts().transfers.result(job.id)
    return jsonify(result=images.data_url(data))


def all_iterations(body: Mapping[str, Any]) -> int:
    """Epochs × steps of each."""
    epochs, steps = whole_number(body, "epochs"), whole_number(body, "steps_per_epoch")
    if max(epochs, steps) > MOST_ITERATIONS or epochs * steps > MOST_ITERATIONS:
        raise TooLarge(f"epochs × steps_per_epoch can be at most {MOST_ITERATIONS:,} iterations.")
    return epochs * steps


def painted_in_time(job: Job) -> Job:
    """The finished job."""
    if not job.status.is_final:
        job = parts().transfers.wait(job.id, parts().settings.stylize_seconds)
    if not is_done(job):
        left = job.eta_seconds if job.eta_seconds and math.isfinite(job.eta_seconds) else 0
        after = min(max(math.ceil(left), SHORTEST_RETRY_SECONDS), LONGEST_RETRY_SECONDS)
        raise StillPainting(
            f"The painting is not finished yet and goes on: {percent(job)} % "
            f"are painted. Send the same request again in {after} s.",
            job_id=job.id,
            retry_after_seconds=after,
        )
    return job


# Static site ----------------------------------------------------------------------------------


@site_orders.post("/requestStyleTransfer")
@site_orders.post("/default/requestStyleTransfer")
def request_style_transfer() -> Response:
    """Begin a painting, and say where it will be."""
    body = json_body()
    text(body, "contentName", "")
    order = Order(content=picture(body, "contentData"), style=site_style(body), owner=owner())
    job = parts().transfers.submit(order)
    there = f"{request.url_root.rstrip('/')}{address(job.id)}/result"
    return jsonify(id=job.id, image_success=True, object_url=there)


def site_style(body: Mapping[str, Any]) -> str | bytes:
    """The picture; where there is none, the preset of that name."""
    name = text(body, "styleName", "")
    return name if name and not body.get("styleData") else picture(body, "styleData")


@site_questions.post("/getStyleTransferStatus")
@site_questions.post("/default/getStyleTransferStatus")
def get_style_transfer_status() -> Response:
    """How far a painting is, in per cent; 100 comes with the picture and not before."""
    body = json_body()
    if "id" not in body:
        raise BadRequest("id is missing: what requestStyleTransfer answered.")
    job = known(text(body, "id", ""))
    if job is None:
        return jsonify(site_status())
    if job.status in UNHAPPY:
        failed = site_status(exists=True, progress=percent(job), error=reason(job))
        return make_response(jsonify(failed), 500)
    if not is_done(job):
        return jsonify(site_status(exists=True, progress=percent(job)))
    data, _ = parts().transfers.result(job.id)
    picture_url = images.data_url(data)
    return jsonify(site_status(exists=True, progress=100, completed=True, result_image=picture_url))


def known(id: str) -> Job | None:
    """The job; None where there is none any more."""
    try:
        return parts().transfers.look(job_id(id), Caller(owner=owner()))
    except (JobNotFound, Gone):
        return None


def site_status(**known: Any) -> dict[str, Any]:
    """All that the site looks at; no to everything that is not known."""
    return {"exists": False, "progress": 0, "completed": False, "result_image": None, **known}


# All of them ----------------------------------------------------------------------------------


def owner() -> str:
    """Who sent a key or a cookie after all, or the one that all others share."""
    return known_owner() or EARLIER_CLIENTS


def is_done(job: Job) -> bool:
    """Whether the result is there; False while it is being painted.

    Raises:
        PaintingFailed, Cancelled: when it never will be.
    """
    if job.status in UNHAPPY:
        raise UNHAPPY[job.status](reason(job))
    return job.status == Status.DONE


def reason(job: Job) -> str:
    """Why there will be no picture."""
    return (
        f"The painting failed: {job.error}"
        if job.status == Status.FAILED
        else "The painting was cancelled."
    )


def percent(job: Job) -> int:
    """How much of an unfinished job is painted."""
    return min(ALMOST, int(100 * job.fraction)) if math.isfinite(job.fraction) else 0
