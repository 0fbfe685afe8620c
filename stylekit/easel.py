"""Where painting happens: engines built once, a stated number of places, pictures framed."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from stylekit import images
from stylekit.engines.base import Engine, OnProgress, Picture, ignore_progress, options_from
from stylekit.errors import BadOption, Busy, PaintingFailed

FORMATS = ("png", "jpeg", "webp")
"""What paintings are written as."""

FIRST_GUESS_SECONDS = 2.0
"""How long a painting takes, until one has been timed."""


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


class Gate:
    """So many at a time, so many more in line before it, nobody beyond."""

    def __init__(self, places: int, waiting: int, wait_seconds: float) -> None:
        """Let `places` in, and `waiting` wait for at most `wait_seconds`."""
        self.places, self.waiting, self.wait_seconds = places, waiting, wait_seconds
        self.inside = self.in_line = 0
        self.on_change: Callable[[Gate], None] = ignore_change
        self._seconds = FIRST_GUESS_SECONDS
        self._changed = threading.Condition()

    def refuse_if_full(self) -> None:
        """Say so before anything is read, where neither a place nor a place in line is free.

        Raises:
            Busy: then.
        """
        with self._changed:
            if self.inside >= self.places and self.in_line >= self.waiting:
                raise self._busy()

    @contextmanager
    def place(self, *, patient: bool = False) -> Iterator[None]:
        """Hold a place while the block runs. The patient (jobs) wait as long as it takes.

        Raises:
            Busy: when the line is full, or no place became free in time.
        """
        self._enter(None if patient else self.wait_seconds)
        started = time.monotonic()
        try:
            yield
        finally:
            with self._changed:
                self.inside -= 1
                self.on_change(self)
                self._seconds += 0.3 * (time.monotonic() - started - self._seconds)
                self._changed.notify_all()

    def _enter(self, seconds: float | None) -> None:
        with self._changed:
            if self.inside >= self.places and seconds is not None and self.in_line >= self.waiting:
                raise self._busy()
            self.in_line += seconds is not None
            self.on_change(self)
            try:
                if not self._changed.wait_for(lambda: self.inside < self.places, seconds):
                    raise self._busy()
                self.inside += 1
            finally:
                self.in_line -= seconds is not None
                self.on_change(self)

    def _busy(self) -> Busy:
        ahead = self.in_line + self.inside
        after = max(1, math.ceil(self._seconds * ahead / self.places))
        return Busy(
            f"All places are taken: {self.inside} being painted, {self.in_line} waiting. "
            f"Try again in {after} s.",
            retry_after_seconds=after,
        )


def ignore_change(gate: Gate) -> None:
    """For gates that nobody watches."""


def ignore_time(engine: str, stage: str, seconds: float) -> None:
    """For easels that nobody times."""


@dataclass(frozen=True, kw_only=True)
class Painted:
    """A finished painting as a file, and how it was made."""

    data: bytes
    format: str  # png, jpeg or webp
    width: int
    height: int
    seconds: float  # of painting alone
    description: dict[str, Any] = field(default_factory=dict)  # also inside the file


class Easel:
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
        commission: "Commission",
        on_progress: OnProgress = ignore_progress,
    ) -> Painted:
        """Paint and encode. Whoever calls this holds a place.

        Raises:
            Cancelled: when `on_progress` raised it.
            PaintingFailed: when the engine could not finish.
        """
        engine = self.engines.get(commission.engine)
        started = time.monotonic()
        try:
            picture = engine.stylize(
                commission.content.picture, commission.style, commission.options, on_progress
            )
        except MemoryError:
            height, width, _ = commission.content.picture.shape
            raise PaintingFailed(
                f"There is not enough memory to paint {width} × {height} pixels."
            ) from None
        seconds = time.monotonic() - started
        framed = commission.framed(picture, engine.version, seconds)
        self.on_timed(commission.engine, "painting", seconds)
        self.on_timed(commission.engine, "writing", time.monotonic() - started - seconds)
        return framed


@dataclass(frozen=True, kw_only=True)
class Commission:
    """One painting to make, everything read and checked."""

    content: images.Source
    style: Picture
    engine: str
    options: Any
    format: str  # of the file that comes out
    keep_orientation: bool = False
    style_id: str | None = None  # of a preset

    def framed(self, picture: Picture, engine_version: str, seconds: float) -> Painted:
        """The painted picture as a file with its description inside."""
        height, width, _ = picture.shape
        description = describe(
            self.engine, engine_version, asdict(self.options), self.style_id, seconds
        )
        data = images.encode(
            picture,
            self.format,
            alpha=self.content.alpha,
            orientation=self.content.orientation if self.keep_orientation else 1,
            description=description,
        )
        return Painted(
            data=data, format=self.format, width=width, height=height,
            seconds=seconds, description=description,
        )  # fmt: skip


def describe(
    engine: str, version: str, options: Mapping[str, Any], style_id: str | None, seconds: float
) -> dict[str, Any]:
    """What is embedded in a result's metadata: enough to make the same picture again."""
    return {
        "engine": engine,
        "engine_version": version,
        "options": dict(options),
        "style": style_id,
        "seconds": round(seconds, 3),
    }


def checked_options(engine: str, values: Mapping[str, Any], gatys_max_side: int) -> Any:
    """The options of an engine, and no more pixels than this server optimises.

    Raises:
        BadOption: naming the option, the value and what it can be.
    """
    options = options_from(engine, dict(values))
    side = getattr(options, "max_side", 0)
    if side > gatys_max_side:
        raise BadOption(f"max_side is {side}; this server optimises up to {gatys_max_side} pixels.")
    return options


def checked_format(wanted: str) -> str:
    """`png`, `jpeg` or `webp`.

    Raises:
        BadOption: when we do not write what was asked for.
    """
    name = wanted.lower().replace("jpg", "jpeg")
    if name not in FORMATS:
        raise BadOption(f"format is {wanted!r}; it can be {', '.join(FORMATS)}.")
    return name
