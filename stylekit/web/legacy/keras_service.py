"""The door of the Keras service: POST /stylize."""

import math
from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify

from stylekit import images
from stylekit.engines.registry import GATYS
from stylekit.errors import StillPainting, TooLarge
from stylekit.jobs import Job
from stylekit.transfers.requests import Order
from stylekit.web.api.parsing import json_body, picture, whole_number
from stylekit.web.legacy.translation import is_done, owner, percent, speaking
from stylekit.web.security.identity import parts

MOST_ITERATIONS = 1000  # of one request to /stylize


SHORTEST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 5, 60


keras_service = speaking("keras_service", lambda message: {"error": message})


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
        engine=GATYS.name,
        options={"iterations": all_iterations(body)},
        owner=owner(),
    )
    job = painted_in_time(parts().transfers.submit(order))
    data, _ = parts().results.result(job.id)
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
