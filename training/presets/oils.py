"""Pictures in thick paint: night swirls, autumn strokes, bright blocks and a field of dots."""

import numpy as np
from numpy.typing import NDArray

from training.presets.brush import Brush, Canvas
from training.presets.colour import ground, inks, jitter, lit, ramp
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
    shaken,
    stream,
)


def _vortices(size: int, rng: Rng) -> tuple[Field, Field]:
    """Stream function of swirls on a wind, and how near each place is to the eye of a swirl."""
    y, x = grid(size)
    psi = 60 * hills(size, 230, rng) - 0.55 * y
    glow = np.zeros_like(psi)
    for number, (cy, cx) in enumerate(scatter(size, 190, rng, margin=10)):
        radius = rng.uniform(38, 85)
        near = np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * radius**2))
        psi += (-1) ** number * radius * 2.6 * near
        glow = np.maximum(glow, rng.uniform(0.45, 1.0) * near)
    return psi.astype(np.float32), glow.astype(np.float32)


def night_swirls(size: int, rng: Rng) -> Picture:
    """Wind and stars in ultramarine and yellow, in short thick strokes."""
    psi, glow = _vortices(size, rng)
    angle = stream(blur(psi, 3))
    bands = 0.5 + 0.5 * np.sin(psi / 9 + 1.2 * hills(size, 90, rng))
    sky = 0.10 + 0.42 * bands + 0.10 * clouds(size, 60, rng, 3)
    tone = np.clip(sky + 0.95 * glow**1.6 * (0.55 + 0.45 * np.sin(psi / 5)), 0, 1)
    night = "#070c24 #0e1c4f #173a86 #2463ab #4f96bd #a9cbb4 #f0e3a0 #f6c945 #fbe9a8"
    colours = ramp(tone, night)
    canvas = Canvas(ground(size, "#0b1433"))
    for length, width, spacing in ((46, 13, 12), (32, 8, 7.5), (22, 5, 7.0)):
        brush = Brush(length=length, width=width, bristles=6, streak=0.2, thick=2.2)
        canvas.strokes(
            brush,
            scatter(size, spacing, rng),
            angle,
            lambda r, c: jitter(colours[r, c], 0.06, rng),
            rng,
        )
    return lit(canvas.picture, blur(canvas.height, 0.6), 1.25, gloss=0.16)


def autumn_oils(size: int, rng: Rng) -> Picture:
    """A wood in October, in leaves and trunks of the palette knife."""
    y, x = grid(size)
    mass = even(clouds(size, 130, rng, 4))
    warm = even(clouds(size, 90, rng, 4))
    foliage = ramp(warm, "#3a1714 #7b1f1a #b8321c #d9621e #eb9a2b #f3c64b #8a8a3a #4b5a33")
    shadow = ramp(warm, "#16202b #27313a #3b2a2a #54352a")
    light = ((mass - 0.18) / 0.25).clip(0, 1)[..., None]
    colours = shadow + (foliage - shadow) * light
    canvas = Canvas(ground(size, "#3a2418"))
    lean = 0.9 * hills(size, 110, rng)
    _knife(canvas, colours, lean + 1.2, (44, 20, 15.0), rng)
    _trunks(canvas, rng)
    _knife(canvas, colours, lean - 0.6, (26, 12, 12.0), rng)
    bright = np.clip(colours * 1.12 + 0.05, 0, 1)
    places = scatter(size, 8.5, rng)
    rows, columns = np.clip(places.astype(int), 0, size - 1).T
    _knife(canvas, bright, lean * 2, (15, 8, 0.0), rng, places[mass[rows, columns] > 0.45])
    return lit(canvas.picture, blur(canvas.height, 0.7), 1.7, gloss=0.12)


def _knife(
    canvas: Canvas,
    colours: Picture,
    angle: Field,
    shape: tuple[float, float, float],
    rng: Rng,
    places: NDArray[np.float32] | None = None,
) -> None:
    length, width, spacing = shape
    brush = Brush(length=length, width=width, bristles=4, ragged=0.25, dry=0.12, thick=2.4)
    if places is None:
        places = scatter(len(colours), spacing, rng)
    canvas.strokes(brush, places, angle, lambda r, c: jitter(colours[r, c], 0.07, rng), rng, 0.5)


def _trunks(canvas: Canvas, rng: Rng) -> None:
    size = len(canvas.height)
    upright = np.full((size, size), np.pi / 2, np.float32)
    for foot in np.arange(20, size + 60, 74) + rng.uniform(-22, 22, len(np.arange(20, size + 60, 74))):
        steps = np.arange(-20, size + 40, 15)
        sway = foot + np.cumsum(rng.normal(0, 1.6, len(steps)))
        for shift, codes in ((0, "#1d1613 #2c211d"), (-4, "#cfc1a8 #efe6d2")):
            places = np.stack([steps + shift, sway + shift * 1.2], -1).astype(np.float32)
            bark = inks(codes)[rng.integers(2, size=len(places))]
            brush = Brush(length=30, width=11 if shift == 0 else 5, bristles=4, thick=2.6, dry=0.3)
            canvas.strokes(brush, places, upright, lambda r, c, b=bark: jitter(b, 0.05, rng), rng)


def fauve_blocks(size: int, rng: Rng) -> Picture:
    """Blocks of unmixed colour, each stroked in its own direction, drawn round in blue."""
    y, x = grid(size)
    y, x = (axis + 22 * hills(size, 120, rng) for axis in (y, x))
    seeds = scatter(size, 92, rng)
    index, _, border = cells(seeds, y, x)
    paints = inks(
        "#e4342b #f08a1d #f7c81e #2f8f4e #1f6fb5 #6a3f98 #f29ab0 #12a5a0 #f4e3b5 #d8447a #8cc04b"
    )
    choice = paints[rng.integers(len(paints), size=len(seeds))]
    other = paints[rng.integers(len(paints), size=len(seeds))]
    mixed = np.where((even(clouds(size, 40, rng, 3)) > 0.72)[..., None], other[index], choice[index])
    angle = (rng.uniform(0, np.pi, len(seeds))[index] + 0.4 * hills(size, 80, rng)).astype(np.float32)
    canvas = Canvas(ground(size, "#f3e6cc"))
    for length, width, spacing in ((48, 15, 12.5), (34, 10, 10.5)):
        brush = Brush(length=length, width=width, bristles=7, dry=0.34, thick=2.0, streak=0.22)
        canvas.strokes(
            brush,
            scatter(size, spacing, rng),
            angle,
            lambda r, c: jitter(mixed[r, c], 0.05, rng),
            rng,
        )
    _outline(canvas, border, rng)
    return lit(canvas.picture, blur(canvas.height, 0.6), 1.2, gloss=0.08)


def _outline(canvas: Canvas, border: Field, rng: Rng) -> None:
    size = len(border)
    places = scatter(size, 5.5, rng, margin=0)
    rows, columns = np.clip(places.astype(int), 0, size - 1).T
    dark = inks("#14213f #1c2f66 #0d3b4c")
    canvas.strokes(
        Brush(length=26, width=7, bristles=4, thick=2.4, dry=0.3),
        places[border[rows, columns] < 3.2],
        stream(blur(border, 2)),
        lambda r, c: jitter(dark[rng.integers(3, size=len(r))], 0.03, rng),
        rng,
        wander=0.08,
    )


def sunday_dots(size: int, rng: Rng) -> Picture:
    """A river afternoon in dots of pure colour, every shadow beside its complement."""
    y, _ = grid(size)
    tide = 0.5 + 0.5 * np.sin(y / 46 + 1.5 * hills(size, (70, 170), rng))
    tone = even(tide + 0.35 * clouds(size, (60, 110), rng, 4))
    river = ramp(
        tone, "#274a78 #3f79a8 #59a3a6 #7db27a #b9c765 #efd77a #f7b98b #f5d3c8 #c3b8e0 #7f8fc9"
    )
    river = shaken(river, 9, 14, rng)
    odd = inks("#e8743b #7a4fa3 #f2c230 #2d6fb0 #d94f70 #5aa469 #fff1cf")
    canvas = Canvas(ground(size, "#efe4cc"))
    for width, spacing in ((10.5, 6.6), (7.5, 5.2), (5.0, 6.0)):
        brush = Brush(
            length=width, width=width * 1.15, bristles=2, ragged=0.1, dry=0, thick=1.5, streak=0.12
        )
        canvas.strokes(
            brush,
            scatter(size, spacing, rng),
            clouds(size, 30, rng, 2),
            lambda r, c: _divided(river[r, c], odd, rng),
            rng,
        )
    return lit(canvas.picture, blur(canvas.height, 0.7), 1.0, gloss=0.05)


def _divided(
    colours: NDArray[np.float32], odd: NDArray[np.float32], rng: Rng
) -> NDArray[np.float32]:
    """Pull colours away from grey, and set one in six to another pigment."""
    pure = colours.mean(1, keepdims=True)
    pure = pure + (colours - pure) * rng.uniform(1.0, 1.7, (len(colours), 1))
    strange = rng.random(len(colours)) < 0.16
    pure[strange] = odd[rng.integers(len(odd), size=int(strange.sum()))]
    return jitter(pure, 0.06, rng)
