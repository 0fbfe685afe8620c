"""What an engine is: Engine, Progress, OnProgress, options."""

from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from typing import Any, Protocol, TypeAlias

from stylekit.errors import BadOption, echo
from stylekit.images import Picture as Picture

REFINING_STEPS = 120  # of the gatys engine from the quick picture, unless its time is over before


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a painting stands, over the whole run, every scale included."""

    fraction: float  # of the whole run, 0 to 1; 1 only when nothing is left to compute
    eta_seconds: float | None = None  # estimated time left; None while it cannot be known
    preview: Picture | None = None  # the picture as it stands, at the size being painted
    stage: str = ""  # a few words for people: "192 of 512 px"
    losses: dict[str, float] | None = None  # the terms of the loss, for those who look inside


OnProgress: TypeAlias = Callable[[Progress], None]
"""Called at least every second while painting. May raise `Cancelled`, which engines let pass, or
`Enough` where the progress has a preview: the engine ends with the picture as it stands."""


class Enough(Exception):
    """Raised by whoever looks on: the picture is good as it stands."""


def ignore_progress(progress: Progress) -> None:
    """Stand in where nobody listens."""


def option(default: Any, help: str, *, low: float = 0, high: float = 1, choices: Any = ()) -> Any:
    """A field of an options class: its help, and the range or the choices of its value."""
    return field(
        default=default, metadata={"help": help, "low": low, "high": high, "choices": choices}
    )


class Options:
    """Settings of one painting. Command line, API and page take defaults, ranges and help here."""

    def __post_init__(self) -> None:
        """Refuse values of the wrong kind or outside their range.

        Raises:
            BadOption: naming the option, the value and what it can be.
        """
        for each in fields(self):  # type: ignore[arg-type]
            check(each, getattr(self, each.name))


@dataclass(frozen=True, kw_only=True)
class FastOptions(Options):
    """Settings of the fast engine."""

    strength: float = option(1.0, "0 gives the photograph back, 1 the full style")
    boldness: float = option(0.3, "0 keeps to the photograph, 1 paints as the style does")
    style_scale: float = option(
        1.0, "size of the strokes beside the photograph; larger, broader strokes", low=0.5, high=4
    )
    preserve_colors: bool = option(False, "keep the photograph's colours, take only the strokes")


@dataclass(frozen=True, kw_only=True)
class GatysOptions(Options):
    """Settings of the gatys engine."""

    boldness: float = option(0.3, "0 keeps to the photograph, 1 paints as the style does")
    content_weight: float = option(
        1.0, "for programs: times what the boldness makes of the photograph", high=100
    )
    style_weight: float = option(1.0, "higher takes more of the style", high=100)
    smoothness: float = option(0.3, "total variation; higher means fewer speckles", high=100)
    style_layers: tuple[float, ...] = option(
        (1.0, 1.0, 1.0, 1.0, 1.0), "weight of each of the five stages, fine to coarse", high=100
    )
    style_scale: float = option(
        1.0,
        "size of the style picture beside the photograph; larger, broader strokes",
        low=0.25,
        high=4,
    )
    max_side: int = option(
        512,
        "longest side that is optimised, in pixels; larger photographs are enlarged to fit",
        low=64,
        high=2048,
    )
    iterations: int = option(40, "optimiser steps over all scales", low=1, high=5000)
    seconds: float = option(
        0.0,
        "stop optimising after so many seconds, with the picture as it stands; 0 sets no limit",
        high=3600,
    )
    start: str = option(
        "content", "what the painting starts from", choices=("content", "noise", "fast")
    )
    preserve_colors: bool = option(False, "keep the photograph's colours, take only the strokes")
    seed: int = option(0, "of the noise; the same seed gives the same picture", high=2**31 - 1)


class Engine(Protocol):
    """Arrays in, one array out: no files, no settings, no threads, no printing."""

    name: str
    """As in the registry."""

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


def check(each: Field[Any], value: Any) -> None:
    """Raise `BadOption` unless `value` is of the kind and in the range of its field."""
    if isinstance(each.default, tuple):
        check_each(each, value)
    elif isinstance(each.default, bool):
        if not isinstance(value, bool):
            raise BadOption(f"{each.name} is {echo(value)}; it can be true or false.")
    elif each.metadata["choices"]:
        if value not in each.metadata["choices"]:
            raise BadOption(f"{each.name} is {echo(value)}; it can be {each.metadata['choices']}.")
    else:
        kind = int if isinstance(each.default, int) else (int, float)
        check_number(each, value, kind)


def check_each(each: Field[Any], values: Any) -> None:
    """Raise `BadOption` unless `values` has the default's length and each of them is in range."""
    default: Any = each.default
    if not isinstance(values, tuple) or len(values) != len(default):
        raise BadOption(f"{each.name} is {echo(values)}; it needs {len(default)} numbers.")
    for value in values:
        check_number(each, value, (int, float))


def check_number(each: Field[Any], value: Any, kind: Any) -> None:
    """Raise `BadOption` unless low ≤ value ≤ high, which NaN never is."""
    low, high = each.metadata["low"], each.metadata["high"]
    if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:
        what = "a whole number" if kind is int else "a number"
        raise BadOption(f"{each.name} is {echo(value)}; it can be {what} from {low:g} to {high:g}.")
