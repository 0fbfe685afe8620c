"""The log: one line for each request, with its id; as text or as JSON."""

import json
import logging
import sys
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, has_request_context, request

access = logging.getLogger("stylekit.access")

QUIET = ("static", "bootstrap.static", "jquery", "health.healthz", "health.readyz", "health.scrape")
"""Endpoints that are asked all the time; their lines are for debugging."""

FIELDS = ("request_id", "method", "path", "status", "milliseconds", "bytes")
TEXT = "%(asctime)s %(levelname)s %(request_id)s %(name)s: %(message)s"


class JsonFormatter(logging.Formatter):
    """One JSON object in a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's fields, and the exception's text where there is one."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: vars(record)[name] for name in FIELDS if name in vars(record)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def name_request(record: logging.LogRecord) -> bool:
    """Give every line the id of the request that it belongs to."""
    record.request_id = g.get("request_id", "-") if has_request_context() else "-"
    return True


def set_up(log_format: str) -> None:
    """Write the log of this process to standard error. Only the program itself calls this."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(name_request)
    formatter = JsonFormatter() if log_format == "json" else logging.Formatter(TEXT)
    handler.setFormatter(formatter)
    root = logging.getLogger("stylekit")
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    root.propagate = False


def install(app: Flask) -> None:
    """Log every answer of the application."""
    app.after_request(log_answer)


def log_answer(response: Response) -> Response:
    """One line. The query string stays out of it: it may hold an id."""
    milliseconds = round(1000 * (time.monotonic() - g.get("started", time.monotonic())))
    size = response.content_length or 0
    access.log(
        logging.DEBUG if request.endpoint in QUIET else logging.INFO,
        "%s %s %s %d ms %d bytes",
        request.method, request.path, response.status_code, milliseconds, size,
        extra={
            "method": request.method, "path": request.path, "status": response.status_code,
            "milliseconds": milliseconds, "bytes": size,
        },
    )  # fmt: skip
    return response
