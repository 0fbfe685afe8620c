"""Pictures from the workshop: marbled paper, cut paper, embroidery and wax-resist cloth."""

import numpy as np
from numpy.typing import NDArray

from training.presets.brush import Brush, Canvas
from training.presets.colour import ground, inks, jitter, lit, over, paper, ramp
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
    slid,
    step,
    wobbly_grid,
)


def marbled_paper(size: int, rng: Rng) -> Picture:
    """Paint floated on water, drop upon drop, then drawn through with a comb."""
    y, x = _comb(*(axis.ravel() for axis in grid(size, 2)), rng)
    paints = inks("#1d3f5e #b8372e #efe3c8 #d9a13b #2f7d78 #f3ead6 #7a2335 #e3ba8c #16263c")
    colour = np.full(len(y), 8)
    wet = np.arange(len(y))  # the places that no drop has coloured yet
    for _ in range(340):
        cy, cx = rng.uniform(-50, size + 50, 2).astype(np.float32)
        reach = np.float32(rng.uniform(7, 44) ** 2)
        v, u = y - cy, x - cx
        gap = v * v + u * u
        inside = gap < reach
        colour[wet[inside]] = rng.integers(len(paints))
        y, x, v, u, gap, wet = (each[~inside] for each in (y, x, v, u, gap, wet))
        # Undo the drop: what it pushed aside came from nearer its middle.
        back = np.sqrt(1 - reach / gap)
        y, x = cy + v * back, cx + u * back
    picture = shrink(paints[colour].reshape(size * 2, size * 2, 3), 2)
    veil = 0.03 * clouds(size, 70, rng, 4) + 0.022 * paper(size, rng)
    speck = step(2.0, 2.5, clouds(size, 4, rng, 2)) * 0.35
    return over(picture + veil[..., None], ground(size, "#f6efdf"), speck)


def _comb(y: Field, x: Field, rng: Rng) -> tuple[Field, Field]:
    """Draw combs through the bath, last stroke first; each pulls hardest along its teeth."""
    for spacing, pull, upright, wave in ((30, 34, True, 7), (64, 60, False, 0), (64, 60, True, 0)):
        across, along = (x, y) if upright else (y, x)
        across = across + wave * np.sin(along / 38)
        tooth = np.mod(across / spacing + rng.random(), 1) - 0.5
        along = along + pull * (np.exp(-np.abs(tooth) * 5.5) - 0.35)
        x, y = (across, along) if upright else (along, across)
    return y.astype(np.float32), x.astype(np.float32)


def paper_cut(size: int, rng: Rng) -> Picture:
    """Sheet over sheet of coloured paper, each cut a little smaller, each with its shadow."""
    land = even(clouds(size, 88, rng, 3, 0.42) + 0.2 * hills(size, 30, rng))
    sheets = inks("#142b3a #1f4e5a #2f7a78 #74a892 #d9c59a #f2e3c6 #f0b184 #df7a5b #b8443f #6f2436")
    count = len(sheets)
    picture = ground(size, "#0d1f2b")
    for number, sheet in enumerate(sheets):
        level = number / count
        mask = step(level - 0.0035, level + 0.0035, land + 0.004)
        shadow = blur(slid(mask, 5, 4), 3.5)
        picture = picture * (1 - 0.52 * shadow * (number > 0))[..., None]
        fibre = 0.022 * paper(size, rng) + 0.016 * clouds(size, (4, 26), rng, 2)
        rim = np.clip(mask - blur(slid(mask, 1, 1), 0.6), 0, 1) * 0.35
        picture = over(picture, sheet + (fibre + rim)[..., None], mask)
    return picture


def _flowers(size: int, rng: Rng) -> tuple[NDArray[np.intp], Field, Field]:
    """For every place: its flower, how far it is from the middle (1 is the edge), and the turn."""
    seeds = scatter(size, 84, rng)
    y, x = wobbly_grid(size, rng, 1.5, 30)
    index, distance, _ = cells(seeds, y, x)
    turn = np.arctan2(y - seeds[index, 0], x - seeds[index, 1])
    petals = rng.integers(5, 10, len(seeds))[index]
    spin = rng.uniform(0, 6, len(seeds))[index]
    reach = rng.uniform(26, 52, len(seeds))[index]
    edge = reach * (0.72 + 0.28 * np.abs(np.cos(turn * petals / 2 + spin)))
    return index, distance / edge, turn


def embroidery(size: int, rng: Rng) -> Picture:
    """Flowers in satin stitch, madder, mustard and moss, on a stitched navy ground."""
    index, reach, turn = _flowers(size, rng)
    leafy = (np.sin(turn * 3 + index) > 0.35) & (reach < 1.55)
    colours = _threads(size, index, reach, leafy, rng)
    ring = (reach > 0.24) & (reach < 0.34)
    angle = np.where(reach < 1.55, turn + 0.5 * ring, 0.25 * hills(size, 60, rng))
    angle = np.where((reach >= 1.0) & leafy, turn + 0.6, angle).astype(np.float32)
    canvas = Canvas(ground(size, "#131d33"))
    for length, width, spacing, limit in (
        (17, 4.2, 5.4, 9),
        (15, 3.6, 4.6, 1.6),
        (13, 3.4, 4.2, 1),
    ):
        needle = Brush(
            length=length, width=width, bristles=2, ragged=0.08, dry=0, thick=2.6, streak=0.22
        )
        places = scatter(size, spacing, rng)
        rows, columns = np.clip(places.astype(int), 0, size - 1).T
        canvas.strokes(
            needle,
            places[reach[rows, columns] < limit],
            angle,
            lambda r, c: jitter(colours[r, c], 0.045, rng),
            rng,
            wander=0.07,
        )
    return lit(canvas.picture, canvas.height, 0.8, gloss=0.16)


def _threads(
    size: int, index: NDArray[np.intp], reach: Field, leafy: NDArray[np.bool_], rng: Rng
) -> Picture:
    """The colour of the thread at every place: three rings of petals, leaves, ground."""
    threads = inks("#b8322f #d98a2b #e9d8b4 #c9556b #7f9a4d #e5b84b #3f7f86 #efe6d0")
    count = int(index.max()) + 1
    outer, middle, inner = (threads[rng.integers(len(threads), size=count)] for _ in range(3))
    backdrop = ramp(even(clouds(size, 50, rng, 3)), "#16233f #1d3054 #223a5f")
    colours = np.where(leafy[..., None], inks("#5f7f3f #7f9a4d")[index % 2], backdrop)
    for limit, paint in ((1.0, outer), (0.66, middle), (0.3, inner)):
        colours = np.where((reach < limit)[..., None], paint[index], colours)
    return colours


def wax_batik(size: int, rng: Rng) -> Picture:
    """Cream, rust and indigo cloth, where wax kept out the dye and cracked."""
    y, x = wobbly_grid(size, rng, 2.5, 34)
    seeds = scatter(size, 146, rng)
    index, distance, border = cells(seeds, y, x)
    turn = np.arctan2(y - seeds[index, 0], x - seeds[index, 1])
    petals = rng.integers(6, 10, len(seeds))[index]
    lobe = np.abs(np.cos(turn * petals / 2 + index))
    reach = distance / (34 + 24 * lobe**0.6)
    ribs = np.abs(np.mod(turn * petals / np.pi * 2.5, 1) - 0.5) < 0.2
    ring = np.mod(turn / (2 * np.pi) * 21, 1) - 0.5
    beads = np.hypot(ring, (distance - 71) / 21) < 0.27
    hand = np.abs(np.mod(border / 13 + 0.22 * np.sin(turn * 7), 1) - 0.5) < 0.17
    wax = np.where(reach < 1.35, (np.abs(reach - 1) < 0.07) | (np.abs(reach - 0.45) < 0.07), hand)
    wax |= beads | ((reach < 0.92) & (reach > 0.52) & ribs) | (distance < 9)
    cloth = ramp(even(clouds(size, 60, rng, 4)), "#efdfba #f6ecd2 #e6c58e")
    dips = even(clouds(size, 90, rng, 4))
    indigo = ramp(dips, "#121d3f #1c2f63 #28477f #1a2a55")
    rust = ramp(dips, "#7a2f16 #a34a1f #c46f2e #8a3818")
    filled = (reach < 0.97) & (rng.random(len(seeds))[index] < 0.7)
    dye = np.where((filled & (reach > 0.45))[..., None], rust, indigo)
    soft = blur(wax.astype(np.float32), 0.75)
    picture = over(dye, cloth, step(0.25, 0.75, soft))
    veins = _crackle(size, rng)
    picture = over(picture, ground(size, "#231f45"), 0.8 * veins * step(0.2, 0.8, soft))
    picture = over(picture, ground(size, "#6f86ad"), 0.2 * veins * step(0.6, 0.1, soft))
    weave = np.sin(y * 2.1) * 0.03 + np.sin(x * 2.1) * 0.03 + 0.03 * paper(size, rng)
    return picture * (1 + weave)[..., None]


def _crackle(size: int, rng: Rng) -> Field:
    """Fine veins where stiff wax broke."""
    veins = np.zeros((size, size), np.float32)
    for spacing, width in ((46, 2.4), (21, 1.6)):
        border = cells(scatter(size, spacing, rng), *wobbly_grid(size, rng, spacing / 6, 16)).border
        alive = step(-0.4, 0.6, clouds(size, spacing * 2, rng, 2))
        veins = np.maximum(veins, alive * step(width, width * 0.3, border))
    return veins
