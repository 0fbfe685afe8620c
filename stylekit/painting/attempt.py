"""One run of one job: tells how far it is, keeps the lease, and ends the job once."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from typing import TYPE_CHECKING

from stylekit import images
from stylekit.engines.base import Picture, Progress
from stylekit.errors import (
    Cancelled,
    JobNotFound,
    LeaseLost,
    PaintingFailed,
    StylekitError,
    Unavailable,
)
from stylekit.events import change_of
from stylekit.jobs import Job, Result, Status
from stylekit.jobs.files import preview_key
from stylekit.painting.supervision import patiently
from stylekit.painting.task import PREVIEW_SIDE, Painted

if TYPE_CHECKING:
    from stylekit.painting.runner import Runner

log = logging.getLogger(__name__)

BEATS_OF_A_PREVIEW = 2  # at least, between two previews


PREVIEW_QUALITY = 80


PREVIEWS_OF_AN_ATTEMPT = 100_000  # previews of different attempts never share a number


class Attempt:
    """One run of one job. While it lasts, a small thread tells how far it is and keeps the lease.

    The same thread ends the job when it was cancelled or took too long, even if the engine is
    silent then; the engine is stopped at its next word, and left behind if there is none.
    """

    def __init__(self, job: Job, runner: "Runner") -> None:
        """`job` has just been claimed for this runner."""
        self.job, self.fence = job, job.fence
        self.jobs, self.files, self.events = runner.jobs, runner.files, runner.events
        self.settings, self.beat_seconds = runner.settings, runner.beat_seconds
        self.deadline = time.monotonic() + runner.settings.job_seconds
        self.latest = Progress(fraction=0.0, stage="reading the pictures")
        self.preview_version = job.preview_version
        self.stored_previews = [job.preview_version] if job.preview_version else []
        self.beats_until_preview = 0
        self.preview: Picture | None = None  # the newest that the engine gave
        self.shown: Picture | None = None  # the newest that was stored
        self.stopped_by: StylekitError | None = None
        self.is_over, self.is_stopping = threading.Event(), runner.is_stopping
        self.result_key = f"{job.folder}/result-{job.fence}.{job.result_format}"

    # What the painting thread does ----------------------------------------------------------

    def on_progress(self, progress: Progress) -> None:
        """Remember how far it is; raises what stops the engine."""
        self.latest = progress
        self.preview = self.preview if progress.preview is None else progress.preview
        self.check()

    def is_stopped(self) -> bool:
        """Whether there is a reason to stop."""
        return self.stopped_by is not None

    def check(self) -> None:
        """Raise Cancelled, LeaseLost or PaintingFailed once there is a reason to stop."""
        if self.stopped_by is not None:
            raise self.stopped_by

    def finish(self, painted: Painted) -> None:
        """Store the picture and only then say that it is done.

        Raises:
            LeaseLost: when the job ended otherwise in the meantime.
            StorageUnavailable: when store or table stayed away.
        """
        self.check()
        self.latest = Progress(fraction=0.99, stage="storing")
        type = images.mime_type(painted.data)
        patiently(lambda: self.files.write(self.result_key, painted.data, content_type=type))
        result = Result(
            result_key=self.result_key,
            result_format=painted.format,
            width=painted.width,
            height=painted.height,
            seconds=painted.seconds,
            engine_version=painted.description["engine_version"],
        )
        patiently(lambda: self._end(Status.DONE, result))

    def release(self) -> None:
        """Put the job back into the line; it is taken up again when its parts are back."""
        with suppress(LeaseLost):
            self._publish(self.jobs.claims.release(self.job.id, self.fence))

    def remove_leftovers(self) -> None:
        """Remove previews, a picture that is not the job's result, what killed attempts left."""
        with suppress(Unavailable, JobNotFound):
            self._remove_previews(self.stored_previews)
            job = self.jobs.get(self.job.id)
            if job.result_key != self.result_key:
                self.files.delete(self.result_key)
                return
            kept = {job.content_key, job.style_key, job.result_key}
            if job.deleted or job.expired:  # while it was being stored
                self._keep_only(set())
            elif self.fence > 1:
                self._keep_only(kept)

    def _keep_only(self, keys: set[str]) -> None:
        for key in {*self.files.list(f"{self.job.folder}/")} - keys:
            self.files.delete(key)

    # What either thread does ----------------------------------------------------------------

    def end_without_picture(self, status: Status, error: str = "", code: str = "") -> None:
        """Say how the job ended, unless it has ended already."""
        with suppress(LeaseLost):
            patiently(lambda: self._end(status, Result(error=error, error_code=code)))

    def _end(self, status: Status, result: Result) -> None:
        job = self.jobs.claims.finish(self.job.id, self.fence, status, **result)
        log.info("%s after %.2f s", status, seconds_taken(job))
        self._publish(job)

    def _publish(self, job: Job) -> None:
        self.events.publish(change_of(job))

    # What the heart does --------------------------------------------------------------------

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Beat while the block runs."""
        here = copy_context()  # its lines are about the same job
        heart = threading.Thread(
            target=here.run, args=(self._beat,), name="stylekit-heart", daemon=True
        )
        heart.start()
        try:
            yield
        finally:
            self.is_over.set()
            heart.join()

    def _beat(self) -> None:
        while self.stopped_by is None and not self.is_over.wait(self.beat_seconds):
            try:
                self._tell()
            except LeaseLost as error:
                self.stopped_by = error
            except Unavailable as error:
                log.warning("cannot tell how far it is: %s", error)
            except Exception:
                log.exception("the heart stumbled")

    def _tell(self) -> None:
        self._store_preview()
        progress = self.latest
        job = self.jobs.claims.report(
            self.job.id, self.fence,
            fraction=progress.fraction, eta_seconds=progress.eta_seconds, stage=progress.stage,
            preview_version=self.preview_version, lease_seconds=self.settings.lease_seconds,
        )  # fmt: skip
        self._publish(job)
        self._remove_previews(self.stored_previews[:-1])
        if self.is_stopping.is_set():
            self.stopped_by = LeaseLost("This worker is going home.")
            self.release()
        elif job.cancel_requested:
            self._stop(Cancelled("This painting was cancelled."), Status.CANCELLED)
        elif time.monotonic() > self.deadline:
            most = self.settings.job_seconds
            late = PaintingFailed(f"The painting took longer than {most:g} s, which is the limit.")
            self._stop(late, Status.FAILED)

    def _stop(self, error: StylekitError, status: Status) -> None:
        """End the job now; the engine, silent or not, is not waited for."""
        self.stopped_by = error
        is_failure = status == Status.FAILED
        self.end_without_picture(
            status, str(error) if is_failure else "", error.code if is_failure else ""
        )

    def _store_preview(self) -> None:
        preview = self.preview
        self.beats_until_preview -= 1
        if preview is None or preview is self.shown or self.beats_until_preview > 0:
            return
        self.beats_until_preview = BEATS_OF_A_PREVIEW
        small = images.fit(preview, longest_side=PREVIEW_SIDE)
        version = max(self.preview_version, self.fence * PREVIEWS_OF_AN_ATTEMPT) + 1
        self.files.write(
            preview_key(self.job, version),
            images.encode(small, "jpeg", quality=PREVIEW_QUALITY),
            content_type="image/jpeg",
        )
        self.preview_version, self.shown = version, preview
        self.stored_previews.append(version)

    def _remove_previews(self, versions: list[int]) -> None:
        for version in list(versions):
            self.files.delete(preview_key(self.job, version))
            self.stored_previews.remove(version)


def seconds_taken(job: Job) -> float:
    """From the claim to the end."""
    return (job.finished_at or 0.0) - (job.started_at or 0.0)
