"""Reads the queue of an engine from the job table."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Row, and_, case, func, select

from stylekit.jobs.database import Database
from stylekit.jobs.fair_queue import FairQueue, Running, Served, Waiting, fair_order
from stylekit.jobs.job import Status
from stylekit.jobs.table import JOBS, ROW, is_queued

REMEMBERED_SECONDS = 1800.0  # whoever was served longer ago is served as if never
RELIABLE_FRACTION = 0.05  # the first steps also build the graph: what they promise is far too long
QUEUE_COLUMNS = ("id", "status", "owner", "address", "queued_at", "cost")
PROGRESS_COLUMNS = ("started_at", "lease_until", "fraction", "eta_seconds")
COLUMNS = [getattr(ROW, name) for name in (*QUEUE_COLUMNS, *PROGRESS_COLUMNS)]
"""What is read of each job."""


class QueueReader:
    """The queue of each engine, as the table has it now."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], float],
        seconds_per_cost: Callable[[str], float],
    ) -> None:
        """Read from `database`; `seconds_per_cost` is a guess for an engine not yet timed."""
        self._database, self._now, self._guess = database, now, seconds_per_cost

    def of(self, engine: str) -> FairQueue:
        """All that wait for the engine, and all that it paints."""
        now = self._now()
        living = and_(ROW.engine == engine, ROW.status.in_([Status.QUEUED, Status.RUNNING]))
        with self._database.read() as connection:
            jobs = connection.execute(select(*COLUMNS).where(living)).all()
        served, rate = self._served(engine, now)
        return FairQueue(
            (as_waiting(job) for job in jobs if job.status == Status.QUEUED),
            (as_running(job, now) for job in jobs if (job.lease_until or 0.0) > now),
            served=served,
            seconds_per_cost=rate,
        )

    def next(self, engine: str) -> Iterator[str]:
        """Ids of queued jobs, the one whose turn it is first, one of each owner."""
        groups = select(ROW.address, ROW.owner, func.min(ROW.queued_at).label("queued_at"))
        groups = groups.where(is_queued(engine)).group_by(ROW.address, ROW.owner)
        with self._database.read() as connection:
            found = [Waiting(**row._mapping) for row in connection.execute(groups)]
        served, _ = self._served(engine, self._now())
        for each in fair_order(found, served):
            mine = and_(is_queued(engine), ROW.address == each.address, ROW.owner == each.owner)
            first = select(ROW.id).where(mine).order_by(ROW.queued_at, ROW.id).limit(1)
            with self._database.read() as connection:
                if (id := connection.execute(first).scalar()) is not None:
                    yield id

    def _served(self, engine: str, now: float) -> tuple[Served, float]:
        """Who was served lately, and how many seconds a unit of cost took."""
        is_done = and_(ROW.status == Status.DONE, ROW.cost > 0)
        found = (
            select(
                ROW.address,
                ROW.owner,
                func.max(ROW.served_at).label("at"),
                func.sum(case((is_done, ROW.seconds), else_=0.0)).label("seconds"),
                func.sum(case((is_done, ROW.cost), else_=0.0)).label("cost"),
            )
            .select_from(JOBS)
            .where(ROW.engine == engine, ROW.served_at > now - REMEMBERED_SECONDS)
            .group_by(ROW.address, ROW.owner)
        )
        with self._database.read() as connection:
            rows = connection.execute(found).all()
        addresses: dict[str, float] = {}
        for row in rows:
            addresses[row.address] = max(row.at, addresses.get(row.address, 0.0))
        cost = sum(row.cost or 0.0 for row in rows)
        seconds = sum(row.seconds or 0.0 for row in rows)
        rate = seconds / cost if cost and seconds else self._guess(engine)
        owners = {(row.address, row.owner): row.at for row in rows}
        return Served(addresses=addresses, owners=owners), rate


def as_waiting(job: Row[Any]) -> Waiting:
    """A row that waits."""
    return Waiting(
        id=job.id,
        owner=job.owner,
        address=job.address,
        queued_at=job.queued_at,
        cost=job.cost,
    )


def as_running(job: Row[Any], now: float) -> Running:
    """A row that is being painted."""
    return Running(
        id=job.id,
        cost=job.cost,
        for_seconds=now - (job.started_at or now),
        eta_seconds=job.eta_seconds if job.fraction >= RELIABLE_FRACTION else None,
    )
