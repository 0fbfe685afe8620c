"""What a worker may write: claim a job, report, release it, finish it."""

from typing import Any, Unpack

from sqlalchemy import and_, case, null, or_

from stylekit.errors import LeaseLost
from stylekit.jobs.changes import FRESH, Changes
from stylekit.jobs.job import Job, Result, Status
from stylekit.jobs.queue_reader import QueueReader
from stylekit.jobs.table import ROW


class Claims:
    """A claim raises the row's fence; a worker whose fence is old writes nothing."""

    def __init__(self, changes: Changes, queues: QueueReader) -> None:
        """Write through `changes`; `queues` says whose turn it is."""
        self._changes, self._queues = changes, queues

    def claim_next(self, engine: str, *, lease_seconds: float) -> Job | None:
        """Claim the queued job of the engine whose turn it is; None where none waits."""
        is_empty = False
        while not is_empty:
            is_empty = True
            for id in self._queues.next(engine):
                is_empty = False  # if others were quicker with all of these, there may be more
                if job := self.claim(id, lease_seconds=lease_seconds):
                    return job
        return None

    def claim(self, id: str, *, lease_seconds: float) -> Job | None:
        """Become the job's one worker until the lease runs out; None if it is not to be had."""
        now = self._changes.now()
        ran_out = and_(
            ROW.status == Status.RUNNING,
            ROW.lease_until < now,
            ROW.attempts < self._changes.max_attempts,
            ROW.cancel_requested.is_(False),
        )
        return self._changes.one(
            id,
            or_(ROW.status == Status.QUEUED, ran_out),
            **FRESH
            | {
                "status": Status.RUNNING,
                "attempts": ROW.attempts + 1,
                "fence": ROW.fence + 1,
                "started_at": now,
                "served_at": now,
                "lease_until": now + lease_seconds,
            },
        )

    def report(
        self,
        id: str,
        fence: int,
        *,
        fraction: float,
        eta_seconds: float | None,
        stage: str,
        preview_version: int,
        lease_seconds: float,
    ) -> Job:
        """Write how far it is and renew the lease. `cancel_requested` of the answer says stop.

        Raises:
            LeaseLost: another worker has it, or it ended.
        """
        return self._change_mine(
            id,
            fence,
            fraction=min(fraction, 0.99),  # 1 is for what can be fetched
            eta_seconds=eta_seconds,
            stage=stage,
            preview_version=preview_version,
            lease_until=self._changes.now() + lease_seconds,
        )

    def release(self, id: str, fence: int) -> Job:
        """Put a job that its worker cannot finish now back at its place; not a lost attempt."""
        attempts = ROW.attempts - 1
        return self._change_mine(id, fence, status=Status.QUEUED, attempts=attempts, **FRESH)

    def finish(self, id: str, fence: int, status: Status, **result: Unpack[Result]) -> Job:
        """End a running job, exactly once.

        Raises:
            LeaseLost: another worker has it, or it ended.
        """
        now = self._changes.now()
        is_done = status == Status.DONE
        return self._change_mine(
            id,
            fence,
            status=status,
            fraction=1.0 if is_done else ROW.fraction,
            eta_seconds=None,
            stage="",
            lease_until=None,
            finished_at=now,
            expires_at=now + self._changes.keep_seconds,
            published_at=case((ROW.public, now), else_=null()) if is_done else None,
            **result,
        )

    def _change_mine(self, id: str, fence: int, **values: Any) -> Job:
        is_mine = and_(ROW.fence == fence, ROW.status == Status.RUNNING)
        job = self._changes.one(id, is_mine, **values)
        if job is None:
            raise LeaseLost(f"Job {id} is no longer this worker's.")
        return job
