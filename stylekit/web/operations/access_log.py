"""The access log: one line for each request, with its id and the job that it is about."""

import logging
import time
from urllib.parse import quote

from flask import Flask, Response, has_request_context, request

from stylekit import logs
from stylekit.web.context import context, request_id

PRINTABLE = "".join(map(chr, range(0x21, 0x7F))).replace("%", "")
"""What an address is shown with as it is."""

access = logging.getLogger("stylekit.access")

QUIET = ("static", "bootstrap.static", "jquery", "health.healthz", "health.readyz", "health.scrape")
"""Endpoints that are asked all the time; their lines are for debugging."""


def set_up(log_format: str) -> None:
    """Write the log of this process to standard error. Only the program itself calls this."""
    logs.set_up(log_format, add_request)


def add_request(record: logging.LogRecord) -> bool:
    """Give every line the id of the request that it belongs to, and the job in its address."""
    if has_request_context():
        record.request_id = request_id()
        named = request.view_args or {}
        id = str(named.get("id") or named.get("hash") or "")
        if logs.ID.fullmatch(id):
            record.job = id  # else it is none of ours, or a link
    return True


def install(app: Flask) -> None:
    """Log every answer of the application."""
    app.after_request(log_answer)


def log_answer(response: Response) -> Response:
    """One line. The query string stays out of it: it may hold a key."""
    milliseconds = round(1000 * (time.monotonic() - context().started))
    size = response.content_length or 0
    path = quote(request.path, safe=PRINTABLE)  # decoded it could hold the end of a line
    made = logs.ID.search(response.headers.get("Location", ""))  # a job that was just submitted
    access.log(
        logging.DEBUG if request.endpoint in QUIET else logging.INFO,
        "%s %s %s %d ms %d bytes",
        request.method,
        path,
        response.status_code,
        milliseconds,
        size,
        extra={
            "method": request.method,
            "path": path,
            "status": response.status_code,
            "milliseconds": milliseconds,
            "bytes": size,
            "job": made[0] if made else "",
        },
    )
    return response
