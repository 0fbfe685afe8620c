"""Which engines there are, with options and labels. Another is a module and an entry here."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

from stylekit.engines.base import Engine, FastOptions, GatysOptions, Options
from stylekit.engines.scales import plan_scales
from stylekit.errors import BadOption, echo
from stylekit.settings import Settings, is_installed

MEGAPIXEL = 1_000_000.0


@dataclass(frozen=True, kw_only=True)
class EngineSpec:
    """What the rest of the house needs to know of an engine before it is loaded."""

    name: str
    options: type[Options]
    labels: Mapping[str, str]
    """What people call its options, in the order in which a form shows them."""

    is_immediate: bool
    """Whether it paints while a request waits for the answer; the others paint jobs only."""

    cost: Callable[[int, int, Any], float]
    """What a picture of (height, width) takes with some options, in megapixels × steps."""

    seconds_per_cost: float
    """A guess for two cores, until paintings have been timed."""

    build: Callable[[Settings, "Engines"], Engine]
    """Makes the engine; it may ask for another. Runtimes are loaded here and not before."""

    needs: str = ""
    """The module, and the extra that installs it, without which it cannot paint."""

    @property
    def is_installed(self) -> bool:
        """Whether it can paint in this process."""
        return not self.needs or is_installed(self.needs)


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
            raise unknown_engine(name, self._builders)
        with self._lock:
            if name not in self._built:
                self._built[name] = self._builders[name]()
            return self._built[name]


def build_fast(settings: Settings, engines: Engines) -> Engine:
    """The engine that paints in one pass."""
    from stylekit.engines.fast import FastEngine

    return FastEngine(settings.model, runtime=runtime_of_fast(settings))


def runtime_of_fast(settings: Settings) -> str:
    """What the settings ask for, or the quicker runtime of those that are installed."""
    from stylekit.engines import onnx_graphs

    without = not is_installed("tensorflow") and onnx_graphs.can_start(settings.model)
    return settings.runtime or ("onnx" if without else "tensorflow")


def starting_quickly(settings: Settings) -> Settings:
    """The same, with the runtime that starts first unless one is asked for: for a few pictures."""
    from stylekit.engines import onnx_graphs

    if settings.runtime or not onnx_graphs.can_start(settings.model):
        return settings
    return replace(settings, runtime="onnx")


def build_gatys(settings: Settings, engines: Engines) -> Engine:
    """The engine that optimises pixels; the fast engine paints what it may start from."""
    from stylekit.engines import models
    from stylekit.engines.fast import FastEngine
    from stylekit.engines.gatys import GatysEngine

    models.need_tensorflow("The gatys engine")
    painter = engines.get(FAST.name)
    return GatysEngine(
        settings.perceptual, fast=painter if isinstance(painter, FastEngine) else None
    )


def cost_of_fast(height: int, width: int, options: FastOptions) -> float:
    """One step at the picture's own size, and the fixed cost of a call."""
    return (height * width + 128 * 128) / MEGAPIXEL


def cost_of_gatys(height: int, width: int, options: GatysOptions) -> float:
    """All steps of all scales."""
    return sum(scale.work for scale in plan_scales(height, width, options)) / MEGAPIXEL


FAST = EngineSpec(
    name="fast",
    options=FastOptions,
    labels={
        "strength": "Strength",
        "style_scale": "Size of the strokes",
        "preserve_colors": "Keep the photo’s colours",
    },
    is_immediate=True,
    cost=cost_of_fast,
    seconds_per_cost=0.5,
    build=build_fast,
)
GATYS = EngineSpec(
    name="gatys",
    options=GatysOptions,
    labels={
        "max_side": "Size painted",
        "style_weight": "Weight of the style",
        "content_weight": "Weight of the photo",
        "style_scale": "Size of the strokes",
        "smoothness": "Smoothness",
        "iterations": "Steps",
        "start": "Start from",
        "seed": "Seed",
        "preserve_colors": "Keep the photo’s colours",
    },
    is_immediate=False,
    cost=cost_of_gatys,
    seconds_per_cost=0.5,
    build=build_gatys,
    needs="tensorflow",
)

ENGINES: dict[str, EngineSpec] = {each.name: each for each in (FAST, GATYS)}
"""Every engine by its name, in the order in which jobs are served."""

OPTIONS: dict[str, type[Options]] = {name: each.options for name, each in ENGINES.items()}
"""The options class of each engine, by the engine's name."""


def offered(settings: Settings) -> list[str]:
    """The engines that a server can promise: workers have all, one process what it can run."""
    here = settings.topology.paints_here
    return [name for name, each in ENGINES.items() if each.is_installed or not here]


def build_engines(settings: Settings) -> Engines:
    """Every engine; each is built, and TensorFlow loaded, when it is first used."""
    builders: dict[str, Callable[[], Engine]] = {}
    engines = Engines(builders)
    for name, spec in ENGINES.items():
        builders[name] = partial(spec.build, settings, engines)
    return engines


def options_from(engine: str, values: dict[str, Any]) -> Any:
    """Build the options of an engine from plain JSON values.

    Raises:
        BadOption: for an engine or a name that does not exist, or a value that it cannot have.
    """
    if engine not in OPTIONS:
        raise unknown_engine(engine, OPTIONS)
    kind = OPTIONS[engine]
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    for name in values:
        if name not in known:
            raise BadOption(
                f"The {engine} engine has no option {echo(name)}; it has "
                f"{', '.join(sorted(known))}."
            )
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})


def unknown_engine(name: str, known: Mapping[str, Any]) -> BadOption:
    """What is said of an engine that does not exist."""
    return BadOption(f"There is no engine {echo(name)}; there are {', '.join(known)}.")
