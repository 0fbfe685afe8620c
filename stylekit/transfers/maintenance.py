"""Maintenance: requeue jobs of dead workers, resend lost messages, expire, remove orphans."""

import logging
import math
from collections import Counter

from stylekit.engines.registry import OPTIONS
from stylekit.errors import JobNotFound
from stylekit.events import Events, announce
from stylekit.jobs import Job, JobStore, Status
from stylekit.jobs.files import ROOT, remove_folder, remove_unnamed
from stylekit.logs import about
from stylekit.queues.base import Queue
from stylekit.storage import FileStore
from stylekit.transfers.uploads import Uploads

log = logging.getLogger(__name__)

LOST_SECONDS = 20.0  # a message that was just sent may not be counted yet
UNFINISHED_SECONDS = 3600.0  # far longer than any file takes to write
ALL_WORKERS_DIED = {
    "error": "Every worker that tried to paint this picture died.",
    "error_code": "worker_lost",
}


class Maintenance:
    """Keeps the row, the message and the files of each job consistent."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        files: FileStore,
        queue: Queue,
        events: Events,
        uploads: Uploads | None = None,
        removes_orphans: bool = True,
        most_bytes: int = 0,
    ) -> None:
        """Keep these parts in order, and at most so many bytes of pictures (0: any number).

        Removing orphans lists every job's folder: not for a bucket of millions.
        """
        self.jobs, self.files, self.queue, self.events = jobs, files, queue, events
        self.uploads = uploads
        self.removes_orphans, self.most_bytes = removes_orphans, most_bytes
        self._orphans: set[str] = set()

    def sweep(self) -> list[Job]:
        """Put jobs back whose worker died, and send lost messages again; returns what changed."""
        changed = self.jobs.maintenance.sweep()
        changed += filter(
            None,
            [
                self.jobs.maintenance.count_lost_attempt(id, **ALL_WORKERS_DIED)
                for id in self.queue.dead()
            ],
        )
        for job in changed:
            with about(job.id):
                log.info('worker lost status=%s reason="%s"', job.status, job.error)
            announce(self.events, job)
            if job.deleted:
                remove_unnamed(self.files, self.jobs, job.id)
        waiting = [job for job in changed if job.status == Status.QUEUED]
        lost = [job for engine in OPTIONS for job in self._lost(engine)]
        for job in lost:
            with about(job.id):
                log.info("message lost engine=%s", job.engine)
        for job in waiting + lost:
            self.queue.put(job.id, engine=job.engine)
        self.make_room()
        return changed

    def expire(self) -> list[Job]:
        """Delete what has been kept long enough, and files that belong to no job; returns jobs."""
        expired = self._expire("age")
        self.files.remove_unfinished(older_than_seconds=UNFINISHED_SECONDS)
        if self.removes_orphans:
            self._remove_orphans()
        if self.uploads is not None:
            self.uploads.expire()
        return expired

    def make_room(self) -> list[Job]:
        """While more bytes are kept than may be, expire the oldest results; returns them.

        Where that is not enough, photos that wait to be painted go, too: they can be sent again.
        """
        if not self.most_bytes:
            return []
        sizes = Counter[str]()
        for key, size in self.files.sizes(""):
            sizes["/".join(key.split("/")[:2])] += size
        over, expired = sizes.total() - self.most_bytes, list[Job]()
        if over > 0 and (until := self._expiry_that_frees(sizes, over)):
            expired = self._expire("space", until)
            over -= sum(sizes[f"jobs/{job.id}"] for job in expired)
        if over > 0:
            remove_folder(self.files, "uploads")
        return expired

    def _expiry_that_frees(self, sizes: Counter[str], over: int) -> float:
        """The moment until which ended jobs must expire to free so many bytes; 0 for none."""
        known = (self._job(name.removeprefix("jobs/")) for name in sizes)
        ended = [job for job in known if job and job.status.is_final and not job.deleted]
        until = 0.0
        for job in sorted(ended, key=lambda job: job.expires_at or 0.0):
            if over <= 0:
                break
            until = math.nextafter(job.expires_at or 0.0, math.inf)
            over -= sizes[f"jobs/{job.id}"]
        return until

    def _expire(self, reason: str, now: float | None = None) -> list[Job]:
        expired = self.jobs.maintenance.expire(now)
        for job in expired:
            with about(job.id):
                log.info("job expired reason=%s", reason)
            announce(self.events, job)
            remove_unnamed(self.files, self.jobs, job.id)
        return expired

    def _lost(self, engine: str) -> list[Job]:
        """Jobs that wait for the engine without a message.

        A message is a turn for whichever job is next, so what counts is how many there are.
        """
        missing = self.jobs.queries.count(Status.QUEUED, engine=engine) - self.queue.length(engine)
        if missing <= 0:
            return []
        return self.jobs.maintenance.mark_resent(
            engine, most=missing, older_than_seconds=LOST_SECONDS
        )

    def _remove_orphans(self) -> None:
        """Remove folders that no living job's row names.

        Those of an id without any row may belong to a submission under way, so they go only when
        they are seen a second time.
        """
        orphans, ids = set[str](), set(self.files.folders(f"{ROOT}/"))
        named = self.jobs.queries.folders(ids)
        for id in sorted(ids):
            found = {f"{ROOT}/{id}/{name}" for name in self.files.folders(f"{ROOT}/{id}/")}
            if not found - {named.get(id)}:
                continue
            if self._job(id) is not None:
                remove_unnamed(self.files, self.jobs, id)
                continue
            for folder in found & self._orphans:
                remove_folder(self.files, folder)
            orphans |= found - self._orphans
        self._orphans = orphans

    def _job(self, id: str) -> Job | None:
        try:
            return self.jobs.get(id)
        except JobNotFound:
            return None
