"""Paints: engines built once, a stated number of places for each, and the file that comes out."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from stylekit.engines.base import OnProgress, ignore_progress
from stylekit.engines.registry import Engines, unknown_engine
from stylekit.errors import NotEnoughMemory
from stylekit.painting.admission import Admission, Who
from stylekit.painting.task import Painted, Task


def ignore_time(engine: str, stage: str, seconds: float) -> None:
    """For easels that nobody times."""


class Executor:
    """Paints, at most `places` pictures at a time for each engine.

    Every engine has its own places, so that a picture that takes a fraction of a second does not
    wait for one that takes minutes: with one place each, at most one fast and one gatys painting
    run at the same time.
    """

    def __init__(self, engines: Engines, gates: Mapping[str, Admission]) -> None:
        """Paint with these engines behind these gates, by the engine's name."""
        self.engines = engines
        self.gates = gates
        self.on_timed: Callable[[str, str, float], None] = ignore_time
        """Hears (engine, stage, seconds) of waiting for a place, painting, and writing."""

    def refuse_if_full(self, engine: str, who: Who = ()) -> None:
        """Raise `Busy` before anything is read where who asks could not even wait."""
        self._gate(engine).refuse_if_full(who)

    @contextmanager
    def place(self, engine: str, who: Who = (), *, patient: bool = False) -> Iterator[None]:
        """Hold one of the engine's places while the block runs; see `Admission.place`."""
        asked = time.monotonic()
        with self._gate(engine).place(who, patient=patient):
            self.on_timed(engine, "waiting", time.monotonic() - asked)
            yield

    def _gate(self, engine: str) -> Admission:
        if engine not in self.gates:
            raise unknown_engine(engine, self.gates)
        return self.gates[engine]

    def paint(
        self,
        task: Task,
        on_progress: OnProgress = ignore_progress,
    ) -> Painted:
        """Paint and encode. Whoever calls this holds a place.

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
        framed = task.framed(picture, engine.version, seconds)
        self.on_timed(task.engine, "painting", seconds)
        self.on_timed(task.engine, "writing", time.monotonic() - started - seconds)
        return framed
