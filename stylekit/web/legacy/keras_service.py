"""The endpoint of the Keras service: POST /stylize."""

import json
import math
import time
from collections.abc import Iterator

from flask import Response, jsonify, stream_with_context

from stylekit import bodies, images
from stylekit.engines.registry import GATYS
from stylekit.errors import Busy, StillPainting, StylekitError, TooLarge
from stylekit.jobs import Job
from stylekit.transfers.requests import Order
from stylekit.web.api.parsing import json_body, picture, read
from stylekit.web.legacy.compatibility import client_blueprint, is_done, percent, with_owner
from stylekit.web.realtime.connection_limit import ConnectionLimit, connection_limit
from stylekit.web.security.identity import parts
from stylekit.web.security.middleware import from_any_origin

MAX_ITERATIONS = 1000  # of one request to /stylize
MIN_RETRY_SECONDS, MAX_RETRY_SECONDS = 5, 60
LOOK_SECONDS, SPACE_SECONDS = 1.0, 10.0  # between two looks at the job, and two spaces

keras_service = client_blueprint("keras_service", lambda message, status: {"error": message})


class KerasOrder(bodies.Body):
    """The body of `POST /stylize`."""

    content_img: bodies.Picture
    style_img: bodies.Picture
    epochs: bodies.WholeNumber
    steps_per_epoch: bodies.WholeNumber


@keras_service.post("/stylize")
@from_any_origin
def stylize() -> Response:
    """Paint as many iterations as were asked for, and answer with the picture.

    Raises:
        TooLarge: for more iterations than we accept.
        StillPainting: when it takes longer than we wait. The same request later gets the picture.
    """
    asked = read(KerasOrder, json_body())
    order = Order(
        content=picture(asked.content_img, "content_img"),
        style=picture(asked.style_img, "style_img"),
        engine=GATYS.name,
        options={"iterations": all_iterations(asked)},
        owner="",
        format="jpeg",
    )
    job = parts().transfers.submit(with_owner(order))
    if not job.status.is_final:
        job = parts().transfers.wait(job.id, parts().settings.stylize_seconds)
    return jsonify(answer_of(job)) if is_done(job) else answered_later(job)


def all_iterations(asked: KerasOrder) -> int:
    """Epochs × steps of each."""
    epochs, steps = asked.epochs, asked.steps_per_epoch
    if max(epochs, steps) > MAX_ITERATIONS or epochs * steps > MAX_ITERATIONS:
        raise TooLarge(f"epochs × steps_per_epoch can be at most {MAX_ITERATIONS:,} iterations.")
    return epochs * steps


def answer_of(job: Job) -> dict[str, str]:
    """The painting, and what may act on its job."""
    data, _ = parts().results.result(job.id)
    secret = parts().access.secret_of(job)
    return {"result": images.data_url(data), "id": job.id, "secret": secret}


def answered_later(job: Job) -> Response:
    """An answer that begins now, with spaces, and ends with the picture.

    A service of one process took as long as it took, and its clients know no other answer than
    the picture. Proxies and clients give up a connection on which nothing comes; JSON may begin
    with spaces. So a request that waits behind others is answered, however long that takes.

    Raises:
        StillPainting: when every place for connections that last is taken.
    """
    held = connection_limit()
    try:
        held.take()
    except Busy:
        raise still_painting(job) from None
    response = Response(stream_with_context(spaces_then_answer(job, held)))
    response.mimetype = "application/json"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(held.give_back)
    return response


def spaces_then_answer(job: Job, held: ConnectionLimit) -> Iterator[str]:
    """A space now and then, and at last the same JSON as at once; a failure is {"error"}."""
    yield " "
    try:
        next_space = time.monotonic() + SPACE_SECONDS
        while not job.status.is_final and not held.closing.wait(LOOK_SECONDS):
            if time.monotonic() >= next_space:
                next_space += SPACE_SECONDS
                yield " "
            job = parts().access.find(job.id)
        if not is_done(job):
            raise still_painting(job)
        yield json.dumps(answer_of(job))
    except StylekitError as error:
        yield json.dumps({"error": str(error)})


def still_painting(job: Job) -> StillPainting:
    """For whoever must ask again, and when."""
    left = job.eta_seconds if job.eta_seconds and math.isfinite(job.eta_seconds) else 0
    after = min(max(math.ceil(left), MIN_RETRY_SECONDS), MAX_RETRY_SECONDS)
    return StillPainting(
        f"The painting is not finished yet and goes on: {percent(job)} % "
        f"are painted. Send the same request again in {after} s.",
        job_id=job.id,
        retry_after_seconds=after,
    )
