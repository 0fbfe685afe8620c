"""Pictures of the last hundred years: deco gold, neon circuits, a sprayed wall."""

import itertools

import numpy as np

from training.presets.colour import inks, lit, over, ramp, rgb
from training.presets.fields import (
    Field,
    Picture,
    Rng,
    blur,
    clouds,
    even,
    grid,
    scatter,
    shrink,
    slid,
    step,
)


def deco_gold(size: int, rng: Rng) -> Picture:
    """Fans of gold wire on black and emerald lacquer."""
    y, x = grid(size, 2)
    width, rise = 150.0, 70.0
    gap = np.full(y.shape, np.inf, np.float32)
    turn, name = np.zeros_like(gap), np.zeros(y.shape, np.intp)
    free = np.ones(y.shape, bool)
    for row in range(int(size / rise) + 3):
        foot = size + 2 * rise - row * rise  # the lowest row lies on top, as scales do
        shift = 0.5 * width * (row % 2)
        column = np.floor((x + shift) / width)
        dx = x + shift - (column + 0.5) * width
        reach = np.hypot(dx, y - foot)
        hit = free & (reach < width * 0.69) & (y <= foot)
        gap, turn = np.where(hit, reach, gap), np.where(hit, np.arctan2(dx, foot - y), turn)
        name = np.where(hit, (row * 57 + column.astype(int) * 101) % 997, name)
        free &= ~hit
    return _fans(size, np.where(free, 0, gap), turn, name, rng)


def _fans(size: int, gap: Field, turn: Field, name: Field, rng: Rng) -> Picture:
    kind = rng.integers(0, 4, 997)[name]
    outer = 150 * 0.69
    rays = np.abs(np.mod(turn / np.pi * 16 + 0.5, 1) - 0.5) * gap * np.pi / 16
    arcs = np.abs(np.mod(gap / 13, 1) - 0.5) * 13
    feathers = np.abs(np.mod((gap + 14 * np.abs(np.sin(turn * 6))) / 16, 1) - 0.5) * 16
    beads = np.hypot(np.mod(gap / 15, 1) - 0.5, np.mod(turn / np.pi * 14, 1) - 0.5) * 15 - 2.6
    wire = np.select(
        [kind == 0, kind == 1, kind == 2], [rays, arcs, feathers], np.maximum(beads, 0)
    )
    wire = np.where(gap > outer - 15, 9, wire)
    for radius in (outer - 2.4, outer - 9, outer - 15, 26.0):
        wire = np.minimum(wire, np.abs(gap - radius))
    wire = np.where(gap < 22, np.maximum(gap - 12, 0), wire)
    line = shrink(step(2.5, 1.6, wire), 2)
    bead = shrink(np.sqrt(np.clip(1 - (wire / 2.6) ** 2, 0, 1)).astype(np.float32), 2)
    lacquer = inks("#08080b #06503c #0b0b10 #0f2460 #08080b")[rng.integers(0, 5, 997)][name]
    base = shrink(lacquer.astype(np.float32), 2) * (1.5 - 0.9 * shrink(gap / outer, 2))[..., None]
    base = base + 0.012 * clouds(size, 20, rng, 4)[..., None]
    tone = even(clouds(size, (60, 120), rng, 3) + 0.35 * clouds(size, 5, rng, 2))
    metal = ramp(tone, "#8f6420 #c79a3f #ecd07c #fff1bf #d3a74a #a97a2b")
    return over(base, lit(metal, bead * 3.0, 0.7, gloss=0.4), line)


def neon_circuit(size: int, rng: Rng) -> Picture:
    """A city of circuits at night, in cyan, magenta and violet light."""
    y, x = grid(size)
    picture = ramp(even(clouds(size, 150, rng, 4)), "#05030f #0b0720 #160a36 #200d3f")
    mesh = np.minimum(np.abs(np.mod(x, 24) - 12), np.abs(np.mod(y, 24) - 12))
    picture = picture + step(1.0, 0.2, mesh)[..., None] * rgb("#2a1a66") * 0.5
    for code, count in (("#4b2bd8", 46), ("#ff2fa8", 42), ("#18e0ff", 44), ("#ffb13b", 10)):
        wires, nodes = _traces(size, count, rng)
        light = np.maximum(wires, nodes)
        glow = 0.5 * blur(light, 4) + 0.9 * blur(light, 12) + 0.7 * blur(light, 34)
        picture = 1 - (1 - np.clip(picture, 0, 1)) * (
            1 - np.clip(glow[..., None] * rgb(code) * 1.1, 0, 1)
        )
        core = rgb(code) * 0.6 + 0.4
        picture = over(picture, np.broadcast_to(core, picture.shape), light)
    scan = 1 - 0.10 * (np.mod(y, 4) < 1.5)
    return picture * scan[..., None] + 0.02 * rng.standard_normal((size, size, 1)).astype(
        np.float32
    )


def _traces(size: int, count: int, rng: Rng) -> tuple[Field, Field]:
    """Wires that run straight or at 45°, and the pads at which they end."""
    fine = np.zeros((size * 2, size * 2), np.float32)
    pads = np.zeros_like(fine)
    steps = np.array([(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)]) * 24.0
    for _ in range(count):
        place = rng.integers(-2, size // 24 + 3, 2) * 24.0
        heading = int(rng.integers(8))
        _disc(pads, place, rng.choice([5.0, 7.5]), hollow=True)
        for _ in range(int(rng.integers(2, 5))):
            run = int(rng.integers(2, 7))
            end = place + steps[heading] * run
            _segment(fine, place, end, 1.7)
            place, heading = end, (heading + int(rng.choice([-1, 1]))) % 8
        _disc(pads, place, 6.5, hollow=bool(rng.random() < 0.5))
    return shrink(fine, 2), shrink(pads, 2)


def _segment(field: Field, start: Field, end: Field, half: float) -> None:
    """Draw a line `half` pixels to each side on a field with two subpixels a pixel."""
    y, x, spot = _around(
        field, np.minimum(start, end) - half - 2, np.maximum(start, end) + half + 2
    )
    span = end - start
    t = np.clip(((y - start[0]) * span[0] + (x - start[1]) * span[1]) / (span @ span), 0, 1)
    gap = np.hypot(y - start[0] - t * span[0], x - start[1] - t * span[1])
    field[spot] = np.maximum(field[spot], step(half + 0.3, half - 0.3, gap))


def _disc(field: Field, place: Field, radius: float, hollow: bool) -> None:
    y, x, spot = _around(field, place - radius - 2, place + radius + 2)
    gap = np.hypot(y - place[0], x - place[1])
    gap = np.abs(gap - radius + 1.4) + radius - 1.4 if hollow else gap
    field[spot] = np.maximum(field[spot], step(radius + 0.3, radius - 0.3, gap))


def _around(field: Field, low: Field, high: Field) -> tuple[Field, Field, tuple[slice, slice]]:
    """The y and x of the subpixels in a box, and where they are."""
    (y0, x0), (y1, x1) = (np.clip(2 * edge, 0, len(field)).astype(int) for edge in (low, high))
    y, x = np.meshgrid(np.arange(y0, y1) / 2, np.arange(x0, x1) / 2, indexing="ij")
    return y, x, (slice(y0, y1), slice(x0, x1))


def spray_wall(size: int, rng: Rng) -> Picture:
    """Fat caps and drips on concrete: one wall, many nights."""
    concrete = clouds(size, 90, rng, 6, 0.6)
    picture = ramp(even(concrete), "#6f6b66 #9a958c #b9b3a8 #8d8880")
    paints = inks("#ff2e63 #08c9d6 #f9dd32 #7a2ff7 #ff8a00 #22b565 #f5f5f5 #1668e3 #111114")
    dust = rng.random((2 * size, 2 * size)).astype(np.float32)
    for place in scatter(size, 78, rng):
        _haze(picture, place, paints[rng.integers(len(paints))], dust, rng)
    for place in scatter(size, 84, rng):
        _loop(picture, place, paints, dust, rng)
    picture = _drips_and_dots(picture, paints, rng)
    rough = clouds(size, 4, rng, 3) + 0.7 * concrete
    return lit(picture, blur(rough, 0.5), 0.16) - (0.10 * step(1.6, 2.4, rough))[..., None]


def _haze(picture: Picture, place: Field, paint: Field, dust: Field, rng: Rng) -> None:
    """A cloud of spray: dense in the middle, specks round it."""
    size = len(picture)
    radius = rng.uniform(40, 95)
    (y0, x0), (y1, x1) = (
        np.clip(place + side * 1.3 * radius, 0, size).astype(int) for side in (-1, 1)
    )
    y, x = np.meshgrid(np.arange(y0, y1), np.arange(x0, x1), indexing="ij")
    gap = np.hypot(y - place[0], x - place[1]) / radius
    cover = np.clip(1.15 - gap, 0, 1) ** 1.3
    top, left = rng.integers(size, size=2)
    specks = dust[top : top + y1 - y0, left : left + x1 - x0]
    spray = np.clip(0.9 * cover + 0.6 * (specks < 0.5 * cover), 0, 1)
    picture[y0:y1, x0:x1] = over(picture[y0:y1, x0:x1], paint, spray.astype(np.float32))


def _loop(picture: Picture, place: Field, paints: Field, dust: Field, rng: Rng) -> None:
    """One fat, curling stroke: black edge, shaded fill, white shine."""
    t = np.linspace(0, 1, 22)
    a, b, c = rng.uniform(0, 6.3, 3)
    down = 40 * np.sin(a + 5 * t) + 20 * np.sin(b + 9 * t)
    right = 46 * np.cos(c + 4.4 * t) + 18 * np.cos(a + 8 * t)
    path = place + np.stack([down, right], -1)
    low, high = np.clip([path.min(0) - 20, path.max(0) + 24], 0, len(picture)).astype(int)
    spot = (slice(low[0], high[0]), slice(low[1], high[1]))
    if picture[spot].size == 0:
        return
    fat = rng.uniform(5, 12)
    edge, fill = (_tube(len(picture), path, half)[spot] for half in (fat + 3.5, fat))
    first, second = paints[rng.choice(len(paints) - 1, 2, replace=False)]
    fade = np.clip((np.arange(low[0], high[0]) - path[:, 0].min()) / np.ptp(path[:, 0]), 0, 1)
    mixed = np.clip(fade[:, None] + 0.5 * (dust[: len(edge), : edge.shape[1]] - 0.5), 0, 1)
    piece = picture[spot] * (1 - 0.55 * slid(edge, 6, 6))[..., None]
    piece = over(piece, rgb("#101014"), edge)
    piece = over(piece, first + (second - first) * mixed[..., None], fill)
    shine = 0.75 * blur(np.clip(fill - slid(fill, 3, 3), 0, 1), 0.6)
    picture[spot] = over(piece, np.ones(3, np.float32), shine)


def _tube(size: int, path: Field, half: float) -> Field:
    field = np.zeros((size * 2, size * 2), np.float32)
    for start, end in itertools.pairwise(path):
        _segment(field, start, end, half)
    return shrink(field, 2)


def _drips_and_dots(picture: Picture, paints: Field, rng: Rng) -> Picture:
    size = len(picture)
    for paint in paints:
        wet = np.zeros((size * 2, size * 2), np.float32)
        for top, left in rng.uniform(0, size, (5, 2)):
            foot = top + rng.uniform(20, 110)
            _segment(wet, np.array([top, left]), np.array([foot, left + rng.normal(0, 1)]), 1.4)
            _disc(wet, np.array([foot, left]), 2.4, hollow=False)
        burst = rng.uniform(0, size, 2)
        for offset in rng.standard_t(2.2, (46, 2)) * 26:
            _disc(wet, burst + offset, float(rng.uniform(0.7, 3.2)), hollow=False)
        picture = over(picture, paint, shrink(wet, 2))
    return picture
