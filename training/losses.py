"""What a painter is told beside content and style: no hatching, no grid, no regular rows."""

from functools import cache

import numpy as np
from keras import ops

from stylekit.engines.perceptual import Tensor

CELL = 8  # pixels: patterns locked to the grid have a period of 2, 4 or 8
LEAST = 4e-6  # under the root, whose slope at 0 is infinite
PALE_EDGES = 0.01  # a step from pixel to pixel that hardly counts as an edge
PERIODS = (10, 72)  # pixels, of what is repeated: as large as motifs
MIDDLE = 192  # pixels a side that regularity is looked for in
FAINT = 1e-7  # the energy of a wave that hardly shows
PATCH = 16  # pixels a side of what counts as one colour
LARGE_CELL, BORDER = 16, 48  # pixels: of a checkerboard's cell; what is left out around cells
CHECKERBOARDS = (4, 8, 16)  # pixels of their periods
FAINT_STROKES = 0.02  # a standard deviation that hardly shows
EDGES = 0.1  # what unevenly placed edges count beside a pattern of colours


def hatching(painted: Tensor, pictures: Tensor, most: float | Tensor) -> Tensor:
    """How much painted (b, h, w, 3) bends from pixel to pixel where `pictures` are flat: (b,).

    A bend counts as itself while it is small, and never as more than `most`: edges may be sharp.
    """
    bend = most * ops.tanh(ops.abs(ops.conv(painted, BENDS)) / most)
    flat = ops.exp(-ops.sum(ops.abs(ops.conv(pictures, SLOPES)), axis=-1, keepdims=True) / 0.2)
    return ops.mean(bend * flat, axis=(1, 2, 3))


def grid(painted: Tensor) -> Tensor:
    """How much of what is painted (b, h, w, 3) is locked to the pixels' own grid: (b,).

    Strokes may begin anywhere. So over all cells of 8 × 8 pixels the mean of what is small is flat,
    and edges are as frequent in each column and row of a cell. What is not so is drawn by the
    squares that the network computes in, not by a brush. The mean of some hundred cells is never
    quite flat, by chance: so only what two quarters of the picture have alike is counted, which
    have no row or column in common.
    """
    pattern = _alike(_mean_cells(painted) - _mean_cells(painted, blurred=True))
    edges = _mean_cells(ops.abs(ops.conv(painted, STEPS)))
    uneven = _alike(_profile(edges[..., 0::2], axis=4)) + _alike(_profile(edges[..., 1::2], axis=2))
    return ops.sqrt(ops.relu(pattern) + LEAST) + EDGES * ops.relu(uneven)


def _mean_cells(x: Tensor, *, blurred: bool = False) -> Tensor:
    """The mean of all cells in each quarter of x (b, h, w, c): (b, 2, 8, 2, 8, c)."""
    _, height, width, channels = ops.shape(x)
    down, across = _halves(height, blurred), _halves(width, blurred)
    lines = ops.matmul(down, ops.reshape(x, (-1, height, width * channels)))
    cells = ops.matmul(across, ops.reshape(lines, (-1, width, channels)))
    return ops.reshape(cells, (-1, 2, CELL, 2, CELL, channels))


@cache
def _halves(side: int, blurred: bool) -> np.ndarray:
    """What each of `side` pixels, or means about them, counts in the halves' cells: (16, side)."""
    half = side // (2 * CELL) * CELL
    cells = np.tile(np.eye(CELL, dtype=np.float32), half // CELL) * CELL / half
    halves = np.zeros((2 * CELL, side), np.float32)
    halves[:CELL, :half] = halves[CELL:, half : 2 * half] = cells
    places = np.arange(side)
    near = np.abs(places[:, None] - places) <= CELL // 2
    return halves @ (near / near.sum(1, keepdims=True)).astype(np.float32) if blurred else halves


def _profile(edges: Tensor, axis: int) -> Tensor:
    """How frequent edges are at places of a cell, beside the usual; `axis` is averaged."""
    profile = ops.mean(edges, axis=(axis, 5), keepdims=True)
    usual = ops.mean(profile, axis=(2, 4), keepdims=True)
    return (profile - usual) / (usual + PALE_EDGES)


def _alike(cells: Tensor) -> Tensor:
    """What diagonal quarters have in common, of cells (b, 2, 8, 2, 8, c): (b,)."""
    one = ops.mean(cells[:, 0, :, 0] * cells[:, 1, :, 1], axis=(1, 2, 3))
    return (one + ops.mean(cells[:, 1, :, 0] * cells[:, 0, :, 1], axis=(1, 2, 3))) / 2


def checkerboard(painted: Tensor, again: Tensor) -> Tensor:
    """How much of `painted` (b, h, w, 3) has periods of 4, 8 or 16 pixels, as in `again`: (b,).

    Both are slopes of the same colours, painted in the same style with other noise: strokes have
    nothing in common there but by chance. In expectation this is the amplitude of what all have in
    common, which is drawn by the squares that the network computes in (Odena, Dumoulin & Olah 2016,
    https://distill.pub/2016/deconv-checkerboard), beside the strokes' own: to paint less is no way
    to have less of it. Only `painted` is learnt from.
    """
    cells = _mean_cell(painted)
    usual = ops.stop_gradient(_mean_cell(again))
    board = sum(_along(_folded(cells, each), _folded(usual, each)) for each in CHECKERBOARDS)
    return board / (_strokes(painted) + FAINT_STROKES)


def _strokes(x: Tensor) -> Tensor:
    """The standard deviation of x (b, h, w, c) from its means over 16 pixels: (b,)."""
    _, height, width, channels = ops.shape(x)
    lines = ops.matmul(_near(height), ops.reshape(x, (-1, height, width * channels)))
    means = ops.matmul(_near(width), ops.reshape(lines, (-1, width, channels)))
    apart = x - ops.reshape(means, ops.shape(x))
    inside = apart[:, BORDER:-BORDER, BORDER:-BORDER]
    return ops.sqrt(ops.mean(ops.square(inside), axis=(1, 2, 3)) + LEAST)


def _along(cells: Tensor, usual: Tensor) -> Tensor:
    axes = (1, 2, 3)
    size = ops.sqrt(ops.mean(ops.square(usual), axis=axes) + LEAST)
    return ops.mean(cells * usual, axis=axes) / size


def _folded(cells: Tensor, period: int) -> Tensor:
    """The mean of the parts, `period` pixels a side, of cells (b, 16, 16, c)."""
    count = LARGE_CELL // period
    parts = ops.reshape(cells, (-1, count, period, count, period, cells.shape[-1]))
    return ops.mean(parts, axis=(1, 3))


def _mean_cell(x: Tensor) -> Tensor:
    """The mean of all cells of 16 × 16 pixels in x (b, h, w, c), of what is small: like a cell."""
    _, height, width, channels = ops.shape(x)

    def cell(*, blurred: bool) -> Tensor:
        down, across = _all_cells(height, blurred), _all_cells(width, blurred)
        lines = ops.matmul(down, ops.reshape(x, (-1, height, width * channels)))
        columns = ops.matmul(across, ops.reshape(lines, (-1, width, channels)))
        return ops.reshape(columns, (-1, LARGE_CELL, LARGE_CELL, channels))

    return cell(blurred=False) - cell(blurred=True)


@cache
def _all_cells(side: int, blurred: bool) -> np.ndarray:
    """What each of `side` pixels, or means about them, counts in the mean cell: (16, side)."""
    places = np.arange(side)
    inside = (places >= BORDER) & (places < side - BORDER)
    cells = (places % LARGE_CELL == np.arange(LARGE_CELL)[:, None]) & inside
    cells = (cells / cells.sum(1, keepdims=True)).astype(np.float32)
    return cells @ _near(side) if blurred else cells


@cache
def _near(side: int) -> np.ndarray:
    """What takes the means of 16 of `side` pixels about each: (side, side)."""
    places = np.arange(side)
    near = np.clip(LARGE_CELL / 2 + 0.5 - np.abs(places[:, None] - places), 0, 1)
    return (near / LARGE_CELL).astype(np.float32)


def regularity(painted: Tensor) -> Tensor:
    """How much the motifs in what is painted (b, h, w, 3) stand in rows: (b,).

    Of all waves of one length, whatever their direction, in the middle of the picture: the mean of
    their energy's square beside the square of its mean. Motifs that lie anywhere leave 1.3 to 2;
    a lattice, which has all of its energy in a few waves, leaves 3 and more.
    """
    _, height, width, _ = ops.shape(painted)
    side = min(height, width, MIDDLE)
    top, left = (height - side) // 2, (width - side) // 2
    middle = painted[:, top : top + side, left : left + side]
    energy = _energies(ops.transpose(middle, (0, 3, 1, 2)), side)
    of_lengths, counts = _lengths(side)
    mean = ops.matmul(energy, of_lengths) + FAINT
    square = ops.matmul(ops.square(energy), of_lengths)
    shares = ops.stop_gradient(mean * counts)
    uneven = square / ops.square(mean)
    return ops.sum(shares * uneven, axis=-1) / ops.sum(shares, axis=-1)


def _energies(x: Tensor, side: int) -> Tensor:
    """The energy of each wave, down and across, in x (b, c, side, side): (b, waves)."""
    cosines, sines = _waves(side)
    down_cosines, down_sines = ops.matmul(cosines, x), ops.matmul(sines, x)
    real = ops.matmul(down_cosines, cosines.T) - ops.matmul(down_sines, sines.T)
    imaginary = ops.matmul(down_cosines, sines.T) + ops.matmul(down_sines, cosines.T)
    energy = ops.sum(ops.square(real) + ops.square(imaginary), axis=1)
    return ops.reshape(energy, (-1, len(cosines) ** 2))


@cache
def _waves(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines of all waves that are looked for, fading to the borders: (n, side) each."""
    most = int(side / PERIODS[0])
    places = (np.arange(side) + 0.5) / side
    fading = 2 * np.square(np.sin(np.pi * places)) / side
    turns = 2 * np.pi * np.arange(-most, most + 1)[:, None] * places
    return tuple((f(turns) * fading).astype(np.float32) for f in (np.cos, np.sin))


@cache
def _lengths(side: int) -> tuple[np.ndarray, np.ndarray]:
    """What averages over the waves of one length (waves, lengths), and how many there are."""
    most = int(side / PERIODS[0])
    turns = np.arange(-most, most + 1)
    lengths = np.hypot(turns[:, None], turns).ravel()
    wanted = np.arange(max(2, round(side / PERIODS[1])), most + 1)
    same = (np.round(lengths)[:, None] == wanted).astype(np.float32)
    return same / same.sum(0), same.sum(0)


def in_common(change: Tensor, same_style: Tensor) -> Tensor:
    """What the `change` (b, h, w, 3) of photographs has in common with others of its style: (b,).

    Only colours of whole patches count, place by place; `same_style` is (b, b). Photographs have
    nothing to do with one another, so the mean of this is the square of what is painted at the same
    place whatever the photograph. Of a single pair it is as often negative as positive by chance.
    """
    count, *_ = ops.shape(change)
    patches = ops.average_pool(change, PATCH, strides=PATCH)
    patches -= ops.mean(patches, axis=(1, 2), keepdims=True)
    _, height, width, _ = ops.shape(patches)
    flat = ops.reshape(patches, (count, -1))
    products = ops.matmul(flat, ops.transpose(flat)) / (height * width)
    others = 1 - np.eye(count, dtype=np.float32)
    return ops.sum(products * same_style * others, axis=1)


def _both_ways(taps: tuple[int, int, int]) -> np.ndarray:
    """`taps` down and across each colour: a kernel (3, 3, 3, 6)."""
    kernel = np.zeros((3, 3, 3, 6), np.float32)
    for color in range(3):
        kernel[:, 1, color, 2 * color] = taps
        kernel[1, :, color, 2 * color + 1] = taps
    return kernel


BENDS, SLOPES, STEPS = map(_both_ways, ((1, -2, 1), (-1, 0, 1), (0, -1, 1)))  # down, across, …
