"""Pictures in water and dust: ink wash, watercolour blooms, charcoal hatching and soft pastel."""

import numpy as np

from training.presets.brush import Brush, Canvas
from training.presets.colour import glaze, ground, grained, inks, jitter, over, paper, ramp, rgb
from training.presets.fields import (
    Field,
    Picture,
    Rng,
    blur,
    clouds,
    even,
    grid,
    hills,
    sample,
    scatter,
    shaken,
    steepness,
    step,
    stream,
)


def ink_wash(size: int, rng: Rng) -> Picture:
    """Ridges in mist: black ink, much water, rough paper."""
    y, x = grid(size)
    sheet = paper(size, rng)
    picture = ground(size, "#efeae0") + 0.012 * sheet[..., None]
    ink = rgb("#15171b")
    feet = np.arange(-10, size + 150, 58.0)
    for number, foot in enumerate(feet):
        far = number / len(feet)
        picture = picture + 0.35 * step(90, 0, y - foot)[..., None] * (0.92 - picture) * (y > foot - 60)[..., None]
        line = foot + 34 * clouds(size, (4000, 120), rng, 6, 0.55) + 4 * clouds(size, 12, rng, 3)
        below = y - line
        wash = step(-1.0, 1.5, below) * np.exp(-np.clip(below, 0, None) / (34 + 30 * far))
        pooled = 0.75 + 0.3 * clouds(size, 40, rng, 5) + 0.8 * step(7, 0, np.abs(below - 3))
        strength = (0.30 + 0.45 * far * rng.uniform(0.6, 1.2)) * np.clip(pooled, 0.1, 1.6)
        texture = _folds(size, rng) * step(0, 10, below) * np.exp(-np.clip(below, 0, None) / 55)
        picture = glaze(picture, ink, np.clip(wash * strength + 0.55 * texture * (0.4 + far), 0, 0.96))
    picture = _splashes(picture, ink, rng)
    return picture - 0.018 * sheet[..., None] * (1.1 - picture)


def _folds(size: int, rng: Rng) -> Field:
    """Dry-brush wrinkles of rock, running down a slope."""
    y, x = grid(size)
    lean = rng.choice([-1, 1]) * 0.8
    lines = clouds(size, (46, 5), rng, 3)
    slanted = sample(lines, y, np.mod(x + lean * y + 12 * clouds(size, 60, rng, 2), 2 * size))
    return step(0.5, 1.4, slanted) * step(-0.3, 0.8, clouds(size, 44, rng, 4))


def _splashes(picture: Picture, ink: Field, rng: Rng) -> Picture:
    size = len(picture)
    y, x = grid(size)
    ragged = 1 + 0.22 * clouds(size, 9, rng, 4)
    for cy, cx in scatter(size, 120, rng, margin=0):
        radius = rng.uniform(1.5, 4) if rng.random() < 0.6 else rng.uniform(6, 13)
        gap = np.hypot(y - cy, x - cx) * ragged / radius
        rim = step(1.08, 0.9, gap) * (0.35 + 0.5 * step(0.55, 0.95, gap))
        picture = glaze(picture, ink, rim * rng.uniform(0.5, 1.0))
    return picture


def watercolour_bloom(size: int, rng: Rng) -> Picture:
    """Rose, violet and lagoon, wet in wet, each pool with its dark rim."""
    y, x = grid(size)
    sheet = paper(size, rng)
    pigments = inks("#e8607f #7a5bb8 #2ba3b4 #f2b134 #e9799f #3f77c0 #7fb860 #f08a5d")
    picture = ground(size, "#faf6ee")
    bleed = clouds(size, 60, rng, 6, 0.6)
    fringe = clouds(size, 22, rng, 5, 0.65)
    for cy, cx in scatter(size, 74, rng):
        radius = rng.uniform(36, 92)
        turn = rng.uniform(0, 2 * np.pi)
        wide = np.hypot(y - cy, (x - cx) * rng.uniform(0.7, 1.3)) / radius
        shape = wide + 0.24 * (np.cos(turn) * bleed + np.sin(turn) * fringe)
        pool = step(1.0, 0.965, shape)
        rim = step(0.80, 0.995, shape) * pool
        dilute = np.clip(0.30 + 0.20 * bleed * np.sin(turn) + 0.12 * fringe, 0.06, 0.8)
        amount = pool * (dilute + 0.34 * rim**3) * rng.uniform(0.5, 1.05)
        picture = glaze(picture, pigments[rng.integers(len(pigments))], np.clip(amount, 0, 0.9))
    picture = _backruns(picture, rng)
    settled = np.clip(1 - picture.min(-1), 0, 1) * (0.055 * sheet + 0.03 * fringe)
    return picture - settled[..., None]


def _backruns(picture: Picture, rng: Rng) -> Picture:
    """Drops of clean water that push the pigment into a crown."""
    size = len(picture)
    y, x = grid(size)
    crown = clouds(size, 13, rng, 4, 0.7)
    for cy, cx in scatter(size, 105, rng, margin=0):
        radius = rng.uniform(10, 34)
        shape = np.hypot(y - cy, x - cx) / radius + 0.2 * crown
        clean = step(1.0, 0.6, shape) * 0.5
        ring = step(0.82, 0.98, shape) * step(1.1, 1.0, shape) * 0.45
        picture = picture + (0.97 - picture) * clean[..., None]
        picture = picture - (ring * 0.55)[..., None] * (1 - picture) * 1.2
    return picture


def charcoal_hatching(size: int, rng: Rng) -> Picture:
    """Folded cloth in charcoal and white chalk on grey paper."""
    y, x = grid(size)
    sheet = paper(size, rng)
    relief = 26 * clouds(size, 105, rng, 2) + 12 * np.sin(x / 24 + y / 60 + 1.8 * hills(size, 130, rng))
    dy, dx = np.gradient(blur(relief, 3))
    light = even(-0.6 * dy - 0.8 * dx + 0.008 * relief)
    along = stream(blur(relief, 3))
    picture = ground(size, "#a9a49b") + 0.014 * sheet[..., None]
    smudge = step(0.75, 0.0, blur(light, 5)) * 0.42
    picture = over(picture, ground(size, "#3a3836"), smudge * np.clip(0.9 + 0.25 * sheet, 0, 1))
    for number, (limit, turn) in enumerate(((0.72, 0.9), (0.52, -0.7), (0.34, 0.25), (0.2, 1.6))):
        picture = _hatch(picture, light < limit, along * 0.5 + turn, "#1a1918", number, sheet, rng)
    picture = _hatch(picture, light > 0.80, along * 0.5 + 0.9, "#f4f0e6", 4, sheet, rng)
    contour = step(0.035, 0.0, np.abs(light - 0.3)) * step(0.004, 0.02, steepness(light))
    bite = contour * step(-0.6, 0.6, sheet + clouds(size, 40, rng, 2))
    return over(picture, ground(size, "#141312"), 0.75 * bite)


def _hatch(
    picture: Picture, where: Field, angle: Field, code: str, number: int, sheet: Field, rng: Rng
) -> Picture:
    size = len(picture)
    canvas = Canvas(np.zeros((size, size, 3), np.float32))
    places = scatter(size, 7.5 + 0.5 * number, rng)
    rows, columns = np.clip(places.astype(int), 0, size - 1).T
    brush = Brush(length=36, width=3.0, bristles=2, ragged=0.5, dry=0.2, streak=0.1, variants=6)
    white = np.ones(3, np.float32)
    canvas.strokes(
        brush,
        places[where[rows, columns]],
        angle,
        lambda r, c: np.broadcast_to(white, (len(r), 3)),
        rng,
        wander=0.1,
    )
    held = canvas.picture[..., 0] * step(-1.3, 0.7, sheet)
    return over(picture, ground(size, code), np.clip(held, 0, 1) * 0.85)


def aurora_pastel(size: int, rng: Rng) -> Picture:
    """Northern light in soft chalk: mint, lilac, rose and peach on toothy paper."""
    y, x = grid(size)
    sheet = paper(size, rng)
    drift = 1.3 * clouds(size, (260, 80), rng, 3) + x / 120
    curtain = np.mod(drift, 1.0)
    tone = even(hills(size, (190, 110), rng) + 0.9 * np.sin(drift * 2 * np.pi) + 0.3 * hills(size, 40, rng))
    colours = ramp(tone, "#8fa6dd #a9c9ee #a8e0d2 #d3efc4 #fbeec2 #fbd0b4 #f5b3c0 #d9b0e0 #a99be0")
    colours = colours + 0.14 * (curtain - 0.5)[..., None]
    angle = stream(blur(drift, 2))
    picture = ground(size, "#cfc6d8") + 0.03 * sheet[..., None]
    for length, width, spacing, tooth in ((60, 17, 13, -0.9), (44, 10, 10, -0.1), (30, 5, 10, 0.2)):
        canvas = Canvas(picture)
        brush = Brush(length=length, width=width, bristles=9, dry=0.45, streak=0.12, ragged=0.5)
        canvas.strokes(
            brush, scatter(size, spacing, rng), angle, lambda r, c: jitter(colours[r, c], 0.05, rng), rng
        )
        picture = over(picture, canvas.picture, step(tooth - 0.7, tooth + 0.7, sheet))
    return shaken(grained(picture, rng, 0.02), 0.7, 4, rng)
