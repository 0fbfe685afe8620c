"""The Celery worker: `stylekit worker`, `python -m stylekit.worker`."""

import os
from typing import Any


def __getattr__(name: str) -> Any:
    """`celery -A stylekit.worker beat`: the app, made of the environment when it is asked for."""
    if name == "celery":
        from stylekit.settings import from_environment
        from stylekit.worker.app import Worker

        return Worker(from_environment(os.environ)).app
    raise AttributeError(name)
