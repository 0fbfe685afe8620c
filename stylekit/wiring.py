"""Builds the parts that the settings ask for. The only module that chooses between implementations.

What is costly or optional (engines, brokers) is imported only where the settings ask for it.
"""

import errno
import logging
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stylekit.catalogue import Catalogue, open_catalogue
from stylekit.engines.registry import ENGINES, Engines, build_engines, offered
from stylekit.errors import BadSettings, QueueUnavailable
from stylekit.events import Events, LocalEvents
from stylekit.images import Limits
from stylekit.images.isolated import IsolatedReader
from stylekit.jobs import JobStore
from stylekit.painting.admission import Admission
from stylekit.painting.executor import Executor
from stylekit.painting.runner import Runner
from stylekit.painting.task import STORED_LIMITS
from stylekit.queues.base import Queue
from stylekit.queues.threads import ThreadQueue
from stylekit.rate_limits import LocalRateLimits, RateLimits
from stylekit.secrets import read_secret
from stylekit.settings import Settings
from stylekit.shared_redis import SharedRedis
from stylekit.storage import FileStore, open_store
from stylekit.transfers.access import Access
from stylekit.transfers.ids import JobIds
from stylekit.transfers.maintenance import Maintenance
from stylekit.transfers.requests import Order, Request, RequestReader
from stylekit.transfers.results import Results
from stylekit.transfers.scheduler import SWEEP_SECONDS, Scheduler
from stylekit.transfers.service import Transfers
from stylekit.transfers.submission import Submission
from stylekit.transfers.uploads import TilePainter, Uploads

log = logging.getLogger(__name__)

SECONDS_PER_DAY = 86_400
FULL = (errno.ENOSPC, errno.EDQUOT)
READERS = 3  # pictures read at a time, so that two that take long leave a slot


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything that an entry point may need, built once for a process."""

    settings: Settings
    secret: bytes  # signs cookies, ids and links
    transfers: Transfers
    access: Access
    results: Results
    maintenance: Maintenance
    runner: Runner
    jobs: JobStore
    files: FileStore
    pictures: IsolatedReader
    uploads: Uploads
    tiles: TilePainter | None  # None where this process does not paint
    styles: Catalogue
    queue: Queue
    events: Events
    rate_limits: RateLimits
    engines: Engines
    executor: Executor
    scheduler: Scheduler | None  # None where another scheduler asks for maintenance

    def close(self) -> None:
        """Hand back what is being painted, and let go of threads and connections."""
        if self.scheduler is not None:
            self.scheduler.close()
        self.runner.stop()
        self.queue.close()
        self.events.close()
        self.rate_limits.close()
        self.jobs.close()
        self.pictures.close()


def build(
    settings: Settings, engines: Engines | None = None, pictures: IsolatedReader | None = None
) -> Parts:
    """The parts of a process that asks; without a broker it paints, too, in threads.

    Nothing of TensorFlow is loaded here: an engine is built when it first paints, which is
    after the server has forked.
    """
    make_data_folder(settings.data)
    engines, pictures = engines or build_engines(settings), pictures or IsolatedReader()
    executor, jobs = build_executor(settings, engines), build_jobs(settings)
    files, events = open_store(settings.storage_url), build_events(settings)
    runner = Runner(jobs=jobs, files=files, events=events, executor=executor, settings=settings)
    queue = build_queue(settings, runner, jobs)
    secret, styles = read_secret(settings), open_catalogue(settings)
    access = Access(jobs=jobs, ids=JobIds(secret), keep_days=settings.keep_days)
    requests = build_requests(settings, styles, pictures)
    transfers = build_transfers(settings, access, requests, files, queue, events, executor)
    uploads = build_uploads(settings, files, secret, transfers.reading, pictures)
    maintenance = build_maintenance(settings, jobs, files, queue, events, uploads)
    return Parts(
        settings=settings,
        secret=secret,
        transfers=transfers,
        access=access,
        results=transfers.results,
        maintenance=maintenance,
        runner=runner,
        jobs=jobs,
        files=files,
        pictures=pictures,
        uploads=uploads,
        tiles=build_tiles(settings, executor, requests),
        styles=styles,
        queue=queue,
        events=events,
        rate_limits=build_rate_limits(settings),
        engines=engines,
        executor=executor,
        scheduler=build_scheduler(settings, maintenance) if settings.topology.paints_here else None,
    )


def build_worker(settings: Settings, engines: Engines | None = None) -> Parts:
    """The parts of a process that paints what others put into the broker's queues."""
    if settings.topology.paints_here:
        raise BadSettings("A worker needs STYLEKIT_QUEUE, the URL of a broker.")
    return build(settings, engines)


def make_data_folder(folder: Path) -> None:
    """Make the folder of the data where there is none.

    Raises:
        BadSettings: when that cannot be, or nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSettings(
            f"STYLEKIT_DATA is {folder}; it cannot be made: {error.strerror}."
        ) from None
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        if error.errno not in FULL:  # what is there can be deleted
            raise BadSettings(
                f"STYLEKIT_DATA is {folder}; nothing can be written there: {error.strerror}."
            ) from None


# One part each ------------------------------------------------------------------------------


def build_executor(settings: Settings, engines: Engines) -> Executor:
    """As many slots for each engine as the settings say."""
    admissions = {
        name: Admission(settings.painters, settings.waiting_painters, settings.wait_seconds)
        for name in ENGINES
    }
    return Executor(engines, admissions)


def build_requests(
    settings: Settings, styles: Catalogue, pictures: IsolatedReader
) -> RequestReader:
    """Reads what is asked for."""
    return RequestReader(
        styles=styles,
        limits=build_limits(settings),
        engines=offered(settings),
        gatys_max_side=settings.gatys_max_side,
        pictures=pictures,
    )


def build_transfers(
    settings: Settings,
    access: Access,
    requests: RequestReader,
    files: FileStore,
    queue: Queue,
    events: Events,
    executor: Executor,
) -> Transfers:
    """What entry points ask for, and the parts of it."""
    reading = Admission(
        READERS,
        max_waiting=settings.spare_threads // 3,
        wait_seconds=settings.wait_seconds,
        max_each=READERS - 1,
    )
    return Transfers(
        events=events,
        executor=executor,
        requests=requests,
        submission=Submission(
            access=access, files=files, queue=queue, events=events, max_queued=settings.max_queued
        ),
        access=access,
        results=Results(access=access, files=files, reading=reading),
        settings=settings,
    )


def build_maintenance(
    settings: Settings,
    jobs: JobStore,
    files: FileStore,
    queue: Queue,
    events: Events,
    uploads: Uploads | None = None,
) -> Maintenance:
    """What is done on schedule; orphans are looked for where there are not millions of files."""
    is_large = not settings.topology.paints_here and settings.topology.has_bucket
    return Maintenance(
        jobs=jobs,
        files=files,
        queue=queue,
        events=events,
        uploads=uploads,
        removes_orphans=not is_large,
        most_bytes=settings.keep_bytes,
    )


def build_limits(settings: Settings) -> Limits:
    """What a picture may be at most."""
    return Limits(max_bytes=settings.max_picture_bytes, max_pixels=settings.max_pixels)


def build_uploads(
    settings: Settings,
    files: FileStore,
    secret: bytes,
    reading: Admission,
    pictures: IsolatedReader,
) -> Uploads:
    """Photos that wait to be painted, read in the slots of `reading`."""
    return Uploads(
        files=files,
        limits=build_limits(settings),
        secret=secret,
        hours=settings.upload_hours,
        reading=reading,
        pictures=pictures,
    )


def build_tiles(
    settings: Settings, executor: Executor, requests: RequestReader
) -> TilePainter | None:
    """Who paints a photo in every style, small; nobody where workers paint."""
    if not settings.topology.paints_here:
        return None

    def read(photo: bytes, style: str) -> Request:
        return requests.read(
            Order(content=photo, style=style, owner="", format="jpeg"), STORED_LIMITS
        )

    # Who waits and who is sent tiles holds a thread: together, a third of what is to spare.
    count = max(1, settings.spare_threads // 6)
    streams = Admission(count, count, settings.wait_seconds, max_each=max(1, count - 1))
    return TilePainter(executor, read, streams)


def build_jobs(settings: Settings) -> JobStore:
    """The job table."""
    return JobStore(
        settings.database_url,
        max_attempts=settings.max_attempts,
        keep_seconds=settings.keep_days * SECONDS_PER_DAY,
        seconds_per_cost=lambda engine: ENGINES[engine].seconds_per_cost,
    )


def build_events(settings: Settings) -> Events:
    """Events among all servers where there is a Redis, or else in this process."""
    if not settings.topology.is_shared:
        return LocalEvents()
    from stylekit.events import RedisEvents

    return RedisEvents(settings.events)


def build_rate_limits(settings: Settings) -> RateLimits:
    """One count for all web processes where there is a Redis, or else one of this process."""
    if not settings.topology.is_shared:
        return LocalRateLimits()
    from stylekit.rate_limits import RedisRateLimits

    return RedisRateLimits(settings.events)


def build_queue(settings: Settings, runner: Runner, jobs: JobStore) -> Queue:
    """The broker's queues where there is a broker, or else threads of this process."""
    if settings.topology.paints_here:
        return EngineQueues(
            {name: build_thread_queue(settings, runner, jobs, name) for name in ENGINES}
        )
    return build_broker(settings)


def build_broker(settings: Settings) -> Queue:
    """The broker's queues."""
    from stylekit.queues.broker import CeleryQueue

    return CeleryQueue(settings.queue, tuple(ENGINES), longest_seconds=settings.job_seconds)


def ping_events(settings: Settings) -> None:
    """Ask the Redis of the events whether it is there.

    Raises:
        QueueUnavailable: when it is not.
    """
    redis = SharedRedis(settings.events, "checked by hand")
    try:
        redis.client.ping()
    except redis.errors as error:
        raise QueueUnavailable(f"Redis does not answer: {error}") from None
    finally:
        redis.close()


def build_scheduler(settings: Settings, maintenance: Maintenance) -> Scheduler:
    """A thread that asks for maintenance, well within the time that a lease lasts."""
    return Scheduler(maintenance, min(SWEEP_SECONDS, settings.lease_seconds / 2))


def build_thread_queue(settings: Settings, runner: Runner, jobs: JobStore, engine: str) -> Queue:
    """Threads that paint the jobs of one engine, those of an earlier process first."""

    def find_waiting() -> Iterable[tuple[str, str]]:
        return [(job.id, job.engine) for job in jobs.queries.waiting(engine=engine)]

    return ThreadQueue(runner.run, settings.painters, find_waiting=find_waiting)


class EngineQueues:
    """A queue for each engine, so that a fast job does not wait for one that takes minutes."""

    def __init__(self, queues: dict[str, Queue]) -> None:
        """These queues, by the engine's name."""
        self._queues = queues

    def put(self, job_id: str, *, engine: str) -> None:
        """Put the job into its engine's queue."""
        self._queues[engine].put(job_id, engine=engine)

    def length(self, engine: str) -> int:
        """How many ids wait in the engine's queue."""
        return self._queues[engine].length(engine)

    def dead(self) -> Iterator[str]:
        """None: a thread that breaks is noticed at once."""
        return iter(())

    def close(self) -> None:
        """Close every queue."""
        for each in self._queues.values():
            each.close()
