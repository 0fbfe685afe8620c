"""The worker: Celery in the parent process, painting in its children."""

import argparse
import logging
import os
import select
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from billiard.process import current_process
from celery import Celery, bootsteps, signals
from celery.exceptions import Reject

from stylekit import logs, wiring
from stylekit.engines.registry import ENGINES
from stylekit.errors import BadSettings, StylekitError, Unavailable
from stylekit.jobs import Job
from stylekit.queues.broker import (
    EXPIRE,
    MAINTENANCE,
    SWEEP,
    TASK,
    celery_app,
    queue_name,
    schedule,
)
from stylekit.settings import Settings, from_environment
from stylekit.transfers.maintenance import Maintenance
from stylekit.transfers.scheduler import EXPIRE_SECONDS, Scheduler
from stylekit.worker.arguments import GRACE_SECONDS, add_worker_flags
from stylekit.worker.health import BEAT_SECONDS, SILENT_SECONDS, HealthServer, Liveness

log = logging.getLogger("stylekit.worker")  # also where this module is the program

RETRY_SECONDS = 2.0  # between tries to start a job while something it needs is unavailable
OVERTIME_SECONDS = 60.0  # beyond job_seconds, after which a process that did not stop is killed
WARM_UP_SECONDS = 180  # for a process to load TensorFlow and the model
PAINTINGS_PER_PROCESS = 500  # then a fresh one takes over, should anything have leaked

Build = Callable[[Settings], wiring.Parts]


class StopSignal:
    """Set once, and seen in this process and in all that were forked from it.

    Unlike an event of `multiprocessing`, whose `set` waits for ever for a listener that was killed.
    """

    def __init__(self) -> None:
        """Not set."""
        self._reader, self._writer = os.pipe()

    def set(self) -> None:
        """Tell whoever waits, now or later."""
        os.write(self._writer, b"!")  # nobody ever reads it, so that all see it

    def wait(self, seconds: float | None = None) -> bool:
        """Whether it was set, at the latest after `seconds`."""
        return bool(select.select([self._reader], [], [], seconds)[0])


class Worker:
    """Takes ids from the broker's queues and has them painted, in child processes.

    The parent only speaks to the broker: it forks, and so must have neither TensorFlow nor threads
    that hold locks, which a child would wait for for ever. The children paint, and the first of
    them runs maintenance; a painting that crashes its process crashes nothing else.
    """

    overtime_seconds = OVERTIME_SECONDS

    def __init__(
        self,
        settings: Settings,
        *,
        engines: Sequence[str] = tuple(ENGINES),
        processes: int = 1,
        runs_maintenance: bool = True,
        grace_seconds: float = GRACE_SECONDS,
        build: Build = wiring.build_worker,
    ) -> None:
        """Paint jobs of `engines`, `processes` of each at a time; `build` makes a child's parts.

        Redis cannot keep the engines' queues apart: there it is `processes` at a time in all.
        """
        self.runs_maintenance, self.warm = runs_maintenance, StopSignal()
        self.liveness = Liveness(WARM_UP_SECONDS + SILENT_SECONDS, lambda: self.warm.wait(0))
        self.settings, self.engines, self.processes = settings, engines, processes
        queues = 1 if settings.topology.broker == "redis" else len(set(engines))
        self.children = processes * queues
        self.grace_seconds, self.build = grace_seconds, build
        self.parts: wiring.Parts | None = None  # of this process, if it is a child
        self._scheduler: Scheduler | None = None
        self.is_stopping = StopSignal()
        self.app = self._app()

    def run(self, *, beat: bool = False) -> int:
        """Work until SIGTERM or Ctrl-C; returns the exit code.

        With `beat`, a process beside the painters asks whichever worker is free for maintenance.
        """
        self._set_up_log()
        if self.settings.worker_port:
            HealthServer(self.settings.worker_port, self.liveness)
        worker = self.app.Worker(
            pool="prefork",
            concurrency=self.children,
            queues=[*(queue_name(engine) for engine in self.engines), MAINTENANCE],
            beat=beat,
            optimization="fair",
            loglevel="INFO",
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.start()
        return int(worker.exitcode or 0)

    def _app(self) -> Celery:
        longest = self.settings.job_seconds + self.overtime_seconds
        app = celery_app(self.settings.queue, tuple(ENGINES), longest_seconds=longest)
        app.conf.update(
            task_time_limit=longest,
            worker_max_tasks_per_child=PAINTINGS_PER_PROCESS,
            worker_proc_alive_timeout=WARM_UP_SECONDS,
            worker_enable_remote_control=False,
            worker_enable_prefetch_count_reduction=False,  # it would undo `PrefetchPerQueue`
            # A broker that comes back delivers again; the row's lease refuses the second painter.
            worker_cancel_long_running_tasks_on_connection_loss=False,
        )
        app.conf.update(
            beat_scheduler="celery.beat:Scheduler",  # it remembers nothing, and needs no file
            beat_schedule=schedule(
                sweep_seconds=self.settings.lease_seconds / 2, expire_seconds=EXPIRE_SECONDS
            ),
        )
        app.task(self.paint, name=TASK, shared=False)
        for name, task in ((SWEEP, self.sweep), (EXPIRE, self.expire)):
            app.task(task, name=name, shared=False, acks_late=False, typing=False)
        app.liveness, app.processes_per_engine = self.liveness, self.processes
        app.steps["consumer"].add(Heartbeat)
        if self.children > self.processes:
            app.steps["consumer"].add(PrefetchPerQueue)
        app.set_default()
        signals.setup_logging.connect(self._set_up_log, weak=False)
        signals.worker_shutting_down.connect(self._stop, weak=False)
        signals.worker_process_init.connect(self._begin_child, weak=False)
        return app

    # In a child ------------------------------------------------------------------------------

    def paint(self, job_id: str) -> None:
        """Have the job painted; wait while something that it needs is unavailable."""
        with logs.about(job_id):
            while not self._try_to_paint(job_id):
                if self.is_stopping.wait(RETRY_SECONDS):
                    raise Reject("stopping", requeue=True)

    def sweep(self) -> None:
        """Requeue jobs of dead workers and resend lost messages, on Celery's schedule."""
        self._run_maintenance("sweep", lambda maintenance: maintenance.sweep())

    def expire(self) -> None:
        """Delete what has been kept long enough, on Celery's schedule."""
        self._run_maintenance("expire", lambda maintenance: maintenance.expire())

    def _run_maintenance(self, name: str, task: Callable[[Maintenance], list[Job]]) -> None:
        assert self.parts is not None, "a child builds its parts before it takes a task"
        try:
            log.info("maintenance done task=%s jobs=%d", name, len(task(self.parts.maintenance)))
        except Unavailable as error:  # the next call does it
            log.warning('maintenance failed task=%s reason="%s"', name, error)

    def _try_to_paint(self, job_id: str) -> bool:
        assert self.parts is not None, "a child builds its parts before it takes a task"
        try:
            return self.parts.runner.run(job_id)
        except Unavailable as error:
            log.warning('job waits reason="%s"', error)
            return False

    def _begin_child(self, **_: Any) -> None:
        self.parts = self.build(self.settings)
        if self.runs_maintenance and current_process().index == 0:
            self._scheduler = wiring.build_scheduler(self.settings, self.parts.maintenance)
        threading.Thread(target=self._release_on_stop, daemon=True).start()
        for engine in self.engines:
            try:
                self.parts.engines.get(engine).warm_up()
            except StylekitError as error:  # the jobs will fail with the same words
                log.error('engine not loaded engine=%s reason="%s"', engine, error)
            else:
                self.warm.set()

    def _release_on_stop(self) -> None:
        self.is_stopping.wait()
        if self.parts is not None:
            self.parts.runner.stop()

    # In the parent ---------------------------------------------------------------------------

    def _set_up_log(self, **_: Any) -> None:
        logs.set_up(self.settings.log_format, add_job)

    def _stop(self, **_: Any) -> None:
        timer = threading.Timer(self.grace_seconds, self.is_stopping.set)
        timer.daemon = True
        timer.start()


class Heartbeat(bootsteps.StartStopStep):  # type: ignore[misc]
    """Reports from Celery's main loop that the worker is alive, while the broker is available."""

    requires = ("celery.worker.consumer:Tasks",)

    def __init__(self, consumer: Any, **_: Any) -> None:
        """Made with the consumer."""
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        """The broker is there, and messages are taken."""
        liveness: Liveness = consumer.app.liveness
        liveness.beat()
        self._timer = consumer.timer.call_repeatedly(BEAT_SECONDS, liveness.beat)

    def stop(self, consumer: Any) -> None:
        """The broker went away, or the worker ends."""
        if self._timer is not None:
            self._timer.cancel()
        consumer.app.liveness.wait_for_broker()


class PrefetchPerQueue(bootsteps.Step):  # type: ignore[misc]
    """Takes from each queue only what its engine has processes for.

    Quorum queues count what a worker holds queue by queue. By default one that paints a long
    picture would also hold a quick one back, which another worker could paint.
    """

    def __init__(self, consumer: Any, **_: Any) -> None:
        """Made with the consumer, before it takes anything."""
        consumer.initial_prefetch_count = consumer.app.processes_per_engine


def add_job(record: logging.LogRecord) -> bool:
    """Say which job Celery's own lines about a task are about."""
    given = vars(record).get("data")
    if isinstance(given, dict) and (found := logs.ID.search(str(given.get("args")))):
        record.job = found[0]
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a worker; its settings come from the environment, as the server's do."""
    parser = argparse.ArgumentParser("python -m stylekit.worker", description=main.__doc__)
    add_worker_flags(parser)
    flags = parser.parse_args(arguments)
    try:
        settings = from_environment(os.environ)
        if settings.topology.paints_here:
            raise BadSettings("A worker needs STYLEKIT_QUEUE, the URL of a broker.")
        engines = [known(name.strip()) for name in flags.engines.split(",")]
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    worker = Worker(
        settings,
        engines=engines,
        processes=flags.processes,
        runs_maintenance=not flags.no_maintenance,
        grace_seconds=flags.grace_seconds,
    )
    return worker.run(beat=flags.beat)


def known(engine: str) -> str:
    """The engine's name, if there is such an engine."""
    if engine not in ENGINES:
        raise BadSettings(f"There is no engine {engine!r}; there are {', '.join(ENGINES)}.")
    if not ENGINES[engine].is_installed:
        extra = ENGINES[engine].needs
        raise BadSettings(
            f"The {engine} engine needs the extra {extra}: pip install 'stylekit[{extra}]'."
        )
    return engine
