"""Brushes: bristled strokes laid one by one on a canvas that remembers how thick the paint is."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from training.presets.fields import Field, Picture, Rng

Stamp = tuple[Field, Field]
"""How much of the canvas a stroke covers, and how thick its paint lies; both in [0, 1]."""

ANGLES = 30
BENDS = (-0.5, -0.2, 0.0, 0.2, 0.5)


@dataclass(frozen=True, kw_only=True)
class Brush:
    """A brush and the way that it is held."""

    length: float  # pixels
    width: float  # pixels
    bristles: int = 9  # streaks across the stroke
    ragged: float = 0.35  # how unevenly the strokes begin and end
    dry: float = 0.25  # how much of the ground shows between the bristles
    cover: float = 1.0  # 0 is water, 1 is paint from the tube
    thick: float = 1.0  # how high the paint lies
    streak: float = 0.18  # how much the bristles differ in lightness
    rounded: float = 0.35  # 0 is a flat end, 1 a full half circle
    variants: int = 3
    stamps: dict[tuple[int, int, int], Stamp] = field(default_factory=dict, compare=False)

    def stamp(self, angle: float, bend: int, rng: Rng) -> Stamp:
        """Give one stroke at about this angle (radians) and bend (an index of BENDS)."""
        turn = round(angle / np.pi * ANGLES) % (2 * ANGLES)
        key = (turn, bend, int(rng.integers(self.variants)))
        if key not in self.stamps:
            self.stamps[key] = self._draw(turn * np.pi / ANGLES, BENDS[bend], rng)
        return self.stamps[key]

    def _draw(self, angle: float, bend: float, rng: Rng) -> Stamp:
        reach = int(np.ceil((self.length + self.width) / 2)) + 2
        y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
        along = (x * np.cos(angle) + y * np.sin(angle)) / (self.length / 2)
        across = (y * np.cos(angle) - x * np.sin(angle)) / (self.width / 2)
        across = across + bend * (along**2 - 0.3) * self.length / self.width / 2
        hairs = _hairs(self.bristles, along, across, rng)
        starts, ends = (_hairs(self.bristles, 0 * along, across, rng) for _ in range(2))
        soft = 2.5 / self.length
        short = self.rounded * (1 - np.sqrt(np.clip(1 - across**2, 0, 1)))
        begin = np.clip((along + 1 - self.ragged * starts - short) / soft, 0, 1)
        finish = np.clip((1 - self.ragged * 1.6 * ends - short - along) / soft, 0, 1)
        side = np.clip((1 - np.abs(across) - 0.25 * hairs) * self.width / 3, 0, 1)
        lifted = np.clip((hairs - self.dry * (1 + along)) * 5 + 1, 0, 1)
        cover = begin * finish * side * lifted
        ridge = 0.75 + 0.45 * np.clip(np.abs(across), 0, 1) ** 3 + 0.25 * np.clip(along, 0, 1)
        return cover.astype(np.float32), (cover * ridge * (0.35 + 0.65 * hairs)).astype(np.float32)


def _hairs(count: int, along: Field, across: Field, rng: Rng) -> Field:
    """Give what each hair of the brush carries, in [0, 1], changing slowly along the stroke."""
    marks = rng.random((5, count + 3)).astype(np.float32)
    a = np.clip((along + 1) * 2, 0, 3.999)
    b = np.clip((across + 1.1) / 2.2 * (count + 1), 0, count + 1.999)
    i, j = a.astype(int), b.astype(int)
    u, v = a - i, b - j
    low = marks[i, j] * (1 - v) + marks[i, j + 1] * v
    high = marks[i + 1, j] * (1 - v) + marks[i + 1, j + 1] * v
    return low * (1 - u) + high * u


class Canvas:
    """Colour, and the height of the paint."""

    def __init__(self, ground: Picture) -> None:
        """Begin on a ground that is already coloured."""
        self.picture = ground.astype(np.float32).copy()
        self.height = np.zeros(ground.shape[:2], np.float32)

    def touch(
        self, stamp: Stamp, place: NDArray[np.float32], colour: NDArray[np.float32], brush: Brush
    ) -> None:
        """Lay one stroke with its middle at `place` (y, x)."""
        cover, thickness = stamp
        reach = cover.shape[0] // 2
        top, left = round(float(place[0])) - reach, round(float(place[1])) - reach
        height, width = self.height.shape
        y0, y1 = max(top, 0), min(top + cover.shape[0], height)
        x0, x1 = max(left, 0), min(left + cover.shape[1], width)
        if y0 >= y1 or x0 >= x1:
            return
        inside = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        spot = (slice(y0, y1), slice(x0, x1))
        part, thick = cover[inside] * brush.cover, thickness[inside]
        tone = colour + (brush.streak * (thick - 0.55))[..., None]
        self.picture[spot] += (tone - self.picture[spot]) * part[..., None]
        self.height[spot] += (brush.thick * (0.4 + thick) - self.height[spot]) * part * 0.85

    def strokes(
        self,
        brush: Brush,
        places: NDArray[np.float32],
        angle: Field,
        colour: Callable[[NDArray[np.intp], NDArray[np.intp]], NDArray[np.float32]],
        rng: Rng,
        wander: float = 0.12,
    ) -> None:
        """Stroke along `angle` at each place, in the colours that `colour(rows, columns)` gives."""
        height, width = self.height.shape
        rows = np.clip(places[:, 0].astype(int), 0, height - 1)
        columns = np.clip(places[:, 1].astype(int), 0, width - 1)
        colours = colour(rows, columns)
        turns = angle[rows, columns] + rng.normal(0, wander, len(places))
        bends = _bends(brush, angle, places, turns)
        for place, turn, bend, tint in zip(places, turns, bends, colours, strict=True):
            self.touch(brush.stamp(float(turn), int(bend), rng), place, tint, brush)


def _bends(
    brush: Brush, angle: Field, places: NDArray[np.float32], turns: NDArray[np.floating]
) -> NDArray[np.intp]:
    """Choose for each stroke the bend that follows the stream before and behind it."""
    height, width = angle.shape
    reach = brush.length / 3
    heading = np.stack([np.sin(turns), np.cos(turns)], -1) * reach
    ahead, behind = (
        angle[
            np.clip(p[:, 0].astype(int), 0, height - 1), np.clip(p[:, 1].astype(int), 0, width - 1)
        ]
        for p in (places + heading, places - heading)
    )
    turned = np.angle(np.exp(2j * (ahead - behind))) / 2
    # The middle line is -bend·s²·length/4: `turned` is its turn over the middle 2/3.
    wanted = -turned * 0.75
    return np.abs(np.asarray(BENDS)[None] - wanted[:, None]).argmin(1)
