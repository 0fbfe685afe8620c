"""Paints: engines built once, a stated number of places for each, and the file that comes out."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from stylekit.engines.base import Engine, OnProgress, ignore_progress
from stylekit.errors import BadOption, PaintingFailed
from stylekit.painting.admission import Gate
from stylekit.painting.task import Painted, Task


class Engines:
    """The engines by name, each built when it is first asked for and then kept."""

    def __init__(self, builders: Mapping[str, Callable[[], Engine]]) -> None:
        """Keep the functions that build them; none is called yet."""
        self._builders = builders
        self._built: dict[str, Engine] = {}
        self._lock = threading.RLock()  # a builder may ask for another engine

    def get(self, name: str) -> Engine:
        """The engine of that name.

        Raises:
            BadOption: when there is none.
        """
        if name not in self._builders:
            raise BadOption(f"There is no engine {name!r}; there are {', '.join(self._builders)}.")
        with self._lock:
            if name not in self._built:
                self._built[name] = self._builders[name]()
            return self._built[name]

    def fast(self) -> Engine:
        """The engine that paints in one pass."""
        return self.get("fast")

    def gatys(self) -> Engine:
        """The engine that optimises pixels."""
        return self.get("gatys")


def ignore_time(engine: str, stage: str, seconds: float) -> None:
    """For easels that nobody times."""


class Executor:
    """Paints, at most `places` pictures at a time for each engine.

    Every engine has its own places, so that a picture that takes a fraction of a second does not
    wait for one that takes minutes: with one place each, at most one fast and one gatys painting
    run at the same time.
    """

    def __init__(self, engines: Engines, gates: Mapping[str, Gate]) -> None:
        """Paint with these engines behind these gates, by the engine's name."""
        self.engines = engines
        self.gates = gates
        self.on_timed: Callable[[str, str, float], None] = ignore_time
        """Hears (engine, stage, seconds) of waiting for a place, painting, and writing."""

    def refuse_if_full(self, engine: str) -> None:
        """Raise `Busy` before anything is read where nobody could even wait."""
        self._gate(engine).refuse_if_full()

    @contextmanager
    def place(self, engine: str, *, patient: bool = False) -> Iterator[None]:
        """Hold one of the engine's places while the block runs; see `Gate.place`."""
        asked = time.monotonic()
        with self._gate(engine).place(patient=patient):
            self.on_timed(engine, "waiting", time.monotonic() - asked)
            yield

    def _gate(self, engine: str) -> Gate:
        if engine not in self.gates:
            raise BadOption(f"There is no engine {engine!r}; there are {', '.join(self.gates)}.")
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
            raise PaintingFailed(
                f"There is not enough memory to paint {width} × {height} pixels."
            ) from None
        seconds = time.monotonic() - started
        framed = task.framed(picture, engine.version, seconds)
        self.on_timed(task.engine, "painting", seconds)
        self.on_timed(task.engine, "writing", time.monotonic() - started - seconds)
        return framed
