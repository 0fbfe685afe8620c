"""Makes a job of a request: files, row and message, or nothing at all."""

import logging
import math
from contextlib import suppress

from stylekit.errors import Busy, JobNotFound, QueueUnavailable, StylekitError
from stylekit.events import Events, announce
from stylekit.jobs import Job, Status
from stylekit.jobs.files import named_folder, new_folder, remove_folder
from stylekit.queues.base import Queue
from stylekit.storage import FileStore
from stylekit.transfers.access import Access
from stylekit.transfers.requests import PackedRequest

log = logging.getLogger(__name__)

UNSUCCESSFUL = (Status.FAILED, Status.CANCELLED)


class Submission:
    """Enters jobs. Where one part is away, the others keep nothing of it."""

    def __init__(
        self, *, access: Access, files: FileStore, queue: Queue, events: Events, max_queued: int
    ) -> None:
        """Enter jobs into these parts, and at most `max_queued` of each engine."""
        self.access, self.jobs, self.files = access, access.jobs, files
        self.queue, self.events, self.max_queued = queue, events, max_queued

    def submit(self, id: str, request: PackedRequest, engine_version: str) -> Job:
        """The job of this id: the one that there is, or a new one.

        One that failed, was cancelled, was deleted or has expired runs again.
        """
        job = self._job(id)
        if job is not None and job.status == Status.QUEUED:
            job = self.jobs.keep(id)  # whoever began it may be about to take it back
        if job is None or job.deleted or job.expired:
            job = self._begin(id, request, engine_version)
        elif job.status in UNSUCCESSFUL:
            self._keep(job.folder, request)  # what was kept may be gone
            job = self.start_again(job)
        if request.order.public and not job.public:
            job = announce(self.events, self.jobs.sharing.set_public(id, True))
        return job

    def start_again(self, job: Job) -> Job:
        """Queue a job that ended again, with the files that are kept of it."""
        self._refuse_full_queue(job.engine, job.owner, job.address)
        queued = self.jobs.requeue(job.id)
        if queued is None:  # another retry was first, and sends it or takes it back
            return self.jobs.keep(job.id) or self.access.find(job.id)
        self._send(queued, deleted_if_not=False)
        log.info("job submitted again engine=%s", queued.engine)
        return announce(self.events, queued)

    def _job(self, id: str) -> Job | None:
        with suppress(JobNotFound):
            return self.jobs.get(id)
        return None

    def _begin(self, id: str, request: PackedRequest, engine_version: str) -> Job:
        order = request.order
        self._refuse_full_queue(order.engine, order.owner, order.address)
        folder = new_folder(id)
        try:
            row = request.as_job(id, *self._keep(folder, request), engine_version)
            job, is_first = self.jobs.enter(row)
            if is_first:
                self._keep_again(job, request)
                self._send(job, deleted_if_not=True)
            elif self.jobs.keep(id) is None:  # whoever was first could not send it
                raise QueueUnavailable("The queue cannot be reached; try again in a moment.")
        finally:
            self._remove_unless_named(folder, id)
        log.info("job submitted engine=%s", job.engine)
        return announce(self.events, job)

    def _keep(self, folder: str, request: PackedRequest) -> tuple[str, str]:
        """Store both pictures; returns their keys."""
        content, style = request.content, request.style
        content_key = f"{folder}/content.{content.format}"
        style_key = f"{folder}/style.{style.format}"
        self.files.write(content_key, content.data, content_type=content.content_type)
        self.files.write(style_key, style.data, content_type=style.content_type)
        return content_key, style_key

    def _keep_again(self, job: Job, request: PackedRequest) -> None:
        """Store what went with the deletion of an earlier order while this one was entered."""
        was_known = job.version > 1
        if was_known and not all(map(self.files.exists, (job.content_key, job.style_key))):
            self._keep(job.folder, request)

    def _remove_unless_named(self, folder: str, id: str) -> None:
        """Remove the files of a submission that has not got the row."""
        with suppress(StylekitError):
            if named_folder(self.jobs, id) != folder:
                remove_folder(self.files, folder)

    def _send(self, job: Job, *, deleted_if_not: bool) -> None:
        """Send the job's message, or take it back, unless the same was accepted from another."""
        try:
            self.queue.put(job.id, engine=job.engine)
        except QueueUnavailable:
            if cancelled := self.jobs.cancel_if_unchanged(job, deleted=deleted_if_not):
                announce(self.events, cancelled)
            raise

    def _refuse_full_queue(self, engine: str, owner: str, address: str) -> None:
        queue = self.jobs.queues.of(engine)
        if queue.has_room(owner, address, self.max_queued):
            return
        seconds = queue.seconds_until_room(owner, address, self.max_queued)
        after = max(1, math.ceil(seconds))
        waiting, most = len(queue), self.max_queued
        is_full = waiting >= most
        raise Busy(
            f"{waiting} pictures are waiting to be painted; at most {most} may wait. "
            f"Try again in {after} s."
            if is_full
            else f"Your share of the line is used up: {waiting} of {most} places are taken. "
            f"Try again in {after} s.",
            retry_after_seconds=after,
        )
