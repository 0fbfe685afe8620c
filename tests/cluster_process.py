"""Processes for the tests to start and kill: a worker or a web server that tints pictures.

`python -m tests.cluster_process worker [--engines …]`; gunicorn imports `web`. Their settings come
from the environment. Each painting that is finished adds a line to PAINTED_LOG.
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from stylekit import wiring
from stylekit.engines.base import ignore_progress
from stylekit.engines.registry import ENGINES, Engines
from stylekit.settings import from_environment
from stylekit.worker.app import Worker
from stylekit.worker.arguments import add_worker_flags
from tests.fakes import TintEngine

DEADLY_WIDTH = 66
"""A content picture of this width kills the process that paints it."""


HANGING_WIDTH = 68
"""A content picture of this width is painted for ever, without a word."""


class ImpatientWorker(Worker):
    """Soon kills a process that does not come to an end."""

    overtime_seconds = 3.0


class LoggedTintEngine(TintEngine):
    """Tints, writes down what it painted, and dies of pictures of a certain width, or hangs."""

    def stylize(self, content, style, options, on_progress=ignore_progress):
        if content.shape[1] == HANGING_WIDTH:
            time.sleep(600)
        if content.shape[1] == DEADLY_WIDTH:
            os.kill(os.getpid(), signal.SIGKILL)
        painted = super().stylize(content, style, options, on_progress)
        with open(os.environ["PAINTED_LOG"], "a") as log:
            log.write(f"{self.name}\n")
        return painted


def build(settings):
    """The parts, with engines that take STEP_SECONDS for each of ten steps."""
    seconds = float(os.environ.get("STEP_SECONDS", "0"))

    def engine(name):
        return lambda: LoggedTintEngine(name, steps=10, step_seconds=seconds)

    return wiring.build(settings, Engines({name: engine(name) for name in ENGINES}))


def web():
    """What gunicorn serves."""
    from stylekit.web import create_app

    settings = from_environment(os.environ)
    return create_app(settings, build(settings))


def worker(arguments):
    """A worker that tints."""
    parser = argparse.ArgumentParser()
    add_worker_flags(parser)
    told = parser.parse_args(arguments)
    return ImpatientWorker(
        from_environment(os.environ),
        engines=told.engines.split(","),
        runs_maintenance=not told.no_maintenance,
        grace_seconds=told.grace_seconds,
        build=build,
    ).run(beat=told.beat)


def environment(folder: Path, urls: dict[str, str], **more: str) -> dict[str, str]:
    """The variables of all processes of one test; `urls` are settings by their names."""
    ours = {f"STYLEKIT_{name.upper()}": url for name, url in urls.items()}
    return {
        **{name: value for name, value in os.environ.items() if name[:9] != "STYLEKIT_"},
        "STYLEKIT_DATA": str(folder / "data"),
        "STYLEKIT_STYLES": str(folder / "styles"),
        "STYLEKIT_SECRET": "a secret of the tests",
        "STYLEKIT_LEASE_SECONDS": "2",
        "PAINTED_LOG": str(folder / "painted.log"),
        **ours,
        **more,
    }


if __name__ == "__main__":
    sys.exit(worker(sys.argv[2:]))
