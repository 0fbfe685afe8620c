"""Pictures in water and dust: ink wash, watercolour blooms, pen with chalk, and soft pastel."""

import numpy as np

from training.presets.brush import Brush, Canvas
from training.presets.colour import glaze, grained, ground, inks, jitter, over, paper, ramp, rgb
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
    sample,
    scatter,
    shaken,
    step,
    stream,
    wobbly_grid,
)


def ink_wash(size: int, rng: Rng) -> Picture:
    """Ridges in mist: black ink, much water, rough paper."""
    y, _ = grid(size)
    sheet = paper(size, rng)
    picture = ground(size, "#efeae0") + 0.012 * sheet[..., None]
    for number, foot in enumerate(np.arange(0, size + 160, 70.0)):
        near = 0.55 + 0.45 * rng.random() * (0.6 + 0.4 * number / 10)
        line = foot + 38 * clouds(size, (4000, 130), rng, 6, 0.52)
        below = y - line
        mist = 0.8 * step(0, 60, below)[..., None]
        picture = picture + (rgb("#efeae0") - picture) * mist
        fade = np.exp(-np.clip(below, 0, None) / (30 + 34 * near))
        wet = np.clip(0.75 + 0.3 * clouds(size, 50, rng, 5), 0.1, 1.4)
        rim = 0.7 * step(9, 0, np.abs(below - 3))
        wash = step(-1.2, 1.5, below) * fade * (wet + rim) * near
        rock = 0.9 * near * _folds(size, rng) * step(2, 14, below) * fade**0.5
        moss = _moss(size, line, rng) * (0.4 + 0.5 * near)
        dark = np.maximum(np.maximum(wash, rock), moss)
        picture = glaze(picture, rgb("#14161b"), np.clip(dark, 0, 0.97))
    return picture - 0.02 * sheet[..., None] * (1.1 - picture)


def _folds(size: int, rng: Rng) -> Field:
    """Dry-brush wrinkles of rock, running down a slope."""
    y, x = grid(size)
    lean = rng.choice([-1, 1]) * rng.uniform(0.5, 1.1)
    lines = clouds(size, (60, 8), rng, 3)
    slanted = sample(lines, y, x + lean * y + 12 * clouds(size, 60, rng, 2))
    return step(0.3, 1.3, slanted) * step(-0.6, 0.6, clouds(size, 44, rng, 4))


def _moss(size: int, line: Field, rng: Rng) -> Field:
    """Flat wet dabs of a loaded brush along a ridge, as far trees."""
    columns = rng.normal(rng.uniform(0, size, 6)[:, None], 34, (6, 24)).ravel()
    roots = line[0, np.clip(columns, 0, size - 1).astype(int)]
    rows = roots + np.abs(rng.normal(0, 15, len(columns))) - 4
    canvas = Canvas(np.zeros((size, size, 3), np.float32))
    ones = np.ones((len(rows), 3), np.float32)
    flat = np.zeros((size, size), np.float32)
    for length, width in ((20, 9.5), (12, 6.5)):
        brush = Brush(
            length=length, width=width, bristles=2, ragged=0.1, dry=0, streak=0, rounded=0.9
        )
        places = np.stack([rows, columns], -1) + rng.normal(0, 5, (len(rows), 2))
        canvas.strokes(brush, places.astype(np.float32), flat, lambda r, c: ones, rng, wander=0.35)
    bled = shaken(blur(canvas.picture[..., 0], 0.9), 1.3, 5, rng)
    return step(0.15, 0.85, bled) * np.clip(0.8 + 0.25 * clouds(size, 16, rng, 3), 0, 1.1)


def watercolour_bloom(size: int, rng: Rng) -> Picture:
    """Rose, violet and lagoon, wet in wet, each pool with its dark rim."""
    sheet = paper(size, rng)
    # Neighbours on the wheel mix to a clean colour, opposites to mud: so the hue drifts slowly.
    pigments = inks(
        "#e0315f #f0569a #a24ac4 #5a48c8 #2470cc #0f9fb8 #35ad7c #b9c233 #f7b52a #f4763a"
    )
    hue = 5 + 2.2 * hills(size, 170, rng)
    picture = ground(size, "#fbf7ef")
    bleed = clouds(size, 60, rng, 6, 0.6)
    fringe = clouds(size, 22, rng, 5, 0.65)
    for place in scatter(size, 82, rng):
        row, column = np.clip(place, 0, size - 1).astype(int)
        pigment = pigments[int(hue[row, column] + rng.normal(0, 0.9)) % len(pigments)]
        _pool(picture, place, pigment, (bleed, fringe), rng)
    picture = _backruns(picture, rng)
    settled = np.clip(1 - picture.min(-1), 0, 1) * (0.055 * sheet + 0.03 * fringe)
    return picture - settled[..., None]


def _pool(
    picture: Picture, place: Field, pigment: Field, edges: tuple[Field, Field], rng: Rng
) -> None:
    """Lay one wet patch: ragged, thin in the middle, dark where it dried last."""
    size = len(picture)
    radius, turn = rng.uniform(44, 100), rng.uniform(0, 2 * np.pi)
    low, high = (np.clip(place + side * 1.7 * radius, 0, size).astype(int) for side in (-1, 1))
    spot = (slice(low[0], high[0]), slice(low[1], high[1]))
    y, x = np.mgrid[spot].astype(np.float32)
    bleed, fringe = (edge[spot] for edge in edges)
    wide = np.hypot(y - place[0], (x - place[1]) * rng.uniform(0.7, 1.3)) / radius
    shape = wide + 0.24 * (np.cos(turn) * bleed + np.sin(turn) * fringe)
    rim = step(0.80, 0.995, shape)
    dilute = np.clip(0.34 + 0.24 * bleed * np.sin(turn) + 0.14 * fringe, 0.06, 0.9)
    amount = step(1.0, 0.965, shape) * (dilute + 0.42 * rim**3) * rng.uniform(0.55, 1.15)
    picture[spot] = glaze(picture[spot], pigment, np.clip(amount, 0, 0.92))


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
    """Pebbles and petals hatched in brown ink, with white chalk, on blue paper."""
    sheet = paper(size, rng)
    seeds = scatter(size, 112, rng)
    y, x = wobbly_grid(size, rng, 6, 60)
    index, _, border = cells(seeds, y, x)
    dome = 62 * (1 - np.exp(-border / 26)) + 3 * clouds(size, 40, rng, 3)
    dy, dx = np.gradient(blur(dome, 2))
    light = np.clip(0.57 - 0.16 * dy - 0.20 * dx + 0.05 * hills(size, 150, rng), 0, 1)
    picture = ground(size, "#8fa9b3") + 0.018 * sheet[..., None]
    smudge = step(0.6, 0.05, blur(light, 2)) * np.clip(0.55 + 0.14 * sheet, 0, 1)
    picture = over(picture, ground(size, "#4a3529"), smudge)
    lean = rng.uniform(-0.5, 0.5, len(seeds))[index]
    coal = np.zeros((size, size), np.float32)
    for turn, deepest, period in ((0.85, 0.62, 8.0), (-0.5, 0.38, 9.5), (2.2, 0.18, 11.0)):
        dark = np.clip((deepest - light) / 0.5, 0, 1)
        coal = np.maximum(coal, _hatch(dome, dark, turn + lean, period, rng))
    picture = over(picture, ground(size, "#20120c"), 0.93 * coal * step(-1.7, 0.0, sheet))
    chalk = _hatch(dome, np.clip((light - 0.60) / 0.3, 0, 1), 0.85 + lean, 8.0, rng)
    picture = over(picture, ground(size, "#fbf3dd"), 0.95 * chalk * step(-1.4, 0.3, sheet))
    width = 1.6 + 0.9 * clouds(size, 50, rng, 2)
    line = step(width + 0.8, width - 0.8, border) * step(-1.8, -0.4, sheet)
    return over(picture, ground(size, "#1a0e0a"), 0.92 * line)


def _hatch(relief: Field, dark: Field, turn: Field, period: float, rng: Rng) -> Field:
    """Parallel lines that swell with the dark, bend over the form and break off."""
    size = len(relief)
    y, x = grid(size)
    phase = (x * np.sin(turn) + y * np.cos(turn) + 0.35 * relief) / period
    phase = phase + 0.1 * clouds(size, 40, rng, 3)
    row = np.floor(phase)
    dice = rng.random(4096).astype(np.float32)[row.astype(int) % 4096]
    along = (x * np.cos(turn) - y * np.sin(turn)) / 64 + 7 * dice
    lift = np.abs(np.mod(along, 1) - 0.5)  # the hand lifts between two strokes of a row
    width = (0.07 + 0.3 * dark) * (0.75 + 0.5 * dice) * step(0.5, 0.4, lift) * (dark > 0.01)
    return step(width + 0.12, width - 0.12, np.abs(phase - row - 0.5)) * (width > 0.03)


def aurora_pastel(size: int, rng: Rng) -> Picture:
    """Northern light in soft chalk: mint, lilac, rose and peach on toothy paper."""
    _, x = grid(size)
    sheet = paper(size, rng)
    drift = x / 70 + 1.5 * hills(size, (220, 90), rng) + 0.5 * hills(size, (120, 40), rng)
    fold = np.mod(drift, 1.0)
    tone = even(hills(size, (150, 90), rng) + 0.7 * np.sin(drift * 3.1))
    colours = ramp(tone, "#6f8cf0 #8fc6ff #8af0da #c8f7b4 #fff2a8 #ffc79a #ff9bb4 #dd9af2 #9a86f0")
    colours = np.clip(colours + 0.26 * (fold - 0.55)[..., None], 0, 1)
    angle = stream(blur(drift, 3))
    picture = 0.45 + 0.55 * blur(colours, 9) + 0.03 * sheet[..., None]
    for length, width, spacing, tooth in (
        (70, 19, 15, -1.3),
        (56, 11, 13, -0.5),
        (44, 6, 14, -0.1),
    ):
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
