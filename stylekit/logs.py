"""The log of every process, as text or as JSON: each line names the job that it is about.

Whoever knows a job's id may look at its pictures, so no log has a whole one: the beginning is
enough to find the lines and the row of a job, and too little to ask the server for it.
"""

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

FIELDS = ("request_id", "job", "method", "path", "status", "milliseconds", "bytes")
TEXT = "%(asctime)s %(levelname)s %(request_id)s %(name)s: %(subject)s%(message)s"
INFO_LOGGERS = ("stylekit", "celery")
"""Loggers whose INFO lines are written, too."""

ID_DIGITS = 12  # of the 32 digits of an id; the other 80 bits stay secret
ID = re.compile(rf"\b([0-9a-f]{{{ID_DIGITS}}})[0-9a-f]{{20}}\b")

Filter = Callable[[logging.LogRecord], bool]
_job: ContextVar[str] = ContextVar("job", default="")


@contextmanager
def about(job_id: str) -> Iterator[None]:
    """Every line that any module writes while the block runs is about this job.

    A thread that is started there must be given the context (`contextvars.copy_context`).
    """
    token = _job.set(job_id)
    try:
        yield
    finally:
        _job.reset(token)


def set_up(log_format: str, *filters: Filter) -> None:
    """Write the log of this process to standard error. Only the program itself calls this.

    `filters` may put more into a record, such as `request_id` and `job`.
    """
    handler = logging.StreamHandler(sys.stderr)
    for each in (*filters, add_job):
        handler.addFilter(each)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter(TEXT))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in INFO_LOGGERS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    server = logging.getLogger("gunicorn.error")
    server.handlers, server.propagate = [], True


def add_job(record: logging.LogRecord) -> bool:
    """Give the line the job that it is about, and say so in words, too."""
    job = vars(record).get("job") or _job.get()
    record.job, record.subject = job, f"job {job}: " if job else ""
    record.request_id = vars(record).get("request_id", "-")
    return True


def without_ids(line: str) -> str:
    """The line with every job's id cut short, wherever it stands."""
    return ID.sub(r"\1", line)


class TextFormatter(logging.Formatter):
    """Lines for people."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the exception's text below it where there is one."""
        return without_ids(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object in a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's fields, and the exception's text where there is one."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        told = vars(record)
        line |= {name: told[name] for name in FIELDS if told.get(name, "-") not in ("-", "")}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return without_ids(json.dumps(line))
