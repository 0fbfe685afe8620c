"""Pictures pulled from blocks and screens: waves, misty hills, linocut leaves and pop dots."""

import numpy as np

from training.presets.colour import grained, ground, inks, over, ramp, rgb
from training.presets.fields import (
    Field,
    Picture,
    Rng,
    cells,
    clouds,
    grid,
    hills,
    scatter,
    shrink,
    step,
)


def _wood(size: int, rng: Rng) -> Field:
    """Grain of a plank, lying; mean 0."""
    rings = 9 * clouds(size, (60, 420), rng, 3) + clouds(size, (3, 160), rng, 2)
    return 0.6 * np.sin(rings * 2.2) + 0.5 * clouds(size, (2, 70), rng, 2)


def woodblock_wave(size: int, rng: Rng) -> Picture:
    """Row behind row of breaking waves in indigo, with claws of foam."""
    y, x = grid(size, 2)
    grain = np.kron(_wood(size, rng), np.ones((2, 2), np.float32))
    picture = np.broadcast_to(rgb("#eadfc4"), (*y.shape, 3)).astype(np.float32)
    for number, foot in enumerate(np.arange(10, size + 170, 82.0)):
        picture = _breaker(picture, (y, x), foot, number, grain, rng)
    picture = shrink(picture, 2)
    return grained(picture, rng, 0.014)


def _breaker(
    picture: Picture, at: tuple[Field, Field], foot: float, number: int, grain: Field, rng: Rng
) -> Picture:
    y, x = at
    size = len(y) // 2
    wave, start = rng.uniform(220, 290), rng.uniform(0, 290)
    phase = (x + start) / wave
    local = phase - np.floor(phase)
    # A steep face, a cusp, a long back: the profile of a wave that is about to break.
    profile = np.where(local < 0.32, (local / 0.32) ** 2.2, ((1 - local) / 0.68) ** 1.5)
    sway = np.kron(clouds(size, 120, rng, 2), np.ones((2, 2), np.float32))
    rise = rng.uniform(84, 108)
    depth = y - (foot - rise * profile + 4 * sway)
    inside = step(-0.4, 0.4, depth)
    blues = inks("#12306a #1f56a0 #5fa3bd #b9d2c4 #f0e7cb")
    curve = depth + 26 * profile * np.sin(local * 6.3) + 4 * sway
    band = np.mod(curve / 23, 1) + 0.06 * grain
    pick = np.clip((np.clip(band, 0, 0.999) * 4).astype(int) + (number % 2), 0, 4)
    body = blues[pick] + 0.03 * grain[..., None]
    line = step(2.1, 1.2, np.minimum(np.mod(curve, 23), 23 - np.mod(curve, 23)))
    body = over(body, np.broadcast_to(rgb("#0d1c3a"), body.shape), line)
    shade = step(70, 0, depth) * 0.25
    body = body + shade[..., None] * (0.9 - body) * 0.5
    picture = over(picture, body, inside)
    outline = step(3.4, 2.0, np.abs(depth))
    picture = over(picture, np.broadcast_to(rgb("#0d1c3a"), picture.shape), outline)
    crests = (np.arange(-1, size / wave + 2) + 0.32) * wave - start
    return _foam(picture, at, crests, (foot - rise, rise), rng)


def _foam(
    picture: Picture,
    at: tuple[Field, Field],
    crests: Field,
    lift: tuple[float, float],
    rng: Rng,
) -> Picture:
    """Claws that curl over the crest, and spray: first the dark rims, then the foam."""
    top, rise = lift
    circles: list[tuple[float, float, float]] = []
    for crest in crests:
        claw = np.linspace(-0.5, 1.0, 22)
        arm = np.stack([top + rise * (claw**2 * 0.7) + 4, crest + claw * 88 - 8 - 46 * claw**3], -1)
        inner = arm[4:-5] + np.array([9, -9])
        spray = np.array([top - 16, crest - 26]) + rng.normal(0, 1, (18, 2)) * (15, 40)
        for places, small, large in ((arm, 7, 13), (inner, 8, 12), (spray, 1.8, 4.6)):
            noisy = places + rng.normal(0, 3, places.shape)
            radii = rng.uniform(small, large, len(places))
            circles += [
                (float(v), float(u), float(r)) for (v, u), r in zip(noisy, radii, strict=True)
            ]
    for circle in circles:
        _disc(picture, at, circle, 1.4, rgb("#0d1c3a"))
    for circle in circles:
        _disc(picture, at, circle, -0.4, rgb("#f6efdc"))
    for v, u, radius in circles:
        if radius > 6:
            _disc(picture, at, (v + 1.5, u - 1.5, radius * 0.62), 0.5, rgb("#8fb3c4"))
            _disc(picture, at, (v + 2.6, u - 0.6, radius * 0.62), 0.2, rgb("#f6efdc"))
    return picture


def _disc(
    picture: Picture,
    at: tuple[Field, Field],
    circle: tuple[float, float, float],
    wider: float,
    colour: Field,
) -> None:
    cy, cx, radius = circle
    reach = radius + 4
    y0, y1, x0, x1 = (
        max(int(2 * edge), 0) for edge in (cy - reach, cy + reach, cx - reach, cx + reach)
    )
    spot = (slice(y0, y1), slice(x0, x1))
    gap = np.hypot(at[0][spot] - cy, at[1][spot] - cx) - radius - wider
    picture[spot] = over(picture[spot], colour, step(0.5, -0.5, gap))


def misty_hills(size: int, rng: Rng) -> Picture:
    """Hills at dusk in plum, rose and sage, each block wiped pale towards its foot."""
    y, x = grid(size)
    grain = _wood(size, rng)
    picture = ramp(y / size, "#f3c9a5 #f4d9b8 #efe0c6") + 0.02 * grain[..., None]
    paints = inks("#86406e #d0605f #3f7a6a #3d4a8a #e08a4a #6f4f9a #1f6470")
    feet = np.arange(40, size + 200, 66.0)
    for number, foot in enumerate(feet):
        line = foot + 44 * hills(size, (6000, 125), rng) + 5 * clouds(size, (6000, 24), rng, 3)
        depth = y - line
        pale = paints[number % len(paints)] * 0.3 + rgb("#f6e3c8") * 0.7
        fade = np.exp(-np.clip(depth, 0, None) / 58)
        body = pale + (paints[number % len(paints)] - pale) * fade[..., None]
        ribs = np.sin((depth + 0.35 * np.abs(np.mod(x + 40 * number, 90) - 45)) / 4.2)
        body = body - (0.13 * step(0.3, 0.9, ribs) * fade)[..., None] + 0.03 * grain[..., None]
        picture = over(picture, body, step(-0.6, 0.6, depth))
        picture = over(picture, ground(size, "#2f2440"), 0.8 * step(2.0, 1.0, np.abs(depth)))
        picture = _pines(picture, line, rng)
    return grained(picture, rng, 0.02)


def _pines(picture: Picture, line: Field, rng: Rng) -> Picture:
    """Small pines standing along a ridge."""
    size = len(picture)
    y, x = grid(size)
    dark = rgb("#22283a")
    for foot in rng.uniform(0, size, 9):
        tall = rng.uniform(18, 40)
        root = float(line[0, int(min(foot, size - 1))]) + 3
        up = (root - y) / tall
        tier = np.mod(up * 4, 1)
        wide = tall * 0.26 * np.clip(1.05 - up, 0, None) * (1.15 - 0.6 * tier)
        tree = step(0.7, -0.4, np.abs(x - foot) - wide) * (up > 0.05) * (up < 1.05)
        picture = over(picture, dark, 0.9 * tree)
    return picture


def linocut_leaves(size: int, rng: Rng) -> Picture:
    """Leaves cut in linoleum: black ink, every vein a stroke of the gouge."""
    y, x = grid(size, 2)
    rough = np.kron(clouds(size, 7, rng, 3), np.ones((2, 2), np.float32))
    ink = _chatter((y, x), rng)
    for cy, cx in scatter(size, 88, rng):
        ink = _leaf(ink, (y, x), (float(cy), float(cx)), rough, rng)
    ink = shrink(ink[..., None], 2)[..., 0]
    speck = step(2.1, 2.6, clouds(size, 2.5, rng, 2)) * 0.8
    salt = np.clip(1 - 0.05 * np.abs(clouds(size, 3, rng, 2)), 0, 1)
    cover = np.clip(ink * salt * (1 - speck), 0, 1)
    return grained(over(ground(size, "#f1ead9"), ground(size, "#171513"), cover), rng, 0.015)


def _chatter(at: tuple[Field, Field], rng: Rng) -> Field:
    """The ground between the leaves: short parallel cuts that were left standing."""
    y, x = at
    size = len(y) // 2
    wide = np.kron(clouds(size, (40, 60), rng, 3), np.ones((2, 2), np.float32))
    broken = np.kron(clouds(size, (8, 44), rng, 2), np.ones((2, 2), np.float32))
    lines = np.sin((y + 0.35 * x + 13 * wide) / 2.1)
    return step(-0.1, 0.3, lines * 0.8 + 0.55 * broken - 0.15)


def _leaf(
    ink: Field, at: tuple[Field, Field], middle: tuple[float, float], rough: Field, rng: Rng
) -> Field:
    length, turn = rng.uniform(66, 118), rng.uniform(0, 2 * np.pi)
    reach = int(length) + 6
    spot = tuple(slice(max(int(2 * (c - reach)), 0), max(int(2 * (c + reach)), 0)) for c in middle)
    y, x = at[0][spot] - middle[0], at[1][spot] - middle[1]
    along = (x * np.cos(turn) + y * np.sin(turn)) / length
    across = (y * np.cos(turn) - x * np.sin(turn)) + 14 * (along**2 - 0.3) * rng.uniform(-1, 1)
    half = (
        rng.uniform(0.30, 0.44)
        * length
        * np.clip(1 - along**2, 0, None) ** 0.85
        * (1 - 0.3 * along)
    )
    rim = half - np.abs(across) + 0.6 * rough[spot]
    slope = rng.uniform(0.5, 0.9)
    vein = np.mod((along * length - slope * np.abs(across)) / rng.uniform(10, 14), 1)
    cut = 0.5 - 0.42 * np.clip(np.abs(across) / np.maximum(half, 1), 0, 1)
    white = step(cut, cut - 0.14, np.abs(vein - 0.5) * 2) * (np.abs(across) > 2.4)
    spine = step(2.6, 1.6, np.abs(across)) * (np.abs(along) < 0.97)
    body = np.clip(1 - np.maximum(white * step(3, 5, rim), spine), 0, 1)
    if rng.random() < 0.35:
        body = 1 - body * step(2.0, 3.5, rim)  # the other way round: a pale leaf with dark veins
        body = np.maximum(body, step(3.2, 2.4, rim))
    halo = step(-5.4, -4.6, rim) * step(0.2, -0.4, rim)
    inside = step(-0.4, 0.4, rim)
    ink[spot] = ink[spot] * (1 - halo) * (1 - inside) + body * inside
    return ink


def pop_halftone(size: int, rng: Rng) -> Picture:
    """Comic-book bursts: four inks, big dots, bold lines."""
    y, x = grid(size, 2)
    wob = [np.kron(hills(size, 80, rng), np.ones((2, 2), np.float32)) for _ in range(2)]
    seeds = scatter(size, 118, rng)
    index, distance, border = cells(seeds, y + 16 * wob[0], x + 16 * wob[1])
    turn = np.arctan2(y - seeds[index, 0], x - seeds[index, 1])
    kind = rng.integers(0, 4, len(seeds))[index]
    grounds, marks = (
        inks(codes)[rng.integers(0, 6, len(seeds))[index]]
        for codes in (
            "#ffe14d #fff6e0 #58c4e8 #fff6e0 #ff8fb3 #ffd23f",
            "#e6242f #1b58b8 #e6242f #14161c #1b58b8 #e8358a",
        )
    )
    v, u = (y * 0.87 + x * 0.5) / 12, (x * 0.87 - y * 0.5) / 12
    dot = np.hypot(np.mod(v, 1) - 0.5, np.mod(u, 1) - 0.5)
    swell = np.clip(0.16 + distance / 190 + 0.08 * wob[0], 0.1, 0.62)
    dots = step(swell + 0.06, swell - 0.06, dot)
    rays = step(-0.12, 0.12, np.sin(turn * 9 + 0.6 * wob[1]))
    rings = step(-0.2, 0.2, np.sin(distance / 4.2))
    fill = np.select([kind == 0, kind == 1, kind == 2], [dots, rays, rings], dots)
    picture = over(grounds, marks, fill)
    width = 3.4 + 1.3 * wob[1]
    picture = over(
        picture, np.broadcast_to(rgb("#101218"), picture.shape), step(width, width - 1, border)
    )
    picture = shrink(picture, 2)
    return grained(picture, rng, 0.018)
