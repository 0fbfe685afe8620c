"""All use cases: paint now, submit, wait, cancel, publish, run again, delete, list."""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from stylekit.errors import (
    Cancelled,
    PaintingFailed,
    StillPainting,
    StorageUnavailable,
    StyleNotFound,
    TooLarge,
)
from stylekit.events import Events, announce
from stylekit.images import Limits
from stylekit.jobs import Job, Status
from stylekit.jobs.files import remove_folder, remove_unnamed
from stylekit.logs import about
from stylekit.painting.admission import MemoryBudget
from stylekit.painting.executor import Executor
from stylekit.painting.task import STORED_LIMITS, Painted
from stylekit.settings import Settings
from stylekit.transfers.access import Access, Caller
from stylekit.transfers.requests import Order, RequestReader
from stylekit.transfers.results import Results
from stylekit.transfers.submission import UNSUCCESSFUL, Submission

PAGE = 100  # rows read at a time where all of them are wanted
WAITING_BYTES_A_PIXEL = 20  # of the largest picture: that one in floats with alpha, and a style
ASK_SECONDS = 0.5  # events are hints; whoever waits looks at least this often


class Transfers:
    """What every entry point (web, socket, command) calls; nothing here knows of HTTP."""

    def __init__(
        self,
        *,
        events: Events,
        executor: Executor,
        requests: RequestReader,
        submission: Submission,
        access: Access,
        results: Results,
        settings: Settings,
    ) -> None:
        """Work with these parts; `settings` says who paints, and for how long callers wait."""
        self.events, self.executor, self.requests = events, executor, requests
        self.submission, self.access, self.results = submission, access, results
        self.jobs, self.files, self.reading = access.jobs, results.files, results.reading
        self.memory = MemoryBudget(settings.max_pixels * WAITING_BYTES_A_PIXEL)
        self.settings = settings
        self.waiters = threading.BoundedSemaphore(settings.spare_threads // 2)

    # Asking --------------------------------------------------------------------------------

    def paint(self, order: Order) -> Painted:
        """Paint now, or have a worker paint now, and return the picture.

        Raises:
            BadRequest, StyleNotFound: before anything is queued.
            Busy: when every slot is taken; StillPainting: when no worker finished in time.
        """
        if order.public or not self.settings.topology.paints_here:
            return self._paint_by_worker(order)
        self.executor.refuse_if_full(order.engine, order.requester)
        with self.reading.slot(order.requester):
            request = self.requests.read(order)
        with self.memory.reserve(request.nbytes), self.executor.slot(order.engine, order.requester):
            return self.executor.paint(request.task())

    def submit(self, order: Order) -> Job:
        """The order as a job. The same request by the same owner is the same job.

        A finished job is answered as it is; a failed, cancelled, deleted or expired one runs again.

        Raises:
            BadRequest, StyleNotFound: with nothing kept.
            Busy, QueueUnavailable, StorageUnavailable: with nothing kept.
        """
        return self._submit_within(self.requests.limits, order)

    def wait(self, id: str, seconds: float) -> Job:
        """The job, as soon as it is final or the time is up; at once where too many wait."""
        if not self.waiters.acquire(blocking=False):
            return self.access.find(id)
        deadline = time.monotonic() + seconds
        try:
            with self.events.subscribe(id) as changes:
                while not (job := self.access.find(id)).status.is_final:
                    if (left := deadline - time.monotonic()) <= 0:
                        break
                    changes.next(min(left, ASK_SECONDS))
        finally:
            self.waiters.release()
        return job

    # Acting: the owner, or whoever holds the secret of the id -------------------------------

    def cancel(self, id: str, caller: Caller) -> Job:
        """Cancel a queued job at once, ask a running one to stop; an ended one stays as it is.

        Raises:
            JobNotFound: also for a caller who may not act. So do all that follow.
        """
        self.access.own(id, caller)
        return announce(self.events, self.jobs.request_cancel(id))

    def finish(self, id: str, caller: Caller) -> Job:
        """End a job early with the picture as it stands; an ended one stays as it is."""
        self.access.own(id, caller)
        return announce(self.events, self.jobs.request_finish(id))

    def set_public(self, id: str, caller: Caller, public: bool) -> Job:
        """Show the picture in the feed, or take it back."""
        self.access.own(id, caller)
        return announce(self.events, self.jobs.sharing.set_public(id, public))

    def set_photo_shared(self, id: str, caller: Caller, shared: bool) -> Job:
        """Let others see the photo beside the painting, or the painting alone."""
        self.access.own(id, caller)
        return announce(self.events, self.jobs.sharing.set_photo_shared(id, shared))

    def run_again(self, id: str, caller: Caller, options: Mapping[str, Any] | None = None) -> Job:
        """Try a job again that failed, was cancelled or ended early, or with other options.

        Options that are not given stay as they were. The same options again are the same job.
        """
        job = self.access.own(id, caller)
        changed = {**job.options, **(options or {})}
        if changed == job.options:
            is_unfinished = job.status in UNSUCCESSFUL or job.finish_requested
            return self.submission.start_again(job) if is_unfinished else job
        order = Order(
            content=self.files.read(job.content_key),
            style=self._style_of(job),
            owner=job.owner,
            engine=job.engine,
            options=changed,
            format=job.result_format,
            keep_orientation=True,  # what is kept has the tag only where it was to be kept
        )
        return self._submit_within(STORED_LIMITS, order)

    def delete(self, id: str, caller: Caller) -> None:
        """Delete the job and its files for good; deleting it twice is no error."""
        job = self.jobs.get(id)
        self.access.refuse_others(job, caller)
        try:
            gone = self.jobs.delete(id)
        except StorageUnavailable:  # on a full disk the files make room for the row's change
            remove_folder(self.files, job.folder)
            gone = self.jobs.delete(id)
        announce(self.events, gone)
        remove_unnamed(self.files, self.jobs, id)

    # Lists ---------------------------------------------------------------------------------

    def mine(self, owner: str, *, limit: int = 24, before: float | None = None) -> list[Job]:
        """The owner's jobs, newest first; `before` is the last page's last `created_at`."""
        return self.jobs.queries.of_owner(owner, limit=limit, before=before)

    # Steps ---------------------------------------------------------------------------------

    def _style_of(self, job: Job) -> str | bytes:
        """The preset by its id while the catalogue has it, else the picture that was kept."""
        with suppress(StyleNotFound):
            return self.requests.styles.get(job.style_id or "").id
        return self.files.read(job.style_key)

    def _submit_within(self, limits: Limits, order: Order) -> Job:
        with self.reading.slot(order.requester):
            read = self.requests.read(order, limits)
            self._refuse_costly(order, read.cost)
            request = read.packed()
        # The slot is free again before anything is asked that may be unavailable for a while.
        version = self.executor.engines.get(order.engine).version
        id = self.access.ids.of(request, version)
        with about(id):
            return self.submission.submit(id, request, version)

    def _refuse_costly(self, order: Order, cost: float) -> None:
        most = self.settings.max_cost
        if order.is_anonymous and 0 < most < cost:
            raise TooLarge(
                f"This would take {cost:,.0f} megapixels × steps; without an API key a job can "
                f"have at most {most:,.0f}. Ask for fewer steps or a smaller size."
            )

    def _paint_by_worker(self, order: Order) -> Painted:
        job = self.wait(self.submit(order).id, self.settings.wait_seconds)
        if job.status == Status.DONE:
            return self.results.painted(job)
        if job.status == Status.FAILED:
            raise PaintingFailed(job.error)
        if job.status == Status.CANCELLED:
            raise Cancelled("This painting was cancelled.")
        raise StillPainting(
            "The painting goes on; ask again for the same picture in a moment.",
            job_id=job.id,
        )


def delete_all(transfers: Transfers, owner: str) -> int:
    """Delete all jobs that this owner has; says how many."""
    count = 0
    while page := transfers.mine(owner, limit=PAGE):
        for job in page:
            transfers.delete(job.id, Caller(owner=owner))
        count += len(page)
    return count
