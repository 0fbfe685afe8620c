"""Retries what is away for a moment, and gives up on an engine that does not stop."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

from stylekit.errors import PaintingFailed, Unavailable

log = logging.getLogger(__name__)

RETRY_PAUSES = (0.2, 1.0, 4.0)
LOOK_SECONDS = 0.2  # between two looks at whether something was told to stop

T = TypeVar("T")


def patiently(action: Callable[[], None]) -> None:
    """Do it; where a store or the table is away for a moment, a few times again.

    Raises:
        Unavailable: when it stayed away.
    """
    for pause in RETRY_PAUSES:
        try:
            return action()
        except Unavailable as error:
            log.warning('retrying seconds=%g reason="%s"', pause, error)
            time.sleep(pause)
    return action()


def unless_stuck(work: Callable[[], T], is_stopped: Callable[[], bool], grace_seconds: float) -> T:
    """What `work` returns or raises, in a thread of its own, which nobody can end from outside.

    Raises:
        PaintingFailed: when it goes on for `grace_seconds` after it was stopped. The thread is
            left behind, so that the next may have the place; it ends at its next word.
    """
    outcome: Future[T] = Future()
    ended = threading.Event()
    here = copy_context()  # its lines in the log are about the same job
    thread = threading.Thread(
        target=here.run, args=(settle, outcome, work, ended), name="stylekit-executor", daemon=True
    )
    thread.start()
    while not ended.wait(LOOK_SECONDS) and not is_stopped():
        pass
    if not ended.wait(grace_seconds):
        log.error("painting stuck grace_seconds=%g", grace_seconds)
        raise PaintingFailed("The painting did not stop.")
    return outcome.result()


def settle(outcome: Future[T], work: Callable[[], T], ended: threading.Event) -> None:
    """Do the work, and keep what it returns or raises."""
    try:
        outcome.set_result(work())
    except BaseException as error:
        outcome.set_exception(error)
    finally:
        ended.set()
