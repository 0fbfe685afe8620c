"""What a worker does: take one job from queued to done."""

import logging
import threading
from functools import partial

from stylekit import images, logs
from stylekit.errors import (
    Cancelled,
    FileNotStored,
    JobNotFound,
    LeaseLost,
    PaintingFailed,
    StylekitError,
    Unavailable,
)
from stylekit.events import Events
from stylekit.jobs import Job, JobStore, Status
from stylekit.painting.attempt import Attempt
from stylekit.painting.executor import Executor
from stylekit.painting.supervision import run_unless_stuck
from stylekit.painting.task import STORED_LIMITS, Painted, Task, checked_options
from stylekit.settings import Settings
from stylekit.storage import FileStore

log = logging.getLogger(__name__)

REPORT_SECONDS = 0.4  # between two looks at the row: progress is told and a cancel seen this often
STUCK_SECONDS = 60.0  # an engine that is silent this long after the end is left behind
JOB_REQUESTER = ("jobs",)  # all jobs together are one requester of an engine's slots
SOMETHING_BROKE = "Something broke on our side."


class Runner:
    """Claims and paints jobs; of many runners at one queue, each paints another job."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        files: FileStore,
        events: Events,
        executor: Executor,
        settings: Settings,
        report_seconds: float = REPORT_SECONDS,
    ) -> None:
        """Work with these parts; `settings` gives the lease and the longest time of an attempt."""
        self.report_seconds, self.stuck_seconds = report_seconds, STUCK_SECONDS
        self.jobs, self.files, self.events = jobs, files, events
        self.executor, self.settings = executor, settings
        self.is_stopping = threading.Event()

    def stop(self) -> None:
        """Claim nothing more, and put back what is being painted, without a lost attempt."""
        self.is_stopping.set()

    def run(self, job_id: str) -> bool:
        """Paint the job that is next in the queue of this job's engine: this one or another.

        Returns False if a message must be sent again, because this process is stopping or something
        that the job needs is unavailable. The slot comes before the claim, so that a claimed job is
        being painted.
        """
        try:
            engine = self.jobs.get(job_id).engine
        except JobNotFound:
            return True
        with self.executor.slot(engine, JOB_REQUESTER, wait_forever=True):
            if self.is_stopping.is_set():
                return False
            lease = self.settings.lease_seconds
            job = self.jobs.claims.claim_next(engine, lease_seconds=lease)
            if job is None:
                return True
            with logs.about(job.id):
                log.info("job started engine=%s attempt=%d", engine, job.attempts)
                self._attempt(self._attempt_at(job))
        return self._has_left_queue(job.id)

    def _has_left_queue(self, id: str) -> bool:
        try:
            return self.jobs.get(id).status != Status.QUEUED
        except JobNotFound:
            return True

    def _attempt_at(self, job: Job) -> Attempt:
        return Attempt(
            job,
            jobs=self.jobs,
            files=self.files,
            events=self.events,
            settings=self.settings,
            report_seconds=self.report_seconds,
            is_stopping=self.is_stopping,
        )

    def _attempt(self, attempt: Attempt) -> None:
        """Every way that an attempt can end."""
        with attempt.reporting():
            try:
                painting = partial(self._paint, attempt)
                attempt.finish(run_unless_stuck(painting, attempt.is_stopped, self.stuck_seconds))
            except LeaseLost:
                log.info("lease lost attempt=%d", attempt.job.attempts)
            except Cancelled:
                attempt.end_without_picture(Status.CANCELLED)
            except Unavailable as error:
                log.warning('job released reason="%s"', error)
                attempt.release()
            except StylekitError as error:
                log.info('job failed reason="%s"', error)
                attempt.end_without_picture(Status.FAILED, str(error), error.code)
            except Exception:
                log.exception("painting error")
                attempt.end_without_picture(Status.FAILED, SOMETHING_BROKE, "internal")
        attempt.remove_leftovers()

    def _paint(self, attempt: Attempt) -> Painted:
        job = attempt.job
        try:
            content = images.decode(self.files.read(job.content_key), STORED_LIMITS)
            style = images.decode(self.files.read(job.style_key), STORED_LIMITS).on_white()
        except FileNotStored:
            raise PaintingFailed("The pictures of this job are no longer kept.") from None
        task = Task(
            content=content,
            style=style,
            engine=job.engine,
            options=checked_options(job.engine, job.options, self.settings.gatys_max_side),
            format=str(job.result_format),
            keep_orientation=True,
            style_id=job.style_id,
        )
        attempt.previews.alpha = content.alpha
        attempt.check()
        return self.executor.paint(task, attempt.on_progress)
