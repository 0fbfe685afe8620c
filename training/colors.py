"""The colours of a picture as nine numbers, and a picture given the colours of another.

The numbers are the mean and the covariance of red, green and blue; what is painted in a style first
gets the style's, so that the painter need not learn what a formula can say.
"""

import numpy as np
from keras import ops

from stylekit.engines.perceptual import Tensor
from stylekit.engines.recoloring import LUMA_FIRST

COLORS = 9  # numbers that tell a picture's colours: three means, six of a Cholesky factor


def color_numbers(pictures: Tensor) -> Tensor:
    """Mean and lower Cholesky factor of the colours of pictures (b, h, w, 3·n): (b, 9).

    Brightness comes first, so that a picture keeps its light and dark when it is recoloured.
    The n pixels of one place are counted as if they were places: `space_to_depth` changes nothing.
    """
    _, height, width, channels = ops.shape(pictures)
    places = ops.reshape(pictures, (-1, height * width, channels))  # (b, h·w, 3·n)
    square = ops.matmul(ops.transpose(places, (0, 2, 1)), places)  # (b, 3·n, 3·n)
    mean = ops.mean(ops.reshape(ops.mean(places, axis=1), (-1, channels // 3, 3)), axis=1)
    spread = np.tile(np.eye(3, dtype="float32"), (channels // 3, 1))  # (3·n, 3)
    own = np.kron(np.eye(channels // 3), np.ones((3, 3))).astype("float32")  # no pixel with another
    square = ops.matmul(ops.matmul(spread.T, ops.multiply(square, own)), spread)  # (b, 3, 3)
    count = ops.cast(height * width * (channels // 3), square.dtype)
    together = square / count - mean[:, :, None] * mean[:, None, :]
    together = ops.matmul(ops.matmul(LUMA_FIRST.T, together), LUMA_FIRST)
    return ops.concatenate([ops.matmul(mean, LUMA_FIRST), _cholesky(together)], axis=-1)


def _cholesky(together: Tensor) -> Tensor:
    # The floors keep what is nearly flat, or nearly grey, from being amplified without bound.
    xx = ops.sqrt(ops.maximum(together[:, 0, 0], 0) + 4e-4)
    yx, zx = together[:, 1, 0] / xx, together[:, 2, 0] / xx
    yy = ops.sqrt(ops.maximum(together[:, 1, 1] - yx**2, 0) + 1e-4)
    zy = (together[:, 2, 1] - zx * yx) / yy
    zz = ops.sqrt(ops.maximum(together[:, 2, 2] - zx**2 - zy**2, 0) + 1e-4)
    return ops.stack([xx, yx, yy, zx, zy, zz], axis=-1)


def recolor(pictures: Tensor, wanted: Tensor) -> Tensor:
    """Give pictures (b, h, w, 3·n) the colours `wanted` (b, 9), as `color_numbers` tells them."""
    own = color_numbers(pictures)
    turn = ops.matmul(_factor(wanted), _inverse_factor(own))  # (b, 3, 3)
    turn = ops.matmul(ops.matmul(LUMA_FIRST, turn), LUMA_FIRST.T)  # back in red, green, blue
    turn = ops.transpose(turn, (0, 2, 1))
    mean_own, mean_wanted = (ops.matmul(n[:, None, :3], LUMA_FIRST.T) for n in (own, wanted))
    shift = mean_wanted - ops.matmul(mean_own, turn)  # (b, 1, 3)
    count, height, width, channels = ops.shape(pictures)
    together = channels // 3  # pixels at one place; turned by one matrix, for speed
    turn = ops.tile(turn, (1, together, together))
    turn = ops.multiply(turn, np.kron(np.eye(together), np.ones((3, 3))).astype("float32"))
    places = ops.reshape(pictures, (count, height * width, channels))
    painted = ops.clip(ops.matmul(places, turn) + ops.tile(shift, (1, 1, together)), 0, 1)
    return ops.reshape(painted, (count, height, width, channels))


def _factor(numbers: Tensor) -> Tensor:
    xx, yx, yy, zx, zy, zz = (numbers[:, i] for i in range(3, COLORS))
    zero = ops.zeros_like(xx)
    return _matrix([[xx, zero, zero], [yx, yy, zero], [zx, zy, zz]])


def _inverse_factor(numbers: Tensor) -> Tensor:
    xx, yx, yy, zx, zy, zz = (numbers[:, i] for i in range(3, COLORS))
    xx, yy, zz = (ops.maximum(diagonal, 0.01) for diagonal in (xx, yy, zz))
    zero, below = ops.zeros_like(xx), -yx / (xx * yy)
    last = [(yx * zy - zx * yy) / (xx * yy * zz), -zy / (yy * zz), 1 / zz]
    return _matrix([[1 / xx, zero, zero], [below, 1 / yy, zero], last])


def _matrix(rows: list[list[Tensor]]) -> Tensor:
    return ops.stack([ops.stack(row, axis=-1) for row in rows], axis=1)  # (b, 3, 3)
