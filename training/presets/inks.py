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
    y, _ = grid(size)
    sheet = paper(size, rng)
    picture = ground(size, "#efeae0") + 0.012 * sheet[..., None]
    pool = clouds(size, 40, rng, 5)
    for number, foot in enumerate(np.arange(-10, size + 120, 52.0)):
        near = 0.55 + 0.45 * rng.random() * (0.6 + 0.4 * number / 13)
        line = foot + 30 * clouds(size, (4000, 105), rng, 6, 0.52)
        below = y - line
        mist = 0.8 * step(0, 60, below)[..., None]
        picture = picture + (rgb("#efeae0") - picture) * mist
        fade = np.exp(-np.clip(below, 0, None) / (22 + 22 * near))
        wet = np.clip(0.7 + 0.35 * np.roll(pool, 97 * number, 1), 0.05, 1.5)
        rim = 0.6 * step(6, 0, np.abs(below - 2))
        wash = step(-1.2, 1.5, below) * fade * (wet + rim) * near * 0.8
        rock = 0.85 * near * _folds(size, rng) * step(2, 12, below) * fade**0.6
        picture = glaze(picture, rgb("#14161b"), np.clip(np.maximum(wash, rock), 0, 0.97))
        picture = _moss(picture, line, near, rng)
    return picture - 0.02 * sheet[..., None] * (1.1 - picture)


def _folds(size: int, rng: Rng) -> Field:
    """Dry-brush wrinkles of rock, running down a slope."""
    y, x = grid(size)
    lean = rng.choice([-1, 1]) * rng.uniform(0.5, 1.1)
    lines = clouds(size, (46, 5), rng, 3)
    slanted = sample(lines, y, x + lean * y + 12 * clouds(size, 60, rng, 2))
    return step(0.3, 1.3, slanted) * step(-0.6, 0.6, clouds(size, 44, rng, 4))


def _moss(picture: Picture, line: Field, near: float, rng: Rng) -> Picture:
    """Flat dabs of a loaded brush along a ridge: far trees."""
    size = len(picture)
    columns = rng.normal(rng.uniform(0, size, 5)[:, None], 26, (5, 26)).ravel()
    roots = line[0, np.clip(columns, 0, size - 1).astype(int)]
    rows = roots + np.abs(rng.normal(0, 11, len(columns))) - 3
    canvas = Canvas(picture)
    brush = Brush(length=11, width=5.5, bristles=3, ragged=0.3, cover=0.35 + 0.5 * near, rounded=0.8)
    tints = np.full((len(rows), 3), 0.09, np.float32)
    canvas.strokes(
        brush,
        np.stack([rows, columns], -1).astype(np.float32),
        np.zeros((size, size), np.float32),
        lambda r, c: jitter(tints, 0.03, rng),
        rng,
        wander=0.25,
    )
    return canvas.picture


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


def chalk_and_ink(size: int, rng: Rng) -> Picture:
    """Folded cloth hatched in brown ink, with white chalk, on blue paper."""
    y, x = grid(size)
    sheet = paper(size, rng)
    relief = 24 * clouds(size, 76, rng, 2, 0.35) + 6 * np.sin(x / 17 - y / 29 + hills(size, 110, rng))
    dy, dx = np.gradient(blur(relief, 1.5))
    light = even(-0.6 * dy - 0.8 * dx + 0.004 * relief)
    picture = ground(size, "#8fa6ad") + 0.016 * sheet[..., None]
    smudge = step(0.7, 0.0, blur(light, 3)) * np.clip(0.5 + 0.16 * sheet, 0, 1)
    picture = over(picture, ground(size, "#41342f"), smudge)
    coal = np.zeros((size, size), np.float32)
    for turn, deepest, period in ((0.85, 0.74, 6.5), (-0.55, 0.42, 7.5), (2.2, 0.2, 8.5)):
        dark = np.clip((deepest - light) / 0.6, 0, 1)
        coal = np.maximum(coal, _hatch(relief, dark, turn, period, sheet, rng))
    picture = over(picture, ground(size, "#20120c"), 0.92 * coal)
    chalk = _hatch(relief, np.clip((light - 0.74) / 0.4, 0, 1), 0.85, 6.5, sheet, rng)
    picture = over(picture, ground(size, "#fbf3dd"), 0.95 * chalk)
    edge = step(0.09, 0.14, steepness(blur(light, 1))) * step(-0.4, 0.7, sheet + 0.5)
    return over(picture, ground(size, "#1a0e0a"), 0.8 * edge * step(0.6, 0.3, light))


def _hatch(
    relief: Field, dark: Field, turn: float, period: float, sheet: Field, rng: Rng
) -> Field:
    """Parallel lines that swell with the dark, bend over the form and skip on the paper."""
    size = len(relief)
    y, x = grid(size)
    phase = (x * np.sin(turn) + y * np.cos(turn) + 0.8 * relief) / period
    phase = phase + 0.16 * clouds(size, 40, rng, 3)
    row = np.floor(phase)
    dice = rng.random(4096).astype(np.float32)[row.astype(int) % 4096]
    along = (x * np.cos(turn) - y * np.sin(turn)) / 58 + 7 * dice
    lift = np.abs(np.mod(along, 1) - 0.5)  # the hand lifts between two strokes of a row
    width = (0.05 + 0.33 * dark) * (0.75 + 0.5 * dice) * step(0.5, 0.36, lift) * (dark > 0.01)
    gap = np.abs(phase - row - 0.5)
    line = step(width + 0.12, width - 0.12, gap) * (width > 0.03)
    return line * step(-1.6, 0.2, sheet + 0.4 * dark)


def aurora_pastel(size: int, rng: Rng) -> Picture:
    """Northern light in soft chalk: mint, lilac, rose and peach on toothy paper."""
    _, x = grid(size)
    sheet = paper(size, rng)
    drift = x / 70 + 1.5 * hills(size, (220, 90), rng) + 0.5 * hills(size, (120, 40), rng)
    fold = np.mod(drift, 1.0)
    tone = even(hills(size, (150, 90), rng) + 0.7 * np.sin(drift * 3.1))
    colours = ramp(tone, "#7d97dc #9cc4f0 #9fe0d0 #cdf0c0 #fdf0bf #fdcdae #f7a9bb #d8a6e2 #9c8fdc")
    colours = np.clip(colours + 0.26 * (fold - 0.55)[..., None], 0, 1)
    angle = stream(blur(drift, 3))
    picture = ground(size, "#e6d8df") + 0.03 * sheet[..., None]
    for length, width, spacing, tooth in ((70, 19, 15, -1.3), (56, 11, 13, -0.5), (44, 6, 14, -0.1)):
        canvas = Canvas(picture)
        brush = Brush(length=length, width=width, bristles=9, dry=0.45, streak=0.14, ragged=0.5)
        canvas.strokes(
            brush,
            scatter(size, spacing, rng),
            angle,
            lambda r, c: jitter(colours[r, c], 0.075, rng),
            rng,
            wander=0.06,
        )
        picture = over(picture, canvas.picture, step(tooth - 0.6, tooth + 0.6, sheet))
    return grained(picture, rng, 0.02)
