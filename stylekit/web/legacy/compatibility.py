"""Shared by the endpoints of earlier clients: owners of jobs, errors in each client's format."""

import hashlib
import hmac
import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response

from stylekit.errors import (
    Cancelled,
    PaintingFailed,
    StylekitError,
)
from stylekit.jobs import Job, Status
from stylekit.transfers.requests import Order
from stylekit.web.security.idempotency import digest_of
from stylekit.web.security.identity import address, known_owner, parts, set_owner

OWNER_LENGTH = 32  # hexadecimal digits: 128 bits

FAILURES: dict[Status, type[StylekitError]] = {
    Status.FAILED: PaintingFailed,
    Status.CANCELLED: Cancelled,
}
MAX_PERCENT = 99  # per cent shown of a job that is not done

ErrorBody = Callable[[str, int], dict[str, Any]]
"""What a client expects of an error, from its message and its status."""


def client_blueprint(name: str, error_body: ErrorBody) -> Blueprint:
    """A blueprint for the endpoints of one client: errors have its format and the usual status."""
    blueprint = Blueprint(name, __name__)

    @blueprint.after_request
    def translate(response: Response) -> Response:
        status = response.status_code
        body = response.get_json(silent=True) if status >= 400 else None
        if isinstance(body, dict) and isinstance(body.get("error"), dict):
            response.set_data(json.dumps(error_body(body["error"]["message"], status)))
        return response

    return blueprint


def with_owner(order: Order) -> Order:
    """The order with its owner: who sent a key or a cookie after all, or who orders just this here.

    Earlier clients send nothing that tells one from another. By the address and all that is
    ordered, whoever sends the same again gets the same id, and two who share an address share
    nothing else. The answer has a cookie for those who keep one; for everybody there is the
    `secret` that comes with it.
    """
    order = replace(order, address=address())
    if known := known_owner():
        return replace(order, owner=known)
    message = f"earlier\n{address()}\n{digest_of(order)}".encode()
    named = hmac.new(parts().secret, message, hashlib.sha256).hexdigest()
    return replace(order, owner=set_owner(named[:OWNER_LENGTH]))


def is_done(job: Job) -> bool:
    """Whether the result is there; False while it is being painted.

    Raises:
        PaintingFailed, Cancelled: when it never will be.
    """
    if job.status in FAILURES:
        raise FAILURES[job.status](reason(job))
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
    return min(MAX_PERCENT, int(100 * job.fraction)) if math.isfinite(job.fraction) else 0
