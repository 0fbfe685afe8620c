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
TURN_SECONDS = 0.5
MOST_TOLD_AGAIN = 24  # of what ended while its owner was away, the newest
MOST_SHOWN = 1000  # public pictures that are remembered, so that each is shown once

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


Place = tuple[str, Visitor]
"""A socket's id, and who sits there."""


class Subscriptions:
    """The sockets of one process. Safe between threads."""

    def __init__(
        self,
        parts: Parts,
        closing: threading.Event,
        *,
        emit: Emit,
        let_go: Callable[[], None],
    ) -> None:
        """Nobody is there; once `closing` is set, whoever is there is let go."""
        self.parts, self.closing, self.emit, self.let_go = parts, closing, emit, let_go
        self._visitors: dict[str, Visitor] = {}  # by socket id
        self._wanted: dict[str, set[str]] = {}  # owners who wait, by job id
        self._shown: dict[str, None] = {}  # ids of public pictures, the oldest first
        self._watcher: threading.Thread | None = None
        self._lock = threading.Lock()

    def enter(self, sid: str, visitor: Visitor) -> None:
        """A socket was opened; its owner is told what ended a short while ago."""
        recent = [job.id for job in self._recent(visitor.owner)]
        with self._lock:
            self._visitors[sid] = visitor
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="sockets", daemon=True)
                self._watcher.start()
        self.expect(visitor.owner, *recent)

    def leave(self, sid: str) -> None:
        """A socket was closed."""
        with self._lock:
            self._visitors.pop(sid, None)

    def find(self, sid: str) -> Visitor | None:
        """Who is at the socket."""
        with self._lock:
            return self._visitors.get(sid)

    def expect(self, owner: str, *ids: str) -> None:
        """Tell this owner when these jobs have ended."""
        with self._lock:
            for id in ids:
                self._wanted.setdefault(id, set()).add(owner)

    def _recent(self, owner: str) -> Iterator[Job]:
        """The owner's jobs that still run, or ended while a link to them would still work."""
        since = time.time() - self.parts.settings.link_seconds
        for job in self.parts.transfers.mine(owner, limit=MOST_TOLD_AGAIN):
            if not job.status.is_final or (job.finished_at or 0) > since:
                yield job

    # Watching: one thread, for as long as anybody is there ---------------------------------

    def _watch(self) -> None:
        with self.parts.events.subscribe(None) as changes:
            while self._somebody_is_there():
                try:
                    self._turn(changes)
                except StylekitError as error:  # a store that is away comes back
                    log.warning('socket events lost reason="%s"', error)
                    self.closing.wait(TURN_SECONDS)
        if self.closing.is_set():
            self.let_go()

    def _somebody_is_there(self) -> bool:
        with self._lock:
            if self._visitors and not self.closing.is_set():
                return True
            self._wanted.clear()
            self._watcher = None
            return False

    def _turn(self, changes: Listener) -> None:
        """Show what became public, then look after everything that somebody waits for."""
        for change in changes.until(TURN_SECONDS):
            if change.job_id in self._wanted:
                self._tell(change.job_id)
            elif change.public and change.status == Status.DONE:
                self._show(change.job_id)
        with self._lock:
            wanted = list(self._wanted)
        for id in wanted:
            self._tell(id)

    def _tell(self, id: str) -> None:
        """Tell whoever waits for the job, if it has ended, and forget that they wait."""
        job, error = self._look(id)
        if job is not None and not job.status.is_final:
            return
        if job is None or error:
            self._send(self._take(id), f"{FAILED}::{id}", lambda visitor: {"error": error})
            return
        link = self._link(job)
        self._send(self._take(id), f"{COMPLETED}::{id}", lambda each: {"result": each.url(link)})
        if job.public:
            self._show(id)

    def _show(self, id: str) -> None:
        """Tell everybody of a public picture, once."""
        job, error = self._look(id)
        if job is None or error or not job.public:
            return
        with self._lock:
            if id in self._shown:
                return
            self._shown[id] = None
            if len(self._shown) > MOST_SHOWN:
                del self._shown[next(iter(self._shown))]
            everybody = list(self._visitors.items())
        link = public_address(job)
        self._send(everybody, COMPLETED, lambda each: {"result": each.url(link)})

    def _look(self, id: str) -> tuple[Job | None, str]:
        """The job, and why there will be no result where that is so."""
        try:
            job = self.parts.access.find(id)
        except (NotFound, Gone) as error:
            return None, str(error)
        if job.status == Status.CANCELLED:
            return job, "The painting was cancelled."
        return job, (job.error or "The painting failed.") if job.status == Status.FAILED else ""

    def _take(self, id: str) -> list[Place]:
        """The sockets that wait for the job, which wait no longer."""
        with self._lock:
            owners = self._wanted.pop(id, set())
            return [(sid, each) for sid, each in self._visitors.items() if each.owner in owners]

    def _send(self, to: list[Place], event: str, data: Callable[[Visitor], dict[str, Any]]) -> None:
        for sid, visitor in to:
            self.emit(sid, event, data(visitor))

    def _link(self, job: Job) -> str:
        """Where the result is: for as long as it is kept if it is public, or else for a while."""
        if job.public:
            return public_address(job)
        seconds = self.parts.settings.link_seconds
        stored = self.parts.results.result_link(job.id, seconds=seconds)
        return stored or f"/results/{seal(job.id, self.parts.secret, seconds=seconds)}"


def public_address(job: Job) -> str:
    """Where everybody finds a public result; the photograph is at the same address below input."""
    return f"/public/output/{job.id}.{job.result_format}"
