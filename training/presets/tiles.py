"""Pictures of pieces: stained glass, mosaic, cubist facets, mended pottery and an old wall."""

import numpy as np
from numpy.typing import NDArray

from training.presets.colour import ground, inks, jitter, lit, over, paper, ramp, rgb
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
    shrink,
    step,
    wobbly_grid,
)


def _roses(size: int, rng: Rng) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Seeds in rings round a few centres, like the tracery of rose windows, and their rings."""
    centres = scatter(size, 250, rng, margin=60)
    seeds, rings = [], []
    for number, centre in enumerate(centres):
        for ring in range(6):
            count = max(1, 6 * ring + (ring % 2))
            angles = 2 * np.pi * (np.arange(count) + 0.5 * ring) / count
            circle = np.stack([np.sin(angles), np.cos(angles)], -1) * ring * 34
            circle = centre + circle + rng.normal(0, 2.5, circle.shape)
            gaps = np.linalg.norm(circle[:, None] - centres[None], axis=-1).argmin(1) == number
            seeds.append(circle[gaps])
            rings.append(np.full(int(gaps.sum()), ring + number))
    return np.concatenate(seeds).astype(np.float32), np.concatenate(rings)


def stained_glass(size: int, rng: Rng) -> Picture:
    """Rose windows in ruby, cobalt, emerald and amber, leaded, with the sun behind."""
    y, x = wobbly_grid(size, rng, 1.6, 40)
    seeds, rings = _roses(size, rng)
    index, _distance, border = cells(seeds, y, x)
    glass = inks("#f2b21b #c4161c #1746a8 #0d8a4d #e8631a #5a1f8f #12a0c4 #f6e27a #8e0f3c")
    panes = jitter(glass[(rings * 2 + rng.integers(0, 2, len(rings)) * 3) % len(glass)], 0.06, rng)
    light = 0.80 + 0.45 * even(clouds(size, 150, rng, 3))
    ripple = 0.16 * clouds(size, (9, 34), rng, 4) + 0.12 * clouds(size, 24, rng, 3)
    middle = 0.40 * step(2, 17, border)
    picture = panes[index] ** 1.15 * (light + ripple + middle - 0.1)[..., None]
    seedy = hills(size, 5, rng) > 2.6
    picture = over(picture, np.clip(picture * 1.7 + 0.1, 0, 1), blur(seedy.astype(np.float32), 0.7))
    width = 2.7 + 0.8 * hills(size, 60, rng)
    lead = step(width + 0.8, width - 0.4, border)
    halo = step(9, 2, border) * 0.45
    picture = picture * (1 - halo)[..., None]
    bead = np.sqrt(np.clip(1 - (border / (width + 0.8)) ** 2, 0, 1)) * 4
    metal = lit(ground(size, "#2b2d33"), bead + 0.3 * clouds(size, 4, rng, 2), 0.8, gloss=0.5)
    return over(picture, metal, lead)


def mosaic(size: int, rng: Rng) -> Picture:
    """Small stones laid in arcs, from terracotta to sea green, in pale mortar."""
    y, x = wobbly_grid(size, rng, 2.2, 26)
    centres = scatter(size, 215, rng, margin=215)
    index, distance, border = cells(centres, y, x)
    tile = 17.0
    row = np.floor(distance / tile)
    angle = np.arctan2(y - centres[index, 0], x - centres[index, 1])
    count = np.maximum(np.round(2 * np.pi * (row + 0.5) * tile / (tile * 1.1)), 3)
    place = (angle / (2 * np.pi) + 0.5) * count + 0.37 * row
    column = np.floor(place)
    to_row = np.minimum(distance - row * tile, (row + 1) * tile - distance)
    arc = 2 * np.pi * distance / count
    to_column = np.minimum(place - column, column + 1 - place) * arc
    edge = np.minimum(np.minimum(to_row, to_column), border)
    key = (index * 7919 + row * 613 + (column % count) * 31).astype(np.int64)
    dice = rng.random((5, 65_537)).astype(np.float32)[:, key % 65_537]
    colours = _stones(size, index, row, dice, rng)
    tilt = (dice[1] - 0.5) * (distance - row * tile) + (dice[2] - 0.5) * (place - column) * tile
    height = np.minimum(edge, 2.6) * 1.3 + 0.3 * tilt
    stone = step(0.7, 1.9, edge - 0.7 * dice[3])
    grout = ground(size, "#d9ccb0") + 0.06 * clouds(size, 5, rng, 3)[..., None]
    face = colours + 0.035 * clouds(size, 4, rng, 2)[..., None]
    return lit(over(grout * 0.8, face, stone), blur(height * stone, 0.5), 0.75, gloss=0.12)


def _stones(
    size: int, index: NDArray[np.intp], row: Field, dice: NDArray[np.float32], rng: Rng
) -> Picture:
    bands = inks(
        "#8f2a16 #cf4f22 #e9a53f #f4e2b0 #fbf4de #6fae98 #1f8585 #0f5a7a #0f2f52 #6f8a2a #c9a06a"
    )
    shift = rng.integers(0, len(bands), int(index.max()) + 1)[index]
    pick = (row * (1 + shift % 2) + shift + (dice[0] > 0.86) * 3).astype(int) % len(bands)
    light = 0.16 * (dice[4] - 0.5) + 0.05 * hills(size, 200, rng)
    return np.clip(bands[pick] + light[..., None], 0, 1)


def _facets(size: int, rng: Rng, depth: int) -> tuple[NDArray[np.intp], Field, Field, Field]:
    """Cut the square again and again: facet, distance to its edge, place across, direction."""
    y, x = grid(size, 2)
    name = np.zeros(y.shape, np.intp)
    edge = np.full(y.shape, 1e3, np.float32)
    across = np.zeros(y.shape, np.float32)
    turn = np.zeros(y.shape, np.float32)
    for level in range(depth):
        for piece in range(2**level):
            inside = name == piece
            if inside.sum() < 3600:
                continue
            side, heading = _cut(y[inside], x[inside], rng)
            edge[inside] = np.minimum(edge[inside], np.abs(side))
            across[inside] = side
            turn[inside] = heading
            name[inside] += np.where(side > 0, 2**level, 0)
    return name, edge, across, turn


def _cut(y: Field, x: Field, rng: Rng) -> tuple[Field, float]:
    through = rng.integers(len(y))
    spread = np.ptp(y) > np.ptp(x)
    heading = float(rng.normal(np.pi / 2 if spread else 0, 0.55))
    middle = (0.5 * (y.mean() + y[through]), 0.5 * (x.mean() + x[through]))
    side = (y - middle[0]) * np.sin(heading) + (x - middle[1]) * np.cos(heading)
    if rng.random() < 0.25:  # an arc instead of a line
        radius = rng.uniform(90, 220)
        flat = np.hypot(
            y - middle[0] + radius * np.sin(heading), x - middle[1] + radius * np.cos(heading)
        )
        side = flat - radius
    return side.astype(np.float32), heading


def cubist_facets(size: int, rng: Rng) -> Picture:
    """A still life seen from every side at once, in ochre, umber and slate."""
    tone_codes = "#120e0a #3d2814 #7d5522 #b9822f #dcb66a #f4e6bd"
    total = np.zeros((size * 2, size * 2, 3), np.float32)
    lines = np.zeros((size * 2, size * 2), np.float32)
    for depth, weight in ((4, 0.4), (7, 0.6)):
        name, edge, across, _turn = _facets(size, rng, depth)
        dice = rng.random((3, int(name.max()) + 1)).astype(np.float32)
        fade = np.clip(np.abs(across) / rng.uniform(34, 60), 0, 1)
        shade = dice[0][name] * 0.7 + 0.42 * np.where(dice[1][name] > 0.4, fade, 1 - fade) - 0.05
        warm, cool = ramp(shade, tone_codes), ramp(shade, "#0e141c #233a4e #4a6c80 #92afb6 #e6ebe0")
        total += weight * np.where((dice[2][name] > 0.62)[..., None], cool, warm)
        lines = np.maximum(lines, weight * 1.5 * step(2.6, 1.0, edge))
    picture, lines = shrink(total, 2), shrink(lines, 2)
    picture = 0.5 + (picture - 0.47) * 1.65
    dabs = clouds(size, (7, 16), rng, 2) * 0.05 + clouds(size, (16, 6), rng, 2) * 0.035
    worn = lines * np.clip(0.75 + 0.35 * clouds(size, 26, rng, 3), 0, 1)
    picture = over(picture + dabs[..., None], ground(size, "#16110c"), worn)
    weave = blur(paper(size, rng), 0.5) + 1.6 * clouds(size, (5, 13), rng, 2)
    return lit(picture, weave, 0.16, gloss=0.04)


def kintsugi(size: int, rng: Rng) -> Picture:
    """Broken bowls, celadon and midnight, mended with seams of gold."""
    y, x = wobbly_grid(size, rng, 7, 70)
    seeds = scatter(size, 98, rng)
    index, _, border = cells(seeds, y, x)
    glazes = [
        ramp(even(clouds(size, 60, rng, 5)), codes)
        for codes in (
            "#0b1220 #13233b #1d3a55 #12202f",
            "#7fa394 #a9c4b0 #c9d8c2 #8fb3a6",
            "#0d0d10 #1b1a1e #2a2426 #101014",
            "#1f4e57 #2f6d70 #4f8f86 #1a3d49",
        )
    ]
    kind = rng.integers(0, len(glazes), len(seeds))[index]
    picture = np.select([(kind == k)[..., None] for k in range(len(glazes))], glazes)
    fine = cells(scatter(size, 20, rng), *wobbly_grid(size, rng, 3, 16)).border
    picture = picture * (1 - 0.45 * step(1.2, 0.4, fine))[..., None]
    picture = picture + (0.05 * (hills(size, 3, rng) > 2.2))[..., None]
    picture = lit(picture, 3 * hills(size, 45, rng) + step(0, 12, border) * 5, 0.5, gloss=0.22)
    width = 3.8 + 1.7 * clouds(size, 30, rng, 3)
    vein = np.maximum(width, 1.3)
    seam = step(vein + 0.7, vein - 0.7, border)
    bead = np.sqrt(np.clip(1 - (border / (vein + 0.7)) ** 2, 0, 1)) * vein
    metal = ramp(even(clouds(size, 12, rng, 4)), "#8a5a12 #c98d21 #f0c557 #ffe9a3 #d9a02f")
    gold = lit(metal, bead + 0.35 * clouds(size, 3, rng, 2), 0.9, gloss=0.55)
    shadow = step(vein + 6, vein, border) * 0.35
    return over(picture * (1 - shadow)[..., None], gold, seam)


def old_fresco(size: int, rng: Rng) -> Picture:
    """A painted wall that has seen ten centuries: faded earths, fine cracks, bare plaster."""
    y, x = grid(size)
    folds = np.sin(x / 26 + 2.2 * clouds(size, (240, 90), rng, 3)) + 0.5 * np.sin(y / 40 + x / 60)
    tone = even(folds + 0.5 * clouds(size, 60, rng, 4))
    cloth = even(clouds(size, 120, rng, 2))
    robes = [
        ramp(tone, codes)
        for codes in (
            "#6d2415 #a8452a #d27c50 #eabf93",
            "#34665f #6a9c8c #a3c2ae #dce0c6",
            "#8a5d18 #c08c34 #dfb86c #f0dcaa",
            "#2c4878 #5f7ea8 #9fb5c4 #dcdccf",
        )
    ]
    kind = np.minimum((cloth * 4).astype(int), 3)
    picture = np.select([(kind == k)[..., None] for k in range(4)], robes)
    picture = picture + 0.05 * clouds(size, (30, 5), rng, 3)[..., None]
    rim = step(0.03, 0.0, np.abs(cloth * 4 - np.round(cloth * 4)) / 4)
    picture = over(picture, ground(size, "#5a3a2c"), 0.7 * rim)
    lost = step(0.86, 0.9, even(clouds(size, 44, rng, 6)))
    bare = ground(size, "#d9cbb0") + 0.07 * clouds(size, 8, rng, 4)[..., None]
    picture = over(picture, bare, lost)
    cracks, depth = _cracks(size, rng)
    picture = over(picture, np.broadcast_to(rgb("#3d2c20"), picture.shape), cracks)
    height = 1.2 * clouds(size, 30, rng, 5) - 2.2 * lost - 1.6 * depth + 0.35 * paper(size, rng)
    return shaken(lit(picture, blur(height, 0.5), 0.5), 0.6, 5, rng)


def _cracks(size: int, rng: Rng) -> tuple[Field, Field]:
    lines = np.zeros((size, size), np.float32)
    for spacing, width, strength in ((110, 2.8, 1.0), (48, 1.9, 0.9), (22, 1.2, 0.7)):
        border = cells(scatter(size, spacing, rng), *wobbly_grid(size, rng, spacing / 9, 22)).border
        alive = step(-0.5, 0.5, clouds(size, spacing * 1.5, rng, 2) + 0.45)
        lines = np.maximum(lines, strength * alive * step(width, width * 0.3, border))
    return lines, blur(lines, 0.8)
