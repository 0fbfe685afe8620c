"""Maintenance of the job table: jobs of dead workers, lost messages, expired jobs."""

from sqlalchemy import and_, delete, select

from stylekit.jobs.changes import FRESH, HIDDEN, Changes, changed
from stylekit.jobs.job import Job, Status
from stylekit.jobs.table import FINAL, JOBS, ROW, VISIBLE, is_queued

TOMBSTONE_SECONDS = 30 * 86_400  # how long "it has expired" can be told from "never heard of it"


class JobMaintenance:
    """Changes of many jobs at once, whoever they belong to."""

    def __init__(self, changes: Changes) -> None:
        """Write through `changes`."""
        self._changes = changes

    def sweep(self, now: float | None = None) -> list[Job]:
        """Take jobs from workers that fell silent; returns those that changed.

        They are cancelled if that was asked for, failed after `max_attempts`, else put back.
        """
        now = self._changes.now() if now is None else now
        ran_out = and_(ROW.status == Status.RUNNING, ROW.lease_until < now)
        failed = self._changes.ended(
            Status.FAILED,
            error=f"Its worker died {self._changes.max_attempts} times while painting it.",
            error_code="worker_lost",
        )
        put_back = FRESH | {"status": Status.QUEUED, "put_at": self._changes.now()}
        steps = [
            (and_(ran_out, ROW.cancel_requested.is_(True)), self._changes.ended(Status.CANCELLED)),
            (and_(ran_out, ROW.attempts >= self._changes.max_attempts), failed),
            (ran_out, put_back),
        ]
        with self._changes.database.write() as connection:
            return [job for step in steps for job in changed(connection, *step)]

    def count_lost_attempt(self, id: str, *, error: str, error_code: str) -> Job | None:
        """Count a lost attempt of a job that waits, for no worker kept its message.

        They may have died or been stopped: it stays queued until its attempts are used up, and then
        it fails. None if a worker has it now or it ended.
        """
        waits, attempts = and_(ROW.id == id, ROW.status == Status.QUEUED), ROW.attempts + 1
        failed = self._changes.ended(
            Status.FAILED, error=error, error_code=error_code, attempts=attempts
        )
        steps = [
            (and_(waits, attempts >= self._changes.max_attempts), failed),
            (waits, {"attempts": attempts, "put_at": self._changes.now()}),
        ]
        with self._changes.database.write() as connection:
            found = [job for step in steps for job in changed(connection, *step)]
        return found[0] if found else None

    def mark_resent(self, engine: str, *, most: int, older_than_seconds: float) -> list[Job]:
        """Queued jobs of an engine whose message may be lost; marks them as sent now.

        No message was sent for them that long. Those that have waited longest come first.
        """
        now = self._changes.now()
        is_lost = and_(is_queued(engine), ROW.put_at < now - older_than_seconds)
        longest = select(ROW.id).where(is_lost).order_by(ROW.queued_at, ROW.id).limit(most)
        with self._changes.database.write() as connection:
            ids = connection.execute(longest).scalars().all()
            found = changed(connection, and_(is_lost, ROW.id.in_(ids)), {"put_at": now})
        return sorted(found, key=lambda job: (job.queued_at, job.id))

    def expire(self, now: float | None = None) -> list[Job]:
        """Turn ended jobs whose time is over into tombstones; returns them, to delete their files.

        Tombstones themselves are forgotten after a month.
        """
        now = self._changes.now() if now is None else now
        over = and_(FINAL, VISIBLE, ROW.expires_at < now)
        forgotten = and_(FINAL, ~VISIBLE, ROW.expires_at < now - TOMBSTONE_SECONDS)
        with self._changes.database.write() as connection:
            connection.execute(delete(JOBS).where(forgotten))
            return changed(connection, over, HIDDEN | {"expired": True})
