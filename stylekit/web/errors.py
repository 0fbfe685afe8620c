"""Errors as responses: one table of statuses, one shape of body."""

import logging
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from stylekit import bodies
from stylekit.errors import (
    BadPicture,
    BadRequest,
    Cancelled,
    Conflict,
    Gone,
    KeyNeeded,
    NotAllowed,
    NotEnoughMemory,
    NotFound,
    NotReady,
    PaintingFailed,
    RequestTooLarge,
    StillPainting,
    StylekitError,
    TooLarge,
    TooManyRequests,
    Unavailable,
)
from stylekit.web.api.serializers import address, as_json
from stylekit.web.context import context

log = logging.getLogger(__name__)

STATUSES: dict[type[StylekitError], int] = {
    BadRequest: 400,
    BadPicture: 422,
    TooLarge: 413,
    KeyNeeded: 401,
    NotAllowed: 403,
    NotFound: 404,
    NotReady: 409,
    Conflict: 409,
    Cancelled: 409,
    Gone: 410,
    TooManyRequests: 429,
    Unavailable: 503,
    PaintingFailed: 500,
    NotEnoughMemory: 503,
}
"""The status of each class of error and of the classes below it. All else is our fault: 500."""

INTERNAL_ERROR = "Something broke on our side."

CODES = {404: "not_found", 405: "method_not_allowed", 415: "unsupported_media_type"}
MESSAGES = {
    404: "There is nothing at this address.",
    405: "This address does not take {method}.",
    415: "This address does not take bodies of that type.",
}
"""What the framework refuses by itself, in our words."""

MAX_DRAINED = 4  # times the limit: how much of a body that is too large is read and dropped
CHUNK = 1 << 16
MEMORY_SECONDS = 10  # of Retry-After


def install(app: Flask) -> None:
    """Answer every failure of `app` in our shape."""
    app.before_request(refuse_unknown_length)
    app.register_error_handler(StylekitError, refuse)
    app.register_error_handler(RequestEntityTooLarge, refuse_large)
    app.register_error_handler(HTTPException, refuse_http)
    app.register_error_handler(MemoryError, refuse_out_of_memory)
    app.register_error_handler(Exception, reply_internal)


def refuse(error: StylekitError) -> Response:
    """An error of ours: its own words, and the status of its class."""
    status = status_of(error)
    if status is None:
        return reply_internal(error)
    answer = reply(status, error.code, str(error))
    if isinstance(error, NotEnoughMemory):
        answer.headers["Retry-After"] = str(MEMORY_SECONDS)
    if isinstance(error, Unavailable):
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, StillPainting):
        answer.headers["Location"] = address(error.job_id)
    if isinstance(error, KeyNeeded):
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def status_of(error: StylekitError) -> int | None:
    """The status of the nearest class in the table; None for what is our fault."""
    return next((STATUSES[each] for each in type(error).__mro__ if each in STATUSES), None)


def refuse_unknown_length() -> None:
    """Read a body of unknown length, which the framework would cut at the limit.

    Raises:
        RequestEntityTooLarge: when it is longer than that.
    """
    limit = request.max_content_length
    if request.content_length is None and limit is not None and len(request.get_data()) >= limit:
        raise RequestEntityTooLarge


def refuse_large(error: RequestEntityTooLarge) -> Response:
    """A body with more bytes than we accept.

    What is left of it is read and dropped first, within reason: a browser that is still sending
    when the connection closes never sees the answer.
    """
    limit = request.max_content_length or 0
    left = min(request.content_length or 0, MAX_DRAINED * limit)
    while left > 0 and (chunk := request.environ["wsgi.input"].read(min(CHUNK, left))):
        left -= len(chunk)
    stated = request.content_length
    size = f"{stated:,} bytes" if stated and stated > limit else "too many bytes"
    return refuse(RequestTooLarge(f"The request has {size}; the most we accept is {limit:,}."))


def refuse_http(error: HTTPException) -> Response:
    """What the framework refuses: no such address, no such method, a broken form."""
    status = error.code or 500
    words = MESSAGES.get(status, error.description or error.name).format(method=request.method)
    answer = reply(status, CODES.get(status, "bad_request" if status < 500 else "error"), words)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "location", "retry-after"):
            answer.headers[name] = value
    return answer


def refuse_out_of_memory(error: MemoryError) -> Response:
    """503 for a request that there is no memory for; nothing is wrong with it."""
    log.warning("out of memory request=%s", context().id)
    return refuse(NotEnoughMemory("There is not enough memory for this just now; try again."))


def reply_internal(error: Exception) -> Response:
    """500 for anything else, which is logged with the request's id and not shown."""
    log.error("request error request=%s", context().id, exc_info=error)
    return reply(500, "internal", INTERNAL_ERROR)


def reply(status: int, code: str, message: str) -> Response:
    """The error as JSON, or as a page for people."""
    context().error_code = code
    if wants_page():
        answer = make_response(
            render_template("error.html", status=status, message=message, error_id=context().id)
        )
    else:
        answer = jsonify(error_body(code, message))
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer


def error_body(code: str, message: str) -> dict[str, Any]:
    """The one shape; the endpoints of earlier clients say the same in those clients' words."""
    detail = bodies.ErrorDetail(code=code, message=message, id=context().id)
    return as_json(bodies.Error(error=detail))


def wants_page() -> bool:
    """Whether a browser asked for a page; programs do not say text/html."""
    accepted = request.accept_mimetypes
    return "text/html" in accepted.values() and (
        accepted["text/html"] >= accepted["application/json"]
    )
