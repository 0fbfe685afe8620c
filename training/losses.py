"""What a painter is told of its pictures beside content and style: no hatching, and no grid."""

from functools import cache

import numpy as np
from keras import ops

from stylekit.engines.perceptual import Tensor

CELL = 8  # pixels: patterns locked to the grid have a period of 2, 4 or 8
LEAST = 4e-6  # under the root, whose slope at 0 is infinite
PALE_EDGES = 0.01  # a step from pixel to pixel that hardly counts as an edge
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


def _both_ways(taps: tuple[int, int, int]) -> np.ndarray:
    """`taps` down and across each colour: a kernel (3, 3, 3, 6)."""
    kernel = np.zeros((3, 3, 3, 6), np.float32)
    for color in range(3):
        kernel[:, 1, color, 2 * color] = taps
        kernel[1, :, color, 2 * color + 1] = taps
    return kernel


BENDS, SLOPES, STEPS = map(_both_ways, ((1, -2, 1), (-1, 0, 1), (0, -1, 1)))  # down, across, …
