"""Server-sent events: follow a job while it is painted, or the feed."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Blueprint, Response, current_app, stream_with_context
from flask.typing import ResponseReturnValue

from stylekit.errors import Busy, StylekitError
from stylekit.jobs import Job
from stylekit.web.replies import job_json, parts

live = Blueprint("live", __name__)

BEAT_SECONDS = 10.0  # a comment this often tells whether anybody still listens
LONGEST_SECONDS = 600.0  # then the browser connects again: no thread is held for ever
RETRY_MILLISECONDS = 2000
FEED_LENGTH = 24


class Places:
    """So many open streams at a time: each holds a thread of the server."""

    def __init__(self, most: int) -> None:
        """All are free."""
        self.most, self.taken = most, 0
        self._lock = threading.Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place while the stream is open. Entered before the first byte is sent.

        Raises:
            Busy: when all are taken; the page asks instead.
        """
        with self._lock:
            if self.taken >= self.most:
                raise Busy(
                    f"All {self.most} live streams are taken; ask again instead.",
                    retry_after_seconds=5,
                )
            self.taken += 1
        try:
            yield
        finally:
            with self._lock:
                self.taken -= 1


@live.get("/api/v1/jobs/<id>/events")
def job_events(id: str) -> ResponseReturnValue:
    """Every change of a job, as `event: job` with the job as data, until it has ended."""
    find = parts().transfers.find

    def changes() -> Iterator[str]:
        seen = -1
        with parts().events.subscribe(id) as listener:
            for _ in beats(listener.next):
                try:
                    job = find(id)
                except StylekitError:  # deleted or expired: asking again will say so
                    return
                if job.version != seen:
                    seen = job.version
                    yield event(job)
                else:
                    yield ": still here\n\n"
                if job.status.is_final:
                    return

    find(id)  # a stranger's guess gets 404, not a stream
    return stream(changes)


@live.get("/api/v1/feed/events")
def feed_events() -> ResponseReturnValue:
    """Every picture that is newly shown in the feed, as `event: job`."""

    def changes() -> Iterator[str]:
        known = {job.id for job in parts().transfers.feed(limit=FEED_LENGTH)}
        with parts().events.subscribe(None) as listener:
            for _ in beats(listener.next):
                new = [j for j in parts().transfers.feed(limit=FEED_LENGTH) if j.id not in known]
                known.update(job.id for job in new)
                for job in reversed(new):
                    yield event(job)
                yield ": still here\n\n"

    return stream(changes)


def beats(next_change: Callable[[float], object]) -> Iterator[None]:
    """At once, then at every change and at least every BEAT_SECONDS, for LONGEST_SECONDS."""
    beats_left = int(LONGEST_SECONDS / BEAT_SECONDS)
    while beats_left > 0:
        yield None
        if next_change(BEAT_SECONDS) is None:
            beats_left -= 1


def event(job: Job) -> str:
    """A job as one server-sent event."""
    return f"event: job\nid: {job.version}\ndata: {json.dumps(job_json(job))}\n\n"


def stream(changes: Callable[[], Iterator[str]]) -> Response:
    """A stream that holds one of the places until it ends or the listener has gone."""
    place = places().place()
    place.__enter__()

    def lines() -> Iterator[str]:
        yield f"retry: {RETRY_MILLISECONDS}\n\n"
        yield from changes()

    response = Response(stream_with_context(lines()), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold events back
    response.call_on_close(lambda: place.__exit__(None, None, None))
    return response


def places() -> Places:
    """The places of this application."""
    found: Places = current_app.extensions.setdefault(
        "stylekit_streams", Places(parts().settings.max_streams)
    )
    return found
