"""Changes of a job: each is one conditional UPDATE, so that of many workers one wins."""

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, Unpack

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from stylekit.errors import LeaseLost
from stylekit.jobs.database import Database
from stylekit.jobs.job import Job, Result, Status
from stylekit.jobs.queries import JobLists
from stylekit.jobs.statistics import Census
from stylekit.jobs.table import FINAL, JOBS, ROW, VISIBLE, as_jobs, in_line

TOMBSTONE_SECONDS = 30 * 86_400  # how long "it has expired" can be told from "never heard of it"
FRESH: dict[str, Any] = {"fraction": 0.0, "eta_seconds": None, "stage": "", "lease_until": None}
# Whoever saw it in the feed knows its id, which a later order of the same picture has, too.
SEEN = or_(ROW.withdrawn, ROW.published_at.is_not(None))
HIDDEN: dict[str, Any] = {"public": False, "published_at": None, "withdrawn": SEEN}
GONE: dict[str, Any] = HIDDEN | {"deleted": True}


class JobStore(JobLists, Census):
    """The table of jobs. Every change of state is one conditional UPDATE; who loses, is told."""

    def __init__(
        self,
        url: str,
        *,
        max_attempts: int = 3,
        keep_seconds: float = 7 * 86_400,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Remember where the table is; the first use connects, and makes or upgrades it."""
        self.database = Database(url)
        self.max_attempts, self.keep_seconds, self.now = max_attempts, keep_seconds, now

    def create(self, job: Job) -> Job:
        """Put `job` in line, or return the row that already has its id.

        A row that is only a tombstone comes back to life with the values of `job`.
        """
        return self.enter(job)[0]

    def enter(self, job: Job) -> tuple[Job, bool]:
        """The same, and whether it was put in line by this call."""
        now = self.now()
        times: dict[str, Any] = {"created_at": now, "queued_at": now, "put_at": now}
        job = replace(job, version=1, expires_at=job.expires_at or now + self.keep_seconds, **times)
        try:
            with self.database.write() as connection:
                connection.execute(insert(JOBS).values(asdict(job)))
            return job, True
        except IntegrityError:
            was_seen = False if job.public else ROW.withdrawn
            again = asdict(job) | {"fence": ROW.fence + 1, "withdrawn": was_seen}
            del again["id"], again["version"]
            revived = self._change(job.id, ~VISIBLE, **again)
            return revived or self.get(job.id), revived is not None

    def insist(self, id: str) -> Job | None:
        """Have the job stay, whoever wants to take it back; None if it is gone already."""
        return self._change(id, VISIBLE)

    def take_back(self, job: Job, *, deleted: bool) -> Job | None:
        """Cancel a job that waits, if nothing has happened to it since; None if something has."""
        untouched = and_(ROW.status == Status.QUEUED, ROW.version == job.version)
        gone = GONE if deleted else {}
        return self._change(job.id, untouched, **self._ended(Status.CANCELLED), **gone)

    def claim(self, id: str, *, lease_seconds: float) -> Job | None:
        """Become the job's one worker until the lease runs out; None if it is not to be had."""
        now = self.now()
        ran_out = and_(
            ROW.status == Status.RUNNING,
            ROW.lease_until < now,
            ROW.attempts < self.max_attempts,
            ROW.cancel_requested.is_(False),
        )
        return self._change(
            id,
            or_(ROW.status == Status.QUEUED, ran_out),
            **FRESH
            | {
                "status": Status.RUNNING,
                "attempts": ROW.attempts + 1,
                "fence": ROW.fence + 1,
                "started_at": now,
                "lease_until": now + lease_seconds,
            },
        )

    def claim_next(self, *, lease_seconds: float, engine: str | None = None) -> Job | None:
        """Claim the first job in line, of any engine or of one."""
        while waiting := self.waiting(engine=engine, limit=1):
            if job := self.claim(waiting[0].id, lease_seconds=lease_seconds):
                return job
        return None

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
            lease_until=self.now() + lease_seconds,
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
        now = self.now()
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
            expires_at=now + self.keep_seconds,
            published_at=case((ROW.public, now), else_=null()) if is_done else None,
            **result,
        )

    def miss(self, id: str, *, error: str, error_code: str) -> Job | None:
        """Count a lost attempt of a job that waits, for no worker kept its message.

        They may have died, or only been told to go home: it stays in line until its attempts
        are used up, and then it fails. None if a worker has it now or it ended.
        """
        waits, attempts = and_(ROW.id == id, ROW.status == Status.QUEUED), ROW.attempts + 1
        failed = self._ended(Status.FAILED, error=error, error_code=error_code, attempts=attempts)
        steps = [
            (and_(waits, attempts >= self.max_attempts), failed),
            (waits, {"attempts": attempts, "put_at": self.now()}),
        ]
        with self.database.write() as connection:
            found = [job for step in steps for job in changed(connection, *step)]
        return found[0] if found else None

    def request_cancel(self, id: str) -> Job:
        """Cancel a queued job at once; ask the worker of a running one to stop."""
        cancelled = self._change(
            id, ROW.status == Status.QUEUED, **self._ended(Status.CANCELLED)
        ) or self._change(id, ROW.status == Status.RUNNING, cancel_requested=True)
        return cancelled or self.get(id)

    def requeue(self, id: str) -> Job | None:
        """Put a job that ended in line again, as new; None if it has not ended."""
        now = self.now()
        nothing: dict[str, Any] = dict.fromkeys(("result_key", "finished_at", "published_at"))
        return self._change(
            id,
            and_(FINAL, VISIBLE),
            **FRESH
            | nothing
            | {"status": Status.QUEUED, "attempts": 0, "cancel_requested": False}
            | {"error": "", "error_code": "", "preview_version": 0, "started_at": None}
            | {"queued_at": now, "put_at": now, "expires_at": now + self.keep_seconds},
        )

    def set_public(self, id: str, public: bool) -> Job:
        """Show it in the feed, or take it back."""
        differs = and_(VISIBLE, ROW.public != public)
        if public:
            since = case((ROW.status == Status.DONE, self.now()), else_=null())
            shown = self._change(id, differs, public=True, published_at=since, withdrawn=False)
            return shown or self.get(id)
        hidden = self._change(id, differs, **HIDDEN)
        return hidden or self.get(id)

    def delete(self, id: str) -> Job:
        """Leave a tombstone; a queued job is cancelled, the worker of a running one is asked to."""
        self.request_cancel(id)
        return self._change(id, ROW.deleted.is_(False), **GONE) or self.get(id)

    def sweep(self, now: float | None = None) -> list[Job]:
        """Take jobs from workers that fell silent; returns those that changed.

        They are cancelled if that was asked for, failed after `max_attempts`, else put back.
        """
        ran_out = self._ran_out(now)
        failed = self._ended(
            Status.FAILED,
            error=f"Its worker died {self.max_attempts} times while painting it.",
            error_code="worker_lost",
        )
        put_back = FRESH | {"status": Status.QUEUED, "put_at": self.now()}
        steps = [
            (and_(ran_out, ROW.cancel_requested.is_(True)), self._ended(Status.CANCELLED)),
            (and_(ran_out, ROW.attempts >= self.max_attempts), failed),
            (ran_out, put_back),
        ]
        with self.database.write() as connection:
            return [job for step in steps for job in changed(connection, *step)]

    def expire(self, now: float | None = None) -> list[Job]:
        """Turn ended jobs whose time is over into tombstones; returns them, to delete their files.

        Tombstones themselves are forgotten after a month.
        """
        now = self.now() if now is None else now
        over = and_(FINAL, VISIBLE, ROW.expires_at < now)
        forgotten = and_(FINAL, ~VISIBLE, ROW.expires_at < now - TOMBSTONE_SECONDS)
        with self.database.write() as connection:
            connection.execute(delete(JOBS).where(forgotten))
            return changed(connection, over, HIDDEN | {"expired": True})

    def lost(
        self, engine: str, *, older_than_seconds: float, overtaken_by_seconds: float
    ) -> list[Job]:
        """Queued jobs of an engine whose message must be lost; marks them as sent now.

        None was sent that long, or one is being painted that came in line so much later.
        """
        now, other = self.now(), JOBS.alias()
        is_painted = and_(other.c.status == Status.RUNNING, other.c.engine == engine)
        newest = select(func.max(other.c.queued_at)).where(is_painted).scalar_subquery()
        is_overtaken = and_(
            ROW.queued_at < newest - overtaken_by_seconds, ROW.put_at < now - overtaken_by_seconds
        )
        is_lost = or_(ROW.put_at < now - older_than_seconds, is_overtaken)
        with self.database.write() as connection:
            found = changed(connection, and_(in_line(engine), is_lost), {"put_at": now})
        return sorted(found, key=lambda job: (job.queued_at, job.id))

    def close(self) -> None:
        """Close every connection; the next use opens a new one."""
        self.database.close()

    def _change(self, id: str, condition: ColumnElement[bool], **values: Any) -> Job | None:
        with self.database.write() as connection:
            found = changed(connection, and_(ROW.id == id, condition), values)
        return found[0] if found else None

    def _change_mine(self, id: str, fence: int, **values: Any) -> Job:
        is_mine = and_(ROW.fence == fence, ROW.status == Status.RUNNING)
        job = self._change(id, is_mine, **values)
        if job is None:
            raise LeaseLost(f"Job {id} is no longer this worker's.")
        return job

    def _ran_out(self, now: float | None = None) -> ColumnElement[bool]:
        now = self.now() if now is None else now
        return and_(ROW.status == Status.RUNNING, ROW.lease_until < now)

    def _ended(self, status: Status, **values: Any) -> dict[str, Any]:
        now = self.now()
        ended = {"status": status, "finished_at": now, "expires_at": now + self.keep_seconds}
        return ended | {"eta_seconds": None, "stage": "", "lease_until": None} | values


def changed(
    connection: Connection, condition: ColumnElement[bool], values: dict[str, Any]
) -> list[Job]:
    """Set `values` where `condition` holds; returns the rows as they are then."""
    change = update(JOBS).where(condition).values(version=ROW.version + 1, **values)
    return as_jobs(connection.execute(change.returning(JOBS)).all())
