"""What a caller can ask for: paint now, submit, find, cancel, fetch, list, delete, expire."""

import logging
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from stylekit.errors import (
    Busy,
    Cancelled,
    JobNotFound,
    PaintingFailed,
    QueueUnavailable,
    StillPainting,
    StylekitError,
    StyleNotFound,
)
from stylekit.events import Events
from stylekit.images import Limits
from stylekit.jobs import Job, JobStore, Status
from stylekit.logs import about
from stylekit.painting.admission import Gate
from stylekit.painting.executor import Easel
from stylekit.painting.task import OUR_OWN, Painted
from stylekit.queues.base import Queue
from stylekit.settings import Settings
from stylekit.storage import FileStore
from stylekit.transfers.maintenance import Housekeeping
from stylekit.transfers.requests import Caller, Order, Orders, Request
from stylekit.transfers.results import Prints

log = logging.getLogger(__name__)

PAGE = 100  # rows read at a time where all of them are wanted
RETRY_FULL_SECONDS = 30
READERS = 2  # pictures read at a time: one of 51 megapixels needs 0.9 GB
ASK_SECONDS = 0.5  # events are hints; whoever waits looks at least this often
UNHAPPY = (Status.FAILED, Status.CANCELLED)


class Transfers(Prints, Housekeeping):
    """Every door (web, socket, command) asks here; nothing here knows of HTTP."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        files: FileStore,
        queue: Queue,
        events: Events,
        easel: Easel,
        orders: Orders,
        settings: Settings,
    ) -> None:
        """Work with these parts; `settings` gives limits and times, and says who paints."""
        spare = max(2, settings.threads - settings.max_streams)  # threads that no stream holds
        reading = Gate(READERS, waiting=spare // 2, wait_seconds=settings.wait_seconds)
        self.waiters = threading.BoundedSemaphore(spare // 2)
        Prints.__init__(self, jobs=jobs, files=files, reading=reading, keep_days=settings.keep_days)
        Housekeeping.__init__(self, jobs=jobs, files=files, queue=queue, events=events)
        self.removes_strays = not (settings.queue and settings.storage.startswith("gs://"))
        self.easel, self.orders, self.settings = easel, orders, settings

    # Asking --------------------------------------------------------------------------------

    def paint(self, order: Order) -> Painted:
        """Paint now, or have a worker paint now, and return the picture.

        Raises:
            BadRequest, StyleNotFound: before anything is queued.
            Busy: when every place is taken; StillPainting: when no worker finished in time.
        """
        if self.settings.queue or order.public:
            return self._paint_elsewhere(order)
        self.easel.refuse_if_full(order.engine)
        with self.reading.place():
            request = self.orders.read(order)
        with self.easel.place(order.engine):
            return self.easel.paint(request.commission)

    def submit(self, order: Order) -> Job:
        """The order as a job. The same request by the same owner is the same job.

        A finished job is answered as it is; a failed, cancelled, deleted or expired one runs again.

        Raises:
            BadRequest, StyleNotFound: with nothing kept.
            Busy, QueueUnavailable, StorageUnavailable: with nothing kept.
        """
        return self._submit_within(self.orders.limits, order)

    def wait(self, id: str, seconds: float) -> Job:
        """The job, as soon as it is final or the time is up; at once where too many wait."""
        if not self.waiters.acquire(blocking=False):
            return self.find(id)
        deadline = time.monotonic() + seconds
        try:
            with self.events.subscribe(id) as changes:
                while not (job := self.find(id)).status.is_final:
                    if (left := deadline - time.monotonic()) <= 0:
                        break
                    changes.next(min(left, ASK_SECONDS))
        finally:
            self.waiters.release()
        return job

    def secret_of(self, job: Job) -> str:
        """What whoever submitted the job may act on it with, from elsewhere."""
        return self.orders.secret_of(job.id)

    # Acting: the owner, or whoever holds the secret of the id -------------------------------

    def may_act(self, job: Job, caller: Caller) -> bool:
        """Whether the caller may cancel, delete, publish or run the job again."""
        return (bool(caller.owner) and caller.owner == job.owner) or self.orders.holds_secret(
            caller, job.id
        )

    def look(self, id: str, caller: Caller) -> Job:
        """The job as it stands, for whoever knows its id.

        Raises:
            JobNotFound, Gone: as `find`; and what was taken back from the feed, where everybody
                could read its id, is there only for those who may act on it.
        """
        self.refuse_strangers(id, caller)
        return self.find(id)

    def refuse_strangers(self, id: str, caller: Caller) -> None:
        """Do nothing, unless the job is withdrawn and the caller may not act on it.

        Raises:
            JobNotFound: then, and when there is none.
        """
        job = self.jobs.get(id)
        if job.withdrawn and not self.may_act(job, caller):
            raise JobNotFound(f"There is no job {id}.")

    def cancel(self, id: str, caller: Caller) -> Job:
        """Cancel a queued job at once, ask a running one to stop; an ended one stays as it is.

        Raises:
            JobNotFound: also for a caller who may not act. So do all that follow.
        """
        self._own(id, caller)
        return self.tell(self.jobs.request_cancel(id))

    def set_public(self, id: str, caller: Caller, public: bool) -> Job:
        """Show the picture in the feed, or take it back."""
        self._own(id, caller)
        return self.tell(self.jobs.set_public(id, public))

    def run_again(self, id: str, caller: Caller, options: Mapping[str, Any] | None = None) -> Job:
        """Try a failed or cancelled job again, or run the same pictures with other options.

        Options that are not given stay as they were. The same options again are the same job.
        """
        job = self._own(id, caller)
        changed = {**job.options, **(options or {})}
        if changed == job.options:
            return self._start_again(job) if job.status in UNHAPPY else job
        order = Order(
            content=self.files.read(job.content_key), style=self._style_of(job), owner=job.owner,
            engine=job.engine, options=changed, format=job.result_format,
            keep_orientation=True,  # what is kept has the tag only where it was to be kept
        )  # fmt: skip
        return self._submit_within(OUR_OWN, order)

    def delete(self, id: str, caller: Caller) -> None:
        """Delete the job and its files for good; deleting it twice is no error."""
        job = self.jobs.get(id)
        if not self.may_act(job, caller):
            raise JobNotFound(f"There is no job {id}.")
        gone = self.tell(self.jobs.delete(id))
        if gone.deleted:  # and not ordered again meanwhile
            self.remove_files(gone.folder)

    def delete_all(self, owner: str) -> int:
        """Delete all that this owner has; says how many."""
        count = 0
        while page := self.jobs.of_owner(owner, limit=PAGE):
            for job in page:
                self.delete(job.id, Caller(owner=owner))
            count += len(page)
        return count

    # Lists ---------------------------------------------------------------------------------

    def mine(self, owner: str, *, limit: int = 24, before: float | None = None) -> list[Job]:
        """The owner's jobs, newest first; `before` is the last page's last `created_at`."""
        return self.jobs.of_owner(owner, limit=limit, before=before)

    def feed(self, *, limit: int = 24, before: float | None = None) -> list[Job]:
        """Public pictures, newest first; `before` is the last page's last `published_at`."""
        return self.jobs.feed(limit=limit, before=before)

    def place_in_line(self, job: Job) -> int | None:
        """1 for the next of its engine's line; None for a job that does not wait."""
        return self.jobs.place_in_line(job.id) or None

    # Steps ---------------------------------------------------------------------------------

    def _style_of(self, job: Job) -> str | bytes:
        """The preset by its id while the catalogue has it, else the picture that was kept."""
        with suppress(StyleNotFound):
            return self.orders.styles.get(job.style_id or "").id
        return self.files.read(job.style_key)

    def _submit_within(self, limits: Limits, order: Order) -> Job:
        with self.reading.place():
            request = self.orders.read(order, limits)
            version = self.easel.engines.get(order.engine).version
            id = self.orders.job_id(request, version)
            with about(id):
                return self._submit(id, request, version)

    def _paint_elsewhere(self, order: Order) -> Painted:
        job = self.wait(self.submit(order).id, self.settings.wait_seconds)
        if job.status == Status.DONE:
            return self.painted(job)
        if job.status == Status.FAILED:
            raise PaintingFailed(job.error)
        if job.status == Status.CANCELLED:
            raise Cancelled("This painting was cancelled.")
        raise StillPainting(
            "The painting goes on; ask again for the same picture in a moment.",
            job_id=job.id,
        )

    def _submit(self, id: str, request: Request, engine_version: str) -> Job:
        job = self._known(id)
        if job is not None and job.status == Status.QUEUED:
            job = self.jobs.insist(id)  # whoever began it may be about to take it back
        if job is None or job.deleted or job.expired:
            job = self._begin(id, request, engine_version)
        elif job.status in UNHAPPY:
            self._keep(job.folder, request)  # what was kept may be gone
            job = self._start_again(job)
        if request.order.public and not job.public:
            job = self.tell(self.jobs.set_public(id, True))
        return job

    def _own(self, id: str, caller: Caller) -> Job:
        job = self.find(id)
        if not self.may_act(job, caller):
            raise JobNotFound(f"There is no job {id}.")
        return job

    def _begin(self, id: str, request: Request, engine_version: str) -> Job:
        self._refuse_full_line(request.order.engine)
        folder = f"jobs/{id}/{secrets.token_hex(4)}"  # its own: see `Job.folder`
        try:
            row = request.as_job(id, *self._keep(folder, request), engine_version)
            job, is_first = self.jobs.enter(row)
            if is_first:
                self._send(job, deleted_if_not=True)
            elif self.jobs.insist(id) is None:  # whoever was first could not send it
                raise QueueUnavailable("The queue cannot be reached; try again in a moment.")
        except StylekitError:
            self.remove_unused(folder, self._known(id))
            raise
        self.remove_unused(folder, job)
        log.info("submitted, %s", job.engine)
        return self.tell(job)

    def _keep(self, folder: str, request: Request) -> tuple[str, str]:
        """Store both pictures; returns where."""
        content, style = request.content_file(), request.style_file()
        content_key = f"{folder}/content.{content.format}"
        style_key = f"{folder}/style.{style.format}"
        self.files.write(content_key, content.data, content_type=content.content_type)
        self.files.write(style_key, style.data, content_type=style.content_type)
        return content_key, style_key

    def _start_again(self, job: Job) -> Job:
        self._refuse_full_line(job.engine)
        queued = self.jobs.requeue(job.id)
        if queued is None:  # another retry was first, and sends it or takes it back
            return self.jobs.insist(job.id) or self.find(job.id)
        self._send(queued, deleted_if_not=False)
        log.info("submitted again, %s", queued.engine)
        return self.tell(queued)

    def _send(self, job: Job, *, deleted_if_not: bool) -> None:
        """Send the job's message, or take it back, unless the same was accepted from another."""
        try:
            self.queue.put(job.id, engine=job.engine)
        except QueueUnavailable:
            if taken_back := self.jobs.take_back(job, deleted=deleted_if_not):
                self.tell(taken_back)
            raise

    def _refuse_full_line(self, engine: str) -> None:
        waiting, most = self.jobs.count(Status.QUEUED, engine=engine), self.settings.max_queued
        if waiting >= most:
            raise Busy(
                f"{waiting} pictures are waiting to be painted; at most {most} may wait.",
                retry_after_seconds=RETRY_FULL_SECONDS,
            )
