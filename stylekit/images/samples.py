"""What every reader returns: the stored samples, and how they are to be shown."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

SDR_TRANSFER = 13
"""The code of sRGB's curve in ITU-T H.273."""


@dataclass(frozen=True, kw_only=True)
class Space:
    """Which colours the samples mean; sRGB unless something here says otherwise."""

    icc: bytes | None = None  # an ICC profile; goes before all else
    primaries: int | tuple[float, ...] = 1  # H.273 code, or x, y of white, red, green and blue
    transfer: int = SDR_TRANSFER  # H.273 code
    gamma: float | None = None  # the curve is this power; goes before `transfer`
    peak_nits: float = 1000.0  # the brightest light, of HDR samples only


SRGB = Space()


@dataclass(frozen=True, kw_only=True)
class Samples:
    """A picture as it is stored: not turned upright yet, in its own colours."""

    values: NDArray[Any]  # (h, w, 1) grey, (h, w, 3) RGB or (h, w, 4) CMYK; uint8, uint16, float32
    alpha: NDArray[Any] | None = None  # (h, w), same type; None where every pixel is opaque
    space: Space = SRGB
    orientation: int = 1  # the tag as it came, 1 to 8
    is_upright: bool = False  # the decoder has applied the orientation already
    notes: tuple[str, ...] = field(default=())  # what whoever sent the file should know

    def upright(self) -> "Samples":
        """Turned as the orientation says."""
        turn = TURNS.get(self.orientation)
        if self.is_upright or turn is None:
            return self
        alpha = None if self.alpha is None else np.ascontiguousarray(turn(self.alpha))
        return replace(
            self, values=np.ascontiguousarray(turn(self.values)), alpha=alpha, is_upright=True
        )

    def reduced(self, longest_side: int) -> "Samples":
        """By whole numbers smaller, and not shorter than this where it is longer."""
        times = max(self.values.shape[:2]) // longest_side
        if times < 2 or times > min(self.values.shape[:2]):
            return self
        weight = None if self.alpha is None else self.alpha[..., None]
        alpha = None if weight is None else pooled(weight, times)[..., 0]
        return replace(self, values=pooled(self.values, times, weight), alpha=alpha)


def pooled(values: NDArray[Any], times: int, weight: NDArray[Any] | None = None) -> NDArray[Any]:
    """The mean of each square of so many pixels, (h, w, c); what is hidden does not count."""
    height, width, channels = (values.shape[0] // times, values.shape[1] // times, values.shape[2])
    means = np.empty((height, width, channels), values.dtype)
    for row in range(height):
        block = np.s_[row * times : (row + 1) * times, : width * times]
        squares = values[block].astype(np.float32).reshape(times, width, times, channels)
        if weight is None:
            mean = squares.mean(axis=(0, 2))
        else:
            share = weight[block].astype(np.float32).reshape(times, width, times, 1)
            mean = (squares * share).sum(axis=(0, 2)) / np.maximum(share.sum(axis=(0, 2)), 1e-6)
        means[row] = mean if values.dtype == np.float32 else np.rint(mean)
    return means


def full_scale(kind: np.dtype[Any]) -> float:
    """The number that means white, or opaque."""
    return float(np.iinfo(kind).max) if np.issubdtype(kind, np.integer) else 1.0


def to_unit(values: NDArray[Any]) -> NDArray[np.float32]:
    """Samples of any kind as float32 in [0, 1]."""
    unit: NDArray[np.float32] = np.multiply(
        values, np.float32(1 / full_scale(values.dtype)), dtype=np.float32
    )
    return unit


def unmultiplied(values: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """Colours (h, w, c) that were stored already multiplied by alpha (h, w), as they are."""
    full = full_scale(values.dtype)
    straight = np.empty_like(values)
    for row, (colors, cover) in enumerate(zip(values, alpha, strict=True)):
        share = np.maximum(cover.astype(np.float64) / full, 1e-9)[..., None]
        divided = np.minimum(colors / share, full)
        straight[row] = divided if values.dtype == np.float32 else np.rint(divided)
    return straight


Turn = Callable[[NDArray[Any]], NDArray[Any]]
TURNS: dict[int, Turn] = {
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: stored.swapaxes(0, 1)[:, ::-1],
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: stored.swapaxes(0, 1)[::-1],
}
"""What turns stored pixels upright, by EXIF orientation (CIPA DC-008, 4.6.4 A)."""


def valid_orientation(tag: Any) -> int:
    """The tag if it is one of 1 to 8, else 1."""
    return int(tag) if isinstance(tag, int) and 1 <= tag <= 8 else 1
