"""The flags of a worker, for `stylekit worker` and `python -m stylekit.worker`."""

import argparse

from stylekit.engines.registry import ENGINES

GRACE_SECONDS = 20.0
"""How long a painting may still take after SIGTERM, unless a worker is told otherwise."""


def add_worker_flags(command: argparse.ArgumentParser) -> None:
    """What one worker does."""
    command.add_argument(
        "--engines", default=",".join(ENGINES), help="comma-separated engines to paint with"
    )
    command.add_argument(
        "--processes", type=int, default=1, help="paintings of each engine at the same time"
    )
    command.add_argument(
        "--grace-seconds",
        type=float,
        default=GRACE_SECONDS,
        help="how long a painting may still take after SIGTERM; then its job is queued again",
    )
    command.add_argument(
        "--beat",
        action="store_true",
        help="also schedule maintenance (sweep, expire) for the workers",
    )
    command.add_argument(
        "--no-maintenance",
        action="store_true",
        help="leave maintenance to a schedule (--beat or cron)",
    )


def worker_arguments(said: argparse.Namespace) -> list[str]:
    """The same, as it is typed."""
    switches = [
        flag for flag in ("--beat", "--no-maintenance") if getattr(said, flag[2:].replace("-", "_"))
    ]
    numbers = ["--processes", str(said.processes), "--grace-seconds", str(said.grace_seconds)]
    return ["--engines", said.engines, *numbers, *switches]
