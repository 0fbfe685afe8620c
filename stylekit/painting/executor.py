"""Runs the engines, a fixed number of paintings at a time for each, and encodes the result."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from stylekit.engines.base import OnProgress, ignore_progress
from stylekit.engines.registry import Engines, unknown_engine
from stylekit.errors import NotEnoughMemory
from stylekit.painting.admission import Admission, Requester
from stylekit.painting.task import Painted, Task


def ignore_time(engine: str, stage: str, seconds: float) -> None:
    """For executors that nobody times."""


class Executor:
    """Paints, a fixed number of pictures at a time for each engine.

    Every engine has its own slots, so that a picture that takes a fraction of a second does not
    wait for one that takes minutes: with one slot each, at most one fast and one gatys painting
    run at the same time.
    """

    def __init__(self, engines: Engines, admissions: Mapping[str, Admission]) -> None:
        """Paint with these engines; `admissions` has the slots of each, by its name."""
        self.engines = engines
        self.admissions = admissions
        self.on_timed: Callable[[str, str, float], None] = ignore_time
        """Called with (engine, stage, seconds) of waiting for a slot, painting, and writing."""

    def refuse_if_full(self, engine: str, requester: Requester = ()) -> None:
        """Raise `Busy`, before anything is read, where a request could not even wait."""
        self._admission(engine).refuse_if_full(requester)

    @contextmanager
    def slot(
        self, engine: str, requester: Requester = (), *, wait_forever: bool = False
    ) -> Iterator[None]:
        """Hold one of the engine's slots while the block runs; see `Admission.slot`."""
        asked = time.monotonic()
        with self._admission(engine).slot(requester, wait_forever=wait_forever):
            self.on_timed(engine, "waiting", time.monotonic() - asked)
            yield

    def _admission(self, engine: str) -> Admission:
        if engine not in self.admissions:
            raise unknown_engine(engine, self.admissions)
        return self.admissions[engine]

    def paint(
        self,
        task: Task,
        on_progress: OnProgress = ignore_progress,
    ) -> Painted:
        """Paint and encode. The caller holds a slot.

        Raises:
            Cancelled: when `on_progress` raised it.
            PaintingFailed: when the engine could not finish.
        """
        engine = self.engines.get(task.engine)
        started = time.monotonic()
        try:
            picture = engine.stylize(task.content.picture, task.style, task.options, on_progress)
        except MemoryError:
            height, width, _ = task.content.picture.shape
            raise NotEnoughMemory(
                f"There is not enough memory to paint {width} × {height} pixels."
            ) from None
        seconds = time.monotonic() - started
        encoded = task.encoded(picture, engine.version, seconds)
        self.on_timed(task.engine, "painting", seconds)
        self.on_timed(task.engine, "writing", time.monotonic() - started - seconds)
        return encoded
