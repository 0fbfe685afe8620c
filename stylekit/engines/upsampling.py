"""Brings a painting made at a working size to the photograph's size and detail."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stylekit import images
from stylekit.engines.base import Picture
from stylekit.errors import PaintingFailed

Plane = NDArray[np.float32]
"""float32, (height, width, channels)."""

NARROW = 32  # columns averaged at a time: they stay in the processor's cache
STRIP = 128  # rows or columns enlarged at a time: memory stays bounded whatever the picture's size
WINDOW = (
    4  # radius, in pixels of the small painting, over which painting and photograph are compared
)
NOISE = 1e-3  # variance below which the photograph counts as flat
MOST_GAIN = 1.2  # detail is never amplified more than this


def working_size(height: int, width: int, pixels: int) -> tuple[int, int]:
    """The size at which a picture is painted: at most `pixels`, the same aspect."""
    shrink = min(1.0, math.sqrt(pixels / (height * width)))
    return max(1, round(height * shrink)), max(1, round(width * shrink))


def enlarge(painted: Picture, content: Picture) -> Picture:
    """Bring `painted` (h, w, 3) to the size of `content` (H, W, 3): strokes and fine detail.

    The painting is interpolated, and the photograph's detail that the small size could not hold is
    laid over it, as strongly as the painting follows the photograph there: a local linear model
    like the fast guided filter's (He & Sun 2015, https://arxiv.org/abs/1505.00996), of which only
    the slope is used, so that strokes which the photograph does not explain stay as they are.
    A painting that is larger than the photograph is reduced.
    """
    height, width, _ = painted.shape
    if height >= content.shape[0]:
        return images.resize(painted, content.shape[0], content.shape[1])
    luminance = brightness(images.resize(content, height, width))  # (h, w, 1)
    fields = np.concatenate([calm(painted), slopes(painted, luminance), luminance], axis=2)
    return _blend_strips(_widen(fields, content.shape[1]), content)


def calm(painted: Picture) -> Picture:
    """The painting without coloured fringes of a pixel, which enlarging would make visible."""
    light = brightness(painted)
    return light + box_mean(painted - light, 1)


def brightness(picture: Picture) -> Plane:
    """Rec. 709 luma of a picture (h, w, 3): (h, w, 1)."""
    luma: Plane = picture @ images.LUMINANCE[:, None]
    return luma


def slopes(painted: Picture, luminance: Plane) -> Plane:
    """How much each channel of `painted` moves with the photograph's `luminance`: (h, w, 3)."""
    planes = np.concatenate(
        [luminance, luminance * luminance, painted, painted * luminance], axis=2
    )  # (h, w, 8)
    means = box_mean(planes, WINDOW)
    light, light_squared, paint, together = np.split(means, [1, 2, 5], axis=2)
    variance = np.maximum(light_squared - light * light, 0)
    # Where the photograph is flat, nothing can be compared: there the overall slope counts.
    shared = planes[..., 5:].mean((0, 1)) - painted.mean((0, 1)) * luminance.mean()  # (3,)
    overall = shared / (float(luminance.var()) + NOISE)
    slope = (together - paint * light + NOISE * overall) / (variance + NOISE)
    smooth: Plane = box_mean(np.clip(slope, -MOST_GAIN, MOST_GAIN), WINDOW)
    return smooth


def box_mean(planes: Plane, radius: int) -> Plane:
    """Mean over the square window of `radius` around each pixel, or what of it exists."""
    across = _mean_down(planes, radius).swapaxes(0, 1)
    return _mean_down(across, radius).swapaxes(0, 1)


def _mean_down(planes: Plane, radius: int) -> Plane:
    """Means of the 2·radius + 1 rows around each row of `planes` (h, w, c), or what there is."""
    rows = np.arange(len(planes))
    counts = 1 + np.minimum(rows, radius) + np.minimum(rows[::-1], radius)
    share = (1 / counts).astype(np.float32)[:, None, None]
    means = np.empty_like(planes)
    for first in range(0, planes.shape[1], NARROW):
        strip = planes[:, first : first + NARROW]
        means[:, first : first + NARROW] = _sums_down(strip, radius) * share
    return means


def _sums_down(planes: Plane, radius: int) -> Plane:
    """Sums of as many rows, with zeros beyond the border.

    Sums of 1, 2, 4, … rows are made of one another: four additions for nine rows.
    """
    length, left, start, size = len(planes), 2 * radius + 1, 0, 1
    part = np.pad(planes, ((radius, radius), (0, 0), (0, 0)))
    total = np.zeros_like(planes)
    while left:
        if left & 1:
            total += part[start : start + length]
            start += size
        left >>= 1
        if left:
            part = part[:-size] + part[size:]
            size *= 2
    return total


class Stretch:
    """Catmull-Rom interpolation of lines of `small` samples to `large`, pixel centres aligned."""

    def __init__(self, small: int, large: int) -> None:
        """Find the four samples, and their weights, that make each sample of the longer line."""
        places = (np.arange(large) + 0.5) * small / large - 0.5
        t = places - np.floor(places)
        self._weights = np.stack(
            [
                ((2 - t) * t - 1) * t / 2,
                ((3 * t - 5) * t * t + 2) / 2,
                ((4 - 3 * t) * t + 1) * t / 2,
                (t - 1) * t * t / 2,
            ]
        )  # (4, large)
        taps = np.floor(places).astype(np.intp) + np.arange(-1, 3)[:, None]
        self._taps = np.clip(taps, 0, small - 1)  # (4, large)

    def rows(self, planes: Plane, first: int, last: int) -> Plane:
        """Rows `first` to `last` of `planes` (small, w, c) made `large` rows high."""
        taps, row = self._taps[:, first:last], np.arange(last - first)
        low, high = taps.min(), taps.max() + 1
        mix = np.zeros((last - first, high - low), np.float32)
        for tap, weight in zip(taps, self._weights[:, first:last], strict=True):
            mix[row, tap - low] += weight
        # One product of matrices is many times faster than four sums of slices.
        _, width, channels = planes.shape
        flat: Plane = mix @ planes[low:high].reshape(high - low, -1)
        return flat.reshape(last - first, width, channels)


def _widen(fields: Plane, width: int) -> Plane:
    height, small, channels = fields.shape
    across = np.ascontiguousarray(fields.swapaxes(0, 1))  # (w, h, c)
    stretch = Stretch(small, width)
    wide = np.empty((height, width, channels), np.float32)
    for first, last in strips(width):
        wide[:, first:last] = stretch.rows(across, first, last).swapaxes(0, 1)
    return wide


def _blend_strips(fields: Plane, content: Picture) -> Picture:
    stretch = Stretch(fields.shape[0], content.shape[0])
    result = np.empty_like(content)
    for first, last in strips(content.shape[0]):
        strip = stretch.rows(fields, first, last)
        paint, slope, coarse = np.split(strip, [3, 6], axis=2)
        detail = brightness(content[first:last]) - coarse
        np.clip(paint + slope * detail, 0, 1, out=result[first:last])
    return result


def strips(length: int) -> Iterator[tuple[int, int]]:
    """Where strips of `STRIP` samples begin and end, over the whole length."""
    return ((first, min(first + STRIP, length)) for first in range(0, length, STRIP))


def finite(picture: Picture) -> Picture:
    """The picture, if every number in it is one.

    Raises:
        PaintingFailed: when it holds a NaN or an infinity.
    """
    if not np.isfinite(picture).all():
        raise PaintingFailed("The painting came out with numbers that are not finite.")
    return picture
