"""Builds the parts that the settings ask for. The only module that chooses between implementations.

What is costly or optional (engines, brokers) is imported only where the settings ask for it.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stylekit.engines.base import OPTIONS, Engine
from stylekit.errors import BadSettings
from stylekit.events import Events, LocalEvents
from stylekit.images import Limits
from stylekit.jobs import JobStore
from stylekit.painting.admission import Gate
from stylekit.painting.executor import Easel, Engines
from stylekit.painting.runner import Runner
from stylekit.queues.base import Queue
from stylekit.queues.threads import ThreadQueue
from stylekit.rate_limits import LocalTally, Tally
from stylekit.secrets import read_secret
from stylekit.settings import Settings
from stylekit.storage import FileStore, open_store
from stylekit.styles import Catalogue
from stylekit.transfers.requests import Orders
from stylekit.transfers.scheduler import SWEEP_SECONDS, Keeper
from stylekit.transfers.service import Transfers

log = logging.getLogger(__name__)

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything that a door may need, built once for a process."""

    settings: Settings
    secret: bytes  # signs cookies, ids and links
    transfers: Transfers
    runner: Runner
    jobs: JobStore
    files: FileStore
    styles: Catalogue
    queue: Queue
    events: Events
    tally: Tally
    engines: Engines
    easel: Easel
    keeper: Keeper | None  # None where a scheduler of its own keeps house

    def close(self) -> None:
        """Hand back what is being painted, and let go of threads and connections."""
        if self.keeper is not None:
            self.keeper.close()
        self.runner.stop()
        self.queue.close()
        self.events.close()
        self.tally.close()
        self.jobs.close()


def build(settings: Settings, engines: Engines | None = None) -> Parts:
    """The parts of a process that asks; without a broker it paints, too, in threads.

    Nothing of TensorFlow is loaded here: an engine is built when it first paints, which is
    after the server has forked.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    secret = read_secret(settings)
    engines = engines or build_engines(settings)
    easel = build_easel(settings, engines)
    jobs = build_jobs(settings)
    files, styles = open_store(settings.storage_url), build_catalogue(settings)
    events = build_events(settings)
    runner = Runner(jobs=jobs, files=files, events=events, easel=easel, settings=settings)
    queue = build_queue(settings, runner, jobs)
    orders = Orders(
        styles=styles, limits=build_limits(settings),
        gatys_max_side=settings.gatys_max_side, secret=secret,
    )  # fmt: skip
    transfers = Transfers(
        jobs=jobs, files=files, queue=queue, events=events,
        easel=easel, orders=orders, settings=settings,
    )  # fmt: skip
    keeper = None if settings.queue else build_keeper(settings, transfers)
    return Parts(
        settings=settings, secret=secret, transfers=transfers, runner=runner, jobs=jobs,
        files=files, styles=styles, queue=queue, events=events, tally=build_tally(settings),
        engines=engines, easel=easel, keeper=keeper,
    )  # fmt: skip


def build_worker(settings: Settings, engines: Engines | None = None) -> Parts:
    """The parts of a process that paints what others put into the broker's queues."""
    if not settings.queue:
        raise BadSettings("A worker needs STYLEKIT_QUEUE, the URL of a broker.")
    return build(settings, engines)


# One part each ------------------------------------------------------------------------------


def build_engines(settings: Settings) -> Engines:
    """The engines; each is built, and TensorFlow loaded, when it is first used."""

    def fast() -> Engine:
        from stylekit.engines.fast import FastEngine

        return FastEngine(settings.model)

    def gatys() -> Engine:
        from stylekit.engines.fast import FastEngine
        from stylekit.engines.gatys import GatysEngine

        painter = engines.fast()
        return GatysEngine(
            settings.perceptual, fast=painter if isinstance(painter, FastEngine) else None
        )

    engines = Engines({"fast": fast, "gatys": gatys})
    return engines


def build_easel(settings: Settings, engines: Engines) -> Easel:
    """As many places for each engine as the settings say."""
    gates = {
        name: Gate(settings.painters, settings.waiting_painters, settings.wait_seconds)
        for name in OPTIONS
    }
    return Easel(engines, gates)


def build_catalogue(settings: Settings) -> Catalogue:
    """The style catalogue, with a cache on disk where it lies in a bucket."""
    is_bucket = settings.styles_url.startswith("gs://")
    cache = settings.data / "styles" if is_bucket else None
    return Catalogue(open_store(settings.styles_url), cache)


def build_limits(settings: Settings) -> Limits:
    """What a picture may be at most."""
    return Limits(max_bytes=settings.max_picture_bytes, max_pixels=settings.max_pixels)


def build_jobs(settings: Settings) -> JobStore:
    """The job table."""
    return JobStore(
        settings.database_url,
        max_attempts=settings.max_attempts,
        keep_seconds=settings.keep_days * SECONDS_PER_DAY,
    )


def build_events(settings: Settings) -> Events:
    """Events among all servers where there is a Redis, or else in this process."""
    if not settings.events:
        return LocalEvents()
    from stylekit.events import RedisEvents

    return RedisEvents(settings.events)


def build_tally(settings: Settings) -> Tally:
    """One tally of all web processes where there is a Redis, or else one of this process."""
    if not settings.events:
        return LocalTally()
    from stylekit.rate_limits import RedisTally

    return RedisTally(settings.events)


def build_queue(settings: Settings, runner: Runner, jobs: JobStore) -> Queue:
    """The broker's queues where there is a broker, or else threads of this process."""
    if not settings.queue:
        return Lanes({name: lane(settings, runner, jobs, name) for name in OPTIONS})
    from stylekit.queues.broker import CeleryQueue

    return CeleryQueue(settings.queue, longest_seconds=settings.job_seconds)


def build_keeper(settings: Settings, transfers: Transfers) -> Keeper:
    """Somebody who keeps house, well within the time that a lease lasts."""
    return Keeper(transfers, min(SWEEP_SECONDS, settings.lease_seconds / 2))


def lane(settings: Settings, runner: Runner, jobs: JobStore, engine: str) -> Queue:
    """Threads that paint the jobs of one engine, those of an earlier process first."""

    def left_behind() -> Iterable[tuple[str, str]]:
        return [(job.id, job.engine) for job in jobs.queries.waiting(engine=engine)]

    return ThreadQueue(runner.run, settings.painters, left_behind=left_behind)


class Lanes:
    """A line for each engine, so that a fast job does not wait for one that takes minutes."""

    def __init__(self, lanes: dict[str, Queue]) -> None:
        """Keep the lines, by the engine's name."""
        self._lanes = lanes

    def put(self, job_id: str, *, engine: str) -> None:
        """Put the job into its engine's line."""
        self._lanes[engine].put(job_id, engine=engine)

    def length(self, engine: str) -> int:
        """How many ids wait in the engine's line."""
        return self._lanes[engine].length(engine)

    def dead(self) -> Iterator[str]:
        """None: a thread that breaks is noticed at once."""
        return iter(())

    def close(self) -> None:
        """Close every line."""
        for each in self._lanes.values():
            each.close()
