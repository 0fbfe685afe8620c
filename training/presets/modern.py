"""Pictures of the last hundred years: deco gold, Bauhaus tiles, neon circuits and a sprayed wall."""

import numpy as np

from training.presets.colour import glaze, ground, grained, inks, lit, over, ramp, rgb
from training.presets.fields import (
    Field,
    Picture,
    Rng,
    blur,
    cells,
    clouds,
    even,
    grid,
    hills,
    scatter,
    shrink,
    step,
)


def deco_gold(size: int, rng: Rng) -> Picture:
    """Fans of gold wire on black and emerald lacquer."""
    y, x = grid(size, 2)
    width, rise = 107.0, 50.0
    gap = np.full(y.shape, np.inf, np.float32)
    turn, name = np.zeros_like(gap), np.zeros(y.shape, np.intp)
    free = np.ones(y.shape, bool)
    for row in range(int(size / rise) + 3):
        foot = size + 2 * rise - row * rise  # the lowest row lies on top, as scales do
        shift = 0.5 * width * (row % 2)
        column = np.floor((x + shift) / width)
        dx = x + shift - (column + 0.5) * width
        reach = np.hypot(dx, y - foot)
        hit = free & (reach < width * 0.56) & (y <= foot)
        gap, turn = np.where(hit, reach, gap), np.where(hit, np.arctan2(dx, foot - y), turn)
        name = np.where(hit, (row * 57 + column.astype(int) * 101) % 997, name)
        free &= ~hit
    return _fans(size, np.where(free, 0, gap), turn, name, rng)


def _fans(size: int, gap: Field, turn: Field, name: Field, rng: Rng) -> Picture:
    kind = rng.integers(0, 4, 997)[name]
    outer = 107 * 0.56
    rays = np.abs(np.mod(turn / np.pi * 15 + 0.5, 1) - 0.5) * gap * np.pi / 15
    arcs = np.abs(np.mod(gap / 7.5, 1) - 0.5) * 7.5
    feathers = np.abs(np.mod((gap + 9 * np.abs(np.sin(turn * 6))) / 9, 1) - 0.5) * 9
    beads = np.hypot(np.mod(gap / 8, 1) - 0.5, np.mod(turn / np.pi * 13, 1) - 0.5) * 8 - 1.6
    wire = np.select([kind == 0, kind == 1, kind == 2], [rays, arcs, feathers], np.maximum(beads, 0))
    wire = np.where(gap > outer - 13, 9, wire)
    for radius in (outer - 1.6, outer - 7.5, outer - 13, 15.0):
        wire = np.minimum(wire, np.abs(gap - radius))
    wire = np.where(gap < 10, np.maximum(gap - 8, 0), wire)
    line = shrink(step(1.7, 0.9, wire), 2)
    bead = shrink(np.sqrt(np.clip(1 - (wire / 1.9) ** 2, 0, 1)).astype(np.float32), 2)
    lacquer = inks("#0b0b0e #0c2b2a #101a33 #0d3a33 #15121a")[rng.integers(0, 5, 997)][name]
    base = shrink(lacquer.astype(np.float32), 2)
    base = base + (0.10 * shrink(gap / outer, 2) + 0.015 * clouds(size, 20, rng, 4))[..., None]
    tone = even(clouds(size, (60, 120), rng, 3) + 0.35 * clouds(size, 5, rng, 2))
    metal = ramp(tone, "#8f6420 #c79a3f #ecd07c #fff1bf #d3a74a #a97a2b")
    return over(base, lit(metal, bead * 2.2, 0.7, gloss=0.4), line)


def bauhaus_tiles(size: int, rng: Rng) -> Picture:
    """Discs, quarters, bars and steps in red, yellow, blue and black on warm paper."""
    picture = np.broadcast_to(rgb("#efe4cd"), (size * 2, size * 2, 3)).astype(np.float32).copy()
    for cell, chance in ((80, 1.0), (160, 0.16), (40, 0.22)):
        for top in range(0, size, cell):
            for left in range(0, size, cell):
                if rng.random() < chance:
                    spot = (slice(2 * top, 2 * (top + cell)), slice(2 * left, 2 * (left + cell)))
                    tile = _tile(picture[spot].shape[:2], cell, rng)
                    picture[spot] = tile
    picture = shrink(picture, 2)
    worn = step(1.7, 2.3, clouds(size, 3.5, rng, 2) + 0.5 * clouds(size, 90, rng, 2)) * 0.5
    picture = over(picture, ground(size, "#efe4cd"), worn)
    picture = picture * (1 + 0.03 * clouds(size, (2, 60), rng, 3))[..., None]
    return grained(picture, rng, 0.025)


def _tile(shape: tuple[int, int], cell: float, rng: Rng) -> Picture:
    """One square of the pattern, turned at random."""
    paints = inks("#d8392b #efb32a #1f4f9c #16161a #efe4cd #efe4cd #e8d5b0 #6d8f8a #d98c73")
    first, second, third = paints[rng.choice(len(paints), 3, replace=False)]
    v, u = ((np.mgrid[: shape[0], : shape[1]] + 0.5) / 2 / cell).astype(np.float32)
    v, u = ((v, u), (u, 1 - v), (1 - v, 1 - u), (1 - u, v))[rng.integers(4)]
    disc, corner = np.hypot(u - 0.5, v - 0.5), np.hypot(u, v)
    masks = (
        (disc < 0.42, disc < 0.2),
        (corner < 1.0, corner < 0.5),
        (np.mod(u * 5, 1) < 0.5, corner < 0.55),
        (u > v, disc < 0.25),
        (np.mod(corner * 5, 2) < 1, corner < 0.2),
        ((np.hypot(u - 0.5, v) < 0.5) | (np.hypot(u - 0.5, v - 1) < 0.5), np.abs(v - 0.5) < 0.06),
        (np.hypot(np.mod(u * 4, 1) - 0.5, np.mod(v * 4, 1) - 0.5) < 0.32, u < 0.0),
        (np.floor(u * 4) >= np.floor(v * 4), np.mod(v * 8, 2) < 0.0),
    )[rng.integers(8)]
    ground_ = np.broadcast_to(first, (*shape, 3))
    return np.where(masks[1][..., None], third, np.where(masks[0][..., None], second, ground_))


def neon_circuit(size: int, rng: Rng) -> Picture:
    """A city of circuits at night, in cyan, magenta and violet light."""
    y, x = grid(size)
    picture = ramp(even(clouds(size, 150, rng, 4)), "#05030f #0b0720 #160a36 #200d3f")
    mesh = np.minimum(np.abs(np.mod(x, 16) - 8), np.abs(np.mod(y, 16) - 8))
    picture = picture + step(1.0, 0.2, mesh)[..., None] * rgb("#2a1a66") * 0.5
    for code, count in (("#4b2bd8", 90), ("#ff2fa8", 75), ("#18e0ff", 80), ("#ffb13b", 16)):
        wires, nodes = _traces(size, count, rng)
        light = np.maximum(wires, nodes)
        glow = 0.55 * blur(light, 3) + 0.9 * blur(light, 9) + 0.5 * blur(light, 26)
        picture = 1 - (1 - np.clip(picture, 0, 1)) * (1 - np.clip(glow[..., None] * rgb(code) * 1.1, 0, 1))
        core = rgb(code) * 0.6 + 0.4
        picture = over(picture, np.broadcast_to(core, picture.shape), light)
    scan = 1 - 0.10 * (np.mod(y, 4) < 1.5)
    return picture * scan[..., None] + 0.02 * rng.standard_normal((size, size, 1)).astype(np.float32)


def _traces(size: int, count: int, rng: Rng) -> tuple[Field, Field]:
    """Wires that run straight or at 45°, and the pads at which they end."""
    fine = np.zeros((size * 2, size * 2), np.float32)
    pads = np.zeros_like(fine)
    steps = np.array([(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)]) * 16.0
    for _ in range(count):
        place = rng.integers(-2, size // 16 + 3, 2) * 16.0
        heading = int(rng.integers(8))
        _disc(pads, place, rng.choice([3.0, 4.5]), hollow=True)
        for _ in range(int(rng.integers(2, 5))):
            run = int(rng.integers(2, 7))
            end = place + steps[heading] * run
            _segment(fine, place, end, 0.9)
            place, heading = end, (heading + int(rng.choice([-1, 1]))) % 8
        _disc(pads, place, 4.0, hollow=bool(rng.random() < 0.5))
    return shrink(fine, 2), shrink(pads, 2)


def _segment(field: Field, start: Field, end: Field, half: float) -> None:
    """Draw a line `half` pixels to each side on a field with two subpixels a pixel."""
    y, x, spot = _around(field, np.minimum(start, end) - half - 2, np.maximum(start, end) + half + 2)
    span = end - start
    t = np.clip(((y - start[0]) * span[0] + (x - start[1]) * span[1]) / (span @ span), 0, 1)
    gap = np.hypot(y - start[0] - t * span[0], x - start[1] - t * span[1])
    field[spot] = np.maximum(field[spot], step(half + 0.3, half - 0.3, gap))


def _disc(field: Field, place: Field, radius: float, hollow: bool) -> None:
    y, x, spot = _around(field, place - radius - 2, place + radius + 2)
    gap = np.hypot(y - place[0], x - place[1])
    gap = np.abs(gap - radius + 1) + radius - 1 if hollow else gap
    field[spot] = np.maximum(field[spot], step(radius + 0.3, radius - 0.3, gap))


def _around(field: Field, low: Field, high: Field) -> tuple[Field, Field, tuple[slice, slice]]:
    """The y and x of the subpixels in a box, and where they are."""
    (y0, x0), (y1, x1) = (np.clip(2 * edge, 0, len(field)).astype(int) for edge in (low, high))
    y, x = np.meshgrid(np.arange(y0, y1) / 2, np.arange(x0, x1) / 2, indexing="ij")
    return y, x, (slice(y0, y1), slice(x0, x1))


def spray_wall(size: int, rng: Rng) -> Picture:
    """Fat caps and drips on concrete: one wall, many nights."""
    y, x = grid(size)
    concrete = clouds(size, 90, rng, 6, 0.6)
    picture = ramp(even(concrete), "#77736d #9a958c #b9b3a8 #8d8880")
    paints = inks("#ff2e63 #08d9d6 #f9ed32 #7a2ff7 #ff8a00 #22c55e #f5f5f5 #1668e3 #111114")
    for place in scatter(size, 110, rng):
        picture = _haze(picture, (y, x), place, paints[rng.integers(len(paints))], rng)
    for place in scatter(size, 122, rng):
        picture = _loop(picture, place, paints, rng)
    picture = _drips_and_dots(picture, paints, rng)
    rough = clouds(size, 5, rng, 3) + 0.7 * concrete
    return lit(picture, blur(rough, 0.5), 0.35) - (0.10 * step(1.6, 2.4, rough))[..., None]


def _haze(picture: Picture, at: tuple[Field, Field], place: Field, paint: Field, rng: Rng) -> Picture:
    """A cloud of spray: dense in the middle, specks round it."""
    size = len(picture)
    radius = rng.uniform(30, 75)
    gap = np.hypot(at[0] - place[0], at[1] - place[1]) / radius
    dust = rng.random((size, size)).astype(np.float32)
    cover = np.clip(1.15 - gap, 0, 1) ** 1.5
    return over(picture, paint, np.clip(cover * 0.75 + (dust < cover * 0.5) * 0.35 * (gap < 1.3), 0, 1))


def _loop(picture: Picture, place: Field, paints: Field, rng: Rng) -> Picture:
    """One fat, curling stroke: black edge, shaded fill, white shine."""
    size = len(picture)
    t = np.linspace(0, 1, 26)
    a, b, c = rng.uniform(0, 6.3, 3)
    path = place + np.stack(
        [52 * np.sin(a + 5 * t) + 30 * np.sin(b + 9 * t), 62 * np.cos(c + 4.4 * t) + 26 * np.cos(a + 8 * t)], -1
    )
    near = np.full((size * 2, size * 2), 0, np.float32)
    layers = []
    for half in (15.5, 10.5):
        near = np.zeros((size * 2, size * 2), np.float32)
        for start, end in zip(path[:-1], path[1:], strict=True):
            _segment(near, start, end, half)
        layers.append(shrink(near, 2))
    edge, fill = layers
    first, second = paints[rng.choice(len(paints) - 1, 2, replace=False)]
    y, _ = grid(size)
    fade = np.clip((y - path[:, 0].min()) / max(float(np.ptp(path[:, 0])), 1), 0, 1)[..., None]
    grain = (rng.random((size, size, 1)) - 0.5).astype(np.float32) * 0.5
    body = first + (second - first) * np.clip(fade + grain, 0, 1)
    shadow = np.roll(edge, (7, 7), (0, 1))
    picture = over(picture, picture * 0.35, 0.8 * shadow)
    picture = over(picture, np.broadcast_to(rgb("#101014"), picture.shape), edge)
    picture = over(picture, body, fill)
    shine = np.clip(fill - np.roll(fill, (3, 3), (0, 1)), 0, 1)
    return over(picture, np.ones_like(picture), 0.75 * blur(shine, 0.6))


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
