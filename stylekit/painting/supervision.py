"""Retries while a store is unavailable, and gives up on an engine that does not stop."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

from stylekit.errors import PaintingFailed, Unavailable

log = logging.getLogger(__name__)

RETRY_SECONDS = (0.2, 1.0, 4.0)
POLL_SECONDS = 0.2  # between two looks at whether something was told to stop

T = TypeVar("T")


def with_retries(action: Callable[[], None]) -> None:
    """Do it; try again a few times while a file store or the job table is unavailable.

    Raises:
        Unavailable: when it stayed so.
    """
    for pause in RETRY_SECONDS:
        try:
            return action()
        except Unavailable as error:
            log.warning('retrying seconds=%g reason="%s"', pause, error)
            time.sleep(pause)
    return action()


def run_unless_stuck(
    work: Callable[[], T], is_stopped: Callable[[], bool], grace_seconds: float
) -> T:
    """Run `work` in a thread of its own, and return or raise what it does.

    Raises:
        PaintingFailed: when it goes on for `grace_seconds` after it was stopped. A thread cannot be
            ended from outside: it is left behind, so that its slot is free, and ends when the
            engine next reports.
    """
    outcome: Future[T] = Future()
    ended = threading.Event()
    here = copy_context()  # its lines in the log are about the same job
    thread = threading.Thread(
        target=here.run,
        args=(run_into, outcome, work, ended),
        name="stylekit-executor",
        daemon=True,
    )
    thread.start()
    while not ended.wait(POLL_SECONDS) and not is_stopped():
        pass
    if not ended.wait(grace_seconds):
        log.error("painting stuck grace_seconds=%g", grace_seconds)
        raise PaintingFailed("The painting did not stop.")
    return outcome.result()


def run_into(outcome: Future[T], work: Callable[[], T], ended: threading.Event) -> None:
    """Do the work, and put what it returns or raises into `outcome`."""
    try:
        outcome.set_result(work())
    except BaseException as error:
        outcome.set_exception(error)
    finally:
        ended.set()
