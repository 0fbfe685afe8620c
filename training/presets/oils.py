"""Pictures in thick paint: night swirls, a burning sky, an autumn wood and a river of dots."""

import numpy as np
from numpy.typing import NDArray

from training.presets.brush import Brush, Canvas
from training.presets.colour import ground, inks, jitter, lit, ramp
from training.presets.fields import (
    Field,
    Picture,
    Rng,
    blur,
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
    bands = 0.5 + 0.5 * np.sin(psi / 11 + 1.2 * hills(size, 90, rng))
    sky = 0.12 + 0.40 * bands + 0.10 * clouds(size, 60, rng, 3)
    tone = np.clip(sky + 0.95 * glow**1.5 * (0.6 + 0.4 * np.sin(psi / 7)), 0, 1)
    night = "#070c24 #0e1c4f #173a86 #2463ab #4f96bd #a9cbb4 #f0e3a0 #f6c945 #fbe9a8"
    colours = ramp(tone, night)
    odd = inks("#2f8f8a #5b4aa8 #e89a2c #dfe9d8 #0b1f66")
    canvas = Canvas(ground(size, "#12225a"))
    for length, width, spacing in ((66, 20, 15), (52, 14, 15), (38, 10, 15)):
        brush = Brush(length=length, width=width, bristles=7, streak=0.24, thick=2.6, dry=0.3)
        canvas.strokes(
            brush,
            scatter(size, spacing, rng),
            angle,
            lambda r, c: _with_strangers(jitter(colours[r, c], 0.07, rng), odd, 0.05, rng),
            rng,
        )
    return lit(canvas.picture, blur(canvas.height, 0.6), 1.25, gloss=0.16)


def _with_strangers(
    colours: NDArray[np.float32], odd: NDArray[np.float32], share: float, rng: Rng
) -> NDArray[np.float32]:
    """Set a share of the colours to pigments that nobody expects there."""
    strange = rng.random(len(colours)) < share
    colours[strange] = odd[rng.integers(len(odd), size=int(strange.sum()))]
    return colours


def burning_sky(size: int, rng: Rng) -> Picture:
    """Sky, hills and water in long bands that wave: vermilion and gold above, blue below."""
    y, x = grid(size)
    sway = 34 * np.sin(x / 74 + y / 190 + 1.3 * hills(size, 210, rng))
    sway += 12 * np.sin(x / 31 + y / 60)
    psi = (y + sway + 24 * hills(size, (120, 200), rng)).astype(np.float32)
    land = np.mod(psi / 210 + 0.1 * hills(size, 300, rng), 1)
    stripe = 0.5 + 0.5 * np.sin(psi / 6.8 + 0.5 * hills(size, 90, rng))
    fire = ramp(stripe, "#a5261c #d8431f #ee7326 #f6a436 #f9d067")
    water = ramp(stripe, "#132a4d #1f4f79 #2f7f8f #7fb3a2 #16345c")
    earth = ramp(stripe, "#2a1d1c #4d2b22 #7a4a2b #3a4a2f #b08a3f")
    colours = np.where((land < 0.5)[..., None], fire, water)
    colours = np.where(((land >= 0.5) & (land < 0.62))[..., None], earth, colours)
    odd = inks("#f3e6b8 #3f8f6a #7a2a4a #f08a5a #20305f")
    canvas = Canvas(ground(size, "#7a3420"))
    angle = stream(blur(psi, 4))
    for length, width, spacing in ((90, 18, 15), (74, 11, 13), (56, 7, 14)):
        brush = Brush(length=length, width=width, bristles=7, streak=0.16, thick=2.2, dry=0.2)
        canvas.strokes(
            brush,
            scatter(size, spacing, rng, margin=60),
            angle,
            lambda r, c: _with_strangers(jitter(colours[r, c], 0.05, rng), odd, 0.03, rng),
            rng,
            wander=0.05,
        )
    return lit(canvas.picture, blur(canvas.height, 0.7), 0.9, gloss=0.08)


def autumn_oils(size: int, rng: Rng) -> Picture:
    """A wood in October, in leaves and trunks of the palette knife."""
    mass = even(clouds(size, (64, 80), rng, 4))
    warm = even(clouds(size, 84, rng, 4))
    foliage = ramp(warm, "#7b1f1a #b8321c #d9621e #eb9a2b #f3c64b #b5993a #5f6b38")
    shadow = ramp(warm, "#1d2a3e #31405a #4a3346 #6b3a2c")
    light = ((mass - 0.25) / 0.2).clip(0, 1)[..., None]
    colours = shadow + (foliage - shadow) * light
    canvas = Canvas(ground(size, "#3a2418"))
    lean = 0.9 * hills(size, 110, rng)
    _knife(canvas, colours, lean + 1.2, (46, 22), scatter(size, 15, rng), rng)
    _knife(canvas, colours, lean - 0.6, (30, 14), scatter(size, 13, rng), rng)
    _trunks(canvas, rng)
    bright = np.clip(colours * 1.15 + 0.05, 0, 1)
    for shape, spacing, least in (((26, 13), 19.0, 0.3), ((17, 9), 11.5, 0.5)):
        places = scatter(size, spacing, rng)
        rows, columns = np.clip(places.astype(int), 0, size - 1).T
        _knife(canvas, bright, lean * 2, shape, places[mass[rows, columns] > least], rng)
    return lit(canvas.picture, blur(canvas.height, 0.7), 1.6, gloss=0.12)


def _knife(
    canvas: Canvas,
    colours: Picture,
    angle: Field,
    shape: tuple[float, float],
    places: NDArray[np.float32],
    rng: Rng,
) -> None:
    length, width = shape
    brush = Brush(length=length, width=width, bristles=4, ragged=0.25, dry=0.12, thick=2.6)
    canvas.strokes(brush, places, angle, lambda r, c: jitter(colours[r, c], 0.07, rng), rng, 0.5)


def _trunks(canvas: Canvas, rng: Rng) -> None:
    """Birches: a dark side, a white side, and marks across the bark."""
    size = len(canvas.height)
    upright = np.full((size, size), np.pi / 2, np.float32)
    steps = np.arange(-20, size + 40, 6)
    bark = (
        (11.0, 4.0, 0.25, "#1d1a22 #2c2530 #3b2f35"),
        (7.5, -1.5, 0.15, "#cfc6b8 #efe8da #dccbb0 #b9b4bd"),
        (3.5, -3.5, 0.45, "#faf5e8 #f3e2bf"),
    )
    for foot in np.arange(8, size + 60, 58):
        thick = rng.uniform(0.7, 1.5)
        sway = foot + rng.uniform(-24, 24) + np.cumsum(rng.normal(0, 0.9, len(steps)))
        for width, shift, dry, codes in bark:
            places = np.stack([steps, sway + shift * thick], -1).astype(np.float32)
            tints = inks(codes)[rng.integers(len(codes.split()), size=len(places))]
            brush = Brush(length=28, width=width * thick, bristles=5, thick=2.8, dry=dry)
            canvas.strokes(
                brush, places, upright, lambda r, c, t=tints: jitter(t, 0.04, rng), rng, 0.06
            )


def sunday_dots(size: int, rng: Rng) -> Picture:
    """A river afternoon in dots of pure colour, every shadow beside its complement."""
    y, _ = grid(size)
    tide = np.sin(y / 26 + 2.2 * hills(size, (60, 120), rng))
    tone = even(0.8 * tide + 0.8 * clouds(size, (45, 80), rng, 3))
    river = ramp(
        tone, "#22406f #3470a6 #46a0a8 #6fb27a #b4c860 #f2dc74 #f9b489 #f7d9cc #c9bde6 #7f8fd0"
    )
    river = shaken(river, 7, 14, rng)
    odd = inks("#e8743b #7a4fa3 #f2c230 #2d6fb0 #d94f70 #5aa469 #fff6e4")
    canvas = Canvas(ground(size, "#f1e8d4"))
    for width, spacing, share in ((20.0, 14.0, 0.08), (15.0, 12.5, 0.14), (10.0, 13.0, 0.28)):
        brush = Brush(
            length=width * 1.15, width=width, bristles=2, ragged=0, dry=0, thick=2, rounded=0.95
        )
        canvas.strokes(
            brush,
            scatter(size, spacing, rng),
            clouds(size, 30, rng, 2),
            lambda r, c, s=share: _with_strangers(_pure(river[r, c], rng), odd, s, rng),
            rng,
        )
    return lit(canvas.picture, blur(canvas.height, 0.8), 0.55, gloss=0.05)


def _pure(colours: NDArray[np.float32], rng: Rng) -> NDArray[np.float32]:
    """Pull colours away from grey, each by another amount."""
    grey = colours.mean(1, keepdims=True)
    return jitter(grey + (colours - grey) * rng.uniform(1.0, 1.7, (len(colours), 1)), 0.06, rng)
