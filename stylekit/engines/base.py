"""What an engine is: Engine, Progress, OnProgress, options."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stylekit.errors import BadOption

Picture: TypeAlias = NDArray[np.float32]
"""float32, (height, width, 3), sRGB, [0, 1], upright."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a painting stands, over the whole run, every scale included."""

    fraction: float  # of the whole run, 0 to 1; 1 only when nothing is left to compute
    eta_seconds: float | None = None  # estimated time left; None while it cannot be known
    preview: Picture | None = None  # the picture as it stands, at the size being painted
    stage: str = ""  # a few words for people: "192 of 512 px"
    losses: dict[str, float] | None = (
        None  # the terms of the loss, for those who want to look inside
    )


OnProgress: TypeAlias = Callable[[Progress], None]
"""Called at least every second while painting. May raise `Cancelled`, which the engine lets pass."""


def ignore_progress(progress: Progress) -> None:
    """Stand in where nobody listens."""


@dataclass(frozen=True, kw_only=True)
class FastOptions:
    """Settings of the fast engine."""

    strength: float = 1.0  # 0 gives the photograph back, 1 the full style
    preserve_colors: bool = False  # keep the photograph's colours, take only the strokes

    def __post_init__(self) -> None:
        """Refuse values outside their range.

        Raises:
            BadOption: naming the value and the limits.
        """
        check_range("strength", self.strength, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class GatysOptions:
    """Settings of the gatys engine."""

    content_weight: float = 1.0  # higher keeps more of the photograph
    style_weight: float = 1.0  # higher takes more of the style
    smoothness: float = 0.05  # total variation; higher means fewer speckles
    style_layers: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0)  # weight per stage, fine to coarse
    style_scale: float = (
        1.0  # size of the style picture relative to the content; larger, broader strokes
    )
    max_side: int = (
        512  # longest side that is optimised, in pixels; beyond it the result is enlarged
    )
    iterations: int = 160  # optimiser steps over all scales
    start: str = "content"  # content, noise, or fast: the fast engine's picture
    preserve_colors: bool = False  # keep the photograph's colours, take only the strokes
    seed: int = 0  # of the noise; the same seed gives the same picture

    def __post_init__(self) -> None:
        """Refuse values outside their range.

        Raises:
            BadOption: naming the value and the limits.
        """
        check_range("content_weight", self.content_weight, 0.0, 100.0)
        check_range("style_weight", self.style_weight, 0.0, 100.0)
        check_range("smoothness", self.smoothness, 0.0, 100.0)
        check_range("style_scale", self.style_scale, 0.25, 4.0)
        check_range("max_side", self.max_side, 64, 2048)
        check_range("iterations", self.iterations, 1, 5000)
        check_range("seed", self.seed, 0, 2**31 - 1)
        if self.start not in ("content", "noise", "fast"):
            raise BadOption(f"start is {self.start!r}; it can be content, noise or fast.")
        if len(self.style_layers) != 5:
            raise BadOption(f"style_layers has {len(self.style_layers)} weights; it needs 5.")
        for weight in self.style_layers:
            check_range("style_layers", weight, 0.0, 100.0)


Options: TypeAlias = FastOptions | GatysOptions


class Engine(Protocol):
    """Arrays in, one array out: no files, no settings, no threads, no printing."""

    name: str
    """`fast` or `gatys`."""

    version: str
    """Changes whenever the same request would give another picture."""

    def stylize(
        self,
        content: Picture,
        style: Picture,
        options: Any,
        on_progress: OnProgress = ignore_progress,
    ) -> Picture:
        """Repaint `content` (h, w, 3) in the style of `style` (any size); returns (h, w, 3).

        Raises:
            Cancelled: when `on_progress` raised it.
            PaintingFailed: when no finite picture could be made.
        """
        ...

    def warm_up(self) -> None:
        """Load what is needed and run once, so that the first caller does not wait."""
        ...


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise `BadOption` unless low ≤ value ≤ high (which NaN never is)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadOption(f"{name} is {value!r}; it can be {low:g} to {high:g}.")


def options_from(kind: type[Any], values: dict[str, Any]) -> Any:
    """Build options of `kind` from plain JSON values.

    Raises:
        BadOption: for a name that the engine does not know or a value that it cannot have.
    """
    known = {field.name for field in fields(kind)}
    for name in values:
        if name not in known:
            raise BadOption(f"There is no option {name!r}; there are {', '.join(sorted(known))}.")
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    return kind(**values)
