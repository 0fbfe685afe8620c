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
from stylekit.painting.supervision import unless_stuck
from stylekit.painting.task import OUR_OWN, Painted, Task, checked_options
from stylekit.settings import Settings
from stylekit.storage import FileStore

log = logging.getLogger(__name__)

REPORT_SECONDS = 0.4  # between two looks at the row: progress is told and a cancel seen this often
STUCK_SECONDS = 60.0  # an engine that is silent this long after the end is left behind
JOBS = ("jobs",)  # all jobs are one of those who take turns at the places of an engine
SOMETHING_BROKE = "Something broke on our side."


class Runner:
    """Takes turns at the lines of jobs; of many runners at one line, each paints another job."""

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
        """Take one turn at the line that this job is in: paint whichever job is next there.

        Returns whether the turn was used; if not, because this process is stopping or what the job
        needs is away, somebody has to take it. The place comes before the claim, so that a claimed
        job is being painted.
        """
        try:
            engine = self.jobs.get(job_id).engine
        except JobNotFound:
            return True
        with self.executor.place(engine, JOBS, patient=True):
            if self.is_stopping.is_set():
                return False
            lease = self.settings.lease_seconds
            job = self.jobs.claims.claim_next(engine, lease_seconds=lease)
            if job is None:
                return True
            with logs.about(job.id):
                log.info("job started engine=%s attempt=%d", engine, job.attempts)
                self._attempt(self._attempt_at(job))
        return self._is_out_of_line(job.id)

    def _is_out_of_line(self, id: str) -> bool:
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
                attempt.finish(unless_stuck(painting, attempt.is_stopped, self.stuck_seconds))
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
            content = images.decode(self.files.read(job.content_key), OUR_OWN)
            style = images.decode(self.files.read(job.style_key), OUR_OWN).on_white()
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
