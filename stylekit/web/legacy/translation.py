"""Shared by the earlier clients' endpoints: who owns a job, and errors in each client's format."""

import hashlib
import hmac
import ipaddress
import json
import math
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from stylekit.errors import (
    Cancelled,
    PaintingFailed,
    StylekitError,
)
from stylekit.jobs import Job, Status
from stylekit.web.security.identity import known_owner, parts

OWNER_LENGTH = 32  # hexadecimal digits: 128 bits
IPV6_NETWORK = 64  # bits of an IPv6 address that stay the same; the rest may change every hour

UNHAPPY: dict[Status, type[StylekitError]] = {
    Status.FAILED: PaintingFailed,
    Status.CANCELLED: Cancelled,
}
ALMOST = 99  # per cent shown of a job that is not done

Words = Callable[[str, int], dict[str, Any]]
"""What a client expects of an error, from its message and its status."""


def speaking(name: str, words: Words) -> Blueprint:
    """The doors of one client; their errors come in its words, with their usual status."""
    doors = Blueprint(name, __name__)

    @doors.after_request
    def translate(response: Response) -> Response:
        status = response.status_code
        body = response.get_json(silent=True) if status >= 400 else None
        if isinstance(body, dict) and isinstance(body.get("error"), dict):
            response.set_data(json.dumps(words(body["error"]["message"], status)))
        return response

    return doors


def owner() -> str:
    """Who sent a key or a cookie after all, or else whoever asks from this address.

    Earlier clients send nothing that tells one from another. By address, whoever sends the same
    pictures again gets the same id, and everybody else another one. Nobody can act as such an
    owner: cookies are made at random, and keys begin with `key:`. What may act is the `secret`
    that comes with the order's answer.
    """
    return known_owner() or f"address:{of_address(request.remote_addr or '')}"


def of_address(address: str) -> str:
    """A name for an address that does not tell the address."""
    message = f"address\n{network_of(address)}".encode()
    return hmac.new(parts().secret, message, hashlib.sha256).hexdigest()[:OWNER_LENGTH]


def network_of(address: str) -> str:
    """An IPv4 address as it is; of an IPv6 address the part that its holder keeps."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 4:
        return str(known)
    return str(ipaddress.ip_network(f"{known}/{IPV6_NETWORK}", strict=False))


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
