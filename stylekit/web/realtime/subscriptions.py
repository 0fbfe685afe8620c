"""Which sockets wait for which jobs, and the events that they get.

What a socket waits for belongs to its owner, not to the socket: whoever comes back under another
socket id, to this server or to another, is told what ended meanwhile. Every server tells its own
sockets; they all hear of changes through `events`, and look at the rows besides, for an event is
only a hint.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from stylekit.errors import Gone, NotFound, StylekitError
from stylekit.events import Listener
from stylekit.jobs import Job, Status
from stylekit.web.security.signed_links import seal
from stylekit.wiring import Parts

log = logging.getLogger(__name__)

COMPLETED, FAILED = "TRANSFER_STYLE_COMPLETED", "TRANSFER_STYLE_FAILED"
POLL_SECONDS = 0.5
MAX_RECENT = 24  # jobs of an owner who connects again, the newest
MAX_REMEMBERED = 1000  # public pictures that are remembered, so that each is shown once

Emit = Callable[[str, str, dict[str, Any]], None]
"""Send an event with its data to a socket, by id."""


@dataclass(frozen=True)
class Visitor:
    """Whose socket it is, and this server's address as they know it."""

    owner: str
    root: str

    def url(self, address: str) -> str:
        """An address of ours or of a bucket, as they can open it."""
        return address if "://" in address else f"{self.root}{address}"


Socket = tuple[str, Visitor]
"""A socket's id, and whose it is."""


class Subscriptions:
    """The sockets of one process. Safe between threads."""

    def __init__(
        self,
        parts: Parts,
        closing: threading.Event,
        *,
        emit: Emit,
        disconnect_all: Callable[[], None],
    ) -> None:
        """No sockets yet; once `closing` is set, all are disconnected."""
        self.parts, self.closing = parts, closing
        self.emit, self.disconnect_all = emit, disconnect_all
        self._visitors: dict[str, Visitor] = {}  # by socket id
        self._subscribers: dict[str, set[str]] = {}  # owners who wait, by job id
        self._announced: dict[str, None] = {}  # ids of public pictures, the oldest first
        self._watcher: threading.Thread | None = None
        self._lock = threading.Lock()

    def add(self, sid: str, visitor: Visitor) -> None:
        """A socket was opened; its owner is told what ended a short while ago."""
        recent = [job.id for job in self._recent(visitor.owner)]
        with self._lock:
            self._visitors[sid] = visitor
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="sockets", daemon=True)
                self._watcher.start()
        self.subscribe(visitor.owner, *recent)

    def remove(self, sid: str) -> None:
        """A socket was closed."""
        with self._lock:
            self._visitors.pop(sid, None)

    def find(self, sid: str) -> Visitor | None:
        """Whose socket it is."""
        with self._lock:
            return self._visitors.get(sid)

    def subscribe(self, owner: str, *ids: str) -> None:
        """Tell this owner when these jobs have ended."""
        with self._lock:
            for id in ids:
                self._subscribers.setdefault(id, set()).add(owner)

    def _recent(self, owner: str) -> Iterator[Job]:
        """The owner's jobs that still run, or ended while a link to them would still work."""
        since = time.time() - self.parts.settings.link_seconds
        for job in self.parts.transfers.mine(owner, limit=MAX_RECENT):
            if not job.status.is_final or (job.finished_at or 0) > since:
                yield job

    # Watching: one thread, for as long as there are sockets ---------------------------------

    def _watch(self) -> None:
        with self.parts.events.subscribe(None) as changes:
            while self._has_sockets():
                try:
                    self._poll(changes)
                except StylekitError as error:  # a store that is unavailable comes back
                    log.warning('socket events lost reason="%s"', error)
                    self.closing.wait(POLL_SECONDS)
        if self.closing.is_set():
            self.disconnect_all()

    def _has_sockets(self) -> bool:
        with self._lock:
            if self._visitors and not self.closing.is_set():
                return True
            self._subscribers.clear()
            self._watcher = None
            return False

    def _poll(self, changes: Listener) -> None:
        """Show what became public, then look after everything that somebody waits for."""
        for change in changes.until(POLL_SECONDS):
            if change.job_id in self._subscribers:
                self._notify_owner(change.job_id)
            elif change.public and change.status == Status.DONE:
                self._notify_all(change.job_id)
        with self._lock:
            wanted = list(self._subscribers)
        for id in wanted:
            self._notify_owner(id)

    def _notify_owner(self, id: str) -> None:
        """Tell whoever waits for the job, if it has ended, and forget that they wait."""
        job, error = self._outcome(id)
        if job is not None and not job.status.is_final:
            return
        if job is None or error:
            self._send(
                self._pop_subscribers(id), f"{FAILED}::{id}", lambda visitor: {"error": error}
            )
            return
        link = self._result_address(job)
        self._send(
            self._pop_subscribers(id), f"{COMPLETED}::{id}", lambda each: {"result": each.url(link)}
        )
        if job.public:
            self._notify_all(id)

    def _notify_all(self, id: str) -> None:
        """Tell everybody of a public picture, once."""
        job, error = self._outcome(id)
        if job is None or error or not job.public:
            return
        with self._lock:
            if id in self._announced:
                return
            self._announced[id] = None
            if len(self._announced) > MAX_REMEMBERED:
                del self._announced[next(iter(self._announced))]
            everybody = list(self._visitors.items())
        link = public_address(job)
        self._send(everybody, COMPLETED, lambda each: {"result": each.url(link)})

    def _outcome(self, id: str) -> tuple[Job | None, str]:
        """The job, and why there will be no result where that is so."""
        try:
            job = self.parts.access.find(id)
        except (NotFound, Gone) as error:
            return None, str(error)
        if job.status == Status.CANCELLED:
            return job, "The painting was cancelled."
        return job, (job.error or "The painting failed.") if job.status == Status.FAILED else ""

    def _pop_subscribers(self, id: str) -> list[Socket]:
        """The sockets that wait for the job, which wait no longer."""
        with self._lock:
            owners = self._subscribers.pop(id, set())
            return [(sid, each) for sid, each in self._visitors.items() if each.owner in owners]

    def _send(
        self, to: list[Socket], event: str, data: Callable[[Visitor], dict[str, Any]]
    ) -> None:
        for sid, visitor in to:
            self.emit(sid, event, data(visitor))

    def _result_address(self, job: Job) -> str:
        """Where the result is: for as long as it is kept if it is public, or else for a while."""
        if job.public:
            return public_address(job)
        seconds = self.parts.settings.link_seconds
        stored = self.parts.results.result_link(job.id, seconds=seconds)
        return stored or f"/results/{seal(job.id, self.parts.secret, seconds=seconds)}"


def public_address(job: Job) -> str:
    """Where everybody finds a public result; the photograph is at the same address below input."""
    return f"/public/output/{job.id}.{job.result_format}"
