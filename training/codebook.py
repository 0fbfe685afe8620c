"""The styles that a painter of its own knows by sight, each with a code that it is free to learn.

A learned representation for many styles (Dumoulin, Shlens & Kudlur 2017,
https://arxiv.org/abs/1610.07629). Behind the codes of the styles stands one more: that of the
photograph itself, which any picture gets that is none of the styles.
"""

from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylekit.engines.perceptual import Tensor
from training.colors import COLORS, color_numbers

THUMBNAIL = 8  # pixels a side by which a style is recognised
KNOWN = 0.03  # root mean square difference of thumbnails below which it is the same picture


class Codebook(keras.Model):
    """Codes of styles, their colours, and thumbnails to recognise them by."""

    def __init__(self, count: int, code: int) -> None:
        """Hold `count` styles, with codes of `code` numbers."""
        super().__init__(name="codebook", dtype="float32")
        self.count = count
        self.codes = self.add_weight(shape=(count + 1, code), name="codes")
        self.colors = self.add_weight(shape=(count, COLORS), name="colors", trainable=False)
        shape = (count, THUMBNAIL, THUMBNAIL, 3)
        self.thumbnails = self.add_weight(shape=shape, name="thumbnails", trainable=False)
        self.built = True

    def write(self, path: Path) -> None:
        """Write codes, colours and thumbnails to the file at `path`."""
        names = ("codes", "colors", "thumbnails")
        np.savez(path, **{name: ops.convert_to_numpy(getattr(self, name)) for name in names})

    def know(self, styles: np.ndarray) -> None:
        """Remember what the styles (count, side, side, 3) look like."""
        self.colors.assign(color_numbers(styles))
        self.thumbnails.assign(thumbnails(styles))

    def code(self, shares: Tensor, boldness: Tensor, pictures: Tensor) -> Tensor:
        """The code (b, n + 1 + 9) of a mixture: `shares` (b, count + 1) of each known style.

        The last share is that of the photograph itself, which is in `pictures` (b, h, w, 3).
        """
        strokes = ops.matmul(shares, self.codes)
        own = shares[:, -1:] * color_numbers(pictures)
        colors = ops.matmul(shares[:, :-1], self.colors) + own
        return ops.concatenate([strokes, boldness[:, None], colors], axis=-1)

    def recognise(self, pictures: Tensor) -> Tensor:
        """Which style each of `pictures` (b, h, w, 3) is: shares (b, count + 1) of 0 and 1."""
        numbers = THUMBNAIL * THUMBNAIL * 3
        seen = ops.reshape(thumbnails(pictures), (-1, 1, numbers))
        known = ops.reshape(self.thumbnails, (1, self.count, numbers))
        apart = ops.sqrt(ops.mean(ops.square(seen - known), axis=2))  # (b, count)
        stranger = ops.full_like(apart[:, :1], KNOWN)
        apart = ops.concatenate([apart, stranger], axis=1)
        return ops.cast(ops.equal(apart, ops.min(apart, axis=1, keepdims=True)), "float32")


def thumbnails(pictures: Tensor) -> Tensor:
    """Pictures (b, h, w, 3) at 8 × 8 pixels, each the mean of what it covers: (b, 8, 8, 3)."""
    count, height, width, channels = ops.shape(pictures)
    lines = ops.matmul(_means(height), ops.reshape(pictures, (count, height, width * channels)))
    return ops.matmul(_means(width), ops.reshape(lines, (count, THUMBNAIL, width, channels)))


def _means(side: Tensor) -> Tensor:
    """How much of each of `side` pixels goes into each of the thumbnail's: (8, side)."""
    pixel = ops.cast(ops.arange(side), "float32")[None]
    edge = ops.cast(side, "float32") / THUMBNAIL
    place = np.arange(THUMBNAIL, dtype=np.float32)[:, None]
    shared = ops.minimum(pixel + 1, (place + 1) * edge) - ops.maximum(pixel, place * edge)
    return ops.maximum(shared, 0) / edge
