"""Server-sent events of a job and of the feed."""

import json
import time
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request, stream_with_context
from flask.typing import ResponseReturnValue

from stylekit.errors import Gone, NotFound, StylekitError, Unavailable
from stylekit.events import JobChanged
from stylekit.jobs import Job, Status
from stylekit.web.api.serializers import as_json, job_json, jobs_of
from stylekit.web.realtime.connection_limit import connection_limit
from stylekit.web.security.identity import caller, parts

live = Blueprint("live", __name__)

POLL_SECONDS = 1.0  # the row is the truth, an event only a hint: look at least this often
FEED_SECONDS = 5.0  # and at the feed
MAX_SECONDS = 600.0  # then the browser connects again: no thread is held for ever
RETRY_MILLISECONDS = 2000
FEED_LENGTH = 24
KEEP_ALIVE = ": still here\n\n"
"""A comment: sending it finds out whether anybody still listens."""


@live.get("/api/v1/jobs/<id>/events")
def job_events(id: str) -> ResponseReturnValue:
    """The job now and at every change, until it has ended."""
    job = parts().access.look(id, caller())
    seen = request.headers.get("Last-Event-ID", "")
    if job.status.is_final and seen == str(job.version):
        return "", 204  # a browser that connected again learns that there is no more
    return stream(job_changes(id, seen))


@live.get("/api/v1/feed/events")
def feed_events() -> Response:
    """Every picture that comes into the feed or is taken back."""
    return stream(feed_changes())


def job_changes(id: str, seen: str) -> Iterator[str]:
    """The job, now and whenever it has changed; ends with it."""
    with parts().events.subscribe(id) as changes:
        for _ in until_closed():
            job = found(id)
            if job is None:
                return  # whoever connects again is told that it is gone
            if str(job.version) != seen:
                seen = str(job.version)
                yield event(job_json(job), seen)
            if job.status.is_final:
                return
            if changes.next(POLL_SECONDS) is None:
                yield KEEP_ALIVE


def found(id: str) -> Job | None:
    """The job; None when it is no longer there."""
    try:
        return parts().access.find(id)
    except (NotFound, Gone):
        return None


def feed_changes() -> Iterator[str]:
    """Jobs as they are shown or changed, and `{"id", "public": false}` as they are taken back."""
    shown = newest()
    with parts().events.subscribe(None) as changes:
        for _ in until_closed():
            yield KEEP_ALIVE
            change = changes.next(FEED_SECONDS)
            if change is None or concerns_feed(change, shown):
                now = newest()
                for id in taken_back(shown, now):
                    yield event({"id": id, "public": False})
                fresh = [job for id, job in now.items() if looks_new(job, shown.get(id))]
                for each in jobs_of(fresh):
                    yield event(as_json(each))
                shown = now


def newest() -> dict[str, Job]:
    """The first page of the feed, by id."""
    return {job.id: job for job in parts().jobs.queries.feed(limit=FEED_LENGTH)}


def concerns_feed(change: JobChanged, shown: dict[str, Job]) -> bool:
    """Whether the feed may look otherwise now."""
    return change.job_id in shown or (change.public and change.status == Status.DONE)


def looks_new(job: Job, before: Job | None) -> bool:
    """Whether the feed shows more or less of it than before."""
    return before is None or before.photo_shared != job.photo_shared


def taken_back(before: dict[str, Job], now: dict[str, Job]) -> list[str]:
    """Ids that are gone, and not only because newer ones pushed them from the page."""
    oldest = min((job.published_at or 0 for job in now.values()), default=0.0)
    is_whole = len(now) < FEED_LENGTH
    return [
        id
        for id, job in before.items()
        if id not in now and (is_whole or (job.published_at or 0) > oldest)
    ]


def until_closed() -> Iterator[None]:
    """One turn after the other, until the stream has lasted its time or the server stops."""
    end = time.monotonic() + MAX_SECONDS
    while time.monotonic() < end and not connection_limit().closing.is_set():
        yield


def event(data: dict[str, Any], id: str = "") -> str:
    """An event named `job`."""
    number = f"id: {id}\n" if id else ""
    return f"{number}event: job\ndata: {json.dumps(data)}\n\n"


def stream(lines: Iterator[str]) -> Response:
    """The lines as they come, as one of the connections that `ConnectionLimit` counts.

    Raises:
        Busy: when the limit is reached.
        Unavailable: on App Engine, which passes an answer on only once it has ended.
    """
    if parts().settings.app_engine:
        raise Unavailable("Nothing is streamed here; ask again instead.", retry_after_seconds=3600)
    limit = connection_limit()
    limit.take()
    response = Response(stream_with_context(with_retry(lines)), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that collects would hold events back
    response.call_on_close(limit.give_back)
    return response


def with_retry(lines: Iterator[str]) -> Iterator[str]:
    """The lines, after the time to reconnect; a store that is unavailable ends them."""
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    try:
        yield from lines
    except StylekitError:
        return
