"""The sizes that a painting grows through, and how far along it is."""

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from stylekit.engines.base import Enough, GatysOptions, OnProgress, Picture, Progress

SMALLEST_SIDE = 16  # what the perceptual network needs
FIRST_SIDE = 96  # longest side, at least, of the first scale
STEP_SHARES = (2, 2, 2, 3, 5)  # of the steps, up to the last scale: strokes take longest there
WALKS, LEAST_STEPS = 3, 8  # at most that a scale's steps are shared between; steps of each at least
REPORT_SECONDS = 0.3  # between two reports, unless one step takes longer


@dataclass(frozen=True, kw_only=True)
class Scale:
    """One size at which the picture is optimised, and for how many steps."""

    height: int
    width: int
    steps: int

    @property
    def walks(self) -> list[int]:
        """How many steps are taken in a row; between two walks the network sees other squares."""
        count = max(1, min(WALKS, self.steps // LEAST_STEPS))
        ends = [self.steps * number // count for number in range(count + 1)]
        return [after - before for before, after in itertools.pairwise(ends)]

    @property
    def looks(self) -> int:
        """How often the loss is looked at: where each walk begins, and after each step."""
        return self.steps + len(self.walks)

    @property
    def work(self) -> float:
        """What all its looks cost, in pixels, the fixed cost of a look included."""
        return self.looks * self.look_work

    @property
    def look_work(self) -> float:
        """What one look costs, in pixels."""
        return self.height * self.width + 64 * 64


def plan_scales(height: int, width: int, options: GatysOptions) -> list[Scale]:
    """The sizes to paint at, each about twice the one before, and the steps at each.

    A start from the fast engine's picture, whose large shapes are settled, needs the last two only.
    """
    longest = min(max(height, width), options.max_side)
    count = 1 + max(0, math.floor(math.log2(longest / FIRST_SIDE)))
    count = min(count, 2 if options.start == "fast" else len(STEP_SHARES))
    shares = STEP_SHARES[-count:]
    ends = [options.iterations * sum(shares[:n]) // sum(shares) for n in range(count + 1)]
    plan = []
    for number in range(count):
        shrink = longest / 2 ** (count - 1 - number) / max(height, width)
        sides = [max(SMALLEST_SIDE, round(side * shrink)) for side in (height, width)]
        steps = ends[number + 1] - ends[number]
        plan.append(Scale(height=sides[0], width=sides[1], steps=steps))
    return [scale for scale in plan if scale.steps]


class Reporter:
    """Says how far the whole run is and how long the rest takes, by the current scale.

    `seconds` of optimising are shared between the scales by their work; 0 sets no limit.
    """

    def __init__(
        self,
        plan: list[Scale],
        on_progress: OnProgress,
        seconds: float = 0,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the clock."""
        self._clock = clock
        self._plan = plan
        self._on_progress = on_progress
        self._seconds = seconds or math.inf
        self._began: float | None = None  # when the first look was done: it builds graphs
        self.is_enough = False
        """Whether the one who looks on is content."""
        self._scale = 0
        self._looks = 0
        self._rate: float | None = None  # seconds that one unit of work takes
        self._since = self._last = clock()
        on_progress(Progress(fraction=0.0, stage=self._stage()))

    def report(self, picture: Picture, losses: dict[str, float]) -> None:
        """Count one look at the loss, and tell whoever listens unless they were told just now."""
        self._looks += 1
        now = self._clock()
        self._measure(now)
        if now - self._last < REPORT_SECONDS:
            return
        self._last = now
        fraction, eta_seconds = self._whole_run(now)
        progress = Progress(
            fraction=fraction,
            eta_seconds=eta_seconds,
            preview=picture,
            stage=self._stage(),
            losses=losses,
        )
        try:
            self._on_progress(progress)
        except Enough:
            self.is_enough = True

    @property
    def is_scale_over(self) -> bool:
        """Whether the current scale has had its time, or the picture is good as it stands."""
        if self.is_enough:
            return True
        share = sum(scale.work for scale in self._plan[: self._scale + 1]) / self._total
        return self._elapsed(self._clock()) >= share * self._seconds

    def finish_scale(self) -> None:
        """Go on to the next scale, where a step costs more."""
        self._scale = min(self._scale + 1, len(self._plan) - 1)
        self._looks = 0

    @property
    def _total(self) -> float:
        return sum(scale.work for scale in self._plan)

    def _elapsed(self, now: float) -> float:
        return 0.0 if self._began is None else now - self._began

    def _whole_run(self, now: float) -> tuple[float, float | None]:
        """What share of the run is done, and the seconds left, by work or by the time limit."""
        done, elapsed = self._done(), self._elapsed(now)
        fraction = max(done / self._total, elapsed / self._seconds)
        left = math.inf if self._rate is None else self._rate * (self._total - done)
        left = min(left, max(0.0, self._seconds - elapsed))
        return min(0.99, fraction), left if math.isfinite(left) else None

    def _measure(self, now: float) -> None:
        """How fast it is; a scale's first look builds graphs, and tells nothing of the others."""
        self._began = self._began or now
        if self._looks == 1:
            self._since = now
        else:
            look_seconds = (now - self._since) / (self._looks - 1)
            self._rate = look_seconds / self._plan[self._scale].look_work

    def _done(self) -> float:
        now = self._plan[self._scale]
        before = sum(scale.work for scale in self._plan[: self._scale])
        return before + min(self._looks, now.looks) * now.look_work

    def _stage(self) -> str:
        now, last = self._plan[self._scale], self._plan[-1]
        return f"{max(now.height, now.width)} of {max(last.height, last.width)} px"
