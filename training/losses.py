"""What a painter is told of its pictures beside content and style: no hatching, and no grid."""

import numpy as np
from keras import ops

from stylekit.engines.perceptual import Tensor

CELL = 8  # pixels: patterns locked to the grid have a period of 2, 4 or 8
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
    squares that the network computes in, not by a brush.
    """
    _, height, width, _ = ops.shape(painted)
    height, width = height // CELL * CELL, width // CELL * CELL
    sharp = painted - ops.average_pool(painted, CELL + 1, strides=1, padding="same")
    cells = ops.reshape(
        sharp[:, :height, :width], (-1, height // CELL, CELL, width // CELL, CELL, 3)
    )
    pattern = ops.mean(ops.square(ops.mean(cells, axis=(1, 3))), axis=(1, 2, 3))
    columns = ops.abs(
        painted[:, :height, 1 : width - CELL + 1] - painted[:, :height, : width - CELL]
    )
    rows = ops.abs(painted[:, 1 : height - CELL + 1, :width] - painted[:, : height - CELL, :width])
    edges = _unevenness(ops.mean(columns, axis=(1, 3))) + _unevenness(ops.mean(rows, axis=(2, 3)))
    return ops.sqrt(pattern + 1e-8) + EDGES * edges


def _unevenness(line: Tensor) -> Tensor:
    """How differently often edges are at the eight places of a cell, along lines (b, n)."""
    profile = ops.mean(ops.reshape(line, (-1, ops.shape(line)[1] // CELL, CELL)), axis=1)
    mean = ops.mean(profile, axis=1)
    return ops.var(profile, axis=1) / (ops.square(mean) + 1e-4)


def _both_ways(taps: tuple[int, int, int]) -> np.ndarray:
    """`taps` down and across each colour: a kernel (3, 3, 3, 6)."""
    kernel = np.zeros((3, 3, 3, 6), np.float32)
    for color in range(3):
        kernel[:, 1, color, 2 * color] = taps
        kernel[1, :, color, 2 * color + 1] = taps
    return kernel


BENDS, SLOPES = _both_ways((1, -2, 1)), _both_ways((-1, 0, 1))
