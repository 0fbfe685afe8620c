"""The Celery worker."""

import argparse
import logging
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from celery import Celery, signals
from celery.exceptions import Reject

from stylekit import wiring
from stylekit.errors import BadSettings, JobNotFound, StylekitError, Unavailable
from stylekit.jobs import Status
from stylekit.queues import ENGINES, TASK, celery_app, queue_name
from stylekit.settings import Settings, from_environment

log = logging.getLogger(__name__)

PAUSE_SECONDS = 2.0  # before a job that could not be started, for a part is away, is tried again
GRACE_SECONDS = 20.0  # after SIGTERM, a painting may still be finished; then it is handed back
OVERTIME_SECONDS = 60.0  # beyond job_seconds, after which a process that hears nothing is killed
WARM_UP_SECONDS = 180  # for a process to load TensorFlow and the model
PAINTINGS_PER_PROCESS = 500  # then a fresh one takes over, should anything have leaked

Build = Callable[[Settings], wiring.Parts]


class Worker:
    """Takes ids from the broker's queues and has them painted, in child processes.

    The parent speaks to the broker and keeps house; only the children load TensorFlow, so that
    nothing of it is forked, and a painting that takes its process with it takes nothing else.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        engines: Sequence[str] = ENGINES,
        processes: int = 1,
        grace_seconds: float = GRACE_SECONDS,
        build: Build = wiring.build_worker,
    ) -> None:
        """Paint jobs of `engines`, `processes` at a time; `build` makes the parts in each child."""
        self.settings, self.engines, self.processes = settings, engines, processes
        self.grace_seconds, self.build = grace_seconds, build
        self.parts: wiring.Parts | None = None  # of this process, be it parent or child
        self._inherited: wiring.Parts | None = None
        self._keeper: Any = None
        self.going_home = multiprocessing.get_context("fork").Event()  # parent and children see it
        self.app = self._app()

    def run(self) -> int:
        """Work until SIGTERM or Ctrl-C; returns the exit code."""
        worker = self.app.Worker(
            pool="prefork",
            concurrency=self.processes,
            queues=[queue_name(engine) for engine in self.engines],
            optimization="fair",
            loglevel="INFO",
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.start()
        return int(worker.exitcode or 0)

    def _app(self) -> Celery:
        longest = self.settings.job_seconds + OVERTIME_SECONDS
        app = celery_app(self.settings.queue, longest_seconds=longest)
        app.conf.update(
            task_time_limit=longest,
            worker_max_tasks_per_child=PAINTINGS_PER_PROCESS,
            worker_proc_alive_timeout=WARM_UP_SECONDS,
            worker_enable_remote_control=False,
            # A broker that comes back delivers again; the row's lease refuses the second painter.
            worker_cancel_long_running_tasks_on_connection_loss=False,
        )
        app.task(self.paint, name=TASK, shared=False)
        app.set_default()
        signals.setup_logging.connect(set_up_logging)
        signals.worker_ready.connect(self._keep_house, weak=False)
        signals.worker_shutting_down.connect(self._go_home, weak=False)
        signals.worker_process_init.connect(self._begin_child, weak=False)
        return app

    # In a child ------------------------------------------------------------------------------

    def paint(self, job_id: str) -> None:
        """Have the job painted; while a part that it needs is away, wait for it."""
        while not self._is_dealt_with(job_id):
            if self.going_home.wait(PAUSE_SECONDS):
                raise Reject("going home", requeue=True)

    def _is_dealt_with(self, job_id: str) -> bool:
        assert self.parts is not None, "a child builds its parts before it takes a task"
        try:
            self.parts.runner.run(job_id)
            return self.parts.jobs.get(job_id).status != Status.QUEUED
        except JobNotFound:
            return True
        except Unavailable as error:
            log.warning("job %s waits: %s", job_id, error)
            return False

    def _begin_child(self, **_: Any) -> None:
        self._inherited = self.parts  # kept: closing them here would break the parent's connections
        self.parts = self.build(self.settings)
        threading.Thread(target=self._hand_back_in_time, daemon=True).start()
        for engine in self.engines:
            try:
                self.parts.engines.get(engine).warm_up()
            except StylekitError as error:  # the jobs will fail with the same words
                log.error("%s: %s", engine, error)

    def _hand_back_in_time(self) -> None:
        self.going_home.wait()
        if self.parts is not None:
            self.parts.runner.stop()

    # In the parent ---------------------------------------------------------------------------

    def _keep_house(self, **_: Any) -> None:
        self.parts = self.build(self.settings)
        self._keeper = wiring.build_keeper(self.settings, self.parts.transfers)

    def _go_home(self, **_: Any) -> None:
        timer = threading.Timer(self.grace_seconds, self.going_home.set)
        timer.daemon = True
        timer.start()


def set_up_logging(**_: Any) -> None:
    """Plain lines on standard error, which whoever runs the worker collects."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(processName)s: %(message)s"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a worker; its settings come from the environment, as the server's do."""
    parser = argparse.ArgumentParser("python -m stylekit.worker", description=main.__doc__)
    parser.add_argument(
        "--engines", default=",".join(ENGINES), help="comma-separated engines to paint with"
    )
    parser.add_argument("--processes", type=int, default=1, help="paintings at the same time")
    told = parser.parse_args(arguments)
    try:
        settings = from_environment(os.environ)
        if not settings.queue:
            raise BadSettings("A worker needs STYLEKIT_QUEUE, the URL of a broker.")
        engines = [known(name.strip()) for name in told.engines.split(",")]
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    return Worker(settings, engines=engines, processes=told.processes).run()


def known(engine: str) -> str:
    """The engine's name, if there is such an engine."""
    if engine not in ENGINES:
        raise BadSettings(f"There is no engine {engine!r}; there are {', '.join(ENGINES)}.")
    return engine


if __name__ == "__main__":
    sys.exit(main())
