"""What the doors of earlier clients share: whose jobs they are, errors in each client's words."""

import json
import math
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from stylekit.errors import (
    Cancelled,
    PaintingFailed,
    StylekitError,
)
from stylekit.jobs import Job, Status
from stylekit.web.security.identity import known_owner

EARLIER_CLIENTS = "earlier-clients"
"""Who owns what clients without a cookie order here.

They send nothing that tells one from another, and what they order is found by its id alone. With
one owner for all of them, whoever sends the same pictures again gets the same id, and nobody can
act as that owner: cookies are made at random, and keys begin with `key:`.
"""

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
