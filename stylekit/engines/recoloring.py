"""Gives a photograph the colours of a style before it is painted: a sum can say that much."""

import numpy as np
from numpy.typing import NDArray

from stylekit.images import Picture

# Columns: brightness, then two opposed pairs of colours; orthonormal.
LUMA_FIRST = (
    np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]], np.float32).T / np.sqrt([3, 2, 6])
).astype(np.float32)
LEAST_CONTRAST = 0.35  # of the photograph's own that it keeps, however flat the style is
FLOOR = 4e-4  # variance under which a picture counts as flat: its noise is not blown up


def recolor(content: Picture, style: Picture) -> Picture:
    """`content` (h, w, 3) with the mean and covariance of the colours of `style` (any size).

    Brightness is matched first, so that light stays light, and the colours after it: the linear map
    of the two Cholesky factors, as in Gatys et al. (2016), https://arxiv.org/abs/1606.05897.
    """
    own_mean, own = _colors(content)
    mean, factor = _colors(style)
    least = LEAST_CONTRAST * own[0, 0] / max(float(factor[0, 0]), 1e-6)
    if least > 1:  # a sheet of paper: nothing of the photograph would be left
        factor = factor * np.array([least, 1, 1], np.float32)
    turn = LUMA_FIRST @ factor @ np.linalg.inv(own) @ LUMA_FIRST.T  # (3, 3)
    shifted = (content - own_mean) @ turn.T.astype(np.float32) + mean
    recolored: Picture = np.clip(shifted, 0, 1)
    return recolored


def _colors(picture: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean colour (3,), and the Cholesky factor (3, 3) of the covariance, brightness first."""
    places = picture.reshape(-1, 3)
    mean = places.mean(axis=0)
    together = np.cov((places - mean) @ LUMA_FIRST, rowvar=False) + FLOOR * np.eye(3)
    return mean, np.linalg.cholesky(together).astype(np.float32)
