"""One run of one job: reports progress, keeps the lease, and ends the job once."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass, field

from stylekit import images
from stylekit.engines.base import Enough, Picture, Progress
from stylekit.errors import (
    Cancelled,
    JobNotFound,
    LeaseLost,
    PaintingFailed,
    StylekitError,
    Unavailable,
)
from stylekit.events import Events, announce
from stylekit.jobs import Job, JobStore, Result, Status
from stylekit.jobs.files import remove_folder, remove_unnamed, result_key
from stylekit.painting.previews import Previews
from stylekit.painting.supervision import with_retries
from stylekit.painting.task import Painted
from stylekit.settings import Settings
from stylekit.storage import FileStore

log = logging.getLogger(__name__)


@dataclass
class State:
    """What the two threads of an attempt tell each other. Each field has one that writes it."""

    latest: Progress = field(
        default_factory=lambda: Progress(fraction=0.0, stage="reading the pictures")
    )
    """How far the engine is; written by the painting thread."""

    preview: Picture | None = None
    """The newest that the engine gave; written by the painting thread."""

    stopped_by: StylekitError | None = None
    """Why the engine must stop; written once, by the reporting thread."""

    is_enough: bool = False
    """Whether the picture is good as it stands; written by the reporting thread."""

    is_over: threading.Event = field(default_factory=threading.Event)
    """Set by the painting thread when the engine has returned: nothing more is reported."""


class Attempt:
    """One run of one job, by two threads.

    The *painting* thread runs the engine and, at the end, stores the result. The *reporting* thread
    writes progress and previews, renews the lease, and ends the job when it was cancelled or took
    too long, even if the engine is silent then; the engine is stopped when it next reports, and
    left behind if it never does. `State` is all that they share; the row decides who ends the job.
    """

    def __init__(
        self,
        job: Job,
        *,
        jobs: JobStore,
        files: FileStore,
        events: Events,
        settings: Settings,
        report_seconds: float,
        is_stopping: threading.Event,
    ) -> None:
        """`job` has just been claimed; once `is_stopping` is set, it is handed back.

        `settings` gives the lease and the longest time of an attempt.
        """
        self.job, self.jobs, self.files, self.events = job, jobs, files, events
        self.lease_seconds, self.longest_seconds = settings.lease_seconds, settings.job_seconds
        self.report_seconds, self.is_stopping = report_seconds, is_stopping
        self.deadline = time.monotonic() + self.longest_seconds
        self.state = State()
        self.previews = Previews(job, files)  # the reporting thread's, until that has ended
        self.result_key = result_key(job)

    # What the painting thread does -----------------------------------------------------------

    def on_progress(self, progress: Progress) -> None:
        """Remember how far it is; raises what stops the engine."""
        self.state.latest = progress
        if progress.preview is not None:
            self.state.preview = progress.preview
        self.check()
        if self.state.is_enough and progress.preview is not None:
            raise Enough

    def is_stopped(self) -> bool:
        """Whether there is a reason to stop."""
        return self.state.stopped_by is not None

    def check(self) -> None:
        """Raise Cancelled, LeaseLost or PaintingFailed once there is a reason to stop."""
        if self.state.stopped_by is not None:
            raise self.state.stopped_by

    def finish(self, painted: Painted) -> None:
        """Store the picture and only then say that it is done.

        Raises:
            LeaseLost: when the job ended otherwise in the meantime.
            StorageUnavailable: when the file store or the job table stayed unavailable.
        """
        self.check()
        self.state.latest = Progress(fraction=0.99, stage="storing")
        type = images.mime_type(painted.data)
        with_retries(lambda: self.files.write(self.result_key, painted.data, content_type=type))
        result = Result(
            result_key=self.result_key,
            result_format=painted.format,
            width=painted.width,
            height=painted.height,
            seconds=painted.seconds,
            engine_version=painted.description["engine_version"],
        )
        with_retries(lambda: self._end(Status.DONE, result))

    def release(self) -> None:
        """Put the job back into the queue, for when what it needs is available again."""
        with suppress(LeaseLost):
            announce(self.events, self.jobs.claims.release(self.job.id, self.job.fence))

    def remove_leftovers(self) -> None:
        """Remove previews, a picture that is not the job's result, what the killed left behind."""
        with suppress(Unavailable, JobNotFound):
            self.previews.remove_all()
            job = self.jobs.get(self.job.id)
            if job.result_key != self.result_key:
                self.files.delete(self.result_key)
            elif self.job.fence > 1:
                kept = {job.content_key, job.style_key, job.result_key}
                remove_folder(self.files, self.job.folder, but=kept)
            remove_unnamed(self.files, self.jobs, job.id)

    # What either thread does ----------------------------------------------------------------

    def end_without_picture(self, status: Status, error: str = "", code: str = "") -> None:
        """Say how the job ended, unless it has ended already."""
        with suppress(LeaseLost):
            with_retries(lambda: self._end(status, Result(error=error, error_code=code)))

    def _end(self, status: Status, result: Result) -> None:
        job = self.jobs.claims.finish(self.job.id, self.job.fence, status, **result)
        log.info("job ended status=%s seconds=%.2f", status, seconds_taken(job))
        announce(self.events, job)

    # What the reporting thread does ---------------------------------------------------------

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Report while the block runs."""
        here = copy_context()  # its lines in the log are about the same job
        reporter = threading.Thread(
            target=here.run, args=(self._report_all,), name="stylekit-reporter", daemon=True
        )
        reporter.start()
        try:
            yield
        finally:
            self.state.is_over.set()
            reporter.join()

    def _report_all(self) -> None:
        while self.state.stopped_by is None and not self.state.is_over.wait(self.report_seconds):
            try:
                self._report()
            except LeaseLost as error:
                self.state.stopped_by = error
            except Unavailable as error:
                log.warning('progress not reported reason="%s"', error)
            except Exception:
                log.exception("progress not reported")

    def _report(self) -> None:
        self.previews.store(self.state.preview)
        progress = self.state.latest
        job = self.jobs.claims.report(
            self.job.id,
            self.job.fence,
            fraction=progress.fraction,
            eta_seconds=progress.eta_seconds,
            stage=progress.stage,
            preview_version=self.previews.version,
            lease_seconds=self.lease_seconds,
        )
        announce(self.events, job)
        self.previews.remove_old()
        self.state.is_enough = job.finish_requested
        if self.is_stopping.is_set():
            self.state.stopped_by = LeaseLost("This worker is stopping.")
            self.release()
        elif job.cancel_requested:
            self._stop(Cancelled("This painting was cancelled."), Status.CANCELLED)
        elif time.monotonic() > self.deadline:
            most = self.longest_seconds
            late = PaintingFailed(f"The painting took longer than {most:g} s, which is the limit.")
            self._stop(late, Status.FAILED)

    def _stop(self, error: StylekitError, status: Status) -> None:
        """End the job now; the engine, silent or not, is not waited for."""
        self.state.stopped_by = error
        if status == Status.FAILED:
            self.end_without_picture(status, str(error), error.code)
        else:
            self.end_without_picture(status)


def seconds_taken(job: Job) -> float:
    """From the claim to the end."""
    return (job.finished_at or 0.0) - (job.started_at or 0.0)
